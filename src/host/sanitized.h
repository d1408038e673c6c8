#pragma once
// A sanitizer takes more memory of its own than a process of an engine may have, and counts as the process's.

namespace ringwall::host {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool is_sanitized = true;
#else
inline constexpr bool is_sanitized = false;
#endif

}  // namespace ringwall::host
