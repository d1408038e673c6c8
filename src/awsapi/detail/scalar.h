#pragma once
// Scalars as they stand in forms and in JSON strings.

#include <optional>
#include <string_view>

#include "awsapi/detail/shape.h"
#include "text/json.h"

namespace ringwall::awsapi::detail {

// The value of a scalar shape, or nothing if `text` is not one. Strings are taken as they are.
std::optional<text::Json> read_scalar(const Shape& shape, std::string_view text);
// "an integer", "a boolean", …: for messages.
std::string_view scalar_noun(ShapeType type);
bool fits(const Shape& shape, std::int64_t value);  // an integer shape's 32 or 64 bits

// Epoch seconds to milliseconds; nothing outside years 1 to 9999.
std::optional<std::int64_t> millis_of_epoch(double seconds);

}  // namespace ringwall::awsapi::detail
