#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>

#include "control/control.h"
#include "control/detail/line.h"
#include "network/documents.h"
#include "os/files.h"
#include "text/cidr.h"

namespace ringwall::control {
namespace {

Result<os::UniqueFd> listen_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return fail(Failure::invalid, "`" + path + "` is too long for a socket: choose a shorter --data");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size());
  ::unlink(path.c_str());  // the store's lock says that no other server runs here
  os::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket || ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(path.c_str(), 0600) != 0 || ::listen(socket.get(), 64) != 0) {
    return std::unexpected(os::system_error("cannot listen at `" + path + "`", errno));
  }
  return socket;
}

constexpr time_t reply_seconds_max = 10;

bool from_root(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == 0;
}

Json refusal(const std::string& message) { return Json::object({{"error", message}}); }

Result<> send_copy(int connection, const Result<os::UniqueFd>& copy) {
  if (!copy) return detail::send_line(connection, refusal(copy.error().message));
  return detail::send_line(connection, Json::object({}), copy->get());
}

// The account whose subnet this is; empty if there is none.
std::string owner_of(store::Transaction& transaction, std::string_view subnet_id) {
  const std::string suffix = "/subnet/" + std::string(subnet_id);
  for (const store::Entry& entry : transaction.list(network::documents_prefix)) {
    if (entry.key.ends_with(suffix)) return entry.key.substr(4, entry.key.size() - suffix.size() - 4);
  }
  return {};
}

// The name by which commands inside the VPC reach the API: of an endpoint that serves all of it.
std::string api_endpoint(store::Transaction& transaction, const std::string& account, std::string_view vpc_id) {
  for (const store::Entry& entry : transaction.list(network::prefix_of(network::Kind::endpoint, account))) {
    const Json& endpoint = *entry.document;
    const auto& names = endpoint["dns_names"].items();
    if (endpoint.text("VpcId") == vpc_id && endpoint.text("ServiceName").ends_with(".ringwall") && endpoint.text("State") == "available" &&
        !names.empty()) {
      return "https://" + std::string(names.front().as_string());
    }
  }
  return {};
}

bool has_group(const Json& interface, const std::string& group) {
  return std::ranges::any_of(interface["Groups"].items(), [&](const Json& each) { return each.text("GroupId") == group; });
}

using AddressesOfVpcs = std::map<std::string, std::vector<std::string>>;

// The addresses that a request to sever means. Not found: there are none, or a name is two databases'.
Result<AddressesOfVpcs> addresses_of(const store::Store& store, const Answers& answers, const Json& request) {
  AddressesOfVpcs found;
  const std::string address = request.str("address"), vpc = request.str("vpc"), database = request.str("database");
  if (!address.empty()) {
    if (vpc.empty()) return fail(Failure::invalid, "an address needs its VPC: several may have it");
    found[vpc].push_back(address);
    return found;
  }
  if (!database.empty()) {
    const auto databases = answers.databases(database);
    for (const Place& place : databases) found[place.vpc_id].push_back(place.address);
    if (databases.empty()) return fail(Failure::not_found, "there is no database `" + database + "`");
    if (databases.size() > 1) return fail(Failure::not_found, "several accounts have a database `" + database + "`: give its ARN");
    return found;
  }
  const std::string interface = request.str("interface"), group = request.str("group");
  if (interface.empty() && group.empty()) return fail(Failure::invalid, "a database, an interface, a group, or an address and its VPC is missing");
  for (const store::Entry& entry : store.list(network::documents_prefix)) {
    if (entry.key.find("/interface/") == std::string::npos) continue;
    const Json& document = *entry.document;
    const bool is_meant = interface.empty() ? has_group(document, group) : document.text("NetworkInterfaceId") == interface;
    if (is_meant) found[document.str("VpcId")].push_back(document.str("PrivateIpAddress"));
  }
  if (found.empty()) return fail(Failure::not_found, interface.empty() ? "no interface has the group `" + group + "`" : "there is no interface `" + interface + "`");
  return found;
}

// "the database `app`", for people and the record.
std::string words_of(const Json& request) {
  for (const char* member : {"database", "interface", "group", "address"}) {
    if (!request.text(member).empty()) return std::string("the ") + member + " `" + request.str(member) + "`";
  }
  return "nobody";
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const std::string& data_folder, const service::Environment& environment,
                                              host::Host& host, network::Reconciler& networks, Answers answers) {
  std::unique_ptr<Server> server(new Server(environment, host, networks, std::move(answers)));
  RW_TRY(server->listener_, listen_at(socket_path(data_folder)));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(os::system_error("cannot make a pipe", errno));
  server->stop_read_.reset(ends[0]);
  server->stop_write_.reset(ends[1]);
  server->thread_ = std::thread([&self = *server] { self.run(); });
  return server;
}

Server::~Server() {
  stop_write_.reset();  // every thread polls the other end
  if (thread_.joinable()) thread_.join();
  std::unique_lock lock(mutex_);
  closed_.wait(lock, [&] { return open_ == 0; });
}

void Server::run() {
  for (;;) {
    pollfd waits[2] = {{listener_.get(), POLLIN, 0}, {stop_read_.get(), POLLIN, 0}};
    if (::poll(waits, 2, -1) < 0 && errno != EINTR) return;
    if (waits[1].revents != 0) return;
    if (waits[0].revents == 0) continue;
    os::UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection || !from_root(connection.get())) continue;
    {
      const std::lock_guard lock(mutex_);
      if (open_ == connections_max) continue;
      ++open_;
    }
    std::thread([this, held = std::move(connection)]() mutable {
      serve(held);
      held.reset();
      const std::lock_guard lock(mutex_);  // held while it tells, so that the destructor cannot be through before
      --open_;
      closed_.notify_all();
    }).detach();  // counted: the destructor waits for it
  }
}

void Server::serve(const os::UniqueFd& connection) {
  const timeval patience{.tv_sec = reply_seconds_max, .tv_usec = 0};  // for a peer that does not read
  ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  auto request = detail::receive_line(connection.get(), request_bytes_max, stop_read_.get());
  if (!request) return;
  const std::string_view what = request->json.text("ask");
  Result<> sent;
  if (what == "status") {
    sent = detail::send_line(connection.get(), answers_.status());
  } else if (what == "live-question") {
    const Result<Json> filled = answers_.live_question(request->json["question"]);
    sent = detail::send_line(connection.get(), filled ? *filled : Json::object({{"error", filled.error().message}}));
  } else if (what == "volumes") {
    const Result<Json> answered = answers_.volumes(request->json["request"]);
    sent =
        detail::send_line(connection.get(), answered ? *answered : Json::object({{"error", answered.error().message}}));
  } else if (what == "export") {
    const Result<Json> files = answers_.live_export();
    sent = detail::send_line(connection.get(), files ? Json::object({{"files", *files}}) : Json::object({{"error", files.error().message}}));
  } else if (what == "sever") {
    sent = detail::send_line(connection.get(), sever(request->json));
  } else if (what == "copy-store") {
    sent = send_copy(connection.get(), answers_.copy_store());
  } else if (what == "copy-volume") {
    sent = send_copy(connection.get(), host_.copy_volume(request->json.str("volume")));
  } else if (what == "lease") {
    os::UniqueFd network_namespace;
    std::string interface_id, account;
    const Json reply = lease(request->json, network_namespace, interface_id, account);
    sent = detail::send_line(connection.get(), reply, network_namespace.get());
    if (sent && !reply.contains("error")) {
      pollfd waits[2] = {{connection.get(), POLLIN, 0}, {stop_read_.get(), POLLIN, 0}};
      while (::poll(waits, 2, -1) < 0 && errno == EINTR) continue;
    }
    if (!interface_id.empty()) release(account, interface_id);
  } else {
    sent = detail::send_line(
        connection.get(),
        refusal(
            "the control socket knows `status`, `live-question`, `export`, `volumes`, `copy-store`, `copy-volume`, `sever` and `lease`"));
  }
}

Json Server::sever(const Json& request) {
  const auto addresses = addresses_of(environment_.store, answers_, request);
  if (!addresses) return refusal(addresses.error().message);
  std::size_t flows = 0, count = 0;
  for (const auto& [vpc_id, theirs] : *addresses) {
    if (!answers_.record_sever(words_of(request), vpc_id)) return refusal("it cannot be recorded, so it was not done: see `ringwall status`");
    const auto severed = host_.sever(vpc_id, theirs);
    if (!severed) return refusal(severed.error().message);
    flows += *severed;
    count += theirs.size();
  }
  return Json::object({{"flows", static_cast<std::int64_t>(flows)}, {"addresses", static_cast<std::int64_t>(count)}});
}

Json Server::lease(const Json& request, os::UniqueFd& network_namespace, std::string& interface_id, std::string& account) {
  const std::string vpc_id = request.str("vpc");
  std::vector<std::string> groups;
  for (const Json& group : request["groups"].items()) groups.emplace_back(group.as_string());
  Json reply;
  const auto placed = store::transact(environment_.store, [&](store::Transaction& transaction) -> Result<Json> {
    account = owner_of(transaction, request.text("subnet"));
    if (account.empty()) return fail(Failure::not_found, "there is no subnet `" + request.str("subnet") + "`");
    const auto subnet = transaction.get(network::key_of(network::Kind::subnet, account, request.text("subnet")));
    if (subnet->text("VpcId") != vpc_id) {
      return fail(Failure::invalid, "the subnet `" + request.str("subnet") + "` is not in `" + vpc_id + "`");
    }
    auto placed_interface = network::add_interface(transaction, environment_.random,
                                         {.account = account,
                                          .subnet_id = request.str("subnet"),
                                          .groups = groups,
                                          .description = "ringwall exec",
                                          .requester = std::string(lease_requester)});
    if (!placed_interface) return fail(Failure::invalid, placed_interface.error().message);
    reply.set("api_endpoint", api_endpoint(transaction, account, vpc_id));
    const auto vpc = transaction.get(network::key_of(network::Kind::vpc, account, vpc_id));
    const auto cidr = text::parse_cidr(vpc ? vpc->text("CidrBlock") : std::string_view(), text::HostBits::clear);
    if (cidr) {
      if (const auto resolver = text::nth_address(*cidr, 2)) reply.set("resolver", text::to_string(*resolver));
    }
    return *std::move(placed_interface);
  });
  if (!placed) return refusal(placed.error().message);
  interface_id = placed->str("NetworkInterfaceId");
  if (const auto settled = networks_.settle(vpc_id); !settled) return refusal(settled.error().message);
  auto opened = host_.interface_namespace(vpc_id, interface_id);
  if (!opened) return refusal(opened.error().message);
  network_namespace = *std::move(opened);
  reply.set("vpc", vpc_id).set("subnet", request.str("subnet")).set("interface", interface_id);
  reply.set("address", placed->str("PrivateIpAddress"));
  return reply;
}

void Server::release(const std::string& account, const std::string& interface_id) {
  const auto released = store::transact(environment_.store, [&](store::Transaction& transaction) -> Result<> {
    network::remove_interface(transaction, account, interface_id);
    return {};
  });
  // What could not be released now is released at the next start.
  static_cast<void>(released);
}

Result<> release_all(store::Store& store) {
  return store::transact(store, [&](store::Transaction& transaction) -> Result<> {
    for (const store::Entry& entry : transaction.list(network::documents_prefix)) {
      if (entry.key.find("/interface/") == std::string::npos || entry.document->text("RequesterId") != lease_requester) continue;
      network::remove_interface(transaction, entry.document->str("OwnerId"), entry.document->str("NetworkInterfaceId"));
    }
    return {};
  });
}

}  // namespace ringwall::control
