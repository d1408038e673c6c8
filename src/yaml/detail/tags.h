#pragma once
// CloudFormation's short tags and the intrinsic functions that they stand for.

#include <string>
#include <string_view>

#include "text/json.h"

namespace ringwall::yaml::detail {

// `!Sub` -> "Fn::Sub"; empty if CloudFormation has no such tag.
std::string_view long_form(std::string_view tag);

// The argument of `!GetAtt A.B`, which the long form has as a list.
text::Json split_attribute(std::string_view text, std::uint32_t offset);

}  // namespace ringwall::yaml::detail
