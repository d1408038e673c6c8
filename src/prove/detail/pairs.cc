// One of mine on a resource of mine from an unexpected network: only those pairs are asked of which
// both leak by themselves, and of pairs that no policy can tell apart only one.

#include <set>
#include <unordered_set>

#include "prove/detail/whole.h"

namespace ringwall::prove::detail {
namespace {

// Resources of one account that are one question.
struct Thing {
  std::size_t cell = 0;
  const estate::Resource* resource = nullptr;
  std::string key;
  std::vector<const Facts*> facts;
  std::shared_ptr<const Mentions> asks;  // of whoever calls
  const Where* where = nullptr;
};

std::vector<Thing> open_things(const Room& room, const Answered& row) {
  std::vector<Thing> things;
  std::set<std::pair<std::string, std::string>> seen;
  for (std::size_t i = 0; i < row.cells->size(); ++i) {
    if (row.outcomes[i].verdict == Verdict::proved) continue;
    const estate::Resource* resource = room.mine.estate().resources.find(row.cells->name(i));
    if (resource == nullptr) continue;
    const Scope scope{.excepted = row.cells->exceptions(i)};
    std::string key = row.cells->item(i, bit(Guard::resource) | bit(Guard::rcp), scope).key;
    if (!seen.emplace(key, resource->account).second) continue;
    std::vector<const Facts*> facts;
    if (resource->policy) facts.push_back(&room.words.of(resource->policy->document));
    if (const estate::Account* owner = room.mine.estate().account(resource->account)) {
      for (const authz::Level& level : owner->rcps) {
        for (const authz::Named& named : level.policies)
          facts.push_back(&room.words.of(named.document));
      }
    }
    auto asks = std::make_shared<const Mentions>(mentions_of(room.words, facts));
    things.push_back({i, resource, std::move(key), std::move(facts), std::move(asks),
                      &room.limits.where(Objective::resource_networks, scope)});
  }
  return things;
}

// The principal's question, with the resource's layers beside its own.
void join(const Room& room, const Thing& thing, Lists lists, prover::Query& query) {
  const estate::Resource& resource = *thing.resource;
  const estate::Account* owner = room.mine.estate().account(resource.account);
  authz::Layers& layers = *query.allowing.front().layers;
  layers.resource = resource.policy ? &*resource.policy : nullptr;
  layers.resource_kind = resource.kind;
  if (owner != nullptr) layers.rcps = {owner->rcps.data(), owner->rcps.size()};
  query.universe.owners = {{prover::Owner::Kind::account, {resource.account}}};
  query.universe.keys.merge(owned_by(room.mine, resource.account).keys);
  query.universe.actions = prover::Actions::on_resources;
  query.classes_max = std::max<std::size_t>(room.options.classes_max, 1);
  std::vector<prover::Constraint> parts{query.universe.where,
                                        room.limits.constraint(*thing.where, lists, thing.facts)};
  for (prover::Constraint& part : asked_of(resource.arn)) parts.push_back(std::move(part));
  query.universe.where = prover::all_of(std::move(parts));
}

}  // namespace

Paired ask_pairs(const Room& room, Asker& asker, const AnsweredRows& rows,
                 const std::vector<std::size_t>& people) {
  Paired paired;
  if (people.empty()) return paired;
  const Answered& row = rows.at(Objective::identity_networks);
  const Answered& resources = rows.at(Objective::resource_networks);
  const std::vector<Thing> things = open_things(room, resources);
  std::vector<Item> items;
  std::unordered_set<std::string> distinct;
  const Bounds& bounds = room.options.bounds;
  for (std::size_t i = 0; i < people.size(); ++i) {
    const std::size_t person = people[i];
    const std::size_t asked = items.size();
    if ((i + 1) * things.size() > bounds.pair_looks_max)
      paired.bound = std::to_string(bounds.pair_looks_max) + " pairs (`pair_looks_max`)";
    const Own& own = room.mine.principals()[person];
    const Item alone = row.cells->item(person, bit(Guard::identity) | bit(Guard::scp),
                                       {.excepted = row.cells->exceptions(person)});
    for (const Thing& thing : things) {
      if (!paired.bound.empty()) break;
      const bool at_home = own.principal->account == thing.resource->account;
      Item item{alone.key + "\n" + thing.key + (at_home ? "\nhome " : "\nfar ") +
                    signature(*thing.asks, own.caller, {}),
                alone.subject,
                [&room, &thing, make = alone.query](Lists lists) {
                  prover::Query query = make(lists);
                  join(room, thing, lists, query);
                  return query;
                },
                alone.networks};
      distinct.insert(item.key);
      items.push_back(std::move(item));
      paired.pairs.push_back({person, nullptr, row.cells->documents(person)});
      for (const policy::Document* document : resources.cells->documents(thing.cell))
        paired.pairs.back().documents.push_back(document);
    }
    if (distinct.size() > bounds.pairs_max)
      paired.bound = std::to_string(bounds.pairs_max) + " kinds of pairs (`pairs_max`)";
    if (paired.bound.empty()) continue;
    items.resize(asked);
    paired.pairs.resize(asked);
    paired.not_asked.assign(people.begin() + static_cast<std::ptrdiff_t>(i), people.end());
    break;
  }
  const std::vector<AnswerPtr> answers = asker.ask(items);
  for (std::size_t i = 0; i < answers.size(); ++i) paired.pairs[i].answer = answers[i];
  return paired;
}

}  // namespace ringwall::prove::detail
