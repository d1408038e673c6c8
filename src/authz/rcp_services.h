#pragma once
// The services whose resources resource control policies reach.

#include "policy/policy.h"

namespace ringwall::authz {

// By AWS's published list. RCPs attached above a resource of any other service have no effect on
// it.
bool reached_by_rcps(const policy::Probe& probe);

}  // namespace ringwall::authz
