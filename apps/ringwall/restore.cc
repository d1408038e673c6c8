// `ringwall restore`: puts a backup back, beside what is there and never over it.
//
// Everything is unpacked and held to its manifest before anything is touched. A volume that is there already stays:
// it is what the databases wrote last. A store that is there is moved aside with --replace, and refused without.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <filesystem>

#include "backup.h"
#include "backup/archive.h"
#include "crypto/envelope.h"
#include "os/files.h"
#include "server/keys.h"
#include "store/store.h"
#include "text/time.h"

namespace ringwall::app {
namespace {

using text::Json;
namespace fs = std::filesystem;

void say(const std::string& line) { fmt::print(stderr, "ringwall: {}\n", line); }

Result<> move(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return {};
  return std::unexpected(os::system_error("cannot move `" + from.string() + "` to `" + to.string() + "`", errno));
}

Result<> sync_folder(const std::string& path) {
  const os::UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder && ::fsync(folder.get()) == 0) return {};
  return std::unexpected(os::system_error("cannot sync `" + path + "`", errno));
}

// Where a backup is unpacked: on the data folder's disk, so that it can be moved into place, and gone at the end.
class Staging {
 public:
  static Result<Staging> in(const std::string& data) {
    std::string path = data + "/restore-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) return std::unexpected(os::system_error("cannot make a folder in `" + data + "`", errno));
    return Staging(std::move(path));
  }
  Staging(Staging&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Staging& operator=(Staging&&) = delete;
  ~Staging() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  std::string at(std::string_view name) const { return path_ + "/" + std::string(name); }
  const std::string& path() const { return path_; }

 private:
  explicit Staging(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

Result<Secret> root_key(const RestoreFlags& flags, const Staging& staging) {
  const bool under_passphrase = fs::exists(staging.at(sealed_under_passphrase));
  RW_TRY(const std::string sealed, os::read_file(staging.at(under_passphrase ? sealed_under_passphrase : sealed_to_recipient), key_file_bytes_max));
  if (under_passphrase) {
    if (!flags.key.empty()) return fail(Failure::invalid, "the backup's root key is sealed under a passphrase: name a --passphrase-file, or none to be asked");
    RW_TRY(const Secret passphrase, read_passphrase(flags.passphrase_file, false));
    return crypto::open_with_passphrase(sealed, passphrase);
  }
  if (flags.key.empty()) return fail(Failure::invalid, "the backup's root key is sealed to a public key: name the private one with --key");
  RW_TRY(std::string pem, os::read_file(flags.key, key_file_bytes_max));
  const Secret key{std::string_view(pem)};
  wipe({reinterpret_cast<std::uint8_t*>(pem.data()), pem.size()});
  return crypto::open_with_key(sealed, key);
}

// Unpacks, and holds the parts to each other. Answers the root key.
Result<Secret> verified(const RestoreFlags& flags, int in, const Staging& staging) {
  RW_TRY(const Json manifest, backup::unpack(in, staging.path(), [](const std::string& member) {
           if (member.ends_with(".img")) say("unpacking " + member);
         }));
  if (manifest.text("format") != backup_format) return fail(Failure::corrupt, "the file is no backup of a ringwall");
  if (manifest["version"].as_integer() > backup_version) {
    return fail(Failure::corrupt, "the backup has format version " + std::to_string(manifest["version"].as_integer()) + ", this ringwall reads up to " +
                                      std::to_string(backup_version) + ": use the newer ringwall");
  }
  RW_TRY(Secret key, root_key(flags, staging));
  RW_TRY(const auto store, store::open_sqlite(staging.at("state.db")));
  RW_DO(server::check_root_key(*store, key));
  say("the backup of " + manifest.str("made") + " is whole, and its root key opens its store");
  return key;
}

Result<os::UniqueFd> lock_store(const server::Layout& layout) {
  os::UniqueFd lock(::open((layout.state() + ".lock").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (lock && ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail(Failure::conflict, "a server runs on `" + layout.folder + "`: stop it first");
  }
  return lock;
}

Result<> place_volumes(const Staging& staging, const std::string& data) {
  if (!fs::exists(staging.at("volumes"))) return {};
  RW_DO(os::make_folder(data + "/host", 0711));
  RW_DO(os::make_folder(data + "/host/volumes", 0700));
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(staging.at("volumes"), ignored)) {
    const std::string id = entry.path().stem(), image = data + "/host/volumes/" + id + ".img";
    // A label goes with its image.
    if (entry.path().extension() != ".img") continue;
    if (fs::exists(image)) {
      say("the volume `" + id + "` is there and stays: the backup's older copy of it is left out");
      continue;
    }
    if (fs::exists(staging.at("volumes/" + id + ".label"))) RW_DO(move(staging.at("volumes/" + id + ".label"), data + "/host/volumes/" + id + ".label"));
    RW_DO(move(entry.path(), image));
  }
  return sync_folder(data + "/host/volumes");
}

// Audit files only ever grow, so of two of a day the longer one tells more.
Result<> keep_longer_audit(const std::string& there, const std::string& restored) {
  std::error_code ignored;
  RW_DO(os::make_folder(restored, 0700));
  for (const auto& entry : fs::directory_iterator(there, ignored)) {
    if (!entry.is_regular_file(ignored) || entry.is_symlink(ignored)) continue;
    const fs::path target = fs::path(restored) / entry.path().filename();
    if (fs::exists(target) && fs::file_size(target, ignored) >= entry.file_size(ignored)) continue;
    std::error_code error;
    fs::copy_file(entry.path(), target, fs::copy_options::overwrite_existing, error);
    if (error) return fail(Failure::io, "cannot copy `" + entry.path().string() + "`: " + error.message());
  }
  return {};
}

Result<> place(const RestoreFlags& flags, const Staging& staging, const Secret& key) {
  const server::Layout layout{flags.data}, made{staging.at("new")};
  const std::string server = flags.data + "/server";
  RW_TRY(const os::UniqueFd lock, lock_store(layout));
  const bool occupied = fs::exists(server) && !fs::is_empty(server);
  if (occupied && !flags.replace) {
    return fail(Failure::conflict, "`" + flags.data + "` holds a Ringwall already: choose another --data, or give --replace, which moves its store aside");
  }
  RW_DO(place_volumes(staging, flags.data));
  RW_DO(os::make_folder(made.folder + "/server", 0700));
  RW_DO(move(staging.at("state.db"), made.state()));
  RW_DO(os::write_file(made.root_key(), key.reveal_text(), 0600));
  if (fs::exists(staging.at("audit"))) RW_DO(move(staging.at("audit"), made.audit()));
  if (occupied) {
    RW_DO(keep_longer_audit(layout.audit(), made.audit()));
    const std::string aside = server + ".before-restore-" + text::basic_iso8601(os::SystemClock().now());
    RW_DO(move(server, aside));
    say("what was there is kept in `" + aside + "`");
  } else if (fs::exists(server)) {
    std::error_code ignored;
    fs::remove(server, ignored);  // empty
  }
  RW_DO(move(made.folder + "/server", server));
  return sync_folder(flags.data);
}

}  // namespace

int restore(const RestoreFlags& given) {
  RestoreFlags flags = given;
  if (::geteuid() != 0) return complain("a restore writes root's files: run it with sudo");
  const bool made = !fs::exists(flags.data);
  if (auto folder = os::make_folder(flags.data, 0755); !folder) return complain(folder.error().message);
  flags.data = fs::canonical(flags.data);
  const auto outcome = [&]() -> Result<> {
    const os::UniqueFd in(flags.source == "-" ? ::dup(STDIN_FILENO) : ::open(flags.source.c_str(), O_RDONLY | O_CLOEXEC));
    if (!in) return std::unexpected(os::system_error("cannot open `" + flags.source + "`", errno));
    RW_TRY(const Staging staging, Staging::in(flags.data));
    RW_TRY(const Secret key, verified(flags, in.get(), staging));
    return flags.check ? Result<>() : place(flags, staging, key);
  }();
  std::error_code ignored;
  if (made && fs::is_empty(flags.data, ignored)) fs::remove(flags.data, ignored);
  if (!outcome) return complain(outcome.error().message);
  if (!flags.check) say("restored into `" + flags.data + "`: start it with `ringwall serve --data " + flags.data + "`, then look at `ringwall status`");
  return exit_success;
}

void add_restore(CLI::App& app, Chosen& chosen) {
  const auto flags = std::make_shared<RestoreFlags>();  // lives as long as the command that fills it
  CLI::App* command = app.add_subcommand("restore", "Put a backup back.");
  command->footer("Nothing is written over. Volumes that are there stay; a store that is there is moved aside with --replace, and its\n"
                  "longer audit files are kept. The server that starts then says which volumes are younger than its store.\n"
                  "Examples: sudo ringwall restore /backups/ringwall-20260102T030405Z.tar --key backup-key.pem --data /var/lib/ringwall\n"
                  "          ssh vault cat ringwall.tar | sudo ringwall restore - --check --passphrase-file phrase");
  command->add_option("source", flags->source, "a file that `ringwall backup` made, or - for standard input")->required()->type_name("FILE|-");
  command->add_option("--data", flags->data, "the data folder to restore into")->capture_default_str()->type_name("DIR")->envname("RINGWALL_DATA");
  CLI::Option* phrase = command->add_option("--passphrase-file", flags->passphrase_file, "whose first line is the passphrase (default: ask)")->type_name("FILE");
  command->add_option("--key", flags->key, "the PEM private key that the root key is sealed to")->type_name("FILE")->excludes(phrase);
  CLI::Option* check = command->add_flag("--check", flags->check, "read and verify all of it, and restore nothing");
  command->add_flag("--replace", flags->replace, "move the store that is there aside")->excludes(check);
  command->callback([flags, &chosen] { chosen = [flags] { return restore(*flags); }; });
}

}  // namespace ringwall::app
