#pragma once
// Database engines behind one interface. An engine turns what RDS wants into processes, files
// and administrative statements; it knows nothing of AWS.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/certificate.h"
#include "host/host.h"

namespace ringwall::engine {

struct Instance {
  std::string id;  // db-… resource id: names volume, process and sockets
  std::string interface_id;
  std::string address;  // to listen on, IPv4
  std::uint16_t port = 5432;
  uid_t uid = 0;
  std::string master_user;
  std::string database;            // made at initialisation; may be empty
  std::uint64_t memory_bytes = 0;  // to size buffers by
  unsigned connections_max = 100;
  host::Limits limits = {};  // of all its processes together
  bool read_only = false;  // sessions begin read-only, and may change that: its volume is full
};

// An engine version that can be offered: its binaries are installed.
struct Version {
  std::string engine;   // "postgres"
  std::string version;  // "15.20"
  std::string major;    // "15"
  std::string family;   // parameter group family, "postgres15"
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual const Version& version() const = 0;

  // Makes the data folder on an open volume, with the master user (never a superuser) and its
  // password. Safe to repeat: half-made data is removed first, finished data is kept, and data that
  // does not say which it is leads to a failure.
  virtual Result<> initialise(host::Host& host, const Instance& instance,
                              const Secret& master_password) = 0;
  // Writes configuration and certificate, starts. Refuses to start without the guard library.
  virtual Result<host::Running> start(host::Host& host, const Instance& instance,
                                      const crypto::Identity& identity) = 0;
  // Ready to serve? Cheap. Failure::unavailable: it starts or recovers, and says so; io: nothing
  // answers; anything else: it answers, and serves others.
  virtual Result<> probe(const host::Host& host, const Instance& instance) = 0;
  // Restores the master user whole: the role itself, what it may do, how it signs in, and this
  // password. Ends sessions that hold roles locked.
  virtual Result<> set_master_password(const host::Host& host, const Instance& instance,
                                       const Secret& password) = 0;
  // Re-reads certificate and configuration without a restart.
  virtual Result<> reload(host::Host& host, const Instance& instance,
                          const crypto::Identity& identity) = 0;
};

// The engines whose binaries are present on this machine. `plugin_folder` holds
// ringwall_guard.so and pam_ringwall.so on this side; it is looked at when an engine starts.
std::vector<std::unique_ptr<Engine>> installed_engines(const std::string& plugin_folder);

}  // namespace ringwall::engine
