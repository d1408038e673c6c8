#pragma once
// The constraints a model declares, and how each family of services words a breach of them.

#include <optional>

#include "awsapi/detail/shape.h"
#include "awsapi/model.h"

namespace ringwall::awsapi::detail {

// At most this many breaches are named in one answer.
inline constexpr std::size_t breaches_named_max = 10;

// The first fault of a decoded input (IAM, STS and KMS name all), or nothing.
std::optional<ApiError> fault_in(const Model& model, const Shape& input, const Json& value);

// A form's value that cannot be read as its type; `parameter` is the name as sent.
std::unexpected<ApiError> unreadable(const Model& model, const std::string& parameter, std::string_view value,
                                     std::string_view expected);

}  // namespace ringwall::awsapi::detail
