#include "host/detail/netlink.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "os/files.h"

namespace ringwall::host::detail {
namespace {

constexpr std::size_t reply_bytes_max = 64 << 10;

std::vector<std::uint8_t> octets(const std::string& mac) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < mac.size(); i += 3) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(mac.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

}  // namespace

// A request under construction. All of ours are small, so the buffer is fixed.
class Netlink::Message {
 public:
  Message(std::uint16_t type, int flags) {
    header().nlmsg_len = NLMSG_HDRLEN;
    header().nlmsg_type = type;
    header().nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  }
  nlmsghdr& header() { return *reinterpret_cast<nlmsghdr*>(buffer_); }

  template <typename Body>
  void body(const Body& value) {
    append(&value, sizeof value);
  }
  void attribute(int type, const void* data, std::size_t size) {
    const rtattr head = {static_cast<unsigned short>(RTA_LENGTH(size)),
                         static_cast<unsigned short>(type)};
    append(&head, sizeof head);
    if (size > 0) append(data, size);
  }
  void attribute(int type, const std::string& text) {
    attribute(type, text.c_str(), text.size() + 1);
  }
  void attribute(int type, std::uint32_t value) { attribute(type, &value, sizeof value); }
  // Attributes added before end() lie inside this one.
  std::size_t begin(int type) {
    const std::size_t at = header().nlmsg_len;
    attribute(type, nullptr, 0);
    return at;
  }
  void end(std::size_t at) {
    reinterpret_cast<rtattr*>(buffer_ + at)->rta_len =
        static_cast<unsigned short>(header().nlmsg_len - at);
  }

 private:
  void append(const void* data, std::size_t size) {
    RW_CHECK(header().nlmsg_len + NLMSG_ALIGN(size) <= sizeof buffer_);
    std::memcpy(buffer_ + header().nlmsg_len, data, size);
    header().nlmsg_len += static_cast<std::uint32_t>(NLMSG_ALIGN(size));
  }

  alignas(nlmsghdr) char buffer_[1024] = {};
};

Result<Netlink> Netlink::open() {
  os::UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket) return std::unexpected(os::system_error("cannot open a netlink socket", errno));
  return Netlink(std::move(socket));
}

template <typename Visit>
Result<> Netlink::dump(Message& message, const std::string& what, Visit visit) {
  message.header().nlmsg_seq = ++sequence_;
  if (::send(socket_.get(), &message.header(), message.header().nlmsg_len, 0) < 0) {
    return std::unexpected(os::system_error("cannot " + what, errno));
  }
  alignas(nlmsghdr) static char buffer[reply_bytes_max];  // the process has one thread
  for (;;) {
    const ssize_t got = ::recv(socket_.get(), buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(os::system_error("cannot " + what, errno));
    auto left = static_cast<unsigned>(got);
    for (auto* entry = reinterpret_cast<nlmsghdr*>(buffer); NLMSG_OK(entry, left);
         entry = NLMSG_NEXT(entry, left)) {
      if (entry->nlmsg_seq != sequence_) continue;  // left over from a request that failed midway
      if (entry->nlmsg_type == NLMSG_DONE) return {};
      if (entry->nlmsg_type == NLMSG_ERROR) {
        const int code = -static_cast<const nlmsgerr*>(NLMSG_DATA(entry))->error;
        if (code == 0) return {};
        return std::unexpected(os::system_error("cannot " + what, code));
      }
      visit(*entry);
    }
  }
}

Result<> Netlink::request(Message& message, const std::string& what) {
  message.header().nlmsg_flags |= NLM_F_ACK;
  return dump(message, what, [](const nlmsghdr&) {});
}

Result<> Netlink::make_pair(const std::string& name, int peer_namespace,
                            const std::string& peer_name, const std::string& peer_mac) {
  Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  message.body(ifinfomsg{});
  message.attribute(IFLA_IFNAME, name);
  const auto info = message.begin(IFLA_LINKINFO);
  message.attribute(IFLA_INFO_KIND, std::string("veth"));
  const auto data = message.begin(IFLA_INFO_DATA);
  const auto peer = message.begin(VETH_INFO_PEER);
  message.body(ifinfomsg{});
  message.attribute(IFLA_IFNAME, peer_name);
  const auto mac = octets(peer_mac);
  message.attribute(IFLA_ADDRESS, mac.data(), mac.size());
  message.attribute(IFLA_NET_NS_FD, static_cast<std::uint32_t>(peer_namespace));
  message.end(peer);
  message.end(data);
  message.end(info);
  return request(message, "make the link `" + name + "`");
}

Result<> Netlink::set_mac(int link, const std::string& mac) {
  Message message(RTM_NEWLINK, 0);
  ifinfomsg body = {};
  body.ifi_index = link;
  message.body(body);
  const auto bytes = octets(mac);
  message.attribute(IFLA_ADDRESS, bytes.data(), bytes.size());
  return request(message, "set the hardware address `" + mac + "`");
}

Result<> Netlink::set_up(int link) {
  Message message(RTM_NEWLINK, 0);
  ifinfomsg body = {};
  body.ifi_index = link;
  body.ifi_flags = IFF_UP;
  body.ifi_change = IFF_UP;
  message.body(body);
  return request(message, "bring a link up");
}

Result<> Netlink::remove_link(int link) {
  Message message(RTM_DELLINK, 0);
  ifinfomsg body = {};
  body.ifi_index = link;
  message.body(body);
  return request(message, "remove a link");
}

Result<std::vector<Prefix>> Netlink::addresses(int link) {
  Message message(RTM_GETADDR, NLM_F_DUMP);
  ifaddrmsg body = {};
  body.ifa_family = AF_INET;
  message.body(body);
  std::vector<Prefix> found;
  const auto visit = [&](const nlmsghdr& entry) {
    const auto* head = static_cast<const ifaddrmsg*>(NLMSG_DATA(&entry));
    if (head->ifa_index != static_cast<unsigned>(link)) return;
    auto left = static_cast<unsigned>(IFA_PAYLOAD(&entry));
    for (const rtattr* item = IFA_RTA(head); RTA_OK(item, left); item = RTA_NEXT(item, left)) {
      if (item->rta_type != IFA_LOCAL) continue;
      std::uint32_t address = 0;
      std::memcpy(&address, RTA_DATA(item), sizeof address);
      found.push_back({ntohl(address), head->ifa_prefixlen});
    }
  };
  RW_DO(dump(message, "list addresses", visit));
  return found;
}

Result<> Netlink::add_address(int link, std::uint32_t address, int length) {
  Message message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
  ifaddrmsg body = {};
  body.ifa_family = AF_INET;
  body.ifa_prefixlen = static_cast<std::uint8_t>(length);
  body.ifa_index = static_cast<unsigned>(link);
  message.body(body);
  message.attribute(IFA_LOCAL, htonl(address));
  message.attribute(IFA_ADDRESS, htonl(address));
  return request(message, "add the address `" + to_text(address) + "`");
}

Result<> Netlink::remove_address(int link, std::uint32_t address, int length) {
  Message message(RTM_DELADDR, 0);
  ifaddrmsg body = {};
  body.ifa_family = AF_INET;
  body.ifa_prefixlen = static_cast<std::uint8_t>(length);
  body.ifa_index = static_cast<unsigned>(link);
  message.body(body);
  message.attribute(IFA_LOCAL, htonl(address));
  return request(message, "remove the address `" + to_text(address) + "`");
}

Result<std::vector<Prefix>> Netlink::routes(int link) {
  Message message(RTM_GETROUTE, NLM_F_DUMP);
  rtmsg body = {};
  body.rtm_family = AF_INET;
  message.body(body);
  std::vector<Prefix> found;
  const auto visit = [&](const nlmsghdr& entry) {
    const auto* head = static_cast<const rtmsg*>(NLMSG_DATA(&entry));
    if (head->rtm_table != RT_TABLE_MAIN) return;
    auto left = static_cast<unsigned>(RTM_PAYLOAD(&entry));
    std::uint32_t to = 0, out = 0;
    bool gateway = false;
    for (const rtattr* item = RTM_RTA(head); RTA_OK(item, left); item = RTA_NEXT(item, left)) {
      if (item->rta_type == RTA_DST) std::memcpy(&to, RTA_DATA(item), sizeof to);
      if (item->rta_type == RTA_OIF) std::memcpy(&out, RTA_DATA(item), sizeof out);
      if (item->rta_type == RTA_GATEWAY) gateway = true;
    }
    if (out == static_cast<std::uint32_t>(link) && !gateway)
      found.push_back({ntohl(to), head->rtm_dst_len});
  };
  RW_DO(dump(message, "list routes", visit));
  return found;
}

Result<> Netlink::set_route(int link, const Prefix& to, std::optional<std::uint32_t> gateway) {
  Message message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
  rtmsg body = {};
  body.rtm_family = AF_INET;
  body.rtm_dst_len = static_cast<std::uint8_t>(to.length);
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_protocol = RTPROT_STATIC;
  body.rtm_scope = gateway ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
  body.rtm_type = RTN_UNICAST;
  message.body(body);
  message.attribute(RTA_DST, htonl(to.base));
  message.attribute(RTA_OIF, static_cast<std::uint32_t>(link));
  if (gateway) message.attribute(RTA_GATEWAY, htonl(*gateway));
  return request(message, "set the route to `" + to_text(to) + "`");
}

Result<> Netlink::remove_route(int link, const Prefix& to) {
  Message message(RTM_DELROUTE, 0);
  rtmsg body = {};
  body.rtm_family = AF_INET;
  body.rtm_dst_len = static_cast<std::uint8_t>(to.length);
  body.rtm_table = RT_TABLE_MAIN;
  body.rtm_scope = RT_SCOPE_NOWHERE;
  message.body(body);
  message.attribute(RTA_DST, htonl(to.base));
  message.attribute(RTA_OIF, static_cast<std::uint32_t>(link));
  return request(message, "remove the route to `" + to_text(to) + "`");
}

int link_index(const std::string& name) {
  return static_cast<int>(::if_nametoindex(name.c_str()));
}

std::vector<std::string> link_names() {
  std::vector<std::string> names;
  struct if_nameindex* all = ::if_nameindex();
  if (all == nullptr) return names;
  for (auto* link = all; link->if_index != 0; ++link) names.emplace_back(link->if_name);
  ::if_freenameindex(all);
  return names;
}

}  // namespace ringwall::host::detail
