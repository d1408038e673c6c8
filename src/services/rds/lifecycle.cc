// DB instances: started, stopped, rebooted, deleted. Each writes what is wanted and a status that
// says so; the reconciler does it.

#include "services/rds/detail/common.h"

namespace ringwall::rds::detail {
namespace {

ApiError wrong_state(const Json& document, std::string_view wanted) {
  return {"InvalidDBInstanceState", "Instance " + document.str("DBInstanceIdentifier") + " is not in " + std::string(wanted) + " state."};
}

Json request(const Call& call, Json document, std::string_view desired, std::string_view status) {
  document.set("desired", desired).set("DBInstanceStatus", status);
  document.set("generation", document["generation"].as_integer() + 1);
  put_instance(call, document);
  return Json::object({{"DBInstance", shown(document)}});
}

// One whose storage is full can be stopped and rebooted too: that needs no more of it.
bool is_up(const Json& document) {
  const std::string_view status = document.text("DBInstanceStatus");
  return status == "available" || status == "storage-full";
}

ApiResult<Json> start(const Call& call) {
  const auto stored = find_instance(call);
  if (!stored) return std::unexpected(stored.error());
  if ((*stored)->text("DBInstanceStatus") != "stopped") return std::unexpected(wrong_state(**stored, "stopped"));
  Json document = **stored;
  apply_pending(document);
  return request(call, std::move(document), "running", "starting");
}

ApiResult<Json> stop(const Call& call) {
  const auto stored = find_instance(call);
  if (!stored) return std::unexpected(stored.error());
  if (!is_up(**stored)) return std::unexpected(wrong_state(**stored, "available"));
  if (call.input.contains("DBSnapshotIdentifier")) {
    return std::unexpected(invalid_combination("snapshots are not offered by this server: stop without DBSnapshotIdentifier"));
  }
  return request(call, **stored, "stopped", "stopping");
}

ApiResult<Json> reboot(const Call& call) {
  const auto stored = find_instance(call);
  if (!stored) return std::unexpected(stored.error());
  if (!is_up(**stored)) return std::unexpected(wrong_state(**stored, "available"));
  if (call.input["ForceFailover"].as_bool()) {
    return std::unexpected(invalid_combination("ForceFailover cannot be specified since the instance is not configured for MultiAZ."));
  }
  Json document = **stored;
  apply_pending(document);
  document.set("reboot", true);
  return request(call, std::move(document), "running", "rebooting");
}

ApiResult<Json> remove(const Call& call) {
  const auto stored = find_instance(call);
  if (!stored) return std::unexpected(stored.error());
  const Json& document = **stored;
  if (document["DeletionProtection"].as_bool()) {
    return std::unexpected(invalid_combination("Cannot delete protected DB Instance, please disable deletion protection and try again."));
  }
  if (document.text("desired") == "deleted") {
    return api_error("InvalidDBInstanceState", "Instance " + document.str("DBInstanceIdentifier") + " is already being deleted.");
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
  return request(call, document, "deleted", "deleting");
}

}  // namespace

void apply_pending(Json& document) {
  if (const std::string wanted = document["PendingModifiedValues"].str("DBInstanceClass"); !wanted.empty()) {
    document.set("DBInstanceClass", wanted);
  }
  document.edit("PendingModifiedValues").erase("DBInstanceClass");
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
