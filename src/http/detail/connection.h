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
  Connection(std::shared_ptr<Worker> worker, os::UniqueFd socket, Arrival arrival,
             std::shared_ptr<const Origin> origin, const crypto::TlsContext* tls);
  ~Connection();

  // Lives as long as the connection is served; holds it.
  static asio::awaitable<void, Executor> serve(std::shared_ptr<Connection> self);

  // The io thread's, between two steps of serve().
  void expire_if_late(SteadyClock::time_point now);
  void drain();  // finish the current request, then close
  void abort();  // close now

  const Origin& origin() const { return *origin_; }
  const Arrival& arrival() const { return arrival_; }
  const std::string& peer() const { return peer_; }  // as the ledger knows it
  Standing standing() const { return standing_; }
  // A stranger that nobody waits for: it may be turned away for others.
  bool expendable() const {
    return standing_ == Standing::stranger && (state_ == State::handshake || state_ == State::reading);
  }
  SteadyClock::time_point born() const { return born_; }
  void vouch();
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
  void refuse_with_response();
  void start_response();
  void start_continue();
  void finish_response();
  void start_lingering();
  void handle_lateness();
  bool admit();
  bool make_room();
  // What this connection holds, in the ledger's eyes, with a receive buffer of that size.
  std::size_t holding(std::size_t in_bytes) const;
  bool hold(std::size_t bytes);      // false: too much, and what is held stays as it was
  void hold_anyway();                // what there is now; strangers are turned away if it is too much
  SteadyClock::time_point moment(std::chrono::milliseconds from_now) const {
    return worker_->now + worker_->sweep_interval + from_now;
  }
  // Each wait has a deadline, and none goes past that of the whole it is a part of.
  void set_deadline(std::chrono::milliseconds from_now) { deadline_ = std::min(moment(from_now), whole_deadline_); }

  crypto::TlsCount receive_plaintext(std::span<char> bytes);
  crypto::TlsCount send_plaintext(std::string_view bytes);
  std::ptrdiff_t receive(std::span<char> bytes) noexcept override;
  std::ptrdiff_t send(std::string_view bytes) noexcept override;

  const ServerOptions& options() const { return worker_->core->options; }

  std::shared_ptr<Worker> worker_;  // first, so that its loop outlives the descriptor
  Descriptor descriptor_;
  Timer wake_;  // never expires; cancelled when an answer arrives from another thread
  const Arrival arrival_;
  std::shared_ptr<const Origin> origin_;
  const std::string peer_;
  const SteadyClock::time_point born_;
  Standing standing_ = Standing::stranger;
  std::size_t held_bytes_ = 0;  // charged
  std::optional<crypto::TlsSession> tls_;
  RequestReader reader_;

  State state_ = State::handshake;
  std::atomic<Answer> answer_{Answer::pending};
  bool greeted_ = false;    // the first byte was one of TLS
  bool resting_ = false;    // TLS has given its buffers back
  bool admitted_ = false;   // the body may be read
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
  SteadyClock::time_point whole_deadline_ = SteadyClock::time_point::max();  // of a whole body or response

  std::string in_;  // its size is room; used_ says how much of it is received
  std::size_t used_ = 0;
  std::string out_;
  std::size_t out_at_ = 0;
  Response response_;
};

}  // namespace ringwall::http::detail
