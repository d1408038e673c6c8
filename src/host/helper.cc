#include "host/helper.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <map>
#include <string>
#include <utility>

#include "host/detail/channel.h"
#include "host/detail/copy.h"
#include "host/detail/folders.h"
#include "host/detail/message.h"
#include "host/detail/perform.h"
#include "os/files.h"

namespace ringwall::host {
namespace {

using namespace detail;

// More requests than this wait in the socket until one is done.
constexpr std::size_t requests_max = 64;

void answer(int socket, std::uint64_t number, const Outcome& outcome) {
  Bytes bytes = encode(outcome.reply);
  if (!send_packet(socket, number, bytes, outcome.attached.get())) {
    // The answer itself may be at fault (too long, no memory); a plain one may still pass. If
    // the server is gone, nobody is left to tell.
    bytes = encode(failed({Failure::exhausted, "the host could not send its answer"}).reply);
    (void)send_packet(socket, number, bytes, -1);
  }
}

// The forked child: reads, does and answers one request.
[[noreturn]] void do_request(int socket, Packet packet, const HelperOptions& options) {
  Outcome outcome;
  if (auto bytes = read_payload(packet.payload.get()); !bytes) {
    outcome = failed(std::move(bytes).error());
  } else {
    auto request = decode_request(*bytes);
    wipe(*bytes);
    outcome = request ? perform(*request, options) : failed(std::move(request).error());
  }
  answer(socket, packet.number, outcome);
  ::_exit(0);
}

class Helper {
 public:
  Helper(os::UniqueFd socket, const HelperOptions& options)
      : socket_(std::move(socket)), options_(options) {}

  Result<> prepare() {
    if (::geteuid() != 0) {
      return fail(Failure::denied,
                  "the host's privileged half needs root: start ringwall with sudo");
    }
    RW_DO(prepare_folders(folders_of(options_)));
    thaw_all_volumes(folders_of(options_));
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) {
      return std::unexpected(os::system_error("cannot become the reaper of processes", errno));
    }
    ::sigset_t handled;
    ::sigemptyset(&handled);
    for (const int number : {SIGCHLD, SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&handled, number);
    ::sigprocmask(SIG_BLOCK, &handled, &inherited_mask_);
    signals_ = os::UniqueFd(::signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_) return std::unexpected(os::system_error("cannot watch for signals", errno));
    return {};
  }

  // Until the server's end closes and the server, if it is known, has ended.
  int serve() {
    take_signals();  // a server that ended before signals were watched for gave none
    while (open_ || server_lives()) {
      // At the limit, a negative descriptor makes poll look at the signals alone.
      const bool listening = open_ && requests_.size() < requests_max;
      pollfd watched[] = {{signals_.get(), POLLIN, 0}, {listening ? socket_.get() : -1, POLLIN, 0}};
      if (::poll(watched, 2, -1) < 0 && errno != EINTR) break;
      if (watched[0].revents != 0) take_signals();
      if (watched[1].revents != 0) take_request();
      if (!open_) end_requests();
    }
    return server_status_;
  }

 private:
  void take_signals() {
    signalfd_siginfo info = {};
    while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
      // The server stops in order and closes its end, on which this process follows.
      if (info.ssi_signo != SIGCHLD && server_lives()) ::kill(options_.server, SIGTERM);
    }
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) ended(pid, status);
  }

  void ended(pid_t pid, int status) {
    if (pid == options_.server) {
      server_ended_ = true;
      open_ = false;  // whoever may still hold its end
      server_status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    const auto request = requests_.find(pid);
    if (request == requests_.end())
      return;  // a process that outlived its request, or its own parent
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      answer(socket_.get(), request->second,
             failed({Failure::io, "the host's process for this request died: try again"}));
    }
    requests_.erase(request);
  }

  void take_request() {
    auto packet = receive_packet(socket_.get());
    if (!packet) {
      // A packet of another shape comes from no client of ours; there is nothing to go on with.
      open_ = false;
      return;
    }
    const pid_t self = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) {
      // A killed helper's requests end with it, or they would cross those of the next.
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != self) ::_exit(1);
      signals_.reset();
      ::sigprocmask(SIG_SETMASK, &inherited_mask_, nullptr);
      for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(number, SIG_IGN);
      do_request(socket_.get(), std::move(*packet), options_);
    }
    if (child < 0) {
      answer(socket_.get(), packet->number,
             failed(os::system_error("cannot start a request", errno)));
      return;
    }
    requests_.emplace(child, packet->number);
  }

  // Nobody waits for what is still under way. Every request can be cut short anywhere, and
  // its next run, or the sweep, tidies up.
  void end_requests() {
    for (const auto& [pid, number] : requests_) ::kill(pid, SIGKILL);
    for (const auto& [pid, number] : requests_) ::waitpid(pid, nullptr, 0);
    if (!requests_.empty()) thaw_all_volumes(folders_of(options_));  // one may have been a copy
    requests_.clear();
  }

  bool server_lives() const { return options_.server > 0 && !server_ended_; }

  os::UniqueFd socket_;
  const HelperOptions options_;
  os::UniqueFd signals_;
  ::sigset_t inherited_mask_ = {};
  std::map<pid_t, std::uint64_t> requests_;  // under way: child -> its request
  bool open_ = true;
  bool server_ended_ = false;
  int server_status_ = 0;
};

}  // namespace

int serve_requests(os::UniqueFd socket, const HelperOptions& options) {
  const auto begin = [&]() -> Result<int> {
    RW_TRY(const HelperOptions known, settled(options));
    Helper helper(std::move(socket), known);
    RW_DO(helper.prepare());
    return helper.serve();
  };
  ::umask(0022);  // modes below are meant as they are written
  const auto status = begin();
  if (!status) std::fprintf(stderr, "ringwall: %s\n", status.error().message.c_str());
  return status.value_or(1);
}

}  // namespace ringwall::host
