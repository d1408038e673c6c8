#include "server/occupied.h"

#include <algorithm>

#include "keyring/records.h"
#include "network/records.h"
#include "services/rds/records.h"

namespace ringwall::server {

std::optional<std::string> remaining_in(store::Transaction& transaction, const std::string& account) {
  if (rds::tables::instances.count(transaction, 1, account) > 0) return "DB instances";
  if (network::tables::vpcs.count(transaction, 1, account) > 0) return "VPCs";
  const auto is_kept = [](const auto& row) {
    return row.record.manager != keyring::KeyManager::aws && row.record.state != keyring::KeyState::pending_deletion;
  };
  if (std::ranges::any_of(keyring::tables::keys.list(transaction, account), is_kept)) return "KMS keys";
  return std::nullopt;
}

}  // namespace ringwall::server
