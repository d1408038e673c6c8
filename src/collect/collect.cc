// Which calls follow from which answers: the organisation's tree and policies, then account by
// account its identities, networks and resources. Each answer is a task's that may add tasks.

#include "collect/collect.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "collect/detail/asker.h"
#include "collect/detail/pool.h"
#include "os/files.h"
#include "text/encode.h"

namespace ringwall::collect {
namespace {

using detail::Asker;
using detail::Call;
using detail::Credentials;
using detail::words_of;
using text::Json;
using Needs = Asker::Needs;
using Role = std::shared_ptr<const Credentials>;  // null: the caller's own; shared by an account's tasks

constexpr unsigned folder_mode = 0700, file_mode = 0600;
constexpr std::string_view policy_types[] = {"SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"};

bool is_account_id(std::string_view text) {
  return text.size() == 12 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}
// An id that may stand in a path and on a command line: `ou-ab12-cdef`, `p-FullAWSAccess`.
bool is_plain_id(std::string_view text) {
  const auto is_plain = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; };
  return !text.empty() && text.size() <= 130 && text.front() != '-' && std::ranges::all_of(text, is_plain);
}
bool is_asked(const Options& options, std::string_view service) {
  return options.services.empty() || std::ranges::find(options.services, service) != options.services.end();
}

class Collector {
 public:
  explicit Collector(const Options& options) : options_(options), asker_(options) {}
  Result<Summary> collect();

 private:
  Result<> check() const;
  Result<> find_caller();
  Result<> find_regions();
  Result<> write_scope() const;
  void remove_half_written() const;

  void add(Call call, const Role& role, std::function<void(const Json&)> then = {});
  void ask_organization();
  void ask_tree(const std::string& parent);
  void ask_policies();
  void ask_accounts(const Json& answer);
  void ask_account(const std::string& account);
  void ask_identities(const std::string& account, const Role& role);
  void ask_services(const std::string& account, const Role& role);
  void ask_policies_of(const detail::Service& service, const std::string& account, const std::string& region, const std::string& folder, const Role& role, const Json& answer);
  Role assume(const std::string& account);

  const Options& options_;
  Asker asker_;
  detail::Pool pool_;
  std::string caller_, partition_ = "aws";
  std::vector<std::string> regions_;
  std::mutex mutex_;
  std::set<std::string> parents_;   // guarded by mutex_
  std::set<std::string> accounts_;  // those asked for; guarded by mutex_
};

Result<> Collector::check() const {
  const std::vector<std::string> known = service_names();
  for (const std::string& service : options_.services) {
    if (std::ranges::find(known, service) != known.end()) continue;
    std::string all;
    for (const std::string& name : known) all += (all.empty() ? "" : ", ") + name;
    return fail(Failure::invalid, "there is no service `" + service + "` to collect: there are " + all);
  }
  for (const std::string& account : options_.accounts) {
    if (!is_account_id(account)) return fail(Failure::invalid, "`" + account + "` is no account's id: twelve digits are");
  }
  for (const std::string& region : options_.regions) {
    if (!is_plain_id(region)) return fail(Failure::invalid, "`" + region + "` is no Region");
  }
  if (options_.parallel == 0 || options_.parallel > parallel_max) {
    return fail(Failure::invalid, "from 1 to " + std::to_string(parallel_max) + " calls can be made at a time, not " + std::to_string(options_.parallel));
  }
  return os::make_folder(options_.folder, folder_mode);
}

// Without credentials every call would be refused, which is said once and at once.
Result<> Collector::find_caller() {
  RW_TRY(const Json caller, asker_.ask_once({"sts", "get-caller-identity"}, nullptr, regions_.front()));
  caller_ = caller.str("Account");
  if (!is_account_id(caller_)) return fail(Failure::corrupt, "`sts get-caller-identity` names no account");
  const std::string_view arn = caller.text("Arn");
  if (arn.starts_with("arn:")) partition_ = arn.substr(4, arn.find(':', 4) - 4);
  return {};
}

Result<> Collector::find_regions() {
  regions_ = options_.regions;
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (const char* region = std::getenv(name); regions_.empty() && region != nullptr && is_plain_id(region)) regions_.emplace_back(region);
  }
  if (!regions_.empty()) return {};
  RW_TRY(const detail::Said said, detail::run(options_.aws, {"configure", "get", "region"}, nullptr));
  const std::string region = said.out.substr(0, said.out.find_first_of(" \r\n"));
  if (said.status != 0 || !is_plain_id(region)) return fail(Failure::invalid, "no Region is known: name each with --region");
  regions_.push_back(region);
  return {};
}

// What is in the folder from an earlier run was asked for, too.
Result<> Collector::write_scope() const {
  const std::string path = options_.folder + "/export.json";
  std::set<std::string> regions(regions_.begin(), regions_.end()), services;
  for (const std::string& service : service_names()) {
    if (is_asked(options_, service)) services.insert(service);
  }
  const Result<std::string> before = os::read_file(path, detail::complaint_bytes_max);
  if (const Result<Json> json = before ? text::parse_json(*before) : fail(Failure::not_found, {}); json) {
    for (const Json& region : (*json)["Regions"].items()) regions.emplace(region.as_string());
    for (const Json& service : (*json)["Services"].items()) services.emplace(service.as_string());
  }
  const auto list = [](const std::set<std::string>& names) {
    Json all = Json::array();
    for (const std::string& name : names) all.push(name);
    return all;
  };
  return os::write_file(path, Json::object({{"Regions", list(regions)}, {"Services", list(services)}}).dump_pretty() + "\n", file_mode);
}

// What an earlier run was killed over: "x.json." and six signs.
void Collector::remove_half_written() const {
  std::error_code error;
  std::vector<std::filesystem::path> left;
  for (std::filesystem::recursive_directory_iterator at(options_.folder, error), end; at != end; at.increment(error)) {
    const std::string name = at->path().filename();
    const std::size_t json = name.rfind(".json.");
    if (json != std::string::npos && name.size() == json + 12 && at->is_regular_file(error)) left.push_back(at->path());
  }
  for (const auto& path : left) std::filesystem::remove(path, error);
}

Result<Summary> Collector::collect() {
  RW_DO(check());
  RW_DO(find_regions());
  RW_DO(find_caller());
  remove_half_written();
  RW_DO(write_scope());
  if (is_asked(options_, "organizations")) {
    ask_organization();
  } else if (options_.accounts.empty()) {
    ask_account(caller_);
  }
  for (const std::string& account : options_.accounts) ask_account(account);
  pool_.run(options_.parallel);
  return asker_.finish();
}

void Collector::add(Call call, const Role& role, std::function<void(const Json&)> then) {
  pool_.add([this, call = std::move(call), role, then = std::move(then)] {
    if (asker_.failed()) return;
    const std::optional<Json> answer = asker_.ask(call, role.get(), then ? Needs::answer : Needs::nothing);
    if (answer && then) then(*answer);
    asker_.told(pool_.added(), detail::operation_of(call) + (call.account.empty() ? "" : " of " + call.account));
  });
}

void Collector::ask_organization() {
  const std::string& region = regions_.front();
  const auto call = [&](const char* path, const char* words, const char* none = "") {
    return Call{.path = path, .arguments = words_of(words), .none = none, .region = region};
  };
  add(call("organization.json", "organizations describe-organization", "AWSOrganizationsNotInUseException"), nullptr, [this, call](const Json& answer) {
    if (answer.members().empty()) {
      if (options_.accounts.empty()) ask_account(caller_);
      return;
    }
    add(call("roots.json", "organizations list-roots"), nullptr, [this](const Json& roots) {
      for (const Json& root : roots["Roots"].items()) ask_tree(root.str("Id"));
    });
    add(call("accounts.json", "organizations list-accounts"), nullptr, [this](const Json& accounts) { ask_accounts(accounts); });
    ask_policies();
  });
}

void Collector::ask_tree(const std::string& parent) {
  Call units{.path = "tree/" + parent + "/organizational-units.json", .arguments = words_of("organizations list-organizational-units-for-parent --parent-id={ID}", parent), .region = regions_.front()};
  {
    const std::lock_guard lock(mutex_);
    if (!parents_.insert(parent).second) return;  // a cycle is for the loader to name
    if (!is_plain_id(parent) || parents_.size() > parents_max) {
      asker_.refuse(units, is_plain_id(parent) ? "more than " + std::to_string(parents_max) + " organisational units" : "`" + parent + "` is no organisational unit's id");
      return;
    }
  }
  add(std::move(units), nullptr, [this](const Json& answer) {
    for (const Json& unit : answer["OrganizationalUnits"].items()) ask_tree(unit.str("Id"));
  });
  add({.path = "tree/" + parent + "/accounts.json", .arguments = words_of("organizations list-accounts-for-parent --parent-id={ID}", parent), .region = regions_.front()}, nullptr);
}

void Collector::ask_policies() {
  for (const std::string_view type : policy_types) {
    Call list{.path = "policies/" + std::string(type) + ".json", .arguments = words_of("organizations list-policies --filter={TYPE}", type), .region = regions_.front()};
    add(list, nullptr, [this, list](const Json& answer) {
      for (const Json& policy : answer["Policies"].items()) {
        const std::string id = policy.str("Id");
        if (!is_plain_id(id)) {
          asker_.refuse(list, "`" + id + "` is no policy's id");
          continue;
        }
        add({.path = "policies/" + id + ".json", .arguments = words_of("organizations describe-policy --policy-id={ID}", id), .region = regions_.front()}, nullptr);
        add({.path = "policies/" + id + ".targets.json", .arguments = words_of("organizations list-targets-for-policy --policy-id={ID}", id), .region = regions_.front()}, nullptr);
      }
    });
  }
}

void Collector::ask_accounts(const Json& answer) {
  if (!options_.accounts.empty()) return;
  for (const Json& account : answer["Accounts"].items()) {
    if (account.text("Status", account.text("State", "ACTIVE")) == "ACTIVE") ask_account(account.str("Id"));
  }
}

Role Collector::assume(const std::string& account) {
  const std::string arn = "arn:" + partition_ + ":iam::" + account + ":role/" + options_.role;
  Call call{.path = "accounts/" + account + "/", .arguments = words_of("sts assume-role --role-session-name=ringwall-collect --role-arn={ARN}", arn), .account = account};
  if (options_.role.empty()) {
    asker_.refuse(call, "this is another account than the caller's, and no role is to be assumed in it");
    return nullptr;
  }
  Result<Json> answer = asker_.ask_once(call.arguments, nullptr, regions_.front());
  if (!answer) {
    asker_.refuse(call, answer.error().message);
    return nullptr;
  }
  const Json& given = (*answer)["Credentials"];
  auto role = std::make_shared<const Credentials>(Credentials{Secret(given.text("AccessKeyId")), Secret(given.text("SecretAccessKey")), Secret(given.text("SessionToken"))});
  if (!role->key.empty() && !role->token.empty()) return role;
  asker_.refuse(call, "the answer has no credentials");
  return nullptr;
}

void Collector::ask_account(const std::string& account) {
  {
    const std::lock_guard lock(mutex_);
    if (!is_account_id(account) || !accounts_.insert(account).second) return;
  }
  pool_.add([this, account] {
    if (asker_.failed()) return;
    const Role role = account == caller_ ? nullptr : assume(account);
    if (account == caller_ || role != nullptr) {
      ask_services(account, role);
      ask_identities(account, role);
    }
    asker_.told(pool_.added(), "account " + account);
  });
}

void Collector::ask_identities(const std::string& account, const Role& role) {
  if (!is_asked(options_, "iam")) return;
  add({.path = "accounts/" + account + "/authorization-details.json", .arguments = words_of("iam get-account-authorization-details"), .account = account, .region = regions_.front()}, role);
}

void Collector::ask_services(const std::string& account, const Role& role) {
  const std::string home = "accounts/" + account + "/";
  const auto ask_list = [&](const detail::Service& service, const std::string& folder, const std::string& region) {
    Call list{.path = folder + std::string(service.listing), .arguments = words_of(service.list), .account = account, .region = region};
    if (service.policy.empty()) {
      add(std::move(list), role);
      return;
    }
    add(std::move(list), role, [this, &service, account, region, folder, role](const Json& answer) { ask_policies_of(service, account, region, folder, role, answer); });
  };
  for (const std::string& region : regions_) {
    const std::string here = home + region + "/";
    if (is_asked(options_, "ec2")) {
      add({.path = here + "vpcs.json", .arguments = words_of("ec2 describe-vpcs"), .account = account, .region = region}, role);
      add({.path = here + "vpc-endpoints.json", .arguments = words_of("ec2 describe-vpc-endpoints"), .account = account, .region = region}, role);
    }
    for (const detail::Service& service : detail::services()) {
      if (service.of_region && is_asked(options_, service.name)) ask_list(service, here + std::string(service.name) + "/", region);
    }
  }
  for (const detail::Service& service : detail::services()) {
    if (service.of_region || !is_asked(options_, service.name)) continue;
    const std::string folder = home + std::string(service.name) + "/";
    ask_list(service, folder, regions_.front());
    if (!service.account_block.empty())
      add({.path = folder + "account.block.json", .arguments = words_of(service.account_block, account), .none = std::string(detail::no_block), .account = account, .region = regions_.front()}, role);
  }
}

void Collector::ask_policies_of(const detail::Service& service, const std::string& account, const std::string& region, const std::string& folder,
                                const Role& role, const Json& answer) {
  for (const Json& item : answer[service.member].items()) {
    std::string value(service.item.empty() ? item.as_string() : item.text(service.item));
    // A file's name is the resource's, or what its ARN or URL ends with.
    std::string name = value;
    if (name.starts_with("arn:")) name = name.substr(name.rfind(':') + 1);
    if (service.name == "sqs") name = name.substr(name.rfind('/') + 1);
    if (service.name == "dynamodb") value = "arn:" + partition_ + ":dynamodb:" + region + ":" + account + ":table/" + name;
    Call call{.path = folder + text::percent_encode(name) + ".policy.json", .arguments = words_of(service.policy, value), .none = std::string(service.none), .account = account, .region = region};
    if (name.empty() || text::percent_encode(name).size() > file_name_bytes_max || value.starts_with("file")) {
      asker_.refuse(call, "`" + name.substr(0, 100) + "` cannot be the name of a file");
      continue;
    }
    if (!service.block.empty())
      add({.path = folder + text::percent_encode(name) + ".block.json", .arguments = words_of(service.block, value), .none = std::string(detail::no_block), .account = account, .region = region}, role);
    add(std::move(call), role);
  }
}

}  // namespace

Result<Summary> collect(const Options& options) { return Collector(options).collect(); }

std::vector<std::string> calls(const Options& options) {
  std::vector<std::string> lines;
  const auto add = [&](std::string_view words) {
    std::string line = options.aws + " " + std::string(words);
    std::erase_if(line, [](char c) { return c == '{' || c == '}'; });
    lines.push_back(std::move(line));
  };
  add("sts get-caller-identity");
  if (is_asked(options, "organizations")) {
    for (const char* call : {"describe-organization", "list-roots", "list-accounts", "list-organizational-units-for-parent --parent-id={PARENT}", "list-accounts-for-parent --parent-id={PARENT}"}) {
      add("organizations " + std::string(call));
    }
    for (const std::string_view type : policy_types) add("organizations list-policies --filter=" + std::string(type));
    add("organizations describe-policy --policy-id={POLICY}");
    add("organizations list-targets-for-policy --policy-id={POLICY}");
  }
  if (!options.role.empty()) add("sts assume-role --role-session-name=ringwall-collect --role-arn=arn:aws:iam::{ACCOUNT}:role/" + options.role);
  if (is_asked(options, "iam")) add("iam get-account-authorization-details");
  if (is_asked(options, "ec2")) {
    add("ec2 describe-vpcs");
    add("ec2 describe-vpc-endpoints");
  }
  for (const detail::Service& service : detail::services()) {
    if (!is_asked(options, service.name)) continue;
    add(service.list);
    for (const std::string_view call : {service.policy, service.block, service.account_block}) {
      if (!call.empty()) add(call);
    }
  }
  return lines;
}

}  // namespace ringwall::collect
