#pragma once
// An organisation of any size as platform teams build them: a perimeter as `ringwall generate`
// writes it, on the organisation's root and on every resource; identity and resource policies of
// templates, filled in with each account's own names, so that most texts are distinct; and a few
// leaks, which are listed. The same size makes the same organisation.

#include <set>
#include <string>
#include <vector>

#include "prove/testing_estate.h"

namespace ringwall::prove::testing {

struct Scale {
  std::size_t accounts = 1'000, principals = 50'000, resources = 50'000, endpoints = 2'000;
};

struct ScaledWorld {
  loaders::Loaded world;
  std::set<std::string> leaking;  // subjects with a leak that was put in
  std::set<std::string> texts;    // distinct texts of policies are as many
};

class ScaledMaker {
 public:
  explicit ScaledMaker(const Scale& scale) : scale_(scale) {}

  ScaledWorld make() && {
    make_chains();
    for (std::size_t i = 0; i < scale_.accounts; ++i) make_account(i);
    for (std::size_t i = 0; i < scale_.principals; ++i) make_principal(i);
    for (std::size_t i = 0; i < scale_.resources; ++i) make_resource(i);
    for (std::size_t i = 0; i < scale_.endpoints; ++i) make_endpoint(i);
    made_.world = std::move(builder_).finish();
    return std::move(made_);
  }

  static std::string account_id(std::size_t account) {
    return std::to_string(200'000'000'000 + account * 1'000'003);
  }
  static std::string role_arn(const std::string& account, std::size_t number) {
    return "arn:aws:iam::" + account + ":role/app-" + std::to_string(number);
  }
  static std::string my_networks(const std::string& principal, const std::string& actions) {
    return R"({"Sid":"OnlyMyNetworks","Effect":"Deny",)" + principal + R"("Action":)" + actions +
           R"(,"Resource":"*","Condition":{"NotIpAddressIfExists":{"aws:SourceIp":["203.0.113.0/24"]},)"
           R"("StringNotEqualsIfExists":{"aws:VpceOrgID":"o-ringwall01"},)"
           R"("BoolIfExists":{"aws:ViaAWSService":"false","aws:PrincipalIsAWSService":"false"}}})";
  }

 private:
  static constexpr std::size_t units = 20;
  static std::string unit(std::size_t number) { return "ou-1-" + std::to_string(number); }
  policy::DocumentPtr make(const std::string& statements, policy::Kind kind) {
    made_.texts.insert(statements);
    return document(statements, kind);
  }

  // Three levels: the perimeter on the root, a list of regions on the unit, and full access on all.
  void make_chains() {
    const auto full_scp = make(allow_all(), policy::Kind::scp);
    const auto full_rcp = make(R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"})", policy::Kind::rcp);
    const auto level = [](const std::string& target, std::vector<policy::DocumentPtr> documents) {
      authz::Level made{target, {}};
      for (const policy::DocumentPtr& one : documents)
        made.policies.push_back({target + "/" + std::to_string(made.policies.size()), one});
      return made;
    };
    const authz::Level root_scps = level("r-1", {full_scp, make(only_my_resources(), policy::Kind::scp),
                                                 make(my_networks("", R"("*")"), policy::Kind::scp)});
    const authz::Level root_rcps =
        level("r-1", {full_rcp, make(only_my_principals(R"(["s3:*","sqs:*","kms:*","secretsmanager:*","sts:AssumeRole"])", "*"), policy::Kind::rcp),
                      make(my_networks(R"("Principal":"*",)", rcp_actions), policy::Kind::rcp)});
    for (std::size_t i = 0; i < units; ++i) {
      const auto regions = make(R"({"Sid":"Regions","Effect":"Deny","NotAction":["iam:*","sts:*","organizations:*"],"Resource":"*",)"
                                R"("Condition":{"StringNotEquals":{"aws:RequestedRegion":["us-east-1","eu-west-)" +
                                    std::to_string(i) + R"("]}}})", policy::Kind::scp);
      scps_.push_back(std::vector<authz::Level>{root_scps, level(unit(i), {full_scp, regions}), level("account", {full_scp})});
      rcps_.push_back(std::vector<authz::Level>{root_rcps, level(unit(i), {full_rcp}), level("account", {full_rcp})});
    }
  }

  void make_account(std::size_t account) {
    const std::string id = account_id(account);
    // One account stands outside the SCPs, as a migrated one does.
    const bool outside = account == scale_.accounts / 2;
    builder_.account(id, unit(account % units), outside ? estate::Chain{} : scps_[account % units], rcps_[account % units]);
    builder_.vpc("vpc-" + std::to_string(100'000 + account), id);
  }

  std::string identity(std::size_t number, const std::string& account) const {
    const std::string name = std::to_string(number), region = "arn:aws:sqs:us-east-1:" + account + ":";
    switch (number % 5) {
      case 0:
        return R"({"Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:ListBucket"],"Resource":["arn:aws:s3:::data-)" + account + "-" + name +
               R"(","arn:aws:s3:::data-)" + account + "-" + name + R"(/*"]},{"Effect":"Allow","Action":["kms:Decrypt","kms:GenerateDataKey"],"Resource":"arn:aws:kms:us-east-1:)" +
               account + R"(:key/*"})";
      case 1:
        return R"({"Effect":"Allow","Action":["sqs:SendMessage","sqs:ReceiveMessage","sqs:DeleteMessage"],"Resource":")" + region + "jobs-" + name +
               R"("},{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"arn:aws:logs:*:)" + account + ":log-group:/app/" + name + R"(:*"})";
      case 2:
        return R"({"Effect":"Allow","Action":["secretsmanager:GetSecretValue"],"Resource":"arn:aws:secretsmanager:us-east-1:)" + account + ":secret:app-" + name +
               R"(-*"},{"Effect":"Allow","Action":["ec2:Describe*","cloudwatch:PutMetricData"],"Resource":"*"})";
      case 3:
        return R"({"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem","dynamodb:Query"],"Resource":"arn:aws:dynamodb:us-east-1:)" + account + ":table/t-" + name +
               R"(","Condition":{"StringEquals":{"aws:PrincipalTag/team":"team-)" + std::to_string(number % 40) +
               R"("}}},{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::)" + account + R"(:role/*"})";
      default:
        return R"({"Effect":"Allow","Action":["s3:*","sqs:*","sns:Publish","lambda:InvokeFunction"],"Resource":"*"},{"Effect":"Deny","Action":["s3:DeleteBucket","iam:*"],"Resource":"*"})";
    }
  }

  void make_principal(std::size_t number) {
    const std::size_t home = number % scale_.accounts;
    const std::string account = account_id(home);
    std::string trust = R"({"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"})";
    if (number % 4 == 1) {
      trust = R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::)" + account_id((home + 1) % scale_.accounts) +
              R"(:root"},"Action":"sts:AssumeRole"})";
    } else if (number % 4 == 2) {
      trust = R"({"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::)" + account +
              R"(:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{"StringEquals":{)"
              R"("token.actions.githubusercontent.com:aud":"sts.amazonaws.com","token.actions.githubusercontent.com:sub":"repo:mine/)" +
              std::to_string(number % 300) + R"(:ref:refs/heads/main"}}})";
    }
    // A sign-in without a subject: anyone with an account there.
    if (number == scale_.principals / 3) {
      trust = R"({"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::)" + account +
              R"(:oidc-provider/token.actions.githubusercontent.com"},"Action":"sts:AssumeRoleWithWebIdentity"})";
      made_.leaking.insert(role_arn(account, number));
    }
    builder_.role(account, "app-" + std::to_string(number), make(identity(number, account), policy::Kind::identity),
                  make(trust, policy::Kind::trust), {{"team", "team-" + std::to_string(number % 40)}});
    if (home == scale_.accounts / 2) made_.leaking.insert(role_arn(account, number));
  }

  void make_resource(std::size_t number) {
    const std::size_t home = number % scale_.accounts;
    const std::string account = account_id(home), name = std::to_string(number);
    static constexpr const char* services[] = {"s3", "sqs", "kms", "secretsmanager", "sns"};
    const std::size_t kind = number % 5;
    const std::string service = services[kind], tail = "us-east-1:" + account + ":";
    const std::string arn = kind == 0   ? "arn:aws:s3:::data-" + account + "-" + name
                            : kind == 1 ? "arn:aws:sqs:" + tail + "jobs-" + name
                            : kind == 2 ? "arn:aws:kms:" + tail + "key/00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + number)
                            : kind == 3 ? "arn:aws:secretsmanager:" + tail + "secret:app-" + name + "-AbCdEf"
                                        : "arn:aws:sns:" + tail + "events-" + name;
    const std::string below = kind == 0 ? R"([")" + arn + R"(",")" + arn + R"(/*"])" : R"(")" + arn + R"(")";
    std::string who = R"({"AWS":")" + role_arn(account, number) + R"("})";
    std::string statements;
    if (kind == 2) {
      statements = R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::)" + account + R"(:root"},"Action":"kms:*","Resource":"*"})";
    } else {
      if (number % 7 == 0) who = R"({"AWS":"arn:aws:iam::)" + account_id((home + 3) % scale_.accounts) + R"(:root"})";
      statements = R"({"Sid":"App","Effect":"Allow","Principal":)" + who + R"(,"Action":")" + service + R"(:*","Resource":)" + below + "}";
    }
    const bool open = number == scale_.resources / 5 * 5 - 1;  // a topic, which RCPs do not reach
    if (open) {
      statements += R"(,{"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":")" + arn + R"("})";
      made_.leaking.insert(arn);
    } else {
      statements += "," + only_my_principals(R"(")" + service + R"(:*")", "*") + "," +
                    my_networks(R"("Principal":"*",)", R"(")" + service + R"(:*")");
    }
    builder_.resource(arn, account, make(statements, policy::Kind::resource),
                      kind == 2 ? authz::ResourceKind::key : authz::ResourceKind::plain);
  }

  void make_endpoint(std::size_t number) {
    static constexpr const char* services[] = {"s3", "sqs", "kms", "secretsmanager"};
    const std::size_t home = number % scale_.accounts;
    const std::string id = "vpce-" + std::to_string(100'000 + number);
    const bool open = number == scale_.endpoints / 3;
    if (open) made_.leaking.insert(id);
    builder_.endpoint(id, account_id(home), "vpc-" + std::to_string(100'000 + home), services[number % 4],
                      open ? nullptr : make(endpoint_statement(), policy::Kind::endpoint));
  }

  const Scale scale_;
  Builder builder_;
  ScaledWorld made_;
  std::vector<estate::Chain> scps_, rcps_;
};

inline ScaledWorld make_scaled(const Scale& scale) { return ScaledMaker(scale).make(); }

}  // namespace ringwall::prove::testing
