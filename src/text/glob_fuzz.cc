// The scan and the recursive definition agree on every pattern and text. The first byte says
// where the pattern ends; `<` and `.` stand for the confined wildcards.

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "text/glob.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall::text;
  if (size < 2 || size > 21) return -1;  // the twin is exponential: at most a hundred thousand steps
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t split = std::min<std::size_t>(data[0] % 12, text.size());
  for (const Case letters : {Case::exact, Case::ignore}) {
    Glob glob(letters);
    bool free_one = false;
    for (const char& c : text.substr(0, split)) {
      if (c == '<' && !free_one) {
        glob.add_any_run_in_part();
      } else if (c == '.') {
        glob.add_any_one_in_part();
      } else {
        glob.add_pattern(std::string_view(&c, 1));
        free_one |= c == '?';
      }
    }
    RW_CHECK(glob.matches(text.substr(split)) == glob.matches_plainly(text.substr(split)));
  }
  return 0;
}
