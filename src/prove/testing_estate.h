#pragma once
// Organisations to prove, made in memory: a small one whose every layer can be left out, and one of
// any size, of templates as platform teams use them, with a few leaks put in.

#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "base/check.h"
#include "loaders/loaders.h"
#include "perimeter/perimeter.h"

namespace ringwall::prove::testing {

inline constexpr const char* organization = "o-ringwall01";
inline constexpr const char* management = "000000000001";

inline policy::DocumentPtr document(const std::string& statements, policy::Kind kind) {
  auto made = policy::compile("{\"Version\":\"2012-10-17\",\"Statement\":[" + statements + "]}",
                              kind, policy::Quota::waived);
  if (!made) std::fprintf(stderr, "%s\n%s\n", made.error().message.c_str(), statements.c_str());
  RW_CHECK(made.has_value());
  return *made;
}

inline std::string quoted(const std::vector<std::string>& values) {
  std::string out = "[";
  for (const std::string& value : values) out += (out.size() > 1 ? ",\"" : "\"") + value + "\"";
  return out + "]";
}

// The perimeter's statements, in their present form.
inline std::string allow_all() { return R"({"Effect":"Allow","Action":"*","Resource":"*"})"; }
inline std::string only_my_resources() {
  return R"({"Sid":"OnlyMyResources","Effect":"Deny","Action":"*","Resource":"*","Condition":{)"
         R"("StringNotEquals":{"aws:ResourceOrgID":"o-ringwall01"}}})";
}
inline std::string only_my_networks(const std::vector<std::string>& vpcs, const std::string& more) {
  return R"({"Sid":"OnlyMyNetworks","Effect":"Deny",)" + more +
         R"("Action":"*","Resource":"*","Condition":{)"
         R"("NotIpAddressIfExists":{"aws:SourceIp":["203.0.113.0/24"]},)"
         R"("StringNotEqualsIfExists":{"aws:SourceVpc":)" + quoted(vpcs) + R"(},)"
         R"("BoolIfExists":{"aws:ViaAWSService":"false","aws:PrincipalIsAWSService":"false"}}},)" +
         R"({"Sid":"OnlyMyNetworksRegion","Effect":"Deny",)" + more + R"("Action":"*","Resource":"*","Condition":{)"
         R"("StringEquals":{"aws:SourceVpc":)" + quoted(vpcs) + R"(},)"
         R"("StringNotEqualsIfExists":{"aws:RequestedRegion":"us-east-1"}}})";
}
inline std::string only_my_principals(const std::string& action, const std::string& resource) {
  return R"({"Sid":"OnlyMyPrincipals","Effect":"Deny","Principal":"*","Action":)" + action +
         (resource.empty() ? "" : R"(,"Resource":")" + resource + "\"") +
         R"(,"Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-ringwall01"}}})";
}
inline std::string rcp_networks(const std::string& actions, const std::vector<std::string>& vpcs) {
  std::string statement = only_my_networks(vpcs, R"("Principal":"*",)");
  const std::string any = R"("Action":"*")", some = R"("Action":)" + actions;
  for (std::size_t at = 0; (at = statement.find(any, at)) != std::string::npos; at += some.size())
    statement.replace(at, any.size(), some);
  return statement;
}
inline std::string endpoint_statement() {
  return R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{)"
         R"("aws:PrincipalOrgID":"o-ringwall01","aws:ResourceOrgID":"o-ringwall01"}}})";
}

inline constexpr const char* rcp_actions = R"(["s3:*","sqs:*","kms:*","secretsmanager:*"])";

// Puts an estate together.
class Builder {
 public:
  Builder() { estate_.organization = estate::Organization{organization, management, "r-1"}; }

  estate::Chain chain(const std::string& target, std::vector<policy::DocumentPtr> documents,
                      const char* name) {
    std::vector<authz::Named> named;
    for (const policy::DocumentPtr& one : documents)
      named.push_back({std::string(name) + std::to_string(named.size() + 1), one});
    return std::vector<authz::Level>{{target, std::move(named)}};
  }
  void account(const std::string& id, const std::string& unit, estate::Chain scps,
               estate::Chain rcps) {
    std::vector<std::string> path = {"r-1"};
    if (!unit.empty()) path.push_back(unit);
    const std::string org_path = estate::org_path_of(*estate_.organization, path);
    accounts_.put({id, "account " + id, path, org_path, std::move(scps), std::move(rcps)});
  }
  void role(const std::string& account, const std::string& name, policy::DocumentPtr identity,
            policy::DocumentPtr trust, estate::Tags tags = {}) {
    estate::Principal role;
    role.type = policy::Principal::Type::role_session;
    role.arn = "arn:aws:iam::" + account + ":role/" + name;
    role.account = account;
    role.name = name;
    role.unique_id = "AROA" + account + std::to_string(principal_count_++);
    role.tags = std::move(tags);
    role.identity.push_back({"inline policy `app` of role/" + name, std::move(identity)});
    role.trust = authz::Named{"the trust policy of role/" + name, std::move(trust)};
    principals_.put(std::move(role));
  }
  void user(const std::string& account, const std::string& name, policy::DocumentPtr identity) {
    estate::Principal user;
    user.arn = "arn:aws:iam::" + account + ":user/" + name;
    user.account = account;
    user.name = name;
    user.unique_id = "AIDA" + account + std::to_string(principal_count_++);
    user.identity.push_back({"inline policy `all` of user/" + name, std::move(identity)});
    principals_.put(std::move(user));
  }
  void resource(const std::string& arn, const std::string& account, policy::DocumentPtr policy,
                authz::ResourceKind kind = authz::ResourceKind::plain) {
    estate::Resource resource{arn, account, kind, {}};
    if (policy != nullptr) resource.policy = authz::Named{"the policy of " + arn, std::move(policy)};
    resources_.put(std::move(resource));
  }
  void vpc(const std::string& id, const std::string& account, const std::string& region = "us-east-1") {
    vpcs_.put({id, account, {}});
    regions_[id] = region;
  }
  void endpoint(const std::string& id, const std::string& account, const std::string& vpc,
                const std::string& service, policy::DocumentPtr policy) {
    estate::Endpoint endpoint{id, account, vpc, service, {}};
    if (policy != nullptr) endpoint.policy = authz::Named{"the policy of " + id, std::move(policy)};
    endpoints_.put(std::move(endpoint));
    regions_[id] = "us-east-1";
  }
  loaders::Loaded finish() && {
    estate_.accounts = std::move(accounts_).finish();
    estate_.principals = std::move(principals_).finish();
    estate_.resources = std::move(resources_).finish();
    estate_.vpcs = std::move(vpcs_).finish();
    estate_.endpoints = std::move(endpoints_).finish();
    return {std::make_shared<const estate::Estate>(std::move(estate_)), {}, {}, {}, std::move(regions_)};
  }

 private:
  estate::Estate estate_;
  estate::Table<estate::Account>::Editor accounts_{{}};
  estate::Table<estate::Principal>::Editor principals_{{}};
  estate::Table<estate::Resource>::Editor resources_{{}};
  estate::Table<estate::Vpc>::Editor vpcs_{{}};
  estate::Table<estate::Endpoint>::Editor endpoints_{{}};
  std::map<std::string, std::string> regions_;
  std::size_t principal_count_ = 0;
};

inline perimeter::Perimeter perimeter_file() {
  perimeter::Perimeter file;
  file.organization = organization;
  file.networks.cidrs = {text::parse_cidr("203.0.113.0/24", text::HostBits::refuse).value()};
  return file;
}

// Which layers a small organisation has.
struct Layers {
  bool scp_resources = true, scp_networks = true, rcp = true, statements = true;
  bool endpoints = true, trust = true;
};

inline constexpr const char* member = "111122223333";
inline constexpr const char* other_member = "222233334444";
inline constexpr const char* bucket = "arn:aws:s3:::mine-data";
inline constexpr const char* queue = "arn:aws:sqs:us-east-1:111122223333:mine-jobs";
inline constexpr const char* topic = "arn:aws:sns:us-east-1:111122223333:mine-events";
inline constexpr const char* app_role = "arn:aws:iam::111122223333:role/app";

// Two members and a management account without principals; a role that may do everything, a bucket
// and a queue that let everyone in as far as they go, a topic that RCPs do not reach, an endpoint.
inline Builder small_organization(const Layers& layers) {
  Builder builder;
  const std::vector<std::string> vpcs = {"vpc-0a"};
  std::vector<policy::DocumentPtr> scps = {document(allow_all(), policy::Kind::scp)};
  if (layers.scp_resources) scps.push_back(document(only_my_resources(), policy::Kind::scp));
  if (layers.scp_networks) scps.push_back(document(only_my_networks(vpcs, ""), policy::Kind::scp));
  std::vector<policy::DocumentPtr> rcps = {
      document(R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"})", policy::Kind::rcp)};
  if (layers.rcp) {
    rcps.push_back(document(only_my_principals(R"(["s3:*","sqs:*","sts:AssumeRole"])", "*"), policy::Kind::rcp));
    rcps.push_back(document(rcp_networks(R"(["s3:*","sqs:*"])", vpcs), policy::Kind::rcp));
  }
  const estate::Chain scp_chain = builder.chain("r-1", scps, "scp-");
  const estate::Chain rcp_chain = builder.chain("r-1", rcps, "rcp-");
  builder.account(management, "", {}, {});
  builder.account(member, "ou-1", scp_chain, rcp_chain);
  builder.account(other_member, "ou-1", scp_chain, rcp_chain);

  std::string trust = R"({"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"})";
  if (layers.trust) trust += "," + only_my_principals(R"("sts:AssumeRole")", "");
  builder.role(member, "app", document(allow_all(), policy::Kind::identity),
               document(trust, policy::Kind::trust));
  builder.user(other_member, "ann", document(allow_all(), policy::Kind::identity));

  const auto guarded = [&](const std::string& arn, const std::string& action) {
    std::string text = R"({"Sid":"Open","Effect":"Allow","Principal":"*","Action":")" + action +
                       R"(","Resource":[")" + arn + R"(",")" + arn + R"(/*"]})";
    if (layers.statements) {
      text += "," + only_my_principals(R"("*")", "*");
      text += "," + only_my_networks(vpcs, R"("Principal":"*",)");
    }
    return document(text, policy::Kind::resource);
  };
  builder.resource(bucket, member, guarded(bucket, "s3:*"));
  builder.resource(topic, member, guarded(topic, "sns:*"));
  builder.vpc("vpc-0a", member);
  builder.endpoint("vpce-0a", member, "vpc-0a", "s3",
                   layers.endpoints ? document(endpoint_statement(), policy::Kind::endpoint)
                                    : nullptr);
  return builder;
}

}  // namespace ringwall::prove::testing
