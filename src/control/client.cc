#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "control/control.h"
#include "control/detail/line.h"
#include "os/files.h"

namespace ringwall::control {
namespace {

constexpr std::size_t reply_bytes_max = 16UL * 1024 * 1024;
constexpr std::size_t export_bytes_max = text::json_bytes_max;

Result<os::UniqueFd> connect(const std::string& data_folder) {
  const std::string path = socket_path(data_folder);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return fail(Failure::invalid, "the data folder's path `" + data_folder + "` is too long for a socket in it");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size());
  os::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return std::unexpected(os::system_error("cannot make a socket", errno));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EACCES || errno == EPERM) {
      return fail(Failure::denied, "only root may use the control socket `" + path + "`: run this with sudo");
    }
    return fail(Failure::unavailable,
                "no server is running on `" + data_folder + "`: start one with `ringwall serve --data " + data_folder + "`");
  }
  return socket;
}

Result<detail::Line> ask(const os::UniqueFd& socket, const Json& request, std::size_t bytes_max = reply_bytes_max) {
  RW_DO(detail::send_line(socket.get(), request));
  RW_TRY(detail::Line reply, detail::receive_line(socket.get(), bytes_max));
  if (const Json* error = reply.json.find("error")) return fail(Failure::invalid, std::string(error->as_string()));
  return reply;
}

}  // namespace

std::string socket_path(const std::string& data_folder) { return data_folder + "/run/control.sock"; }

Result<Json> status(const std::string& data_folder) {
  RW_TRY(const os::UniqueFd socket, connect(data_folder));
  RW_TRY(detail::Line reply, ask(socket, Json::object({{"ask", "status"}})));
  return std::move(reply.json);
}

Result<Json> live_question(const std::string& data_folder, const Json& question) {
  RW_TRY(const os::UniqueFd socket, connect(data_folder));
  RW_TRY(detail::Line reply, ask(socket, Json::object({{"ask", "live-question"}, {"question", question}})));
  return std::move(reply.json);
}

Result<Json> live_export(const std::string& data_folder) {
  RW_TRY(const os::UniqueFd socket, connect(data_folder));
  RW_TRY(detail::Line reply, ask(socket, Json::object({{"ask", "export"}}), export_bytes_max));
  return std::move(reply.json.edit("files"));
}

Result<Severed> sever(const std::string& data_folder, const SeverRequest& request) {
  RW_TRY(const os::UniqueFd socket, connect(data_folder));
  Json asked = Json::object({{"ask", "sever"}});
  const auto add = [&](const char* member, const std::string& value) {
    if (!value.empty()) asked.set(member, value);
  };
  add("database", request.database);
  add("interface", request.interface);
  add("group", request.group);
  add("address", request.address);
  add("vpc", request.vpc);
  RW_TRY(const detail::Line reply, ask(socket, asked));
  return Severed{static_cast<std::size_t>(reply.json["flows"].as_integer()), static_cast<std::size_t>(reply.json["addresses"].as_integer())};
}

namespace {

Result<os::UniqueFd> copy(const std::string& data_folder, const Json& request) {
  RW_TRY(const os::UniqueFd socket, connect(data_folder));
  RW_TRY(detail::Line reply, ask(socket, request));
  if (!reply.descriptor) return fail(Failure::corrupt, "the server's reply carries no copy");
  return std::move(reply.descriptor);
}

}  // namespace

Result<os::UniqueFd> copy_store(const std::string& data_folder) { return copy(data_folder, Json::object({{"ask", "copy-store"}})); }

Result<os::UniqueFd> copy_volume(const std::string& data_folder, const std::string& volume_id) {
  return copy(data_folder, Json::object({{"ask", "copy-volume"}, {"volume", volume_id}}));
}

Result<Json> volumes(const std::string& data_folder, const Json& request) {
  RW_TRY(const os::UniqueFd socket, connect(data_folder));
  RW_TRY(detail::Line reply, ask(socket, Json::object({{"ask", "volumes"}, {"request", request}})));
  return std::move(reply.json);
}

Result<Lease> lease(const std::string& data_folder, const LeaseRequest& request) {
  RW_TRY(os::UniqueFd socket, connect(data_folder));
  Json groups = Json::array();
  for (const std::string& group : request.groups) groups.push(group);
  RW_TRY(detail::Line reply, ask(socket, Json::object({{"ask", "lease"},
                                                       {"vpc", request.vpc_id},
                                                       {"subnet", request.subnet_id},
                                                       {"groups", std::move(groups)}})));
  if (!reply.descriptor) return fail(Failure::corrupt, "the server's reply carries no network namespace");
  const Json& json = reply.json;
  return Lease{json.str("vpc"),      json.str("subnet"),       json.str("interface"),       json.str("address"),
               json.str("resolver"), json.str("api_endpoint"), std::move(reply.descriptor), std::move(socket)};
}

}  // namespace ringwall::control
