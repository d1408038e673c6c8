// What closes a leak. One sentence, about this subject: which generated layer, attached where.

#include <algorithm>

#include "catalogue/catalogue.h"
#include "catalogue/sign_ins.h"
#include "prove/detail/leaks.h"
#include "prove/detail/sign_ins.h"

namespace ringwall::prove::detail {
namespace {

using Type = policy::Principal::Type;

std::string service_of(const prover::Finding& finding) {
  return finding.request.action.substr(0, finding.request.action.find(':'));
}

// Where policies that bind this account are best attached.
std::string root_or(const Mine& mine, const std::string& account) {
  const estate::Account* known = mine.estate().account(account);
  if (known != nullptr && !known->path.empty()) return "the root `" + known->path.front() + "`";
  return "the account `" + account + "`";
}

bool bound_by_scps(const Mine& mine, const std::string& account) {
  const estate::Account* known = mine.estate().account(account);
  if (known == nullptr || known->path.empty() || !mine.estate().organization) return false;
  return mine.estate().organization->management_account != account;
}

std::string fix_identity(const Mine& mine, const char* layer, const std::string& subject,
                         const std::string& account) {
  if (!bound_by_scps(mine, account)) {
    return "no service control policy binds the account `" + account +
           "`: attach the generated `identity-guardrail` policies to `" + subject + "`";
  }
  return std::string("attach the generated `") + layer + "` policies to " + root_or(mine, account) +
         ", or narrow the policies of `" + subject + "`";
}

// Actions on which a resource's policy has no say: Lambda's only ever allow, and a topic's names
// but some of SNS's (Amazon SNS Developer Guide, "Special cases").
bool policy_cannot_deny(const std::string& service, std::string_view action) {
  if (service == "lambda") return true;
  static constexpr std::string_view of_topics[] = {
      "sns:AddPermission", "sns:DeleteTopic", "sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic",
      "sns:Publish", "sns:RemovePermission", "sns:SetTopicAttributes", "sns:Subscribe"};
  return service == "sns" && std::ranges::find(of_topics, action) == std::end(of_topics);
}

// The policies of AWS managed keys have an id and a text that AWS writes (`auto-s3-2`), and resource control policies pass them by.
bool is_awss_own(const Mine& mine, const std::string& subject) {
  const estate::Resource* resource = mine.estate().resources.find(subject);
  if (resource == nullptr || resource->kind != authz::ResourceKind::key || !resource->policy) return false;
  const std::string_view text = resource->policy->document->source();
  return text.contains("\"auto-") && text.contains("Allow access through ");
}

bool is_declared(const Mine& mine, const std::string& service) {
  return std::ranges::any_of(mine.perimeter().services, [&](const auto& one) { return one.principal == service; });
}

std::string fix_resource(const Mine& mine, const std::string& subject, const std::string& account,
                         const prover::Finding& finding) {
  const policy::Principal& who = finding.request.principal;
  const std::string service = service_of(finding);
  const std::string& action = finding.request.action;
  if (who.type == Type::service && is_declared(mine, who.service)) {
    return "bind `" + who.service + "` to your accounts: add `aws:SourceOrgID`, `aws:SourceAccount` or `aws:SourceArn` to the statement of `" +
           subject + "` that lets it in; where AWS documents none of them for it, say `without_source: true` in the perimeter file";
  }
  if (who.type == Type::service) {
    return "if `" + who.service + "` acts for you, list it under `services` of the perimeter file; "
           "else take it out of the policy of `" + subject + "`";
  }
  if (is_awss_own(mine, subject)) {
    return "nobody can edit the policy of `" + subject + "`, which is AWS's own: hold it on the principals' side, or use a key of yours";
  }
  const catalogue::Service* known = catalogue::Catalogue::builtin().service(service);
  if (known != nullptr && known->reached_by_rcps() && action != "kms:RetireGrant" &&
      bound_by_scps(mine, account)) {
    return "attach the generated `rcp` policies to " + root_or(mine, account) +
           ", or merge the generated `resource-statement` of " + service + " into the policy of `" +
           subject + "`";
  }
  if (policy_cannot_deny(service, action)) {
    if (!mine.has(who.account))
      return "take the permission out of the policy of `" + subject + "`, which cannot deny";
    return "no policy on the side of `" + subject + "` can deny `" + action +
           "`: hold it with the generated `scp-networks`, and declare an exception for "
           "resource/networks";
  }
  return "merge the generated `resource-statement` of " + service + " into the policy of `" +
         subject + "`, which no resource control policy reaches";
}

std::string fix_endpoint(const Mine& mine, const std::string& subject, const prover::Finding& finding) {
  const estate::Endpoint* endpoint = mine.estate().endpoints.find(subject);
  const std::string service = service_of(finding);
  if (endpoint != nullptr && !endpoint->takes_policy)
    return "the endpoint `" + subject + "` takes no policy: remove it, or accept what passes with an exception for `" +
           service + ":*` to network/principals and network/resources";
  return "attach the generated `endpoint` policy of " + service + " to the endpoint `" + subject + "`";
}

std::string fix_trust(const Mine& mine, const std::string& subject,
                      const prover::Finding& finding) {
  const policy::Principal& who = finding.request.principal;
  if (!who.provider.empty() && (!who.provider.starts_with("arn:") || mine.has(account_in(who.provider)))) {
    const std::string issuer = issuer_of(who.provider);
    const auto claims = catalogue::tenant_claims(issuer);
    if (claims.empty()) {
      return "ask for the subject: add a condition on `" + issuer + ":sub` to the trust policy of `" + subject +
             "`, and say under `identity_providers` of the perimeter file which are yours";
    }
    std::string shape(claims.front().shape);
    shape.replace(shape.find("{}"), 2, shape == "{}" ? "what is yours" : "OWNER");
    return "anybody can have a token of `" + issuer + "`: in the trust policy of `" + subject +
           "` spell out whose are yours, by a condition on `" + catalogue::claim_key(issuer, claims.front().claim) + "` as `" +
           shape + "` (your own, to the end of its name)";
  }
  return "merge the generated `trust-statement` into the trust policy of `" + subject +
         "`, or declare an exception with `external_id` if the other account is expected";
}

}  // namespace

std::string fix_of(const Mine& mine, Objective objective, const std::string& subject,
                   const std::string& account, const prover::Finding& finding) {
  switch (objective) {
    case Objective::identity_resources:
      return fix_identity(mine, "scp-resources", subject, account);
    case Objective::identity_networks:
      return fix_identity(mine, "scp-networks", subject, account);
    case Objective::agents:
      return fix_identity(mine, "scp-agents", subject, account);
    case Objective::resource_principals:
    case Objective::resource_networks:
      return fix_resource(mine, subject, account, finding);
    case Objective::network_principals:
    case Objective::network_resources:
      return fix_endpoint(mine, subject, finding);
    case Objective::trust:
      return fix_trust(mine, subject, finding);
    case Objective::whole:
      return "close one of the layers that let this request through: `" + subject +
             "` is where it starts";
  }
  return {};
}

}  // namespace ringwall::prove::detail
