#include "services/accessanalyzer/detail/analysis.h"

#include <map>
#include <optional>

#include "crypto/crypto.h"
#include "keyring/grants.h"
#include "services/accessanalyzer/accessanalyzer.h"
#include "services/accessanalyzer/detail/rules.h"
#include "text/time.h"

namespace ringwall::accessanalyzer::detail {
namespace {

constexpr const char* key_type = "AWS::KMS::Key";
constexpr const char* role_type = "AWS::IAM::Role";

// A change here makes every resource be analysed anew.
constexpr std::string_view method = "2";

Zone zone_of(const Call& call, const Analyzer& analyzer) {
  Zone zone;
  if (!analyzer.of_organization()) {
    zone.accounts = {analyzer.account};
    return zone;
  }
  if (call.estate.organization) zone.organization = call.estate.organization->id;
  call.estate.accounts.for_each([&](const estate::Account& account) {
    if (!account.org_path.empty()) zone.accounts.push_back(account.id);
  });
  std::ranges::sort(zone.accounts);
  return zone;
}

std::string last_part(std::string_view arn) { return std::string(arn.substr(arn.rfind('/') + 1)); }

std::optional<Guarded> guarded_key(const Call& call, const Resource& resource) {
  const std::string id = last_part(resource.arn);
  const auto key = keyring::tables::keys.get(call.transaction, resource.account, id);
  if (!key) return std::nullopt;
  Guarded guarded{.arn = resource.arn, .account = resource.account, .type = resource.type, .kind = authz::ResourceKind::key, .policy = {}};
  // Read as it is shown: a prover knows no ids, and findings name ARNs.
  auto policy = policy::compile(service::shown(key->policy, policy::Kind::key, call.estate), policy::Kind::key, policy::Quota::waived);
  if (!policy) return std::nullopt;  // such a key is usable by nobody: keyring.h
  guarded.policy = {"key policy of " + resource.arn, *std::move(policy)};
  for (const auto& row : keyring::tables::grants.list(call.transaction, resource.account, id)) {
    if (auto grant = authz::policy_of(keyring::kms_grant_of(row.record))) guarded.grants.push_back(*std::move(grant));
  }
  // AWS Organizations User Guide: RCPs do not apply to AWS managed keys.
  const estate::Account* owner = call.estate.account(resource.account);
  if (owner != nullptr && key->manager != keyring::KeyManager::aws) guarded.rcps = owner->rcps;
  guarded.tags = key->tags;
  return guarded;
}

std::optional<Guarded> guarded_role(const Call& call, const Resource& resource) {
  const estate::Principal* role = call.estate.principal(resource.arn);
  if (role == nullptr || !role->trust) return std::nullopt;
  Guarded guarded{.arn = resource.arn, .account = resource.account, .type = resource.type, .kind = authz::ResourceKind::trust, .policy = {role->trust->name, service::shown(*role->trust->document, call.estate)}};
  if (const estate::Account* owner = call.estate.account(resource.account)) guarded.rcps = owner->rcps;
  guarded.tags = role->tags;
  return guarded;
}

std::string hash_of(const Zone& zone) {
  std::string all = std::string(method) + ' ' + zone.organization;
  for (const std::string& account : zone.accounts) all += ' ' + account;
  return crypto::sha256_hex(all);
}

// Everything that an analysis depends on. Lengths go before texts, so that no two read alike.
std::string fingerprint_of(const Guarded& resource, const std::string& zone, const estate::Estate& estate) {
  std::string all = zone;
  const auto add = [&](std::string_view text) { all += ' ' + std::to_string(text.size()) + ' ' + std::string(text); };
  add(estate.org_path(resource.account));
  add(resource.policy.document->source());
  for (const authz::Named& grant : resource.grants) add(grant.document->source());
  for (const authz::Level& level : resource.rcps) {
    add(level.target);
    for (const authz::Named& rcp : level.policies) add(rcp.document->source());
  }
  for (const auto& [key, value] : resource.tags) {
    add(key);
    add(value);
  }
  return crypto::sha256_hex(all);
}

// What a finding is about: the same access met again is the same finding.
std::string identity_of(const Json& finding) {
  return finding["principal"].dump() + finding["action"].dump() + finding["condition"].dump() + finding["isPublic"].dump() + finding["error"].dump();
}

class Keeper {
 public:
  Keeper(const Call& call, const Analyzer& analyzer) : call_(call), now_(text::to_millis(call.now)), filters_(filters_of(call, analyzer)) {}

  // The record with these findings; those that it had and that are not among them are resolved.
  void renew(Json& record, const std::vector<Json>& found) {
    std::map<std::string, const Json*> by_identity;
    for (const Json& finding : found) by_identity.emplace(identity_of(finding), &finding);
    for (Json& finding : record.edit("findings").edit_items()) {
      const auto still = by_identity.extract(identity_of(finding));
      const bool is_resolved = finding.text("status") == "RESOLVED";
      if (still.empty()) {
        if (!is_resolved) finding.set("status", "RESOLVED").set("updatedAt", now_);
        continue;
      }
      finding.set("resourceControlPolicyRestriction", (*still.mapped())["resourceControlPolicyRestriction"]);
      if (is_resolved) finding.set("status", first_status(record, finding)).set("updatedAt", now_);
    }
    for (const auto& [identity, finding] : by_identity) {
      Json made = *finding;
      made.set("id", uuid(call_.environment.random)).set("createdAt", now_).set("updatedAt", now_);
      made.set("status", first_status(record, made));
      record.edit("findings").push(std::move(made));
    }
  }

  bool drop_old(Json& record) const {
    auto& findings = record.edit("findings").edit_items();
    const std::size_t before = findings.size();
    std::erase_if(findings, [&](const Json& finding) { return finding.text("status") == "RESOLVED" && finding["updatedAt"].as_integer() + resolved_kept_ms < now_; });
    return findings.size() != before;
  }

 private:
  const char* first_status(const Json& record, const Json& finding) const {
    const Json whole = finding_of(record, finding);
    return std::ranges::any_of(filters_, [&](const Json& filter) { return meets(filter, whole); }) ? "ARCHIVED" : "ACTIVE";
  }

  const Call& call_;
  const std::int64_t now_;
  const std::vector<Json> filters_;
};

Json new_record(const Resource& resource, std::int64_t now) {
  return Json::object({{"resourceArn", resource.arn}, {"resourceType", resource.type}, {"resourceOwnerAccount", resource.account}, {"createdAt", now}, {"findings", Json::array()}});
}

}  // namespace

std::vector<Resource> resources_of(const Call& call, const Analyzer& analyzer) {
  const Zone zone = zone_of(call, analyzer);
  std::vector<Resource> all;
  for (const std::string& account : zone.accounts) {
    for (const auto& row : keyring::tables::keys.list(call.transaction, account)) all.push_back({row.record.arn, account, key_type});
  }
  call.estate.principals.for_each([&](const estate::Principal& principal) {
    const bool is_role = principal.type == policy::Principal::Type::role_session;
    if (is_role && zone.contains(principal.account)) all.push_back({principal.arn, principal.account, role_type});
  });
  std::ranges::sort(all, {}, &Resource::arn);
  return all;
}

std::vector<Analysed> analysed(const BugSink& bugs, const Call& call, const Analyzer& analyzer, std::string_view again) {
  std::map<std::string, Analysed> records;
  for (const store::Entry& entry : call.transaction.list(resource_prefix(analyzer))) records.emplace(entry.key, Analysed{entry.key, *entry.document});
  const auto listed = [&] {
    std::vector<Analysed> all;
    for (auto& [key, one] : records) all.push_back(std::move(one));
    return all;
  };
  if (analyzer.of_organization() && !speaks_for_organization(call)) return listed();  // it is disabled: nothing is analysed

  const Zone zone = zone_of(call, analyzer);
  const std::string zone_hash = hash_of(zone);
  const std::int64_t now = text::to_millis(call.now);
  Keeper keeper(call, analyzer);
  std::map<std::string, bool> is_there;
  std::size_t analyses = 0;
  std::uint64_t steps = 0;
  for (const Resource& resource : resources_of(call, analyzer)) {
    const auto guarded = resource.type == std::string_view(key_type) ? guarded_key(call, resource) : guarded_role(call, resource);
    if (!guarded) continue;
    const std::string key = resource_key(analyzer, resource.arn);
    is_there[key] = true;
    const std::string fingerprint = fingerprint_of(*guarded, zone_hash, call.estate);
    const auto known = records.find(key);
    if (known != records.end() && known->second.record.text("fingerprint") == fingerprint && resource.arn != again) continue;
    const bool enough = analyses == analyses_per_call_max || steps >= analysis_steps_per_call_max;
    if (enough && resource.arn != again) continue;
    ++analyses;
    Analysed& one = records.try_emplace(key, Analysed{key, new_record(resource, now)}).first->second;
    keeper.renew(one.record, external_access(*guarded, zone, call.estate, bugs, steps));
    one.record.set("fingerprint", fingerprint).set("analyzedAt", now);
    call.transaction.put(key, one.record);
  }
  for (auto at = records.begin(); at != records.end();) {
    Json& record = at->second.record;
    bool changed = false;
    if (!is_there.contains(at->first) && !record.text("fingerprint").empty()) {
      keeper.renew(record, {});
      record.set("fingerprint", "").set("analyzedAt", now);
      changed = true;
    }
    changed |= keeper.drop_old(record);
    const bool is_over = record.text("fingerprint").empty() && record["findings"].items().empty();
    if (is_over) call.transaction.erase(at->first);
    else if (changed) call.transaction.put(at->first, record);
    at = is_over ? records.erase(at) : std::next(at);
  }
  return listed();
}

Json finding_of(const Json& record, const Json& finding) {
  Json whole = finding;
  whole.set("resource", record.str("resourceArn")).set("resourceType", record.str("resourceType"));
  whole.set("resourceOwnerAccount", record.str("resourceOwnerAccount"));
  if (record.contains("analyzedAt")) whole.set("analyzedAt", record["analyzedAt"]);
  return whole;
}

std::size_t change_status(const Call& call, const Analysed& resource, std::string_view from, std::string_view to,
                          const std::function<bool(const Json&)>& which) {
  Json record = resource.record;
  std::size_t changed = 0;
  for (Json& finding : record.edit("findings").edit_items()) {
    if (finding.text("status") != from || !which(finding_of(resource.record, finding))) continue;
    finding.set("status", to).set("updatedAt", text::to_millis(call.now));
    ++changed;
  }
  if (changed > 0) call.transaction.put(resource.key, std::move(record));
  return changed;
}

}  // namespace ringwall::accessanalyzer::detail
