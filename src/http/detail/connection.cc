#include "http/detail/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>

#include "base/check.h"
#include "http/detail/sockets.h"

namespace ringwall::http::detail {

namespace {

constexpr std::size_t in_bytes_at_first = 4096;
constexpr std::size_t read_bytes_min = 1024;       // less room than this is made more
constexpr std::size_t kept_bytes_max = 64 * 1024;  // a buffer that grew past it is given back
constexpr unsigned requests_in_a_row_max = 32;     // then the io thread's other clients
// What one connection costs beside its own buffers: measured, rounded up. OpenSSL's record buffers
// are counted while it has them.
constexpr std::size_t connection_bytes = 12 * 1024;
constexpr std::size_t tls_buffer_bytes = 34 * 1024;
// A stop waits so long for clients to take their last response.
constexpr std::chrono::milliseconds stopping_linger_max{200};

constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> tuple_awaitable{};
constexpr auto no_deadline = SteadyClock::time_point::max();

}  // namespace

Connection::Connection(std::shared_ptr<Worker> worker, os::UniqueFd socket, Arrival arrival,
                       std::shared_ptr<const Origin> origin, const crypto::TlsContext* tls)
    : worker_(std::move(worker)),
      descriptor_(worker_->io),
      wake_(worker_->io, no_deadline),
      arrival_(std::move(arrival)),
      origin_(std::move(origin)),
      peer_(peer_key(origin_->listener, arrival_.peer)),
      born_(SteadyClock::now()),
      reader_(worker_->core->options.body_bytes_max) {
  boost::system::error_code refused;
  descriptor_.assign(socket.get(), refused);
  if (refused) {  // no memory for one more watched descriptor: socket closes it
    state_ = State::finished;
    return;
  }
  socket.release();
  if (tls != nullptr) {
    tls_.emplace(*tls, crypto::TlsSession::Role::server, static_cast<crypto::TlsTransport&>(*this));
    set_deadline(options().handshake_max);
  } else {
    state_ = State::reading;
    set_deadline(options().keep_alive_idle_max);
  }
  hold_anyway();
}

Connection::~Connection() { worker_->core->ledger.release(standing_, held_bytes_); }

void Connection::vouch() {
  if (standing_ == Standing::vouched) return;
  worker_->core->ledger.vouch(peer_, held_bytes_);
  standing_ = Standing::vouched;
}

std::size_t Connection::holding(std::size_t in_bytes) const {
  const std::size_t tls_bytes = tls_ && !resting_ ? tls_buffer_bytes : 0;
  return connection_bytes + tls_bytes + in_bytes + out_.size() + response_.body.size() + reader_.buffered_bytes();
}

bool Connection::hold(std::size_t bytes) {
  Ledger& ledger = worker_->core->ledger;
  if (bytes > held_bytes_ && !ledger.charge(standing_, bytes - held_bytes_)) return false;
  if (bytes < held_bytes_) ledger.release(standing_, held_bytes_ - bytes);
  held_bytes_ = bytes;
  return true;
}

void Connection::hold_anyway() {
  const std::size_t bytes = holding(in_.size());
  if (hold(bytes)) return;
  worker_->core->ledger.charge_anyway(standing_, bytes - held_bytes_);
  held_bytes_ = bytes;
  worker_->core->shed();
}

asio::awaitable<void, Executor> Connection::serve(std::shared_ptr<Connection> self) {
  Connection& me = *self;
  for (Step step = me.advance(); step != Step::finished; step = me.advance()) {
    switch (step) {
      case Step::wait_readable:
        co_await me.descriptor_.async_wait(Descriptor::wait_read, tuple_awaitable);
        me.readable_ = true;
        break;
      case Step::wait_writable:
        co_await me.descriptor_.async_wait(Descriptor::wait_write, tuple_awaitable);
        break;
      case Step::wait_answer:
        co_await me.wake_.async_wait(tuple_awaitable);
        break;
      case Step::yield:
        co_await asio::post(me.worker_->io, tuple_awaitable);
        break;
      case Step::finished:
        break;
    }
    me.served_in_a_row_ = 0;
  }
  boost::system::error_code ignored;
  me.descriptor_.close(ignored);
}

Connection::Step Connection::advance() {
  for (;;) {
    if (aborted_ && state_ != State::answering) return Step::finished;
    if (late_) handle_lateness();
    std::optional<Step> step;
    switch (state_) {
      case State::handshake:
        step = shake_hands();
        break;
      case State::reading:
        step = read_some();
        break;
      case State::answering:
        step = take_answer();
        break;
      case State::writing:
        step = write_some();
        break;
      case State::lingering:
        step = linger();
        break;
      case State::finished:
        return Step::finished;
    }
    if (step) return *step;
  }
}

std::optional<Connection::Step> Connection::shake_hands() {
  if (!greeted_) {
    char first = 0;
    const ssize_t seen = ::recv(descriptor_.native_handle(), &first, 1, MSG_PEEK);
    if (seen < 0 && (errno == EAGAIN || errno == EINTR)) return Step::wait_readable;
    if (seen <= 0) return Step::finished;
    greeted_ = true;
    if (first >= 'A' && first <= 'Z') {  // a method; TLS begins with 22
      tls_.reset();
      refuse({.status = 400,
              .position = 0,
              .message = "plain HTTP came where TLS is spoken: use an https:// address; `ringwall env` prints "
                         "it and the certificate to trust"});
      return std::nullopt;
    }
  }
  switch (tls_->handshake()) {
    case crypto::TlsStatus::want_read:
      return Step::wait_readable;
    case crypto::TlsStatus::want_write:
      return Step::wait_writable;
    case crypto::TlsStatus::done:
      state_ = State::reading;
      set_deadline(options().keep_alive_idle_max);
      return std::nullopt;
    default:
      return Step::finished;
  }
}

std::optional<Connection::Step> Connection::read_some() {
  if (fresh_) return show_reader();
  if (draining_ && used_ == 0) {  // nothing was asked, so there is no last word to wait for
    if (tls_) tls_->close_notify();
    return Step::finished;
  }
  if (!readable_) return Step::wait_readable;
  if (!make_room()) {
    refuse({.status = 503, .position = used_, .message = "the server holds as much as it may: try again"});
    return std::nullopt;
  }
  const crypto::TlsCount got = receive_plaintext({in_.data() + used_, in_.size() - used_});
  switch (got.status) {
    case crypto::TlsStatus::done:
      used_ += got.count;
      fresh_ = true;
      return std::nullopt;
    case crypto::TlsStatus::want_read:
      readable_ = false;
      return Step::wait_readable;
    case crypto::TlsStatus::want_write:
      return Step::wait_writable;
    default:
      // The client's last request was answered, or it left in the middle of one: a message
      // that was cut short is never acted upon.
      start_lingering();
      return std::nullopt;
  }
}

std::optional<Connection::Step> Connection::show_reader() {
  fresh_ = false;
  switch (reader_.read({in_.data(), used_})) {
    case Progress::complete:
      handle();
      return std::nullopt;
    case Progress::refused:
      refuse(reader_.refusal());
      return std::nullopt;
    case Progress::more:
      break;
  }
  if (reader_.body_missing()) {
    if (!admitted_ && !admit()) return std::nullopt;
    set_deadline(options().body_idle_max);
    if (reader_.expects_continue() && !continued_) start_continue();
  } else if (!head_started_) {
    head_started_ = true;
    set_deadline(options().head_max);
  }
  return std::nullopt;
}

// Asks whether the body is to be read. False: its head was answered instead.
bool Connection::admit() {
  admitted_ = true;
  whole_deadline_ = moment(options().body_max);
  if (!worker_->core->calls.admit) return true;
  Admission admission = worker_->core->calls.admit(reader_.head({in_.data(), used_}), arrival_);
  if (admission.refusal) {
    response_ = *std::move(admission.refusal);
    refuse_with_response();
    return false;
  }
  if (reader_.limit_body(admission.body_bytes_max)) return true;
  refuse(reader_.refusal());
  return false;
}

void Connection::handle() {
  state_ = State::answering;
  served_since_sweep_ = true;
  deadline_ = whole_deadline_ = no_deadline;
  closing_ = !request().keep_alive;
  answer_.store(Answer::pending, std::memory_order_relaxed);
  worker_->core->calls.handle(Exchange(shared_from_this()));
}

std::optional<Connection::Step> Connection::take_answer() {
  Answer seen = Answer::pending;
  if (answer_.compare_exchange_strong(seen, Answer::awaited) || seen == Answer::awaited) {
    if (!aborted_) return Step::wait_answer;
    seen = answer_.exchange(Answer::abandoned);
    if (seen != Answer::answered) return Step::finished;
  }
  if (aborted_) return Step::finished;
  start_response();
  return std::nullopt;
}

void Connection::answer(Response response) {
  if (answer_.load() == Answer::abandoned) return;
  response_ = std::move(response);
  Answer seen = answer_.load();
  do {
    if (seen == Answer::abandoned) return;
  } while (!answer_.compare_exchange_weak(seen, Answer::answered));
  if (seen != Answer::awaited) return;  // the io thread is about to look by itself
  // Weak, because a loop that has ended would keep what is posted to it, and with it itself.
  asio::post(worker_->io, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->wake_.cancel();
  });
}

void Connection::answer_lost_exchange() {
  Response lost{.status = 500};
  lost.headers.add("Content-Type", "text/plain");
  lost.body = "the request was not answered\n";
  answer(std::move(lost));
}

void Connection::refuse(const Refusal& refusal) {
  response_ = worker_->core->calls.refuse(refusal, arrival_);
  response_.status = refusal.status;
  refuse_with_response();
}

// The last word on this connection, whose request is not read any further.
void Connection::refuse_with_response() {
  closing_ = true;
  used_ = 0;
  reader_.release();
  if (in_.size() > in_bytes_at_first) {
    in_.resize(in_bytes_at_first);
    in_.shrink_to_fit();
  }
  append_response(out_, response_, worker_->date(), BodyOnWire::sent, AfterResponse::close);
  response_ = {};
  hold_anyway();
  whole_deadline_ = moment(options().response_max);
  set_deadline(options().write_idle_max);
  state_ = State::writing;
}

void Connection::start_response() {
  closing_ = closing_ || draining_;
  // A large answer is a reader's; what changed something is answered shortly.
  if (response_.body.size() > kept_bytes_max && !hold(holding(in_.size()) + response_.body.size())) {
    response_ = {.status = 503, .body = "the server holds as much as it may: try again\n"};
    response_.headers.add("Content-Type", "text/plain");
  }
  append_response(out_, response_, worker_->date(),
                  request().method == "HEAD" ? BodyOnWire::omitted : BodyOnWire::sent,
                  closing_ ? AfterResponse::close : AfterResponse::keep_alive);
  response_ = {};
  const std::size_t consumed = reader_.consumed();
  used_ -= consumed;
  if (used_ != 0) std::copy_n(in_.data() + consumed, used_, in_.data());
  reader_.reset();
  continued_ = head_started_ = admitted_ = false;
  hold_anyway();
  whole_deadline_ = moment(options().response_max);
  set_deadline(options().write_idle_max);
  state_ = State::writing;
}

void Connection::start_continue() {
  continued_ = true;
  out_ = "HTTP/1.1 100 Continue\r\n\r\n";
  state_ = State::writing;
}

std::optional<Connection::Step> Connection::write_some() {
  while (out_at_ < out_.size()) {
    const crypto::TlsCount sent = send_plaintext(std::string_view(out_).substr(out_at_));
    switch (sent.status) {
      case crypto::TlsStatus::done:
        out_at_ += sent.count;
        break;
      case crypto::TlsStatus::want_read:
        return Step::wait_readable;
      case crypto::TlsStatus::want_write:
        set_deadline(options().write_idle_max);
        return Step::wait_writable;
      default:
        return Step::finished;
    }
  }
  out_.clear();
  out_at_ = 0;
  if (out_.capacity() > kept_bytes_max) out_.shrink_to_fit();
  state_ = State::reading;
  if (!closing_ && reader_.body_missing()) {  // it was `100 Continue`
    set_deadline(options().body_idle_max);
    return std::nullopt;
  }
  finish_response();
  if (state_ == State::reading && ++served_in_a_row_ == requests_in_a_row_max) return Step::yield;
  return std::nullopt;
}

void Connection::finish_response() {
  whole_deadline_ = no_deadline;
  if (closing_) {
    start_lingering();
    return;
  }
  fresh_ = used_ != 0;
  // The client seldom has sent its next request already, so asking the socket right away would
  // mostly be a wasted call.
  readable_ = tls_ && tls_->has_pending();
  set_deadline(options().keep_alive_idle_max);
  if (in_.size() > kept_bytes_max && used_ <= in_bytes_at_first) {
    in_.resize(std::max(used_, in_bytes_at_first));
    in_.shrink_to_fit();
  }
  if (reader_.buffered_bytes() > kept_bytes_max) reader_.release();
  hold_anyway();
}

// Closing a socket that has unread bytes resets the connection and can destroy the response
// before the client has read it. So the last word is announced, and the client's close awaited.
void Connection::start_lingering() {
  if (tls_) tls_->close_notify();
  ::shutdown(descriptor_.native_handle(), SHUT_WR);
  state_ = State::lingering;
  readable_ = true;
  set_deadline(draining_ ? std::min(stopping_linger_max, options().linger_max) : options().linger_max);
}

std::optional<Connection::Step> Connection::linger() {
  if (!make_room()) return Step::finished;
  for (unsigned turns = 0; turns < requests_in_a_row_max; ++turns) {
    const std::ptrdiff_t got = receive({in_.data(), in_.size()});
    if (got == would_block) return Step::wait_readable;
    if (got <= 0) return Step::finished;
  }
  return Step::yield;
}

void Connection::expire_if_late(SteadyClock::time_point now) {
  // Idle since the last sweep: ten thousand such connections should cost little memory.
  const bool idle = state_ == State::reading && used_ == 0;
  if (idle && !served_since_sweep_) {
    if (tls_) tls_->release_buffers();
    resting_ = true;
    in_ = {};
    out_ = {};
    reader_.release();
    hold_anyway();
  }
  served_since_sweep_ = false;
  if (now < deadline_) return;
  late_ = true;
  boost::system::error_code ignored;
  descriptor_.cancel(ignored);
}

void Connection::handle_lateness() {
  late_ = false;
  // A deadline that moved while the wait ended is not missed.
  if (worker_->now < deadline_) return;
  if (state_ == State::reading && used_ != 0) {
    refuse({.status = 408,
            .position = used_,
            .message = "the request did not arrive in time at byte " + std::to_string(used_)});
  } else if (state_ != State::answering) {
    state_ = State::finished;
  }
}

void Connection::drain() {
  draining_ = true;
  if (state_ == State::lingering) set_deadline(std::min(stopping_linger_max, options().linger_max));
  // A stranger's half of a request is not waited for.
  if (expendable() && (state_ != State::reading || used_ != 0)) return abort();
  // Idle between requests: nothing is lost by closing now.
  if (state_ != State::reading || used_ != 0) return;
  boost::system::error_code ignored;
  descriptor_.cancel(ignored);
}

void Connection::abort() {
  aborted_ = true;
  boost::system::error_code ignored;
  descriptor_.cancel(ignored);
  wake_.cancel();
}

// The first buffer is everybody's; a larger one must fit what all connections may hold.
bool Connection::make_room() {
  if (in_.size() - used_ >= read_bytes_min) return true;
  resting_ = false;
  const std::size_t size = std::max(in_bytes_at_first, in_.size() * 2);
  if (size > in_bytes_at_first && !hold(holding(size))) {
    if (standing_ == Standing::vouched) worker_->core->shed();  // for the next one
    return false;
  }
  in_.resize(size);
  if (size == in_bytes_at_first) hold_anyway();
  return true;
}

crypto::TlsCount Connection::receive_plaintext(std::span<char> bytes) {
  if (tls_) return tls_->read(bytes);
  const std::ptrdiff_t got = receive(bytes);
  if (got > 0) return {crypto::TlsStatus::done, static_cast<std::size_t>(got)};
  if (got == would_block) return {crypto::TlsStatus::want_read, 0};
  return {got == 0 ? crypto::TlsStatus::closed : crypto::TlsStatus::failed, 0};
}

crypto::TlsCount Connection::send_plaintext(std::string_view bytes) {
  if (tls_) return tls_->write(bytes);
  const std::ptrdiff_t sent = send(bytes);
  if (sent >= 0) return {crypto::TlsStatus::done, static_cast<std::size_t>(sent)};
  return {sent == would_block ? crypto::TlsStatus::want_write : crypto::TlsStatus::failed, 0};
}

std::ptrdiff_t Connection::receive(std::span<char> bytes) noexcept {
  return receive_some(descriptor_.native_handle(), bytes);
}

std::ptrdiff_t Connection::send(std::string_view bytes) noexcept {
  return send_some(descriptor_.native_handle(), bytes);
}

}  // namespace ringwall::http::detail
