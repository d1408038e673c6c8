// Whatever arrives, the reply is empty or one that an independent reader accepts, at most 512
// bytes, with the query's id; addresses appear only if the name was looked up.

#include "base/check.h"
#include "dns/dns.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall;
  const ByteView message(data, size);
  bool asked = false;
  const Bytes reply = dns::answer(message, [&](const std::string& name) -> dns::Found {
    asked = true;
    RW_CHECK(name.size() < dns::name_bytes_max);
    if (name.size() % 3 == 0) return std::unexpected(dns::Unknown::outside);
    return dns::Known{{text::Address{{10, 0, 0, 1}, false}}};
  });
  if (reply.empty()) return 0;
  RW_CHECK(reply.size() <= dns::query_bytes_max);
  const auto read = dns::read_reply(reply);
  RW_CHECK(read.has_value());
  RW_CHECK(read->id == (data[0] << 8 | data[1]));
  RW_CHECK(read->addresses.empty() || asked);
  return 0;
}
