#include "audit/log.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/mount.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

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

TEST(AuditLog, RecordsFindRoomWhileOthersFillTheDiskAndThenOneRoomMore) {
  const std::string folder = temporary_folder();
  ASSERT_EQ(::mount("none", folder.c_str(), "tmpfs", 0, "size=8m"), 0) << "this test mounts a file system: run it as root";
  const std::string kept = folder + "/kept", filler = folder + "/filler";
  const auto fill = [](const std::string& path, std::size_t bytes_max) {
    std::ofstream file(path, std::ios::binary);
    const std::string some(4096, 'x');
    for (std::size_t put = 0; put < bytes_max && file.write(some.data(), 4096).flush(); put += some.size()) {
    }
  };
  fill(kept, 1 << 20);
  std::atomic<int> asked = 0;
  {
    auto log = Log::open(folder + "/audit", [&] { return ++asked == 1 && std::filesystem::remove(kept); });
    ASSERT_TRUE(log) << log.error().message;
    ASSERT_TRUE((*log)->record(sample("First")));
    while (!std::filesystem::exists(folder + "/audit/audit-2026-01-02.jsonl") ||
           std::filesystem::file_size(folder + "/audit/audit-2026-01-02.jsonl") == 0) {
      std::this_thread::yield();
    }
    fill(filler, SIZE_MAX);
    // The disk is full for everybody else. Records still have the megabyte ahead, and then what is given up.
    const std::string file = folder + "/audit/audit-2026-01-02.jsonl";
    for (int group = 0; group < 60 && (*log)->healthy(); ++group) {
      const auto before = std::filesystem::file_size(file);
      if (group == 20) {
        EXPECT_EQ(asked, 0) << before;
      }
      for (int i = 0; i < 100; ++i) (void)(*log)->record(sample("E"));
      while ((*log)->healthy() && std::filesystem::file_size(file) == before) std::this_thread::yield();
    }
  }
  EXPECT_GE(asked, 1);
  const auto text = os::read_file(folder + "/audit/audit-2026-01-02.jsonl", 10'000'000);
  ASSERT_TRUE(text);
  EXPECT_GT(text->size(), std::size_t{3} << 19U);  // more than the megabyte that was set aside
  EXPECT_TRUE(text->ends_with("}\n"));
  ::umount(folder.c_str());
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

// What a stranger's refused call leaves.
Record refusal(const std::string& address, const std::string& code, std::chrono::milliseconds at = {}) {
  Record record = sample("GetCallerIdentity");
  record.time += at;
  record.principal.clear();
  record.answers.clear();
  record.source_address = address;
  record.error_code = code;
  return record;
}

TEST(AuditRecord, FieldsAreCutAtTheirLimitAndSayHowLongTheyWere) {
  Record record = sample("E");
  record.user_agent = std::string(user_agent_bytes_max, 'u');
  record.error_message = std::string(error_message_bytes_max, 'm');
  record.access_key = std::string(name_bytes_max, 'k');
  record.answers[0].resource = std::string(resource_bytes_max, 'r');
  const Record whole = record;
  cut_fields(record);
  EXPECT_EQ(record.user_agent, whole.user_agent);
  EXPECT_EQ(record.error_message, whole.error_message);
  EXPECT_EQ(record.access_key, whole.access_key);
  EXPECT_EQ(record.answers[0].resource, whole.answers[0].resource);
  for (std::string* field : {&record.user_agent, &record.error_message, &record.access_key, &record.answers[0].resource}) *field += 'x';
  cut_fields(record);
  EXPECT_EQ(record.user_agent, whole.user_agent + "... (513 bytes)");
  EXPECT_EQ(record.error_message, whole.error_message + "... (1025 bytes)");
  EXPECT_EQ(record.access_key, whole.access_key + "... (257 bytes)");
  EXPECT_EQ(record.answers[0].resource, whole.answers[0].resource + "... (2049 bytes)");
}

TEST(AuditRecord, NothingInALineIsHiddenFromItsReader) {
  Record record = sample("E\xe2\x80\xae");
  record.user_agent = "a\xe2\x80\xa8" "b\x1b[2J\xff";
  std::string line;
  append_line(line, record);
  EXPECT_NE(line.find(R"("eventName":"E\u202e")"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("userAgent":"a\u2028b\u001b[2J\ufffd")"), std::string::npos) << line;
  for (const char c : line) EXPECT_TRUE(c >= 0x20 && c < 0x7F) << line;
  EXPECT_TRUE(text::parse_json(line));
}

TEST(AuditStrangers, TheFirstOfAKindIsWrittenAndTheOthersAreCounted) {
  Strangers strangers;
  using std::chrono::milliseconds;
  EXPECT_TRUE(strangers.take(refusal("192.0.2.1", "MissingAuthenticationToken")));
  EXPECT_TRUE(strangers.take(refusal("192.0.2.2", "MissingAuthenticationToken")));
  EXPECT_TRUE(strangers.take(refusal("192.0.2.1", "InvalidClientTokenId")));
  EXPECT_FALSE(strangers.counting());
  for (int i = 1; i <= 1000; ++i) EXPECT_FALSE(strangers.take(refusal("192.0.2.1", "MissingAuthenticationToken", milliseconds(i))));
  const TimePoint start = sample("").time;
  EXPECT_TRUE(strangers.due(start + strangers_counted_for - milliseconds(1)).empty());
  const auto due = strangers.due(start + strangers_counted_for);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].refusals, 1000U);
  EXPECT_EQ(due[0].since, start + milliseconds(1));
  EXPECT_EQ(due[0].time, start + milliseconds(1000));
  EXPECT_EQ(due[0].source_address, "192.0.2.1");
  EXPECT_TRUE(strangers.take(refusal("192.0.2.1", "MissingAuthenticationToken", milliseconds(60'000))));  // another interval
}

TEST(AuditStrangers, KindsPastTheirNumberAreCountedTogether) {
  Strangers strangers;
  std::size_t written = 0;
  // So slowly that bytes are not what runs out.
  for (std::size_t i = 0; i < stranger_kinds_max + 2; ++i) {
    written += strangers.take(refusal("192.0.2." + std::to_string(i), "AccessDenied", std::chrono::milliseconds(i * 50))) ? 1 : 0;
  }
  EXPECT_EQ(written, stranger_kinds_max);
  const auto due = strangers.drain();
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].refusals, 2U);
  EXPECT_EQ(due[0].event, "StrangersRefused");
  EXPECT_FALSE(strangers.counting());
}

TEST(AuditStrangers, AFloodOfKindsStaysWithinItsBytesAndIsCounted) {
  Strangers strangers;
  constexpr int flood = 100'000, per_second = 10'000;
  std::size_t bytes = 0, written = 0;
  std::uint64_t counted = 0;
  for (int i = 0; i < flood; ++i) {
    Record record = refusal("192.0.2.7", "InvalidClientTokenId", std::chrono::milliseconds(i * 1000 / per_second));
    record.access_key = "AKIA" + std::to_string(i);
    record.user_agent = std::string(32 * 1024, 'u');
    cut_fields(record);
    if (const auto full = strangers.take(std::move(record))) {
      std::string line;
      append_line(line, *full);
      bytes += line.size();
      ++written;
    }
  }
  for (const Record& record : strangers.drain()) counted += record.refusals;
  EXPECT_EQ(written + counted, static_cast<std::uint64_t>(flood));
  EXPECT_LE(bytes, stranger_bytes_burst_max + stranger_bytes_per_second_max * flood / per_second);
}

TEST(AuditLog, StrangersAreToldByNumberAndVerifiedCallersEach) {
  const std::string folder = temporary_folder();
  {
    auto log = Log::open(folder);
    ASSERT_TRUE(log);
    for (int i = 0; i < 500; ++i) {
      (*log)->record_stranger(refusal("192.0.2.1", "MissingAuthenticationToken"));
      ASSERT_TRUE((*log)->record(sample("ListUsers")));
    }
  }
  const auto text = os::read_file(folder + "/audit-2026-01-02.jsonl", 10'000'000);
  ASSERT_TRUE(text);
  std::uint64_t strangers = 0, verified = 0, lines = 0;
  for (std::size_t start = 0; start < text->size(); ++lines) {
    const std::size_t end = text->find('\n', start);
    const auto line = *text::parse_json(std::string_view(*text).substr(start, end - start));
    if (line.text("eventName") == "ListUsers") {
      ++verified;
    } else {
      strangers += line.contains("refusals") ? static_cast<std::uint64_t>(line["refusals"].as_integer()) : 1;
    }
    start = end + 1;
  }
  EXPECT_EQ(verified, 500U);
  EXPECT_EQ(strangers, 500U);
  EXPECT_EQ(lines, 502U);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace ringwall::audit
