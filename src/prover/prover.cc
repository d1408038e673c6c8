#include "prover/prover.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "crypto/crypto.h"
#include "prover/detail/accounts.h"
#include "prover/detail/callable.h"
#include "prover/detail/smtlib.h"
#include "prover/detail/solver.h"
#include "text/detail/utf8.h"
#include "text/encode.h"

namespace ringwall::prover {
namespace {

using namespace detail;

// Ways to give variables values, tried at most.
constexpr std::size_t choices_of_variables_max = 64;
// Requests of one residual that differ in the statement that allows them.
constexpr std::size_t statements_told_max = 32;
// Kinds of resource that are searched for only to list their actions.
constexpr std::size_t kinds_searched_max = 64;

// Calls `each` with every document of a side and its name.
template <typename Each>
void for_each_document(const Side& side, Each&& each) {
  if (!side.layers) return each(side.document, std::string_view("the document"));
  const authz::Layers& layers = *side.layers;
  const auto all = [&](std::span<const authz::Named> policies) {
    for (const authz::Named& named : policies) each(named.document, std::string_view(named.name));
  };
  all(layers.identity);
  if (layers.session) all(*layers.session);
  all(layers.grants);
  for (const authz::Named* one : {layers.boundary, layers.resource, layers.endpoint}) {
    if (one != nullptr) all(std::span(one, 1));
  }
  for (const auto& levels : {layers.scps, layers.rcps}) {
    for (const authz::Level& level : levels) all(level.policies);
  }
}

template <typename Each>
void for_each_document(const Query& query, Each&& each) {
  for (const auto* sides : {&query.allowing, &query.refusing}) {
    for (const Side& side : *sides) for_each_document(side, each);
  }
}

std::vector<const policy::Document*> read_documents_of(const Query& query, Readings& readings) {
  std::vector<const policy::Document*> documents;
  for_each_document(query, [&](const policy::DocumentPtr& document, std::string_view) {
    readings.read(document);
    documents.push_back(document.get());
  });
  std::ranges::sort(documents);
  documents.erase(std::ranges::unique(documents).begin(), documents.end());
  return documents;
}

// A text or a name as a certificate writes it (checker/checker.h): UTF-8 without control characters, and not empty.
std::string certified(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (text.empty()) return "\\.";
  std::string written;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = text::detail::sequence_length(text, at);
    const auto byte = static_cast<unsigned char>(text[at]);
    if (length == 0 || byte < 0x20 || byte == 0x7f) {
      written += {'\\', 'x', digits[byte >> 4], digits[byte & 0xf]};
    } else {
      if (byte == '\\') written += '\\';
      written += text.substr(at, length);
    }
    at += std::max<std::size_t>(length, 1);
  }
  return written;
}

std::string policies_of(const Query& query) {
  std::set<std::string> lines;
  for_each_document(query, [&](const policy::DocumentPtr& document, std::string_view name) {
    lines.insert("policy " + crypto::sha256_hex(document->source()) + " " + certified(name) + "\n");
  });
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

bool has_rcps(const Query& query) {
  const auto has = [](const Side& side) { return side.layers && !side.layers->rcps.empty(); };
  return std::ranges::any_of(query.allowing, has) || std::ranges::any_of(query.refusing, has);
}

void gather_actions(const Constraint& constraint, Readings& readings, std::vector<RelationId>& relations) {
  if (constraint.kind == Constraint::Kind::actions) relations.push_back(readings.listed(constraint));
  for (const Constraint& part : constraint.parts) gather_actions(part, readings, relations);
}

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

// A key that only some services' actions have, where the question's documents ask for it.
struct ListedKey {
  KeyId key = 0;
  RelationId services = 0, excepted = 0;
  const Axiom* axiom = nullptr;
  bool had_by(const ActionClass& action) const { return action.lists(services) && !action.lists(excepted); }
};

std::vector<policy::Listed> prefixed(const std::vector<std::string_view>& prefixes) {
  std::vector<policy::Listed> patterns;
  for (const std::string_view prefix : prefixes) {
    const std::string literal = std::string(prefix) + ":";
    patterns.push_back({literal + "*", {{.kind = policy::Piece::Kind::literal, .text = literal}, {.kind = policy::Piece::Kind::any_run}}, 0});
  }
  return patterns;
}

struct Space {
  ActionSpace actions;
  std::optional<std::vector<std::vector<std::size_t>>> members;  // made when a request is found
};

// Owners of whom ordinary resources are kept.
constexpr std::size_t owners_kept_max = 64;

}  // namespace

struct Prover::State {
  explicit State(Limits given) : limits(given), vocabulary(consistency), readings(vocabulary), domains(given.automaton_states_max, budget) {
    std::vector<std::string_view> reached;
    for (const catalogue::Service& service : catalogue::Catalogue::builtin().services()) {
      if (service.reached_by_rcps()) reached.push_back(service.prefix());
    }
    rcp_actions.services = vocabulary.relation({.kind = Relation::Kind::action, .values = prefixed(reached)});
    rcp_actions.excepted = named({"kms:RetireGrant"});
    for (const catalogue::NetworkKey key : catalogue::network_keys) {
      listed_keys.push_back({vocabulary.key(text::lower(catalogue::name_of(key))),
                             vocabulary.relation({.kind = Relation::Kind::action, .values = prefixed(catalogue::services_with(key))}),
                             named(catalogue::actions_without_network_keys()), &axiom_of_network_keys()});
    }
    nothing = named({});
    caller_account = vocabulary.key("kms:calleraccount");
    source_owner = vocabulary.key("aws:sourceowner");
  }

  RelationId named(const std::vector<std::string_view>& actions) {
    std::vector<policy::Listed> values;
    for (const std::string_view action : actions)
      values.push_back({std::string(action), {{.kind = policy::Piece::Kind::literal, .text = std::string(action)}}, 0});
    return vocabulary.relation({.kind = Relation::Kind::action, .values = std::move(values)});
  }
  // Of a key that one service has; null: any action may have it.
  const ListedKey* service_key(KeyId key);
  std::vector<ListedKey> listed_keys_of(const Query& query, const std::vector<const policy::Document*>& documents);
  Space& space_of(const Query& query, const std::vector<const policy::Document*>& documents, const std::vector<ListedKey>& listed);
  const KnownActions& known() const { return KnownActions::builtin(); }
  const std::vector<std::vector<std::size_t>>& members_of(Space& space) {
    if (!space.members) space.members = members(space.actions, vocabulary, known());
    return *space.members;
  }

  // Ordinary resources of a set of types, by its number.
  const std::vector<std::string>& examples(std::size_t types_number, const std::string& owner) {
    if (owner.empty()) return known().examples(types_number);
    if (examples_kept.size() > owners_kept_max) examples_kept.clear();
    std::vector<std::vector<std::string>>& kept = examples_kept[owner];
    kept.resize(known().types_count());
    if (kept[types_number].empty()) kept[types_number] = examples_of(known().types(types_number), owner);
    return kept[types_number];
  }

  Limits limits;
  Consistency consistency;
  Budget budget;
  Vocabulary vocabulary;
  Readings readings;
  Domains domains;
  Solved solved;
  RcpActions rcp_actions;
  std::vector<ListedKey> listed_keys;  // by NetworkKey
  RelationId nothing = 0;              // lists no action
  KeyId caller_account = 0, source_owner = 0;
  std::unordered_map<KeyId, std::optional<ListedKey>> service_keys;
  std::map<std::pair<std::size_t, KeyId>, bool> listed_for;  // does AWS list the key for the action?
  std::map<std::vector<RelationId>, Space> spaces;
  std::unordered_map<std::string, std::vector<std::vector<std::string>>> examples_kept;  // by owner and types
};

namespace {

constexpr std::size_t spaces_max = 4'096;
// What a prover keeps; past it, it begins anew.
constexpr std::size_t documents_kept_max = 500'000, relations_kept_max = 1'000'000;

// One caller, one owner, and one choice of variables.
class Case {
 public:
  Case(Prover::State& state, Space& space, const std::vector<ListedKey>& listed, const Query& query, const Setting& setting, Folding folding, Answer& answer)
      : state_(state), space_(space), listed_(listed), query_(query), setting_(setting), answer_(answer), formulas_(folding),
        encoder_(state.vocabulary, state.readings, formulas_, leaves_, state.rcp_actions, setting_) {}

  // What is left of the question for the actions of each class; the same for many.
  void encode() {
    for (std::size_t atom = 0; atom < space_.actions.domain.atoms.size(); ++atom) {
      const ActionClass action{&space_.actions, atom};
      std::vector<Ref> parts = {encoder_.holds(query_.universe.where, action), encoder_.holds(setting_.owned, action), encoder_.owned()};
      for (const Side& side : query_.allowing) {
        if (parts.back() == no) break;
        parts.push_back(encoder_.allows(side, action));
      }
      if (parts.back() != no) {
        for (const Side& side : query_.refusing) parts.push_back(negation(encoder_.allows(side, action)));
      }
      for (const ListedKey& one : listed_) {
        const Ref present = encoder_.present(one.key);
        if (present != yes && !one.had_by(action)) parts.push_back(negation(present));  // what is known is stronger
        else if (present != yes && says_account(one.key)) parts.push_back(formulas_.any({negation(present), of_caller(one.key)}));
      }
      const Ref residual = formulas_.all(std::move(parts));
      ++answer_.statistics.cases;
      if (state_.budget.spend(1); state_.budget.is_spent()) return;
      if (residual != no) residuals_[residual].push_back(atom);
    }
    if (query_.universe.axioms) axioms_ = state_axioms(encoder_, formulas_, leaves_, query_.universe.axiom_off);
  }

  // Keys that are the caller's account.
  bool says_account(KeyId key) const { return key == state_.caller_account || key == state_.source_owner; }
  Ref of_caller(KeyId key) {
    const policy::Principal& caller = setting_.caller.principal;
    const std::string& name = state_.vocabulary.name(key);
    if (const std::vector<std::string>* account = setting_.caller.keys.find("aws:PrincipalAccount"); account != nullptr && account->size() == 1)
      return account->front() == "anonymous" ? no : encoder_.has_value(name, account->front());
    // For whom a service acts it says itself; its own account is one of AWS's, which nobody's policy names.
    if (caller.type == policy::Principal::Type::service) return key == state_.source_owner ? yes : encoder_.has_value(name, "000000000000");
    return yes;
  }

  bool has_free_variables() const { return !encoder_.free_variables().empty(); }
  // Is there anything to be found, were free variables whatever is wanted?
  bool possible() {
    Solver solver = this->solver();
    return std::ranges::any_of(residuals_, [&](const auto& residual) {
      const Solution solution = solver.solve(residual.first);
      return solution.outcome != Outcome::unsatisfiable || !solution.undecided.empty();
    });
  }
  // Values to give to free variables, and whether no other could make a difference.
  std::vector<policy::Context> choices(bool& complete);

  void find();
  std::string certificates(const std::string& policies);

 private:
  Solver solver() {
    return Solver({state_.vocabulary, formulas_, leaves_, state_.domains, state_.solved, state_.limits, setting_.owner, axioms_, answer_.statistics});
  }
  void note(const Solution& solution) {
    for (const std::string& why : solution.undecided) {
      if (std::ranges::find(answer_.undecided, why) == answer_.undecided.end()) answer_.undecided.push_back(why);
    }
  }
  // Findings that make the verdict and those that only tell of the future are told up to the bound
  // each: the search never ends at one that does not count.
  bool counts(const Finding& finding) const { return finding.callable || query_.universe.actions == Actions::any; }
  std::size_t told_as(bool counting) const {
    return static_cast<std::size_t>(std::ranges::count_if(answer_.findings, [&](const Finding& finding) { return counts(finding) == counting; }));
  }
  // The same actions, as far as the resources that they take go.
  struct Kind {
    std::size_t number = 0;     // of the types
    std::string_view types;     // empty: none, so the resource is `*`
    std::vector<KeyId> lacking = {};  // keys of their service that AWS does not list for them
    std::vector<std::size_t> actions = {};
  };
  Ref without(const std::vector<KeyId>& lacking) {
    std::vector<Ref> parts;
    for (const KeyId key : lacking) parts.push_back(negation(encoder_.present(key)));
    return formulas_.all(std::move(parts));
  }
  std::vector<KeyId> lacking_of(std::size_t action);
  void note_unlisted(Ref residual, Solver& solver, const std::vector<Kind>& kinds);
  std::string certificate_of(Solver& solver, Ref formula, const std::vector<std::size_t>& atoms, std::vector<std::string> rests_on, const std::string& policies);
  std::vector<Kind> kinds_of(const std::vector<std::size_t>& atoms);
  TypedResources taken_by(const Kind& kind);
  std::vector<std::vector<std::size_t>> granted_alike(const std::vector<std::size_t>& atoms);
  void tell(Ref residual, const std::vector<std::size_t>& atoms);
  bool tell(Ref residual, Solver& solver, std::size_t atom, const std::string& action, Finding finding);
  bool replays(Finding& finding);
  policy::Request request_of(const Model& model, const std::string& action) const;
  bool asks_for_resource(Ref formula) const;
  // The services whose resources the formula can tell apart.
  struct Reach {
    bool everywhere = false;
    std::set<std::string_view> services;
    bool tells_apart(std::string_view types) const;
  };
  Reach reach_of(Ref formula) const;

  Prover::State& state_;
  Space& space_;
  const std::vector<ListedKey>& listed_;
  const Query& query_;
  const Setting setting_;
  Answer& answer_;
  Formulas formulas_;
  Leaves leaves_;
  Encoder encoder_;
  std::map<Ref, std::vector<std::size_t>> residuals_;
  std::vector<StatedAxiom> axioms_;
};

std::vector<policy::Context> Case::choices(bool& complete) {
  const std::set<KeyId>& variables = encoder_.free_variables();
  std::set<KeyId> together = variables;  // what one is told apart by, its variable is told apart by
  together.insert(encoder_.compared().begin(), encoder_.compared().end());
  std::vector<RelationId> relations;
  for (std::uint32_t leaf = 0; leaf < leaves_.size(); ++leaf) {
    const Test& test = leaves_[leaf];
    if (together.contains(test.key) && test.relation != any_value) relations.push_back(test.relation);
  }
  // A value that is known makes no test; it is one that the variable may have all the same.
  for (const KeyId compared : encoder_.compared()) {
    const std::vector<std::string>* const values = encoder_.values(compared);
    if (values == nullptr) continue;
    for (const std::string& value : *values)
      relations.push_back(state_.vocabulary.relation({Relation::Kind::condition, policy::Family::text, policy::Comparison::equal,
                                                      {{value, {{.kind = policy::Piece::Kind::literal, .text = value}}, 0}}}));
  }
  std::ranges::sort(relations);
  relations.erase(std::ranges::unique(relations).begin(), relations.end());

  complete = variables.size() == 1 && encoder_.only_compared_whole();
  std::vector<policy::Context> choices(1);
  for (const KeyId variable : variables) {
    const std::string& name = state_.vocabulary.name(variable);
    KnownKey key = state_.vocabulary.known(variable);
    std::string facts_name = name;
    if (!setting_.owner.empty() && name == "aws:resourceaccount") {
      key.facts.only = {setting_.owner};
      facts_name += "=" + setting_.owner;
    }
    const Domain& domain = state_.domains.of(facts_name, key.facts, state_.vocabulary, relations);
    complete &= !domain.incomplete && !key.several;
    std::vector<policy::Context> next;
    for (const policy::Context& before : choices) {
      next.push_back(before);
      next.back().set(name, std::vector<std::string>{});
      for (const Atom& atom : domain.atoms) {
        next.push_back(before);
        next.back().set(name, atom.word);
      }
    }
    choices = std::move(next);
    if (choices.size() > choices_of_variables_max) {
      choices.resize(choices_of_variables_max);
      complete = false;
    }
  }
  return choices;
}

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

// Tells of requests that satisfy the residual, one for each statement that alone lets some through.
bool Case::tell(Ref residual, Solver& solver, std::size_t atom, const std::string& action, Finding finding) {
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
    solver.prefer_resources(std::move(typed.examples));
    tell(formulas_.all({residual, typed.formula, without(shown->lacking)}), solver, *atom, state_.known().name(action), std::move(finding));
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

// Empty: the formula could not be refuted.
std::string Case::certificate_of(Solver& solver, Ref formula, const std::vector<std::size_t>& atoms, std::vector<std::string> rests_on,
                                 const std::string& policies) {
  std::vector<const Axiom*> used;
  const Clauses clauses = solver.clauses_of(formula, used);
  for (const ListedKey& one : listed_) {
    const auto speaks = [&](std::size_t atom) { return !one.had_by({&space_.actions, atom}) || says_account(one.key); };
    if (std::ranges::any_of(atoms, speaks) && std::ranges::find(used, one.axiom) == used.end()) used.push_back(one.axiom);
  }
  const auto proof = sat::refute(clauses.clauses, state_.limits.conflicts_max);
  if (!proof) return {};
  const policy::Principal& caller = setting_.caller.principal;
  std::string text = "ringwall certificate 2\nquestion " +
                     certified(query_.title + "; caller " + (!caller.arn.empty() ? caller.arn : !caller.service.empty() ? caller.service : "anybody") +
                               (setting_.owner.empty() ? "" : "; resource of " + setting_.owner) + "; actions such as " +
                               space_.actions.domain.atoms[atoms.front()].word) +
                     "\n" + policies;
  for (const Axiom* axiom : used) text += "axiom " + std::string(axiom->name) + ": " + std::string(axiom->text) + "\n";
  for (const std::string& why : rests_on) text += "axiom " + certified(why) + "\n";
  for (std::size_t i = 0; i < clauses.names.size(); ++i) text += "variable " + std::to_string(i + 1) + " " + certified(clauses.names[i]) + "\n";
  text += "cnf " + std::to_string(clauses.names.size()) + " " + std::to_string(clauses.clauses.size()) + "\n";
  for (const sat::Clause& clause : clauses.clauses) {
    for (const sat::Literal literal : clause) text += std::to_string(literal) + " ";
    text += "0\n";
  }
  return text + "proof\n" + *proof + "end\n";
}

std::string Case::certificates(const std::string& policies) {
  std::string text;
  Solver solver = this->solver();
  if (residuals_.empty()) residuals_[no] = {0};  // no statement is left that could allow
  for (const auto& [residual, atoms] : std::map(residuals_)) {
    std::string whole = certificate_of(solver, residual, atoms, {}, policies);
    if (!whole.empty()) {
      text += whole;
      continue;
    }
    // Then it rests on the actions that there are: on what they act, and which keys their requests have.
    const std::vector<Kind> kinds = kinds_of(atoms);
    for (const Kind& kind : kinds) {
      TypedResources typed = taken_by(kind);
      std::string types(kind.types);
      std::ranges::replace(types, '\n', ' ');
      const std::string& action = state_.known().name(kind.actions.front());
      std::vector<std::string> rests_on{"resources-of-actions: " + action + " and actions like it act on " + (types.empty() ? "`*` alone" : types)};
      if (!kind.lacking.empty()) {
        std::string keys;
        for (const KeyId key : kind.lacking) keys += " " + state_.vocabulary.name(key);
        rests_on.push_back("keys-of-actions: not in requests of " + action + ":" + keys);
      }
      text += certificate_of(solver, formulas_.all({residual, typed.formula, without(kind.lacking)}), {atoms.front()}, std::move(rests_on), policies);
    }
    if (kinds.empty()) {
      text += certificate_of(solver, no, atoms,
                             {"actions-of-today: no service has an action of this class" +
                              std::string(query_.universe.actions == Actions::on_resources ? " on a resource" : "")},
                             policies);
    }
  }
  return text;
}

}  // namespace

const ListedKey* Prover::State::service_key(KeyId key) {
  const auto [kept, added] = service_keys.try_emplace(key);
  std::optional<ListedKey>& limited = kept->second;
  if (!added) return limited ? &*limited : nullptr;
  const std::string& name = vocabulary.name(key);
  if (key == source_owner) {
    limited = ListedKey{key, vocabulary.relation({.kind = Relation::Kind::action, .values = prefixed({"sns"})}), nothing, &axiom_of_source_owner()};
    return &*limited;
  }
  const std::vector<std::string_view> prefixes = catalogue::Catalogue::builtin().services_with_key(name);
  if (prefixes.empty()) return nullptr;
  limited = ListedKey{key, vocabulary.relation({.kind = Relation::Kind::action, .values = prefixed(prefixes)}), nothing,
                      key == caller_account ? &axiom_of_caller_account() : &axiom_of_service_keys()};
  return &*limited;
}

std::vector<ListedKey> Prover::State::listed_keys_of(const Query& query, const std::vector<const policy::Document*>& documents) {
  std::vector<ListedKey> listed;
  if (!query.universe.axioms) return listed;
  std::set<KeyId> asked;
  for (const policy::Document* document : documents) asked.insert(readings[*document].keys.begin(), readings[*document].keys.end());
  for (const KeyId key : asked) {
    const ListedKey* limited = service_key(key);
    if (limited != nullptr && limited->axiom->name != query.universe.axiom_off) listed.push_back(*limited);
  }
  if (query.universe.network_keys_everywhere) return listed;
  for (const catalogue::NetworkKey key : catalogue::network_keys) {
    const auto asks = [&](const policy::Document* document) { return std::ranges::binary_search(readings[*document].network_keys, key); };
    if (query.universe.axiom_off == axiom_of_network_keys().name) continue;
    if (std::ranges::any_of(documents, asks)) listed.push_back(listed_keys[static_cast<std::size_t>(key)]);
  }
  return listed;
}

Space& Prover::State::space_of(const Query& query, const std::vector<const policy::Document*>& documents, const std::vector<ListedKey>& listed) {
  std::vector<RelationId> relations;
  if (has_rcps(query)) relations = {rcp_actions.services, rcp_actions.excepted};
  for (const ListedKey& one : listed) relations.insert(relations.end(), {one.services, one.excepted});
  for (const policy::Document* document : documents) {
    for (const ReadStatement& statement : readings[*document].statements) relations.push_back(statement.actions);
  }
  gather_actions(query.universe.where, readings, relations);
  for (const Owner& owner : query.universe.owners) gather_actions(owner.where, readings, relations);
  std::ranges::sort(relations);
  relations.erase(std::ranges::unique(relations).begin(), relations.end());
  if (spaces.size() >= spaces_max) spaces.clear();
  const auto [found, added] = spaces.try_emplace(relations);
  ActionSpace& space = found->second.actions;
  if (!added) return found->second;
  KeyFacts facts;
  facts.shapes = {"?*:?*"};
  space.domain = domains.of("action:", facts, vocabulary, relations);
  for (std::size_t i = 0; i < relations.size(); ++i) space.position[relations[i]] = i;
  space.relations = std::move(relations);
  return found->second;
}

Prover::Prover() : Prover(Limits()) {}
Prover::Prover(Limits limits) : state_(std::make_unique<State>(limits)) {}
Prover::~Prover() = default;

namespace {

// Calls `each` with every case of the query: callers, owners, values of variables.
template <typename Each>
void for_each_case(Prover::State& state, const Query& query, Folding folding, Answer& answer, Each&& each) {
  state.readings.begin_question();
  if (state.budget.is_spent()) state.spaces.clear();  // one may be unfinished
  state.budget = Budget(query.steps_max);
  const auto documents = read_documents_of(query, state.readings);
  const std::vector<ListedKey> listed = state.listed_keys_of(query, documents);
  Space& space = state.space_of(query, documents, listed);
  const auto undecided = [&](std::string why) {
    if (std::ranges::find(answer.undecided, why) == answer.undecided.end()) answer.undecided.push_back(std::move(why));
  };
  if (space.actions.domain.incomplete) undecided("the action: " + *space.actions.domain.incomplete);
  for (const Caller& caller : query.universe.callers) {
    for (const Owner& owner : query.universe.owners) {
      const Accounts accounts = accounts_of(owner, caller.principal.account, documents, state.readings);
      if (accounts.undecided) undecided(*accounts.undecided);
      for (const std::string& account : accounts.all) {
        if (answer.more || state.consistency.broken()) return;
        if (state.budget.is_spent()) return undecided(state.budget.told());
        const Setting setting{query.universe, caller, account, owner.where, nullptr, true};
        Case open(state, space, listed, query, setting, folding, answer);
        open.encode();
        if (!open.has_free_variables()) {
          each(open);
          if (state.budget.is_spent()) return undecided(state.budget.told());
          continue;
        }
        if (!open.possible() && !state.budget.is_spent()) continue;
        bool complete = false;
        for (const policy::Context& choice : open.choices(complete)) {
          if (state.budget.is_spent()) break;
          Case chosen(state, space, listed, query, {query.universe, caller, account, owner.where, &choice, false}, folding, answer);
          chosen.encode();
          each(chosen);
        }
        if (state.budget.is_spent()) return undecided(state.budget.told());
        if (!complete) undecided("a policy variable stands for a key that is not known in this question; not every value could be tried");
      }
    }
  }
}

// The question as a report of the bug needs it: who was asked about, and every policy.
text::Json json_of(const Query& query) {
  using text::Json;
  Json callers = Json::array();
  for (const Caller& caller : query.universe.callers) {
    Json keys = Json::object();
    for (const auto& entry : caller.keys.entries()) {
      Json& values = keys.edit(entry.key) = Json::array();
      for (const std::string& value : entry.values) values.push(value);
    }
    const policy::Principal& who = caller.principal;
    callers.push(Json::object({{"arn", who.arn}, {"account", who.account}, {"service", who.service}, {"provider", who.provider}, {"keys", std::move(keys)}}));
  }
  const auto sides = [](const std::vector<Side>& all) {
    Json list = Json::array();
    for (const Side& side : all) {
      Json policies = Json::array();
      for_each_document(side, [&](const policy::DocumentPtr& document, std::string_view name) {
        policies.push(Json::object({{"name", name}, {"kind", static_cast<int>(document->kind())}, {"document", document->source()}}));
      });
      list.push(Json::object({{"layers", side.layers.has_value()}, {"policies", std::move(policies)}}));
    }
    return list;
  };
  return Json::object({{"title", query.title}, {"callers", std::move(callers)}, {"allowing", sides(query.allowing)}, {"refusing", sides(query.refusing)}});
}

Answer contradicted(const std::string& what, const Query& query) {
  Answer answer;
  answer.undecided.push_back("the prover contradicts itself (it does not hold that " + what + "): this is a bug of Ringwall, please report it");
  text::Json question = json_of(query);
  question.set("bug", what).set("version", RINGWALL_VERSION);
  answer.bug = Bug{what, question.dump()};
  return answer;
}

}  // namespace

Answer Prover::ask(const Query& query) {
  if (state_->readings.size() > documents_kept_max || state_->vocabulary.relations() > relations_kept_max)
    state_ = std::make_unique<State>(state_->limits);
  Consistency& consistency = state_->consistency;
  consistency.begin_question();
  Answer answer;
  if (consistency.holds(!query.allowing.empty() && !query.universe.callers.empty(), "a query asks about somebody, and what allows"))
    for_each_case(*state_, query, Folding::full, answer, [](Case& one) { one.find(); });
  std::ranges::stable_sort(answer.findings, {}, [](const Finding& finding) { return !finding.callable; });
  const bool found = std::ranges::any_of(answer.findings, [&](const Finding& finding) {
    return finding.callable || query.universe.actions == Actions::any;
  });
  consistency.holds(found || !answer.more || query.classes_max == 0, "only what counts ends a search");
  if (consistency.broken()) return contradicted(*consistency.broken(), query);
  answer.statistics.steps = state_->budget.spent();
  answer.verdict = found ? Verdict::found : answer.undecided.empty() && !answer.more ? Verdict::none : Verdict::inconclusive;
  return answer;
}

Result<std::string> Prover::certify(const Query& query) {
  const Answer answer = ask(query);
  if (answer.verdict != Verdict::none) return fail(Failure::conflict, "there is nothing to certify: the answer is not a proof");
  Answer ignored;
  const std::string policies = policies_of(query);
  std::string text;
  for_each_case(*state_, query, Folding::constants, ignored, [&](Case& one) { text += one.certificates(policies); });
  if (state_->budget.is_spent()) return fail(Failure::exhausted, state_->budget.told());
  if (state_->consistency.broken()) return fail(Failure::conflict, "the prover contradicts itself: " + *state_->consistency.broken());
  return text;
}

Result<std::string> Prover::smtlib(const Query& query) {
  for (const auto* sides : {&query.allowing, &query.refusing}) {
    for (const Side& side : *sides) {
      if (side.layers) return fail(Failure::invalid, "layers cannot be said in SMT-LIB: only documents by themselves");
    }
  }
  read_documents_of(query, state_->readings);
  const auto said = [&](const std::vector<Side>& sides) {
    std::vector<const policy::Syntax*> documents;
    for (const Side& side : sides) documents.push_back(&state_->readings[*side.document].policy.syntax());
    return documents;
  };
  return smtlib_of(said(query.allowing), said(query.refusing));
}

}  // namespace ringwall::prover
