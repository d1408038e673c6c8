#include "engine/signin.h"

#include <gtest/gtest.h>

namespace ringwall::engine {
namespace {

SigninRequest request_of(std::size_t user, std::size_t token, std::size_t origin) {
  return {.user = std::string(user, 'u'),
          .token = Secret(std::string(token, 't')),
          .origin = std::string(origin, 'o')};
}

TEST(Signin, ARequestSurvivesTheWire) {
  const Secret frame = *encode({.user = "ada", .token = Secret("a?b=c"), .origin = "10.0.1.9"});
  EXPECT_EQ(request_bytes(frame.reveal()), frame.reveal().size());
  const auto request = decode_request(frame.reveal());
  ASSERT_TRUE(request);
  EXPECT_EQ(request->user, "ada");
  EXPECT_EQ(request->token.reveal_text(), "a?b=c");
  EXPECT_EQ(request->origin, "10.0.1.9");
}

TEST(Signin, ANoticeSurvivesTheWireAndItsFieldsAreCut) {
  const SigninNotice told{.user = "boss", .database = "shop", .origin = "10.0.1.9", .tls = "TLSv1.3", .allowed = true};
  const Bytes frame = encode(told);
  EXPECT_TRUE(is_notice(frame));
  EXPECT_EQ(request_bytes(frame), frame.size());
  EXPECT_EQ(request_bytes(ByteView(frame).first(5)), std::nullopt);
  const auto heard = decode_notice(frame);
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->user + heard->database + heard->origin + heard->tls, "bossshop10.0.1.9TLSv1.3");
  EXPECT_TRUE(heard->allowed);
  for (std::size_t length = 0; length < frame.size(); ++length) {
    EXPECT_FALSE(decode_notice(ByteView(frame).first(length))) << length;
  }
  Bytes neither = frame;
  neither[1] = 2;
  EXPECT_FALSE(decode_notice(neither));
  Bytes zero = frame;
  zero.back() = 0;
  EXPECT_FALSE(decode_notice(zero));
  EXPECT_FALSE(decode_notice(encode(request_of(1, 1, 1))->reveal()));
  const Bytes longest = encode(
      SigninNotice{.user = std::string(255, 'u'), .database = std::string(256, 'd'), .origin = {}, .tls = {}});
  EXPECT_EQ(longest.size(), 6U + 255U + 255U);
  EXPECT_TRUE(decode_notice(longest));
}

TEST(Signin, EachFieldIsAcceptedAtItsLimitAndRefusedPastIt) {
  const auto frame = encode(request_of(255, 8192, 255));
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->reveal().size(), std::size_t{RW_SIGNIN_REQUEST_BYTES_MAX});
  EXPECT_TRUE(decode_request(frame->reveal()));
  EXPECT_FALSE(encode(request_of(256, 8192, 255)));
  EXPECT_FALSE(encode(request_of(255, 8193, 255)));
  EXPECT_FALSE(encode(request_of(255, 8192, 256)));
  EXPECT_TRUE(encode(request_of(1, 1, 0)));
  EXPECT_FALSE(encode(request_of(0, 1, 0)));
  EXPECT_FALSE(encode(request_of(1, 0, 0)));
}

TEST(Signin, ATokenOverTheLimitIsRefusedFromTheHeaderAlone) {
  const Bytes at{1, 1, 0x20, 0x00, 0};
  const Bytes past{1, 1, 0x20, 0x01, 0};
  EXPECT_EQ(request_bytes(at), 5U + 1U + 8192U);
  EXPECT_FALSE(request_bytes(past));
}

TEST(Signin, ShortLongZeroedAndForeignRequestsAreRefused) {
  const Secret secret = *encode(request_of(3, 4, 2));
  const Bytes frame(secret.reveal().begin(), secret.reveal().end());
  for (std::size_t length = 0; length < frame.size(); ++length) {
    EXPECT_FALSE(decode_request(ByteView(frame).first(length))) << length;
  }
  Bytes longer = frame;
  longer.push_back('x');
  EXPECT_FALSE(decode_request(longer));
  Bytes zeroed = frame;
  zeroed[6] = 0;
  EXPECT_FALSE(decode_request(zeroed));
  Bytes newer = frame;
  newer[0] = 2;
  EXPECT_FALSE(decode_request(newer));
}

TEST(Signin, AReplyAllowsOnlyWhenItSaysExactlyThat) {
  const Bytes allow = encode(SigninReply{.allowed = true, .reason = "allowed"});
  EXPECT_TRUE(decode_reply(allow)->allowed);
  EXPECT_EQ(decode_reply(allow)->reason, "allowed");
  EXPECT_FALSE(decode_reply(encode(SigninReply{}))->allowed);
  for (std::size_t length = 0; length < allow.size(); ++length) {
    EXPECT_FALSE(decode_reply(ByteView(allow).first(length)));
  }
  Bytes odd = allow;
  odd[1] = 2;
  EXPECT_FALSE(decode_reply(odd));
}

TEST(Signin, AReasonIsKeptAtItsLimitAndCutPastIt) {
  for (const std::size_t length : {255U, 256U}) {
    const auto reply = decode_reply(encode(SigninReply{.reason = std::string(length, 'r')}));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->reason.size(), 255U);
  }
}

}  // namespace
}  // namespace ringwall::engine
