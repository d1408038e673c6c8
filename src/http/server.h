#pragma once
// The HTTPS server: accepts on sockets it is given, reads requests strictly, hands each to one
// handler, and writes what the handler answers.
//
//   listening socket -> TLS handshake -> [ read request -> handler -> write response ]* -> close
//
// Each io thread owns its connections; requests of one connection are handled one after the
// other, also when the client pipelines them.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/ports.h"
#include "base/result.h"
#include "crypto/tls.h"
#include "http/listen.h"
#include "http/message.h"
#include "http/parser.h"
#include "os/fd.h"

namespace ringwall::http {

namespace detail {
class Connection;
struct Core;
class Workers;
}  // namespace detail

// What the handler must know of the listener that accepted a connection: its network context.
// Opaque here and never taken from the wire. Shared because connections outlive their listener.
using ListenerTag = std::shared_ptr<const void>;

// How a connection came. Known before a byte of it is read, and never taken from the wire.
struct Arrival {
  Peer peer;
  std::string local_address = {};  // that was connected to, a literal; empty for a Unix socket
  ListenerTag tag = {};
};

// One request and the duty to answer it, once, from any thread: at once inside the handler (the
// fast path) or later. What it refers to stays valid until reply() or destruction. Destroyed
// without a reply, it answers 500, so that no client waits for a lost exchange.
class [[nodiscard]] Exchange {
 public:
  explicit Exchange(std::shared_ptr<detail::Connection> connection) noexcept;
  Exchange(Exchange&&) noexcept = default;
  Exchange& operator=(Exchange&&) noexcept;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  const Request& request() const;
  const Arrival& arrival() const;
  const Peer& peer() const { return arrival().peer; }
  const ListenerTag& tag() const { return arrival().tag; }

  // Says that this connection's client has proved who it is. Until then it is a stranger, who is
  // turned away first when something runs short. On the io thread, before reply().
  void vouch() const;

  // Answers and ends the exchange. After the server has given up on the connection it does
  // nothing.
  void reply(Response response) &&;

 private:
  std::shared_ptr<detail::Connection> connection_;
};

struct ServerOptions {
  unsigned threads = 0;                  // io threads; 0: one for each processor
  std::size_t connections_max = 10'000;  // one more is closed as soon as it is accepted
  // From one address (of IPv6 one /64) at one listener, and of these strangers.
  std::size_t connections_per_peer_max = 5'000;
  std::size_t strangers_per_peer_max = 512;
  // What all connections hold for messages under way and for TLS, and of this strangers'. A stranger
  // that comes when theirs is used up takes the place of the one that has been a stranger longest.
  std::size_t buffered_bytes_max = 256UL * 1024 * 1024;
  std::size_t stranger_bytes_max = 128UL * 1024 * 1024;
  std::size_t body_bytes_max = 1024 * 1024;
  std::chrono::milliseconds handshake_max{10'000};        // in all
  std::chrono::milliseconds head_max{10'000};             // first byte to end of head, in all
  std::chrono::milliseconds body_max{60'000};             // end of head to end of body, in all
  std::chrono::milliseconds body_idle_max{30'000};        // between two pieces of a body
  std::chrono::milliseconds response_max{120'000};        // first byte to last, in all
  std::chrono::milliseconds write_idle_max{30'000};       // a client that does not read
  std::chrono::milliseconds keep_alive_idle_max{60'000};  // between two requests
  std::chrono::milliseconds linger_max{2'000};  // after a last response, for the client to close
};

// Whether a request's body is read, decided on its head.
struct Admission {
  std::size_t body_bytes_max = 0;          // no more than the server's own limit
  std::optional<Response> refusal = {};    // sent in place of reading; the connection closes after it
};

struct ServerCalls {
  // Called on an io thread, so it must not block: what takes longer is moved to another thread
  // with its Exchange.
  std::function<void(Exchange)> handle;
  // Called on an io thread when a head is complete and its body is not; the request has no body yet.
  // Missing: every body is read, up to the server's limit.
  std::function<Admission(const Request& head, const Arrival&)> admit = {};
  // Phrases the answer to bytes that were not a request; the connection closes after it. Called
  // on an io thread. Its status is set to the refusal's.
  std::function<Response(const Refusal&, const Arrival&)> refuse;
};

enum class Security : std::uint8_t { tls, plain };  // plain: for Unix sockets only
using ListenerId = std::uint64_t;

// All methods are thread-safe; none may be called from inside a handler.
class Server {
 public:
  // Starts the io threads. `clock` dates the responses and must outlive the server.
  Server(ServerOptions options, ServerCalls calls, const Clock& clock);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();  // stop(0)

  // The certificate for connections accepted from now on; a listener with Security::tls needs
  // one first. Running connections keep theirs.
  void use_tls(std::shared_ptr<const crypto::TlsContext> context);

  // Accepts on a socket that listens already; it may belong to another network namespace.
  Result<ListenerId> listen(os::UniqueFd socket, ListenerTag tag,
                            Security security = Security::tls);

  // On return nothing more is accepted there and the address is free. The listener's connections
  // finish their current request and close: their network context is gone.
  void stop_listener(ListenerId id);

  // Stops accepting, lets running requests finish for at most `patience`, closes everything and
  // ends the threads. Exchanges still unanswered then may be answered, into the void. Once.
  void stop(std::chrono::milliseconds patience);

  std::size_t connections() const noexcept;     // open now
  std::size_t buffered_bytes() const noexcept;  // held now, as buffered_bytes_max counts

 private:
  std::shared_ptr<detail::Core> core_;
  std::unique_ptr<detail::Workers> workers_;
};

}  // namespace ringwall::http
