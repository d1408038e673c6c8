#include "loaders/detail/organization.h"

#include <algorithm>
#include <array>
#include <set>

#include "loaders/detail/names.h"

namespace ringwall::loaders::detail {
namespace {

constexpr std::string_view organization_path = "organization.json", roots_path = "roots.json", accounts_path = "accounts.json";
constexpr std::string_view everything = "*";

struct Type {
  const char* name;
  policy::Kind kind;
};
constexpr std::array<Type, 2> types = {{{"SERVICE_CONTROL_POLICY", policy::Kind::scp}, {"RESOURCE_CONTROL_POLICY", policy::Kind::rcp}}};

// The organisation that an ARN of room organizations names ("arn:aws:organizations::1…:ou/o-…/ou-…");
// empty for what belongs to AWS.
std::string_view organization_in(std::string_view arn) {
  const std::size_t slash = arn.find('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view rest = arn.substr(slash + 1);
  return rest.starts_with("o-") ? rest.substr(0, rest.find('/')) : std::string_view();
}

struct Attached {
  std::string arn;
  Compiled policy;
};
using Levels = std::map<std::string, std::vector<Attached>>;  // by target

class Reader {
 public:
  Reader(const Folder& folder, Documents& documents) : folder_(folder), documents_(documents) {}
  Result<Organization> read(const Options& options);

 private:
  Result<> read_organization(const Options& options);
  Result<> read_roots();
  Result<> read_listed_accounts();
  Result<> read_tree();
  Result<> read_units(const std::string& parent);
  Result<> read_placed_accounts(const std::string& parent);
  Result<> refuse_cycles() const;
  void add_unlisted_accounts();
  Result<> note_account(const Answer& answer, const Json& account);
  Result<> is_of_this(const Answer& answer, const Json& json) const;
  std::string root_or_everything() const { return root_.empty() ? std::string(everything) : root_; }

  Levels read_policies(const Type& type);
  void read_policy(const Type& type, const std::string& id, Levels& levels);
  void require_one_everywhere(const Type& type, const Answer& answer, const Levels& levels) const;
  estate::Account account_of(const std::string& id);
  estate::Chain chain_of(const Levels& levels, const estate::Account& account) const;

  const Folder& folder_;
  Documents& documents_;
  Organization result_;
  std::string root_;
  std::map<std::string, bool> enabled_;  // by type
  struct Listed {
    std::string name;
    bool active = true;
  };
  std::map<std::string, Listed> accounts_;
  std::map<std::string, std::string> parents_;  // of units and accounts
  std::map<std::string, Levels> levels_;        // by type
};

Result<Organization> Reader::read(const Options& options) {
  RW_DO(read_organization(options));
  if (result_.organization || folder_.has(accounts_path)) RW_DO(read_listed_accounts());
  if (result_.organization) {
    RW_DO(read_roots());
    RW_DO(read_tree());
    result_.organization->root_id = root_;
    for (const Type& type : types) {
      if (enabled_[type.name]) levels_[type.name] = read_policies(type);
    }
  }
  add_unlisted_accounts();
  if (accounts_.empty()) {
    return fail(Failure::invalid, "there is no account in these files: `accounts.json` or `accounts/<id>/authorization-details.json` names them");
  }
  for (const auto& [id, listed] : accounts_) {
    result_.accounts.push_back(account_of(id));
    if (listed.active) result_.active.push_back(id);
  }
  return std::move(result_);
}

// `{}` says that there is no organisation; a file that is not there says nothing.
Result<> Reader::read_organization(const Options& options) {
  const std::string& expected = options.organization;
  // Who said that there is none need not export it.
  if (options.no_organization && !folder_.has(organization_path)) {
    result_.no_organization = true;
    return {};
  }
  const AnswerPtr answer = folder_.read(std::string(organization_path), {std::string(everything)}, "Organization");
  if (answer == nullptr || answer->json().members().empty()) {
    if (answer != nullptr && !expected.empty()) return fail(Failure::invalid, "the accounts are in no organisation: `" + expected + "` was expected");
    result_.no_organization = answer != nullptr;
    return {};
  }
  const Json& json = answer->json()["Organization"];
  const std::string id = json.str("Id");
  if (const std::string_view placeholder = placeholder_in(id); !placeholder.empty() || id.empty()) {
    folder_.gap(Gap::Kind::placeholder, everything, *answer, json["Id"], "the organisation's id `" + id + "` was to be filled in");
  }
  if (options.no_organization) return fail(Failure::invalid, no_organization_expected(id));
  if (!expected.empty() && id != expected) {
    return fail(Failure::invalid, "these are the files of the organisation `" + id + "`, and `" + expected + "` was expected");
  }
  std::string management = json.str("MasterAccountId");
  if (management.empty()) management = json.str("ManagementAccountId");
  if (!is_account_id(management)) {
    folder_.gap(Gap::Kind::unreadable, everything, *answer, json, "the management account `" + management + "` is no account's id");
  }
  const std::string_view arn = json.text("Arn");
  if (arn.starts_with("arn:")) result_.partition = arn.substr(4, arn.find(':', 4) - 4);
  result_.organization = {.id = id, .management_account = std::move(management), .root_id = {}};
  return {};
}

Result<> Reader::is_of_this(const Answer& answer, const Json& json) const {
  const std::string_view named = organization_in(json.text("Arn"));
  if (!result_.organization || named.empty() || named == result_.organization->id) return {};
  return fail(Failure::invalid, "`" + std::string(answer.path()) + "` is of the organisation `" + std::string(named) + "`, and `" +
                                    std::string(organization_path) + "` of `" + result_.organization->id + "`: do not mix two exports");
}

Result<> Reader::read_roots() {
  const AnswerPtr answer = folder_.read(std::string(roots_path), {std::string(everything)}, "Roots");
  if (answer == nullptr) return {};
  const Json& roots = answer->json()["Roots"];
  if (roots.items().size() != 1) {
    folder_.gap(Gap::Kind::unreadable, everything, *answer, roots, "an organisation has one root, and here are " + std::to_string(roots.items().size()));
    if (roots.items().empty()) return {};
  }
  const Json& root = roots.items().front();
  RW_DO(is_of_this(*answer, root));
  root_ = root.str("Id");
  if (root_.empty()) folder_.gap(Gap::Kind::unreadable, everything, *answer, root, "the root has no `Id`");
  if (!root.contains("PolicyTypes")) folder_.gap(Gap::Kind::missing, everything, *answer, root, "`PolicyTypes` is missing: whether SCPs and RCPs are enabled is not known");
  for (const Json& type : root["PolicyTypes"].items()) enabled_[type.str("Type")] = type.text("Status") == "ENABLED";
  return {};
}

Result<> Reader::note_account(const Answer& answer, const Json& account) {
  RW_DO(is_of_this(answer, account));
  const std::string id = account.str("Id");
  if (!is_account_id(id)) {
    const bool is_placeholder = !placeholder_in(id).empty();
    folder_.gap(is_placeholder ? Gap::Kind::placeholder : Gap::Kind::unreadable, everything, answer, account, "`" + id + "` is no account's id: twelve digits are");
    return {};
  }
  // `State` is what newer versions of the CLI print beside `Status`.
  const std::string_view status = account.text("Status", account.text("State", "ACTIVE"));
  accounts_.insert_or_assign(id, Listed{.name = account.str("Name"), .active = status == "ACTIVE"});
  return {};
}

Result<> Reader::read_listed_accounts() {
  const AnswerPtr answer = folder_.read(std::string(accounts_path), {std::string(everything)}, "Accounts");
  if (answer == nullptr) return {};
  for (const Json& account : answer->json()["Accounts"].items()) RW_DO(note_account(*answer, account));
  return {};
}

Result<> Reader::read_units(const std::string& parent) {
  const AnswerPtr answer = folder_.read("tree/" + parent + "/organizational-units.json", {parent}, "OrganizationalUnits");
  if (answer == nullptr) return {};
  for (const Json& unit : answer->json()["OrganizationalUnits"].items()) {
    RW_DO(is_of_this(*answer, unit));
    const std::string id = unit.str("Id");
    if (!id.starts_with("ou-") || !placeholder_in(id).empty()) {
      folder_.gap(Gap::Kind::unreadable, parent, *answer, unit, "`" + id + "` is no organisational unit's id");
      continue;
    }
    const auto [at, is_new] = parents_.try_emplace(id, parent);
    if (!is_new && at->second != parent) {
      // It may close a cycle, which says more.
      RW_DO(refuse_cycles());
      return fail(Failure::invalid, "the organisational unit `" + id + "` is in both `" + at->second + "` and `" + parent + "`: export the tree again");
    }
  }
  return {};
}

Result<> Reader::read_placed_accounts(const std::string& parent) {
  const AnswerPtr answer = folder_.read("tree/" + parent + "/accounts.json", {parent}, "Accounts");
  if (answer == nullptr) return {};
  for (const Json& account : answer->json()["Accounts"].items()) {
    const std::string id = account.str("Id");
    RW_DO(note_account(*answer, account));
    if (!is_account_id(id)) continue;
    const auto [at, is_new] = parents_.try_emplace(id, parent);
    if (!is_new && at->second != parent) {
      return fail(Failure::invalid, "the account `" + id + "` is in both `" + at->second + "` and `" + parent + "`: export the tree again");
    }
  }
  return {};
}

Result<> Reader::read_tree() {
  std::set<std::string> parents;
  if (!root_.empty()) parents.insert(root_);
  for (const std::string& name : folder_.names_in("tree/")) parents.insert(name);
  for (const std::string& parent : parents) RW_DO(read_units(parent));
  for (const auto& [unit, parent] : parents_) parents.insert(unit);
  RW_DO(refuse_cycles());
  for (const std::string& parent : parents) {
    // A unit without a folder of its own has not been asked for its units yet.
    if (parents_.contains(parent) && folder_.names_in("tree/" + parent + "/").empty()) RW_DO(read_units(parent));
    RW_DO(read_placed_accounts(parent));
  }
  return {};
}

Result<> Reader::refuse_cycles() const {
  for (const auto& [unit, parent] : parents_) {
    std::vector<std::string> way = {unit};
    for (auto at = parents_.find(unit); at != parents_.end(); at = parents_.find(at->second)) {
      const auto met = std::ranges::find(way, at->second);
      const bool is_cycle = met != way.end();
      way.push_back(at->second);
      if (!is_cycle) continue;
      std::string path;
      for (auto step = std::ranges::find(way, at->second); step != way.end(); ++step) path += (path.empty() ? "`" : " in `") + *step + "`";
      return fail(Failure::invalid, "the organisation's tree has a cycle: " + path);
    }
  }
  return {};
}

void Reader::add_unlisted_accounts() {
  for (const std::string& name : folder_.names_in("accounts/")) {
    if (is_account_id(name)) {
      accounts_.try_emplace(name);
      continue;
    }
    folder_.gap({.kind = placeholder_in(name).empty() ? Gap::Kind::unreadable : Gap::Kind::placeholder,
                 .subject = std::string(everything),
                 .path = "accounts/" + name,
                 .message = "`" + name + "` is no account's id: twelve digits are"});
  }
}

// Which policies there are is what the list says, and whatever else has a file.
Levels Reader::read_policies(const Type& type) {
  Levels levels;
  std::set<std::string> ids;
  const AnswerPtr answer = folder_.read("policies/" + std::string(type.name) + ".json", {root_or_everything()}, "Policies");
  if (answer != nullptr) {
    for (const Json& policy : answer->json()["Policies"].items()) ids.insert(policy.str("Id"));
  }
  for (const std::string& id : ids) read_policy(type, id, levels);
  if (answer != nullptr) require_one_everywhere(type, *answer, levels);
  return levels;
}

// AWS lets nobody detach the last one, so where there is none the files do not say all. As it stands
// such a level denies everything, which would prove too much.
void Reader::require_one_everywhere(const Type& type, const Answer& answer, const Levels& levels) const {
  std::set<std::string> targets = {root_};
  for (const auto& [target, parent] : parents_) targets.insert(target);
  targets.erase(result_.organization->management_account);  // they do not bind it
  targets.erase("");
  for (const std::string& target : targets) {
    if (levels.contains(target)) continue;
    folder_.gap(Gap::Kind::missing, target, answer, answer.json()["Policies"],
                "no policy of the type " + std::string(type.name) + " is attached to `" + target + "`, and AWS keeps at least one attached: export the targets again");
  }
}

void Reader::read_policy(const Type& type, const std::string& id, Levels& levels) {
  const AnswerPtr targets = folder_.read("policies/" + id + ".targets.json", {root_or_everything()}, "Targets");
  if (targets == nullptr || targets->json()["Targets"].items().empty()) return;
  std::vector<std::string> subjects;
  for (const Json& target : targets->json()["Targets"].items()) {
    std::string subject = target.str("TargetId");
    if (subject.empty() || !placeholder_in(subject).empty()) {
      folder_.gap(Gap::Kind::placeholder, root_or_everything(), *targets, target, "the target `" + subject + "` was to be filled in");
      continue;
    }
    subjects.push_back(std::move(subject));
  }
  const std::string path = "policies/" + id + ".json";
  const AnswerPtr answer = folder_.read(path, subjects, "Policy");
  Attached attached{.arn = id, .policy = {}};
  if (answer == nullptr) {
    attached.policy = documents_.missing(path, type.kind, "the policy could not be read");
    attached.policy.problem = nullptr;  // `read` has said it
  } else {
    const Json& policy = answer->json()["Policy"];
    attached.arn = policy["PolicySummary"].text("Arn", id);
    attached.policy = documents_.compile(*answer, policy["Content"], type.kind);
  }
  for (const std::string& subject : subjects) {
    documents_.use(attached.policy, subject);
    levels[subject].push_back(attached);
  }
}

estate::Chain Reader::chain_of(const Levels& levels, const estate::Account& account) const {
  std::vector<authz::Level> chain;
  chain.reserve(account.path.size() + 1);
  const auto add = [&](const std::string& target) {
    authz::Level level{.target = target, .policies = {}};
    if (const auto found = levels.find(target); found != levels.end()) {
      for (const Attached& attached : found->second) level.policies.push_back({.name = attached.arn, .document = attached.policy.document});
    }
    chain.push_back(std::move(level));
  };
  for (const std::string& target : account.path) add(target);
  add(account.id);
  return chain;
}

estate::Account Reader::account_of(const std::string& id) {
  estate::Account account{.id = id, .name = accounts_[id].name, .path = {}, .org_path = {}, .scps = {}, .rcps = {}};
  if (!result_.organization) return account;
  for (auto at = parents_.find(id); at != parents_.end(); at = parents_.find(at->second)) account.path.push_back(at->second);
  std::ranges::reverse(account.path);
  if (account.path.empty() || account.path.front() != root_) {
    const bool is_unplaced = account.path.empty();
    folder_.gap({.kind = Gap::Kind::missing,
                 .subject = id,
                 .path = is_unplaced ? std::string(accounts_path) : "tree/" + account.path.front(),
                 .message = is_unplaced ? "where the account `" + id + "` is in the organisation's tree is not known"
                                        : "the way from the account `" + id + "` up to the root ends at `" + account.path.front() + "`"});
    account.path.clear();
    // One empty level, which denies.
    account.scps = account.rcps = std::vector{authz::Level{.target = id, .policies = {}}};
    return account;
  }
  account.org_path = estate::org_path_of(*result_.organization, account.path);
  if (id == result_.organization->management_account) return account;
  for (const Type& type : types) {
    if (!enabled_[type.name]) continue;
    (type.kind == policy::Kind::scp ? account.scps : account.rcps) = chain_of(levels_[type.name], account);
  }
  return account;
}

}  // namespace

bool is_account_id(std::string_view text) {
  return text.size() == 12 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Result<Organization> read_organization(const Folder& folder, Documents& documents, const Options& options) {
  return Reader(folder, documents).read(options);
}

}  // namespace ringwall::loaders::detail
