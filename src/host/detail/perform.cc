#include "host/detail/perform.h"

#include <variant>

#include "host/detail/copy.h"
#include "host/detail/folders.h"
#include "host/detail/labels.h"
#include "host/detail/limits.h"
#include "host/detail/mounts.h"
#include "host/detail/network.h"
#include "host/detail/process.h"
#include "host/detail/space.h"
#include "host/detail/validate.h"
#include "host/detail/volume.h"

namespace ringwall::host::detail {
namespace {

Outcome succeeded() {
  Outcome outcome;
  outcome.reply.succeeded = true;
  return outcome;
}

Outcome outcome_of(Result<> result) {
  return result ? succeeded() : failed(std::move(result).error());
}

Outcome outcome_of(Result<os::UniqueFd> result) {
  if (!result) return failed(std::move(result).error());
  Outcome outcome = succeeded();
  outcome.attached = std::move(*result);
  return outcome;
}

Outcome outcome_of(Result<Running> result) {
  if (!result) return failed(std::move(result).error());
  Outcome outcome = succeeded();
  outcome.reply.pid = result->pid;
  outcome.attached = std::move(result->pidfd);
  return outcome;
}

struct Performer {
  const HelperOptions& options;
  const Folders folders = folders_of(options);

  Outcome operator()(const ApplyNetwork& r) const {
    return outcome_of(apply_network(folders, r.network));
  }
  Outcome operator()(const RemoveNetwork& r) const {
    return outcome_of(remove_network(folders, r.vpc_id));
  }
  Outcome operator()(const Sever& r) const {
    const auto severed = sever(folders, r.vpc_id, r.addresses);
    if (!severed) return failed(severed.error());
    Outcome outcome = succeeded();
    outcome.reply.severed = *severed;
    return outcome;
  }
  Outcome operator()(const Listen& r) const {
    return outcome_of(listen(folders, r.vpc_id, r.address, r.port, r.transport));
  }
  Outcome operator()(const InterfaceNamespace& r) const {
    return outcome_of(interface_namespace(folders, r.vpc_id, r.interface_id));
  }
  Outcome operator()(const OpenVolume& r) const {
    return outcome_of(open_volume(options, r.volume, r.key));
  }
  Outcome operator()(const CloseVolume& r) const {
    if (auto unused = check_unused(folders, r.volume_id); !unused)
      return failed(std::move(unused).error());
    return outcome_of(close_volume(folders, r.volume_id));
  }
  Outcome operator()(const RemoveVolume& r) const {
    if (auto unused = check_unused(folders, r.volume_id); !unused)
      return failed(std::move(unused).error());
    return outcome_of(remove_volume(folders, r.volume_id));
  }
  Outcome operator()(const CopyVolume& r) const {
    return outcome_of(copy_volume(folders, r.volume_id));
  }
  Outcome operator()(const LabelVolume& r) const {
    return outcome_of(label_volume(folders, r.volume_id, r.label));
  }
  Outcome operator()(const LookAtVolumes& r) const {
    auto facts = look_at_volumes(folders, r.after, r.only);
    if (!facts) return failed(std::move(facts).error());
    Outcome outcome = succeeded();
    outcome.reply.volumes = std::move(*facts);
    return outcome;
  }
  Outcome operator()(const KeepInstallation& r) const {
    return outcome_of(keep_installation(folders, r.content));
  }
  Outcome operator()(const RecallInstallation&) const {
    auto content = kept_installation(folders);
    if (!content) return failed(std::move(content).error());
    Outcome outcome = succeeded();
    outcome.reply.installation = std::move(*content);
    return outcome;
  }
  Outcome operator()(const RunProcess& r) const {
    auto finished = run_process(options, r.process);
    if (!finished) return failed(std::move(finished).error());
    Outcome outcome = succeeded();
    outcome.reply.finished = std::move(*finished);
    return outcome;
  }
  Outcome operator()(const StartProcess& r) const {
    // Nothing that an earlier engine had open is this one's.
    if (auto severed = sever_interface(folders, r.process.interface_id); !severed)
      return failed(std::move(severed).error());
    return outcome_of(start_process(options, r.process));
  }
  Outcome operator()(const AdoptProcess& r) const {
    return outcome_of(adopt_process(folders, r.process_id));
  }
  Outcome operator()(const LimitProcess& r) const {
    return outcome_of(limit_process(options, r.process_id, r.limits));
  }
  Outcome operator()(const SignalProcess& r) const {
    return outcome_of(signal_process(folders, r.process_id, r.signal));
  }
  Outcome operator()(const StopProcess& r) const {
    // The engine's last checkpoint is to find room, also on a full volume.
    if (r.how == Stop::graceful && mount_at(folders.mount(r.process_id))) spare_ballast(folders.mount(r.process_id));
    return outcome_of(stop_process(folders, r.process_id, r.how));
  }
  Outcome operator()(const TakeInventory&) const {
    Outcome outcome = succeeded();
    outcome.reply.inventory = {networks(folders),     volumes(folders),      open_volumes(folders), processes(folders), missing_controllers(folders),
                               sparse_volumes(folders), full_volumes(folders), failed_volumes(folders)};
    return outcome;
  }
};

}  // namespace

Outcome failed(Error error) {
  Outcome outcome;
  outcome.reply.error = std::move(error);
  return outcome;
}

Outcome perform(const Request& request, const HelperOptions& options) {
  if (auto valid = validate(request, options); !valid) return failed(std::move(valid).error());
  return std::visit(Performer{options}, request);
}

}  // namespace ringwall::host::detail
