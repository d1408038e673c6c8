#pragma once
// Listening sockets, and whose connection it is that was accepted.

#include <cstdint>
#include <string>

#include "base/result.h"
#include "os/fd.h"

namespace ringwall::http {

// A TCP socket that listens on `address` (an IPv4 or IPv6 literal; no name, so that no resolver
// decides where a boundary listens). Port 0 lets the system choose: see port_of. A taken port is
// Failure::conflict and says so.
Result<os::UniqueFd> bind_tcp(const std::string& address, std::uint16_t port);

// A Unix socket that listens at `path` with that mode. A socket file that nobody answers at, left
// by a killed process, is replaced; a live one is Failure::conflict.
Result<os::UniqueFd> bind_unix(const std::string& path, unsigned mode);

// The port a TCP socket is bound to.
Result<std::uint16_t> port_of(const os::UniqueFd& socket);

// The far end of a connection. An IPv4 client of a dual-stack listener appears as plain IPv4, so
// that a policy sees one spelling of it.
struct Peer {
  std::string address = {};  // a literal; empty for a Unix socket
  std::uint16_t port = 0;
};

}  // namespace ringwall::http
