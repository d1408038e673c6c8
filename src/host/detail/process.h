#pragma once
// Engines as processes: started, found again, signalled, ended.

#include <string>
#include <vector>

#include "base/result.h"
#include "host/detail/folders.h"
#include "host/helper.h"
#include "host/host.h"

namespace ringwall::host::detail {

inline constexpr std::size_t output_bytes_max = 64 << 10;  // of run()
inline constexpr int run_seconds_max = 120;
inline constexpr int graceful_seconds_max = 20;

Result<Finished> run_process(const HelperOptions& options, const Process& process);
// The process is not this one's descendant for long: when the caller exits it belongs to the
// reaper, or to init when there is none.
Result<Running> start_process(const HelperOptions& options, const Process& process);
Result<Running> adopt_process(const Folders& folders, const std::string& id);
Result<> signal_process(const Folders& folders, const std::string& id, int signal);
// Ends the process and those of its steps (id-…).
Result<> stop_process(const Folders& folders, const std::string& id, Stop how);

std::vector<std::string> processes(const Folders& folders);
// conflict when anything runs on the volume.
Result<> check_unused(const Folders& folders, const std::string& volume_id);
// Ends every process of the data folder.
// Whether the first process or a child of any engine lives; what is only a step does not count.
Result<bool> any_engine_runs(const Folders& folders);
Result<> end_all_processes(const Folders& folders);

}  // namespace ringwall::host::detail
