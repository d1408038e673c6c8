#pragma once
// One JSON line over a Unix socket, with at most one descriptor.

#include "base/result.h"
#include "os/fd.h"
#include "text/json.h"

namespace ringwall::control::detail {

Result<> send_line(int socket, const text::Json& json, int descriptor = -1);

struct Line {
  text::Json json;
  os::UniqueFd descriptor;
};
// Ends also, with Failure::unavailable, once `stop` can be read or its other end is gone (-1: never).
Result<Line> receive_line(int socket, std::size_t bytes_max, int stop = -1);

}  // namespace ringwall::control::detail
