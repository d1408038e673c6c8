#pragma once
// Files, read and written whole, and the system clock.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/ports.h"
#include "base/result.h"
#include "os/fd.h"

namespace ringwall::os {

// "cannot open `x`: No such file or directory", with the Failure that fits `code` (an errno).
Error system_error(std::string_view what, int code);

// The whole file; refuses one of more than `bytes_max`.
Result<std::string> read_file(const std::string& path, std::size_t bytes_max);

// Writes into `path` where it is a device or a pipe, which stays what it is. Else replaces `path` as a whole: a temporary beside it, fsync, rename, fsync of the folder. After
// a crash at any moment the file is the old one or the new one. `mode` as for chmod.
Result<> write_file(const std::string& path, std::string_view content, unsigned mode);

// Makes the folder (and its parents) with `mode` unless it is there.
Result<> make_folder(const std::string& path, unsigned mode);

class SystemClock final : public Clock {
 public:
  TimePoint now() const override;
};

}  // namespace ringwall::os
