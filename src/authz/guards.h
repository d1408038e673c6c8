#pragma once
// What AWS asks of a resource's own policy, by the action and the resource that it is asked about.

#include <string_view>

#include "authz/authz.h"

namespace ringwall::authz {

// The kind of policy that guards what the action is asked of: a role's trust policy, a key policy,
// or a resource-based policy, which need not be there.
ResourceKind resource_kind_of(std::string_view action);

// KMS operations on no key (`kms:ListKeys`) and the alias's half of those on aliases: they need the
// identity's policy alone, and no key policy can allow or deny them (KMS Developer Guide, "AWS KMS
// permissions" and "Controlling access to aliases"). On a key, an alias operation asks the key.
bool asks_no_key(std::string_view action, std::string_view resource);

// `sts:GetCallerIdentity` is answered to whoever signs a request, an explicit deny or not (STS API
// Reference, "GetCallerIdentity").
bool needs_no_permission(const policy::Request& request);

}  // namespace ringwall::authz
