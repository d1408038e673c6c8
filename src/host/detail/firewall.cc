#include "host/detail/firewall.h"

#include <nftables/libnftables.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>

#include "host/detail/address.h"

namespace ringwall::host::detail {
namespace {

constexpr std::string_view members = "members-";

constexpr int protocol_icmp = 1, protocol_tcp = 6, protocol_udp = 17, protocol_icmp6 = 58;

// What stays. Base chains are emptied and filled again inside the transaction, so that a
// newer ringwall's rules replace an older one's.
std::string foundation(const std::string& resolver) {
  std::string text =
      "add table inet ringwall\n"
      "add set inet ringwall sources { type ifname . ether_addr . ipv4_addr; }\n"
      "add map inet ringwall departures { type ifname : verdict; }\n"
      "add map inet ringwall arrivals { type ifname : verdict; }\n"
      "add map inet ringwall listeners { type ipv4_addr : verdict; }\n"
      "add chain inet ringwall genuine { type filter hook prerouting priority raw; policy drop; }\n"
      "add chain inet ringwall input { type filter hook input priority filter; policy drop; }\n"
      "add chain inet ringwall forward { type filter hook forward priority filter; policy drop; }\n"
      "add chain inet ringwall output { type filter hook output priority filter; policy drop; }\n"
      "add chain inet ringwall admitted\n";
  for (const char* chain : {"genuine", "input", "forward", "output", "admitted"}) {
    text += std::string("flush chain inet ringwall ") + chain + "\n";
  }
  for (const char* chain : {"input", "forward", "output"}) {
    const std::string rule = std::string("add rule inet ringwall ") + chain;
    text += rule + " ct state established,related accept\n" + rule + " ct state invalid drop\n";
  }
  // The resolver answers whatever the groups say, as Amazon's does. Nothing new starts from
  // the VPC's own namespace: its listeners only answer.
  text +=
      "add rule inet ringwall genuine iifname . ether saddr . ip saddr @sources accept\n"
      "add rule inet ringwall input ip daddr " +
      resolver +
      " udp dport 53 accept\n"
      "add rule inet ringwall input ip daddr " +
      resolver +
      " tcp dport 53 accept\n"
      "add rule inet ringwall input iifname vmap @departures\n"
      "add rule inet ringwall forward iifname vmap @departures\n"
      "add rule inet ringwall admitted ip daddr vmap @listeners\n"
      "add rule inet ringwall admitted oifname vmap @arrivals\n"
      "flush set inet ringwall sources\n"
      "flush map inet ringwall departures\n"
      "flush map inet ringwall arrivals\n"
      "flush map inet ringwall listeners\n";
  return text;
}

std::string range(int from, int to) {
  return from == to ? std::to_string(from) : std::to_string(from) + "-" + std::to_string(to);
}

// The match of one rule, empty to match everything; nothing when it can match no packet here,
// for the namespaces carry no IPv6.
std::optional<std::string> match(const Rule& rule) {
  std::string text;
  const std::string peer = rule.direction == Rule::Direction::ingress ? "ip saddr " : "ip daddr ";
  if (!rule.group.empty()) {
    text = peer + "@" + std::string(members) + rule.group + " ";
  } else {
    const auto prefix = parse_prefix(rule.cidr);
    if (!prefix) return {};
    if (prefix->length > 0) text = peer + to_text(*prefix) + " ";
  }
  if (rule.protocol < 0) return text;
  if (rule.protocol == protocol_icmp6) return {};
  text += "meta l4proto " + std::to_string(rule.protocol) + " ";
  if (rule.protocol == protocol_tcp || rule.protocol == protocol_udp) {
    if (rule.from_port >= 0) text += "th dport " + range(rule.from_port, rule.to_port) + " ";
  } else if (rule.protocol == protocol_icmp && rule.from_port >= 0) {
    text += "icmp type " + std::to_string(rule.from_port) + " ";
    if (rule.to_port >= 0) text += "icmp code " + std::to_string(rule.to_port) + " ";
  }
  return text;
}

std::string chain_name(std::string_view what, const std::string& id, unsigned generation) {
  return std::string(what) + "_" + id + "_g" + std::to_string(generation);
}

// A group's rules of one direction, as a chain that ends in `verdict` for a match.
std::string group_chain(const Group& group, Rule::Direction direction, const std::string& chain) {
  const bool inbound = direction == Rule::Direction::ingress;
  std::string text = "add chain inet ringwall " + chain + "\n";
  for (const Rule& rule : group.rules) {
    if (rule.direction != direction) continue;
    const auto matched = match(rule);
    if (!matched) continue;
    text += "add rule inet ringwall " + chain + " " + *matched +
            (inbound ? "accept" : "goto admitted") + "\n";
  }
  return text;
}

void add_element(std::string& text, const char* set, const std::string& element) {
  text += std::string("add element inet ringwall ") + set + " { " + element + " }\n";
}

std::string interface_chains(const Interface& interface, unsigned generation) {
  std::string text;
  for (const char* what : {"from", "to"}) {
    const std::string chain = chain_name(what, interface.id, generation);
    text += "add chain inet ringwall " + chain + "\n";
    for (const std::string& group : interface.groups) {
      text += "add rule inet ringwall " + chain + " jump " +
              chain_name(std::string_view(what) == "from" ? "out" : "in", group, generation) + "\n";
    }
  }
  const std::string inbound = "jump " + chain_name("to", interface.id, generation);
  if (interface.local) {
    add_element(text, "listeners", interface.address + " : " + inbound);
    return text;
  }
  const std::string link = "\"" + link_name(interface.id) + "\"";
  add_element(text, "sources", link + " . " + interface.mac + " . " + interface.address);
  add_element(text, "departures", link + " : jump " + chain_name("from", interface.id, generation));
  add_element(text, "arrivals", link + " : " + inbound);
  return text;
}

struct Context {
  nft_ctx* nft = ::nft_ctx_new(NFT_CTX_DEFAULT);
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { ::nft_ctx_free(nft); }
};

Result<std::string> run(const std::string& commands) {
  const Context context;
  if (context.nft == nullptr) return fail(Failure::unavailable, "cannot start nftables");
  ::nft_ctx_buffer_output(context.nft);
  ::nft_ctx_buffer_error(context.nft);
  ::nft_ctx_output_set_flags(context.nft, NFT_CTX_OUTPUT_TERSE | NFT_CTX_OUTPUT_NUMERIC_ALL);
  if (::nft_run_cmd_from_buffer(context.nft, commands.c_str()) != 0) {
    return fail(Failure::io,
                std::string("nftables refused: ") + ::nft_ctx_get_error_buffer(context.nft));
  }
  return std::string(::nft_ctx_get_output_buffer(context.nft));
}

}  // namespace

std::string link_name(const std::string& interface_id) {
  constexpr std::size_t kept = 14;  // with the "e", a link's name has at most 15 characters
  const std::string digits = interface_id.substr(interface_id.find('-') + 1);
  return "e" + (digits.size() > kept ? digits.substr(digits.size() - kept) : digits);
}

std::string render(const Network& network, const Loaded& loaded) {
  const unsigned generation = loaded.generation + 1;
  const auto vpc = parse_prefix(network.cidr);
  std::string text = foundation(to_text(vpc ? vpc->base + 2 : 0));

  // A rule may name a group of which nothing is known here: its set is empty and matches nobody.
  std::set<std::string> groups;
  for (const Group& group : network.groups) {
    groups.insert(group.id);
    for (const Rule& rule : group.rules) {
      if (!rule.group.empty()) groups.insert(rule.group);
    }
  }
  for (const std::string& group : groups) {
    const std::string set = std::string(members) + group;
    text += "add set inet ringwall " + set + " { type ipv4_addr; }\nflush set inet ringwall " +
            set + "\n";
  }
  for (const Interface& interface : network.interfaces) {
    for (const std::string& group : interface.groups) {
      add_element(text, (std::string(members) + group).c_str(), interface.address);
    }
  }
  for (const Group& group : network.groups) {
    text += group_chain(group, Rule::Direction::ingress, chain_name("in", group.id, generation));
    text += group_chain(group, Rule::Direction::egress, chain_name("out", group.id, generation));
  }
  for (const Interface& interface : network.interfaces)
    text += interface_chains(interface, generation);

  // The chains of interfaces jump to those of groups, so they go first.
  for (const bool of_interfaces : {true, false}) {
    for (const std::string& chain : loaded.chains) {
      const bool of_interface = chain.starts_with("from_") || chain.starts_with("to_");
      if (of_interface == of_interfaces) text += "delete chain inet ringwall " + chain + "\n";
    }
  }
  for (const std::string& group : loaded.groups) {
    if (!groups.contains(group))
      text += "delete set inet ringwall " + std::string(members) + group + "\n";
  }
  return text;
}

Loaded parse_listing(const std::string& listing) {
  Loaded loaded;
  std::istringstream lines(listing);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string kind, name;
    words >> kind >> name;
    if (kind == "set" && name.starts_with(members))
      loaded.groups.push_back(name.substr(members.size()));
    const auto mark = name.rfind("_g");
    if (kind != "chain" || mark == std::string::npos) continue;
    unsigned generation = 0;
    const char* end = name.data() + name.size();
    if (std::from_chars(name.data() + mark + 2, end, generation).ptr != end) continue;
    loaded.generation = std::max(loaded.generation, generation);
    loaded.chains.push_back(name);
  }
  return loaded;
}

Result<> load_firewall(const Network& network) {
  // Made first, for listing a table that is not there fails.
  RW_TRY(const std::string listing,
         run("add table inet ringwall\nlist chains inet\nlist sets inet\n"));
  RW_DO(run(render(network, parse_listing(listing))));
  return {};
}

}  // namespace ringwall::host::detail
