// The row `agents` asks the principals' own side, and takes it that the resource's allows everything. What that leaves out is
// what no side of the principal's ever allowed: a bucket, a key or a trust policy of its account that names it. That is decided by
// the denials of the principal's side, its SCPs and the resource's side together (docs/decisions 20).

#include "prove/detail/agents.h"

#include <algorithm>

namespace ringwall::prove::detail {
namespace {

struct Granting {
  const std::string* arn;
  const authz::Named* policy;
  authz::ResourceKind kind;
};
using ByAccount = std::map<std::string, std::vector<Granting>, std::less<>>;

ByAccount granting(const Mine& mine) {
  ByAccount all;
  mine.estate().resources.for_each([&](const estate::Resource& resource) {
    if (resource.policy) all[resource.account].push_back({&resource.arn, &*resource.policy, resource.kind});
  });
  for (const Own& own : mine.principals()) {
    const estate::Principal& role = *own.principal;
    if (role.trust) all[role.account].push_back({&role.arn, &*role.trust, authz::ResourceKind::trust});
  }
  return all;
}

struct Asked {
  std::size_t cell;
  Granting by;
  std::size_t exception = no_exception;  // whose use is asked for
};

class Grants {
 public:
  Grants(const Room& room, Answered& row) : room_(room), row_(row) {}
  void find();
  void ask(Asker& asker, Leaks& leaks);

 private:
  const Own& own(std::size_t cell) const { return room_.mine.principals()[cell]; }
  authz::Layers layers_of(const Asked& asked) const;
  std::vector<const policy::Document*> documents(const Asked& asked) const;
  Item item(const Asked& asked) const;
  void leave_open(std::size_t cell, std::string why);

  const Room& room_;
  Answered& row_;
  std::vector<Asked> asked_;
};

void Grants::leave_open(std::size_t cell, std::string why) {
  Outcome& outcome = row_.outcomes[cell];
  if (outcome.verdict == Verdict::proved) outcome.verdict = Verdict::inconclusive;
  outcome.undecided.push_back(std::move(why));
}

void Grants::find() {
  const ByAccount all = granting(room_.mine);
  const Bounds& bounds = room_.options.bounds;
  std::size_t looks = 0, pairs = 0;
  for (std::size_t cell = 0; cell < row_.outcomes.size(); ++cell) {
    const Outcome& outcome = row_.outcomes[cell];
    if (outcome.verdict == Verdict::leak || (outcome.held & bit(Guard::scp)) != 0) continue;
    const auto of_account = all.find(row_.cells->account(cell));
    if (of_account == all.end()) continue;
    for (const Granting& by : of_account->second) {
      if (++looks > bounds.pair_looks_max) {
        leave_open(cell, "what its account's resources grant it by name was not all looked at: there are more than " +
                             std::to_string(bounds.pair_looks_max) + " pairs (`pair_looks_max`)");
        break;
      }
      if (grant_of(own(cell), room_.words.of(by.policy->document), true) != Grant::direct) continue;
      if (++pairs > bounds.pairs_max) {
        leave_open(cell, "what its account's resources grant it by name was not all asked: there are more than " +
                             std::to_string(bounds.pairs_max) + " pairs (`pairs_max`)");
        break;
      }
      asked_.push_back({cell, by});
      for (const std::size_t exception : row_.cells->exceptions(cell)) asked_.push_back({cell, by, exception});
    }
  }
}

authz::Layers Grants::layers_of(const Asked& asked) const {
  authz::Layers layers = estate::layers_of(room_.mine.estate(), own(asked.cell).caller.principal, nullptr);
  layers.resource = asked.by.policy;
  layers.resource_kind = asked.by.kind;
  if (const estate::Account* owner = room_.mine.estate().account(row_.cells->account(asked.cell))) layers.rcps = {owner->rcps.data(), owner->rcps.size()};
  return layers;
}

std::vector<const policy::Document*> Grants::documents(const Asked& asked) const {
  const authz::Layers layers = layers_of(asked);
  std::vector<const policy::Document*> all;
  gather(layers.identity, all);
  if (layers.boundary != nullptr) all.push_back(layers.boundary->document.get());
  gather(layers.scps, all);
  all.push_back(layers.resource->document.get());
  gather(layers.rcps, all);
  return all;
}

Item Grants::item(const Asked& asked) const {
  const bool of_use = asked.exception != no_exception;
  const Scope scope = of_use ? Scope{.within = asked.exception} : Scope{.excepted = row_.cells->exceptions(asked.cell)};
  const Where& where = room_.limits.where(Objective::agents, scope);
  const std::string& account = row_.cells->account(asked.cell);
  const authz::Layers layers = layers_of(asked);
  Key key('A');
  key.add(where.name).add(row_.cells->name(asked.cell)).add(*asked.by.arn).add(static_cast<Id>(asked.by.kind));
  Bound bound(room_.words, key);
  bound.add(layers.identity);
  key.add("/");
  if (layers.boundary != nullptr) bound.add(*layers.boundary);
  key.add("/");
  bound.add(layers.scps);
  key.add("/");
  bound.add(*layers.resource);
  key.add("/");
  bound.add(layers.rcps);
  bound.note(*where.facts);
  const Surroundings surroundings = owned_by(room_.mine, account);
  for (const prover::Caller& one : callers_of(own(asked.cell), bound.facts())) key.add(signature(bound.mentions(), one, surroundings));
  const auto make = [this, asked, &where, layers, account, of_use, facts = bound.facts()](Lists lists) {
    prover::Query query;
    query.universe.callers = callers_of(own(asked.cell), facts);
    query.universe.owners = {{prover::Owner::Kind::account, {account}, room_.limits.beyond_reading()}};
    surround(query, owned_by(room_.mine, account));
    query.universe.actions = prover::Actions::on_resources;
    std::vector<prover::Constraint> parts = {room_.limits.constraint(where, lists, facts)};
    if (asked.by.kind == authz::ResourceKind::trust) {
      if (auto role = prover::on_resources({*asked.by.arn})) parts.push_back(*std::move(role));
      parts.push_back(assuming());
    } else {
      std::ranges::move(asked_of(*asked.by.arn), std::back_inserter(parts));
    }
    query.universe.where = prover::all_of(std::move(parts));
    query.allowing = {{.layers = layers}};
    query.classes_max = of_use ? 1 : std::max<std::size_t>(room_.options.classes_max, 1);
    query.every_action = !of_use;
    query.title = "agents " + row_.cells->name(asked.cell) + " on " + *asked.by.arn;
    return query;
  };
  return {std::move(key).finish(), row_.cells->name(asked.cell) + " " + *asked.by.arn, make, nullptr, {}, bound.documents()};
}

void Grants::ask(Asker& asker, Leaks& leaks) {
  std::vector<Item> items;
  items.reserve(asked_.size());
  for (const Asked& asked : asked_) items.push_back(item(asked));
  const std::vector<AnswerPtr> answers = asker.ask(items);
  for (std::size_t i = 0; i < asked_.size(); ++i) {
    const Asked& asked = asked_[i];
    const prover::Answer& answer = *answers[i];
    Outcome& outcome = row_.outcomes[asked.cell];
    if (asked.exception != no_exception) {
      const bool known = std::ranges::find(outcome.exceptions, asked.exception) != outcome.exceptions.end();
      if (answer.verdict == prover::Verdict::found && !known) outcome.exceptions.push_back(asked.exception);
      continue;
    }
    for (const std::string& why : answer.undecided) leave_open(asked.cell, why);
    if (answer.verdict != prover::Verdict::found) continue;
    outcome.verdict = Verdict::leak;
    outcome.held = 0;
    std::ranges::copy(leaks.add(Objective::agents, row_.cells->name(asked.cell), row_.cells->account(asked.cell), answers[i], documents(asked)),
                      std::back_inserter(row_.leaks[asked.cell]));
  }
  for (Outcome& outcome : row_.outcomes) std::ranges::sort(outcome.exceptions);
}

}  // namespace

void grant_to_agents(const Room& room, Asker& asker, Answered& row, Leaks& leaks) {
  Grants grants(room, row);
  grants.find();
  grants.ask(asker, leaks);
}

}  // namespace ringwall::prove::detail
