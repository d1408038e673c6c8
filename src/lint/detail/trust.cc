// Role trust policies: identity providers, the actions they can use, and whom of theirs is let in.

#include <algorithm>

#include "catalogue/sign_ins.h"
#include "lint/detail/subject.h"
#include "text/encode.h"

namespace ringwall::lint::detail {
namespace {

using policy::Effect;
using policy::PrincipalName;
using policy::Statement;
using Type = policy::PrincipalName::Type;

// How a principal proves who it is, which decides the action it assumes a role with.
enum class Proof : std::uint8_t { credentials, saml, web_identity, unknown };

Proof proof_of(const PrincipalName& name) {
  if (name.type != Type::federated) return Proof::credentials;
  static constexpr std::string_view built_in[] = {"cognito-identity.amazonaws.com",
                                                  "www.amazon.com", "graph.facebook.com",
                                                  "accounts.google.com"};
  if (std::ranges::find(built_in, name.value) != std::end(built_in)) return Proof::web_identity;
  if (!name.value.starts_with("arn:")) return Proof::unknown;
  if (name.value.contains(":saml-provider/")) return Proof::saml;
  return name.value.contains(":oidc-provider/") ? Proof::web_identity : Proof::unknown;
}

std::string_view action_for(Proof proof) {
  switch (proof) {
    case Proof::saml:
      return "sts:AssumeRoleWithSAML";
    case Proof::web_identity:
      return "sts:AssumeRoleWithWebIdentity";
    case Proof::credentials:
    case Proof::unknown:
      break;
  }
  return "sts:AssumeRole";
}

// Reports the actions that none of the statement's principals can use, and else the principals for
// whom there is no action.
void check_actions_fit(const Statement& statement, Findings& findings) {
  static constexpr Proof proofs[] = {Proof::credentials, Proof::saml, Proof::web_identity};
  const auto& names = statement.principals->names;
  const auto has = [&](Proof proof) {
    return std::ranges::any_of(names, [&](const auto& name) { return proof_of(name) == proof; });
  };
  if (names.empty() || has(Proof::unknown) || statement.actions.empty()) return;
  bool found = false;
  for (const policy::Listed& action : statement.actions) {
    for (const Proof proof : proofs) {
      if (!covers(action.text, action_for(proof), text::Case::ignore) || has(proof) ||
          action.text.find_first_of("*?") != std::string::npos)
        continue;
      findings.add(rule("MISMATCHED_ACTION_FOR_PRINCIPAL"), action.offset,
                   "none of the principals can use " + shown(action.text));
      found = true;
    }
  }
  if (found) return;
  for (const PrincipalName& name : names) {
    const std::string_view wanted = action_for(proof_of(name));
    // Sessions are tagged and named by actions of their own, which every proof may come with.
    const bool only_details = std::ranges::none_of(statement.actions, [](const auto& action) {
      return action.text.starts_with("sts:AssumeRole") || action.text.contains('*');
    });
    if (only_details || reaches(statement, wanted)) continue;
    findings.add(rule("MISMATCHED_ACTION_FOR_PRINCIPAL"), name.offset,
                 shown(name.value) + " can use " + shown(wanted) + " only, which is not listed");
  }
}

// Does the condition let one tenant's tokens pass, and no others? Each of its values names a tenant to the end of its name.
bool names_a_tenant(const policy::Condition& condition, std::string_view issuer) {
  if (condition.op == nullptr || condition.op->negated || condition.if_exists ||
      condition.quantifier == policy::Quantifier::all_values)
    return false;
  return std::ranges::any_of(catalogue::tenant_claims(issuer), [&](const catalogue::TenantClaim& claim) {
    if (text::lower(catalogue::claim_key(issuer, claim.claim)) != condition.key) return false;
    return std::ranges::all_of(condition.values, [&](const policy::Listed& value) {
      if (value.pieces.empty() || value.pieces.front().kind != policy::Piece::Kind::literal) return false;
      const auto tenant = catalogue::tenant_named(claim.shape, value.pieces.front().text, value.pieces.size() == 1);
      return tenant.has_value() && tenant->text.find_first_of("*?") == std::string::npos;
    });
  });
}

void check_provider(const Statement& statement, const PrincipalName& name, Findings& findings) {
  if (name.type != Type::federated) return;
  if (proof_of(name) == Proof::unknown) {
    return findings.add(rule("INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY"),
                        name.offset, shown(name.value) + " is no identity provider");
  }
  if (proof_of(name) != Proof::web_identity || statement.effect != Effect::allow ||
      statement.principals->sense != policy::Sense::listed)
    return;
  constexpr std::string_view mark = ":oidc-provider/";
  const std::size_t at = name.value.find(mark);
  std::string host = at == std::string::npos ? name.value : name.value.substr(at + mark.size());
  std::ranges::transform(host, host.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  const auto tests = [&](std::string_view claim) {
    return std::ranges::any_of(statement.conditions, [&](const policy::Condition& condition) {
      return condition.key.starts_with(host + ":" + std::string(claim));
    });
  };
  if (host == "token.actions.githubusercontent.com") {
    if (!tests("sub") && !tests("repository") && !tests("job_workflow_ref")) {
      findings.add(rule("MISSING_GITHUB_REPO_CONDITION_KEY"), name.offset,
                   "no condition says which repositories may assume the role");
    }
  } else if (!tests("")) {
    findings.add(rule("MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL"), name.offset,
                 "no condition tests what " + shown(host) + " says of the caller");
  }
}

// Of an issuer that many share (GitHub, GitLab, Terraform, Google, …), anybody can have a token.
void check_tenant(const Statement& statement, const PrincipalName& name, Findings& findings) {
  if (proof_of(name) != Proof::web_identity || statement.effect != Effect::allow || statement.conditions.empty() ||
      statement.principals->sense != policy::Sense::listed)
    return;
  constexpr std::string_view mark = ":oidc-provider/";
  const std::size_t at = name.value.find(mark);
  const std::string issuer = text::lower(at == std::string::npos ? name.value : name.value.substr(at + mark.size()));
  if (catalogue::tenancy_of(issuer) != catalogue::Tenancy::shared) return;
  const auto names = [&](const policy::Condition& condition) { return names_a_tenant(condition, issuer); };
  const auto is_asked = [&](const policy::Condition& condition) { return condition.key.starts_with(issuer + ":"); };
  // What asks nothing at all has a finding of its own.
  if (std::ranges::none_of(statement.conditions, is_asked) || std::ranges::any_of(statement.conditions, names)) return;
  findings.add(rule("OIDC_TENANT_NOT_SPELT_OUT"), name.offset,
               "anybody can have a token of " + shown(issuer) + ", and no condition says to the end of a name whose it is");
}

}  // namespace

void check_trust(const Subject& subject, Findings& findings) {
  if (subject.kind != policy::Kind::trust) return;
  for (const Statement& statement : subject.syntax.statements) {
    if (!statement.principals) continue;
    check_actions_fit(statement, findings);
    for (const PrincipalName& name : statement.principals->names) {
      check_provider(statement, name, findings);
      check_tenant(statement, name, findings);
    }
  }
}

}  // namespace ringwall::lint::detail
