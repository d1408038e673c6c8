// `ringwall prove --watch`: stays, looks at the files again and again, and tells what changed.
//
// Looking is by what files look like from outside, a few microseconds each, and not by the kernel's notices: these are not to be
// had of file systems that others write to as well, and a folder's would have to be taken for each folder below it. What was read
// is what is looked at, whatever led to it: a template's nested one as well, and one that was not there.
//
// A verdict is of the files that it was made from. Where they cannot be read any more it is said to be not of these.

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <ctime>

#include "os/files.h"
#include "proofs.h"
#include "report/report.h"
#include "text/json.h"
#include "text/time.h"

namespace ringwall::app {
namespace {

using text::Json;

// Signals that end it, from here on only when it is asked for them.
class Ending {
 public:
  Ending() {
    sigemptyset(&signals_);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals_, number);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  // Waits so long for one; was there one?
  bool within(double seconds) const {
    constexpr double nanoseconds = 1e9;
    timespec wait{};
    wait.tv_sec = static_cast<std::time_t>(seconds);
    wait.tv_nsec = static_cast<long>((seconds - static_cast<double>(wait.tv_sec)) * nanoseconds);
    return ::sigtimedwait(&signals_, nullptr, &wait) > 0;
  }

 private:
  sigset_t signals_{};
};

std::string now() { return text::iso8601(os::SystemClock().now()); }

class Watcher {
 public:
  explicit Watcher(const ProveFlags& flags) : flags_(flags) {}

  Result<int> run();

 private:
  void prove_again(Sight sight);
  Result<std::unique_ptr<Proof>> prove();
  void tell(std::unique_ptr<Proof> proof, Sight sight);
  void tell(const Error& error);
  report::Subject subject(const Proof& proof) const { return {proof.world, proof.perimeter, flags_.perimeter, proof.report, proof.perimeter_text}; }
  bool is_json() const { return flags_.format == ProofFormat::json; }
  std::string verdict() const { return std::string(prove::name_of(last_->report.verdict())); }
  static void write(const std::string& text) {
    fmt::print("{}", text);
    std::fflush(stdout);
  }

  const ProveFlags& flags_;
  Kept kept_;
  Seen seen_;
  std::string today_;
  std::unique_ptr<Proof> last_;  // of files that could be read
  std::string last_at_;
  std::string unread_;  // why the files as they are now could not be read; empty: they could
};

Result<std::unique_ptr<Proof>> Watcher::prove() {
  seen_ = {.since = os::SystemClock().now()};
  RW_TRY(today_, today_of(flags_.today));
  RW_TRY(auto proof, prove_files(flags_, &kept_, &seen_));
  RW_DO(write_files(*proof, flags_));
  return proof;
}

void Watcher::tell(std::unique_ptr<Proof> proof, Sight sight) {
  const report::Subject is = subject(*proof);
  std::optional<report::Subject> was;
  if (last_ != nullptr) was.emplace(subject(*last_));
  const report::Changes changes = report::changes(was ? &*was : nullptr, is);
  const std::string at = now(), before = last_ != nullptr ? verdict() : std::string();
  const bool first = last_ == nullptr, unread = !unread_.empty();
  const bool same = !first && before == prove::name_of(proof->report.verdict()) && changes.empty();
  if (is_json()) {
    Json line = Json::object({{"at", at}, {"verdict", prove::name_of(proof->report.verdict())}, {"seconds", proof->report.statistics.seconds}});
    if (!first) line.set("before", before);
    line.set("changes", report::to_json(changes));
    if (!same || unread || sight == Sight::other) write(line.dump() + "\n");
  } else if (first) {
    write(rendered(*proof, flags_) + fmt::format("\nwatching {} files and {} folders since {}; a signal (Ctrl-C) ends it\n", seen_.files.size(), seen_.folders.size(), at));
  } else if (!same || unread || sight == Sight::other) {
    const std::string_view verdict = prove::name_of(proof->report.verdict());
    write(fmt::format("{}  {}, {} ({:.2f} s){}\n", at, verdict, verdict == before ? "as before" : "was " + before, proof->report.statistics.seconds,
                      same ? ": nothing else leaks, and nothing less" : "") + report::to_text(changes));
  }
  last_ = std::move(proof);
  last_at_ = at;
  unread_.clear();
}

void Watcher::tell(const Error& error) {
  if (error.message == unread_) return;
  unread_ = error.message;
  if (is_json()) {
    write(Json::object({{"at", now()}, {"verdict", Json()}, {"error", unread_}, {"last", Json::object({{"at", last_at_}, {"verdict", verdict()}})}}).dump() + "\n");
    return;
  }
  write(fmt::format("{}  no verdict: {}\n  the last one, `{}` at {}, is not of these files\n", now(), unread_, verdict(), last_at_));
}

void Watcher::prove_again(Sight sight) {
  auto proof = prove();
  if (proof) tell(*std::move(proof), sight);
  else tell(proof.error());
}

Result<int> Watcher::run() {
  RW_TRY(auto first, prove());
  const Ending ending;
  tell(std::move(first), Sight::other);
  while (!ending.within(flags_.interval_s)) {
    Sight sight = sight_of(seen_, os::SystemClock().now());
    // A server is asked again each time. Exceptions expire at midnight.
    const auto today = today_of(flags_.today);
    if (sight == Sight::same && (flags_.estate.live || (today && *today != today_))) sight = Sight::again;
    if (sight != Sight::same) prove_again(sight);
  }
  return unread_.empty() ? last_->status : exit_bad_input;
}

}  // namespace

Result<int> watch(const ProveFlags& flags) {
  if (flags.format != ProofFormat::text && flags.format != ProofFormat::json)
    return fail(Failure::invalid, "`--watch` tells what changed as text or as JSON: `--page` and `--sarif` write such files after each proof");
  if (!flags.out.empty() || !flags.certificate.empty())
    return fail(Failure::invalid, "`--watch` writes to standard output, and no certificates: leave out `--out` and `--certificate`");
  return Watcher(flags).run();
}

}  // namespace ringwall::app
