#pragma once
// An engine's log: what it writes to standard output and error, on its own encrypted volume and
// within bounds that no client of the engine can move. A process of ours reads the other end of the
// engine's pipe. It shares neither the engine's control group nor its fate: the engine can neither
// starve nor outlive it, and it ends when the last writer of the pipe has.
//
// The files have the names that RDS gives them: postgresql.log.YYYY-MM-DD-HH, and -HHMM for what
// follows a full one. They are appended to, so that a restart loses nothing of them.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/ports.h"
#include "os/fd.h"

namespace ringwall::host::detail {

inline constexpr std::size_t log_line_bytes_max = 16 << 10;         // the rest of a longer one is left out
// A minute of all of these fits one file; on a volume that has less for logs each is less by as much.
inline constexpr std::uint64_t log_rate_bytes_max = 128 << 10;  // a second, in the long run
inline constexpr std::uint64_t log_burst_bytes_max = 4 << 20;
inline constexpr std::uint64_t log_signin_rate_bytes_max = 16 << 10;  // beside it, for refused sign-ins
inline constexpr std::uint64_t log_signin_burst_bytes_max = 1 << 20;
inline constexpr std::uint64_t log_file_bytes_max = 16 << 20;
inline constexpr std::uint64_t log_total_bytes_max = 256 << 20;  // or a 64th of the volume, if that is less
inline constexpr std::uint64_t log_total_bytes_min = 4 << 20;
inline constexpr std::size_t log_files_max = 72;                    // three days, as RDS keeps them
inline constexpr std::size_t log_queue_bytes_max = 4 << 20;         // read, and waiting for a slow disk
inline constexpr std::string_view log_step = "-log";                // names its process: db-…-log
inline constexpr const char* log_folder = "log/error";              // on the volume

// Bytes to lines, each with its end; what a line has beyond the limit is counted, not kept.
class LineCutter {
 public:
  using Line = std::function<void(std::string_view line)>;
  void add(std::string_view bytes, const Line& line);
  void end(const Line& line);  // what came after the last end of a line

 private:
  std::string line_;
  std::uint64_t left_out_ = 0;
};

// So many bytes at once, and so many a second after that.
class Allowance {
 public:
  Allowance(std::uint64_t rate, std::uint64_t burst) : rate_(rate), burst_(burst), left_(burst) {}
  bool take(std::uint64_t bytes, TimePoint now);

 private:
  std::uint64_t rate_, burst_, left_;
  TimePoint filled_{};
};

// Whether PostgreSQL refused a sign-in, or ended: what must not drown in what a client made it say.
bool is_fatal(std::string_view line);

// The folder of files. What cannot be written (a full volume, say) is lost and reported so.
class LogFiles {
 public:
  // Makes the folder below `volume` when something is first written. A 16th of `total` is one file's.
  LogFiles(std::string volume, std::uint64_t total, const Clock& clock)
      : volume_(std::move(volume)), total_(total), clock_(clock) {}
  bool write(std::string_view lines);  // whole ones

 private:
  bool put(std::string_view piece);
  bool open(std::size_t coming);
  void make_room(std::uint64_t coming);
  std::uint64_t most_of_one() const;
  std::string volume_;
  std::uint64_t total_;
  const Clock& clock_;
  std::string name_;
  os::UniqueFd folder_, file_;
  std::uint64_t bytes_ = 0;  // of the open file
};

// Reads standard input to its end. In the engine's private root, as its user.
int keep_log();

}  // namespace ringwall::host::detail
