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
  for (const store::Entry& entry : call.transaction.list(analyzer_key(call.account(), ""))) there += entry.document->text("type") == type ? 1 : 0;
  const std::size_t most = type == "ACCOUNT" ? account_analyzers_max : organization_analyzers_max;
  if (there < most) return std::nullopt;
  return quota_exceeded("Analyzer", call.input.text("analyzerName"),
                        "The account has " + std::to_string(most) + " analyzers of type " + type + ", which is all that it may have");
}

ApiResult<Json> create_analyzer(const Call& call) {
  const Json& input = call.input;
  const std::string name = input.str("analyzerName"), key = analyzer_key(call.account(), name);
  if (auto fault = fault_in_type(call)) return std::unexpected(*std::move(fault));
  const estate::Tags tags = tags_in(input["tags"]);
  if (auto fault = service::fault_in(tags)) return wrong_field("tags", *std::move(fault));
  if (const auto there = call.transaction.get(key)) {
    // The same request again, as a client repeats it that did not hear the answer.
    const bool again = input.contains("clientToken") && there->text("client_token") == input.text("clientToken") && there->text("type") == input.text("type");
    if (again) return Json::object({{"arn", there->str("arn")}});
    return std::unexpected(conflict("Analyzer", name));
  }
  if (auto fault = fault_in_number(call)) return std::unexpected(*std::move(fault));
  Json document = Json::object({{"arn", analyzer_arn(call, name)},
                                {"name", name},
                                {"type", input.str("type")},
                                {"createdAt", text::to_millis(call.now)},
                                {"tags", tag_map(tags)},
                                {"id", random_text(call.environment.random, id_alphabet, id_characters)},
                                {"client_token", input.str("clientToken")}});
  const Analyzer analyzer{std::make_shared<const Json>(document), call.account()};
  for (const Json& rule : input["archiveRules"].items()) RW_DO(put_new_rule(call, analyzer, rule));
  call.transaction.put(key, std::move(document));
  return Json::object({{"arn", analyzer.arn()}});
}

// An organisation's analyzer works as long as its account speaks for the organisation.
Json summary_of(const Call& call, const Analyzer& analyzer) {
  Json summary = *analyzer.document;
  const bool works = !analyzer.of_organization() || speaks_for_organization(call);
  summary.set("status", works ? "ACTIVE" : "DISABLED");
  if (!works) summary.set("statusReason", Json::object({{"code", "DELEGATED_ADMINISTRATOR_DEREGISTERED"}}));
  std::int64_t newest = -1;
  for (const store::Entry& entry : call.transaction.list(resource_prefix(analyzer))) {
    const std::int64_t analyzed = (*entry.document)["analyzedAt"].as_integer();
    if (analyzed <= newest) continue;
    newest = analyzed;
    summary.set("lastResourceAnalyzed", entry.document->str("resourceArn")).set("lastResourceAnalyzedAt", analyzed);
  }
  return summary;
}

ApiResult<Json> get_analyzer(const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  return Json::object({{"analyzer", summary_of(call, analyzer)}});
}

ApiResult<Json> list_analyzers(const Call& call) {
  std::vector<Placed> items;
  for (const store::Entry& entry : call.transaction.list(analyzer_key(call.account(), ""))) {
    if (call.input.contains("type") && entry.document->text("type") != call.input.text("type")) continue;
    items.push_back({entry.document->str("name"), summary_of(call, {entry.document, call.account()})});
  }
  return page_of(call.input, "analyzers", std::move(items), "analyzers " + call.account() + ' ' + call.input.str("type"));
}

ApiResult<Json> delete_analyzer(const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_named(call));
  const auto rules = call.transaction.list(rule_prefix(analyzer)), resources = call.transaction.list(resource_prefix(analyzer));
  call.transaction.erase(analyzer_key(call.account(), analyzer.name()));
  for (const store::Entry& entry : rules) call.transaction.erase(entry.key);
  // What one transaction cannot take with it nobody finds again: no other analyzer has this id.
  const std::size_t room = store::transaction_writes_max - 1 - rules.size();
  for (const store::Entry& entry : std::span(resources).first(std::min(room, resources.size()))) call.transaction.erase(entry.key);
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

ApiResult<Json> put_tags(const Call& call, const Analyzer& analyzer, const estate::Tags& tags) {
  if (auto fault = service::fault_in(tags)) return wrong_field("tags", *std::move(fault));
  Json document = *analyzer.document;
  document.set("tags", tag_map(tags));
  call.transaction.put(analyzer_key(call.account(), analyzer.name()), std::move(document));
  return Json::object();
}

ApiResult<Json> tag_resource(const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_by_arn(call, call.input.text("resourceArn")));
  estate::Tags tags = tags_in((*analyzer.document)["tags"]);
  for (const auto& [key, value] : tags_in(call.input["tags"])) tags.insert_or_assign(key, value);
  return put_tags(call, analyzer, tags);
}

ApiResult<Json> untag_resource(const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_by_arn(call, call.input.text("resourceArn")));
  estate::Tags tags = tags_in((*analyzer.document)["tags"]);
  for (const Json& key : call.input["tagKeys"].items()) tags.erase(std::string(key.as_string()));
  return put_tags(call, analyzer, tags);
}

ApiResult<Json> list_tags(const Call& call) {
  RW_TRY(const Analyzer analyzer, analyzer_by_arn(call, call.input.text("resourceArn")));
  return Json::object({{"tags", (*analyzer.document)["tags"]}});
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
