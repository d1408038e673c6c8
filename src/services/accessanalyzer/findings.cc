// Findings, and the resources that they are about.

#include <functional>
#include <set>

#include "services/accessanalyzer/detail/analysis.h"
#include "services/accessanalyzer/detail/rules.h"

namespace ringwall::accessanalyzer::detail {
namespace {

constexpr std::string_view sortable[] = {"id", "resource", "resourceType", "resourceOwnerAccount", "status", "createdAt", "analyzedAt", "updatedAt", "isPublic"};

// As ListFindings sorts by it: numbers are times, of as many digits each.
std::string sort_value(const Json& finding, std::string_view attribute) { return value_of(finding, attribute).value_or(std::string()); }

ApiResult<std::vector<Json>> findings_met(const Sources& sources, const Call& call, const Analyzer& analyzer) {
  const Json& filter = call.input["filter"];
  if (auto fault = fault_in_filter(filter, FilterUse::listing)) return std::unexpected(*std::move(fault));
  std::vector<Json> met;
  for (const AnalysedResource& resource : analysed(sources, call, analyzer)) {
    for (const Finding& finding : resource.findings) {
      Json whole = finding_of(resource, finding);
      if (meets(filter, whole)) met.push_back(std::move(whole));
    }
  }
  return met;
}

// GetFindingV2's members beside those that both versions have.
Json in_second_form(Json finding) {
  Json details = Json::object({{"condition", finding["condition"]}});
  for (const char* member : {"action", "principal", "isPublic", "resourceControlPolicyRestriction"}) details.set(member, finding[member]);
  finding.set("findingType", "ExternalAccess");
  finding.set("findingDetails", Json::array({Json::object({{"externalAccessDetails", std::move(details)}})}));
  return finding;
}

ApiResult<Json> list_findings(const Sources& sources, const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  const Json& sort = call.input["sort"];
  const std::string attribute = sort.contains("attributeName") ? sort.str("attributeName") : "resource";
  if (std::ranges::find(sortable, attribute) == std::end(sortable)) {
    return wrong_field("sort", "Findings cannot be sorted by " + attribute);
  }
  RW_TRY(std::vector<Json> met, findings_met(sources, call, analyzer));
  std::vector<Placed> items;
  for (Json& finding : met) {
    std::string key = sort_value(finding, attribute) + ' ' + finding.str("id");
    items.push_back({std::move(key), in_second_form(std::move(finding))});
  }
  const Order order = sort.text("orderBy") == "DESC" ? Order::descending : Order::ascending;
  return page_of(call.input, "findings", std::move(items), "findings " + analyzer.id() + call.input["filter"].dump() + sort.dump(), order);
}

ApiResult<Json> find_finding(const Sources& sources, const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  const std::string_view id = call.input.text("id");
  for (const AnalysedResource& resource : analysed(sources, call, analyzer)) {
    for (const Finding& finding : resource.findings) {
      if (finding.id == id) return finding_of(resource, finding);
    }
  }
  return std::unexpected(not_found("Finding", id));
}

ApiResult<Json> get_finding(const Sources& sources, const Call& call) {
  RW_TRY(Json finding, find_finding(sources, call));
  return Json::object({{"finding", std::move(finding)}});
}

ApiResult<Json> get_finding_v2(const Sources& sources, const Call& call) {
  RW_TRY(Json finding, find_finding(sources, call));
  return in_second_form(std::move(finding));
}

ApiResult<Json> update_findings(const Sources& sources, const Call& call) {
  const Json& input = call.input;
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  if (input.contains("ids") == input.contains("resourceArn")) return wrong_field("ids", "Findings are named either by ids or by resourceArn");
  std::set<std::string_view> ids;
  for (const Json& id : input["ids"].items()) ids.insert(id.as_string());
  const FindingStatus to = input.text("status") == "ARCHIVED" ? FindingStatus::archived : FindingStatus::active;
  const FindingStatus from = to == FindingStatus::archived ? FindingStatus::active : FindingStatus::archived;
  const auto is_meant = [&](const Json& finding) { return ids.contains(finding.text("id")) || (!finding.text("resource").empty() && finding.text("resource") == input.text("resourceArn")); };
  std::set<std::string_view> missing = ids;
  bool is_there = false;
  const std::vector<AnalysedResource> all = analysed(sources, call, analyzer);
  for (const AnalysedResource& resource : all) {
    is_there |= resource.arn == input.text("resourceArn");
    for (const Finding& finding : resource.findings) missing.erase(finding.id);
  }
  if (!missing.empty()) return std::unexpected(not_found("Finding", *missing.begin()));
  if (ids.empty() && !is_there) return std::unexpected(not_found("Resource", input.text("resourceArn")));
  for (const AnalysedResource& resource : all) change_status(call, analyzer, resource, from, to, is_meant);
  return Json::object();
}

ApiResult<Resource> resource_named(const Sources& sources, const Call& call, const Analyzer& analyzer) {
  for (Resource& resource : resources_of(sources, call, analyzer)) {
    if (resource.arn == call.input.text("resourceArn")) return std::move(resource);
  }
  return std::unexpected(not_found("Resource", call.input.text("resourceArn")));
}

ApiResult<Json> start_scan(const Sources& sources, const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  RW_TRY(const Resource resource, resource_named(sources, call, analyzer));
  if (call.input.contains("resourceOwnerAccount") && call.input.text("resourceOwnerAccount") != resource.account) {
    return wrong_field("resourceOwnerAccount", "The resource is of the account " + resource.account);
  }
  analysed(sources, call, analyzer, resource.arn);
  return Json::object();
}

Json summary_of(const Resource& resource) {
  return Json::object({{"resourceArn", resource.arn}, {"resourceOwnerAccount", resource.account}, {"resourceType", resource.type}});
}

ApiResult<Json> list_resources(const Sources& sources, const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  std::vector<Placed> items;
  for (const Resource& resource : resources_of(sources, call, analyzer)) {
    if (call.input.contains("resourceType") && resource.type != call.input.text("resourceType")) continue;
    items.push_back({resource.arn, summary_of(resource)});
  }
  return page_of(call.input, "analyzedResources", std::move(items), "resources " + analyzer.id() + call.input.str("resourceType"));
}

// All that is open about one resource, taken together.
ApiResult<Json> get_resource(const Sources& sources, const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  RW_TRY(const Resource resource, resource_named(sources, call, analyzer));
  const std::vector<AnalysedResource> all = analysed(sources, call, analyzer);
  const auto known = std::ranges::find(all, resource.arn, &AnalysedResource::arn);
  if (known == all.end()) return std::unexpected(not_found("Resource", resource.arn));
  Json answer = records::wire_of(*known);
  std::int64_t updated = known->created;
  bool is_public = false, is_active = false;
  std::set<std::string_view> actions;
  for (const Finding& finding : known->findings) {
    updated = std::max(updated, finding.updated);
    if (finding.status == FindingStatus::resolved) continue;
    is_public |= finding.is_public;
    is_active |= finding.status == FindingStatus::active;
    actions.insert(finding.action.begin(), finding.action.end());
    if (finding.error) answer.set("error", *finding.error);
    answer.set("status", is_active ? "ACTIVE" : "ARCHIVED");
  }
  answer.set("updatedAt", updated).set("isPublic", is_public);
  if (!actions.empty()) answer.set("actions", Json::array());
  for (const std::string_view action : actions) answer.edit("actions").push(action);
  return Json::object({{"resource", std::move(answer)}});
}

}  // namespace

// Reading brings what is kept up to date, so most of these write.
std::vector<service::Operation> finding_operations(const Sources& sources) {
  using service::Access;
  const auto list = ask_about_arn("access-analyzer:ListFindings"), get = ask_about_arn("access-analyzer:GetFinding");
  return {
      {"ListFindings", Access::write, list, std::bind_front(list_findings, sources)},
      {"ListFindingsV2", Access::write, list, std::bind_front(list_findings, sources)},
      {"GetFinding", Access::write, get, std::bind_front(get_finding, sources)},
      {"GetFindingV2", Access::write, get, std::bind_front(get_finding_v2, sources)},
      {"UpdateFindings", Access::write, ask_about_arn("access-analyzer:UpdateFindings"), std::bind_front(update_findings, sources)},
  };
}

std::vector<service::Operation> resource_operations(const Sources& sources) {
  using service::Access;
  return {
      {"StartResourceScan", Access::write, ask_about_arn("access-analyzer:StartResourceScan"), std::bind_front(start_scan, sources)},
      {"ListAnalyzedResources", Access::read, ask_about_arn("access-analyzer:ListAnalyzedResources"), std::bind_front(list_resources, sources)},
      {"GetAnalyzedResource", Access::write, ask_about_arn("access-analyzer:GetAnalyzedResource"), std::bind_front(get_resource, sources)},
  };
}

}  // namespace ringwall::accessanalyzer::detail
