#pragma once
// What the checks look at, and where they put what they find.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue/catalogue.h"
#include "lint/lint.h"
#include "policy/syntax.h"
#include "text/glob.h"

namespace ringwall::lint::detail {

// A policy document under advice. Borrows everything; lives as long as one call of lint().
struct Subject {
  std::string_view text;
  policy::Kind kind;
  const text::Json& document;  // null if the text is not JSON
  const policy::Syntax& syntax;
  const catalogue::Catalogue& catalogue;
};

// Past so many unknown actions no more names are suggested: each is compared with its whole
// service.
inline constexpr std::size_t suggestions_max = 100;

class Findings {
 public:
  bool may_suggest() { return suggestions_++ < suggestions_max; }
  void add(const Rule& rule, std::uint32_t offset, std::string message) {
    all_.push_back({&rule, rule.severity, false, offset, {}, 1, std::move(message)});
  }
  // One for which policy::compile refuses.
  void refuse(const Rule& rule, std::uint32_t offset, std::string message) {
    all_.push_back({&rule, Severity::error, true, offset, {}, 1, std::move(message)});
  }
  // In the order of the text, with positions; takes them away.
  std::vector<Finding> in_order(std::string_view text);

 private:
  std::vector<Finding> all_;
  std::size_t suggestions_ = 0;
};

// The checks; each reads the subject and adds what it finds.
void check_grammar(const Subject& subject, const std::vector<policy::Problem>& problems,
                   Findings& findings);
void check_document(const Subject& subject,
                    Findings& findings);  // version, sids, repeated statements
void check_actions(const Subject& subject, Findings& findings);  // names, repetitions
void check_resources(const Subject& subject,
                     Findings& findings);  // ARNs, and whether actions act on them
void check_conditions(const Subject& subject, Findings& findings);  // keys, types, qualifiers
void check_values(const Subject& subject, Findings& findings);      // what conditions compare with
void check_networks(const Subject& subject, Findings& findings);  // VPCs without their Region
void check_tags(const Subject& subject, Findings& findings);  // keys that the actions do not carry
void check_principals(const Subject& subject, Findings& findings);  // who is named
void check_trust(const Subject& subject,
                 Findings& findings);  // identity providers in trust policies
void check_grants(const Subject& subject, Findings& findings);  // what is allowed too widely
void check_perimeter(const Subject& subject, Findings& findings);  // networks, and who is caught

// How a value is shown in a message: in backticks, and not at any length.
std::string shown(std::string_view value);

// Lists longer than this are not searched for repetitions: the search compares each with each.
inline constexpr std::size_t repetition_list_max = 500;

// Does every text that `inner` matches match `outer` too? May answer no where it is hard to say.
bool covers(std::string_view outer, std::string_view inner, text::Case letters);

// A listed text as a pattern of `*` and `?`: its variables may be anything.
std::string pattern_of(const policy::Pieces& pieces);

// Does an Action element of the statement match the action, or its NotAction leave it in?
bool reaches(const policy::Statement& statement, std::string_view action);

// The statement's condition on the key, of any operator; null: none. `key` in lower case.
const policy::Condition* condition_on(const policy::Statement& statement, std::string_view key);

// Of the names, the one that is most like `name`; empty if none is much like it.
class Nearest {
 public:
  explicit Nearest(std::string_view name) : name_(name) {}
  void offer(std::string_view candidate);
  std::string_view name() const { return best_; }

 private:
  std::string_view name_, best_;
  std::size_t distance_ = 3;  // further away than this is not alike
};

}  // namespace ringwall::lint::detail
