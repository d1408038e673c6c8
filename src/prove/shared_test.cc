// What is shared between cells and kept between proofs changes nothing: every cell says what it says when each question is asked by
// itself and nothing is remembered. Too coarse a class, or a key that leaves out what its question reads, is found here.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>

#include "prove/prove.h"
#include "prove/testing_shared.h"

namespace ringwall::prove {
namespace {

using testing::shared::first_difference;
using testing::shared::verdicts;

constexpr std::uint64_t seed = 20'261'201;
constexpr int changes_each = 5;

// So many estates, or as many as RINGWALL_SHARED_ESTATES says.
int estates(int usual) {
  const char* const more = std::getenv("RINGWALL_SHARED_ESTATES");
  return more != nullptr ? std::atoi(more) : usual;
}

TEST(Shared, CellsSayWhatTheySayAloneAndAfterEveryChange) {
  std::size_t questions = 0, asked = 0;
  std::map<std::string, int> verdicts_seen;
  for (int i = 0; i < estates(6); ++i) {
    testing::shared::Maker maker(seed + static_cast<std::uint64_t>(i));
    const auto memory = make_memory();
    std::string change = "none";
    std::optional<loaders::Loaded> before;
    for (int step = 0; step <= changes_each; ++step) {
      const loaders::Loaded world = before ? renewed(*before, maker.estate()) : maker.estate();
      before = world;
      Options options{.today = "2026-06-01", .threads = 1, .classes_max = 8};
      const Report shared = prove(world, maker.file(), options, memory);
      options.share = false;
      const Report plain = prove(world, maker.file(), options);
      const std::string of_plain = verdicts(plain), of_shared = verdicts(shared);
      ASSERT_EQ(of_plain, of_shared) << "seed " << seed << " estate " << i << " step " << step << ", changed: " << change << "\n"
                                     << first_difference(of_plain, of_shared);
      questions += plain.statistics.questions;
      asked += shared.statistics.asked;
      for (const Row& row : plain.rows) {
        verdicts_seen["proved"] += static_cast<int>(row.proved);
        verdicts_seen["leak"] += static_cast<int>(row.leaking);
        verdicts_seen["inconclusive"] += static_cast<int>(row.inconclusive);
      }
      change = maker.change();
    }
  }
  std::printf("%zu questions, %zu asked; %d proved, %d leaks, %d inconclusive\n", questions, asked, verdicts_seen["proved"],
              verdicts_seen["leak"], verdicts_seen["inconclusive"]);
  EXPECT_LT(asked * 2, questions);  // else nothing was shared
  EXPECT_GT(verdicts_seen["proved"], 100);
  EXPECT_GT(verdicts_seen["leak"], 100);
}

// Two roles of one template, called by words that the catalogue does not have: the one holds, the other leaks, by the name alone. Each would be called by the other's answer if the
// renaming let go of what its comment says that it keeps.
struct Names {
  const char* why;
  const char* statements;            // {N} and {M} are the names
  const char* holds[2];
  const char* leaks[2];
  const char* denied = nullptr;      // by an SCP
  const char* excepted = nullptr;    // by the perimeter file
  const char* bucket = nullptr;      // of mine
};
constexpr const char* on_objects = R"({"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::data-{N}/*"})";
constexpr Names told_apart[] = {
    {"an SCP names it", on_objects, {"zeta", ""}, {"omega", ""}, "arn:aws:s3:::data-zeta/*"},
    {"an SCP names a part of it", on_objects, {"zeta7", ""}, {"omega", ""}, "arn:aws:s3:::data-zeta*"},
    {"its own policy names a part of it", R"({"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::data-{N}/*"},{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::data-zeta*"})", {"zeta7", ""}, {"omega", ""}},
    {"letters are counted", R"({"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::data-{N}/*"},{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::data-?????/*"})", {"kappa", ""}, {"zeta", ""}},
    {"an exception names it", on_objects, {"zeta", ""}, {"omega", ""}, nullptr, "arn:aws:s3:::data-zeta/*"},
    {"it is a bucket of mine", on_objects, {"zeta", ""}, {"omega", ""}, nullptr, nullptr, "arn:aws:s3:::data-zeta"},
    {"it is the one of two that is a bucket of mine", R"({"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::data-{N}/*"},{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::data-{M}/*"})", {"zeta", "omega"}, {"omega", "zeta"}, nullptr, nullptr, "arn:aws:s3:::data-zeta"},
    {"a resource type has it", R"({"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::999900001111:{N}/x"})", {"queue", ""}, {"role", ""}},
    {"it is an account", R"({"Effect":"Allow","Action":"sqs:*","Resource":"arn:aws:sqs:us-east-1:{N}:jobs"})", {testing::other_member, ""}, {testing::shared::outsider, ""}},
    {"it is another name's too", R"({"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::data-{N}/*"},{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::data-{M}/*"})", {"zeta", "zeta"}, {"zeta", "omega"}},
};

TEST(Shared, NamesAreRenamedOnlyWhereNothingTellsThemApart) {
  for (const Names& names : told_apart) {
    SCOPED_TRACE(names.why);
    const auto verdict = [&](bool first_holds, bool share) {
      testing::Builder builder;
      std::vector<policy::DocumentPtr> scps = {testing::document(testing::allow_all(), policy::Kind::scp)};
      if (names.denied != nullptr)
        scps.push_back(testing::document(R"({"Effect":"Deny","Action":"*","Resource":")" + std::string(names.denied) + "\"}", policy::Kind::scp));
      builder.account(testing::management, "", {}, {});
      builder.account(testing::member, "ou-1", builder.chain("r-1", scps, "scp-"), {});
      builder.account(testing::other_member, "ou-1", {}, {});
      const auto role = [&](const std::string& name, const char* const (&of)[2]) {
        builder.role(testing::member, name, testing::document(testing::shared::filled(names.statements, testing::member, of[0], of[1]), policy::Kind::identity),
                     testing::document(R"({"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"})", policy::Kind::trust));
      };
      role(first_holds ? "a" : "b", names.holds);  // whichever is asked first
      role(first_holds ? "b" : "a", names.leaks);
      if (names.bucket != nullptr) builder.resource(names.bucket, testing::member, nullptr);
      perimeter::Perimeter file = testing::perimeter_file();
      if (names.excepted != nullptr) {
        perimeter::Exception exception;
        exception.name = "one";
        exception.resources = {names.excepted};
        file.exceptions.push_back(std::move(exception));
      }
      const Report report = prove(std::move(builder).finish(), file, {.today = "2026-06-01", .threads = 1, .share = share});
      const auto& cells = report.rows[static_cast<std::size_t>(perimeter::Objective::identity_resources)].cells;
      EXPECT_EQ(cells.size(), 2U);
      return std::pair(cells[first_holds ? 0 : 1].verdict, cells[first_holds ? 1 : 0].verdict);
    };
    const std::pair expected(Verdict::proved, Verdict::leak);
    for (const bool first_holds : {true, false}) {
      EXPECT_EQ(verdict(first_holds, false), expected) << "plain";
      EXPECT_EQ(verdict(first_holds, true), expected);
    }
  }
}

// An estate that was read anew, as far as it says the same, is known again: nothing is asked, nor a key made.
TEST(Shared, WhatIsReadAnewIsKnownAgain) {
  testing::shared::Maker maker(seed + 5);
  const auto memory = make_memory();
  const Options options{.today = "2026-06-01", .threads = 1};
  const loaders::Loaded before = maker.estate();
  const Report first = prove(before, maker.file(), options, memory);
  const loaders::Loaded again = maker.estate();
  const loaders::Loaded after = renewed(before, again);
  before.estate->principals.for_each([&](const estate::Principal& one) { EXPECT_EQ(after.estate->principal(one.arn), &one); });
  const Report second = prove(after, maker.file(), options, memory);
  EXPECT_EQ(verdicts(first), verdicts(second));
  EXPECT_EQ(second.statistics.asked, 0U);
  EXPECT_LT(second.statistics.questions, first.statistics.questions);
}

// Endpoints of the organisation are expected unless the file says that the estate's are not, also where it lists the estate's own.
TEST(Shared, MemoryKnowsTheWholePerimeterFile) {
  testing::Builder builder = testing::small_organization({.scp_networks = false});
  const std::string mine = R"({"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddressIfExists":{"aws:SourceIp":"203.0.113.0/24"},)"
                           R"("StringNotEqualsIfExists":{"aws:VpceOrgID":"o-ringwall01"},"BoolIfExists":{"aws:ViaAWSService":"false"}}})";
  const auto scps = {testing::document(testing::allow_all(), policy::Kind::scp), testing::document(mine, policy::Kind::scp)};
  builder.account(testing::member, "ou-1", builder.chain("r-1", scps, "scp-"), {});
  const loaders::Loaded world = std::move(builder).finish();
  perimeter::Perimeter file = testing::perimeter_file();
  file.networks.vpcs = {{"us-east-1", "vpc-0a"}};
  file.networks.endpoints = {{"us-east-1", "vpce-0a"}};
  const Options options{.today = "2026-06-01", .threads = 1};
  const auto memory = make_memory();
  const auto verdict = [&] {
    const Report report = prove(world, file, options, memory);
    return report.rows[static_cast<std::size_t>(perimeter::Objective::identity_networks)].cells.front().verdict;
  };
  EXPECT_EQ(verdict(), Verdict::proved);
  file.networks.estate_vpcs = false;
  EXPECT_EQ(verdict(), Verdict::leak);
}

// What a question is told beside its policies is as good as a part of them.
TEST(Shared, MemoryKnowsTheOptions) {
  testing::Builder builder = testing::small_organization({});
  const loaders::Loaded world = std::move(builder).finish();
  const auto memory = make_memory();
  Options options{.today = "2026-06-01", .threads = 1};
  prove(world, testing::perimeter_file(), options, memory);
  EXPECT_EQ(prove(world, testing::perimeter_file(), options, memory).statistics.asked, 0U);
  options.network_keys_everywhere = true;
  EXPECT_GT(prove(world, testing::perimeter_file(), options, memory).statistics.asked, 0U);
}

}  // namespace
}  // namespace ringwall::prove
