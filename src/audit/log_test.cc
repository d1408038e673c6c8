#include "audit/log.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/mount.h>

#include <filesystem>

#include "os/files.h"
#include "text/json.h"

namespace ringwall::audit {
namespace {

std::string temporary_folder() {
  std::string path = "/tmp/ringwall-audit-XXXXXX";
  return ::mkdtemp(path.data());
}

Record sample(std::string event) {
  Record record{.time = TimePoint(std::chrono::milliseconds(1767323045000)),
                .request_id = "r1",
                .source = "rds.amazonaws.com",
                .event = std::move(event),
                .region = "us-east-1",
                .principal = "arn:aws:iam::111122223333:user/ann"};
  record.answers.push_back({"rds:CreateDBInstance", "*",
                            {authz::Verdict::explicit_deny, authz::Layer::scp, "p-12345678", "DenyAll", {}}});
  return record;
}

TEST(AuditLog, EveryRecordIsALineInTheOrderMade) {
  const std::string folder = temporary_folder();
  {
    auto log = Log::open(folder);
    ASSERT_TRUE(log) << log.error().message;
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE((*log)->record(sample("Event" + std::to_string(i))));
  }
  const auto text = os::read_file(folder + "/audit-2026-01-02.jsonl", 10'000'000);
  ASSERT_TRUE(text) << text.error().message;
  std::size_t start = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::size_t end = text->find('\n', start);
    ASSERT_NE(end, std::string::npos);
    const auto line = text::parse_json(std::string_view(*text).substr(start, end - start));
    ASSERT_TRUE(line) << line.error().message;
    EXPECT_EQ(line->text("eventName"), "Event" + std::to_string(i));
    EXPECT_EQ((*line)["decisions"].items()[0].text("verdict"), "explicit-deny");
    start = end + 1;
  }
  EXPECT_EQ(start, text->size());
  std::filesystem::remove_all(folder);
}

TEST(AuditLog, AFullDiskMakesItRefuse) {
  const std::string folder = temporary_folder();
  ASSERT_EQ(::mount("none", folder.c_str(), "tmpfs", 0, "size=64k"), 0) << "this test mounts a file system: run it as root";
  {
    auto log = Log::open(folder);
    ASSERT_TRUE(log);
    bool refused = false;
    // The disk holds some 200 records; the writer notices soon after.
    for (int i = 0; i < 5'000'000 && !refused; ++i) refused = !(*log)->record(sample("E"));
    EXPECT_TRUE(refused);
  }
  ::umount(folder.c_str());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace ringwall::audit
