#pragma once
// One accepted connection: a state machine that never waits, and a coroutine that waits for it.
// Includes Asio: for .cc files only.

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>

#include "crypto/tls_session.h"
#include "http/detail/worker.h"

namespace ringwall::http::detail {

// What a listener gives each connection it accepts.
struct Origin {
  ListenerId listener = 0;
  ListenerTag tag;
  Security security = Security::tls;
};

class Connection final : public std::enable_shared_from_this<Connection>,
                         private crypto::TlsTransport {
 public:
  // `tls` is null for a plain listener.
  Connection(std::shared_ptr<Worker> worker, os::UniqueFd socket, Peer peer,
             std::shared_ptr<const Origin> origin, const crypto::TlsContext* tls);
  ~Connection();

  // Lives as long as the connection is served; holds it.
  static asio::awaitable<void, Executor> serve(std::shared_ptr<Connection> self);

  // The io thread's, between two steps of serve().
  void expire_if_late(SteadyClock::time_point now);
  void drain();  // finish the current request, then close
  void abort();  // close now

  const Origin& origin() const { return *origin_; }
  const Peer& peer() const { return peer_; }
  const Request& request() const { return reader_.request(); }
  void answer(Response response);  // any thread, once for each exchange
  void answer_lost_exchange();

  std::size_t index = 0;  // in the worker's list

 private:
  // What to wait for before the next step.
  enum class Step : std::uint8_t { wait_readable, wait_writable, wait_answer, yield, finished };
  enum class State : std::uint8_t { handshake, reading, answering, writing, lingering, finished };
  // Who acts next on an exchange. The handler's thread writes response_ and then moves to
  // `answered`; the io thread reads it only after seeing that.
  enum class Answer : std::uint8_t { pending, awaited, answered, abandoned };

  Step advance();
  std::optional<Step> shake_hands();
  std::optional<Step> read_some();
  std::optional<Step> show_reader();
  std::optional<Step> take_answer();
  std::optional<Step> write_some();
  std::optional<Step> linger();
  void handle();
  void refuse(const Refusal& refusal);
  void start_response();
  void start_continue();
  void finish_response();
  void start_lingering();
  void handle_lateness();
  void make_room();
  void set_deadline(std::chrono::milliseconds from_now) {
    deadline_ = worker_->now + worker_->sweep_interval + from_now;
  }

  crypto::TlsCount receive_plaintext(std::span<char> bytes);
  crypto::TlsCount send_plaintext(std::string_view bytes);
  std::ptrdiff_t receive(std::span<char> bytes) noexcept override;
  std::ptrdiff_t send(std::string_view bytes) noexcept override;

  const ServerOptions& options() const { return worker_->core->options; }

  std::shared_ptr<Worker> worker_;  // first, so that its loop outlives the descriptor
  Descriptor descriptor_;
  Timer wake_;  // never expires; cancelled when an answer arrives from another thread
  Peer peer_;
  std::shared_ptr<const Origin> origin_;
  std::optional<crypto::TlsSession> tls_;
  RequestReader reader_;

  State state_ = State::handshake;
  std::atomic<Answer> answer_{Answer::pending};
  bool readable_ = true;    // a receive may find something
  bool fresh_ = false;      // in_ has bytes the reader has not seen
  bool continued_ = false;  // `100 Continue` was sent, or needs not be
  bool head_started_ = false;
  bool closing_ = false;  // after the current response
  bool draining_ = false;
  bool served_since_sweep_ = true;
  bool late_ = false;
  bool aborted_ = false;
  unsigned served_in_a_row_ = 0;
  SteadyClock::time_point deadline_;

  std::string in_;  // its size is room; used_ says how much of it is received
  std::size_t used_ = 0;
  std::string out_;
  std::size_t out_at_ = 0;
  Response response_;
};

}  // namespace ringwall::http::detail
