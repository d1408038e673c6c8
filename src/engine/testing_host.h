#pragma once
// For tests: a host on this machine alone. One process at a time runs under an engine's uid in
// a private root (a mount namespace that ends with it), laid out as host.h says, but on the
// machine's own network and without encryption. Needs root.

#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/check.h"
#include "engine/engine.h"
#include "host/programs.h"
#include "os/files.h"

namespace ringwall::engine {

// Where the build leaves pam_ringwall.so and ringwall_guard.so, seen from the test's binary.
// The plugins of this build, copied to where every uid that tests act under can reach them: the
// build itself may lie below a folder that is root's alone.
inline const std::string& built_plugins() {
  struct Copy {
    std::string folder = "/tmp/ringwall-plugins-XXXXXX";
    pid_t owner = ::getpid();
    Copy() {
      RW_CHECK(::mkdtemp(folder.data()) != nullptr && ::chmod(folder.c_str(), 0755) == 0);
      std::filesystem::copy(std::filesystem::read_symlink("/proc/self/exe").parent_path() / "lib", folder);
    }
    ~Copy() {
      if (::getpid() == owner) std::filesystem::remove_all(folder);
    }
  };
  static const Copy copy;
  return copy.folder;
}

// A TCP port that was free a moment ago.
inline std::uint16_t free_port() {
  const os::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  RW_CHECK(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
  RW_CHECK(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
  return ntohs(address.sin_port);
}

class TestingHost final : public host::Host {
 public:
  explicit TestingHost(uid_t engine_uid) : uid_(engine_uid) {
    // In memory unless told otherwise: flushing a busy machine's disk would be most of a test.
    const char* folder_given = ::getenv("TMPDIR");
    std::string pattern = std::string(folder_given == nullptr ? "/dev/shm" : folder_given) +
                          "/ringwall-engine-XXXXXX";
    base_ = ::mkdtemp(pattern.data());
    for (const char* folder : {"", "/root", "/data", "/run", "/etc", "/etc/pam.d"}) {
      std::filesystem::create_directories(base_ + folder);
      RW_CHECK(::chmod((base_ + folder).c_str(), 0755) == 0);
    }
    for (const char* folder : {"/data", "/run"}) {
      RW_CHECK(::chown((base_ + folder).c_str(), uid_, uid_) == 0);
    }
    RW_CHECK(::chmod((base_ + "/data").c_str(), 0700) == 0);
    const std::string id = std::to_string(uid_);
    write("/etc/passwd",
          "ringwall:x:" + std::to_string(::geteuid()) + ":0::/:/bin/false\nrdsdb:x:" + id + ":" +
              id + "::/data:/bin/false\n",
          0644);
    write("/etc/group", "rdsdb:x:" + id + ":\n", 0644);
  }
  ~TestingHost() override {
    (void)stop("", host::Stop::immediate);
    std::filesystem::remove_all(base_);
  }

  const std::string& base() const { return base_; }
  // Where a process sees the folder `extension` of base(), if it sees it at all.
  std::string extension_folder;

  Result<host::Finished> run(const host::Process& process) override {
    RW_TRY(const host::Launch launch, placed(process));
    const pid_t pid = spawn(launch, base_ + "/output");
    const int status = wait(pid);
    RW_TRY(std::string output, os::read_file(base_ + "/output", 64 * 1024));
    return host::Finished{.exit_status = status, .output = std::move(output)};
  }
  Result<host::Running> start(const host::Process& process) override {
    RW_TRY(const host::Launch launch, placed(process));
    return start(launch);
  }
  // Anything at all, for what the table of programs never starts.
  Result<host::Running> start(const host::Launch& launch) {
    RW_CHECK(running_ == 0);
    place(launch);
    running_ = spawn(launch, base_ + "/log");
    const auto fd = static_cast<int>(::syscall(SYS_pidfd_open, running_, 0));
    return host::Running{.pid = running_, .pidfd = os::UniqueFd(fd)};
  }
  Result<> limit(const std::string&, const host::Limits&) override { return absent(); }
  Result<> signal(const std::string&, int number) override {
    RW_CHECK(running_ != 0 && ::kill(running_, number) == 0);
    return {};
  }
  Result<> stop(const std::string&, host::Stop how) override {
    if (running_ == 0) return {};
    ::kill(running_, how == host::Stop::graceful ? SIGINT : SIGQUIT);
    wait(running_);
    running_ = 0;
    return {};
  }
  std::string socket_folder(const std::string&) const override { return base_ + "/run"; }
  std::string log() const { return os::read_file(base_ + "/log", 16U << 20U).value_or(""); }

  Result<> apply_network(const host::Network&) override { return absent(); }
  Result<> remove_network(const std::string&) override { return absent(); }
  Result<os::UniqueFd> listen(const std::string&, const std::string&, std::uint16_t,
                              host::Transport) override {
    return absent();
  }
  Result<os::UniqueFd> interface_namespace(const std::string&, const std::string&) override {
    return absent();
  }
  Result<> open_volume(const host::Volume&, const Secret&) override { return absent(); }
  Result<> close_volume(const std::string&) override { return absent(); }
  Result<> remove_volume(const std::string&) override { return absent(); }
  Result<os::UniqueFd> copy_volume(const std::string&) override { return absent(); }
  Result<> label_volume(const std::string&, const std::string&) override { return absent(); }
  Result<std::vector<host::VolumeFacts>> volumes() override { return absent(); }
  Result<host::VolumeFacts> volume(const std::string&) override { return absent(); }
  Result<std::string> kept_installation() override { return absent(); }
  Result<> keep_installation(const std::string&) override { return absent(); }
  Result<host::Running> adopt(const std::string&) override { return absent(); }
  Result<std::size_t> sever(const std::string&, const std::vector<std::string>&) override { return absent(); }
  Result<host::Inventory> inventory() override { return absent(); }

 private:
  static std::unexpected<Error> absent() {
    return fail(Failure::unavailable, "the testing host has no such thing");
  }

  void write(const std::string& path, const std::string& content, unsigned mode) {
    RW_CHECK(os::write_file(base_ + path, content, mode).has_value());
  }

  Result<host::Launch> placed(const host::Process& process) {
    RW_CHECK(process.uid == uid_);
    RW_TRY(host::Launch launch, host::launch_of(process));
    place(launch);
    return launch;
  }
  void place(const host::Launch& launch) {
    for (const host::PlacedFile& file : launch.files) {
      write("/data/" + file.path, file.content, file.mode);
      RW_CHECK(::chown((base_ + "/data/" + file.path).c_str(), uid_, uid_) == 0);
    }
    for (const host::PlacedFile& file : launch.settings) write(file.path, file.content, file.mode);
    std::filesystem::remove(base_ + "/data/pg/postmaster.pid");
    for (const auto& entry : std::filesystem::directory_iterator(base_ + "/run")) {
      if (entry.path().filename().string().starts_with(".s.PGSQL."))
        std::filesystem::remove(entry.path());
    }
  }

  static void bind(const std::string& from, const std::string& to) {
    std::filesystem::create_directories(to);
    RW_CHECK(::mount(from.c_str(), to.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0);
  }

  void enter_private_root() const {
    const std::string root = base_ + "/root";
    RW_CHECK(::unshare(CLONE_NEWNS) == 0);
    RW_CHECK(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
    RW_CHECK(::mount("tmpfs", root.c_str(), "tmpfs", 0, "mode=755") == 0);
    for (const char* folder : {"bin", "lib", "lib64"}) {
      std::filesystem::create_symlink(std::string("usr/") + folder, root + "/" + folder);
    }
    bind("/usr", root + "/usr");
    bind("/dev", root + "/dev");
    bind(base_ + "/etc", root + "/etc");
    bind(base_ + "/data", root + "/data");
    bind(base_ + "/run", root + "/run/ringwall");
    bind(built_plugins(), root + host::plugin_folder_inside);
    if (!extension_folder.empty()) bind(base_ + "/extension", root + extension_folder);
    std::filesystem::create_directory(root + "/tmp");
    RW_CHECK(::chmod((root + "/tmp").c_str(), 01777) == 0);
    // The old root goes: a copy of somebody's mounted volume would keep that from being closed.
    RW_CHECK(::chdir(root.c_str()) == 0 && ::syscall(SYS_pivot_root, ".", ".") == 0 &&
             ::umount2(".", MNT_DETACH) == 0 && ::chdir("/data") == 0);
  }

  pid_t spawn(const host::Launch& launch, const std::string& output) const {
    const pid_t pid = ::fork();
    RW_CHECK(pid >= 0);
    if (pid != 0) return pid;
    const int log = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    RW_CHECK(::dup2(log, 1) == 1 && ::dup2(log, 2) == 2);
    enter_private_root();
    RW_CHECK(::setgroups(0, nullptr) == 0 && ::setresgid(uid_, uid_, uid_) == 0 &&
             ::setresuid(uid_, uid_, uid_) == 0);
    const auto pointers = [](const std::vector<std::string>& texts) {
      std::vector<char*> all;
      for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
      all.push_back(nullptr);
      return all;
    };
    if (launch.arguments.empty()) ::_exit(0);
    ::execve(launch.arguments[0].c_str(), pointers(launch.arguments).data(),
             pointers(launch.environment).data());
    ::_exit(127);
  }

  static int wait(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0) RW_CHECK(errno == EINTR);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  uid_t uid_;
  std::string base_;
  pid_t running_ = 0;
};

}  // namespace ringwall::engine
