#include "host/uids.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <sstream>

#include "os/files.h"

namespace ringwall::host {
namespace {

namespace fs = std::filesystem;

// Range 0 is what every installation had before there were ranges. Engines' uids end where
// validation ends them, at twice engine_uid_min; servers' lie below, away from those.
constexpr std::uint32_t ranges = engine_uid_min / engine_uids;
constexpr uid_t servers_first = engine_uid_min - (1U << 17U);
static_assert(servers_first + ranges < engine_uid_min - 2);

Uids range(std::uint32_t number) {
  return {servers_first + number, engine_uid_min + number * engine_uids};
}

// The numbers of ranges that a process on this host has a uid of.
std::set<std::uint32_t> live_ranges() {
  std::set<std::uint32_t> live;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/proc", none)) {
    const std::string name = entry.path().filename();
    if (!std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0; })) continue;
    const std::string status = os::read_file(entry.path() / "status", 1U << 16U).value_or("");
    const auto at = status.find("\nUid:");
    if (at == std::string::npos) continue;  // it ended meanwhile
    std::istringstream words(status.substr(at + 5));
    uid_t uid = 0;
    words >> uid;
    if (uid >= engine_uid_min && uid < 2 * engine_uid_min) live.insert((uid - engine_uid_min) / engine_uids);
    if (uid >= servers_first && uid < servers_first + ranges) live.insert(uid - servers_first);
  }
  return live;
}

// FNV-1a. Nothing depends on it being hard to forge: what is taken is passed over.
std::uint32_t hash_of(const std::string& text) {
  std::uint32_t hash = 0x811c9dc5;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
  return hash;
}

Result<Uids> read_record(const std::string& path) {
  RW_TRY(const std::string text, os::read_file(path, 4096));
  std::istringstream words(text);
  Uids uids;
  std::string more;
  if (words >> uids.server >> uids.engines_first && !(words >> more)) {
    for (std::uint32_t number = 1; number < ranges; ++number) {
      if (uids == range(number)) return uids;
    }
  }
  return fail(Failure::corrupt,
              "`" + path + "` does not hold the uids of an installation: restore it from a copy");
}

}  // namespace

Result<Uids> uids_of(const std::string& data_folder) {
  const std::string record = data_folder + "/host/uids";
  std::error_code none;
  if (fs::exists(fs::symlink_status(record, none))) return read_record(record);
  struct stat facts = {};
  // Root's is one that a restore made, which nobody has served yet.
  if (::lstat((data_folder + "/server").c_str(), &facts) == 0 && facts.st_uid != 0) {
    const bool ranged = facts.st_uid > servers_first && facts.st_uid < servers_first + ranges;
    return ranged ? range(facts.st_uid - servers_first) : Uids{};
  }
  const std::set<std::uint32_t> live = live_ranges();
  const std::uint32_t wanted = hash_of(fs::weakly_canonical(data_folder, none)) % (ranges - 1);
  for (std::uint32_t step = 0; step < ranges - 1; ++step) {
    const std::uint32_t number = 1 + (wanted + step) % (ranges - 1);
    if (live.contains(number)) continue;
    const Uids uids = range(number);
    RW_DO(os::make_folder(data_folder + "/host", 0711));
    RW_DO(os::write_file(record, std::to_string(uids.server) + " " + std::to_string(uids.engines_first) + "\n", 0600));
    return uids;
  }
  return fail(Failure::exhausted, "every range of uids is in use on this host");
}

}  // namespace ringwall::host
