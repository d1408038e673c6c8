// The store on disk: reopening, refusals, crashes, a full disk.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <cstdio>
#include <random>
#include <thread>

#include "os/fd.h"
#include "store/detail/database.h"
#include "store/copy.h"

namespace ringwall::store {
namespace {

using text::Json;

Result<Revision> put(Store& store, std::string_view key, Json document) {
  Transaction transaction(store);
  transaction.put(key, std::move(document));
  return store.commit(transaction);
}

class Disk : public testing::Test {
 protected:
  Disk() {
    folder_ = std::filesystem::temp_directory_path() / "ringwall-disk.XXXXXX";
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    path_ = folder_ + "/store";
  }
  ~Disk() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<Store> open() const {
    auto store = open_sqlite(path_);
    EXPECT_TRUE(store) << store.error().message;
    return store ? *std::move(store) : nullptr;
  }

  // A closed store of `count` entries.
  void fill(int count) const {
    const auto store = open();
    Transaction transaction(*store);
    for (int i = 0; i < count; ++i) {
      transaction.put("key" + std::to_string(i), Json(std::string(100, 'd') + std::to_string(i)));
    }
    ASSERT_TRUE(store->commit(transaction));
  }

  std::string bytes(const std::string& path) const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void overwrite(const std::string& path, std::string_view content) const {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
  }

  // Changes the closed file by SQL, as a tool or a newer version would.
  void alter(const std::string& sql) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &database), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  // The store must be refused as corrupt, and the refusal must not touch it.
  std::string refusal() const {
    const std::string before = bytes(path_);
    const auto store = open_sqlite(path_);
    EXPECT_FALSE(store);
    if (store) return "opened";
    EXPECT_EQ(store.error().kind, Failure::corrupt) << store.error().message;
    EXPECT_TRUE(store.error().message.contains(path_)) << store.error().message;
    EXPECT_EQ(bytes(path_), before);
    return store.error().message;
  }

  std::string folder_;
  std::string path_;
};

TEST_F(Disk, AStoreComesBackAsItWas) {
  std::vector<Entry> before;
  Json document = Json::object({{"text", "é\n\"\\"},
                                {"list", Json::array({1, -2, true, Json()})},
                                {"real", 1.0},
                                {"half", 0.5}});
  {
    const auto store = open();
    ASSERT_TRUE(put(*store, "k", document));
    ASSERT_TRUE(put(*store, std::string("binary\0\xff key", 12), Json(1)));
    ASSERT_TRUE(put(*store, "gone", Json(1)));
    Transaction erasing(*store);
    erasing.erase("gone");
    ASSERT_TRUE(store->commit(erasing));
    before = store->list("");
  }
  const auto store = open();
  const auto after = store->list("");
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i].key, before[i].key);
    EXPECT_EQ(after[i].revision, before[i].revision);
    EXPECT_EQ(*after[i].document, *before[i].document);
  }
  EXPECT_EQ(put(*store, "next", Json(1)), 5);
}

TEST_F(Disk, ANewStoreIsForItsOwnerOnlyAlsoInPlaceOfAnEmptyFile) {
  overwrite(path_, "");
  const auto store = open();
  ASSERT_TRUE(put(*store, "k", Json(1)));
  for (const auto& file : std::filesystem::directory_iterator(folder_)) {
    EXPECT_EQ(file.status().permissions(), std::filesystem::perms(0600)) << file.path();
  }
}

TEST_F(Disk, AnOpenStoreCannotBeOpenedAgain) {
  {
    const auto store = open();
    const auto second = open_sqlite(path_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error(),
              (Error{Failure::conflict, "another ringwall has `" + path_ + "` open"}));
  }
  EXPECT_NE(open(), nullptr);
}

TEST_F(Disk, ACopyTakenWhileCommitsGoOnIsOfOneMomentAndOpens) {
  const auto store = open();
  std::atomic<bool> enough = false;
  std::thread writer([&] {
    for (int i = 1; !enough; ++i) {
      Transaction pair(*store);
      pair.put("left", Json(i));
      pair.put("right", Json(i));
      EXPECT_TRUE(store->commit(pair));
    }
  });
  while (!store->get("right")) std::this_thread::yield();
  for (int round = 0; round < 5; ++round) {
    const std::string copy = folder_ + "/copy" + std::to_string(round);
    const auto revision = copy_sqlite(*store, copy);
    ASSERT_TRUE(revision) << revision.error().message;
    EXPECT_FALSE(std::filesystem::exists(copy + "-wal"));
    EXPECT_FALSE(std::filesystem::exists(copy + ".lock"));
    const auto opened = open_sqlite(copy);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ((*opened)->get("left")->document->as_integer(), (*opened)->get("right")->document->as_integer());
    EXPECT_EQ((*opened)->get("left")->revision, *revision);
  }
  enough = true;
  writer.join();
}

TEST_F(Disk, ACopyReplacesNothingAndLeavesNothingWhenItFails) {
  const auto store = open();
  ASSERT_TRUE(put(*store, "key", Json("value")));
  std::ofstream(folder_ + "/there") << "precious";
  const auto refused = copy_sqlite(*store, folder_ + "/there");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::conflict);
  EXPECT_EQ(std::filesystem::file_size(folder_ + "/there"), 8u);
  EXPECT_FALSE(copy_sqlite(*store, folder_ + "/nowhere/copy"));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/nowhere"));
}

TEST_F(Disk, AFolderThatIsNotThereIsSaid) {
  const auto store = open_sqlite(folder_ + "/absent/store");
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, Failure::not_found);
}

TEST_F(Disk, ANewerVersionIsRefusedWithBothVersions) {
  fill(1);
  alter("PRAGMA user_version = 2");
  EXPECT_EQ(refusal(), "the store `" + path_ +
                           "` has format version 2, this ringwall reads up to 1: start the newer "
                           "ringwall, or restore a backup");
}

TEST_F(Disk, AForeignFileIsRefused) {
  alter("CREATE TABLE t (x)");
  EXPECT_TRUE(refusal().contains("not a ringwall store"));
  overwrite(path_, "this is a letter, not a database, and long enough to be read as one\n" +
                       std::string(5000, '.'));
  EXPECT_TRUE(refusal().contains("restore it from a backup"));
  overwrite(path_, "short");
  refusal();
}

TEST_F(Disk, ATruncatedFileIsRefusedAtEveryLength) {
  fill(200);
  const std::string whole = bytes(path_);
  ASSERT_GT(whole.size(), 40000U);
  for (std::size_t size :
       {1UL, 99UL, 100UL, 4095UL, 4096UL, 8192UL, 20000UL, whole.size() - 4096, whole.size() - 1}) {
    overwrite(path_, std::string_view(whole).substr(0, size));
    SCOPED_TRACE(size);
    EXPECT_TRUE(refusal().contains("restore it from a backup"));
  }
  overwrite(path_, whole);
  EXPECT_EQ(open()->list("").size(), 200U);
}

TEST_F(Disk, AnOverwrittenPageIsRefusedWhereverItIs) {
  fill(200);
  const std::string whole = bytes(path_);
  for (std::size_t page = 0; page * 4096 < whole.size(); ++page) {
    std::string damaged = whole;
    damaged.replace(page * 4096, 4096, std::string(4096, '\x5a'));
    overwrite(path_, damaged);
    SCOPED_TRACE(page);
    refusal();
  }
}

TEST_F(Disk, ATurnedBitInADocumentIsRefused) {
  fill(3);
  std::string damaged = bytes(path_);
  const std::size_t at = damaged.find("ddd2\"");
  ASSERT_NE(at, std::string::npos);
  damaged[at] ^= 1;
  overwrite(path_, damaged);
  EXPECT_TRUE(refusal().contains("the checksum of `key2` is wrong"));
}

TEST_F(Disk, ALogWithoutItsStoreIsRefusedAndKept) {
  {
    const auto store = open();
    ASSERT_TRUE(put(*store, "k", Json(1)));
    std::filesystem::copy(path_ + "-wal", path_ + ".kept");
  }
  std::filesystem::rename(path_ + ".kept", path_ + "-wal");
  const std::string log = bytes(path_ + "-wal");
  ASSERT_FALSE(log.empty());
  overwrite(path_, "");
  EXPECT_TRUE(refusal().contains("its log"));
  EXPECT_EQ(bytes(path_ + "-wal"), log);
}

TEST_F(Disk, WhatACrashLeftOfAMakingIsNoObstacle) {
  overwrite(path_ + ".new", "half");
  overwrite(path_ + ".new-journal", "half");
  EXPECT_TRUE(put(*open(), "k", Json(1)));
}

// The child: `writers` threads, each writing its own key 1, 2, 3 … and telling the pipe of every
// commit the store acknowledged. Never returns.
struct Acknowledged {
  std::int32_t writer;
  std::int32_t n;
};
constexpr int writers = 4;

[[noreturn]] void write_until_killed(const std::string& path, int pipe) {
  auto store = open_sqlite(path);
  if (!store) ::_exit(1);
  std::vector<std::thread> threads;
  for (int w = 0; w < writers; ++w) {
    threads.emplace_back([&, w] {
      const std::string key = "writer" + std::to_string(w);
      const auto last = (*store)->get(key);
      for (auto n = last ? static_cast<std::int32_t>(last->document->as_integer()) + 1 : 1;; ++n) {
        if (!put(**store, key, Json(n))) ::_exit(1);
        const Acknowledged record{w, n};
        if (::write(pipe, &record, sizeof record) != sizeof record) ::_exit(1);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  ::_exit(1);
}

TEST_F(Disk, NoAcknowledgedCommitIsLostToAKill) {
  const auto seed = std::random_device{}();
  std::printf("seed %s\n", std::to_string(seed).c_str());
  std::mt19937 random(seed);
  std::array<std::int32_t, writers> acknowledged{};
  for (int round = 0; round < 10; ++round) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    const os::UniqueFd reader(ends[0]);
    os::UniqueFd writer(ends[1]);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_until_killed(path_, writer.get());
    writer.reset();
    const auto kill_after = random() % 200;
    Acknowledged record{};
    for (std::size_t count = 0; ::read(reader.get(), &record, sizeof record) == sizeof record;
         ++count) {
      acknowledged[static_cast<std::size_t>(record.writer)] = record.n;
      if (count == kill_after) ::kill(child, SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child could not open the store or commit";

    const auto store = open();
    ASSERT_NE(store, nullptr);
    for (std::size_t w = 0; w < writers; ++w) {
      const auto entry = store->get("writer" + std::to_string(w));
      const std::int64_t n = entry ? entry->document->as_integer() : 0;
      // One more than acknowledged may have become durable just before the kill.
      EXPECT_GE(n, acknowledged[w]);
      EXPECT_LE(n, acknowledged[w] + 1);
      acknowledged[w] = static_cast<std::int32_t>(n);
    }
  }
}

// Runs in a child with a mount namespace of its own, so the tiny disk goes with it. Exits 0
// when the store kept its promises, 77 where such a disk cannot be had.
int fill_a_small_disk(const std::string& folder) {
  constexpr int cannot = 77;
  if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return cannot;
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return cannot;
  if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=1m") != 0) return cannot;
  const auto expect = [](bool holds, int line) {
    if (!holds) std::fprintf(stderr, "durability_test.cc:%s: does not hold\n", std::to_string(line).c_str());
    if (!holds) ::_exit(1);
  };
  const std::string path = folder + "/store";
  Revision last = 0;
  {
    auto store = open_sqlite(path);
    expect(store.has_value(), __LINE__);
    const Json large(std::string(50'000, 'd'));
    Result<Revision> committed = 0;
    for (int i = 0; committed; ++i) {
      committed = put(**store, "large" + std::to_string(i), large);
      if (committed) last = *committed;
    }
    std::fprintf(stderr, "%s\n", committed.error().message.c_str());
    expect(committed.error().kind == Failure::exhausted, __LINE__);
    expect(last > 3, __LINE__);
    expect((*store)->list("large").size() == static_cast<std::size_t>(last), __LINE__);

    // Of commits that arrive together only those too large for the disk fail.
    std::vector<std::jthread> threads;
    std::atomic<int> small_ones = 0;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        if (t % 2 == 0) {
          expect(!put(**store, "large", Json(std::string(900'000, 'd'))), __LINE__);
        } else if (put(**store, "small" + std::to_string(t), Json(t))) {
          ++small_ones;
        }
      });
    }
    threads.clear();
    expect(static_cast<int>((*store)->list("small").size()) == small_ones, __LINE__);
    expect((*store)->get("large") == std::nullopt, __LINE__);
    last += small_ones;
  }
  // Room comes back; nothing acknowledged is missing, and the store goes on.
  expect(::mount(nullptr, folder.c_str(), nullptr, MS_REMOUNT, "size=8m") == 0, __LINE__);
  auto store = open_sqlite(path);
  expect(store.has_value(), __LINE__);
  expect(static_cast<Revision>((*store)->list("").size()) == last, __LINE__);
  expect(put(**store, "after", Json(1)) == last + 1, __LINE__);
  return 0;
}

TEST_F(Disk, AFullDiskIsAskedForRoomOnceBeforeACommitFails) {
  if (::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=2m") != 0) GTEST_SKIP() << "needs the right to mount a tmpfs";
  const std::string kept = folder_ + "/kept";
  { std::ofstream(kept) << std::string(1024 * 1024, 'k'); }
  int asked = 0;
  std::size_t without = 0;
  {
    const auto store = open_sqlite(path_, [&] { return ++asked == 1 && std::filesystem::remove(kept); });
    ASSERT_TRUE(store) << store.error().message;
    const Json large(std::string(50'000, 'd'));
    std::size_t held = 0;
    for (Result<Revision> committed = 0; committed; ++held) {
      if (asked == 0) without = held;
      committed = put(**store, "large" + std::to_string(held), large);
    }
    EXPECT_EQ(asked, 2);  // the second time in vain
    EXPECT_EQ((*store)->list("large").size(), held - 1);
    EXPECT_GT(held, without + 3);  // the commit that met the full disk, and more after it
  }
  ::umount2(folder_.c_str(), MNT_DETACH);
}

TEST_F(Disk, AFullDiskFailsCommitsAndLosesNothing) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(fill_a_small_disk(folder_));
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "needs the right to mount a tmpfs";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace ringwall::store
