#include "engine/postgres.h"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <algorithm>

#include "engine/detail/libpq.h"
#include "engine/detail/postgres_files.h"

namespace ringwall::engine {
namespace {

using namespace std::chrono_literals;

// Makes the data folder as a whole or not at all: what is there without the marker is half-made
// and removed. Nothing is flushed piece by piece; one flush of the file system comes before the
// marker, and the marker is flushed after it. Encrypting what is flushed takes most of that
// time, so the log's segment, zeros for the most part, is first replaced by a sparse copy.
constexpr const char* initialise_script = R"(set -eu
umask 077
cd /data
if [ ! -e initialised ]; then
  rm -rf pg
  "$1/initdb" --pgdata=pg --username=rdsadmin --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
    --auth-local=peer --auth-host=scram-sha-256 --no-sync --no-instructions >/dev/null
  "$1/postgres" --single -j -D pg -c fsync=off -c exit_on_error=on \
    -c log_min_messages=error -c log_min_error_statement=panic -c log_checkpoints=off \
    postgres < initialise.sql >/dev/null
  for segment in pg/pg_wal/0*; do
    cp --sparse=always "$segment" pg/segment
    mv pg/segment "$segment"
  done
  sync -f pg
  : > initialised
  sync initialised .
fi
rm -f initialise.sql
)";

// A server that was killed leaves its lock files, and PostgreSQL believes them while anything has
// the number in them, be it the dead server that nobody has reaped yet. The host runs one process
// of an id at a time, and ends all of its children first, so the files are never another's.
constexpr const char* start_script =
    R"(rm -f /data/pg/postmaster.pid /run/ringwall/.s.PGSQL.*; exec "$0" "$@")";

void wipe_text(std::string& text) {
  wipe({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

class Postgres final : public Engine {
 public:
  Postgres(Version version, std::string binaries, std::string plugin_folder)
      : version_(std::move(version)),
        binaries_(std::move(binaries)),
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
  Result<> check_plugins() const;
  Version version_;
  std::string binaries_;
  std::string plugin_folder_;
};

host::Process process_of(const Instance& instance, const std::string& id_suffix) {
  host::Process process;
  process.id = instance.id + id_suffix;
  process.volume_id = instance.id;
  process.interface_id = instance.interface_id;
  process.uid = instance.uid;
  process.limits = instance.limits;
  // TZ spares initdb a comparison of this machine's clock with every zone there is.
  process.environment = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"};
  return process;
}

// Certificate and key are one file, so that they are replaced as one.
std::vector<host::File> files_of(const Instance& instance, const crypto::Identity& identity) {
  std::string pem = identity.certificate_pem;
  if (!pem.ends_with('\n')) pem += '\n';
  pem += identity.key_pem.reveal_text();
  return {{"postgresql.conf", detail::settings(instance)},
          {"pg_hba.conf", detail::access_rules()},
          {"pg_ident.conf", detail::peer_names()},
          {"server.pem", std::move(pem)},
          {"/etc/pam.d/ringwall", detail::pam_service(), 0644}};
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
  host::Process process = process_of(instance, "-setup");
  process.arguments = {"/bin/sh", "-c", initialise_script, "initialise", binaries_};
  process.files = {{"initialise.sql", detail::first_statements(instance, verifier)}};
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
  host::Process process = process_of(instance, "");
  // What guards the server is on the command line, which outranks every file it may write.
  process.arguments = {"/bin/sh", "-c", start_script, binaries_ + "/postgres", "-D", "/data/pg"};
  for (const std::string& setting :
       {std::string("config_file=/data/postgresql.conf"), std::string("hba_file=/data/pg_hba.conf"),
        std::string("ident_file=/data/pg_ident.conf"), std::string("ssl=on"),
        "listen_addresses=" + instance.address,
        std::string("unix_socket_directories=/run/ringwall"),
        "ringwall.master_user=" + instance.master_user,
        std::string("shared_preload_libraries=") + plugin_folder_inside + "/ringwall_guard.so"}) {
    process.arguments.insert(process.arguments.end(), {"-c", setting});
  }
  process.files = files_of(instance, identity);
  auto running = host.start(process);
  wipe_files(process);
  return running;
}

Result<detail::Administrator> administrator_of(const host::Host& host, const Instance& instance) {
  return detail::Administrator::connect({.socket_folder = host.socket_folder(instance.id),
                                         .port = instance.port,
                                         .engine_uid = instance.uid},
                                        1s);
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
  host::Process process = process_of(instance, "-setup");
  process.arguments = {"/bin/true"};
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
    if (!std::ranges::all_of(major, [](char c) { return c >= '0' && c <= '9'; })) continue;
    const std::string binaries = entry->path() / "bin";
    const std::string version = reported_version(binaries);
    if (!version.starts_with(major + ".")) continue;
    engines.push_back(std::make_unique<Postgres>(
        Version{
            .engine = "postgres", .version = version, .major = major, .family = "postgres" + major},
        binaries, plugin_folder));
  }
  // By number: a longer one is larger, as none begins with a zero.
  std::ranges::sort(engines, {}, [](const auto& one) {
    return std::pair(one->version().major.size(), one->version().major);
  });
  return engines;
}

}  // namespace ringwall::engine
