#pragma once
// What the two halves say to each other: one struct per request, one reply, and their bytes.
//
// A message is little-endian, without padding: a byte that names the alternative, then the
// fields in the order `fields()` lists them (message.cc, once for both directions). Text and
// lists carry a 32-bit count. There is exactly one encoding of a value and every byte counts:
// what decodes encodes back to the same bytes, which is what the fuzz target asserts.

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "host/host.h"

namespace ringwall::host::detail {

inline constexpr std::size_t message_bytes_max = 16 << 20;
// Of one answer: with the longest labels they fill half a message.
inline constexpr std::size_t volumes_page_max = 128;

struct ApplyNetwork {
  Network network;
};
struct RemoveNetwork {
  std::string vpc_id;
};
struct Sever {
  std::string vpc_id;
  std::vector<std::string> addresses;
};
struct Listen {
  std::string vpc_id;
  std::string address;
  std::uint16_t port = 0;
  Transport transport = Transport::tcp;
};
struct InterfaceNamespace {
  std::string vpc_id;
  std::string interface_id;
};
struct OpenVolume {
  Volume volume;
  Secret key;
};
struct CloseVolume {
  std::string volume_id;
};
struct RemoveVolume {
  std::string volume_id;
};
struct CopyVolume {
  std::string volume_id;
};
struct LabelVolume {
  std::string volume_id;
  std::string label;
};
struct LookAtVolumes {
  std::string after;  // an id: those behind it in order, as many as one answer takes; empty: from the first
  std::string only;   // an id: that one, whatever there is of it
};
struct KeepInstallation {
  std::string content;
};
struct RecallInstallation {};
struct RunProcess {
  Process process;
};
struct StartProcess {
  Process process;
};
struct AdoptProcess {
  std::string process_id;
};
struct LimitProcess {
  std::string process_id;
  Limits limits;
};
struct SignalProcess {
  std::string process_id;
  int signal = 0;
};
struct StopProcess {
  std::string process_id;
  Stop how = Stop::graceful;
};
struct TakeInventory {};

using Request = std::variant<ApplyNetwork, RemoveNetwork, Listen, InterfaceNamespace, OpenVolume,
                             CloseVolume, RemoveVolume, CopyVolume, RunProcess, StartProcess, AdoptProcess,
                             SignalProcess, StopProcess, TakeInventory, LimitProcess, Sever,
                             LabelVolume, LookAtVolumes, KeepInstallation, RecallInstallation>;

// The answer to any request; which fields mean something depends on the request. A descriptor
// that belongs to the answer travels beside it.
struct Reply {
  bool succeeded = false;
  Error error = {};  // meaningful unless `succeeded`
  pid_t pid = 0;
  Finished finished = {};
  Inventory inventory = {};
  std::uint64_t severed = 0;  // flows
  std::vector<VolumeFacts> volumes = {};
  std::string installation = {};
};

// The caller wipes the bytes when the request holds a Secret.
Bytes encode(const Request& request);
Bytes encode(const Reply& reply);

// Failure::corrupt for anything that encode() does not produce, with the offset.
Result<Request> decode_request(ByteView bytes);
Result<Reply> decode_reply(ByteView bytes);

}  // namespace ringwall::host::detail
