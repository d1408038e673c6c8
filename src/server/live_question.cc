#include "server/live_question.h"

#include "authz/question.h"
#include "network/records.h"
#include "service/traits.h"
#include "store/store.h"
#include "text/time.h"

namespace ringwall::server {

using text::Json;

namespace {

using Type = policy::Principal::Type;

// A document as written, under its name.
Json json_of(const authz::Named& named) {
  return Json::object({{"Name", named.name}, {"Document", named.document->source()}});
}

Json json_of(std::span<const authz::Named> policies) {
  Json list = Json::array();
  for (const authz::Named& named : policies) list.push(json_of(named));
  return list;
}

Json json_of(std::span<const authz::Level> levels) {
  Json list = Json::array();
  for (const authz::Level& level : levels) {
    list.push(Json::object({{"target", level.target}, {"policies", json_of(std::span(level.policies))}}));
  }
  return list;
}

// Gives the caller what its ARN does not say. Not found: nobody of that name is in the estate.
Result<> identify(const estate::Estate& estate, policy::Principal& caller) {
  if (caller.type == Type::anonymous || caller.type == Type::service) return {};
  if (caller.account.empty()) return {};  // a web identity
  if (caller.type == Type::root) {
    if (estate.mine(caller.account)) return {};
    return fail(Failure::not_found, "the account `" + caller.account + "` is not in the organisation");
  }
  const estate::Principal* principal = estate.principal(caller.type == Type::role_session ? caller.role_arn : caller.arn);
  if (principal == nullptr && caller.type == Type::role_session) {
    principal = estate.role(caller.account, caller.role_arn.substr(caller.role_arn.rfind('/') + 1));
  }
  if (principal == nullptr || principal->type != caller.type)
    return fail(Failure::not_found, "there is no user or role `" + caller.arn + "`");
  if (caller.type == Type::role_session) caller.role_arn = principal->arn;
  caller.unique_id = principal->unique_id;
  caller.service_linked = principal->service_linked;
  return {};
}

// Stored policies name ids; whoever reads the question is told ARNs, which decide the same.
authz::Named readable(const authz::Named& bound, const estate::Estate& estate) { return {bound.name, service::shown(*bound.document, estate)}; }

// What the stored resource itself says about who may use it.
struct Resource {
  std::optional<authz::Named> policy;
  std::vector<authz::Named> grants;
  policy::Context context;
  bool reached_by_rcps = true;
};

Resource resource_of(const service::Environment& environment, const estate::Estate& estate, std::span<const service::Service> services,
                     const policy::Request& request) {
  store::Transaction transaction(environment.store);
  service::Caller caller;
  caller.principal = request.principal;
  for (const service::Service& one : services) {
    const auto& ask = one.traits().guards.question;
    auto asked = ask ? ask({environment, estate, transaction}, caller, request.action, request.resource, request.resource_account) : std::nullopt;
    if (!asked || !asked->resource_policy) continue;
    return {readable(asked->resource_policy->named(), estate), std::move(asked->grants), std::move(asked->context), asked->reached_by_rcps};
  }
  return {};
}

std::optional<authz::Named> endpoint_policy(const service::Environment& environment, const estate::Estate& estate, const policy::Context& context) {
  const auto* endpoint = context.find("aws:SourceVpce");
  if (endpoint == nullptr || endpoint->size() != 1) return std::nullopt;
  for (const auto& [parts, record] : network::tables::endpoints.list(environment.store)) {
    if (record.id != endpoint->front()) continue;
    return readable(service::ResourcePolicy("policy of " + record.id, record.policy, policy::Kind::endpoint).named(), estate);
  }
  return std::nullopt;
}

Json json_of(const policy::Context& context) {
  Json json = Json::object();
  for (const policy::Context::Entry& entry : context.entries()) {
    Json values = Json::array();
    for (const std::string& value : entry.values) values.push(value);
    json.set(entry.key, entry.values.size() == 1 ? Json(entry.values.front()) : std::move(values));
  }
  return json;
}

}  // namespace

Result<Json> live_question(const service::Environment& environment, const estate::Estate& estate, std::span<const service::Service> services,
                           const Json& question) {
  Json bare = Json::object({{"request", question["request"]}});
  RW_TRY(authz::Question read, authz::read_question(bare, [](const std::string& path) -> Result<std::string> {
    return fail(Failure::invalid, "`" + path + "`: the server reads no files");
  }));
  policy::Request& request = read.request;
  RW_DO(identify(estate, request.principal));

  const TimePoint now = environment.clock.now();
  const Resource resource = resource_of(environment, estate, services, request);
  policy::Context context = estate::global_context(estate, request.principal, nullptr, request.resource_account);
  context.set("aws:CurrentTime", text::iso8601(now));
  context.set("aws:EpochTime", std::to_string(text::to_millis(now) / 1000));
  context.set("aws:SecureTransport", "true");
  context.set("aws:RequestedRegion", environment.region);
  context.merge(resource.context);
  for (const auto& [key, values, at] : question["request"]["context"].members()) {
    if (const auto* given = request.context.find(key)) context.set(key, *given);
  }

  const authz::Layers layers = estate::layers_of(estate, request.principal, nullptr);
  const estate::Account* owner = estate.account(request.resource_account);
  const auto endpoint = endpoint_policy(environment, estate, context);
  Json policies = question["policies"];
  const auto fill = [&policies](const char* layer, Json stored) {
    if (!policies.contains(layer)) policies.set(layer, std::move(stored));
  };
  if (request.principal.type != Type::root) fill("identity", json_of(layers.identity));
  if (layers.boundary != nullptr) fill("boundary", json_of(*layers.boundary));
  if (resource.policy) fill("resource", json_of(*resource.policy));
  if (!resource.grants.empty()) fill("grants", json_of(std::span(resource.grants)));
  if (endpoint) fill("endpoint", json_of(*endpoint));
  if (!layers.scps.empty()) fill("scp", json_of(layers.scps));
  if (owner != nullptr && resource.reached_by_rcps && !owner->rcps.empty()) fill("rcp", json_of(std::span(owner->rcps)));

  Json filled = question["request"];
  if (!request.principal.role_arn.empty()) {
    const std::string& session = request.principal.arn;
    filled.set("principal", request.principal.role_arn).set("sessionName", session.substr(session.rfind('/') + 1));
    if (!request.principal.unique_id.empty())
      context.set("aws:userid", request.principal.unique_id + ":" + session.substr(session.rfind('/') + 1));
  }
  filled.set("resourceAccount", request.resource_account);
  filled.set("context", json_of(context));
  return Json::object({{"request", std::move(filled)}, {"policies", std::move(policies)}});
}

}  // namespace ringwall::server
