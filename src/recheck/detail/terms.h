#pragma once
// What is asked of a request, as terms over questions about its keys; and such a term as clauses.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "recheck/detail/values.h"

namespace ringwall::recheck::detail {

// A term, or, below zero, its denial.
using Term = std::int32_t;
inline constexpr Term yes = 1, no = -1;

using Key = std::uint32_t;
using TestNumber = std::uint32_t;

// Which answers of a test are asked for.
using Answers = std::uint8_t;
constexpr Answers bit(Truth truth) {
  return static_cast<Answers>(1U << static_cast<unsigned>(truth));
}
inline constexpr Answers is_no = bit(Truth::no), is_yes = bit(Truth::yes), is_unknown = bit(Truth::unknown);

// What a term ends in.
struct Leaf {
  enum class Kind : std::uint8_t {
    present,  // the key is there
    some,     // one of its values has one of these answers of the test
    open,     // something that is not decided here: it may be so or not
  };
  Kind kind = Kind::open;
  Key key = 0;
  std::uint32_t number = 0;  // the test's, or the open question's
  Answers answers = 0;
  friend auto operator<=>(const Leaf&, const Leaf&) = default;
};

// Keys, tests and terms of one question, each once.
class Terms {
 public:
  Terms();
  Key key(std::string_view lower_name);
  const std::string& name(Key key) const { return keys_[key]; }
  TestNumber test(Test test);
  const Test& test(TestNumber number) const { return tests_[number]; }

  Term leaf(const Leaf& leaf);
  Term open(const std::string& name);
  Term all(std::vector<Term> parts);
  Term any(std::vector<Term> parts);
  Term if_then(Term a, Term b) { return any({-a, b}); }

  struct Node {
    bool is_leaf = false;
    Leaf leaf = {};
    std::vector<Term> parts = {};  // of a conjunction
  };
  const Node& node(Term term) const { return nodes_[static_cast<std::size_t>(term < 0 ? -term : term)]; }
  const std::string& open_name(std::uint32_t number) const { return open_[number]; }
  // The numbers of the leaves below the term.
  std::set<Term> leaves(Term term) const;

 private:
  std::vector<std::string> keys_, open_;
  std::map<std::string, Key, std::less<>> key_numbers_;
  std::vector<Test> tests_;
  std::unordered_map<std::string, TestNumber> test_numbers_;
  std::map<std::string, std::uint32_t> open_numbers_;
  std::vector<Node> nodes_;  // 0 is not used, 1 always holds
  std::map<Leaf, Term> leaf_numbers_;
  std::map<std::vector<Term>, Term> all_numbers_;
};

// Of the resource, which every request has one of.
inline constexpr std::string_view resource_name = "resource";

struct Clauses {
  std::vector<std::vector<std::int32_t>> clauses;
  std::vector<std::string> variables;  // what variable i + 1 says
};
// One of `roots` holds. `only`: the values that keys can have here. Fails as samples() does, naming the key.
Result<Clauses> clauses_of(const Terms& terms, const std::vector<Term>& roots, const std::map<std::string, std::vector<std::string>>& only);

// What AWS says of a key's values, and whether it has several.
Values values_of(std::string_view lower_name);
bool has_several(std::string_view lower_name);

}  // namespace ringwall::recheck::detail
