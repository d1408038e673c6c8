#include "host/detail/channel.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "host/detail/message.h"
#include "os/files.h"

namespace ringwall::host::detail {
namespace {

constexpr std::size_t descriptors_max = 2;

Result<os::UniqueFd> in_memory(ByteView payload) {
  os::UniqueFd file(::memfd_create("ringwall-message", MFD_CLOEXEC));
  if (!file) return std::unexpected(os::system_error("cannot make a message", errno));
  while (!payload.empty()) {
    const ssize_t put = ::write(file.get(), payload.data(), payload.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return std::unexpected(os::system_error("cannot write a message", errno));
    payload = payload.subspan(static_cast<std::size_t>(put));
  }
  return file;
}

}  // namespace

Result<> send_packet(int socket, std::uint64_t number, ByteView payload, int attached) {
  if (payload.size() > message_bytes_max) {
    return fail(Failure::exhausted, "a message of " + std::to_string(payload.size()) +
                                        " bytes is more than " + std::to_string(message_bytes_max));
  }
  RW_TRY(const os::UniqueFd file, in_memory(payload));
  const std::array<int, descriptors_max> fds = {file.get(), attached};
  const std::size_t bytes = (attached < 0 ? 1 : 2) * sizeof(int);
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fds)] = {};
  iovec part = {&number, sizeof number};
  msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = CMSG_SPACE(bytes);
  cmsghdr* rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(bytes);
  std::memcpy(CMSG_DATA(rights), fds.data(), bytes);
  for (;;) {
    if (::sendmsg(socket, &header, MSG_NOSIGNAL) >= 0) return {};
    if (errno == EINTR) continue;
    if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN) {
      return fail(Failure::unavailable, "the other half of the host is gone");
    }
    return std::unexpected(os::system_error("cannot send a message", errno));
  }
}

Result<Packet> receive_packet(int socket) {
  Packet packet;
  alignas(cmsghdr) char control[CMSG_SPACE(descriptors_max * sizeof(int))] = {};
  iovec part = {&packet.number, sizeof packet.number};
  msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno != ECONNRESET) {
    return std::unexpected(os::system_error("cannot receive a message", errno));
  }
  if (got <= 0) return fail(Failure::unavailable, "the other half of the host is gone");
  for (cmsghdr* entry = CMSG_FIRSTHDR(&header); entry != nullptr;
       entry = CMSG_NXTHDR(&header, entry)) {
    if (entry->cmsg_level != SOL_SOCKET || entry->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (entry->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(entry) + i * sizeof(int), sizeof fd);
      (packet.payload ? packet.attached : packet.payload).reset(fd);
    }
  }
  const bool cut = (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
  if (cut || got != sizeof packet.number || !packet.payload) {
    return fail(Failure::corrupt, "a message of another shape");
  }
  return packet;
}

Result<Bytes> read_payload(int payload) {
  struct stat status = {};
  if (::fstat(payload, &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(Failure::corrupt, "a message that is not a file");
  }
  if (status.st_size < 0 || static_cast<std::size_t>(status.st_size) > message_bytes_max) {
    return fail(Failure::exhausted,
                "a message of more than " + std::to_string(message_bytes_max) + " bytes");
  }
  Bytes bytes(static_cast<std::size_t>(status.st_size));
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got =
        ::pread(payload, bytes.data() + have, bytes.size() - have, static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail(Failure::corrupt, "a message that shrank while it was read");
    have += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace ringwall::host::detail
