#pragma once
// The services whose resources resource control policies reach.

#include <string_view>

namespace ringwall::authz {

// By AWS's published list. RCPs attached above a resource of any other service have no effect on
// it. `action` is "service:Action", in any case.
bool reached_by_rcps(std::string_view action);

}  // namespace ringwall::authz
