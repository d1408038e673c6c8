#include "host/detail/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "host/detail/address.h"
#include "host/detail/attempts.h"
#include "host/detail/conntrack.h"
#include "host/detail/firewall.h"
#include "host/detail/namespaces.h"
#include "host/detail/netlink.h"
#include "os/files.h"

namespace ringwall::host::detail {
namespace {

constexpr const char* interface_link = "eth0";
constexpr int backlog = 4096;

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code ignored;  // a folder that is not there holds nothing
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    names.push_back(entry.path().filename());
  }
  return names;
}

Result<> set_kernel(const std::string& name, const char* value) {
  const std::string path = "/proc/sys/net/" + name;
  const os::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const std::string_view text(value);
  if (file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()))
    return {};
  // A kernel without IPv6 has nothing to switch off.
  if (errno == ENOENT && name.starts_with("ipv6/")) return {};
  return std::unexpected(os::system_error("cannot set `" + path + "`", errno));
}

Result<> set_all_kernel(std::initializer_list<std::pair<const char*, const char*>> settings) {
  for (const auto& [name, value] : settings) RW_DO(set_kernel(name, value));
  return {};
}

// The names of interfaces' links; the kernel may put a fallback tunnel of its own, which cannot
// be removed, into every namespace.
bool is_interface_link(const std::string& name) {
  return name.starts_with("e") && name != "erspan0";
}

const Subnet& subnet_of(const Network& network, const Interface& interface) {
  return *std::ranges::find(network.subnets, interface.subnet_id, &Subnet::id);
}

// The addresses the VPC's own namespace answers at: every subnet's router, the resolver, and
// the local interfaces.
std::set<std::uint32_t> own_addresses(const Network& network) {
  std::set<std::uint32_t> wanted = {parse_prefix(network.cidr)->base + 2};
  for (const Subnet& subnet : network.subnets) wanted.insert(parse_prefix(subnet.cidr)->base + 1);
  for (const Interface& interface : network.interfaces) {
    if (interface.local) wanted.insert(*parse_address(interface.address));
  }
  return wanted;
}

Result<> settle_own_addresses(Netlink& netlink, const Network& network) {
  const int loopback = link_index("lo");
  RW_DO(netlink.set_up(loopback));
  std::set<std::uint32_t> missing = own_addresses(network);
  RW_TRY(const auto present, netlink.addresses(loopback));
  for (const Prefix& address : present) {
    if (address.length == 8 || missing.erase(address.base) > 0) continue;  // 127.0.0.1/8, or wanted
    RW_DO(netlink.remove_address(loopback, address.base, address.length));
  }
  for (const std::uint32_t address : missing) RW_DO(netlink.add_address(loopback, address, 32));
  return {};
}

// Takes away the links and pins of interfaces that are no longer wanted.
Result<> remove_others(const Folders& folders, Netlink& netlink, const Network& network) {
  std::set<std::string> pins, links;
  for (const Interface& interface : network.interfaces) {
    if (interface.local) continue;
    pins.insert(interface.id);
    links.insert(link_name(interface.id));
  }
  for (const std::string& name : link_names()) {
    if (!is_interface_link(name) || links.contains(name)) continue;
    RW_DO(netlink.remove_link(link_index(name)));
  }
  for (const std::string& name : names_in(folders.network(network.id))) {
    if (!name.starts_with("eni-") || pins.contains(name)) continue;
    RW_DO(remove_namespace(folders.interface_namespace(network.id, name)));
  }
  return {};
}

// The far end, in the interface's own namespace.
Result<> settle_far_end(const Interface& interface, const Prefix& subnet, int far_namespace) {
  RW_TRY(const Visit visit, Visit::to(far_namespace));
  RW_TRY(Netlink netlink, Netlink::open());
  RW_DO(netlink.set_up(link_index("lo")));
  const int link = link_index(interface_link);
  const std::uint32_t address = *parse_address(interface.address);
  RW_TRY(const auto present, netlink.addresses(link));
  for (const Prefix& other : present) {
    if (other.base == address && other.length == subnet.length) continue;
    RW_DO(netlink.remove_address(link, other.base, other.length));
  }
  RW_DO(netlink.set_mac(link, interface.mac));
  RW_DO(netlink.add_address(link, address, subnet.length));
  RW_DO(netlink.set_up(link));
  return netlink.set_route(link, Prefix{0, 0}, subnet.base + 1);
}

// Whether both ends of the pair are where they belong. If one is missing (a process died in
// between, or one namespace was made anew) what is left of the other is removed.
Result<bool> pair_exists(Netlink& netlink, const std::string& name, int far_namespace) {
  const int near = link_index(name);
  bool far_exists = false;
  {
    RW_TRY(const Visit visit, Visit::to(far_namespace));
    const int far = link_index(interface_link);
    far_exists = far != 0;
    if (far_exists && near == 0) {
      RW_TRY(Netlink far_netlink, Netlink::open());
      RW_DO(far_netlink.remove_link(far));
      return false;
    }
  }
  if (near != 0 && !far_exists) RW_DO(netlink.remove_link(near));
  return near != 0 && far_exists;
}

Result<> settle_interface(const Folders& folders, Netlink& netlink, const Network& network,
                          const Interface& interface) {
  const std::string name = link_name(interface.id);
  const Prefix subnet = *parse_prefix(subnet_of(network, interface).cidr);
  const std::string pin = folders.interface_namespace(network.id, interface.id);
  RW_TRY(const os::UniqueFd far, make_namespace(pin));
  {
    RW_TRY(const Visit visit, Visit::to(far.get()));
    RW_DO(set_all_kernel(
        {{"ipv6/conf/all/disable_ipv6", "1"}, {"ipv6/conf/default/disable_ipv6", "1"}}));
  }
  RW_TRY(const bool whole, pair_exists(netlink, name, far.get()));
  if (!whole) RW_DO(netlink.make_pair(name, far.get(), interface_link, interface.mac));

  const int link = link_index(name);
  RW_DO(set_kernel("ipv4/conf/" + name + "/proxy_arp", "1"));
  // The kernel delays proxied answers by up to 0.8 s, to let the real owner go first.
  RW_DO(set_kernel("ipv4/neigh/" + name + "/proxy_delay", "0"));
  RW_DO(netlink.set_up(link));
  RW_DO(settle_far_end(interface, subnet, far.get()));
  const Prefix own{*parse_address(interface.address), 32};
  RW_TRY(const auto present, netlink.routes(link));
  for (const Prefix& other : present) {
    if (other != own) RW_DO(netlink.remove_route(link, other));
  }
  return netlink.set_route(link, own, {});
}

Result<> remove_links(const Folders& folders, const std::string& vpc_id) {
  const auto own = open_namespace(folders.vpc_namespace(vpc_id));
  if (!own) return {};
  RW_TRY(const Visit visit, Visit::to(own->get()));
  RW_TRY(Netlink netlink, Netlink::open());
  Result<> outcome;
  for (const std::string& name : link_names()) {
    if (is_interface_link(name)) attempt(outcome, netlink.remove_link(link_index(name)));
  }
  return outcome;
}

// Which flows an interface may have follows from its address and its groups. Both are noted beside
// the pins, a line an interface ("eni-… 10.0.1.10 sg-… sg-…"), so that the next change is seen
// whichever helper makes it.
std::map<std::string, std::string> noted_interfaces(const Folders& folders, const std::string& vpc_id) {
  constexpr std::size_t bytes_max = 16UL << 20;
  std::map<std::string, std::string> noted;
  std::istringstream lines(os::read_file(folders.interfaces(vpc_id), bytes_max).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const std::size_t space = line.find(' ');
    if (space != std::string::npos) noted.emplace(line.substr(0, space), line.substr(space + 1));
  }
  return noted;
}

std::map<std::string, std::string> wanted_interfaces(const Network& network) {
  std::map<std::string, std::string> wanted;
  for (const Interface& interface : network.interfaces) {
    std::string line = interface.address;
    std::vector<std::string> groups = interface.groups;
    std::ranges::sort(groups);
    for (const std::string& group : groups) line += ' ' + group;
    wanted.emplace(interface.id, std::move(line));
  }
  return wanted;
}

std::string address_in(const std::string& line) { return line.substr(0, line.find(' ')); }

// The addresses of interfaces that come, go, or are not what they were.
std::set<std::uint32_t> changed_addresses(const std::map<std::string, std::string>& before,
                                          const std::map<std::string, std::string>& after) {
  std::set<std::uint32_t> changed;
  const auto add = [&](const auto& these, const auto& those) {
    for (const auto& [id, line] : these) {
      const auto other = those.find(id);
      if (other != those.end() && other->second == line) continue;
      if (const auto address = parse_address(address_in(line))) changed.insert(*address);
    }
  };
  add(before, after);
  add(after, before);
  return changed;
}

Result<> note_interfaces(const Folders& folders, const std::string& vpc_id,
                         const std::map<std::string, std::string>& interfaces) {
  std::string text;
  for (const auto& [id, line] : interfaces) text += id + ' ' + line + '\n';
  return os::write_file(folders.interfaces(vpc_id), text, 0600);
}

}  // namespace

Result<> apply_network(const Folders& folders, const Network& network) {
  RW_DO(os::make_folder(folders.network(network.id), 0700));
  RW_TRY(const os::UniqueFd own, make_namespace(folders.vpc_namespace(network.id)));
  RW_TRY(const Visit visit, Visit::to(own.get()));
  RW_DO(set_all_kernel({{"ipv6/conf/all/disable_ipv6", "1"},
                        {"ipv6/conf/default/disable_ipv6", "1"},
                        {"ipv4/conf/all/rp_filter", "1"},
                        {"ipv4/conf/default/rp_filter", "1"},
                        {"ipv4/conf/all/send_redirects", "0"},
                        {"ipv4/conf/default/send_redirects", "0"},
                        {"ipv4/conf/all/accept_redirects", "0"},
                        {"ipv4/conf/default/accept_redirects", "0"}}));
  // The filter comes before any link, and forwarding after it: nothing is ever open.
  RW_DO(load_firewall(network));
  RW_DO(set_kernel("ipv4/ip_forward", "1"));
  // A connection that is not known cannot be taken up in its middle: what was severed stays so.
  RW_DO(set_kernel("netfilter/nf_conntrack_tcp_loose", "0"));
  RW_TRY(Netlink netlink, Netlink::open());
  RW_DO(settle_own_addresses(netlink, network));
  RW_DO(remove_others(folders, netlink, network));
  // By now nothing passes that only the last state let pass, but for flows under way. Those that
  // belong to what changed go before a new interface has a link.
  const auto before = noted_interfaces(folders, network.id), after = wanted_interfaces(network);
  if (before != after) {
    RW_DO(forget_flows(changed_addresses(before, after)));
    RW_DO(note_interfaces(folders, network.id, after));
  }
  const std::string resolver = to_text(parse_prefix(network.cidr)->base + 2);
  if (os::read_file(folders.resolver(network.id), 64).value_or("") != resolver) {
    RW_DO(os::write_file(folders.resolver(network.id), resolver, 0600));
  }
  for (const Interface& interface : network.interfaces) {
    if (!interface.local) RW_DO(settle_interface(folders, netlink, network, interface));
  }
  return {};
}

Result<> remove_network(const Folders& folders, const std::string& vpc_id) {
  // The links go first and at once; a namespace that a process still uses keeps its own end
  // only until then.
  Result<> outcome = remove_links(folders, vpc_id);
  for (const std::string& name : names_in(folders.network(vpc_id))) {
    attempt(outcome, remove_namespace(folders.network(vpc_id) + "/" + name));
  }
  if (::rmdir(folders.network(vpc_id).c_str()) != 0 && errno != ENOENT) {
    attempt(outcome, std::unexpected(os::system_error("cannot remove `" + folders.network(vpc_id) + "`", errno)));
  }
  return outcome;
}

Result<std::size_t> sever(const Folders& folders, const std::string& vpc_id,
                          const std::vector<std::string>& addresses) {
  const auto own = open_namespace(folders.vpc_namespace(vpc_id));
  if (!own) return fail(Failure::not_found, "the network `" + vpc_id + "` does not exist");
  RW_TRY(const Visit visit, Visit::to(own->get()));
  std::set<std::uint32_t> theirs;
  for (const std::string& address : addresses) theirs.insert(*parse_address(address));
  return forget_flows(theirs);
}

Result<> sever_interface(const Folders& folders, const std::string& interface_id) {
  RW_TRY(const std::string vpc_id, vpc_of(folders, interface_id));
  const auto noted = noted_interfaces(folders, vpc_id);
  const auto line = noted.find(interface_id);
  // One that an older ringwall made is noted when its network is applied next.
  if (line == noted.end()) return {};
  RW_DO(sever(folders, vpc_id, {address_in(line->second)}));
  return {};
}

Result<os::UniqueFd> listen(const Folders& folders, const std::string& vpc_id,
                            const std::string& address, std::uint16_t port, Transport transport) {
  const auto own = open_namespace(folders.vpc_namespace(vpc_id));
  if (!own) return fail(Failure::not_found, "the network `" + vpc_id + "` does not exist");
  RW_TRY(const Visit visit, Visit::to(own->get()));
  const bool tcp = transport == Transport::tcp;
  const int type = (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
  os::UniqueFd socket(::socket(AF_INET, type, 0));
  if (!socket) return std::unexpected(os::system_error("cannot make a socket", errno));
  const int on = 1;
  // A server that starts again must not wait for its predecessor's connections to fade.
  if (tcp) ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  name.sin_addr.s_addr = htonl(*parse_address(address));
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      (tcp && ::listen(socket.get(), backlog) != 0)) {
    const std::string where = "`" + address + ":" + std::to_string(port) + "` of `" + vpc_id + "`";
    if (errno == EADDRNOTAVAIL) {
      return fail(Failure::not_found,
                  where + " is not an address of the network's own: apply it first");
    }
    return std::unexpected(os::system_error("cannot listen at " + where, errno));
  }
  return socket;
}

Result<os::UniqueFd> interface_namespace(const Folders& folders, const std::string& vpc_id,
                                         const std::string& interface_id) {
  auto pinned = open_namespace(folders.interface_namespace(vpc_id, interface_id));
  if (pinned) return pinned;
  return fail(Failure::not_found,
              "the interface `" + interface_id + "` does not exist in `" + vpc_id + "`");
}

Result<std::string> vpc_of(const Folders& folders, const std::string& interface_id) {
  for (const std::string& vpc : networks(folders)) {
    if (open_namespace(folders.interface_namespace(vpc, interface_id))) return vpc;
  }
  return fail(Failure::not_found,
              "the interface `" + interface_id + "` does not exist: apply its network first");
}

std::vector<std::string> networks(const Folders& folders) {
  std::vector<std::string> found;
  for (const std::string& name : names_in(folders.networks())) {
    if (open_namespace(folders.vpc_namespace(name))) found.push_back(name);
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace ringwall::host::detail
