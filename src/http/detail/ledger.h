#pragma once
// What the connections of a server hold together, and the limits on it.

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

#include "http/server.h"

namespace ringwall::http::detail {

// A connection whose client has not proved who it is, and one whose client has (Exchange::vouch).
enum class Standing : bool { stranger, vouched };

// Who counts as one peer: an address, or the /64 of an IPv6 address, because a host is given that
// many. Addresses of different listeners may be different hosts' (two VPCs may share a range).
std::string peer_key(ListenerId listener, const Peer& peer);

// Thread-safe.
class Ledger {
 public:
  explicit Ledger(const ServerOptions& options) : limits_(options) {}

  enum class Place : std::uint8_t { taken, full, too_many_of_peer };
  // A place for one more connection, a stranger's.
  Place take_place(const std::string& peer);
  // True when the last connection is gone.
  bool give_place(const std::string& peer, Standing standing);
  std::size_t connections() const noexcept { return connections_; }

  // `bytes` more are held. False: that would be too much, and nothing was counted.
  bool charge(Standing standing, std::size_t bytes) noexcept;
  // The same, whatever the limits say: true while within them.
  bool charge_anyway(Standing standing, std::size_t bytes) noexcept;
  void release(Standing standing, std::size_t bytes) noexcept;
  std::size_t bytes() const noexcept { return bytes_; }

  // A stranger that holds `bytes` is one no more.
  void vouch(const std::string& peer, std::size_t bytes);

 private:
  struct Counts {
    std::size_t connections = 0;
    std::size_t strangers = 0;
  };
  const ServerOptions limits_;
  std::atomic<std::size_t> connections_{0};
  std::atomic<std::size_t> bytes_{0};
  std::atomic<std::size_t> stranger_bytes_{0};
  std::mutex mutex_;
  std::unordered_map<std::string, Counts> peers_;  // under mutex_; those with a connection
};

}  // namespace ringwall::http::detail
