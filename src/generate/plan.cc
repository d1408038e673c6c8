#include "generate/plan.h"

#include <algorithm>
#include <array>
#include <map>

#include "text/glob.h"

namespace ringwall::generate {
namespace {

using text::Json;

constexpr std::array<std::string_view, 5> change_names = {"unchanged", "created", "changed",
                                                          "attached", "removed"};

bool is_of_organization(const Policy& policy) {
  return policy.kind == policy::Kind::scp || policy.kind == policy::Kind::rcp;
}

Result<Json> read(const std::string& document, const std::string& of) {
  auto json = text::parse_json(document);
  if (!json) return fail(json.error(), "the policy of `" + of + "`");
  return json;
}

// Statements that an earlier run merged: by their Sid, a name of ours and perhaps a number.
bool is_ours(std::string_view sid) {
  for (const std::string_view name : {"OnlyMyPrincipals", "OnlyOnMyBehalf", "OnlyMyNetworksRegion", "OnlyMyNetworks"}) {
    if (!sid.starts_with(name)) continue;
    const std::string_view rest = sid.substr(name.size());
    if (std::ranges::all_of(rest, [](char c) { return c >= '0' && c <= '9'; })) return true;
  }
  return false;
}

Json::Array statements_of(const Json& document) {
  const Json& statements = document["Statement"];
  return statements.is_object() ? Json::Array{statements} : statements.items();
}

// The document with our statements in place of those that an earlier run merged.
Json merged(const Json& document, const Json& ours, std::vector<std::string>& told) {
  std::map<std::string, Json> before;
  Json::Array all;
  for (const Json& one : statements_of(document)) {
    if (is_ours(one.text("Sid")))
      before.emplace(one.str("Sid"), one);
    else
      all.push_back(one);
  }
  for (const Json& one : statements_of(ours)) {
    const auto found = before.find(one.str("Sid"));
    if (found == before.end())
      told.push_back("+ " + one.str("Sid"));
    else if (!(found->second == one))
      told.push_back("~ " + one.str("Sid"));
    if (found != before.end()) before.erase(found);
    all.push_back(one);
  }
  for (const auto& [sid, one] : before) told.push_back("- " + sid);
  Json result = document;
  // Without a version a policy is of 2008, which knows fewer elements.
  if (!result.contains("Version")) result.set("Version", "2012-10-17");
  result.set("Statement", Json::array(std::move(all)));
  return result;
}

class Planner {
 public:
  Planner(const Generated& generated, const Existing& existing)
      : generated_(generated), existing_(existing) {}

  Result<std::vector<Step>> make() {
    for (const auto& role : existing_.roles) RW_DO(add_role(role));
    for (const auto& endpoint : existing_.endpoints) RW_DO(add_endpoint(endpoint));
    for (const auto& one : existing_.organization) add_removal(one);
    for (const policy::Kind kind : {policy::Kind::rcp, policy::Kind::scp})
      for (const Policy& policy : generated_.policies)
        if (policy.kind == kind && is_of_organization(policy)) RW_DO(add_policy(policy));
    return std::move(steps_);
  }

 private:
  const Policy* find(Layer layer, const std::string& name) const {
    const auto found = std::ranges::find_if(generated_.policies, [&](const Policy& one) {
      return one.layer == layer && one.name == name;
    });
    return found == generated_.policies.end() ? nullptr : &*found;
  }

  // The statement for this role: that of the exception which names it, else the one for every role.
  const Policy* statement_for(const Existing::Role& role) const {
    const Policy* general = find(Layer::trust_statement, "ringwall-trust-statement");
    for (const Policy& policy : generated_.policies) {
      if (policy.layer != Layer::trust_statement || &policy == general) continue;
      for (const std::string& pattern : policy.resources)
        if (text::Glob(pattern).matches(role.arn)) return &policy;
    }
    return general;
  }

  Result<> add_role(const Existing::Role& role) {
    const Policy* statement = statement_for(role);
    if (statement == nullptr) return {};
    RW_TRY(const Json trust, read(role.trust, role.arn));
    Step step{.layer = Layer::trust_statement,
              .kind = policy::Kind::trust,
              .account = role.account,
              .target = role.arn,
              .id = role.name};
    const Json after = merged(trust, statement->document, step.statements);
    if (!step.statements.empty()) step.change = Change::changed;
    step.document = after.dump();
    if (const auto compiled = policy::compile(step.document, policy::Kind::trust); !compiled)
      return fail(compiled.error(),
                  "the trust policy of `" + role.arn + "` with the statements merged");
    steps_.push_back(std::move(step));
    return {};
  }

  Result<> add_endpoint(const Existing::Endpoint& endpoint) {
    const Policy* policy = find(Layer::endpoint, "ringwall-endpoint-" + endpoint.service);
    if (policy == nullptr) policy = find(Layer::endpoint, "ringwall-endpoint");
    if (policy == nullptr) return {};
    Step step{.layer = Layer::endpoint,
              .kind = policy::Kind::endpoint,
              .account = endpoint.account,
              .target = endpoint.id,
              .id = endpoint.id,
              .document = policy->document.dump()};
    step.change = Change::changed;
    if (!endpoint.policy.empty()) {
      RW_TRY(const Json there, read(endpoint.policy, endpoint.id));
      if (there == policy->document) step.change = Change::unchanged;
    }
    steps_.push_back(std::move(step));
    return {};
  }

  // Only layers that this run makes: with some left out, their policies are left alone.
  void add_removal(const Existing::OrganizationPolicy& there) {
    for (const Layer layer : {Layer::scp_resources, Layer::scp_networks, Layer::scp_governance, Layer::scp_agents, Layer::rcp}) {
      const auto same_layer = [&](const Policy& one) { return one.layer == layer; };
      if (!there.name.starts_with("ringwall-" + std::string(name_of(layer)) + "-") ||
          std::ranges::none_of(generated_.policies, same_layer) ||
          find(layer, there.name) != nullptr)
        continue;
      steps_.push_back({.change = Change::removed,
                        .layer = layer,
                        .kind = there.kind,
                        .target = there.name,
                        .id = there.id,
                        .attach = there.at_root});
    }
  }

  Result<> add_policy(const Policy& policy) {
    Step step{.change = Change::created,
              .layer = policy.layer,
              .kind = policy.kind,
              .target = policy.name,
              .document = policy.document.dump(),
              .attach = true};
    const auto there = std::ranges::find_if(existing_.organization, [&](const auto& one) {
      return one.name == policy.name && one.kind == policy.kind;
    });
    if (there != existing_.organization.end()) {
      RW_TRY(const Json content, read(there->content, policy.name));
      step.id = there->id;
      step.attach = !there->at_root;
      step.change = content == policy.document
                        ? (step.attach ? Change::attached : Change::unchanged)
                        : Change::changed;
    }
    steps_.push_back(std::move(step));
    return {};
  }

  const Generated& generated_;
  const Existing& existing_;
  std::vector<Step> steps_;
};

}  // namespace

std::string_view name_of(Change change) {
  return change_names[static_cast<std::size_t>(change)];
}

Result<std::vector<Step>> plan(const Generated& generated, const Existing& existing) {
  return Planner(generated, existing).make();
}

}  // namespace ringwall::generate
