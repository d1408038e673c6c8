// Archive rules: findings that are expected leave the list by themselves.

#include <functional>

#include "services/accessanalyzer/detail/analysis.h"
#include "services/accessanalyzer/detail/rules.h"
#include "text/time.h"

namespace ringwall::accessanalyzer::detail {
namespace {

ApiResult<Json> create_rule(const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  return put_new_rule(call, analyzer, call.input);
}

ApiResult<Json> get_rule(const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  RW_TRY(const auto rule, find_rule(call, analyzer));
  return Json::object({{"archiveRule", records::wire_of(rule)}});
}

ApiResult<Json> list_rules(const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  std::vector<Placed> items;
  for (const auto& row : tables::archive_rules.list(call.transaction, analyzer.account, analyzer.id())) items.push_back({row.record.name, records::wire_of(row.record)});
  return page_of(call.input, "archiveRules", std::move(items), "rules " + analyzer.id());
}

ApiResult<Json> update_rule(const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  RW_TRY(ArchiveRule rule, find_rule(call, analyzer));
  if (auto fault = fault_in_filter(call.input["filter"], FilterUse::archive_rule)) return std::unexpected(*std::move(fault));
  rule.filter = call.input["filter"];
  rule.updated = text::to_millis(call.now);
  tables::archive_rules.put(call.transaction, rule, analyzer.account, analyzer.id(), rule.name);
  return Json::object();
}

ApiResult<Json> delete_rule(const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  RW_TRY(const auto rule, find_rule(call, analyzer));
  tables::archive_rules.erase(call.transaction, analyzer.account, analyzer.id(), rule.name);
  return Json::object();
}

// To the findings that are there already; a rule by itself meets only those that come later.
ApiResult<Json> apply_rule(const Sources& sources, const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  RW_TRY(const auto rule, find_rule(call, analyzer));
  for (const AnalysedResource& resource : analysed(sources, call, analyzer)) {
    change_status(call, analyzer, resource, FindingStatus::active, FindingStatus::archived, [&](const Json& finding) { return meets(rule.filter, finding); });
  }
  return Json::object();
}

}  // namespace

std::vector<service::Operation> archive_rule_operations(const Sources& sources) {
  using service::Access;
  return {
      {"CreateArchiveRule", Access::write, ask_about_rule("access-analyzer:CreateArchiveRule"), create_rule},
      {"GetArchiveRule", Access::read, ask_about_rule("access-analyzer:GetArchiveRule"), get_rule},
      {"ListArchiveRules", Access::read, ask_about_named("access-analyzer:ListArchiveRules"), list_rules},
      {"UpdateArchiveRule", Access::write, ask_about_rule("access-analyzer:UpdateArchiveRule"), update_rule},
      {"DeleteArchiveRule", Access::write, ask_about_rule("access-analyzer:DeleteArchiveRule"), delete_rule},
      {"ApplyArchiveRule", Access::write, ask_about_arn("access-analyzer:ApplyArchiveRule"), std::bind_front(apply_rule, sources)},
  };
}

}  // namespace ringwall::accessanalyzer::detail
