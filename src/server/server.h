#pragma once
// The unprivileged half of `ringwall serve`.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/host.h"
#include "os/fd.h"

namespace ringwall::server {

struct Options {
  std::string data_folder;       // as this process sees it
  std::string data_folder_name;  // as the user named it, for messages
  std::string address;           // listened on
  std::uint16_t port = 0;
  std::string region = "us-east-1";
  std::string dns_suffix = "ringwall.internal";
  std::vector<std::string> host_names;  // by which clients reach it besides its own
  std::string plugin_folder;
  std::uint32_t engine_uids_first = 0;  // of the data folder's range: host/uids.h
  unsigned io_threads = 0;
  host::Storage storage = host::Storage::reserved;  // as the privileged half was told
  bool network_keys_everywhere = false;             // gateway::Options'
};

enum class Databases : std::uint8_t { stop, keep };

class Server {
 public:
  // Starts everything. `listener` listens already; `host_socket` leads to the privileged half.
  static Result<std::unique_ptr<Server>> start(const Options& options, os::UniqueFd listener, os::UniqueFd host_socket);
  ~Server();

  // "listening on https://… (account …, region …)".
  std::string greeting() const;
  // Blocks until ask_to_stop() has been called, on any thread.
  Result<> wait();
  void ask_to_stop();
  // Ends serving; with Databases::stop also every database, volume and network.
  Result<> stop(Databases databases);

 private:
  class Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ringwall::server
