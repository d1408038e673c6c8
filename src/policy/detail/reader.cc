#include "policy/detail/reader.h"

#include <charconv>

namespace ringwall::policy::detail {
namespace {

// Removes `word` and the number behind it from the head of `text`.
bool take_number(std::string_view& text, std::string_view word, std::uint32_t& number) {
  if (!text.starts_with(word)) return false;
  const char* const begin = text.data() + word.size();
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

void Reader::report_json(std::string_view message) {
  text::Position position;
  std::string_view rest = message;
  if (take_number(rest, "line ", position.line) && take_number(rest, ", column ", position.column) &&
      rest.starts_with(": ")) {
    message = rest.substr(2);
  } else {
    position = {};
  }
  problems_.push_back({Fault::json, position, std::string(message)});
}

}  // namespace ringwall::policy::detail
