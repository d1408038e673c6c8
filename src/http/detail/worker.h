#pragma once
// What the connections of one io thread share. Includes Asio: for .cc files only.

#include <algorithm>
#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "http/detail/ledger.h"
#include "http/server.h"

namespace ringwall::http::detail {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;
// Typed by the executor itself: the default, type-erased one costs an indirection and a
// reference count each time a coroutine sleeps.
using Executor = asio::io_context::executor_type;
using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;

// What the whole server shares.
class Connection;

struct Core {
  Core(ServerOptions server_options, ServerCalls server_calls, const Clock& wall_clock)
      : options(server_options), calls(std::move(server_calls)), clock(wall_clock), ledger(options) {}

  const ServerOptions options;
  const ServerCalls calls;
  const Clock& clock;

  std::shared_ptr<const crypto::TlsContext> tls() const {
    const std::lock_guard lock(mutex);
    return tls_context;
  }
  void give_place(const std::string& peer, Standing standing) {
    if (!ledger.give_place(peer, standing)) return;
    const std::lock_guard lock(mutex);
    idle.notify_all();
  }

  Ledger ledger;
  // Turns strangers away that have been ones longest. Set before the first connection; any thread.
  std::function<void()> shed;
  mutable std::mutex mutex;
  std::condition_variable idle;  // the last connection is gone
  std::shared_ptr<const crypto::TlsContext> tls_context;  // under mutex
};

// One io thread's loop. Everything but `io` belongs to that thread. Shared with its connections,
// which exchanges may keep after the server is gone.
struct Worker {
  explicit Worker(std::shared_ptr<Core> server_core)
      : core(std::move(server_core)),
        sweep_interval(sweep_interval_for(core->options)),
        sweeper(io),
        now(SteadyClock::now()) {}

  // A quarter of the shortest limit: connections are timed by a sweep over all of them, because
  // a timer each would cost every request two changes of a heap.
  static std::chrono::milliseconds sweep_interval_for(const ServerOptions& options) {
    const auto shortest =
        std::min({options.handshake_max, options.head_max, options.body_max,
                                    options.body_idle_max, options.response_max, options.write_idle_max,
                                    options.keep_alive_idle_max, options.linger_max});
    return std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(1000));
  }

  // The IMF-fixdate of now, written anew once a second.
  const std::string& date() {
    const auto second = std::chrono::floor<std::chrono::seconds>(core->clock.now());
    if (second != date_second) {
      date_second = second;
      date_text = http_date(second);
    }
    return date_text;
  }

  const std::shared_ptr<Core> core;
  const std::chrono::milliseconds sweep_interval;
  asio::io_context io{1};
  Timer sweeper;
  SteadyClock::time_point now;  // as of the last sweep: late by up to an interval, free to read
  std::vector<Connection*> connections;
  std::size_t peak_bytes = 0;  // the first worker's: held by the server since memory was last given back
  bool draining = false;
  bool stopped = false;
  std::chrono::sys_seconds date_second{std::chrono::seconds(-1)};
  std::string date_text;
};

}  // namespace ringwall::http::detail
