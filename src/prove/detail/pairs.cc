// One of mine on a resource or a role of mine from an unexpected network. Within an account the
// resource's policy may grant by itself, so who is asked together follows from how requests are
// decided (docs/decisions/0014):
//
//  - across accounts both sides must allow, and the resource's must name the caller;
//  - within an account the identity's side must allow, or the resource's policy must name the user,
//    the role, its session or everyone. In either case denials and SCPs of the one side bind, and
//    denials and RCPs of the other.
//
// So a principal whose SCPs hold networks off needs no question, nor does a resource whose own side
// holds them off from everyone. Of the rest only those pairs are asked of which the one names the
// other or may reach it, and of pairs that no policy can tell apart only one.

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "catalogue/catalogue.h"
#include "policy/binding.h"
#include "prove/detail/whole.h"

namespace ringwall::prove::detail {
namespace {

// What is guarded: a resource, or a role that may be assumed.
struct Thing {
  std::string arn, account;
  const authz::Named* policy = nullptr;  // null: none of its own
  authz::ResourceKind kind = authz::ResourceKind::plain;
  bool has_side = true;                  // its policy or RCPs can refuse a principal of its account
  std::string_view service;              // of the actions that consult its policy
  std::vector<std::size_t> excepted;     // from resource/networks
  std::string shape = {};                // what the catalogue knows it as, once it is asked for
  bool names_sessions = false;
};

// Pairs that are looked at for each guard on which the whole may rest.
constexpr std::size_t resting_looks_max = 4'096;

// What a statement that allows may reach, roughly: never less than it does.
struct Reach {
  std::vector<std::string> services;  // empty: any
  std::vector<std::string> heads;     // what its resources begin with
};

// May an ARN, or one below it, begin so and be meant?
bool may_begin(std::string_view head, std::string_view arn) { return arn.starts_with(head) || head.starts_with(arn); }

std::vector<Reach> reaches_of(const policy::Document& document) {
  std::vector<Reach> all;
  const auto syntax = policy::read_bound(document.source(), document.kind(), policy::Quota::waived);
  if (!syntax) return {Reach{{}, {""}}};
  for (const policy::Statement& statement : syntax->statements) {
    if (statement.effect != policy::Effect::allow) continue;
    Reach reach;
    const bool any_action = statement.action_sense != policy::Sense::listed ||
                            std::ranges::any_of(statement.actions, [](const policy::Listed& action) { return !action.text.contains(':') || action.text.front() == '*'; });
    if (!any_action) {
      for (const policy::Listed& action : statement.actions) {
        std::string service = action.text.substr(0, action.text.find(':'));
        std::ranges::transform(service, service.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        reach.services.push_back(std::move(service));
      }
    }
    if (statement.resource_sense != policy::Sense::listed || statement.resources.empty()) reach.heads = {""};
    else for (const policy::Listed& resource : statement.resources) reach.heads.push_back(resource.text.substr(0, resource.text.find_first_of("*?$")));
    all.push_back(std::move(reach));
  }
  return all;
}

bool meets(const std::vector<Reach>& reaches, const Thing& thing) {
  return std::ranges::any_of(reaches, [&](const Reach& reach) {
    const bool of_service = reach.services.empty() || std::ranges::find(reach.services, thing.service) != reach.services.end();
    return of_service && std::ranges::any_of(reach.heads, [&](const std::string& head) { return may_begin(head, thing.arn); });
  });
}

bool leads_to(const estate::Endpoint& endpoint, std::string_view service) {
  return endpoint.service == service || catalogue::Catalogue::builtin().service(endpoint.service) == nullptr;
}

class Pairing {
 public:
  Pairing(const Room& room, const AnsweredRows& rows)
      : room_(room), people_(rows.at(Objective::identity_networks)), resources_(rows.at(Objective::resource_networks)),
        excepted_from_people_(room.limits.of_endpoint(Objective::identity_networks)) {}

  Paired ask(Asker& asker, const std::vector<Person>& people);
  Guards resting(Asker& asker, const std::vector<Person>& people, const std::function<bool(const std::string&)>& counts);

 private:
  struct Candidate {
    std::size_t person, thing;
    const Way* way = nullptr;
  };
  void find_things(const std::vector<Person>& people);
  bool concerns(const std::string& account, const authz::Named* policy) const;
  void add(Thing thing);
  std::optional<Guard> sole_guard(std::size_t cell) const;
  bool crosses_without(Guard guard, Asker& asker, const std::vector<Candidate>& candidates);
  void find_candidates(const std::vector<Person>& people, Paired& paired);
  bool is_candidate(const Person& person, const Thing& thing, bool at_home);
  const std::vector<Reach>& reaches_of(const policy::Document& document);
  std::vector<const Facts*> facts_of(const authz::Layers& layers);
  authz::Layers layers_of(std::size_t person, const Thing& thing) const;
  Item item(const Candidate& candidate);
  prover::Query query(const Candidate& candidate, const Where& of_person, const Where* of_thing, Lists lists,
                      const std::vector<const Facts*>& facts) const;
  std::vector<const policy::Document*> documents(const Candidate& candidate) const;
  const Own& own(std::size_t person) const { return room_.mine.principals()[person]; }

  const Room& room_;
  const Answered& people_;
  const Answered& resources_;
  const std::vector<std::size_t> excepted_from_people_;
  std::set<std::string, std::less<>> homes_;  // accounts of the people who are asked
  std::vector<Thing> things_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_account_, naming_;  // naming_: by an account that is named
  std::vector<std::size_t> naming_everyone_;
  std::unordered_map<const policy::Document*, std::vector<Reach>> reaches_;
  const std::vector<Way> ways_ = ways_abroad(room_.mine);
  std::vector<Candidate> candidates_;
};

// Could somebody of these accounts use it? It is of one of them, or its policy names somebody of one, or everyone.
bool Pairing::concerns(const std::string& account, const authz::Named* policy) const {
  if (homes_.contains(account)) return true;
  if (policy == nullptr) return false;
  return std::ranges::any_of(room_.words.of(policy->document).names, [&](const policy::PrincipalName& name) {
    switch (name.type) {
      case policy::PrincipalName::Type::everyone:
      case policy::PrincipalName::Type::unique_id:
        return true;
      case policy::PrincipalName::Type::account:
        return homes_.contains(name.value);
      case policy::PrincipalName::Type::arn:
        return homes_.contains(account_in(name.value));
      default:
        return false;
    }
  });
}

void Pairing::add(Thing thing) {
  const std::size_t index = things_.size();
  by_account_[thing.account].push_back(index);
  if (thing.policy != nullptr) {
    std::set<std::string> accounts;
    bool anyone = false;
    const Facts& facts = room_.words.of(thing.policy->document);
    thing.names_sessions = names_sessions(facts);
    for (const policy::PrincipalName& name : facts.names) {
      if (name.type == policy::PrincipalName::Type::account) accounts.insert(name.value);
      if (name.type == policy::PrincipalName::Type::arn) accounts.insert(account_in(name.value));
      // Whose an id is only each principal says.
      anyone |= name.type == policy::PrincipalName::Type::everyone || name.type == policy::PrincipalName::Type::unique_id;
    }
    if (anyone) naming_everyone_.push_back(index);
    else for (const std::string& account : accounts) naming_[account].push_back(index);
  }
  things_.push_back(std::move(thing));
}

// Resources that are open from unexpected networks as far as their own side goes, those that have no
// side, and roles, whom no row asks that of.
void Pairing::find_things(const std::vector<Person>& people) {
  for (const Person& person : people) homes_.insert(own(person.index).principal->account);
  for (std::size_t i = 0; i < resources_.cells->size(); ++i) {
    const std::string& name = resources_.cells->name(i);
    std::vector<std::size_t> excepted = resources_.cells->exceptions(i);
    // What only this row excepts may be held by the other side, so it is asked in any case.
    const bool all_shared = std::ranges::includes(excepted_from_people_, excepted);
    if (resources_.outcomes[i].verdict == Verdict::proved && all_shared) continue;
    const estate::Resource* resource = room_.mine.resources()[resources_.cells->place(i)];
    if (!concerns(resource->account, resource->policy ? &*resource->policy : nullptr)) continue;
    add({name, resource->account, resource->policy ? &*resource->policy : nullptr, resource->kind, true,
         {}, std::move(excepted)});
  }
  auto sided = room_.mine.with_a_side().begin();
  for (std::size_t i = 0; i < room_.mine.resources().size(); ++i) {
    if (sided != room_.mine.with_a_side().end() && *sided == i) {
      ++sided;
      continue;
    }
    const estate::Resource* resource = room_.mine.resources()[i];
    if (!homes_.contains(resource->account)) continue;
    add({resource->arn, resource->account, nullptr, resource->kind, false, {}, {}});
  }
  for (const Own& own : room_.mine.principals()) {
    const estate::Principal& role = *own.principal;
    if (role.trust && concerns(role.account, &*role.trust)) add({role.arn, role.account, &*role.trust, authz::ResourceKind::trust, true, {}, {}});
  }
  for (Thing& thing : things_)
    thing.service = thing.kind == authz::ResourceKind::trust ? std::string_view("sts") : arn_part(thing.arn, 2);
}

const std::vector<Reach>& Pairing::reaches_of(const policy::Document& document) {
  const auto [at, is_new] = reaches_.try_emplace(&document);
  if (is_new) at->second = detail::reaches_of(document);
  return at->second;
}

bool Pairing::is_candidate(const Person& person, const Thing& thing, bool at_home) {
  const auto may_reach = [&] {
    const auto& identity = own(person.index).principal->identity;
    return std::ranges::any_of(identity, [&](const authz::Named& named) { return meets(reaches_of(*named.document), thing); });
  };
  if (!thing.has_side) return at_home && person.allowed_unguarded && may_reach();
  const Grant grant = thing.policy == nullptr ? Grant::none : grant_of(own(person.index), room_.words.of(thing.policy->document), thing.names_sessions);
  if (at_home && grant == Grant::direct) return true;
  if (!person.allowed) return false;
  if (grant == Grant::none && (!at_home || thing.kind != authz::ResourceKind::plain)) return false;
  return may_reach();
}

void Pairing::find_candidates(const std::vector<Person>& people, Paired& paired) {
  const std::size_t looks_max = room_.options.bounds.pair_looks_max;
  std::size_t looks = 0;
  for (std::size_t i = 0; i < people.size(); ++i) {
    const std::string& home = own(people[i].index).principal->account;
    const auto look = [&](const std::vector<std::size_t>* things, bool at_home) {
      if (things == nullptr) return true;
      for (const std::size_t thing : *things) {
        if ((things_[thing].account == home) != at_home) continue;
        if (++looks > looks_max) return false;
        if (!is_candidate(people[i], things_[thing], at_home)) continue;
        for (const Way& way : ways_) {
          if (way.endpoint == nullptr || leads_to(*way.endpoint, things_[thing].service)) candidates_.push_back({people[i].index, thing, &way});
        }
      }
      return true;
    };
    const auto of = [&](const auto& map) {
      const auto found = map.find(home);
      return found == map.end() ? nullptr : &found->second;
    };
    if (look(of(by_account_), true) && (!people[i].allowed || (look(of(naming_), false) && look(&naming_everyone_, false)))) continue;
    paired.bound = std::to_string(looks_max) + " pairs (`pair_looks_max`)";
    for (std::size_t left = i; left < people.size(); ++left) paired.people_left.push_back(people[left].index);
    for (const Thing& thing : things_) paired.things_left.insert(thing.arn);
    return;
  }
}

authz::Layers Pairing::layers_of(std::size_t person, const Thing& thing) const {
  authz::Layers layers = estate::layers_of(room_.mine.estate(), own(person).caller.principal, nullptr);
  layers.resource = thing.policy;
  layers.resource_kind = thing.kind;
  if (const estate::Account* owner = room_.mine.estate().account(thing.account)) layers.rcps = {owner->rcps.data(), owner->rcps.size()};
  return layers;
}

std::vector<const policy::Document*> Pairing::documents(const Candidate& candidate) const {
  const authz::Layers layers = layers_of(candidate.person, things_[candidate.thing]);
  std::vector<const policy::Document*> all;
  gather(layers.identity, all);
  if (layers.boundary != nullptr) all.push_back(layers.boundary->document.get());
  gather(layers.scps, all);
  if (layers.resource != nullptr) all.push_back(layers.resource->document.get());
  gather(layers.rcps, all);
  const estate::Endpoint* endpoint = candidate.way->endpoint;
  if (endpoint != nullptr && endpoint->policy) all.push_back(endpoint->policy->document.get());
  return all;
}

prover::Query Pairing::query(const Candidate& candidate, const Where& of_person, const Where* of_thing, Lists lists,
                             const std::vector<const Facts*>& facts) const {
  const Thing& thing = things_[candidate.thing];
  prover::Query query;
  query.universe.callers = callers_of(own(candidate.person), facts);
  query.universe.owners = {{prover::Owner::Kind::account, {thing.account}}};
  surround(query, owned_by(room_.mine, thing.account));
  query.universe.actions = prover::Actions::on_resources;
  // It crosses if it counts in one of the two rows: what one of them excepts, the other has to hold.
  std::vector<prover::Constraint> counts = {room_.limits.constraint(of_person, lists, facts)};
  if (of_thing != nullptr) counts.push_back(room_.limits.constraint(*of_thing, lists, facts));
  std::vector<prover::Constraint> parts = {prover::any_of(std::move(counts))};
  if (thing.kind == authz::ResourceKind::trust) {
    if (auto role_only = prover::on_resources({thing.arn})) parts.push_back(*std::move(role_only));
    parts.push_back(assuming());
  } else {
    for (prover::Constraint& part : asked_of(thing.arn)) parts.push_back(std::move(part));
  }
  query.universe.where = prover::all_of(std::move(parts));
  query.allowing = {{.layers = layers_of(candidate.person, thing)}};
  go(room_, *candidate.way, facts, query);
  query.classes_max = std::max<std::size_t>(room_.options.classes_max, 1);
  query.title = "perimeter " + own(candidate.person).principal->arn + " on " + thing.arn;
  return query;
}

// The key has all that the documents of both sides can tell about the caller, the resource and its owner.
Item Pairing::item(const Candidate& candidate) {
  const Thing& thing = things_[candidate.thing];
  const Own& caller = own(candidate.person);
  const Scope of_people{.excepted = people_.cells->exceptions(candidate.person)};
  const Where& of_person = room_.limits.where(Objective::identity_networks, of_people);
  const bool same = of_people.excepted == thing.excepted;
  const Where* of_thing = thing.has_side && thing.kind != authz::ResourceKind::trust && !same
                              ? &room_.limits.where(Objective::resource_networks, {.excepted = thing.excepted})
                              : nullptr;
  const authz::Layers layers = layers_of(candidate.person, thing);
  Key key('W');
  key.add(of_person.name).add(of_thing != nullptr ? of_thing->name : "").add(thing.shape);
  Bound bound(room_.words, key);
  bound.add(layers.identity);
  if (layers.boundary != nullptr) bound.add(*layers.boundary);
  key.add("/");
  bound.add(layers.scps);
  key.add(static_cast<Id>(thing.kind));
  if (thing.policy != nullptr) {
    const Facts& facts = room_.words.of(thing.policy->document);
    bound.note(facts);
    key.add(facts.nameless).add(static_cast<Id>(thing.policy->document->kind()));
    for (const policy::PrincipalName& name : facts.names) key.add(static_cast<Id>(name.type)).add(name.value);
  }
  key.add("/");
  bound.add(layers.rcps);
  key.add(said_of(room_, *candidate.way));
  if (candidate.way->endpoint != nullptr && candidate.way->endpoint->policy) bound.add(*candidate.way->endpoint->policy);
  key.add("/");
  bound.note(*of_person.facts);
  if (of_thing != nullptr) bound.note(*of_thing->facts);
  bool verbatim = false;
  for (const Facts* facts : bound.facts()) {
    for (const std::string& pattern : facts->resources) key.add(relative_to(pattern, thing.arn, verbatim));
  }
  if (verbatim) key.add(thing.arn);
  key.add(caller.principal->account == thing.account ? "home" : "far");
  const Surroundings surroundings = owned_by(room_.mine, thing.account);
  const Mentions mentions = bound.mentions();
  for (const prover::Caller& one : callers_of(caller, bound.facts())) key.add(signature(mentions, one, surroundings));
  return {std::move(key).finish(), caller.principal->arn + " " + thing.arn,
          [this, candidate, &of_person, of_thing, facts = bound.facts()](Lists lists) {
            return query(candidate, of_person, of_thing, lists, facts);
          },
          room_.limits.networks(Objective::identity_networks), {}, bound.documents()};
}

Paired Pairing::ask(Asker& asker, const std::vector<Person>& people) {
  Paired paired;
  if (people.empty()) return paired;
  find_things(people);
  find_candidates(people, paired);
  for (const Candidate& candidate : candidates_) {
    Thing& thing = things_[candidate.thing];
    if (thing.shape.empty()) thing.shape = shape_of(thing.arn);
  }
  std::vector<Item> items(candidates_.size());
  in_parallel(items.size(), room_.options.threads, [&](std::size_t i) { items[i] = item(candidates_[i]); });
  const std::size_t kinds_max = room_.options.bounds.pairs_max;
  std::unordered_set<std::string> kinds;
  std::vector<Item> asked;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (kinds.contains(items[i].key) || kinds.size() < kinds_max) {
      kinds.insert(items[i].key);
      paired.pairs.push_back({candidates_[i].person, things_[candidates_[i].thing].arn, things_[candidates_[i].thing].account,
                              candidates_[i].way->endpoint, nullptr, documents(candidates_[i])});
      asked.push_back(std::move(items[i]));
      continue;
    }
    if (paired.bound.empty()) paired.bound = std::to_string(kinds_max) + " kinds of pairs (`pairs_max`)";
    paired.people_left.push_back(candidates_[i].person);
    paired.things_left.insert(things_[candidates_[i].thing].arn);
  }
  const std::vector<AnswerPtr> answers = asker.ask(asked);
  for (std::size_t i = 0; i < answers.size(); ++i) paired.pairs[i].answer = answers[i];
  return paired;
}

std::optional<Guard> Pairing::sole_guard(std::size_t cell) const {
  if (resources_.outcomes[cell].verdict != Verdict::proved) return std::nullopt;
  for (const Guard guard : {Guard::rcp, Guard::resource}) {
    if (resources_.outcomes[cell].held == bit(guard)) return guard;
  }
  return std::nullopt;
}

// What is left without a guard is asked with the guard open, until one is found.
bool Pairing::crosses_without(Guard guard, Asker& asker, const std::vector<Candidate>& candidates) {
  constexpr std::size_t growth = 8;
  for (std::size_t begin = 0, count = 1; begin < candidates.size(); begin += count, count *= growth) {
    std::vector<Item> items;
    for (std::size_t i = begin; i < std::min(begin + count, candidates.size()); ++i) {
      items.push_back(item(candidates[i]));
      items.back().key += "\nwithout " + std::string(name_of(guard));
      items.back().query = [make = std::move(items.back().query), guard](Lists lists) {
        prover::Query query = make(lists);
        authz::Layers& layers = *query.allowing.front().layers;
        if (guard == Guard::rcp) layers.rcps = {};
        else layers.resource = &assumed_resource();
        query.classes_max = 1;
        return query;
      };
    }
    const auto is_found = [](const AnswerPtr& answer) { return answer->verdict == prover::Verdict::found; };
    if (std::ranges::any_of(asker.ask(items), is_found)) return true;
  }
  return false;
}

Guards Pairing::resting(Asker& asker, const std::vector<Person>& people, const std::function<bool(const std::string&)>& counts) {
  std::unordered_map<std::string, std::vector<const Person*>> by_account;
  for (const Person& person : people) by_account[own(person.index).principal->account].push_back(&person);
  for (const auto& [account, there] : by_account) homes_.insert(account);
  std::map<Guard, std::vector<Candidate>> candidates;
  for (std::size_t i = 0; i < resources_.cells->size() && !by_account.empty(); ++i) {
    const auto guard = sole_guard(i);
    if (!guard || candidates[*guard].size() >= resting_looks_max) continue;
    const estate::Resource* resource = room_.mine.resources()[resources_.cells->place(i)];
    if (!concerns(resource->account, resource->policy ? &*resource->policy : nullptr)) continue;
    Thing thing{resource->arn, resource->account, resource->policy ? &*resource->policy : nullptr, resource->kind, true,
                arn_part(resource->arn, 2), resources_.cells->exceptions(i)};
    std::set<std::string> accounts = {thing.account};
    if (thing.policy != nullptr) {
      const Facts& facts = room_.words.of(thing.policy->document);
      thing.names_sessions = names_sessions(facts);
      for (const policy::PrincipalName& name : facts.names)
        accounts.insert(name.type == policy::PrincipalName::Type::arn ? account_in(name.value) : name.value);
    }
    const std::size_t index = things_.size();
    const std::size_t before = candidates[*guard].size();
    for (const std::string& account : accounts) {
      const auto there = by_account.find(account);
      if (there == by_account.end()) continue;
      for (const Person* person : there->second) {
        const bool proved = counts(thing.arn) || counts(own(person->index).principal->arn);
        if (proved && is_candidate(*person, thing, account == thing.account)) candidates[*guard].push_back({person->index, index, &ways_.front()});
      }
    }
    if (candidates[*guard].size() == before) continue;
    thing.shape = shape_of(thing.arn);
    things_.push_back(std::move(thing));
    things_.back().service = arn_part(things_.back().arn, 2);
  }
  Guards resting = 0;
  for (const auto& [guard, all] : candidates) {
    if (crosses_without(guard, asker, all)) resting |= bit(guard);
  }
  return resting;
}

}  // namespace

Guards resting_on(const Room& room, Asker& asker, const AnsweredRows& rows, const std::vector<Person>& people,
                  const std::function<bool(const std::string&)>& counts) {
  return people.empty() ? 0 : Pairing(room, rows).resting(asker, people, counts);
}

Paired ask_pairs(const Room& room, Asker& asker, const AnsweredRows& rows, const std::vector<Person>& people) {
  return Pairing(room, rows).ask(asker, people);
}

}  // namespace ringwall::prove::detail
