// The same question, answered at length: every statement that was considered, and why it did or
// did not apply. Answered by the plain twin.

#include <algorithm>
#include <set>

#include "authz/authz.h"
#include "authz/guards.h"
#include "authz/plain.h"
#include "authz/rcp_services.h"

namespace ringwall::authz {
namespace {

using policy::Request;
using text::Json;

class Trace {
 public:
  Trace(const Request& request, policy::Exemptions exemptions)
      : request_(request), exemptions_(exemptions) {}

  void add(Layer layer, std::string_view target, std::span<const Named> policies) {
    Json entry = Json::object({{"layer", name_of(layer)}});
    if (!target.empty()) entry.set("target", target);
    Json& list = entry.edit("policies");
    list = Json::array();
    for (const Named& named : policies) list.push(trace_of(named));
    layers_.push(std::move(entry));
  }

  void add(Layer layer, const Named* named) {
    if (named != nullptr) add(layer, {}, std::span(named, 1));
  }

  void add(Layer layer, std::span<const Level> levels) {
    for (const Level& level : levels) add(layer, level.target, level.policies);
  }

  Json layers() { return std::move(layers_); }
  Json absent_keys() const {
    Json keys = Json::array();
    for (const std::string& key : absent_) keys.push(key);
    return keys;
  }

 private:
  Json trace_of(const Named& named) {
    Json json =
        Json::object({{"policy", named.name}, {"kind", policy::name_of(named.document->kind())}});
    Json& statements = json.edit("statements");
    statements = Json::array();
    const policy::plain::Policy policy(*named.document);
    for (std::size_t i = 0; i < policy.statements(); ++i) {
      Json statement = policy.explain(i, request_, exemptions_);
      const text::Position at = named.document->position(i);
      statement.set("line", at.line).set("column", at.column);
      const auto naming = policy.naming(i, request_.principal);
      if (naming != policy::Naming::not_named) statement.set("names", policy::name_of(naming));
      for (const Json& condition : statement["conditions"].items()) {
        if (condition["actual"].is_null()) absent_.insert(condition.str("key"));
      }
      statements.push(std::move(statement));
    }
    return json;
  }

  const Request& request_;
  const policy::Exemptions exemptions_;
  Json layers_ = Json::array();
  std::set<std::string> absent_;
};

Json request_as_json(const Request& request) {
  Json keys = Json::object();
  std::vector<const policy::Context::Entry*> entries;
  for (const auto& entry : request.context.entries()) entries.push_back(&entry);
  std::ranges::sort(entries, {}, &policy::Context::Entry::key);
  for (const policy::Context::Entry* entry : entries) {
    Json list = Json::array();
    for (const std::string& value : entry->values) list.push(value);
    keys.set(entry->key, std::move(list));
  }
  const policy::Principal& caller = request.principal;
  const std::string& name = !caller.arn.empty()       ? caller.arn
                            : !caller.service.empty() ? caller.service
                                                      : caller.provider;
  return Json::object({{"principal", name.empty() ? std::string("anonymous") : name},
                       {"action", request.action},
                       {"resource", request.resource},
                       {"resource_account", request.resource_account},
                       {"keys", std::move(keys)}});
}

}  // namespace

text::Json explain(const Request& request, const Layers& layers) {
  if (needs_no_permission(request)) {
    return Json::object({{"verdict", name_of(Verdict::allow)},
                         {"layer", name_of(Layer::none)},
                         {"because", "needs no permission: no policy is asked"},
                         {"request", request_as_json(request)},
                         {"layers", Json::array()},
                         {"absent_keys", Json::array()}});
  }
  const Decision decision = plain::Evaluator().authorize(request, layers);
  Json json =
      Json::object({{"verdict", name_of(decision.verdict)}, {"layer", name_of(decision.layer)}});
  if (!decision.policy.empty()) {
    json.set("policy", decision.policy).set("statement", decision.statement);
    json.set("line", decision.position.line).set("column", decision.position.column);
  }
  if (decision.verdict != Verdict::allow)
    json.set("message", access_denied_message(request, decision));
  json.set("request", request_as_json(request));

  Trace trace(request, exemptions_of(layers));
  trace.add(Layer::endpoint, layers.endpoint);
  if (reached_by_rcps(policy::Probe(request))) trace.add(Layer::rcp, layers.rcps);
  trace.add(Layer::scp, layers.scps);
  trace.add(layers.resource_kind == ResourceKind::trust ? Layer::trust : Layer::resource,
            layers.resource);
  if (!layers.grants.empty()) trace.add(Layer::key, "grants", layers.grants);
  trace.add(Layer::boundary, layers.boundary);
  if (layers.session) trace.add(Layer::session, {}, *layers.session);
  trace.add(Layer::identity, {}, layers.identity);
  json.set("layers", trace.layers());
  json.set("absent_keys", trace.absent_keys());
  return json;
}

}  // namespace ringwall::authz
