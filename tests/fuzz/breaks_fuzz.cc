// Breaks on what begins with `!`, and never ends on what begins with `?`: the test of the test.

#include <cstdint>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  RW_CHECK(size == 0 || data[0] != '!');
  while (size > 0 && *static_cast<const volatile std::uint8_t*>(data) == '?') {
  }
  return 0;
}
