#pragma once
// A blocking HTTP/1.1 client for the command line, health checks and tests: one request, one
// response, one connection that may be kept. Speaks to HTTPS servers and to Unix sockets.

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "crypto/tls.h"
#include "http/message.h"

namespace ringwall::http {

inline constexpr std::size_t response_body_bytes_max = 64 * 1024 * 1024;

struct OutgoingRequest {
  std::string method = "GET";
  std::string target = "/";  // percent-encoded
  HeaderLines headers = {};  // Host and Content-Length are added when missing
  std::string body = {};
};

// A connection. Not thread-safe. After a failure, or a response that closes, it is not open.
class Client {
 public:
  // `address` is an IPv4 or IPv6 literal; `host` is the name the certificate must bear and the
  // Host header says, with the port when it is not 443. The deadline covers connecting and the
  // handshake.
  static Result<Client> connect_tls(const std::string& address, std::uint16_t port,
                                    const std::string& host, const crypto::TlsContext& trust,
                                    std::chrono::milliseconds patience);
  // Plain HTTP over a Unix socket; the Host header says `localhost`.
  static Result<Client> connect_unix(const std::string& path, std::chrono::milliseconds patience);

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // Sends and waits for the whole response, for at most `patience` in all. A response that is
  // malformed, longer than response_body_bytes_max or without a stated length is
  // Failure::corrupt; one that does not come in time is Failure::unavailable.
  Result<Response> send(const OutgoingRequest& request, std::chrono::milliseconds patience);

  bool is_open() const noexcept;  // may send once more

 private:
  class Link;
  explicit Client(std::unique_ptr<Link> link) noexcept;
  std::unique_ptr<Link> link_;
};

}  // namespace ringwall::http
