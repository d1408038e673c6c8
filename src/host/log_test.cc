#include "host/detail/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "os/files.h"

namespace ringwall::host::detail {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class SetClock final : public Clock {
 public:
  TimePoint now() const override { return time; }
  TimePoint time{std::chrono::milliseconds(1'700'000'000'000)};  // 2023-11-14 22:13:20
};

std::vector<std::string> lines_of(const std::vector<std::string>& parts) {
  std::vector<std::string> lines;
  LineCutter cutter;
  const LineCutter::Line take = [&](std::string_view line) { lines.emplace_back(line); };
  for (const std::string& part : parts) cutter.add(part, take);
  cutter.end(take);
  return lines;
}

TEST(LineCutter, LinesAreWholeHoweverTheyArrive) {
  const std::vector<std::string> expected = {"one\n", "\n", "two\n"};
  EXPECT_EQ(lines_of({"one\n\ntwo"}), expected);
  EXPECT_EQ(lines_of({"o", "ne", "\n", "\nt", "wo\n"}), expected);
  EXPECT_TRUE(lines_of({}).empty());
}

TEST(LineCutter, ALineAtTheLimitIsKeptAndOfOneByteMoreTheByteIsCounted) {
  const std::string most(log_line_bytes_max, 'x');
  EXPECT_EQ(lines_of({most + "\n"}).at(0), most + "\n");
  EXPECT_EQ(lines_of({most, "y", "\nnext\n"}), (std::vector<std::string>{most + " [1 bytes left out]\n", "next\n"}));
}

TEST(Allowance, GivesABurstAndThenItsRate) {
  SetClock clock;
  Allowance allowance(1000, 5000);
  EXPECT_TRUE(allowance.take(5000, clock.time));
  EXPECT_FALSE(allowance.take(1, clock.time));
  clock.time += seconds(1);
  EXPECT_FALSE(allowance.take(1001, clock.time));
  EXPECT_TRUE(allowance.take(1000, clock.time));
  clock.time -= hours(1000);  // set back: nothing is given twice
  EXPECT_FALSE(allowance.take(1, clock.time));
  clock.time += hours(24 * 365 * 100);
  EXPECT_FALSE(allowance.take(5001, clock.time));
  EXPECT_TRUE(allowance.take(5000, clock.time));
}

TEST(LogLine, OnlyTheServersOwnWordIsFatal) {
  EXPECT_TRUE(is_fatal("2026-01-02 03:04:05 UTC:10.0.0.5(51234):ann@shop:[42]:FATAL:  password authentication failed\n"));
  EXPECT_TRUE(is_fatal("2026-01-02 03:04:05 UTC::@:[42]:PANIC:  could not write\n"));
  EXPECT_FALSE(is_fatal("2026-01-02 03:04:05 UTC:10.0.0.5(51234):ann@shop:[42]:LOG:  [7]:FATAL:  said a client\n"));
  EXPECT_FALSE(is_fatal("\t[7]:FATAL:  the second line of what a client said\n"));
  EXPECT_FALSE(is_fatal("x:[42"));
  EXPECT_FALSE(is_fatal(""));
}

class LogFilesTest : public ::testing::Test {
 protected:
  LogFilesTest() {
    char folder[] = "/tmp/ringwall-log-XXXXXX";
    volume_ = ::mkdtemp(folder);
  }
  ~LogFilesTest() override { std::filesystem::remove_all(volume_); }
  std::string path(const std::string& name = "") const { return volume_ + "/" + log_folder + "/" + name; }
  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path())) found.push_back(entry.path().filename());
    std::ranges::sort(found);
    return found;
  }
  // Makes a file of that many bytes, of which none takes room on the disk.
  void put(const std::string& name, std::uint64_t bytes) const {
    std::filesystem::create_directories(path());
    ASSERT_TRUE(os::write_file(path(name), "", 0600));
    std::filesystem::resize_file(path(name), bytes);
  }

  std::string volume_;
  SetClock clock_;
};

TEST_F(LogFilesTest, AnHourHasAFileNamedAsRdsNamesItAndARestartAppendsToIt) {
  EXPECT_TRUE(LogFiles(volume_, log_total_bytes_max, clock_).write("before\n"));
  LogFiles files(volume_, log_total_bytes_max, clock_);
  EXPECT_TRUE(files.write("after\n"));
  clock_.time += hours(1);
  EXPECT_TRUE(files.write("later\n"));
  EXPECT_EQ(names(), (std::vector<std::string>{"postgresql.log.2023-11-14-22", "postgresql.log.2023-11-14-23"}));
  EXPECT_EQ(os::read_file(path("postgresql.log.2023-11-14-22"), 100).value_or(""), "before\nafter\n");
}

TEST_F(LogFilesTest, AFullFileIsFollowedByTheMinutesAndThatByNoneBeforeTheNextMinute) {
  const std::string line(1000, 'x');
  put("postgresql.log.2023-11-14-22", log_file_bytes_max - line.size() - 1);
  LogFiles files(volume_, log_total_bytes_max, clock_);
  EXPECT_TRUE(files.write(line + "\n"));
  EXPECT_EQ(names().size(), 1U);
  EXPECT_TRUE(files.write("x\n"));
  EXPECT_EQ(names().back(), "postgresql.log.2023-11-14-2213");
  put("postgresql.log.2023-11-14-2213", log_file_bytes_max);
  LogFiles again(volume_, log_total_bytes_max, clock_);
  EXPECT_FALSE(again.write("x\n"));
  clock_.time += minutes(1);
  EXPECT_TRUE(again.write("x\n"));
  EXPECT_EQ(names().back(), "postgresql.log.2023-11-14-2214");
}

TEST_F(LogFilesTest, TheOldestGoWhenAllTogetherPassTheirTotal) {
  // With room for the file that is written now, as many whole ones fit.
  constexpr std::uint64_t fit = log_total_bytes_max / log_file_bytes_max - 1;
  for (std::uint64_t i = 0; i < fit + 1; ++i) put("postgresql.log.2023-10-" + std::to_string(10 + i) + "-00", log_file_bytes_max);
  put("somebody else's", log_total_bytes_max);
  LogFiles files(volume_, log_total_bytes_max, clock_);
  EXPECT_TRUE(files.write("x\n"));
  const auto left = names();
  EXPECT_EQ(left.size(), fit + 2);
  EXPECT_EQ(left.front(), "postgresql.log.2023-10-11-00");
}

TEST_F(LogFilesTest, NoMoreFilesThanTheLimitAreKept) {
  for (std::size_t i = 0; i < log_files_max; ++i) put("postgresql.log.2022-01-01-" + std::to_string(100 + i), 1);
  LogFiles files(volume_, log_total_bytes_max, clock_);
  EXPECT_TRUE(files.write("x\n"));
  EXPECT_EQ(names().size(), log_files_max);
  EXPECT_EQ(names().front(), "postgresql.log.2022-01-01-101");
}

TEST_F(LogFilesTest, WhatCannotBeWrittenIsReportedAndTriedAgain) {
  ASSERT_TRUE(os::write_file(volume_ + "/log", "not a folder", 0600));
  LogFiles files(volume_, log_total_bytes_max, clock_);
  EXPECT_FALSE(files.write("x\n"));
  std::filesystem::remove(volume_ + "/log");
  EXPECT_TRUE(files.write("y\n"));
  EXPECT_EQ(os::read_file(path("postgresql.log.2023-11-14-22"), 100).value_or(""), "y\n");
}

}  // namespace
}  // namespace ringwall::host::detail
