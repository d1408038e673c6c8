// The server is read through its own API, as its administrator: the same operations, decisions and
// audit as for everybody else. What is to change is planned by generate/plan.h.

#include "apply.h"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "api_client.h"
#include "commands.h"
#include "generate/plan.h"
#include "text/encode.h"

namespace ringwall::app {
namespace {

using generate::Change;
using generate::Existing;
using generate::Step;
using text::Json;

constexpr const char* member_role = "OrganizationAccountAccessRole";

const char* type_of(policy::Kind kind) {
  return kind == policy::Kind::rcp ? "RESOURCE_CONTROL_POLICY" : "SERVICE_CONTROL_POLICY";
}

// All pages of a listing of Organizations.
Result<Json::Array> list(const ApiClient& client, const std::string& action, Json input,
                         const std::string& member) {
  Json::Array all;
  while (true) {
    RW_TRY(const Json page, client.json("organizations", action, input));
    for (const Json& one : page[member].items()) all.push_back(one);
    if (page.str("NextToken").empty()) return all;
    input.set("NextToken", page.str("NextToken"));
  }
}

class Organization {
 public:
  static Result<Organization> open(const std::string& data, const std::string& expected) {
    RW_TRY(ApiClient client, ApiClient::open(data));
    RW_TRY(const Json described,
           client.json("organizations", "DescribeOrganization", Json::object()));
    const Json& one = described["Organization"];
    if (one.text("Id") != expected)
      return fail(Failure::invalid, "the perimeter is about `" + expected +
                                        "`, and the server's organisation is `" + one.str("Id") +
                                        "`: name that one, or another server");
    RW_TRY(const auto roots, list(client, "ListRoots", Json::object(), "Roots"));
    if (roots.empty()) return fail(Failure::corrupt, "the server's organisation has no root");
    Organization organization(std::move(client));
    organization.management_ = one.str("MasterAccountId");
    organization.root_ = roots.front();
    return organization;
  }

  const std::string& management() const { return management_; }

  Result<Existing> read() {
    Existing existing;
    for (const policy::Kind kind : {policy::Kind::rcp, policy::Kind::scp})
      RW_DO(read_policies(kind, existing));
    RW_TRY(const auto accounts, list(client_, "ListAccounts", Json::object(), "Accounts"));
    for (const Json& account : accounts)
      if (account.text("Status") == "ACTIVE") RW_DO(read_account(account.str("Id"), existing));
    return existing;
  }

  Result<> perform(const Step& step) {
    switch (step.layer) {
      case generate::Layer::trust_statement: {
        RW_TRY(const ApiClient* member, client_of(step.account));
        RW_DO(member->query("iam", "UpdateAssumeRolePolicy",
                            {{"RoleName", step.id}, {"PolicyDocument", step.document}}));
        return {};
      }
      case generate::Layer::endpoint: {
        RW_TRY(const ApiClient* member, client_of(step.account));
        RW_DO(member->query("ec2", "ModifyVpcEndpoint",
                            {{"VpcEndpointId", step.id}, {"PolicyDocument", step.document}}));
        return {};
      }
      default:
        return perform_at_root(step);
    }
  }

 private:
  explicit Organization(ApiClient client) : client_(std::move(client)) {}

  bool is_enabled(const char* type) const {
    for (const Json& one : root_["PolicyTypes"].items())
      if (one.text("Type") == type && one.text("Status") == "ENABLED") return true;
    return false;
  }

  Result<> read_policies(policy::Kind kind, Existing& existing) {
    RW_TRY(const auto policies,
           list(client_, "ListPolicies", Json::object({{"Filter", type_of(kind)}}), "Policies"));
    for (const Json& one : policies) {
      if (!one.text("Name").starts_with("ringwall-")) continue;
      const Json id = Json::object({{"PolicyId", one.str("Id")}});
      RW_TRY(const Json described, client_.json("organizations", "DescribePolicy", id));
      RW_TRY(const auto targets, list(client_, "ListTargetsForPolicy", id, "Targets"));
      Existing::OrganizationPolicy policy{.id = one.str("Id"),
                                          .name = one.str("Name"),
                                          .content = described["Policy"].str("Content"),
                                          .kind = kind};
      for (const Json& target : targets)
        policy.at_root = policy.at_root || target.text("TargetId") == root_.text("Id");
      existing.organization.push_back(std::move(policy));
    }
    return {};
  }

  // The administrator is of the management account; to the others it goes as their own role.
  Result<const ApiClient*> client_of(const std::string& account) {
    if (account == management_) return &client_;
    auto found = members_.find(account);
    if (found == members_.end()) {
      auto member = client_.assume("arn:aws:iam::" + account + ":role/" + member_role);
      if (!member) return fail(member.error(), "account `" + account + "`");
      found = members_.emplace(account, *std::move(member)).first;
    }
    return &found->second;
  }

  Result<> read_account(const std::string& account, Existing& existing) {
    RW_TRY(const ApiClient* client, client_of(account));
    ApiClient::Parameters page;
    for (bool more = true; more;) {
      RW_TRY(const Element reply, client->query("iam", "ListRoles", page));
      const Element& result = reply["ListRolesResult"];
      for (const Element& role : result["Roles"].children) {
        if (role["Path"].text.starts_with("/aws-service-role/")) continue;
        RW_TRY(const std::string trust,
               text::percent_decode(role["AssumeRolePolicyDocument"].text, false));
        existing.roles.push_back({account, role["RoleName"].text, role["Arn"].text, trust});
      }
      more = result["IsTruncated"].text == "true";
      page["Marker"] = result["Marker"].text;
    }
    return read_endpoints(account, *client, existing);
  }

  static Result<> read_endpoints(const std::string& account, const ApiClient& client,
                                 Existing& existing) {
    ApiClient::Parameters page;
    while (true) {
      RW_TRY(const Element reply, client.query("ec2", "DescribeVpcEndpoints", page));
      for (const Element& one : reply["vpcEndpointSet"].children) {
        const std::string& name = one["serviceName"].text;
        existing.endpoints.push_back({account, one["vpcEndpointId"].text,
                                      name.substr(name.rfind('.') + 1),
                                      one["policyDocument"].text});
      }
      if (reply["nextToken"].text.empty()) return {};
      page["NextToken"] = reply["nextToken"].text;
    }
  }

  Result<> perform_at_root(const Step& step) {
    const std::string root = root_.str("Id");
    std::string id = step.id;
    const auto about = [&] { return Json::object({{"PolicyId", id}, {"TargetId", root}}); };
    if (step.change == Change::removed) {
      if (step.attach) RW_DO(client_.json("organizations", "DetachPolicy", about()));
      RW_DO(client_.json("organizations", "DeletePolicy", Json::object({{"PolicyId", id}})));
      return {};
    }
    if (!is_enabled(type_of(step.kind))) {
      RW_TRY(const Json enabled,
             client_.json("organizations", "EnablePolicyType",
                          Json::object({{"RootId", root}, {"PolicyType", type_of(step.kind)}})));
      root_ = enabled["Root"];
    }
    if (id.empty()) {
      RW_TRY(const Json created,
             client_.json("organizations", "CreatePolicy",
                          Json::object({{"Name", step.target},
                                        {"Description", "Made by ringwall generate"},
                                        {"Type", type_of(step.kind)},
                                        {"Content", step.document}})));
      id = created["Policy"]["PolicySummary"].str("Id");
    } else if (step.change == Change::changed) {
      RW_DO(client_.json("organizations", "UpdatePolicy",
                         Json::object({{"PolicyId", id}, {"Content", step.document}})));
    }
    if (step.attach) RW_DO(client_.json("organizations", "AttachPolicy", about()));
    return {};
  }

  ApiClient client_;
  std::string management_;
  Json root_;
  std::map<std::string, ApiClient> members_;
};

void show(const Step& step) {
  fmt::print("  {:<9} {:<19} {}{}\n", generate::name_of(step.change), generate::name_of(step.layer),
             step.target,
             step.attach
                 ? (step.change == Change::removed ? ", attached to the root" : ", to the root")
                 : "");
  for (const std::string& statement : step.statements) fmt::print("    {}\n", statement);
}

}  // namespace

int apply_policies(const generate::Generated& generated, const std::string& organization,
                   const std::string& data, Apply mode) {
  const auto failed = [](const Error& error) {
    return complain(error.message,
                    error.kind == Failure::unavailable ? exit_no_server : exit_failure);
  };
  auto there = Organization::open(data, organization);
  if (!there) return failed(there.error());
  const auto existing = there->read();
  if (!existing) return failed(existing.error());
  const auto steps = generate::plan(generated, *existing);
  if (!steps) return failed(steps.error());
  std::size_t changes = 0;
  for (const Step& step : *steps) {
    show(step);
    if (step.change != Change::unchanged) ++changes;
  }
  fmt::print(
      "account {} manages the organisation: neither SCPs nor RCPs bind it, and it can take them "
      "off\n",
      there->management());
  if (changes == 0) {
    fmt::print("nothing to change\n");
    return exit_success;
  }
  if (mode == Apply::show) {
    fmt::print("{} of {} would change: add --yes to perform it\n", changes, steps->size());
    return exit_failure;
  }
  for (const Step& step : *steps) {
    if (step.change == Change::unchanged) continue;
    if (const auto done = there->perform(step); !done)
      return failed(
          {done.error().kind, fmt::format("`{}`: {}", step.target, done.error().message)});
  }
  fmt::print("{} changed\n", changes);
  return exit_success;
}

}  // namespace ringwall::app
