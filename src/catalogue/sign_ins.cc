#include "catalogue/sign_ins.h"

#include <algorithm>

#include "text/encode.h"
#include "text/glob.h"

namespace ringwall::catalogue {
namespace {

// The table is of 30 November 2026. Which issuers are shared, and by which claim IAM tells tenants
// apart: IAM User Guide, "Identity-provider controls for shared OIDC providers"
// (id_roles_providers_oidc_secure-by-default), and "OIDC federation condition keys" for the four that
// are built in. The shapes are those of each provider's own page on its tokens.
//
// A claim stands here only if nobody else can have a token with that value. So neither GitHub's
// `job_workflow_ref` (anybody may call a public workflow of mine) nor `actor` (mine may work on
// anybody's repository), nor any audience that whoever asks for the token chooses.
constexpr TenantClaim github[] = {
    {"sub", "repo:{}/"},           {"sub", "repository_owner:{}:"}, {"sub", "repository_owner_id:{}:"},
    {"sub", "repository_id:{}:"},  {"sub", "enterprise:{}:"},       {"sub", "enterprise_id:{}:"},
    {"repository", "{}/"},         {"repository_id", "{}"},         {"repository_owner", "{}"},
    {"repository_owner_id", "{}"}, {"enterprise", "{}"},            {"enterprise_id", "{}"}};
constexpr TenantClaim github_log[] = {{"sub", "{}"}};
constexpr TenantClaim gitlab[] = {
    {"sub", "project_path:{}/"}, {"namespace_id", "{}"}, {"namespace_path", "{}"}, {"project_id", "{}"}, {"project_path", "{}/"}};
constexpr TenantClaim by_organization[] = {{"sub", "organization:{}:"}};
constexpr TenantClaim by_account[] = {{"sub", "account:{}:"}};
constexpr TenantClaim upbound[] = {{"sub", "mcp:{}/"}};
constexpr TenantClaim datachain[] = {{"sub", "credentials:{}/"}};
constexpr TenantClaim vercel[] = {{"aud", "{}"}, {"sub", "owner:{}:"}};
constexpr TenantClaim pulumi[] = {{"aud", "{}"}, {"sub", "pulumi:deploy:org:{}:"}, {"sub", "pulumi:environments:org:{}:"}};
constexpr TenantClaim whole_subject[] = {{"sub", "{}"}};
constexpr TenantClaim whole_audience[] = {{"aud", "{}"}};
constexpr TenantClaim sentinel[] = {{"sts:RoleSessionName", "{}"}};
constexpr TenantClaim audience_or_subject[] = {{"aud", "{}"}, {"sub", "{}"}};
constexpr TenantClaim google[] = {{"aud", "{}"}, {"sub", "{}"}, {"google/organization_number", "{}"}};
constexpr TenantClaim facebook[] = {{"app_id", "{}"}, {"id", "{}"}};
constexpr TenantClaim amazon[] = {{"app_id", "{}"}, {"user_id", "{}"}};

struct Shared {
  std::string_view issuer;
  std::span<const TenantClaim> claims;
};
constexpr Shared shared[] = {
    {"accounts.google.com", google},
    {"agent.buildkite.com", by_organization},
    {"api.pulumi.com/oidc", pulumi},
    {"app.terraform.io", by_organization},
    {"appleid.apple.com", audience_or_subject},
    {"cognito-identity.amazonaws.com", audience_or_subject},
    {"gitlab.com", gitlab},
    {"graph.facebook.com", facebook},
    // The tenant of everybody who has a personal account.
    {"login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0", audience_or_subject},
    {"oidc-configuration.audit-log.githubusercontent.com", github_log},
    {"oidc.codefresh.io", by_account},
    {"oidc.op1.openshiftapps.com/2c51blsaqa9gkjt0o9rt11mle8mmropu", whole_subject},  // IBM Turbonomic's
    {"oidc.op1.openshiftapps.com/2f785sojlpb85i7402pk3qogugim5nfb", whole_subject},
    {"oidc.vercel.com", vercel},
    {"proidc.upbound.io", upbound},
    {"rh-oidc.s3.us-east-1.amazonaws.com/22ejnvnnturfmt6km08idd0nt4hekbn7", whole_subject},
    {"rh-oidc.s3.us-east-1.amazonaws.com/23e3sd27sju1hoou6ohfs68vbno607tr", whole_subject},
    {"rh-oidc.s3.us-east-1.amazonaws.com/23ne21h005qjl3n33d8dui5dlrmv2tmg", whole_subject},
    {"rh-oidc.s3.us-east-1.amazonaws.com/24jrf12m5dj7ljlfb4ta2frhrcoadm26", whole_subject},
    {"sandboxes.cloud", whole_audience},
    {"scalr.io", by_account},
    {"sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d", sentinel},  // Azure Sentinel's
    {"studio.datachain.ai/api", datachain},
    {"token.actions.githubusercontent.com", github},
    {"tokens.cloud.shisho.dev", whole_subject},
    {"vstoken.actions.githubusercontent.com", github},
    {"www.amazon.com", amazon},
};

// Issuers whose URL names one cluster, workspace, directory or organisation.
constexpr std::string_view single[] = {
    "oidc.eks.*.amazonaws.com/id/?*",
    "oidc.eks.*.amazonaws.com.cn/id/?*",
    "oidc-eks.*.api.aws/id/?*",
    "?*.tokens.sts.global.api.aws",  // AWS's own, for workloads of one account
    "oidc.circleci.com/org/?*",
    "api.bitbucket.org/2.0/workspaces/?*/pipelines-config/identity/oidc",
    "vstoken.dev.azure.com/?*",
    "sts.windows.net/?*",
    "login.microsoftonline.com/?*",
    "token.actions.githubusercontent.com/?*",  // of one enterprise
    "token.actions.?*.ghe.com",
    "oidc.vercel.com/?*",
    "?*.app.spacelift.io",
    "container.googleapis.com/v1/projects/?*/locations/?*/clusters/?*",
    "?*.oic.prod-aks.azure.com/?*",
    "oidc.op1.openshiftapps.com/?*",
    "rh-oidc.s3.us-east-1.amazonaws.com/?*",
};

std::string plain(std::string_view issuer) {
  std::string lower = text::lower(issuer);
  while (lower.ends_with('/')) lower.pop_back();
  return lower;
}

}  // namespace

std::span<const TenantClaim> tenant_claims(std::string_view issuer) {
  const auto known = std::ranges::find(shared, plain(issuer), [](const Shared& one) { return std::string(one.issuer); });
  return known == std::end(shared) ? std::span<const TenantClaim>() : known->claims;
}

Tenancy tenancy_of(std::string_view issuer) {
  if (!tenant_claims(issuer).empty()) return Tenancy::shared;
  const std::string name = plain(issuer);
  const auto is_it = [&](std::string_view pattern) { return text::Glob(pattern).matches(name); };
  return std::ranges::any_of(single, is_it) ? Tenancy::single : Tenancy::unknown;
}

std::string claim_key(std::string_view issuer, std::string_view claim) {
  return claim.contains(':') ? std::string(claim) : std::string(issuer) + ":" + std::string(claim);
}

std::optional<NamedTenant> tenant_named(std::string_view shape, std::string_view beginning, bool whole) {
  const std::size_t place = shape.find("{}");
  const std::string_view before = shape.substr(0, place), after = shape.substr(place + 2);
  if (!beginning.starts_with(before) || beginning.size() == before.size()) return std::nullopt;
  const std::size_t end = after.empty() ? std::string_view::npos : beginning.find(after, before.size());
  if (end == before.size()) return std::nullopt;  // a name without a letter is none
  if (end != std::string_view::npos) return NamedTenant{std::string(beginning.substr(0, end + after.size())), true};
  if (!whole) return std::nullopt;
  return NamedTenant{std::string(beginning), false};
}

}  // namespace ringwall::catalogue
