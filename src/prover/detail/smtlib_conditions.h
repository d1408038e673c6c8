#pragma once
// The condition keys of documents as variables of SMT-LIB, and conditions as terms over them.

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "policy/syntax.h"
#include "prover/detail/keys.h"
#include "prover/detail/smtlib.h"

namespace ringwall::prover::detail {

class SmtKeys {
 public:
  explicit SmtKeys(Typing typing) : typing_(typing) {}

  // Every condition of every document is added before the first is asked for.
  Result<> add(const policy::Condition& condition);
  // The declarations, and what holds of every value.
  std::string declarations() const;
  // When does the condition hold: for certain, or also where it cannot be evaluated?
  enum class Holding : std::uint8_t { certainly, possibly };
  Result<std::string> holds(const policy::Condition& condition, Holding holding) const;

 private:
  enum class Sort : std::uint8_t { none, text, boolean, number, date, address };
  struct Key {
    Sort sort = Sort::none;  // none: only asked whether it is there
    KnownKey known = {};
    bool lists_empty = false;                 // it is compared with the empty text
    const policy::Condition* any = nullptr;   // one that asks for its value
    bool has_set = false;                     // with a set operator
  };

  static Sort sort_of(policy::Family family);
  bool is_typed(const Key& key) const;
  std::string is_of_type(const policy::Condition& condition) const;
  Result<std::string> relates(const policy::Condition& condition, const policy::Listed& listed) const;

  Typing typing_;
  std::map<std::string, Key> keys_;
};

}  // namespace ringwall::prover::detail
