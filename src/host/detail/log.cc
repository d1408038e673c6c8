#include "host/detail/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <ctime>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "os/files.h"

namespace ringwall::host::detail {
namespace {

constexpr std::string_view file_prefix = "postgresql.log.";
constexpr std::size_t piece_bytes_max = 32 << 10;  // written at once: some lines, and less than a file
constexpr std::chrono::seconds tell_every{1};      // of what was left out

std::string formatted(TimePoint time, const char* format) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::system_clock::duration>(time));
  std::tm parts = {};
  ::gmtime_r(&seconds, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

struct Kept {
  std::string name;
  std::uint64_t bytes = 0;
};

// Oldest first: the names sort by time.
std::vector<Kept> files_of(int folder) {
  std::vector<Kept> files;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)), &::closedir);
  while (const dirent* entry = entries ? ::readdir(entries.get()) : nullptr) {
    struct stat status = {};
    if (!std::string_view(entry->d_name).starts_with(file_prefix) ||
        ::fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      continue;
    }
    files.push_back({entry->d_name, static_cast<std::uint64_t>(status.st_size)});
  }
  std::ranges::sort(files, {}, &Kept::name);
  return files;
}

std::uint64_t total_of(const std::string& volume) {
  struct statvfs facts = {};
  if (::statvfs(volume.c_str(), &facts) != 0) return log_total_bytes_min;
  constexpr std::uint64_t share = 64;
  return std::clamp(std::uint64_t{facts.f_blocks} * facts.f_frsize / share, log_total_bytes_min, log_total_bytes_max);
}

// Between the engine, which must never wait for a disk, and the files: what was read and may be
// kept waits here for the thread that writes, as far as there is room.
class Keeper {
 public:
  Keeper(const std::string& volume, std::uint64_t total, const Clock& clock)
      : clock_(clock),
        usual_(log_rate_bytes_max * total / log_total_bytes_max, log_burst_bytes_max * total / log_total_bytes_max),
        signins_(log_signin_rate_bytes_max * total / log_total_bytes_max, log_signin_burst_bytes_max * total / log_total_bytes_max),
        files_(volume, total, clock) {}

  void read_all(int input) {
    std::thread writer([this] { write_all(); });
    LineCutter cutter;
    const LineCutter::Line take = [this](std::string_view line) { offer(line); };
    std::string buffer(64 << 10, '\0');
    for (;;) {
      const ssize_t got = ::read(input, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      cutter.add(std::string_view(buffer.data(), static_cast<std::size_t>(got)), take);
    }
    cutter.end(take);
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_one();
    writer.join();
  }

 private:
  void offer(std::string_view line) {
    const TimePoint now = clock_.now();
    const bool allowed = (is_fatal(line) && signins_.take(line.size(), now)) || usual_.take(line.size(), now);
    const std::lock_guard lock(mutex_);
    if (!allowed || queue_.size() + line.size() > log_queue_bytes_max) {
      if (lines_left_out_++ == 0) changed_.notify_one();
      bytes_left_out_ += line.size();
      return;
    }
    queue_ += line;
    changed_.notify_one();
  }

  void write_all() {
    std::unique_lock lock(mutex_);
    for (bool last = false; !last;) {
      const auto due = [this] { return ended_ || !queue_.empty(); };
      if (lines_left_out_ == 0) {
        changed_.wait(lock, [&] { return due() || lines_left_out_ != 0; });
      } else {
        changed_.wait_for(lock, tell_every, due);
      }
      last = ended_;
      std::string lines;
      lines.swap(queue_);
      const auto lines_told = lines_left_out_, bytes_told = bytes_left_out_;
      const bool tell = lines_told != 0 && (last || clock_.now() - told_at_ >= tell_every);
      const std::string notice = tell ? left_out() : "";
      lock.unlock();
      const bool kept = files_.write(lines);
      const bool told = files_.write(notice);
      lock.lock();
      if (!kept) lines_left_out_ += static_cast<std::uint64_t>(std::ranges::count(lines, '\n')), bytes_left_out_ += lines.size();
      if (tell) told_at_ = clock_.now();
      if (tell && told) lines_left_out_ -= lines_told, bytes_left_out_ -= bytes_told;
    }
  }

  std::string left_out() const {
    return formatted(clock_.now(), "%Y-%m-%d %H:%M:%S UTC:ringwall: ") + std::to_string(lines_left_out_) + " lines with " +
           std::to_string(bytes_left_out_) + " bytes were left out: a log grows by so much a second at most\n";
  }

  const Clock& clock_;
  Allowance usual_, signins_;
  LogFiles files_;  // the writing thread's
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string queue_;
  std::uint64_t lines_left_out_ = 0, bytes_left_out_ = 0;
  TimePoint told_at_{};
  bool ended_ = false;
};

}  // namespace

void LineCutter::add(std::string_view bytes, const Line& line) {
  while (!bytes.empty()) {
    const std::size_t stop = bytes.find('\n');
    const std::string_view part = bytes.substr(0, stop);
    const std::size_t fits = std::min(part.size(), log_line_bytes_max - line_.size());
    line_ += part.substr(0, fits);
    left_out_ += part.size() - fits;
    if (stop == std::string_view::npos) return;
    bytes.remove_prefix(stop + 1);
    if (left_out_ != 0) line_ += " [" + std::to_string(left_out_) + " bytes left out]";
    line_ += '\n';
    line(line_);
    line_.clear();
    left_out_ = 0;
  }
}

void LineCutter::end(const Line& line) {
  if (!line_.empty() || left_out_ != 0) add("\n", line);
}

bool Allowance::take(std::uint64_t bytes, TimePoint now) {
  // A clock that was set back gives nothing and takes nothing.
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - filled_).count();
  if (since != 0) filled_ = now;
  const std::uint64_t full_after_ms = burst_ * 1000 / rate_ + 1;
  const std::uint64_t passed = std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(since, 0)), full_after_ms);
  left_ = std::min(burst_, left_ + passed * rate_ / 1000);
  if (bytes > left_) return false;
  left_ -= bytes;
  return true;
}

// The line's beginning is as `log_line_prefix` has it, and ends with the process in brackets.
bool is_fatal(std::string_view line) {
  const std::size_t bracket = line.find(":[");
  if (bracket == std::string_view::npos) return false;
  line.remove_prefix(bracket + 2);
  line.remove_prefix(std::min(line.find_first_not_of("0123456789"), line.size()));
  return line.starts_with("]:FATAL:") || line.starts_with("]:PANIC:");
}

std::uint64_t LogFiles::most_of_one() const { return total_ * log_file_bytes_max / log_total_bytes_max; }

bool LogFiles::write(std::string_view lines) {
  while (!lines.empty()) {
    std::string_view piece = lines.substr(0, piece_bytes_max);
    piece = piece.substr(0, piece.rfind('\n') + 1);
    lines.remove_prefix(piece.size());
    if (piece.empty() || !put(piece)) return false;
  }
  return true;
}

bool LogFiles::put(std::string_view piece) {
  const std::string hour = std::string(file_prefix) + formatted(clock_.now(), "%Y-%m-%d-%H");
  const bool fits = file_ && name_.starts_with(hour) && bytes_ + piece.size() <= most_of_one();
  if (!fits && !open(piece.size())) return false;
  const ssize_t written = ::write(file_.get(), piece.data(), piece.size());
  if (written > 0) bytes_ += static_cast<std::uint64_t>(written);
  return written == static_cast<ssize_t>(piece.size());
}

// The hour's file; once that is full the minute's, and once that is full too, none before the next minute.
bool LogFiles::open(std::size_t coming) {
  file_.reset();
  if (!folder_) {
    const std::string path = volume_ + "/" + log_folder;
    if (!os::make_folder(path, 0700)) return false;
    folder_ = os::UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder_) return false;
  }
  const std::uint64_t most = most_of_one();
  for (const char* format : {"%Y-%m-%d-%H", "%Y-%m-%d-%H%M"}) {
    name_ = std::string(file_prefix) + formatted(clock_.now(), format);
    file_ = os::UniqueFd(::openat(folder_.get(), name_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
    struct stat status = {};
    if (!file_ || ::fstat(file_.get(), &status) != 0) return false;
    bytes_ = static_cast<std::uint64_t>(status.st_size);
    if (bytes_ + coming > most) continue;
    make_room(most - bytes_);
    return true;
  }
  file_.reset();
  name_.clear();
  return false;
}

void LogFiles::make_room(std::uint64_t coming) {
  std::vector<Kept> files = files_of(folder_.get());
  std::uint64_t bytes = coming;
  for (const Kept& file : files) bytes += file.bytes;
  std::size_t count = files.size();
  for (const Kept& file : files) {
    if (bytes <= total_ && count <= log_files_max) return;
    if (file.name == name_ || ::unlinkat(folder_.get(), file.name.c_str(), 0) != 0) continue;
    bytes -= file.bytes;
    --count;
  }
}

int keep_log() {
  ::prctl(PR_SET_NAME, "ringwall-log");
  const os::SystemClock clock;
  Keeper("/data", total_of("/data"), clock).read_all(STDIN_FILENO);
  return 0;
}

}  // namespace ringwall::host::detail
