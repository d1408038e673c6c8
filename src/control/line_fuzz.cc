// What comes over the control socket: a line is read as JSON whole or refused, in time, within its bound; and what is sent
// is read again as it was.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "control/detail/line.h"

namespace {

using namespace ringwall;

struct Pair {
  Pair() {
    int ends[2];
    RW_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    near.reset(ends[0]);
    far.reset(ends[1]);
  }
  os::UniqueFd near, far;
};

constexpr std::size_t bytes_max = 4096;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Pair given;
  const std::size_t sent = std::min<std::size_t>(size, 3 * bytes_max);  // less than a socket holds
  RW_CHECK(size == 0 || ::send(given.near.get(), data, sent, 0) == static_cast<ssize_t>(sent));
  given.near.reset();
  const auto line = control::detail::receive_line(given.far.get(), bytes_max);
  const std::string text(reinterpret_cast<const char*>(data), sent);
  if (!line) {
    RW_CHECK(!line.error().message.empty());
    return 0;
  }
  RW_CHECK(text.contains('\n'));
  Pair back;
  RW_CHECK(control::detail::send_line(back.near.get(), line->json).has_value());
  const auto again = control::detail::receive_line(back.far.get(), 8 * bytes_max);
  RW_CHECK(again.has_value() && again->json.dump() == line->json.dump());  // `1.0` is written as `1`
  return 0;
}
