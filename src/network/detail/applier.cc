#include "network/detail/applier.h"

#include <algorithm>
#include <tuple>

#include "network/documents.h"

namespace ringwall::network {
namespace {

constexpr std::uint16_t dns_port = 53;
constexpr std::uint16_t https_port = 443;

// Everything of a network in one line: equal lines, equal networks. Ids, prefixes and addresses
// have no spaces, so no two networks share a line.
std::string fingerprint(const host::Network& network) {
  std::string line = network.id + " " + network.cidr;
  for (const auto& subnet : network.subnets) line += " subnet " + subnet.id + " " + subnet.cidr;
  for (const auto& group : network.groups) {
    line += " group " + group.id;
    for (const auto& rule : group.rules) {
      line += rule.direction == host::Rule::Direction::egress ? " out " : " in ";
      line += std::to_string(rule.protocol) + " " + std::to_string(rule.from_port) + " " + std::to_string(rule.to_port);
      line += rule.group.empty() ? " cidr " + rule.cidr : " peer " + rule.group;
    }
  }
  for (const auto& interface : network.interfaces) {
    line += interface.local ? " local " : " interface ";
    line += interface.id + " " + interface.subnet_id + " " + interface.address + " " + interface.mac;
    for (const auto& group : interface.groups) line += " of " + group;
  }
  return line;
}

// The part of a service name that says which service: "com.amazonaws.us-east-1.rds" -> "rds".
// The endpoint of all services, "….ringwall", restricts to none.
std::string service_of(std::string_view service_name) {
  const auto dot = service_name.rfind('.');
  const std::string_view service = dot == std::string_view::npos ? service_name : service_name.substr(dot + 1);
  return service == "ringwall" ? std::string() : std::string(service);
}

}  // namespace

Applier::Applier(store::Store& store, host::Host& host, Reconciler::OnListener on_listener, std::string dns_suffix)
    : store_(store),
      host_(host),
      on_listener_(std::move(on_listener)),
      dns_suffix_(std::move(dns_suffix)),
      resolver_([this](const std::string& vpc_id, const std::string& name) { return look_up(vpc_id, name); }) {}

dns::Found Applier::look_up(const std::string& vpc_id, const std::string& name) const {
  const auto stored = tables::names.get(store_, vpc_id, name);
  if (!stored) {
    const bool ours = name == dns_suffix_ || name.ends_with("." + dns_suffix_);
    return std::unexpected(ours ? dns::Unknown::absent : dns::Unknown::outside);
  }
  dns::Known known;
  const auto add = [&](const std::string& text) {
    const auto address = text::parse_address(text);
    if (address && std::ranges::find(known.addresses, *address) == known.addresses.end()) known.addresses.push_back(*address);
  };
  add(stored->address);
  for (const std::string& address : stored->addresses.value_or(std::vector<std::string>())) add(address);
  if (known.addresses.empty()) return std::unexpected(dns::Unknown::failed);
  return known;
}

Result<> Applier::apply(const std::string& account, const std::string& vpc_id) {
  store::Transaction transaction(store_);
  // Read before the network, which then has at least their interfaces.
  std::vector<Endpoint> endpoints;
  for (auto& row : tables::endpoints.list(transaction, account)) {
    if (row.record.vpc_id == vpc_id && row.record.state == "available") endpoints.push_back(std::move(row.record));
  }
  const auto network = network_of(transaction, account, vpc_id);
  if (!network) return remove(vpc_id);
  const auto vpc = tables::vpcs.get(transaction, account, vpc_id);
  RW_DO(apply_network(*network));
  RW_DO(apply_resolver(vpc_id, *vpc));
  return apply_endpoints(transaction, endpoints, *vpc);
}

Result<> Applier::apply_network(const host::Network& network) {
  std::string wanted = fingerprint(network);
  std::string& applied = applied_[network.id];
  if (applied == wanted) return {};
  applied.clear();  // whatever a failure leaves behind, it is not what was wanted
  RW_DO(host_.apply_network(network));
  applied = std::move(wanted);
  return {};
}

Result<> Applier::apply_resolver(const std::string& vpc_id, const Vpc& vpc) {
  if (!vpc.dns_support) {
    resolver_.remove(vpc_id);
    resolved_.erase(vpc_id);
    return {};
  }
  if (resolved_.contains(vpc_id)) return {};
  RW_TRY(const text::Cidr cidr, text::parse_cidr(vpc.cidr, text::HostBits::refuse));
  const auto address = text::nth_address(cidr, resolver_offset);
  if (!address) return fail(Failure::corrupt, "`" + text::to_string(cidr) + "` has no room for a resolver");
  const std::string at = text::to_string(*address);
  RW_TRY(auto udp, host_.listen(vpc_id, at, dns_port, host::Transport::udp));
  RW_TRY(auto tcp, host_.listen(vpc_id, at, dns_port, host::Transport::tcp));
  resolver_.add(vpc_id, std::move(udp), std::move(tcp));
  resolved_[vpc_id] = at;
  return {};
}

Result<> Applier::apply_endpoints(store::Transaction& transaction, const std::vector<Endpoint>& endpoints, const Vpc& vpc) {
  std::set<std::string> stored;
  Result<> outcome;
  for (const Endpoint& endpoint : endpoints) {
    stored.insert(endpoint.id);
    // One endpoint that fails keeps no other from being served.
    if (auto applied = apply_endpoint(transaction, vpc, endpoint); !applied) outcome = applied;
  }
  std::vector<std::string> gone;
  for (const auto& [id, open] : endpoints_) {
    if (open.vpc_id == vpc.id && !stored.contains(id)) gone.push_back(id);
  }
  for (const auto& id : gone) close_endpoint(id);
  return outcome;
}

Result<> Applier::apply_endpoint(store::Transaction& transaction, const Vpc& vpc, const Endpoint& endpoint) {
  const auto& [id, vpc_id, account] = std::tie(endpoint.id, endpoint.vpc_id, endpoint.owner);
  auto policy = service::compiled(endpoint.policy, policy::Kind::endpoint);
  if (!policy) {
    close_endpoint(id);  // a policy that cannot be read permits nothing
    return fail(policy.error(), "policy of " + id);
  }
  service::NetworkContext context;
  context.vpc_id = vpc_id;
  context.vpc_arn = vpc.arn;
  context.vpce_id = id;
  context.vpce_account = account;
  context.vpce_service = service_of(endpoint.service);
  context.endpoint_policy = authz::Named{"policy of " + id, *std::move(policy)};

  std::set<std::string> wanted;
  for (const std::string& interface_id : endpoint.interface_ids) {
    const auto interface = tables::interfaces.get(transaction, account, interface_id);
    if (interface) wanted.insert(interface->address);
  }
  const auto is_wanted = [&](const std::string& address) { return wanted.contains(address); };
  if (const auto found = endpoints_.find(id); found != endpoints_.end() && !std::ranges::all_of(found->second.addresses, is_wanted)) {
    close_endpoint(id);  // an address has gone: sockets cannot be closed one by one
  }
  Open& open = endpoints_[id];
  const std::string identity = context.vpc_arn + " " + account + " " + endpoint.service + " " + std::string(service::bound_text(endpoint.policy));
  if (!open.addresses.empty() && open.identity != identity) on_listener_(id, context, {});
  open.vpc_id = vpc_id;
  open.identity = identity;
  for (const auto& address : wanted) {
    if (open.addresses.contains(address)) continue;
    RW_TRY(auto socket, host_.listen(vpc_id, address, https_port, host::Transport::tcp));
    on_listener_(id, context, std::move(socket));
    open.addresses.insert(address);
  }
  return {};
}

void Applier::close_endpoint(const std::string& endpoint_id) {
  const auto found = endpoints_.find(endpoint_id);
  if (found == endpoints_.end()) return;
  if (!found->second.addresses.empty()) on_listener_(endpoint_id, {}, {});
  endpoints_.erase(found);
}

Result<> Applier::remove(const std::string& vpc_id) {
  std::vector<std::string> gone;
  for (const auto& [id, endpoint] : endpoints_) {
    if (endpoint.vpc_id == vpc_id) gone.push_back(id);
  }
  for (const auto& id : gone) close_endpoint(id);
  resolver_.remove(vpc_id);
  resolved_.erase(vpc_id);
  applied_.erase(vpc_id);
  const Result<> removed = host_.remove_network(vpc_id);
  if (!removed && removed.error().kind == Failure::not_found) return {};
  return removed;
}

}  // namespace ringwall::network
