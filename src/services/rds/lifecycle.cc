// DB instances: started, stopped, rebooted, deleted. Each writes what is wanted and a status that
// says so; the reconciler does it.

#include "services/rds/detail/common.h"

namespace ringwall::rds::detail {
namespace {

ApiError wrong_state(const Instance& instance, std::string_view wanted) {
  return {"InvalidDBInstanceState", "Instance " + instance.wanted.identifier + " is not in " + std::string(wanted) + " state."};
}

Json request(const Call& call, Instance instance, Desired desired, Status status) {
  instance.wanted.desired = desired;
  ++instance.wanted.generation;
  become(instance.observed, status);
  put_instance(call, instance);
  return Json::object({{"DBInstance", shown(instance)}});
}

// One whose storage is full can be stopped and rebooted too: that needs no more of it.
bool is_up(const Instance& instance) {
  return instance.observed.status == Status::available || instance.observed.status == Status::storage_full;
}

ApiResult<Json> start(const Call& call) {
  auto instance = find_instance(call);
  if (!instance) return std::unexpected(instance.error());
  if (instance->observed.status != Status::stopped) return std::unexpected(wrong_state(*instance, "stopped"));
  apply_pending(*instance);
  return request(call, *std::move(instance), Desired::running, Status::starting);
}

ApiResult<Json> stop(const Call& call) {
  auto instance = find_instance(call);
  if (!instance) return std::unexpected(instance.error());
  if (!is_up(*instance)) return std::unexpected(wrong_state(*instance, "available"));
  if (call.input.contains("DBSnapshotIdentifier")) {
    return std::unexpected(invalid_combination("snapshots are not offered by this server: stop without DBSnapshotIdentifier"));
  }
  return request(call, *std::move(instance), Desired::stopped, Status::stopping);
}

ApiResult<Json> reboot(const Call& call) {
  auto instance = find_instance(call);
  if (!instance) return std::unexpected(instance.error());
  if (!is_up(*instance)) return std::unexpected(wrong_state(*instance, "available"));
  if (call.input["ForceFailover"].as_bool()) {
    return std::unexpected(invalid_combination("ForceFailover cannot be specified since the instance is not configured for MultiAZ."));
  }
  apply_pending(*instance);
  instance->requests.reboot = true;
  return request(call, *std::move(instance), Desired::running, Status::rebooting);
}

ApiResult<Json> remove(const Call& call) {
  auto instance = find_instance(call);
  if (!instance) return std::unexpected(instance.error());
  if (instance->wanted.deletion_protection) {
    return std::unexpected(invalid_combination("Cannot delete protected DB Instance, please disable deletion protection and try again."));
  }
  if (instance->wanted.desired == Desired::deleted) {
    return api_error("InvalidDBInstanceState", "Instance " + instance->wanted.identifier + " is already being deleted.");
  }
  const bool skip = call.input["SkipFinalSnapshot"].as_bool(), named = call.input.contains("FinalDBSnapshotIdentifier");
  if (skip && named) {
    return std::unexpected(invalid_combination("FinalDBSnapshotIdentifier can not be specified when deleting with SkipFinalSnapshot."));
  }
  if (!skip && !named) {
    return std::unexpected(invalid_combination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."));
  }
  if (!skip) {
    return std::unexpected(invalid_combination("snapshots are not offered by this server, so a final one cannot be made: nothing was deleted. "
                                               "Dump the database first, then delete with SkipFinalSnapshot."));
  }
  return request(call, *std::move(instance), Desired::deleted, Status::deleting);
}

}  // namespace

void apply_pending(Instance& instance) {
  std::optional<std::string>& waits = instance.requests.pending.instance_class;
  if (waits) instance.wanted.instance_class = *waits;
  waits.reset();
}

std::vector<service::Operation> lifecycle_operations() {
  using service::Access;
  return {
      {"StartDBInstance", Access::write, ask_instance("rds:StartDBInstance"), start},
      {"StopDBInstance", Access::write, ask_instance("rds:StopDBInstance"), stop},
      {"RebootDBInstance", Access::write, ask_instance("rds:RebootDBInstance"), reboot},
      {"DeleteDBInstance", Access::write, ask_instance("rds:DeleteDBInstance"), remove},
  };
}

}  // namespace ringwall::rds::detail
