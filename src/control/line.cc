#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

#include "control/detail/line.h"
#include "os/files.h"
#include "text/utf8.h"

namespace ringwall::control::detail {

using text::Json;

Result<> send_line(int socket, const Json& json, int descriptor) {
  if (!text::all_utf8(json)) return fail(Failure::invalid, "what is sent over the control socket is not UTF-8");
  const std::string line = json.dump() + '\n';
  std::string_view rest = line;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  while (!rest.empty()) {
    iovec piece{const_cast<char*>(rest.data()), rest.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (descriptor >= 0 && rest.size() == line.size()) {  // with the first byte
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    }
    const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return std::unexpected(os::system_error("cannot write to the control socket", errno));
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<Line> receive_line(int socket, std::size_t bytes_max, int stop) {
  std::string text;
  os::UniqueFd descriptor;
  char buffer[4096];
  while (!text.ends_with('\n')) {
    iovec piece{buffer, sizeof buffer};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    pollfd waits[2] = {{socket, POLLIN, 0}, {stop, POLLIN, 0}};
    if (::poll(waits, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return std::unexpected(os::system_error("cannot wait for the control socket", errno));
    }
    if (waits[1].revents != 0) return fail(Failure::unavailable, "the server stops");
    const ssize_t got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(os::system_error("cannot read from the control socket", errno));
    if (got == 0) return fail(Failure::unavailable, "the control connection was closed");
    if (const cmsghdr* header = CMSG_FIRSTHDR(&message);
        header != nullptr && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof(int))) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
      descriptor.reset(fd);
    }
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > bytes_max) return fail(Failure::exhausted, "a control message over the limit");
  }
  RW_TRY(Json json, text::parse_json(text));
  return Line{std::move(json), std::move(descriptor)};
}

}  // namespace ringwall::control::detail
