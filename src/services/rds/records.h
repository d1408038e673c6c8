#pragma once
// What RDS stores: DB instances and DB subnet groups.
//
// An instance has two halves, and each half of the service writes its own: the API what is wanted, the reconciler what is
// observed. A request is something that is wanted once: the API asks, and the reconciler, once it is done, takes it away. The
// reconciler writes only while `generation`, which counts what was asked for, is what it read.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "records/table.h"
#include "services/rds/status.h"
#include "text/json.h"

namespace ringwall::rds {

using text::Json;
using Tags = std::map<std::string, std::string>;

struct SubnetZone {
  std::string name;
};
template <typename A, records::Is<SubnetZone> T>
void fields(A& archive, T& v) {
  archive.wire("Name", v.name);
}

struct GroupSubnet {
  std::string id;
  SubnetZone zone;
  Json outpost = Json::object();
  std::string status = "Active";
};
template <typename A, records::Is<GroupSubnet> T>
void fields(A& archive, T& v) {
  archive.wire("SubnetIdentifier", v.id);
  archive.wire("SubnetAvailabilityZone", v.zone);
  archive.wire("SubnetOutpost", v.outpost);
  archive.wire("SubnetStatus", v.status);
}

struct SubnetGroup {
  std::string name, description;
  std::string status = "Complete";
  std::string arn;
  std::vector<std::string> network_types = {"IPV4"};
  Tags tags;
  std::string vpc;
  std::vector<GroupSubnet> subnets;
};
template <typename A, records::Is<SubnetGroup> T>
void fields(A& archive, T& v) {
  archive.wire("DBSubnetGroupName", v.name);
  archive.wire("DBSubnetGroupDescription", v.description);
  archive.wire("SubnetGroupStatus", v.status);
  archive.wire("DBSubnetGroupArn", v.arn);
  archive.wire("SupportedNetworkTypes", v.network_types);
  archive.kept("tags", records::listed(v.tags));
  archive.wire("VpcId", v.vpc);
  archive.wire("Subnets", v.subnets);
}

struct Endpoint {
  std::string address;
  std::int64_t port = 0;
};
template <typename A, records::Is<Endpoint> T>
void fields(A& archive, T& v) {
  archive.wire("Address", v.address);
  archive.wire("Port", v.port);
}

struct ParameterGroup {
  std::string name;
  std::string status = "in-sync";
};
template <typename A, records::Is<ParameterGroup> T>
void fields(A& archive, T& v) {
  archive.wire("DBParameterGroupName", v.name);
  archive.wire("ParameterApplyStatus", v.status);
}

struct OptionGroup {
  std::string name;
  std::string status = "in-sync";
};
template <typename A, records::Is<OptionGroup> T>
void fields(A& archive, T& v) {
  archive.wire("OptionGroupName", v.name);
  archive.wire("Status", v.status);
}

struct SecurityGroup {
  std::string id;
  std::string status = "active";
};
template <typename A, records::Is<SecurityGroup> T>
void fields(A& archive, T& v) {
  archive.wire("VpcSecurityGroupId", v.id);
  archive.wire("Status", v.status);
}

enum class Desired : std::uint8_t { running, stopped, deleted };
inline constexpr std::array<std::string_view, 3> desired_words = {"running", "stopped", "deleted"};
inline std::span<const std::string_view> words(Desired) { return desired_words; }

// The API's half.
struct Wanted {
  std::string identifier, arn, resource_id, account;
  std::string instance_class, engine, version, lifecycle_support;
  std::string license = "postgresql-license";
  std::string master_user, database;  // `database` empty: none is made
  Endpoint endpoint;
  std::string backup_window, maintenance_window;
  std::int64_t backup_days = 1;
  std::vector<ParameterGroup> parameter_groups;
  std::vector<OptionGroup> option_groups;
  bool auto_minor_upgrade = true, copies_tags = false, takes_tokens = false, deletion_protection = false;
  std::string storage_type = "gp2";
  std::string kms_key;   // ARN
  std::string data_key;  // base64 of keyring::encrypt of the volume's 64-byte key
  std::string certificate_authority;
  Tags tags;
  std::vector<SecurityGroup> security_groups;
  SubnetGroup subnet_group;
  std::string zone, vpc, interface, address;
  std::uint32_t uid = 0;  // of the engine's processes on this host
  Desired desired = Desired::running;
  std::int64_t generation = 1;
};

// What the API answers that it waits for.
struct Pending {
  std::optional<std::int64_t> storage;         // gibibytes: to become as large
  std::optional<std::string> instance_class;   // at the next start
};
template <typename A, records::Is<Pending> T>
void fields(A& archive, T& v) {
  archive.wire("AllocatedStorage", v.storage);
  archive.wire("DBInstanceClass", v.instance_class);
}

// Wanted once.
struct Requests {
  Pending pending;
  std::optional<std::string> master_password;  // base64, sealed (see seal_password): to be set
  bool reboot = false;
  std::optional<std::string> growth_refused;   // why its storage did not become what was last asked for
};

// The reconciler's half. Where the API asks for something it says that it begins: status.h has the table of what follows what.
struct Observed {
  Status status = Status::creating;
  std::int64_t storage = 0;                    // gibibytes that the volume has
  std::optional<std::int64_t> created;
  std::optional<std::string> message;          // why it failed, for people
  bool was_made = false;                       // it has been available once: its volume is never made anew
  std::optional<std::int64_t> certificate_until;
};

// The one way to another status. INVARIANT: it may follow the one that there is.
void become(Observed& observed, Status status);

struct Instance {
  Wanted wanted;
  Requests requests;
  Observed observed;
};

template <typename A, records::Is<Instance> T>
void fields(A& archive, T& v) {
  archive.wire("DBInstanceIdentifier", v.wanted.identifier);
  archive.wire("DBInstanceArn", v.wanted.arn);
  archive.wire("DbiResourceId", v.wanted.resource_id);
  archive.wire("DBInstanceClass", v.wanted.instance_class);
  archive.wire("Engine", v.wanted.engine);
  archive.wire("EngineVersion", v.wanted.version);
  archive.wire("EngineLifecycleSupport", v.wanted.lifecycle_support);
  archive.wire("LicenseModel", v.wanted.license);
  archive.wire("DBInstanceStatus", v.observed.status);
  archive.wire("MasterUsername", v.wanted.master_user);
  archive.wire("Endpoint", v.wanted.endpoint);
  archive.wire("DbInstancePort", records::derived(std::int64_t{0}));
  archive.wire("AllocatedStorage", v.observed.storage);
  archive.wire("InstanceCreateTime", v.observed.created);
  archive.wire("PreferredBackupWindow", v.wanted.backup_window);
  archive.wire("BackupRetentionPeriod", v.wanted.backup_days);
  archive.wire("DBSecurityGroups", records::derived(Json::array()));
  archive.wire("DBParameterGroups", v.wanted.parameter_groups);
  archive.wire("OptionGroupMemberships", v.wanted.option_groups);
  archive.wire("PreferredMaintenanceWindow", v.wanted.maintenance_window);
  archive.wire("PendingModifiedValues", v.requests.pending);
  archive.wire("MultiAZ", records::derived(false));
  archive.wire("AutoMinorVersionUpgrade", v.wanted.auto_minor_upgrade);
  archive.wire("ReadReplicaDBInstanceIdentifiers", records::derived(Json::array()));
  archive.wire("PubliclyAccessible", records::derived(false));
  archive.wire("StorageType", v.wanted.storage_type);
  archive.wire("StorageThroughput", records::derived(std::int64_t{0}));
  archive.wire("StorageEncrypted", records::derived(true));
  archive.wire("KmsKeyId", v.wanted.kms_key);
  archive.wire("CACertificateIdentifier", v.wanted.certificate_authority);
  archive.wire("DomainMemberships", records::derived(Json::array()));
  archive.wire("CopyTagsToSnapshot", v.wanted.copies_tags);
  archive.wire("MonitoringInterval", records::derived(std::int64_t{0}));
  archive.wire("IAMDatabaseAuthenticationEnabled", v.wanted.takes_tokens);
  archive.wire("DatabaseInsightsMode", records::derived(std::string("standard")));
  archive.wire("PerformanceInsightsEnabled", records::derived(false));
  archive.wire("DeletionProtection", v.wanted.deletion_protection);
  archive.wire("AssociatedRoles", records::derived(Json::array()));
  archive.wire("TagList", records::listed(v.wanted.tags));
  archive.wire("CustomerOwnedIpEnabled", records::derived(false));
  archive.wire("ActivityStreamStatus", records::derived(std::string("stopped")));
  archive.wire("BackupTarget", records::derived(std::string("region")));
  archive.wire("NetworkType", records::derived(std::string("IPV4")));
  archive.wire("IsStorageConfigUpgradeAvailable", records::derived(false));
  archive.wire("DedicatedLogVolume", records::derived(false));
  archive.wire("MultiTenant", records::derived(false));
  archive.kept("account", v.wanted.account);
  archive.kept("uid", v.wanted.uid);
  archive.kept("desired", v.wanted.desired);
  archive.kept("generation", v.wanted.generation);
  archive.kept("master_password", v.requests.master_password);
  archive.wire("VpcSecurityGroups", v.wanted.security_groups);
  archive.wire("DBSubnetGroup", v.wanted.subnet_group);
  archive.wire("AvailabilityZone", v.wanted.zone);
  archive.kept("vpc", v.wanted.vpc);
  archive.kept("interface", v.wanted.interface);
  archive.kept("address", v.wanted.address);
  archive.wire("DBName", records::if_set(v.wanted.database));
  archive.kept("data_key", v.wanted.data_key);
  archive.kept("reboot", records::if_set(v.requests.reboot));
  archive.kept("message", v.observed.message);
  archive.kept("growth_refused", v.requests.growth_refused);
  archive.kept("made", records::if_set(v.observed.was_made));
  archive.kept("certificate_until", v.observed.certificate_until);
}

// Where the uids of new databases begin on this host (host/uids.h). The server writes it at each start.
struct EngineUids {
  std::int64_t first = 0;
};
template <typename A, records::Is<EngineUids> T>
void fields(A& archive, T& v) {
  archive.kept("first", v.first);
}

namespace tables {
inline constexpr records::Table<Instance, 2> instances{"rds/*/db/~"};            // account, identifier
inline constexpr records::Table<SubnetGroup, 2> subnet_groups{"rds/*/subgrp/~"};  // account, name
inline constexpr records::Table<EngineUids, 0> engine_uids{"server/engine-uids"};
}  // namespace tables

}  // namespace ringwall::rds
