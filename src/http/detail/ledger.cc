#include "http/detail/ledger.h"

#include <arpa/inet.h>

#include <cstring>

namespace ringwall::http::detail {

std::string peer_key(ListenerId listener, const Peer& peer) {
  std::string key = std::to_string(listener) + "/";
  in6_addr v6{};
  if (peer.address.find(':') == std::string::npos || inet_pton(AF_INET6, peer.address.c_str(), &v6) != 1) {
    return key + peer.address;
  }
  std::memset(v6.s6_addr + 8, 0, 8);
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(AF_INET6, &v6, text, sizeof(text));
  return key + text;
}

Ledger::Place Ledger::take_place(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  if (connections_ >= limits_.connections_max) return Place::full;
  Counts& counts = peers_[peer];
  // A Unix socket's peers have no address and are this host's own.
  const bool counted = !peer.ends_with('/');
  if (counted && (counts.connections >= limits_.connections_per_peer_max ||
                  counts.strangers >= limits_.strangers_per_peer_max)) {
    if (counts.connections == 0) peers_.erase(peer);
    return Place::too_many_of_peer;
  }
  ++counts.connections;
  ++counts.strangers;
  ++connections_;
  return Place::taken;
}

bool Ledger::give_place(const std::string& peer, Standing standing) {
  const std::lock_guard lock(mutex_);
  const auto found = peers_.find(peer);
  if (standing == Standing::stranger) --found->second.strangers;
  if (--found->second.connections == 0) peers_.erase(found);
  return --connections_ == 0;
}

bool Ledger::charge(Standing standing, std::size_t bytes) noexcept {
  if (charge_anyway(standing, bytes)) return true;
  release(standing, bytes);
  return false;
}

bool Ledger::charge_anyway(Standing standing, std::size_t bytes) noexcept {
  const bool fits = bytes_.fetch_add(bytes) + bytes <= limits_.buffered_bytes_max;
  if (standing == Standing::vouched) return fits;
  return stranger_bytes_.fetch_add(bytes) + bytes <= limits_.stranger_bytes_max && fits;
}

void Ledger::release(Standing standing, std::size_t bytes) noexcept {
  bytes_ -= bytes;
  if (standing == Standing::stranger) stranger_bytes_ -= bytes;
}

void Ledger::vouch(const std::string& peer, std::size_t bytes) {
  stranger_bytes_ -= bytes;
  const std::lock_guard lock(mutex_);
  --peers_.find(peer)->second.strangers;
}

}  // namespace ringwall::http::detail
