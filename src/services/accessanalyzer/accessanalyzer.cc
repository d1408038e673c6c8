#include "services/accessanalyzer/accessanalyzer.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "crypto/crypto.h"
#include "lint/lint.h"
#include "services/accessanalyzer/detail/common.h"
#include "services/accessanalyzer/detail/place.h"
#include "text/encode.h"

namespace ringwall::accessanalyzer {
namespace {

using detail::Place;
using detail::Position;
using detail::wrong_field;
using service::Access;
using service::ApiError;
using service::ApiResult;
using service::Call;
using text::Json;

constexpr std::string_view aws_page =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-";
constexpr std::string_view own_page = "docs/reference/lint.md";  // of Ringwall

ApiResult<policy::Kind> kind_of(const Json& input) {
  const std::string_view type = input.text("policyType"), attached_to = input.text("validatePolicyResourceType");
  if (type == "RESOURCE_POLICY") return attached_to == "AWS::IAM::AssumeRolePolicyDocument" ? policy::Kind::trust : policy::Kind::resource;
  if (!attached_to.empty()) {
    return wrong_field("validatePolicyResourceType", "A validatePolicyResourceType is only for the policyType RESOURCE_POLICY");
  }
  if (type == "SERVICE_CONTROL_POLICY") return policy::Kind::scp;
  return type == "RESOURCE_CONTROL_POLICY" ? policy::Kind::rcp : policy::Kind::identity;
}

// "security warning" -> "SECURITY_WARNING"
std::string type_of(lint::Severity severity) {
  std::string name(lint::name_of(severity));
  for (char& c : name) c = c == ' ' ? '_' : static_cast<char>(c - 'a' + 'A');
  return name;
}

// AWS files a finding under its own severity, which may be milder than ours.
std::string link_for(const lint::Rule& rule) {
  if (rule.origin == lint::Origin::own) return std::string(own_page);
  const bool plain_warning = rule.severity == lint::Severity::warning;
  std::string anchor = (plain_warning ? "general " : "") + std::string(lint::name_of(rule.severity)) + "-" + text::lower(rule.code);
  std::ranges::replace_if(anchor, [](char c) { return c == ' ' || c == '_'; }, '-');
  return std::string(aws_page) + anchor;
}

std::string as_sentence(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out.ends_with('.') || out.ends_with('?') ? out : out + ".";
}

Json json_of(const Position& position) {
  return Json::object({{"line", position.line}, {"column", position.column}, {"offset", position.offset}});
}

Json json_of(const lint::Finding& finding, const Place& place, const std::map<std::uint32_t, Position>& positions) {
  Json span = Json::object({{"start", json_of(positions.at(place.begin))}, {"end", json_of(positions.at(place.end))}});
  Json location = Json::object({{"path", Json::array(place.path)}, {"span", std::move(span)}});
  return Json::object({{"findingDetails", as_sentence(finding.message) + " " + as_sentence(finding.rule->remedy)},
                       {"findingType", type_of(finding.severity)},
                       {"issueCode", finding.rule->code},
                       {"learnMoreLink", link_for(*finding.rule)},
                       {"locations", Json::array({std::move(location)})}});
}

// What a token is for: another document, or the same read as something else, has another mark.
std::string mark_of(const Json& input) {
  constexpr std::size_t characters = 16;
  const std::string kind = input.str("policyType") + '/' + input.str("validatePolicyResourceType") + '/';
  return crypto::sha256_hex(kind + input.str("policyDocument")).substr(0, characters);
}

std::string token_for(const Json& input, std::size_t first) { return std::to_string(first) + "-" + mark_of(input); }

// The number of the first finding on the page that a token names.
std::optional<std::size_t> first_of(const Json& input, std::size_t findings) {
  const std::string token = input.str("nextToken");
  std::size_t first = 0;
  std::from_chars(token.data(), token.data() + token.size(), first);
  // Written again it must be the same; so nothing hangs on how a token was read.
  return first > 0 && first < findings && token == token_for(input, first) ? std::optional(first) : std::nullopt;
}

ApiResult<Json> validate_policy(const Call& call) {
  const Json& input = call.input;
  RW_TRY(const policy::Kind kind, kind_of(input));
  const std::int64_t size = input["maxResults"].as_integer(findings_per_page_max);
  if (size < 1 || size > findings_per_page_max) {
    return wrong_field("maxResults", "maxResults must be between 1 and " + std::to_string(findings_per_page_max));
  }
  const std::string text = input.str("policyDocument");
  const std::vector<lint::Finding> findings = lint::lint(text, kind);
  const auto first = input.contains("nextToken") ? first_of(input, findings.size()) : std::optional<std::size_t>(0);
  if (!first) return wrong_field("nextToken", "The nextToken is not one for this policy document and type");
  const std::size_t last = std::min(findings.size(), *first + static_cast<std::size_t>(size));

  Json document;
  if (text.size() <= policy::document_bytes_max) document = text::parse_json(text).value_or(Json());
  std::vector<Place> places;
  std::map<std::uint32_t, Position> positions;
  for (std::size_t i = *first; i < last; ++i) {
    places.push_back(detail::place_of(document, text, findings[i].offset));
    positions[places.back().begin] = {};
    positions[places.back().end] = {};
  }
  detail::find_positions(text, positions);
  Json shown = Json::array();
  for (std::size_t i = *first; i < last; ++i) shown.push(json_of(findings[i], places[i - *first], positions));
  Json output = Json::object({{"findings", std::move(shown)}});
  if (last < findings.size()) output.set("nextToken", token_for(input, last));
  return output;
}

}  // namespace

std::vector<service::Operation> operations(const Sources& sources) {
  std::vector<service::Operation> all = {{"ValidatePolicy", Access::read, service::ask_on_star("access-analyzer:ValidatePolicy"), validate_policy}};
  std::ranges::move(detail::analyzer_operations(), std::back_inserter(all));
  for (const auto& some : {detail::archive_rule_operations, detail::finding_operations, detail::resource_operations}) {
    std::ranges::move(some(sources), std::back_inserter(all));
  }
  std::ranges::move(detail::check_operations(sources.bugs), std::back_inserter(all));
  return all;
}

service::Service service(const Sources& sources) { return {*awsapi::builtin_model("accessanalyzer"), operations(sources)}; }

}  // namespace ringwall::accessanalyzer
