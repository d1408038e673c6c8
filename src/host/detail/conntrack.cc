#include "host/detail/conntrack.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "os/fd.h"
#include "os/files.h"

namespace ringwall::host::detail {
namespace {

constexpr std::size_t reply_bytes_max = 64 << 10;

using Bytes = std::vector<char>;

void append(Bytes& bytes, const void* data, std::size_t size) {
  const char* begin = static_cast<const char*>(data);
  bytes.insert(bytes.end(), begin, begin + size);
  bytes.resize(NLMSG_ALIGN(bytes.size()));
}

// A request of the conntrack subsystem, to be followed by attributes.
Bytes begin_message(std::uint16_t what, int flags, std::uint32_t sequence) {
  nlmsghdr header = {};
  header.nlmsg_type = static_cast<std::uint16_t>((NFNL_SUBSYS_CTNETLINK << 8) | what);
  header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  header.nlmsg_seq = sequence;
  const nfgenmsg body = {.nfgen_family = AF_INET, .version = NFNETLINK_V0, .res_id = 0};
  Bytes bytes;
  append(bytes, &header, sizeof header);
  append(bytes, &body, sizeof body);
  return bytes;
}

Result<> send(const os::UniqueFd& socket, Bytes& message) {
  auto* header = reinterpret_cast<nlmsghdr*>(message.data());
  header->nlmsg_len = static_cast<std::uint32_t>(message.size());
  if (::send(socket.get(), message.data(), message.size(), 0) >= 0) return {};
  return std::unexpected(os::system_error("cannot ask connection tracking", errno));
}

// Calls `visit` with every message of the answer, to its end.
template <typename Visit>
Result<> receive(const os::UniqueFd& socket, std::uint32_t sequence, Visit visit) {
  alignas(nlmsghdr) static char buffer[reply_bytes_max];  // the process has one thread
  for (;;) {
    const ssize_t got = ::recv(socket.get(), buffer, sizeof buffer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(os::system_error("cannot read connection tracking", errno));
    auto left = static_cast<unsigned>(got);
    for (auto* entry = reinterpret_cast<nlmsghdr*>(buffer); NLMSG_OK(entry, left);
         entry = NLMSG_NEXT(entry, left)) {
      if (entry->nlmsg_seq != sequence) continue;
      if (entry->nlmsg_type == NLMSG_DONE) return {};
      if (entry->nlmsg_type == NLMSG_ERROR) {
        const int code = -static_cast<const nlmsgerr*>(NLMSG_DATA(entry))->error;
        // A flow that ended by itself meanwhile is gone, as was asked.
        if (code == 0 || code == ENOENT) return {};
        return std::unexpected(
            os::system_error("cannot use connection tracking (nf_conntrack_netlink)", code));
      }
      visit(*entry);
    }
  }
}

// Calls `visit(type, attribute)` for each attribute of the bytes.
template <typename Visit>
void for_each_attribute(const char* bytes, std::size_t size, Visit visit) {
  while (size >= NLA_HDRLEN) {
    const auto* attribute = reinterpret_cast<const nlattr*>(bytes);
    if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > size) return;
    visit(attribute->nla_type & NLA_TYPE_MASK, *attribute);
    const std::size_t step = NLA_ALIGN(attribute->nla_len);
    if (step >= size) return;
    bytes += step;
    size -= step;
  }
}
template <typename Visit>
void for_each_attribute(const nlattr& nest, Visit visit) {
  for_each_attribute(reinterpret_cast<const char*>(&nest) + NLA_HDRLEN, nest.nla_len - NLA_HDRLEN,
                     visit);
}

bool touches(const nlattr& tuple, const std::set<std::uint32_t>& addresses) {
  bool found = false;
  for_each_attribute(tuple, [&](int type, const nlattr& part) {
    if (type != CTA_TUPLE_IP) return;
    for_each_attribute(part, [&](int which, const nlattr& value) {
      if (which != CTA_IP_V4_SRC && which != CTA_IP_V4_DST) return;
      std::uint32_t address = 0;
      if (value.nla_len != NLA_HDRLEN + sizeof address) return;
      std::memcpy(&address, reinterpret_cast<const char*>(&value) + NLA_HDRLEN, sizeof address);
      found = found || addresses.contains(ntohl(address));
    });
  });
  return found;
}

// What names the flow in a request to delete it; empty if it is none of the addresses'.
Bytes name_of_flow(const nlmsghdr& entry, const std::set<std::uint32_t>& addresses) {
  Bytes name;
  bool is_theirs = false, has_tuple = false;
  const std::size_t head = NLMSG_LENGTH(NLMSG_ALIGN(sizeof(nfgenmsg)));
  if (entry.nlmsg_len < head) return {};
  for_each_attribute(reinterpret_cast<const char*>(&entry) + head, entry.nlmsg_len - head,
                     [&](int type, const nlattr& attribute) {
                       if (type == CTA_TUPLE_ORIG || type == CTA_TUPLE_REPLY)
                         is_theirs = is_theirs || touches(attribute, addresses);
                       if (type != CTA_TUPLE_ORIG && type != CTA_ID && type != CTA_ZONE) return;
                       has_tuple = has_tuple || type == CTA_TUPLE_ORIG;
                       append(name, &attribute, attribute.nla_len);
                     });
  // INVARIANT: never empty for a deletion, which would then take every flow.
  return is_theirs && has_tuple ? name : Bytes();
}

}  // namespace

Result<std::size_t> forget_flows(const std::set<std::uint32_t>& addresses) {
  if (addresses.empty()) return 0;
  const os::UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  if (!socket)
    return std::unexpected(os::system_error("cannot open a netfilter socket", errno));
  std::uint32_t sequence = 1;
  Bytes question = begin_message(IPCTNL_MSG_CT_GET, NLM_F_DUMP, sequence);
  RW_DO(send(socket, question));
  std::vector<Bytes> flows;
  RW_DO(receive(socket, sequence, [&](const nlmsghdr& entry) {
    if (Bytes name = name_of_flow(entry, addresses); !name.empty()) flows.push_back(std::move(name));
  }));
  for (const Bytes& flow : flows) {
    Bytes order = begin_message(IPCTNL_MSG_CT_DELETE, NLM_F_ACK, ++sequence);
    append(order, flow.data(), flow.size());
    RW_DO(send(socket, order));
    RW_DO(receive(socket, sequence, [](const nlmsghdr&) {}));
  }
  return flows.size();
}

}  // namespace ringwall::host::detail
