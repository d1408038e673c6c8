#include "host/detail/labels.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <set>

#include "host/detail/message.h"
#include "host/detail/mounts.h"
#include "host/detail/validate.h"
#include "os/files.h"

namespace ringwall::host::detail {
namespace {

// A temporary that a killed helper left beside a label may hold what a newer label must not.
void drop_leftovers(const Folders& folders, const std::string& label) {
  std::error_code ignored;
  const std::string beginning = std::filesystem::path(label).filename().string() + ".";
  for (const auto& entry : std::filesystem::directory_iterator(folders.volumes(), ignored)) {
    if (entry.path().filename().string().starts_with(beginning)) std::filesystem::remove(entry.path(), ignored);
  }
}

// The first bytes of a file that may be missing; more than a label has makes it no label.
Result<std::string> content_of(const std::string& path) {
  const os::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) {
    if (errno == ENOENT) return std::string();
    return std::unexpected(os::system_error("cannot read `" + path + "`", errno));
  }
  std::string content(label_bytes_max, '\0');
  const ssize_t got = ::pread(file.get(), content.data(), content.size(), 0);
  if (got < 0) return std::unexpected(os::system_error("cannot read `" + path + "`", errno));
  content.resize(static_cast<std::size_t>(got));
  return content;
}

std::set<std::string> all_ids(const Folders& folders) {
  std::set<std::string> ids;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folders.volumes(), ignored)) {
    const std::string extension = entry.path().extension(), id = entry.path().stem();
    if ((extension == ".img" || extension == ".label") && is_id(id, "db")) ids.insert(id);
  }
  return ids;
}

Result<VolumeFacts> look_at(const Folders& folders, const std::string& id) {
  VolumeFacts facts;
  facts.id = id;
  struct stat status = {};
  if (::lstat(folders.image(id).c_str(), &status) == 0) {
    constexpr std::uint64_t block_bytes = 512;  // what st_blocks counts, whatever the file system
    constexpr std::int64_t ms_of_second = 1000, ns_of_ms = 1'000'000;
    facts.has_image = true;
    facts.bytes = static_cast<std::uint64_t>(status.st_size);
    facts.allocated_bytes = static_cast<std::uint64_t>(status.st_blocks) * block_bytes;
    facts.modified_ms = status.st_mtim.tv_sec * ms_of_second + status.st_mtim.tv_nsec / ns_of_ms;
  } else if (errno != ENOENT) {
    return std::unexpected(os::system_error("cannot look at `" + folders.image(id) + "`", errno));
  }
  facts.open = mount_at(folders.mount(id)).has_value();
  RW_TRY(facts.label, content_of(folders.label(id)));
  return facts;
}

}  // namespace

Result<> label_volume(const Folders& folders, const std::string& id, const std::string& label) {
  drop_leftovers(folders, folders.label(id));
  return os::write_file(folders.label(id), label, 0600);
}

Result<> remove_label(const Folders& folders, const std::string& id) {
  drop_leftovers(folders, folders.label(id));
  if (::unlink(folders.label(id).c_str()) == 0 || errno == ENOENT) return {};
  return std::unexpected(os::system_error("cannot delete `" + folders.label(id) + "`", errno));
}

Result<std::vector<VolumeFacts>> look_at_volumes(const Folders& folders, const std::string& after,
                                                 const std::string& only) {
  std::set<std::string> ids;
  if (only.empty()) {
    ids = all_ids(folders);
  } else {
    ids = {only};
  }
  std::vector<VolumeFacts> found;
  for (auto id = ids.upper_bound(after); id != ids.end() && found.size() < volumes_page_max; ++id) {
    RW_TRY(VolumeFacts facts, look_at(folders, *id));
    found.push_back(std::move(facts));
  }
  return found;
}

Result<> keep_installation(const Folders& folders, const std::string& content) {
  return os::write_file(folders.installation(), content, 0600);
}

Result<std::string> kept_installation(const Folders& folders) { return content_of(folders.installation()); }

}  // namespace ringwall::host::detail
