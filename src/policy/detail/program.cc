#include "policy/detail/program.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace ringwall::policy::detail {
namespace {

using Type = PrincipalName::Type;

// The bits from `from` on.
Statements from_bit(std::size_t from) {
  return ~Statements{0} << from;
}

// A Deny that cannot be evaluated applies; an Allow does not.
bool follows(Mismatch why, Effect effect) {
  return why == Mismatch::none || (why == Mismatch::unevaluable && effect == Effect::deny);
}

// The order in which conditions are asked.
int cost_of(Family family) {
  switch (family) {
    case Family::null:
    case Family::boolean:
      return 0;
    case Family::text:
    case Family::text_ignoring_case:
    case Family::binary:
      return 1;
    case Family::number:
    case Family::text_like:
      return 2;
    case Family::arn:
    case Family::address:
    case Family::date:
      return 3;
  }
  return 3;
}

}  // namespace

Program::Program(const Syntax& syntax) {
  statements_.reserve(syntax.statements.size());
  for (const Statement& statement : syntax.statements) add(statement);
  for (Block& block : blocks_) block.actions.finish(texts_);
  texts_.shrink();
  conditions_.shrink();
  names_.shrink_to_fit();
  resources_.shrink_to_fit();
  blocks_.shrink_to_fit();
}

void Program::add(const Statement& statement) {
  const std::size_t bit = statements_.size() % block_statements;
  if (bit == 0) blocks_.emplace_back();
  Block& block = blocks_.back();
  std::uint64_t& services = statement.effect == Effect::deny ? denied_services_ : allowed_services_;
  for (const Listed& action : statement.actions)
    services |= block.actions.add(bit, action, texts_);
  if (statement.action_sense == Sense::all_but_listed) services = ~std::uint64_t{0};
  const Statements self = Statements{1} << bit;
  (statement.effect == Effect::deny ? block.denies : block.allows) |= self;
  if (statement.action_sense == Sense::all_but_listed) block.all_but |= self;

  const auto next = [](const auto& table) { return static_cast<std::uint32_t>(table.size()); };
  CompiledStatement compiled{.first_principal = next(names_),
                             .first_resource = next(resources_),
                             .first_condition = conditions_.size(),
                             .sid = texts_.add(statement.sid),
                             .offset = statement.offset,
                             .effect = statement.effect,
                             .action_sense = statement.action_sense,
                             .resource_sense = statement.resource_sense,
                             .names_principals = statement.principals.has_value()};
  if (statement.principals) {
    compiled.principal_sense = statement.principals->sense;
    for (const PrincipalName& name : statement.principals->names) {
      compiled.names_everyone |= name.type == Type::everyone;
      names_.push_back({name.type, texts_.add(name.value)});
    }
  }
  for (const Listed& resource : statement.resources)
    resources_.push_back(texts_.add_resource(resource.pieces));
  const auto first_resource = resources_.begin() + compiled.first_resource;
  compiled.covers_everything =
      statement.resource_sense == Sense::listed &&
      (statement.resources.empty() ||
       std::any_of(first_resource, resources_.end(), [](const Pattern& pattern) {
         return pattern.shape == Pattern::Shape::anything;
       }));
  // What costs least to ask first: all have to hold, and one that does not settles it.
  std::vector<const Condition*> conditions;
  for (const Condition& condition : statement.conditions) conditions.push_back(&condition);
  std::ranges::stable_sort(conditions, {}, [](const Condition* condition) { return cost_of(condition->op->family); });
  for (const Condition* condition : conditions) conditions_.add(*condition, texts_);
  compiled.principals = next(names_) - compiled.first_principal;
  compiled.resources = next(resources_) - compiled.first_resource;
  compiled.conditions = conditions_.size() - compiled.first_condition;
  const bool for_everyone = !compiled.names_principals ||
                            (compiled.principal_sense == Sense::listed && compiled.names_everyone);
  compiled.open = compiled.covers_everything && for_everyone;
  statements_.push_back(compiled);
}

std::size_t Program::next(Effect effect, std::size_t from, const Probe& probe) const {
  for (std::size_t b = from / block_statements; b < blocks_.size(); ++b) {
    const Block& block = blocks_[b];
    const std::size_t first = b * block_statements;
    Statements candidates = effect == Effect::deny ? block.denies : block.allows;
    if (from > first) candidates &= from_bit(from - first);
    if (candidates == 0) continue;
    candidates &= block.actions.listing(probe, texts_) ^ block.all_but;
    for (; candidates != 0; candidates &= candidates - 1) {
      const std::size_t statement = first + static_cast<std::size_t>(std::countr_zero(candidates));
      if (follows(mismatch(statements_[statement], probe), effect)) return statement;
    }
  }
  return statements_.size();
}

bool Program::applies(std::size_t index, const Probe& probe) const {
  const CompiledStatement& statement = statements_[index];
  if (!statement.open) return follows(mismatch(statement, probe), statement.effect);
  // Most guardrails are so: what they demand decides alone.
  const Truth conditions =
      conditions_.hold(statement.first_condition, statement.conditions, texts_, probe);
  return conditions == Truth::yes ||
         (conditions == Truth::unknown && statement.effect == Effect::deny);
}

bool Program::lists_action(std::size_t statement, const Probe& probe) const {
  const Block& block = blocks_[statement / block_statements];
  const Statements listing = block.actions.listing(probe, texts_) ^ block.all_but;
  return (listing >> statement % block_statements & 1) != 0;
}

Mismatch Program::match(std::size_t index, const Probe& probe) const {
  const CompiledStatement& statement = statements_[index];
  if (!names_caller(statement, probe)) return Mismatch::principal;
  if (!lists_action(index, probe)) return Mismatch::action;
  const Mismatch why = mismatch(statement, probe);
  return follows(why, statement.effect) ? Mismatch::none : why;
}

// An unresolved variable in Resource matches nothing, as in AWS. In NotResource the statement
// would then apply, and an Allow would allow: there it stays unknown.
inline Truth Program::covers_resource(const CompiledStatement& statement, const Request& request) const {
  const bool listed_applies = statement.resource_sense == Sense::listed;
  Truth listed = Truth::no;
  for (std::uint32_t i = statement.first_resource;
       i < statement.first_resource + statement.resources; ++i) {
    const Truth one = texts_.matches(resources_[i], request.resource, request.context);
    if (one == Truth::yes) return truth_of(listed_applies);
    if (one == Truth::unknown && !listed_applies) listed = one;
  }
  return listed_applies ? listed : negated(listed);
}

inline Mismatch Program::mismatch(const CompiledStatement& statement, const Probe& probe) const {
  const Request& request = probe.request();
  if (!names_caller(statement, probe)) return Mismatch::principal;
  const Truth resource =
      statement.covers_everything ? Truth::yes : covers_resource(statement, request);
  if (resource == Truth::no) return Mismatch::resource;
  if (statement.conditions == 0)
    return resource == Truth::unknown ? Mismatch::unevaluable : Mismatch::none;
  const Truth conditions = conditions_.hold(statement.first_condition, statement.conditions,
                                            texts_, probe);
  if (conditions == Truth::no) return Mismatch::condition;
  const bool unknown = resource == Truth::unknown || conditions == Truth::unknown;
  return unknown ? Mismatch::unevaluable : Mismatch::none;
}

bool Program::lists(const CompiledStatement& statement, Type type, std::string_view value) const {
  if (value.empty()) return false;
  const auto first = names_.begin() + statement.first_principal;
  return std::any_of(first, first + statement.principals, [&](const Name& name) {
    return name.type == type && texts_.at(name.value) == value;
  });
}

// The user, or a session's role: by ARN or by unique id.
bool Program::lists_itself(const CompiledStatement& statement, const Principal& caller) const {
  const bool session = caller.type == Principal::Type::role_session;
  return lists(statement, Type::arn, session ? caller.role_arn : caller.arn) ||
         lists(statement, Type::unique_id, caller.unique_id);
}

// By its ARN, or in a bound policy by its role's id and its name.
bool Program::lists_session(const CompiledStatement& statement, const Principal& caller) const {
  if (lists(statement, Type::arn, caller.arn)) return true;
  const std::string_view session = std::string_view(caller.arn).substr(caller.arn.rfind('/') + 1);
  const auto first = names_.begin() + statement.first_principal;
  return std::any_of(first, first + statement.principals, [&](const Name& name) {
    if (name.type != Type::unique_id) return false;
    const std::string_view id = texts_.at(name.value);
    const std::size_t colon = id.find(':');
    return colon != std::string_view::npos && id.substr(0, colon) == caller.unique_id &&
           id.substr(colon + 1) == session;
  });
}

Naming Program::listed(const CompiledStatement& statement, const Principal& caller) const {
  switch (caller.type) {
    case Principal::Type::role_session:
      if (lists_session(statement, caller)) return Naming::session;
      if (lists_itself(statement, caller)) return Naming::role;
      break;
    case Principal::Type::user:
      if (lists_itself(statement, caller)) return Naming::user;
      break;
    case Principal::Type::federated:
      if (lists(statement, Type::arn, caller.arn)) return Naming::session;
      if (lists(statement, Type::arn, caller.issuer_arn) ||
          lists(statement, Type::unique_id, caller.unique_id))
        return Naming::role;
      if (lists(statement, Type::federated, caller.provider)) return Naming::federated;
      break;
    case Principal::Type::service:
      if (lists(statement, Type::service, caller.service)) return Naming::service;
      break;
    case Principal::Type::root:
    case Principal::Type::anonymous:
      break;
  }
  if (statement.names_everyone) return Naming::everyone;
  if (lists(statement, Type::account, caller.account)) return Naming::account;
  return Naming::not_named;
}

// AWS checks the account first, then the role, then the session, and denies at the first that is
// not listed. So a caller is exempt only if every one of those that it has is listed.
bool Program::exempt(const CompiledStatement& statement, const Principal& caller) const {
  if (statement.names_everyone) return true;
  const auto account = [&] { return lists(statement, Type::account, caller.account); };
  switch (caller.type) {
    case Principal::Type::role_session:
      return account() && lists_itself(statement, caller) && lists_session(statement, caller);
    case Principal::Type::user:
      return account() && lists_itself(statement, caller);
    case Principal::Type::federated:
      if (caller.account.empty()) return lists(statement, Type::federated, caller.provider);
      return account() && lists(statement, Type::arn, caller.arn);
    case Principal::Type::root:
      return account();
    case Principal::Type::service:
      return lists(statement, Type::service, caller.service);
    case Principal::Type::anonymous:
      return false;
  }
  return false;
}

Naming Program::naming(const CompiledStatement& statement, const Principal& caller) const {
  if (!statement.names_principals) return Naming::not_named;
  if (statement.principal_sense == Sense::listed) return listed(statement, caller);
  return exempt(statement, caller) ? Naming::not_named : Naming::everyone;
}

inline bool Program::names_caller(const CompiledStatement& statement, const Probe& probe) const {
  if (!statement.names_principals) return true;
  const bool exempts = statement.principal_sense == Sense::all_but_listed;
  if (!exempts && statement.names_everyone) return true;
  if (exempts && probe.exemptions() == Exemptions::none) return true;
  return naming(statement, probe.request().principal) != Naming::not_named;
}

Naming Program::naming(std::size_t statement, const Principal& caller) const {
  return naming(statements_[statement], caller);
}

std::size_t Program::bytes() const {
  std::size_t bytes = texts_.bytes() + conditions_.bytes() + names_.capacity() * sizeof(Name) +
                      resources_.capacity() * sizeof(Pattern) +
                      statements_.capacity() * sizeof(CompiledStatement) +
                      blocks_.capacity() * sizeof(Block);
  for (const Block& block : blocks_) bytes += block.actions.bytes();
  return bytes;
}

}  // namespace ringwall::policy::detail
