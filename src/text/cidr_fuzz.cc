// Whatever is read as a CIDR block or an address is written in a form that reads back the same,
// and the block contains its own base. The C library reads the same texts as the same addresses.

#include <arpa/inet.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "text/cidr.h"

namespace {

// The second reader. It reads up to a zero byte, which no address holds.
bool reads_as(const std::string& text, int family, std::array<std::uint8_t, 16>& bytes) {
  return !text.contains('\0') && inet_pton(family, text.c_str(), bytes.data()) == 1;
}

void check_second_reader(const std::string& text) {
  const auto address = ringwall::text::parse_address(text);
  std::array<std::uint8_t, 16> v4{}, v6{};
  const bool is_v4 = reads_as(text, AF_INET, v4), is_v6 = reads_as(text, AF_INET6, v6);
  RW_CHECK(address.has_value() == (is_v4 || is_v6));
  if (!address) return;
  RW_CHECK(address->v6 == is_v6 && address->bytes == (is_v6 ? v6 : v4));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall::text;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_second_reader(std::string(text));
  if (const auto address = parse_address(text))
    RW_CHECK(parse_address(to_string(*address)) == *address);
  if (const auto cidr = parse_cidr(text, HostBits::clear)) {
    RW_CHECK(parse_cidr(to_string(*cidr), HostBits::refuse) == *cidr);
    RW_CHECK(cidr->contains(cidr->base) && cidr->overlaps(*cidr));
  }
  return 0;
}
