#pragma once
// The instance classes that can be had, and everything that follows from one: what the kernel holds
// its processes to, what the engine is told, what the API answers.

#include <cstdint>
#include <span>
#include <string_view>

#include "host/host.h"

namespace ringwall::rds::detail {

struct InstanceClass {
  std::string_view name;
  std::uint32_t vcpus = 0;
  std::uint64_t gibibytes = 0;

  std::uint64_t memory_bytes() const { return gibibytes << 30; }
  // As RDS's default for PostgreSQL: LEAST({DBInstanceClassMemory/9531392}, 5000).
  unsigned connections_max() const;
  host::Limits limits() const;
};

std::span<const InstanceClass> instance_classes();
const InstanceClass* find_class(std::string_view name);  // null: it is not offered

}  // namespace ringwall::rds::detail
