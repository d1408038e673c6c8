#include "catalogue/network_keys.h"

#include <algorithm>

#include "text/encode.h"

namespace ringwall::catalogue {
namespace {

// Each key's services stand in AWS's page for the key, under "Availability" (network_keys_source, on network_keys_date).
constexpr unsigned arn = 1U << static_cast<unsigned>(NetworkKey::source_vpc_arn);
constexpr unsigned account = 1U << static_cast<unsigned>(NetworkKey::vpce_account);
constexpr unsigned org = 1U << static_cast<unsigned>(NetworkKey::vpce_org_id);
constexpr unsigned paths = 1U << static_cast<unsigned>(NetworkKey::vpce_org_paths);
constexpr unsigned all = arn | account | org | paths;

struct Row {
  std::string_view prefix;
  unsigned keys;
};
constexpr Row rows[] = {
    {"acm-pca", all},
    {"applicationinsights", all},
    {"apprunner", all},
    {"athena", all},
    {"b2bi", org},
    {"cassandra", org},
    {"cloudformation", all},
    {"cognito-identity", org},
    {"comprehendmedical", all},
    {"compute-optimizer", all},
    {"datasync", all},
    {"discovery", all},
    {"dms", org},
    {"ds-data", org},
    {"dynamodb", account | org | paths},
    {"ebs", all},
    {"ecr", all},
    {"ecs", all},
    {"firehose", all},
    {"gamelift", account | org | paths},
    {"healthlake", all},
    {"iam", all},
    {"identitystore", org},
    {"iotfleetwise", all},
    {"iottwinmaker", org},
    {"iotwireless", all},
    {"kinesisanalytics", all},
    {"kms", all},
    {"lambda", all},
    {"medical-imaging", all},
    {"network-firewall", org},
    {"omics", all},
    {"payment-cryptography", all},
    {"polly", all},
    {"pricing", org},
    {"rbin", all},
    {"rekognition", all},
    {"route53", all},
    {"s3", all},
    {"scheduler", all},
    {"servicediscovery", all},
    {"servicequotas", all},
    {"ses", org},
    {"shield", account | org | paths},
    {"sms-voice", org},
    {"sqs", org},
    {"ssm-contacts", all},
    {"storagegateway", all},
    {"textract", all},
    {"transcribe", all},
    {"transfer", all},
    {"workmail", org},
};
static_assert(std::ranges::is_sorted(rows, {}, &Row::prefix));

constexpr std::string_view excepted = "iam:passrole";  // in lower case

bool has(const Row& row, NetworkKey key) {
  return (row.keys & (1U << static_cast<unsigned>(key))) != 0;
}

}  // namespace

std::string_view name_of(NetworkKey key) {
  static constexpr std::array<std::string_view, network_keys.size()> names = {"aws:SourceVpcArn", "aws:VpceAccount",
                                                                              "aws:VpceOrgID", "aws:VpceOrgPaths"};
  return names[static_cast<std::size_t>(key)];
}

std::optional<NetworkKey> network_key_of(std::string_view key_name) {
  const auto named = [&](NetworkKey key) { return text::lower(name_of(key)) == text::lower(key_name); };
  const auto found = std::ranges::find_if(network_keys, named);
  return found == network_keys.end() ? std::nullopt : std::optional(*found);
}

std::vector<std::string_view> services_with(NetworkKey key) {
  std::vector<std::string_view> prefixes;
  for (const Row& row : rows)
    if (has(row, key)) prefixes.push_back(row.prefix);
  return prefixes;
}

std::vector<std::string_view> actions_without_network_keys() { return {"iam:PassRole"}; }

bool carries(std::string_view action, NetworkKey key) {
  const std::string lower = text::lower(action);
  const auto row = std::ranges::lower_bound(rows, lower.substr(0, lower.find(':')), {}, &Row::prefix);
  return row != std::end(rows) && lower.starts_with(std::string(row->prefix) + ":") && has(*row, key) && lower != excepted;
}

}  // namespace ringwall::catalogue
