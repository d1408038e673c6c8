// A document allows what an Allow of it covers and no Deny; an Allow must hold for certain, a Deny
// need only not be excluded. policy/plain.cc is the definition, and smtlib_test.cc holds this to it.

#include "prover/detail/smtlib.h"

#include <vector>

#include "prover/detail/smtlib_conditions.h"
#include "prover/detail/smtlib_principals.h"
#include "prover/detail/smtlib_terms.h"

namespace ringwall::prover::detail {
namespace {

using policy::Effect;
using policy::Listed;
using policy::Sense;
using policy::Statement;
using policy::Syntax;

Result<std::string> covers_action(const Statement& statement) {
  std::vector<std::string> terms;
  for (const Listed& listed : statement.actions) {
    RW_TRY(std::string term, smt_matches("action", action_symbols(listed), text::Case::exact));
    terms.push_back(std::move(term));
  }
  const std::string some = smt_any(terms);
  return statement.action_sense == Sense::listed ? some : smt_not(some);
}

Result<std::string> covers_resource(const Statement& statement) {
  if (statement.resources.empty()) return "true";
  std::vector<std::string> terms;
  for (const Listed& listed : statement.resources) {
    RW_TRY(const Symbols symbols, resource_symbols(listed));
    RW_TRY(std::string term, smt_matches("resource", symbols, text::Case::exact));
    terms.push_back(std::move(term));
  }
  const std::string some = smt_any(terms);
  return statement.resource_sense == Sense::listed ? some : smt_not(some);
}

Result<std::string> applies(const Statement& statement, const SmtKeys& keys) {
  std::vector<std::string> terms;
  if (statement.principals) {
    RW_TRY(std::string names, smt_names(*statement.principals));
    terms.push_back(std::move(names));
  }
  RW_TRY(std::string action, covers_action(statement));
  RW_TRY(std::string resource, covers_resource(statement));
  terms.push_back(std::move(action));
  terms.push_back(std::move(resource));
  const auto holding = statement.effect == Effect::allow ? SmtKeys::Holding::certainly : SmtKeys::Holding::possibly;
  for (const policy::Condition& condition : statement.conditions) {
    RW_TRY(std::string term, keys.holds(condition, holding));
    terms.push_back(std::move(term));
  }
  return smt_all(terms);
}

Result<std::string> allows(const Syntax& document, const SmtKeys& keys) {
  std::vector<std::string> allowed, denied;
  for (const Statement& statement : document.statements) {
    RW_TRY(std::string term, applies(statement, keys));
    (statement.effect == Effect::allow ? allowed : denied).push_back(std::move(term));
  }
  return smt_all({smt_any(allowed), smt_not(smt_any(denied))});
}

bool has_principals(const Syntax& document) {
  for (const Statement& statement : document.statements)
    if (statement.principals) return true;
  return false;
}

}  // namespace

Result<std::string> smtlib_of(std::span<const Syntax* const> allowing, std::span<const Syntax* const> refusing, Typing typing) {
  SmtKeys keys(typing);
  bool principals = false;
  for (const auto documents : {allowing, refusing}) {
    for (const Syntax* document : documents) {
      principals = principals || has_principals(*document);
      for (const Statement& statement : document->statements)
        for (const policy::Condition& condition : statement.conditions) RW_DO(keys.add(condition));
    }
  }
  std::string text = "(set-logic ALL)\n" + std::string(smt_prelude) +
                     "(declare-fun action () String)\n(assert (str.in_re action (re.* no-upper)))\n"
                     "(declare-fun resource () String)\n";
  if (typing == Typing::by_catalogue)
    text += "(assert (str.in_re action (re.++ re.allchar re.all (str.to_re \":\") re.allchar re.all)))\n"
            "(assert (not (= resource \"\")))\n";
  text += keys.declarations();
  if (principals) text += smt_caller();
  for (const Syntax* document : allowing) {
    RW_TRY(const std::string term, allows(*document, keys));
    text += "(assert " + term + ")\n";
  }
  for (const Syntax* document : refusing) {
    RW_TRY(const std::string term, allows(*document, keys));
    text += "(assert " + smt_not(term) + ")\n";
  }
  return text + "(check-sat)\n";
}

}  // namespace ringwall::prover::detail
