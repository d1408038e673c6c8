#include "http/client.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/check.h"
#include "http/detail/response_reader.h"
#include "http/detail/sockets.h"
#include "os/files.h"

namespace ringwall::http {

namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::size_t read_bytes = 16 * 1024;

// Waits until `events` or the deadline. A broken socket counts as ready: the next call says why.
Result<> wait_for(int fd, short events, SteadyClock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    pollfd waited{.fd = fd, .events = events, .revents = 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(std::max<long>(0, left.count())));
    if (ready > 0) return {};
    if (ready == 0) return fail(Failure::unavailable, "no answer in time");
    if (errno != EINTR) return std::unexpected(os::system_error("cannot wait for a socket", errno));
  }
}

}  // namespace

// The socket and, over it, TLS. Its address is fixed: the session refers to it.
class Client::Link final : private crypto::TlsTransport {
 public:
  explicit Link(std::string host_header) : host_(std::move(host_header)) {}

  Result<> connect(const detail::SocketAddress& address, SteadyClock::time_point deadline);
  Result<> start_tls(const crypto::TlsContext& trust, const std::string& name,
                     SteadyClock::time_point deadline);
  Result<Response> exchange(const OutgoingRequest& request, SteadyClock::time_point deadline);
  bool is_open() const { return bool(socket_); }

 private:
  std::string wire_form(const OutgoingRequest& request) const;
  Result<> write_all(std::string_view bytes, SteadyClock::time_point deadline);
  Result<> read_more(SteadyClock::time_point deadline);
  // What to do about a TLS status: nothing (try again), or the failure.
  Result<> settle(crypto::TlsStatus status, SteadyClock::time_point deadline);
  crypto::TlsCount plain(std::ptrdiff_t moved, crypto::TlsStatus wait) const;

  std::ptrdiff_t receive(std::span<char> bytes) noexcept override {
    return detail::receive_some(socket_.get(), bytes);
  }
  std::ptrdiff_t send(std::string_view bytes) noexcept override {
    return detail::send_some(socket_.get(), bytes);
  }

  std::string host_;
  os::UniqueFd socket_;
  std::optional<crypto::TlsSession> tls_;
  std::string received_;
};

Result<> Client::Link::connect(const detail::SocketAddress& address,
                               SteadyClock::time_point deadline) {
  socket_.reset(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_) return std::unexpected(os::system_error("cannot make a socket", errno));
  if (::connect(socket_.get(), address.get(), address.size) == 0) return {};
  if (errno != EINPROGRESS) return std::unexpected(os::system_error("cannot connect", errno));
  RW_DO(wait_for(socket_.get(), POLLOUT, deadline));
  int code = 0;
  socklen_t size = sizeof(code);
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &code, &size);
  if (code != 0) return std::unexpected(os::system_error("cannot connect", code));
  return {};
}

Result<> Client::Link::settle(crypto::TlsStatus status, SteadyClock::time_point deadline) {
  switch (status) {
    case crypto::TlsStatus::done:
      return {};
    case crypto::TlsStatus::want_read:
      return wait_for(socket_.get(), POLLIN, deadline);
    case crypto::TlsStatus::want_write:
      return wait_for(socket_.get(), POLLOUT, deadline);
    case crypto::TlsStatus::closed:
      return fail(Failure::unavailable, "the server closed the connection");
    case crypto::TlsStatus::failed:
      break;
  }
  return fail(Failure::denied, tls_ ? "TLS failed: " + tls_->failure() : "the connection broke");
}

Result<> Client::Link::start_tls(const crypto::TlsContext& trust, const std::string& name,
                                 SteadyClock::time_point deadline) {
  tls_.emplace(trust, crypto::TlsSession::Role::client, static_cast<crypto::TlsTransport&>(*this));
  RW_DO(tls_->expect_peer(name));
  for (;;) {
    const crypto::TlsStatus status = tls_->handshake();
    RW_DO(settle(status, deadline));
    if (status == crypto::TlsStatus::done) return {};
  }
}

std::string Client::Link::wire_form(const OutgoingRequest& request) const {
  std::string bytes = request.method + ' ' + request.target + " HTTP/1.1\r\n";
  if (!request.headers.find("Host")) bytes += "Host: " + host_ + "\r\n";
  bytes += request.headers.text();
  if (!request.headers.find("Content-Length") &&
      (!request.body.empty() || request.method == "POST")) {
    bytes += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return bytes + "\r\n" + request.body;
}

crypto::TlsCount Client::Link::plain(std::ptrdiff_t moved, crypto::TlsStatus wait) const {
  if (moved > 0) return {crypto::TlsStatus::done, static_cast<std::size_t>(moved)};
  if (moved == would_block) return {wait, 0};
  return {moved == 0 ? crypto::TlsStatus::closed : crypto::TlsStatus::failed, 0};
}

Result<> Client::Link::write_all(std::string_view bytes, SteadyClock::time_point deadline) {
  while (!bytes.empty()) {
    const crypto::TlsCount sent =
        tls_ ? tls_->write(bytes) : plain(send(bytes), crypto::TlsStatus::want_write);
    RW_DO(settle(sent.status, deadline));
    bytes.remove_prefix(sent.count);
  }
  return {};
}

Result<> Client::Link::read_more(SteadyClock::time_point deadline) {
  const std::size_t used = received_.size();
  received_.resize(used + read_bytes);
  const std::span<char> room(received_.data() + used, read_bytes);
  const crypto::TlsCount got =
      tls_ ? tls_->read(room) : plain(receive(room), crypto::TlsStatus::want_read);
  received_.resize(used + got.count);
  return settle(got.status, deadline);
}

Result<Response> Client::Link::exchange(const OutgoingRequest& request,
                                        SteadyClock::time_point deadline) {
  const auto written = write_all(wire_form(request), deadline);
  // A server may refuse and close before it has read everything: its answer says why.
  for (bool ended = false;;) {
    auto read = detail::read_response(received_, request.method != "HEAD", response_body_bytes_max);
    if (read && *read) {
      received_.erase(0, (*read)->consumed);
      if (!(*read)->keep_alive || !written) socket_.reset();
      return std::move((*read)->response);
    }
    if (!read || ended) {
      socket_.reset();
      if (!written) return std::unexpected(written.error());
      return std::unexpected(read ? Error{Failure::unavailable, "the response was cut short"}
                                  : read.error());
    }
    if (const auto more = read_more(deadline); !more) {
      if (more.error().kind == Failure::unavailable && !received_.empty()) {
        ended = true;
        continue;
      }
      socket_.reset();
      return std::unexpected(more.error());
    }
  }
}

Client::Client(std::unique_ptr<Link> link) noexcept : link_(std::move(link)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::connect_tls(const std::string& address, std::uint16_t port,
                                   const std::string& host, const crypto::TlsContext& trust,
                                   std::chrono::milliseconds patience) {
  const auto deadline = SteadyClock::now() + patience;
  RW_TRY(const detail::SocketAddress where, detail::tcp_address(address, port));
  const bool literal_v6 = host.find(':') != host.npos;
  const std::string shown = literal_v6 ? "[" + host + "]" : host;
  auto link = std::make_unique<Link>(port == 443 ? shown : shown + ":" + std::to_string(port));
  const std::string name = "`" + shown + ":" + std::to_string(port) + "`";
  if (const auto connected = link->connect(where, deadline); !connected) {
    return fail(connected.error(), name);
  }
  if (const auto secured = link->start_tls(trust, host, deadline); !secured) {
    return fail(secured.error(), name);
  }
  return Client(std::move(link));
}

Result<Client> Client::connect_unix(const std::string& path, std::chrono::milliseconds patience) {
  RW_TRY(const detail::SocketAddress where, detail::unix_address(path));
  auto link = std::make_unique<Link>("localhost");
  const auto connected = link->connect(where, SteadyClock::now() + patience);
  if (!connected) return fail(connected.error(), "`" + path + "`");
  return Client(std::move(link));
}

Result<Response> Client::send(const OutgoingRequest& request, std::chrono::milliseconds patience) {
  if (!is_open()) return fail(Failure::unavailable, "the connection is closed: connect again");
  return link_->exchange(request, SteadyClock::now() + patience);
}

bool Client::is_open() const noexcept {
  return link_->is_open();
}

}  // namespace ringwall::http
