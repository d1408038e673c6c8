// What a resource's policy grants by itself: within an account the identity's own limits do not bind who is named, so the
// whole must ask both sides together. First the cases by name, then small estates at random, of which every request is
// decided by the plain evaluator.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "authz/plain.h"
#include "prove/prove.h"
#include "prove/testing_estate.h"

namespace ringwall::prove {
namespace {

using perimeter::Objective;
using policy::Kind;
using testing::document;
using testing::member;
using testing::other_member;
using Type = policy::Principal::Type;

const Options options{.today = "2026-01-01", .threads = 2};

constexpr const char* function = "arn:aws:lambda:us-east-1:111122223333:function:f";
constexpr const char* books = "arn:aws:s3:::books";
constexpr const char* key = "arn:aws:kms:us-east-1:111122223333:key/0f0f0f0f-1111-2222-3333-444444444444";
constexpr const char* app_role = testing::app_role;
constexpr const char* app_session = "arn:aws:sts::111122223333:assumed-role/app/s";
constexpr const char* ann = "arn:aws:iam::111122223333:user/ann";
constexpr const char* other_role = "arn:aws:iam::111122223333:role/other";
constexpr const char* at_home = R"(,"Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}})";

std::string allow(const std::string& action, const std::string& more = "") {
  return R"({"Effect":"Allow","Action":")" + action + R"(","Resource":"*")" + more + "}";
}
std::string grant(const std::string& principal, const std::string& action, const std::string& more = "") {
  return R"({"Effect":"Allow","Principal":)" + principal + R"(,"Action":")" + action + R"(","Resource":"*")" + more + "}";
}
std::string aws(const std::string& name) { return R"({"AWS":")" + name + R"("})"; }

// Two members of an organisation that holds its principals off foreign resources, and off no network.
testing::Builder two_members() {
  testing::Builder builder;
  const auto full = builder.chain("r-1", {document(testing::allow_all(), Kind::scp), document(testing::only_my_resources(), Kind::scp)}, "scp-");
  builder.account(testing::management, "", {}, {});
  builder.account(member, "ou-1", full, {});
  builder.account(other_member, "ou-1", full, {});
  return builder;
}
policy::DocumentPtr closed_trust() {
  return document(R"({"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"})", Kind::trust);
}

Verdict whole_of(const Report& report, const std::string& subject) {
  const Row& row = report.rows[static_cast<std::size_t>(Objective::whole)];
  const auto cell = std::ranges::find(row.cells, subject, &CellOf::subject);
  EXPECT_NE(cell, row.cells.end()) << subject;
  return cell == row.cells.end() ? Verdict::inconclusive : cell->verdict;
}

bool has(const std::vector<Guard>& guards, Guard guard) { return std::ranges::find(guards, guard) != guards.end(); }

Report proof_of(testing::Builder builder, const perimeter::Perimeter& file = testing::perimeter_file()) {
  return prove(std::move(builder).finish(), file, options);
}

void expect_leak(const Report& report, const std::string& principal, const std::string& resource) {
  EXPECT_EQ(whole_of(report, principal), Verdict::leak);
  EXPECT_EQ(whole_of(report, resource), Verdict::leak);
  for (const Leak& leak : report.leaks) {
    for (const authz::Decision& decision : leak.finding.decisions) EXPECT_EQ(decision.verdict, authz::Verdict::allow);
  }
}
void expect_proof(const Report& report, const std::string& principal, const std::string& resource) {
  EXPECT_EQ(whole_of(report, principal), Verdict::proved);
  EXPECT_EQ(whole_of(report, resource), Verdict::proved);
}

// A bucket of the role's account with this statement; the role may read it from home only.
testing::Builder with_bucket(const std::string& statement) {
  testing::Builder builder = two_members();
  builder.role(member, "app", document(allow("s3:GetObject", at_home), Kind::identity), closed_trust());
  builder.resource(books, member, document(statement, Kind::resource));
  return builder;
}

TEST(Grants, AFunctionThatNamesARoleIsOpenToItFromEverywhere) {
  testing::Builder builder = two_members();
  builder.role(member, "app", document(allow("lambda:InvokeFunction", at_home), Kind::identity), closed_trust());
  builder.resource(function, member, document(grant(aws(app_role), "lambda:InvokeFunction"), Kind::resource));
  perimeter::Perimeter file = testing::perimeter_file();
  perimeter::Exception functions;
  functions.name = "functions";
  functions.objectives = {Objective::resource_networks};
  functions.actions = {"lambda:*"};
  file.exceptions = {functions};
  const Report report = proof_of(std::move(builder), file);
  EXPECT_EQ(report.verdict(), Verdict::leak);
  expect_leak(report, app_role, function);
}

TEST(Grants, ABucketThatNamesARoleASessionAUserOrTheOrganisationIsOpenToThem) {
  for (const std::string& who : {aws(app_role), aws(app_session)})
    expect_leak(proof_of(with_bucket(grant(who, "s3:GetObject"))), app_role, books);
  const std::string mine = R"(,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-ringwall01"}})";
  expect_leak(proof_of(with_bucket(grant(R"("*")", "s3:GetObject", mine))), app_role, books);
  // The account's number only delegates.
  expect_proof(proof_of(with_bucket(grant(aws(member), "s3:GetObject"))), app_role, books);
  testing::Builder builder = two_members();
  builder.user(member, "ann", document(allow("s3:GetObject", at_home), Kind::identity));
  builder.resource(books, member, document(grant(aws(ann), "s3:GetObject"), Kind::resource));
  expect_leak(proof_of(std::move(builder)), ann, books);
}

TEST(Grants, WhatTheRoleIsDeniedIsNotGranted) {
  const std::string abroad = R"(,{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddressIfExists":{"aws:SourceIp":"203.0.113.0/24"}}})";
  for (const std::string& who : {aws(app_role), aws(app_session), std::string(R"("*")")}) {
    testing::Builder builder = two_members();
    builder.role(member, "app", document(allow("s3:GetObject") + abroad, Kind::identity), closed_trust());
    const std::string mine = who == R"("*")" ? R"(,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-ringwall01"}})" : "";
    builder.resource(books, member, document(grant(who, "s3:GetObject", mine), Kind::resource));
    expect_proof(proof_of(std::move(builder)), app_role, books);
  }
}

TEST(Grants, ARolesTrustThatNamesARoleLetsItInFromEverywhere) {
  testing::Builder builder = two_members();
  builder.role(member, "app", document(allow("s3:GetObject", at_home), Kind::identity), closed_trust());
  const std::string trust = R"({"Effect":"Allow","Principal":{"AWS":")" + std::string(app_role) + R"("},"Action":"sts:AssumeRole"})";
  builder.role(member, "other", document(allow("s3:GetObject", at_home), Kind::identity), document(trust, Kind::trust));
  const Report report = proof_of(std::move(builder));
  expect_leak(report, app_role, other_role);
}

TEST(Grants, AKeyThatNamesARoleIsOpenToItFromEverywhere) {
  const auto report = [](const std::string& who) {
    testing::Builder builder = two_members();
    builder.role(member, "app", document(allow("kms:Decrypt", at_home), Kind::identity), closed_trust());
    builder.resource(key, member, document(grant(who, "kms:Decrypt"), Kind::key), authz::ResourceKind::key);
    return proof_of(std::move(builder));
  };
  expect_leak(report(aws(app_role)), app_role, key);
  expect_proof(report(aws("arn:aws:iam::111122223333:root")), app_role, key);
}

TEST(Grants, ABoundaryLimitsTheRoleThatIsNamedAndNotItsSession) {
  const auto report = [](const std::string& who) {
    const loaders::Loaded world = with_bucket(grant(who, "s3:GetObject")).finish();
    estate::Estate estate = *world.estate;
    estate::Table<estate::Principal>::Editor principals(estate.principals);
    estate::Principal app = *estate.principals.find(app_role);
    app.boundary = authz::Named{"the boundary", document(allow("s3:GetObject", at_home), Kind::boundary)};
    principals.put(std::move(app));
    estate.principals = std::move(principals).finish();
    return prove({std::make_shared<const estate::Estate>(std::move(estate)), {}, {}}, testing::perimeter_file(), options);
  };
  expect_proof(report(aws(app_role)), app_role, books);
  expect_leak(report(aws(app_session)), app_role, books);
}

TEST(Grants, AcrossAccountsASessionThatIsNamedIsAsked) {
  testing::Builder builder = two_members();
  const std::string mine = R"(,"Condition":{"StringEquals":{"aws:ResourceOrgID":"o-ringwall01"}})";
  builder.role(member, "app", document(allow("s3:*", mine), Kind::identity), closed_trust());
  builder.resource(books, other_member, document(grant(aws(app_session), "s3:GetObject"), Kind::resource));
  expect_leak(proof_of(std::move(builder)), app_role, books);
}

// Of two buckets that are one to their own policies the role may reach but the second.
TEST(Grants, ResourcesThatOnlyTheIdentityTellsApartAreAskedEach) {
  testing::Builder builder = two_members();
  builder.role(member, "app", document(R"({"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::books-2/*"})", Kind::identity), closed_trust());
  for (const char* name : {"arn:aws:s3:::books-1", "arn:aws:s3:::books-2"}) builder.resource(name, member, nullptr);
  const Report report = proof_of(std::move(builder));
  expect_leak(report, app_role, "arn:aws:s3:::books-2");
  EXPECT_EQ(whole_of(report, "arn:aws:s3:::books-1"), Verdict::proved);
}

// A database has no policy, but a crossing request may touch it all the same.
TEST(Grants, AResourceWithoutASideLeaksWithThePrincipalThatReachesIt) {
  const std::string database = "arn:aws:rds:us-east-1:111122223333:db:orders";
  testing::Builder builder = two_members();
  builder.role(member, "app", document(allow("rds:StopDBInstance"), Kind::identity), closed_trust());
  builder.resource(database, member, nullptr);
  expect_leak(proof_of(std::move(builder)), app_role, database);
}

// The role's own policies let it act from home only, but a bucket that names it is held by the RCP alone.
TEST(Grants, TheWholeRestsOnWhatHoldsAResourceThatGrants) {
  const auto rests = [&](const std::string& who) {
    testing::Builder builder;
    const auto scps = builder.chain("r-1", {document(testing::allow_all(), Kind::scp), document(testing::only_my_resources(), Kind::scp)}, "scp-");
    const auto rcps = builder.chain("r-1", {document(grant(R"("*")", "*"), Kind::rcp),
                                            document(testing::rcp_networks(R"(["s3:*"])", {"vpc-0a"}), Kind::rcp)}, "rcp-");
    builder.account(testing::management, "", {}, {});
    builder.account(member, "ou-1", scps, rcps);
    builder.vpc("vpc-0a", member);
    builder.role(member, "app", document(allow("s3:GetObject", at_home), Kind::identity), closed_trust());
    builder.resource(books, member, document(grant(who, "s3:GetObject"), Kind::resource));
    const Report report = proof_of(std::move(builder));
    expect_proof(report, app_role, books);
    return report.rows[static_cast<std::size_t>(Objective::whole)].sole_guards;
  };
  EXPECT_TRUE(has(rests(aws(app_role)), Guard::rcp));
  EXPECT_FALSE(has(rests(aws(member)), Guard::rcp));  // which grants to nobody by itself
}

policy::DocumentPtr gate(const std::string& condition) {
  return document(R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{)" + condition + "}}", Kind::endpoint);
}
constexpr const char* only_mine = R"("StringEquals":{"aws:PrincipalOrgID":"o-ringwall01"})";
constexpr const char* on_mine = R"("StringEquals":{"aws:ResourceOrgID":"o-ringwall01"})";

// The role may read a stranger's bucket through the second of two endpoints that are one to everybody else.
TEST(Passages, EndpointsThatOnlyTheIdentityTellsApartAreAskedEach) {
  testing::Builder builder;
  const auto full = builder.chain("r-1", {document(testing::allow_all(), Kind::scp)}, "scp-");
  builder.account(testing::management, "", {}, {});
  builder.account(member, "ou-1", full, {});
  builder.role(member, "app", document(allow("s3:GetObject", R"(,"Condition":{"StringEquals":{"aws:SourceVpce":"vpce-0b"}})"), Kind::identity), closed_trust());
  for (const char* id : {"vpce-0a", "vpce-0b"}) builder.endpoint(id, member, "vpc-0a", "s3", gate(only_mine));
  const Report report = proof_of(std::move(builder));
  expect_leak(report, app_role, "vpce-0b");
  EXPECT_EQ(whole_of(report, "vpce-0a"), Verdict::proved);
}

TEST(Passages, AnOutsiderOnABucketOfMineTouchesTheEndpointItComesThrough) {
  const auto report = [](const std::string& condition) {
    testing::Builder builder = two_members();
    builder.resource(books, member, document(grant(R"("*")", "s3:GetObject"), Kind::resource));
    builder.endpoint("vpce-0a", member, "vpc-0a", "s3", gate(condition));
    return proof_of(std::move(builder));
  };
  expect_leak(report(on_mine), "vpce-0a", books);
  const Report closed = report(only_mine);
  EXPECT_EQ(whole_of(closed, books), Verdict::leak);
  EXPECT_EQ(whole_of(closed, "vpce-0a"), Verdict::proved);
}

// The bucket lets everyone in through one endpoint, which lets nobody but mine through.
TEST(Passages, WhatOnlyAnEndpointLeadsToIsHeldByItsPolicy) {
  const auto report = [](const std::string& condition) {
    testing::Builder builder = two_members();
    builder.resource(books, member, document(grant(R"("*")", "s3:GetObject", R"(,"Condition":{"StringEquals":{"aws:SourceVpce":"vpce-0a"}})"), Kind::resource));
    builder.endpoint("vpce-0a", member, "vpc-0a", "s3", gate(condition));
    return proof_of(std::move(builder));
  };
  expect_proof(report(only_mine), "vpce-0a", books);
  expect_leak(report(on_mine), "vpce-0a", books);
}

// What a change newly allows, as `who may do what on what`.
std::set<std::string> newly(testing::Builder before, testing::Builder after) {
  const Difference found = difference(std::move(before).finish(), std::move(after).finish(), options);
  EXPECT_EQ(found.undecided, std::vector<std::string>());
  std::set<std::string> all;
  for (const Change& change : found.newly_allowed)
    all.insert(change.finding.request.principal.arn + " by " + change.subject);
  return all;
}

// A role that may do nothing of interest, and whatever `statement` is its bucket's.
testing::Builder idle(const std::string& statement, const std::string& identity = allow("iam:GetUser")) {
  testing::Builder builder = two_members();
  builder.role(member, "app", document(identity, Kind::identity), closed_trust());
  builder.resource(books, member, statement.empty() ? nullptr : document(statement, Kind::resource));
  return builder;
}

TEST(Grants, ABucketThatNamesARoleNewlyAllowsIt) {
  const std::string by_books = std::string(" by ") + books;
  const std::string any_session = "arn:aws:sts::111122223333:assumed-role/app/session";
  EXPECT_EQ(newly(idle(""), idle(grant(aws(app_role), "s3:GetObject"))), std::set{any_session + by_books});
  EXPECT_EQ(newly(idle(""), idle(grant(aws(app_session), "s3:GetObject"))), std::set{app_session + by_books});
  EXPECT_EQ(newly(idle(grant(aws(app_role), "s3:GetObject")), idle("")), std::set<std::string>());
  // What it may do already by its own policies is not new.
  const std::string reads = allow("s3:GetObject");
  EXPECT_EQ(newly(idle("", reads), idle(grant(aws(app_role), "s3:GetObject"), reads)), std::set<std::string>());
}

TEST(Grants, ADenialThatIsGoneNewlyAllowsWhatABucketGrants) {
  const std::string open = grant(aws(app_role), "s3:GetObject");
  const std::string denied = allow("iam:GetUser") + R"(,{"Effect":"Deny","Action":"s3:*","Resource":"*"})";
  const auto found = newly(idle(open, denied), idle(open));
  EXPECT_EQ(found, std::set<std::string>{std::string("arn:aws:sts::111122223333:assumed-role/app/session by ") + books});
}

TEST(Grants, ATrustThatNamesARoleNewlyAllowsIt) {
  const auto world = [](bool open) {
    testing::Builder builder = idle("");
    const std::string trust = R"({"Effect":"Allow","Principal":{"AWS":")" + std::string(app_role) + R"("},"Action":"sts:AssumeRole"})";
    builder.role(member, "other", document(allow("iam:GetUser"), Kind::identity), open ? document(trust, Kind::trust) : closed_trust());
    return builder;
  };
  EXPECT_FALSE(newly(world(false), world(true)).empty());
}

TEST(Grants, WhoCanAndWhatCanKnowWhoIsNamedByASessionAndWhoMayAssumeWhat) {
  testing::Builder builder = idle(grant(aws(app_session), "s3:GetObject"), allow("sts:AssumeRole"));
  const std::string trust = R"({"Effect":"Allow","Principal":{"AWS":")" + std::string(ann) + R"("},"Action":"sts:AssumeRole"})";
  builder.role(member, "other", document(allow("iam:GetUser"), Kind::identity), document(trust, Kind::trust));
  builder.user(member, "ann", document(allow("iam:GetUser"), Kind::identity));
  const loaders::Loaded world = std::move(builder).finish();
  const auto who = who_can(world, "s3:GetObject", std::string(books) + "/x", options);
  ASSERT_TRUE(who.has_value());
  ASSERT_EQ(who->found.size(), 1U);
  EXPECT_EQ(who->found.front().principal, app_role);
  EXPECT_EQ(who->found.front().finding.request.principal.arn, app_session);
  const auto resources = [&](const std::string& principal) {
    std::set<std::string> all;
    const auto what = what_can(world, principal, options);
    EXPECT_TRUE(what.has_value());
    for (const Access& access : what->found) all.insert(access.finding.request.action + " " + access.finding.request.resource.substr(0, 40));
    return all;
  };
  EXPECT_EQ(resources(app_role), std::set{std::string("s3:GetObject ") + books + "/x"});
  // The trust policy names ann, who needs no permission, and not the role that has one.
  EXPECT_TRUE(resources(ann).contains(std::string("sts:AssumeRole ") + other_role));
  EXPECT_FALSE(resources(app_role).contains(std::string("sts:AssumeRole ") + other_role));
}

// Small estates.

constexpr const char* stranger = "999911112222";
constexpr const char* stranger_role = "arn:aws:iam::999911112222:role/outsider";

constexpr const char* through = R"(,"Condition":{"StringEquals":{"aws:SourceVpce":"vpce-0a"}})";

class Worlds {
 public:
  explicit Worlds(std::uint64_t seed) : random_(seed) {}

  void make();
  // What differs between the proof and all requests; empty: nothing.
  std::string difference();
  std::string told;  // the policies

 private:
  std::size_t pick(std::size_t count) { return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_); }
  std::string one_of(const std::vector<std::string>& all) { return all[pick(all.size())]; }
  std::string tell(const std::string& what, const std::string& text) {
    told += what + ": " + text + "\n";
    return text;
  }
  std::string identity(bool boundary);
  std::string principal();
  std::string resource();
  std::string trust();
  void find_crossings();
  void ask(policy::Request request, const authz::Layers& layers, const std::string& subject, const std::string& thing, bool role, bool mine,
           bool owned, bool expected, bool passes);
  bool excepted(Objective objective, const policy::Request& request) const;

  std::mt19937_64 random_;
  loaders::Loaded world_;
  perimeter::Perimeter file_;
  std::map<std::string, std::string> crossed_;  // subject: one request
  bool has_endpoint_ = false;
  authz::plain::Evaluator evaluator_;
};

std::string Worlds::identity(bool boundary) {
  static const std::vector<std::string> statements = {
      allow("iam:GetUser"), allow("s3:GetObject"), allow("s3:GetObject", at_home), allow("s3:GetObject"), allow("sts:AssumeRole"),
      allow("s3:*", R"(,"Condition":{"StringEquals":{"aws:ResourceOrgID":"o-ringwall01"}})"),
      R"({"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::one/*"})",
      R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}})",
      R"({"Effect":"Allow","NotAction":"s3:*","Resource":"*"})", allow("s3:*", at_home),
      R"({"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}})",
      R"({"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:ResourceOrgID":"o-ringwall01"}}})",
      allow("s3:*", through), R"({"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"StringNotEquals":{"aws:SourceVpce":"vpce-0a"}}})"};
  std::string text = one_of(statements);
  if (boundary || pick(2) == 0) text += "," + one_of(statements);
  return text;
}

std::string Worlds::principal() {
  return one_of({aws(app_role), aws(app_session), aws(ann), aws("arn:aws:iam::222233334444:user/bob"), aws(member), aws(other_member), aws(stranger),
                 aws("arn:aws:iam::111122223333:role/other"), R"("*")", R"({"AWS":"*"})"});
}

std::string Worlds::resource() {
  const std::string condition = one_of({"", "", at_home, through, R"(,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-ringwall01"}})"});
  std::string text = grant(principal(), one_of({"s3:GetObject", "s3:*"}), condition);
  if (pick(3) == 0) text += "," + grant(principal(), "s3:GetObject");
  if (pick(3) == 0) text += R"(,{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}})";
  if (pick(4) == 0) text += R"(,{"Effect":"Deny","Principal":)" + principal() + R"(,"Action":"s3:*","Resource":"*"})";
  if (pick(3) == 0) text += "," + testing::only_my_principals(R"("s3:*")", "*");
  return text;
}

std::string Worlds::trust() {
  const std::string condition = one_of({"", at_home, R"(,"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-ringwall01"}})"});
  return R"({"Effect":"Allow","Principal":)" + principal() + R"(,"Action":"sts:AssumeRole")" + condition + "}";
}

void Worlds::make() {
  testing::Builder builder;
  builder.account(testing::management, "", {}, {});
  for (const char* account : {member, other_member}) {
    std::vector<policy::DocumentPtr> scps = {document(testing::allow_all(), Kind::scp)}, rcps = {document(grant(R"("*")", "*"), Kind::rcp)};
    if (pick(3) == 0) scps.push_back(document(tell("SCP " + std::string(account), R"({"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}})"), Kind::scp));
    if (pick(3) == 0) scps.push_back(document(tell("SCP " + std::string(account), testing::only_my_resources()), Kind::scp));
    if (pick(4) == 0) rcps.push_back(document(tell("RCP " + std::string(account), R"({"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}}})"), Kind::rcp));
    if (pick(4) == 0) rcps.push_back(document(tell("RCP " + std::string(account), testing::only_my_principals(R"(["s3:*","sts:AssumeRole"])", "*")), Kind::rcp));
    builder.account(account, "ou-1", builder.chain("r-1", scps, "scp-"), builder.chain("r-1", rcps, "rcp-"));
  }
  builder.role(member, "app", document(tell("app", identity(false)), Kind::identity), document(tell("app's trust", trust()), Kind::trust));
  builder.role(member, "other", document(tell("other", identity(false)), Kind::identity), document(tell("other's trust", trust()), Kind::trust));
  builder.user(member, "ann", document(tell("ann", identity(false)), Kind::identity));
  builder.user(other_member, "bob", document(tell("bob", identity(false)), Kind::identity));
  for (const auto& [arn, account] : {std::pair("arn:aws:s3:::one", member), std::pair("arn:aws:s3:::two", other_member)})
    builder.resource(arn, account, pick(3) == 0 ? nullptr : document(tell(arn, resource()), Kind::resource));
  if (pick(2) == 0) {
    const std::string condition = one_of({"", only_mine, on_mine, R"("StringEquals":{"aws:PrincipalOrgID":"o-ringwall01","aws:ResourceOrgID":"o-ringwall01"})",
                                          R"("StringEquals":{"aws:PrincipalAccount":"999911112222"})"});
    builder.endpoint("vpce-0a", member, "vpc-0a", "s3", condition.empty() ? nullptr : gate(tell("the endpoint", condition)));
    has_endpoint_ = true;
    if (condition.empty()) told += "an endpoint\n";
  }
  world_ = std::move(builder).finish();
  if (pick(3) == 0) {
    estate::Estate estate = *world_.estate;
    estate::Table<estate::Principal>::Editor principals(estate.principals);
    estate::Principal app = *estate.principals.find(app_role);
    app.boundary = authz::Named{"the boundary", document(tell("app's boundary", identity(true)), Kind::boundary)};
    principals.put(std::move(app));
    estate.principals = std::move(principals).finish();
    world_.estate = std::make_shared<const estate::Estate>(std::move(estate));
  }
  file_ = testing::perimeter_file();
  file_.networks.estate_vpcs = pick(3) != 0;
  if (!file_.networks.estate_vpcs) told += "endpoints are not expected\n";
  for (std::size_t left = pick(3); left > 0; --left) {
    perimeter::Exception exception;
    exception.name = "e" + std::to_string(left);
    exception.objectives = {static_cast<Objective>(pick(7))};
    if (pick(4) == 0) exception.objectives.clear();
    if (pick(2) == 0) exception.actions = {one_of({"s3:GetObject", "sts:AssumeRole"})};
    if (pick(2) == 0) exception.principals = {one_of({app_role, ann, stranger})};
    if (pick(3) == 0) exception.resources = {one_of({"arn:aws:s3:::one/*", "arn:aws:s3:::two/*", "arn:aws:s3:::theirs/*"})};
    told += "exception " + std::string(exception.objectives.empty() ? "everywhere" : perimeter::name_of(exception.objectives.front())) + " of " +
            (exception.actions.empty() ? "*" : exception.actions.front()) + " by " + (exception.principals.empty() ? "*" : exception.principals.front()) +
            " on " + (exception.resources.empty() ? "*" : exception.resources.front()) + "\n";
    file_.exceptions.push_back(exception);
  }
}

bool Worlds::excepted(Objective objective, const policy::Request& request) const {
  return std::ranges::any_of(file_.exceptions, [&](const perimeter::Exception& exception) {
    const policy::Principal& who = request.principal;
    const std::string name = who.role_arn.empty() ? who.arn : who.role_arn;
    const auto among = [](const std::vector<std::string>& listed, const auto& test) { return listed.empty() || std::ranges::any_of(listed, test); };
    if (!exception.objectives.empty() && exception.objectives.front() != objective) return false;
    return among(exception.actions, [&](const std::string& action) { return action == request.action; }) &&
           among(exception.principals, [&](const std::string& principal) { return principal == name || principal == who.account; }) &&
           among(exception.resources, [&](const std::string& resource) { return request.resource.starts_with(resource.substr(0, resource.size() - 1)); });
  });
}

void Worlds::ask(policy::Request request, const authz::Layers& layers, const std::string& subject, const std::string& thing, bool role, bool mine,
                 bool owned, bool expected, bool passes) {
  if (evaluator_.authorize(request, layers).verdict != authz::Verdict::allow) return;
  const auto counts = [&](Objective objective) { return !excepted(objective, request); };
  const bool crosses = (mine && !owned && counts(Objective::identity_resources)) || (mine && !expected && counts(Objective::identity_networks)) ||
                       (!mine && owned && !role && counts(Objective::resource_principals)) ||
                       (owned && !role && !thing.empty() && !expected && counts(Objective::resource_networks)) ||
                       (!mine && role && counts(Objective::trust)) || (passes && !mine && counts(Objective::network_principals)) ||
                       (passes && !owned && counts(Objective::network_resources));
  if (!crosses) return;
  const std::string what = request.principal.arn + " " + request.action + " " + request.resource + (passes ? " through the endpoint" : expected ? " from home" : " from abroad");
  if (passes) crossed_.try_emplace("vpce-0a", what);
  if (mine) crossed_.try_emplace(subject, what);
  if (owned && !thing.empty()) crossed_.try_emplace(thing, what);
}

void Worlds::find_crossings() {
  struct Caller {
    policy::Principal who;
    std::string subject;
    bool mine;
  };
  const estate::Estate& estate = *world_.estate;
  std::vector<Caller> callers;
  estate.principals.for_each([&](const estate::Principal& one) {
    policy::Principal who{.type = one.type, .arn = one.arn, .account = one.account, .unique_id = one.unique_id};
    if (one.type != Type::role_session) return callers.push_back({who, one.arn, true});
    who.role_arn = one.arn;
    for (const char* session : {"s", "t"}) {
      who.arn = "arn:aws:sts::" + one.account + ":assumed-role/" + one.name + "/" + session;
      callers.push_back({who, one.arn, true});
    }
  });
  policy::Principal outsider{.type = Type::role_session, .arn = "arn:aws:sts::999911112222:assumed-role/outsider/s", .account = stranger};
  outsider.role_arn = stranger_role;
  callers.push_back({outsider, "", false});
  callers.push_back({{.type = Type::anonymous}, "", false});

  struct Target {
    std::string action, resource, thing, owner;
    const authz::Named* policy;
    authz::ResourceKind kind;
  };
  static const authz::Named open{"theirs", document(grant(R"("*")", "*"), Kind::resource)};
  static const authz::Named allowing{"theirs", document(testing::allow_all(), Kind::identity)};
  // What the statements allow besides has no policy of its own.
  std::vector<Target> targets = {{"s3:GetObject", "arn:aws:s3:::theirs/k", "", stranger, &open, authz::ResourceKind::plain},
                                 {"s3:GetObject", "arn:aws:s3:us-east-1:999911112222:accesspoint/a/object/k", "", stranger, &open, authz::ResourceKind::plain},
                                 {"s3:CreateAccessPointForObjectLambda", "arn:aws:s3-object-lambda:us-east-1:999911112222:accesspoint/a", "", stranger, &open,
                                  authz::ResourceKind::plain},
                                 {"ec2:DetachVolume", "arn:aws:ec2:us-east-1:999911112222:volume/vol-1", "", stranger, &open, authz::ResourceKind::plain},
                                 {"iam:GetUser", "arn:aws:iam::999911112222:user/x", "", stranger, &open, authz::ResourceKind::plain},
                                 {"sts:AssumeRole", "arn:aws:iam::999911112222:role/x", "", stranger, &open, authz::ResourceKind::trust}};
  estate.resources.for_each([&](const estate::Resource& one) {
    targets.push_back({"s3:GetObject", one.arn + "/k", one.arn, one.account, one.policy ? &*one.policy : nullptr, one.kind});
    targets.push_back({"s3:ListBucket", one.arn, one.arn, one.account, one.policy ? &*one.policy : nullptr, one.kind});
  });
  estate.principals.for_each([&](const estate::Principal& one) {
    if (one.trust) targets.push_back({"sts:AssumeRole", one.arn, one.arn, one.account, &*one.trust, authz::ResourceKind::trust});
  });
  for (const Caller& caller : callers) {
    std::vector<Target> all = targets;
    if (caller.mine) {
      all.push_back({"s3:ListAllMyBuckets", "*", "", caller.who.account, nullptr, authz::ResourceKind::plain});
      all.push_back({"iam:GetUser", "arn:aws:iam::" + caller.who.account + ":user/x", "", caller.who.account, nullptr, authz::ResourceKind::plain});
      all.push_back({"ec2:DetachVolume", "arn:aws:ec2:us-east-1:" + caller.who.account + ":volume/vol-1", "", caller.who.account, nullptr,
                     authz::ResourceKind::plain});
    }
    for (const Target& target : all) {
      for (const char* address : {"203.0.113.7", "198.51.100.7", ""}) {
        // Without an address: through `vpce-0a`, which is an endpoint of mine or anybody's.
        const bool by_endpoint = *address == 0, passes = by_endpoint && has_endpoint_;
        if (by_endpoint && !target.action.starts_with("s3:")) continue;
        policy::Request request{.principal = caller.who, .action = target.action, .resource = target.resource, .resource_account = target.owner};
        request.context = estate::global_context(estate, caller.who, nullptr, target.owner);
        if (by_endpoint) {
          request.context.set("aws:SourceVpce", "vpce-0a");
          request.context.set("aws:SourceVpc", "vpc-0a");
        } else {
          request.context.set("aws:SourceIp", address);
        }
        authz::Layers layers = estate::layers_of(estate, caller.who, nullptr);
        if (!caller.mine) layers.identity = {&allowing, 1};
        layers.resource = target.policy;
        layers.resource_kind = target.kind;
        const estate::Account* owner = estate.account(target.owner);
        if (owner != nullptr) layers.rcps = owner->rcps;
        const estate::Endpoint* endpoint = passes ? estate.endpoints.find("vpce-0a") : nullptr;
        if (endpoint != nullptr && endpoint->policy) layers.endpoint = &*endpoint->policy;
        ask(request, layers, caller.subject, target.thing, target.kind == authz::ResourceKind::trust, caller.mine, owner != nullptr,
            by_endpoint ? passes && file_.networks.estate_vpcs : address[0] == '2', passes);
      }
    }
  }
}

std::string Worlds::difference() {
  find_crossings();
  Options in_one_region = options;
  in_one_region.one_region = true;  // as the requests that are decided
  const Report report = prove(world_, file_, in_one_region);
  std::string found;
  for (const CellOf& cell : report.rows[static_cast<std::size_t>(Objective::whole)].cells) {
    const auto crossed = crossed_.find(cell.subject);
    const bool leaks = crossed != crossed_.end();
    if (leaks && cell.verdict == Verdict::proved) found += cell.subject + " is proved, but: " + crossed->second + "\n";
    if (!leaks && cell.verdict != Verdict::proved) {
      found += cell.subject + " is " + std::string(name_of(cell.verdict)) + ", but no request crosses";
      for (const std::size_t leak : cell.leaks) {
        const policy::Request& request = report.leaks[leak].finding.request;
        found += "; " + request.principal.arn + " " + request.action + " " + request.resource;
        for (const auto& entry : request.context.entries()) found += " " + entry.key + "=" + (entry.values.empty() ? "" : entry.values.front());
      }
      found += "\n";
    }
  }
  return found;
}

TEST(Grants, OfSmallEstatesEveryRequestSaysWhatTheWholeSays) {
  const char* count = std::getenv("RINGWALL_WORLDS");
  const std::uint64_t worlds = count != nullptr ? std::strtoull(count, nullptr, 10) : 60;
  const char* first = std::getenv("RINGWALL_SEED");
  const std::uint64_t begin = first != nullptr ? std::strtoull(first, nullptr, 10) : 1;
  std::size_t differing = 0;
  for (std::uint64_t seed = begin; seed < begin + worlds && differing < 5; ++seed) {
    Worlds one(seed);
    one.make();
    const std::string found = one.difference();
    EXPECT_EQ(found, "") << "seed " << seed << "\n" << one.told;
    differing += found.empty() ? 0 : 1;
  }
}

}  // namespace
}  // namespace ringwall::prove
