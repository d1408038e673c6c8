#include "prove/prove.h"

#include <gtest/gtest.h>

#include "prove/testing_estate.h"

namespace ringwall::prove {
namespace {

using perimeter::Objective;
using testing::Layers;

const Options options{.today = "2026-01-01", .threads = 2};

const Row& row_of(const Report& report, Objective objective) {
  return report.rows[static_cast<std::size_t>(objective)];
}

// The names of rows that are not proved.
std::string fallen(const Report& report) {
  std::string out;
  for (const Row& row : report.rows) {
    if (row.verdict != Verdict::proved)
      out += (out.empty() ? "" : " ") + std::string(perimeter::name_of(row.objective));
  }
  return out;
}

// Everything there is to know of what is not proved: for messages of failed tests.
std::string told(const Report& report) {
  std::string out;
  for (const Row& row : report.rows) {
    for (const CellOf& cell : row.cells) {
      if (cell.verdict == Verdict::proved) continue;
      out += std::string(perimeter::name_of(row.objective)) + " " + cell.subject + ": " +
             std::string(name_of(cell.verdict)) + "\n";
      for (const std::string& why : cell.undecided) out += "  ? " + why + "\n";
      for (const std::size_t leak : cell.leaks) {
        const policy::Request& request = report.leaks[leak].finding.request;
        out += "  " + std::to_string(static_cast<int>(request.principal.type)) + " " +
               request.principal.arn + request.principal.service + request.principal.provider + " " +
               request.action + " " + request.resource;
        for (const auto& entry : request.context.entries())
          out += " " + entry.key + "=" + (entry.values.empty() ? "" : entry.values.front());
        out += "\n";
      }
    }
  }
  return out;
}

Report proof_of(const Layers& layers) {
  const loaders::Loaded world = testing::small_organization(layers).finish();
  const perimeter::Perimeter file = testing::perimeter_file();
  return prove(world, file, options);
}

TEST(Prove, HoldsEveryCellWhenEveryLayerIsThere) {
  const Report report = proof_of({});
  EXPECT_EQ(fallen(report), "") << told(report);
  EXPECT_EQ(report.verdict(), Verdict::proved);
  EXPECT_EQ(report.principals, 2U);
  EXPECT_EQ(report.resources, 2U);
  EXPECT_EQ(report.endpoints, 1U);
  EXPECT_EQ(report.roles, 1U);
  EXPECT_EQ(report.accounts, 3U);
  EXPECT_TRUE(report.leaks.empty());
}

}  // namespace
}  // namespace ringwall::prove
