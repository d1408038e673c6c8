#include "server/live_export.h"

#include <algorithm>
#include <array>

#include "store/store.h"
#include "text/encode.h"

namespace ringwall::server {

using text::Json;

namespace {

constexpr std::array<const char*, 5> exported = {"ec2", "iam", "kms", "organizations", "rds"};
constexpr std::array<const char*, 2> policy_types = {"SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"};

// Documents carry private members in lower case, which the wire's shapes leave out. Percent-encoded
// policies become objects, as AWS's CLI prints them.
Json as_printed(const Json& value) {
  if (value.is_string() && value.as_string().starts_with("%7B")) {
    const Result<std::string> decoded = text::percent_decode(value.as_string(), false);
    Result<Json> document = decoded ? text::parse_json(*decoded) : fail(Failure::invalid, {});
    return document ? *std::move(document) : value;
  }
  if (value.is_array()) {
    Json items = Json::array();
    for (const Json& item : value.items()) items.push(as_printed(item));
    return items;
  }
  if (!value.is_object()) return value;
  Json members = Json::object();
  for (const auto& [name, member, offset] : value.members()) {
    if (!name.empty() && (name.front() < 'a' || name.front() > 'z')) members.set(name, as_printed(member));
  }
  return members;
}

class Exporter {
 public:
  Exporter(const service::Environment& environment, const estate::Estate& estate, std::span<const service::Service> services)
      : environment_(environment), estate_(estate), services_(services) {}

  Result<Json> make() && {
    const std::string management = estate_.organization ? estate_.organization->management_account : std::string();
    put("export.json", scope());
    RW_TRY(const Json organization, ask(management, "organizations", "DescribeOrganization"));
    put("organization.json", organization);
    RW_DO(add_tree(management));
    RW_DO(add_policies(management));
    RW_TRY(const Json accounts, ask(management, "organizations", "ListAccounts"));
    put("accounts.json", accounts);
    for (const Json& account : accounts["Accounts"].items()) {
      if (account.text("Status") == "ACTIVE") RW_DO(add_account(account.str("Id")));
    }
    return std::move(files_);
  }

 private:
  void put(const std::string& path, const Json& answer) { files_.set(path, as_printed(answer)); }

  Json scope() const {
    Json names = Json::array();
    for (const char* name : exported) names.push(name);
    return Json::object({{"Regions", Json::array({environment_.region})}, {"Services", std::move(names)}});
  }

  // Every page of an operation's answer, the lists one behind the other.
  Result<Json> ask(const std::string& account, std::string_view service, std::string_view name, Json input = Json::object()) const {
    const auto found = std::ranges::find(services_, service, [](const service::Service& one) { return one.model().service(); });
    const service::Operation* operation = found == services_.end() ? nullptr : found->operation(name);
    if (operation == nullptr) return fail(Failure::unavailable, "this server does not answer `" + std::string(name) + "`");
    Json whole = Json::object();
    for (std::size_t page = 0; page < export_pages_max; ++page) {
      RW_TRY(Json answer, ask_page(account, *operation, input));
      if (!next_page(answer, input)) {
        add_page(whole, std::move(answer));
        return whole;
      }
      add_page(whole, std::move(answer));
    }
    return fail(Failure::exhausted, "`" + std::string(name) + "` has more than " + std::to_string(export_pages_max) + " pages");
  }

  Result<Json> ask_page(const std::string& account, const service::Operation& operation, const Json& input) const {
    service::Caller caller;
    caller.principal.type = policy::Principal::Type::root;
    caller.principal.arn = "arn:aws:iam::" + account + ":root";
    caller.principal.account = account;
    const service::NetworkContext network;
    store::Transaction transaction(environment_.store);
    const service::Call call{environment_, estate_, caller, network, input, transaction, environment_.clock.now(), "export"};
    service::ApiResult<Json> answer = operation.handler(call);
    if (!answer) return fail(Failure::io, "`" + operation.name + "` of the account `" + account + "`: " + answer.error().message);
    return *std::move(answer);
  }

  // Takes the token of the next page out of the answer and puts it into the input; false: the last.
  static bool next_page(Json& answer, Json& input) {
    static constexpr std::array<std::array<const char*, 2>, 3> tokens = {{{"NextToken", "NextToken"}, {"NextMarker", "Marker"}, {"Marker", "Marker"}}};
    bool more = false;
    for (const auto& [in_answer, in_input] : tokens) {
      if (!answer.text(in_answer).empty()) {
        input.set(in_input, answer.str(in_answer));
        more = true;
      }
      answer.erase(in_answer);
    }
    answer.erase("IsTruncated");
    answer.erase("Truncated");
    return more;
  }

  static void add_page(Json& whole, Json&& page) {
    for (const auto& [name, value, offset] : page.members()) {
      if (!value.is_array() || !whole.contains(name)) {
        whole.set(name, value);
        continue;
      }
      for (const Json& item : value.items()) whole.edit(name).push(item);
    }
  }

  Result<> add(std::string path, const std::string& account, std::string_view service, std::string_view name, Json input = Json::object()) {
    RW_TRY(const Json answer, ask(account, service, name, std::move(input)));
    put(path, answer);
    return {};
  }

  Result<> add_tree(const std::string& management) {
    RW_TRY(const Json roots, ask(management, "organizations", "ListRoots"));
    put("roots.json", roots);
    std::vector<std::string> parents;
    for (const Json& root : roots["Roots"].items()) parents.push_back(root.str("Id"));
    while (!parents.empty()) {
      const std::string parent = std::move(parents.back());
      parents.pop_back();
      const std::string folder = "tree/" + parent + "/";
      if (files_.contains(folder + "accounts.json")) continue;  // a damaged store must not make this loop
      const Json below = Json::object({{"ParentId", parent}});
      RW_TRY(const Json units, ask(management, "organizations", "ListOrganizationalUnitsForParent", below));
      put(folder + "organizational-units.json", units);
      RW_DO(add(folder + "accounts.json", management, "organizations", "ListAccountsForParent", below));
      for (const Json& unit : units["OrganizationalUnits"].items()) parents.push_back(unit.str("Id"));
    }
    return {};
  }

  Result<> add_policies(const std::string& management) {
    for (const char* type : policy_types) {
      RW_TRY(const Json policies, ask(management, "organizations", "ListPolicies", Json::object({{"Filter", type}})));
      put("policies/" + std::string(type) + ".json", policies);
      for (const Json& policy : policies["Policies"].items()) {
        const Json one = Json::object({{"PolicyId", policy.str("Id")}});
        RW_DO(add("policies/" + policy.str("Id") + ".json", management, "organizations", "DescribePolicy", one));
        RW_DO(add("policies/" + policy.str("Id") + ".targets.json", management, "organizations", "ListTargetsForPolicy", one));
      }
    }
    return {};
  }

  Result<> add_account(const std::string& account) {
    const std::string home = "accounts/" + account + "/", here = home + environment_.region + "/";
    RW_DO(add(home + "authorization-details.json", account, "iam", "GetAccountAuthorizationDetails"));
    RW_DO(add(here + "vpcs.json", account, "ec2", "DescribeVpcs"));
    RW_DO(add(here + "vpc-endpoints.json", account, "ec2", "DescribeVpcEndpoints"));
    RW_DO(add(here + "rds/instances.json", account, "rds", "DescribeDBInstances"));
    RW_TRY(const Json keys, ask(account, "kms", "ListKeys"));
    put(here + "kms/keys.json", keys);
    for (const Json& key : keys["Keys"].items()) {
      RW_DO(add(here + "kms/" + key.str("KeyId") + ".policy.json", account, "kms", "GetKeyPolicy", Json::object({{"KeyId", key.str("KeyId")}, {"PolicyName", "default"}})));
    }
    return {};
  }

  const service::Environment& environment_;
  const estate::Estate& estate_;
  std::span<const service::Service> services_;
  Json files_ = Json::object();
};

}  // namespace

Result<Json> live_export(const service::Environment& environment, const estate::Estate& estate, std::span<const service::Service> services) {
  for (int attempt = 0; attempt < export_attempts_max; ++attempt) {
    const store::Revision before = environment.store.snapshot({}).revision;
    Result<Json> files = Exporter(environment, estate, services).make();
    if (environment.store.snapshot({}).revision == before) return files;
  }
  return fail(Failure::conflict, "what is stored changed while it was read: try again");
}

}  // namespace ringwall::server
