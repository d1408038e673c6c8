#include "recheck/detail/asking.h"

#include <algorithm>

#include "authz/rcp_services.h"
#include "catalogue/catalogue.h"
#include "policy/detail/plain_conditions.h"
#include "text/encode.h"
#include "text/json.h"

namespace ringwall::recheck::detail {

using policy::Effect;
using policy::Family;
using policy::Listed;
using policy::Naming;
using policy::Piece;
using policy::Quantifier;
using Type = policy::Principal::Type;

const Actions::Catalogued& Actions::catalogued() {
  static const Catalogued all = [] {
    Catalogued made;
    std::vector<std::pair<std::string, catalogue::Action>> named;
    for (const catalogue::Service& service : catalogue::Catalogue::builtin().services()) {
      for (std::size_t i = 0; i < service.action_count(); ++i) {
        const catalogue::Action action = service.action_at(i);
        named.emplace_back(text::lower(action.full_name()), action);
      }
    }
    std::ranges::sort(named, {}, [](const auto& one) -> const std::string& { return one.first; });
    for (const auto& [lower, action] : named) {
      made.lower.push_back(lower);
      made.names.push_back(action.full_name());
      std::set<std::string> types;
      for (const catalogue::Action::Resource& resource : action.resources()) types.emplace(resource.type.arn);
      made.types.emplace_back(types.begin(), types.end());
      policy::Request request;
      request.action = made.names.back();
      made.reached.push_back(authz::reached_by_rcps(policy::Probe(request)));
    }
    return made;
  }();
  return all;
}

List Actions::list(const std::vector<std::string>& patterns) {
  const auto [found, added] = numbers_.try_emplace(patterns, static_cast<List>(members_.size()));
  if (!added) return found->second;
  std::vector<bool> members(size(), false);
  for (const std::string& pattern : patterns) {
    const std::string lower = pattern == "*:*" ? "*" : text::lower(pattern);
    const std::string start = lower.substr(0, lower.find_first_of("*?"));
    const text::Glob glob(lower);
    auto at = std::ranges::lower_bound(all_.lower, start);
    for (; at != all_.lower.end() && at->starts_with(start); ++at) {
      if (glob.matches(*at)) members[static_cast<std::size_t>(at - all_.lower.begin())] = true;
    }
  }
  members_.push_back(std::move(members));
  return found->second;
}

const Document& Library::read(const policy::Document& document) {
  const auto found = read_.find(&document);
  if (found != read_.end()) return found->second;
  Document made{policy::plain::Policy(document), {}};
  for (const policy::Statement& statement : made.policy.syntax().statements) {
    std::vector<std::string> patterns;
    for (const Listed& action : statement.actions) patterns.push_back(action.text);
    made.actions.push_back(actions_.list(patterns));
  }
  return read_.emplace(&document, std::move(made)).first->second;
}

std::vector<std::pair<std::string, const authz::Named*>> documents_of(const Sides& sides) {
  std::vector<std::pair<std::string, const authz::Named*>> all;
  const auto add = [&](const std::string& layer, std::span<const authz::Named> policies) {
    for (const authz::Named& named : policies) all.emplace_back(layer, &named);
  };
  const auto one = [&](const char* layer, const authz::Named* named) {
    if (named != nullptr) all.emplace_back(layer, named);
  };
  const authz::Layers& layers = sides.layers;
  if (!sides.identity_is_open) {
    add("identity", layers.identity);
    one("boundary", layers.boundary);
  }
  std::size_t number = 0;
  for (const authz::Level& level : layers.scps) add("scp-" + std::to_string(++number), level.policies);
  number = 0;
  for (const authz::Level& level : layers.rcps) add("rcp-" + std::to_string(++number), level.policies);
  if (!sides.resource_is_open) {
    const char* layer = layers.resource_kind == authz::ResourceKind::trust ? "trust" : layers.resource_kind == authz::ResourceKind::key ? "key" : "resource";
    one(layer, layers.resource);
    add("grant", layers.grants);
  }
  one("endpoint", layers.endpoint);
  return all;
}

Result<policy::Condition> condition_of(std::string_view op, const std::string& key, const std::vector<std::string>& values) {
  using text::Json;
  Json listed = Json::array();
  for (const std::string& value : values) listed.push(value);
  // The older version knows no variables, so a value means what it says.
  const Json document = Json::object(
      {{"Version", "2008-10-17"},
       {"Statement", Json::object({{"Effect", "Allow"}, {"Action", "*"}, {"Resource", "*"},
                                   {"Condition", Json::object({{std::string(op), Json::object({{key, std::move(listed)}})}})}})}});
  RW_TRY(policy::Syntax syntax, policy::read(document.dump(), policy::Kind::identity, policy::Quota::waived));
  return std::move(syntax.statements.front().conditions.front());
}

namespace {

// Lengths go before texts, so that no two lists read alike.
std::string said(std::string_view text) {
  return std::to_string(text.size()) + ":" + std::string(text);
}

// By its pieces: the same characters may mean something else in a policy of another version.
std::string said(const Listed& listed) {
  std::string text;
  for (const Piece& piece : listed.pieces) {
    switch (piece.kind) {
      case Piece::Kind::literal:
        text += said(piece.text);
        break;
      case Piece::Kind::any_run:
        text += "*";
        break;
      case Piece::Kind::any_one:
        text += "?";
        break;
      case Piece::Kind::variable:
        text += "$" + said(piece.text) + (piece.otherwise ? "or" + said(*piece.otherwise) : "");
        break;
    }
  }
  return listed.pieces.empty() ? said(listed.text) : text;
}

bool has_account(const policy::Principal& caller) {
  return caller.type == Type::root || caller.type == Type::user || caller.type == Type::role_session ||
         (caller.type == Type::federated && !caller.account.empty());
}

std::span<const authz::Named> one(const authz::Named* named) {
  return named == nullptr ? std::span<const authz::Named>() : std::span(named, 1);
}

}  // namespace

Asking::Asking(Terms& terms, Library& library, const Caller& caller, const policy::Context& keys, const std::vector<std::string>& absent,
               std::string owner)
    : terms_(terms), library_(library), caller_(caller), keys_(caller.keys), owner_(std::move(owner)) {
  keys_.merge(keys);
  for (const auto* list : {&absent, &caller.absent}) {
    for (const std::string& pattern : *list) absent_.emplace_back(pattern, text::Case::ignore);
  }
}

// The key's values. Null: it is absent, or, if so said, free.
const std::vector<std::string>* Asking::known(std::string_view key, bool& free) const {
  free = false;
  const std::vector<std::string>* values = keys_.find(key);
  if (values != nullptr) return values->empty() ? nullptr : values;
  free = std::ranges::none_of(absent_, [&](const text::Glob& glob) { return glob.matches(key); });
  return nullptr;
}

bool Asking::is_known(std::string_view key) const {
  bool free = false;
  return known(key, free) != nullptr || !free;
}

Term Asking::present(std::string_view key) {
  bool free = false;
  if (known(key, free) != nullptr) return yes;
  return free ? terms_.leaf({Leaf::Kind::present, terms_.key(key), 0, 0}) : no;
}

// What the test answers about every resource of the types that are taken; nothing: not the same, or not known.
std::optional<Truth> Asking::of_every_resource(const Test& test) const {
  if (types_ == nullptr) return std::nullopt;
  if (types_->empty()) return answer(test, "*");
  if (test.kind != Test::Kind::resource) return std::nullopt;
  for (const Listed& listed : test.listed) {
    if (listed.text.contains('$')) return std::nullopt;
    const auto meets = [&](const std::string& type) { return listed.text == "*" || catalogue::can_meet(listed.text, type); };
    if (std::ranges::any_of(*types_, meets)) return std::nullopt;
  }
  return Truth::no;
}

Term Asking::some(std::string_view key, const Test& test, Answers answers) {
  bool free = false;
  if (const auto* values = known(key, free)) {
    const bool found = std::ranges::any_of(*values, [&](const std::string& value) { return (bit(answer(test, value)) & answers) != 0; });
    return found ? yes : no;
  }
  if (!free && key != resource_name) return no;
  if (key == resource_name) {
    if (const auto same = of_every_resource(test)) return (bit(*same) & answers) != 0 ? yes : no;
  }
  return terms_.leaf({Leaf::Kind::some, terms_.key(key), terms_.test(test), answers});
}

// `open`: set where a variable stands in the texts whose key is free, so that nobody knows what they are.
Test Asking::test_of(const std::vector<Listed>& listed, Test::Kind kind, const std::string& what, bool& open) {
  Test test;
  test.kind = kind;
  test.name = what;
  for (const Listed& each : listed) test.name += " " + said(each);
  for (const Listed& each : listed) {
    for (const Piece& piece : each.pieces) {
      if (piece.kind != Piece::Kind::variable) continue;
      bool free = false;
      const auto* values = known(piece.text, free);
      open |= free;
      test.name += " with " + said(piece.text);
      if (values == nullptr) {
        test.name += " absent";
        continue;
      }
      test.variables.set(piece.text, *values);
      for (const std::string& value : *values) test.name += "=" + said(value);
    }
  }
  return test;
}

// A known value against a variable whose key is free asks the same of that key: is the variable's value this one?
std::optional<Asking::Both> Asking::turned_around(const policy::Condition& condition, const std::string& value) {
  const Family family = condition.op->family;
  if (family != Family::text && family != Family::text_like && family != Family::text_ignoring_case) return std::nullopt;
  std::vector<Term> equal, settled;
  for (const Listed& listed : condition.values) {
    if (listed.pieces.size() != 1 || listed.pieces.front().kind != Piece::Kind::variable || listed.pieces.front().otherwise) return std::nullopt;
    const std::string& key = listed.pieces.front().text;
    bool free = false;
    if (known(key, free) != nullptr || !free || has_several(key)) return std::nullopt;
    auto is = condition_of(family == Family::text_ignoring_case ? "StringEqualsIgnoreCase" : "StringEquals", key, {value});
    if (!is) return std::nullopt;
    equal.push_back(holds(*is).must);
    settled.push_back(present(key));
  }
  const Term matched = terms_.any(std::move(equal));
  if (!condition.op->negated) return Both{matched, matched};
  settled.push_back(-matched);
  return Both{terms_.all(std::move(settled)), -matched};
}

Asking::Both Asking::holds(const policy::Condition& condition) {
  const std::string& key = condition.key;
  bool free = false, open = false;
  const auto* values = known(key, free);
  if (condition.op->family == Family::null || (values == nullptr && !free)) {
    // Only whether it is there counts, or it is not there.
    policy::Context there;
    if (condition.op->family == Family::null) there.set(key, "x");
    const Term with = policy::plain::holds(condition, there) == Truth::yes ? yes : no;
    const Term without = policy::plain::holds(condition, {}) == Truth::yes ? yes : no;
    const Term here = present(key);
    const Term either = terms_.any({terms_.all({here, with}), terms_.all({-here, without})});
    return {either, either};
  }
  Test test = test_of(condition.values, Test::Kind::condition, std::string(condition.op->name) + " " + key, open);
  const bool every = condition.quantifier == Quantifier::all_values || (condition.quantifier == Quantifier::single && condition.op->negated);
  const Term absent_holds = condition.if_exists && !every ? -present(key) : no;
  if (open && values != nullptr && values->size() == 1) {
    if (const auto both = turned_around(condition, values->front())) return *both;
  }
  if (open) {
    // Whether it holds nobody knows; of an absent key it is known.
    const std::string name = test.name + (every ? " of all" : " of one");
    const Term must = terms_.open(name), may = terms_.any({must, terms_.open(name + " perhaps")});
    if (every) return {terms_.any({-present(key), must}), terms_.any({-present(key), may})};
    return {terms_.any({absent_holds, terms_.all({present(key), must})}), terms_.any({absent_holds, terms_.all({present(key), may})})};
  }
  test.condition = condition;
  test.condition.quantifier = Quantifier::single;
  test.condition.if_exists = false;
  if (every) return {-some(key, test, is_no | is_unknown), -some(key, test, is_no)};
  return {terms_.any({absent_holds, some(key, test, is_yes)}), terms_.any({absent_holds, some(key, test, is_yes | is_unknown)})};
}

// One of these patterns matches the resource, if each variable may have any value. Behind the fifth colon a wildcard is that; a
// variable further in front may bring colons with it, and then nothing is known.
Term Asking::wildest(const std::vector<Listed>& patterns, Test test) {
  test.listed = patterns;
  test.variables = {};
  test.name = "Resource";
  for (Listed& listed : test.listed) {
    std::size_t colons = 0;
    for (Piece& piece : listed.pieces) {
      if (piece.kind == Piece::Kind::literal) colons += static_cast<std::size_t>(std::ranges::count(piece.text, ':'));
      if (piece.kind != Piece::Kind::variable) continue;
      if (colons < 5) return yes;
      piece = {.kind = Piece::Kind::any_run};
    }
    listed.text.clear();
    for (const Piece& piece : listed.pieces) listed.text += piece.kind == Piece::Kind::literal ? piece.text : piece.kind == Piece::Kind::any_run ? "*" : "?";
    test.name += " " + said(listed);
  }
  return some(resource_name, test, is_yes);
}

Asking::Both Asking::resource(const policy::Statement& statement) {
  if (statement.resources.empty()) return {yes, yes};
  bool open = false;
  Test test = test_of(statement.resources, Test::Kind::resource, "Resource", open);
  const bool listed = statement.resource_sense == policy::Sense::listed;
  if (open) {
    // Whatever the variables say, it matches only what some value of theirs would.
    const Term widest = wildest(statement.resources, test);
    const Term must = terms_.all({widest, terms_.open(test.name)}), may = terms_.all({widest, terms_.any({must, terms_.open(test.name + " perhaps")})});
    return listed ? Both{must, may} : Both{-may, -must};
  }
  test.listed = statement.resources;
  // What cannot be settled matches nothing, and under NotResource it stays unknown.
  const Term matched = some(resource_name, test, is_yes);
  if (listed) return {matched, matched};
  const Term perhaps = some(resource_name, test, is_yes | is_unknown);
  return {-perhaps, -matched};
}

Term Asking::applies(const policy::Document& document, std::size_t index, std::size_t action) {
  const Document& read = library_.read(document);
  const policy::Statement& statement = read.policy.syntax().statements[index];
  if (library_.actions().lists(read.actions[index], action) != (statement.action_sense == policy::Sense::listed)) return no;
  const auto [kept, added] = kept_.try_emplace({&document, index, exemptions_, types_});
  if (added) {
    const bool bound = statement.principals && statement.principals->sense == policy::Sense::all_but_listed && exemptions_ == policy::Exemptions::none;
    const bool named = !statement.principals || bound || read.policy.naming(index, caller_.principal) != Naming::not_named;
    if (named) {
      const Both on = resource(statement);
      std::vector<Term> must = {on.must}, may = {on.may};
      for (const policy::Condition& condition : statement.conditions) {
        const Both both = holds(condition);
        must.push_back(both.must);
        may.push_back(both.may);
      }
      kept->second = {terms_.all(std::move(must)), terms_.all(std::move(may))};
    }
  }
  return statement.effect == Effect::deny ? kept->second.may : kept->second.must;
}

Term Asking::denied(Statements policies, std::size_t action) {
  std::vector<Term> parts;
  for (const authz::Named& named : policies) {
    for (std::size_t i = 0; i < named.document->statements(); ++i) {
      if (named.document->effect(i) == Effect::deny) parts.push_back(applies(*named.document, i, action));
    }
  }
  return terms_.any(std::move(parts));
}

Term Asking::allows(Statements policies, std::size_t action) {
  std::vector<Term> parts;
  for (const authz::Named& named : policies) {
    for (std::size_t i = 0; i < named.document->statements(); ++i) {
      if (named.document->effect(i) == Effect::allow) parts.push_back(applies(*named.document, i, action));
    }
  }
  return terms_.any(std::move(parts));
}

Term Asking::granted(const Sides& sides, std::size_t action, Grant grant) {
  if (sides.resource_is_open) return grant != Grant::role ? yes : no;  // it names everyone
  std::vector<Term> parts;
  const auto look = [&](const authz::Named& named) {
    const Document& read = library_.read(*named.document);
    for (std::size_t i = 0; i < named.document->statements(); ++i) {
      if (named.document->effect(i) != Effect::allow) continue;
      const Naming naming = read.policy.naming(i, caller_.principal);
      if (naming == Naming::not_named) continue;
      const bool direct = naming != Naming::account && naming != Naming::role;
      const bool wanted = grant == Grant::any || (grant == Grant::direct ? direct : naming == Naming::role);
      if (wanted) parts.push_back(applies(*named.document, i, action));
    }
  };
  if (sides.layers.resource != nullptr) look(*sides.layers.resource);
  for (const authz::Named& each : sides.layers.grants) look(each);
  return terms_.any(std::move(parts));
}

Term Asking::allowed(const Sides& sides, std::size_t action) {
  const authz::Layers& layers = sides.layers;
  const policy::Principal& caller = caller_.principal;
  exemptions_ = authz::exemptions_of(layers);
  const bool inside = has_account(caller);
  const auto session = layers.session.value_or(std::span<const authz::Named>());
  const auto identity = sides.identity_is_open ? std::span<const authz::Named>() : std::span<const authz::Named>(layers.identity);
  const auto boundary = sides.identity_is_open ? std::span<const authz::Named>() : one(layers.boundary);
  const auto resource = sides.resource_is_open ? std::span<const authz::Named>() : one(layers.resource);

  // 1. No explicit deny anywhere, and of each level an allow.
  std::vector<Term> parts;
  for (const auto& layer : {one(layers.endpoint), resource, boundary, session, identity}) parts.push_back(-denied(layer, action));
  const auto each_allows = [&](std::span<const authz::Level> levels) {
    for (const authz::Level& level : levels) {
      parts.push_back(-denied(level.policies, action));
      parts.push_back(allows(level.policies, action));
    }
  };
  if (!caller.service_linked && library_.actions().reached_by_rcps(action)) each_allows(layers.rcps);
  if (!caller.service_linked && inside) each_allows(layers.scps);
  if (layers.endpoint != nullptr) parts.push_back(allows(one(layers.endpoint), action));

  // 2. Callers without an account have what the resource gives them.
  const Term any_grant = granted(sides, action, Grant::any);
  if (!inside) {
    parts.push_back(any_grant);
    return terms_.all(std::move(parts));
  }
  // 3. Across accounts, for a role's trust and for a key the resource must allow in any case.
  const bool plain = layers.resource_kind == authz::ResourceKind::plain;
  const bool same = owner_.empty() ? layers.resource == nullptr && !sides.resource_is_open && plain : caller.account == owner_;
  if (!same || !plain) parts.push_back(any_grant);
  // 4. Within the account, one that names the caller grants without the identity's limits. One that names its role stands for
  //    the identity; the boundary and the session's policies hold it still.
  const Term direct = same ? granted(sides, action, Grant::direct) : no;
  const Term role = same ? granted(sides, action, Grant::role) : no;
  std::vector<Term> by_identity = {terms_.any({sides.identity_is_open ? yes : allows(identity, action), role})};
  if (!boundary.empty()) by_identity.push_back(allows(boundary, action));
  if (layers.session) by_identity.push_back(allows(session, action));
  parts.push_back(terms_.any({direct, terms_.all(std::move(by_identity))}));
  return terms_.all(std::move(parts));
}

Term Asking::holds(std::string_view op, const std::string& key, const std::vector<std::string>& values) {
  const auto condition = condition_of(op, key, values);
  return condition ? holds(*condition).must : no;
}

Term Asking::resource_is(std::string_view op, const std::vector<std::string>& values) {
  auto condition = condition_of(op, "aws:SourceArn", values);
  if (!condition) return no;
  condition->key = resource_name;
  return holds(*condition).must;
}

Term Asking::on_resources(const std::vector<std::string>& patterns) {
  Test test;
  test.kind = Test::Kind::resource;
  test.name = "Resource";
  for (const std::string& pattern : patterns) {
    Listed listed{pattern, {}, 0};
    std::string literal;
    const auto flush = [&] {
      if (!literal.empty()) listed.pieces.push_back({.kind = Piece::Kind::literal, .text = literal});
      literal.clear();
    };
    for (const char c : pattern) {
      if (c != '*' && c != '?') {
        literal += c;
        continue;
      }
      flush();
      listed.pieces.push_back({.kind = c == '*' ? Piece::Kind::any_run : Piece::Kind::any_one});
    }
    flush();
    test.name += " " + said(listed);
    test.listed.push_back(std::move(listed));
  }
  return some(resource_name, test, is_yes);
}

Term Asking::with_type(Term term) {
  const auto asks = [&](Term leaf) {
    const Leaf& said = terms_.node(leaf).leaf;
    return said.kind == Leaf::Kind::some && terms_.name(said.key) == resource_name && terms_.test(said.number).kind == Test::Kind::resource;
  };
  if (types_ == nullptr || types_->empty() || std::ranges::none_of(terms_.leaves(term), asks)) return term;
  Test test;
  test.kind = Test::Kind::type;
  test.types = *types_;
  for (std::string& type : test.types) {
    const std::size_t at = type.find("${Account}");
    if (at != std::string::npos && !owner_.empty()) type.replace(at, std::string_view("${Account}").size(), owner_);
  }
  test.name = "an ARN of type";
  for (const std::string& type : test.types) test.name += " " + type;
  return terms_.all({term, some(resource_name, test, is_yes)});
}

}  // namespace ringwall::recheck::detail
