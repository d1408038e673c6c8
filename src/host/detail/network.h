#pragma once
// A VPC as namespaces, links, addresses and routes.
//
// The VPC is a router in a namespace of its own; every interface is a further namespace joined
// to it by a pair of links. The router answers ARP for whatever it can route to, so neighbours
// in a subnet reach each other through it and its filter. There is no bridge, hence no traffic
// between interfaces that the filter does not see, and no default route: nothing leaves.

#include <string>
#include <vector>

#include "base/result.h"
#include "host/detail/folders.h"
#include "host/host.h"
#include "os/fd.h"

namespace ringwall::host::detail {

// Converges from any half-made state. `network` was validated.
Result<> apply_network(const Folders& folders, const Network& network);
Result<> remove_network(const Folders& folders, const std::string& vpc_id);
// Ends the flows of these addresses of the VPC, and answers how many there were.
Result<std::size_t> sever(const Folders& folders, const std::string& vpc_id,
                          const std::vector<std::string>& addresses);
// The same of the address that the interface was last given.
Result<> sever_interface(const Folders& folders, const std::string& interface_id);
Result<os::UniqueFd> listen(const Folders& folders, const std::string& vpc_id,
                            const std::string& address, std::uint16_t port, Transport transport);
Result<os::UniqueFd> interface_namespace(const Folders& folders, const std::string& vpc_id,
                                         const std::string& interface_id);
// The VPC in which the interface is pinned.
Result<std::string> vpc_of(const Folders& folders, const std::string& interface_id);
std::vector<std::string> networks(const Folders& folders);

}  // namespace ringwall::host::detail
