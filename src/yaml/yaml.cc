#include "yaml/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <istream>
#include <streambuf>

#include "text/encode.h"
#include "yaml/detail/builder.h"

namespace ringwall::yaml {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

std::unexpected<Error> refuse(std::string_view text, std::size_t offset, std::string_view why) {
  const text::Position at =
      text::position_of(text, static_cast<std::uint32_t>(std::min(offset, text.size())));
  return fail(Failure::invalid, fmt::format("line {}, column {}: {}", at.line, at.column, why));
}

// The library reads streams; this one copies nothing.
class View final : public std::streambuf {
 public:
  explicit View(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // a get area is never written
    setg(begin, begin, begin + text.size());
  }
};

// YAML allows no control characters in a text, but a carriage return, which the library reads right
// before a line feed only. It would take some for signs of its own: a zero byte for another
// encoding, 4 for the end.
std::optional<std::size_t> find_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != 0x7f) continue;
    const bool ends_line = byte == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (byte != '\t' && byte != '\n' && !ends_line) return i;
  }
  return std::nullopt;
}

// Runs the library, which throws what it refuses.
std::optional<detail::Problem> run(std::string_view text, detail::Builder& builder) {
  View view(text);
  std::istream stream(&view);
  try {
    YAML::Parser parser(stream);
    while (!builder.problem() && parser.HandleNextDocument(builder)) continue;
  } catch (const YAML::Exception& exception) {
    if (builder.problem()) return builder.problem();
    const int at = std::max(exception.mark.pos, 0);
    return detail::Problem{static_cast<std::uint32_t>(at), exception.msg};
  } catch (const std::exception& exception) {  // the standard library's, from within it
    return detail::Problem{0, fmt::format("cannot be read: {}", exception.what())};
  }
  return builder.problem();
}

}  // namespace

Result<text::Json> parse(std::string_view text, Tags tags) {
  if (text.size() > bytes_max) {
    return fail(Failure::exhausted,
                fmt::format("a YAML document of {} bytes: the limit is {}", text.size(), bytes_max));
  }
  if (!text::is_utf8(text)) return refuse(text, 0, "not UTF-8");
  if (const auto at = find_control(text)) {
    return refuse(text, *at, fmt::format("the control character 0x{:02x} has no place in YAML",
                                         static_cast<unsigned char>(text[*at])));
  }
  const std::size_t base = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
  detail::Builder builder(text.substr(base), static_cast<std::uint32_t>(base), tags);
  if (const auto problem = run(text.substr(base), builder)) {
    return refuse(text, base + problem->offset, problem->message);
  }
  if (!builder.complete()) return refuse(text, 0, "an empty document");
  return builder.take();
}

}  // namespace ringwall::yaml
