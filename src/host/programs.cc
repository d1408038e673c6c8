#include "host/programs.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

namespace ringwall::host {
namespace {

using Texts = std::vector<std::string>;

std::unexpected<Error> refuse(std::string message) {
  return fail(Failure::invalid, std::move(message));
}

// Where each kind of file lies, and with which mode.
struct FileRow {
  FileKind kind;
  const char* path;
  unsigned mode;
};
constexpr FileRow file_rows[] = {
    {FileKind::postgres_first_statements, "initialise.sql", 0600},
    {FileKind::postgres_settings, "postgresql.conf", 0600},
    {FileKind::postgres_access_rules, "pg_hba.conf", 0600},
    {FileKind::postgres_peer_names, "pg_ident.conf", 0600},
    {FileKind::postgres_identity, "server.pem", 0600},
};
constexpr FileKind initialise_files[] = {FileKind::postgres_first_statements};
constexpr FileKind configure_files[] = {
    FileKind::postgres_settings, FileKind::postgres_access_rules, FileKind::postgres_peer_names,
    FileKind::postgres_identity};

// Makes the data folder as a whole or not at all. It is made under another name, which is all that
// is ever removed: one flush of the file system comes before the marker, the marker is flushed
// after it, and what is marked gets its name. Data without the marker is nobody's to make anew.
// Encrypting what is flushed takes most of that time, so the log's segment, zeros for the most
// part, is first replaced by a sparse copy.
constexpr const char* initialise_script = R"(set -eu
umask 077
cd /data
if [ ! -e initialised ]; then
  if [ -e pg ]; then
    echo "there is a database in pg and no marker initialised: nothing is made over it" >&2
    exit 1
  fi
  rm -rf pg.new
  "$1/initdb" --pgdata=pg.new --username=rdsadmin --encoding=UTF8 --locale=C.UTF-8 --data-checksums \
    --auth-local=peer --auth-host=scram-sha-256 --no-sync --no-instructions >/dev/null
  "$1/postgres" --single -j -D pg.new -c fsync=off -c exit_on_error=on \
    -c log_min_messages=error -c log_min_error_statement=panic -c log_checkpoints=off \
    postgres < initialise.sql >/dev/null
  for segment in pg.new/pg_wal/0*; do
    cp --sparse=always "$segment" pg.new/segment
    mv pg.new/segment "$segment"
  done
  sync -f pg.new
  : > initialised
  sync initialised .
fi
if [ ! -e pg ] && [ -e pg.new ]; then
  mv pg.new pg
  sync .
fi
rm -f initialise.sql
)";

std::string postgres_folder(const Process& process) {
  return "/usr/lib/postgresql/" + std::to_string(process.release);
}

// What PostgreSQL reads of the machine. Its compiler of expressions (jit) is left out: memory that
// was written to is not executed here.
void lend_system(const Process& process, Launch& launch) {
  const std::string folder = postgres_folder(process);
  launch.programs = {folder + "/bin/postgres"};
  launch.plugins = {folder + "/lib"};
  launch.left_out = folder + "/lib/llvmjit.so";
  launch.reads = {"/usr/share/postgresql/" + std::to_string(process.release), "/usr/share/zoneinfo",
                  "/usr/lib/locale"};
}

// TZ spares initdb a comparison of this machine's clock with every zone there is.
const Texts postgres_environment = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"};

void initialise(const Process& process, Launch& launch) {
  const std::string binaries = postgres_folder(process) + "/bin";
  launch.arguments = {"/bin/sh", "-c", initialise_script, "initialise", binaries};
  launch.environment = postgres_environment;
  lend_system(process, launch);
  for (const std::string& tool : {binaries + "/initdb", std::string("/usr/bin/sh"),
                                  std::string("/usr/bin/rm"), std::string("/usr/bin/cp"),
                                  std::string("/usr/bin/mv"), std::string("/usr/bin/sync")}) {
    launch.programs.push_back(tool);
  }
}

// Settings that outrank every file the server or the database may write: what guards it, what
// could start a program or load a library, and what would lead to other files.
void serve(const Process& process, Launch& launch) {
  launch.arguments = {postgres_folder(process) + "/bin/postgres", "-D", "/data/pg"};
  for (const std::string& setting : {
           std::string("config_file=/data/postgresql.conf"),
           std::string("hba_file=/data/pg_hba.conf"),
           std::string("ident_file=/data/pg_ident.conf"),
           std::string("external_pid_file="),
           std::string("ssl=on"),
           std::string("ssl_passphrase_command="),
           "listen_addresses=" + process.address,
           std::string("unix_socket_directories=/run/ringwall"),
           "ringwall.master_user=" + process.master_user,
           std::string("shared_preload_libraries=") + plugin_folder_inside + "/ringwall_guard.so",
           std::string("session_preload_libraries="),
           std::string("dynamic_library_path=$libdir"),
           std::string("jit_provider=none"),  // its code would be writable and executable
           std::string("archive_mode=off"),
           std::string("archive_command="),
           std::string("archive_library="),
           std::string("archive_cleanup_command="),
           std::string("restore_command="),
           std::string("recovery_end_command="),
           std::string("krb_server_keyfile="),
           std::string("allow_system_table_mods=off"),
       }) {
    launch.arguments.insert(launch.arguments.end(), {"-c", setting});
  }
  launch.environment = postgres_environment;
  lend_system(process, launch);
  const std::string module = std::string(plugin_folder_inside) + "/pam_ringwall.so";
  launch.settings = {{"/etc/pam.d/ringwall",
                      "auth    required " + module + " socket=/run/ringwall/auth.sock\n" +
                          "account required " + module + "\n",
                      0444}};
  // A server that was killed leaves its lock files, and PostgreSQL believes them while anything
  // has the number in them, be it the dead server that nobody has reaped yet. One process of an
  // id runs at a time, and all of its children are ended first, so the files are never another's.
  launch.stale = {"/data/pg/postmaster.pid", "/run/ringwall/.s.PGSQL.*"};
}

void configure(const Process&, Launch&) {}

struct Row {
  Program program;
  const char* step;  // what the process's id has after the volume's
  bool listens;
  std::span<const FileKind> files;
  void (*fill)(const Process&, Launch&);
};
constexpr Row rows[] = {
    {Program::postgres_initialise, "-setup", false, initialise_files, initialise},
    {Program::postgres_configure, "-setup", false, configure_files, configure},
    {Program::postgres_serve, "", true, configure_files, serve},
};

Result<> place_files(const Process& process, const Row& row, Launch& launch) {
  for (const FileKind kind : row.files) {
    if (std::ranges::count(process.files, kind, &File::kind) != 1)
      return refuse("the program needs each of its files once");
  }
  if (process.files.size() != row.files.size())
    return refuse("there is a file that the program has no place for");
  for (const File& file : process.files) {
    const FileRow* place = std::ranges::find(file_rows, file.kind, &FileRow::kind);
    if (place == std::end(file_rows)) return refuse("there is a file of no known kind");
    if (file.content.size() > file_bytes_max) {
      return refuse(std::string("the content of `") + place->path + "` is longer than " +
                    std::to_string(file_bytes_max) + " bytes");
    }
    launch.files.push_back({place->path, file.content, place->mode});
  }
  return {};
}

// Digits and dots, so that it can be nothing but an address among other settings.
bool is_address(const std::string& text) {
  constexpr std::size_t characters_max = 15;
  return !text.empty() && text.size() <= characters_max && std::ranges::count(text, '.') == 3 &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

// Letters, digits and underscores, as engines take it without quotes.
bool is_name(const std::string& text) {
  constexpr std::size_t characters_max = 63;
  return !text.empty() && text.size() <= characters_max && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

Result<Launch> launch_of(const Process& process) {
  const Row* row = std::ranges::find(rows, process.program, &Row::program);
  if (row == std::end(rows)) return refuse("there is no such program");
  if (process.id != process.volume_id + row->step)
    return refuse("the program's process is `" + process.volume_id + row->step + "` and no other");
  if (process.release < release_min || process.release > release_max) {
    return refuse("`" + std::to_string(process.release) + "` is not a release of the program");
  }
  if (row->listens ? !is_address(process.address) : !process.address.empty())
    return refuse("the program takes an IPv4 address to listen at if it listens, and else none");
  if (row->listens ? !is_name(process.master_user) : !process.master_user.empty())
    return refuse("the program takes a master user's name if it listens, and else none");
  Launch launch;
  RW_DO(place_files(process, *row, launch));
  row->fill(process, launch);
  return launch;
}

}  // namespace ringwall::host
