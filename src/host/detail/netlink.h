#pragma once
// Links, addresses and routes of the network namespace the calling process is in, by
// rtnetlink. Every "set" converges: what is there already is success.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/detail/address.h"
#include "os/fd.h"

namespace ringwall::host::detail {

class Netlink {
 public:
  // Bound to the namespace the process is in now, wherever it goes later.
  static Result<Netlink> open();

  // A pair of links: `name` here, `peer_name` in `peer_namespace` with the given MAC.
  Result<> make_pair(const std::string& name, int peer_namespace, const std::string& peer_name,
                     const std::string& peer_mac);
  Result<> set_mac(int link, const std::string& mac);
  Result<> set_up(int link);
  Result<> remove_link(int link);

  Result<std::vector<Prefix>> addresses(int link);  // of the link; host bits kept in `base`
  Result<> add_address(int link, std::uint32_t address, int length);
  Result<> remove_address(int link, std::uint32_t address, int length);

  Result<std::vector<Prefix>> routes(int link);  // of the main table, without a gateway
  Result<> set_route(int link, const Prefix& to, std::optional<std::uint32_t> gateway);
  Result<> remove_route(int link, const Prefix& to);

 private:
  class Message;
  explicit Netlink(os::UniqueFd socket) : socket_(std::move(socket)) {}
  Result<> request(Message& message, const std::string& what);
  template <typename Visit>
  Result<> dump(Message& message, const std::string& what, Visit visit);

  os::UniqueFd socket_;
  std::uint32_t sequence_ = 0;
};

// The index of the link called `name` in the current namespace, 0 when there is none.
int link_index(const std::string& name);
std::vector<std::string> link_names();

}  // namespace ringwall::host::detail
