// Whatever is read as a CIDR block or an address is written in a form that reads back the same,
// and the block contains its own base.

#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "text/cidr.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall::text;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto address = parse_address(text))
    RW_CHECK(parse_address(to_string(*address)) == *address);
  if (const auto cidr = parse_cidr(text, HostBits::clear)) {
    RW_CHECK(parse_cidr(to_string(*cidr), HostBits::refuse) == *cidr);
    RW_CHECK(cidr->contains(cidr->base) && cidr->overlaps(*cidr));
  }
  return 0;
}
