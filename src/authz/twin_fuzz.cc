// decide() and its plain twin agree on whatever decision the bytes spell, and statement by
// statement on whatever they list.

#include <cstdint>
#include <cstdio>

#include "authz/testing_shrink.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall;
  if (size == 0) return -1;
  policy::testing::Choices choices(std::span<const std::uint8_t>(data, size));
  authz::testing::World world = authz::testing::world(choices);
  authz::plain::Evaluator twin;
  for (int i = 0; i < 4; ++i) {
    const policy::Request request = policy::testing::request(choices, world.service);
    const std::string found = authz::testing::any_difference(request, world.owned, twin);
    if (!found.empty()) std::fputs(authz::testing::shrunk(request, world.owned).c_str(), stderr);
    RW_CHECK(found.empty());
    if (choices.exhausted()) break;
  }
  return 0;
}
