#include "gateway/key_uses.h"

#include "directory/documents.h"
#include "text/time.h"

namespace ringwall::gateway {

std::optional<KeyUse> use_of(const service::Caller& caller) {
  KeyUse use;
  const policy::Principal& principal = caller.principal;
  if (principal.type == policy::Principal::Type::role_session) {
    use.id = principal.unique_id;
    use.owner =
        directory::iam_key(principal.account, "role", principal.role_arn.substr(principal.role_arn.rfind('/') + 1));
  } else if (caller.session == nullptr) {
    use.id = caller.access_key;
    use.owner = directory::access_key_key(use.id);
  }
  return use.id.empty() ? std::nullopt : std::optional(std::move(use));
}

bool KeyUses::is_due(const KeyUse& use, TimePoint now) {
  const auto [at, is_new] = written_.try_emplace(use.id, now);
  if (is_new) return true;
  if (now - at->second < key_use_written_every) return false;
  at->second = now;
  return true;
}

Result<> write_key_use(store::Store& store, const KeyUse& use) {
  const auto written = store::transact(store, [&](store::Transaction& transaction) -> Result<bool> {
    const auto owner = transaction.get(use.owner);
    // A role of the same name that was made since is another.
    if (owner == nullptr || (owner->contains("RoleId") && owner->text("RoleId") != use.id)) return false;
    const std::string key = directory::access_key_use_key(use.id);
    const auto before = transaction.get(key);
    const std::int64_t when = text::to_millis(use.when);
    if (before != nullptr && (*before)["LastUsedDate"].as_integer() >= when) return false;
    transaction.put(key, text::Json::object({{"LastUsedDate", when}, {"ServiceName", use.service}, {"Region", use.region}}));
    return true;
  });
  if (!written) return std::unexpected(written.error());
  return {};
}

}  // namespace ringwall::gateway
