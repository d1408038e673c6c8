#include "engine/signin_listener.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace ringwall::engine {
namespace {

class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "ringwall-signin-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_; }

 private:
  std::string path_;
};

os::UniqueFd connect_to(const std::string& folder) {
  os::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (folder + "/auth.sock").copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fd.reset();
  }
  return fd;
}

Bytes read_to_end(const os::UniqueFd& fd) {
  Bytes all(1024);
  std::size_t filled = 0;
  ssize_t got = 0;
  while ((got = ::recv(fd.get(), all.data() + filled, all.size() - filled, 0)) > 0) {
    filled += static_cast<std::size_t>(got);
  }
  all.resize(filled);
  return all;
}

void send_bytes(const os::UniqueFd& fd, ByteView bytes) {
  ASSERT_EQ(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(bytes.size()));
}

Secret question(const std::string& user) {
  return *encode({.user = user, .token = Secret(std::string(2048, 't')), .origin = "10.0.0.1"});
}

bool only_ada(const SigninRequest& request, std::string& reason) {
  reason = "asked for " + request.user;
  return request.user == "ada" && request.token.reveal().size() == 2048;
}

TEST(SigninListener, AnswersWhatTheJudgeDecides) {
  const Folder folder;
  const auto listener = SigninListener::open(folder.path(), ::geteuid(), only_ada);
  ASSERT_TRUE(listener) << listener.error().message;
  for (const std::string user : {"ada", "eve"}) {
    const os::UniqueFd peer = connect_to(folder.path());
    send_bytes(peer, question(user).reveal());
    const auto reply = decode_reply(read_to_end(peer));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->allowed, user == "ada");
    EXPECT_EQ(reply->reason, "asked for " + user);
  }
}

TEST(SigninListener, ReadsARequestThatArrivesByteByByte) {
  const Folder folder;
  const auto listener = SigninListener::open(folder.path(), ::geteuid(), only_ada);
  const os::UniqueFd peer = connect_to(folder.path());
  const Secret request = question("ada");
  for (const std::uint8_t& byte : request.reveal()) send_bytes(peer, ByteView(&byte, 1));
  EXPECT_TRUE(decode_reply(read_to_end(peer))->allowed);
}

TEST(SigninListener, NeverAnswersAnotherUid) {
  const Folder folder;
  std::atomic<bool> asked = false;
  const auto listener =
      SigninListener::open(folder.path(), ::geteuid() + 1, [&](const auto&, std::string&) {
        asked = true;
        return true;
      });
  const os::UniqueFd peer = connect_to(folder.path());
  const Secret request = question("ada");
  (void)::send(peer.get(), request.reveal().data(), request.reveal().size(), MSG_NOSIGNAL);
  EXPECT_TRUE(read_to_end(peer).empty());
  EXPECT_FALSE(asked);
}

TEST(SigninListener, ServesConnectionsAtItsLimitAndClosesThosePastIt) {
  const Folder folder;
  const auto listener =
      SigninListener::open(folder.path(), ::geteuid(), only_ada,
                           {.connections_max = 2, .patience = std::chrono::minutes(1)});
  const os::UniqueFd first = connect_to(folder.path());
  const os::UniqueFd second = connect_to(folder.path());
  const os::UniqueFd third = connect_to(folder.path());
  EXPECT_TRUE(read_to_end(third).empty());
  send_bytes(second, question("ada").reveal());
  EXPECT_TRUE(decode_reply(read_to_end(second))->allowed);
  const os::UniqueFd fourth = connect_to(folder.path());
  send_bytes(fourth, question("ada").reveal());
  EXPECT_TRUE(decode_reply(read_to_end(fourth))->allowed);
}

TEST(SigninListener, ClosesAPeerThatNeverAsks) {
  const Folder folder;
  const auto listener = SigninListener::open(folder.path(), ::geteuid(), only_ada,
                                             {.patience = std::chrono::milliseconds(20)});
  const os::UniqueFd peer = connect_to(folder.path());
  EXPECT_TRUE(read_to_end(peer).empty());
}

TEST(SigninListener, AnswersAgainOnceDescriptorsAreFree) {
  const Folder folder;
  const auto listener = SigninListener::open(folder.path(), ::geteuid(), only_ada);
  const os::UniqueFd peer(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (folder.path() + "/auth.sock").copy(address.sun_path, sizeof address.sun_path - 1);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{.rlim_cur = 3, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_EQ(::connect(peer.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  send_bytes(peer, question("ada").reveal());
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  const auto reply = decode_reply(read_to_end(peer));
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->allowed);
}

TEST(SigninListener, DeniesWhatIsNoRequest) {
  const Folder folder;
  const auto listener = SigninListener::open(folder.path(), ::geteuid(), only_ada);
  const os::UniqueFd peer = connect_to(folder.path());
  send_bytes(peer, bytes_of("GET / HTTP/1.1\r\n\r\n"));
  EXPECT_TRUE(read_to_end(peer).empty());
}

TEST(SigninListener, ReplacesAnOldSocketAndLeavesOthersFilesAlone) {
  const Folder folder;
  const std::string victim = folder.path() + "/victim";
  std::ofstream(victim) << "kept";
  ASSERT_EQ(::chmod(victim.c_str(), 0600), 0);
  ASSERT_EQ(::symlink("victim", (folder.path() + "/auth.sock").c_str()), 0);
  const auto listener = SigninListener::open(folder.path(), ::geteuid(), only_ada);
  ASSERT_TRUE(listener);
  struct stat facts{};
  ASSERT_EQ(::lstat(victim.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  ASSERT_EQ(::lstat((folder.path() + "/auth.sock").c_str(), &facts), 0);
  EXPECT_TRUE(S_ISSOCK(facts.st_mode));
  EXPECT_EQ(facts.st_mode & 0666U, 0666U);
}

TEST(SigninListener, ALongFolderNameIsNoObstacleAndAMissingOneIsSaid) {
  const Folder folder;
  const std::string deep = folder.path() + "/" + std::string(120, 'd');
  const auto missing = SigninListener::open(deep, ::geteuid(), only_ada);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, Failure::not_found);
  std::filesystem::create_directory(deep);
  EXPECT_TRUE(SigninListener::open(deep, ::geteuid(), only_ada));
}

}  // namespace
}  // namespace ringwall::engine
