#include "services/accessanalyzer/detail/rules.h"

#include <array>

#include "services/accessanalyzer/accessanalyzer.h"
#include "text/time.h"

namespace ringwall::accessanalyzer::detail {
namespace {

struct Key {
  std::string_view name;
  bool in_rules;
};
constexpr std::array<Key, 11> keys = {{{"resource", true},
                                       {"resourceType", true},
                                       {"resourceOwnerAccount", true},
                                       {"isPublic", true},
                                       {"findingType", true},
                                       {"error", true},
                                       {"principal.AWS", true},
                                       {"principal.Federated", true},
                                       {"resourceControlPolicyRestriction", true},
                                       {"status", false},
                                       {"id", false}}};
constexpr std::string_view condition_prefix = "condition.";

bool is_known(std::string_view name, FilterUse use) {
  if (name.starts_with(condition_prefix)) return name.size() > condition_prefix.size();
  return std::ranges::any_of(keys, [&](const Key& key) { return key.name == name && (key.in_rules || use == FilterUse::listing); });
}

bool is_one_of(const Json& values, const std::optional<std::string>& value) {
  return value && std::ranges::any_of(values.items(), [&](const Json& one) { return one.as_string() == *value; });
}

bool meets_criterion(const Json& criterion, const std::optional<std::string>& value) {
  if (criterion.contains("exists") && criterion["exists"].as_bool() != value.has_value()) return false;
  if (criterion.contains("eq") && !is_one_of(criterion["eq"], value)) return false;
  if (criterion.contains("neq") && (!value || is_one_of(criterion["neq"], value))) return false;
  if (!criterion.contains("contains")) return true;
  const auto is_within = [&](const Json& part) { return value->find(part.as_string()) != std::string::npos; };
  return value && std::ranges::any_of(criterion["contains"].items(), is_within);
}

}  // namespace

std::optional<std::string> value_of(const Json& finding, std::string_view key) {
  const Json* value = nullptr;
  if (key == "findingType") return "ExternalAccess";
  if (key.starts_with("principal.")) {
    value = finding["principal"].find(key.substr(std::string_view("principal.").size()));
  } else if (key.starts_with(condition_prefix)) {
    value = finding["condition"].find(key.substr(condition_prefix.size()));
  } else {
    value = finding.find(key);
  }
  if (value == nullptr || value->is_null()) return std::nullopt;
  return value->is_string() ? std::string(value->as_string()) : value->dump();
}

bool meets(const Json& filter, const Json& finding) {
  return std::ranges::all_of(filter.members(), [&](const Json::Member& member) { return meets_criterion(member.value, value_of(finding, member.key)); });
}

std::optional<ApiError> fault_in_filter(const Json& filter, FilterUse use) {
  for (const Json::Member& member : filter.members()) {
    if (!is_known(member.key, use)) return wrong_field("filter", "The filter key " + member.key + " is not valid").error();
    const bool asks = std::ranges::any_of(std::array{"eq", "neq", "contains", "exists"}, [&](const char* op) { return member.value.contains(op); });
    if (!asks) return wrong_field("filter", "The filter key " + member.key + " has no operator: eq, neq, contains or exists").error();
  }
  if (use == FilterUse::archive_rule && filter.members().empty()) return wrong_field("filter", "An archive rule has one criterion at least").error();
  return std::nullopt;
}

ApiResult<Json> put_new_rule(const Call& call, const Analyzer& analyzer, const Json& rule) {
  const std::string name = rule.str("ruleName");
  if (auto fault = fault_in_filter(rule["filter"], FilterUse::archive_rule)) return std::unexpected(*std::move(fault));
  if (tables::archive_rules.contains(call.transaction, analyzer.account, analyzer.id(), name)) return std::unexpected(conflict("ArchiveRule", name));
  if (tables::archive_rules.count(call.transaction, archive_rules_max, analyzer.account, analyzer.id()) >= archive_rules_max) {
    return std::unexpected(quota_exceeded("ArchiveRule", name,
                                          "The analyzer has " + std::to_string(archive_rules_max) + " archive rules, which is all that it may have"));
  }
  const std::int64_t now = text::to_millis(call.now);
  const ArchiveRule made{.name = name, .filter = rule["filter"], .created = now, .updated = now};
  tables::archive_rules.put(call.transaction, made, analyzer.account, analyzer.id(), name);
  return Json::object();
}

std::vector<Json> filters_of(const Call& call, const Analyzer& analyzer) {
  std::vector<Json> filters;
  for (auto& row : tables::archive_rules.list(call.transaction, analyzer.account, analyzer.id())) filters.push_back(std::move(row.record.filter));
  return filters;
}

ApiResult<ArchiveRule> find_rule(const Call& call, const Analyzer& analyzer) {
  auto rule = tables::archive_rules.get(call.transaction, analyzer.account, analyzer.id(), call.input.text("ruleName"));
  if (!rule) return std::unexpected(not_found("ArchiveRule", call.input.text("ruleName")));
  return *std::move(rule);
}

}  // namespace ringwall::accessanalyzer::detail
