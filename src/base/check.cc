#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace ringwall::detail {

void check_failed(const char* expression, const char* file, int line) noexcept {
  std::fprintf(stderr, "ringwall: bug: %s:%d: `%s` does not hold\n", file, line, expression);
  std::abort();
}

}  // namespace ringwall::detail
