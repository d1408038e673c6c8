#pragma once
// Exports made by number, for tests and benchmarks of any room: an organisation whose accounts,
// principals, resources and endpoints carry policies as real ones do. The same numbers make the
// same files. With its defaults, what it makes holds a data perimeter on the resources' side.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "loaders/loaders.h"
#include "text/json.h"

namespace ringwall::loaders::testing {

struct ExportSize {
  std::size_t accounts = 3;
  std::size_t units = 2;       // beside each other under the root
  std::size_t principals = 9;  // over all accounts; one in five is a user
  std::size_t resources = 6;   // over all accounts: buckets, keys, queues
  std::size_t endpoints = 3;
  std::size_t distinct = 40;   // kinds of inline policy: a real organisation's come from templates
};

inline constexpr std::string_view organization_id = "o-exampleorg1";
inline constexpr std::string_view root_id = "r-abcd";

namespace detail {

using text::Json;

// Numbers with leading zeros: ids have a fixed length.
inline std::string padded(std::size_t number, std::size_t width) {
  std::string digits = std::to_string(number);
  return digits.size() >= width ? digits : std::string(width - digits.size(), '0') + digits;
}
inline Json list(std::initializer_list<Json> items) { return Json::array(Json::Array(items)); }

inline Json policy(std::initializer_list<Json> statements) {
  return Json::object({{"Version", "2012-10-17"}, {"Statement", list(statements)}});
}
inline Json allow(Json actions, Json resources) {
  return Json::object({{"Effect", "Allow"}, {"Action", std::move(actions)}, {"Resource", std::move(resources)}});
}

inline Json trust(const std::string& service) {
  return policy({Json::object({{"Effect", "Allow"}, {"Principal", Json::object({{"Service", service}})}, {"Action", "sts:AssumeRole"}})});
}
inline Json trust_of_account(const std::string& account) {
  return policy({Json::object({{"Effect", "Allow"},
                               {"Principal", Json::object({{"AWS", "arn:aws:iam::" + account + ":root"}})},
                               {"Action", "sts:AssumeRole"},
                               {"Condition", Json::object({{"StringEquals", Json::object({{"aws:PrincipalOrgID", std::string(organization_id)}})}})}})});
}

// A statement that keeps everybody else's principals off, as AWS's whitepaper has it.
inline Json only_my_organization(const std::string& sid, const std::string& action, Json resources) {
  return Json::object({{"Sid", sid},
                       {"Effect", "Deny"},
                       {"Principal", "*"},
                       {"Action", action},
                       {"Resource", std::move(resources)},
                       {"Condition", Json::object({{"StringNotEqualsIfExists", Json::object({{"aws:PrincipalOrgID", std::string(organization_id)}})},
                                                   {"BoolIfExists", Json::object({{"aws:PrincipalIsAWSService", "false"}})}})}});
}

}  // namespace detail

// The id of the account of that number, from 0, which is the management account.
inline std::string account_id(std::size_t number) { return detail::padded(100000000001 + number, 12); }
inline std::string unit_id(std::size_t number) { return "ou-abcd-" + detail::padded(number, 8); }

namespace detail {

class ExportMaker {
 public:
  explicit ExportMaker(const ExportSize& size) : size_(size) {}

  std::vector<File> make() && {
    put_organization();
    put_policies();
    put("export.json", Json::object({{"Regions", list({"us-east-1"})}, {"Services", list({"ec2", "iam", "kms", "organizations", "s3", "sqs"})}}));
    for (std::size_t i = 0; i < size_.accounts; ++i) put_account(i);
    return std::move(files_);
  }

 private:
  void put(std::string path, const Json& json) { files_.push_back({.path = std::move(path), .text = json.dump_pretty() + "\n"}); }
  static std::string organizations_arn(const std::string& rest) { return "arn:aws:organizations::" + account_id(0) + ":" + rest; }

  static Json account_json(std::size_t number) {
    const std::string id = account_id(number);
    return Json::object({{"Id", id},
                         {"Arn", organizations_arn("account/" + std::string(organization_id) + "/" + id)},
                         {"Email", "account" + std::to_string(number) + "@example.com"},
                         {"Name", "account-" + std::to_string(number)},
                         {"Status", "ACTIVE"},
                         {"JoinedMethod", "CREATED"}});
  }

  void put_organization() {
    const std::string organization(organization_id), root(root_id);
    put("organization.json", Json::object({{"Organization", Json::object({{"Id", organization},
                                                                          {"Arn", organizations_arn("organization/" + organization)},
                                                                          {"FeatureSet", "ALL"},
                                                                          {"MasterAccountId", account_id(0)}})}}));
    const auto enabled = [](const char* type) { return Json::object({{"Type", type}, {"Status", "ENABLED"}}); };
    put("roots.json", Json::object({{"Roots", list({Json::object({{"Id", root},
                                                                  {"Arn", organizations_arn("root/" + organization + "/" + root)},
                                                                  {"Name", "Root"},
                                                                  {"PolicyTypes", list({enabled("SERVICE_CONTROL_POLICY"), enabled("RESOURCE_CONTROL_POLICY")})}})})}}));
    Json all = Json::array(), units = Json::array();
    for (std::size_t i = 0; i < size_.accounts; ++i) all.push(account_json(i));
    put("accounts.json", Json::object({{"Accounts", all}}));
    for (std::size_t unit = 0; unit < size_.units; ++unit) {
      units.push(Json::object({{"Id", unit_id(unit)}, {"Arn", organizations_arn("ou/" + organization + "/" + unit_id(unit))}, {"Name", "unit-" + std::to_string(unit)}}));
      Json members = Json::array();
      for (std::size_t i = 1 + unit; i < size_.accounts; i += size_.units) members.push(account_json(i));
      put("tree/" + unit_id(unit) + "/organizational-units.json", Json::object({{"OrganizationalUnits", Json::array()}}));
      put("tree/" + unit_id(unit) + "/accounts.json", Json::object({{"Accounts", std::move(members)}}));
    }
    Json above = Json::array();
    for (std::size_t i = 0; i < (size_.units == 0 ? size_.accounts : std::min<std::size_t>(1, size_.accounts)); ++i) above.push(account_json(i));
    put("tree/" + root + "/organizational-units.json", Json::object({{"OrganizationalUnits", std::move(units)}}));
    put("tree/" + root + "/accounts.json", Json::object({{"Accounts", std::move(above)}}));
  }

  void put_policies() {
    std::vector<std::string> everywhere = {std::string(root_id)}, units;
    for (std::size_t i = 0; i < size_.units; ++i) units.push_back(unit_id(i));
    everywhere.insert(everywhere.end(), units.begin(), units.end());
    for (std::size_t i = 0; i < size_.accounts; ++i) everywhere.push_back(account_id(i));
    const Json full = policy({allow("*", "*")});
    const Json full_rcp = policy({Json::object({{"Effect", "Allow"}, {"Principal", "*"}, {"Action", "*"}, {"Resource", "*"}})});
    const Json resources_scp = policy({Json::object({{"Sid", "OnlyMyResources"},
                                                     {"Effect", "Deny"},
                                                     {"Action", list({"s3:*", "sqs:*", "kms:*"})},
                                                     {"Resource", "*"},
                                                     {"Condition", Json::object({{"StringNotEqualsIfExists", Json::object({{"aws:ResourceOrgID", std::string(organization_id)}})}})}})});
    put_type("SERVICE_CONTROL_POLICY", {{"p-FullAWSAccess", full, everywhere}, {"p-examplescp1", resources_scp, {std::string(root_id)}}});
    put_type("RESOURCE_CONTROL_POLICY", {{"p-RCPFullAWSAccess", full_rcp, everywhere},
                                         {"p-examplercp1", policy({only_my_organization("OnlyMyPrincipals", "s3:*", "*")}), units}});
  }

  struct Attached {
    std::string id;
    Json content;
    std::vector<std::string> targets;
  };
  void put_type(const std::string& type, const std::vector<Attached>& policies) {
    Json summaries = Json::array();
    for (const Attached& attached : policies) {
      const bool is_aws = attached.id.ends_with("FullAWSAccess");
      const std::string word = type == "SERVICE_CONTROL_POLICY" ? "service_control_policy" : "resource_control_policy";
      const std::string arn = is_aws ? "arn:aws:organizations::aws:policy/" + word + "/" + attached.id
                                     : organizations_arn("policy/" + std::string(organization_id) + "/" + word + "/" + attached.id);
      const Json summary = Json::object({{"Id", attached.id}, {"Arn", arn}, {"Name", attached.id.substr(2)}, {"Type", type}, {"AwsManaged", is_aws}});
      summaries.push(summary);
      put("policies/" + attached.id + ".json", Json::object({{"Policy", Json::object({{"PolicySummary", summary}, {"Content", attached.content.dump()}})}}));
      Json targets = Json::array();
      for (const std::string& target : attached.targets) targets.push(Json::object({{"TargetId", target}}));
      put("policies/" + attached.id + ".targets.json", Json::object({{"Targets", std::move(targets)}}));
    }
    put("policies/" + type + ".json", Json::object({{"Policies", std::move(summaries)}}));
  }

  // How many of `all` fall to the account of that number.
  std::size_t share(std::size_t all, std::size_t number) const { return all / size_.accounts + (number < all % size_.accounts ? 1 : 0); }

  void put_account(std::size_t number) {
    const std::string home = "accounts/" + account_id(number) + "/";
    put_identities(home, number);
    put_resources(home, number);
    put_network(home + "us-east-1/", number);
  }

  static Json attached(const char* arn, const char* name) { return list({Json::object({{"PolicyName", name}, {"PolicyArn", arn}})}); }

  Json inline_policy(std::size_t kind, const std::string& account) const {
    const std::string suffix = std::to_string(kind % size_.distinct);
    return policy({allow(list({"s3:GetObject", "s3:PutObject", "s3:ListBucket"}), list({"arn:aws:s3:::app-" + suffix + "-*", "arn:aws:s3:::app-" + suffix + "-*/*"})),
                   allow(list({"kms:Decrypt", "kms:GenerateDataKey"}), "arn:aws:kms:us-east-1:" + account + ":key/*"),
                   Json::object({{"Effect", "Allow"}, {"Action", list({"sqs:SendMessage", "sqs:ReceiveMessage"})}, {"Resource", "arn:aws:sqs:us-east-1:" + account + ":queue-" + suffix},
                                 {"Condition", Json::object({{"StringEquals", Json::object({{"aws:RequestedRegion", "us-east-1"}})}})}})});
  }

  void put_identities(const std::string& home, std::size_t number) {
    const std::string account = account_id(number), iam = "arn:aws:iam::" + account + ":";
    Json users = Json::array(), roles = Json::array();
    const std::size_t count = share(size_.principals, number);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string unique = padded(number * 100000 + i, 17);
      const Json own = list({Json::object({{"PolicyName", "work"}, {"PolicyDocument", inline_policy(number + i, account)}})});
      if (i % 5 == 4) {
        const std::string name = "user-" + std::to_string(i);
        users.push(Json::object({{"Path", "/"}, {"UserName", name}, {"UserId", "AIDA" + unique}, {"Arn", iam + "user/" + name},
                                 {"UserPolicyList", own}, {"GroupList", list({"developers"})}, {"AttachedManagedPolicies", Json::array()},
                                 {"Tags", list({Json::object({{"Key", "team"}, {"Value", "team-" + std::to_string(i % 7)}})})}}));
        continue;
      }
      const std::string name = "role-" + std::to_string(i);
      const Json trusts = i % 3 == 0 ? trust_of_account(account_id((number + 1) % size_.accounts)) : trust(i % 3 == 1 ? "lambda.amazonaws.com" : "ec2.amazonaws.com");
      roles.push(Json::object({{"Path", "/"}, {"RoleName", name}, {"RoleId", "AROA" + unique}, {"Arn", iam + "role/" + name},
                               {"AssumeRolePolicyDocument", trusts}, {"InstanceProfileList", Json::array()}, {"RolePolicyList", own},
                               {"AttachedManagedPolicies", attached("arn:aws:iam::aws:policy/ReadOnlySample", "ReadOnlySample")}, {"Tags", Json::array()}}));
    }
    const Json read_only = policy({allow(list({"s3:Get*", "s3:List*", "sqs:Get*", "kms:Describe*", "kms:List*", "iam:Get*", "iam:List*"}), "*")});
    const Json version = Json::object({{"Document", read_only}, {"VersionId", "v3"}, {"IsDefaultVersion", true}});
    const Json managed = Json::object({{"PolicyName", "ReadOnlySample"}, {"Arn", "arn:aws:iam::aws:policy/ReadOnlySample"}, {"DefaultVersionId", "v3"}, {"PolicyVersionList", list({version})}});
    const Json group = Json::object({{"Path", "/"}, {"GroupName", "developers"}, {"GroupId", "AGPA" + padded(number, 17)}, {"Arn", iam + "group/developers"},
                                     {"GroupPolicyList", Json::array()}, {"AttachedManagedPolicies", attached("arn:aws:iam::aws:policy/ReadOnlySample", "ReadOnlySample")}});
    put(home + "authorization-details.json", Json::object({{"UserDetailList", std::move(users)}, {"GroupDetailList", list({group})},
                                                           {"RoleDetailList", std::move(roles)}, {"Policies", list({managed})}}));
  }

  void put_resources(const std::string& home, std::size_t number) {
    const std::string account = account_id(number);
    Json buckets = Json::array(), keys = Json::array(), queues = Json::array();
    const std::size_t count = share(size_.resources, number);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string unique = padded(number, 5) + "-" + std::to_string(i);
      if (i % 3 == 0) {
        const std::string name = "app-" + unique, arn = "arn:aws:s3:::" + name;
        buckets.push(Json::object({{"Name", name}, {"CreationDate", "2026-01-02T03:04:05+00:00"}}));
        const Json guarded = policy({only_my_organization("OnlyMyPrincipals", "s3:*", list({arn, arn + "/*"}))});
        put(home + "s3/" + name + ".policy.json", Json::object({{"Policy", guarded.dump()}}));
      } else if (i % 3 == 1) {
        const std::string id = padded(number, 8) + "-0000-4000-8000-" + padded(i, 12);
        keys.push(Json::object({{"KeyId", id}, {"KeyArn", "arn:aws:kms:us-east-1:" + account + ":key/" + id}}));
        const Json delegating = policy({Json::object({{"Sid", "Enable IAM policies"}, {"Effect", "Allow"}, {"Principal", Json::object({{"AWS", "arn:aws:iam::" + account + ":root"}})},
                                                      {"Action", "kms:*"}, {"Resource", "*"}})});
        put(home + "us-east-1/kms/" + id + ".policy.json", Json::object({{"Policy", delegating.dump_pretty()}, {"PolicyName", "default"}}));
      } else {
        const std::string name = "queue-" + unique, arn = "arn:aws:sqs:us-east-1:" + account + ":" + name;
        queues.push("https://sqs.us-east-1.amazonaws.com/" + account + "/" + name);
        const Json guarded = policy({only_my_organization("OnlyMyPrincipals", "sqs:*", arn)});
        put(home + "us-east-1/sqs/" + name + ".policy.json", Json::object({{"Attributes", Json::object({{"QueueArn", arn}, {"Policy", guarded.dump()}})}}));
      }
    }
    put(home + "s3/buckets.json", Json::object({{"Buckets", std::move(buckets)}, {"Owner", Json::object({{"ID", account}})}}));
    put(home + "us-east-1/kms/keys.json", Json::object({{"Keys", std::move(keys)}}));
    put(home + "us-east-1/sqs/queues.json", Json::object({{"QueueUrls", std::move(queues)}}));
  }

  void put_network(const std::string& home, std::size_t number) {
    const std::string account = account_id(number), vpc = "vpc-" + padded(number, 17);
    const std::string cidr = "10." + std::to_string(number % 256) + ".0.0/16";
    put(home + "vpcs.json", Json::object({{"Vpcs", list({Json::object({{"VpcId", vpc}, {"OwnerId", account}, {"CidrBlock", cidr},
        {"CidrBlockAssociationSet", list({Json::object({{"CidrBlock", cidr}, {"CidrBlockState", Json::object({{"State", "associated"}})}})})}})})}}));
    Json endpoints = Json::array();
    const std::size_t count = share(size_.endpoints, number);
    for (std::size_t i = 0; i < count; ++i) {
      static constexpr std::array<const char*, 3> services = {"s3", "kms", "sqs"};
      const Json guarded = policy({Json::object({{"Effect", "Allow"}, {"Principal", "*"}, {"Action", "*"}, {"Resource", "*"},
          {"Condition", Json::object({{"StringEquals", Json::object({{"aws:PrincipalOrgID", std::string(organization_id)}, {"aws:ResourceOrgID", std::string(organization_id)}})}})}})});
      endpoints.push(Json::object({{"VpcEndpointId", "vpce-" + padded(number * 1000 + i, 17)}, {"VpcEndpointType", i % 3 == 0 ? "Gateway" : "Interface"}, {"VpcId", vpc},
                                   {"ServiceName", std::string("com.amazonaws.us-east-1.") + services[i % 3]}, {"State", "available"}, {"OwnerId", account},
                                   {"PolicyDocument", guarded.dump()}}));
    }
    put(home + "vpc-endpoints.json", Json::object({{"VpcEndpoints", std::move(endpoints)}}));
  }

  const ExportSize size_;
  std::vector<File> files_;
};

}  // namespace detail

// The files of an organisation of that size. `accounts` is at least 1.
inline std::vector<File> make_export(const ExportSize& size = {}) { return detail::ExportMaker(size).make(); }

// The sizes that the project measures at.
inline constexpr ExportSize large_export = {.accounts = 1'000, .units = 20, .principals = 50'000, .resources = 50'000, .endpoints = 2'000, .distinct = 200};

}  // namespace ringwall::loaders::testing
