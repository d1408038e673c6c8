// `ringwall prove` and the questions beside it: an estate in, an answer out.

#include "prove/prove.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <thread>

#include "os/files.h"
#include "proofs.h"
#include "report/report.h"
#include "text/time.h"

namespace ringwall::app {
namespace {

// On a terminal one line that counts; nothing elsewhere.
class Progress {
 public:
  Progress() : shown_(isatty(STDERR_FILENO) != 0) {}
  ~Progress() { end(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void tell(std::size_t done, std::size_t all) {
    const std::size_t percent = all == 0 ? 100 : done * 100 / all;
    if (!shown_ || percent == percent_) return;
    percent_ = percent;
    fmt::print(stderr, "\r{} of {} questions ({} %)\x1b[K", done, all, percent);
    std::fflush(stderr);
    open_ = true;
  }
  void end() {
    if (open_) fmt::print(stderr, "\r\x1b[K");
    open_ = false;
  }

 private:
  bool shown_, open_ = false;
  std::size_t percent_ = 101;
};

// `live`: a running server is asked about, and was perhaps told to have network keys everywhere.
prove::Options options_of(unsigned threads, bool live, Progress& progress, Bugs& bugs) {
  prove::Options options;
  options.network_keys_everywhere = live;
  options.threads = threads != 0 ? threads : std::max(1U, std::thread::hardware_concurrency());
  options.progress = [&progress](std::size_t done, std::size_t all) { progress.tell(done, all); };
  options.bug = [&bugs](const prover::Bug& bug) { bugs.note(bug); };
  return options;
}

// Leaves what was asked for, everything if nothing was named. Positions of leaks change with it. The whole takes over leaks of
// other rows, so what a row tells of is kept with it.
void keep_only(prove::Report& report, const Objectives& kept) {
  if (kept.empty()) return;
  std::erase_if(report.rows, [&](const prove::Row& row) { return !kept.contains(row.objective); });
  std::erase_if(report.future, [&](const prove::Leak& leak) { return !kept.contains(leak.objective); });
  std::vector<bool> told(report.leaks.size());
  for (const prove::Row& row : report.rows) {
    for (const prove::CellOf& cell : row.cells) {
      for (const std::size_t leak : cell.leaks) told[leak] = true;
    }
  }
  std::vector<prove::Leak> leaks;
  std::vector<std::size_t> moved(report.leaks.size());
  for (std::size_t i = 0; i < report.leaks.size(); ++i) {
    moved[i] = leaks.size();
    if (told[i]) leaks.push_back(std::move(report.leaks[i]));
  }
  report.leaks = std::move(leaks);
  for (prove::Row& row : report.rows) {
    prove::Sequence<prove::CellOf>::Editor cells(std::move(row.cells));
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i].leaks.empty()) continue;
      for (std::size_t& leak : cells.change(i).leaks) leak = moved[leak];
    }
    row.cells = std::move(cells).finish();
  }
}

report::Colour colour() {
  const char* refused = std::getenv("NO_COLOR");
  return isatty(STDOUT_FILENO) != 0 && (refused == nullptr || *refused == '\0') ? report::Colour::on : report::Colour::off;
}

std::string rendered(const report::Subject& subject, ProofFormat format, report::Colour colour) {
  switch (format) {
    case ProofFormat::text:
      return report::to_text(subject, colour);
    case ProofFormat::json:
      return report::to_json(subject).dump_pretty() + "\n";
    case ProofFormat::sarif:
      return report::to_sarif(subject, RINGWALL_VERSION).dump_pretty() + "\n";
    case ProofFormat::html:
      break;
  }
  return report::to_page(subject, RINGWALL_VERSION);
}

int status_of(prove::Verdict verdict) {
  switch (verdict) {
    case prove::Verdict::proved:
      return exit_proved;
    case prove::Verdict::leak:
      return exit_leak;
    case prove::Verdict::inconclusive:
      break;
  }
  return exit_inconclusive;
}

report::Subject subject_of(const Proof& proof, const ProveFlags& flags) {
  return {proof.world, proof.perimeter, flags.perimeter, proof.report, proof.perimeter_text};
}

}  // namespace

std::string rendered(const Proof& proof, const ProveFlags& flags) { return rendered(subject_of(proof, flags), flags.format, colour()); }

Result<> write_files(const Proof& proof, const ProveFlags& flags) {
  constexpr unsigned mode = 0644;
  const report::Subject subject = subject_of(proof, flags);
  const std::pair<const std::string&, ProofFormat> files[] = {
      {flags.page, ProofFormat::html}, {flags.sarif, ProofFormat::sarif}, {flags.json, ProofFormat::json}, {flags.out, flags.format}};
  for (const auto& [path, format] : files) {
    if (!path.empty()) RW_DO(os::write_file(path, rendered(subject, format, report::Colour::off), mode));
  }
  return {};
}

Result<std::unique_ptr<Proof>> prove_files(const ProveFlags& flags, Kept* kept, Seen* seen) {
  if (flags.perimeter.empty()) return fail(Failure::invalid, "there is no perimeter: `--perimeter FILE` names its file");
  auto proof = std::make_unique<Proof>();
  if (seen != nullptr) seen->look(flags.perimeter);
  RW_TRY(proof->perimeter_text, os::read_file(flags.perimeter, perimeter::bytes_max));
  auto perimeter = perimeter::read(proof->perimeter_text);
  if (!perimeter) return fail(perimeter.error(), flags.perimeter);
  proof->perimeter = *std::move(perimeter);
  RW_TRY(const Objectives objectives, objectives_of(flags.objectives));
  if (objectives.contains(perimeter::Objective::agents) && !perimeter->agents)
    return fail(Failure::invalid, "`" + flags.perimeter + "` has no `agents`, so nothing is asked of them");
  RW_TRY(std::string today, today_of(flags.today));
  const Expected expected = proof->perimeter.no_organization ? Expected::none : Expected::any;
  RW_TRY(proof->world, read_estate(flags.estate, proof->perimeter.organization, expected, seen));
  if (kept != nullptr && kept->world) proof->world = prove::renewed(*kept->world, std::move(proof->world));
  Progress progress;
  Bugs bugs;
  prove::Options options = options_of(flags.threads, flags.estate.live, progress, bugs);
  options.today = std::move(today);
  options.depth = !flags.no_depth;
  proof->report = prove::prove(proof->world, proof->perimeter, options, kept != nullptr ? kept->memory : nullptr);
  progress.end();
  if (kept != nullptr) kept->world = proof->world;
  keep_only(proof->report, objectives);
  if (!flags.certificate.empty()) RW_DO(write_certificates(flags.certificate, proof->report, proof->world, proof->perimeter, options));
  proof->status = bugs.status(status_of(proof->report.verdict()));
  return proof;
}

namespace {

Result<int> proved(const ProveFlags& flags) {
  if (flags.watch) return watch(flags);
  RW_TRY(const std::unique_ptr<Proof> proof, prove_files(flags));
  RW_DO(write_files(*proof, flags));
  if (flags.out.empty()) fmt::print("{}", rendered(*proof, flags));
  return proof->status;
}

Result<int> differed(const DiffFlags& flags) {
  RW_TRY(const loaders::Loaded before, read_estate(flags.before));
  RW_TRY(const loaders::Loaded after, read_estate(flags.after));
  Progress progress;
  Bugs bugs;
  const prove::Options options = options_of(flags.threads, flags.before.live || flags.after.live, progress, bugs);
  const prove::Difference difference = prove::difference(before, after, options);
  progress.end();
  fmt::print("{}", flags.format == Format::json ? report::to_json(difference).dump_pretty() + "\n" : report::to_text(difference));
  if (!difference.newly_allowed.empty()) return bugs.status(exit_leak);
  return bugs.status(difference.undecided.empty() ? exit_proved : exit_inconclusive);
}

int print(const prove::Accesses& accesses, Format format) {
  fmt::print("{}", format == Format::json ? report::to_json(accesses).dump_pretty() + "\n" : report::to_text(accesses));
  return accesses.undecided.empty() ? exit_proved : exit_inconclusive;
}

Result<int> found_who(const WhoCanFlags& flags) {
  RW_TRY(const loaders::Loaded world, read_estate(flags.estate));
  Progress progress;
  Bugs bugs;
  const prove::Options options = options_of(flags.threads, flags.estate.live, progress, bugs);
  RW_TRY(const prove::Accesses accesses, prove::who_can(world, flags.action, flags.resource, options));
  progress.end();
  return bugs.status(print(accesses, flags.format));
}

Result<int> found_what(const WhatCanFlags& flags) {
  RW_TRY(const loaders::Loaded world, read_estate(flags.estate));
  Progress progress;
  Bugs bugs;
  const prove::Options options = options_of(flags.threads, flags.estate.live, progress, bugs);
  RW_TRY(const prove::Accesses accesses, prove::what_can(world, flags.principal, options));
  progress.end();
  return bugs.status(print(accesses, flags.format));
}

int end(const Result<int>& status) { return status ? *status : complain(status.error().message, exit_bad_input); }

}  // namespace

int prove(const ProveFlags& flags) {
  if (flags.schema) {
    fmt::print("{}", report::schema());
    return exit_success;
  }
  return end(proved(flags));
}

int diff(const DiffFlags& flags) { return end(differed(flags)); }
int who_can(const WhoCanFlags& flags) { return end(found_who(flags)); }
int what_can(const WhatCanFlags& flags) { return end(found_what(flags)); }

}  // namespace ringwall::app
