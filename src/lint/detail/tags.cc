// Keys that the statement's actions do not carry. An Allow that asks for one never applies, and a
// Deny that asks for one never denies.

#include <algorithm>

#include "catalogue/network_keys.h"
#include "lint/detail/subject.h"

namespace ringwall::lint::detail {
namespace {

using catalogue::Action;
using policy::Condition;
using policy::Sense;

bool is_tag_key(std::string_view key) {
  return key.starts_with("aws:resourcetag/") || key.starts_with("aws:requesttag/") ||
         key == "aws:tagkeys";
}

// Does the condition fail where its key is absent? Only then does an action that never carries the
// key escape the statement.
bool needs_key(const Condition& condition) {
  return !condition.op->negated && !condition.if_exists &&
         condition.op->family != policy::Family::null &&
         condition.quantifier != policy::Quantifier::all_values;
}

class CarriedKeys {
 public:
  CarriedKeys(const Subject& subject, const policy::Statement& statement, Findings& findings)
      : subject_(subject), statement_(statement), findings_(findings) {}

  void check(const Condition& condition) {
    if (!needs_key(condition)) return;
    if (is_tag_key(condition.key)) {
      if (statement_.action_sense == Sense::all_but_listed) return tag_with_not_action(condition);
      return tag(condition);
    }
    if (statement_.action_sense == Sense::listed) any_other(condition);
  }

 private:
  bool allows() const { return statement_.effect == policy::Effect::allow; }

  // Does some action that the pattern matches carry the key? Patterns of no one service, and of no
  // action, are not judged.
  bool carried(const policy::Listed& pattern, const Condition& condition) const {
    if (!pattern.text.contains(':') || pattern.text == "*:*") return true;
    bool some = false, matched = false;
    subject_.catalogue.for_each_action(pattern.text, [&](const Action& action) {
      matched = true;
      some = subject_.catalogue.takes(action, condition.key);
      return !some;
    });
    return some || !matched;
  }

  void tag(const Condition& condition) {
    std::string without;
    std::size_t count = 0;
    for (const policy::Listed& action : statement_.actions) {
      if (carried(action, condition)) continue;
      constexpr std::size_t shown_max = 3;
      if (count++ < shown_max) without += (without.empty() ? "" : ", ") + shown(action.text);
      if (count == shown_max + 1) without += ", …";
    }
    if (count == 0) return;
    findings_.add(allows() ? rule("ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE")
                           : rule("DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"),
                  condition.offset, shown(condition.key_name) + " is never carried by " + without);
  }

  void tag_with_not_action(const Condition& condition) {
    findings_.add(allows() ? rule("ALLOW_NOT_ACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE")
                           : rule("DENY_NOT_ACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE"),
                  condition.offset,
                  "not every action that `NotAction` leaves carries " + shown(condition.key_name));
  }

  void any_other(const Condition& condition) {
    const auto key = subject_.catalogue.condition_key(condition.key);
    const bool anywhere = subject_.catalogue.global_key(condition.key) && !catalogue::network_key_of(condition.key);
    if (!key || anywhere || statement_.actions.empty()) return;
    const bool some = std::ranges::any_of(
        statement_.actions, [&](const policy::Listed& one) { return carried(one, condition); });
    if (some) return;
    findings_.add(rule("CONDITION_KEY_NOT_SUPPORTED_BY_ACTION"), condition.offset,
                  shown(condition.key_name) + " is carried by none of the statement's actions");
  }

  const Subject& subject_;
  const policy::Statement& statement_;
  Findings& findings_;
};

}  // namespace

void check_tags(const Subject& subject, Findings& findings) {
  for (const policy::Statement& statement : subject.syntax.statements) {
    CarriedKeys keys(subject, statement, findings);
    for (const Condition& condition : statement.conditions) keys.check(condition);
  }
}

}  // namespace ringwall::lint::detail
