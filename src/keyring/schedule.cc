#include "keyring/schedule.h"

#include "keyring/grants.h"
#include "text/time.h"

namespace ringwall::keyring {

namespace {

std::string deleted_key_of(std::string_view arn) { return "kms-deleted/" + std::string(arn); }

}  // namespace

bool was_deleted(store::Transaction& transaction, std::string_view arn) {
  return transaction.contains(deleted_key_of(arn));
}

std::vector<std::string> postpone_deletions(const service::Environment& environment, store::Transaction& transaction) {
  constexpr std::int64_t waiting_days_min = 7;  // as ScheduleKeyDeletion has it
  const std::int64_t earliest = text::to_millis(environment.clock.now()) + waiting_days_min * day_ms;
  std::vector<std::string> postponed;
  for (const store::Entry& entry : transaction.list("kms/")) {
    if (entry.key.find("/key/") == std::string::npos || entry.document->text("KeyState") != "PendingDeletion") continue;
    if ((*entry.document)["DeletionDate"].as_integer() >= earliest) continue;
    Json key = *entry.document;
    postponed.push_back(key.str("Arn"));
    transaction.put(entry.key, key.set("DeletionDate", earliest));
  }
  return postponed;
}

Result<int> run_schedule(const service::Environment& environment) {
  int changed = 0;
  const auto now = text::to_millis(environment.clock.now());
  for (const store::Entry& entry : environment.store.list("kms/")) {
    if (entry.key.find("/key/") == std::string::npos) continue;
    const auto outcome = store::transact(environment.store, [&](store::Transaction& transaction) -> Result<bool> {
      const auto stored = transaction.get(entry.key);
      if (!stored) return false;
      if (stored->text("KeyState") == "PendingDeletion" && (*stored)["DeletionDate"].as_integer() <= now) {
        transaction.erase(entry.key);
        transaction.put(deleted_key_of(stored->text("Arn")), Json::object({{"DeletedAt", now}}));
        for (const store::Entry& alias : transaction.list(entry.key.substr(0, entry.key.find("/key/")) + "/alias/")) {
          if (alias.document->text("TargetKeyId") == stored->text("KeyId")) transaction.erase(alias.key);
        }
        for (const store::Entry& grant : transaction.list(grant_prefix(stored->text("AWSAccountId"), stored->text("KeyId")))) transaction.erase(grant.key);
        return true;
      }
      const std::int64_t next = (*stored)["rotation"]["next"].as_integer();
      if (stored->text("KeyState") == "Enabled" && next != 0 && next <= now) {
        Json key = *stored;
        key.edit("material").push(make_material(environment, key.text("Arn")));
        Json& rotation = key.edit("rotation");
        rotation.set("last", now);
        rotation.set("next", now + rotation["days"].as_integer() * day_ms);
        transaction.put(entry.key, std::move(key));
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
