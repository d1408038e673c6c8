#include "services/rds/detail/process_watch.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <limits>

#include "base/check.h"
#include "os/files.h"

namespace ringwall::rds::detail {
namespace {

constexpr std::uint64_t stop_tag = std::numeric_limits<std::uint64_t>::max();

}  // namespace

ProcessWatch::ProcessWatch(std::function<void(std::uint64_t tag)> on_end)
    : on_end_(std::move(on_end)), poll_(::epoll_create1(EPOLL_CLOEXEC)), stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  RW_CHECK(poll_ && stop_);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = stop_tag}};
  RW_CHECK(::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, stop_.get(), &event) == 0);
  thread_ = std::thread([this] { run(); });
}

ProcessWatch::~ProcessWatch() {
  const std::uint64_t one = 1;
  (void)!::write(stop_.get(), &one, sizeof one);
  thread_.join();
}

Result<> ProcessWatch::add(const os::UniqueFd& pidfd, std::uint64_t tag) {
  // Once: an ended process stays readable, and its keeper closes the descriptor in its own time.
  epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = tag}};
  if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, pidfd.get(), &event) == 0) return {};
  return std::unexpected(os::system_error("cannot watch a process", errno));
}

void ProcessWatch::run() {
  std::array<epoll_event, 16> events;
  for (;;) {
    const int count = ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), -1);
    RW_CHECK(count >= 0 || errno == EINTR);
    for (int i = 0; i < count; ++i) {
      const std::uint64_t tag = events.at(static_cast<std::size_t>(i)).data.u64;
      if (tag == stop_tag) return;
      on_end_(tag);
    }
  }
}

bool has_ended(const os::UniqueFd& pidfd) {
  pollfd watched{pidfd.get(), POLLIN, 0};
  return ::poll(&watched, 1, 0) == 1;
}

}  // namespace ringwall::rds::detail
