#pragma once
// Connection tracking of the network namespace the calling process is in, by ctnetlink.

#include <cstddef>
#include <cstdint>
#include <set>

#include "base/result.h"

namespace ringwall::host::detail {

// Forgets every flow that has one of these addresses at either end, before or after translation,
// and answers how many there were. With `nf_conntrack_tcp_loose` off, as every VPC's namespace has
// it, what such a TCP connection sends afterwards is invalid, so that it is over. Costs a look at
// each flow of the namespace.
Result<std::size_t> forget_flows(const std::set<std::uint32_t>& addresses);

}  // namespace ringwall::host::detail
