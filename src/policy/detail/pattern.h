#pragma once
// Listed texts of a policy (resources, strings, ARNs): wildcards, policy variables, and the
// three-valued answer that an unresolved variable gives.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/policy.h"
#include "text/glob.h"

namespace ringwall::policy::detail {

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

enum class Version : std::uint8_t { v2008_10_17, v2012_10_17 };  // only the latter knows variables

struct Token {
  enum class Kind : std::uint8_t {
    literal,
    any_run,
    any_one,
    any_run_in_part,
    any_one_in_part,
    variable
  };
  Kind kind = Kind::literal;
  std::string text = {};                      // a literal, or a variable's key in lower case
  std::optional<std::string> otherwise = {};  // a variable's default
};
using Tokens = std::vector<Token>;

// Whether `*` and `?` are wildcards in the text.
enum class Wildcards : std::uint8_t { none, any };

// Refuses malformed variables, saying why.
Result<Tokens> tokenize(std::string_view text, Version version, Wildcards wildcards);
bool has_variables(const Tokens& tokens);

// One text to compare with. Without variables its glob is made once, at compile time; with them
// it is made for each request, their values taken literally.
class Pattern {
 public:
  Pattern(Tokens tokens, text::Case letters);

  // `unknown` if a variable has no value in this request.
  Truth matches(std::string_view actual, const Context& context) const;

 private:
  std::optional<text::Glob> resolve(const Context& context) const;

  Tokens tokens_;  // empty unless there are variables
  text::Case case_;
  text::Glob constant_;  // the whole pattern, or what stands before its first variable
};

// A listed resource: `*`, or an ARN. In the five parts before its resource a wildcard stays within
// the part, except that a `*` at a part's end expands past the colon (IAM reference, "Resource").
Result<Pattern> compile_resource(std::string_view text, Version version);

// A value of an ARN operator: `*`, six colon-separated parts each matched by itself, or one
// variable that holds an ARN. Colons after the fifth belong to the last part.
class ArnPattern {
 public:
  static Result<ArnPattern> compile(std::string_view text, Version version);
  Truth matches(std::string_view actual,
                const Context& context) const;  // unknown also: `actual` is no ARN

 private:
  std::vector<Pattern> parts_;  // six; or none: any ARN
  std::optional<Pattern> whole_variable_;
};

// The six parts of an ARN, or nothing.
std::optional<std::array<std::string_view, 6>> arn_parts(std::string_view arn);

}  // namespace ringwall::policy::detail
