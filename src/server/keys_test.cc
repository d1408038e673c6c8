#include "server/keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "crypto/crypto.h"
#include "directory/testing.h"
#include "os/files.h"
#include "store/testing.h"

namespace ringwall::server {
namespace {

class Keys : public ::testing::Test {
 protected:
  Keys() { std::filesystem::create_directories(layout_.folder + "/server"); }
  void put_key(std::string_view content, unsigned mode) {
    ASSERT_TRUE(os::write_file(layout_.root_key(), content, mode));
    ASSERT_EQ(::chmod(layout_.root_key().c_str(), mode), 0);
  }
  Result<Secret> key() { return root_key(layout_, random_); }

  directory::testing::Folder folder_;
  Layout layout_{folder_.file("data")};
  crypto::SystemRandom random_;
  TimePoint now_ = *text::parse_iso8601("2026-01-02T03:04:05Z");
};

TEST_F(Keys, ADataFolderStaysInTheRegionOfItsFirstStart) {
  const auto store = store::open_temporary();
  ASSERT_TRUE(keep_region(*store, layout_, "eu-central-1"));
  EXPECT_TRUE(keep_region(*store, layout_, "eu-central-1"));
  const auto refused = keep_region(*store, layout_, "us-east-1");
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().message.contains("`--region eu-central-1`")) << refused.error().message;
  // One that is older than this has what its last server left.
  const auto older = store::open_temporary();
  std::filesystem::create_directories(layout_.folder + "/run");
  ASSERT_TRUE(os::write_file(layout_.endpoint(), R"({"url":"https://127.0.0.1:1","region":"eu-west-3"})", 0644));
  EXPECT_FALSE(keep_region(*older, layout_, "us-east-1"));
  EXPECT_TRUE(keep_region(*older, layout_, "eu-west-3"));
}

TEST_F(Keys, TheRootKeyIsMadeOnceForItsOwnerAlone) {
  const auto first = key();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->reveal().size(), 32U);
  struct stat facts {};
  ASSERT_EQ(::stat(layout_.root_key().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  EXPECT_EQ(key()->reveal_text(), first->reveal_text());
}

TEST_F(Keys, TwoFoldersHaveDifferentRootKeys) {
  const auto first = key();
  std::filesystem::remove(layout_.root_key());
  EXPECT_NE(key()->reveal_text(), first->reveal_text());
}

TEST_F(Keys, AKeyThatOthersMayReadIsRefused) {
  for (const unsigned mode : {0640U, 0604U, 0620U, 0601U, 0644U}) {
    put_key(std::string(32, 'k'), mode);
    const auto refused = key();
    ASSERT_FALSE(refused) << mode;
    EXPECT_EQ(refused.error().kind, Failure::denied);
  }
  put_key(std::string(32, 'k'), 0400);
  EXPECT_TRUE(key());
}

TEST_F(Keys, AKeyOfAnotherLengthIsRefusedAndKept) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{31}, std::size_t{33}, std::size_t{1000}}) {
    put_key(std::string(size, 'k'), 0600);
    EXPECT_FALSE(key()) << size;
    EXPECT_EQ(std::filesystem::file_size(layout_.root_key()), size);
  }
}

TEST_F(Keys, AMissingKeyBesideAStoreIsNotMadeAnew) {
  std::ofstream(layout_.state()) << "a store";
  const auto refused = key();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::corrupt);
  EXPECT_FALSE(std::filesystem::exists(layout_.root_key()));
}

// A link that leads nowhere is no first start: whoever placed it expects the key at its end.
TEST_F(Keys, AKeyThatCannotBeLookedAtIsRefused) {
  std::filesystem::create_symlink("/nowhere/root.key", layout_.root_key());
  EXPECT_FALSE(key());
  EXPECT_TRUE(std::filesystem::is_symlink(layout_.root_key()));
}

TEST_F(Keys, TheAuthorityIsMadeOnceAndKeptSealed) {
  const auto store = store::open_temporary();
  const Secret root(std::string(32, 'r'));
  const auto first = authority(*store, root, random_, now_);
  ASSERT_TRUE(first);
  const auto again = authority(*store, root, random_, now_);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->identity().certificate_pem, first->identity().certificate_pem);
  EXPECT_EQ(again->identity().key_pem.reveal_text(), first->identity().key_pem.reveal_text());
  const std::string stored = store->get("server/authority")->document->dump();
  EXPECT_EQ(stored.find("PRIVATE"), std::string::npos);
  EXPECT_TRUE(again->issue({"x", {"x.example"}, {}}, now_));
}

TEST_F(Keys, AnAuthorityUnderAnotherRootKeyIsRefusedAndKept) {
  const auto store = store::open_temporary();
  ASSERT_TRUE(authority(*store, Secret(std::string(32, 'r')), random_, now_));
  const std::string before = store->get("server/authority")->document->dump();
  const auto refused = authority(*store, Secret(std::string(32, 's')), random_, now_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::corrupt);
  EXPECT_EQ(store->get("server/authority")->document->dump(), before);
}

TEST_F(Keys, ADamagedAuthorityIsRefused) {
  const auto store = store::open_temporary();
  const Secret root(std::string(32, 'r'));
  ASSERT_TRUE(authority(*store, root, random_, now_));
  for (const auto& [member, value] : {std::pair{"key", "!"}, {"key", "AAAA"}, {"certificate", "no certificate"}}) {
    store::Transaction transaction(*store);
    text::Json changed = *transaction.get("server/authority");
    const text::Json before = changed;
    transaction.put("server/authority", changed.set(member, value));
    ASSERT_TRUE(store->commit(transaction));
    EXPECT_FALSE(authority(*store, root, random_, now_)) << member << value;
    store::Transaction back(*store);
    back.put("server/authority", before);
    ASSERT_TRUE(store->commit(back));
  }
}

TEST_F(Keys, TheAdministratorsCredentialsAreWrittenForTheOwnerAlone) {
  directory::Administrator administrator{.account = "111122223333", .arn = "arn:aws:iam::111122223333:user/administrator"};
  ASSERT_TRUE(write_administrator(layout_, administrator));  // nobody knows the secret any more
  EXPECT_FALSE(std::filesystem::exists(layout_.administrator()));
  administrator.access_key = "AKIAAAAAAAAAAAAAAAAA";
  administrator.secret = Secret(std::string_view("secret"));
  ASSERT_TRUE(write_administrator(layout_, administrator));
  struct stat facts {};
  ASSERT_EQ(::stat(layout_.administrator().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  const auto json = text::parse_json(*os::read_file(layout_.administrator(), 4096));
  ASSERT_TRUE(json);
  EXPECT_EQ(json->text("access_key"), administrator.access_key);
  EXPECT_EQ(json->text("secret"), "secret");
}

}  // namespace
}  // namespace ringwall::server
