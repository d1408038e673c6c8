#pragma once
// YAML documents as the values of text::Json, with positions. The only room that names the YAML
// library. The core schema's scalars (null, true, 12, 1.5), anchors and aliases within a bound;
// duplicate keys, other tags than those below, and more than one document are refused.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "text/json.h"

namespace ringwall::yaml {

inline constexpr std::size_t bytes_max = 16UL * 1024 * 1024;  // CloudFormation takes no more than 1 MB
// Values and keys: those read, those that aliases expand to, and those kept for anchors.
inline constexpr std::size_t nodes_max = 2'000'000;
inline constexpr std::size_t depth_max = 64;  // levels of values, short tags and aliases counted

enum class Tags : std::uint8_t {
  refused,
  // CloudFormation's short forms: `!Ref X` reads as {"Ref": X}, `!GetAtt A.B` as
  // {"Fn::GetAtt": ["A", "B"]}, `!Sub …` as {"Fn::Sub": …}, and so on.
  cloudformation,
};

// Every value's and member's offset is that of its text, for text::position_of. An account
// number (`012345678901`, twelve digits) stays a string. Errors carry line and column.
Result<text::Json> parse(std::string_view text, Tags tags = Tags::refused);

}  // namespace ringwall::yaml
