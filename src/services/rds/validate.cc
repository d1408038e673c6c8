#include "services/rds/detail/validate.h"

#include <algorithm>
#include <array>

#include "services/rds/detail/classes.h"
#include "text/encode.h"

namespace ringwall::rds::detail {
namespace {

constexpr std::size_t identifier_characters_max = 63, name_characters_max = 63, password_characters_min = 8,
                      password_characters_max = 128;
constexpr int window_minutes_min = 30, window_minutes_max = 24 * 60;
constexpr std::int64_t port_min = 1150, port_max = 65535, retention_days_max = 35;

// Names of the service's own roles, and PostgreSQL's reserved words: https://www.postgresql.org/docs/15/sql-keywords-appendix.html
constexpr std::string_view reserved_users[] = {
    "admin", "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric",
    "authorization", "binary", "both", "case", "cast", "check", "collate", "collation", "column",
    "concurrently", "constraint", "create", "cross", "current_catalog", "current_date",
    "current_role", "current_schema", "current_time", "current_timestamp", "current_user",
    "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "false", "fetch",
    "for", "foreign", "freeze", "from", "full", "grant", "group", "having", "ilike", "in",
    "initially", "inner", "intersect", "into", "is", "isnull", "join", "lateral", "leading", "left",
    "like", "limit", "localtime", "localtimestamp", "natural", "none", "not", "notnull", "null",
    "offset", "on", "only", "or", "order", "outer", "overlaps", "placing", "primary", "public",
    "rds_iam", "rds_password", "rds_replication", "rds_superuser", "rdsadmin", "rdsrepladmin",
    "rdstopmgr", "references", "returning", "right", "select", "session_user", "similar", "some",
    "symmetric", "table", "tablesample", "then", "to", "trailing", "true", "union", "unique",
    "user", "using", "variadic", "verbose", "when", "where", "window", "with"};

// Options with a meaning this server cannot give them; each is accepted only with the value that
// asks for nothing.
struct Unoffered {
  std::string_view member;
  std::string_view what;
};
constexpr std::array<Unoffered, 45> unoffered = {{
    {"TdeCredentialPassword", "TDE"},
    {"DomainOu", "a directory domain"},
    {"DomainDnsIps", "a directory domain"},
    {"DisableDomain", "a directory domain"},
    {"MonitoringRoleArn", "enhanced monitoring"},
    {"PromotionTier", "clusters"},
    {"PerformanceInsightsKMSKeyId", "performance insights"},
    {"PerformanceInsightsRetentionPeriod", "performance insights"},
    {"UseDefaultProcessorFeatures", "processor features"},
    {"CertificateRotationRestart", "another certificate authority"},
    {"ResumeFullAutomationModeMinutes", "RDS Custom"},
    {"MultiAZ", "a standby in another zone"},
    {"PubliclyAccessible", "a public address"},
    {"Iops", "provisioned IOPS"},
    {"StorageThroughput", "provisioned throughput"},
    {"MaxAllocatedStorage", "storage autoscaling"},
    {"MonitoringInterval", "enhanced monitoring"},
    {"EnablePerformanceInsights", "performance insights"},
    {"EnableCloudwatchLogsExports", "log exports"},
    {"CloudwatchLogsExportConfiguration", "log exports"},
    {"Domain", "a directory domain"},
    {"DomainFqdn", "a directory domain"},
    {"DBClusterIdentifier", "clusters"},
    {"DBSecurityGroups", "DB security groups"},
    {"CharacterSetName", "another character set"},
    {"NcharCharacterSetName", "another character set"},
    {"TdeCredentialArn", "TDE"},
    {"ManageMasterUserPassword", "passwords managed by Secrets Manager"},
    {"EnableCustomerOwnedIp", "customer-owned addresses"},
    {"CustomIamInstanceProfile", "RDS Custom"},
    {"DBSystemId", "RDS Custom"},
    {"ProcessorFeatures", "processor features"},
    {"DedicatedLogVolume", "a dedicated log volume"},
    {"MultiTenant", "multi-tenancy"},
    {"NewDBInstanceIdentifier", "renaming"},
    {"DBPortNumber", "changing the port"},
    {"RotateMasterUserPassword", "passwords managed by Secrets Manager"},
    {"ReplicaMode", "replicas"},
    {"DomainAuthSecretArn", "a directory domain"},
    {"DomainIAMRoleName", "a directory domain"},
    {"Timezone", "another time zone"},
    {"AdditionalStorageVolumes", "additional storage volumes"},
    {"TagSpecifications", "tags for backups"},
    {"MasterUserSecretKmsKeyId", "passwords managed by Secrets Manager"},
    {"AwsBackupRecoveryPointArn", "AWS Backup"},
}};

// Options of which this server has one value.
struct Only {
  std::string_view member;
  std::string_view value;
};
constexpr std::array<Only, 6> only = {{
    {"NetworkType", "IPV4"},
    {"BackupTarget", "region"},
    {"DatabaseInsightsMode", "standard"},
    {"LicenseModel", "postgresql-license"},
    {"MasterUserAuthenticationType", "password"},
    {"AutomationMode", "full"},
}};

// "hh24:mi-hh24:mi", with weekdays "ddd:hh24:mi-ddd:hh24:mi": when it begins and how long it is, in
// minutes. It may run past midnight, or past the end of the week.
struct Window {
  int start = 0, length = 0;
};
std::optional<int> minutes_of(std::string_view text, bool weekly) {
  constexpr std::array<std::string_view, 7> days = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
  int day = 0;
  if (weekly) {
    const auto found = std::ranges::find(days, text.substr(0, 3));
    if (found == days.end() || text.size() < 4 || text[3] != ':') return std::nullopt;
    day = static_cast<int>(found - days.begin());
    text.remove_prefix(4);
  }
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) return std::nullopt;
  const int hour = (text[0] - '0') * 10 + text[1] - '0', minute = (text[3] - '0') * 10 + text[4] - '0';
  if (hour > 23 || minute > 59) return std::nullopt;
  return (day * 24 + hour) * 60 + minute;
}
std::optional<Window> window_of(std::string_view text, bool weekly) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto from = minutes_of(text.substr(0, dash), weekly), to = minutes_of(text.substr(dash + 1), weekly);
  if (!from || !to) return std::nullopt;
  const int round = weekly ? 7 * 24 * 60 : 24 * 60;
  return Window{*from, (*to - *from + round) % round};
}

// Two windows on the clock, whatever the day of the weekly one.
bool overlap(const Window& daily, const Window& weekly) {
  constexpr int day = 24 * 60;
  const auto between = [](int from, int to) { return ((to - from) % day + day) % day; };
  return between(weekly.start, daily.start) < weekly.length || between(daily.start, weekly.start) < daily.length;
}

std::optional<ApiError> fault_in_windows(const Json& input) {
  for (const auto& [member, weekly, format] : {std::tuple{"PreferredBackupWindow", false, "hh24:mi-hh24:mi"},
                                               {"PreferredMaintenanceWindow", true, "ddd:hh24:mi-ddd:hh24:mi"}}) {
    if (!input.contains(member)) continue;
    const auto window = window_of(text::lower(input.text(member)), weekly);
    if (!window)
      return invalid_value("Invalid " + std::string(member) + ": " + input.str(member) +
                           ". Should be specified as a range " + format + " (24H Clock UTC).");
    if (window->length < window_minutes_min || window->length >= window_minutes_max) {
      return invalid_value(std::string(member) + " must be at least 30 minutes and less than a day.");
    }
  }
  return std::nullopt;
}

bool asks_for_nothing(const Json& value) {
  return value.is_null() || (value.is_bool() && !value.as_bool()) || (value.is_integer() && value.as_integer() == 0) ||
         (value.is_string() && value.as_string().empty()) || (value.is_array() && value.items().empty()) ||
         (value.is_object() && value.members().empty());
}

std::optional<ApiError> fault_in_options(const Json& input) {
  for (const auto& [member, what] : unoffered) {
    if (asks_for_nothing(input[member])) continue;
    return invalid_combination(std::string(member) + ": " + std::string(what) + " is not offered by this server.");
  }
  const std::string storage = input.str("StorageType");
  if (!storage.empty() && storage != "gp2" && storage != "gp3") {
    return invalid_value("Invalid storage type: " + storage + ": this server offers gp2 and gp3.");
  }
  for (const auto& [member, value] : only) {
    if (input.text(member, value) != value)
      return invalid_combination(std::string(member) + ": this server offers " + std::string(value) + ".");
  }
  if (auto fault = fault_in_windows(input)) return fault;
  if (input.contains("CACertificateIdentifier") && input.text("CACertificateIdentifier") != certificate_id) {
    return ApiError{"CertificateNotFound", "Certificate " + input.str("CACertificateIdentifier") + " not found."};
  }
  const std::int64_t retention = input["BackupRetentionPeriod"].as_integer();
  if (retention < 0 || retention > retention_days_max)
    return invalid_value("Invalid backup retention period. Must be between 0 and 35.");
  if (input.contains("DBInstanceClass") && find_class(input.text("DBInstanceClass")) == nullptr) {
    return invalid_value("Invalid DB Instance class: " + input.str("DBInstanceClass"));
  }
  return std::nullopt;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; }

std::optional<ApiError> fault_in_password(std::string_view password) {
  if (password.size() < password_characters_min || password.size() > password_characters_max) {
    return invalid_value("The parameter MasterUserPassword is not a valid password because it is " +
                         std::string(password.size() < password_characters_min ? "shorter than 8" : "longer than 128") +
                         " characters.");
  }
  const bool printable =
      std::ranges::all_of(password, [](char c) { return c > ' ' && c < 0x7f && c != '/' && c != '"' && c != '@'; });
  if (!printable) {
    return invalid_value(
        "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', '@', '\"', ' ' may be used.");
  }
  return std::nullopt;
}

std::optional<ApiError> fault_in_names(const Json& input) {
  const std::string_view user = input.text("MasterUsername");
  const bool word = !user.empty() && user.size() <= name_characters_max && is_letter(user.front()) &&
                    std::ranges::all_of(user, is_word);
  if (!word) {
    return invalid_value(
        "The parameter MasterUsername is not valid: it must begin with a letter and hold up to 63 letters, digits and underscores.");
  }
  const std::string lower = text::lower(user);
  if (lower.starts_with("pg_") || std::ranges::find(reserved_users, lower) != std::end(reserved_users)) {
    return invalid_value("MasterUsername " + std::string(user) +
                         " cannot be used as it is a reserved word used by the engine");
  }
  if (input.text("DBName").empty()) return std::nullopt;  // Terraform sends an empty one for none
  const std::string_view name = input.text("DBName");
  if (name.size() > name_characters_max || !(is_letter(name.front()) || name.front() == '_') ||
      !std::ranges::all_of(name, is_word)) {
    return invalid_value(
        "DBName must begin with a letter or underscore and hold up to 63 letters, digits and underscores.");
  }
  if (name == "rdsadmin" || name == "template0" || name == "template1") {
    return invalid_value("DBName " + std::string(name) + " cannot be used. It is a reserved word for this engine");
  }
  return std::nullopt;
}

std::optional<ApiError> fault_in_storage(std::int64_t gibibytes) {
  if (gibibytes < storage_gibibytes_min || gibibytes > storage_gibibytes_max) {
    return invalid_combination("Invalid storage size for engine name postgres and storage type gp2: " +
                               std::to_string(gibibytes) + ". Must be from 20 to 65536 GiB.");
  }
  return std::nullopt;
}

}  // namespace

bool windows_overlap(std::string_view backup, std::string_view maintenance) {
  const auto daily = window_of(backup, false), weekly = window_of(maintenance, true);
  return daily && weekly && overlap(*daily, *weekly);
}

ApiError overlapping_windows() { return invalid_value("The backup window and maintenance window must not overlap."); }

ApiResult<const engine::Engine*> engine_for(const Catalogue& catalogue, const Json& input) {
  const std::string name = input.str("Engine"), version = input.str("EngineVersion");
  std::string offered;
  for (const auto& engine : catalogue.engines) {
    const engine::Version& have = engine->version();
    if (have.engine != name) continue;
    if (version.empty() || version == have.version || version == have.major) return engine.get();
    offered += (offered.empty() ? "" : ", ") + have.version;
  }
  if (!offered.empty()) {
    return std::unexpected(ApiError{"InvalidParameterCombination", "Cannot find version " + version + " for " + name +
                                                                       ": this server has " + offered});
  }
  return std::unexpected(invalid_value("Invalid DB engine: " + name +
                                       " is not installed on this server. DescribeDBEngineVersions lists what is."));
}

std::optional<ApiError> fault_in_identifier(std::string_view identifier) {
  const bool characters = std::ranges::all_of(identifier, [](char c) { return (is_word(c) && c != '_') || c == '-'; });
  if (identifier.empty() || identifier.size() > identifier_characters_max || !is_letter(identifier.front()) ||
      !characters || identifier.back() == '-' || identifier.find("--") != std::string_view::npos) {
    return invalid_value(
        "The parameter DBInstanceIdentifier is not a valid identifier. Identifiers must begin with a letter; must contain only "
        "ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.");
  }
  return std::nullopt;
}

std::optional<ApiError> fault_in_create(const Json& input, const engine::Version& version) {
  if (auto fault = fault_in_identifier(input.text("DBInstanceIdentifier"))) return fault;
  if (auto fault = fault_in_options(input)) return fault;
  if (!input.contains("AllocatedStorage"))
    return ApiError{"MissingParameter", "The request must contain the parameter AllocatedStorage."};
  if (auto fault = fault_in_storage(input["AllocatedStorage"].as_integer())) return fault;
  if (!input.contains("MasterUserPassword"))
    return ApiError{"MissingParameter", "The request must contain the parameter MasterUserPassword."};
  if (auto fault = fault_in_names(input)) return fault;
  if (auto fault = fault_in_password(input.text("MasterUserPassword"))) return fault;
  if (input.contains("Port") && (input["Port"].as_integer() < port_min || input["Port"].as_integer() > port_max)) {
    return invalid_value("Invalid port: " + std::to_string(input["Port"].as_integer()) +
                         ". Must be from 1150 to 65535.");
  }
  if (input.contains("StorageEncrypted") && !input["StorageEncrypted"].as_bool()) {
    return invalid_combination(
        "StorageEncrypted: storage is always encrypted on this server; leave it out, or name a key with KmsKeyId.");
  }
  const std::string parameters = "default." + version.family,
                    options = "default:" + version.engine + "-" + version.major;
  if (input.contains("DBParameterGroupName") && input.text("DBParameterGroupName") != parameters) {
    return ApiError{"DBParameterGroupNotFound", "DBParameterGroup not found: " + input.str("DBParameterGroupName")};
  }
  if (input.contains("OptionGroupName") && input.text("OptionGroupName") != options) {
    return ApiError{"OptionGroupNotFoundFault",
                    "Specified OptionGroupName: " + input.str("OptionGroupName") + " not found."};
  }
  return std::nullopt;
}

std::optional<ApiError> fault_in_modify(const Json& input, const Instance& instance) {
  if (auto fault = fault_in_options(input)) return fault;
  if (input.contains("MasterUserPassword")) {
    if (auto fault = fault_in_password(input.text("MasterUserPassword"))) return fault;
  }
  if (input.contains("AllocatedStorage")) {
    const std::int64_t wanted = input["AllocatedStorage"].as_integer(), has = instance.observed.storage;
    if (wanted < has)
      return invalid_combination("Requested allocated storage cannot be smaller than the " + std::to_string(has) +
                                 " GiB there are.");
    if (auto fault = fault_in_storage(wanted)) return fault;
  }
  const Wanted& now = instance.wanted;
  for (const auto& [fixed, value] : {std::pair{"EngineVersion", &now.version},
                                     {"Engine", &now.engine},
                                     {"DBSubnetGroupName", &now.subnet_group.name},
                                     {"StorageType", &now.storage_type}}) {
    if (input.contains(fixed) && input.text(fixed) != *value) {
      return invalid_combination(std::string(fixed) + ": changing it is not offered by this server.");
    }
  }
  for (const auto& [member, name] : {std::pair{"DBParameterGroupName", &now.parameter_groups.front().name},
                                     {"OptionGroupName", &now.option_groups.front().name}}) {
    if (input.contains(member) && input.text(member) != *name) {
      return invalid_combination(std::string(member) + ": only the default groups are offered by this server.");
    }
  }
  return std::nullopt;
}

}  // namespace ringwall::rds::detail
