// Arbitrary texts as perimeter files: what is refused is refused with its place, and what is read
// keeps what the reader promises about it.

#include <cstdint>
#include <set>
#include <string_view>

#include "base/check.h"
#include "perimeter/detail/members.h"
#include "perimeter/perimeter.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall::perimeter;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto perimeter = read(text);
  if (!perimeter) {
    RW_CHECK(!perimeter.error().message.empty());
    return 0;
  }
  // An account may be in none, or the estate says in which.
  if (!perimeter->organization.empty()) RW_CHECK(!perimeter->no_organization && !detail::objection(detail::Form::organization, perimeter->organization));
  RW_CHECK(!perimeter->regions.empty());
  for (const auto& cidr : perimeter->networks.cidrs) RW_CHECK(cidr.prefix > 0);
  std::set<std::string_view> names;
  for (const Exception& exception : perimeter->exceptions) {
    RW_CHECK(names.insert(exception.name).second);
    RW_CHECK(!exception.owner.empty() && !exception.reason.empty());
    RW_CHECK(exception.offset < size);
  }
  return 0;
}
