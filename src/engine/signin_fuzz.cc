// Whatever decodes as a sign-in request or notice encodes to the very bytes it came from, and the two
// readers of a frame's length agree.

#include <algorithm>

#include "base/check.h"
#include "engine/signin.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall;
  const ByteView input(data, size);
  if (const auto request = engine::decode_request(input)) {
    const auto again = engine::encode(*request);
    RW_CHECK(again && std::ranges::equal(again->reveal(), input));
    const auto length = engine::request_bytes(input);
    RW_CHECK(length && *length == size);
  }
  if (const auto notice = engine::decode_notice(input)) {
    RW_CHECK(std::ranges::equal(engine::encode(*notice), input));
    const auto length = engine::request_bytes(input);
    RW_CHECK(length && *length == size);
  }
  if (const auto reply = engine::decode_reply(input)) {
    RW_CHECK(std::ranges::equal(engine::encode(*reply), input));
  }
  return 0;
}
