#pragma once
// The socket between the halves: SOCK_SEQPACKET, so that a message is sent and received whole
// and several processes may answer on one socket. A packet is the request's number; its
// payload travels in a memfd passed beside it, whatever its size, so there is one path for
// small and large. A second descriptor may be attached.

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "os/fd.h"

namespace ringwall::host::detail {

struct Packet {
  std::uint64_t number = 0;
  os::UniqueFd payload;
  os::UniqueFd attached;  // may be none
};

// Sends; -1 attaches nothing. Failure::unavailable when the other end is gone.
Result<> send_packet(int socket, std::uint64_t number, ByteView payload, int attached);

// Waits for a packet. Failure::unavailable at the end of the stream, corrupt for a packet of
// another shape (which is consumed).
Result<Packet> receive_packet(int socket);

// A private copy of the payload, at most message_bytes_max: whatever the sender does to its
// memfd afterwards, what is decoded and what is used are the same bytes.
Result<Bytes> read_payload(int payload);

}  // namespace ringwall::host::detail
