#pragma once
// Has a file changed? As far as that can be told without opening it.

#include <cstdint>
#include <string>

#include "base/ports.h"

namespace ringwall::os {

// What bears the name. Another look means that it may have another content; the same look means the same content, unless it was
// written again within the grain of the file system's clock (`is_young`).
struct FileState {
  bool exists = false;
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t modified_ns = 0, changed_ns = 0;  // since 1970: the content, and anything at all
  friend bool operator==(const FileState&, const FileState&) = default;
};
FileState state_of(const std::string& path);  // follows links

// Was it changed so shortly before `now` that a later write could look the same? A change that lies in the future is no young one.
inline constexpr std::int64_t young_ns = 1'000'000'000;
bool is_young(const FileState& state, TimePoint now);

}  // namespace ringwall::os
