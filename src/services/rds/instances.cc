// DB instances: created, described, modified.

#include <algorithm>
#include <array>

#include "network/documents.h"
#include "network/network.h"
#include "services/rds/detail/common.h"
#include "services/rds/detail/validate.h"
#include "text/encode.h"
#include "text/time.h"

namespace ringwall::rds::detail {
namespace {

constexpr std::int64_t port_default = 5432;
constexpr std::string_view resource_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

ApiResult<std::shared_ptr<const Json>> subnet_group_of(const Call& call) {
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
  const Json& subnet_group;
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

Json new_document(const Call& call, const Parts& parts, const estate::Tags& tags) {
  const Json& input = call.input;
  const std::string identifier = text::lower(input.text("DBInstanceIdentifier"));
  const auto port = input["Port"].as_integer(port_default);
  Json document = Json::object({
      {"DBInstanceIdentifier", identifier},
      {"DBInstanceArn", instance_arn(call.environment, call.account(), identifier)},
      {"DbiResourceId", parts.resource_id},
      {"DBInstanceClass", input.str("DBInstanceClass")},
      {"Engine", parts.version.engine},
      {"EngineVersion", parts.version.version},
      {"EngineLifecycleSupport", input.text("EngineLifecycleSupport", "open-source-rds-extended-support-disabled")},
      {"LicenseModel", "postgresql-license"},
      {"DBInstanceStatus", "creating"},
      {"MasterUsername", input.str("MasterUsername")},
      {"Endpoint", Json::object({{"Address", endpoint_name(call.environment, call.account(), identifier)}, {"Port", port}})},
      {"DbInstancePort", 0},
      {"AllocatedStorage", input["AllocatedStorage"].as_integer()},
      {"InstanceCreateTime", text::to_millis(call.now)},
      {"PreferredBackupWindow", parts.backup_window},
      {"BackupRetentionPeriod", input["BackupRetentionPeriod"].as_integer(1)},
      {"DBSecurityGroups", Json::array()},
      {"DBParameterGroups", Json::array({Json::object({{"DBParameterGroupName", "default." + parts.version.family}, {"ParameterApplyStatus", "in-sync"}})})},
      {"OptionGroupMemberships",
       Json::array({Json::object({{"OptionGroupName", "default:" + parts.version.engine + "-" + parts.version.major}, {"Status", "in-sync"}})})},
      {"PreferredMaintenanceWindow", parts.maintenance_window},
      {"PendingModifiedValues", Json::object({})},
      {"MultiAZ", false},
      {"AutoMinorVersionUpgrade", input["AutoMinorVersionUpgrade"].as_bool(true)},
      {"ReadReplicaDBInstanceIdentifiers", Json::array()},
      {"PubliclyAccessible", false},
      {"StorageType", input.text("StorageType", "gp2")},
      {"StorageThroughput", 0},
      {"StorageEncrypted", true},
      {"KmsKeyId", parts.key.arn},
      {"CACertificateIdentifier", certificate_id},
      {"DomainMemberships", Json::array()},
      {"CopyTagsToSnapshot", input["CopyTagsToSnapshot"].as_bool()},
      {"MonitoringInterval", 0},
      {"IAMDatabaseAuthenticationEnabled", input["EnableIAMDatabaseAuthentication"].as_bool()},
      {"DatabaseInsightsMode", "standard"},
      {"PerformanceInsightsEnabled", false},
      {"DeletionProtection", input["DeletionProtection"].as_bool()},
      {"AssociatedRoles", Json::array()},
      {"TagList", service::json_of(tags)},
      {"CustomerOwnedIpEnabled", false},
      {"ActivityStreamStatus", "stopped"},
      {"BackupTarget", "region"},
      {"NetworkType", "IPV4"},
      {"IsStorageConfigUpgradeAvailable", false},
      {"DedicatedLogVolume", false},
      {"MultiTenant", false},
      {"account", call.account()},
      {"uid", free_uid(call.transaction)},
      {"desired", "running"},
      {"generation", 1},
      {"master_password", seal_password(call.environment, parts.resource_id, input.text("MasterUserPassword"))},
  });
  set_place(document, parts.subnet_group, parts.placed);
  if (!input.text("DBName").empty()) document.set("DBName", input.str("DBName"));
  return document;
}

ApiResult<Json> create(const Catalogue& catalogue, const Call& call) {
  const std::string identifier = text::lower(call.input.text("DBInstanceIdentifier"));
  const auto engine = engine_for(catalogue, call.input);
  if (!engine) return std::unexpected(engine.error());
  if (auto fault = fault_in_create(call.input, (*engine)->version())) return std::unexpected(*std::move(fault));
  if (call.transaction.contains(instance_key(call.account(), identifier))) {
    return api_error("DBInstanceAlreadyExists", "DB instance already exists");
  }
  if (call.transaction.list(instance_key(call.account(), ""), {}, instances_max).size() >= instances_max) {
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
      place_interface({call.environment, call.transaction, call.account()}, **group,
                      call.input.text("AvailabilityZone"), strings_of(call.input["VpcSecurityGroupIds"]));
  if (!placed) return std::unexpected(placed.error());

  const std::string resource_id = "db-" + random_text(call.environment.random, resource_alphabet, 26);
  Bytes bytes(data_key_bytes);
  call.environment.random.fill(bytes);
  const Secret data_key(std::move(bytes));
  const auto wrapped = keyring::encrypt(call.environment, *key, data_key.reveal(), data_key_context(resource_id));
  if (!wrapped) return std::unexpected(wrapped.error());

  Json document = new_document(
      call,
      {(*engine)->version(), *key, **group, *placed, resource_id, std::move(windows.first), std::move(windows.second)},
      tags);
  if (document["uid"].as_integer() == 0) return api_error("InstanceQuotaExceeded", "no more DB instances fit on this server");
  document.set("data_key", text::base64(*wrapped));
  call.transaction.put(network::dns_key_of(document.text("vpc"), document["Endpoint"].text("Address")), Json::object({{"address", document.str("address")}}));
  put_instance(call, document);
  return Json::object({{"DBInstance", shown(document)}});
}

ApiResult<service::Questions> ask_describe(const Call& call) {
  if (!call.input.contains("DBInstanceIdentifier")) {
    return service::Questions{{{.action = "rds:DescribeDBInstances", .resource = arn_of(call, "db", "*")}}};
  }
  const auto document = find_instance(call);
  if (document) return service::Questions{{instance_question(call, "rds:DescribeDBInstances", **document)}};
  // One that is not there is asked for all the same, so that only who may look learns that.
  return service::Questions{{{.action = "rds:DescribeDBInstances", .resource = arn_of(call, "db", call.input.text("DBInstanceIdentifier"))}}};
}

ApiResult<Json> describe(const Call& call) {
  std::vector<Json> instances;
  if (call.input.contains("DBInstanceIdentifier")) {
    const auto document = find_instance(call);
    if (!document) return std::unexpected(document.error());
    instances.push_back(shown(**document));
  } else {
    for (const auto& entry : call.transaction.list(instance_key(call.account(), ""))) instances.push_back(shown(*entry.document));
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

// Settings that are only remembered: the input's member is the document's.
constexpr std::array<std::string_view, 6> plain_settings = {"DeletionProtection",    "BackupRetentionPeriod",   "CopyTagsToSnapshot",
                                                            "PreferredBackupWindow", "AutoMinorVersionUpgrade", "PreferredMaintenanceWindow"};

ApiResult<Json> modify(const Call& call) {
  const auto stored = find_instance(call);
  if (!stored) return std::unexpected(stored.error());
  Json document = **stored;
  const std::string status = document.str("DBInstanceStatus");
  if (status != "available" && status != "storage-full" && status != "failed") {
    return api_error("InvalidDBInstanceState", "Database instance is not in available state.");
  }
  if (auto fault = fault_in_modify(call.input, document)) return std::unexpected(*std::move(fault));
  for (const std::string_view member : plain_settings) {
    if (call.input.contains(member))
      document.set(member,
                   call.input[member].is_string() ? Json(text::lower(call.input.text(member))) : call.input[member]);
  }
  const bool moves = call.input.contains("PreferredBackupWindow") || call.input.contains("PreferredMaintenanceWindow");
  if (moves && windows_overlap(document.text("PreferredBackupWindow"), document.text("PreferredMaintenanceWindow"))) {
    return std::unexpected(overlapping_windows());
  }
  if (call.input.contains("EnableIAMDatabaseAuthentication")) {
    document.set("IAMDatabaseAuthenticationEnabled", call.input["EnableIAMDatabaseAuthentication"]);
  }
  if (!call.input["VpcSecurityGroupIds"].items().empty()) {
    const auto groups = strings_of(call.input["VpcSecurityGroupIds"]);
    if (auto fault = fault_in_groups(call.transaction, call.account(), document.text("vpc"), groups))
      return std::unexpected(*std::move(fault));
    const auto placed = network::set_groups(call.transaction, call.account(), document.str("interface"), groups);
    if (!placed) return std::unexpected(invalid_value(placed.error().message));
    document.set("VpcSecurityGroups", group_memberships(*placed));
  }
  bool engine_changes = false;
  if (call.input.contains("MasterUserPassword")) {
    document.set("master_password", seal_password(call.environment, document.text("DbiResourceId"), call.input.text("MasterUserPassword")));
    engine_changes = true;
  }
  if (call.input.contains("AllocatedStorage")) {
    document.edit("PendingModifiedValues").erase("AllocatedStorage");  // the last wish counts
    document.erase("growth_refused");
    if (call.input["AllocatedStorage"].as_integer() > document["AllocatedStorage"].as_integer()) {
      document.edit("PendingModifiedValues").set("AllocatedStorage", call.input["AllocatedStorage"]);
      engine_changes = true;
    }
  }
  if (call.input.contains("DBInstanceClass")) {
    document.edit("PendingModifiedValues").erase("DBInstanceClass");  // the last wish counts
    if (call.input.text("DBInstanceClass") != document.text("DBInstanceClass")) {
      document.edit("PendingModifiedValues").set("DBInstanceClass", call.input.str("DBInstanceClass"));
      if (call.input["ApplyImmediately"].as_bool()) {
        apply_pending(document);
        document.set("reboot", true);
        engine_changes = true;
      }
    }
  }
  Json answer = document;  // RDS answers the state before the modification begins
  if (engine_changes && status != "failed") document.set("DBInstanceStatus", "modifying");
  document.set("generation", document["generation"].as_integer() + 1);
  if (call.input.contains("MasterUserPassword")) answer.edit("PendingModifiedValues").set("MasterUserPassword", "****");
  put_instance(call, document);
  return Json::object({{"DBInstance", shown(answer)}});
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
