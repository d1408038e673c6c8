#pragma once
// The reader of requests again, plainly: whole input, owned strings, no offsets, no resuming. It
// exists so that tests and fuzzing can hold RequestReader to it; nothing serves with it.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringwall::http::detail {

struct PlainReading {
  int status = 0;            // 0: no refusal
  bool complete = false;     // with status 0 and not complete, more bytes are needed
  std::size_t consumed = 0;  // when complete, as is all below
  std::string method = {}, target = {}, path = {}, query = {}, host = {}, body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  bool keep_alive = true;
  bool expects_continue = false;
};

PlainReading read_plainly(std::string_view input, std::size_t body_bytes_max);

}  // namespace ringwall::http::detail
