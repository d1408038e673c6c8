// The denials: of principals that are mine (identity policies, SCPs), and on resources that are
// mine (RCPs, resource policies, trust policies).
//
// Every test is a negated one, and holds where the key is absent: a request that does not say whose
// the resource, who the caller or which the network is, is refused.

#include <algorithm>

#include "catalogue/aws_owned.h"
#include "catalogue/network_keys.h"
#include "catalogue/resource_policies.h"
#include "generate/detail/layers.h"
#include "catalogue/patterns.h"

namespace ringwall::generate::detail {
namespace {

using catalogue::all_but;

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

// Does a request for some of these actions say whose VPC endpoint it came through?
bool is_carried(const Patterns& actions, catalogue::NetworkKey key) {
  if (actions.sense != Sense::listed) return true;
  const auto services = catalogue::services_with(key);
  return std::ranges::any_of(actions.listed, [&](const std::string& action) {
    return std::ranges::binary_search(services, std::string_view(action).substr(0, action.find(':')));
  });
}

std::vector<Test> not_my_network(const perimeter::Networks& networks, const Perimeter& perimeter, const Patterns& actions) {
  std::vector<Test> tests;
  if (!networks.cidrs.empty()) {
    Test addresses{"NotIpAddressIfExists", "aws:SourceIp", {}};
    for (const text::Cidr& cidr : networks.cidrs) addresses.values.push_back(text::to_string(cidr));
    tests.push_back(std::move(addresses));
  }
  if (!networks.vpcs.empty()) tests.push_back({unless_equal, "aws:SourceVpc", ids_of(networks.vpcs)});
  if (!networks.endpoints.empty())
    tests.push_back({unless_equal, "aws:SourceVpce", ids_of(networks.endpoints)});
  // Whose the endpoint is, whatever its id: VPCs need not be listed to be expected.
  if (networks.estate_vpcs && is_carried(actions, catalogue::NetworkKey::vpce_org_id))
    tests.push_back({unless_equal, "aws:VpceOrgID", {perimeter.organization}});
  if (networks.estate_vpcs && !perimeter.accounts.empty() && is_carried(actions, catalogue::NetworkKey::vpce_account))
    tests.push_back({unless_equal, "aws:VpceAccount", perimeter.accounts});
  return tests;
}

// The denials of networks that bear the name of one of mine, in another Region.
std::vector<Statement> of_same_name(const perimeter::Networks& networks, const Statement& like) {
  std::vector<std::vector<Test>> tests = detail::of_same_name(networks.vpcs, "aws:SourceVpc");
  for (auto& more : detail::of_same_name(networks.endpoints, "aws:SourceVpce")) tests.push_back(std::move(more));
  std::vector<Statement> all;
  for (auto& one : tests) {
    Statement statement = like;
    statement.sid = "OnlyMyNetworksRegion" + (all.empty() ? "" : std::to_string(all.size() + 1));
    statement.tests = std::move(one);
    all.push_back(std::move(statement));
  }
  return all;
}

Statement denial(std::string sid, Names principal, std::vector<Test> tests) {
  return {.sid = std::move(sid), .principal = principal, .tests = std::move(tests)};
}

std::string partition_of(const Perimeter& perimeter) {
  return std::string(catalogue::partition_of_region(perimeter.regions.front()));
}

// AWS attaches encrypted volumes by a role of its own in my accounts, from its own networks.
Test not_of_aws(const Perimeter& perimeter) {
  return {"ArnNotLikeIfExists", "aws:PrincipalArn", {catalogue::infrastructure_role(partition_of(perimeter))}};
}

// Whose session asks: EC2, Glue and Lambda give their own keys to it. `kind`: as the perimeter file has it.
Test sessions_of(const std::string& kind) {
  if (kind == "ec2") return {"Null", "ec2:SourceInstanceArn", {"false"}};
  if (kind == "glue") return {"Null", "glue:CredentialIssuingService", {"false"}};
  if (kind == "lambda") return {"Null", "lambda:SourceFunctionArn", {"false"}};
  return {"ArnLike", "aws:PrincipalArn", {"arn:*:iam::*:user/*"}};
}

// While it is rolled out by tags, a denial is of principals with the one tag, and of none with the other.
void roll_out(const Perimeter& perimeter, const std::string& part, Statement& statement) {
  if (!perimeter.rollout.tags) return;
  statement.tests.push_back({"StringEquals", "aws:PrincipalTag/dp:include:" + part, {"true"}});
  add(statement.tests, {unless_equal, "aws:PrincipalTag/dp:exclude:" + part, {"true"}});
}

// … and a denial of resources is of none that is tagged so. What may be tagged so, is for `governance` to say.
void exclude_resources(const Perimeter& perimeter, const std::string& part, Statement& statement) {
  if (perimeter.rollout.tags) add(statement.tests, {unless_equal, "aws:ResourceTag/dp:exclude:" + part, {"true"}});
}

// AWS's own resources, as parts that a denial of what is not mine spares.
std::vector<Spared> aws_owned(const Perimeter& perimeter) {
  std::vector<Spared> parts;
  if (perimeter.aws_owned_defaults) {
    parts.push_back({.name = "aws_owned_defaults", .resources = resources_of_aws(perimeter)});
    parts.push_back({.name = "aws_owned_defaults: images",
                     .actions = {"ec2:*"},
                     .resources = catalogue::images(partition_of(perimeter)),
                     .only = Test{unless_equal, std::string(catalogue::image_owner_key), {std::string(catalogue::image_owner)}}});
  }
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
  // While it is rolled out by tags, RCPs leave out the resources that carry one; a resource's own policy is its owner's to roll out.
  const auto leave_out = [&](const char* part, Statement& statement) {
    if (!roles.empty()) exclude_resources(perimeter, part, statement);
  };
  leave_out("identity", principals);
  std::vector<Spared> parts = services(perimeter);
  append(parts, source.spared({Objective::resource_principals}));
  append(parts, trusted);
  append(all, spare(std::move(principals), std::move(parts), source.catalogue, source.notes));
  if (!roles.empty()) {
    Statement assuming_mine =
        denial("OnlyMyPrincipalsAssume", Names::everyone, not_my_principal(perimeter));
    assuming_mine.actions = {Sense::listed, roles};
    leave_out("identity", assuming_mine);
    add(assuming_mine.tests, {"BoolIfExists", "aws:PrincipalIsAWSService", {"false"}});
    parts = source.spared({Objective::resource_principals});
    append(parts, trusted);
    append(all, spare(std::move(assuming_mine), std::move(parts), source.catalogue, source.notes));
    actions.listed.insert(actions.listed.end(), roles.begin(), roles.end());
  }

  Statement deputies = denial("OnlyOnMyBehalf", Names::everyone, for_somebody_else(perimeter));
  deputies.actions = actions;
  leave_out("identity", deputies);
  all.push_back(std::move(deputies));

  Statement networks =
      denial("OnlyMyNetworks", Names::everyone, not_my_network(perimeter.networks, perimeter, actions));
  networks.actions = actions;
  std::vector<Statement> elsewhere = of_same_name(perimeter.networks, networks);
  for (Statement& one : elsewhere) leave_out("network", one);
  append(all, std::move(elsewhere));
  leave_out("network", networks);
  add(networks.tests, {"BoolIfExists", "aws:PrincipalIsAWSService", {"false"}});
  add(networks.tests, {"BoolIfExists", "aws:ViaAWSService", {"false"}});
  add(networks.tests, not_of_aws(perimeter));
  // RCPs do not bind service-linked roles; a resource's own policy would.
  if (roles.empty()) add(networks.tests, {"ArnNotLikeIfExists", "aws:PrincipalArn", {catalogue::service_linked_roles(partition_of(perimeter))}});
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

std::vector<std::string> resources_of_aws(const Perimeter& perimeter) {
  const std::string partition = partition_of(perimeter);
  std::vector<std::string> resources = catalogue::resources_of_aws(partition);
  if (perimeter.regions.size() > bucket_regions_max) return resources;
  const std::vector<std::string> buckets = catalogue::owned_in_regions(partition, perimeter.regions);
  resources.insert(resources.end(), buckets.begin(), buckets.end());
  return resources;
}

bool expects_a_network(const perimeter::Networks& networks) {
  return networks.estate_vpcs || !networks.cidrs.empty() || !networks.vpcs.empty() ||
         !networks.endpoints.empty();
}

std::vector<Statement> only_my_resources(const Source& source) {
  std::vector<Spared> parts = aws_owned(source.perimeter);
  append(parts, source.spared({Objective::identity_resources}));
  Statement resources = denial("OnlyMyResources", Names::none, not_my_resource(source.perimeter));
  roll_out(source.perimeter, "resource", resources);
  return spare(std::move(resources), std::move(parts), source.catalogue, source.notes);
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
                              not_my_network(source.perimeter.networks, source.perimeter, {}));
  std::vector<Statement> all = of_same_name(source.perimeter.networks, networks);
  add(networks.tests, {"BoolIfExists", "aws:ViaAWSService", {"false"}});
  add(networks.tests, not_of_aws(source.perimeter));
  std::vector<Statement> those;
  for (const std::string& kind : source.perimeter.rollout.networks_for) {
    those.push_back(networks);
    those.back().sid = "OnlyMyNetworksFor" + kind;
    those.back().tests.push_back(sessions_of(kind));
  }
  if (those.empty()) those.push_back(std::move(networks));
  for (Statement& one : those) {
    roll_out(source.perimeter, "network", one);
    append(all, spare(std::move(one), source.spared({Objective::identity_networks}), source.catalogue, source.notes));
  }
  return all;
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
  std::vector<Statement> all = of_resources(source, std::move(actions), assuming(), spared_by_trust(source));
  append(all, tenants(source));
  append(all, governance_of_sessions(source));
  return all;
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
