#pragma once
// Every fuzz target by its name.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

struct Target {
  std::string_view name;
  int (*run)(const std::uint8_t*, std::size_t);
};
const std::vector<Target>& targets();
