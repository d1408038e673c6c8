// `ringwall serve`: two processes. This one, root, becomes the privileged half; its child drops
// every privilege and becomes the server. They share one socket; when either dies the other ends,
// and databases go on serving until the next start adopts them.

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <thread>

#include "commands.h"
#include "host/helper.h"
#include "host/host.h"
#include "host/uids.h"
#include "host/view.h"
#include "http/listen.h"
#include "os/files.h"
#include "server/server.h"

namespace ringwall::app {
namespace {

// Where the server sees the data folder: a short path that its uid can walk, wherever the folder is.
constexpr const char* inside_parent = "/mnt";
constexpr const char* inside_folder = "/mnt/ringwall";
constexpr const char* inside_plugins = "/mnt/plugins";
// The child's exit status after a stop that was to end everything: the sweep follows, whether or
// not the server found something that it could not end.
constexpr int stopped_clean = 64, stopped_with_failures = 65;

struct Account {
  uid_t uid;
  gid_t gid;
};

// Without a user of that name, a uid and gid of the data folder's own, which no distribution assigns.
Result<Account> server_account(const std::string& wanted, uid_t own) {
  const passwd* found = ::getpwnam(wanted.empty() ? "ringwall" : wanted.c_str());
  if (found != nullptr && found->pw_uid == 0) return fail(Failure::invalid, "the server may not run as root: name another --user");
  if (found != nullptr) return Account{found->pw_uid, found->pw_gid};
  if (wanted.empty()) return Account{own, own};
  return fail(Failure::not_found, "there is no user `" + wanted + "`: create it with `adduser --system --group " + wanted + "`");
}

struct Listen {
  std::string address;
  std::uint16_t port = 0;
};

Result<Listen> parse_listen(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  Listen listen;
  if (colon == std::string::npos) return fail(Failure::invalid, "--listen takes ADDRESS:PORT, not `" + text + "`");
  listen.address = text.substr(0, colon);
  if (listen.address.size() > 2 && listen.address.front() == '[') listen.address = listen.address.substr(1, listen.address.size() - 2);
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, listen.port);
  if (error != std::errc() || stop != end) return fail(Failure::invalid, "--listen takes a port from 0 to 65535, not `" + text.substr(colon + 1) + "`");
  return listen;
}

// To the server; what is in a folder of root's too, which a restore leaves. The server itself can make no folder
// root's, so nothing that it planted is followed.
Result<> give(const std::string& path, const Account& account) {
  const auto chown = [&](const std::string& one) -> Result<> {
    if (::lchown(one.c_str(), account.uid, account.gid) == 0) return {};
    return std::unexpected(os::system_error("cannot give `" + one + "` to the server", errno));
  };
  struct stat facts {};
  if (::lstat(path.c_str(), &facts) == 0 && facts.st_uid == 0) {
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path, error)) RW_DO(chown(entry.path()));
    if (error) return fail(Failure::io, "cannot look into `" + path + "`: " + error.message());
  }
  return chown(path);
}

Result<> make_data_folder(const std::string& data) {
  struct stat facts {};
  if (::stat(data.c_str(), &facts) == 0 && facts.st_uid != 0) {
    return fail(Failure::denied, "the data folder `" + data + "` belongs to another user than root: chown it, or choose another --data");
  }
  return os::make_folder(data, 0755);
}

// The folders of the data folder, each with the owner that may write to it.
Result<> make_folders(const std::string& data, const Account& account) {
  for (const char* name : {"/server", "/run"}) {
    const std::string path = data + name;
    RW_DO(os::make_folder(path, std::string_view(name) == "/server" ? 0700 : 0755));
    RW_DO(give(path, account));
  }
  return {};
}

// The plugins lie beside the binary in a build, and where the package puts them otherwise: found
// from the binary itself, so that no path of the machine it was built on is ever trusted.
std::string plugin_folder() {
  std::error_code error;
  const std::filesystem::path here = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  const std::filesystem::path built = here / "lib";
  if (std::filesystem::exists(built / "ringwall_guard.so", error)) return built;
  return (here / RINGWALL_PLUGINS_FROM_BINARY).lexically_normal();
}

// A view of the file system of its own, in which the data folder has a short, walkable path.
Result<> enter_private_view(const std::string& data, const std::string& plugins) {
  RW_DO(host::enter_own_view());
  if (::mount("ringwall", inside_parent, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=64k,mode=0755") != 0 ||
      ::mkdir(inside_folder, 0755) != 0 || ::mount(data.c_str(), inside_folder, nullptr, MS_BIND, nullptr) != 0) {
    return std::unexpected(os::system_error("cannot make the server's view of `" + data + "`", errno));
  }
  // The engines' plugins too: the server looks whether they are there. Without them no database starts.
  if (::mkdir(inside_plugins, 0755) != 0 ||
      (std::filesystem::exists(plugins) && ::mount(plugins.c_str(), inside_plugins, nullptr, MS_BIND, nullptr) != 0)) {
    return std::unexpected(os::system_error("cannot make the server's view of `" + plugins + "`", errno));
  }
  return {};
}

Result<> drop_privileges(const Account& account) {
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return std::unexpected(os::system_error("cannot drop capabilities", errno));
  }
  if (::setgroups(0, nullptr) != 0 || ::setresgid(account.gid, account.gid, account.gid) != 0 ||
      ::setresuid(account.uid, account.uid, account.uid) != 0 || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return std::unexpected(os::system_error("cannot become the server's user", errno));
  }
  return {};
}

// Without its privileged half the server could keep no promise. A kill loses nothing: what was
// acknowledged is durable, and databases serve on. Must follow the change of user, which clears it.
Result<> end_with(pid_t helper) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return std::unexpected(os::system_error("cannot follow the privileged half", errno));
  if (::getppid() != helper) return fail(Failure::unavailable, "the privileged half has ended");
  return {};
}

// Without memory the kernel kills both halves after everything else. Some containers withhold the right
// to ask for it even from root; the databases, which ask to go first, are killed before them all the same.
void be_killed_last() {
  constexpr std::string_view last = "-900";
  const os::UniqueFd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (::write(file.get(), last.data(), last.size()) != static_cast<ssize_t>(last.size())) {
    complain("cannot ask the kernel to spare this server when memory runs out: it lacks CAP_SYS_RESOURCE");
  }
}

// The child: everything that parses bytes from outside.
int run_server(const ServeFlags& flags, const server::Options& options, const std::string& plugins, const Account& account, os::UniqueFd listener,
               os::UniqueFd host_socket, pid_t helper) {
  sigset_t ending;
  sigemptyset(&ending);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&ending, number);
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  if (auto entered = enter_private_view(flags.data, plugins); !entered) return complain(entered.error().message);
  if (auto dropped = drop_privileges(account); !dropped) return complain(dropped.error().message);
  if (auto bound = end_with(helper); !bound) return complain(bound.error().message);
  auto server = server::Server::start(options, std::move(listener), std::move(host_socket));
  if (!server) return complain(server.error().message);
  fmt::print("ringwall: {}\n", (*server)->greeting());
  std::fflush(stdout);
  // One thread waits for the signal that ends the server; the main thread for whatever does.
  std::thread signals([&] {
    int number = 0;
    ::sigwait(&ending, &number);
    (*server)->ask_to_stop();
  });
  const auto ended = (*server)->wait();
  ::kill(::getpid(), SIGTERM);  // releases the thread if it was not the one
  signals.join();
  if (!ended) return complain(ended.error().message);
  complain(flags.on_stop == OnStop::stop ? "stopping, databases too" : "stopping, databases go on");
  const auto stopped = (*server)->stop(flags.on_stop == OnStop::stop ? server::Databases::stop : server::Databases::keep);
  if (!stopped) complain(stopped.error().message);
  if (flags.on_stop == OnStop::stop) return stopped ? stopped_clean : stopped_with_failures;
  return stopped ? exit_success : exit_failure;
}

// What the helper's mounts, networks and devices are for has ended with the server, unless databases
// go on: then they stay for the next start, also those of a server that was killed or aborted.
int take_down(const host::HelperOptions& helper, int status) {
  const bool ended = status == stopped_clean || status == stopped_with_failures;
  const auto swept = ended ? host::sweep(helper) : host::sweep_unless_running(helper);
  if (!swept) return complain(swept.error().message);
  if (status == stopped_clean) return exit_success;
  return status == stopped_with_failures ? exit_failure : status;
}

}  // namespace

int serve(const ServeFlags& given) {
  ServeFlags flags = given;
  if (::geteuid() != 0) {
    return complain("serve needs root to make networks, volumes and database processes: run it with sudo. The server itself drops every privilege");
  }
  ::umask(022);
  auto listen = parse_listen(flags.listen);
  if (!listen) return complain(listen.error().message, exit_usage);
  if (auto made = make_data_folder(flags.data); !made) return complain(made.error().message);
  const auto uids = host::uids_of(flags.data);
  if (!uids) return complain(uids.error().message);
  const auto account = server_account(flags.user, uids->server);
  if (!account) return complain(account.error().message);
  if (auto made = make_folders(flags.data, *account); !made) return complain(made.error().message);
  std::error_code error;
  flags.data = std::filesystem::canonical(flags.data, error);
  if (error) return complain("cannot find the data folder `" + given.data + "`: " + error.message());

  auto listener = http::bind_tcp(listen->address, listen->port);
  if (!listener) return complain(listener.error().message);
  if (const auto port = http::port_of(*listener)) listen->port = *port;

  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return complain(os::system_error("cannot make a socket", errno).message);
  os::UniqueFd host_end(ends[0]), server_end(ends[1]);
  const std::string plugins = plugin_folder();
  const server::Options options{.data_folder = inside_folder,
                                .data_folder_name = flags.data,
                                .address = listen->address,
                                .port = listen->port,
                                .region = flags.region,
                                .dns_suffix = flags.dns_suffix,
                                .host_names = flags.host_names,
                                .plugin_folder = inside_plugins,
                                .engine_uids_first = uids->engines_first,
                                .io_threads = flags.threads,
                                .storage = flags.storage,
                                .network_keys_everywhere = flags.network_keys_everywhere};
  host::HelperOptions helper{.data_folder = flags.data, .server_uid = account->uid, .server_gid = account->gid, .plugin_folder = plugins,
                             .without_limits = flags.without_limits, .storage = flags.storage};
  const auto claimed = host::claim(helper);
  if (!claimed) return complain(claimed.error().message);
  be_killed_last();
  const pid_t helper_pid = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return complain(os::system_error("cannot start the server", errno).message);
  if (child == 0) {
    host_end.reset();
    ::_exit(run_server(flags, options, plugins, *account, *std::move(listener), std::move(server_end), helper_pid));
  }
  listener->reset();
  server_end.reset();
  if (flags.storage == host::Storage::sparse) {
    complain("degraded: volumes are sparse, the disk may promise more than it has (--storage sparse)");
  }
  if (flags.network_keys_everywhere) {
    complain("beyond AWS: every service says whose VPC endpoint a request came through (--network-keys-everywhere)");
  }
  helper.server = child;
  return take_down(helper, host::serve_requests(std::move(host_end), helper));
}

}  // namespace ringwall::app
