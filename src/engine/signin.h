#pragma once
// A sign-in by token, as the server sees it. The bytes are described in engine/signin_wire.h.
// Pure functions; thread-safe.

#include <cstddef>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "engine/signin_wire.h"

namespace ringwall::engine {

inline constexpr std::size_t signin_token_bytes_max = RW_SIGNIN_TOKEN_BYTES_MAX;

struct SigninRequest {
  std::string user;    // as the client named itself to the engine
  Secret token;        // what it gave as its password
  std::string origin;  // its address as the engine saw it; empty when the engine does not say
};

// A sign-in by password, which the engine judged by itself.
struct SigninNotice {
  std::string user;
  std::string database;
  std::string origin;  // the client's address as the engine saw it
  std::string tls;     // the protocol's version, "TLSv1.3"; empty: none
  bool allowed = false;
};

struct SigninReply {
  bool allowed = false;
  std::string reason;  // for the engine's log; never a secret
};

// Failure::invalid when a field is empty that may not be, too long, or holds a zero byte.
Result<Secret> encode(const SigninRequest& request);
// Cut the reason and the fields at their limits.
Bytes encode(const SigninReply& reply);
Bytes encode(const SigninNotice& notice);

// How long the request or notice is that starts with `prefix`; nothing while that cannot be told.
Result<std::optional<std::size_t>> request_bytes(ByteView prefix);
bool is_notice(ByteView frame);

// The whole frame and nothing else; Failure::invalid otherwise.
Result<SigninRequest> decode_request(ByteView frame);
Result<SigninReply> decode_reply(ByteView frame);
Result<SigninNotice> decode_notice(ByteView frame);

}  // namespace ringwall::engine
