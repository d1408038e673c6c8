#include "http/server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <future>
#include <map>
#include <thread>

#include "base/check.h"
#include "http/detail/connection.h"
#include "http/detail/sockets.h"
#include "os/files.h"

namespace ringwall::http {

namespace detail {

namespace {

constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> tuple_awaitable{};
// Out of descriptors or memory: accepting again at once would only spin.
constexpr std::chrono::milliseconds accept_pause{50};

struct Listener {
  Listener(std::shared_ptr<Worker> owner, std::shared_ptr<const Origin> listener_origin)
      : worker(std::move(owner)),
        descriptor(worker->io),
        pause(worker->io),
        origin(std::move(listener_origin)) {}

  const std::shared_ptr<Worker> worker;
  Descriptor descriptor;
  Timer pause;
  const std::shared_ptr<const Origin> origin;
};

asio::awaitable<void, Executor> serve_listed(std::shared_ptr<Connection> connection,
                                             std::shared_ptr<Worker> worker) {
  connection->index = worker->connections.size();
  worker->connections.push_back(connection.get());
  if (worker->draining) connection->drain();
  co_await Connection::serve(connection);
  worker->connections.back()->index = connection->index;
  worker->connections[connection->index] = worker->connections.back();
  worker->connections.pop_back();
  worker->core->give_place();
}

// On the worker's thread. The place in `core` is taken already.
void adopt(const std::shared_ptr<Worker>& worker, os::UniqueFd socket, Peer peer,
           const std::shared_ptr<const Origin>& origin) {
  const auto tls = origin->security == Security::tls ? worker->core->tls() : nullptr;
  if (worker->stopped || (origin->security == Security::tls && tls == nullptr)) {
    worker->core->give_place();
    return;
  }
  auto connection =
      std::make_shared<Connection>(worker, std::move(socket), std::move(peer), origin, tls.get());
  asio::co_spawn(worker->io.get_executor(), serve_listed(std::move(connection), worker),
                 asio::detached);
}

asio::awaitable<void, Executor> sweep(std::shared_ptr<Worker> worker) {
  while (!worker->stopped) {
    worker->sweeper.expires_after(worker->sweep_interval);
    co_await worker->sweeper.async_wait(tuple_awaitable);
    worker->now = SteadyClock::now();
    for (Connection* connection : worker->connections) connection->expire_if_late(worker->now);
  }
}

}  // namespace

// The io threads and the listeners they run.
class Workers {
 public:
  explicit Workers(const std::shared_ptr<Core>& core) : core_(core) {
    unsigned count = core->options.threads;
    if (count == 0) count = std::max(1U, std::thread::hardware_concurrency());
    for (unsigned i = 0; i < count; ++i) {
      const auto& worker = workers_.emplace_back(std::make_shared<Worker>(core));
      asio::co_spawn(worker->io.get_executor(), sweep(worker), asio::detached);
      threads_.emplace_back([worker] { worker->io.run(); });
    }
  }

  Result<ListenerId> listen(os::UniqueFd socket, ListenerTag tag, Security security);
  void stop_listener(ListenerId id);
  void stop(std::chrono::milliseconds patience);

 private:
  asio::awaitable<void, Executor> accept(std::shared_ptr<Listener> listener);
  bool accept_waiting(Listener& listener);
  void close(const std::shared_ptr<Listener>& listener);

  const std::shared_ptr<Core> core_;
  std::vector<std::shared_ptr<Worker>> workers_;
  std::vector<std::jthread> threads_;
  std::atomic<std::size_t> next_worker_{0};
  std::mutex mutex_;
  std::map<ListenerId, std::shared_ptr<Listener>> listeners_;  // under mutex_
  ListenerId last_id_ = 0;                                     // under mutex_
  bool stopped_ = false;                                       // under mutex_
};

Result<ListenerId> Workers::listen(os::UniqueFd socket, ListenerTag tag, Security security) {
  const int flags = ::fcntl(socket.get(), F_GETFL);
  if (flags < 0 || ::fcntl(socket.get(), F_SETFL, flags | O_NONBLOCK) < 0) {
    return std::unexpected(os::system_error("cannot use the listening socket", errno));
  }
  const std::lock_guard lock(mutex_);
  if (stopped_) return fail(Failure::unavailable, "the server is stopping");
  const ListenerId id = ++last_id_;
  const auto& worker = workers_[id % workers_.size()];
  auto listener = std::make_shared<Listener>(
      worker, std::make_shared<const Origin>(Origin{id, std::move(tag), security}));
  boost::system::error_code refused;
  listener->descriptor.assign(socket.get(), refused);
  if (refused) {
    return std::unexpected(os::system_error("cannot watch the listening socket", refused.value()));
  }
  socket.release();
  listeners_[id] = listener;
  asio::co_spawn(worker->io.get_executor(), accept(std::move(listener)), asio::detached);
  return id;
}

asio::awaitable<void, Executor> Workers::accept(std::shared_ptr<Listener> listener) {
  while (listener->descriptor.is_open()) {
    const auto [failed] =
        co_await listener->descriptor.async_wait(Descriptor::wait_read, tuple_awaitable);
    if (failed || accept_waiting(*listener)) continue;
    listener->pause.expires_after(accept_pause);
    co_await listener->pause.async_wait(tuple_awaitable);
  }
}

// Accepts what waits; false when the system has no room and a pause is due.
bool Workers::accept_waiting(Listener& listener) {
  const int listening = listener.descriptor.native_handle();
  for (;;) {
    sockaddr_storage address = {};
    socklen_t size = sizeof(address);
    os::UniqueFd socket(::accept4(listening, reinterpret_cast<sockaddr*>(&address), &size,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EAGAIN) return true;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return false;
      if (errno == EBADF || errno == EINVAL) return true;  // no longer listening
      continue;                                            // that client is gone, or a signal came
    }
    if (!core_->take_place()) continue;  // closes it
    if (address.ss_family != AF_UNIX) {
      const int on = 1;
      ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    const auto& worker = workers_[next_worker_++ % workers_.size()];
    if (worker == listener.worker) {
      adopt(worker, std::move(socket), peer_of(address), listener.origin);
      continue;
    }
    asio::post(worker->io, [worker, socket = std::move(socket), peer = peer_of(address),
                            origin = listener.origin]() mutable {
      adopt(worker, std::move(socket), std::move(peer), origin);
    });
  }
}

void Workers::close(const std::shared_ptr<Listener>& listener) {
  std::promise<void> closed;
  asio::post(listener->worker->io, [&] {
    boost::system::error_code ignored;
    listener->descriptor.close(ignored);
    listener->pause.cancel();
    closed.set_value();
  });
  closed.get_future().wait();
}

void Workers::stop_listener(ListenerId id) {
  std::shared_ptr<Listener> listener;
  {
    const std::lock_guard lock(mutex_);
    const auto found = listeners_.find(id);
    if (found == listeners_.end()) return;
    listener = std::move(found->second);
    listeners_.erase(found);
  }
  close(listener);
  // Whatever was accepted before is posted before this, so every connection is found.
  for (const auto& worker : workers_) {
    asio::post(worker->io, [worker, id] {
      for (Connection* connection : worker->connections) {
        if (connection->origin().listener == id) connection->drain();
      }
    });
  }
}

void Workers::stop(std::chrono::milliseconds patience) {
  std::map<ListenerId, std::shared_ptr<Listener>> listeners;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
    listeners = std::move(listeners_);
  }
  for (const auto& [id, listener] : listeners) close(listener);
  for (const auto& worker : workers_) {
    asio::post(worker->io, [worker] {
      worker->draining = true;
      for (Connection* connection : worker->connections) connection->drain();
    });
  }
  {
    std::unique_lock lock(core_->mutex);
    core_->idle.wait_for(lock, patience, [&] { return core_->connections == 0; });
  }
  for (const auto& worker : workers_) {
    asio::post(worker->io, [worker] {
      worker->stopped = true;
      worker->sweeper.cancel();
      for (Connection* connection : worker->connections) connection->abort();
    });
  }
  threads_.clear();  // joins: a loop ends when nothing is left to wait for
}

}  // namespace detail

Exchange::Exchange(std::shared_ptr<detail::Connection> connection) noexcept
    : connection_(std::move(connection)) {}

Exchange& Exchange::operator=(Exchange&& other) noexcept {
  if (this == &other) return *this;
  if (connection_) connection_->answer_lost_exchange();
  connection_ = std::move(other.connection_);
  return *this;
}

Exchange::~Exchange() {
  if (connection_) connection_->answer_lost_exchange();
}

const Request& Exchange::request() const {
  return connection_->request();
}
const Peer& Exchange::peer() const {
  return connection_->peer();
}
const ListenerTag& Exchange::tag() const {
  return connection_->origin().tag;
}

void Exchange::reply(Response response) && {
  RW_CHECK(connection_ != nullptr);
  std::exchange(connection_, nullptr)->answer(std::move(response));
}

Server::Server(ServerOptions options, ServerCalls calls, const Clock& clock)
    : core_(std::make_shared<detail::Core>(options, std::move(calls), clock)),
      workers_(std::make_unique<detail::Workers>(core_)) {}

Server::~Server() {
  stop(std::chrono::milliseconds(0));
}

void Server::use_tls(std::shared_ptr<const crypto::TlsContext> context) {
  const std::lock_guard lock(core_->mutex);
  core_->tls_context = std::move(context);
}

Result<ListenerId> Server::listen(os::UniqueFd socket, ListenerTag tag, Security security) {
  if (security == Security::tls && core_->tls() == nullptr) {
    return fail(Failure::invalid, "a TLS listener needs a certificate first");
  }
  return workers_->listen(std::move(socket), std::move(tag), security);
}

void Server::stop_listener(ListenerId id) {
  workers_->stop_listener(id);
}
void Server::stop(std::chrono::milliseconds patience) {
  workers_->stop(patience);
}
std::size_t Server::connections() const noexcept {
  return core_->connections;
}

}  // namespace ringwall::http
