#include "services/accessanalyzer/detail/analysis.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

#include "crypto/crypto.h"
#include "services/accessanalyzer/accessanalyzer.h"
#include "services/accessanalyzer/detail/rules.h"
#include "text/time.h"

namespace ringwall::accessanalyzer::detail {
namespace {

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

service::Look look_of(const Call& call) { return {call.environment, call.estate, call.transaction}; }

std::optional<Guarded> guarded(const Sources& sources, const Call& call, const Resource& resource) {
  for (const service::Guards& guards : sources.guards) {
    if (auto found = guards.of(look_of(call), resource)) return found;
  }
  return std::nullopt;
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
auto identity_of(const Finding& finding) {
  return std::tie(finding.principal, finding.action, finding.condition, finding.is_public, finding.error);
}

std::string name_of(std::string_view resource_arn) { return crypto::sha256_hex(resource_arn); }

class Keeper {
 public:
  Keeper(const Call& call, const Analyzer& analyzer) : call_(call), now_(text::to_millis(call.now)), filters_(filters_of(call, analyzer)) {}

  // The record with these findings; those that it had and that are not among them are resolved.
  void renew(AnalysedResource& record, const std::vector<Finding>& found) {
    std::map<decltype(identity_of(std::declval<const Finding&>())), const Finding*> by_identity;
    for (const Finding& finding : found) by_identity.emplace(identity_of(finding), &finding);
    for (Finding& finding : record.findings) {
      const auto still = by_identity.extract(identity_of(finding));
      const bool is_resolved = finding.status == FindingStatus::resolved;
      if (still.empty()) {
        if (!is_resolved) become(finding, FindingStatus::resolved);
        continue;
      }
      finding.rcp_restriction = still.mapped()->rcp_restriction;
      if (is_resolved) become(finding, first_status(record, finding));
    }
    for (const auto& [identity, finding] : by_identity) {
      Finding made = *finding;
      made.id = uuid(call_.environment.random);
      made.created = made.updated = now_;
      made.status = first_status(record, made);
      record.findings.push_back(std::move(made));
    }
  }

  bool drop_old(AnalysedResource& record) const {
    const auto is_old = [&](const Finding& finding) { return finding.status == FindingStatus::resolved && finding.updated + resolved_kept_ms < now_; };
    return std::erase_if(record.findings, is_old) > 0;
  }

 private:
  void become(Finding& finding, FindingStatus status) const {
    finding.status = status;
    finding.updated = now_;
  }
  FindingStatus first_status(const AnalysedResource& record, const Finding& finding) const {
    const Json whole = finding_of(record, finding);
    const bool is_expected = std::ranges::any_of(filters_, [&](const Json& filter) { return meets(filter, whole); });
    return is_expected ? FindingStatus::archived : FindingStatus::active;
  }

  const Call& call_;
  const std::int64_t now_;
  const std::vector<Json> filters_;
};

AnalysedResource new_record(const Resource& resource, std::int64_t now) {
  return {.arn = resource.arn, .type = resource.type, .account = resource.account, .created = now, .findings = {}, .fingerprint = {}};
}

}  // namespace

std::vector<Resource> resources_of(const Sources& sources, const Call& call, const Analyzer& analyzer) {
  std::vector<Resource> all;
  for (const std::string& account : zone_of(call, analyzer).accounts) {
    for (const service::Guards& guards : sources.guards) std::ranges::move(guards.all(look_of(call), account), std::back_inserter(all));
  }
  std::ranges::sort(all, {}, &Resource::arn);
  return all;
}

std::vector<AnalysedResource> analysed(const Sources& sources, const Call& call, const Analyzer& analyzer, std::string_view again) {
  std::map<std::string, AnalysedResource> records;  // by the names under which they are stored
  for (auto& row : tables::analysed_resources.list(call.transaction, analyzer.account, analyzer.id())) records.emplace(row.parts[2], std::move(row.record));
  const auto listed = [&] {
    std::vector<AnalysedResource> all;
    for (auto& [name, one] : records) all.push_back(std::move(one));
    return all;
  };
  if (analyzer.of_organization() && !speaks_for_organization(call)) return listed();  // it is disabled: nothing is analysed

  const auto put = [&](const std::string& name, const AnalysedResource& record) {
    tables::analysed_resources.put(call.transaction, record, analyzer.account, analyzer.id(), name);
  };
  const Zone zone = zone_of(call, analyzer);
  const std::string zone_hash = hash_of(zone);
  const std::int64_t now = text::to_millis(call.now);
  Keeper keeper(call, analyzer);
  std::map<std::string, bool> is_there;
  std::size_t analyses = 0;
  std::uint64_t steps = 0;
  for (const Resource& resource : resources_of(sources, call, analyzer)) {
    const auto all_of_it = guarded(sources, call, resource);
    if (!all_of_it) continue;
    const std::string name = name_of(resource.arn);
    is_there[name] = true;
    const std::string fingerprint = fingerprint_of(*all_of_it, zone_hash, call.estate);
    const auto known = records.find(name);
    if (known != records.end() && known->second.fingerprint == fingerprint && resource.arn != again) continue;
    const bool enough = analyses == analyses_per_call_max || steps >= analysis_steps_per_call_max;
    if (enough && resource.arn != again) continue;
    ++analyses;
    AnalysedResource& one = records.try_emplace(name, new_record(resource, now)).first->second;
    keeper.renew(one, external_access(*all_of_it, zone, call.estate, sources.bugs, steps));
    one.fingerprint = fingerprint;
    one.analyzed = now;
    put(name, one);
  }
  for (auto at = records.begin(); at != records.end();) {
    AnalysedResource& record = at->second;
    bool changed = false;
    if (!is_there.contains(at->first) && !record.fingerprint.empty()) {
      keeper.renew(record, {});
      record.fingerprint.clear();
      record.analyzed = now;
      changed = true;
    }
    changed |= keeper.drop_old(record);
    const bool is_over = record.fingerprint.empty() && record.findings.empty();
    if (is_over) tables::analysed_resources.erase(call.transaction, analyzer.account, analyzer.id(), at->first);
    else if (changed) put(at->first, record);
    at = is_over ? records.erase(at) : std::next(at);
  }
  return listed();
}

Json finding_of(const AnalysedResource& resource, const Finding& finding) {
  Json whole = records::wire_of(finding);
  whole.set("resource", resource.arn).set("resourceType", resource.type).set("resourceOwnerAccount", resource.account);
  if (resource.analyzed != 0) whole.set("analyzedAt", resource.analyzed);  // not while it is analysed for the first time
  return whole;
}

std::size_t change_status(const Call& call, const Analyzer& analyzer, AnalysedResource resource, FindingStatus from, FindingStatus to,
                          const std::function<bool(const Json&)>& which) {
  const AnalysedResource before = resource;
  std::size_t changed = 0;
  for (Finding& finding : resource.findings) {
    if (finding.status != from || !which(finding_of(before, finding))) continue;
    finding.status = to;
    finding.updated = text::to_millis(call.now);
    ++changed;
  }
  if (changed > 0) tables::analysed_resources.put(call.transaction, resource, analyzer.account, analyzer.id(), name_of(resource.arn));
  return changed;
}

}  // namespace ringwall::accessanalyzer::detail
