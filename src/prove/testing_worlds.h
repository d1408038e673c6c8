#pragma once
// Small worlds: an estate and a perimeter file made of few parts, drawn at random and written down.

#include <array>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "loaders/loaders.h"
#include "perimeter/perimeter.h"
#include "prove/testing_estate.h"
#include "prove/testing_statements.h"

namespace ringwall::prove::testing::worlds {

using perimeter::Objective;
using Letters = std::vector<std::size_t>;  // statements of a document, by number

struct Person {
  bool there = false;
  Letters identity;
  std::optional<Letters> boundary;
};

// Principals that an estate may list.
enum class People : std::uint8_t { app, ann, job };
inline constexpr std::size_t people = 3;
inline std::string arn_of(People person) {
  return person == People::app ? role_arn(home, "app") : person == People::ann ? user_arn(home, "ann") : role_arn(sister, "job");
}
inline std::string arn_of(Thing thing, Second second) {
  switch (thing) {
    case Thing::bucket:
      return bucket_arn;
    case Thing::second:
      return second_arn(second, home);
    case Thing::app_role:
      return role_arn(home, "app");
    case Thing::job_role:
      return role_arn(sister, "job");
    case Thing::none:
      break;
  }
  return {};
}

struct Resource {
  bool there = false;
  std::optional<Letters> policy;
};

struct Gate {  // an endpoint of mine
  bool there = false;
  bool to_second = false;  // else to S3
  std::optional<Letters> policy;
};

// Indices into lists that are short enough to say everything by.
struct Excuse {
  std::vector<Objective> rows;  // empty: all
  enum class Whom : std::uint8_t { anyone, the_app, the_partner, partner_role, anonymous, cloudtrail } whom = Whom::anyone;
  enum class What : std::uint8_t { anything, bucket, theirs, get_object, second } what = What::anything;
  enum class Whence : std::uint8_t { anywhere, unexpected_address, another_vpc } whence = Whence::anywhere;
};

struct World {
  bool home_is_management = false;
  bool trusts_partner = false;
  std::array<Person, people> persons;
  Letters app_trust, job_trust;
  // Of the root, and of the account `home`. FullAWSAccess is the letter 0.
  std::vector<Letters> root_scps, home_scps, root_rcps, home_rcps;
  Resource bucket, second;
  Gate gate;
  bool estate_networks = true;  // networks.estate_vpcs
  bool declares_cloudtrail = false, only_puts = false;
  bool owns_theirs = false;     // aws_owned names `theirs`
  bool anonymous_get_object = false;
  enum class Tokens : std::uint8_t { undeclared, of_acme, of_acme_for_sts } tokens = Tokens::undeclared;  // that are mine
  std::vector<Excuse> excuses;
};

inline Second second_of(const Alphabet& alphabet) { return alphabet.universe().second(); }

// ----- drawing ---------------------------------------------------------------------------------

// What worlds of one alphabet are put together from: some documents of each sort, some trees, some
// perimeter files. Worlds share them, so most questions of a proof were answered in another world:
// that makes millions of worlds possible, and whatever takes two questions for one by mistake shows.
class Pool {
 public:
  Pool(Choices& choices, const Alphabet& alphabet) : choices_(choices), alphabet_(alphabet) {
    for (std::size_t sort = 0; sort < sorts; ++sort) {
      for (std::size_t n = 0; n < documents_of_a_sort; ++n) documents_[sort].push_back(draw_letters(static_cast<Sort>(sort), 3, n % 3 == 0));
    }
    for (const Sort sort : {Sort::scp, Sort::rcp}) {
      for (std::size_t n = 0; n < trees_of_a_sort; ++n) (sort == Sort::scp ? scps_ : rcps_).push_back(draw_level(sort));
    }
    for (std::size_t n = 0; n < files; ++n) files_.push_back(draw_file());
  }

  const Letters& document_at(Sort sort, std::size_t n) const { return documents_[static_cast<std::size_t>(sort)][n]; }
  const std::vector<Letters>& tree_at(Sort sort, std::size_t n) const { return (sort == Sort::scp ? scps_ : rcps_)[n]; }
  bool one_in(std::size_t n) { return choices_.one_in(n); }

  World draw_file() {
    World file;
    file.trusts_partner = choices_.one_in(5);
    file.estate_networks = !choices_.one_in(4);
    file.declares_cloudtrail = choices_.one_in(alphabet_.universe().topic() == Topic::services ? 2 : 4);
    file.only_puts = choices_.one_in(3);
    file.owns_theirs = choices_.one_in(5);
    file.anonymous_get_object = choices_.one_in(8);
    if (alphabet_.universe().topic() == Topic::tokens) file.tokens = static_cast<World::Tokens>(choices_.below(3));
    for (std::size_t n = !choices_.one_in(3) ? 0 : 1 + choices_.below(2); n > 0; --n) file.excuses.push_back(draw_excuse());
    return file;
  }

  World draw() {
    World world = choices_.of(std::span<const World>(files_));
    world.home_is_management = choices_.one_in(6);
    for (Person& person : world.persons) {
      if (!choices_.one_in(2)) continue;
      person.there = true;
      person.identity = document(Sort::identity);
      if (choices_.one_in(5)) person.boundary = document(Sort::identity);
    }
    if (!world.persons[0].there && !world.persons[2].there) world.persons[0] = {true, document(Sort::identity), {}};
    world.app_trust = document(Sort::trust);
    world.job_trust = document(Sort::trust);
    world.root_scps = choices_.of(std::span<const std::vector<Letters>>(scps_));
    if (choices_.one_in(4)) world.home_scps = choices_.of(std::span<const std::vector<Letters>>(scps_));
    world.root_rcps = choices_.of(std::span<const std::vector<Letters>>(rcps_));
    if (choices_.one_in(4)) world.home_rcps = choices_.of(std::span<const std::vector<Letters>>(rcps_));
    for (auto [resource, sort] : {std::pair(&world.bucket, Sort::bucket), std::pair(&world.second, Sort::second)}) {
      if (choices_.one_in(5)) continue;
      resource->there = true;
      const bool must = sort == Sort::second && second_of(alphabet_) == Second::key;
      if (must || !choices_.one_in(4)) resource->policy = document(sort);
    }
    if (choices_.one_in(2)) {
      world.gate.there = true;
      world.gate.to_second = choices_.one_in(3);
      if (!choices_.one_in(4)) world.gate.policy = document(Sort::endpoint);
    }
    return world;
  }

 private:
  static constexpr std::size_t documents_of_a_sort = 16, trees_of_a_sort = 8, files = 8;

  const Letters& document(Sort sort) { return choices_.of(std::span<const Letters>(documents_[static_cast<std::size_t>(sort)])); }

  // One to `most` statements, among them the one that allows everything if that is wanted.
  Letters draw_letters(Sort sort, std::size_t most, bool everything) {
    std::set<std::size_t> drawn;
    if (everything) drawn.insert(0);
    for (std::size_t n = (everything ? 0 : 1) + choices_.below(most); n > 0; --n) drawn.insert(choices_.below(alphabet_.letters(sort)));
    return {drawn.begin(), drawn.end()};
  }
  std::vector<Letters> draw_level(Sort sort) {
    std::vector<Letters> policies;
    if (!choices_.one_in(12)) policies.push_back({0});
    if (!choices_.one_in(3)) policies.push_back(draw_letters(sort, 2, false));
    return policies;
  }
  Excuse draw_excuse() {
    Excuse excuse;
    for (std::size_t row = 0; row < perimeter::objective_count; ++row) {
      if (choices_.one_in(4)) excuse.rows.push_back(static_cast<Objective>(row));
    }
    excuse.whom = static_cast<Excuse::Whom>(choices_.one_in(2) ? 0 : choices_.below(6));
    excuse.what = static_cast<Excuse::What>(choices_.one_in(3) ? 0 : choices_.below(5));
    excuse.whence = static_cast<Excuse::Whence>(choices_.one_in(2) ? 0 : choices_.below(3));
    return excuse;
  }

  Choices& choices_;
  const Alphabet& alphabet_;
  std::vector<Letters> documents_[sorts];
  std::vector<std::vector<Letters>> scps_, rcps_;
  std::vector<World> files_;
};

// ----- as an estate and a perimeter file -------------------------------------------------------

inline std::vector<std::string> principals_of(const Excuse& excuse) {
  switch (excuse.whom) {
    case Excuse::Whom::anyone:
      return {};
    case Excuse::Whom::the_app:
      return {role_arn(home, "app")};
    case Excuse::Whom::the_partner:
      return {partner};
    case Excuse::Whom::partner_role:
      return {role_arn(partner, "agent")};
    case Excuse::Whom::anonymous:
      return {"anonymous"};
    case Excuse::Whom::cloudtrail:
      return {"cloudtrail.amazonaws.com"};
  }
  return {};
}
inline std::vector<std::string> resources_of(const Excuse& excuse, Second second) {
  switch (excuse.what) {
    case Excuse::What::bucket:
      return {"arn:aws:s3:::mine", "arn:aws:s3:::mine/*"};
    case Excuse::What::theirs:
      return {"arn:aws:s3:::theirs/*"};
    case Excuse::What::second:
      return {second_arn(second, home)};
    case Excuse::What::anything:
    case Excuse::What::get_object:
      break;
  }
  return {};
}

inline perimeter::Perimeter perimeter_of(const World& world, Second second) {
  perimeter::Perimeter file;
  file.organization = my_org;
  file.regions = {"us-east-1"};
  file.networks.cidrs = {text::parse_cidr("203.0.113.0/24", text::HostBits::refuse).value()};
  file.networks.estate_vpcs = world.estate_networks;
  if (world.trusts_partner) file.accounts = {partner};
  if (world.declares_cloudtrail) {
    perimeter::ServiceException service;
    service.principal = "cloudtrail.amazonaws.com";
    if (world.only_puts) service.actions = {"s3:PutObject"};
    file.services = {service};
  }
  if (world.owns_theirs) file.aws_owned = {{{"arn:aws:s3:::theirs/*"}, {}, 0}};
  file.anonymous_get_object = world.anonymous_get_object;
  if (world.tokens != World::Tokens::undeclared) {
    perimeter::IdentityProvider provider{issuer, {"repo:acme/*"}, {}};
    if (world.tokens == World::Tokens::of_acme_for_sts) provider.audiences = {expected_audience};
    file.identity_providers = {std::move(provider)};
  }
  for (const Excuse& excuse : world.excuses) {
    perimeter::Exception exception;
    exception.name = "exception " + std::to_string(file.exceptions.size());
    exception.objectives = excuse.rows;
    exception.principals = principals_of(excuse);
    exception.resources = resources_of(excuse, second);
    if (excuse.what == Excuse::What::get_object) exception.actions = {"s3:GetObject"};
    if (excuse.whence == Excuse::Whence::unexpected_address)
      exception.cidrs = {text::parse_cidr("198.51.100.0/24", text::HostBits::refuse).value()};
    if (excuse.whence == Excuse::Whence::another_vpc) exception.vpcs = {{"us-east-1", other_vpc}};
    file.exceptions.push_back(std::move(exception));
  }
  return file;
}

class Maker {
 public:
  Maker(const World& world, Alphabet& alphabet) : world_(world), alphabet_(alphabet) {}

  loaders::Loaded make() {
    estate::Estate estate;
    estate.organization = estate::Organization{my_org, world_.home_is_management ? home : sister, "r-1"};
    estate::Table<estate::Account>::Editor accounts{{}};
    const bool home_bound = !world_.home_is_management;
    accounts.put(account(home, home_bound, true));
    accounts.put(account(sister, !home_bound, false));
    estate.accounts = std::move(accounts).finish();
    estate::Table<estate::Principal>::Editor principals{{}};
    for (std::size_t i = 0; i < people; ++i) {
      if (world_.persons[i].there) principals.put(principal(static_cast<People>(i), world_.persons[i]));
    }
    estate.principals = std::move(principals).finish();
    estate::Table<estate::Resource>::Editor resources{{}};
    if (world_.bucket.there) resources.put(resource(bucket_arn, world_.bucket, Sort::bucket));
    if (world_.second.there) resources.put(resource(second_arn(second_of(alphabet_), home), world_.second, Sort::second));
    estate.resources = std::move(resources).finish();
    if (world_.gate.there) {
      estate::Table<estate::Endpoint>::Editor endpoints{{}};
      estate::Endpoint endpoint{my_endpoint, home, my_vpc, world_.gate.to_second ? service_of(second_of(alphabet_)) : "s3", {}};
      if (world_.gate.policy) endpoint.policy = named("the endpoint's policy", Sort::endpoint, *world_.gate.policy);
      endpoints.put(std::move(endpoint));
      estate.endpoints = std::move(endpoints).finish();
      estate::Table<estate::Vpc>::Editor vpcs{{}};
      vpcs.put(estate::Vpc{my_vpc, home, {}});
      estate.vpcs = std::move(vpcs).finish();
    }
    return {std::make_shared<const estate::Estate>(std::move(estate)), {}, {}, {}, {{my_vpc, "us-east-1"}, {my_endpoint, "us-east-1"}}};
  }

 private:
  authz::Named named(std::string name, Sort sort, const Letters& letters) {
    return {std::move(name), alphabet_.document(sort, letters).document};
  }
  authz::Level level(const std::string& target, Sort sort, const std::vector<Letters>& policies) {
    authz::Level made{target, {}};
    for (const Letters& letters : policies) made.policies.push_back(named(target + " policy", sort, letters));
    return made;
  }
  estate::Account account(const std::string& id, bool bound, bool own_level) {
    const std::vector<std::string> path = {"r-1"};
    estate::Account made{id, id, path, std::string(my_org) + "/r-1/", {}, {}};
    if (!bound) return made;
    std::vector<authz::Level> scps = {level("r-1", Sort::scp, world_.root_scps)}, rcps = {level("r-1", Sort::rcp, world_.root_rcps)};
    if (own_level && !world_.home_scps.empty()) scps.push_back(level(id, Sort::scp, world_.home_scps));
    if (own_level && !world_.home_rcps.empty()) rcps.push_back(level(id, Sort::rcp, world_.home_rcps));
    made.scps = std::move(scps);
    made.rcps = std::move(rcps);
    return made;
  }
  estate::Principal principal(People which, const Person& person) {
    estate::Principal made;
    made.arn = arn_of(which);
    made.account = which == People::job ? sister : home;
    made.name = made.arn.substr(made.arn.rfind('/') + 1);
    const bool user = which == People::ann;
    made.type = user ? policy::Principal::Type::user : policy::Principal::Type::role_session;
    made.unique_id = (user ? "AIDA" : "AROA") + made.account + made.name;
    if (!person.identity.empty()) made.identity = {named("identity of " + made.name, Sort::identity, person.identity)};
    if (person.boundary) made.boundary = named("boundary of " + made.name, Sort::identity, *person.boundary);
    if (!user) made.trust = named("trust of " + made.name, Sort::trust, which == People::app ? world_.app_trust : world_.job_trust);
    return made;
  }
  estate::Resource resource(const std::string& arn, const Resource& of, Sort sort) {
    const bool key = sort == Sort::second && second_of(alphabet_) == Second::key;
    estate::Resource made{arn, home, key ? authz::ResourceKind::key : authz::ResourceKind::plain, {}};
    if (of.policy) made.policy = named("policy of " + arn, sort, *of.policy);
    return made;
  }

  const World& world_;
  Alphabet& alphabet_;
};

// ----- one by one ------------------------------------------------------------------------------

// Worlds that differ in anything have different numbers, but by a chance of one in millions of millions.
inline std::uint64_t hash_of(const World& world, const Alphabet& alphabet) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&](std::uint64_t value) { hash = (hash ^ value ^ hash >> 31) * 0x9e3779b97f4a7c15; };
  const auto add_letters = [&](Sort sort, const Letters& letters) {
    add(letters.size());
    for (const std::size_t letter : letters) add(std::hash<std::string>()(alphabet.text(sort, letter)));
  };
  const auto add_one = [&](Sort sort, const std::optional<Letters>& letters) {
    add(letters ? 1 : 0);
    if (letters) add_letters(sort, *letters);
  };
  const auto add_levels = [&](Sort sort, const std::vector<Letters>& levels) {
    add(levels.size());
    for (const Letters& letters : levels) add_letters(sort, letters);
  };
  add(static_cast<std::uint64_t>(second_of(alphabet)));
  for (const Person& person : world.persons) {
    add(person.there ? 1 : 0);
    if (!person.there) continue;
    add_letters(Sort::identity, person.identity);
    add_one(Sort::identity, person.boundary);
  }
  if (world.persons[0].there) add_letters(Sort::trust, world.app_trust);
  if (world.persons[2].there) add_letters(Sort::trust, world.job_trust);
  for (const auto* levels : {&world.root_scps, &world.home_scps}) add_levels(Sort::scp, *levels);
  for (const auto* levels : {&world.root_rcps, &world.home_rcps}) add_levels(Sort::rcp, *levels);
  for (const auto& [resource, sort] : {std::pair(&world.bucket, Sort::bucket), std::pair(&world.second, Sort::second)}) {
    add(resource->there ? 1 : 0);
    add_one(sort, resource->policy);
  }
  add(world.gate.there ? world.gate.to_second ? 2 : 1 : 0);
  add_one(Sort::endpoint, world.gate.policy);
  for (const bool flag : {world.home_is_management, world.trusts_partner, world.estate_networks, world.declares_cloudtrail, world.only_puts, world.owns_theirs,
                          world.anonymous_get_object})
    add(flag ? 1 : 0);
  add(static_cast<std::uint64_t>(world.tokens));
  for (const Excuse& excuse : world.excuses) {
    for (const Objective row : excuse.rows) add(static_cast<std::uint64_t>(row) + 10);
    add(static_cast<std::uint64_t>(excuse.whom));
    add(static_cast<std::uint64_t>(excuse.what));
    add(static_cast<std::uint64_t>(excuse.whence));
  }
  return hash;
}

// ----- for people ------------------------------------------------------------------------------

inline std::string written(const World& world, const Alphabet& alphabet) {
  std::string out;
  const auto document = [&](const std::string& what, Sort sort, const Letters& letters) {
    out += "  " + what + ":\n";
    for (const std::size_t letter : letters) out += "    " + alphabet.text(sort, letter) + "\n";
  };
  const auto levels = [&](const std::string& what, Sort sort, const std::vector<Letters>& policies) {
    for (const Letters& letters : policies) document(what, sort, letters);
  };
  out += std::string("  accounts ") + home + (world.home_is_management ? " (management)" : "") + ", " + sister +
         (world.home_is_management ? "" : " (management)") + (world.trusts_partner ? std::string("; trusts ") + partner : "") + "\n";
  for (std::size_t i = 0; i < people; ++i) {
    const Person& person = world.persons[i];
    if (!person.there) continue;
    document(arn_of(static_cast<People>(i)) + " identity", Sort::identity, person.identity);
    if (person.boundary) document(arn_of(static_cast<People>(i)) + " boundary", Sort::identity, *person.boundary);
  }
  if (world.persons[0].there) document("trust of app", Sort::trust, world.app_trust);
  if (world.persons[2].there) document("trust of job", Sort::trust, world.job_trust);
  levels("SCP of the root", Sort::scp, world.root_scps);
  levels("SCP of " + std::string(home), Sort::scp, world.home_scps);
  levels("RCP of the root", Sort::rcp, world.root_rcps);
  levels("RCP of " + std::string(home), Sort::rcp, world.home_rcps);
  const Second second = second_of(alphabet);
  for (const auto& [resource, sort, arn] : {std::tuple(world.bucket, Sort::bucket, std::string(bucket_arn)),
                                            std::tuple(world.second, Sort::second, second_arn(second, home))}) {
    if (!resource.there) continue;
    if (resource.policy) document("policy of " + arn, sort, *resource.policy);
    else out += "  " + arn + " without a policy\n";
  }
  if (world.gate.there) {
    const std::string what = std::string(my_endpoint) + " in " + my_vpc + " to " + (world.gate.to_second ? service_of(second) : "s3");
    if (world.gate.policy) document(what, Sort::endpoint, *world.gate.policy);
    else out += "  " + what + " without a policy\n";
  }
  out += std::string("  perimeter: estate's networks ") + (world.estate_networks ? "expected" : "not expected") +
         (world.declares_cloudtrail ? world.only_puts ? ", cloudtrail for s3:PutObject" : ", cloudtrail" : "") +
         (world.owns_theirs ? ", theirs is AWS's" : "") + (world.anonymous_get_object ? ", anonymous GetObject" : "") +
         (world.tokens == World::Tokens::undeclared ? "" : world.tokens == World::Tokens::of_acme ? ", acme's tokens" : ", acme's tokens for STS") + "\n";
  for (const Excuse& excuse : world.excuses) {
    out += "  exception in";
    if (excuse.rows.empty()) out += " every row";
    for (const Objective row : excuse.rows) out += " " + std::string(perimeter::name_of(row));
    for (const std::string& one : principals_of(excuse)) out += ", of " + one;
    for (const std::string& one : resources_of(excuse, second)) out += ", on " + one;
    if (excuse.what == Excuse::What::get_object) out += ", of s3:GetObject";
    if (excuse.whence == Excuse::Whence::unexpected_address) out += ", from 198.51.100.0/24";
    if (excuse.whence == Excuse::Whence::another_vpc) out += std::string(", from ") + other_vpc;
    out += "\n";
  }
  return out;
}

inline std::string written(const policy::Request& request) {
  const policy::Principal& who = request.principal;
  std::string out = (!who.arn.empty() ? who.arn : !who.service.empty() ? who.service : !who.provider.empty() ? who.provider : "anonymous") + " " +
                    request.action + " " + request.resource + " of " + request.resource_account;
  for (const auto& entry : request.context.entries()) out += " " + entry.key + "=" + (entry.values.empty() ? "" : entry.values.front());
  return out;
}

}  // namespace ringwall::prove::testing::worlds
