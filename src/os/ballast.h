#pragma once
// Space kept on a disk that others may fill, for what must be written even then.

#include <cstdint>
#include <mutex>
#include <string>

namespace ringwall::os {

// A file whose blocks are given up, once, when its disk is full, and taken again when there is room.
// Thread-safe. A disk that cannot set blocks aside has no ballast, and everything works without.
class Ballast {
 public:
  // A 64th of the disk, at most `bytes_max`. Kept by `restore()`, or found where it was.
  Ballast(std::string path, std::uint64_t bytes_max);

  // Whether who found the disk full may try again. `there` is not the caller's doing: another that met the
  // same full disk was first, or somebody freed space.
  enum class Room : std::uint8_t { none, given_up, there };
  Room make_room();
  // True: it is there. Takes room only where there is twice as much.
  bool restore();
  bool is_there() const;
  // Whether the disk has less left than an eighth of the ballast.
  bool is_tight() const;
  std::uint64_t bytes() const { return bytes_; }

 private:
  bool holds() const;

  const std::string path_;
  std::uint64_t bytes_ = 0;
  mutable std::mutex mutex_;
};

}  // namespace ringwall::os
