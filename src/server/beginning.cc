#include "server/beginning.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "directory/records.h"
#include "os/files.h"

namespace ringwall::server {
namespace {

bool is_there(const std::string& path) {
  struct stat facts {};
  return ::lstat(path.c_str(), &facts) == 0;
}

bool has_files(const std::string& folder) {
  std::error_code ignored;
  return std::filesystem::directory_iterator(folder, ignored) != std::filesystem::directory_iterator();
}

// What belongs to a store that is not there, for people; empty if nothing does.
Result<std::string> remains(const Layout& layout, host::Host& host) {
  RW_TRY(const host::Inventory inventory, host.inventory());
  std::string text;
  const auto add = [&](const std::string& one) { text += (text.empty() ? "" : ", ") + one; };
  if (is_there(layout.root_key())) add("its root key");
  if (is_there(layout.state() + "-wal")) add("its write-ahead log");
  if (has_files(layout.audit())) add("its audit log");
  if (is_there(layout.administrator())) add("its administrator's credentials");
  if (const std::size_t count = inventory.volumes.size(); count > 0) {
    add(std::to_string(count) + (count == 1 ? " volume" : " volumes"));
  }
  return text;
}

Result<> sync_folder(const std::string& path) {
  const os::UniqueFd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder && ::fsync(folder.get()) == 0) return {};
  return std::unexpected(os::system_error("cannot flush the folder `" + path + "`", errno));
}

std::unexpected<Error> lost(const std::string& how, const std::string& remaining) {
  return fail(Failure::corrupt,
              "the store `server/state.db` " + how + ", and of the installation there is still " + remaining +
                  ": put `state.db` back from a backup, and everything goes on; `ringwall new-store` gives it up and "
                  "keeps the volumes");
}

}  // namespace

Result<> begin(const Layout& layout, host::Host& host) {
  if (has_store(layout) || is_there(layout.beginning())) return {};
  RW_TRY(const std::string remaining, remains(layout, host));
  if (!remaining.empty()) return lost(is_there(layout.state()) ? "is empty" : "is missing", remaining);
  return os::write_file(layout.beginning(), "", 0600);
}

Result<> check_filled(const Layout& layout, const store::Store& store) {
  if (directory::tables::organizations.get(store) || is_there(layout.beginning())) return {};
  return lost("holds no organisation", "its root key and what was made with it");
}

Result<> end_beginning(const Layout& layout) {
  if (::unlink(layout.beginning().c_str()) != 0) {
    if (errno == ENOENT) return {};
    return std::unexpected(os::system_error("cannot remove `" + layout.beginning() + "`", errno));
  }
  return sync_folder(layout.server());
}

Result<> give_up_store(const Layout& layout) {
  if (has_store(layout)) return fail(Failure::conflict, "there is a store in `" + layout.state() + "`: nothing is lost, so nothing is given up");
  const std::string log = layout.state() + "-wal";
  if (::rename(log.c_str(), (log + ".given-up").c_str()) != 0 && errno != ENOENT) {
    return std::unexpected(os::system_error("cannot put `" + log + "` aside", errno));
  }
  RW_DO(os::write_file(layout.beginning(), "", 0600));
  struct stat folder {};
  if (::stat(layout.server().c_str(), &folder) != 0 || ::lchown(layout.beginning().c_str(), folder.st_uid, folder.st_gid) != 0) {
    return std::unexpected(os::system_error("cannot give `" + layout.beginning() + "` to the server", errno));
  }
  return sync_folder(layout.server());
}

}  // namespace ringwall::server
