#pragma once
// The table of programs: what the privileged half starts, and nothing else. A request names an
// entry; path, arguments, environment, the files' paths and modes, and what of the machine the
// process sees are the table's. An engine of another kind is another row.

#include <string>
#include <vector>

#include "base/result.h"
#include "host/host.h"

namespace ringwall::host {

// Where a process sees the plugin folder in its private root, read-only.
inline constexpr const char* plugin_folder_inside = "/opt/ringwall";

inline constexpr std::size_t file_bytes_max = 1 << 20;

struct PlacedFile {
  std::string path;  // relative to the volume's data folder
  std::string content;
  unsigned mode = 0600;
};

// A request, spelt out.
struct Launch {
  std::vector<std::string> arguments;  // [0] is an absolute path; none: only the files are written
  std::vector<std::string> environment;
  std::vector<PlacedFile> files;       // written as the process's own user before it runs
  std::vector<PlacedFile> settings;    // below /etc of its root, root's, readable to all
  std::vector<std::string> stale;      // removed before; a `*` at the end stands for anything
  // Of the machine's files and folders its root holds these, and the libraries they need.
  std::vector<std::string> programs;  // may be executed
  std::vector<std::string> plugins;   // folders: of each, the libraries right in it
  std::string left_out = {};          // but for this one
  std::vector<std::string> reads;     // may not be executed
};

// Failure::invalid unless the request is, to the letter, what its entry takes: the id's ending,
// the address, each of its files once and no other.
Result<Launch> launch_of(const Process& process);

}  // namespace ringwall::host
