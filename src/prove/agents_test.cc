// The row `agents`: what my principals may do through an MCP server. Small estates at random are held to exhaustion by the plain
// evaluator, in both directions.

#include <gtest/gtest.h>

#include <cstdlib>

#include "authz/plain.h"
#include "catalogue/agents.h"
#include "policy/testing_choices.h"
#include "prove/prove.h"
#include "prove/testing_estate.h"

namespace ringwall::prove {
namespace {

using perimeter::Objective;
using policy::Kind;
using policy::testing::Choices;
using namespace std::literals;

constexpr std::size_t agents_row = static_cast<std::size_t>(Objective::agents);
constexpr const char* ann = "arn:aws:iam::222233334444:user/ann";
constexpr const char* outsider = "999988887777";

perimeter::Perimeter file_with_agents(std::vector<std::string> services = {"s3"}) {
  perimeter::Perimeter file = testing::perimeter_file();
  file.agents = perimeter::Agents{std::move(services)};
  return file;
}

Options options() { return {.today = "2026-06-01", .depth = false, .threads = 1, .classes_max = 1, .every_action = false}; }

Report proof_of(const loaders::Loaded& world, const perimeter::Perimeter& file) { return prove(world, file, options()); }

const CellOf& cell_of(const Report& report, std::string_view subject) {
  const auto& cells = report.rows.at(agents_row).cells;
  const auto found = std::ranges::find(cells, subject, &CellOf::subject);
  RW_CHECK(found != cells.end());
  return *found;
}

std::string deny(const std::string& rest) { return R"({"Effect":"Deny","Resource":"*",)" + rest + "}"; }
constexpr const char* via = R"("Bool":{"aws:ViaAWSMCPService":"true"})";

// An account whose role may do everything, under these SCPs.
loaders::Loaded world_of(const std::vector<std::string>& scps, const std::string& identity = testing::allow_all(), const std::string& bucket_policy = {}) {
  testing::Builder builder;
  std::vector<policy::DocumentPtr> documents = {testing::document(testing::allow_all(), Kind::scp)};
  for (const std::string& one : scps) documents.push_back(testing::document(one, Kind::scp));
  builder.account(testing::member, "", builder.chain("r-1", documents, "scp-"), {});
  builder.role(testing::member, "app", testing::document(identity, Kind::identity),
               testing::document(R"({"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"})", Kind::trust));
  if (!bucket_policy.empty()) builder.resource(testing::bucket, testing::member, testing::document(bucket_policy, Kind::resource));
  return std::move(builder).finish();
}

std::string only_read() { return deny(R"("NotAction":["s3:Get*","s3:List*"],"Condition":{)" + std::string(via) + "}"); }
std::string only_mine() { return deny(R"("Action":"*","Condition":{)" + std::string(via) + R"(,"StringNotEqualsIfExists":{"aws:ResourceOrgID":"o-ringwall01"}})"); }

TEST(Agents, AreAskedOnlyWhereTheFileHasThem) {
  EXPECT_EQ(proof_of(world_of({}), testing::perimeter_file()).rows.size(), perimeter::objective_count);
  const Report report = proof_of(world_of({}), file_with_agents());
  ASSERT_EQ(report.rows.size(), perimeter::objective_count_with_agents);
  EXPECT_EQ(report.rows.back().objective, Objective::agents);
  EXPECT_EQ(report.rows.back().cells.size(), 1U);
}

TEST(Agents, ReadWhatIsMineAndNothingElse) {
  EXPECT_EQ(cell_of(proof_of(world_of({only_read(), only_mine()}), file_with_agents()), testing::app_role).verdict, Verdict::proved);
  const auto leaks = [](const std::vector<std::string>& scps) {
    const Report report = proof_of(world_of(scps), file_with_agents());
    EXPECT_EQ(cell_of(report, testing::app_role).verdict, Verdict::leak);
    std::vector<Leak> all;
    for (const std::size_t leak : cell_of(report, testing::app_role).leaks) all.push_back(report.leaks[leak]);
    EXPECT_FALSE(all.empty());
    for (const Leak& leak : all) {
      const policy::Context& keys = leak.finding.request.context;
      EXPECT_EQ(*keys.find("aws:ViaAWSMCPService"), std::vector{"true"s});
      EXPECT_EQ(*keys.find("aws:CalledViaAWSMCP"), std::vector{"aws-mcp.amazonaws.com"s});
    }
    return all;
  };
  // Without the one an agent changes what is mine, without the other it reads what is not.
  for (const Leak& leak : leaks({only_mine()})) EXPECT_FALSE(leak.finding.request.action.starts_with("s3:Get")) << leak.finding.request.action;
  for (const Leak& leak : leaks({only_read()})) {
    EXPECT_TRUE(leak.finding.request.action.starts_with("s3:Get") || leak.finding.request.action.starts_with("s3:List")) << leak.finding.request.action;
    EXPECT_NE(leak.finding.request.resource_account, testing::member);
  }
}

// A server that is not the one that was thought of, and a request that comes around every server.
TEST(Agents, AreTheSameThroughEveryServer) {
  const std::string by_name = deny(R"("Action":"*","Condition":{"StringEquals":{"aws:CalledViaAWSMCP":"aws-mcp.amazonaws.com"}})");
  const Report report = proof_of(world_of({by_name}), file_with_agents());
  EXPECT_EQ(cell_of(report, testing::app_role).verdict, Verdict::leak);
  EXPECT_NE(report.leaks[cell_of(report, testing::app_role).leaks.front()].finding.request.context.find("aws:CalledViaAWSMCP")->front(), "aws-mcp.amazonaws.com");
  const std::string by_any = deny(R"("Action":"*","Condition":{"Null":{"aws:CalledViaAWSMCP":"false"}})");
  EXPECT_EQ(cell_of(proof_of(world_of({by_any}), file_with_agents()), testing::app_role).verdict, Verdict::proved);
  const std::string only_directly = R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"BoolIfExists":{"aws:ViaAWSMCPService":"false"}}})";
  EXPECT_EQ(cell_of(proof_of(world_of({}, only_directly), file_with_agents()), testing::app_role).verdict, Verdict::proved);
}

// Within the account a bucket that names the role lets it do what nobody allowed the role itself.
TEST(Agents, AreHeldToWhatABucketGrantsThemByName) {
  const std::string nothing = R"({"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"})";
  const auto granted = [](const std::string& more) {
    return R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/app"},"Action":"s3:DeleteObject","Resource":"arn:aws:s3:::mine-data/*")" + more + "}";
  };
  const auto verdict = [&](const std::vector<std::string>& scps, const std::string& bucket_policy, const perimeter::Perimeter& file) {
    return cell_of(proof_of(world_of(scps, nothing, bucket_policy), file), testing::app_role).verdict;
  };
  EXPECT_EQ(verdict({}, {}, file_with_agents()), Verdict::proved);
  EXPECT_EQ(verdict({}, granted(""), file_with_agents()), Verdict::leak);
  EXPECT_EQ(verdict({}, granted(R"(,"Condition":{"BoolIfExists":{"aws:ViaAWSMCPService":"false"}})"), file_with_agents()), Verdict::proved);
  EXPECT_EQ(verdict({only_read()}, granted(""), file_with_agents()), Verdict::proved);
  perimeter::Perimeter excepting = file_with_agents();
  perimeter::Exception exception;
  exception.name = "cleaning";
  exception.objectives = {Objective::agents};
  exception.actions = {"s3:DeleteObject"};
  excepting.exceptions = {exception};
  EXPECT_EQ(verdict({}, granted(""), excepting), Verdict::proved);
  EXPECT_EQ(cell_of(proof_of(world_of({}, nothing, granted("")), excepting), testing::app_role).exceptions, std::vector<std::size_t>{0});
  // What is excepted from the perimeter is not excepted from agents, who are none of its parts.
  excepting.exceptions.front().objectives = {Objective::whole};
  EXPECT_EQ(verdict({}, granted(""), excepting), Verdict::leak);
}

TEST(Agents, WhatIsNotAllLookedAtIsLeftOpen) {
  const std::string nothing = R"({"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"})";
  const loaders::Loaded world = world_of({}, nothing, R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/app"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::mine-data/*"})");
  const auto verdict = [&](const Bounds& bounds) {
    Options bounded = options();
    bounded.bounds = bounds;
    return cell_of(prove(world, file_with_agents(), bounded), testing::app_role).verdict;
  };
  EXPECT_EQ(verdict({}), Verdict::proved);
  EXPECT_EQ(verdict({.pairs_max = 1, .pair_looks_max = 2}), Verdict::proved);  // the bucket and the role itself
  EXPECT_EQ(verdict({.pairs_max = 0}), Verdict::inconclusive);
  EXPECT_EQ(verdict({.pair_looks_max = 0}), Verdict::inconclusive);
}

TEST(Agents, AMemoryKnowsWhatTheyMayRead) {
  const std::string reads_queues = deny(R"("NotAction":["s3:Get*","s3:List*","sqs:GetQueue*","sqs:ListQueue*"],"Condition":{)" + std::string(via) + "}");
  const loaders::Loaded world = world_of({reads_queues, only_mine()});
  const std::shared_ptr<Memory> memory = make_memory();
  for (const auto& [services, expected] : {std::pair{std::vector{"s3"s, "sqs"s}, Verdict::proved}, {std::vector{"s3"s}, Verdict::leak}, {std::vector{"s3"s, "sqs"s}, Verdict::proved}})
    EXPECT_EQ(cell_of(prove(world, file_with_agents(services), options(), memory), testing::app_role).verdict, expected);
}

TEST(Agents, AMemoryKnowsWhatBucketsGrant) {
  const std::string nothing = R"({"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"})";
  const auto granted = [](const char* action) {
    return std::string(R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/app"},"Resource":"arn:aws:s3:::mine-data/*","Action":")") + action + "\"}";
  };
  const std::shared_ptr<Memory> memory = make_memory();
  loaders::Loaded before = world_of({}, nothing, granted("s3:GetObject"));
  for (const auto& [action, expected] : {std::pair{"s3:GetObject", Verdict::proved}, {"s3:DeleteObject", Verdict::leak}, {"s3:GetObject", Verdict::proved}}) {
    loaders::Loaded after = renewed(before, world_of({}, nothing, granted(action)));
    EXPECT_EQ(cell_of(prove(after, file_with_agents(), options(), memory), testing::app_role).verdict, expected) << action;
    before = std::move(after);
  }
}

// ----- small estates, exhausted ------------------------------------------------------------------

class Estate {
 public:
  explicit Estate(Choices& choices);
  Report proof(const std::shared_ptr<Memory>& memory) const { return prove(loaded_, file_with_agents(), options(), memory); }
  // Does any request of the principal's through a server that counts get through?
  bool crosses(const estate::Principal& principal, std::string& witness);
  const loaders::Loaded& loaded() const { return loaded_; }
  std::string text;

 private:
  std::string statements(Choices& choices, const char* what, bool names, std::size_t least);
  bool crosses(policy::Request request, std::string& witness);
  bool passes(policy::Request request, const authz::Layers& layers, std::string& witness);

  loaders::Loaded loaded_;
  authz::plain::Evaluator evaluator_;
};

constexpr std::string_view actions[] = {R"("Action":"*")", R"("Action":"s3:*")", R"("Action":["s3:Get*","s3:List*"])", R"("NotAction":["s3:Get*","s3:List*"])",
                                        R"("Action":"s3:DeleteObject")", R"("Action":"s3:GetObject")", R"("NotAction":"s3:*")", R"("Action":["s3:PutObject","sqs:*"])"};
constexpr std::string_view resources[] = {R"("Resource":"*")", R"("Resource":"*")", R"("Resource":["arn:aws:s3:::mine-data","arn:aws:s3:::mine-data/*"])",
                                          R"("Resource":"arn:aws:s3:::theirs/*")", R"("Resource":"arn:aws:sqs:us-east-1:111122223333:*")", R"("NotResource":"arn:aws:s3:::mine-*")"};
constexpr std::string_view conditions[] = {
    "", "", R"("Bool":{"aws:ViaAWSMCPService":"true"})", R"("Bool":{"aws:ViaAWSMCPService":"true"})", R"("BoolIfExists":{"aws:ViaAWSMCPService":"false"})",
    R"("Null":{"aws:CalledViaAWSMCP":"true"})", R"("StringEquals":{"aws:CalledViaAWSMCP":"aws-mcp.amazonaws.com"})",
    R"("StringNotEquals":{"aws:CalledViaAWSMCP":"aws-mcp.amazonaws.com"})", R"("StringNotEqualsIfExists":{"aws:ResourceOrgID":"o-ringwall01"})",
    R"("Bool":{"aws:ViaAWSMCPService":"true"},"StringNotEqualsIfExists":{"aws:ResourceOrgID":"o-ringwall01"})", R"("StringEquals":{"aws:ResourceOrgID":"o-ringwall01"})",
    R"("StringEquals":{"aws:ResourceAccount":["111122223333","222233334444"]})", R"("StringNotEquals":{"aws:ResourceAccount":"999988887777"})"};
constexpr std::string_view principals[] = {R"("Principal":{"AWS":"arn:aws:iam::111122223333:role/app"})", R"("Principal":"*")", R"("Principal":{"AWS":"111122223333"})",
                                           R"("Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/app/session"})"};

std::string Estate::statements(Choices& choices, const char* what, bool names, std::size_t least) {
  std::string all;
  for (std::size_t n = least + choices.below(3); n > 0; --n) {
    all += std::string(all.empty() ? "" : ",") + R"({"Effect":")" + (choices.one_in(2) ? "Allow" : "Deny") + "\",";
    if (names) all += std::string(choices.of(principals)) + ",";
    // A bucket's policy is about the bucket.
    all += names ? R"("Action":)" + std::string(choices.of({R"("s3:*")"sv, R"(["s3:Get*","s3:List*"])"sv, R"("s3:DeleteObject")"sv, R"("s3:GetObject")"sv})) : std::string(choices.of(actions));
    all += "," + std::string(names ? resources[2] : choices.of(resources));
    const std::string_view when = choices.of(conditions);
    if (!when.empty()) all += R"(,"Condition":{)" + std::string(when) + "}";
    all += "}";
  }
  text += std::string(what) + ": " + all + "\n";
  return all;
}

Estate::Estate(Choices& choices) {
  estate::Estate made;
  made.organization = estate::Organization{testing::organization, testing::management, "r-1"};
  testing::Builder chains;
  estate::Table<estate::Account>::Editor accounts({});
  estate::Table<estate::Principal>::Editor people({});
  estate::Table<estate::Resource>::Editor things({});
  std::vector<policy::DocumentPtr> scps;
  scps.push_back(testing::document(testing::allow_all(), Kind::scp));
  const std::string scp = statements(choices, "scp", false, 0);
  if (!scp.empty()) scps.push_back(testing::document(scp, Kind::scp));
  for (const char* id : {testing::member, testing::other_member}) {
    const std::string path = estate::org_path_of(*made.organization, {"r-1"});
    accounts.put({id, id, {"r-1"}, path, chains.chain("r-1", scps, "scp-"), {}});
  }
  const auto put = [&](policy::Principal::Type type, const std::string& arn, const std::string& account, const std::string& name) {
    estate::Principal principal;
    principal.type = type;
    principal.arn = arn;
    principal.account = account;
    principal.name = name;
    principal.unique_id = (type == policy::Principal::Type::user ? "AIDA" : "AROA") + account + "0000";
    principal.identity.push_back({"identity", testing::document(statements(choices, arn.c_str(), false, 1), Kind::identity)});
    if (choices.one_in(3)) principal.boundary = authz::Named{"boundary", testing::document(statements(choices, "boundary", false, 1), Kind::identity)};
    if (type == policy::Principal::Type::role_session)
      principal.trust = authz::Named{"trust", testing::document(R"({"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"})", Kind::trust)};
    people.put(std::move(principal));
  };
  put(policy::Principal::Type::role_session, testing::app_role, testing::member, "app");
  put(policy::Principal::Type::user, ann, testing::other_member, "ann");
  estate::Resource bucket{testing::bucket, testing::member, authz::ResourceKind::plain, {}};
  const std::string policy = choices.one_in(2) ? statements(choices, "bucket", true, 1) : std::string();
  if (!policy.empty()) bucket.policy = authz::Named{"bucket", testing::document(policy, Kind::resource)};
  things.put(std::move(bucket));
  made.accounts = std::move(accounts).finish();
  made.principals = std::move(people).finish();
  made.resources = std::move(things).finish();
  loaded_ = {std::make_shared<const estate::Estate>(std::move(made)), {}, {}, {}, {}};
}

struct Target {
  std::string_view action, resource;
  bool reads;  // only, by what agents may do
};
// Of every kind of action that the alphabet tells apart, on each kind of resource.
constexpr Target targets[] = {
    {"s3:GetObject", "arn:aws:s3:::mine-data/a", true}, {"s3:GetObject", "arn:aws:s3:::theirs/a", true}, {"s3:GetObject", "arn:aws:s3:::another/a", true},
    {"s3:GetObjectTagging", "arn:aws:s3:::mine-data/a", true}, {"s3:GetObjectTagging", "arn:aws:s3:::theirs/a", true}, {"s3:GetObjectTagging", "arn:aws:s3:::another/a", true},
    {"s3:ListBucket", "arn:aws:s3:::mine-data", true}, {"s3:ListBucket", "arn:aws:s3:::another", true}, {"s3:ListBucket", "arn:aws:s3:::mine-other", true},
    {"s3:GetObject", "arn:aws:s3:::mine-other/a", true}, {"s3:GetObjectTagging", "arn:aws:s3:::mine-other/a", true}, {"s3:ListAllMyBuckets", "*", true},
    {"s3:DeleteObject", "arn:aws:s3:::mine-data/a", false}, {"s3:DeleteObject", "arn:aws:s3:::theirs/a", false}, {"s3:DeleteObject", "arn:aws:s3:::another/a", false},
    {"s3:DeleteObject", "arn:aws:s3:::mine-other/a", false}, {"s3:PutObject", "arn:aws:s3:::mine-data/a", false}, {"s3:PutObject", "arn:aws:s3:::theirs/a", false},
    {"s3:PutObject", "arn:aws:s3:::another/a", false}, {"s3:PutObject", "arn:aws:s3:::mine-other/a", false}, {"s3:PutBucketPolicy", "arn:aws:s3:::mine-data", false},
    {"s3:PutBucketPolicy", "arn:aws:s3:::another", false}, {"s3:PutBucketPolicy", "arn:aws:s3:::mine-other", false}, {"s3:RestoreObject", "arn:aws:s3:::theirs/a", false},
    {"s3:RestoreObject", "arn:aws:s3:::mine-data/a", false}, {"sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:jobs", false},
    {"sqs:SendMessage", "arn:aws:sqs:us-east-1:999988887777:jobs", false}, {"sqs:SendMessage", "arn:aws:sqs:us-east-1:222233334444:jobs", false},
    {"ssm:SendCommand", "arn:aws:s3:::mine-data", false}, {"ssm:SendCommand", "arn:aws:s3:::another", false},
    {"ec2:DescribeInstances", "*", false}, {"ec2:StopInstances", "arn:aws:ec2:us-east-1:111122223333:instance/i-1", false},
    {"ec2:StopInstances", "arn:aws:ec2:us-east-1:222233334444:instance/i-1", false}, {"ec2:StopInstances", "arn:aws:ec2:us-east-1:999988887777:instance/i-1", false}};

const authz::Named& open_resource() {
  static const authz::Named open{"theirs", testing::document(R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"})", Kind::resource)};
  return open;
}

bool Estate::passes(policy::Request request, const authz::Layers& layers, std::string& witness) {
  for (const char* server : {"aws-mcp.amazonaws.com", "eks-mcp.amazonaws.com"}) {
    request.context.set("aws:ViaAWSMCPService", "true"s);
    request.context.set("aws:CalledViaAWSMCP", std::string(server));
    if (evaluator_.authorize(request, layers).verdict != authz::Verdict::allow) continue;
    witness = request.action + " on " + request.resource + " of " + request.resource_account + " through " + server;
    return true;
  }
  return false;
}

bool Estate::crosses(const estate::Principal& principal, std::string& witness) {
  policy::Request request;
  request.principal.type = principal.type;
  request.principal.arn = principal.arn;
  request.principal.account = principal.account;
  request.principal.unique_id = principal.unique_id;
  if (principal.type == policy::Principal::Type::user) return crosses(request, witness);
  request.principal.role_arn = principal.arn;
  for (const char* session : {"session", "another"}) {
    request.principal.arn = "arn:aws:sts::" + principal.account + ":assumed-role/" + principal.name + "/" + session;
    if (crosses(request, witness)) return true;
  }
  return false;
}

bool Estate::crosses(policy::Request request, std::string& witness) {
  const estate::Estate& estate = *loaded_.estate;
  const std::string account = request.principal.account;
  const estate::Resource& bucket = *estate.resources.find(testing::bucket);
  for (const Target& target : targets) {
    request.action = target.action;
    request.resource = target.resource;
    const std::size_t at = request.resource.find(":1111"), other = request.resource.find(":2222"), theirs = request.resource.find(":9999");
    for (const char* owner : {testing::member, testing::other_member, outsider}) {
      const bool mine = owner != outsider, listed = request.resource.starts_with(testing::bucket);
      if (at != std::string::npos && owner != testing::member) continue;
      if (other != std::string::npos && owner != testing::other_member) continue;
      if (theirs != std::string::npos && mine) continue;
      if (listed && owner != testing::member) continue;
      if (request.resource == "*" && owner != account) continue;
      if (target.reads && mine) continue;  // that is what they are for
      request.resource_account = owner;
      for (const bool said : {true, false}) {
        request.context = estate::global_context(estate, request.principal, nullptr, {});
        if (said) request.context.set("aws:ResourceAccount", std::string(owner));
        if (said && mine) request.context.set("aws:ResourceOrgID", std::string(testing::organization));
        authz::Layers layers = estate::layers_of(estate, request.principal, nullptr);
        if (owner != account) layers.resource = &open_resource();
        if (passes(request, layers, witness)) return true;
        if (!listed || !said || !target.action.starts_with("s3:") || !bucket.policy || owner != account) continue;
        layers.resource = &*bucket.policy;  // with what it grants by name
        if (passes(request, layers, witness)) return true;
      }
    }
  }
  return false;
}

TEST(Agents, OfSmallEstatesTheRowSaysWhatEveryRequestSays) {
  const char* const given = std::getenv("RINGWALL_SEED");
  const char* const count = std::getenv("RINGWALL_ESTATES");
  const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  const std::uint64_t estates = count != nullptr ? std::strtoull(count, nullptr, 10) : 100;
  std::size_t proved = 0, leaking = 0;
  const std::shared_ptr<Memory> memory = make_memory(estates);  // so that answers kept of one are held to the requests of the next
  for (std::uint64_t seed = first; seed < first + estates; ++seed) {
    Choices choices(seed * 7919);
    Estate estate(choices);
    const Report report = estate.proof(memory);
    for (const char* subject : {testing::app_role, ann}) {
      std::string witness;
      const bool crosses = estate.crosses(*estate.loaded().estate->principal(subject), witness);
      const Verdict verdict = cell_of(report, subject).verdict;
      ++(crosses ? leaking : proved);
      std::string told;
      for (const std::size_t leak : cell_of(report, subject).leaks) {
        const policy::Request& request = report.leaks[leak].finding.request;
        told += request.action + " on " + request.resource + " of " + request.resource_account + "; ";
      }
      EXPECT_EQ(verdict, crosses ? Verdict::leak : Verdict::proved) << "seed " << seed << ", " << subject << "\n" << witness << "\n" << told << "\n" << estate.text;
      if (::testing::Test::HasFailure()) return;
    }
  }
  std::printf("%llu estates from seed %llu: %zu principals proved, %zu leaking\n", static_cast<unsigned long long>(estates), static_cast<unsigned long long>(first), proved, leaking);
  EXPECT_GT(proved, estates / 8);
  EXPECT_GT(leaking, estates / 8);
}

}  // namespace
}  // namespace ringwall::prove
