#pragma once
// Worlds one after the other, each once, and all there are.
//
// Tiny ones say little: one principal, one resource, and up to three statements wherever statements can stand, in every choice of
// places and of the alphabet's statements for them. Composed ones put a few documents together in every way: up to three principals,
// two resources, an endpoint, guardrails. A principal and a resource meet again in thousands of those, so they cost little.

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <vector>

#include "prove/testing_worlds.h"

namespace ringwall::prove::testing::worlds {

// Where a statement may stand.
enum class Slot : std::uint8_t { identity, boundary, scp, home_scp, trust, policy, rcp, home_rcp, gate };
inline constexpr std::size_t slots = 9;
inline constexpr std::size_t statements_max = 3;

// What there is before anything is said.
struct Base {
  People person = People::app;
  bool second = false;     // the resource beside: the bucket, or else the other
  bool gate = false;       // an endpoint to it
  bool management = false;
};

class Tiny {
 public:
  // `file`: a world with the perimeter file's part.
  Tiny(const Alphabet& alphabet, const Base& base, const World& file) : alphabet_(alphabet), base_(base), file_(file) { find_places(); }

  // Every world in turn; false: there are no more.
  bool next(World& world) {
    do {
      if (!advance()) return false;
      world = made();
      // A key always has a policy.
    } while (base_.second && second_of(alphabet_) == Second::key && !world.second.policy);
    return true;
  }

 private:
  struct Place {
    Slot slot;
    std::size_t letter;
  };

  bool is_user() const { return base_.person == People::ann; }
  Sort sort_of(Slot slot) const {
    switch (slot) {
      case Slot::identity:
      case Slot::boundary:
        return Sort::identity;
      case Slot::scp:
      case Slot::home_scp:
        return Sort::scp;
      case Slot::trust:
        return Sort::trust;
      case Slot::policy:
        return base_.second ? Sort::second : Sort::bucket;
      case Slot::rcp:
      case Slot::home_rcp:
        return Sort::rcp;
      case Slot::gate:
        return Sort::endpoint;
    }
    return Sort::identity;
  }
  bool is_there(Slot slot) const {
    const bool at_home = base_.person != People::job;
    switch (slot) {
      case Slot::trust:
        return !is_user();
      case Slot::policy:
      case Slot::identity:
      case Slot::boundary:
      case Slot::scp:
      case Slot::rcp:
        return true;
      case Slot::home_scp:
        return at_home && !base_.management;
      case Slot::home_rcp:
        return !base_.management;
      case Slot::gate:
        return base_.gate;
    }
    return true;
  }
  void find_places() {
    for (std::size_t slot = 0; slot < slots; ++slot) {
      const auto where = static_cast<Slot>(slot);
      if (!is_there(where)) continue;
      for (std::size_t letter = 0; letter < alphabet_.letters(sort_of(where)); ++letter) {
        if (where != Slot::trust || letter != usual_trust) places_.push_back({where, letter});
      }
    }
  }
  // The next set of places, each once: numbers rise within one, and the lowest moves first.
  bool advance() {
    if (!started_) return started_ = true;  // nothing is said
    for (std::size_t i = 0; i < chosen_.size(); ++i) {
      if (chosen_[i] + 1 == (i + 1 < chosen_.size() ? chosen_[i + 1] : places_.size())) continue;
      ++chosen_[i];
      for (std::size_t below = 0; below < i; ++below) chosen_[below] = below;
      return true;
    }
    if (chosen_.size() == std::min(statements_max, places_.size())) return false;
    chosen_.push_back(0);
    for (std::size_t i = 0; i < chosen_.size(); ++i) chosen_[i] = i;
    return true;
  }
  World made() const {
    World world = file_;
    world.home_is_management = base_.management;
    Person& person = world.persons[static_cast<std::size_t>(base_.person)];
    person.there = true;
    world.app_trust = world.job_trust = {usual_trust};
    world.root_scps = world.root_rcps = {{0}};
    Resource& resource = base_.second ? world.second : world.bucket;
    resource.there = true;
    world.gate.there = base_.gate;
    world.gate.to_second = base_.second;
    for (const std::size_t at : chosen_) add(world, person, resource, places_[at]);
    return world;
  }
  static void add(World& world, Person& person, Resource& resource, const Place& place) {
    const auto beside_all = [&](std::vector<Letters>& level) {  // beside the policy that allows everything
      if (level.empty()) level.push_back({0});
      if (level.size() < 2) level.emplace_back();
      level[1].push_back(place.letter);
    };
    switch (place.slot) {
      case Slot::identity:
        return person.identity.push_back(place.letter);
      case Slot::boundary:
        if (!person.boundary) person.boundary.emplace();
        return person.boundary->push_back(place.letter);
      case Slot::scp:
        return beside_all(world.root_scps);
      case Slot::home_scp:
        return beside_all(world.home_scps);
      case Slot::trust:
        return (&person == &world.persons[0] ? world.app_trust : world.job_trust).push_back(place.letter);
      case Slot::policy:
        if (!resource.policy) resource.policy.emplace();
        return resource.policy->push_back(place.letter);
      case Slot::rcp:
        return beside_all(world.root_rcps);
      case Slot::home_rcp:
        return beside_all(world.home_rcps);
      case Slot::gate:
        if (!world.gate.policy) world.gate.policy.emplace();
        return world.gate.policy->push_back(place.letter);
    }
  }

  const Alphabet& alphabet_;
  const Base base_;
  const World& file_;
  std::vector<Place> places_;
  std::vector<std::size_t> chosen_;
  bool started_ = false;
};

// Every choice of a few documents of the pool.
class Composed {
 public:
  explicit Composed(Pool& pool, const Alphabet& alphabet) : pool_(pool), second_must_(second_of(alphabet) == Second::key), file_(pool.draw_file()) {
    file_.home_is_management = pool.one_in(6);
  }
  static constexpr std::size_t count() {
    std::size_t all = 1;
    for (const std::size_t choices : choices_) all *= choices;
    return all;
  }

  // Neighbours are far apart, so that a part of them is a sample of all. Null: nobody and nothing is in it.
  std::optional<World> world(std::size_t number) const {
    static_assert(std::gcd(stride, count()) == 1);
    std::size_t left = number * stride % count();
    auto take = [&left, at = std::size_t{0}]() mutable {
      const std::size_t choices = choices_[at++], taken = left % choices;
      left /= choices;
      return taken;
    };
    World made = file_;
    const std::size_t app = take(), boundary = take(), ann = take(), job = take(), bucket = take(), second = take(), scps = take(), rcps = take(), gate = take();
    const auto identity = [&](std::size_t n) { return pool_.document_at(Sort::identity, n); };
    if (app != 0) made.persons[0] = {true, identity(app - 1), {}};
    if (app != 0 && boundary != 0) made.persons[0].boundary = identity(12);
    if (ann != 0) made.persons[1] = {true, identity(app_choices - 2 + ann), {}};
    if (job != 0) made.persons[2] = {true, identity(13), {}};
    made.app_trust = pool_.document_at(Sort::trust, 0);
    made.job_trust = pool_.document_at(Sort::trust, 1);
    const auto put = [&](Resource& resource, std::size_t n, Sort sort) {  // absent, without a policy, with one
      resource.there = n != 0;
      if (n > 1) resource.policy = pool_.document_at(sort, n - 2);
    };
    put(made.bucket, bucket, Sort::bucket);
    put(made.second, second, Sort::second);
    made.root_scps = pool_.tree_at(Sort::scp, scps);
    made.root_rcps = pool_.tree_at(Sort::rcp, rcps);
    if (scps == 2) made.home_scps = pool_.tree_at(Sort::scp, 3);
    if (rcps == 2) made.home_rcps = pool_.tree_at(Sort::rcp, 3);
    if (gate != 0) made.gate = {true, gate == 2, pool_.document_at(Sort::endpoint, gate - 1)};
    const bool nothing = app == 0 && ann == 0 && job == 0 && bucket == 0 && second == 0;
    if (nothing || (second == 1 && second_must_)) return std::nullopt;  // a key always has a policy
    return made;
  }

 private:
  static constexpr std::size_t stride = 1'000'003, app_choices = 7;
  // The identities of app, ann and job, app's boundary, the bucket, the second resource, SCPs, RCPs, the endpoint.
  static constexpr std::array<std::size_t, 9> choices_ = {app_choices, 2, 5, 2, 6, 6, 3, 3, 3};

  Pool& pool_;
  const bool second_must_;
  World file_;
};

}  // namespace ringwall::prove::testing::worlds
