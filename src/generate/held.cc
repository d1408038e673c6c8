// What each statement is for, by the stem of its Sid. tests/protections_test.py takes every one of them away and sees
// that these leak, and no others.

#include <algorithm>

#include "generate/generate.h"

namespace ringwall::generate {
namespace {

using enum perimeter::Objective;
using Objectives = std::vector<perimeter::Objective>;

struct Held {
  Layer layer;
  std::string_view stem;
  Objectives objectives;
};

const std::vector<Held>& table() {
  static const std::vector<Held> all = {
      {Layer::identity_guardrail, "OnlyMyResources", {identity_resources}},
      {Layer::identity_guardrail, "NothingOfOthers", {identity_resources}},
      {Layer::identity_guardrail, "OnlyMyNetworks", {identity_networks}},
      {Layer::identity_guardrail, "AgentsOnly", {agents}},
      {Layer::scp_resources, "OnlyMyResources", {identity_resources}},
      {Layer::scp_networks, "OnlyMyNetworks", {identity_networks}},
      {Layer::scp_agents, "AgentsOnly", {agents}},
      {Layer::rcp, "OnlyMyPrincipals", {resource_principals}},
      {Layer::rcp, "OnlyMyPrincipalsAssume", {trust}},
      {Layer::rcp, "OnlyOnMyBehalf", {resource_principals, trust}},
      {Layer::rcp, "OnlyMyNetworks", {resource_networks}},
      {Layer::rcp, "OnlyMyTenants", {trust}},
      {Layer::resource_statement, "OnlyMyPrincipals", {resource_principals}},
      {Layer::resource_statement, "OnlyOnMyBehalf", {resource_principals}},
      {Layer::resource_statement, "OnlyMyNetworks", {resource_networks}},
      {Layer::trust_statement, "OnlyMyPrincipals", {trust}},
      {Layer::trust_statement, "OnlyOnMyBehalf", {trust}},
      // An endpoint's policy refuses what it does not allow: what each allowance asks for is what holds.
      {Layer::endpoint, "MyPrincipals", {network_principals, network_resources}},
      {Layer::endpoint, "MyServices", {network_principals, network_resources}},
      {Layer::endpoint, "ProvidersMyRoles", {network_principals, network_resources}},
      {Layer::endpoint, "Except", {network_principals, network_resources}},
      {Layer::endpoint, "AnonymousGetObject", {network_principals}},
  };
  return all;
}

}  // namespace

std::vector<perimeter::Objective> held_by(Layer layer, std::string_view sid) {
  const Held* found = nullptr;
  for (const Held& one : table())
    if (one.layer == layer && sid.starts_with(one.stem) && (found == nullptr || one.stem.size() > found->stem.size()))
      found = &one;
  return found == nullptr ? Objectives{} : found->objectives;
}

}  // namespace ringwall::generate
