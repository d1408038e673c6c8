#pragma once
// Which services say through whose VPC endpoint a request came.
//
// aws:SourceVpcArn, aws:VpceAccount, aws:VpceOrgID and aws:VpceOrgPaths are in the requests of the services on AWS's
// list alone. Elsewhere they are absent, so that a negated test of one holds for every request there is.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringwall::catalogue {

enum class NetworkKey : std::uint8_t { source_vpc_arn, vpce_account, vpce_org_id, vpce_org_paths };
inline constexpr std::array network_keys = {NetworkKey::source_vpc_arn, NetworkKey::vpce_account,
                                            NetworkKey::vpce_org_id, NetworkKey::vpce_org_paths};
std::string_view name_of(NetworkKey key);                             // "aws:VpceOrgID"
std::optional<NetworkKey> network_key_of(std::string_view key_name);  // in any case

// The day on which AWS's list was read, and where it stands.
inline constexpr std::string_view network_keys_date = "2026-11-30";
inline constexpr std::string_view network_keys_source =
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html";

// Prefixes, sorted, of the services whose requests have the key where they come through an endpoint.
std::vector<std::string_view> services_with(NetworkKey key);
// Actions of theirs that have none of the keys all the same, as patterns.
std::vector<std::string_view> actions_without_network_keys();
// Does a request for the action ("s3:GetObject") through an endpoint have the key?
bool carries(std::string_view action, NetworkKey key);

}  // namespace ringwall::catalogue
