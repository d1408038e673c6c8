#pragma once
// One TLS connection, for a caller that owns the socket and waits for it itself.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/tls.h"

struct ssl_st;

namespace ringwall::crypto {

// Where the encrypted bytes go and come from: a non-blocking socket. This room makes no
// system calls, so whoever has the socket implements this.
class TlsTransport {
 public:
  static constexpr std::ptrdiff_t would_block = -1;
  static constexpr std::ptrdiff_t broken = -2;

  // Bytes moved, 0 at the peer's end of stream (receive only), would_block or broken.
  virtual std::ptrdiff_t receive(std::span<char> bytes) noexcept = 0;
  virtual std::ptrdiff_t send(std::string_view bytes) noexcept = 0;

 protected:
  ~TlsTransport() = default;
};

enum class TlsStatus : std::uint8_t {
  done,        // the call did something: see its count
  want_read,   // call again when the socket is readable
  want_write,  // call again when the socket is writable
  closed,      // the peer said that it sends no more (close_notify)
  failed,      // broken connection, broken protocol, refused certificate: see failure()
};

struct TlsCount {
  TlsStatus status;
  std::size_t count;  // over 0 exactly when done
};

// Not thread-safe. Keeps what it needs of its context, so the context may be replaced
// meanwhile. A peer that vanishes without close_notify is a failure, not an end.
class TlsSession {
 public:
  enum class Role : bool { client, server };

  // `transport` must outlive the session.
  TlsSession(const TlsContext& context, Role role, TlsTransport& transport);
  TlsSession(TlsSession&&) noexcept = default;
  TlsSession& operator=(TlsSession&&) noexcept = default;

  // Clients, before the handshake: the certificate must name `host`, else the handshake fails.
  Result<> expect_peer(const std::string& host);

  TlsStatus handshake();
  TlsCount read(std::span<char> bytes);
  // Takes a prefix of `bytes`; after want_read or want_write, call again with the same bytes
  // (their address may differ).
  TlsCount write(std::string_view bytes);
  // Tells the peer that nothing more follows. Best effort: never waits.
  void close_notify();

  // True when a read may find bytes without the socket becoming readable.
  bool has_pending() const;
  // Gives back the record buffers (tens of KiB) of a session that is idle; the next call takes
  // new ones. Does nothing while a record is half read or half written.
  void release_buffers();
  // After failed: what went wrong, for a log.
  const std::string& failure() const { return failure_; }

 private:
  struct Free {
    void operator()(ssl_st* ssl) const noexcept;
  };
  TlsStatus status_of(int result);

  std::unique_ptr<ssl_st, Free> ssl_;
  std::string failure_;
};

}  // namespace ringwall::crypto
