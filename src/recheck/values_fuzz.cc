// The first line is a value, each other a test on it: whatever the value answers to all of them, a sample does.

#include <cstdint>

#include "base/check.h"
#include "recheck/testing_values.h"
#include "text/encode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall;
  constexpr std::size_t tests_max = 6, bytes_max = 400;
  if (size > bytes_max) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  if (!text::is_utf8(rest)) return 0;
  std::vector<std::string> lines;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    lines.emplace_back(line);
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  std::vector<recheck::detail::Test> tests;
  for (std::size_t i = 1; i < lines.size() && tests.size() < tests_max; ++i) {
    if (auto test = recheck::testing::test_of(lines[i])) tests.push_back(*std::move(test));
  }
  if (tests.empty()) return 0;
  const auto sampled = recheck::testing::sampled(lines.front(), tests);
  RW_CHECK(!sampled.decided || sampled.found);
  return 0;
}
