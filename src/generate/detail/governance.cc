// What keeps a perimeter as it is: who may share, who may change identity providers, and who may set the tags by which it is
// rolled out. And what holds agents that come through an MCP server of AWS's.
//
// The lists of actions are those of AWS's data perimeter policy examples (github.com/aws-samples/data-perimeter-policy-examples,
// of March 2026), and such as set a resource's policy.

#include <algorithm>

#include "catalogue/sign_ins.h"
#include "generate/detail/layers.h"
#include "catalogue/agents.h"

namespace ringwall::generate::detail {
namespace {

using perimeter::Perimeter;
using List = std::vector<std::string>;

const List& sharing() {
  static const List actions = {"appstream:UpdateImagePermissions",
                               "auditmanager:StartAssessmentFrameworkShare",
                               "cloud9:CreateEnvironmentMembership",
                               "config:PutAggregationAuthorization",
                               "config:PutConfigurationAggregator",
                               "connect:BatchAssociateAnalyticsDataSet",
                               "detective:CreateMembers",
                               "directconnect:CreateDirectConnectGatewayAssociationProposal",
                               "ds:ShareDirectory",
                               "ec2:CreateNetworkInterfacePermission",
                               "ec2:EnableAddressTransfer",
                               "ec2:ModifyFpgaImageAttribute",
                               "ec2:ModifyImageAttribute",
                               "ec2:ModifySnapshotAttribute",
                               "ec2:ModifyVpcEndpointServicePermissions",
                               "fis:CreateTargetAccountConfiguration",
                               "globalaccelerator:CreateCrossAccountAttachment",
                               "guardduty:CreateMembers",
                               "guardduty:InviteMembers",
                               "lakeformation:BatchGrantPermissions",
                               "lakeformation:GrantPermissions",
                               "macie2:CreateInvitations",
                               "oam:CreateLink",
                               "rds:ModifyDBClusterSnapshotAttribute",
                               "rds:ModifyDBSnapshotAttribute",
                               "redshift-serverless:PutResourcePolicy",
                               "redshift:AuthorizeDataShare",
                               "redshift:AuthorizeEndpointAccess",
                               "redshift:AuthorizeSnapshotAccess",
                               "securityhub:CreateMembers",
                               "securityhub:InviteMembers",
                               "servicecatalog:CreatePortfolioShare",
                               "servicecatalog:UpdatePortfolioShare",
                               "ssm:ModifyDocumentPermission",
                               "workspaces:UpdateWorkspaceImagePermission"};
  return actions;
}

// A policy by which a resource lets others in, of services that no RCP reaches.
const List& resource_policies() {
  static const List actions = {"codeartifact:PutDomainPermissionsPolicy", "codeartifact:PutRepositoryPermissionsPolicy",
                               "codebuild:PutResourcePolicy",             "events:PutPermission",
                               "glacier:SetVaultAccessPolicy",            "lambda:AddLayerVersionPermission",
                               "lambda:AddPermission",                    "lex:CreateResourcePolicy",
                               "lex:UpdateResourcePolicy",                "logs:PutDestinationPolicy",
                               "s3:PutBucketPolicy",                      "schemas:PutResourcePolicy",
                               "serverlessrepo:PutApplicationPolicy",     "sns:AddPermission",
                               "sns:SetTopicAttributes"};
  return actions;
}

const List& identity_providers() {
  static const List actions = {"iam:AddClientIDToOpenIDConnectProvider",
                               "iam:CreateOpenIDConnectProvider",
                               "iam:CreateSAMLProvider",
                               "iam:DeleteOpenIDConnectProvider",
                               "iam:DeleteSAMLProvider",
                               "iam:RemoveClientIDFromOpenIDConnectProvider",
                               "iam:UpdateOpenIDConnectProviderThumbprint",
                               "iam:UpdateSAMLProvider",
                               "rolesanywhere:CreateTrustAnchor",
                               "rolesanywhere:DeleteCrl",
                               "rolesanywhere:DeleteTrustAnchor",
                               "rolesanywhere:DisableCrl",
                               "rolesanywhere:DisableTrustAnchor",
                               "rolesanywhere:EnableCrl",
                               "rolesanywhere:EnableTrustAnchor",
                               "rolesanywhere:ImportCrl",
                               "rolesanywhere:UpdateCrl",
                               "rolesanywhere:UpdateTrustAnchor",
                               "sso:CreateInstance"};
  return actions;
}

Test unless_administrator(const Perimeter& perimeter) {
  return {"ArnNotLikeIfExists", "aws:PrincipalArn", perimeter.governance->administrators};
}

Test of_our_tags() { return {"ForAnyValue:StringLike", "aws:TagKeys", {"dp:*"}}; }

Statement denial(const Perimeter& perimeter, std::string sid, List actions, std::vector<Test> tests = {}) {
  Statement statement{.sid = std::move(sid), .tests = std::move(tests)};
  if (!actions.empty()) statement.actions = {Sense::listed, std::move(actions)};
  add(statement.tests, unless_administrator(perimeter));
  return statement;
}

}  // namespace

std::vector<Statement> governance(const Source& source) {
  const Perimeter& perimeter = source.perimeter;
  if (!perimeter.governance) return {};
  std::vector<Statement> all = {
      denial(perimeter, "NoSharing", sharing()),
      denial(perimeter, "NoSharesOutside", {"ram:CreateResourceShare", "ram:UpdateResourceShare"},
             {{"Bool", "ram:RequestedAllowsExternalPrincipals", {"true"}}}),
      denial(perimeter, "NoResourcePolicies", resource_policies()),
      denial(perimeter, "NoGrants", {"kms:CreateGrant"}, {{"BoolIfExists", "kms:GrantIsForAWSResource", {"false"}}}),
      denial(perimeter, "NoOpenFunctionUrls", {"lambda:CreateFunctionUrlConfig", "lambda:UpdateFunctionUrlConfig"},
             {{"StringEquals", "lambda:FunctionUrlAuthType", {"NONE"}}}),
      denial(perimeter, "NoIdentityProviders", identity_providers()),
      denial(perimeter, "NoTagsOfThePerimeter", {}, {of_our_tags()})};
  // s3:PutBucketTagging does not say which tags it sets, and a bucket's tags count once this was asked for; from then on AWS
  // refuses it (Amazon S3 User Guide, "Enabling ABAC in general purpose buckets").
  if (perimeter.rollout.tags) all.push_back(denial(perimeter, "NoTagsOfBuckets", {"s3:PutBucketAbac"}));
  return all;
}

// A session's tags come from whoever asks for it, outsiders too, whom no SCP of mine binds. What a SAML provider vouches for is
// its administrators' to say.
std::vector<Statement> governance_of_sessions(const Source& source) {
  if (!source.perimeter.governance) return {};
  Statement tags = denial(source.perimeter, "NoTagsOfThePerimeter", {"sts:TagSession"}, {of_our_tags(), {"Null", "saml:aud", {"true"}}});
  tags.principal = Names::everyone;
  // An outsider may be called as an administrator of mine is.
  Statement outsiders = tags;
  outsiders.sid = "NoTagsOfOutsiders";
  std::erase_if(outsiders.tests, [](const Test& test) { return test.key == "aws:PrincipalArn"; });
  add(outsiders.tests, {"StringNotEqualsIfExists", "aws:PrincipalOrgID", {source.perimeter.organization}});
  return {std::move(tags), std::move(outsiders)};
}

// A token counts with a subject and an audience that are declared; of an issuer that is not, no token does. Keys of an issuer
// are in its tokens' requests alone.
std::vector<Statement> tenants(const Source& source) {
  const auto& providers = source.perimeter.identity_providers;
  std::vector<Statement> all;
  Statement others{.sid = "OnlyMyTenants", .principal = Names::everyone, .actions = {Sense::listed, {"sts:AssumeRoleWithWebIdentity"}}};
  for (const perimeter::IdentityProvider& provider : providers) {
    const std::string subject = catalogue::claim_key(provider.issuer, "sub");
    others.tests.push_back({"Null", subject, {"true"}});
    for (const auto& [claim, values] : {std::pair{"sub", &provider.subjects}, std::pair{"aud", &provider.audiences}}) {
      if (values->empty()) continue;
      Statement mine = others;
      mine.sid = "OnlyMyTenants" + std::to_string(all.size() + 2);
      mine.tests = {{"Null", subject, {"false"}}, {"StringNotLikeIfExists", catalogue::claim_key(provider.issuer, claim), *values}};
      all.push_back(std::move(mine));
    }
  }
  // Without `governance` other issuers are for each role's trust policy to name.
  if (!providers.empty() && source.perimeter.governance) all.insert(all.begin(), std::move(others));
  return all;
}

// Through an MCP server agents read what the perimeter names, of resources that are mine, and nothing else: not even what a
// service will have tomorrow.
std::vector<Statement> agents(const Source& source) {
  const Perimeter& perimeter = source.perimeter;
  if (!perimeter.agents) return {};
  const Test through{"Bool", std::string(catalogue::via_mcp_key), {"true"}};
  Statement rest{.sid = "AgentsOnlyRead", .actions = {Sense::all_but_listed, {}}, .tests = {through}};
  for (const std::string& prefix : perimeter.agents->services) {
    const catalogue::Service* service = source.catalogue.service(prefix);
    if (service == nullptr) {
      source.notes.push_back("agents: there is no service `" + prefix + "`, so they read nothing of it");
      continue;
    }
    const List patterns = catalogue::read_by_agents(*service);
    rest.actions.listed.insert(rest.actions.listed.end(), patterns.begin(), patterns.end());
  }
  std::vector<Test> outside = {through, {"StringNotEqualsIfExists", "aws:ResourceOrgID", {perimeter.organization}}};
  if (!perimeter.accounts.empty()) outside.push_back({"StringNotEqualsIfExists", "aws:ResourceAccount", perimeter.accounts});
  const std::vector<Spared> excepted = source.spared({perimeter::Objective::agents});
  std::vector<Statement> all = spare(std::move(rest), excepted, source.catalogue, source.notes);
  for (Statement& one : spare(Statement{.sid = "AgentsOnlyMine", .tests = std::move(outside)}, excepted, source.catalogue, source.notes))
    all.push_back(std::move(one));
  return all;
}

}  // namespace ringwall::generate::detail
