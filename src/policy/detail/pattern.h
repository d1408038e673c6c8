#pragma once
// Listed texts in compiled form. All of a document's literals lie in one pool; a pattern is a few
// words that point into it. Matching allocates nothing.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/detail/hash.h"
#include "policy/syntax.h"

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

// A run of bytes in a pool.
struct Ref {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;
};

struct Pattern {
  enum class Shape : std::uint8_t {
    anything,
    exact,     // the literal
    prefix,    // the literal, and then anything
    general,   // tokens
    resolved,  // tokens, among them variables
  };
  Shape shape = Shape::exact;
  std::uint32_t first = 0;  // a Ref's offset, or the index of the first token
  std::uint32_t count = 0;  // a Ref's size, or how many tokens
};

// Everything that patterns point into. Built once, then read only.
class Texts {
 public:
  Ref add(std::string_view text);
  std::string_view at(Ref ref) const { return {pool_.data() + ref.offset, ref.size}; }

  // A whole text: a string, or a part of an ARN. Literals are kept in lower case to ignore case.
  Pattern add_pattern(const Pieces& pieces, bool lower_case = false);
  // A resource, whose wildcards stay within their part but for a `*` at its end and in the sixth.
  Pattern add_resource(const Pieces& pieces);

  // Is the text this literal? Of an exact pattern.
  bool is(const Pattern& pattern, std::string_view text) const {
    return same_text({pool_.data() + pattern.first, pattern.count}, text);
  }

  // Does the text match? The context gives variables their values, which are literal. Unknown: one
  // has none, and what stands before the first of them matches.
  Truth matches(const Pattern& pattern, std::string_view text, const Context& context) const;
  // The same with ASCII letters of either case, for patterns added in lower case.
  Truth matches_ignoring_case(const Pattern& pattern, std::string_view text,
                              const Context& context) const;

  void shrink();
  std::size_t bytes() const;  // held, beside the object itself

 private:
  friend class Scan;
  struct Token {
    enum class Kind : std::uint8_t { literal, variable, run, one, run_in_part, one_in_part };
    Kind kind = Kind::literal;
    std::uint32_t index = 0;  // a literal's offset, or which variable
    std::uint32_t size = 0;   // a literal's
  };
  struct Variable {
    std::uint64_t hash;
    Ref key;
    Ref otherwise;
    bool has_default;
  };

  void add_token(const Piece& piece, bool confined, bool lower_case);
  Pattern pattern_from(std::size_t first_token);
  // Null data(): the variable has no value.
  std::string_view value_of(const Variable& variable, const Context& context) const;
  template <bool ignore_case>
  Truth match(const Pattern& pattern, std::string_view text, const Context& context) const;

  std::string pool_;
  std::vector<Token> tokens_;
  std::vector<Variable> variables_;
};

}  // namespace ringwall::policy::detail
