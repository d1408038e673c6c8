#include "http/server.h"

#include <fcntl.h>
#include <malloc.h>
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
// When so much less is held than before, the allocator is asked to give it back to the system: it keeps
// what was freed, and an attack's memory would stay with the server for good.
constexpr std::size_t given_back_bytes_min = 16UL * 1024 * 1024;
// Of a worker's strangers, this part is turned away at once when something runs short.
constexpr std::size_t shed_part = 16;

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
  worker->core->give_place(connection->peer(), connection->standing());
}

// On the worker's thread. The place in the ledger is taken already.
void adopt(const std::shared_ptr<Worker>& worker, os::UniqueFd socket, Arrival arrival,
           const std::shared_ptr<const Origin>& origin) {
  const auto tls = origin->security == Security::tls ? worker->core->tls() : nullptr;
  if (worker->stopped || (origin->security == Security::tls && tls == nullptr)) {
    worker->core->give_place(peer_key(origin->listener, arrival.peer), Standing::stranger);
    return;
  }
  auto connection =
      std::make_shared<Connection>(worker, std::move(socket), std::move(arrival), origin, tls.get());
  asio::co_spawn(worker->io.get_executor(), serve_listed(std::move(connection), worker),
                 asio::detached);
}

// On the worker's thread.
void shed_strangers(const Worker& worker) {
  std::vector<Connection*> strangers;
  for (Connection* connection : worker.connections) {
    if (connection->expendable()) strangers.push_back(connection);
  }
  if (strangers.empty()) return;
  const auto oldest = strangers.begin() + static_cast<std::ptrdiff_t>((strangers.size() - 1) / shed_part + 1);
  std::ranges::nth_element(strangers, oldest - 1, {}, &Connection::born);
  for (auto one = strangers.begin(); one != oldest; ++one) (*one)->abort();
}

// Where the address is not the listener's own: a wildcard listens on many.
std::string local_address_of(const os::UniqueFd& socket) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return peer_of(address).address;
}

void give_memory_back(Worker& worker) {
  const std::size_t held = worker.core->ledger.bytes();
  worker.peak_bytes = std::max(worker.peak_bytes, held);
  if (worker.peak_bytes - held < given_back_bytes_min || held > worker.peak_bytes / 2) return;
  ::malloc_trim(0);
  worker.peak_bytes = held;
}

asio::awaitable<void, Executor> sweep(std::shared_ptr<Worker> worker, bool first) {
  while (!worker->stopped) {
    worker->sweeper.expires_after(worker->sweep_interval);
    co_await worker->sweeper.async_wait(tuple_awaitable);
    worker->now = SteadyClock::now();
    for (Connection* connection : worker->connections) connection->expire_if_late(worker->now);
    if (first) give_memory_back(*worker);
  }
}

}  // namespace

// The io threads and the listeners they run.
class Workers {
 public:
  explicit Workers(const std::shared_ptr<Core>& core) : core_(core) {
    unsigned count = core->options.threads;
    if (count == 0) count = std::max(1U, std::thread::hardware_concurrency());
    for (unsigned i = 0; i < count; ++i) workers_.push_back(std::make_shared<Worker>(core));
    core->shed = [this] { shed(); };
    for (const auto& worker : workers_) {
      asio::co_spawn(worker->io.get_executor(), sweep(worker, worker == workers_.front()), asio::detached);
      threads_.emplace_back([worker] { worker->io.run(); });
    }
  }

  Result<ListenerId> listen(os::UniqueFd socket, ListenerTag tag, Security security);
  void stop_listener(ListenerId id);
  void stop(std::chrono::milliseconds patience);

 private:
  asio::awaitable<void, Executor> accept(std::shared_ptr<Listener> listener);
  bool accept_waiting(Listener& listener);
  void shed();
  void close(const std::shared_ptr<Listener>& listener);

  const std::shared_ptr<Core> core_;
  std::vector<std::shared_ptr<Worker>> workers_;
  std::vector<std::jthread> threads_;
  std::atomic<std::size_t> next_worker_{0};
  std::atomic<std::size_t> shedding_{0};  // workers that have yet to turn strangers away
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
    Arrival arrival{peer_of(address), local_address_of(socket), listener.origin->tag};
    const auto place = core_->ledger.take_place(peer_key(listener.origin->listener, arrival.peer));
    if (place == Ledger::Place::full) shed();
    if (place != Ledger::Place::taken) continue;  // closes it
    if (address.ss_family != AF_UNIX) {
      const int on = 1;
      ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    const auto& worker = workers_[next_worker_++ % workers_.size()];
    if (worker == listener.worker) {
      adopt(worker, std::move(socket), std::move(arrival), listener.origin);
      continue;
    }
    asio::post(worker->io, [worker, socket = std::move(socket), arrival = std::move(arrival),
                            origin = listener.origin]() mutable {
      adopt(worker, std::move(socket), std::move(arrival), origin);
    });
  }
}

// Once at a time: under an attack each connection that comes asks for it.
void Workers::shed() {
  std::size_t none = 0;
  if (!shedding_.compare_exchange_strong(none, workers_.size())) return;
  for (const auto& worker : workers_) {
    asio::post(worker->io, [this, worker] {
      shed_strangers(*worker);
      --shedding_;
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
    core_->idle.wait_for(lock, patience, [&] { return core_->ledger.connections() == 0; });
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
const Arrival& Exchange::arrival() const {
  return connection_->arrival();
}
void Exchange::vouch() const {
  connection_->vouch();
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
  return core_->ledger.connections();
}
std::size_t Server::buffered_bytes() const noexcept {
  return core_->ledger.bytes();
}

}  // namespace ringwall::http
