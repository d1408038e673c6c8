#include "server/stored.h"

#include "directory/records.h"
#include "keyring/records.h"
#include "network/records.h"
#include "server/records.h"
#include "service/records.h"
#include "services/accessanalyzer/records.h"
#include "services/rds/records.h"

namespace ringwall::server {

std::span<const records::AnyTable> all_tables() {
  static const records::AnyTable all[] = {
      directory::tables::users.any(),
      directory::tables::groups.any(),
      directory::tables::roles.any(),
      directory::tables::policies.any(),
      directory::tables::access_keys.any(),
      directory::tables::last_uses.any(),
      directory::tables::account_aliases.any(),
      directory::tables::organizations.any(),
      directory::tables::roots.any(),
      directory::tables::units.any(),
      directory::tables::accounts.any(),
      directory::tables::removed_accounts.any(),
      directory::tables::create_statuses.any(),
      directory::tables::control_policies.any(),
      directory::tables::attachments.any(),
      directory::tables::delegations.any(),
      directory::tables::resource_policies.any(),
      keyring::tables::keys.any(),
      keyring::tables::aliases.any(),
      keyring::tables::grants.any(),
      keyring::tables::deleted_keys.any(),
      network::tables::vpcs.any(),
      network::tables::subnets.any(),
      network::tables::groups.any(),
      network::tables::interfaces.any(),
      network::tables::endpoints.any(),
      network::tables::route_tables.any(),
      network::tables::network_acls.any(),
      network::tables::dhcp_options.any(),
      network::tables::names.any(),
      rds::tables::instances.any(),
      rds::tables::subnet_groups.any(),
      rds::tables::engine_uids.any(),
      accessanalyzer::tables::analyzers.any(),
      accessanalyzer::tables::archive_rules.any(),
      accessanalyzer::tables::analysed_resources.any(),
      service::tables::tokens.any(),
      tables::authorities.any(),
      tables::regions.any(),
      tables::installations.any(),
  };
  return all;
}

Result<> check_stored(const store::Store& store) { return records::check_stored(store, all_tables()); }

}  // namespace ringwall::server
