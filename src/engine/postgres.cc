#include "engine/postgres.h"

#include <charconv>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>

#include <algorithm>

#include "engine/detail/libpq.h"
#include "engine/detail/postgres_files.h"

namespace ringwall::engine {
namespace {

using namespace std::chrono_literals;

void wipe_text(std::string& text) {
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

class Postgres final : public Engine {
 public:
  Postgres(Version version, std::uint32_t release, std::string plugin_folder)
      : version_(std::move(version)),
        release_(release),
        plugin_folder_(std::move(plugin_folder)) {}

  const Version& version() const override { return version_; }
  Result<> initialise(host::Host& host, const Instance& instance,
                      const Secret& master_password) override;
  Result<host::Running> start(host::Host& host, const Instance& instance,
                              const crypto::Identity& identity) override;
  Result<> probe(const host::Host& host, const Instance& instance) override;
  Result<> set_master_password(const host::Host& host, const Instance& instance,
                               const Secret& password) override;
  Result<> reload(host::Host& host, const Instance& instance,
                  const crypto::Identity& identity) override;

 private:
  host::Process process_of(const Instance& instance, host::Program program) const;
  Result<> check_plugins() const;
  Version version_;
  std::uint32_t release_;
  std::string plugin_folder_;
};

host::Process Postgres::process_of(const Instance& instance, host::Program program) const {
  const bool serves = program == host::Program::postgres_serve;
  return {.id = serves ? instance.id : instance.id + "-setup",
          .volume_id = instance.id,
          .interface_id = instance.interface_id,
          .uid = instance.uid,
          .program = program,
          .release = release_,
          .address = serves ? instance.address : "",
          .master_user = serves ? instance.master_user : "",
          .files = {},
          .limits = instance.limits};
}

// Certificate and key are one file, so that they are replaced as one.
std::vector<host::File> files_of(const Instance& instance, const crypto::Identity& identity) {
  std::string pem = identity.certificate_pem;
  if (!pem.ends_with('\n')) pem += '\n';
  pem += identity.key_pem.reveal_text();
  using enum host::FileKind;
  return {{postgres_settings, detail::settings(instance)},
          {postgres_access_rules, detail::access_rules()},
          {postgres_peer_names, detail::peer_names()},
          {postgres_identity, std::move(pem)}};
}

void wipe_files(host::Process& process) {
  for (host::File& file : process.files) wipe_text(file.content);
}

Result<> succeed(const Result<host::Finished>& finished, const char* what) {
  if (!finished) return fail(finished.error(), what);
  if (finished->exit_status == 0) return {};
  std::string said = finished->output;
  while (said.ends_with('\n')) said.pop_back();
  constexpr std::size_t said_bytes_max = 500;
  if (said.size() > said_bytes_max) said.erase(0, said.size() - said_bytes_max);
  std::ranges::replace(said, '\n', ' ');
  return fail(Failure::io, std::string(what) + ": exit status `" +
                               std::to_string(finished->exit_status) + "`: " + said);
}

Result<> Postgres::initialise(host::Host& host, const Instance& instance,
                              const Secret& master_password) {
  RW_DO(detail::check(instance));
  RW_TRY(const std::string verifier, detail::scram_verifier(master_password));
  host::Process process = process_of(instance, host::Program::postgres_initialise);
  process.files = {
      {host::FileKind::postgres_first_statements, detail::first_statements(instance, verifier)}};
  const auto finished = host.run(process);
  wipe_files(process);
  return succeed(finished, "cannot initialise the database");
}

Result<> Postgres::check_plugins() const {
  for (const char* plugin : {"ringwall_guard.so", "pam_ringwall.so"}) {
    const std::string path = plugin_folder_ + "/" + plugin;
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) {
      return fail(
          Failure::unavailable,
          "`" + path + "` is missing, and no database starts without it: install ringwall again");
    }
  }
  return {};
}

Result<host::Running> Postgres::start(host::Host& host, const Instance& instance,
                                      const crypto::Identity& identity) {
  RW_DO(detail::check(instance));
  RW_DO(check_plugins());
  host::Process process = process_of(instance, host::Program::postgres_serve);
  process.files = files_of(instance, identity);
  auto running = host.start(process);
  wipe_files(process);
  return running;
}

Result<detail::Administrator> administrator_of(const host::Host& host, const Instance& instance) {
  return detail::Administrator::connect({.socket_folder = host.socket_folder(instance.id),
                                         .port = instance.port,
                                         .engine_uid = instance.uid},
                                        2s);
}

Result<> Postgres::probe(const host::Host& host, const Instance& instance) {
  // PostgreSQL completes a sign-in only once it has recovered and serves.
  RW_TRY(const auto administrator, administrator_of(host, instance));
  return {};
}

// Nobody keeps the administrator out by leaving a transaction open.
Result<> insist(detail::Administrator& administrator, const std::string& statements) {
  auto outcome = administrator.run(statements, 5s);
  if (outcome || outcome.error().kind != Failure::conflict) return outcome;
  RW_DO(administrator.run(detail::unlock_statement(), 5s));
  return administrator.run(statements, 5s);
}

Result<> Postgres::set_master_password(const host::Host& host, const Instance& instance,
                                       const Secret& password) {
  RW_DO(detail::check(instance));
  RW_TRY(const std::string verifier, detail::scram_verifier(password));
  RW_TRY(auto administrator, administrator_of(host, instance));
  RW_DO(insist(administrator, detail::master_statements(instance, verifier)));
  return insist(administrator, detail::way_in_statement(instance));
}

Result<> Postgres::reload(host::Host& host, const Instance& instance,
                          const crypto::Identity& identity) {
  RW_DO(detail::check(instance));
  host::Process process = process_of(instance, host::Program::postgres_configure);
  process.files = files_of(instance, identity);
  const auto finished = host.run(process);
  wipe_files(process);
  RW_DO(succeed(finished, "cannot write the database's configuration"));
  return host.signal(instance.id, SIGHUP);
}

std::string reported_version(const std::string& binaries) {
  const std::string command = binaries + "/postgres --version 2>/dev/null";  // a path of Debian's, not outside input
  std::FILE* output = ::popen(command.c_str(), "re");  // tidy: it only prints, before there is a host
  if (output == nullptr) return {};
  std::string text(256, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), output));
  return ::pclose(output) == 0 ? version_of(text) : std::string();
}

// "15", as Debian names the folder of an installation.
std::optional<std::uint32_t> release_of(const std::string& major) {
  std::uint32_t release = 0;
  const auto [end, error] = std::from_chars(major.data(), major.data() + major.size(), release);
  const bool whole = error == std::errc() && end == major.data() + major.size();
  if (!whole || std::to_string(release) != major || release > host::release_max) return {};
  return release;
}

}  // namespace

std::string version_of(std::string_view reported) {
  constexpr std::string_view prefix = "postgres (PostgreSQL) ";
  if (!reported.starts_with(prefix)) return {};
  reported.remove_prefix(prefix.size());
  return std::string(reported.substr(0, reported.find_first_not_of("0123456789.")));
}

std::vector<std::unique_ptr<Engine>> installed_postgres(const std::string& plugin_folder,
                                                        const std::string& installations) {
  std::vector<std::unique_ptr<Engine>> engines;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(installations, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string major = entry->path().filename();
    const auto release = release_of(major);
    if (!release) continue;
    const std::string binaries = entry->path() / "bin";
    const std::string version = reported_version(binaries);
    if (!version.starts_with(major + ".")) continue;
    engines.push_back(std::make_unique<Postgres>(
        Version{
            .engine = "postgres", .version = version, .major = major, .family = "postgres" + major},
        *release, plugin_folder));
  }
  // By number: a longer one is larger, as none begins with a zero.
  std::ranges::sort(engines, {}, [](const auto& one) {
    return std::pair(one->version().major.size(), one->version().major);
  });
  return engines;
}

}  // namespace ringwall::engine
