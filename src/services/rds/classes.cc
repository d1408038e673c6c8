#include "services/rds/detail/classes.h"

#include <algorithm>
#include <array>

namespace ringwall::rds::detail {
namespace {

// As AWS lists them.
constexpr std::array<InstanceClass, 12> classes = {{
    {"db.t3.micro", 2, 1}, {"db.t3.small", 2, 2}, {"db.t3.medium", 2, 4}, {"db.t3.large", 2, 8},
    {"db.t4g.micro", 2, 1}, {"db.t4g.small", 2, 2}, {"db.t4g.medium", 2, 4}, {"db.t4g.large", 2, 8},
    {"db.m5.large", 2, 8}, {"db.m5.xlarge", 4, 16}, {"db.r5.large", 2, 16}, {"db.r5.xlarge", 4, 32},
}};

constexpr std::uint64_t memory_per_connection_bytes = 9'531'392;
constexpr std::uint64_t connections_least = 20, connections_most = 5000;

// Beside one for each connection: the engine's own, workers of parallel queries, and a few
// connections that have not signed in yet.
constexpr std::uint32_t processes_beside = 64;

}  // namespace

unsigned InstanceClass::connections_max() const {
  return static_cast<unsigned>(std::clamp(memory_bytes() / memory_per_connection_bytes, connections_least, connections_most));
}

host::Limits InstanceClass::limits() const {
  // A quarter is the engine's shared buffers. No session may have more than half for itself, so that
  // one alone meets an error and not the kernel.
  return {.memory_bytes = memory_bytes(),
          .process_bytes = memory_bytes() / 2,
          .processes = connections_max() + processes_beside,
          .cpu_percent = 100 * vcpus,
          .weight = 100 * vcpus};
}

std::span<const InstanceClass> instance_classes() { return classes; }

const InstanceClass* find_class(std::string_view name) {
  const auto found = std::ranges::find(classes, name, &InstanceClass::name);
  return found == classes.end() ? nullptr : &*found;
}

}  // namespace ringwall::rds::detail
