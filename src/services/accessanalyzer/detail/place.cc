#include "services/accessanalyzer/detail/place.h"

#include <algorithm>

namespace ringwall::accessanalyzer::detail {
namespace {

using text::Json;

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Behind the closing quote of the string that begins at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

// Behind the value that begins at `begin`. The text is JSON, so it is enough to count brackets.
std::size_t end_of(std::string_view text, std::size_t begin) {
  std::size_t depth = 0;
  for (std::size_t at = begin; at < text.size();) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      if (depth == 0) return at;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth <= 1) return depth == 0 ? at : at + 1;
      --depth;
    }
    if (depth == 0 && std::string_view(", :\t\r\n").contains(c)) return at;
    ++at;
  }
  return text.size();
}

Json step(const char* kind, Json value) { return Json::object({{kind, std::move(value)}}); }

// The last element that begins at or before `offset`; the end if all begin behind it.
template <typename Elements, typename OffsetOf>
auto last_at(const Elements& elements, std::uint32_t offset, OffsetOf offset_of) {
  const auto behind = std::ranges::upper_bound(elements, offset, {}, offset_of);
  return behind == elements.begin() ? elements.end() : std::prev(behind);
}

}  // namespace

Place place_of(const Json& document, std::string_view text, std::uint32_t offset) {
  const auto size = static_cast<std::uint32_t>(text.size());
  Place place{.path = {}, .begin = std::min(offset, size), .end = std::min(offset, size)};
  if (document.is_null()) {
    if (place.end < size) ++place.end;
    while (place.end < size && continues_character(text[place.end])) ++place.end;
    return place;
  }
  const Json* at = &document;
  place.begin = document.offset();
  while (at->is_object() || at->is_array()) {
    if (at->is_array()) {
      const auto item = last_at(at->items(), offset, &Json::offset);
      if (item == at->items().end()) break;
      place.path.push_back(step("index", item - at->items().begin()));
      at = &*item;
    } else {
      const auto member = last_at(at->members(), offset, &Json::Member::key_offset);
      if (member == at->members().end()) break;
      const bool is_name = offset < member->value.offset();
      place.path.push_back(step(is_name ? "key" : "value", member->key));
      place.begin = member->key_offset;
      if (is_name) break;
      at = &member->value;
    }
    place.begin = at->offset();
  }
  place.end = static_cast<std::uint32_t>(end_of(text, place.begin));
  return place;
}

void find_positions(std::string_view text, std::map<std::uint32_t, Position>& positions_by_byte) {
  Position here;
  std::size_t at = 0;
  for (auto& [byte, position] : positions_by_byte) {
    for (; at < std::min<std::size_t>(byte, text.size()); ++at) {
      if (continues_character(text[at])) continue;
      ++here.offset;
      ++here.column;
      if (text[at] != '\n') continue;
      ++here.line;
      here.column = 0;
    }
    position = here;
  }
}

}  // namespace ringwall::accessanalyzer::detail
