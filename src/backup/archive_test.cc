#include "backup/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "os/files.h"

namespace ringwall::backup {
namespace {

using text::Json;

class ArchiveTest : public testing::Test {
 protected:
  ArchiveTest() {
    char folder[] = "/dev/shm/ringwall-archive-XXXXXX";  // in memory: hundreds of files are synced
    EXPECT_NE(::mkdtemp(folder), nullptr);
    folder_ = folder;
  }
  ~ArchiveTest() override { std::filesystem::remove_all(folder_); }

  os::UniqueFd open(const std::string& name, int flags) const {
    os::UniqueFd file(::open((folder_ + "/" + name).c_str(), flags | O_CLOEXEC, 0600));
    EXPECT_TRUE(file) << name;
    return file;
  }

  // A small archive: a store, an audit file in a folder, an empty file.
  std::string small() const {
    const os::UniqueFd out = open("small", O_RDWR | O_CREAT | O_TRUNC);
    auto writer = Writer::begin(out.get());
    EXPECT_TRUE(writer->add_text("state.db", std::string(200'000, 's')));
    EXPECT_TRUE(writer->add_text("audit/audit-2026-01-01.jsonl", "{}\n"));
    EXPECT_TRUE(writer->add_text("empty", ""));
    EXPECT_TRUE(writer->finish(Json::object({{"version", 1}})));
    return os::read_file(folder_ + "/small", 1 << 24).value_or("");
  }

  Result<Json> unpacked(std::string_view bytes) {
    target_ = folder_ + "/target" + std::to_string(++targets_);
    std::filesystem::create_directory(target_);
    std::ofstream(folder_ + "/given", std::ios::binary) << bytes;
    const os::UniqueFd in = open("given", O_RDONLY);
    return unpack(in.get(), target_);
  }

  // An archive with one member as libarchive writes it, whatever it is.
  Result<Json> unpacked_with(const std::function<void(archive_entry*)>& shape, int copies = 1) {
    const os::UniqueFd out = open("odd", O_RDWR | O_CREAT | O_TRUNC);
    ::archive* writing = ::archive_write_new();
    ::archive_write_set_format_pax(writing);
    ::archive_write_open_fd(writing, out.get());
    for (int i = 0; i < copies; ++i) {
      archive_entry* entry = ::archive_entry_new();
      ::archive_entry_set_pathname(entry, "member");
      ::archive_entry_set_filetype(entry, AE_IFREG);
      ::archive_entry_set_perm(entry, 0600);
      ::archive_entry_set_size(entry, 0);
      shape(entry);
      EXPECT_EQ(::archive_write_header(writing, entry), ARCHIVE_OK);
      ::archive_entry_free(entry);
    }
    ::archive_write_close(writing);
    ::archive_write_free(writing);
    return unpacked(os::read_file(folder_ + "/odd", 1 << 24).value_or(""));
  }

  std::string folder_, target_;
  int targets_ = 0;
};

TEST_F(ArchiveTest, WhatWasAddedComesBack) {
  const auto manifest = unpacked(small());
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_EQ((*manifest)["version"].as_integer(), 1);
  EXPECT_EQ((*manifest)["files"].items().size(), 3u);
  EXPECT_EQ(os::read_file(target_ + "/state.db", 1 << 20).value_or(""), std::string(200'000, 's'));
  EXPECT_EQ(os::read_file(target_ + "/audit/audit-2026-01-01.jsonl", 100).value_or(""), "{}\n");
  struct stat facts {};
  ASSERT_EQ(::stat((target_ + "/state.db").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST_F(ArchiveTest, HolesStayHolesInTheArchiveAndWhereItIsUnpacked) {
  const os::UniqueFd image = open("image", O_RDWR | O_CREAT);
  constexpr std::uint64_t size = 4ULL << 30;
  ASSERT_EQ(::ftruncate(image.get(), size), 0);
  const std::string data(100'000, 'x');
  const std::vector<off_t> places = {0, off_t{1} << 30, static_cast<off_t>(size - data.size())};
  for (const off_t at : places) {
    ASSERT_EQ(::pwrite(image.get(), data.data(), data.size(), at), static_cast<ssize_t>(data.size()));
  }
  {
    const os::UniqueFd out = open("sparse", O_RDWR | O_CREAT);
    auto writer = Writer::begin(out.get());
    ASSERT_TRUE(writer->add("volumes/db-1.img", image.get(), size));
    ASSERT_TRUE(writer->finish(Json::object({})));
  }
  EXPECT_LT(std::filesystem::file_size(folder_ + "/sparse"), 1'000'000u);
  const auto manifest = unpacked(os::read_file(folder_ + "/sparse", 1 << 24).value_or(""));
  ASSERT_TRUE(manifest) << manifest.error().message;
  struct stat facts {};
  ASSERT_EQ(::stat((target_ + "/volumes/db-1.img").c_str(), &facts), 0);
  EXPECT_EQ(static_cast<std::uint64_t>(facts.st_size), size);
  EXPECT_LT(facts.st_blocks * 512, 1'000'000);
  const os::UniqueFd back(::open((target_ + "/volumes/db-1.img").c_str(), O_RDONLY | O_CLOEXEC));
  for (const off_t at : places) {
    std::string read(data.size(), '\0');
    ASSERT_EQ(::pread(back.get(), read.data(), read.size(), at), static_cast<ssize_t>(read.size()));
    EXPECT_EQ(read, data) << at;
  }
}

TEST_F(ArchiveTest, OnlyTheBytesAskedForAreTakenOfAFileThatGrows) {
  const os::UniqueFd file = open("growing", O_RDWR | O_CREAT);
  ASSERT_EQ(::write(file.get(), "first\nsecond", 12), 12);
  const os::UniqueFd out = open("grown", O_RDWR | O_CREAT);
  auto writer = Writer::begin(out.get());
  ASSERT_TRUE(writer->add("log", file.get(), 6));
  ASSERT_TRUE(writer->finish(Json::object({})));
  ASSERT_TRUE(unpacked(os::read_file(folder_ + "/grown", 1 << 20).value_or("")));
  EXPECT_EQ(os::read_file(target_ + "/log", 100).value_or(""), "first\n");
}

TEST_F(ArchiveTest, AnArchiveThatWasCutShortAnywhereIsRefused) {
  const std::string whole = small();
  // The two blocks of zeroes after the manifest say nothing.
  const std::size_t end = whole.find_last_not_of('\0');
  for (std::size_t size = 0; size <= end; size += size + 700 < end ? 700 : 1 + end / 50) {
    const auto refused = unpacked(std::string_view(whole).substr(0, size));
    ASSERT_FALSE(refused) << size;
    EXPECT_EQ(refused.error().kind, Failure::corrupt) << size;
    std::filesystem::remove_all(target_);
  }
}

TEST_F(ArchiveTest, AChangedArchiveIsRefusedOrHoldsTheSame) {
  const std::string whole = small();
  for (std::size_t at = 0; at < whole.size(); at += 997) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    if (unpacked(changed)) {
      EXPECT_EQ(os::read_file(target_ + "/state.db", 1 << 20).value_or(""), std::string(200'000, 's')) << at;
    }
    std::filesystem::remove_all(target_);
  }
}

TEST_F(ArchiveTest, MembersThatCouldLeadOutOfTheFolderAreRefused) {
  for (const char* name : {"../member", "/etc/member", "a/../member", "a/b/c", ".hidden", "a/.hidden", "a//b", "a\nb", "a b", "-a", ""}) {
    EXPECT_FALSE(unpacked_with([&](archive_entry* entry) { ::archive_entry_set_pathname(entry, name); })) << name;
  }
  EXPECT_FALSE(unpacked_with([](archive_entry* entry) {
    ::archive_entry_set_filetype(entry, AE_IFLNK);
    ::archive_entry_set_symlink(entry, "/etc/passwd");
  }));
  EXPECT_FALSE(unpacked_with([](archive_entry* entry) { ::archive_entry_set_hardlink(entry, "/etc/passwd"); }));
  EXPECT_FALSE(unpacked_with([](archive_entry* entry) { ::archive_entry_set_filetype(entry, AE_IFIFO); }));
  EXPECT_FALSE(unpacked_with([](archive_entry* entry) { ::archive_entry_set_filetype(entry, AE_IFDIR); }));
  const auto twice = unpacked_with([](archive_entry*) {}, 2);
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().message.find("twice"), std::string::npos) << twice.error().message;
}

TEST_F(ArchiveTest, WhatTheManifestDoesNotListIsRefused) {
  const auto refused = unpacked_with([](archive_entry*) {});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("no manifest"), std::string::npos) << refused.error().message;
}

TEST_F(ArchiveTest, NoNameThatUnpackingRefusesCanBeWritten) {
  const os::UniqueFd out = open("names", O_RDWR | O_CREAT);
  auto writer = Writer::begin(out.get());
  for (const char* name : {"../x", "/x", "a/b/c", ".x", ""}) EXPECT_FALSE(writer->add_text(name, "x")) << name;
}

}  // namespace
}  // namespace ringwall::backup
