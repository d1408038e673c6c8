#include "prover/detail/encoder.h"

#include <algorithm>

#include "policy/detail/values.h"
#include "policy/policy.h"
#include "text/encode.h"

namespace ringwall::prover::detail {
namespace {

using policy::Effect;
using policy::Family;
using policy::Listed;
using policy::Naming;
using policy::Piece;
using policy::Pieces;
using policy::Quantifier;
using Type = policy::Principal::Type;

Listed literal(std::string_view text) {
  return {std::string(text), {{.kind = Piece::Kind::literal, .text = std::string(text)}}, 0};
}

void add(Pieces& pieces, Piece piece) {
  if (piece.kind == Piece::Kind::literal) {
    if (piece.text.empty()) return;
    if (!pieces.empty() && pieces.back().kind == Piece::Kind::literal) {
      pieces.back().text += piece.text;
      return;
    }
  }
  pieces.push_back(std::move(piece));
}

void add(Pieces& pieces, const Pieces& more) {
  for (const Piece& piece : more) add(pieces, piece);
}

// Do the operator's values have types, so that a value of another cannot be evaluated?
bool is_typed(const Relation& relation) {
  if (relation.kind != Relation::Kind::condition) return false;
  switch (relation.family) {
    case Family::text:
    case Family::text_ignoring_case:
    case Family::text_like:
    case Family::binary:
    case Family::null:
      return false;
    case Family::number:
    case Family::date:
    case Family::boolean:
    case Family::address:
    case Family::arn:
      return true;
  }
  return true;
}

bool is_false_word(std::string_view text) {
  return text.size() == 5;  // policy::read lets `true` and `false` through, in any case
}

// Lengths go before texts, so that no two lists read alike.
std::string all_texts(const std::vector<Listed>& values) {
  std::string all;
  for (const Listed& listed : values) all += std::to_string(listed.text.size()) + ' ' + listed.text;
  return all;
}

bool has_account(const policy::Principal& caller) {
  return caller.type == Type::root || caller.type == Type::user || caller.type == Type::role_session ||
         (caller.type == Type::federated && !caller.account.empty());
}

bool names_caller(const policy::plain::Policy& policy, std::size_t index, const policy::Principal& caller,
                  policy::Exemptions exemptions) {
  const auto& principals = policy.syntax().statements[index].principals;
  if (!principals) return true;
  if (principals->sense == policy::Sense::all_but_listed && exemptions == policy::Exemptions::none) return true;
  return policy.naming(index, caller) != Naming::not_named;
}

}  // namespace

std::uint32_t Leaves::number(const Test& test) {
  const auto [found, added] = numbers_.try_emplace(test, static_cast<std::uint32_t>(tests_.size()));
  if (added) tests_.push_back(test);
  return found->second;
}

Encoder::Encoder(Vocabulary& vocabulary, Readings& readings, Formulas& formulas, Leaves& leaves,
                 const RcpActions& rcp_actions, const Setting& setting)
    : vocabulary_(vocabulary), readings_(readings), formulas_(formulas), leaves_(leaves),
      rcp_actions_(rcp_actions), setting_(setting) {
  for (const auto* list : {&setting.universe.absent, &setting.caller.absent}) {
    for (const std::string& pattern : *list) absent_.emplace_back(pattern, text::Case::ignore);
  }
}

const Encoder::Known& Encoder::known(KeyId key) {
  if (key >= known_.size()) known_.resize(key + 1);
  Known& known = known_[key];
  if (known.state != State::unknown) return known;
  const std::string& name = vocabulary_.name(key);
  const policy::Context* const contexts[] = {setting_.chosen, &setting_.universe.keys, &setting_.caller.keys};
  for (const policy::Context* context : contexts) {
    if (context == nullptr) continue;
    known.values = context->find(name);
    if (known.values == nullptr) continue;
    known.state = known.values->empty() ? State::absent : State::valued;
    return known;
  }
  // A request has a resource, whatever its keys.
  const bool absent = key != resource_key && std::ranges::any_of(absent_, [&](const text::Glob& glob) { return glob.matches(name); });
  known.state = absent ? State::absent : State::free;
  known.several = key != resource_key && vocabulary_.known(key).several;
  return known;
}

Ref Encoder::present(KeyId key) {
  if (key == resource_key) return yes;
  switch (known(key).state) {
    case State::absent:
      return no;
    case State::valued:
      return yes;
    default:
      return formulas_.leaf(leaves_.number({key, any_value, 0}));
  }
}

// Asks for few distinct tests, so that formulas that mean the same look the same: of a key with one
// value only whether its relation holds.
Ref Encoder::some(KeyId key, RelationId relation, Truths truths) {
  const Known& known = this->known(key);
  if (known.state == State::absent) return no;
  if (known.state == State::valued) {
    const bool found = std::ranges::any_of(*known.values, [&](const std::string& value) {
      return (bit(relate(vocabulary_[relation], value)) & truths) != 0;
    });
    return found ? yes : no;
  }
  if (!is_typed(vocabulary_[relation])) truths = static_cast<Truths>(truths & ~is_unknown);
  const Truths all = is_typed(vocabulary_[relation]) ? is_yes | is_no | is_unknown : is_yes | is_no;
  if (truths == 0) return no;
  if (truths == all) return present(key);
  if (vocabulary_[relation].values.empty() && !is_typed(vocabulary_[relation])) return (truths & is_no) != 0 ? present(key) : no;
  if (!known.several && (truths & is_yes) == 0) {
    const Ref rest = formulas_.leaf(leaves_.number({key, relation, static_cast<Truths>(all & ~truths)}));
    return formulas_.all({present(key), negation(rest)});
  }
  return formulas_.leaf(leaves_.number({key, relation, truths}));
}

Ref Encoder::has_value(std::string_view lower_name, std::string_view value) {
  const RelationId relation = vocabulary_.relation(
      {Relation::Kind::condition, Family::text_ignoring_case, policy::Comparison::equal, {literal(value)}});
  return some(key(lower_name), relation, is_yes);
}

// A question about a value that nothing is known of: the same text asked of the same key twice has
// one answer.
Ref Encoder::open(KeyId key, std::string_view text, char what) {
  std::string name = std::to_string(key) + what + std::string(text);
  const auto [found, added] = open_names_.try_emplace(std::move(name), static_cast<RelationId>(open_names_.size()));
  return formulas_.leaf(leaves_.number({Leaves::opaque, found->second, 0}));
}

// As policy::plain::Pattern does it: of a text with a variable that has no value nothing counts behind the first
// variable, be that one settled or not.
Encoder::Settled Encoder::settle(const Pieces& pieces) {
  Settled settled;
  bool variables = false;
  for (const Piece& piece : pieces) {
    if (piece.kind != Piece::Kind::variable) {
      add(settled.value, piece);
      if (!variables) add(settled.head, piece);
      continue;
    }
    if (!variables) settled.head.push_back({.kind = Piece::Kind::any_run});
    variables = true;
    const KeyId key = vocabulary_.key(piece.text);
    const Known& known = this->known(key);
    const std::string* value = nullptr;
    if (known.state == State::valued && known.values->size() == 1) value = &known.values->front();
    if (known.state == State::absent && piece.otherwise) value = &*piece.otherwise;
    if (known.state == State::free) {
      settled.free = true;
      free_variables_.insert(key);
    } else if (value == nullptr) {
      settled.unsettled = true;
    }
    add(settled.value, value != nullptr ? Piece{.kind = Piece::Kind::literal, .text = *value} : Piece{.kind = Piece::Kind::any_run});
  }
  return settled;
}

// As policy::plain::ArnPattern does it: the pattern is cut into its parts first, and each part is settled by itself, so a
// value with a colon in it never makes two parts of one. Nothing: it matches no ARN, whatever is not known.
std::optional<Encoder::Settled> Encoder::settle_arn(const Pieces& pieces) {
  if (pieces.size() == 1) {  // one variable, which holds an ARN
    Settled whole = settle(pieces);
    const bool settled = !whole.free && !whole.unsettled;
    const bool arn = !whole.value.empty() && policy::detail::arn_parts(whole.value.front().text);
    return settled && !arn ? std::nullopt : std::optional(std::move(whole));
  }
  const std::vector<Pieces> parts = policy::arn_parts(pieces);
  Settled all;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Settled part = settle(parts[i]);
    const bool settled = !part.free && !part.unsettled, last = i + 1 == parts.size();
    const bool has_colon = std::ranges::any_of(part.value, [](const Piece& piece) { return piece.text.contains(':'); });
    if (settled && has_colon && !last) return std::nullopt;
    if (settled) part.head = part.value;
    // What is not known may be anything: where a value has a colon it matches nothing, or is not evaluated at all.
    if (has_colon && !last) part.value = part.head;
    if (i > 0) {
      add(all.value, Piece{.kind = Piece::Kind::literal, .text = ":"});
      add(all.head, Piece{.kind = Piece::Kind::literal, .text = ":"});
    }
    add(all.value, part.value);
    add(all.head, part.head);
    all.free |= part.free;
    all.unsettled |= part.unsettled;
  }
  return all;
}

Encoder::Grounded Encoder::ground(const std::vector<Listed>& values, Relation::Kind kind, Family family, KeyId compared) {
  Grounded grounded;
  const bool is_condition = kind == Relation::Kind::condition;
  for (const Listed& listed : values) {
    if (!has_variable(listed)) {
      grounded.values.push_back(listed);
      continue;
    }
    std::optional<Settled> settled = is_condition && family == Family::arn ? settle_arn(listed.pieces) : settle(listed.pieces);
    if (!settled) continue;
    Listed value{listed.text, std::move(settled->value), listed.offset}, head{listed.text, std::move(settled->head), listed.offset};
    if (settled->free) {
      compared_.insert(compared);
      only_compared_whole_ &= listed.pieces.size() == 1 && is_condition &&
                              (family == Family::text || family == Family::text_like || family == Family::text_ignoring_case);
      grounded.open.push_back({std::move(value), std::move(head)});
    } else if (settled->unsettled) {
      grounded.heads.push_back(std::move(head));
    } else {
      grounded.values.push_back(std::move(value));
    }
  }
  return grounded;
}

Both Encoder::holds(const ReadCondition& read) {
  const policy::Condition& said = *read.said;
  const KeyId key = read.key;
  const Ref here = present(key);
  if (said.op->family == Family::null) {
    std::vector<Ref> parts;
    for (const Listed& listed : said.values) parts.push_back(is_false_word(listed.text) ? here : negation(here));
    const Ref either = formulas_.any(std::move(parts));
    return {either, either};
  }
  const bool negated = said.op->negated;
  const bool every = said.quantifier == Quantifier::all_values || (said.quantifier == Quantifier::single && negated);
  // What an absent key gives where every value must satisfy the operator, nothing can refute.
  const auto with_absence = [&](Ref some_satisfies) {
    return said.if_exists ? formulas_.any({negation(here), some_satisfies}) : some_satisfies;
  };

  RelationId relation, wide;  // wide: with what may match besides
  std::vector<Open> open_values;
  if (read.relation) {
    relation = wide = *read.relation;
  } else {
    Grounded grounded = ground(said.values, Relation::Kind::condition, said.op->family, key);
    // A free variable matches nothing until it is chosen, but where it is left open.
    if (setting_.open_variables) open_values = std::move(grounded.open);
    std::vector<Listed> both = grounded.values;
    if (negated) both.insert(both.end(), grounded.heads.begin(), grounded.heads.end());
    // What is not known under an operator that takes it for text is a head with `*` behind.
    const bool heads = negated && !grounded.heads.empty();
    const Family family = said.op->family == Family::text ? Family::text_like : said.op->family;
    relation = vocabulary_.relation({Relation::Kind::condition, heads ? family : said.op->family, said.op->comparison, grounded.values});
    wide = heads ? vocabulary_.relation({Relation::Kind::condition, family, said.op->comparison, std::move(both)}) : relation;
  }
  if (!open_values.empty()) {
    if (!every && negated) {  // some value matches none of them: not expressible by value
      const std::string whole = all_texts(said.values);
      const Ref must = with_absence(open(key, whole, '!')), may = with_absence(open(key, whole, '~'));
      return {formulas_.all({must, may}), formulas_.any({must, may})};
    }
    std::vector<Ref> matched = {some(key, relation, is_yes)}, unsettled;
    const Family family = said.op->family == Family::text ? Family::text_like : said.op->family;
    const auto could = [&](const Listed& pattern) {
      return some(key, vocabulary_.relation({Relation::Kind::condition, family, said.op->comparison, {pattern}}), is_yes);
    };
    for (const Open& one : open_values) {
      matched.push_back(formulas_.all({could(one.wide), open(key, one.wide.text, '=')}));
      unsettled.push_back(formulas_.all({could(one.head), open(key, one.head.text, '?')}));
    }
    const Ref match = formulas_.any(matched);
    matched.insert(matched.end(), unsettled.begin(), unsettled.end());
    const Ref perhaps = formulas_.any(std::move(matched));
    if (!every) return {with_absence(match), with_absence(match)};
    if (!negated) {  // every value is among the listed: open whether they are
      const Ref all = formulas_.any({negation(here), open(key, all_texts(said.values), '&')});
      return {all, all};
    }
    return {negation(perhaps), negation(match)};
  }

  if (every) {
    // No value may fail.
    if (negated) return {negation(some(key, wide, is_yes | is_unknown)), negation(some(key, relation, is_yes))};
    return {negation(some(key, relation, is_no | is_unknown)), negation(some(key, relation, is_no))};
  }
  const Truths satisfied = negated ? is_no : is_yes;
  return {with_absence(some(key, wide, satisfied)), with_absence(some(key, relation, satisfied | is_unknown))};
}

Both Encoder::resources(const ReadStatement& read) {
  const policy::Statement& said = *read.said;
  if (said.resources.empty()) return {yes, yes};
  const bool listed = said.resource_sense == policy::Sense::listed;
  if (read.resources) {
    const Ref match = some(resource_key, *read.resources, is_yes);
    return listed ? Both{match, match} : Both{negation(match), negation(match)};
  }
  Grounded grounded = ground(said.resources, Relation::Kind::resource, Family::text, resource_key);
  const auto matches = [&](std::vector<Listed> values) {
    return some(resource_key, vocabulary_.relation({.kind = Relation::Kind::resource, .values = std::move(values)}), is_yes);
  };
  std::vector<Ref> certain = {matches(grounded.values)};
  std::vector<Ref> possible = {matches(grounded.heads)};
  if (setting_.open_variables) {
    for (const Open& one : grounded.open) {
      certain.push_back(formulas_.all({matches({one.wide}), open(resource_key, one.wide.text, '=')}));
      possible.push_back(formulas_.all({matches({one.head}), open(resource_key, one.head.text, '?')}));
    }
  }
  const Ref match = formulas_.any(certain);
  if (listed) return {match, match};
  possible.push_back(match);
  return {negation(formulas_.any(std::move(possible))), negation(match)};
}

Both Encoder::statement(const Reading& reading, std::size_t index, policy::Exemptions exemptions) {
  if (!names_caller(reading.policy, index, setting_.caller.principal, exemptions)) return {};
  const ReadStatement& read = reading.statements[index];
  const Both resource = resources(read);
  std::vector<Ref> must = {resource.must}, may = {resource.may};
  for (const ReadCondition& condition : read.conditions) {
    const Both one = holds(condition);
    must.push_back(one.must);
    may.push_back(one.may);
  }
  return {formulas_.all(std::move(must)), formulas_.all(std::move(may))};
}

Ref Encoder::applies(const policy::Document& document, std::size_t index, policy::Exemptions exemptions,
                     const ActionClass& action) {
  const Reading& reading = readings_[document];
  const policy::Statement& said = *reading.statements[index].said;
  if (action.lists(reading.statements[index].actions) != (said.action_sense == policy::Sense::listed)) return no;
  auto& kept = statements_[{&document, exemptions == policy::Exemptions::none}];
  if (kept.empty()) kept.resize(reading.statements.size());
  if (!kept[index]) kept[index] = statement(reading, index, exemptions);
  return said.effect == Effect::deny ? kept[index]->may : kept[index]->must;
}

Ref Encoder::denied(std::span<const authz::Named> policies, policy::Exemptions exemptions, const ActionClass& action) {
  std::vector<Ref> parts;
  for (const authz::Named& named : policies) {
    for (std::size_t i = 0; i < named.document->statements(); ++i) {
      if (named.document->effect(i) == Effect::deny) parts.push_back(applies(*named.document, i, exemptions, action));
    }
  }
  return formulas_.any(std::move(parts));
}

Ref Encoder::allowed(std::span<const authz::Named> policies, policy::Exemptions exemptions, const ActionClass& action) {
  std::vector<Ref> parts;
  for (const authz::Named& named : policies) {
    for (std::size_t i = 0; i < named.document->statements(); ++i) {
      if (named.document->effect(i) == Effect::allow) parts.push_back(applies(*named.document, i, exemptions, action));
    }
  }
  return formulas_.any(std::move(parts));
}

Ref Encoder::allowed(const policy::Document& document, const ActionClass& action) {
  const authz::Named named{{}, policy::DocumentPtr(policy::DocumentPtr(), &document)};
  const std::span one(&named, 1);
  return formulas_.all({negation(denied(one, policy::Exemptions::listed, action)),
                        allowed(one, policy::Exemptions::listed, action)});
}

Ref Encoder::allowed(const authz::Layers& layers, const ActionClass& action) {
  const policy::Principal& caller = setting_.caller.principal;
  const policy::Exemptions exemptions = authz::exemptions_of(layers);
  const bool inside = has_account(caller);
  const bool rcps_bind = !layers.rcps.empty() && !caller.service_linked && action.lists(rcp_actions_.services) && !action.lists(rcp_actions_.excepted);
  const bool scps_bind = !caller.service_linked && inside;
  const auto one = [](const authz::Named* named) {
    return named == nullptr ? std::span<const authz::Named>() : std::span(named, 1);
  };
  std::vector<Ref> parts;  // all of them
  const auto no_deny = [&](std::span<const authz::Named> policies) {
    parts.push_back(negation(denied(policies, exemptions, action)));
  };
  const auto levels_allow = [&](std::span<const authz::Level> levels) {
    for (const authz::Level& level : levels) {
      no_deny(level.policies);
      parts.push_back(allowed(level.policies, exemptions, action));
    }
  };
  const auto session = layers.session.value_or(std::span<const authz::Named>());
  no_deny(one(layers.endpoint));
  no_deny(one(layers.resource));
  no_deny(one(layers.boundary));
  no_deny(session);
  no_deny(layers.identity);
  if (layers.endpoint != nullptr) parts.push_back(allowed(one(layers.endpoint), exemptions, action));
  if (rcps_bind) levels_allow(layers.rcps);
  if (scps_bind) levels_allow(layers.scps);

  // What the resource grants, by how it names the caller.
  std::vector<Ref> without_limit, to_role, to_account;
  const auto gather = [&](const authz::Named& named) {
    const Reading& reading = readings_[*named.document];
    for (std::size_t i = 0; i < named.document->statements(); ++i) {
      if (named.document->effect(i) != Effect::allow) continue;
      const Naming naming = reading.policy.naming(i, caller);
      if (naming == Naming::not_named) continue;
      auto& list = naming == Naming::account ? to_account : naming == Naming::role ? to_role : without_limit;
      list.push_back(applies(*named.document, i, exemptions, action));
    }
  };
  if (layers.resource != nullptr) gather(*layers.resource);
  for (const authz::Named& grant : layers.grants) gather(grant);
  const Ref direct = formulas_.any(std::move(without_limit)), role = formulas_.any(std::move(to_role)),
            account = formulas_.any(std::move(to_account));
  const Ref granted = formulas_.any({direct, role, account});
  if (!inside) {
    parts.push_back(granted);
    return formulas_.all(std::move(parts));
  }
  const bool plain_resource = layers.resource_kind == authz::ResourceKind::plain;
  const bool same = setting_.owner.empty() ? layers.resource == nullptr && plain_resource
                                           : caller.account == setting_.owner;
  if (!same || !plain_resource) parts.push_back(granted);
  std::vector<Ref> by_identity = {formulas_.any({allowed(layers.identity, exemptions, action), same ? role : no})};
  if (layers.boundary != nullptr) by_identity.push_back(allowed(one(layers.boundary), exemptions, action));
  if (layers.session) by_identity.push_back(allowed(session, exemptions, action));
  parts.push_back(formulas_.any({same ? direct : no, formulas_.all(std::move(by_identity))}));
  return formulas_.all(std::move(parts));
}

Ref Encoder::allows(const Side& side, const ActionClass& action) {
  return side.layers ? allowed(*side.layers, action) : allowed(*side.document, action);
}

std::vector<Encoder::Granting> Encoder::granting(const Side& side, const ActionClass& action) {
  std::vector<Granting> all;
  const auto add = [&](const policy::Document& document, policy::Exemptions exemptions) {
    for (std::size_t i = 0; i < document.statements(); ++i) {
      if (document.effect(i) != Effect::allow) continue;
      const Ref one = applies(document, i, exemptions, action);
      if (one != no) all.push_back({&document, i, one});
    }
  };
  if (!side.layers) {
    add(*side.document, policy::Exemptions::listed);
    return all;
  }
  const policy::Exemptions exemptions = authz::exemptions_of(*side.layers);
  for (const authz::Named& named : side.layers->identity) add(*named.document, exemptions);
  if (side.layers->resource != nullptr) add(*side.layers->resource->document, exemptions);
  for (const authz::Named& named : side.layers->grants) add(*named.document, exemptions);
  return all;
}

Ref Encoder::holds(const Constraint& constraint, const ActionClass& action) {
  switch (constraint.kind) {
    case Constraint::Kind::all:
    case Constraint::Kind::any:
    case Constraint::Kind::none: {
      std::vector<Ref> parts;
      for (const Constraint& part : constraint.parts) parts.push_back(holds(part, action));
      if (constraint.kind == Constraint::Kind::all) return formulas_.all(std::move(parts));
      const Ref any = formulas_.any(std::move(parts));
      return constraint.kind == Constraint::Kind::any ? any : negation(any);
    }
    case Constraint::Kind::actions:
      return action.lists(readings_.listed(constraint)) ? yes : no;
    case Constraint::Kind::condition:
    case Constraint::Kind::resources: {  // the same for every action
      const auto [kept, added] = constraints_.try_emplace(&constraint, no);
      if (added) {
        kept->second = constraint.kind == Constraint::Kind::condition
                           ? holds(readings_.asked(constraint)).must
                           : some(resource_key, readings_.listed(constraint), is_yes);
      }
      return kept->second;
    }
  }
  return no;
}

Ref Encoder::owned() {
  if (setting_.owner.empty()) return yes;
  std::vector<Listed> values;
  for (const std::string& account : {setting_.owner, std::string()}) {
    Pieces pieces = {{.kind = Piece::Kind::literal, .text = "arn:"}};
    for (int part = 0; part < 3; ++part) {
      add(pieces, {.kind = Piece::Kind::any_run});
      add(pieces, {.kind = Piece::Kind::literal, .text = ":"});
    }
    add(pieces, {.kind = Piece::Kind::literal, .text = account + ":"});
    add(pieces, {.kind = Piece::Kind::any_run});
    values.push_back({"arn:*:*:*:" + account + ":*", std::move(pieces), 0});
  }
  const RelationId arns = vocabulary_.relation({Relation::Kind::condition, Family::arn, policy::Comparison::equal, std::move(values)});
  const RelationId star = vocabulary_.relation({Relation::Kind::condition, Family::text, policy::Comparison::equal, {literal("*")}});
  if (setting_.universe.actions == Actions::on_resources) return some(resource_key, arns, is_yes);
  return formulas_.any({some(resource_key, arns, is_yes), some(resource_key, star, is_yes)});
}

}  // namespace ringwall::prover::detail
