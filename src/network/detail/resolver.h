#pragma once
// Serves DNS for every VPC from one thread: sockets opened inside the VPCs' namespaces, answers
// from a lookup. Private to room network.

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "dns/dns.h"
#include "os/fd.h"

namespace ringwall::network {

inline constexpr std::size_t connections_per_vpc_max = 32;
inline constexpr int connection_idle_ms_max = 5000;
inline constexpr int datagrams_per_turn_max = 64;  // so that one busy VPC cannot keep the others waiting

class Resolver {
 public:
  // `lookup` is called from the resolver's thread, with the VPC the question came from.
  using Lookup = std::function<dns::Found(const std::string& vpc_id, const std::string& name)>;

  explicit Resolver(Lookup lookup);
  ~Resolver();

  void add(const std::string& vpc_id, os::UniqueFd udp, os::UniqueFd tcp);  // replaces
  void remove(const std::string& vpc_id);  // the sockets are closed when it returns

 private:
  enum class Role : std::uint8_t { datagrams, listener, connection };
  struct Socket {
    std::string vpc_id;
    Role role;
    os::UniqueFd fd;
    Bytes received = {};
    std::int64_t deadline_ms = 0;  // of a connection, by the steady clock
  };

  void run();
  void wake();
  void insert(Socket socket);                 // with mutex_ held, as for the rest
  void serve_datagrams(const Socket& socket);
  void accept_on(const Socket& socket);
  bool serve_connection(Socket& socket);      // false: close it
  std::size_t connections_of(const std::string& vpc_id) const;

  const Lookup lookup_;
  os::UniqueFd wake_;
  std::mutex mutex_;  // guards what follows; held while serving, never while waiting
  bool stop_ = false;
  std::uint64_t next_ = 1;
  std::map<std::uint64_t, Socket> sockets_;  // by a number never used twice, unlike descriptors
  std::thread thread_;
};

}  // namespace ringwall::network
