#include "store/detail/history.h"

#include <algorithm>

namespace ringwall::store::detail {

void History::add(Revision revision, std::string_view key) {
  changes_.push_back({revision, std::string(key)});
  if (changes_.size() <= changes_kept_max) return;
  // The rest of that commit may still be here, but what it changed is no longer known whole.
  complete_after_ = changes_.front().revision;
  changes_.pop_front();
}

std::optional<std::vector<std::string>> History::since(Revision since, Prefixes prefixes) const {
  if (since < complete_after_) return std::nullopt;
  std::vector<std::string> keys;
  auto at = std::ranges::upper_bound(changes_, since, {}, &Changed::revision);
  for (; at != changes_.end(); ++at) {
    const bool wanted = std::ranges::any_of(
        prefixes, [&](std::string_view prefix) { return at->key.starts_with(prefix); });
    if (wanted) keys.push_back(at->key);
  }
  std::ranges::sort(keys);
  const auto repeated = std::ranges::unique(keys);
  keys.erase(repeated.begin(), repeated.end());
  return keys;
}

}  // namespace ringwall::store::detail
