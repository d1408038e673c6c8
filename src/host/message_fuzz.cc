// The helper reads these bytes as root: whatever they are, they are refused, or they are
// exactly the encoding of what was read.

#include <algorithm>

#include "base/check.h"
#include "host/detail/message.h"
#include "host/detail/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall;
  using namespace ringwall::host::detail;
  const ByteView bytes(data, size);
  if (const auto request = decode_request(bytes)) {
    RW_CHECK(std::ranges::equal(encode(*request), bytes));
    (void)validate(*request, {});
  }
  if (const auto reply = decode_reply(bytes)) RW_CHECK(std::ranges::equal(encode(*reply), bytes));
  return 0;
}
