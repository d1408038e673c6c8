#include "http/detail/connection.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>

#include "base/check.h"
#include "http/detail/sockets.h"

namespace ringwall::http::detail {

namespace {

constexpr std::size_t in_bytes_at_first = 4096;
constexpr std::size_t read_bytes_min = 1024;       // less room than this is made more
constexpr std::size_t kept_bytes_max = 64 * 1024;  // a buffer that grew past it is given back
constexpr unsigned requests_in_a_row_max = 32;     // then the io thread's other clients

constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> tuple_awaitable{};
constexpr auto no_deadline = SteadyClock::time_point::max();

}  // namespace

Connection::Connection(std::shared_ptr<Worker> worker, os::UniqueFd socket, Peer peer,
                       std::shared_ptr<const Origin> origin, const crypto::TlsContext* tls)
    : worker_(std::move(worker)),
      descriptor_(worker_->io),
      wake_(worker_->io, no_deadline),
      peer_(std::move(peer)),
      origin_(std::move(origin)),
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
}

Connection::~Connection() = default;

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
  if (draining_ && used_ == 0) {
    start_lingering();
    return std::nullopt;
  }
  if (!readable_) return Step::wait_readable;
  make_room();
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
    set_deadline(options().body_idle_max);
    if (reader_.expects_continue() && !continued_) start_continue();
  } else if (!head_started_) {
    head_started_ = true;
    set_deadline(options().head_max);
  }
  return std::nullopt;
}

void Connection::handle() {
  state_ = State::answering;
  served_since_sweep_ = true;
  deadline_ = no_deadline;
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
  response_ = worker_->core->calls.refuse(refusal, peer_, origin_->tag);
  response_.status = refusal.status;
  closing_ = true;
  used_ = 0;
  append_response(out_, response_, worker_->date(), BodyOnWire::sent, AfterResponse::close);
  set_deadline(options().write_idle_max);
  state_ = State::writing;
}

void Connection::start_response() {
  closing_ = closing_ || draining_;
  append_response(out_, response_, worker_->date(),
                  request().method == "HEAD" ? BodyOnWire::omitted : BodyOnWire::sent,
                  closing_ ? AfterResponse::close : AfterResponse::keep_alive);
  response_ = {};
  const std::size_t consumed = reader_.consumed();
  used_ -= consumed;
  if (used_ != 0) std::copy_n(in_.data() + consumed, used_, in_.data());
  reader_.reset();
  continued_ = head_started_ = false;
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
}

// Closing a socket that has unread bytes resets the connection and can destroy the response
// before the client has read it. So the last word is announced, and the client's close awaited.
void Connection::start_lingering() {
  if (tls_) tls_->close_notify();
  ::shutdown(descriptor_.native_handle(), SHUT_WR);
  state_ = State::lingering;
  readable_ = true;
  set_deadline(options().linger_max);
}

std::optional<Connection::Step> Connection::linger() {
  make_room();
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
    in_ = {};
    out_ = {};
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

void Connection::make_room() {
  if (in_.size() - used_ >= read_bytes_min) return;
  in_.resize(std::max(in_bytes_at_first, in_.size() * 2));
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
