#include "gateway/key_uses.h"

#include "directory/records.h"
#include "text/time.h"

namespace ringwall::gateway {
namespace {

// A role of the same name that was made since is another.
bool is_there(store::Transaction& transaction, const KeyUse& use) {
  if (use.role.empty()) return directory::tables::access_keys.contains(transaction, use.id);
  const auto role = directory::tables::roles.get(transaction, use.account, use.role);
  return role && role->id == use.id;
}

}  // namespace

std::optional<KeyUse> use_of(const service::Caller& caller) {
  KeyUse use;
  const policy::Principal& principal = caller.principal;
  if (principal.type == policy::Principal::Type::role_session) {
    use.id = principal.unique_id;
    use.account = principal.account;
    use.role = principal.role_arn.substr(principal.role_arn.rfind('/') + 1);
  } else if (caller.session == nullptr) {
    use.id = caller.access_key;
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
    if (!is_there(transaction, use)) return false;
    const auto before = directory::tables::last_uses.get(transaction, use.id);
    const std::int64_t when = text::to_millis(use.when);
    if (before && before->when >= when) return false;
    directory::tables::last_uses.put(transaction, {.when = when, .service = use.service, .region = use.region}, use.id);
    return true;
  });
  if (!written) return std::unexpected(written.error());
  return {};
}

}  // namespace ringwall::gateway
