#pragma once
// The file of a backup: a tar (POSIX pax, which GNU tar reads) that says at its end what is in it.
//
// Members, each a regular file, and nothing else: at most one folder deep, names of letters, digits, `.`, `_` and
// `-` that begin with a letter or digit. The last one, `manifest.json`, lists every other with its size and digest;
// an archive without it was cut short. Holes of sparse files stay holes, in the archive and where it is unpacked.
//
// A digest is the SHA-256 of the file's pieces of 64 KiB, each as its number (64 bits, big-endian) and its bytes,
// pieces of zeroes left out: it is the same however sparse a file lies on its disk, and costs what the data costs.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "text/json.h"

struct archive;

namespace ringwall::backup {

inline constexpr std::size_t members_max = 100'000;
inline constexpr std::size_t manifest_bytes_max = 64UL * 1024 * 1024;

using Progress = std::function<void(const std::string& member)>;  // before each

// Writes an archive to a descriptor, front to back; it may be a pipe.
class Writer {
 public:
  // `out` stays the caller's and must outlive this.
  static Result<Writer> begin(int out);
  Writer(Writer&&) noexcept;
  Writer& operator=(Writer&&) noexcept;
  ~Writer();

  // The first `bytes` of the file, which may be written to beyond them meanwhile.
  Result<> add(const std::string& name, int file, std::uint64_t bytes);
  Result<> add_text(const std::string& name, std::string_view content);
  // Writes the manifest: `about`, an object, with the list of `files`.
  Result<> finish(text::Json about);

 private:
  struct State;
  explicit Writer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Unpacks an archive from a descriptor into `folder`, which is there and empty, as files that only their owner may
// read, and holds it to its manifest, which is answered. Refuses, with Failure::corrupt and the member's name,
// whatever is not as described above; what was unpacked until then stays. The caller removes the folder.
Result<text::Json> unpack(int in, const std::string& folder, const Progress& progress = {});

}  // namespace ringwall::backup
