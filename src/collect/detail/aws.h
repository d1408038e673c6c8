#pragma once
// The user's AWS CLI as a child process, without a shell.

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "text/json.h"

namespace ringwall::collect::detail {

inline constexpr std::size_t answer_bytes_max = 256UL * 1024 * 1024;  // as much as room loaders reads
inline constexpr text::JsonLimits answer_limits = {.bytes_max = answer_bytes_max};
inline constexpr std::size_t complaint_bytes_max = 64UL * 1024;

// An assumed role's; never written, never logged.
struct Credentials {
  Secret key_id, key, token;
};

struct Said {
  int status = 0;     // its exit status; 128 + a signal's number
  std::string out;    // standard output, whole
  std::string error;  // standard error, its beginning
};

// Runs `program` (found on PATH) to its end with the environment of this process, and with the
// credentials in place of those there. Thread-safe. Failure::unavailable: it cannot be run;
// exhausted: it says more than answer_bytes_max.
Result<Said> run(const std::string& program, const std::vector<std::string>& arguments, const Credentials* credentials);

// `text` on one line, cut to `bytes_max`, without any of the secrets that this process or the
// credentials know.
std::string without_secrets(std::string text, const Credentials* credentials, std::size_t bytes_max);

}  // namespace ringwall::collect::detail
