#include "host/detail/limits.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "host/detail/process.h"
#include "host/sanitized.h"
#include "os/fd.h"
#include "os/files.h"

namespace ringwall::host::detail {
namespace {

constexpr unsigned period_us = 100'000;  // in which the processor time is shared out

enum class Presence : std::uint8_t { required, optional /* depends on how the kernel was built */ };

Result<> state(const std::string& file, const std::string& value, Presence presence = Presence::required) {
  const os::UniqueFd opened(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!opened && errno == ENOENT && presence == Presence::optional) return {};
  if (opened && ::write(opened.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size())) return {};
  return std::unexpected(os::system_error("cannot write `" + value + "` to `" + file + "`", errno));
}

Result<> state_memory(const Control& control, const Limits& limits) {
  const std::string bytes = std::to_string(limits.memory_bytes);
  if (control.unified) {
    RW_DO(state(control.folder + "/memory.swap.max", "0", Presence::optional));
    return state(control.folder + "/memory.max", bytes);
  }
  // Memory alone may never exceed memory and swap together. So the order is another for more
  // than for less, and one of the first two writes may be refused.
  const std::string both = control.folder + "/memory.memsw.limit_in_bytes";
  (void)state(both, bytes, Presence::optional);
  RW_DO(state(control.folder + "/memory.limit_in_bytes", bytes));
  RW_DO(state(control.folder + "/memory.kmem.tcp.limit_in_bytes", std::to_string(limits.memory_bytes / 8), Presence::optional));
  return state(both, bytes, Presence::optional);
}

Result<> state_pids(const Control& control, const Limits& limits) {
  return state(control.folder + "/pids.max", std::to_string(limits.processes));
}

constexpr std::uint32_t shares_per_weight_percent = 1024;  // version 1's 1,024 is version 2's 100

Result<> state_cpu_weight(const Control& control, const std::string& folder, std::uint32_t weight) {
  if (control.unified) return state(folder + "/cpu.weight", std::to_string(std::min(weight, 10'000u)));
  return state(folder + "/cpu.shares", std::to_string(std::max(2u, weight * shares_per_weight_percent / 100)));
}

Result<> state_cpu(const Control& control, const Limits& limits) {
  const std::string quota = std::to_string(std::uint64_t{limits.cpu_percent} * period_us / 100);
  // All databases together weigh as much as a busy thread on each processor, so that the server,
  // which stands beside them, is not one of many.
  const auto processors = static_cast<std::uint32_t>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  const std::string all = control.folder.substr(0, control.folder.rfind('/'));
  RW_DO(state_cpu_weight(control, all, 100 * processors));
  RW_DO(state_cpu_weight(control, all.substr(0, all.rfind('/')), 100 * processors));
  RW_DO(state_cpu_weight(control, control.folder, limits.weight));
  if (control.unified) return state(control.folder + "/cpu.max", quota + " " + std::to_string(period_us));
  RW_DO(state(control.folder + "/cpu.cfs_period_us", std::to_string(period_us)));
  return state(control.folder + "/cpu.cfs_quota_us", quota);
}

// Only some schedulers of disks know weights.
Result<> state_io(const Control& control, const Limits& limits) {
  if (control.unified) return state(control.folder + "/io.weight", "default " + std::to_string(limits.weight), Presence::optional);
  return state(control.folder + "/blkio.bfq.weight", std::to_string(std::min(limits.weight, 1000u)), Presence::optional);
}

struct Needed {
  Controller which;
  const char* name;
  Result<> (*state)(const Control&, const Limits&);
};
constexpr Needed needed[] = {
    {Controller::memory, "memory", state_memory}, {Controller::pids, "pids", state_pids}, {Controller::cpu, "cpu", state_cpu}};

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "`" : ", `") + word + "`";
  return text;
}

}  // namespace

std::vector<std::string> missing_controllers(const Group& group) {
  std::vector<std::string> missing;
  for (const Needed& one : needed) {
    if (group.control(one.which).folder.empty()) missing.emplace_back(one.name);
  }
  return missing;
}

std::vector<std::string> missing_controllers(const Folders& folders) {
  const auto group = group_of(folders, "any");
  return group ? missing_controllers(*group) : std::vector<std::string>{"cgroup2"};
}

Result<> state_limits(const HelperOptions& options, const Group& group, const Limits& limits) {
  if (const auto missing = missing_controllers(group); !missing.empty() && !options.without_limits) {
    return fail(Failure::unavailable,
                "this machine offers no control group for " + listed(missing) +
                    ", and without it a database could take everything: enable the controller (for memory often the "
                    "kernel's `cgroup_enable=memory`), or start `ringwall serve --without-limits`");
  }
  for (const Needed& one : needed) {
    if (const Control& control = group.control(one.which); !control.folder.empty()) RW_DO(one.state(control, limits));
  }
  const Control& io = group.control(Controller::io);
  return io.folder.empty() ? Result<>() : state_io(io, limits);
}

Result<> hold(pid_t pid, const Limits& limits) {
  // Whoever has ended meanwhile needs no limits.
  RW_DO(state("/proc/" + std::to_string(pid) + "/oom_score_adj", std::to_string(engine_oom_score), Presence::optional));
  if (is_sanitized) return {};
  const rlimit memory = {limits.process_bytes, limits.process_bytes};
  if (::prlimit(pid, RLIMIT_DATA, &memory, nullptr) == 0 || errno == ESRCH) return {};
  return std::unexpected(os::system_error("cannot limit the memory of a process", errno));
}

Result<> limit_process(const HelperOptions& options, const std::string& id, const Limits& limits) {
  const Folders folders = folders_of(options);
  RW_DO(adopt_process(folders, id));
  RW_TRY(const Group group, group_of(folders, id));
  RW_DO(make_group(group));
  if (auto stated = state_limits(options, group, limits); !stated) {
    // Version 1 refuses less memory than is in use.
    if (stated.error().kind == Failure::conflict) return fail(Failure::conflict, "`" + id + "` must be restarted to keep its limits");
    return stated;
  }
  // A process made meanwhile is where its parent was, so this goes on until nobody was new.
  std::set<pid_t> seen;
  for (bool again = true; again;) {
    again = false;
    for (const pid_t pid : members_of(group.folder)) {
      if (!seen.insert(pid).second) continue;
      again = true;
      RW_DO(complete(group, pid));
      // Only who has CAP_SYS_RESOURCE may change another user's process, and some containers withhold
      // it even from root; what was stated at its birth then stays until it is started again.
      const auto held = hold(pid, limits);
      if (!held && held.error().kind != Failure::denied && held.error().kind != Failure::not_found) return held;
    }
  }
  return {};
}

}  // namespace ringwall::host::detail
