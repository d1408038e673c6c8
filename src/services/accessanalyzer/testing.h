#pragma once
// For this room's tests: an identity system, keys and roles in its store, and every operation.

#include <gtest/gtest.h>

#include "directory/documents.h"
#include "directory/guards.h"
#include "directory/testing.h"
#include "keyring/guards.h"
#include "keyring/grants.h"
#include "keyring/keyring.h"
#include "services/accessanalyzer/accessanalyzer.h"

namespace ringwall::accessanalyzer::testing {

using directory::testing::World;
using text::Json;

inline Json parsed(const std::string& text) {
  auto json = text::parse_json(text);
  EXPECT_TRUE(json.has_value()) << text;
  return json ? *std::move(json) : Json();
}

// A policy of one statement that allows `principal` (JSON) the action under a condition (JSON).
inline std::string allowing(const std::string& principal, const std::string& action, const std::string& condition = {}) {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":)" + principal + R"(,"Action":")" + action + R"(","Resource":"*")" +
         (condition.empty() ? "" : R"(,"Condition":)" + condition) + "}]}";
}
// The same as a role's trust policy, which has no Resource.
inline std::string trusting(const std::string& principal, const std::string& condition = {}) {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":)" + principal + R"(,"Action":"sts:AssumeRole")" +
         (condition.empty() ? "" : R"(,"Condition":)" + condition) + "}]}";
}

class Analyzing : public ::testing::Test {
 protected:
  service::ApiResult<Json> call(const char* name, const service::Caller& caller, const std::string& input) { return world_.call(name, caller, parsed(input)); }
  service::ApiResult<Json> call(const char* name, const std::string& input) { return call(name, admin_, input); }
  std::string code(const char* name, const service::Caller& caller, const std::string& input) { return world_.code(name, caller, parsed(input)); }
  std::string code(const char* name, const std::string& input) { return code(name, admin_, input); }
  Json good(const char* name, const service::Caller& caller, const std::string& input) {
    const auto output = call(name, caller, input);
    EXPECT_TRUE(output) << name << ": " << (output ? "" : output.error().code + ": " + output.error().message);
    return output ? *output : Json();
  }
  Json good(const char* name, const std::string& input) { return good(name, admin_, input); }

  void commit(store::Transaction& transaction) {
    const auto revision = world_.store().commit(transaction);
    ASSERT_TRUE(revision.has_value());
    world_.directory().wait_for(*revision);
  }
  std::string account() const { return world_.administrator().account; }
  std::string other_account() {
    store::Transaction transaction(world_.store());
    const auto organization = directory::tables::organizations.get(transaction);
    const std::string id = directory::new_account_id(world_.environment(), transaction);
    directory::put_account(transaction, *organization, id, "member", id + "@example.com", organization->root, "CREATED", world_.clock().now());
    commit(transaction);
    return id;
  }
  service::Caller user(const std::string& of, const std::string& name, const std::string& policy) {
    store::Transaction transaction(world_.store());
    Json user = directory::new_user(world_.environment(), of, "/", name, world_.clock().now());
    if (!policy.empty()) user.edit("inline").push(Json::object({{"PolicyName", "own"}, {"PolicyDocument", policy}}));
    const std::string arn = user.str("Arn");
    transaction.put(directory::iam_key(of, "user", name), std::move(user));
    commit(transaction);
    return world_.as_user(arn);
  }
  // Also of principals that there are not, which AWS would refuse.
  Json bound(const std::string& text, policy::Kind kind) {
    return service::bound(text, kind, *world_.directory().current()).value_or(service::bound_own(text));
  }
  // Makes the role, or gives it another trust policy.
  std::string put_role(const std::string& of, const std::string& name, const std::string& trust) {
    store::Transaction transaction(world_.store());
    Json role = directory::new_role(world_.environment(), of, "/", name, bound(trust, policy::Kind::trust), world_.clock().now());
    const std::string arn = role.str("Arn");
    transaction.put(directory::iam_key(of, "role", name), std::move(role));
    commit(transaction);
    return arn;
  }
  void delete_role(const std::string& of, const std::string& name) {
    store::Transaction transaction(world_.store());
    transaction.erase(directory::iam_key(of, "role", name));
    commit(transaction);
  }
  std::string put_key(const std::string& of, const std::string& policy) {
    store::Transaction transaction(world_.store());
    const auto key = keyring::make_key(world_.environment(), of, "", bound(policy, policy::Kind::key), {}, keyring::KeyManager::customer);
    keyring::tables::keys.put(transaction, key, of, key.id);
    commit(transaction);
    return key.arn;
  }
  // A new analyzer's ARN.
  std::string new_analyzer(const std::string& type = "ACCOUNT", const std::string& name = "watch") {
    return good("CreateAnalyzer", R"({"analyzerName":")" + name + R"(","type":")" + type + R"("})").str("arn");
  }
  // The findings as "resource's last part: principal action,… [condition] status…", sorted.
  std::vector<std::string> findings(const std::string& analyzer, const std::string& more = {}) {
    const Json output = good("ListFindings", R"({"analyzerArn":")" + analyzer + '"' + more + '}');
    std::vector<std::string> lines;
    for (const Json& finding : output["findings"].items()) {
      const std::string arn = finding.str("resource");
      std::string line = finding["principal"].dump() + (finding["isPublic"].as_bool() ? " public " : " ") + finding["condition"].dump() + ' ' + finding.str("status");
      if (finding.text("resourceType") == "AWS::IAM::Role") line.insert(0, arn.substr(arn.rfind('/') + 1) + ": ");
      if (finding.contains("error")) line += ' ' + finding.str("error");
      lines.push_back(std::move(line));
    }
    std::ranges::sort(lines);
    return lines;
  }

  World world_{operations({[](const std::string& what, const std::string& question) { ADD_FAILURE() << what << "\n" << question; },
                           {keyring::guards(), directory::role_guards()}})};
  service::Caller admin_ = world_.as_administrator();
};

using Lines = std::vector<std::string>;

}  // namespace ringwall::accessanalyzer::testing
