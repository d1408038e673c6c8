// `ringwall env` and `ringwall status`: what a server is, for shells, people and programs.

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "api_client.h"
#include "commands.h"
#include "control/control.h"
#include "os/files.h"
#include "server/keys.h"
#include "text/json.h"
#include "text/visible.h"
#include "volumes.h"

namespace ringwall::app {

using text::Json;

namespace {

constexpr std::size_t file_bytes_max = 64UL * 1024;

Result<Json> read_json(const std::string& path) {
  RW_TRY(const std::string content, os::read_file(path, file_bytes_max));
  return text::parse_json(content);
}

// 'it'\''s': safe in any POSIX shell.
std::string quoted(std::string_view value) {
  std::string out = "'";
  for (const char c : value) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

Result<Json> environment_of(const std::string& data) {
  std::error_code error;
  const server::Layout layout{std::filesystem::weakly_canonical(data, error)};
  // The file outlives a server that was killed, so the server itself is asked first.
  if (const auto alive = control::status(layout.folder); !alive) return std::unexpected(alive.error());
  auto endpoint = read_json(layout.endpoint());
  if (!endpoint) {
    return fail(Failure::unavailable,
                "no server is running on `" + data + "`: start one with `ringwall serve --data " + data + "`");
  }
  auto administrator = read_json(layout.administrator());
  if (!administrator) {
    if (administrator.error().kind == Failure::denied)
      return fail(Failure::denied, "the administrator's credentials are root's to read: run this with sudo");
    return fail(administrator.error(),
                "the administrator's credentials are not known here any more: use those of another user");
  }
  const std::string region = endpoint->str("region");
  return Json::object({{"AWS_ENDPOINT_URL", endpoint->str("url")},
                       {"AWS_CA_BUNDLE", layout.ca_certificate()},
                       {"AWS_REGION", region},
                       {"AWS_DEFAULT_REGION", region},
                       {"AWS_ACCESS_KEY_ID", administrator->str("access_key")},
                       {"AWS_SECRET_ACCESS_KEY", administrator->str("secret")},
                       {"NODE_EXTRA_CA_CERTS", layout.ca_certificate()},
                       {"SSL_CERT_FILE", layout.ca_certificate()},
                       {"PGSSLROOTCERT", layout.ca_certificate()}});
}

namespace {

// For a terminal: names come from whoever made the things that bear them.
Json shown(const Json& json) {
  if (json.is_string()) return Json(text::visible(json.as_string()));
  if (json.is_array()) {
    Json items = Json::array();
    for (const Json& item : json.items()) items.push(shown(item));
    return items;
  }
  if (!json.is_object()) return json;
  Json members = Json::object();
  for (const auto& [name, value, at] : json.members()) members.set(name, shown(value));
  return members;
}

int exit_for(const Error& error) { return error.kind == Failure::unavailable ? exit_no_server : exit_failure; }

}  // namespace

int env(const std::string& data, Format format) {
  const auto variables = environment_of(data);
  if (!variables) return complain(variables.error().message, exit_for(variables.error()));
  if (format == Format::json) {
    fmt::print("{}\n", variables->dump_pretty());
    return exit_success;
  }
  for (const auto& [name, value, at] : variables->members())
    fmt::print("export {}={}\n", name, quoted(value.as_string()));
  fmt::print("unset AWS_SESSION_TOKEN AWS_PROFILE\n");
  return exit_success;
}

int status(const std::string& data, Format format) {
  std::error_code error;
  const auto answer = control::status(std::filesystem::weakly_canonical(data, error));
  if (!answer) return complain(answer.error().message, exit_for(answer.error()));
  if (format == Format::json) {
    fmt::print("{}\n", answer->dump_pretty());
    return exit_success;
  }
  const std::optional<Json> json = shown(*answer);
  fmt::print("ringwall {} at {} since {}\n", json->text("version"), json->text("endpoint"), json->text("started"));
  fmt::print("  account {}, region {}, data {}\n", json->text("account"), json->text("region"), json->text("data"));
  fmt::print("  audit {}\n", json->text("audit"));
  fmt::print("  limits {}\n", json->text("limits"));
  fmt::print("  store {}\n", json->text("store"));
  for (const Json& line : (*json)["degraded"].items()) fmt::print("  degraded: {}\n", line.as_string());
  for (const Json& engine : (*json)["engines"].items()) fmt::print("  engine {}\n", engine.as_string());
  for (const Json& network : (*json)["networks"].items())
    fmt::print("  {:<22} {}\n", network.text("vpc"), network.text("cidr"));
  for (const Json& db : (*json)["databases"].items()) {
    fmt::print("  {:<22} {:<10} {} {}:{}\n", db.text("identifier"), db.text("status"), db.text("engine"),
               db.text("endpoint"), db["port"].as_integer());
    for (const char* why : {"message", "growth_refused"}) {
      if (!db.text(why).empty()) fmt::print("  {:<22} {}\n", "", db.text(why));
    }
  }
  if (!(*json)["volumes"].items().empty())
    fmt::print("volumes without a database, or databases without their volume: see `ringwall volumes`\n");
  for (const Json& volume : (*json)["volumes"].items()) print_volume(volume);
  return exit_success;
}

}  // namespace ringwall::app
