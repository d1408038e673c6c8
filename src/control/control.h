#pragma once
// The local control socket. One request a connection, one JSON line each way; a lease lasts as
// long as its connection. Only root may connect: what is asked for here is root's anyway.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "host/host.h"
#include "network/network.h"
#include "os/fd.h"
#include "service/service.h"
#include "text/json.h"

namespace ringwall::control {

using text::Json;

inline constexpr std::size_t request_bytes_max = 1024UL * 1024;
inline constexpr std::size_t connections_max = 256;
inline constexpr std::string_view lease_requester = "ringwall-exec";

std::string socket_path(const std::string& data_folder);

// A place in a VPC. The interface exists until `connection` is closed.
struct Lease {
  std::string vpc_id, subnet_id, interface_id, address, resolver;
  std::string api_endpoint;     // URL inside the VPC; empty when the VPC has no endpoint
  os::UniqueFd network_namespace;
  os::UniqueFd connection;
};

struct LeaseRequest {
  std::string vpc_id, subnet_id;
  std::vector<std::string> groups;
};

// Whose flows to end; just one of `database` (identifier, resource id or ARN), `interface`, `group` and
// `address` is given. `vpc` says in which VPC the address is.
struct SeverRequest {
  std::string database, interface, group, address, vpc;
};
// How many flows of how many addresses.
struct Severed {
  std::size_t flows = 0, addresses = 0;
};

// Where something is that packets go to.
struct Place {
  std::string vpc_id, address;
};

// What the server answers beyond leases, each called on a thread of this room's.
struct Answers {
  std::function<Json()> status;
  std::function<std::vector<Place>(const std::string&)> databases;  // of this identifier, resource id or ARN; of several accounts: several
  std::function<Result<Json>(const Json&)> live_question;  // server/live_question.h
  std::function<Result<Json>()> live_export;               // server/live_export.h
  std::function<Result<os::UniqueFd>()> copy_store;        // as store::copy_sqlite, in a file without a name
  // Before flows are ended: of whom, in words, and in which VPC. False: it cannot be recorded, so it is not done.
  std::function<bool(const std::string&, const std::string&)> record_sever;
  std::function<Result<Json>(const Json&)> volumes;        // server/volumes_request.h
};

// The server's side.
class Server {
 public:
  static Result<std::unique_ptr<Server>> start(const std::string& data_folder, const service::Environment& environment,
                                               host::Host& host, network::Reconciler& networks, Answers answers);
  ~Server();

 private:
  Server(const service::Environment& environment, host::Host& host, network::Reconciler& networks, Answers answers)
      : environment_(environment), host_(host), networks_(networks), answers_(std::move(answers)) {}
  void run();
  void serve(const os::UniqueFd& connection);
  Json lease(const Json& request, os::UniqueFd& network_namespace, std::string& interface_id, std::string& account);
  Json sever(const Json& request);
  void release(const std::string& account, const std::string& interface_id);

  const service::Environment& environment_;
  host::Host& host_;
  network::Reconciler& networks_;
  Answers answers_;
  os::UniqueFd listener_;
  os::UniqueFd stop_read_, stop_write_;
  std::mutex mutex_;
  std::condition_variable closed_;
  std::size_t open_ = 0;  // connections, each with a thread
  std::thread thread_;
};

// Removes the interfaces of leases that an earlier server left behind. Call before serving.
Result<> release_all(store::Store& store);

// The command line's side. Failure::unavailable, with the remedy, when no server runs there.
Result<Json> status(const std::string& data_folder);
Result<Json> live_question(const std::string& data_folder, const Json& question);
// The server's organisation as an export folder, {path: content}: loaders::files_of makes files of it.
Result<Json> live_export(const std::string& data_folder);
Result<Severed> sever(const std::string& data_folder, const SeverRequest& request);
Result<Json> volumes(const std::string& data_folder, const Json& request);
Result<Lease> lease(const std::string& data_folder, const LeaseRequest& request);
// The store as of one moment, and a volume's image as Host::copy_volume has it: files without a name, to be read.
Result<os::UniqueFd> copy_store(const std::string& data_folder);
Result<os::UniqueFd> copy_volume(const std::string& data_folder, const std::string& volume_id);

}  // namespace ringwall::control
