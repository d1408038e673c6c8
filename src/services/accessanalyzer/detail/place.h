#pragma once
// Where in a policy document a finding is: the path to the JSON value it is about, and its span.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "text/json.h"

namespace ringwall::accessanalyzer::detail {

// A step as Access Analyzer writes it: `{"value": "Statement"}` goes to a member's value,
// `{"key": "Statement"}` to its name, `{"index": 0}` to an item.
struct Place {
  std::vector<text::Json> path;
  std::uint32_t begin = 0;  // in bytes
  std::uint32_t end = 0;    // behind the last
};

// The innermost value or name around this byte of the text that `document` was read from. Without a
// document (the text is not JSON) no path, and the character there.
Place place_of(const text::Json& document, std::string_view text, std::uint32_t offset);

// As Access Analyzer counts: lines from 1, columns and offsets from 0, in characters.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 0;
  std::uint32_t offset = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

// Fills in the positions of these bytes, in one walk over the text.
void find_positions(std::string_view text, std::map<std::uint32_t, Position>& positions_by_byte);

}  // namespace ringwall::accessanalyzer::detail
