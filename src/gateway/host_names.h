#pragma once
// Which Host a request may be signed for: a request that was made for another server is not answered
// here, whoever relays it.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "service/service.h"

namespace ringwall::gateway {

inline constexpr std::size_t host_names_max = 64;  // configured ones

// A value; thread-safe once made.
class HostNames {
 public:
  // `configured`: names and addresses by which clients reach this server besides its own, as behind a
  // load balancer; `*.example.com` is every name of one label more.
  static Result<HostNames> make(const std::string& region, const std::string& dns_suffix, const std::vector<std::string>& configured);

  // Is this the name (or address) of the listener that accepted? Own names are localhost and the
  // loopback addresses, the address that was connected to, SERVICE.REGION.SUFFIX, and at a VPC
  // endpoint that endpoint's. The port is not compared: a forwarded one is another.
  bool fit(std::string_view host, std::string_view local_address, const service::NetworkContext& network) const;

 private:
  HostNames() = default;
  std::string domain_;       // ".us-east-1.ringwall.internal"
  std::string vpce_domain_;  // ".vpce.ringwall.internal"
  std::vector<std::string> configured_;
};

}  // namespace ringwall::gateway
