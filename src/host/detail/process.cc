#include "host/detail/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <sstream>

#include "host/detail/attempts.h"
#include "host/detail/cgroup.h"
#include "host/detail/limits.h"
#include "host/detail/log.h"
#include "host/detail/mounts.h"
#include "host/detail/network.h"
#include "host/detail/spawn.h"
#include "os/files.h"

namespace ringwall::host::detail {
namespace {

using Clock = std::chrono::steady_clock;

std::unexpected<Error> cannot(const std::string& what) {
  return std::unexpected(os::system_error("cannot " + what, errno));
}

// What is written down about a started process. The start time tells it from a later process
// with the same number.
struct Record {
  pid_t pid = 0;
  std::string start_time;  // clock ticks since the machine started
  std::string volume_id;
};

// Field 22 of /proc/PID/stat; empty when there is no such process. The second field, the
// program's name, may hold spaces and parentheses, so counting begins after its last one.
std::string start_time_of(pid_t pid) {
  const std::string stat =
      os::read_file("/proc/" + std::to_string(pid) + "/stat", 65536).value_or("");
  const auto end_of_name = stat.rfind(')');
  if (end_of_name == std::string::npos) return {};
  std::istringstream fields(stat.substr(end_of_name + 1));
  std::string field;
  for (int number = 3; number <= 22; ++number) fields >> field;
  return field;
}

// Without fsync: after a crash of the machine there is no process to find.
Result<> write_record(const Folders& folders, const std::string& id, const Record& record) {
  const std::string path = folders.record(id), temporary = path + ".new";
  const std::string text =
      std::to_string(record.pid) + " " + record.start_time + " " + record.volume_id + "\n";
  const os::UniqueFd file(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::rename(temporary.c_str(), path.c_str()) != 0) {
    return cannot("write `" + path + "`");
  }
  return {};
}

Result<Record> read_record(const Folders& folders, const std::string& id) {
  RW_TRY(const std::string text, os::read_file(folders.record(id), 4096));
  std::istringstream words(text);
  Record record;
  if (words >> record.pid >> record.start_time >> record.volume_id) return record;
  return fail(Failure::corrupt, "`" + folders.record(id) + "` is damaged");
}

Result<std::string> cgroup_of(const Folders& folders, const std::string& id) {
  RW_TRY(const std::string folder, cgroup_folder(folders));
  return folder + "/" + id;
}

std::unexpected<Error> not_running(const std::string& id) {
  return fail(Failure::not_found, "the process `" + id + "` is not running");
}

// The ids that have a cgroup: the process `id` and its steps, or all.
Result<std::vector<std::string>> cgroups_of(const Folders& folders, const std::string& id) {
  RW_TRY(const std::string folder, cgroup_folder(folders));
  std::vector<std::string> found;
  std::error_code failure;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failure)) {
    const std::string name = entry.path().filename();
    if (!entry.is_directory(failure)) continue;
    if (id.empty() || name == id || name.starts_with(id + "-")) found.push_back(name);
  }
  return found;
}

constexpr int log_drain_seconds_max = 2;  // for what an ended engine has said to reach its log
// Of the process that keeps a log: little, and none of the engine's.
constexpr Limits log_limits{.memory_bytes = 64 << 20, .process_bytes = 64 << 20, .processes = 8, .cpu_percent = 25};

std::string log_id(const std::string& id) {
  return id + std::string(log_step);
}

struct Place {
  Group group;
  std::string resolver;
  os::UniqueFd network_namespace;
};

Result<> end_cgroup(const Folders& folders, const std::string& id) {
  RW_TRY(const Group group, group_of(folders, id));
  return end_group(group);
}

// The log's process ends by itself once nobody can write to it any more.
Result<> end_log(const Folders& folders, const std::string& id) {
  RW_TRY(const Group group, group_of(folders, log_id(id)));
  await_empty(group.folder, log_drain_seconds_max * 1000);
  return end_group(group);
}

Result<> make_limited(const HelperOptions& options, const Group& group, const Limits& limits) {
  RW_DO(make_group(group));
  auto stated = state_limits(options, group, limits);
  if (!stated) RW_DO(end_group(group));
  return stated;
}

// Checks what the process needs and makes its cgroup, empty: what an earlier process of this
// id left behind (an engine's children, when only its first process was killed) is ended.
Result<Place> prepare(const HelperOptions& options, const Process& process) {
  const Folders folders = folders_of(options);
  if (!mount_at(folders.mount(process.volume_id))) {
    return fail(Failure::not_found, "the volume `" + process.volume_id + "` is not open");
  }
  Place place;
  RW_TRY(const std::string vpc, vpc_of(folders, process.interface_id));
  RW_TRY(place.network_namespace, interface_namespace(folders, vpc, process.interface_id));
  RW_TRY(place.resolver, os::read_file(folders.resolver(vpc), 64));
  RW_TRY(place.group, group_of(folders, process.id));
  RW_DO(end_group(place.group));
  RW_DO(make_limited(options, place.group, process.limits));
  return place;
}

// Logs last, so that they have what the others said at their end.
Result<> end_all(const Folders& folders, const std::vector<std::string>& ids) {
  Result<> outcome;
  for (const std::string& id : ids) {
    if (!id.ends_with(log_step)) attempt(outcome, end_cgroup(folders, id));
  }
  for (const std::string& id : ids) {
    if (id.ends_with(log_step)) attempt(outcome, end_log(folders, id.substr(0, id.size() - log_step.size())));
  }
  return outcome;
}

// Starts what keeps the log of `process`, whose output goes to the other end of `output`.
Result<> start_log(const HelperOptions& options, const Process& process, const Place& place, int output) {
  const Folders folders = folders_of(options);
  RW_DO(end_log(folders, process.id));
  Process keeper = process;
  keeper.id = log_id(process.id);
  keeper.files.clear();
  keeper.limits = log_limits;
  const Launch no_program;
  RW_TRY(const Group group, group_of(folders, keeper.id));
  RW_DO(make_limited(options, group, keeper.limits));
  RW_TRY(Waiting child, spawn({.options = options,
                               .process = keeper,
                               .launch = no_program,
                               .group = group,
                               .resolver = place.resolver,
                               .network_namespace = place.network_namespace.get(),
                               .output = -1,
                               .input = output,
                               .inside = keep_log}));
  return let_go(child);
}

// Collects the output until the child has ended; at the time limit, and once it has ended, its
// whole cgroup goes.
Result<std::string> collect(const Waiting& child, int output, const Group& group,
                            bool& timed_out) {
  const auto limit = Clock::now() + std::chrono::seconds(run_seconds_max);
  std::string text;
  bool ended = false;
  for (;;) {
    pollfd watched[] = {{output, POLLIN, 0}, {ended ? -1 : child.pidfd.get(), POLLIN, 0}};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(limit - Clock::now()).count();
    const int ready = ::poll(watched, 2, static_cast<int>(std::max<long>(left, 0)));
    if (ready < 0 && errno != EINTR) return cannot("wait for the process");
    if (!ended && (ready == 0 || watched[1].revents != 0)) {
      timed_out = ready == 0;
      ended = true;
      RW_DO(end_group(group));
    }
    if (watched[0].revents == 0) continue;
    char buffer[16384];
    const ssize_t got = ::read(output, buffer, sizeof buffer);
    if (got == 0 || (got < 0 && errno != EINTR)) return text;
    if (got < 0) continue;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > 2 * output_bytes_max) text.erase(0, text.size() - output_bytes_max);
  }
}

Result<Running> find_running(const Folders& folders, const std::string& id) {
  const auto record = read_record(folders, id);
  if (!record) return not_running(id);
  // The descriptor first: what is then found to be the process is what it refers to.
  os::UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, record->pid, 0)));
  if (!pidfd || start_time_of(record->pid) != record->start_time) return not_running(id);
  RW_TRY(const std::string cgroup, cgroup_of(folders, id));
  if (!holds(cgroup, record->pid)) return not_running(id);  // ended, but not yet reaped
  return Running{record->pid, std::move(pidfd)};
}

void wait_until_ended(const os::UniqueFd& pidfd, int seconds) {
  pollfd watched = {pidfd.get(), POLLIN, 0};
  const auto limit = Clock::now() + std::chrono::seconds(seconds);
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(limit - Clock::now()).count();
    const int ready = ::poll(&watched, 1, static_cast<int>(std::max<long>(left, 0)));
    if (ready > 0 || left <= 0 || (ready < 0 && errno != EINTR)) return;
  }
}

}  // namespace

Result<Finished> run_process(const HelperOptions& options, const Process& process) {
  const Folders folders = folders_of(options);
  if (find_running(folders, process.id)) {
    return fail(Failure::conflict, "the process `" + process.id + "` is running");
  }
  RW_TRY(const Launch launch, options.launch(process));
  RW_TRY(const Place place, prepare(options, process));
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return cannot("make a pipe");
  const os::UniqueFd reading(ends[0]);
  os::UniqueFd writing(ends[1]);
  RW_TRY(Waiting child, spawn({options, process, launch, place.group, place.resolver,
                               place.network_namespace.get(), writing.get()}));
  writing.reset();
  const auto begun = let_go(child);
  bool timed_out = false;
  auto output = collect(child, reading.get(), place.group, timed_out);
  RW_DO(end_group(place.group));
  int status = 0;
  while (::waitpid(child.pid, &status, 0) < 0 && errno == EINTR) {
  }
  RW_DO(begun);
  if (!output) return std::unexpected(output.error());
  if (timed_out) {
    return fail(Failure::unavailable, "`" + process.id + "` did not end within " +
                                          std::to_string(run_seconds_max) +
                                          " seconds and was killed");
  }
  if (output->size() > output_bytes_max) output->erase(0, output->size() - output_bytes_max);
  return Finished{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                  std::move(*output)};
}

Result<Running> start_process(const HelperOptions& options, const Process& process) {
  const Folders folders = folders_of(options);
  if (find_running(folders, process.id)) {
    return fail(Failure::conflict, "the process `" + process.id + "` is already running");
  }
  RW_TRY(const Launch launch, options.launch(process));
  RW_TRY(const Place place, prepare(options, process));
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return cannot("make a pipe");
  const os::UniqueFd reading(ends[0]), writing(ends[1]);
  RW_DO(start_log(options, process, place, reading.get()));
  ::unlink(folders.earlier_output(process.id).c_str());
  RW_TRY(Waiting child, spawn({options, process, launch, place.group, place.resolver,
                               place.network_namespace.get(), writing.get()}));
  // Written before the program runs: if this request is killed here, the child ends by itself.
  const auto written =
      write_record(folders, process.id, {child.pid, start_time_of(child.pid), process.volume_id});
  const auto begun = written ? let_go(child) : written;
  if (begun) return Running{child.pid, std::move(child.pidfd)};
  ::unlink(folders.record(process.id).c_str());
  RW_DO(end_group(place.group));
  return std::unexpected(begun.error());
}

Result<Running> adopt_process(const Folders& folders, const std::string& id) {
  return find_running(folders, id);
}

Result<> signal_process(const Folders& folders, const std::string& id, int signal) {
  RW_TRY(const Running running, find_running(folders, id));
  if (::syscall(SYS_pidfd_send_signal, running.pidfd.get(), signal, nullptr, 0) == 0) return {};
  if (errno == ESRCH) return not_running(id);
  return cannot("signal the process `" + id + "`");
}

Result<> stop_process(const Folders& folders, const std::string& id, Stop how) {
  const auto running = find_running(folders, id);
  if (running && how == Stop::graceful) {
    ::syscall(SYS_pidfd_send_signal, running->pidfd.get(), SIGINT, nullptr, 0);
    wait_until_ended(running->pidfd, graceful_seconds_max);
  }
  RW_TRY(const auto ids, cgroups_of(folders, id));
  RW_DO(end_all(folders, ids));
  // It has left its cgroup; the end of a PID namespace takes its first process a moment longer.
  if (running) wait_until_ended(running->pidfd, graceful_seconds_max);
  if (::unlink(folders.record(id).c_str()) == 0 || errno == ENOENT) return {};
  return cannot("delete `" + folders.record(id) + "`");
}

std::vector<std::string> processes(const Folders& folders) {
  std::vector<std::string> found;
  for (const std::string& id : cgroups_of(folders, "").value_or(std::vector<std::string>())) {
    if (find_running(folders, id)) found.push_back(id);
  }
  std::ranges::sort(found);
  return found;
}

Result<> check_unused(const Folders& folders, const std::string& volume_id) {
  RW_TRY(const auto ids, cgroups_of(folders, ""));
  for (const std::string& id : ids) {
    const auto record = read_record(folders, id);
    const bool its_own = id == volume_id || id.starts_with(volume_id + "-");
    if (!its_own && !(record && record->volume_id == volume_id)) continue;
    RW_TRY(const std::string cgroup, cgroup_of(folders, id));
    if (is_populated(cgroup)) {
      return fail(Failure::conflict,
                  "the volume `" + volume_id + "` is in use by `" + id + "`: stop it first");
    }
  }
  return {};
}

Result<bool> any_engine_runs(const Folders& folders) {
  RW_TRY(const std::string folder, cgroup_folder(folders));
  RW_TRY(const auto ids, cgroups_of(folders, ""));
  return std::ranges::any_of(ids, [&](const std::string& id) {
    const bool is_step = id.find('-', std::string_view("db-").size()) != std::string::npos;
    return !is_step && is_populated(folder + "/" + id);
  });
}

Result<> end_all_processes(const Folders& folders) {
  RW_TRY(const auto ids, cgroups_of(folders, ""));
  Result<> outcome;
  attempt(outcome, end_all(folders, ids));
  for (const std::string& id : ids) ::unlink(folders.record(id).c_str());
  attempt(outcome, remove_groups(folders));
  return outcome;
}

}  // namespace ringwall::host::detail
