#include "network/detail/resolver.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/check.h"

namespace ringwall::network {
namespace {

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void set_nonblocking(const os::UniqueFd& fd) {
  const int flags = ::fcntl(fd.get(), F_GETFL);
  RW_CHECK(flags >= 0 && ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) == 0);
}

}  // namespace

Resolver::Resolver(Lookup lookup) : lookup_(std::move(lookup)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  RW_CHECK(static_cast<bool>(wake_));
  thread_ = std::thread([this] { run(); });
}

Resolver::~Resolver() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake();
  thread_.join();
}

void Resolver::wake() {
  const std::uint64_t one = 1;
  // A full counter means the thread is being woken already.
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void Resolver::insert(Socket socket) {
  set_nonblocking(socket.fd);
  sockets_.emplace(next_++, std::move(socket));
}

void Resolver::add(const std::string& vpc_id, os::UniqueFd udp, os::UniqueFd tcp) {
  remove(vpc_id);
  {
    const std::lock_guard lock(mutex_);
    insert({vpc_id, Role::datagrams, std::move(udp)});
    insert({vpc_id, Role::listener, std::move(tcp)});
  }
  wake();
}

void Resolver::remove(const std::string& vpc_id) {
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(sockets_, [&](const auto& item) { return item.second.vpc_id == vpc_id; });
  }
  wake();
}

void Resolver::run() {
  std::vector<pollfd> waits;
  std::vector<std::uint64_t> numbers;
  for (;;) {
    int timeout_ms = -1;
    {
      const std::lock_guard lock(mutex_);
      if (stop_) return;
      const std::int64_t now_ms = steady_ms();
      std::erase_if(sockets_, [&](const auto& item) { return item.second.role == Role::connection && item.second.deadline_ms <= now_ms; });
      waits.assign(1, {wake_.get(), POLLIN, 0});
      numbers.assign(1, 0);
      for (const auto& [number, socket] : sockets_) {
        waits.push_back({socket.fd.get(), POLLIN, 0});
        numbers.push_back(number);
        if (socket.role != Role::connection) continue;
        const int left_ms = static_cast<int>(socket.deadline_ms - now_ms);
        timeout_ms = timeout_ms < 0 ? left_ms : std::min(timeout_ms, left_ms);
      }
    }
    if (::poll(waits.data(), waits.size(), timeout_ms) <= 0) continue;
    std::uint64_t count = 0;
    [[maybe_unused]] const auto drained = ::read(wake_.get(), &count, sizeof count);

    const std::lock_guard lock(mutex_);
    for (std::size_t i = 1; i < waits.size(); ++i) {
      if (waits[i].revents == 0) continue;
      const auto found = sockets_.find(numbers[i]);
      if (found == sockets_.end()) continue;  // removed while we waited
      Socket& socket = found->second;
      switch (socket.role) {
        case Role::datagrams: serve_datagrams(socket); break;
        case Role::listener: accept_on(socket); break;
        case Role::connection:
          if (!serve_connection(socket)) sockets_.erase(found);
          break;
      }
    }
  }
}

void Resolver::serve_datagrams(const Socket& socket) {
  std::array<std::uint8_t, dns::query_bytes_max + 1> buffer{};  // one more: too long is seen as such
  for (int turn = 0; turn < datagrams_per_turn_max; ++turn) {
    sockaddr_storage peer{};
    socklen_t peer_bytes = sizeof peer;
    const ssize_t received = ::recvfrom(socket.fd.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&peer), &peer_bytes);
    if (received < 0) return;
    const ByteView query(buffer.data(), static_cast<std::size_t>(received));
    const Bytes reply = dns::answer(query, [&](const std::string& name) { return lookup_(socket.vpc_id, name); });
    if (reply.empty()) continue;
    // A reply that cannot be sent is lost like any datagram: the client asks again.
    [[maybe_unused]] const auto sent = ::sendto(socket.fd.get(), reply.data(), reply.size(), MSG_NOSIGNAL,
                                                reinterpret_cast<const sockaddr*>(&peer), peer_bytes);
  }
}

void Resolver::accept_on(const Socket& socket) {
  os::UniqueFd connection(::accept4(socket.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!connection || connections_of(socket.vpc_id) >= connections_per_vpc_max) return;
  insert({socket.vpc_id, Role::connection, std::move(connection), {}, steady_ms() + connection_idle_ms_max});
}

bool Resolver::serve_connection(Socket& socket) {
  std::array<std::uint8_t, 2 + dns::query_bytes_max> buffer{};
  const ssize_t received = ::recv(socket.fd.get(), buffer.data(), buffer.size(), 0);
  if (received < 0) return errno == EAGAIN || errno == EINTR;
  if (received == 0) return false;
  socket.received.insert(socket.received.end(), buffer.begin(), buffer.begin() + received);
  for (;;) {
    const Bytes& bytes = socket.received;
    if (bytes.size() < 2) return true;
    const std::size_t length = static_cast<std::size_t>(bytes[0]) << 8 | bytes[1];
    if (length > dns::query_bytes_max) return false;
    if (bytes.size() < 2 + length) return true;
    const Bytes reply = dns::answer(ByteView(bytes).subspan(2, length), [&](const std::string& name) { return lookup_(socket.vpc_id, name); });
    if (reply.empty()) return false;
    Bytes framed = {static_cast<std::uint8_t>(reply.size() >> 8), static_cast<std::uint8_t>(reply.size())};
    framed.insert(framed.end(), reply.begin(), reply.end());
    // Replies are far smaller than any socket buffer: a peer that lets it fill up is not reading.
    if (::send(socket.fd.get(), framed.data(), framed.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(framed.size())) return false;
    socket.received.erase(socket.received.begin(), socket.received.begin() + 2 + static_cast<std::ptrdiff_t>(length));
    socket.deadline_ms = steady_ms() + connection_idle_ms_max;
  }
}

std::size_t Resolver::connections_of(const std::string& vpc_id) const {
  return static_cast<std::size_t>(std::ranges::count_if(sockets_, [&](const auto& item) {
    return item.second.role == Role::connection && item.second.vpc_id == vpc_id;
  }));
}

}  // namespace ringwall::network
