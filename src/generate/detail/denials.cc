// The denials: of principals that are mine (identity policies, SCPs), and on resources that are
// mine (RCPs, resource policies, trust policies).
//
// Every test is a negated one, and holds where the key is absent: a request that does not say whose
// the resource, who the caller or which the network is, is refused.

#include <algorithm>

#include "catalogue/resource_policies.h"
#include "generate/detail/layers.h"
#include "generate/detail/patterns.h"

namespace ringwall::generate::detail {
namespace {

using perimeter::Exception;
using perimeter::Objective;
using perimeter::Perimeter;

constexpr const char* unless_equal = "StringNotEqualsIfExists";

std::vector<Test> not_my_resource(const Perimeter& perimeter) {
  std::vector<Test> tests = {{unless_equal, "aws:ResourceOrgID", {perimeter.organization}}};
  if (!perimeter.accounts.empty())
    tests.push_back({unless_equal, "aws:ResourceAccount", perimeter.accounts});
  return tests;
}

std::vector<Test> not_my_principal(const Perimeter& perimeter) {
  std::vector<Test> tests = {{unless_equal, "aws:PrincipalOrgID", {perimeter.organization}}};
  if (!perimeter.accounts.empty())
    tests.push_back({unless_equal, "aws:PrincipalAccount", perimeter.accounts});
  return tests;
}

std::vector<Test> not_my_network(const perimeter::Networks& networks, const Perimeter& perimeter) {
  std::vector<Test> tests;
  if (!networks.cidrs.empty()) {
    Test addresses{"NotIpAddressIfExists", "aws:SourceIp", {}};
    for (const text::Cidr& cidr : networks.cidrs) addresses.values.push_back(text::to_string(cidr));
    tests.push_back(std::move(addresses));
  }
  if (!networks.vpcs.empty()) tests.push_back({unless_equal, "aws:SourceVpc", networks.vpcs});
  if (!networks.endpoints.empty())
    tests.push_back({unless_equal, "aws:SourceVpce", networks.endpoints});
  // Whose the endpoint is, whatever its id: VPCs need not be listed to be expected.
  if (networks.estate_vpcs)
    tests.push_back({unless_equal, "aws:VpceOrgID", {perimeter.organization}});
  return tests;
}

Statement denial(std::string sid, Names principal, std::vector<Test> tests) {
  return {.sid = std::move(sid), .principal = principal, .tests = std::move(tests)};
}

// AWS's own resources, as parts that a denial of what is not mine spares.
std::vector<Spared> aws_owned(const Perimeter& perimeter) {
  std::vector<Spared> parts;
  for (const auto& one : perimeter.aws_owned)
    parts.push_back({.name = "aws_owned: " + one.resources.front(),
                     .actions = one.actions,
                     .resources = one.resources});
  return parts;
}

// Services that act for me are callers that a denial of outsiders spares.
std::vector<Spared> services(const Perimeter& perimeter) {
  std::vector<Spared> parts;
  for (const auto& one : perimeter.services)
    parts.push_back({.name = "services: " + one.principal,
                     .principals = {one.principal},
                     .actions = one.actions,
                     .resources = one.resources});
  return parts;
}

void append(std::vector<Spared>& to, std::vector<Spared> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

void append(std::vector<Statement>& to, std::vector<Statement> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

bool concerns(const Exception& exception, Objective objective) {
  return exception.objectives.empty() ||
         std::ranges::find(exception.objectives, objective) != exception.objectives.end();
}

// A service that acts for an account which is not mine, by its own word, acts for somebody else:
// the confused deputy. Services that never say for whom they act are left to `services`.
std::vector<Test> for_somebody_else(const Perimeter& perimeter) {
  std::vector<Test> tests = {{unless_equal, "aws:SourceOrgID", {perimeter.organization}}};
  if (!perimeter.accounts.empty())
    tests.push_back({unless_equal, "aws:SourceAccount", perimeter.accounts});
  tests.push_back({"Null", "aws:SourceAccount", {"false"}});
  tests.push_back({"Bool", "aws:PrincipalIsAWSService", {"true"}});
  return tests;
}

// What a trust exception means where roles are resources: assuming them.
const std::vector<std::string>& assuming() {
  static const std::vector<std::string> actions = {"sts:AssumeRole", "sts:SetSourceIdentity",
                                                   "sts:TagSession"};
  return actions;
}

// Exceptions to trust, where a denial names actions and resources.
std::vector<Spared> spared_by_trust(const Source& source) {
  std::vector<Spared> parts;
  for (const Exception* exception : source.exceptions)
    if (concerns(*exception, Objective::trust) && !exception->objectives.empty())
      parts.push_back({.name = exception->name,
                       .principals = exception->principals,
                       .actions = exception->actions.empty() ? assuming() : exception->actions,
                       .resources = exception->resources,
                       .cidrs = exception->cidrs,
                       .vpcs = exception->vpcs,
                       .external_id = exception->external_id.value_or("")});
  return parts;
}

// The statements of resource controls and resource policies: the same three, over other actions.
// `roles`: where roles are among the resources, the actions that assume them. AWS services assume
// the roles that trust them by name, whatever the services that the perimeter lists.
std::vector<Statement> of_resources(const Source& source, Patterns actions,
                                    const std::vector<std::string>& roles,
                                    const std::vector<Spared>& trusted) {
  const Perimeter& perimeter = source.perimeter;
  std::vector<Statement> all;
  Statement principals = denial("OnlyMyPrincipals", Names::everyone, not_my_principal(perimeter));
  principals.actions = actions;
  std::vector<Spared> parts = services(perimeter);
  append(parts, source.spared({Objective::resource_principals}));
  append(parts, trusted);
  append(all, spare(std::move(principals), std::move(parts), source.catalogue, source.notes));
  if (!roles.empty()) {
    Statement assuming_mine =
        denial("OnlyMyPrincipalsAssume", Names::everyone, not_my_principal(perimeter));
    assuming_mine.actions = {Sense::listed, roles};
    add(assuming_mine.tests, {"BoolIfExists", "aws:PrincipalIsAWSService", {"false"}});
    parts = source.spared({Objective::resource_principals});
    append(parts, trusted);
    append(all, spare(std::move(assuming_mine), std::move(parts), source.catalogue, source.notes));
    actions.listed.insert(actions.listed.end(), roles.begin(), roles.end());
  }

  Statement deputies = denial("OnlyOnMyBehalf", Names::everyone, for_somebody_else(perimeter));
  deputies.actions = actions;
  all.push_back(std::move(deputies));

  Statement networks =
      denial("OnlyMyNetworks", Names::everyone, not_my_network(perimeter.networks, perimeter));
  networks.actions = actions;
  add(networks.tests, {"BoolIfExists", "aws:PrincipalIsAWSService", {"false"}});
  add(networks.tests, {"BoolIfExists", "aws:ViaAWSService", {"false"}});
  parts = source.spared({Objective::resource_networks});
  append(parts, trusted);
  append(all, spare(std::move(networks), std::move(parts), source.catalogue, source.notes));
  return all;
}

}  // namespace

std::vector<Spared> Source::spared(const std::vector<Objective>& objectives) const {
  std::vector<Spared> parts;
  for (const Exception* exception : exceptions) {
    const auto applies = [&](Objective objective) { return concerns(*exception, objective); };
    if (!std::ranges::any_of(objectives, applies)) continue;
    parts.push_back({.name = exception->name,
                     .principals = exception->principals,
                     .actions = exception->actions,
                     .resources = exception->resources,
                     .cidrs = exception->cidrs,
                     .vpcs = exception->vpcs});
  }
  return parts;
}

bool expects_a_network(const perimeter::Networks& networks) {
  return networks.estate_vpcs || !networks.cidrs.empty() || !networks.vpcs.empty() ||
         !networks.endpoints.empty();
}

std::vector<Statement> only_my_resources(const Source& source) {
  std::vector<Spared> parts = aws_owned(source.perimeter);
  append(parts, source.spared({Objective::identity_resources}));
  return spare(denial("OnlyMyResources", Names::none, not_my_resource(source.perimeter)),
               std::move(parts), source.catalogue, source.notes);
}

// By service: where actions take resources, one that does not say whose it is, is refused; where
// none does there is nothing to be somebody else's, unless the request says so itself.
std::vector<Statement> guardrail(const Source& source) {
  Statement with = denial("OnlyMyResources", Names::none, not_my_resource(source.perimeter));
  Statement without = denial("NothingOfOthers", Names::none, not_my_resource(source.perimeter));
  with.actions = without.actions = {Sense::listed, {}};
  add(without.tests, {"Null", "aws:ResourceAccount", {"false"}});
  for (const catalogue::Service& service : source.catalogue.services()) {
    bool takes = false;
    for (std::size_t index = 0; index < service.action_count() && !takes; ++index)
      takes = service.action_at(index).has_resource_types();
    if (service.action_count() == 0) continue;
    (takes ? with : without).actions.listed.push_back(std::string(service.prefix()) + ":*");
  }
  std::vector<Spared> parts = aws_owned(source.perimeter);
  append(parts, source.spared({Objective::identity_resources}));
  std::vector<Statement> all =
      spare(std::move(with), std::move(parts), source.catalogue, source.notes);
  if (!without.actions.listed.empty()) all.push_back(std::move(without));
  return all;
}

std::vector<Statement> only_my_networks(const Source& source) {
  Statement networks = denial("OnlyMyNetworks", Names::none,
                              not_my_network(source.perimeter.networks, source.perimeter));
  add(networks.tests, {"BoolIfExists", "aws:ViaAWSService", {"false"}});
  return spare(std::move(networks), source.spared({Objective::identity_networks}), source.catalogue,
               source.notes);
}

// RCPs name the services that they limit. Callers whom an identity provider vouches for belong to
// no organisation before they have the session that they ask for: who they may be is for each
// role's trust policy, so the two actions that take them are not among the denied ones.
std::vector<Statement> resource_controls(const Source& source) {
  Patterns actions{Sense::listed, {}};
  for (const catalogue::Service& service : source.catalogue.services()) {
    if (!service.reached_by_rcps() || service.action_count() == 0) continue;
    const std::string prefix(service.prefix());
    if (prefix == "sts") {
      std::vector<std::string> apart = assuming();
      apart.insert(apart.end(), {"sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"});
      const auto rest = all_but(service, "sts:*", apart);
      actions.listed.insert(actions.listed.end(), rest.begin(), rest.end());
    } else {
      actions.listed.push_back(prefix + ":*");
    }
  }
  return of_resources(source, std::move(actions), assuming(), spared_by_trust(source));
}

std::vector<Statement> resource_statements(const Source& source,
                                           const std::vector<std::string>& actions) {
  return of_resources(source, actions.empty() ? Patterns{} : Patterns{Sense::listed, actions}, {},
                      {});
}

std::vector<Guarded> guarded_services(const catalogue::Catalogue& catalogue) {
  std::vector<Guarded> all;
  for (const std::string_view prefix : catalogue::services_with_denying_resource_policies()) {
    if (catalogue.service(prefix) == nullptr) continue;
    Guarded one{
        .service = std::string(prefix), .kind = policy::Kind::resource, .actions = {std::string(prefix) + ":*"}};
    if (one.service == "kms") one.kind = policy::Kind::key;
    // A topic's policy may name these and no wildcard (Amazon SNS Developer Guide, "Special
    // cases").
    if (one.service == "sns")
      one.actions = {"sns:AddPermission",
                     "sns:DeleteTopic",
                     "sns:GetTopicAttributes",
                     "sns:ListSubscriptionsByTopic",
                     "sns:Publish",
                     "sns:RemovePermission",
                     "sns:SetTopicAttributes",
                     "sns:Subscribe"};
    all.push_back(std::move(one));
  }
  return all;
}

bool is_for_some_roles(const Exception& exception) {
  return concerns(exception, Objective::trust) && !exception.resources.empty();
}

std::vector<Statement> trust(const Source& source, const Exception* chosen) {
  std::vector<Spared> parts;
  for (const Exception* exception : source.exceptions) {
    if (!concerns(*exception, Objective::trust) ||
        (is_for_some_roles(*exception) && exception != chosen))
      continue;
    // A trust policy is its role's: it names no resource, so neither does what it spares.
    parts.push_back({.name = exception->name,
                     .principals = exception->principals,
                     .actions = exception->actions,
                     .resources = {},
                     .cidrs = exception->cidrs,
                     .vpcs = exception->vpcs,
                     .external_id = exception->external_id.value_or("")});
  }
  // AWS services assume the roles that trust them by name; so do those whom a provider vouches for,
  // by actions that are not denied here.
  Statement outsiders =
      denial("OnlyMyPrincipals", Names::everyone, not_my_principal(source.perimeter));
  outsiders.names_resources = false;
  outsiders.actions = {Sense::listed, assuming()};
  add(outsiders.tests, {"BoolIfExists", "aws:PrincipalIsAWSService", {"false"}});
  std::vector<Statement> all =
      spare(std::move(outsiders), std::move(parts), source.catalogue, source.notes);
  Statement deputies =
      denial("OnlyOnMyBehalf", Names::everyone, for_somebody_else(source.perimeter));
  deputies.names_resources = false;
  deputies.actions = {Sense::listed, assuming()};
  all.push_back(std::move(deputies));
  return all;
}

}  // namespace ringwall::generate::detail
