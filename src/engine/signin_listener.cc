#include "engine/signin_listener.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <future>
#include <optional>
#include <system_error>
#include <vector>

#include "os/files.h"

namespace ringwall::engine {
namespace {

using Moment = std::chrono::steady_clock::time_point;

// Binds `auth.sock` in the folder, open to all (the peer's uid is what is checked). The folder
// belongs to the engine, so a chmod of the path could be led elsewhere by a symbolic link put
// there in between; instead this thread takes a working folder and a mode mask of its own, and
// the socket is made with its final mode. A relative path also has no length limit.
Result<os::UniqueFd> bind_socket(const std::string& folder) {
  os::UniqueFd place(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!place) return std::unexpected(os::system_error("cannot open `" + folder + "`", errno));
  os::UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener) return std::unexpected(os::system_error("cannot make a socket", errno));
  if (::unshare(CLONE_FS) != 0 || ::fchdir(place.get()) != 0) {
    return std::unexpected(os::system_error("cannot enter `" + folder + "`", errno));
  }
  ::umask(0111);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string_view("auth.sock").copy(address.sun_path, sizeof address.sun_path - 1);
  if (::unlink(address.sun_path) != 0 && errno != ENOENT) {
    return std::unexpected(os::system_error("cannot replace `" + folder + "/auth.sock`", errno));
  }
  if (::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.get(), SOMAXCONN) != 0) {
    return std::unexpected(os::system_error("cannot listen on `" + folder + "/auth.sock`", errno));
  }
  return listener;
}

bool peer_is(const os::UniqueFd& connection, uid_t uid) {
  ucred peer{};
  socklen_t length = sizeof peer;
  return ::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
         peer.uid == uid;
}

// One sign-in being read.
struct Conversation {
  os::UniqueFd fd;
  Moment deadline;
  std::array<std::uint8_t, RW_SIGNIN_REQUEST_BYTES_MAX> buffer;
  std::size_t filled = 0;

  Conversation(os::UniqueFd connection, Moment until)
      : fd(std::move(connection)), deadline(until) {}
  ~Conversation() { wipe(std::span(buffer).first(filled)); }
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  enum class Progress : std::uint8_t { waiting, whole, broken };
  Progress read();
};

Conversation::Progress Conversation::read() {
  // INVARIANT: filled < buffer.size() while waiting, because no valid frame is longer.
  const ssize_t got = ::recv(fd.get(), buffer.data() + filled, buffer.size() - filled, 0);
  if (got < 0) return errno == EAGAIN || errno == EINTR ? Progress::waiting : Progress::broken;
  if (got == 0) return Progress::broken;
  filled += static_cast<std::size_t>(got);
  const auto length = request_bytes(std::span(buffer).first(filled));
  if (!length || (*length && **length < filled)) return Progress::broken;
  return *length && **length == filled ? Progress::whole : Progress::waiting;
}

class Service {
 public:
  Service(os::UniqueFd listener, int stop, uid_t engine_uid, const SigninJudge& judge,
          const SigninWitness& witness, SigninLimits limits)
      : listener_(std::move(listener)),
        stop_(stop),
        engine_uid_(engine_uid),
        judge_(judge),
        witness_(witness),
        limits_(limits) {}

  void run() {
    while (wait()) {
      for (std::size_t i = 0; i < conversations_.size(); ++i) {
        if (polled_[i + 2].revents != 0) advance(*conversations_[i]);
      }
      if (polled_[1].revents != 0) accept();
      const Moment now = std::chrono::steady_clock::now();
      std::erase_if(conversations_,
                    [&](const auto& one) { return !one->fd || one->deadline <= now; });
    }
  }

 private:
  // False when asked to stop.
  bool wait() {
    const bool resting = std::chrono::steady_clock::now() < rest_until_;
    const short listening = resting ? short{0} : short{POLLIN};
    polled_ = {{stop_, POLLIN, 0}, {listener_.get(), listening, 0}};
    Moment until = resting ? rest_until_ : Moment::max();
    for (const auto& one : conversations_) {
      polled_.push_back({one->fd.get(), POLLIN, 0});
      until = std::min(until, one->deadline);
    }
    int timeout_ms = -1;
    if (until != Moment::max()) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
      timeout_ms = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
    }
    if (::poll(polled_.data(), polled_.size(), timeout_ms) < 0) {
      for (pollfd& one : polled_) one.revents = 0;
      return errno == EINTR;
    }
    return polled_[0].revents == 0;
  }

  void accept() {
    os::UniqueFd connection(
        ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    // Without a free descriptor the connection stays pending and would wake this thread at once.
    if (!connection && errno != EAGAIN) {
      rest_until_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
    }
    if (!connection || !peer_is(connection, engine_uid_)) return;
    if (conversations_.size() >= limits_.connections_max) return;
    conversations_.push_back(std::make_unique<Conversation>(
        std::move(connection), std::chrono::steady_clock::now() + limits_.patience));
  }

  void advance(Conversation& conversation) {
    const auto progress = conversation.read();
    if (progress == Conversation::Progress::waiting) return;
    if (progress == Conversation::Progress::whole) answer(conversation);
    conversation.fd.reset();
  }

  void answer(const Conversation& conversation) {
    const ByteView received = std::span(conversation.buffer).first(conversation.filled);
    if (is_notice(received)) {
      const auto notice = decode_notice(received);
      if (notice && witness_) witness_(*notice);
      return;
    }
    const auto request = decode_request(received);
    if (!request) return;
    SigninReply reply;
    reply.allowed = judge_(*request, reply.reason);
    const Bytes frame = encode(reply);
    // A fresh socket's buffer holds far more than a reply; if it did not, the peer would see a
    // short reply and deny.
    (void)::send(conversation.fd.get(), frame.data(), frame.size(), MSG_NOSIGNAL);
  }

  os::UniqueFd listener_;
  int stop_;
  uid_t engine_uid_;
  const SigninJudge& judge_;
  const SigninWitness& witness_;
  SigninLimits limits_;
  Moment rest_until_ = Moment::min();
  std::vector<std::unique_ptr<Conversation>> conversations_;
  std::vector<pollfd> polled_;
};

}  // namespace

Result<std::unique_ptr<SigninListener>> SigninListener::open(const std::string& folder,
                                                             uid_t engine_uid, SigninJudge judge,
                                                             SigninLimits limits,
                                                             SigninWitness witness) {
  std::unique_ptr<SigninListener> listener(new SigninListener);
  listener->stop_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!listener->stop_) return std::unexpected(os::system_error("cannot make an event", errno));
  std::promise<Result<>> opened;
  auto outcome = opened.get_future();
  const int stop = listener->stop_.get();
  try {
    listener->thread_ = std::thread([opened = std::move(opened), folder, stop, engine_uid, limits,
                                     decide = std::move(judge),
                                     told = std::move(witness)]() mutable {
      auto socket = bind_socket(folder);
      if (!socket) {
        opened.set_value(std::unexpected(socket.error()));
        return;
      }
      Service service(*std::move(socket), stop, engine_uid, decide, told, limits);
      opened.set_value({});
      service.run();
    });
  } catch (const std::system_error& error) {
    return fail(Failure::exhausted, std::string("cannot start a thread: ") + error.what());
  }
  RW_DO(outcome.get());
  return listener;
}

SigninListener::~SigninListener() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  (void)!::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

}  // namespace ringwall::engine
