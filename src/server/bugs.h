#pragma once
// Bugs that the prover met in itself, each a file below the data folder for a report.

#include <string>
#include <string_view>

#include "base/result.h"
#include "server/keys.h"

namespace ringwall::server {

// Whoever may call an API may meet a bug, again and again: past so many files, or for a longer question, none is written.
inline constexpr std::size_t bugs_max = 32;
inline constexpr std::size_t bug_bytes_max = 1024 * 1024;

// Writes the question to a file of its own, readable by its owner, and answers its path. The same question has the same
// file. Failure::exhausted: a limit was reached.
Result<std::string> record_bug(const Layout& layout, std::string_view question);

}  // namespace ringwall::server
