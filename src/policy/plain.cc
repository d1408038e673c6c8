#include "policy/plain.h"

#include <algorithm>

#include "base/check.h"
#include "policy/binding.h"
#include "policy/detail/plain_conditions.h"
#include "policy/detail/plain_principals.h"

namespace ringwall::policy::plain {
namespace {

bool covers_action(const Statement& statement, std::string_view action) {
  const bool listed = std::ranges::any_of(statement.actions, [&](const Listed& one) {
    return text::Glob(one.text == "*:*" ? "*" : one.text, text::Case::ignore).matches(action);
  });
  return listed == (statement.action_sense == Sense::listed);
}

// An unresolved variable in Resource matches nothing, as in AWS. In NotResource the statement
// would then apply, and an Allow would allow: there it stays unknown.
Truth covers_resource(const Statement& statement, const Request& request) {
  if (statement.resources.empty()) return Truth::yes;
  const bool listed_applies = statement.resource_sense == Sense::listed;
  Truth listed = Truth::no;
  for (const Listed& one : statement.resources) {
    Truth truth = ResourcePattern(one.pieces).matches(request.resource, request.context);
    if (truth == Truth::unknown && listed_applies) truth = Truth::no;
    listed = either(listed, truth);
  }
  return listed_applies ? listed : negated(listed);
}

bool names_caller(const Principals& principals, const Principal& caller, Exemptions exemptions) {
  if (principals.sense == Sense::all_but_listed && exemptions == Exemptions::none) return true;
  return naming(principals, caller) != Naming::not_named;
}

// What the elements say before the effect is asked what follows from not knowing.
Mismatch mismatch(const Statement& statement, const Request& request, Exemptions exemptions) {
  if (statement.principals && !names_caller(*statement.principals, request.principal, exemptions))
    return Mismatch::principal;
  if (!covers_action(statement, request.action)) return Mismatch::action;
  const Truth resource = covers_resource(statement, request);
  if (resource == Truth::no) return Mismatch::resource;
  Truth conditions = Truth::yes;
  for (const Condition& condition : statement.conditions)
    conditions = both(conditions, holds(condition, request.context));
  if (conditions == Truth::no) return Mismatch::condition;
  const bool unknown = resource == Truth::unknown || conditions == Truth::unknown;
  return unknown ? Mismatch::unevaluable : Mismatch::none;
}

Syntax read_again(const Document& document) {
  auto syntax = read_bound(document.source(), document.kind(), Quota::waived);
  RW_CHECK(syntax.has_value());  // it was read once, to compile it
  return *std::move(syntax);
}

}  // namespace

Policy::Policy(const Document& document) : syntax_(read_again(document)) {}

const Statement& Policy::at(std::size_t statement) const {
  RW_CHECK(statement < syntax_.statements.size());
  return syntax_.statements[statement];
}

Mismatch Policy::match(std::size_t index, const Request& request, Exemptions exemptions) const {
  const Statement& statement = at(index);
  const Mismatch why = mismatch(statement, request, exemptions);
  return why == Mismatch::unevaluable && statement.effect == Effect::deny ? Mismatch::none : why;
}

Naming Policy::naming(std::size_t statement, const Principal& principal) const {
  const auto& principals = at(statement).principals;
  return principals ? plain::naming(*principals, principal) : Naming::not_named;
}

text::Json Policy::explain(std::size_t index, const Request& request,
                           Exemptions exemptions) const {
  const Statement& statement = at(index);
  const Mismatch why = mismatch(statement, request, exemptions);
  text::Json json = text::Json::object({{"statement", static_cast<std::int64_t>(index)},
                                        {"sid", statement.sid},
                                        {"effect", name_of(statement.effect)},
                                        {"applies", match(index, request, exemptions) == Mismatch::none}});
  if (why != Mismatch::none) json.set("because", name_of(why));
  if (!statement.conditions.empty()) {
    text::Json& conditions = json.edit("conditions");
    conditions = text::Json::array();
    for (const Condition& condition : statement.conditions)
      conditions.push(plain::explain(condition, request.context));
  }
  return json;
}

}  // namespace ringwall::policy::plain
