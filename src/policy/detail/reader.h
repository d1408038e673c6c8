#pragma once
// What the parts of the grammar share while a document is read: its text, its kind, and the
// problems found so far.

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "policy/syntax.h"

namespace ringwall::policy::detail {

// How a value is shown in a message: in backticks, and not at any length.
inline std::string shown(std::string_view value) {
  return "`" + std::string(value.substr(0, 128)) + "`";
}

// What is wrong with a value, before it is known where it stands.
struct Flaw {
  Fault fault;
  std::string message;
};
template <typename T = void>
using Checked = std::expected<T, Flaw>;
inline std::unexpected<Flaw> flaw(Fault fault, std::string message) {
  return std::unexpected(Flaw{fault, std::move(message)});
}

// Whether sessions may stand by their role's unique id: binding.h.
enum class Names : std::uint8_t { written, bound };

// Borrows the text; lives as long as the reading.
class Reader {
 public:
  Reader(std::string_view text, Kind kind, std::vector<Problem>& problems,
         Names names = Names::written)
      : text_(text), kind_(kind), names_(names), problems_(problems) {}

  Kind kind() const { return kind_; }
  Names names() const { return names_; }
  // "an identity-based policy"
  std::string kind_name() const {
    return (kind_ == Kind::identity ? "an " : "a ") + std::string(name_of(kind_));
  }
  std::string_view text() const { return text_; }

  void report(Fault fault, std::uint32_t offset, std::string message) {
    if (problems_.size() == problems_max) return;
    problems_.push_back({fault, text::position_of(text_, offset), std::move(message)});
  }
  void report(Fault fault, const text::Json& value, std::string message) {
    report(fault, value.offset(), std::move(message));
  }
  void report(const Flaw& found, const text::Json& value) {
    report(found.fault, value, found.message);
  }

  void report_json(std::string_view message);  // of text::parse_json, which says where in words

  // Calls `each` with the string itself or with every string of the list.
  template <typename Each>
  void for_each_string(std::string_view element, const text::Json& value, Each each) {
    const auto one = [&](const text::Json& item) {
      if (item.is_string()) return each(item);
      report(Fault::wrong_type, item, shown(element) + " takes strings only");
    };
    if (!value.is_array()) return one(value);
    if (value.items().empty())
      return report(Fault::empty_list, value, "an empty list of " + shown(element));
    for (const text::Json& item : value.items()) one(item);
  }

 private:
  std::string_view text_;
  Kind kind_;
  Names names_;
  std::vector<Problem>& problems_;
};

// Whether `*` and `?` are wildcards in a text.
enum class Wildcards : std::uint8_t { none, any };

// A listed text taken apart; refuses malformed variables.
Checked<Pieces> pieces_of(std::string_view text, Version version, Wildcards wildcards);

// A listed resource: `*`, or an ARN that names its service, with variables behind the fifth colon.
Checked<Pieces> resource_pieces(std::string_view text, Version version);

// The value of an operator of this family.
Checked<Pieces> value_pieces(Family family, std::string_view text, Version version);

std::vector<Condition> read_conditions(Reader& reader, const text::Json& element, Version version);
Principals read_principals(Reader& reader, const text::Json& element, Sense sense);

}  // namespace ringwall::policy::detail
