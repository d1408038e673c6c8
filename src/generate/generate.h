#pragma once
// From the perimeter file, the policies that hold it: those of the perimeter whitepaper's
// appendices in their current form, packed into as few documents as AWS's quotas allow.
// The same perimeter and catalogue give the same bytes.

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "catalogue/catalogue.h"
#include "perimeter/perimeter.h"
#include "policy/policy.h"

namespace ringwall::generate {

enum class Layer : std::uint8_t {
  identity_guardrail,  // managed policies for principals: deny what is not mine
  scp_resources,       // deny-list SCPs by service: only my resources
  scp_networks,        // only my networks
  scp_governance,      // who may change what the perimeter rests on; if the file has `governance`
  scp_agents,          // what agents may do through an MCP server; if the file has `agents`
  rcp,                 // only my principals, only my networks, on every resource that RCPs reach
  resource_statement,  // the standard statements for resource-based policies
  endpoint,            // VPC endpoint policies, one a service
  trust_statement,     // for every role's trust policy
};
std::string_view name_of(Layer layer);  // "scp-resources", …
std::optional<Layer> layer_of(std::string_view name);

// What a statement of the layer holds: the objectives of which a cell leaks without it, unless another layer holds that cell as
// well. The whole comes beside them. Empty: it only lets through, or keeps what the perimeter rests on. Sids that were cut into
// parts (`OnlyMyNetworks3`) are their stem's.
std::vector<perimeter::Objective> held_by(Layer layer, std::string_view sid);

// A document ready to attach. `document` passes policy::compile for `kind`, except statements,
// which are merged into documents that exist.
struct Policy {
  Layer layer;
  std::string name;         // "ringwall-scp-resources-1": stable, and unique
  std::string description;
  policy::Kind kind;
  std::string service;      // of endpoint policies and of statements: "s3"; empty: all
  text::Json document;      // a policy, or for statements {"Statement": […]}
  // Of a trust statement for some roles only: their ARNs, as patterns. Empty: for every one.
  std::vector<std::string> resources = {};
};

struct Generated {
  std::vector<Policy> policies;   // by layer and name
  std::string proxy;              // Squid's configuration, as in appendix 6
  std::vector<std::string> notes; // what does not fit a quota, and what was left out and why
  bool complete = true;           // false: something does not fit, and the policies do not hold
};

// How many documents of ours one target takes: AWS attaches five SCPs and five RCPs to a root, unit
// or account, of which FullAWSAccess is one, and ten managed policies to a role.
inline constexpr std::size_t scps_max = 4, rcps_max = 4, managed_policies_max = 10;

// `today`: an ISO 8601 date; exceptions that are over by then are not excepted. Failure::invalid: no
// policy can hold the perimeter, as if it expects no network at all.
Result<Generated> generate(const perimeter::Perimeter& perimeter, const catalogue::Catalogue& catalogue,
                           const std::string& today);

// Attachments are made ready where a format has a resource for them: SCPs and RCPs to a target that
// is a parameter, endpoint policies to endpoints that are named by one.
using Files = std::map<std::string, std::string>;  // path -> content
Files as_json(const Generated& generated);  // beside them protections.json: what each statement holds
Files as_terraform(const Generated& generated);
Files as_cloudformation(const Generated& generated);

}  // namespace ringwall::generate
