#pragma once
// A bug aborts in every build. Bytes from outside may cause denials and failures, never this.

namespace ringwall::detail {
[[noreturn]] void check_failed(const char* expression, const char* file, int line) noexcept;
}

#define RW_CHECK(condition) \
  ((condition) ? void() : ::ringwall::detail::check_failed(#condition, __FILE__, __LINE__))
