// DB instances: created, described, modified.

#include <algorithm>
#include <array>

#include "network/documents.h"
#include "network/network.h"
#include "network/records.h"
#include "services/rds/detail/common.h"
#include "services/rds/detail/validate.h"
#include "text/encode.h"
#include "text/time.h"

namespace ringwall::rds::detail {
namespace {

constexpr std::int64_t port_default = 5432;
constexpr std::string_view resource_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

ApiResult<SubnetGroup> subnet_group_of(const Call& call) {
  if (!call.input.contains("DBSubnetGroupName")) {
    return api_error("DBSubnetGroupNotFoundFault", "DB subnet group 'default' does not exist: Ringwall has no default VPC, so name one with DBSubnetGroupName");
  }
  return find_subnet_group(call);
}

// The key that the instance is to be encrypted with.
ApiResult<keyring::Key> key_of(const Call& call) {
  if (!call.input.contains("KmsKeyId")) return keyring::managed_key(call.environment, call.transaction, call.account(), "rds");
  auto key = keyring::find_key(call.transaction, call.environment.region, call.account(), call.input.text("KmsKeyId"));
  if (!key || keyring::unusable(*key)) {
    return api_error("KMSKeyNotAccessibleFault", "The specified KMS key [" + call.input.str("KmsKeyId") +
                                                     "] does not exist, is not enabled or you do not have permissions to access it. ");
  }
  return key;
}

void add_create_context(const Call& call, policy::Context& context, const estate::Tags& tags) {
  service::add_request_tags(context, tags);
  add_tags_context(context, "rds:req-tag/", tags);
  context.set("rds:DatabaseEngine", call.input.str("Engine"));
  context.set("rds:DatabaseClass", call.input.str("DBInstanceClass"));
  context.set("rds:DatabaseName", call.input.str("DBName"));
  context.set("rds:StorageEncrypted", "true");
  context.set("rds:StorageSize", std::to_string(call.input["AllocatedStorage"].as_integer()));
  context.set("rds:MultiAz", call.input["MultiAZ"].as_bool() ? "true" : "false");
  context.set("rds:Vpc", "true");
}

// RDS asks for the instance and every group it uses; and, as the caller, for the key's use.
ApiResult<service::Questions> ask_create(const Call& call) {
  const estate::Tags tags = service::tags_of(call.input["Tags"]);
  service::Question question{.action = "rds:CreateDBInstance", .resource = arn_of(call, "db", call.input.text("DBInstanceIdentifier"))};
  add_create_context(call, question.context, tags);
  service::Questions questions{{question}};
  for (const auto& [kind, member] : {std::pair{"subgrp", "DBSubnetGroupName"}, {"pg", "DBParameterGroupName"}, {"og", "OptionGroupName"}}) {
    if (!call.input.contains(member)) continue;
    question.resource = arn_of(call, kind, call.input.text(member));
    questions.all.push_back(question);
  }
  if (!tags.empty()) {
    question.action = "rds:AddTagsToResource";
    question.resource = questions.all.front().resource;
    questions.all.push_back(question);
  }
  if (call.input.contains("KmsKeyId")) {
    const auto key = key_of(call);
    if (!key) return std::unexpected(key.error());
    const std::string via = "rds." + call.environment.region + ".amazonaws.com";
    const ApiError refusal{"KMSKeyNotAccessibleFault", "The specified KMS key [" + call.input.str("KmsKeyId") +
                                                           "] does not exist, is not enabled or you do not have permissions to access it. "};
    for (const char* action : {"kms:DescribeKey", "kms:CreateGrant", "kms:GenerateDataKeyWithoutPlaintext"}) {
      auto use = keyring::question(*key, call.caller, action, {}, via);
      if (std::string_view(action) == "kms:CreateGrant") use.context.set("kms:GrantIsForAWSResource", "true");
      use.refusal = refusal;
      questions.all.push_back(std::move(use));
    }
  }
  return questions;
}

// A half-hour window on a random minute, as RDS chooses when none is given.
std::string random_window(Random& random, bool weekly) {
  constexpr std::array<std::string_view, 7> days = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  std::array<std::uint8_t, 3> dice;
  random.fill(dice);
  const int start = (dice[0] * 256 + dice[1]) % (23 * 60);  // so that the window ends on the same day
  const auto clock = [](int minutes) {
    const std::string hour = std::to_string(minutes / 60), minute = std::to_string(minutes % 60);
    return std::string(2 - hour.size(), '0') + hour + ":" + std::string(2 - minute.size(), '0') + minute;
  };
  const std::string day = weekly ? std::string(days[dice[2] % days.size()]) + ":" : "";
  return day + clock(start) + "-" + day + clock(start + 30);
}

std::vector<std::string> strings_of(const Json& list) {
  std::vector<std::string> strings;
  for (const Json& item : list.items()) strings.emplace_back(item.as_string());
  return strings;
}

struct Parts {
  const engine::Version& version;
  const keyring::Key& key;
  const SubnetGroup& subnet_group;
  const Json& placed;      // the interface's document
  std::string resource_id;
  std::string backup_window, maintenance_window;
};

// The windows of a new instance. One that is not given is chosen beside the other.
ApiResult<std::pair<std::string, std::string>> windows_of(const Call& call) {
  const std::string given_backup = text::lower(call.input.text("PreferredBackupWindow")),
                    given_maintenance = text::lower(call.input.text("PreferredMaintenanceWindow"));
  constexpr int draws_max = 64;  // a window may leave no more than a minute of the day
  for (int draw = 0; draw < draws_max; ++draw) {
    std::string backup = given_backup.empty() ? random_window(call.environment.random, false) : given_backup;
    std::string maintenance =
        given_maintenance.empty() ? random_window(call.environment.random, true) : given_maintenance;
    if (!windows_overlap(backup, maintenance)) return std::pair(std::move(backup), std::move(maintenance));
  }
  return std::unexpected(overlapping_windows());
}

Instance new_instance(const Call& call, const Parts& parts, const estate::Tags& tags) {
  const Json& input = call.input;
  const std::string identifier = text::lower(input.text("DBInstanceIdentifier"));
  Instance instance;
  Wanted& wanted = instance.wanted;
  wanted.identifier = identifier;
  wanted.arn = instance_arn(call.environment, call.account(), identifier);
  wanted.resource_id = parts.resource_id;
  wanted.account = call.account();
  wanted.instance_class = input.str("DBInstanceClass");
  wanted.engine = parts.version.engine;
  wanted.version = parts.version.version;
  wanted.lifecycle_support = input.text("EngineLifecycleSupport", "open-source-rds-extended-support-disabled");
  wanted.master_user = input.str("MasterUsername");
  wanted.database = input.str("DBName");
  wanted.endpoint = {.address = endpoint_name(call.environment, call.account(), identifier), .port = input["Port"].as_integer(port_default)};
  wanted.backup_window = parts.backup_window;
  wanted.maintenance_window = parts.maintenance_window;
  wanted.backup_days = input["BackupRetentionPeriod"].as_integer(1);
  wanted.parameter_groups = {{.name = "default." + parts.version.family}};
  wanted.option_groups = {{.name = "default:" + parts.version.engine + "-" + parts.version.major}};
  wanted.auto_minor_upgrade = input["AutoMinorVersionUpgrade"].as_bool(true);
  wanted.copies_tags = input["CopyTagsToSnapshot"].as_bool();
  wanted.takes_tokens = input["EnableIAMDatabaseAuthentication"].as_bool();
  wanted.deletion_protection = input["DeletionProtection"].as_bool();
  wanted.storage_type = input.text("StorageType", "gp2");
  wanted.kms_key = parts.key.arn;
  wanted.certificate_authority = certificate_id;
  wanted.tags = tags;
  wanted.uid = free_uid(call.transaction);
  set_place(wanted, parts.subnet_group, parts.placed);
  instance.requests.master_password = seal_password(call.environment, parts.resource_id, input.text("MasterUserPassword"));
  instance.observed.storage = input["AllocatedStorage"].as_integer();
  instance.observed.created = text::to_millis(call.now);
  return instance;
}

ApiResult<Json> create(const Catalogue& catalogue, const Call& call) {
  const std::string identifier = text::lower(call.input.text("DBInstanceIdentifier"));
  const auto engine = engine_for(catalogue, call.input);
  if (!engine) return std::unexpected(engine.error());
  if (auto fault = fault_in_create(call.input, (*engine)->version())) return std::unexpected(*std::move(fault));
  if (tables::instances.contains(call.transaction, call.account(), identifier)) {
    return api_error("DBInstanceAlreadyExists", "DB instance already exists");
  }
  if (tables::instances.count(call.transaction, instances_max, call.account()) >= instances_max) {
    return api_error("InstanceQuotaExceeded", "The account has the most DB instances that it may have: " + std::to_string(instances_max));
  }
  const estate::Tags tags = service::tags_of(call.input["Tags"]);
  if (auto fault = service::fault_in(tags)) return std::unexpected(invalid_value(*fault));
  const auto group = subnet_group_of(call);
  if (!group) return std::unexpected(group.error());
  const auto key = key_of(call);
  if (!key) return std::unexpected(key.error());
  RW_TRY(auto windows, windows_of(call));
  const auto placed =
      place_interface({call.environment, call.transaction, call.account()}, *group,
                      call.input.text("AvailabilityZone"), strings_of(call.input["VpcSecurityGroupIds"]));
  if (!placed) return std::unexpected(placed.error());

  const std::string resource_id = "db-" + random_text(call.environment.random, resource_alphabet, 26);
  Bytes bytes(data_key_bytes);
  call.environment.random.fill(bytes);
  const Secret data_key(std::move(bytes));
  const auto wrapped = keyring::encrypt(call.environment, *key, data_key.reveal(), data_key_context(resource_id));
  if (!wrapped) return std::unexpected(wrapped.error());

  Instance instance = new_instance(
      call, {(*engine)->version(), *key, *group, *placed, resource_id, std::move(windows.first), std::move(windows.second)}, tags);
  Wanted& wanted = instance.wanted;
  if (wanted.uid == 0) return api_error("InstanceQuotaExceeded", "no more DB instances fit on this server");
  wanted.data_key = text::base64(*wrapped);
  network::tables::names.put(call.transaction, {.address = wanted.address, .addresses = {}}, wanted.vpc, wanted.endpoint.address);
  put_instance(call, instance);
  return Json::object({{"DBInstance", shown(instance)}});
}

ApiResult<service::Questions> ask_describe(const Call& call) {
  if (!call.input.contains("DBInstanceIdentifier")) {
    return service::Questions{{{.action = "rds:DescribeDBInstances", .resource = arn_of(call, "db", "*")}}};
  }
  const auto instance = find_instance(call);
  if (instance) return service::Questions{{instance_question(call, "rds:DescribeDBInstances", *instance)}};
  // One that is not there is asked for all the same, so that only who may look learns that.
  return service::Questions{{{.action = "rds:DescribeDBInstances", .resource = arn_of(call, "db", call.input.text("DBInstanceIdentifier"))}}};
}

ApiResult<Json> describe(const Call& call) {
  std::vector<Json> instances;
  if (call.input.contains("DBInstanceIdentifier")) {
    const auto instance = find_instance(call);
    if (!instance) return std::unexpected(instance.error());
    instances.push_back(shown(*instance));
  } else {
    for (const auto& row : tables::instances.list(call.transaction, call.account())) instances.push_back(shown(row.record));
  }
  const auto is = [](std::string_view member) {
    return [member](const Json& item, std::string_view value) { return item.text(member) == value; };
  };
  const auto named = [](const Json& item, std::string_view value) {
    return item.text("DBInstanceIdentifier") == text::lower(value) || item.text("DBInstanceArn") == value;
  };
  const auto never = [](const Json&, std::string_view) { return false; };  // there are no clusters or domains
  auto kept = filtered(call.input, std::move(instances),
                       {{"db-instance-id", named},
                        {"dbi-resource-id", is("DbiResourceId")},
                        {"engine", is("Engine")},
                        {"db-cluster-id", never},
                        {"domain", never}});
  if (!kept) return std::unexpected(kept.error());
  return paged(call.input, *std::move(kept), "DBInstances", "DBInstanceIdentifier");
}

// Settings that are only remembered, where the input has them.
void set_plain(const Json& input, Wanted& wanted) {
  const auto flag = [&](const char* member, bool& value) { value = input[member].as_bool(value); };
  const auto window = [&](const char* member, std::string& value) {
    if (input.contains(member)) value = text::lower(input.text(member));
  };
  flag("DeletionProtection", wanted.deletion_protection);
  flag("CopyTagsToSnapshot", wanted.copies_tags);
  flag("AutoMinorVersionUpgrade", wanted.auto_minor_upgrade);
  flag("EnableIAMDatabaseAuthentication", wanted.takes_tokens);
  wanted.backup_days = input["BackupRetentionPeriod"].as_integer(wanted.backup_days);
  window("PreferredBackupWindow", wanted.backup_window);
  window("PreferredMaintenanceWindow", wanted.maintenance_window);
}

ApiResult<void> set_groups(const Call& call, Wanted& wanted) {
  const auto groups = strings_of(call.input["VpcSecurityGroupIds"]);
  if (groups.empty()) return {};
  if (auto fault = fault_in_groups(call.transaction, call.account(), wanted.vpc, groups)) return std::unexpected(*std::move(fault));
  const auto placed = network::set_groups(call.transaction, call.account(), wanted.interface, groups);
  if (!placed) return std::unexpected(invalid_value(placed.error().message));
  wanted.security_groups = group_memberships(*placed);
  return {};
}

// What the engine or its volume has to change for; whether there is anything. The last wish counts.
bool set_requests(const Call& call, Instance& instance) {
  const Json& input = call.input;
  Wanted& wanted = instance.wanted;
  Requests& requests = instance.requests;
  bool engine_changes = false;
  if (input.contains("MasterUserPassword")) {
    requests.master_password = seal_password(call.environment, wanted.resource_id, input.text("MasterUserPassword"));
    engine_changes = true;
  }
  if (input.contains("AllocatedStorage")) {
    requests.pending.storage.reset();
    requests.growth_refused.reset();
    if (const std::int64_t asked = input["AllocatedStorage"].as_integer(); asked > instance.observed.storage) {
      requests.pending.storage = asked;
      engine_changes = true;
    }
  }
  if (input.contains("DBInstanceClass")) {
    requests.pending.instance_class.reset();
    if (input.text("DBInstanceClass") != wanted.instance_class) {
      requests.pending.instance_class = input.str("DBInstanceClass");
      if (input["ApplyImmediately"].as_bool()) {
        apply_pending(instance);
        requests.reboot = true;
        engine_changes = true;
      }
    }
  }
  return engine_changes;
}

ApiResult<Json> modify(const Call& call) {
  auto instance = find_instance(call);
  if (!instance) return std::unexpected(instance.error());
  Wanted& wanted = instance->wanted;
  const Status status = instance->observed.status;
  if (status != Status::available && status != Status::storage_full && status != Status::failed) {
    return api_error("InvalidDBInstanceState", "Database instance is not in available state.");
  }
  if (auto fault = fault_in_modify(call.input, *instance)) return std::unexpected(*std::move(fault));
  set_plain(call.input, wanted);
  const bool moves = call.input.contains("PreferredBackupWindow") || call.input.contains("PreferredMaintenanceWindow");
  if (moves && windows_overlap(wanted.backup_window, wanted.maintenance_window)) return std::unexpected(overlapping_windows());
  RW_DO(set_groups(call, wanted));
  const bool engine_changes = set_requests(call, *instance);
  Json answer = shown(*instance);  // RDS answers the state before the modification begins
  if (call.input.contains("MasterUserPassword")) answer.edit("PendingModifiedValues").set("MasterUserPassword", "****");
  if (engine_changes && status != Status::failed) become(instance->observed, Status::modifying);
  ++wanted.generation;
  put_instance(call, *instance);
  return Json::object({{"DBInstance", std::move(answer)}});
}

}  // namespace

std::vector<service::Operation> instance_operations(const Catalogue& catalogue) {
  using service::Access;
  return {
      {"CreateDBInstance", Access::write, ask_create, [catalogue](const Call& call) { return create(catalogue, call); }},
      {"DescribeDBInstances", Access::read, ask_describe, describe},
      {"ModifyDBInstance", Access::write, ask_instance("rds:ModifyDBInstance"), modify},
  };
}

}  // namespace ringwall::rds::detail
