// Analyzers and their tags.

#include <span>

#include "services/accessanalyzer/accessanalyzer.h"
#include "services/accessanalyzer/detail/common.h"
#include "services/accessanalyzer/detail/rules.h"
#include "text/time.h"

namespace ringwall::accessanalyzer::detail {
namespace {

constexpr std::string_view id_alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::size_t id_characters = 12;

estate::Tags tags_in(const Json& map) {
  estate::Tags tags;
  for (const Json::Member& tag : map.members()) tags.insert_or_assign(tag.key, std::string(tag.value.as_string()));
  return tags;
}

Json tag_map(const estate::Tags& tags) {
  Json map = Json::object();
  for (const auto& [key, value] : tags) map.set(key, value);
  return map;
}

ApiResult<service::Questions> ask_create(const Call& call) {
  service::Question question{.action = "access-analyzer:CreateAnalyzer", .resource = analyzer_arn(call, call.input.text("analyzerName"))};
  service::add_request_tags(question.context, tags_in(call.input["tags"]));
  return service::Questions{{std::move(question)}};
}

std::optional<ApiError> fault_in_type(const Call& call) {
  const std::string_view type = call.input.text("type");
  if (type != "ACCOUNT" && type != "ORGANIZATION") {
    return wrong_field("type", "Analyzers of type " + std::string(type) + " are not supported: ACCOUNT and ORGANIZATION are").error();
  }
  if (call.input.contains("configuration")) {
    return wrong_field("configuration", "An external access analyzer takes no configuration").error();
  }
  if (type == "ORGANIZATION" && !speaks_for_organization(call)) {
    return wrong_field("type", "An analyzer of type ORGANIZATION is made by the management account of the organization, or by a "
                               "delegated administrator of access-analyzer.amazonaws.com").error();
  }
  return std::nullopt;
}

std::optional<ApiError> fault_in_number(const Call& call) {
  const std::string type = call.input.str("type");
  std::size_t there = 0;
  for (const auto& row : tables::analyzers.list(call.transaction, call.account())) there += records::word_of(row.record.type) == type ? 1 : 0;
  const std::size_t most = type == "ACCOUNT" ? account_analyzers_max : organization_analyzers_max;
  if (there < most) return std::nullopt;
  return quota_exceeded("Analyzer", call.input.text("analyzerName"),
                        "The account has " + std::to_string(most) + " analyzers of type " + type + ", which is all that it may have");
}

ApiResult<Json> create_analyzer(const Call& call) {
  const Json& input = call.input;
  const std::string name = input.str("analyzerName");
  if (auto fault = fault_in_type(call)) return std::unexpected(*std::move(fault));
  const estate::Tags tags = tags_in(input["tags"]);
  if (auto fault = service::fault_in(tags)) return wrong_field("tags", *std::move(fault));
  if (const auto there = tables::analyzers.get(call.transaction, call.account(), name)) {
    // The same request again, as a client repeats it that did not hear the answer.
    const bool again = input.contains("clientToken") && there->client_token == input.text("clientToken") && records::word_of(there->type) == input.text("type");
    if (again) return Json::object({{"arn", there->arn}});
    return std::unexpected(conflict("Analyzer", name));
  }
  if (auto fault = fault_in_number(call)) return std::unexpected(*std::move(fault));
  const Analyzer analyzer{{.arn = analyzer_arn(call, name),
                           .name = name,
                           .type = records::value_of<AnalyzerType>(input.text("type")).value(),
                           .created = text::to_millis(call.now),
                           .tags = tags,
                           .id = random_text(call.environment.random, id_alphabet, id_characters),
                           .client_token = input.str("clientToken")},
                          call.account()};
  for (const Json& rule : input["archiveRules"].items()) RW_DO(put_new_rule(call, analyzer, rule));
  tables::analyzers.put(call.transaction, analyzer.record, call.account(), name);
  return Json::object({{"arn", analyzer.record.arn}});
}

// An organisation's analyzer works as long as its account speaks for the organisation.
Json summary_of(const Call& call, const Analyzer& analyzer) {
  Json summary = records::wire_of(analyzer.record);
  const bool works = !analyzer.of_organization() || speaks_for_organization(call);
  summary.set("status", works ? "ACTIVE" : "DISABLED");
  if (!works) summary.set("statusReason", Json::object({{"code", "DELEGATED_ADMINISTRATOR_DEREGISTERED"}}));
  std::int64_t newest = -1;
  for (const auto& row : tables::analysed_resources.list(call.transaction, analyzer.account, analyzer.id())) {
    if (row.record.analyzed <= newest) continue;
    newest = row.record.analyzed;
    summary.set("lastResourceAnalyzed", row.record.arn).set("lastResourceAnalyzedAt", newest);
  }
  return summary;
}

ApiResult<Json> get_analyzer(const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  return Json::object({{"analyzer", summary_of(call, analyzer)}});
}

ApiResult<Json> list_analyzers(const Call& call) {
  std::vector<Placed> items;
  for (const auto& row : tables::analyzers.list(call.transaction, call.account())) {
    if (call.input.contains("type") && records::word_of(row.record.type) != call.input.text("type")) continue;
    items.push_back({row.record.name, summary_of(call, {row.record, call.account()})});
  }
  return page_of(call.input, "analyzers", std::move(items), "analyzers " + call.account() + ' ' + call.input.str("type"));
}

ApiResult<Json> delete_analyzer(const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  const auto rules = tables::archive_rules.list(call.transaction, analyzer.account, analyzer.id());
  const auto resources = tables::analysed_resources.list(call.transaction, analyzer.account, analyzer.id());
  tables::analyzers.erase(call.transaction, analyzer.account, analyzer.record.name);
  for (const auto& [parts, rule] : rules) tables::archive_rules.erase(call.transaction, parts[0], parts[1], parts[2]);
  // What one transaction cannot take with it nobody finds again: no other analyzer has this id.
  const std::size_t room = store::transaction_writes_max - 1 - rules.size();
  for (const auto& [parts, resource] : std::span(resources).first(std::min(room, resources.size()))) {
    tables::analysed_resources.erase(call.transaction, parts[0], parts[1], parts[2]);
  }
  return Json::object();
}

ApiResult<service::Questions> ask_tag(const Call& call) {
  service::Question question = question_about(call, "access-analyzer:TagResource", call.input.str("resourceArn"));
  service::add_request_tags(question.context, tags_in(call.input["tags"]));
  return service::Questions{{std::move(question)}};
}

ApiResult<service::Questions> ask_untag(const Call& call) {
  service::Question question = question_about(call, "access-analyzer:UntagResource", call.input.str("resourceArn"));
  std::vector<std::string> keys;
  for (const Json& key : call.input["tagKeys"].items()) keys.emplace_back(key.as_string());
  question.context.set("aws:TagKeys", std::move(keys));
  return service::Questions{{std::move(question)}};
}

ApiResult<Json> put_tags(const Call& call, Analyzer analyzer, const estate::Tags& tags) {
  if (auto fault = service::fault_in(tags)) return wrong_field("tags", *std::move(fault));
  analyzer.record.tags = tags;
  tables::analyzers.put(call.transaction, analyzer.record, analyzer.account, analyzer.record.name);
  return Json::object();
}

ApiResult<Json> tag_resource(const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_by_arn(call, call.input.text("resourceArn")));
  estate::Tags tags = analyzer.record.tags;
  for (const auto& [key, value] : tags_in(call.input["tags"])) tags.insert_or_assign(key, value);
  return put_tags(call, analyzer, tags);
}

ApiResult<Json> untag_resource(const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_by_arn(call, call.input.text("resourceArn")));
  estate::Tags tags = analyzer.record.tags;
  for (const Json& key : call.input["tagKeys"].items()) tags.erase(std::string(key.as_string()));
  return put_tags(call, analyzer, tags);
}

ApiResult<Json> list_tags(const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_by_arn(call, call.input.text("resourceArn")));
  return Json::object({{"tags", tag_map(analyzer.record.tags)}});
}

}  // namespace

std::vector<service::Operation> analyzer_operations() {
  using service::Access;
  return {
      {"CreateAnalyzer", Access::write, ask_create, create_analyzer},
      {"GetAnalyzer", Access::read, ask_about_named("access-analyzer:GetAnalyzer"), get_analyzer},
      {"ListAnalyzers", Access::read, service::ask_on_star("access-analyzer:ListAnalyzers"), list_analyzers},
      {"DeleteAnalyzer", Access::write, ask_about_named("access-analyzer:DeleteAnalyzer"), delete_analyzer},
      {"TagResource", Access::write, ask_tag, tag_resource},
      {"UntagResource", Access::write, ask_untag, untag_resource},
      {"ListTagsForResource", Access::read, ask_about_arn("access-analyzer:ListTagsForResource", "resourceArn"), list_tags},
  };
}

}  // namespace ringwall::accessanalyzer::detail
