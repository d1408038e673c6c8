#pragma once
// Which keys the latest commits changed, so that a reader who knows one revision learns what
// came after it without comparing the whole store. Bounded: what is forgotten is said so.

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace ringwall::store::detail {

// Not thread-safe: guarded as the store's entries are.
class History {
 public:
  // Remembers what comes after `opened`.
  explicit History(Revision opened) : complete_after_(opened) {}

  // Revisions never fall.
  void add(Revision revision, std::string_view key);

  // The keys under any of `prefixes` changed after `since`, sorted, each once; nothing when some
  // of what came after it is forgotten.
  std::optional<std::vector<std::string>> since(Revision since, Prefixes prefixes) const;

 private:
  struct Changed {
    Revision revision;
    std::string key;
  };
  std::deque<Changed> changes_;
  Revision complete_after_;  // INVARIANT: changes_ holds every change of later revisions
};

}  // namespace ringwall::store::detail
