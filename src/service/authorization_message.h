#pragma once
// What a refused call is told about its refusal, for those alone who may know: the encoded
// authorization message, as EC2 answers it and `sts decode-authorization-message` opens it.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html

#include <string>
#include <string_view>

#include "service/service.h"

namespace ringwall::service {

// The most that the API takes back; no encoded message is longer.
inline constexpr std::size_t authorization_message_characters_max = 10'240;

// The refusal as JSON, sealed under a key derived from the root key and bound to the account of
// the caller who was refused. Of a refusal that would be too long the longest lists are left out,
// and the message says `"truncated": true`. `decision` is authz's, on just this request and layers.
std::string encode_authorization_message(const Environment& environment, const policy::Request& request,
                                         const authz::Layers& layers, const authz::Decision& decision);

// The JSON text of a message that was encoded for a caller of `account`. Failure::denied for any
// other text, and for a message of another account. Never says which.
Result<std::string> decode_authorization_message(const Environment& environment, std::string_view account,
                                                 std::string_view encoded);

}  // namespace ringwall::service
