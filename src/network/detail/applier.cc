#include "network/detail/applier.h"

#include <algorithm>

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
  const auto entry = store_.get(dns_key_of(vpc_id, name));
  if (!entry) {
    const bool ours = name == dns_suffix_ || name.ends_with("." + dns_suffix_);
    return std::unexpected(ours ? dns::Unknown::absent : dns::Unknown::outside);
  }
  dns::Known known;
  const auto add = [&](const Json& text) {
    const auto address = text::parse_address(text.as_string());
    if (address && std::ranges::find(known.addresses, *address) == known.addresses.end()) known.addresses.push_back(*address);
  };
  const Json& document = *entry->document;
  if (document.contains("address")) add(document["address"]);
  for (const Json& address : document["addresses"].items()) add(address);
  if (known.addresses.empty()) return std::unexpected(dns::Unknown::failed);
  return known;
}

Result<> Applier::apply(const std::string& account, const std::string& vpc_id) {
  store::Transaction transaction(store_);
  // Read before the network, which then has at least their interfaces.
  const auto endpoints = transaction.list(prefix_of(Kind::endpoint, account));
  const auto network = network_of(transaction, account, vpc_id);
  if (!network) return remove(vpc_id);
  const auto vpc = transaction.get(key_of(Kind::vpc, account, vpc_id));
  RW_DO(apply_network(*network));
  RW_DO(apply_resolver(vpc_id, *vpc));
  return apply_endpoints(transaction, endpoints, vpc_id, *vpc);
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

Result<> Applier::apply_resolver(const std::string& vpc_id, const Json& vpc) {
  if (!vpc["enable_dns_support"].as_bool()) {
    resolver_.remove(vpc_id);
    resolved_.erase(vpc_id);
    return {};
  }
  if (resolved_.contains(vpc_id)) return {};
  RW_TRY(const text::Cidr cidr, text::parse_cidr(vpc.text("CidrBlock"), text::HostBits::refuse));
  const auto address = text::nth_address(cidr, resolver_offset);
  if (!address) return fail(Failure::corrupt, "`" + text::to_string(cidr) + "` has no room for a resolver");
  const std::string at = text::to_string(*address);
  RW_TRY(auto udp, host_.listen(vpc_id, at, dns_port, host::Transport::udp));
  RW_TRY(auto tcp, host_.listen(vpc_id, at, dns_port, host::Transport::tcp));
  resolver_.add(vpc_id, std::move(udp), std::move(tcp));
  resolved_[vpc_id] = at;
  return {};
}

Result<> Applier::apply_endpoints(store::Transaction& transaction, const std::vector<store::Entry>& endpoints, const std::string& vpc_id,
                                  const Json& vpc) {
  std::set<std::string> stored;
  Result<> outcome;
  for (const auto& entry : endpoints) {
    const Json& document = *entry.document;
    if (document.text("VpcId") != vpc_id || document.text("State") != "available") continue;
    stored.insert(document.str("VpcEndpointId"));
    // One endpoint that fails keeps no other from being served.
    if (auto applied = apply_endpoint(transaction, vpc, document); !applied) outcome = applied;
  }
  std::vector<std::string> gone;
  for (const auto& [id, endpoint] : endpoints_) {
    if (endpoint.vpc_id == vpc_id && !stored.contains(id)) gone.push_back(id);
  }
  for (const auto& id : gone) close_endpoint(id);
  return outcome;
}

Result<> Applier::apply_endpoint(store::Transaction& transaction, const Json& vpc, const Json& document) {
  const std::string id = document.str("VpcEndpointId");
  const std::string vpc_id = document.str("VpcId");
  const std::string account = document.str("OwnerId");
  auto policy = service::compiled(document["policy"], policy::Kind::endpoint);
  if (!policy) {
    close_endpoint(id);  // a policy that cannot be read permits nothing
    return fail(policy.error(), "policy of " + id);
  }
  service::NetworkContext context;
  context.vpc_id = vpc_id;
  context.vpc_arn = vpc.str("arn");
  context.vpce_id = id;
  context.vpce_account = account;
  context.vpce_service = service_of(document.text("ServiceName"));
  context.endpoint_policy = authz::Named{"policy of " + id, *std::move(policy)};

  std::set<std::string> wanted;
  for (const Json& interface_id : document["NetworkInterfaceIds"].items()) {
    const auto interface = transaction.get(key_of(Kind::interface, account, interface_id.as_string()));
    if (interface) wanted.insert(interface->str("PrivateIpAddress"));
  }
  const auto is_wanted = [&](const std::string& address) { return wanted.contains(address); };
  if (const auto open = endpoints_.find(id); open != endpoints_.end() && !std::ranges::all_of(open->second.addresses, is_wanted)) {
    close_endpoint(id);  // an address has gone: sockets cannot be closed one by one
  }
  Endpoint& endpoint = endpoints_[id];
  const std::string identity = context.vpc_arn + " " + account + " " + document.str("ServiceName") + " " + std::string(service::bound_text(document["policy"]));
  if (!endpoint.addresses.empty() && endpoint.identity != identity) on_listener_(id, context, {});
  endpoint.vpc_id = vpc_id;
  endpoint.identity = identity;
  for (const auto& address : wanted) {
    if (endpoint.addresses.contains(address)) continue;
    RW_TRY(auto socket, host_.listen(vpc_id, address, https_port, host::Transport::tcp));
    on_listener_(id, context, std::move(socket));
    endpoint.addresses.insert(address);
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
