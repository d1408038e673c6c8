#pragma once
// Space that is promised is space that is there. The disk sets aside every block of a volume's image,
// and keeps some for Ringwall itself; and on each volume lies a ballast, a file of root's that is given
// up when the engine has filled the rest, so that it can end its recovery, and stop in order.

#include <cstdint>
#include <string>

#include "base/result.h"

namespace ringwall::host::detail {

// What volumes leave free of the disk: a sixteenth, and at most this.
inline constexpr std::uint64_t kept_free_bytes_max = 1ull << 30;
// A volume's ballast: a sixteenth of it, and at most this. A log segment of PostgreSQL has 16 MiB.
inline constexpr std::uint64_t ballast_bytes_max = 256ull << 20;

std::uint64_t kept_free_of(std::uint64_t disk_bytes);
std::uint64_t ballast_of(std::uint64_t filesystem_bytes);

// Has the disk set aside `image` whole, lengthened to `bytes` if it is shorter. Failure::exhausted, and
// its length as it was, when less than what is kept free would be left.
Result<> reserve(const std::string& image, std::uint64_t bytes);
bool is_reserved(const std::string& image);

// Gives a mounted volume's ballast up if hardly anything else is left, and puts it back when there is
// plenty. Does what it can: a volume without one is used all the same.
void settle_ballast(const std::string& mount);
// The first half of that alone.
void spare_ballast(const std::string& mount);
// Whether a mounted volume has nothing left for its engine but the ballast, or a part of that.
bool is_full(const std::string& mount);

}  // namespace ringwall::host::detail
