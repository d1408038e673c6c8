// The room that restates proofs against the one that finds them, on estates at random: what leaks has no certificate, whoever asks
// for one, and what is proved has one. Two encoders that share nothing have to agree, or one of them is wrong.

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>

#include "prove/prove.h"
#include "prove/testing_estate.h"
#include "recheck/detail/axioms.h"
#include "recheck/detail/rows.h"
#include "recheck/recheck.h"
#include "sat/sat.h"

namespace ringwall {
namespace {

using perimeter::Objective;
using policy::Kind;
namespace world = prove::testing;

constexpr const char* today = "2026-06-01";
constexpr const char* second_bucket = "arn:aws:s3:::mine-logs";
constexpr const char* key = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555";

// Statements of a small alphabet, so that layers meet.
class Dice {
 public:
  // `agents`: do policies ask for the keys of MCP servers?
  explicit Dice(std::uint64_t seed, bool agents = false) : random_(seed), agents_(agents) {}
  std::size_t below(std::size_t count) { return random_() % count; }
  bool once_in(std::size_t count) { return below(count) == 0; }
  const char* one_of(std::initializer_list<const char*> all) { return *(all.begin() + static_cast<std::ptrdiff_t>(below(all.size()))); }

  std::string condition() {
    if (agents_ && once_in(2)) {
      return one_of({R"("Bool":{"aws:ViaAWSMCPService":"true"})", R"("BoolIfExists":{"aws:ViaAWSMCPService":"false"})", R"("Null":{"aws:CalledViaAWSMCP":"true"})",
                     R"("StringNotEquals":{"aws:CalledViaAWSMCP":"aws-mcp.amazonaws.com"})",
                     R"("Bool":{"aws:ViaAWSMCPService":"true"},"StringNotEqualsIfExists":{"aws:ResourceOrgID":"o-ringwall01"})"});
    }
    return one_of({"", "", "", R"("StringEquals":{"aws:PrincipalOrgID":"o-ringwall01"})", R"("StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-ringwall01"})",
                   R"("StringNotEquals":{"aws:ResourceOrgID":"o-ringwall01"})", R"("StringEquals":{"aws:ResourceOrgID":"o-ringwall01"})",
                   R"("NotIpAddressIfExists":{"aws:SourceIp":"203.0.113.0/24"},"StringNotEqualsIfExists":{"aws:SourceVpc":"vpc-0a"},"BoolIfExists":{"aws:ViaAWSService":"false","aws:PrincipalIsAWSService":"false"})",
                   R"("IpAddress":{"aws:SourceIp":"203.0.113.0/24"})", R"("IpAddress":{"aws:SourceIp":["203.0.113.0/25","198.51.100.0/24"]})",
                   R"("StringEquals":{"aws:SourceVpc":"vpc-0a"})", R"("StringEquals":{"aws:PrincipalAccount":["111122223333","222233334444"]})",
                   R"("StringLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*"})", R"("ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:*"})",
                   R"("Null":{"aws:SourceVpce":"true"})", R"("ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-ringwall01/*"})",
                   R"("ForAllValues:StringEquals":{"aws:TagKeys":["team","cost"]})", R"("Bool":{"aws:SecureTransport":"true"})",
                   R"("NumericLessThan":{"aws:MultiFactorAuthAge":"3600"})", R"("DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"})",
                   R"("StringEquals":{"aws:SourceAccount":"111122223333"})", R"("StringEqualsIfExists":{"aws:SourceAccount":"111122223333"})",
                   R"("StringNotEquals":{"aws:SourceAccount":"111122223333"})", R"("StringEquals":{"aws:SourceOrgID":"o-ringwall01"})",
                   R"("ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:111122223333:trail/*"})", R"("StringEquals":{"aws:PrincipalAccount":"anonymous"})",
                   R"("StringEquals":{"aws:PrincipalType":"FederatedUser"})",
                   R"("StringEqualsIfExists":{"aws:PrincipalTag/team":"${aws:ResourceTag/team}"})", R"("StringEquals":{"aws:PrincipalAccount":"${aws:ResourceAccount}"})",
                   R"("StringEquals":{"kms:CallerAccount":"111122223333"})", R"("StringEquals":{"kms:CallerAccount":"999900001111"})",
                   R"("StringNotEquals":{"kms:CallerAccount":["111122223333","222233334444"]})", R"("StringLike":{"kms:ViaService":"s3.*.amazonaws.com"})",
                   R"("StringEquals":{"AWS:SourceOwner":"111122223333"})", R"("StringNotEqualsIfExists":{"aws:SourceOwner":"111122223333"})",
                   R"("StringLike":{"s3:prefix":"public/*"})", R"("Null":{"s3:prefix":"true"})", R"("StringNotEquals":{"sns:Protocol":"https"})",
                   R"("StringEquals":{"aws:VpceOrgID":"o-ringwall01"})", R"("StringNotEqualsIfExists":{"aws:VpceAccount":["111122223333","222233334444"]})",
                   R"("StringEquals":{"aws:RequestedRegion":"us-east-1"})", R"("StringEquals":{"aws:PrincipalTag/team":"blue"})",
                   R"("StringNotEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"})", R"("StringEquals":{"aws:SourceVpc":"vpc-0a","aws:RequestedRegion":"us-east-1"})",
                   R"("ArnNotLike":{"aws:PrincipalArn":["arn:aws:iam::*:role/app","arn:aws:iam::222233334444:user/*"]})",
                   R"("StringEquals":{"sts:ExternalId":"x"})", R"("StringLike":{"sts:RoleSessionName":"${aws:username}"})",
                   R"("StringEquals":{"aws:SourceVpce":"vpce-0a"})", R"("StringNotEqualsIfExists":{"aws:SourceVpce":"vpce-0a"})",
                   R"("IpAddress":{"aws:VpcSourceIp":"10.0.0.0/8"})", R"("ArnLike":{"aws:SourceVpcArn":"arn:aws:ec2:us-east-1:111122223333:vpc/*"})",
                   R"("ForAllValues:StringLike":{"aws:PrincipalOrgPaths":"o-ringwall01/r-1/ou-1/*"})", R"("StringLike":{"aws:userid":"*:s"})",
                   R"("ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::222233334444:user/ann"})", R"("StringEquals":{"aws:username":"ann"})",
                   R"("StringEquals":{"aws:PrincipalType":"Account"})", R"("Bool":{"aws:ViaAWSService":"true"})",
                   R"("ForAnyValue:StringEquals":{"aws:CalledVia":["athena.amazonaws.com"]})", R"("StringEquals":{"aws:CalledViaLast":"athena.amazonaws.com"})",
                   R"("StringLike":{"aws:PrincipalServiceName":"*.amazonaws.com"})", R"("BoolIfExists":{"aws:PrincipalIsAWSService":"false"})",
                   R"("StringEquals":{"aws:ResourceAccount":"111122223333"})", R"("StringNotEqualsIfExists":{"aws:ResourceAccount":["111122223333","222233334444"]})",
                   R"("StringEquals":{"aws:ResourceAccount":"${aws:PrincipalAccount}"})", R"("StringEquals":{"s3:ResourceAccount":"111122223333"})",
                   R"("DateLessThan":{"aws:TokenIssueTime":"2026-01-01T00:00:00Z"})", R"("StringEquals":{"aws:FederatedProvider":"token.actions.githubusercontent.com"})",
                   R"("Null":{"aws:PrincipalAccount":"true"})", R"("StringEquals":{"aws:PrincipalIsAWSService":"true"})",
                   R"("ForAnyValue:StringNotLike":{"aws:PrincipalOrgPaths":"o-ringwall01/*"})", R"("ForAnyValue:StringLike":{"aws:SourceOrgPaths":"o-ringwall01/*"})",
                   R"("StringEquals":{"aws:SourceOrgID":"o-ringwall01"},"ForAnyValue:StringLike":{"aws:SourceOrgPaths":"o-someoneelse/*"})",
                   R"("ForAllValues:StringNotLike":{"aws:ResourceOrgPaths":["o-ringwall01/*","o-third*"]},"StringEquals":{"aws:ResourceOrgID":"o-ringwall01"})"});
  }
  std::string resource(Kind kind) {
    if (kind == Kind::resource || kind == Kind::identity)
      return one_of({"*", "arn:aws:s3:::mine-data", "arn:aws:s3:::mine-data/*", "arn:aws:s3:::mine-*", "arn:aws:sns:us-east-1:111122223333:mine-events", "arn:aws:s3:::*",
                     "arn:aws:kms:*:111122223333:key/*", "arn:aws:s3:::${aws:PrincipalTag/team}-data/*", "arn:aws:s3:::*-data/${aws:username}"});
    return "*";
  }
  std::string principal() {
    return one_of({R"("*")", R"({"AWS":"*"})", R"({"AWS":"111122223333"})", R"({"AWS":"222233334444"})", R"({"AWS":"arn:aws:iam::111122223333:role/app"})",
                   R"({"AWS":"arn:aws:sts::111122223333:assumed-role/app/s"})", R"({"AWS":"arn:aws:iam::222233334444:user/ann"})",
                   R"({"AWS":"999900001111"})", R"({"AWS":"arn:aws:iam::999900001111:role/them"})", R"({"Service":"cloudtrail.amazonaws.com"})",
                   R"({"AWS":["111122223333","arn:aws:iam::999900001111:root"]})", R"({"AWS":"arn:aws:iam::111122223333:role/job"})",
                   R"({"AWS":"arn:aws:sts::111122223333:federated-user/bob"})", R"({"Service":["sns.amazonaws.com","cloudtrail.amazonaws.com"]})",
                   R"({"AWS":"arn:aws:sts::999900001111:assumed-role/them/x"})", R"({"AWS":"555566667777"})"});
  }
  std::string federated() {
    const std::string github = "token.actions.githubusercontent.com";
    const std::string provider = one_of({"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com", "arn:aws:iam::999900001111:oidc-provider/token.actions.githubusercontent.com",
                                         "arn:aws:iam::111122223333:saml-provider/corp", "accounts.google.com", "arn:aws:iam::111122223333:oidc-provider/idp.example.com"});
    const std::string of = provider.contains("idp.example") ? "idp.example.com" : provider.contains("google") ? "accounts.google.com" : github;
    const std::string when = one_of({"", R"("StringLike":{"ISSUER:sub":"repo:acme/*"})", R"("StringEquals":{"ISSUER:sub":"repo:acme/app:ref:refs/heads/main"})", R"("StringLike":{"ISSUER:sub":"repo:*"})",
                                     R"("StringEquals":{"ISSUER:aud":"sts.amazonaws.com"})", R"("StringLikeIfExists":{"ISSUER:sub":["repo:acme/*","repo:other*"]})",
                                     R"("StringNotLike":{"ISSUER:sub":"repo:acme/*"})", R"("StringEquals":{"ISSUER:aud":"mine"})", R"("StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"})",
                                     R"("StringEquals":{"aws:SourceVpc":"vpc-0a"})"});
    std::string made = R"({"Effect":"Allow","Principal":{"Federated":")" + provider + R"("},"Action":)" +
                       one_of({R"("sts:AssumeRoleWithWebIdentity")", R"(["sts:AssumeRoleWithWebIdentity","sts:AssumeRoleWithSAML","sts:TagSession"])"});
    std::string with = when;
    for (std::size_t at; (at = with.find("ISSUER")) != std::string::npos;) with.replace(at, 6, of);
    return made + (with.empty() ? "" : R"(,"Condition":{)" + with + "}") + "}";
  }
  std::string statement(Kind kind, const char* effect) {
    const bool named = kind != Kind::identity && kind != Kind::scp;
    const bool everyone = kind == Kind::rcp;
    std::string made = R"({"Effect":")" + std::string(effect) + "\"";
    const bool all_but = kind == Kind::resource && effect[0] == 'D' && once_in(6);
    if (named) made += (all_but ? R"(,"NotPrincipal":)" : R"(,"Principal":)") + (everyone ? std::string(R"("*")") : principal());
    if (kind == Kind::trust) {
      made += R"(,"Action":"sts:AssumeRole")";
    } else {
      made += std::string(once_in(6) ? R"(,"NotAction":)" : R"(,"Action":)") + one_of({R"("*")", R"("s3:*")", R"(["s3:GetObject","sns:Publish"])", R"("s3:PutObject")", R"("sns:*")", R"("kms:*")", R"(["kms:Decrypt","s3:ListBucket"])"});
      if (everyone) made = std::string(R"({"Effect":")") + effect + R"(","Principal":"*","Action":)" + one_of({R"("s3:*")", R"(["s3:*","sqs:*","sts:*"])", R"("kms:*")"});
      made += R"(,"Resource":")" + resource(kind) + "\"";
    }
    std::string when = condition();
    if (kind == Kind::trust && when.contains("ResourceTag")) when.clear();
    return made + (when.empty() ? "" : R"(,"Condition":{)" + when + "}") + "}";
  }
  policy::DocumentPtr trust() {
    std::string all = once_in(3) ? federated() : statement(Kind::trust, "Allow");
    if (once_in(3)) all += "," + statement(Kind::trust, "Allow");
    if (once_in(2)) all += "," + (once_in(2) ? world::only_my_principals(R"("sts:AssumeRole")", "") : statement(Kind::trust, "Deny"));
    return world::document(all, Kind::trust);
  }
  policy::DocumentPtr policy(Kind kind, std::size_t allows, std::size_t denies) {
    std::string all;
    const auto add = [&](const std::string& one) { all += (all.empty() ? "" : ",") + one; };
    for (std::size_t i = 0; i < allows; ++i) add(statement(kind, "Allow"));
    for (std::size_t i = 0; i < denies; ++i) add(statement(kind, "Deny"));
    return world::document(all, kind);
  }

 private:
  std::mt19937_64 random_;
  const bool agents_;
};

policy::DocumentPtr full(Kind kind) {
  return world::document(kind == Kind::scp ? world::allow_all() : R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"})", kind);
}

loaders::Loaded random_world(std::uint64_t seed, bool agents = false) {
  Dice dice(seed, agents);
  world::Builder builder;
  std::vector<policy::DocumentPtr> scps = {full(Kind::scp)}, rcps = {full(Kind::rcp)};
  if (!dice.once_in(3)) scps.push_back(world::document(world::only_my_resources(), Kind::scp));
  if (!dice.once_in(3)) scps.push_back(world::document(world::only_my_networks({"vpc-0a"}, ""), Kind::scp));
  if (dice.once_in(2)) scps.push_back(dice.policy(Kind::scp, 0, 1));
  if (!dice.once_in(3)) rcps.push_back(world::document(world::only_my_principals(R"(["s3:*","sts:AssumeRole"])", "*"), Kind::rcp));
  if (dice.once_in(2)) rcps.push_back(world::document(world::rcp_networks(R"(["s3:*"])", {"vpc-0a"}), Kind::rcp));
  if (dice.once_in(3)) rcps.push_back(dice.policy(Kind::rcp, 0, 1));
  builder.account(world::management, "", {}, {});
  builder.account(world::member, "ou-1", builder.chain("r-1", scps, "scp-"), builder.chain("r-1", rcps, "rcp-"));
  builder.account(world::other_member, "ou-1", builder.chain("r-1", scps, "scp-"), builder.chain("r-1", rcps, "rcp-"));
  builder.role(world::member, "app", dice.policy(Kind::identity, 1 + dice.below(2), dice.below(2)), dice.trust(), dice.once_in(2) ? estate::Tags{{"team", "blue"}} : estate::Tags{});
  if (dice.once_in(2)) builder.role(world::member, "job", dice.policy(Kind::identity, 1, dice.below(2)), dice.trust());
  builder.user(world::other_member, "ann", dice.policy(Kind::identity, 1, dice.below(2)));
  builder.resource(world::bucket, world::member, dice.once_in(4) ? nullptr : dice.policy(Kind::resource, 1 + dice.below(2), dice.below(3)));
  if (dice.once_in(2)) builder.resource(second_bucket, world::other_member, dice.once_in(2) ? nullptr : dice.policy(Kind::resource, 1, dice.below(2)));
  if (dice.once_in(2)) builder.resource(world::topic, world::member, dice.policy(Kind::resource, 1, dice.below(2)));
  if (dice.once_in(3)) builder.resource(key, world::member, dice.policy(Kind::resource, 1 + dice.below(2), dice.below(2)), authz::ResourceKind::key);
  builder.vpc("vpc-0a", world::member);
  if (dice.once_in(2)) {
    builder.endpoint("vpce-0a", world::member, "vpc-0a", "s3",
                     dice.once_in(3) ? nullptr : dice.once_in(2) ? world::document(world::endpoint_statement(), Kind::endpoint) : dice.policy(Kind::endpoint, 1, dice.below(2)));
  }
  if (dice.once_in(4)) builder.endpoint("vpce-0b", world::other_member, "vpc-0b", dice.one_of({"s3", "sts", "kms", "com.amazonaws.vpce.us-east-1.vpce-svc-0c"}), dice.policy(Kind::endpoint, 1, dice.below(2)));
  return std::move(builder).finish();
}

// AWS's services, as far as the file lists them.
perimeter::Perimeter random_file(std::uint64_t seed) {
  perimeter::Perimeter file = world::perimeter_file();
  if (seed % 3 != 0) file.services = {{.principal = "cloudtrail.amazonaws.com", .without_source = seed % 3 == 2}};
  Dice dice(seed + 1'000'000'007);
  file.networks.estate_vpcs = dice.once_in(3);
  file.anonymous_get_object = dice.once_in(6);
  if (dice.once_in(4)) file.accounts = {"555566667777"};
  if (dice.once_in(4)) file.identity_providers = {{"token.actions.githubusercontent.com", {dice.one_of({"repo:acme/*", "repo:acme/app:*"})}, {}}};
  if (dice.once_in(4)) file.identity_providers.push_back({"idp.example.com", {"*"}, {"mine"}});
  if (dice.once_in(6)) file.aws_owned = {{{"arn:aws:s3:::theirs", "arn:aws:s3:::theirs/*"}, {"s3:GetObject"}}};
  if (dice.once_in(4)) {
    perimeter::Exception one;
    if (dice.once_in(2)) one.actions = {dice.one_of({"s3:*", "s3:GetObject", "sns:Publish", "*"})};
    if (dice.once_in(2)) one.resources = {dice.one_of({"arn:aws:s3:::mine-data/*", "arn:aws:s3:::mine-*", "arn:aws:s3:::theirs/*"})};
    if (dice.once_in(2)) one.principals = {dice.one_of({"999900001111", "arn:aws:iam::111122223333:role/app", "anonymous", "cloudtrail.amazonaws.com", "arn:aws:iam::*:role/them"})};
    if (dice.once_in(5)) one.external_id = "x";
    if (dice.once_in(4)) one.vpcs = {{"us-east-1", "vpc-0b"}};
    if (dice.once_in(3)) one.cidrs = {text::parse_cidr("198.51.100.0/24", text::HostBits::refuse).value()};
    if (dice.once_in(2)) one.objectives = {std::array{Objective::identity_resources, Objective::identity_networks, Objective::resource_principals,
                                                      Objective::resource_networks, Objective::network_principals, Objective::network_resources,
                                                      Objective::whole}[dice.below(7)]};
    file.exceptions.push_back(std::move(one));
  }
  return file;
}

struct Counts {
  std::size_t proved = 0, leaking = 0, not_certified = 0, wrongly = 0;
};

std::string said(const prove::Report& report, const prove::Row& row, const std::string& subject) {
  std::string text;
  for (const prove::CellOf& cell : row.cells) {
    if (cell.subject != subject) continue;
    for (const std::size_t leak : cell.leaks) {
      const policy::Request& request = report.leaks[leak].finding.request;
      text += "\n  " + request.principal.arn + " " + request.action + " " + request.resource + " of " + request.resource_account;
      for (const auto& entry : request.context.entries()) {
        text += " " + entry.key + "=";
        for (const std::string& value : entry.values) text += value + ",";
      }
    }
  }
  return text;
}

// The question's policies, and what holds of a request that passes them.
void show(const recheck::detail::World& world, recheck::detail::Library& library, const recheck::detail::Question& question) {
  const auto statement = recheck::detail::statement_of(world, library, question, recheck::detail::Typed::as_taken);
  if (!statement) return;
  sat::Solver solver;
  for (const auto& clause : statement->clauses) solver.add(clause);
  if (solver.solve() != sat::Outcome::satisfiable) return;
  for (const auto& [layer, named] : recheck::detail::documents_of(question.sides)) std::printf("%s: %s\n", layer.c_str(), std::string(named->document->source()).c_str());
  std::printf("%s\n", question.part.c_str());
  std::size_t at = 0;
  while ((at = statement->text.find("\nvariable ", at)) != std::string::npos) {
    const std::string line = statement->text.substr(at + 10, statement->text.find('\n', at + 1) - at - 10);
    if (solver.value(std::atoi(line.c_str())) && !line.contains("of several") && !line.contains("one of the values")) std::printf("  %s\n", line.c_str());
    ++at;
  }
}

// With RINGWALL_SHOW set, that of the questions of a cell that is proved and not certified.
void show(const loaders::Loaded& loaded, const perimeter::Perimeter& file, const recheck::Unproved& of) {
  if (std::getenv("RINGWALL_SHOW") == nullptr) return;
  const recheck::detail::World world(loaded, file, today, false);
  recheck::detail::Library library;
  recheck::detail::Rows rows(world, library);
  if (of.row != Objective::whole) return show(world, library, rows.question({of.row, of.subject}));
  if (world.estate.resources.find(of.subject) != nullptr) {
    if (rows.excepts(Objective::resource_principals)) show(world, library, rows.outsiders_from_anywhere(of.subject));
    for (const estate::Principal* principal : world.principals) show(world, library, rows.pair(principal->arn, of.subject));
  } else if (const estate::Principal* principal = world.estate.principal(of.subject)) {
    show(world, library, rows.foreign_from_anywhere(of.subject));
    show(world, library, rows.pair(of.subject, {}));
    world.estate.resources.for_each([&](const estate::Resource& resource) { show(world, library, rows.pair(principal->arn, resource.arn)); });
  }
}

// `agents`: of agents alone, else of all that is asked of every perimeter.
void compare(std::uint64_t seed, Counts& counts, bool agents = false) {
  const loaders::Loaded loaded = random_world(seed, agents);
  perimeter::Perimeter file = random_file(seed);
  if (agents) file.agents = perimeter::Agents{{"s3", "kms"}};
  if (agents && !file.exceptions.empty() && seed % 2 == 0) file.exceptions.front().objectives = {Objective::agents};
  const prove::Report report = prove::prove(loaded, file, {.today = today, .depth = false, .threads = 1});
  std::vector<recheck::Claim> claims;
  std::set<std::pair<Objective, std::string>> leaking;
  for (const prove::Row& row : report.rows) {
    for (const prove::CellOf& cell : row.cells) {
      if (cell.verdict == prove::Verdict::inconclusive || agents != (row.objective == Objective::agents)) continue;
      claims.push_back({row.objective, cell.subject, "proved"});  // whatever it is
      if (cell.verdict == prove::Verdict::leak) leaking.emplace(row.objective, cell.subject);
    }
  }
  const auto refute = [](std::span<const std::vector<std::int32_t>> clauses) { return sat::refute(clauses); };
  const recheck::Made made = recheck::certify(loaded, file, {today, false}, claims, refute);
  std::set<std::pair<Objective, std::string>> unproved;
  for (const recheck::Unproved& one : made.unproved) unproved.emplace(one.row, one.subject);
  for (const recheck::Claim& claim : claims) {
    const std::pair cell(claim.row, claim.subject);
    const bool certified = !unproved.contains(cell), leaks = leaking.contains(cell);
    ++(leaks ? counts.leaking : counts.proved);
    if (certified && leaks) {
      ++counts.wrongly;
      ADD_FAILURE() << "seed " << seed << ": a leak is certified: " << perimeter::name_of(claim.row) << " of " << claim.subject
                    << said(report, report.rows[static_cast<std::size_t>(claim.row)], claim.subject);
    }
    if (!certified && !leaks) {
      ++counts.not_certified;
      for (const recheck::Unproved& one : made.unproved) {
        if (one.row == claim.row && one.subject == claim.subject)
          std::printf("seed %llu: proved, and not certified: %s of %s: %s\n", static_cast<unsigned long long>(seed), std::string(perimeter::name_of(one.row)).c_str(),
                      one.subject.c_str(), one.reason.c_str()), show(loaded, file, one);
      }
    }
  }
  auto files = recheck::Files(loaded, file);
  const auto verified = files.verify(made.text, {today});
  ASSERT_TRUE(verified) << verified.error().message;
  for (const std::string& why : verified->refused) {
    if (!why.starts_with("nothing is said of")) ADD_FAILURE() << "seed " << seed << ": " << why;  // of what is inconclusive
  }
}

TEST(Recheck, NoLeakIsCertifiedAndWhatIsProvedIs) {
  const char* const given = std::getenv("RINGWALL_SEED");
  const char* const count = std::getenv("RINGWALL_ESTATES");
  const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  const std::uint64_t estates = count != nullptr ? std::strtoull(count, nullptr, 10) : 16;
  Counts counts;
  for (std::uint64_t seed = first; seed < first + estates; ++seed) compare(seed, counts);
  std::printf("%llu estates from seed %llu: %zu cells proved, of which %zu have no certificate; %zu leak, of which %zu have one\n",
              static_cast<unsigned long long>(estates), static_cast<unsigned long long>(first), counts.proved, counts.not_certified, counts.leaking, counts.wrongly);
  EXPECT_EQ(counts.wrongly, 0);
  EXPECT_EQ(counts.not_certified, 0);
  EXPECT_GT(counts.proved, estates);
  EXPECT_GT(counts.leaking, estates);
}

TEST(Recheck, AgentsAreCertifiedExactlyWhereTheyAreProved) {
  const char* const given = std::getenv("RINGWALL_SEED");
  const char* const count = std::getenv("RINGWALL_ESTATES");
  const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : 1;
  const std::uint64_t estates = count != nullptr ? std::strtoull(count, nullptr, 10) : 5;
  Counts counts;
  for (std::uint64_t seed = first; seed < first + estates; ++seed) compare(seed, counts, true);
  std::printf("%zu principals proved, of which %zu have no certificate; %zu leak, of which %zu have one\n", counts.proved, counts.not_certified, counts.leaking, counts.wrongly);
  EXPECT_EQ(counts.wrongly, 0);
  EXPECT_EQ(counts.not_certified, 0);
  EXPECT_GT(counts.proved, 0U);
  EXPECT_GT(counts.leaking, 0U);
}

// Whoever claims it: is a certificate made that nobody of others reaches a bucket with this statement?
bool certified(const std::string& statement, const perimeter::Perimeter& file, const char* resource = world::bucket,
               authz::ResourceKind kind = authz::ResourceKind::plain) {
  world::Builder builder;
  builder.account(world::member, "ou-1", {}, builder.chain("r-1", {full(Kind::rcp)}, "rcp-"));
  builder.resource(resource, world::member, world::document(statement, Kind::resource), kind);
  const loaders::Loaded loaded = std::move(builder).finish();
  const std::vector<recheck::Claim> claims = {{Objective::resource_principals, resource, "proved"}};
  const auto refute = [](std::span<const std::vector<std::int32_t>> clauses) { return sat::refute(clauses); };
  return recheck::certify(loaded, file, {today, false}, claims, refute).unproved.empty();
}

std::string allowing(const std::string& principal, const std::string& when) {
  return R"({"Effect":"Allow","Principal":)" + principal + R"(,"Action":"s3:PutObject","Resource":"arn:aws:s3:::mine-data/*")" +
         (when.empty() ? "" : R"(,"Condition":{)" + when + "}") + "}";
}

TEST(Recheck, BelievesADeclaredServiceForMineOnly) {
  perimeter::Perimeter file = world::perimeter_file();
  file.services = {{.principal = "cloudtrail.amazonaws.com"}};
  const auto for_whom = [&](const std::string& when) { return certified(allowing(R"({"Service":"cloudtrail.amazonaws.com"})", when), file); };
  for (const char* when : {"", R"("StringEquals":{"aws:SourceAccount":"999988887777"})", R"("StringEqualsIfExists":{"aws:SourceAccount":"111122223333"})",
                           R"("StringNotEquals":{"aws:SourceOrgID":"o-ringwall01"})", R"("StringNotEquals":{"aws:SourceAccount":"111122223333"})",
                           R"("ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-1:999988887777:trail/t"})",
                           R"("ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:*:trail/t"})", R"("StringEquals":{"aws:SourceArn":"arn:aws:s3:::theirs"})",
                           R"("StringLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:1111*:trail/t"})"})
    EXPECT_FALSE(for_whom(when)) << when;
  for (const char* when : {R"("StringEquals":{"aws:SourceAccount":"111122223333"})", R"("StringEquals":{"aws:SourceOrgID":"o-ringwall01"})",
                           R"("ForAnyValue:StringLike":{"aws:SourceOrgPaths":"o-ringwall01/r-1/*"})",
                           R"("ArnLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:111122223333:trail/*"})",
                           R"("StringLike":{"aws:SourceArn":"arn:aws:cloudtrail:*:111122223333:trail/*"})",
                           R"("StringEquals":{"aws:SourceArn":"arn:aws:s3:::mine-data"})"})
    EXPECT_TRUE(for_whom(when)) << when;
  file.services.front().without_source = true;
  EXPECT_TRUE(for_whom(""));
  // One that is not declared is nobody's of mine, if it is named.
  file.services.clear();
  EXPECT_FALSE(for_whom(R"("StringEquals":{"aws:SourceAccount":"111122223333"})"));
  EXPECT_TRUE(certified(allowing(R"("*")", R"("StringEquals":{"aws:SourceAccount":"111122223333"})"), file));
}

TEST(Recheck, KnowsThatWhoeverComesThroughADistributionIsAnybody) {
  const std::string identity = R"({"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1ABCDEFGHIJK"})";
  EXPECT_FALSE(certified(allowing(identity, ""), world::perimeter_file()));
  EXPECT_TRUE(certified(allowing(identity, R"("StringEquals":{"aws:PrincipalOrgID":"o-ringwall01"})"), world::perimeter_file()));
}

// As AWS's own policies of keys and topics say who may.
TEST(Recheck, KnowsKeysOfAServiceThatAreTheCallersAccount) {
  const perimeter::Perimeter file = world::perimeter_file();
  const auto of_key = [&](const std::string& when) {
    return certified(R"({"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:*","Resource":"*","Condition":{)" + when + "}}", file, key, authz::ResourceKind::key);
  };
  const auto of_topic = [&](const std::string& when) {
    return certified(R"({"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sns:*","Resource":"*","Condition":{)" + when + "}}", file, world::topic);
  };
  EXPECT_TRUE(of_key(R"("StringEquals":{"kms:CallerAccount":"111122223333"})"));
  EXPECT_FALSE(of_key(R"("StringEquals":{"kms:CallerAccount":"999900001111"})"));
  EXPECT_FALSE(of_key(R"("StringNotEquals":{"kms:CallerAccount":"111122223333"})"));
  EXPECT_TRUE(of_topic(R"("StringEquals":{"AWS:SourceOwner":"111122223333"})"));
  EXPECT_FALSE(of_topic(R"("StringEquals":{"AWS:SourceOwner":"999900001111"})"));
  // No request of the service has a key of another one.
  EXPECT_TRUE(of_key(R"("StringEquals":{"s3:prefix":"public/"})"));
  EXPECT_TRUE(of_topic(R"("StringEquals":{"kms:CallerAccount":"999900001111"})"));
  EXPECT_FALSE(of_topic(R"("StringEquals":{"sns:Protocol":"https"})"));
}

// Who is excepted at a bucket comes through an endpoint all the same, where nobody is excepted.
TEST(Recheck, HoldsAnEndpointToWhatABucketExcepts) {
  world::Builder builder;
  builder.account(world::member, "ou-1", {}, builder.chain("r-1", {full(Kind::rcp)}, "rcp-"));
  builder.resource(world::bucket, world::member, world::document(allowing(R"("*")", ""), Kind::resource));
  builder.vpc("vpc-0a", world::member);
  builder.endpoint("vpce-0a", world::member, "vpc-0a", "s3",
                   world::document(R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceOrgID":"o-ringwall01"}}})", Kind::endpoint));
  const loaders::Loaded loaded = std::move(builder).finish();
  perimeter::Perimeter file = world::perimeter_file();
  file.networks.estate_vpcs = true;
  const auto certified = [&](std::vector<Objective> objectives) {
    perimeter::Exception one;
    one.objectives = std::move(objectives);
    one.resources = {"arn:aws:s3:::mine-data", "arn:aws:s3:::mine-data/*"};
    file.exceptions = {one};
    const prove::Report report = prove::prove(loaded, file, {.today = today, .depth = false, .threads = 1});
    const bool proved = report.rows[static_cast<std::size_t>(Objective::whole)].cells.back().verdict == prove::Verdict::proved;
    const auto refute = [](std::span<const std::vector<std::int32_t>> clauses) { return sat::refute(clauses); };
    const bool is = recheck::certify(loaded, file, {today, false}, std::vector<recheck::Claim>{{Objective::whole, "vpce-0a", "proved"}}, refute).unproved.empty();
    EXPECT_EQ(is, proved);
    return is;
  };
  EXPECT_FALSE(certified({Objective::resource_principals}));
  EXPECT_TRUE(certified({Objective::resource_principals, Objective::network_principals}));
}

// An account that is mine by the perimeter file alone: whatever its people may do is written where nobody looked.
TEST(Recheck, HoldsSomebodyOfAnAccountThatTheEstateDoesNotList) {
  world::Builder builder;
  builder.account(world::member, "ou-1", {}, builder.chain("r-1", {full(Kind::rcp)}, "rcp-"));
  builder.resource(world::bucket, world::member, world::document(allowing(R"({"AWS":"555566667777"})", ""), Kind::resource));
  builder.vpc("vpc-0a", world::member);
  builder.endpoint("vpce-0a", world::member, "vpc-0a", "s3",
                   world::document(R"({"Effect":"Allow","Principal":{"AWS":"555566667777"},"Action":"*","Resource":"*"})", Kind::endpoint));
  const loaders::Loaded loaded = std::move(builder).finish();
  perimeter::Perimeter file = world::perimeter_file();
  file.networks.estate_vpcs = true;
  file.accounts = {"555566667777"};
  const auto refute = [](std::span<const std::vector<std::int32_t>> clauses) { return sat::refute(clauses); };
  for (const char* subject : {world::bucket, "vpce-0a"}) {
    const std::vector<recheck::Claim> claims = {{Objective::whole, subject, "proved"}};
    EXPECT_FALSE(recheck::certify(loaded, file, {today, false}, claims, refute).unproved.empty()) << subject;
  }
}

TEST(Recheck, KnowsSessionsOfFederatedUsers) {
  EXPECT_FALSE(certified(allowing(R"("*")", R"("StringEquals":{"aws:PrincipalType":"FederatedUser"})"), world::perimeter_file()));
}

TEST(Recheck, KnowsTheAccountOfAnUnsignedRequest) {
  EXPECT_FALSE(certified(allowing(R"("*")", R"("StringEquals":{"aws:PrincipalAccount":"anonymous"})"), world::perimeter_file()));
  EXPECT_FALSE(certified(allowing(R"("*")", R"("Null":{"aws:PrincipalAccount":"true"})"), world::perimeter_file()));  // of a service
}

// An organisation's paths begin with its id: of a service that acts, of whoever calls.
TEST(Recheck, KnowsThatPathsAreOfTheOrganisationThatIsNamed) {
  const auto by_trail = [&](const std::string& when) { return certified(allowing(R"({"Service":"cloudtrail.amazonaws.com"})", when), world::perimeter_file()); };
  EXPECT_TRUE(by_trail(R"("StringEquals":{"aws:SourceOrgID":"o-ringwall01"},"ForAnyValue:StringLike":{"aws:SourceOrgPaths":"o-someoneelse/*"})"));
  EXPECT_FALSE(by_trail(R"("StringEquals":{"aws:SourceOrgID":"o-someoneelse"},"ForAnyValue:StringLike":{"aws:SourceOrgPaths":"o-someoneelse/*"})"));
  EXPECT_FALSE(by_trail(R"("ForAnyValue:StringNotLike":{"aws:SourceOrgPaths":"o-someoneelse/*"})"));
  const auto by_anybody = [&](const std::string& when) { return certified(allowing(R"("*")", when), world::perimeter_file()); };
  EXPECT_TRUE(by_anybody(R"("StringEquals":{"aws:PrincipalOrgID":"o-third00001"},"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":["o-someoneelse/r-1/*","o-ringwall01/*"]})"));
  EXPECT_FALSE(by_anybody(R"("StringEquals":{"aws:PrincipalOrgID":"o-someoneelse"},"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":["o-someoneelse/r-1/*","o-ringwall01/*"]})"));
}

// Who reaches mine from anywhere, where nobody asks whose the resource is: its ARN says it.
TEST(Recheck, KnowsThatTheAccountOfAResourceIsInItsArn) {
  const auto certified = [&](const std::string& resource, const std::string& when) {
    world::Builder builder;
    builder.account(world::member, "", builder.chain("r-1", {full(Kind::scp)}, "scp-"), {});
    builder.user(world::member, "ann", world::document(R"({"Effect":"Allow","Action":"sqs:*","Resource":")" + resource + R"(","Condition":{)" + when + "}}", Kind::identity));
    const loaders::Loaded loaded = std::move(builder).finish();
    perimeter::Perimeter file = world::perimeter_file();
    const std::vector<recheck::Claim> claims = {{Objective::identity_networks, "arn:aws:iam::111122223333:user/ann", "proved"}};
    const auto refute = [](std::span<const std::vector<std::int32_t>> clauses) { return sat::refute(clauses); };
    const bool is = recheck::certify(loaded, file, {today, false}, claims, refute).unproved.empty();
    const prove::Report report = prove::prove(loaded, file, {.today = today, .depth = false, .threads = 1});
    EXPECT_EQ(is, report.rows[static_cast<std::size_t>(Objective::identity_networks)].cells.front().verdict == prove::Verdict::proved) << resource << " " << when;
    return is;
  };
  EXPECT_TRUE(certified("arn:aws:sqs:us-east-1:111122223333:*", R"("StringEquals":{"aws:ResourceAccount":"444455556666"})"));
  EXPECT_TRUE(certified("arn:aws:sqs:us-east-1:111122223333:*", R"("StringLike":{"aws:ResourceAccount":"4444*"})"));
  EXPECT_FALSE(certified("arn:aws:sqs:us-east-1:111122223333:*", R"("StringLike":{"aws:ResourceAccount":"1111*"})"));
  EXPECT_FALSE(certified("arn:aws:sqs:us-east-1:444455556666:*", R"("StringLike":{"aws:ResourceAccount":"4444*"})"));
  EXPECT_FALSE(certified("arn:aws:sqs:us-east-1:111122223333:*", R"("StringNotLike":{"aws:ResourceAccount":"1111*"})"));  // the key may be absent
}

// What an agent is granted by name is asked beside what its principal's own side allows, and only if the file has agents.
TEST(Recheck, HoldsAgentsToWhatABucketGrantsThem) {
  const auto refused = [](const std::string& scp, const std::string& bucket_policy, bool agents) {
    world::Builder builder;
    builder.account(world::member, "", builder.chain("r-1", {full(Kind::scp), world::document(scp, Kind::scp)}, "scp-"), {});
    builder.user(world::member, "ann", world::document(R"({"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::mine-data/*"})", Kind::identity));
    builder.resource(world::bucket, world::member, world::document(bucket_policy, Kind::resource));
    const loaders::Loaded loaded = std::move(builder).finish();
    perimeter::Perimeter file = world::perimeter_file();
    if (agents) file.agents = perimeter::Agents{{"s3"}};
    const std::vector<recheck::Claim> claims = {{Objective::agents, "arn:aws:iam::111122223333:user/ann", "proved"}};
    const auto refute = [](std::span<const std::vector<std::int32_t>> clauses) { return sat::refute(clauses); };
    const recheck::Made made = recheck::certify(loaded, file, {today, false}, claims, refute);
    return made.unproved.empty() ? std::string() : made.unproved.front().reason;
  };
  const auto granting = [](const std::string& action) {
    return R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/ann"},"Action":")" + action + R"(","Resource":"arn:aws:s3:::mine-data/*"})";
  };
  const std::string nothing = R"({"Effect":"Deny","Action":"s3:Nothing","Resource":"*"})";
  const std::string no_agents = R"({"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Null":{"aws:CalledViaAWSMCP":"false"}}})";
  EXPECT_EQ(refused(nothing, granting("s3:GetObject"), true), "");
  EXPECT_NE(refused(nothing, granting("s3:DeleteObject"), true), "");
  EXPECT_EQ(refused(no_agents, granting("s3:DeleteObject"), true), "");
  EXPECT_EQ(refused(no_agents, granting("s3:DeleteObject"), false), "the perimeter file has no `agents`");
}

TEST(Recheck, RestatesTheProversAxioms) {
  std::set<std::pair<std::string_view, std::string_view>> theirs, ours;
  for (const prover::Axiom& axiom : prover::axioms()) theirs.emplace(axiom.name, axiom.text);
  for (const recheck::detail::Axiom& axiom : recheck::detail::axioms()) ours.emplace(axiom.name, axiom.text);
  EXPECT_EQ(theirs, ours);
}

}  // namespace
}  // namespace ringwall
