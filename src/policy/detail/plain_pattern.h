#pragma once
// The plain twin's listed texts (resources, strings, ARNs), and the three-valued answer that an
// unresolved variable gives.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/syntax.h"
#include "text/glob.h"

namespace ringwall::policy::plain {

// Kleene's logic. `unknown` is what cannot be evaluated; only the statement's effect says what
// follows from it.
enum class Truth : std::uint8_t { no, yes, unknown };

constexpr Truth truth_of(bool value) {
  return value ? Truth::yes : Truth::no;
}
constexpr Truth negated(Truth a) {
  return a == Truth::unknown ? a : truth_of(a == Truth::no);
}
constexpr Truth either(Truth a, Truth b) {
  if (a == Truth::yes || b == Truth::yes) return Truth::yes;
  return a == Truth::no ? b : a;
}
constexpr Truth both(Truth a, Truth b) {
  return negated(either(negated(a), negated(b)));
}

// One text to compare with; its variables' values are taken literally.
class Pattern {
 public:
  Pattern(Pieces pieces, text::Case letters) : pieces_(std::move(pieces)), case_(letters) {}

  // `unknown` if a variable has no value in this request, and what stands before it matches.
  Truth matches(std::string_view actual, const Context& context) const;

 private:
  Pieces pieces_;
  text::Case case_;
};

// A listed resource: `*`, or an ARN. In the five parts before its resource a wildcard stays within
// the part, except that a `*` at a part's end expands past the colon (IAM reference, "Resource").
class ResourcePattern {
 public:
  explicit ResourcePattern(const Pieces& pieces);
  Truth matches(std::string_view actual, const Context& context) const;

 private:
  text::Glob head_;  // as far as the first variable, and anything behind it
  Pieces tail_;      // from the first variable on; empty: there is none
  text::Glob before_;  // as far as the first variable, and nothing behind it
};

// A value of an ARN operator: `*`, six colon-separated parts each matched by itself, or one
// variable that holds an ARN. Colons after the fifth belong to the last part.
class ArnPattern {
 public:
  explicit ArnPattern(const Pieces& pieces);
  Truth matches(std::string_view actual,
                const Context& context) const;  // unknown also: `actual` is no ARN

 private:
  std::vector<Pattern> parts_;  // six; or none: any ARN
  std::optional<Pattern> whole_variable_;
};

}  // namespace ringwall::policy::plain
