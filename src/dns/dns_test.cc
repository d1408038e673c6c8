#include "dns/dns.h"

#include <gtest/gtest.h>

#include <optional>

namespace ringwall::dns {
namespace {

Bytes wire_name(const std::vector<std::string>& labels) {
  Bytes out;
  for (const auto& label : labels) {
    out.push_back(static_cast<std::uint8_t>(label.size()));
    out.insert(out.end(), label.begin(), label.end());
  }
  out.push_back(0);
  return out;
}

struct Parts {
  std::vector<std::uint8_t> flags = {0x01, 0x00};  // recursion desired, as every stub resolver asks
  std::uint8_t questions = 1;
  std::uint8_t additional = 0;
  std::uint8_t type = 1;
  std::uint8_t question_class = 1;
  Bytes tail = {};
};

Bytes query_of(const Bytes& name, const Parts& parts = {}) {
  Bytes out = {0x12, 0x34};
  out.insert(out.end(), parts.flags.begin(), parts.flags.end());
  for (const std::uint8_t count : {parts.questions, std::uint8_t{0}, std::uint8_t{0}, parts.additional}) {
    out.push_back(0);
    out.push_back(count);
  }
  out.insert(out.end(), name.begin(), name.end());
  for (const std::uint8_t byte : {std::uint8_t{0}, parts.type, std::uint8_t{0}, parts.question_class}) out.push_back(byte);
  out.insert(out.end(), parts.tail.begin(), parts.tail.end());
  return out;
}

Found lookup(const std::string& name) {
  if (name == "db.ringwall.internal") return Known{{text::Address{{10, 0, 1, 5}, false}}};
  if (name == "broken.ringwall.internal") return std::unexpected(Unknown::failed);
  if (name.ends_with(".ringwall.internal")) return std::unexpected(Unknown::absent);
  return std::unexpected(Unknown::outside);
}

Reply ask(const Bytes& query) {
  const auto reply = read_reply(answer(query, lookup));
  EXPECT_TRUE(reply.has_value()) << (reply ? "" : reply.error().message);
  return reply.value_or(Reply{});
}

const Bytes db = wire_name({"db", "ringwall", "internal"});
const Bytes opt = {0, 0, 41, 0x10, 0, 0, 0, 0, 0, 0, 0};

TEST(Dns, AKnownNameHasItsAddressAndAShortLife) {
  const Bytes reply = answer(query_of(db), lookup);
  const auto read = read_reply(reply);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, 0x1234);
  EXPECT_EQ(read->code, Code::no_error);
  ASSERT_EQ(read->addresses.size(), 1U);
  EXPECT_EQ(read->addresses[0], (text::Address{{10, 0, 1, 5}, false}));
  const std::size_t ttl_at = reply.size() - 10;
  EXPECT_EQ(Bytes(reply.begin() + static_cast<std::ptrdiff_t>(ttl_at), reply.begin() + static_cast<std::ptrdiff_t>(ttl_at) + 4),
            (Bytes{0, 0, 0, ttl_seconds}));
}

TEST(Dns, NamesAreFoundInAnySpellingAndEchoedAsAsked) {
  const Bytes loud = wire_name({"DB", "RingWall", "INTERNAL"});
  const Bytes reply = answer(query_of(loud), lookup);
  EXPECT_EQ(ask(query_of(loud)).addresses.size(), 1U);
  EXPECT_TRUE(std::equal(loud.begin(), loud.end(), reply.begin() + 12));
}

TEST(Dns, OtherTypesOfAKnownNameHaveNoData) {
  for (const std::uint8_t type : {std::uint8_t{28}, std::uint8_t{16}, std::uint8_t{15}}) {
    const Reply reply = ask(query_of(db, {.type = type}));
    EXPECT_EQ(reply.code, Code::no_error);
    EXPECT_TRUE(reply.addresses.empty());
  }
  EXPECT_EQ(ask(query_of(db, {.type = 255})).addresses.size(), 1U);
}

TEST(Dns, UnknownNamesOfOursDoNotExistAndOthersAreRefused) {
  EXPECT_EQ(ask(query_of(wire_name({"no", "ringwall", "internal"}))).code, Code::name_error);
  EXPECT_EQ(ask(query_of(wire_name({"example", "com"}))).code, Code::refused);
  EXPECT_EQ(ask(query_of(wire_name({}))).code, Code::refused);
  EXPECT_EQ(ask(query_of(wire_name({"broken", "ringwall", "internal"}))).code, Code::server_failure);
  EXPECT_EQ(ask(query_of(db, {.question_class = 3})).code, Code::refused);
}

TEST(Dns, AnEdnsRecordIsToleratedAndAnswered) {
  EXPECT_EQ(ask(query_of(db, {.additional = 1, .tail = opt})).addresses.size(), 1U);
  Bytes version_one = opt;
  version_one[6] = 1;
  EXPECT_EQ(ask(query_of(db, {.additional = 1, .tail = version_one})).code, Code::format_error);
}

TEST(Dns, MalformedQueriesAreFormatErrors) {
  EXPECT_EQ(ask(query_of(db, {.questions = 2})).code, Code::format_error);
  EXPECT_EQ(ask(query_of(db, {.questions = 0})).code, Code::format_error);
  EXPECT_EQ(ask(query_of(db, {.tail = {0}})).code, Code::format_error);
  EXPECT_EQ(ask(query_of(db, {.additional = 1})).code, Code::format_error);
  EXPECT_EQ(ask(query_of({0xc0, 0x0c})).code, Code::format_error);          // a compression pointer
  EXPECT_EQ(ask(query_of({2, 'd', '.', 0})).code, Code::format_error);      // a dot inside a label
  EXPECT_EQ(ask(query_of({9, 'd', 'b'})).code, Code::format_error);         // a label past the end
  EXPECT_EQ(ask(query_of(db, {.flags = {0x28, 0}})).code, Code::not_implemented);  // UPDATE
}

TEST(Dns, ALabelOf63BytesIsReadAndOneOf64IsNot) {
  EXPECT_EQ(ask(query_of(wire_name({std::string(63, 'a'), "com"}))).code, Code::refused);
  EXPECT_EQ(ask(query_of(wire_name({std::string(64, 'a'), "com"}))).code, Code::format_error);
}

TEST(Dns, ANameOf255BytesIsReadAndOneOf256IsNot) {
  const std::string label(63, 'a');
  const Bytes longest = wire_name({label, label, label, std::string(61, 'a')});
  ASSERT_EQ(longest.size(), name_bytes_max);
  EXPECT_EQ(ask(query_of(longest)).code, Code::refused);
  EXPECT_EQ(ask(query_of(wire_name({label, label, label, std::string(62, 'a')}))).code, Code::format_error);
}

TEST(Dns, AQueryOf512BytesIsReadAndOneOf513IsNot) {
  Bytes padded = opt;
  const std::size_t plain = query_of(db).size() + opt.size();
  const std::size_t room = query_bytes_max - plain;
  padded[9] = static_cast<std::uint8_t>(room >> 8);
  padded[10] = static_cast<std::uint8_t>(room);
  padded.resize(opt.size() + room);
  EXPECT_EQ(ask(query_of(db, {.additional = 1, .tail = padded})).code, Code::no_error);
  padded.push_back(0);
  padded[10] = static_cast<std::uint8_t>(room + 1);
  padded[9] = static_cast<std::uint8_t>((room + 1) >> 8);
  EXPECT_EQ(ask(query_of(db, {.additional = 1, .tail = padded})).code, Code::format_error);
}

TEST(Dns, RepliesAndFragmentsAreNotAnswered) {
  EXPECT_TRUE(answer(query_of(db, {.flags = {0x81, 0}}), lookup).empty());
  EXPECT_TRUE(answer(Bytes(11, 0), lookup).empty());
}

TEST(Dns, NoMoreAddressesAreAnsweredThanFit) {
  const auto many = [](std::size_t count) {
    return [count](const std::string&) -> Found { return Known{std::vector<text::Address>(count, text::Address{{10, 0, 0, 1}, false})}; };
  };
  const std::string label(63, 'a');
  const Bytes longest = query_of(wire_name({label, label, label, std::string(61, 'a')}), {.additional = 1, .tail = opt});
  for (const std::size_t count : {addresses_max, addresses_max + 1}) {
    const Bytes reply = answer(longest, many(count));
    const auto read = read_reply(reply);
    ASSERT_TRUE(read);
    EXPECT_LE(reply.size(), query_bytes_max);
    EXPECT_EQ(read->addresses.size(), std::min(count, addresses_max));
  }
}

}  // namespace
}  // namespace ringwall::dns
