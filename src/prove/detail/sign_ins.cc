// Who is not mine among those who come with a token? Of an issuer that everybody shares, whoever is
// of no tenant of mine: a token of the stranger has any claims but those of my tenants. Which tenants
// are mine says the perimeter file, or, where it is silent, the policies themselves: what they spell
// out to the end of the tenant's name is meant. So `repo:acme/*` is believed, and `repo:acme*`, which
// is `repo:acme-of-somebody-else/x` too, is not.

#include "prove/detail/sign_ins.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "catalogue/sign_ins.h"
#include "text/encode.h"

namespace ringwall::prove::detail {
namespace {

using catalogue::Tenancy;
using prover::Constraint;

const perimeter::IdentityProvider* declared(const Mine& mine, const std::string& issuer) {
  const auto& all = mine.perimeter().identity_providers;
  const auto found = std::ranges::find(all, text::lower(issuer), [](const auto& one) { return text::lower(one.issuer); });
  return found == all.end() ? nullptr : &*found;
}

void add(Result<Constraint> made, std::vector<Constraint>& into) {
  if (made) into.push_back(*std::move(made));
}

// Values of claims that are mine, by the operator that compares them.
class Believed {
 public:
  void add(const char* op, const std::string& key, std::string value) { values_[{op, key}].push_back(std::move(value)); }
  Constraint any() && {
    std::vector<Constraint> parts;
    for (auto& [where, values] : values_)
      detail::add(prover::condition(where.first, where.second, std::move(values)), parts);
    return prover::any_of(std::move(parts));
  }

 private:
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> values_;
};

Constraint of_declared(const perimeter::IdentityProvider& provider, const std::string& issuer) {
  std::vector<Constraint> parts;
  if (!provider.subjects.empty()) add(prover::condition("StringLike", issuer + ":sub", provider.subjects), parts);
  if (!provider.audiences.empty()) add(prover::condition("StringLike", issuer + ":aud", provider.audiences), parts);
  return prover::all_of(std::move(parts));
}

bool has_wildcard(std::string_view text) { return text.find_first_of("*?") != std::string_view::npos; }

// The operator that asks for exactly such a value; null: none that a claim is compared with.
const char* operator_of(policy::Family family) {
  switch (family) {
    case policy::Family::text:
    case policy::Family::text_like:
      return "StringEquals";
    case policy::Family::text_ignoring_case:
      return "StringEqualsIgnoreCase";
    case policy::Family::number:
      return "NumericEquals";
    default:
      return nullptr;
  }
}

// The tenants that a value of a shared issuer's claim names.
void believe_tenant(const catalogue::TenantClaim& claim, const std::string& key, const Test& test,
                    const policy::Listed& value, Believed& believed) {
  const char* const op = operator_of(test.relation.family);
  if (op == nullptr || value.pieces.empty() || value.pieces.front().kind != policy::Piece::Kind::literal) return;
  const auto tenant = catalogue::tenant_named(claim.shape, value.pieces.front().text, value.pieces.size() == 1);
  if (!tenant || has_wildcard(tenant->text)) return;
  // Letters' case aside, only the value as a whole can be compared.
  if (tenant->is_beginning && test.relation.family != policy::Family::text_ignoring_case)
    believed.add("StringLike", key, tenant->text + "*");
  else
    believed.add(op, key, value.pieces.front().text);
}

// What a value of an unknown issuer's claim asks for, unless it asks for nothing.
void believe_anything(const std::string& key, const Test& test, const policy::Listed& value, Believed& believed) {
  const char* const op = operator_of(test.relation.family);
  if (op == nullptr || value.pieces.empty() || value.pieces.front().kind != policy::Piece::Kind::literal) return;
  std::string pattern;
  for (const policy::Piece& piece : value.pieces) {
    if (piece.kind == policy::Piece::Kind::variable || has_wildcard(piece.text)) return;
    pattern += piece.kind == policy::Piece::Kind::literal ? piece.text : piece.kind == policy::Piece::Kind::any_one ? "?" : "*";
  }
  believed.add(value.pieces.size() == 1 ? op : "StringLike", key, std::move(pattern));
}

Constraint of_believed(const std::string& issuer, const Words& words, const std::vector<const Facts*>& facts) {
  std::vector<catalogue::TenantClaim> claims;
  const auto known = catalogue::tenant_claims(issuer);
  claims.assign(known.begin(), known.end());
  const bool unknown = claims.empty();
  if (unknown) claims = {{"sub", {}}, {"aud", {}}};
  Believed believed;
  for (const Facts* one : facts) {
    if (one->document == nullptr) continue;
    for (const Id id : one->tests) {
      const Test& test = words.test(id);
      for (const catalogue::TenantClaim& claim : claims) {
        const std::string key = catalogue::claim_key(issuer, claim.claim);
        if (test.key != text::lower(key)) continue;
        for (const policy::Listed& value : test.relation.values) {
          if (unknown)
            believe_anything(key, test, value, believed);
          else
            believe_tenant(claim, key, test, value, believed);
        }
      }
    }
  }
  return std::move(believed).any();
}

// Claims that every token of the issuer has.
std::vector<std::string> certain_claims(const std::string& issuer) {
  if (issuer == "graph.facebook.com" || issuer == "www.amazon.com") return {"app_id"};
  return {"sub", "aud"};
}

}  // namespace

std::string issuer_of(const std::string& provider) {
  if (!provider.starts_with("arn:")) return provider;
  const std::string_view what = arn_part(provider, 5);
  constexpr std::string_view oidc = "oidc-provider/";
  return what.starts_with(oidc) ? std::string(what.substr(oidc.size())) : std::string();
}

std::optional<Stranger> stranger_by(const std::string& provider, const Mine& mine, const Words& words,
                                    const std::vector<const Facts*>& facts) {
  Stranger stranger{federated_caller(provider), {}};
  if (provider.starts_with("arn:") && !mine.has(account_in(provider))) return stranger;
  const std::string issuer = issuer_of(provider);
  if (issuer.empty()) return std::nullopt;  // a SAML provider of mine: my own directory
  const perimeter::IdentityProvider* const own = declared(mine, issuer);
  if (own == nullptr && catalogue::tenancy_of(issuer) == Tenancy::single) return std::nullopt;
  std::vector<Constraint> told{prover::none_of({own != nullptr ? of_declared(*own, issuer) : of_believed(issuer, words, facts)})};
  for (const std::string& claim : certain_claims(issuer))
    add(prover::condition("Null", catalogue::claim_key(issuer, claim), {"false"}), told);
  std::vector<Constraint> with_it;
  add(prover::condition("StringEquals", "aws:PrincipalType", {"FederatedUser"}), with_it);
  add(prover::condition("StringEquals", "aws:FederatedProvider", {provider}), with_it);
  stranger.claims = prover::any_of({prover::none_of({prover::all_of(std::move(with_it))}), prover::all_of(std::move(told))});
  return stranger;
}

std::set<std::string> issuers_asked_about(const Words& words, const std::vector<const Facts*>& facts) {
  std::set<std::string> issuers;
  for (const Facts* one : facts) {
    for (const Id id : one->tests) {
      const std::string& key = words.test(id).key;
      for (const std::string_view claim : {":sub", ":aud", ":app_id"}) {
        const std::string issuer = key.ends_with(claim) ? key.substr(0, key.size() - claim.size()) : std::string();
        if (issuer.contains('.')) issuers.insert(issuer);
      }
    }
  }
  return issuers;
}

std::vector<std::string> providers_of_everyone(const std::string& account, const Mine& mine, const Words& words,
                                               const std::vector<const Facts*>& facts) {
  std::set<std::string> issuers = issuers_asked_about(words, facts);
  issuers.insert("identity.example");
  for (const perimeter::IdentityProvider& one : mine.perimeter().identity_providers) issuers.insert(text::lower(one.issuer));
  std::vector<std::string> providers;
  for (const std::string& issuer : issuers) {
    constexpr std::array<std::string_view, 4> built_in = {"accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"};
    providers.push_back(std::ranges::find(built_in, issuer) != built_in.end() ? issuer : "arn:aws:iam::" + account + ":oidc-provider/" + issuer);
  }
  return providers;
}

void add_bearers(const std::string& account, const Facts& trust, const Mine& mine, const Words& words, const std::vector<const Facts*>& facts,
                 std::vector<prover::Caller>& others) {
  std::vector<std::string> providers;
  for (const policy::PrincipalName& name : trust.names) {
    if (name.type == policy::PrincipalName::Type::federated) providers.push_back(name.value);
    if (name.type == policy::PrincipalName::Type::everyone) std::ranges::move(providers_of_everyone(account, mine, words, facts), std::back_inserter(providers));
  }
  for (const std::string& provider : providers) {
    const bool is_there = std::ranges::any_of(others, [&](const prover::Caller& caller) { return caller.principal.provider == provider; });
    if (is_there) continue;
    others.push_back(federated_caller(provider));
    leave_out_other_issuers(providers, others.back());
  }
}

void leave_out_other_issuers(const std::vector<std::string>& providers, prover::Caller& bearer) {
  const std::string own = text::lower(issuer_of(bearer.principal.provider));
  for (const std::string& provider : providers) {
    const std::string issuer = text::lower(issuer_of(provider));
    if (!issuer.empty() && issuer != own) bearer.absent.push_back(issuer + ":*");
  }
}

std::string unsettled_tokens(const std::string& provider, const Mine& mine) {
  if (provider.starts_with("arn:") && !mine.has(account_in(provider))) return {};
  const std::string issuer = issuer_of(provider);
  if (issuer.empty() || declared(mine, issuer) != nullptr || catalogue::tenancy_of(issuer) != Tenancy::unknown) return {};
  return "whether anybody else can have a token of `" + issuer +
         "` is not known: say which are yours under `identity_providers` of the perimeter file";
}

}  // namespace ringwall::prove::detail
