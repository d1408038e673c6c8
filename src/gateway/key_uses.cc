#include "gateway/key_uses.h"

#include "directory/documents.h"
#include "text/time.h"

namespace ringwall::gateway {

bool KeyUses::is_due(const service::Caller& caller, TimePoint now) {
  if (caller.session != nullptr || caller.access_key.empty()) return false;
  const auto [at, is_new] = written_.try_emplace(caller.access_key, now);
  if (is_new) return true;
  if (now - at->second < key_use_written_every) return false;
  at->second = now;
  return true;
}

Result<> write_key_use(store::Store& store, const KeyUse& use) {
  const auto written = store::transact(store, [&](store::Transaction& transaction) -> Result<bool> {
    if (!transaction.contains(directory::access_key_key(use.access_key))) return false;
    const std::string key = directory::access_key_use_key(use.access_key);
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
