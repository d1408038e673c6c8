// Requests that cross by a principal or by a resource, through an endpoint of mine: there the endpoint's policy binds as well,
// and the endpoint is touched. A cell and an endpoint are asked together where both are open: the cell in its own row, the
// endpoint in network/resources or network/principals. A cell that leaks around all endpoints is asked for the endpoint's sake,
// until one is found with whom the endpoint leaks too.

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>

#include "catalogue/catalogue.h"
#include "prove/detail/whole.h"

namespace ringwall::prove::detail {
namespace {

using Exceptions = std::vector<std::size_t>;

bool is_of_endpoints(const std::string& key) { return key.starts_with("aws:sourcevpc") || key.starts_with("aws:vpc"); }

class Passing {
 public:
  Passing(const Room& room, Asker& asker, const AnsweredRows& rows, Objective objective)
      : room_(room), asker_(asker), objective_(objective), cells_(*rows.at(objective).cells), outcomes_(rows.at(objective).outcomes),
        of_endpoints_(objective == Objective::identity_resources ? Objective::network_resources : Objective::network_principals),
        endpoints_(rows.at(of_endpoints_)), excepted_(room.limits.of_endpoint(of_endpoints_)) {
    for (const Guard guard : cells_.guards()) guards_ |= bit(guard);
  }

  Passed run(const std::vector<bool>& leaks_around);

 private:
  // Endpoints whom no document that is asked tells apart.
  struct Gate {
    const estate::Endpoint* endpoint = nullptr;
    std::vector<std::string> alike;  // ids
    bool proved = false;             // its row
  };
  // A cell's question through a gate, without what these exceptions cover.
  struct Asked {
    std::size_t cell;
    const Exceptions* excepted;
  };
  bool is_open(std::size_t cell) const { return outcomes_[cell].verdict != Verdict::proved; }
  bool is_mine_alone(const Exceptions& own) const { return !std::ranges::includes(excepted_, own); }
  std::vector<Gate> find_gates();
  bool leads_to(const Gate& gate, std::size_t cell) const;
  std::vector<const Facts*> facts_of(std::size_t cell) const { return facts_of_cell(room_, cells_, cell); }
  Item item(const Gate& gate, const Asked& asked);
  void change(const Gate& gate, std::size_t cell, const std::vector<const Facts*>& facts, prover::Query& query) const;
  bool ask(const Gate& gate, std::vector<Asked> all, Passed& passed);
  void ask_until_found(const Gate& gate, const std::vector<Asked>& all, Passed& passed);

  const Room& room_;
  Asker& asker_;
  const Objective objective_;
  const Cells& cells_;
  const std::vector<Outcome>& outcomes_;
  const Objective of_endpoints_;
  const Answered& endpoints_;
  const Exceptions excepted_;
  Guards guards_ = 0;
  std::vector<std::size_t> concerned_;  // cells
  std::map<std::size_t, Exceptions> own_;
  std::unordered_set<std::string> kinds_;
};

// One for each service and policy, and for each way in which the documents of the cells that are asked see it.
std::vector<Passing::Gate> Passing::find_gates() {
  std::set<Id> tests;
  std::set<std::string> raw;
  for (const std::size_t cell : concerned_) {
    for (const Facts* facts : facts_of(cell)) {
      tests.insert(facts->tests.begin(), facts->tests.end());
      raw.insert(facts->raw.begin(), facts->raw.end());
    }
    const Facts& where = *room_.limits.where(objective_, {.excepted = own_[cell]}).facts;
    tests.insert(where.tests.begin(), where.tests.end());
  }
  Mentions seen;
  for (const Id id : tests) {
    if (is_of_endpoints(room_.words.test(id).key)) seen.tests.push_back(&room_.words.test(id));
  }
  std::ranges::copy_if(raw, std::back_inserter(seen.raw), is_of_endpoints);
  std::map<std::string, std::size_t> places;
  std::vector<Gate> gates;
  for (std::size_t i = 0; i < endpoints_.cells->size(); ++i) {
    const estate::Endpoint* endpoint = room_.mine.estate().endpoints.find(endpoints_.cells->name(i));
    if (endpoint == nullptr || !endpoint->aws) continue;
    std::string kind = endpoint->service + "\n";
    std::vector<const Facts*> own;
    if (endpoint->policy) own.push_back(&room_.words.of(endpoint->policy->document));
    for (const Facts* facts : own) kind += std::to_string(facts->id);
    const Surroundings around = surroundings_of(room_.mine, *endpoint);
    kind += "\n" + signature(seen, {}, around) + signature(mentions_of(room_.words, own), {}, around);
    const auto [at, is_new] = places.try_emplace(kind, gates.size());
    if (is_new) gates.push_back({endpoint, {}, endpoints_.outcomes[i].verdict == Verdict::proved});
    gates[at->second].alike.push_back(endpoint->id);
  }
  return gates;
}

bool Passing::leads_to(const Gate& gate, std::size_t cell) const {
  const std::string& service = gate.endpoint->service;
  if (objective_ == Objective::identity_resources || catalogue::Catalogue::builtin().service(service) == nullptr) return true;
  return service == (objective_ == Objective::trust ? std::string_view("sts") : arn_part(cells_.name(cell), 2));
}

void Passing::change(const Gate& gate, std::size_t cell, const std::vector<const Facts*>& facts, prover::Query& query) const {
  const auto and_where = [&](prover::Constraint more) {
    query.universe.where = prover::all_of({std::move(query.universe.where), std::move(more)});
  };
  if (objective_ == Objective::identity_resources) {
    query.universe.callers = callers_of(room_.mine.principals()[cell], facts);
    and_where(on_none_of(buckets_of_mine(room_.mine, facts)));
  } else {
    // Outsiders as both sides tell them apart. A service does not come through an endpoint of mine.
    bool canonical = false;
    const bool trust = objective_ == Objective::trust;
    std::vector<prover::Caller> callers = outsiders(room_.mine, room_.words, facts, trust ? Kinds::of_trust : Kinds::all, &canonical);
    std::erase_if(callers, [&](const prover::Caller& caller) {
      return caller.principal.type == policy::Principal::Type::service || (trust && !caller.principal.provider.empty());
    });
    and_where(settle_names(room_.words, facts, callers));
    if (trust) {
      std::ranges::copy_if(query.universe.callers, std::back_inserter(callers),
                           [](const prover::Caller& caller) { return !caller.principal.provider.empty(); });
    }
    query.universe.callers = std::move(callers);
    if (room_.mine.perimeter().anonymous_get_object) {
      const auto nobody = prover::condition("StringEquals", "aws:PrincipalType", {"Anonymous"});
      const auto get = prover::on_actions({"s3:GetObject"});
      if (nobody && get && !is_open(cell)) and_where(prover::none_of({prover::all_of({*nobody, *get})}));
    }
  }
  query.classes_max = std::max<std::size_t>(room_.options.classes_max, 1);
  come_through(room_, *gate.endpoint, facts, query);
  query.title += " through " + gate.endpoint->id;
}

Item Passing::item(const Gate& gate, const Asked& asked) {
  const estate::Endpoint& endpoint = *gate.endpoint;
  const Scope scope{.excepted = *asked.excepted};
  Item item = cells_.item(asked.cell, guards_, scope);
  std::vector<const Facts*> facts = facts_of(asked.cell);
  if (endpoint.policy) facts.push_back(&room_.words.of(endpoint.policy->document));
  std::vector<const Facts*> all = facts;
  all.push_back(room_.limits.where(objective_, scope).facts);
  const bool of_principal = objective_ == Objective::identity_resources;
  Surroundings around = surroundings_of(room_.mine, endpoint);
  if (!of_principal) {
    const Surroundings owned = owned_by(room_.mine, cells_.account(asked.cell));
    around.keys.merge(owned.keys);
    around.absent.insert(around.absent.end(), owned.absent.begin(), owned.absent.end());
  }
  const Mentions mentions = mentions_of(room_.words, all);
  Key key('G');
  key.add(item.key).add(item.documents).add(endpoint.service).add(endpoint.policy ? facts.back()->id : 0);
  if (of_principal) {
    for (const prover::Caller& caller : callers_of(room_.mine.principals()[asked.cell], facts)) key.add(signature(mentions, caller, around));
    for (const std::string& bucket : buckets_of_mine(room_.mine, facts)) key.add(bucket);
  } else {
    key.add(signature(mentions, {}, around));
    bool verbatim = false;
    for (const Facts* one : all) {
      for (const std::string& pattern : one->resources) key.add(relative_to(pattern, cells_.name(asked.cell), verbatim));
    }
    if (verbatim) key.add(cells_.name(asked.cell));
  }
  item.key = std::move(key).finish();
  item.query = [this, &gate, cell = asked.cell, facts = std::move(facts), make = std::move(item.query)](Lists lists) {
    prover::Query query = make(lists);
    change(gate, cell, facts, query);
    return query;
  };
  return item;
}

// Is one found? Past the bound what is left is told to be left.
bool Passing::ask(const Gate& gate, std::vector<Asked> all, Passed& passed) {
  std::vector<Item> items;
  std::vector<std::size_t> cells;
  for (const Asked& asked : all) {
    Item made = item(gate, asked);
    if (!kinds_.contains(made.key) && kinds_.size() >= room_.options.bounds.pairs_max) {
      passed.bound = std::to_string(room_.options.bounds.pairs_max) + " kinds of pairs (`pairs_max`)";
      passed.left.insert(gate.alike.begin(), gate.alike.end());
      passed.left.insert(cells_.name(asked.cell));
      continue;
    }
    kinds_.insert(made.key);
    items.push_back(std::move(made));
    cells.push_back(asked.cell);
  }
  const std::vector<AnswerPtr> answers = asker_.ask(items);
  bool found = false;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    found |= answers[i]->verdict == prover::Verdict::found;
    if (answers[i]->verdict == prover::Verdict::none) continue;
    auto documents = cells_.documents(cells[i]);
    if (gate.endpoint->policy) documents.push_back(gate.endpoint->policy->document.get());
    passed.all.push_back({cells[i], gate.alike, answers[i], std::move(documents)});
  }
  return found;
}

void Passing::ask_until_found(const Gate& gate, const std::vector<Asked>& all, Passed& passed) {
  constexpr std::size_t growth = 8;
  for (std::size_t begin = 0, count = 1; begin < all.size(); begin += count, count *= growth) {
    const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(begin + count, all.size()));
    if (ask(gate, {all.begin() + static_cast<std::ptrdiff_t>(begin), end}, passed) || !passed.bound.empty()) return;
  }
}

Passed Passing::run(const std::vector<bool>& leaks_around) {
  Passed passed;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    Exceptions own = cells_.exceptions(i);
    if (!is_open(i) && !is_mine_alone(own)) continue;
    concerned_.push_back(i);
    own_[i] = std::move(own);
  }
  if (concerned_.empty()) return passed;
  const std::vector<Gate> gates = find_gates();
  for (const Gate& gate : gates) {
    std::vector<Asked> needed, for_the_endpoint;
    for (const std::size_t cell : concerned_) {
      if (!leads_to(gate, cell)) continue;
      const Exceptions& own = own_[cell];
      // A request through a gate that is proved is covered by an exception of the endpoint's row.
      if (is_open(cell) && !(gate.proved && std::ranges::includes(own, excepted_)))
        (leaks_around[cell] ? for_the_endpoint : needed).push_back({cell, &own});
      if (!gate.proved && is_mine_alone(own)) needed.push_back({cell, &excepted_});
    }
    if (!ask(gate, std::move(needed), passed)) ask_until_found(gate, for_the_endpoint, passed);
  }
  return passed;
}

}  // namespace

std::vector<const Facts*> facts_of_cell(const Room& room, const Cells& cells, std::size_t cell) {
  const estate::Estate& estate = room.mine.estate();
  std::vector<const Facts*> all;
  const auto add = [&](const authz::Named& named) { all.push_back(&room.words.of(named.document)); };
  const auto add_levels = [&](const auto& levels) {
    for (const authz::Level& level : levels) std::ranges::for_each(level.policies, add);
  };
  const Objective objective = cells.objective();
  if (objective == Objective::identity_resources || objective == Objective::identity_networks) {
    const authz::Layers layers = estate::layers_of(estate, room.mine.principals()[cell].caller.principal, nullptr);
    std::ranges::for_each(layers.identity, add);
    if (layers.boundary != nullptr) add(*layers.boundary);
    add_levels(layers.scps);
    return all;
  }
  if (objective == Objective::trust) {
    const estate::Principal* role = estate.principal(cells.name(cell));
    if (role != nullptr && role->trust) add(*role->trust);
  } else {
    const estate::Resource* resource = estate.resources.find(cells.name(cell));
    if (resource != nullptr && resource->policy) add(*resource->policy);
  }
  if (const estate::Account* owner = estate.account(cells.account(cell))) add_levels(owner->rcps);
  return all;
}

std::vector<Way> ways_abroad(const Mine& mine) {
  std::vector<Way> ways(1);
  if (mine.perimeter().networks.estate_vpcs) return ways;
  mine.estate().endpoints.for_each([&](const estate::Endpoint& endpoint) {
    ways.front().around.push_back(endpoint.id);
    ways.push_back({&endpoint, {}});
  });
  return ways;
}

prover::Constraint of_other_organizations(const Mine& mine, const std::vector<prover::Caller>& callers) {
  std::vector<std::string> accounts;
  for (const prover::Caller& caller : callers) {
    const std::string& account = caller.principal.account;
    const bool known = mine.estate().account(account) != nullptr || std::ranges::find(accounts, account) != accounts.end();
    if (is_account(account) && !known) accounts.push_back(account);
  }
  auto theirs = prover::condition("StringEquals", "aws:PrincipalAccount", std::move(accounts));
  if (!mine.estate().organization || !theirs) return prover::all_of({});
  return prover::any_of({prover::none_of({*std::move(theirs)}), Limits::foreign_principal(mine)});
}

namespace {

// Where outsiders are asked, those whom an endpoint's policy names as well; and no service, which does not come through one.
void add_outsiders(const Room& room, const std::vector<const Facts*>& facts, prover::Universe& universe) {
  const auto is_service = [](const prover::Caller& caller) { return caller.principal.type == policy::Principal::Type::service; };
  const auto is_mine = [&](const prover::Caller& caller) { return room.mine.has(caller.principal.account); };
  std::erase_if(universe.callers, is_service);
  if (std::ranges::all_of(universe.callers, is_mine)) return;
  bool canonical = false;
  std::vector<prover::Caller> more = outsiders(room.mine, room.words, facts, Kinds::all, &canonical);
  std::erase_if(more, [&](const prover::Caller& caller) {
    return is_service(caller) || std::ranges::any_of(universe.callers, [&](const prover::Caller& other) {
             return other.principal.type == caller.principal.type && other.principal.arn == caller.principal.arn &&
                    other.principal.provider == caller.principal.provider;
           });
  });
  universe.where = prover::all_of({std::move(universe.where), settle_names(room.words, facts, more), of_other_organizations(room.mine, more)});
  std::ranges::move(more, std::back_inserter(universe.callers));
}

}  // namespace

std::string said_of(const Room& room, const Way& way) {
  std::string said;
  for (const std::string& id : way.around) said += "\naround " + id;
  if (way.endpoint == nullptr) return said;
  const estate::Endpoint& endpoint = *way.endpoint;
  said += "\nthrough " + endpoint.service + (endpoint.aws ? " " : " of no service of AWS's ");
  if (endpoint.policy) said += std::to_string(room.words.of(endpoint.policy->document).id);
  const Surroundings around = surroundings_of(room.mine, endpoint);
  for (const auto& entry : around.keys.entries()) {
    said += "\n" + entry.key + "=";
    for (const std::string& value : entry.values) said += value + ",";
  }
  for (const std::string& key : around.absent) said += "\nno " + key;
  return said;
}

void go(const Room& room, const Way& way, std::vector<const Facts*> facts, prover::Query& query) {
  if (way.endpoint != nullptr) {
    if (way.endpoint->policy) facts.push_back(&room.words.of(way.endpoint->policy->document));
    add_outsiders(room, facts, query.universe);
    come_through(room, *way.endpoint, facts, query);
  } else if (!way.around.empty()) {
    if (auto through = prover::condition("StringEquals", "aws:SourceVpce", way.around))
      query.universe.where = prover::all_of({std::move(query.universe.where), prover::none_of({*std::move(through)})});
  }
}

Passed ask_through(const Room& room, Asker& asker, const AnsweredRows& rows, Objective objective, const std::vector<bool>& leaks_around) {
  return Passing(room, asker, rows, objective).run(leaks_around);
}

}  // namespace ringwall::prove::detail
