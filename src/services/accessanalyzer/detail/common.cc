#include "services/accessanalyzer/detail/common.h"

#include "crypto/crypto.h"
#include "directory/records.h"
#include "text/encode.h"

namespace ringwall::accessanalyzer::detail {
namespace {

constexpr std::string_view service_principal = "access-analyzer.amazonaws.com";
constexpr std::size_t mark_characters = 16;

ApiError about_resource(const char* code, std::string_view type, std::string_view id, std::string message) {
  return {.code = code, .message = std::move(message), .status = 0, .members = Json::object({{"resourceId", id}, {"resourceType", type}})};
}

// A part of an ARN, from 0: arn:aws:service:region:account:resource.
std::string_view arn_part(std::string_view arn, std::size_t number) {
  for (; number > 0; --number) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return arn.substr(0, arn.find(':'));
}

std::string mark_of(std::string_view about) { return crypto::sha256_hex(about).substr(0, mark_characters); }

// The key at which a page begins; nothing: the token is not one for this list.
std::optional<std::string> key_in(std::string_view token, std::string_view about) {
  const auto bytes = text::parse_base64(token);
  if (!bytes) return std::nullopt;
  const std::string text(text_of(*bytes));
  if (!text.starts_with(mark_of(about))) return std::nullopt;
  return text.substr(mark_characters);
}

}  // namespace

std::unexpected<ApiError> wrong_field(const char* name, std::string message) {
  Json field = Json::object({{"name", name}, {"message", message}});
  return std::unexpected(ApiError{
      .code = "ValidationException",
      .message = std::move(message),
      .status = 400,
      .members = Json::object({{"reason", "fieldValidationFailed"}, {"fieldList", Json::array({std::move(field)})}})});
}

ApiError not_found(std::string_view type, std::string_view id) {
  return about_resource("ResourceNotFoundException", type, id, std::string(type) + " not found: " + std::string(id));
}
ApiError conflict(std::string_view type, std::string_view id) {
  return about_resource("ConflictException", type, id, std::string(type) + " already exists: " + std::string(id));
}
ApiError quota_exceeded(std::string_view type, std::string_view id, std::string message) {
  return about_resource("ServiceQuotaExceededException", type, id, std::move(message));
}

std::string analyzer_arn(const Call& call, std::string_view name) {
  return "arn:aws:access-analyzer:" + call.environment.region + ':' + call.account() + ":analyzer/" + std::string(name);
}

ApiResult<Analyzer> analyzer_by_arn(const Call& call, std::string_view arn) {
  const std::string own = analyzer_arn(call, "");
  if (arn.starts_with(own)) {
    const std::string_view name = arn.substr(own.size());
    if (auto record = tables::analyzers.get(call.transaction, call.account(), name)) return Analyzer{*std::move(record), call.account()};
  }
  return std::unexpected(not_found("Analyzer", arn));
}

ApiResult<Analyzer> analyzer_named(const Call& call) {
  if (call.input.contains("analyzerArn")) return analyzer_by_arn(call, call.input.text("analyzerArn"));
  const std::string_view name = call.input.text("analyzerName");
  if (auto record = tables::analyzers.get(call.transaction, call.account(), name)) return Analyzer{*std::move(record), call.account()};
  return std::unexpected(not_found("Analyzer", name));
}

service::Question question_about(const Call& call, const char* action, std::string arn) {
  service::Question question{.action = action, .resource = std::move(arn)};
  if (const std::string_view account = arn_part(question.resource, 4); account != call.account()) question.resource_account = account;
  if (const auto analyzer = analyzer_by_arn(call, question.resource)) {
    service::add_resource_tags(question.context, analyzer->record.tags);
  }
  return question;
}

service::Ask ask_about_named(const char* action) {
  return [action](const Call& call) -> ApiResult<service::Questions> {
    return service::Questions{{question_about(call, action, analyzer_arn(call, call.input.text("analyzerName")))}};
  };
}

service::Ask ask_about_arn(const char* action, const char* member) {
  return [action, member](const Call& call) -> ApiResult<service::Questions> {
    return service::Questions{{question_about(call, action, call.input.str(member))}};
  };
}

service::Ask ask_about_rule(const char* action) {
  return service::ask_for(action, [](const Call& call) {
    return analyzer_arn(call, call.input.text("analyzerName")) + "/archive-rule/" + call.input.str("ruleName");
  });
}

bool speaks_for_organization(const Call& call) {
  if (!call.estate.organization) return false;
  if (call.estate.organization->management_account == call.account()) return true;
  return directory::tables::delegations.contains(call.transaction, call.account(), service_principal);
}

ApiResult<Json> page_of(const Json& input, const char* member, std::vector<Placed> items, std::string_view about, Order order) {
  const std::int64_t size = input["maxResults"].as_integer(page_items_default);
  if (size < 1 || size > page_items_max) {
    return wrong_field("maxResults", "maxResults must be between 1 and " + std::to_string(page_items_max));
  }
  const auto is_before = [order](const std::string& a, const std::string& b) { return order == Order::ascending ? a < b : b < a; };
  std::ranges::sort(items, is_before, &Placed::key);
  auto next = items.begin();
  if (input.contains("nextToken")) {
    const auto key = key_in(input.text("nextToken"), about);
    if (!key) return wrong_field("nextToken", "The nextToken is not one for this request");
    next = std::ranges::lower_bound(items, *key, is_before, &Placed::key);
  }
  Json shown = Json::array();
  for (; next != items.end() && shown.items().size() < static_cast<std::size_t>(size); ++next) shown.push(std::move(next->item));
  Json output = Json::object({{member, std::move(shown)}});
  if (next != items.end()) output.set("nextToken", text::base64(bytes_of(mark_of(about) + next->key)));
  return output;
}

}  // namespace ringwall::accessanalyzer::detail
