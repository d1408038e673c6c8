#pragma once
// What a plain (unquoted) scalar is by YAML 1.2's core schema, which unlike YAML 1.1 knows no
// `yes`, `on` or `012` as eight and two.

#include <optional>
#include <string_view>

#include "text/json.h"

namespace ringwall::yaml::detail {

// Nothing: a number that no text::Json can hold (`.inf`, `1e999`).
std::optional<text::Json> plain_scalar(std::string_view text);

}  // namespace ringwall::yaml::detail
