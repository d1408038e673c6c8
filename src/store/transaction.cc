#include "store/store.h"

#include <algorithm>

namespace ringwall::store {

std::shared_ptr<const text::Json> Transaction::get(std::string_view key) {
  if (const auto own = writes_.find(key); own != writes_.end()) return own->second;
  std::optional<Entry> entry = store_.get(key);
  // The first answer stands: if a later one differs, the commit must conflict.
  reads_.try_emplace(std::string(key), entry ? entry->revision : 0);
  return entry ? std::move(entry->document) : nullptr;
}

void Transaction::remember(std::string_view prefix, std::string_view from, std::string end,
                           const std::vector<Entry>& stored) {
  Range range{std::string(prefix), std::string(from), std::move(end), {}};
  range.seen.reserve(stored.size());
  for (const Entry& entry : stored) range.seen.emplace_back(entry.key, entry.revision);
  ranges_.push_back(std::move(range));
}

std::vector<Entry> Transaction::list(std::string_view prefix) {
  std::vector<Entry> stored = store_.list(prefix);
  // The first answer stands: if a later one differs, the commit must conflict.
  const auto is_whole = [&](const Range& range) {
    return range.prefix == prefix && range.from.empty() && range.end.empty();
  };
  if (std::ranges::none_of(ranges_, is_whole)) remember(prefix, {}, {}, stored);
  return with_own_writes(prefix, {}, std::move(stored));
}

std::vector<Entry> Transaction::list(std::string_view prefix, std::string_view from,
                                     std::size_t limit) {
  if (limit == 0) return {};
  // Each of its own writes may hide a stored entry, which the next one then stands in for.
  std::size_t asked = limit;
  for (auto own = writes_.lower_bound(std::max(prefix, from));
       own != writes_.end() && own->first.starts_with(prefix); ++own)
    ++asked;
  std::vector<Entry> stored = store_.list(prefix, from, asked);
  std::string end = stored.size() < asked ? std::string() : stored.back().key + '\0';
  remember(prefix, from, std::move(end), stored);
  std::vector<Entry> merged = with_own_writes(prefix, from, std::move(stored));
  if (merged.size() > limit) merged.resize(limit);
  return merged;
}

std::vector<Entry> Transaction::with_own_writes(std::string_view prefix, std::string_view from,
                                                std::vector<Entry> stored) {
  auto own = writes_.lower_bound(std::max(prefix, from));
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
