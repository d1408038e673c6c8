#pragma once
// Where a proof and exhaustion differ about a small world, and the smallest world that still does.

#include <algorithm>
#include <cstdio>
#include <functional>

#include "prover/compare.h"
#include "prove/prove.h"
#include "prove/testing_oracle.h"

namespace ringwall::prove::testing::worlds {

struct Disagreement {
  Objective row;
  std::string subject;
  bool leaks = false;     // says exhaustion
  Verdict verdict = {};   // says the proof
  std::size_t request = 0;  // a leaking one, if it leaks
  std::string witness = {};  // the proof's, if it found one
  std::string impossible = {};  // why nobody could have made it
};

// What a difference is about, in few words: row, and which way.
inline std::string kind_of(const Disagreement& difference) {
  if (!difference.impossible.empty()) return std::string(perimeter::name_of(difference.row)) + ": a witness with " + difference.impossible;
  return std::string(perimeter::name_of(difference.row)) + (difference.leaks ? ": wrongly proved" : ": false leak");
}

struct Compared {
  std::vector<Disagreement> differences;
  std::size_t cells = 0, leaking = 0, inconclusive = 0;
  std::size_t doubtful = 0;  // either verdict is right
  std::map<std::string, std::size_t> undecided;  // by reason
};

// The account that an ARN spells out; empty: none.
inline std::string account_of(std::string_view arn) {
  for (int part = 0; part < 4; ++part) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return std::string(arn.substr(0, arn.find(':')));
}

// Why nobody could have made a witness, in plain code that shares nothing with the prover's axioms; empty: somebody could.
inline std::string impossible(const policy::Request& request, const World& world) {
  const auto value = [&](const char* key) {
    const std::vector<std::string>* values = request.context.find(key);
    return values == nullptr || values->empty() ? std::string() : values->front();
  };
  const auto contradicts = [](const std::string& account, const std::string& org) {
    return !org.empty() && (account == home || account == sister) != (org == my_org);
  };
  const policy::Principal& who = request.principal;
  const bool service = who.type == policy::Principal::Type::service;
  const std::string owner = value("aws:ResourceAccount"), source = value("aws:SourceAccount"), arn = value("aws:SourceArn");
  if (contradicts(who.account, value("aws:PrincipalOrgID"))) return "a caller's account and its organisation";
  if (contradicts(owner, value("aws:ResourceOrgID"))) return "a resource's account and its organisation";
  if (owner.empty() && !value("aws:ResourceOrgID").empty()) return "a resource's organisation without its account";
  if (!owner.empty() && !request.resource_account.empty() && owner != request.resource_account) return "two owners of a resource";
  const std::string named = account_of(request.resource);
  if (!named.empty() && !owner.empty() && owner != named) return "an owner who is not the one of the ARN";
  const bool is_listed = request.resource == bucket_arn || request.resource.starts_with(std::string(bucket_arn) + "/");
  if (world.bucket.there && is_listed && !owner.empty() && owner != home) return "somebody else's bucket of the listed one's name";
  const std::string ip = value("aws:SourceIp"), vpc = value("aws:SourceVpc"), vpce = value("aws:SourceVpce");
  if (!vpce.empty() && vpc.empty()) return "an endpoint in no VPC";
  if (!ip.empty() && !vpc.empty()) return "a public address out of a VPC";
  if (ip.empty() && vpc.empty() && value("aws:ViaAWSService") == "false" && !service) return "from nowhere";
  if (!service && !(source + arn + value("aws:SourceOrgID")).empty()) return "acts for somebody and is no service";
  if (source.empty() && !value("aws:SourceOrgID").empty()) return "a source's organisation without its account";
  if (contradicts(source, value("aws:SourceOrgID"))) return "a source's account and its organisation";
  const std::string of_source = account_of(arn);
  if (!of_source.empty() && !source.empty() && of_source != source) return "two accounts of a source";
  const bool by_token = who.type == policy::Principal::Type::federated && who.account.empty();
  if (request.action.starts_with("sts:AssumeRoleWith") != by_token && request.action.starts_with("sts:AssumeRole")) return "a signed token";
  return {};
}

inline Compared compared(const Report& report, const World& world, const Oracle& oracle) {
  Compared all;
  for (const Leak& leak : report.leaks) {
    std::string why = impossible(leak.finding.request, world);
    if (!why.empty()) all.differences.push_back({leak.objective, leak.subjects.front(), false, Verdict::leak, 0, written(leak.finding.request), std::move(why)});
  }
  for (const Row& row : report.rows) {
    for (const CellOf& cell : row.cells) {
      Bits leaking = oracle.cell(row.objective, cell.subject);
      const bool leaks = leaking.any();
      ++all.cells;
      all.leaking += leaks ? 1 : 0;
      if (cell.verdict == Verdict::inconclusive) {
        ++all.inconclusive;
        for (const std::string& why : cell.undecided) ++all.undecided[why];
        continue;
      }
      if (leaks && !leaking.minus(oracle.doubtful()).any()) {  // nobody can make those
        ++all.doubtful;
        continue;
      }
      if (leaks == (cell.verdict == Verdict::leak)) continue;
      Disagreement difference{row.objective, cell.subject, leaks, cell.verdict};
      if (leaks) difference.request = leaking.first();
      if (!cell.leaks.empty()) difference.witness = written(report.leaks[cell.leaks.front()].finding.request);
      all.differences.push_back(std::move(difference));
    }
  }
  return all;
}

inline constexpr std::uint64_t proofs_kept = 50'000;  // worlds draw from one alphabet, so answers return

inline Options proof_options() {
  Options options;
  options.one_region = true;  // the universe has one
  options.today = "2026-01-01";
  options.depth = false;
  options.threads = 1;
  options.classes_max = 1;
  options.every_action = false;
  return options;
}

inline Compared compare(const World& world, Alphabet& alphabet, const Sets& sets, const std::shared_ptr<Memory>& memory = nullptr) {
  const loaders::Loaded loaded = Maker(world, alphabet).make();
  const perimeter::Perimeter file = perimeter_of(world, second_of(alphabet));
  const Options options = proof_options();
  const Report report = prove(loaded, file, options, memory);
  return compared(report, world, Oracle(world, alphabet, sets));
}

// ----- the other questions ---------------------------------------------------------------------

// Who may do this? What is missing from the answer, or too much in it; empty: it says what exhaustion says.
inline std::string who_differs(const loaders::Loaded& loaded, const Oracle& oracle, const Spot& spot) {
  const Sets& sets = oracle.sets();
  const auto is_asked = [&](const Spot& one) { return one.action == spot.action && one.resource == spot.resource && !one.is_foreign() && !one.unsaid; };
  // Of a namesake the estate knows nothing, and a spot may stand for others that nothing tells from it.
  if (spot.namesake || std::ranges::none_of(sets.universe.spots(), is_asked)) return {};
  const Bits asked = sets.universe.where([&](const Who&, const Spot& one, const Place&) { return is_asked(one); }) & oracle.allowed_around_endpoints();
  const auto answer = who_can(loaded, spot.action, spot.resource, proof_options());
  if (!answer) return answer.error().message;
  std::vector<std::pair<std::string, const Bits*>> people_of;
  for (std::size_t i = 0; i < people; ++i) people_of.emplace_back(worlds::arn_of(static_cast<People>(i)), &sets.of_person[i]);
  people_of.emplace_back("anonymous", &sets.of_anonymous);
  people_of.emplace_back("any account", &sets.of_stranger);
  people_of.emplace_back(provider_arn(), &sets.of_token);
  for (const auto& [name, theirs] : people_of) {
    const bool may = asked.meets(*theirs);
    const bool told = std::ranges::find(answer->found, name, &Access::principal) != answer->found.end();
    // One provider stands for all that nobody speaks of.
    const bool is_nameless = name == provider_arn() && std::ranges::any_of(answer->found, [](const Access& one) { return one.principal.ends_with("/identity.example"); });
    if (may && !told && !is_nameless) return "who-can misses " + name + " with " + written(sets.universe.request((asked & *theirs).first()));
    if (told && !may && answer->undecided.empty()) return "who-can tells of " + name + ", who may not " + spot.action + " " + spot.resource;
  }
  return {};
}

// What may one of mine do on what has a policy, and may it do anything at all? As who_differs.
inline std::string what_differs(const loaders::Loaded& loaded, const World& world, const Oracle& oracle, People person) {
  if (!world.persons[static_cast<std::size_t>(person)].there) return {};
  const Sets& sets = oracle.sets();
  const std::string arn = worlds::arn_of(person);
  const auto answer = what_can(loaded, arn, proof_options());
  if (!answer) return answer.error().message;
  const Bits may = oracle.allowed_around_endpoints() & sets.of_person[static_cast<std::size_t>(person)];
  for (const auto& [resource, thing] : {std::pair(&world.bucket, Thing::bucket), std::pair(&world.second, Thing::second)}) {
    if (!resource->there || !resource->policy) continue;
    const std::string name = worlds::arn_of(thing, sets.universe.second());
    const Bits there = may & sets.on[static_cast<std::size_t>(thing)];
    const std::string own = (thing == Thing::bucket ? std::string("s3") : service_of(sets.universe.second())) + ":";  // others' actions consult no policy of it
    const bool told = std::ranges::any_of(answer->found, [&](const Access& access) {
      return access.finding.request.resource.starts_with(name) && access.finding.request.action.starts_with(own);
    });
    if (there.any() && !told) return "what-can misses " + written(sets.universe.request(there.first()));
    if (told && !there.any() && answer->undecided.empty()) return "what-can tells of " + name + ", on which " + arn + " may do nothing";
  }
  // Where no resource is named, the question takes the account's keys to be said, too.
  const Bits nowhere = sets.universe.where([](const Who&, const Spot& spot, const Place&) { return !spot.is_on_a_resource(); });
  if ((may - sets.unsaid - nowhere - sets.foreign - oracle.not_there()).any() && answer->found.empty()) return "what-can misses all of " + arn;
  return {};
}

// Is something allowed after a change that was not before, and `diff` says that there is nothing?
inline std::string change_differs(const loaders::Loaded& before, const Oracle& was, const loaders::Loaded& after, const Oracle& is) {
  // Requests that both worlds have: a bucket that goes from the one leaves its name to others.
  // Nor does anybody come through an endpoint that is gone.
  Bits fresh = (is.allowed() & was.requests()) - was.allowed() - is.doubtful() - was.doubtful() - is.sets().unsaid;
  // Where no resource is named, the question takes the account's keys to be said, too.
  fresh.minus(is.sets().universe.where([](const Who&, const Spot& spot, const Place&) { return !spot.is_on_a_resource(); }));
  fresh = fresh - is.not_there() - was.not_there();  // one that the estate does not list any more leaves its name to others
  if (after.estate->endpoints.size() < before.estate->endpoints.size()) fresh.minus(is.sets().from_my_endpoint);
  const prove::Difference told = difference(before, after, proof_options());
  if (!fresh.any() || !told.newly_allowed.empty() || !told.undecided.empty()) return {};
  return "diff misses " + written(is.sets().universe.request(fresh.first()));
}

// Does the one document allow no more than the other? The prover's own witness is asked of the plain evaluator.
inline std::string comparison_differs(prover::Prover& prover, const Written& a, const Written& b, const Sets& sets) {
  const Bits more = ((a.says.allow - a.says.deny) - (b.says.allow - b.says.deny)) & sets.of_account;  // no others have identity policies
  const prover::Comparison told = prover::compare(prover, a.document, b.document, 1);
  using Verdict = prover::Comparison::Verdict;
  if (told.verdict == Verdict::subset && more.any())
    return "compare misses " + written(sets.universe.request(more.first())) + "\n  " + a.document->source() + "\n  " + b.document->source();
  if (told.verdict != Verdict::not_subset) return {};
  const auto allows = [&](const policy::DocumentPtr& document) {
    const policy::plain::Policy plain(*document);
    bool allowed = false;
    for (std::size_t i = 0; i < plain.statements(); ++i) {
      if (plain.match(i, told.violations.front().request) != policy::Mismatch::none) continue;
      if (plain.syntax().statements[i].effect == policy::Effect::deny) return false;
      allowed = true;
    }
    return allowed;
  };
  if (allows(a.document) && !allows(b.document)) return {};
  return "compare tells of " + written(told.violations.front().request) + "\n  " + a.document->source() + "\n  " + b.document->source();
}

// The world with one of its documents drawn anew.
inline World changed(const World& world, const World& other, Choices& choices) {
  World after = world;
  switch (choices.below(7)) {
    case 0:
      after.persons[0].identity = other.persons[0].there && world.persons[0].there ? other.persons[0].identity : world.persons[0].identity;
      break;
    case 1:
      after.bucket = other.bucket;
      break;
    case 2:
      after.second = other.second;
      break;
    case 3:
      after.app_trust = other.app_trust;
      break;
    case 4:
      after.root_scps = other.root_scps;
      break;
    case 5:
      after.root_rcps = other.root_rcps;
      break;
    default:
      after.gate = other.gate;
      break;
  }
  return after;
}

// ----- shrinking -------------------------------------------------------------------------------

// Takes parts away one by one while `still` holds of what is left.
class Shrinker {
 public:
  Shrinker(World world, std::function<bool(const World&)> still) : world_(std::move(world)), still_(std::move(still)) {}

  World run() {
    while (round()) {
    }
    return world_;
  }

 private:
  bool keep(World smaller) {
    if (!still_(smaller)) return false;
    world_ = std::move(smaller);
    return true;
  }
  template <typename Change>
  bool without(Change&& change) {
    World smaller = world_;
    change(smaller);
    return keep(std::move(smaller));
  }

  // Every list of letters of a world.
  static std::vector<Letters*> lists(World& world) {
    std::vector<Letters*> all;
    for (Person& person : world.persons) {
      if (!person.there) continue;
      all.push_back(&person.identity);
      if (person.boundary) all.push_back(&*person.boundary);
    }
    all.push_back(&world.app_trust);
    all.push_back(&world.job_trust);
    for (auto* levels : {&world.root_scps, &world.home_scps, &world.root_rcps, &world.home_rcps}) {
      for (Letters& letters : *levels) all.push_back(&letters);
    }
    for (std::optional<Letters>* policy : {&world.bucket.policy, &world.second.policy, &world.gate.policy}) {
      if (*policy) all.push_back(&**policy);
    }
    return all;
  }

  bool round() {
    bool smaller = false;
    for (std::size_t i = 0; i < people; ++i) {
      if (world_.persons[i].there) smaller |= without([i](World& world) { world.persons[i] = {}; });
      if (world_.persons[i].boundary) smaller |= without([i](World& world) { world.persons[i].boundary.reset(); });
    }
    if (world_.bucket.there) smaller |= without([](World& world) { world.bucket = {}; });
    if (world_.second.there) smaller |= without([](World& world) { world.second = {}; });
    if (world_.gate.there) smaller |= without([](World& world) { world.gate = {}; });
    for (auto levels : {&World::root_scps, &World::home_scps, &World::root_rcps, &World::home_rcps}) {
      if (world_.*levels != std::vector<Letters>{} && world_.*levels != std::vector<Letters>{{0}})
        smaller |= without([levels](World& world) { world.*levels = {{0}}; });
      for (std::size_t i = 0; i < (world_.*levels).size(); ++i) {
        if ((world_.*levels)[i] == Letters{0}) continue;
        smaller |= without([levels, i](World& world) { (world.*levels).erase((world.*levels).begin() + static_cast<std::ptrdiff_t>(i)); });
      }
    }
    for (auto level : {&World::home_scps, &World::home_rcps}) {
      if (!(world_.*level).empty()) smaller |= without([level](World& world) { (world.*level).clear(); });
    }
    for (std::size_t i = 0; i < lists(world_).size(); ++i) smaller |= shorten(i);
    for (std::size_t i = 0; i < world_.excuses.size(); ++i)
      smaller |= without([i](World& world) { world.excuses.erase(world.excuses.begin() + static_cast<std::ptrdiff_t>(i)); });
    for (auto flag : {&World::home_is_management, &World::trusts_partner, &World::declares_cloudtrail, &World::only_puts, &World::owns_theirs,
                      &World::anonymous_get_object}) {
      if (world_.*flag) smaller |= without([flag](World& world) { world.*flag = false; });
    }
    if (!world_.estate_networks) smaller |= without([](World& world) { world.estate_networks = true; });
    return smaller;
  }
  bool shorten(std::size_t list) {
    bool smaller = false;
    for (std::size_t i = 0; i < lists(world_)[list]->size();) {
      if (lists(world_)[list]->size() < 2) break;
      const bool taken = without([list, i](World& world) {
        Letters& letters = *lists(world)[list];
        letters.erase(letters.begin() + static_cast<std::ptrdiff_t>(i));
      });
      smaller |= taken;
      if (!taken) ++i;
    }
    // A single statement that allows everything says least.
    if (lists(world_)[list]->size() == 1 && lists(world_)[list]->front() != 0)
      smaller |= without([list](World& world) { lists(world)[list]->front() = 0; });
    return smaller;
  }

  World world_;
  const std::function<bool(const World&)> still_;
};

// The smallest world found in which the same row differs in the same way, and what it says. Each is asked by itself: what
// comes of answers that are kept does not shrink, and says so.
inline std::string shrunk(const World& world, const Disagreement& difference, Alphabet& alphabet, const Sets& sets) {
  const auto same = [&](const World& one) -> std::optional<Disagreement> {
    for (const Disagreement& found : compare(one, alphabet, sets).differences) {
      if (kind_of(found) == kind_of(difference)) return found;
    }
    return std::nullopt;
  };
  if (!same(world)) return kind_of(difference) + " of " + difference.subject + ": only with answers that are kept from other worlds\n" + written(world, alphabet);
  const World smallest = Shrinker(world, [&](const World& one) { return same(one).has_value(); }).run();
  const Disagreement found = same(smallest).value_or(difference);
  std::string out = kind_of(found) + " of " + found.subject + "\n" + written(smallest, alphabet);
  if (found.leaks) out += "  let through: " + written(alphabet.request(found.request)) + "\n";
  if (!found.witness.empty()) out += "  the proof's witness: " + found.witness + "\n";
  return out;
}

}  // namespace ringwall::prove::testing::worlds
