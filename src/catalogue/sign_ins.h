#pragma once
// Whose tokens does an identity provider sign? Of an issuer that many tenants share, anybody can have
// a token; what one says of its tenant stands in a claim. Of an issuer that is one tenant's, its URL
// says whose.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ringwall::catalogue {

enum class Tenancy : std::uint8_t {
  shared,   // anybody can have a token
  single,   // the issuer's URL is one tenant's
  unknown,  // the table does not know it
};

// How a claim names the tenant: `repo:{}/` in front of what the tenant itself chooses, `{}` as a whole.
struct TenantClaim {
  std::string_view claim;  // `sub`; one with a colon is a condition key by itself
  std::string_view shape;
};

// `issuer` is a provider's URL without its scheme, as an ARN and condition keys have it, in any case.
Tenancy tenancy_of(std::string_view issuer);
std::span<const TenantClaim> tenant_claims(std::string_view issuer);  // of shared ones; else empty

// The condition key of an issuer's claim: `gitlab.com:sub`.
std::string claim_key(std::string_view issuer, std::string_view claim);

// The tenant that a claim's value names, if its literal beginning does so to the end of the name.
struct NamedTenant {
  std::string text;
  bool is_beginning = false;  // every value that begins so is the tenant's; else this value is
};
// `whole`: the literal beginning is the whole value.
std::optional<NamedTenant> tenant_named(std::string_view shape, std::string_view beginning, bool whole);

}  // namespace ringwall::catalogue
