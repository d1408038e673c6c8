#pragma once
// What is stored of calls that may come again.

#include <cstdint>
#include <string>

#include "records/table.h"
#include "text/json.h"

namespace ringwall::service {

// The answer to a call that brought a client token: idempotency.h.
struct Token {
  std::int64_t made = 0;
  std::string input;   // a hash of everything else that was asked
  std::string caller;  // the unique id, or the ARN of who has none
  text::Json output;
};
template <typename A, records::Is<Token> T>
void fields(A& archive, T& v) {
  archive.kept("made", v.made);
  archive.kept("input", v.input);
  archive.kept("caller", v.caller);
  archive.kept("output", v.output);
}

namespace tables {
inline constexpr records::Table<Token, 4> tokens{"token/*/*/*/*"};  // account, service, operation, hash of the token
}  // namespace tables

}  // namespace ringwall::service
