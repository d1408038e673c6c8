#include "prover/prover.h"

#include <algorithm>
#include <set>

#include "prover/detail/accounts.h"
#include "prover/detail/case.h"
#include "prover/detail/query.h"
#include "prover/detail/smtlib.h"
#include "prover/detail/state.h"
#include "text/encode.h"

namespace ringwall::prover {
namespace {

using namespace detail;

bool has_rcps(const Query& query) {
  const auto has = [](const Side& side) { return side.layers && !side.layers->rcps.empty(); };
  return std::ranges::any_of(query.allowing, has) || std::ranges::any_of(query.refusing, has);
}

void gather_actions(const Constraint& constraint, Readings& readings, std::vector<RelationId>& relations) {
  if (constraint.kind == Constraint::Kind::actions) relations.push_back(readings.listed(constraint));
  for (const Constraint& part : constraint.parts) gather_actions(part, readings, relations);
}

std::vector<policy::Listed> prefixed(const std::vector<std::string_view>& prefixes) {
  std::vector<policy::Listed> patterns;
  for (const std::string_view prefix : prefixes) {
    const std::string literal = std::string(prefix) + ":";
    patterns.push_back({literal + "*", {{.kind = policy::Piece::Kind::literal, .text = literal}, {.kind = policy::Piece::Kind::any_run}}, 0});
  }
  return patterns;
}

// Owners of whom ordinary resources are kept.
constexpr std::size_t owners_kept_max = 64;
constexpr std::size_t spaces_max = 4'096;
// What a prover keeps; past it, it begins anew.
constexpr std::size_t documents_kept_max = 500'000, relations_kept_max = 1'000'000;

}  // namespace

Prover::State::State(Limits given) : limits(given), vocabulary(consistency), readings(vocabulary), domains(given.automaton_states_max, budget) {
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

RelationId Prover::State::named(const std::vector<std::string_view>& actions) {
  std::vector<policy::Listed> values;
  for (const std::string_view action : actions)
    values.push_back({std::string(action), {{.kind = policy::Piece::Kind::literal, .text = std::string(action)}}, 0});
  return vocabulary.relation({.kind = Relation::Kind::action, .values = std::move(values)});
}

const std::vector<std::string>& Prover::State::examples(std::size_t types_number, const std::string& owner) {
  if (owner.empty()) return known().examples(types_number);
  if (examples_kept.size() > owners_kept_max) examples_kept.clear();
  std::vector<std::vector<std::string>>& kept = examples_kept[owner];
  kept.resize(known().types_count());
  if (kept[types_number].empty()) kept[types_number] = examples_of(known().types(types_number), owner);
  return kept[types_number];
}

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
