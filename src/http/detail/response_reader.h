#pragma once
// Reads a response, for the client: as strictly as requests, but whole and plainly.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace ringwall::http::detail {

struct ReadResponse {
  Response response;
  std::size_t consumed = 0;
  bool keep_alive = true;
};

// Nothing while `bytes` does not hold the whole response yet. Interim (1xx) responses are
// skipped. `has_body` is false for the answer to HEAD.
Result<std::optional<ReadResponse>> read_response(std::string_view bytes, bool has_body,
                                                  std::size_t body_bytes_max);

}  // namespace ringwall::http::detail
