#pragma once
// Socket calls that server and client share.

#include <sys/socket.h>

#include <chrono>
#include <string>

#include "crypto/tls_session.h"
#include "http/listen.h"

namespace ringwall::http::detail {

// A literal address and port as the system takes it.
struct SocketAddress {
  sockaddr_storage storage = {};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};
Result<SocketAddress> tcp_address(const std::string& address, std::uint16_t port);
Result<SocketAddress> unix_address(const std::string& path);
Peer peer_of(const sockaddr_storage& address);

// A non-blocking socket as TLS wants it; a vanished peer is `broken`, never a signal.
std::ptrdiff_t receive_some(int fd, std::span<char> bytes) noexcept;
std::ptrdiff_t send_some(int fd, std::string_view bytes) noexcept;

}  // namespace ringwall::http::detail
