// `ringwall backup`: store, audit, sealed root key and, if asked for, the encrypted volumes, in one file.
//
// The store is copied first and the rest after it, so that a backup's audit and volumes tell at least of all that
// its store knows: what is younger than the store is kept and shown at a restore, what is older could not be.

#include "backup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <filesystem>
#include <iterator>

#include "backup/archive.h"
#include "control/control.h"
#include "crypto/crypto.h"
#include "crypto/envelope.h"
#include "os/files.h"
#include "server/keys.h"
#include "store/copy.h"
#include "text/time.h"

namespace ringwall::app {
namespace {

using text::Json;

constexpr std::size_t root_key_file_bytes_max = 64;

void say(const std::string& line) { fmt::print(stderr, "ringwall: {}\n", line); }

Result<os::UniqueFd> open_to_read(const std::string& path) {
  os::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return std::unexpected(os::system_error("cannot open `" + path + "`", errno));
  return file;
}

Result<std::uint64_t> size_of(const os::UniqueFd& file) {
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return std::unexpected(os::system_error("cannot look at a file", errno));
  return static_cast<std::uint64_t>(facts.st_size);
}

// No server runs: its files are at rest, though the store's log may not be merged yet. A copy is opened, so that
// root leaves nothing of its own among the server's files.
Result<os::UniqueFd> copy_store_at_rest(const server::Layout& layout) {
  const os::UniqueFd lock(::open((layout.state() + ".lock").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(Failure::conflict, "a server is starting or stopping on `" + layout.folder + "`: try again in a moment");
  }
  std::string folder = layout.folder + "/backup-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) return std::unexpected(os::system_error("cannot make a folder in `" + layout.folder + "`", errno));
  auto copy = [&]() -> Result<os::UniqueFd> {
    std::error_code error;
    std::filesystem::copy_file(layout.state(), folder + "/state.db", error);
    if (error) return fail(Failure::not_found, "cannot copy the store `" + layout.state() + "`: " + error.message());
    std::filesystem::copy_file(layout.state() + "-wal", folder + "/state.db-wal", error);  // there after a kill only
    RW_TRY(const auto store, store::open_sqlite(folder + "/state.db"));
    RW_DO(store::copy_sqlite(*store, folder + "/copy.db"));
    return open_to_read(folder + "/copy.db");
  }();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return copy;
}

Result<os::UniqueFd> copy_store(const server::Layout& layout, bool& running) {
  auto copy = control::copy_store(layout.folder);
  running = copy || copy.error().kind != Failure::unavailable;
  if (running) return copy;
  return copy_store_at_rest(layout);
}

Result<std::string> sealed_root_key(const server::Layout& layout, const BackupFlags& flags) {
  RW_TRY(std::string content, os::read_file(layout.root_key(), root_key_file_bytes_max));
  const Secret key{std::string_view(content)};
  wipe({reinterpret_cast<std::uint8_t*>(content.data()), content.size()});
  if (!flags.recipient.empty()) {
    RW_TRY(const std::string recipient, os::read_file(flags.recipient, key_file_bytes_max));
    return crypto::seal_to(key, recipient);
  }
  RW_TRY(const Secret passphrase, read_passphrase(flags.passphrase_file, true));
  crypto::SystemRandom random;
  return crypto::seal_under_passphrase(key, passphrase, random);
}

// Up to the last whole line: the server may be writing the next.
Result<std::uint64_t> whole_lines(const os::UniqueFd& file) {
  RW_TRY(std::uint64_t size, size_of(file));
  for (char last = 0; size > 0; --size) {
    if (::pread(file.get(), &last, 1, static_cast<off_t>(size - 1)) != 1) return std::unexpected(os::system_error("cannot read an audit file", errno));
    if (last == '\n') break;
  }
  return size;
}

std::vector<std::filesystem::path> files_in(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (entry.is_regular_file(ignored) && !entry.is_symlink(ignored)) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

Result<> add_audit(backup::Writer& writer, const server::Layout& layout) {
  for (const auto& path : files_in(layout.audit())) {
    RW_TRY(const os::UniqueFd file, open_to_read(path));
    RW_TRY(const std::uint64_t bytes, whole_lines(file));
    RW_DO(writer.add("audit/" + path.filename().string(), file.get(), bytes));
  }
  return {};
}

// What lies beside an image is small and tells what it is.
Result<std::size_t> add_volumes(backup::Writer& writer, const std::string& data) {
  std::size_t count = 0;
  for (const auto& path : files_in(data + "/host/volumes")) {
    const std::string name = "volumes/" + path.filename().string();
    if (path.extension() != ".img") {
      if (path.extension() != ".label") continue;  // what was never finished
      RW_TRY(const os::UniqueFd file, open_to_read(path));
      RW_TRY(const std::uint64_t bytes, size_of(file));
      RW_DO(writer.add(name, file.get(), bytes));
      continue;
    }
    say("copying " + name);
    RW_TRY(const os::UniqueFd copy, control::copy_volume(data, path.stem()));
    RW_TRY(const std::uint64_t bytes, size_of(copy));
    RW_DO(writer.add(name, copy.get(), bytes));
    ++count;
  }
  return count;
}

// Everything, in the order said at the top.
Result<Json> write_backup(const BackupFlags& flags, int out) {
  const server::Layout layout{flags.data};
  bool running = false;
  RW_TRY(const os::UniqueFd store, copy_store(layout, running));
  if (flags.volumes && !running) {
    return fail(Failure::unavailable, "volumes are copied by the running server, which knows how to hold their writers: start it, or leave out --volumes");
  }
  RW_TRY(const std::string root_key, sealed_root_key(layout, flags));
  RW_TRY(backup::Writer writer, backup::Writer::begin(out));
  RW_TRY(const std::uint64_t store_bytes, size_of(store));
  RW_DO(writer.add("state.db", store.get(), store_bytes));
  RW_DO(writer.add_text(flags.recipient.empty() ? sealed_under_passphrase : sealed_to_recipient, root_key));
  RW_DO(add_audit(writer, layout));
  std::size_t volumes = 0;
  if (flags.volumes) {
    RW_TRY(volumes, add_volumes(writer, flags.data));
  }
  const Json about = Json::object({{"format", backup_format},
                                   {"version", backup_version},
                                   {"ringwall", RINGWALL_VERSION},
                                   {"made", text::iso8601(os::SystemClock().now())},
                                   {"volumes", static_cast<std::int64_t>(volumes)}});
  RW_DO(writer.finish(about));
  return about;
}

// The file appears under its name only when it is whole and on the disk.
Result<std::string> write_into(const BackupFlags& flags) {
  RW_DO(os::make_folder(flags.target, 0700));
  const std::string path = flags.target + "/ringwall-" + text::basic_iso8601(os::SystemClock().now()) + ".tar", unfinished = path + ".unfinished";
  const os::UniqueFd out(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!out) return std::unexpected(os::system_error("cannot make `" + unfinished + "`", errno));
  const auto written = write_backup(flags, out.get());
  if (!written || ::fsync(out.get()) != 0 || ::rename(unfinished.c_str(), path.c_str()) != 0) {
    const int code = errno;
    ::unlink(unfinished.c_str());
    if (!written) return std::unexpected(written.error());
    return std::unexpected(os::system_error("cannot finish `" + path + "`", code));
  }
  const os::UniqueFd folder(::open(flags.target.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.get()) != 0) return std::unexpected(os::system_error("cannot sync `" + flags.target + "`", errno));
  return path;
}

Result<std::string> typed(const char* prompt) {
  const os::UniqueFd terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  termios shown{};
  if (!terminal || ::tcgetattr(terminal.get(), &shown) != 0) {
    return fail(Failure::invalid, "there is no terminal to ask for a passphrase: name a --passphrase-file, or a key");
  }
  termios hidden = shown;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(terminal.get(), TCSAFLUSH, &hidden);
  (void)!::write(terminal.get(), prompt, std::char_traits<char>::length(prompt));
  std::string line;
  for (char c = 0; ::read(terminal.get(), &c, 1) == 1 && c != '\n' && line.size() < key_file_bytes_max;) line += c;
  ::tcsetattr(terminal.get(), TCSAFLUSH, &shown);
  (void)!::write(terminal.get(), "\n", 1);
  return line;
}

}  // namespace

Result<Secret> read_passphrase(const std::string& file, bool twice) {
  if (file.empty()) {
    RW_TRY(const std::string first, typed("Passphrase: "));
    if (twice) {
      RW_TRY(const std::string second, typed("Once more: "));
      if (first != second) return fail(Failure::invalid, "the two passphrases differ");
    }
    return Secret{std::string_view(first)};
  }
  RW_TRY(const std::string content, os::read_file(file, key_file_bytes_max));
  return Secret{std::string_view(content).substr(0, content.find('\n'))};
}

int backup(const BackupFlags& given) {
  BackupFlags flags = given;
  if (::geteuid() != 0) return complain("a backup holds root's files: run it with sudo");
  std::error_code error;
  flags.data = std::filesystem::canonical(given.data, error);
  if (error) return complain("there is no data folder `" + given.data + "`");
  if (flags.target == "-") {
    if (::isatty(STDOUT_FILENO) != 0) return complain("a backup is no text for a terminal: redirect it, or name a folder", exit_usage);
    const auto written = write_backup(flags, STDOUT_FILENO);
    return written ? exit_success : complain(written.error().message);
  }
  const auto path = write_into(flags);
  if (!path) return complain(path.error().message);
  fmt::print("{}\n", *path);
  return exit_success;
}

void add_backup(CLI::App& app, Chosen& chosen) {
  const auto flags = std::make_shared<BackupFlags>();  // lives as long as the command that fills it
  CLI::App* command = app.add_subcommand("backup", "Copy a Ringwall into one file, while it runs.");
  command->footer("The file holds the store, the audit log, and the root key, which alone opens both the store's secrets and the\n"
                  "volumes: it is sealed under a passphrase, or to a public key whose private half is kept elsewhere. With --volumes\n"
                  "it holds the encrypted volumes too, each as of one moment; a database's writers pause for that moment.\n"
                  "Examples: sudo ringwall backup /backups --recipient backup-certificate.pem --volumes\n"
                  "          sudo ringwall backup - --passphrase-file phrase | ssh vault 'cat >ringwall.tar'\n"
                  "Put it back with `ringwall restore`; `ringwall restore --check FILE` tells whether it could be.");
  command->add_option("target", flags->target, "the folder to put the file into, or - for standard output")->required()->type_name("DIR|-");
  command->add_option("--data", flags->data, "the data folder")->capture_default_str()->type_name("DIR")->envname("RINGWALL_DATA");
  CLI::Option* phrase = command->add_option("--passphrase-file", flags->passphrase_file, "whose first line is the passphrase (default: ask)")->type_name("FILE");
  command->add_option("--recipient", flags->recipient, "seal to this PEM certificate or public key instead")->type_name("FILE")->excludes(phrase);
  command->add_flag("--volumes", flags->volumes, "the databases' volumes too");
  command->callback([flags, &chosen] { chosen = [flags] { return backup(*flags); }; });
}

}  // namespace ringwall::app
