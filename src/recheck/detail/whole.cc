// The questions of the whole and of agents: what several layers are asked together.

#include <algorithm>

#include "catalogue/agents.h"
#include "recheck/detail/limits.h"

namespace ringwall::recheck::detail {

Question Rows::pair(const std::string& subject, const std::string& arn, const std::string& endpoint) {
  Question question = of_principal({Objective::identity_networks, subject});
  question.row = Objective::whole;
  const estate::Principal* principal = world_.estate.principal(subject);
  if (principal == nullptr || !question.undecided.empty()) return question;
  question.sides.resource_is_open = false;
  authz::Layers& layers = question.sides.layers;
  // It counts if one of the rows that ask about it counts it.
  std::vector<Limit> rows = {excepted(Objective::identity_networks)}, parts = {unexpected_network()};
  if (const estate::Endpoint* gate = world_.estate.endpoints.find(endpoint)) {
    come_through(*gate, question);
    parts.push_back(std::move(question.limit));
  }
  if (resource_networks_asks(arn)) rows.push_back(excepted(Objective::resource_networks));
  parts.push_back(any(std::move(rows)));
  if (arn.empty()) {
    question.part = "on resources of its account that the estate does not list";
    add_owner(question, principal->account);
    // Actions of other services that name a listed resource consult no side of it.
    std::vector<Limit> listed;
    for (const std::string& service : services_with_a_side()) listed.push_back(all({resources({"arn:*:" + service + ":*"}), actions({service + ":*"})}));
    layers.rcps = rcps(question.owner);
    // A bucket's ARN does not say whose it is; the estate does, of those that it lists.
    for (const std::string& bucket : names_in(library_, documents_of(question.sides)).buckets) {
      const estate::Resource* there = world_.estate.resources.find(bucket);
      if (there != nullptr && there->account != principal->account) listed.push_back(resources({bucket, bucket + "/*"}));
    }
    if (!listed.empty()) parts.push_back(none(std::move(listed)));
  } else if (!set_resource(arn, question, parts)) {
    return question;
  }
  question.limit = all(std::move(parts));
  if (!endpoint.empty()) question.part = "through it, by " + subject + " " + question.part;
  set_sessions(*principal, question);
  return question;
}

// The question becomes one about this resource or role, with its side.
bool Rows::set_resource(const std::string& arn, Question& question, std::vector<Limit>& parts) const {
  const estate::Resource* resource = world_.estate.resources.find(arn);
  const estate::Principal* role = world_.estate.principal(arn);
  authz::Layers& layers = question.sides.layers;
  question.part = "on " + arn;
  question.on_resources = true;
  if (resource != nullptr) {
    add_owner(question, resource->account);
    layers.resource = resource->policy ? &*resource->policy : nullptr;
    layers.resource_kind = resource->kind;
    parts.push_back(asked_of(resource->arn));
  } else if (role != nullptr) {
    add_owner(question, role->account);
    layers.resource = role->trust ? &*role->trust : nullptr;
    layers.resource_kind = authz::ResourceKind::trust;
    parts.push_back(all({resources({arn}), assuming()}));
  } else {
    question.undecided = "the estate has no such resource";
    return false;
  }
  layers.rcps = rcps(question.owner);
  return true;
}

// A role is one caller for each session that a document names.
void Rows::set_sessions(const estate::Principal& principal, Question& question) {
  if (principal.type != policy::Principal::Type::role_session) return;
  const Names names = names_in(library_, documents_of(question.sides));
  question.callers.clear();
  for (const std::string& session : sessions_of(principal, names)) question.callers.push_back({caller_of(world_, principal, session)});
}

namespace {

Limit through_a_server() { return condition("Bool", std::string(catalogue::via_mcp_key), {"true"}); }

Limit beyond_reading(const World& world) {
  const std::vector<std::string> read = catalogue::read_by_agents(world.perimeter.agents->services);
  return read.empty() ? Limit{} : none({actions(read)});
}

}  // namespace

Question Rows::by_agents(const std::string& subject, Beyond beyond) {
  Question question = of_principal({Objective::identity_networks, subject});
  question.row = Objective::agents;
  if (!world_.perimeter.agents) question.undecided = "the perimeter file has no `agents`";
  if (!question.undecided.empty()) return question;
  question.part = beyond == Beyond::reading ? "beyond reading" : "beyond what is mine";
  std::vector<Limit> parts = {through_a_server(), excepted(Objective::agents)};
  if (beyond == Beyond::reading) {
    parts.push_back(beyond_reading(world_));
  } else {
    question.foreign = question.on_resources = true;
    std::vector<Limit> owned;
    add_aws_owned(world_, owned);
    parts.push_back(all({foreign_resource(world_), none(std::move(owned))}));
  }
  question.limit = all(std::move(parts));
  return question;
}

Question Rows::granted_to_agents(const std::string& subject, const std::string& arn) {
  Question question = by_agents(subject, Beyond::reading);
  const estate::Principal* principal = world_.estate.principal(subject);
  if (principal == nullptr || !question.undecided.empty()) return question;
  question.sides.resource_is_open = false;
  std::vector<Limit> parts = {std::move(question.limit)};
  if (!set_resource(arn, question, parts)) return question;
  question.limit = all(std::move(parts));
  set_sessions(*principal, question);
  return question;
}

bool Rows::resource_networks_asks(const std::string& arn) const {
  return world_.estate.resources.find(arn) != nullptr && services_with_a_side().contains(arn_part(arn, 2));
}

Question Rows::outsiders_from_anywhere(const std::string& arn) {
  Question question = of_resource({Objective::resource_networks, arn});
  question.row = Objective::whole;
  question.part = "by outsiders who are excepted, from an unexpected network";
  question.limit = all({std::move(question.limit), foreign_principal(world_)});
  std::erase_if(question.callers, [&](const Asked& asked) { return world_.accounts.contains(asked.caller.principal.account); });
  return question;
}

bool Rows::is_unlisted(const Caller& caller) const {
  return world_.accounts.contains(caller.principal.account) && world_.estate.account(caller.principal.account) == nullptr;
}

Question Rows::unlisted_from_anywhere(const std::string& arn) {
  Question question = of_resource({Objective::resource_networks, arn});
  std::erase_if(question.callers, [&](const Asked& asked) { return !is_unlisted(asked.caller); });
  question.row = Objective::whole;
  question.part = "by somebody of an account that the estate does not list, on " + arn + " from an unexpected network";
  return question;
}

Question Rows::unlisted_through(const std::string& endpoint) {
  Question question = of_endpoint({Objective::network_resources, endpoint});
  const auto bears_a_token = [](const Caller& caller) {
    return caller.principal.type == policy::Principal::Type::federated && caller.principal.account.empty();
  };
  std::erase_if(question.callers, [&](const Asked& asked) { return !is_unlisted(asked.caller) && !bears_a_token(asked.caller); });
  question.row = Objective::whole;
  question.part = "by somebody of an account that the estate does not list, or with a token of others, on foreign resources";
  return question;
}

Question Rows::foreign_from_anywhere(const std::string& subject) {
  Question question = of_principal({Objective::identity_resources, subject});
  question.row = Objective::whole;
  question.part = "on foreign resources that are excepted, from an unexpected network";
  question.limit = all({foreign_resource(world_), unexpected_network(), excepted(Objective::identity_networks)});
  return question;
}

Question Rows::through(const std::string& endpoint, const Cell& cell) {
  const estate::Endpoint* const gate = world_.estate.endpoints.find(endpoint);
  if (gate == nullptr) return {.undecided = "the estate has no such endpoint"};
  Question question = cell.row == Objective::identity_resources ? of_principal(cell, gate) : cell.row == Objective::trust ? of_trust(cell, gate) : of_resource(cell, gate);
  question.row = Objective::whole;
  question.part = "through it, as " + std::string(perimeter::name_of(cell.row)) + " of " + cell.subject;
  return question;
}

const std::set<std::string>& Rows::granting(const std::string& subject) {
  const auto kept = granting_.find(subject);
  if (kept != granting_.end()) return kept->second;
  if (granting_.size() >= kept_max) granting_.clear();
  std::set<std::string>& found = granting_[subject];
  const estate::Principal* principal = world_.estate.principal(subject);
  if (principal == nullptr) return found;
  const auto names_it = [&](const std::string& arn, const std::string& account, const std::optional<authz::Named>& policy) {
    if (!policy || account != principal->account) return;
    const Document& read = library_.read(*policy->document);
    const Names names = names_in(library_, {{"resource", &*policy}});
    for (const std::string& session : sessions_of(*principal, names)) {
      const Caller caller = caller_of(world_, *principal, session);
      for (std::size_t i = 0; i < policy->document->statements(); ++i) {
        if (policy->document->effect(i) != policy::Effect::allow) continue;
        const policy::Naming naming = read.policy.naming(i, caller.principal);
        if (naming == policy::Naming::not_named || naming == policy::Naming::account) continue;
        found.insert(arn);
        return;
      }
    }
  };
  world_.estate.resources.for_each([&](const estate::Resource& resource) { names_it(resource.arn, resource.account, resource.policy); });
  for (const estate::Principal* role : world_.principals) names_it(role->arn, role->account, role->trust);
  return found;
}

}  // namespace ringwall::recheck::detail
