// The certificates of a proof: what its report claims, made anew from the files by the room that checks claims, and refuted.

#include <unistd.h>

#include <cstdio>
#include <map>

#include "os/files.h"
#include "proofs.h"
#include "recheck/recheck.h"
#include "sat/sat.h"

namespace ringwall::app {
namespace {

std::vector<recheck::Claim> claims_of(const prove::Report& report) {
  std::vector<recheck::Claim> claims;
  for (const prove::Row& row : report.rows) {
    for (const prove::CellOf& cell : row.cells) claims.push_back({row.objective, cell.subject, std::string(prove::name_of(cell.verdict))});
  }
  return claims;
}

// Takes back what nobody else could confirm.
void take_back(prove::Report& report, const std::vector<recheck::Unproved>& unproved) {
  std::map<std::pair<perimeter::Objective, std::string>, std::string> reasons;
  for (const recheck::Unproved& one : unproved) reasons[{one.row, one.subject}] = one.reason;
  for (prove::Row& row : report.rows) {
    prove::Sequence<prove::CellOf>::Editor cells(std::move(row.cells));
    for (std::size_t i = 0; i < cells.size() && !reasons.empty(); ++i) {
      const auto found = reasons.find({row.objective, cells[i].subject});
      if (found == reasons.end() || cells[i].verdict != prove::Verdict::proved) continue;
      prove::CellOf& cell = cells.change(i);
      cell.verdict = prove::Verdict::inconclusive;
      cell.guards.clear();
      cell.undecided.push_back("it was proved, and no certificate could be made: " + found->second);
      --row.proved;
      ++row.inconclusive;
      if (row.verdict == prove::Verdict::proved) row.verdict = prove::Verdict::inconclusive;
    }
    row.cells = std::move(cells).finish();
  }
}

}  // namespace

Result<> write_certificates(const std::string& path, prove::Report& report, const loaders::Loaded& world,
                            const perimeter::Perimeter& perimeter, const prove::Options& options) {
  const auto refute = [](std::span<const std::vector<std::int32_t>> clauses) { return sat::refute(clauses); };
  const recheck::Made made = recheck::certify(world, perimeter, {options.today, options.network_keys_everywhere}, claims_of(report), refute);
  take_back(report, made.unproved);
  // It is there under its name once it is whole.
  constexpr unsigned mode = 0644;
  const std::string partial = path + ".partial";
  RW_DO(os::write_file(partial, made.text, mode));
  if (std::rename(partial.c_str(), path.c_str()) == 0) return {};
  const auto error = os::system_error("cannot write `" + path + "`", errno);
  ::unlink(partial.c_str());
  return std::unexpected(error);
}

}  // namespace ringwall::app
