#pragma once
// What attaching generated policies to a running organisation would change. Pure: whoever calls
// reads what is there, shows the steps, and performs them if told to.

#include <string>
#include <vector>

#include "generate/generate.h"

namespace ringwall::generate {

// What is there already, of the kinds that are attached.
struct Existing {
  struct OrganizationPolicy {  // an SCP or RCP
    std::string id, name, content;
    policy::Kind kind = policy::Kind::scp;
    bool at_root = false;
  };
  struct Endpoint {
    std::string account, id,
        service;         // `service`: "s3"; as VPC endpoints name it behind the Region
    std::string policy;  // empty: the one that lets everything through
  };
  struct Role {
    std::string account, name, arn, trust;
  };
  std::vector<OrganizationPolicy> organization;
  std::vector<Endpoint> endpoints;
  std::vector<Role> roles;  // without service-linked ones, whose trust is AWS's
};

enum class Change : std::uint8_t { unchanged, created, changed, attached, removed };
std::string_view name_of(Change change);

struct Step {
  Change change = Change::unchanged;
  Layer layer = Layer::scp_resources;
  policy::Kind kind = policy::Kind::scp;
  std::string account;   // of an endpoint or role; empty: the organisation's
  std::string target;    // the policy's name, the endpoint's id, the role's ARN
  std::string id;        // what the API calls it: the policy's id, the role's name; empty: new
  std::string document;  // what is to be there
  bool attach = false;   // to the root
  // By Sid, of merged statements: "+ OnlyMyPrincipals", "~ …" for another text, "- …".
  std::vector<std::string> statements;
};

// In the order in which they are safe to perform: roles and endpoints of the members first, while
// nothing at the root can refuse it; then what an earlier run attached and nothing makes any more
// goes, so that there is room; then RCPs and SCPs. Whoever performs them does so as the management
// account, which neither binds. Failure::invalid names a document that is not JSON.
Result<std::vector<Step>> plan(const Generated& generated, const Existing& existing);

}  // namespace ringwall::generate
