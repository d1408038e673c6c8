#include "services/iam/detail/simulation.h"

#include <algorithm>

#include "authz/guards.h"
#include "authz/rcp_services.h"
#include "text/encode.h"
#include "text/time.h"

namespace ringwall::iam::detail {
namespace {

using authz::Verdict;

std::string_view decision_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::allow: return "allowed";
    case Verdict::explicit_deny: return "explicitDeny";
    case Verdict::implicit_deny: return "implicitDeny";
  }
  return "implicitDeny";
}

// Keys by their lower-case name, each in the spelling it was first met in.
class Keys {
 public:
  void add(std::string_view key) {
    if (!key.empty() && known_.emplace(text::lower(key), names_.size()).second) names_.emplace_back(key);
  }
  std::vector<std::string> take() { return std::move(names_); }

 private:
  std::map<std::string, std::size_t> known_;
  std::vector<std::string> names_;
};

// `${key}` asks for its key; `${key, 'default'}` can do without, and `${*}` is no variable.
void add_variables(std::string_view text, Keys& keys) {
  for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) return;
    const std::string_view key = text.substr(at + 2, end - at - 2);
    if (key.find(':') != std::string_view::npos && key.find(',') == std::string_view::npos) keys.add(key);
  }
}

void add_variables(const Json& value, Keys& keys) {
  if (value.is_string()) add_variables(value.as_string(), keys);
  for (const Json& item : value.items()) add_variables(item, keys);
}

void add_keys(const Json& document, const Json& statement, Keys& keys) {
  const bool has_variables = document.text("Version") == "2012-10-17";
  for (const Json::Member& condition : statement["Condition"].members()) {
    for (const Json::Member& key : condition.value.members()) {
      keys.add(key.key);
      if (has_variables) add_variables(key.value, keys);
    }
  }
  if (!has_variables) return;
  for (const char* element : {"Resource", "NotResource"}) add_variables(statement[element], keys);
}

// The statements of a document in their order.
std::vector<const Json*> statements_of(const Json& document) {
  const Json& element = document["Statement"];
  if (element.is_object()) return {&element};
  std::vector<const Json*> statements;
  for (const Json& statement : element.items()) statements.push_back(&statement);
  return statements;
}

// Behind the brace that closes the object which begins at `offset`.
std::uint32_t end_of_object(std::string_view text, std::uint32_t offset) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t at = offset; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return static_cast<std::uint32_t>(at + 1);
    }
  }
  return static_cast<std::uint32_t>(text.size());
}

Json position(std::string_view text, std::uint32_t offset) {
  const text::Position at = text::position_of(text, offset);
  return Json::object({{"Line", at.line}, {"Column", at.column}});
}

// What one document says by itself.
Verdict verdict_in(const policy::Document& document, const policy::Request& request) {
  Verdict verdict = Verdict::implicit_deny;
  for (std::size_t i = 0; i < document.statements(); ++i) {
    if (document.match(i, request) != policy::Mismatch::none) continue;
    if (document.effect(i) == policy::Effect::deny) return Verdict::explicit_deny;
    verdict = Verdict::allow;
  }
  return verdict;
}

Verdict stronger(Verdict a, Verdict b) {
  if (a == Verdict::explicit_deny || b == Verdict::explicit_deny) return Verdict::explicit_deny;
  return a == Verdict::allow ? a : b;
}

template <typename Policies>
Verdict verdict_among(const Policies& policies, const policy::Request& request) {
  Verdict verdict = Verdict::implicit_deny;
  for (const authz::Named& named : policies) verdict = stronger(verdict, verdict_in(*named.document, request));
  return verdict;
}

bool every_level_allows(const std::vector<authz::Level>& levels, const policy::Request& request) {
  return std::ranges::all_of(levels, [&](const authz::Level& level) { return verdict_among(level.policies, request) == Verdict::allow; });
}

std::string_view account_of(std::string_view arn) {
  for (int colons = 0; colons < 4; ++colons) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return arn.substr(0, arn.find(':'));
}

// One question in the simulation: everything that applies to it.
class Evaluation {
 public:
  Evaluation(const Call& call, const Simulation& simulation, const std::string& action, const std::string& resource)
      : call_(call), simulation_(simulation), request_{.principal = simulation.caller, .action = action, .resource = resource, .resource_account = std::string(account_of(resource)), .context = {}} {
    std::string& owner = request_.resource_account;
    if (owner.empty()) owner = simulation.resource_owner.empty() ? simulation.caller.account : simulation.resource_owner;
    request_.context = estate::global_context(call.estate, simulation.caller, nullptr, owner);
    const std::string& arn = simulation.caller.arn;
    if (simulation.caller.type == policy::Principal::Type::user && !arn.empty()) request_.context.set("aws:username", arn.substr(arn.rfind('/') + 1));
    request_.context.set("aws:CurrentTime", text::iso8601(call.now));
    request_.context.set("aws:EpochTime", std::to_string(text::to_millis(call.now) / 1000));
    request_.context.merge(simulation.context);
    for (const SimulatedPolicy& policy : simulation.identity) identity_.push_back(policy.named);
  }

  Json result() {
    find_resource_policy();
    find_guardrails();
    authz::Layers layers;
    layers.identity = identity_;
    if (simulation_.boundary) layers.boundary = &simulation_.boundary->named;
    if (resource_) layers.resource = &resource_->named;
    layers.resource_kind = resource_kind_;
    layers.scps = scps_;
    layers.rcps = rcps_;
    const Verdict verdict = authz::authorize(request_, layers).verdict;

    const Json matched = matched_statements(verdict), missing = missing_keys();
    Json result = Json::object({{"EvalActionName", request_.action},
                                {"EvalResourceName", request_.resource},
                                {"EvalDecision", decision_name(verdict)},
                                {"MatchedStatements", matched},
                                {"MissingContextValues", missing}});
    if (!scps_.empty() || !rcps_.empty()) {
      const bool allowed = every_level_allows(scps_, request_) && every_level_allows(rcps_, request_);
      result.set("OrganizationsDecisionDetail", Json::object({{"AllowedByOrganizations", allowed}}));
    }
    const std::optional<Json> boundary = boundary_detail();
    if (boundary) result.set("PermissionsBoundaryDecisionDetail", *boundary);
    if (request_.resource == "*") return result;
    const Json details = details_across_accounts();
    result.set("EvalDecisionDetails", details);
    Json specific = Json::object({{"EvalResourceName", request_.resource},
                                  {"EvalResourceDecision", decision_name(verdict)},
                                  {"MatchedStatements", matched},
                                  {"MissingContextValues", missing},
                                  {"EvalDecisionDetails", details}});
    if (boundary) specific.set("PermissionsBoundaryDecisionDetail", *boundary);
    result.set("ResourceSpecificResults", Json::array({std::move(specific)}));
    return result;
  }

 private:
  // The policy that was given, in the language its kind speaks; or the trust policy of a role here.
  void find_resource_policy() {
    if (authz::asks_no_key(request_.action, request_.resource)) return;
    const policy::Kind kind = resource_kind_for(request_.action);
    if (const auto given = simulation_.resource_policy.find(kind); given != simulation_.resource_policy.end()) {
      resource_kind_ = kind == policy::Kind::trust ? authz::ResourceKind::trust : kind == policy::Kind::key ? authz::ResourceKind::key : authz::ResourceKind::plain;
      resource_ = given->second;
      return;
    }
    if (!simulation_.knows_trust || kind != policy::Kind::trust || request_.resource.find(":role/") == std::string::npos || request_.resource.find_first_of("*?") != std::string::npos) return;
    // Only roles of the asking account: what others trust is not told to those who may not read it.
    resource_kind_ = authz::ResourceKind::trust;
    const estate::Principal* role = request_.resource_account == call_.account() ? call_.estate.principal(request_.resource) : nullptr;
    if (role != nullptr && role->trust) {
      resource_ = SimulatedPolicy{.named = {role->trust->name, service::shown(*role->trust->document, call_.estate)}, .type = "resource"};
      policy::Context known;
      service::add_resource_tags(known, role->tags);
      known.merge(request_.context);
      request_.context = std::move(known);
    }
  }

  // The organisation's policies, of the asking account alone.
  void find_guardrails() {
    const estate::Account* account = call_.estate.account(call_.account());
    if (account == nullptr) return;
    if (simulation_.caller.account == account->id && !simulation_.caller.service_linked) scps_ = account->scps;
    if (request_.resource_account == account->id && authz::reached_by_rcps(policy::Probe(request_))) rcps_ = account->rcps;
  }

  std::optional<Json> boundary_detail() const {
    if (!simulation_.boundary) return std::nullopt;
    return Json::object({{"AllowedByPermissionsBoundary", verdict_in(*simulation_.boundary->named.document, request_) == Verdict::allow}});
  }

  Json details_across_accounts() const {
    Json details = Json::object();
    if (request_.resource_account == simulation_.caller.account) return details;
    details.set("IAM Policy", decision_name(verdict_among(identity_, request_)));
    details.set("Resource Policy", decision_name(resource_ ? verdict_in(*resource_->named.document, request_) : Verdict::implicit_deny));
    return details;
  }

  void add_matched(const SimulatedPolicy& policy, policy::Effect effect, Json& list) const {
    const policy::Document& document = *policy.named.document;
    for (std::size_t i = 0; i < document.statements(); ++i) {
      if (document.effect(i) != effect || document.match(i, request_) != policy::Mismatch::none) continue;
      const std::uint32_t start = document.offset(i);
      list.push(Json::object({{"SourcePolicyId", policy.named.name},
                              {"SourcePolicyType", policy.type},
                              {"StartPosition", position(document.source(), start)},
                              {"EndPosition", position(document.source(), end_of_object(document.source(), start))}}));
    }
  }

  // Denies where something denies, else what allows where it is allowed.
  Json matched_statements(Verdict verdict) const {
    Json list = Json::array();
    if (verdict == Verdict::implicit_deny) return list;
    const policy::Effect effect = verdict == Verdict::allow ? policy::Effect::allow : policy::Effect::deny;
    for (const SimulatedPolicy& policy : simulation_.identity) add_matched(policy, effect, list);
    if (simulation_.boundary && effect == policy::Effect::deny) add_matched(*simulation_.boundary, effect, list);
    if (resource_) add_matched(*resource_, effect, list);
    return list;
  }

  const Json& source_of(const policy::Document& document) const {
    const auto found = simulation_.sources.find(&document);
    if (found != simulation_.sources.end()) return found->second;
    return simulation_.sources.emplace(&document, text::parse_json(document.source()).value_or(Json())).first->second;
  }

  // Absent keys that a statement asks for which fits otherwise: with them it might decide.
  void add_missing(const policy::Document& document, Keys& keys) const {
    const Json& source = source_of(document);
    const std::vector<const Json*> statements = statements_of(source);
    for (std::size_t i = 0; i < document.statements() && i < statements.size(); ++i) {
      const policy::Mismatch mismatch = document.match(i, request_);
      if (mismatch == policy::Mismatch::action || mismatch == policy::Mismatch::principal) continue;
      Keys asked;
      // A resource that does not match may fail for want of a variable, and only then matters.
      if (mismatch == policy::Mismatch::resource) {
        for (const char* element : {"Resource", "NotResource"}) add_variables((*statements[i])[element], asked);
      } else {
        add_keys(source, *statements[i], asked);
      }
      for (const std::string& key : asked.take()) {
        if (request_.context.find(key) == nullptr) keys.add(key);
      }
    }
  }

  Json missing_keys() const {
    Keys keys;
    for (const authz::Named& named : identity_) add_missing(*named.document, keys);
    if (simulation_.boundary) add_missing(*simulation_.boundary->named.document, keys);
    if (resource_) add_missing(*resource_->named.document, keys);
    for (const auto* levels : {&scps_, &rcps_}) {
      for (const authz::Level& level : *levels) {
        for (const authz::Named& named : level.policies) add_missing(*named.document, keys);
      }
    }
    Json list = Json::array();
    for (std::string& key : keys.take()) list.push(std::move(key));
    return list;
  }

  const Call& call_;
  const Simulation& simulation_;
  policy::Request request_;
  std::vector<authz::Named> identity_;
  std::optional<SimulatedPolicy> resource_;
  authz::ResourceKind resource_kind_ = authz::ResourceKind::plain;
  std::vector<authz::Level> scps_, rcps_;
};

}  // namespace

ApiResult<SimulatedPolicy> simulated_policy(std::string_view text, policy::Kind kind, std::string id, std::string_view type) {
  const Result<policy::DocumentPtr> document = policy::compile(text, kind);
  if (!document) return api_error("InvalidInput", "Invalid policy " + id + ": " + document.error().message, 400);
  return SimulatedPolicy{.named = {.name = std::move(id), .document = *document}, .type = type};
}

policy::Kind resource_kind_for(std::string_view action) {
  switch (authz::resource_kind_of(action)) {
    case authz::ResourceKind::trust:
      return policy::Kind::trust;
    case authz::ResourceKind::key:
      return policy::Kind::key;
    case authz::ResourceKind::plain:
      break;
  }
  return policy::Kind::resource;
}

Json simulate(const Call& call, const Simulation& simulation, const std::string& action, const std::string& resource) {
  return Evaluation(call, simulation, action, resource).result();
}

std::vector<std::string> context_keys_in(std::string_view policy) {
  Keys keys;
  const Result<Json> document = text::parse_json(policy);
  if (!document) return {};
  for (const Json* statement : statements_of(*document)) add_keys(*document, *statement, keys);
  return keys.take();
}

}  // namespace ringwall::iam::detail
