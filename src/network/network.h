#pragma once
// Stored VPCs made real. The documents under `ec2/` say what should be; this room resolves them
// into host::Network values, applies them whenever they change, answers VPC DNS, and opens the
// listeners of VPC endpoints. Services share it so that none needs another service.
// What is stored of them: network/records.h.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/host.h"
#include "service/service.h"
#include "store/store.h"

namespace ringwall::network {

using service::ApiResult;
using text::Json;

// What a service wants when it places something into a subnet.
struct Placement {
  std::string account;
  std::string subnet_id;
  std::vector<std::string> groups;     // empty: the VPC's default group
  std::string description;
  std::string requester;               // "amazon-rds": such an interface is not the user's to delete
  bool local = false;                  // see host::Interface
  std::string address = {};            // empty: the lowest free one of the subnet
};

inline constexpr std::size_t groups_per_interface_max = 5;

// Adds an interface with a free address of the subnet (AWS reserves the first four and the last),
// within the caller's transaction. The document has NetworkInterfaceId, PrivateIpAddress, SubnetId,
// VpcId, AvailabilityZone, MacAddress, Groups. Errors: InvalidSubnetID.NotFound,
// InvalidGroup.NotFound (also: of another VPC), InsufficientFreeAddressesInSubnet,
// SecurityGroupsPerInterfaceLimitExceeded; of an address asked for: InvalidParameterValue (not of
// the subnet, or reserved), InvalidIPAddress.InUse.
ApiResult<Json> add_interface(store::Transaction& transaction, Random& random, const Placement& placement);
void remove_interface(store::Transaction& transaction, const std::string& account, const std::string& interface_id);
// Replaces the groups of an interface; the groups must be of its VPC.
ApiResult<Json> set_groups(store::Transaction& transaction, const std::string& account,
                           const std::string& interface_id, const std::vector<std::string>& groups);

// The whole desired state of one VPC; nothing if it does not exist.
std::optional<host::Network> network_of(store::Transaction& transaction, const std::string& account,
                                        const std::string& vpc_id);

// Keeps the world as the documents say: applies VPCs on change and at start (adopting what is
// there), removes networks without a document, runs the resolver of each VPC, opens and closes
// endpoint listeners. Runs threads of its own until destroyed; failures are logged and retried.
class Reconciler {
 public:
  // What to do about an endpoint's listeners, from the reconciler's thread:
  //   context and socket     serve this socket too (one for each subnet of the endpoint)
  //   context, no socket     from the next request on, the endpoint's sockets have this context
  //   neither (no vpce_id)   close all of the endpoint's sockets
  // The peer's address is the request's vpc_source_ip: whoever accepts fills it in.
  using OnListener = std::function<void(const std::string& endpoint_id, const service::NetworkContext& context, os::UniqueFd socket)>;

  struct Options {
    std::string dns_suffix = "ringwall.internal";          // names below it that are unknown do not exist
    std::function<void(const std::string& line)> log = {};  // none: a line on standard error
  };

  Reconciler(store::Store& store, host::Host& host, OnListener on_listener);
  Reconciler(store::Store& store, host::Host& host, OnListener on_listener, Options options);
  ~Reconciler();

  // Returns once every change to the VPC's documents committed before the call has been applied
  // to the kernel, or with the failure of applying it. Cost: one host request when dirty.
  Result<> settle(const std::string& vpc_id);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace ringwall::network
