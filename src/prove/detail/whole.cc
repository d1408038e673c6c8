// The whole, put together from its parts.
//
// The perimeter is broken by a request that all layers which apply to it let through, while its
// principal, its resource or its network is not mine. Who is who splits such requests into four:
//
//  1. An outsider on a resource of mine. Of the layers, the outsider's own side is the outsider's to
//     write, so assume it open; SCPs of mine do not bind it. What is left, the resource's policy and
//     its RCPs, is what resource/principals asks; and for the roles of mine, which are resources
//     too, trust does.
//  2. One of mine on a foreign resource. The resource's side is its owner's to write, so assume it
//     open. What is left is identity/resources.
//     In both an endpoint's policy binds as well where the request comes through an endpoint of mine.
//     So what leaks is asked again: for requests around all endpoints, and through each kind of
//     endpoint, with its policy (through.cc).
//  3. One of mine, on a resource or a role of mine, from an unexpected network. SCPs and denials of both
//     sides bind. What must allow depends on how the resource's policy names the caller (pairs.cc), so
//     each principal whose SCPs let it be abroad is asked with all layers: on resources that have no
//     side of their own (of services whose resources have none, and of those of which the estate
//     lists no resource), and on each kind of resource that is open itself and may let it in.
//  4. An outsider on a foreign resource, through an endpoint of mine: what carries my data out by
//     someone else's key. Both sides are theirs, so only the endpoint's policy binds.
//
// An outsider on a foreign resource from elsewhere is none of my business.
//
// A request counts if it counts in one of the rows that ask about it: what one row excepts, another may
// still have to hold. And it is counted for every subject that it touches.

#include "prove/detail/whole.h"

#include <algorithm>
#include <set>

#include "base/check.h"

namespace ringwall::prove::detail {
namespace {

class Whole {
 public:
  Whole(const Room& room, Asker& asker, const AnsweredRows& rows, Leaks& leaks, Places& places)
      : room_(room), asker_(asker), rows_(rows), leaks_(leaks), places_(places), cells_(find_places()) {}

  Sequence<CellOf> run(Guards& resting) && {
    cross(Objective::resource_principals);
    cross(Objective::trust);
    excepted_outsiders();
    cross(Objective::identity_resources);
    excepted_resources();
    unexpected_networks();
    strangers_through_endpoints();
    if (room_.options.depth) {
      resting = resting_on(room_, asker_, rows_, people_, [this](const std::string& subject) {
        return cells_[place_of(subject)].verdict == Verdict::proved;
      });
    }
    for (const std::size_t place : excepted_) {
      std::vector<std::size_t>& exceptions = cells_.change(place).exceptions;
      std::ranges::sort(exceptions);
      exceptions.erase(std::ranges::unique(exceptions).begin(), exceptions.end());
    }
    return std::move(cells_).finish();
  }

 private:
  const Sequence<CellOf>& find_places();
  std::size_t place_of(const std::string& subject) const {
    std::size_t low = 0, high = cells_.size();
    while (low < high) {
      const std::size_t middle = low + (high - low) / 2;
      if (cells_[middle].subject < subject) low = middle + 1;
      else high = middle;
    }
    RW_CHECK(low < cells_.size() && cells_[low].subject == subject);  // INVARIANT: what is counted is of the estate
    return low;
  }
  std::size_t place_of(const Cells& row, std::size_t i) const { return places_among(row.listed())[row.place(i)]; }
  std::vector<std::size_t>& places_among(Listed listed) const {
    return listed == Listed::principals ? places_.principals : listed == Listed::resources ? places_.resources : places_.endpoints;
  }
  CellOf& cell_of(const std::string& subject) { return cells_.change(place_of(subject)); }
  CellOf& cell_of(const Cells& row, std::size_t i) { return cells_.change(place_of(row, i)); }
  static void worsen(CellOf& cell, Verdict verdict) {
    if (verdict == Verdict::leak || cell.verdict == Verdict::proved) cell.verdict = verdict;
  }
  void add_exceptions(const Cells& row, std::size_t i, const Outcome& outcome) {
    if (outcome.exceptions.empty()) return;
    std::vector<std::size_t>& exceptions = cell_of(row, i).exceptions;
    exceptions.insert(exceptions.end(), outcome.exceptions.begin(), outcome.exceptions.end());
    excepted_.push_back(place_of(row, i));
  }
  // What no question of the cell's can say, none of the whole's can.
  void add_undecided(const Cells& row, std::size_t i) {
    std::vector<std::string> reasons = row.undecided(i);
    if (reasons.empty()) return;
    CellOf& cell = cell_of(row, i);
    worsen(cell, Verdict::inconclusive);
    std::ranges::move(reasons, std::back_inserter(cell.undecided));
  }
  void take_over(CellOf& cell, const Answered& row, std::size_t i) {
    const Outcome& outcome = row.outcomes[i];
    worsen(cell, outcome.verdict);
    cell.leaks.insert(cell.leaks.end(), row.leaks[i].begin(), row.leaks[i].end());
    if (outcome.verdict != Verdict::proved)
      cell.undecided.insert(cell.undecided.end(), outcome.undecided.begin(),
                            outcome.undecided.end());
  }
  void cross(Objective objective);
  std::vector<bool> leaks_around(Objective objective);
  void excepted_outsiders();
  void excepted_resources();
  // Asks cells of a row from unexpected networks, by each way there is, and counts what is found. By cell: was nothing found?
  std::vector<bool> ask_abroad(const Answered& row, const std::vector<std::size_t>& cells, Guards kept,
                               const std::function<std::string(std::size_t)>& mark,
                               const std::function<void(std::size_t, prover::Query&)>& change);
  void unexpected_networks();
  std::vector<std::size_t> people_abroad() const;
  std::vector<bool> ask_unguarded(const std::vector<std::size_t>& people);
  void pairs(const std::vector<Person>& people);
  void strangers_through_endpoints();
  // Counts one joint answer for the cell; is it a leak?
  bool count(CellOf& cell, const std::string& account, const AnswerPtr& answer,
             const std::vector<const policy::Document*>& documents);


  const Room& room_;
  Asker& asker_;
  const AnsweredRows& rows_;
  Leaks& leaks_;
  Places& places_;
  Sequence<CellOf>::Editor cells_;  // by subject
  std::vector<std::size_t> excepted_;  // places of cells within exceptions, some more than once
  std::vector<Person> people_;  // who may come from an unexpected network
};

// One cell for every principal, resource and endpoint, whose rows are in the order of their names.
const Sequence<CellOf>& Whole::find_places() {
  if (!room_.mine.subjects_changed() && !places_.cells.empty()) return places_.cells;
  constexpr std::pair<Objective, Listed> rows[] = {
      {Objective::identity_resources, Listed::principals}, {Objective::resource_principals, Listed::resources}, {Objective::network_principals, Listed::endpoints}};
  std::vector<const std::string*> names;
  const auto name_at = [](const std::string* name) -> const std::string& { return *name; };
  for (const auto& [objective, listed] : rows) {
    const Cells& row = *rows_.at(objective).cells;
    const auto middle = static_cast<std::ptrdiff_t>(names.size());
    for (std::size_t i = 0; i < row.size(); ++i) names.push_back(&row.name(i));
    std::ranges::inplace_merge(names, names.begin() + middle, {}, name_at);
  }
  const auto same = [](const std::string* a, const std::string* b) { return *a == *b; };
  names.erase(std::ranges::unique(names, same).begin(), names.end());
  in_parallel(std::size(rows), room_.options.threads, [&](std::size_t which) {
    const Cells& row = *rows_.at(rows[which].first).cells;
    std::vector<std::size_t>& places = places_among(rows[which].second);
    places.resize(row.size());
    std::size_t at = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      while (*names[at] != row.name(i)) ++at;
      places[i] = at;
    }
  });
  std::vector<CellOf> cells(names.size());
  in_parallel(names.size(), room_.options.threads, [&](std::size_t i) {
    cells[i].subject = *names[i];
    cells[i].verdict = Verdict::proved;
  });
  return places_.cells = std::move(cells);
}

bool Whole::count(CellOf& cell, const std::string& account, const AnswerPtr& answer,
                  const std::vector<const policy::Document*>& documents) {
  if (answer->verdict == prover::Verdict::none) return false;
  cell.undecided.insert(cell.undecided.end(), answer->undecided.begin(), answer->undecided.end());
  if (answer->verdict == prover::Verdict::inconclusive) {
    worsen(cell, Verdict::inconclusive);
    return false;
  }
  worsen(cell, Verdict::leak);
  for (const std::size_t leak :
       leaks_.add(Objective::whole, cell.subject, account, answer, documents)) {
    if (std::ranges::find(cell.leaks, leak) == cell.leaks.end()) cell.leaks.push_back(leak);
  }
  return true;
}

constexpr Guards identity_side = bit(Guard::identity) | bit(Guard::scp);

std::size_t classes_max(const Room& room) {
  return std::max<std::size_t>(room.options.classes_max, 1);
}

constexpr Guards resource_side = bit(Guard::resource) | bit(Guard::rcp);

// The item of a cell, its question changed by `change` and its key by `mark`. What a change says of resources or callers holds
// for these very documents, whatever the cell's own question leaves out of them.
Item changed(const Cells& cells, std::size_t cell, Guards kept, std::string_view mark, std::size_t classes,
             std::function<void(prover::Query&)> change) {
  Item item = cells.item(cell, kept, {.excepted = cells.exceptions(cell)});
  item.key += "\nof " + item.documents + "\nwhole ";
  item.key += mark;
  item.query = [make = std::move(item.query), classes, change = std::move(change)](Lists lists) {
    prover::Query query = make(lists);
    query.classes_max = classes;
    change(query);
    return query;
  };
  return item;
}

void also(prover::Query& query, Result<prover::Constraint> constraint) {
  if (constraint) {
    query.universe.where =
        prover::all_of({std::move(query.universe.where), *std::move(constraint)});
  }
}

// Which cells of the row leak around all endpoints of the estate, where no endpoint's policy binds? Those take over the leaks of
// their row as they are.
std::vector<bool> Whole::leaks_around(Objective objective) {
  const Answered& row = rows_.at(objective);
  const auto& endpoints = room_.mine.estate().endpoints;
  const auto is_around = [&](const prover::Finding& finding) {
    const auto* through = finding.request.context.find("aws:SourceVpce");
    return finding.callable && (through == nullptr || through->empty() || endpoints.find(through->front()) == nullptr);
  };
  std::vector<bool> around(row.cells->size());
  std::vector<std::size_t> unclear;
  for (std::size_t i = 0; i < around.size(); ++i) {
    if (row.outcomes[i].verdict != Verdict::leak) continue;
    around[i] = endpoints.size() == 0 || std::ranges::any_of(row.outcomes[i].leak->findings, is_around);
    if (!around[i]) unclear.push_back(i);
  }
  Way around_all;
  if (!unclear.empty()) endpoints.for_each([&](const estate::Endpoint& endpoint) { around_all.around.push_back(endpoint.id); });
  const std::string mark = "around" + said_of(room_, around_all);
  Guards all = 0;
  for (const Guard guard : row.cells->guards()) all |= bit(guard);
  std::vector<Item> items;
  for (const std::size_t i : unclear) {
    items.push_back(changed(*row.cells, i, all, mark, classes_max(room_), [&around_all](prover::Query& query) {
      if (auto through = prover::condition("StringEquals", "aws:SourceVpce", around_all.around)) also(query, prover::none_of({*std::move(through)}));
    }));
  }
  const std::vector<AnswerPtr> answers = asker_.ask(items);
  for (std::size_t i = 0; i < unclear.size(); ++i) {
    around[unclear[i]] = answers[i]->verdict == prover::Verdict::found;
    if (!around[unclear[i]]) count(cell_of(*row.cells, unclear[i]), row.cells->account(unclear[i]), answers[i], {});
  }
  return around;
}

// Whoever crosses by this row, around the endpoints or through one.
void Whole::cross(Objective objective) {
  const Answered& row = rows_.at(objective);
  const std::vector<bool> around = leaks_around(objective);
  for (std::size_t i = 0; i < row.cells->size(); ++i) {
    add_exceptions(*row.cells, i, row.outcomes[i]);
    // Of a cell that is proved there is nothing that could not be said.
    if (row.outcomes[i].verdict == Verdict::proved) continue;
    CellOf& cell = cell_of(*row.cells, i);
    if (around[i] || row.outcomes[i].verdict == Verdict::inconclusive) take_over(cell, row, i);
    add_undecided(*row.cells, i);
  }
  if (room_.mine.estate().endpoints.size() == 0) return;
  const Passed passed = ask_through(room_, asker_, rows_, objective, around);
  for (const Passage& passage : passed.all) {
    count(cell_of(*row.cells, passage.cell), row.cells->account(passage.cell), passage.answer, passage.documents);
    for (const std::string& endpoint : passage.endpoints)
      count(cell_of(endpoint), room_.mine.estate().endpoints.find(endpoint)->account, passage.answer, passage.documents);
  }
  for (const std::string& subject : passed.left) {
    CellOf& cell = cell_of(subject);
    worsen(cell, Verdict::inconclusive);
    cell.undecided.push_back("endpoints, and what crosses through them, are more than " + passed.bound +
                             " and were not all asked: close one of the two sides first");
  }
}

// Resources with a side of their own are asked one by one, so far as the estate lists them. Actions of other services that
// name one consult no side of it.
prover::Constraint on_listed(const std::set<std::string, std::less<>>& services) {
  std::vector<prover::Constraint> parts;
  for (const std::string& service : services) {
    auto resources = prover::on_resources({"arn:*:" + service + ":*"});
    auto actions = prover::on_actions({service + ":*"});
    if (resources && actions) parts.push_back(prover::all_of({*std::move(resources), *std::move(actions)}));
  }
  return prover::any_of(std::move(parts));
}

// Outsiders who are excepted from resource/principals still come from some network, and so does whoever is of an
// account that is mine and not in the estate.
void Whole::excepted_outsiders() {
  const Answered& who = rows_.at(Objective::resource_principals);
  const Answered& from_where = rows_.at(Objective::resource_networks);
  const bool somebody = !room_.mine.unlisted().empty();
  std::set<std::string> excepted;
  for (std::size_t i = 0; i < who.cells->size(); ++i) {
    if (!who.cells->exceptions(i).empty()) excepted.insert(who.cells->name(i));
  }
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < from_where.cells->size(); ++i) {
    const bool asked = somebody || excepted.contains(from_where.cells->name(i));
    if (asked && from_where.outcomes[i].verdict != Verdict::proved) open.push_back(i);
  }
  ask_abroad(from_where, open, resource_side, [](std::size_t) { return "outsiders"; }, [this](std::size_t, prover::Query& query) {
    std::erase_if(query.universe.callers, [this](const prover::Caller& caller) {
      return room_.mine.estate().account(caller.principal.account) != nullptr;
    });
    also(query, of_other_organizations(room_.mine, query.universe.callers));
  });
}

// So does one of mine on a foreign resource that is excepted, or AWS's own, or of an account of mine that the estate
// does not have.
void Whole::excepted_resources() {
  const Answered& row = rows_.at(Objective::identity_networks);
  const Cells& foreign = *rows_.at(Objective::identity_resources).cells;
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < row.cells->size(); ++i) {
    const bool excepted =
        !foreign.exceptions(i).empty() || !room_.mine.perimeter().aws_owned.empty() ||
        room_.mine.perimeter().aws_owned_defaults || !room_.mine.unlisted().empty();
    if (excepted && row.outcomes[i].verdict != Verdict::proved) open.push_back(i);
  }
  const auto buckets = [&](std::size_t i) { return buckets_of_mine(room_.mine, facts_of_cell(room_, *row.cells, i)); };
  const auto mark = [&](std::size_t i) {
    std::string text = "foreign";
    for (const std::string& bucket : buckets(i)) text += " " + bucket;
    return text;
  };
  ask_abroad(row, open, identity_side, mark, [&](std::size_t i, prover::Query& query) {
    also(query, on_none_of(buckets(i)));
    std::vector<std::string> listed = room_.mine.accounts();
    std::erase_if(listed, [this](const std::string& account) { return room_.mine.is_unlisted(account); });
    query.universe.owners = {{prover::Owner::Kind::others, std::move(listed)}};
    query.universe.actions = prover::Actions::on_resources;
    also(query, Limits::foreign_resource(room_.mine));
  });
}

std::vector<bool> Whole::ask_abroad(const Answered& row, const std::vector<std::size_t>& cells, Guards kept,
                                    const std::function<std::string(std::size_t)>& mark,
                                    const std::function<void(std::size_t, prover::Query&)>& change) {
  std::vector<bool> nothing(cells.size(), true);
  for (const Way& way : ways_abroad(room_.mine)) {
    std::vector<Item> items;
    for (const std::size_t i : cells) {
      std::string name = mark(i) + said_of(room_, way);
      if (way.endpoint != nullptr) name += " " + row.cells->name(i);
      items.push_back(changed(*row.cells, i, kept, name, classes_max(room_), [this, &row, &way, &change, i](prover::Query& query) {
        change(i, query);
        go(room_, way, facts_of_cell(room_, *row.cells, i), query);
      }));
    }
    const std::vector<AnswerPtr> answers = asker_.ask(items);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      nothing[i] = nothing[i] && answers[i]->verdict == prover::Verdict::none;
      if (answers[i]->verdict == prover::Verdict::none) continue;
      const auto documents = row.cells->documents(cells[i]);
      count(cell_of(*row.cells, cells[i]), row.cells->account(cells[i]), answers[i], documents);
      if (way.endpoint != nullptr) count(cell_of(way.endpoint->id), way.endpoint->account, answers[i], documents);
    }
  }
  return nothing;
}

// Whose SCPs let it come from an unexpected network, or are excepted where a resource's row may not be?
std::vector<std::size_t> Whole::people_abroad() const {
  const Answered& row = rows_.at(Objective::identity_networks);
  const std::vector<std::size_t> of_resources = room_.limits.of_endpoint(Objective::resource_networks);
  std::vector<std::size_t> people;
  for (std::size_t i = 0; i < row.cells->size(); ++i) {
    const bool held = (row.outcomes[i].held & bit(Guard::scp)) != 0;
    if (!held || !std::ranges::includes(of_resources, row.cells->exceptions(i))) people.push_back(i);
  }
  return people;
}

// Of resources that have no side of their own: does the identity's side let the principal use one?
std::vector<bool> Whole::ask_unguarded(const std::vector<std::size_t>& people) {
  const Answered& row = rows_.at(Objective::identity_networks);
  const auto& listed = room_.mine.services_with_a_side();
  // Listed buckets are of the accounts of which the estate says they are.
  const auto others_buckets = [&](std::size_t i) {
    std::vector<std::string> buckets = buckets_of_mine(room_.mine, facts_of_cell(room_, *row.cells, i));
    std::erase_if(buckets, [&](const std::string& bucket) { return room_.mine.estate().resources.find(bucket)->account == row.cells->account(i); });
    return buckets;
  };
  const auto mark = [&](std::size_t i) {
    const std::string& own = row.cells->account(i);
    std::string text = "unguarded " + own + " ";
    if (const estate::Account* account = room_.mine.estate().account(own)) {
      for (const authz::Level& level : account->rcps) {
        for (const authz::Named& named : level.policies)
          text += std::to_string(room_.words.of(named.document).id) + ",";
      }
    }
    for (const std::string& service : listed) text += service + ",";
    for (const std::string& bucket : others_buckets(i)) text += " " + bucket;
    return text;
  };
  return ask_abroad(row, people, identity_side, mark, [&](std::size_t i, prover::Query& query) {
    const std::string& own = row.cells->account(i);
    authz::Layers& layers = *query.allowing.front().layers;
    layers.resource = nullptr;
    if (const estate::Account* account = room_.mine.estate().account(own)) layers.rcps = {account->rcps.data(), account->rcps.size()};
    query.universe.owners = {{prover::Owner::Kind::account, {own}}};
    surround(query, owned_by(room_.mine, own));
    // A role has its trust policy, and is asked with it.
    auto roles = prover::on_resources({"arn:*:iam::*:role/*"});
    auto assuming = prover::on_actions({"sts:*"});
    if (roles && assuming) also(query, prover::none_of({prover::all_of({*std::move(roles), *std::move(assuming)})}));
    also(query, prover::none_of({on_listed(listed)}));
    also(query, on_none_of(others_buckets(i)));
  });
}

void Whole::unexpected_networks() {
  const Answered& row = rows_.at(Objective::identity_networks);
  for (std::size_t i = 0; i < row.cells->size(); ++i) {
    add_exceptions(*row.cells, i, row.outcomes[i]);
    if (row.outcomes[i].verdict == Verdict::inconclusive) take_over(cell_of(*row.cells, i), row, i);
  }
  std::vector<Person>& people = people_;
  std::vector<std::size_t> allowed;
  for (const std::size_t i : people_abroad()) {
    const bool open = row.outcomes[i].verdict != Verdict::proved;
    // Its row says nothing of what it alone excepts.
    const bool excepted = !row.cells->exceptions(i).empty();
    people.push_back({i, open || excepted, false});
    if (open) allowed.push_back(people.size() - 1);
  }
  std::vector<std::size_t> asked;
  for (const std::size_t at : allowed) asked.push_back(people[at].index);
  const std::vector<bool> nothing = ask_unguarded(asked);
  for (std::size_t i = 0; i < asked.size(); ++i) people[allowed[i]].allowed_unguarded = !nothing[i];
  pairs(people);
}

// Each is asked with every resource and role that it may use from there.
void Whole::pairs(const std::vector<Person>& people) {
  const Cells& cells = *rows_.at(Objective::identity_networks).cells;
  const Paired paired = ask_pairs(room_, asker_, rows_, people);
  for (const Pair& pair : paired.pairs) {
    if (pair.answer->verdict == prover::Verdict::none) continue;
    count(cell_of(cells, pair.person), cells.account(pair.person), pair.answer, pair.documents);
    count(cell_of(pair.thing), pair.account, pair.answer, pair.documents);
    if (pair.endpoint != nullptr) count(cell_of(pair.endpoint->id), pair.endpoint->account, pair.answer, pair.documents);
  }
  if (paired.bound.empty()) return;
  std::set<std::string> left = paired.things_left;
  for (const std::size_t person : paired.people_left) left.insert(cells.name(person));
  for (const std::string& subject : left) {
    CellOf& cell = cell_of(subject);
    worsen(cell, Verdict::inconclusive);
    cell.undecided.push_back("principals and resources that are both open to unexpected networks are more than " +
                             paired.bound + " and were not all asked: close one of the two sides first");
  }
}

// Outsiders on foreign resources, whom network/principals counts, or network/resources. There only the endpoint's policy binds.
void Whole::strangers_through_endpoints() {
  const Answered& principals = rows_.at(Objective::network_principals);
  const Answered& resources = rows_.at(Objective::network_resources);
  std::vector<std::size_t> open;
  std::vector<Item> items;
  for (std::size_t i = 0; i < principals.cells->size(); ++i) {
    add_exceptions(*principals.cells, i, principals.outcomes[i]);
    add_exceptions(*resources.cells, i, resources.outcomes[i]);
    add_undecided(*principals.cells, i);
    if (principals.outcomes[i].verdict != Verdict::proved) {
      open.push_back(i);
      std::vector<std::string> mine;
      const estate::Endpoint* endpoint = room_.mine.estate().endpoints.find(principals.cells->name(i));
      if (endpoint != nullptr && endpoint->policy) mine = buckets_of_mine(room_.mine, {&room_.words.of(endpoint->policy->document)});
      items.push_back(changed(*principals.cells, i, bit(Guard::endpoint), "foreign", classes_max(room_), [this, mine](prover::Query& query) {
        query.universe.owners = {{prover::Owner::Kind::others, room_.mine.accounts()}};
        query.universe.actions = prover::Actions::on_resources;
        also(query, Limits::foreign_resource(room_.mine));
        also(query, on_none_of(mine));
      }));
    }
    if (resources.outcomes[i].verdict != Verdict::proved) {
      open.push_back(i);
      items.push_back(changed(*resources.cells, i, bit(Guard::endpoint), "strangers", classes_max(room_), [this](prover::Query& query) {
        std::erase_if(query.universe.callers, [this](const prover::Caller& caller) {
          return room_.mine.estate().account(caller.principal.account) != nullptr;
        });
        also(query, of_other_organizations(room_.mine, query.universe.callers));
      }));
    }
  }
  const std::vector<AnswerPtr> answers = asker_.ask(items);
  for (std::size_t i = 0; i < open.size(); ++i) {
    if (answers[i]->verdict == prover::Verdict::none) continue;
    count(cell_of(*principals.cells, open[i]), principals.cells->account(open[i]), answers[i], principals.cells->documents(open[i]));
  }
}

}  // namespace

Sequence<CellOf> whole_cells(const Room& room, Asker& asker, const AnsweredRows& rows, Leaks& leaks, Places& places, Guards& resting) {
  return Whole(room, asker, rows, leaks, places).run(resting);
}

}  // namespace ringwall::prove::detail
