#pragma once
// Values in JSON, by shape: the bodies of the JSON protocols.

#include <optional>
#include <string>
#include <string_view>

#include "awsapi/detail/shape.h"
#include "awsapi/model.h"

namespace ringwall::awsapi::detail {

using MaybeJson = ApiResult<std::optional<Json>>;  // nothing: the value is absent

std::unexpected<ApiError> unserializable(std::string message);
// A value that is not what its shape says.
std::unexpected<ApiError> not_of_type(const Shape& shape, const Json& json);

// Does a member that no shape names ask for something? `false`, 0 and what is empty do not.
bool asks_for_something(const Json& json);

// Reads a value by shape; null is absence. The depth is the reader's: parse_json has bounded it. A
// member that the shape does not name, and that asks for something, is an error without a code,
// which unknown_member() words.
MaybeJson read_json(const Shape& shape, const Json& json);
// The JSON form of a value: what the shape names of it.
Json write_json(const MemberShape& member, const Json& value);

// The error of a member that no shape names: AWS's newer members mean something to whoever sends
// them, and what would not be done is not passed over.
ApiError unknown_member(const Model& model, std::string_view name);

// The same of a whole input or output, without the members that travel elsewhere.
ApiResult<Json> read_json_members(const Shape& structure, const Json& json);
Json write_json_members(const Shape& structure, const Json& value);

}  // namespace ringwall::awsapi::detail
