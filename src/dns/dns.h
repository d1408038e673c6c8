#pragma once
// The answers of a VPC's resolver: a DNS query in, a reply out (RFC 1035, RFC 6891 for EDNS).
// Pure: who listens and where names are kept is room network's business.

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "text/cidr.h"

namespace ringwall::dns {

inline constexpr std::size_t query_bytes_max = 512;    // one question and an OPT record fit well
inline constexpr std::size_t name_bytes_max = 255;     // RFC 1035, 2.3.4, on the wire
inline constexpr std::size_t label_bytes_max = 63;
inline constexpr std::size_t addresses_max = 14;       // in one answer: fit 512 bytes beside the longest name
inline constexpr std::uint32_t ttl_seconds = 5;        // a database's address may change at failover

enum class Type : std::uint16_t { a = 1, opt = 41, aaaa = 28, any = 255 };
enum class Code : std::uint8_t { no_error = 0, format_error = 1, server_failure = 2, name_error = 3, not_implemented = 4, refused = 5 };

// A query of one question, as far as a resolver without recursion needs it.
struct Query {
  std::uint16_t id = 0;
  bool recursion_desired = false;
  bool edns = false;
  std::string name;          // lower case, without the final dot; empty: the root
  std::uint16_t type = 0;
  std::uint16_t question_class = 0;
  Bytes question;            // as received: a reply repeats it, in the client's own spelling
};

// What a name stands for inside one VPC.
struct Known {
  std::vector<text::Address> addresses;  // IPv4 ones are answered; a known name may have none
};
enum class Unknown : std::uint8_t {
  absent,   // the name would be ours, but is not there: NXDOMAIN
  outside,  // somebody else's name: REFUSED, for nothing leaves the VPC
  failed,   // the lookup could not be made: SERVFAIL
};
using Found = std::expected<Known, Unknown>;
using Lookup = std::function<Found(const std::string& name)>;

// Reads a whole query. Refuses everything but one question of opcode 0, class IN, and at most an
// EDNS record after it: compression pointers, other sections, bytes left over. The error says
// which reply fits; `silent` is for what must not be answered at all (a reply, or no full header).
struct Refusal {
  bool silent = false;
  Code code = Code::format_error;
  std::uint16_t id = 0;
  bool recursion_desired = false;
};
std::expected<Query, Refusal> read_query(ByteView message);

// The reply to `message`; empty when there must be none. At most 512 bytes.
Bytes answer(ByteView message, const Lookup& lookup);

// What a reply says, for tests and fuzzing: a second reader that shares no code with the writer.
struct Reply {
  std::uint16_t id = 0;
  Code code = Code::no_error;
  std::vector<text::Address> addresses;
};
Result<Reply> read_reply(ByteView message);

}  // namespace ringwall::dns
