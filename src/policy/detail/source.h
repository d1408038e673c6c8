#pragma once
// Refusals that say where: every check of a policy document ends in one of these or in nothing.

#include <string>
#include <string_view>

#include "base/result.h"
#include "text/json.h"

namespace ringwall::policy::detail {

// The text of a document under compilation. Borrows it; lives as long as the compilation.
class Source {
 public:
  explicit Source(std::string_view text) : text_(text) {}

  text::Position position(std::uint32_t offset) const { return text::position_of(text_, offset); }

  std::unexpected<Error> refuse(std::uint32_t offset, std::string_view why) const {
    const text::Position at = position(offset);
    return fail(Failure::invalid, "line " + std::to_string(at.line) + ", column " +
                                      std::to_string(at.column) + ": " + std::string(why));
  }
  std::unexpected<Error> refuse(const text::Json& value, std::string_view why) const {
    return refuse(value.offset(), why);
  }

 private:
  std::string_view text_;
};

// How a value is shown in a message: in backticks, and not at any length.
inline std::string shown(std::string_view value) {
  return "`" + std::string(value.substr(0, 128)) + "`";
}

}  // namespace ringwall::policy::detail
