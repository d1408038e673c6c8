#pragma once
// The perimeter file: what is mine, which networks are expected, and what is excepted.
// Its JSON schema is embed/perimeter.schema.json, and `ringwall perimeter schema` prints it.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/cidr.h"
#include "text/json.h"

namespace ringwall::perimeter {

// The cells of the matrix: what is asked, in the order in which they are shown.
enum class Objective : std::uint8_t {
  identity_resources,
  identity_networks,
  resource_principals,
  resource_networks,
  network_principals,
  network_resources,
  trust,
  whole,
  agents,  // asked only where the file has `agents`
};
inline constexpr std::size_t objective_count = 8;             // those that are asked of every perimeter
inline constexpr std::size_t objective_count_with_agents = 9;
std::string_view name_of(Objective objective);  // "identity/resources", …, "trust", "perimeter", "agents"
std::optional<Objective> objective_of(std::string_view name);

// A VPC or an endpoint: its id is unique within its Region only.
struct Place {
  std::string region, id;
  friend auto operator<=>(const Place&, const Place&) = default;
};

struct Networks {
  std::vector<text::Cidr> cidrs;       // public addresses that are mine
  std::vector<text::Cidr> on_premises; // private addresses behind my endpoints
  std::vector<Place> vpcs;             // us-east-1/vpc-…
  std::vector<Place> endpoints;        // us-east-1/vpce-…
  bool estate_vpcs = true;             // the estate's own VPCs and endpoints are expected too
};

// AWS services that act for me with their own principal (`cloudtrail.amazonaws.com`), and where.
struct ServiceException {
  std::string principal;
  std::vector<std::string> actions;    // patterns; empty: every action
  std::vector<std::string> resources;  // ARN patterns; empty: every resource of mine
  std::uint32_t offset = 0;
  // Its requests do not say for whom it acts, so it is believed for everyone: of services for which AWS documents neither
  // aws:SourceAccount nor aws:SourceArn.
  bool without_source = false;
};

// What an identity provider signs for me. A token is mine if its subject is among `subjects` and its audience among
// `audiences`, where they are not empty; one of them is not.
struct IdentityProvider {
  std::string issuer;                  // its URL without `https://`, as in ARNs
  std::vector<std::string> subjects, audiences;  // patterns
  std::uint32_t offset = 0;
};

// A resource of AWS's own that my principals may use (a bucket of patches, a public parameter).
struct AwsOwned {
  std::vector<std::string> resources;  // ARN patterns
  std::vector<std::string> actions;    // patterns; empty: every action
  std::uint32_t offset = 0;
};

// Who may change what the perimeter rests on.
struct Governance {
  std::vector<std::string> administrators;  // ARN patterns
};

// How far the perimeter is rolled out.
struct Rollout {
  bool tags = false;                        // denials of principals: of those tagged dp:include:…, and of none tagged dp:exclude:…
  std::vector<std::string> networks_for = {};  // the SCP on networks binds these sessions only: ec2, glue, lambda, users
};

// Agents that act through an MCP server of AWS's.
struct Agents {
  std::vector<std::string> services;  // prefixes of services that they may read
};

// A gap that is known and accepted. Empty lists do not narrow it.
struct Exception {
  std::string name, owner, reason;
  std::optional<std::string> expires;  // an ISO 8601 date: the first day on which it is over
  std::vector<Objective> objectives;   // empty: all
  std::vector<std::string> principals; // ARN patterns, 12-digit accounts, services, `anonymous`
  std::vector<std::string> actions, resources;
  std::vector<text::Cidr> cidrs;
  std::vector<Place> vpcs;
  std::optional<std::string> external_id;  // of trust: holds only with this sts:ExternalId
  std::uint32_t offset = 0;            // of its entry, in the file's text

  bool expired(std::string_view today) const;  // `today`: an ISO 8601 date
};

struct Perimeter {
  std::string organization;            // o-…; empty: left out (the estate's, if it has one), or none
  bool no_organization = false;        // `organization: none`: my accounts are in no organisation
  std::string management_account;      // may be empty: the estate says
  std::vector<std::string> accounts;   // outside the organisation, trusted as if inside
  std::vector<std::string> regions;    // where endpoints and the proxy reach; empty: us-east-1
  Networks networks;
  std::vector<ServiceException> services;
  std::vector<IdentityProvider> identity_providers;
  std::vector<AwsOwned> aws_owned;
  std::vector<Exception> exceptions;
  std::optional<Governance> governance = {};
  Rollout rollout = {};
  std::optional<Agents> agents = {};
  bool aws_owned_defaults = true;      // AWS's published list of its own resources (catalogue/aws_owned.h) is spared too
  bool anonymous_get_object = false;   // S3 endpoints let anonymous GetObject through (appendix 4)
};

inline constexpr std::size_t bytes_max = 4UL * 1024 * 1024;
inline constexpr std::string_view no_organization = "none";
inline constexpr std::size_t exceptions_max = 10'000;

// The ids by Region, each sorted.
std::map<std::string, std::vector<std::string>> by_region(const std::vector<Place>& places);

// An id without its Region is of the one Region that `regions` lists, and refused where that lists another number of them.
// YAML, or JSON, which is YAML too. Errors carry line and column and name the member; placeholder
// values (`o-xxxxxxxxxx`, `<organization>`, `123456789012` in `accounts` is fine) are refused.
Result<Perimeter> read(std::string_view text);

std::string_view schema();  // JSON Schema, draft 2020-12

}  // namespace ringwall::perimeter
