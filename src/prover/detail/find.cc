// What satisfies a question, told as requests of today's services that the evaluator decides as it asks.

#include <algorithm>

#include "prover/detail/case.h"

namespace ringwall::prover::detail {
namespace {

// Requests of one residual that differ in the statement that allows them.
constexpr std::size_t statements_told_max = 32;
// Accounts of whom ordinary resources are tried to be shown.
constexpr std::size_t example_accounts_max = 4;
// Kinds of resource that are searched for only to list their actions.
constexpr std::size_t kinds_searched_max = 64;

authz::Decision decide(const Side& side, const policy::Request& request) {
  if (side.layers) return authz::authorize(request, *side.layers);
  const policy::Probe probe(request);
  const policy::Document& document = *side.document;
  const authz::Named named{{}, side.document};
  for (const policy::Effect effect : {policy::Effect::deny, policy::Effect::allow}) {
    const std::size_t statement = document.next(effect, 0, probe);
    if (statement == document.statements()) continue;
    const bool allows = effect == policy::Effect::allow;
    return authz::decision_of({allows ? authz::Verdict::allow : authz::Verdict::explicit_deny, authz::Layer::none, &named, statement});
  }
  return {};
}

// `s3` of `arn:aws:s3:::bucket`; empty: not known from the text.
std::string_view service_of(std::string_view arn) {
  for (int part = 0; part < 2; ++part) {
    const std::size_t colon = arn.find(':');
    const bool wild = arn.substr(0, colon).find_first_of("*?") != std::string_view::npos;
    if (colon == std::string_view::npos || wild) return {};  // a `*` may go past its colon
    arn.remove_prefix(colon + 1);
  }
  const std::string_view service = arn.substr(0, arn.find(':'));
  return service.find_first_of("*?$") == std::string_view::npos ? service : std::string_view();
}

}  // namespace

std::vector<Case::Kind> Case::kinds_of(const std::vector<std::size_t>& atoms) {
  const auto& members = state_.members_of(space_);
  const KnownActions& known = state_.known();
  std::vector<Kind> kinds;
  std::vector<std::size_t> places;  // 1 + the kind's, by number of the types
  std::map<std::pair<std::size_t, std::vector<KeyId>>, std::size_t> lacking_places;  // of kinds that lack keys
  for (const std::size_t atom : atoms) {
    for (const std::size_t action : members[atom]) {
      const std::size_t number = known.types_number(action);
      const std::string& types = known.types(number);
      if (types.empty() && query_.universe.actions == Actions::on_resources) continue;
      std::vector<KeyId> lacking = lacking_of(action);
      if (places.size() <= number) places.resize(number + 1, 0);
      std::size_t& place = lacking.empty() ? places[number] : lacking_places[{number, lacking}];
      if (place == 0) {
        kinds.push_back({number, types, std::move(lacking)});
        place = kinds.size();
      }
      kinds[place - 1].actions.push_back(action);
    }
  }
  std::ranges::sort(kinds, {}, &Kind::number);
  return kinds;
}

// Of the keys that the documents ask for, those of the action's service that AWS does not list for the action. The reference
// is not free of gaps, so what only such a key lets through is neither a leak nor a proof (note_unlisted).
std::vector<KeyId> Case::lacking_of(std::size_t action) {
  std::vector<KeyId> lacking;
  if (query_.universe.actions == Actions::any) return lacking;  // whatever a policy could name counts
  const std::string& name = state_.known().name(action);
  for (const ListedKey& one : listed_) {
    const std::string& key = state_.vocabulary.name(one.key);
    const std::size_t colon = key.find(':');
    if (one.axiom != &axiom_of_service_keys() || name.compare(0, colon + 1, key, 0, colon + 1) != 0) continue;
    if (encoder_.present(one.key) == yes) continue;  // what is known is stronger
    const auto [kept, added] = state_.listed_for.try_emplace({action, one.key}, true);
    if (added) {
      const auto known = catalogue::Catalogue::builtin().action(name);
      kept->second = !known || known->lists(key);
    }
    if (!kept->second) lacking.push_back(one.key);
  }
  return lacking;
}

void Case::note_unlisted(Ref residual, Solver& solver, const std::vector<Kind>& kinds) {
  std::size_t searched = 0;
  for (const Kind& kind : kinds) {
    if (kind.lacking.empty() || ++searched > kinds_searched_max || state_.budget.is_spent()) continue;
    TypedResources typed = taken_by(kind);
    solver.prefer_resources(std::move(typed.examples));
    const Solution solution = solver.solve(formulas_.all({residual, typed.formula}));
    if (solution.outcome == Outcome::unsatisfiable && solution.undecided.empty()) continue;
    std::string keys;
    for (const KeyId key : kind.lacking) keys += (keys.empty() ? "`" : ", `") + state_.vocabulary.name(key) + "`";
    note({.undecided = {"a policy asks for " + keys + ", which AWS does not list for " + state_.known().name(kind.actions.front()) +
                        ": whether such a request has it is not known"}});
    return;
  }
}

TypedResources Case::taken_by(const Kind& kind) {
  if (!kind.types.empty()) return typed_resources(std::string(kind.types), setting_.owner, encoder_, state_.vocabulary, formulas_);
  const RelationId star = state_.vocabulary.relation({Relation::Kind::condition, policy::Family::text, policy::Comparison::equal,
                                                      {{"*", {{.kind = policy::Piece::Kind::literal, .text = "*"}}, 0}}});
  return {encoder_.some(resource_key, star, is_yes), {"*"}};
}

bool Case::asks_for_resource(Ref formula) const {
  bool asks = false;
  formulas_.walk(formula, [&](std::uint32_t leaf) { asks |= leaves_[leaf].key == resource_key; });
  return asks;
}

Case::Reach Case::reach_of(Ref formula) const {
  Reach reach;
  formulas_.walk(formula, [&](std::uint32_t leaf) {
    const Test& test = leaves_[leaf];
    if (test.key != resource_key) return;
    const Relation& relation = state_.vocabulary[test.relation];
    reach.everywhere |= relation.kind != Relation::Kind::resource;
    for (const policy::Listed& listed : relation.values) {
      if (listed.text == "*") continue;  // tells nothing apart
      const std::string_view service = service_of(listed.text);
      reach.everywhere |= service.empty();
      reach.services.insert(service);
    }
  });
  return reach;
}

// If not, all resources of these types answer as any one of them does.
bool Case::Reach::tells_apart(std::string_view types) const {
  if (types.empty()) return false;  // `*` is the only one
  while (!everywhere && !types.empty()) {
    const std::string_view type = types.substr(0, types.find('\n'));
    types.remove_prefix(std::min(types.size(), type.size() + 1));
    const std::string_view service = service_of(type);
    if (service.empty() || services.contains(service)) return true;
  }
  return everywhere;
}

policy::Request Case::request_of(const Model& model, const std::string& action) const {
  policy::Request request;
  request.principal = setting_.caller.principal;
  request.action = action;
  request.resource = "*";
  request.resource_account = setting_.owner;
  for (const auto& [key, values] : model.values) {
    if (key == resource_key) {
      request.resource = values.front();
    } else if (!values.empty()) {
      request.context.set(state_.vocabulary.name(key), values);
    }
  }
  request.context.merge(setting_.caller.keys);
  request.context.merge(query_.universe.keys);
  if (setting_.chosen != nullptr) {
    for (const auto& entry : setting_.chosen->entries()) {
      if (!entry.values.empty()) request.context.set(entry.key, entry.values);
    }
  }
  return request;
}

// Does authz decide the request as the query asks?
bool Case::replays(Finding& finding) {
  for (const Side& side : query_.allowing) {
    finding.decisions.push_back(decide(side, finding.request));
    const bool allows = finding.decisions.back().verdict == authz::Verdict::allow;
    if (!state_.consistency.holds(allows, "what was found to be allowed is allowed by the evaluator")) return false;
  }
  return std::ranges::all_of(query_.refusing, [&](const Side& side) {
    const bool refuses = decide(side, finding.request).verdict != authz::Verdict::allow;
    return state_.consistency.holds(refuses, "what was found to be refused is refused by the evaluator");
  });
}

// Ordinary resources of the accounts that the question asks for, where it does not know whose the resource is.
std::vector<std::string> Case::examples_of_accounts(const std::string& types) const {
  std::vector<std::string> examples;
  if (!setting_.owner.empty() || types.empty()) return examples;
  std::set<std::string> accounts;
  const auto is_account = [](std::string_view text) { return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos; };
  for (std::uint32_t leaf = 0; leaf < leaves_.size() && accounts.size() < example_accounts_max; ++leaf) {
    const Test& test = leaves_[leaf];
    if (test.key == Leaves::opaque || test.relation == any_value) continue;
    const bool resource = test.key == resource_key;
    if (!resource && !state_.vocabulary.name(test.key).ends_with(":resourceaccount")) continue;
    for (const policy::Listed& listed : state_.vocabulary[test.relation].values) {
      std::string_view text = listed.text;
      for (int part = 0; resource && part < 4; ++part) text.remove_prefix(std::min(text.size(), text.find(':') + 1));
      if (resource) text = text.substr(0, text.find(':'));
      if (is_account(text) && accounts.size() < example_accounts_max) accounts.emplace(text);
    }
  }
  for (const std::string& account : accounts) std::ranges::move(examples_of(types, account), std::back_inserter(examples));
  return examples;
}

// Tells of requests that satisfy the residual, one for each statement that alone lets some through.
bool Case::tell(Ref residual, Solver& solver, std::size_t atom, const std::string& action, Finding finding, const std::string& types) {
  const auto granting = encoder_.granting(query_.allowing.front(), {&space_.actions, atom});
  bool told = false;
  for (std::size_t round = 0; round < statements_told_max; ++round) {
    if (told_as(counts(finding)) >= query_.classes_max) {
      answer_.more |= counts(finding);
      return told;
    }
    const Solution solution = solver.solve(residual);
    if (solution.outcome != Outcome::satisfiable) {
      if (!told) note(solution);
      return told;
    }
    finding.request = request_of(solution.model, action);
    // Where one that people believe is such a request as well, that is shown.
    if (!types.empty() && !is_believable(finding.request.resource, types, setting_.owner, state_.vocabulary)) {
      const Ref looks = believable_resources(types, setting_.owner, encoder_, state_.vocabulary, formulas_);
      const Solution better = solver.solve(formulas_.all({residual, looks}));
      if (better.outcome == Outcome::satisfiable) finding.request = request_of(better.model, action);
    }
    finding.decisions.clear();
    if (!replays(finding)) return told;
    told = true;
    answer_.findings.push_back(finding);
    // Next, one that another statement allows.
    const policy::Probe probe(finding.request);
    std::vector<Ref> parts = {residual};
    for (const auto& grant : granting) {
      if (grant.document->match(grant.statement, finding.request) == policy::Mismatch::none) parts.push_back(negation(grant.applies));
    }
    if (parts.size() == 1) return told;
    residual = formulas_.all(std::move(parts));
    if (residual == no) return told;
  }
  return told;
}

void Case::tell(Ref residual, const std::vector<std::size_t>& atoms) {
  Solver solver = this->solver();
  const Solution any = solver.solve(residual);
  if (any.outcome != Outcome::satisfiable) return note(any);

  const std::vector<Kind> kinds = kinds_of(atoms);
  const Ref whole = solver.with_axioms(residual);
  const bool all_resources = !asks_for_resource(whole);
  const Reach reach = reach_of(whole);
  Finding finding{.callable = true};
  std::vector<bool> listed(state_.known().size());  // actions
  const Kind* shown = nullptr;
  std::size_t searched = 0;
  for (const Kind& kind : kinds) {
    if (state_.budget.is_spent()) break;  // the answer says so
    if (!all_resources || shown == nullptr || !kind.lacking.empty()) {
      // Most often an ordinary resource of the type will do; else one is searched for.
      const Ref left = kind.lacking.empty() ? residual : formulas_.all({residual, without(kind.lacking)});
      if (left == no) continue;
      Solution solution;
      solution.outcome = solver.outcome_for(left, state_.examples(kind.number, setting_.owner), solution.undecided);
      if (solution.outcome != Outcome::satisfiable && reach.tells_apart(kind.types)) {
        if (shown != nullptr && ++searched > kinds_searched_max) continue;  // not listed, but told by what is shown
        TypedResources typed = taken_by(kind);
        solver.prefer_resources(std::move(typed.examples));
        solution = solver.solve(formulas_.all({left, typed.formula}));
      }
      if (solution.outcome != Outcome::satisfiable) {
        note(solution);
        continue;
      }
    }
    // One on a resource says more than one on `*`.
    if (shown == nullptr || (shown->types.empty() && !kind.types.empty())) shown = &kind;
    for (const std::size_t action : kind.actions) listed[action] = true;
    if (!query_.every_action && !kind.types.empty()) break;
  }
  if (shown != nullptr) {
    if (!query_.every_action) finding.actions.push_back(state_.known().name(shown->actions.front()));
    for (std::size_t one = 0; query_.every_action && one < listed.size(); ++one) {
      if (listed[one]) finding.actions.push_back(state_.known().name(one));
    }
    const std::size_t action = shown->actions.front();
    const auto& members = state_.members_of(space_);
    const auto atom = std::ranges::find_if(atoms, [&](std::size_t one) { return std::ranges::binary_search(members[one], action); });
    TypedResources typed = taken_by(*shown);
    std::ranges::move(examples_of_accounts(std::string(shown->types)), std::back_inserter(typed.examples));
    solver.prefer_resources(std::move(typed.examples));
    tell(formulas_.all({residual, typed.formula, without(shown->lacking)}), solver, *atom, state_.known().name(action), std::move(finding),
         std::string(shown->types));
    return;
  }
  note_unlisted(residual, solver, kinds);
  // Where a service has actions of this class they were all tried.
  if (query_.universe.actions != Actions::any && std::ranges::any_of(atoms, [&](std::size_t atom) { return !state_.members_of(space_)[atom].empty(); })) return;
  solver.prefer_resources({});
  tell(residual, solver, atoms.front(), space_.actions.domain.atoms[atoms.front()].word, {.callable = false});
}

// Actions that the same statements may allow, of those for which the same is left of the question.
std::vector<std::vector<std::size_t>> Case::granted_alike(const std::vector<std::size_t>& atoms) {
  std::vector<std::vector<std::size_t>> groups;
  std::map<std::vector<std::pair<const policy::Document*, std::size_t>>, std::size_t> places;
  for (const std::size_t atom : atoms) {
    std::vector<std::pair<const policy::Document*, std::size_t>> statements;
    for (const auto& grant : encoder_.granting(query_.allowing.front(), {&space_.actions, atom})) {
      if (grant.applies != no) statements.emplace_back(grant.document, grant.statement);
    }
    const auto [place, added] = places.try_emplace(std::move(statements), groups.size());
    if (added) groups.emplace_back();
    groups[place->second].push_back(atom);
  }
  return groups;
}

void Case::find() {
  for (const auto& [residual, atoms] : std::map(residuals_)) {
    if (state_.budget.is_spent()) return;
    std::vector<std::vector<std::size_t>> groups = {atoms};
    if (atoms.size() > 1) {
      const Solution any = solver().solve(residual);
      if (any.outcome != Outcome::satisfiable) {
        note(any);
        continue;
      }
      groups = granted_alike(atoms);
    }
    for (const std::vector<std::size_t>& group : groups) {
      if (told_as(true) >= query_.classes_max) {
        answer_.more = true;
        return;
      }
      tell(residual, group);
    }
  }
}

}  // namespace ringwall::prover::detail
