// SimulatePrincipalPolicy and SimulateCustomPolicy, and the keys that policies ask for.

#include <algorithm>
#include <charconv>
#include <set>

#include "directory/documents.h"
#include "service/marker.h"
#include "services/iam/detail/simulation.h"
#include "text/cidr.h"
#include "text/encode.h"
#include "text/time.h"

namespace ringwall::iam::detail {
namespace {

using service::Access;
using Type = policy::Principal::Type;

constexpr std::int64_t results_per_page_default = 100, results_per_page_max = 1000;
// However many are asked for, as AWS reserves the right to: a call must not take a thread for long.
constexpr std::int64_t results_per_call_max = 100;

ApiError invalid(std::string message) { return {"InvalidInput", std::move(message), 400}; }

// A user, group or role of the calling account, as PolicySourceArn names it.
struct PolicySource {
  const Kind* kind = nullptr;
  Document document;
};

ApiResult<PolicySource> find_source(const Call& call) {
  const std::string arn = call.input.str("PolicySourceArn");
  for (const Kind* kind : all_kinds) {
    const std::string prefix = directory::iam_arn(call.account(), kind->noun, "/", "");
    if (!arn.starts_with(prefix)) continue;
    RW_TRY(Document document, find(call, *kind, arn.substr(arn.rfind('/') + 1)));
    if (document->text("Arn") != arn) return std::unexpected(no_such(*kind, arn));
    return PolicySource{.kind = kind, .document = std::move(document)};
  }
  return std::unexpected(invalid("Invalid Entity Arn: " + arn + " does not name a user, group or role of this account."));
}

// The text of a managed policy's default version, and what kind of managed policy it is.
ApiResult<SimulatedPolicy> managed(const Call& call, const std::string& arn, policy::Kind kind) {
  RW_TRY(const Json policy, find_policy(call, arn));
  const Json* version = version_of(policy, policy.text("DefaultVersionId"));
  const bool is_aws = arn.starts_with("arn:aws:iam::aws:policy/");
  return simulated_policy(version == nullptr ? std::string_view() : version->text("Document"), kind, policy.str("PolicyName"), is_aws ? "aws-managed" : "user-managed");
}

// A policy that is stored can be written by another version only if it does not compile here.
ApiError unusable(const ApiError& fault) { return {"PolicyEvaluation", fault.message, 500}; }

std::optional<ApiError> add_policies_of(const Call& call, const Kind& kind, const Json& document, std::vector<SimulatedPolicy>& policies) {
  for (const Json& own : document["inline"].items()) {
    std::string id = std::string(kind.noun) + '_' + document.str(kind.name_member) + '_' + own.str("PolicyName");
    auto compiled = simulated_policy(own.text("PolicyDocument"), policy::Kind::identity, std::move(id), kind.noun);
    if (!compiled) return unusable(compiled.error());
    policies.push_back(*std::move(compiled));
  }
  for (const Json& arn : document["attached"].items()) {
    auto compiled = managed(call, std::string(arn.as_string()), policy::Kind::identity);
    if (!compiled) return unusable(compiled.error());
    policies.push_back(*std::move(compiled));
  }
  return std::nullopt;
}

// The source's own policies and its groups', its boundary unless the input puts another in its place.
std::optional<ApiError> add_stored(const Call& call, const PolicySource& source, std::vector<SimulatedPolicy>& identity, std::optional<SimulatedPolicy>& boundary) {
  if (auto fault = add_policies_of(call, *source.kind, *source.document, identity)) return fault;
  if (source.kind == &user_kind) {
    for (const store::Entry& group : list(call, group_kind)) {
      if (!holds_string((*source.document)["groups"], group.document->text("GroupId"))) continue;
      if (auto fault = add_policies_of(call, group_kind, *group.document, identity)) return fault;
    }
  }
  const std::string arn = (*source.document)["PermissionsBoundary"].str("PermissionsBoundaryArn");
  if (arn.empty()) return std::nullopt;
  auto compiled = managed(call, arn, policy::Kind::boundary);
  if (!compiled) return unusable(compiled.error());
  boundary = *std::move(compiled);
  return std::nullopt;
}

std::optional<ApiError> add_given(const Call& call, Simulation& simulation) {
  std::size_t number = 0;
  for (const Json& text : call.input["PolicyInputList"].items()) {
    auto compiled = simulated_policy(text.as_string(), policy::Kind::identity, "PolicyInputList." + std::to_string(++number), "none");
    if (!compiled) return compiled.error();
    simulation.identity.push_back(*std::move(compiled));
  }
  const Json& boundaries = call.input["PermissionsBoundaryPolicyInputList"];
  if (boundaries.items().size() > 1) return invalid("Only one permissions boundary policy can be provided.");
  if (!boundaries.items().empty()) {
    auto compiled = simulated_policy(boundaries.items().front().as_string(), policy::Kind::boundary, "PermissionsBoundaryPolicyInputList.1", "none");
    if (!compiled) return compiled.error();
    simulation.boundary = *std::move(compiled);
  }
  if (!call.input.contains("ResourcePolicy")) return std::nullopt;
  for (const Json& action : call.input["ActionNames"].items()) {
    const policy::Kind kind = resource_kind_for(action.as_string());
    if (simulation.resource_policy.contains(kind)) continue;
    auto compiled = simulated_policy(call.input.text("ResourcePolicy"), kind, "ResourcePolicy", "resource");
    if (!compiled) return compiled.error();
    simulation.resource_policy.emplace(kind, *std::move(compiled));
  }
  return std::nullopt;
}

bool is_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// A value of a context entry as the evaluator reads it; nothing if it is not of its type.
std::optional<std::string> value_of(std::string_view type, std::string_view value) {
  if (type.starts_with("numeric") && !is_number(value)) return std::nullopt;
  if (type.starts_with("boolean") && text::lower(value) != "true" && text::lower(value) != "false") return std::nullopt;
  if (type.starts_with("ip") && !text::parse_cidr(value, text::HostBits::clear) && !text::parse_address(value)) return std::nullopt;
  if (type.starts_with("date") && !text::parse_iso8601(value) && !is_number(value)) return std::nullopt;
  if (type.starts_with("binary")) {
    const Result<Bytes> bytes = text::parse_base64(value);
    if (!bytes) return std::nullopt;
    return std::string(text_of(*bytes));
  }
  return std::string(value);
}

std::optional<ApiError> read_context(const Json& entries, policy::Context& context) {
  std::set<std::string> seen;
  for (const Json& entry : entries.items()) {
    const std::string key = entry.str("ContextKeyName");
    const std::string_view type = entry.text("ContextKeyType", "string");
    if (key.find(':') == std::string::npos) return invalid("Invalid context key `" + key + "`: it must have a service prefix, as in aws:SourceIp.");
    if (!seen.insert(text::lower(key)).second) return invalid("The context key `" + key + "` is given twice.");
    const Json& given = entry["ContextKeyValues"];
    if (!type.ends_with("List") && given.items().size() != 1) return invalid("The context key `" + key + "` of type " + std::string(type) + " takes one value.");
    std::vector<std::string> values;
    for (const Json& each : given.items()) {
      auto value = value_of(type, each.as_string());
      if (!value) return invalid("The value `" + std::string(each.as_string()) + "` of context key `" + key + "` is not of type " + std::string(type) + ".");
      values.push_back(*std::move(value));
    }
    context.set(key, std::move(values));
  }
  return std::nullopt;
}

// "111122223333", or an ARN that says it.
ApiResult<std::string> account_of_owner(std::string_view owner) {
  constexpr std::string_view prefix = "arn:aws:iam::";
  if (owner.starts_with(prefix) && owner.ends_with(":root")) owner = owner.substr(prefix.size(), owner.size() - prefix.size() - 5);
  const bool is_account = owner.size() == 12 && owner.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_account) return std::unexpected(invalid("Invalid ResourceOwner: it must be an account."));
  return std::string(owner);
}

// The simulated caller: the user that CallerArn names, else the source itself. Stored tags of a
// user take part only where they are the asking caller's own or those of the source it may simulate.
ApiResult<policy::Principal> caller_in(const Call& call, const PolicySource* source) {
  policy::Principal caller{.type = Type::user, .arn = call.input.str("CallerArn"), .role_arn = {}, .account = call.account(), .unique_id = {}, .service = {}, .provider = {}};
  if (!caller.arn.empty()) {
    const std::size_t user = caller.arn.find(":user/");
    if (!caller.arn.starts_with("arn:aws:iam::") || user != 25) return std::unexpected(invalid("Invalid CallerArn: it must be the ARN of an IAM user."));
    caller.account = caller.arn.substr(13, 12);
    const bool is_known = caller.arn == call.caller.principal.arn || (source != nullptr && caller.arn == source->document->text("Arn"));
    const estate::Principal* stored = is_known ? call.estate.principal(caller.arn) : nullptr;
    if (stored != nullptr) caller.unique_id = stored->unique_id;
    return caller;
  }
  if (source == nullptr || source->kind == &group_kind) return caller;
  const estate::Principal* stored = call.estate.principal(source->document->text("Arn"));
  caller.arn = source->document->str("Arn");
  caller.unique_id = source->document->str(source->kind == &user_kind ? "UserId" : "RoleId");
  if (source->kind != &role_kind) return caller;
  caller.type = Type::role_session;
  caller.role_arn = caller.arn;
  caller.arn = "arn:aws:sts::" + call.account() + ":assumed-role/" + source->document->str("RoleName") + "/simulation";
  caller.service_linked = stored != nullptr && stored->service_linked;
  return caller;
}

ApiResult<Simulation> simulation_of(const Call& call, const PolicySource* source) {
  if (call.input.contains("ResourceHandlingOption")) return std::unexpected(invalid("ResourceHandlingOption is not supported: name every resource in ResourceArns."));
  Simulation simulation;
  RW_TRY(simulation.caller, caller_in(call, source));
  if (call.input.contains("ResourcePolicy") && !call.input.contains("CallerArn") && (source == nullptr || source->kind != &user_kind)) {
    return std::unexpected(invalid("CallerArn is required when a ResourcePolicy is given and the policies are not a user's."));
  }
  if (source != nullptr) {
    simulation.knows_trust = true;
    if (auto fault = add_stored(call, *source, simulation.identity, simulation.boundary)) return std::unexpected(*fault);
  }
  if (auto fault = add_given(call, simulation)) return std::unexpected(*fault);
  if (auto fault = read_context(call.input["ContextEntries"], simulation.context)) return std::unexpected(*fault);
  if (call.input.contains("ResourceOwner")) {
    RW_TRY(simulation.resource_owner, account_of_owner(call.input.text("ResourceOwner")));
  }
  return simulation;
}

bool is_action(std::string_view action) {
  const std::size_t colon = action.find(':');
  return colon != std::string_view::npos && colon > 0 && colon + 1 < action.size() && action.find_first_of("*? ") == std::string_view::npos;
}

// Every action on every resource, in that order; only the results of the page are worked out.
ApiResult<Json> page_of_results(const Call& call, const Simulation& simulation) {
  std::vector<std::string> actions, resources;
  for (const Json& action : call.input["ActionNames"].items()) {
    if (!is_action(action.as_string())) return std::unexpected(invalid("Invalid action `" + std::string(action.as_string()) + "`: it must name one operation, as in s3:GetObject."));
    actions.emplace_back(action.as_string());
  }
  for (const Json& resource : call.input["ResourceArns"].items()) {
    const std::string_view arn = resource.as_string();
    if (arn != "*" && !arn.starts_with("arn:")) return std::unexpected(invalid("Invalid resource `" + std::string(arn) + "`: it must be an ARN or *."));
    resources.emplace_back(arn);
  }
  if (resources.empty()) resources.emplace_back("*");
  const std::int64_t size = call.input["MaxItems"].as_integer(results_per_page_default);
  if (size < 1 || size > results_per_page_max) return api_error("ValidationError", "MaxItems must be between 1 and 1000.", 400);
  const std::size_t total = actions.size() * resources.size();
  std::size_t next = 0;
  if (const std::string_view marker = call.input.text("Marker"); !marker.empty()) {
    const std::string digits = service::key_of_marker(marker).value_or("");
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), next);
    if (digits.empty() || error != std::errc() || end != digits.data() + digits.size() || next >= total) return api_error("ValidationError", "Invalid Marker.", 400);
  }
  const std::size_t stop = std::min(total, next + static_cast<std::size_t>(std::min(size, results_per_call_max)));
  Json results = Json::array();
  for (; next < stop; ++next) {
    results.push(simulate(call, simulation, actions[next / resources.size()], resources[next % resources.size()]));
  }
  Json output = Json::object({{"EvaluationResults", std::move(results)}, {"IsTruncated", stop < total}});
  if (stop < total) output.set("Marker", service::marker_of(std::to_string(stop)));
  return output;
}

ApiResult<Json> simulate_principal_policy(const Call& call) {
  RW_TRY(const PolicySource source, find_source(call));
  RW_TRY(const Simulation simulation, simulation_of(call, &source));
  return page_of_results(call, simulation);
}

ApiResult<Json> simulate_custom_policy(const Call& call) {
  RW_TRY(const Simulation simulation, simulation_of(call, nullptr));
  return page_of_results(call, simulation);
}

Json names_of(const std::vector<std::string_view>& texts) {
  std::set<std::string> known;
  Json names = Json::array();
  for (const std::string_view text : texts) {
    for (std::string& key : context_keys_in(text)) {
      if (known.insert(text::lower(key)).second) names.push(std::move(key));
    }
  }
  return Json::object({{"ContextKeyNames", std::move(names)}});
}

ApiResult<Json> context_keys(const Call& call, const PolicySource* source) {
  std::vector<SimulatedPolicy> policies;
  std::optional<SimulatedPolicy> boundary;
  if (source != nullptr) {
    if (auto fault = add_stored(call, *source, policies, boundary)) return std::unexpected(*fault);
    if (boundary) policies.push_back(*std::move(boundary));
  }
  std::vector<std::string_view> texts;
  for (const SimulatedPolicy& policy : policies) texts.push_back(policy.named.document->source());
  std::size_t number = 0;
  for (const Json& text : call.input["PolicyInputList"].items()) {
    const std::string id = "PolicyInputList." + std::to_string(++number);
    // A resource-based policy may be asked about as well: its principals ask for no keys.
    if (const auto compiled = simulated_policy(text.as_string(), policy::Kind::identity, id, "none"); !compiled) {
      if (!policy::compile(text.as_string(), policy::Kind::resource)) return std::unexpected(compiled.error());
    }
    texts.push_back(text.as_string());
  }
  return names_of(texts);
}

ApiResult<Json> context_keys_for_principal(const Call& call) {
  RW_TRY(const PolicySource source, find_source(call));
  return context_keys(call, &source);
}

ApiResult<Json> context_keys_for_custom(const Call& call) { return context_keys(call, nullptr); }

Ask ask_about_source(std::string action) {
  return [action = std::move(action)](const Call& call) -> ApiResult<Questions> {
    Question question{.action = action, .resource = call.input.str("PolicySourceArn"), .resource_account = call.account()};
    if (const ApiResult<PolicySource> source = find_source(call)) add_stored_keys(question.context, *source->document);
    return Questions{.all = {std::move(question)}};
  };
}

}  // namespace

void add_simulation_operations(Operations& operations) {
  operations.push_back({"SimulatePrincipalPolicy", Access::read, ask_about_source("iam:SimulatePrincipalPolicy"), simulate_principal_policy});
  operations.push_back({"SimulateCustomPolicy", Access::read, service::ask_on_star("iam:SimulateCustomPolicy"), simulate_custom_policy});
  operations.push_back({"GetContextKeysForPrincipalPolicy", Access::read, ask_about_source("iam:GetContextKeysForPrincipalPolicy"), context_keys_for_principal});
  operations.push_back({"GetContextKeysForCustomPolicy", Access::read, service::ask_on_star("iam:GetContextKeysForCustomPolicy"), context_keys_for_custom});
}

}  // namespace ringwall::iam::detail
