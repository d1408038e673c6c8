#include "http/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "http/detail/sockets.h"
#include "os/files.h"

namespace ringwall::http {

namespace detail {

Result<SocketAddress> tcp_address(const std::string& address, std::uint16_t port) {
  SocketAddress result;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&result.storage);
  if (inet_pton(AF_INET, address.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    result.size = sizeof(sockaddr_in);
    return result;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&result.storage);
  if (inet_pton(AF_INET6, address.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    result.size = sizeof(sockaddr_in6);
    return result;
  }
  return fail(Failure::invalid, "`" + address + "` is not an IPv4 or IPv6 address");
}

Result<SocketAddress> unix_address(const std::string& path) {
  SocketAddress result;
  auto* name = reinterpret_cast<sockaddr_un*>(&result.storage);
  if (path.empty() || path.size() >= sizeof(name->sun_path) || path.find('\0') != path.npos) {
    return fail(Failure::invalid, "`" + path + "` cannot name a Unix socket: it must have 1 to " +
                                      std::to_string(sizeof(name->sun_path) - 1) + " bytes");
  }
  name->sun_family = AF_UNIX;
  std::memcpy(name->sun_path, path.data(), path.size());
  result.size = sizeof(sockaddr_un);
  return result;
}

Peer peer_of(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return {text.data(), ntohs(v4.sin_port)};
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      inet_ntop(AF_INET, v6.sin6_addr.s6_addr + 12, text.data(), text.size());
    } else {
      inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
    return {text.data(), ntohs(v6.sin6_port)};
  }
  return {};
}

std::ptrdiff_t receive_some(int fd, std::span<char> bytes) noexcept {
  for (;;) {
    const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
    if (got >= 0) return got;
    if (errno == EINTR) continue;
    return errno == EAGAIN ? crypto::TlsTransport::would_block : crypto::TlsTransport::broken;
  }
}

std::ptrdiff_t send_some(int fd, std::string_view bytes) noexcept {
  for (;;) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) return sent;
    if (errno == EINTR) continue;
    return errno == EAGAIN ? crypto::TlsTransport::would_block : crypto::TlsTransport::broken;
  }
}

}  // namespace detail

namespace {

// Connections that wait to be accepted; the kernel lowers it to net.core.somaxconn.
constexpr int backlog = 4096;

bool nobody_answers(const detail::SocketAddress& address) {
  const os::UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return probe && ::connect(probe.get(), address.get(), address.size) != 0 && errno == ECONNREFUSED;
}

}  // namespace

Result<os::UniqueFd> bind_tcp(const std::string& address, std::uint16_t port) {
  RW_TRY(const detail::SocketAddress where, detail::tcp_address(address, port));
  const bool v6 = where.storage.ss_family == AF_INET6;
  const std::string name =
      "`" + (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port) + "`";
  os::UniqueFd socket(
      ::socket(where.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  if (!socket || ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      ::bind(socket.get(), where.get(), where.size) != 0 || ::listen(socket.get(), backlog) != 0) {
    if (errno == EADDRINUSE) {
      return fail(Failure::conflict,
                  "address already in use: " + name + "; choose another with --listen");
    }
    if (errno == EADDRNOTAVAIL) {
      return fail(Failure::invalid, "no interface here has the address of " + name +
                                        "; choose another with --listen");
    }
    return std::unexpected(os::system_error("cannot listen on " + name, errno));
  }
  return socket;
}

Result<os::UniqueFd> bind_unix(const std::string& path, unsigned mode) {
  RW_TRY(const detail::SocketAddress where, detail::unix_address(path));
  os::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return std::unexpected(os::system_error("cannot make a Unix socket", errno));
  if (nobody_answers(where)) ::unlink(path.c_str());
  // The mode is in place before anyone can connect: nobody listens until the last call.
  if (::bind(socket.get(), where.get(), where.size) != 0 || ::chmod(path.c_str(), mode) != 0 ||
      ::listen(socket.get(), backlog) != 0) {
    if (errno == EADDRINUSE) {
      return fail(Failure::conflict, "`" + path + "` is in use by another process");
    }
    return std::unexpected(os::system_error("cannot listen on `" + path + "`", errno));
  }
  return socket;
}

Result<std::uint16_t> port_of(const os::UniqueFd& socket) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return std::unexpected(os::system_error("cannot tell a socket's port", errno));
  }
  if (address.ss_family != AF_INET && address.ss_family != AF_INET6) {
    return fail(Failure::invalid, "the socket is not a TCP socket and has no port");
  }
  return detail::peer_of(address).port;
}

}  // namespace ringwall::http
