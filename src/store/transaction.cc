#include "store/store.h"

namespace ringwall::store {

std::shared_ptr<const text::Json> Transaction::get(std::string_view key) {
  if (const auto own = writes_.find(key); own != writes_.end()) return own->second;
  std::optional<Entry> entry = store_.get(key);
  // The first answer stands: if a later one differs, the commit must conflict.
  reads_.try_emplace(std::string(key), entry ? entry->revision : 0);
  return entry ? std::move(entry->document) : nullptr;
}

std::vector<Entry> Transaction::list(std::string_view prefix) {
  std::vector<Entry> stored = store_.list(prefix);
  if (!ranges_.contains(prefix)) {
    auto& seen = ranges_[std::string(prefix)];
    seen.reserve(stored.size());
    for (const Entry& entry : stored) seen.emplace_back(entry.key, entry.revision);
  }

  auto own = writes_.lower_bound(prefix);
  const auto own_left = [&] { return own != writes_.end() && own->first.starts_with(prefix); };
  if (!own_left()) return stored;
  std::vector<Entry> merged;
  const auto take_own = [&] {
    if (own->second != nullptr) merged.push_back({own->first, own->second, 0});
    ++own;
  };
  for (Entry& entry : stored) {
    while (own_left() && own->first < entry.key) take_own();
    if (own_left() && own->first == entry.key) {
      take_own();
    } else {
      merged.push_back(std::move(entry));
    }
  }
  while (own_left()) take_own();
  return merged;
}

void Transaction::put(std::string_view key, text::Json document) {
  writes_.insert_or_assign(std::string(key),
                           std::make_shared<const text::Json>(std::move(document)));
}

void Transaction::erase(std::string_view key) {
  writes_.insert_or_assign(std::string(key), nullptr);
}

}  // namespace ringwall::store
