#include "keyring/schedule.h"

#include "keyring/grants.h"
#include "text/time.h"

namespace ringwall::keyring {

namespace {

void remove_key(store::Transaction& transaction, const StoredKey& key, std::int64_t now) {
  tables::keys.erase(transaction, key.account, key.id);
  tables::deleted_keys.put(transaction, {.deleted = now}, key.arn);
  for (const auto& alias : tables::aliases.list(transaction, key.account)) {
    if (alias.record.key_id == key.id) tables::aliases.erase(transaction, alias.parts[0], alias.parts[1]);
  }
  for (const auto& grant : tables::grants.list(transaction, key.account, key.id)) tables::grants.erase(transaction, key.account, key.id, grant.parts[2]);
}

}  // namespace

bool was_deleted(store::Transaction& transaction, std::string_view arn) { return tables::deleted_keys.contains(transaction, arn); }

std::vector<std::string> postpone_deletions(const service::Environment& environment, store::Transaction& transaction) {
  constexpr std::int64_t waiting_days_min = 7;  // as ScheduleKeyDeletion has it
  const std::int64_t earliest = text::to_millis(environment.clock.now()) + waiting_days_min * day_ms;
  std::vector<std::string> postponed;
  for (auto& [parts, key] : tables::keys.list(transaction)) {
    if (key.state != KeyState::pending_deletion || key.deletion_date.value_or(0) >= earliest) continue;
    postponed.push_back(key.arn);
    key.deletion_date = earliest;
    tables::keys.put(transaction, key, parts[0], parts[1]);
  }
  return postponed;
}

Result<int> run_schedule(const service::Environment& environment) {
  int changed = 0;
  const auto now = text::to_millis(environment.clock.now());
  for (const auto& row : tables::keys.list(environment.store)) {
    const auto outcome = store::transact(environment.store, [&](store::Transaction& transaction) -> Result<bool> {
      auto key = tables::keys.get(transaction, row.parts[0], row.parts[1]);
      if (!key) return false;
      if (key->state == KeyState::pending_deletion && key->deletion_date.value_or(0) <= now) {
        remove_key(transaction, *key, now);
        return true;
      }
      if (key->state == KeyState::enabled && key->rotation && key->rotation->next <= now) {
        key->material.push_back(make_material(environment, key->arn));
        key->rotation->last = now;
        key->rotation->next = now + key->rotation->days * day_ms;
        tables::keys.put(transaction, *key, row.parts[0], row.parts[1]);
        return true;
      }
      return false;
    });
    if (!outcome) return std::unexpected(outcome.error());
    changed += *outcome ? 1 : 0;
  }
  return changed;
}

}  // namespace ringwall::keyring
