#include "host/detail/validate.h"

#include <algorithm>
#include <csignal>
#include <set>
#include <variant>

#include "host/detail/address.h"
#include "host/detail/firewall.h"
#include "host/detail/log.h"

namespace ringwall::host::detail {
namespace {

std::unexpected<Error> refuse(std::string message) {
  return fail(Failure::invalid, std::move(message));
}

// The offending input, fit for a message: short and printable.
std::string quoted(std::string_view text) {
  constexpr std::size_t shown_max = 80;
  std::string shown = "`";
  for (const char c : text.substr(0, shown_max))
    shown += (c >= ' ' && c < 127 && c != '`') ? c : '?';
  return shown + (text.size() > shown_max ? "…`" : "`");
}

Result<> check_id(const std::string& id, std::string_view kind) {
  if (is_id(id, kind)) return {};
  return refuse(quoted(id) + " is not the id of a " + std::string(kind) + "-…");
}

Result<> check_rule(const Rule& rule) {
  if (rule.protocol < -1 || rule.protocol > 255) {
    return refuse("the protocol `" + std::to_string(rule.protocol) + "` is not -1 or 0 to 255");
  }
  const bool icmp = rule.protocol == 1 || rule.protocol == 58;
  const int most = icmp ? 255 : 65535;
  for (const int port : {rule.from_port, rule.to_port}) {
    if (port < -1 || port > most)
      return refuse("`" + std::to_string(port) + "` is not a port, type or code");
  }
  const bool half = (rule.from_port < 0) != (rule.to_port < 0);
  if (!icmp && (half || rule.from_port > rule.to_port)) {
    return refuse("`" + std::to_string(rule.from_port) + "-" + std::to_string(rule.to_port) +
                  "` is not a range of ports");
  }
  if (rule.cidr.empty() == rule.group.empty())
    return refuse("a rule needs either a prefix or a group");
  if (!rule.group.empty()) return check_id(rule.group, "sg");
  if (parse_prefix(rule.cidr) || is_ipv6_prefix(rule.cidr)) return {};
  return refuse(quoted(rule.cidr) + " is not a prefix");
}

template <typename Items, typename Key>
Result<> check_unique(const Items& items, Key key, const char* what) {
  std::set<std::string> seen;
  for (const auto& item : items) {
    if (!seen.insert(key(item)).second)
      return refuse(std::string(what) + " " + quoted(key(item)) + " appears twice");
  }
  return {};
}

Result<> check_subnets(const Network& network, const Prefix& vpc) {
  std::vector<Prefix> seen;
  for (const Subnet& subnet : network.subnets) {
    RW_DO(check_id(subnet.id, "subnet"));
    const auto prefix = parse_prefix(subnet.cidr);
    // AWS's bounds; the first four addresses and the last are never an interface's.
    if (!prefix || prefix->length < 16 || prefix->length > 28 || !vpc.contains(*prefix)) {
      return refuse(quoted(subnet.cidr) + " is not a /16 to /28 inside " + quoted(network.cidr));
    }
    for (const Prefix& other : seen) {
      if (other.overlaps(*prefix))
        return refuse("the subnet " + quoted(subnet.cidr) + " overlaps another");
    }
    seen.push_back(*prefix);
  }
  return check_unique(network.subnets, [](const Subnet& s) { return s.id; }, "the subnet");
}

Result<> check_interface(const Network& network, const Interface& interface) {
  RW_DO(check_id(interface.id, "eni"));
  const auto subnet = std::ranges::find(network.subnets, interface.subnet_id, &Subnet::id);
  if (subnet == network.subnets.end())
    return refuse("the network has no subnet " + quoted(interface.subnet_id));
  const auto prefix = parse_prefix(subnet->cidr);
  const auto address = parse_address(interface.address);
  constexpr std::uint32_t reserved = 4;  // network, router, resolver, and one AWS keeps
  if (!address || !prefix->contains(*address) || *address < prefix->base + reserved ||
      *address >= prefix->last()) {
    return refuse(quoted(interface.address) + " is not an address for interfaces of " +
                  quoted(subnet->cidr));
  }
  if (!is_mac(interface.mac))
    return refuse(quoted(interface.mac) + " is not a unicast hardware address");
  for (const std::string& group : interface.groups) {
    RW_DO(check_id(group, "sg"));
    if (std::ranges::find(network.groups, group, &Group::id) == network.groups.end()) {
      return refuse("the network has no security group " + quoted(group));
    }
  }
  return check_unique(interface.groups, [](const std::string& g) { return g; }, "the group");
}

Result<> check(const ApplyNetwork& request, const HelperOptions&) {
  const Network& network = request.network;
  RW_DO(check_id(network.id, "vpc"));
  const auto vpc = parse_prefix(network.cidr);
  if (!vpc || vpc->length < 16 || vpc->length > 28)
    return refuse(quoted(network.cidr) + " is not a /16 to /28");
  if (network.interfaces.size() > interfaces_max) {
    return refuse("a network has at most " + std::to_string(interfaces_max) + " interfaces");
  }
  RW_DO(check_subnets(network, *vpc));
  for (const Group& group : network.groups) {
    RW_DO(check_id(group.id, "sg"));
    for (const Rule& rule : group.rules) RW_DO(check_rule(rule));
  }
  RW_DO(check_unique(network.groups, [](const Group& g) { return g.id; }, "the group"));
  for (const Interface& interface : network.interfaces) RW_DO(check_interface(network, interface));
  RW_DO(check_unique(network.interfaces, [](const Interface& i) { return i.id; }, "the interface"));
  RW_DO(check_unique(
      network.interfaces, [](const Interface& i) { return link_name(i.id); }, "the link"));
  return check_unique(
      network.interfaces, [](const Interface& i) { return i.address; }, "the address");
}

Result<> check(const RemoveNetwork& request, const HelperOptions&) {
  return check_id(request.vpc_id, "vpc");
}

Result<> check(const Sever& request, const HelperOptions&) {
  RW_DO(check_id(request.vpc_id, "vpc"));
  if (request.addresses.size() > interfaces_max) {
    return refuse("a network has at most " + std::to_string(interfaces_max) + " addresses");
  }
  for (const std::string& address : request.addresses) {
    if (!parse_address(address)) return refuse(quoted(address) + " is not an IPv4 address");
  }
  return {};
}

Result<> check(const Listen& request, const HelperOptions&) {
  RW_DO(check_id(request.vpc_id, "vpc"));
  const auto address = parse_address(request.address);
  if (!address || *address == 0 || (*address >> 24) == 127) {
    return refuse(quoted(request.address) + " is not an address of a network's own");
  }
  if (request.port == 0) return refuse("`0` is not a port to listen at");
  return {};
}

Result<> check(const InterfaceNamespace& request, const HelperOptions&) {
  RW_DO(check_id(request.vpc_id, "vpc"));
  return check_id(request.interface_id, "eni");
}

Result<> check_owner(uid_t uid, const HelperOptions& options) {
  // The upper half of the range is left alone: some systems use -2 and the like.
  if (uid >= engine_uid_min && uid < engine_uid_min * 2 && uid != options.server_uid) return {};
  return refuse("the uid `" + std::to_string(uid) + "` is not in the engines' range");
}

Result<> check(const OpenVolume& request, const HelperOptions& options) {
  RW_DO(check_id(request.volume.id, "db"));
  RW_DO(check_owner(request.volume.owner, options));
  if (request.key.reveal().size() != key_bytes) {
    return refuse("a volume's key has " + std::to_string(key_bytes) + " bytes");
  }
  const std::uint64_t bytes = request.volume.bytes;
  if (bytes < volume_bytes_min || bytes > volume_bytes_max || bytes % 4096 != 0) {
    return refuse("`" + std::to_string(bytes) +
                  "` is not 16 MiB to 64 TiB in whole blocks of 4,096 bytes");
  }
  return {};
}

Result<> check(const CloseVolume& request, const HelperOptions&) {
  return check_id(request.volume_id, "db");
}
Result<> check(const RemoveVolume& request, const HelperOptions&) {
  return check_id(request.volume_id, "db");
}

Result<> check(const CopyVolume& request, const HelperOptions&) {
  return check_id(request.volume_id, "db");
}

Result<> check_label(const std::string& label) {
  if (!label.empty() && label.size() <= label_bytes_max) return {};
  return refuse("a label has 1 to " + std::to_string(label_bytes_max) + " bytes, not `" +
                std::to_string(label.size()) + "`");
}
Result<> check(const LabelVolume& request, const HelperOptions&) {
  RW_DO(check_id(request.volume_id, "db"));
  return check_label(request.label);
}
Result<> check(const LookAtVolumes& request, const HelperOptions&) {
  for (const std::string* id : {&request.after, &request.only}) {
    if (!id->empty()) RW_DO(check_id(*id, "db"));
  }
  return {};
}
Result<> check(const KeepInstallation& request, const HelperOptions&) {
  return check_label(request.content);
}
Result<> check(const RecallInstallation&, const HelperOptions&) {
  return {};
}

Result<> check_process_id(const std::string& id) {
  if (is_process_id(id)) return {};
  return refuse(quoted(id) + " is not the id of a process, db-… or db-…-step");
}

Result<> check_limits(const Limits& limits) {
  const auto within = [](const char* what, std::uint64_t value, std::uint64_t least, std::uint64_t most) -> Result<> {
    if (value >= least && value <= most) return {};
    return refuse("the limit `" + std::to_string(value) + "` of " + what + " is not " + std::to_string(least) + " to " +
                  std::to_string(most));
  };
  RW_DO(within("memory", limits.memory_bytes, memory_bytes_min, memory_bytes_max));
  RW_DO(within("memory of one process", limits.process_bytes, process_bytes_min, limits.memory_bytes));
  RW_DO(within("processes", limits.processes, processes_min, processes_max));
  RW_DO(within("processor time", limits.cpu_percent, cpu_percent_min, cpu_percent_max));
  return within("weight", limits.weight, 1, weight_max);
}

Result<> check_process(const Process& process, const HelperOptions& options) {
  RW_DO(check_process_id(process.id));
  if (process.id.ends_with(log_step)) return refuse(quoted(process.id) + " is the process of a log");
  RW_DO(check_id(process.volume_id, "db"));
  RW_DO(check_id(process.interface_id, "eni"));
  RW_DO(check_owner(process.uid, options));
  if (auto launch = options.launch(process); !launch)
    return std::unexpected(std::move(launch).error());
  return check_limits(process.limits);
}

Result<> check(const RunProcess& request, const HelperOptions& options) {
  return check_process(request.process, options);
}
Result<> check(const StartProcess& request, const HelperOptions& options) {
  return check_process(request.process, options);
}
Result<> check(const AdoptProcess& request, const HelperOptions&) {
  return check_process_id(request.process_id);
}
Result<> check(const StopProcess& request, const HelperOptions&) {
  return check_process_id(request.process_id);
}
Result<> check(const LimitProcess& request, const HelperOptions&) {
  RW_DO(check_process_id(request.process_id));
  return check_limits(request.limits);
}
Result<> check(const TakeInventory&, const HelperOptions&) {
  return {};
}

Result<> check(const SignalProcess& request, const HelperOptions&) {
  for (const int allowed : {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGKILL}) {
    if (request.signal == allowed) return check_process_id(request.process_id);
  }
  return refuse("the signal `" + std::to_string(request.signal) + "` is not one to send");
}

}  // namespace

bool is_id(std::string_view text, std::string_view kind) {
  if (!text.starts_with(kind) || text.size() < kind.size() + 2 || text[kind.size()] != '-')
    return false;
  const auto rest = text.substr(kind.size() + 1);
  return rest.size() <= id_characters_max && std::ranges::all_of(rest, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
         });
}

bool is_process_id(std::string_view text) {
  constexpr std::string_view kind = "db-";
  constexpr std::size_t step_characters_max = 16;
  const auto dash = text.find('-', kind.size());
  if (dash == std::string_view::npos) return is_id(text, "db");
  const auto step = text.substr(dash + 1);
  return is_id(text.substr(0, dash), "db") && !step.empty() && step.size() <= step_characters_max &&
         std::ranges::all_of(step, [](char c) { return c >= 'a' && c <= 'z'; });
}

Result<> validate(const Request& request, const HelperOptions& options) {
  return std::visit([&](const auto& alternative) { return check(alternative, options); }, request);
}

}  // namespace ringwall::host::detail
