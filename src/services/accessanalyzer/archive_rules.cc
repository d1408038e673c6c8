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
  return Json::object({{"archiveRule", *rule}});
}

ApiResult<Json> list_rules(const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  std::vector<Placed> items;
  for (const store::Entry& entry : call.transaction.list(rule_prefix(analyzer))) items.push_back({entry.document->str("ruleName"), *entry.document});
  return page_of(call.input, "archiveRules", std::move(items), "rules " + analyzer.id());
}

ApiResult<Json> update_rule(const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  RW_TRY(const auto rule, find_rule(call, analyzer));
  if (auto fault = fault_in_filter(call.input["filter"], FilterUse::archive_rule)) return std::unexpected(*std::move(fault));
  Json changed = *rule;
  changed.set("filter", call.input["filter"]).set("updatedAt", text::to_millis(call.now));
  call.transaction.put(rule_prefix(analyzer) + call.input.str("ruleName"), std::move(changed));
  return Json::object();
}

ApiResult<Json> delete_rule(const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  RW_DO(find_rule(call, analyzer));
  call.transaction.erase(rule_prefix(analyzer) + call.input.str("ruleName"));
  return Json::object();
}

// To the findings that are there already; a rule by itself meets only those that come later.
ApiResult<Json> apply_rule(const BugSink& bugs, const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  RW_TRY(const auto rule, find_rule(call, analyzer));
  const Json filter = (*rule)["filter"];
  for (const Analysed& resource : analysed(bugs, call, analyzer)) {
    change_status(call, resource, "ACTIVE", "ARCHIVED", [&](const Json& finding) { return meets(filter, finding); });
  }
  return Json::object();
}

}  // namespace

std::vector<service::Operation> archive_rule_operations(const BugSink& bugs) {
  using service::Access;
  return {
      {"CreateArchiveRule", Access::write, ask_about_rule("access-analyzer:CreateArchiveRule"), create_rule},
      {"GetArchiveRule", Access::read, ask_about_rule("access-analyzer:GetArchiveRule"), get_rule},
      {"ListArchiveRules", Access::read, ask_about_named("access-analyzer:ListArchiveRules"), list_rules},
      {"UpdateArchiveRule", Access::write, ask_about_rule("access-analyzer:UpdateArchiveRule"), update_rule},
      {"DeleteArchiveRule", Access::write, ask_about_rule("access-analyzer:DeleteArchiveRule"), delete_rule},
      {"ApplyArchiveRule", Access::write, ask_about_arn("access-analyzer:ApplyArchiveRule"), std::bind_front(apply_rule, bugs)},
  };
}

}  // namespace ringwall::accessanalyzer::detail
