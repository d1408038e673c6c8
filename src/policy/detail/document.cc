#include "policy/detail/document.h"

#include <algorithm>

#include "base/check.h"

namespace ringwall::policy::detail {
namespace {

bool covers_action(const Statement& statement, std::string_view action) {
  const bool listed = std::ranges::any_of(
      statement.actions, [&](const text::Glob& glob) { return glob.matches(action); });
  return listed == (statement.action_sense == Sense::listed);
}

// An unresolved variable in Resource matches nothing, as in AWS. In NotResource the statement
// would then apply, and an Allow would allow: there it stays unknown.
Truth covers_resource(const Statement& statement, const Request& request) {
  if (statement.resources.empty()) return Truth::yes;
  const bool listed_applies = statement.resource_sense == Sense::listed;
  Truth listed = Truth::no;
  for (const Pattern& pattern : statement.resources) {
    Truth one = pattern.matches(request.resource, request.context);
    if (one == Truth::unknown && listed_applies) one = Truth::no;
    listed = either(listed, one);
    if (listed == Truth::yes) break;
  }
  return listed_applies ? listed : negated(listed);
}

// What the elements say before the effect is asked what follows from not knowing.
Mismatch mismatch(const Statement& statement, const Request& request) {
  if (statement.principals &&
      statement.principals->naming(request.principal) == Document::Naming::not_named)
    return Mismatch::principal;
  if (!covers_action(statement, request.action)) return Mismatch::action;
  const Truth resource = covers_resource(statement, request);
  if (resource == Truth::no) return Mismatch::resource;
  Truth conditions = Truth::yes;
  for (const Condition& condition : statement.conditions) {
    conditions = both(conditions, condition.holds(request.context));
    if (conditions == Truth::no) return Mismatch::condition;
  }
  return resource == Truth::unknown || conditions == Truth::unknown ? Mismatch::unevaluable
                                                                    : Mismatch::none;
}

}  // namespace

const Statement& CompiledDocument::at(std::size_t statement) const {
  RW_CHECK(statement < statements_.size());
  return statements_[statement];
}

Mismatch CompiledDocument::match(std::size_t index, const Request& request) const {
  const Statement& statement = at(index);
  const Mismatch why = mismatch(statement, request);
  return why == Mismatch::unevaluable && statement.effect == Effect::deny ? Mismatch::none : why;
}

Document::Naming CompiledDocument::naming(std::size_t statement, const Principal& principal) const {
  const auto& principals = at(statement).principals;
  return principals ? principals->naming(principal) : Naming::not_named;
}

text::Json CompiledDocument::explain(std::size_t index, const Request& request) const {
  const Statement& statement = at(index);
  const Mismatch why = mismatch(statement, request);
  text::Json json = text::Json::object({{"statement", static_cast<std::int64_t>(index)},
                                        {"sid", statement.sid},
                                        {"effect", name_of(statement.effect)},
                                        {"line", statement.position.line},
                                        {"column", statement.position.column},
                                        {"applies", match(index, request) == Mismatch::none}});
  if (why != Mismatch::none) json.set("because", name_of(why));
  if (!statement.conditions.empty()) {
    text::Json& conditions = json.edit("conditions");
    conditions = text::Json::array();
    for (const Condition& condition : statement.conditions)
      conditions.push(condition.explain(request.context));
  }
  return json;
}

}  // namespace ringwall::policy::detail
