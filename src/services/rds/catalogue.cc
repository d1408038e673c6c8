// What can be had here: engine versions, instance classes, the certificate authority.

#include <algorithm>

#include "services/rds/detail/classes.h"
#include "services/rds/detail/common.h"
#include "text/time.h"

namespace ringwall::rds::detail {
namespace {

std::string license_of(std::string_view engine) { return engine == "postgres" ? "postgresql-license" : "general-public-license"; }

// As RDS pages these: the marker is the position in the list.
std::string ordinal(std::size_t index) {
  std::string digits = std::to_string(index);
  return std::string(6 - std::min<std::size_t>(digits.size(), 6), '0') + digits;
}

bool matches_version(std::string_view asked, const engine::Version& version) {
  return asked.empty() || asked == version.version || asked == version.major;
}

ApiResult<Json> describe_versions(const Catalogue& catalogue, const Call& call) {
  std::vector<Json> versions;
  for (const auto& engine : catalogue.engines) {
    const engine::Version& version = engine->version();
    if (call.input.contains("Engine") && call.input.text("Engine") != version.engine) continue;
    if (!matches_version(call.input.text("EngineVersion"), version)) continue;
    if (call.input.contains("DBParameterGroupFamily") && call.input.text("DBParameterGroupFamily") != version.family) continue;
    // The first of an engine is the one that an instance gets for which none is asked.
    const auto same_engine = [&](const Json& other) { return other.text("Engine") == version.engine; };
    if (call.input["DefaultOnly"].as_bool() && std::ranges::any_of(versions, same_engine)) continue;
    versions.push_back(Json::object({{"Engine", version.engine},
                                     {"MajorEngineVersion", version.major},
                                     {"EngineVersion", version.version},
                                     {"DBParameterGroupFamily", version.family},
                                     {"DBEngineDescription", version.engine == "postgres" ? "PostgreSQL" : version.engine},
                                     {"DBEngineVersionDescription", version.engine + " " + version.version},
                                     {"ValidUpgradeTarget", Json::array()},
                                     {"ExportableLogTypes", Json::array()},
                                     {"SupportsLogExportsToCloudwatchLogs", false},
                                     {"SupportsReadReplica", false},
                                     {"SupportsParallelQuery", false},
                                     {"SupportsGlobalDatabases", false},
                                     {"SupportsBabelfish", false},
                                     {"SupportsLimitlessDatabase", false},
                                     {"SupportsCertificateRotationWithoutRestart", true},
                                     {"SupportedCACertificateIdentifiers", Json::array({certificate_id})},
                                     {"SupportedFeatureNames", Json::array()},
                                     {"Status", "available"},
                                     {"ordinal", ordinal(versions.size())}}));
  }
  const auto is = [](std::string_view member) {
    return [member](const Json& item, std::string_view value) { return item.text(member) == value; };
  };
  const auto provisioned = [](const Json&, std::string_view value) { return value == "provisioned"; };
  RW_TRY(auto kept, filtered(call.input, std::move(versions),
                             {{"db-parameter-group-family", is("DBParameterGroupFamily")},
                              {"engine", is("Engine")},
                              {"engine-mode", provisioned},
                              {"engine-version", is("EngineVersion")},
                              {"status", is("Status")}}));
  return paged(call.input, std::move(kept), "DBEngineVersions", "ordinal");
}

ApiResult<Json> describe_options(const Catalogue& catalogue, const Call& call) {
  const std::string engine_name = call.input.str("Engine");
  std::vector<Json> options;
  const bool here = call.input.text("AvailabilityZoneGroup", call.environment.region) == call.environment.region;
  for (const auto& engine : catalogue.engines) {
    const engine::Version& version = engine->version();
    if (!here || version.engine != engine_name || !matches_version(call.input.text("EngineVersion"), version)) continue;
    for (const InstanceClass& offered : instance_classes()) {
      const std::string_view name = offered.name;
      if (call.input.contains("DBInstanceClass") && call.input.text("DBInstanceClass") != name) continue;
      for (const char* storage : {"gp2", "gp3"}) {
        Json zones = Json::array();
        for (const char* letter : {"a", "b", "c"}) zones.push(Json::object({{"Name", call.environment.region + letter}}));
        options.push_back(Json::object({{"Engine", version.engine},
                                        {"EngineVersion", version.version},
                                        {"DBInstanceClass", name},
                                        {"LicenseModel", license_of(version.engine)},
                                        {"AvailabilityZones", std::move(zones)},
                                        {"MultiAZCapable", false},
                                        {"ReadReplicaCapable", false},
                                        {"Vpc", true},
                                        {"SupportsStorageEncryption", true},
                                        {"StorageType", storage},
                                        {"SupportsIops", false},
                                        {"SupportsEnhancedMonitoring", false},
                                        {"SupportsIAMDatabaseAuthentication", true},
                                        {"SupportsPerformanceInsights", false},
                                        {"SupportsStorageAutoscaling", false},
                                        {"SupportsKerberosAuthentication", false},
                                        {"SupportsClusters", false},
                                        {"SupportsStorageThroughput", false},
                                        {"OutpostCapable", false},
                                        {"SupportedNetworkTypes", Json::array({"IPV4"})},
                                        {"MinStorageSize", storage_gibibytes_min},
                                        {"MaxStorageSize", storage_gibibytes_max},
                                        {"ordinal", ordinal(options.size())}}));
      }
    }
  }
  RW_TRY(options, filtered(call.input, std::move(options), {}));
  return paged(call.input, std::move(options), "OrderableDBInstanceOptions", "ordinal");
}

ApiResult<Json> describe_certificates(const Catalogue& catalogue, const Call& call) {
  if (call.input.contains("CertificateIdentifier") && call.input.text("CertificateIdentifier") != certificate_id) {
    return api_error("CertificateNotFound", "Certificate " + call.input.str("CertificateIdentifier") + " not found.");
  }
  const auto facts = crypto::facts_of(catalogue.authority.identity().certificate_pem);
  if (!facts) return api_error("InternalFailure", facts.error().message, 500);
  Json certificate = Json::object({{"CertificateIdentifier", certificate_id},
                                   {"CertificateType", "CA"},
                                   {"Thumbprint", facts->thumbprint},
                                   {"ValidFrom", text::to_millis(facts->not_before)},
                                   {"ValidTill", text::to_millis(facts->not_after)},
                                   {"CertificateArn", "arn:aws:rds:" + call.environment.region + "::cert:" + std::string(certificate_id)},
                                   {"CustomerOverride", false}});
  RW_TRY(auto certificates, filtered(call.input, {std::move(certificate)}, {}));
  RW_TRY(Json output, paged(call.input, std::move(certificates), "Certificates", "CertificateIdentifier"));
  output.set("DefaultCertificateForNewLaunches", certificate_id);
  return output;
}

ApiResult<Json> describe_parameter_groups(const Catalogue& catalogue, const Call& call) {
  std::vector<Json> groups;
  for (const auto& engine : catalogue.engines) {
    const std::string name = "default." + engine->version().family;
    if (call.input.contains("DBParameterGroupName") && call.input.text("DBParameterGroupName") != name) continue;
    groups.push_back(Json::object({{"DBParameterGroupName", name},
                                   {"DBParameterGroupFamily", engine->version().family},
                                   {"Description", "Default parameter group for " + engine->version().family},
                                   {"DBParameterGroupArn", arn_of(call, "pg", name)}}));
  }
  if (groups.empty() && call.input.contains("DBParameterGroupName")) {
    return api_error("DBParameterGroupNotFound", "DBParameterGroup not found: " + call.input.str("DBParameterGroupName"));
  }
  RW_TRY(groups, filtered(call.input, std::move(groups), {}));
  return paged(call.input, std::move(groups), "DBParameterGroups", "DBParameterGroupName");
}

// There are no snapshots yet, so the list of them is empty; one that is named does not exist.
ApiResult<Json> describe_snapshots(const Call& call) {
  if (call.input.contains("DBSnapshotIdentifier")) {
    return api_error("DBSnapshotNotFound", "DBSnapshot " + call.input.str("DBSnapshotIdentifier") + " not found.");
  }
  const auto never = [](const Json&, std::string_view) { return false; };
  RW_TRY(auto none, filtered(call.input, {},
                             {{"db-instance-id", never},
                              {"db-snapshot-id", never},
                              {"dbi-resource-id", never},
                              {"snapshot-type", never},
                              {"engine", never}}));
  return paged(call.input, std::move(none), "DBSnapshots", "DBSnapshotIdentifier");
}

service::Ask ask_any(std::string action, std::string_view kind) {
  return service::ask_for(std::move(action), [kind](const Call& call) { return arn_of(call, kind, "*"); });
}

}  // namespace

std::vector<service::Operation> catalogue_operations(const Catalogue& catalogue) {
  using service::Access;
  const auto with = [&](ApiResult<Json> (*describe)(const Catalogue&, const Call&)) -> service::Handler {
    return [catalogue, describe](const Call& call) { return describe(catalogue, call); };
  };
  return {
      {"DescribeDBEngineVersions", Access::read, service::ask_on_star("rds:DescribeDBEngineVersions"), with(describe_versions)},
      {"DescribeOrderableDBInstanceOptions", Access::read, service::ask_on_star("rds:DescribeOrderableDBInstanceOptions"), with(describe_options)},
      {"DescribeCertificates", Access::read, service::ask_on_star("rds:DescribeCertificates"), with(describe_certificates)},
      {"DescribeDBParameterGroups", Access::read, ask_any("rds:DescribeDBParameterGroups", "pg"), with(describe_parameter_groups)},
      {"DescribeDBSnapshots", Access::read, ask_any("rds:DescribeDBSnapshots", "snapshot"), describe_snapshots},
  };
}

}  // namespace ringwall::rds::detail
