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

struct SigninReply {
  bool allowed = false;
  std::string reason;  // for the engine's log; never a secret
};

// Failure::invalid when a field is empty that may not be, too long, or holds a zero byte.
Result<Secret> encode(const SigninRequest& request);
// Cuts the reason at its limit.
Bytes encode(const SigninReply& reply);

// How long the frame is that starts with `prefix`; nothing while that cannot be told yet.
Result<std::optional<std::size_t>> request_bytes(ByteView prefix);

// The whole frame and nothing else; Failure::invalid otherwise.
Result<SigninRequest> decode_request(ByteView frame);
Result<SigninReply> decode_reply(ByteView frame);

}  // namespace ringwall::engine
