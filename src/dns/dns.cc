#include "dns/dns.h"

#include <algorithm>

namespace ringwall::dns {
namespace {

constexpr std::size_t header_bytes = 12;
constexpr std::uint16_t class_internet = 1;

constexpr std::uint16_t flag_reply = 0x8000;
constexpr std::uint16_t flag_authoritative = 0x0400;
constexpr std::uint16_t flag_recursion_desired = 0x0100;
constexpr std::uint16_t mask_opcode = 0x7800;

// Reads forward and remembers whether it ever ran past the end.
class Cursor {
 public:
  explicit Cursor(ByteView bytes) : bytes_(bytes) {}

  std::uint8_t u8() {
    if (at_ >= bytes_.size()) {
      good_ = false;
      return 0;
    }
    return bytes_[at_++];
  }
  std::uint16_t u16() {
    const auto high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  ByteView take(std::size_t count) {
    if (count > bytes_.size() - at_) {
      good_ = false;
      return {};
    }
    at_ += count;
    return bytes_.subspan(at_ - count, count);
  }
  bool good() const { return good_; }
  bool at_end() const { return at_ == bytes_.size(); }
  std::size_t at() const { return at_; }

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
  bool good_ = true;
};

void put16(Bytes& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}

void put32(Bytes& out, std::uint32_t value) {
  put16(out, static_cast<std::uint16_t>(value >> 16));
  put16(out, static_cast<std::uint16_t>(value));
}

// Host names only: what else a label may hold by RFC 1035 (dots, zeros) could be mistaken for
// another name once it is text.
bool is_name_byte(std::uint8_t byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
         byte == '-' || byte == '_';
}

// False for pointers and reserved label types, which have no place in a question.
bool read_name(Cursor& in, std::string& name) {
  const std::size_t begin = in.at();
  for (;;) {
    const std::uint8_t length = in.u8();
    if (!in.good() || length > label_bytes_max) return false;
    if (length == 0) return in.at() - begin <= name_bytes_max;
    if (!name.empty()) name += '.';
    for (const std::uint8_t byte : in.take(length)) {
      if (!is_name_byte(byte)) return false;
      name += static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
    }
    if (!in.good() || in.at() - begin > name_bytes_max) return false;
  }
}

// An OPT record: the root's name, its type, then fields that concern transport only.
bool read_opt(Cursor& in) {
  if (in.u8() != 0 || in.u16() != static_cast<std::uint16_t>(Type::opt)) return false;
  in.u16();                 // the client's buffer: our replies fit the least there is
  const std::uint32_t flags = in.u32();
  in.take(in.u16());        // options: none is ours to act on
  return in.good() && (flags >> 16 & 0xff) == 0;  // only EDNS version 0 exists
}

Bytes begin_reply(std::uint16_t id, bool recursion_desired, Code code, std::uint16_t questions,
                  std::uint16_t answers, std::uint16_t additional) {
  Bytes out;
  put16(out, id);
  std::uint16_t flags = flag_reply | static_cast<std::uint16_t>(code);
  if (code == Code::no_error || code == Code::name_error) flags |= flag_authoritative;
  if (recursion_desired) flags |= flag_recursion_desired;
  put16(out, flags);
  put16(out, questions);
  put16(out, answers);
  put16(out, 0);
  put16(out, additional);
  return out;
}

struct Outcome {
  Code code = Code::no_error;
  std::vector<text::Address> addresses = {};
};

Outcome resolve(const Query& query, const Lookup& lookup) {
  const Found found = lookup(query.name);
  if (!found) {
    switch (found.error()) {
      case Unknown::absent: return {Code::name_error};
      case Unknown::outside: return {Code::refused};
      case Unknown::failed: return {Code::server_failure};
    }
    return {Code::server_failure};
  }
  Outcome outcome;
  if (query.type != static_cast<std::uint16_t>(Type::a) && query.type != static_cast<std::uint16_t>(Type::any)) return outcome;
  for (const auto& address : found->addresses) {
    if (!address.v6 && outcome.addresses.size() < addresses_max) outcome.addresses.push_back(address);
  }
  return outcome;
}

}  // namespace

std::expected<Query, Refusal> read_query(ByteView message) {
  Refusal refusal;
  if (message.size() < header_bytes) {
    refusal.silent = true;
    return std::unexpected(refusal);
  }
  Cursor in(message);
  Query query;
  query.id = refusal.id = in.u16();
  const std::uint16_t flags = in.u16();
  query.recursion_desired = refusal.recursion_desired = (flags & flag_recursion_desired) != 0;
  if ((flags & flag_reply) != 0) {
    refusal.silent = true;  // answering replies is how two servers shout at each other for ever
    return std::unexpected(refusal);
  }
  if ((flags & mask_opcode) != 0) {
    refusal.code = Code::not_implemented;
    return std::unexpected(refusal);
  }
  const std::uint16_t questions = in.u16();
  const std::uint16_t answers = in.u16();
  const std::uint16_t authorities = in.u16();
  const std::uint16_t additional = in.u16();
  if (message.size() > query_bytes_max || questions != 1 || answers != 0 || authorities != 0 || additional > 1) {
    return std::unexpected(refusal);
  }
  const std::size_t begin = in.at();
  if (!read_name(in, query.name)) return std::unexpected(refusal);
  query.type = in.u16();
  query.question_class = in.u16();
  if (!in.good()) return std::unexpected(refusal);
  const ByteView question = message.subspan(begin, in.at() - begin);
  query.question.assign(question.begin(), question.end());
  if (additional == 1) {
    if (!read_opt(in)) return std::unexpected(refusal);
    query.edns = true;
  }
  if (!in.at_end()) return std::unexpected(refusal);
  return query;
}

Bytes answer(ByteView message, const Lookup& lookup) {
  const auto query = read_query(message);
  if (!query) {
    const Refusal& refusal = query.error();
    if (refusal.silent) return {};
    return begin_reply(refusal.id, refusal.recursion_desired, refusal.code, 0, 0, 0);
  }
  const Outcome outcome = query->question_class == class_internet ? resolve(*query, lookup) : Outcome{Code::refused};
  Bytes out = begin_reply(query->id, query->recursion_desired, outcome.code, 1,
                          static_cast<std::uint16_t>(outcome.addresses.size()), query->edns ? 1 : 0);
  out.insert(out.end(), query->question.begin(), query->question.end());
  for (const auto& address : outcome.addresses) {
    put16(out, 0xc000 | header_bytes);  // the name: a pointer to the question's
    put16(out, static_cast<std::uint16_t>(Type::a));
    put16(out, class_internet);
    put32(out, ttl_seconds);
    put16(out, 4);
    out.insert(out.end(), address.bytes.begin(), address.bytes.begin() + 4);
  }
  if (query->edns) {
    out.push_back(0);
    put16(out, static_cast<std::uint16_t>(Type::opt));
    put16(out, static_cast<std::uint16_t>(query_bytes_max));
    put32(out, 0);
    put16(out, 0);
  }
  return out;
}

Result<Reply> read_reply(ByteView message) {
  if (message.size() < header_bytes) return fail(Failure::corrupt, "no room for a DNS header");
  const auto u16 = [&](std::size_t at) { return at + 2 <= message.size() ? message[at] << 8 | message[at + 1] : 0; };
  if (u16(2) < flag_reply) return fail(Failure::corrupt, "a DNS query, not a reply");
  Reply reply{static_cast<std::uint16_t>(u16(0)), static_cast<Code>(u16(2) & 0xf), {}};
  std::size_t at = header_bytes;
  if (u16(4) > 1) return fail(Failure::corrupt, "more than one question");
  if (u16(4) == 1) {
    while (at < message.size() && message[at] != 0) at += 1UL + message[at];
    at += 5;
  }
  for (int left = u16(6); left > 0; --left) {
    constexpr std::size_t record_bytes = 16;  // a pointer, ten bytes of fields, an address
    if (at + record_bytes > message.size() || u16(at) != 0xc00c || u16(at + 2) != 1 || u16(at + 10) != 4) {
      return fail(Failure::corrupt, "an answer that is not an A record of the question's name");
    }
    text::Address address;
    std::copy_n(message.begin() + static_cast<std::ptrdiff_t>(at + 12), 4, address.bytes.begin());
    reply.addresses.push_back(address);
    at += record_bytes;
  }
  constexpr std::size_t opt_bytes = 11;
  if (at + (u16(10) != 0 ? opt_bytes : 0) != message.size()) return fail(Failure::corrupt, "bytes after the last record");
  return reply;
}

}  // namespace ringwall::dns
