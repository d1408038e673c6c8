#pragma once
// The stored documents as the builders keep them, and which of them use which.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "text/json.h"

namespace ringwall::directory {

using Document = std::shared_ptr<const text::Json>;
using Documents = std::map<std::string, Document, std::less<>>;  // by the store's key

// The parts of "iam/<account>/<kind>/<name>"; of other keys, what stands in their places.
struct KeyParts {
  std::string_view account, kind, name;
};
inline KeyParts parts_of(std::string_view key) {
  const auto word = [&key] {
    const std::size_t slash = key.find('/');
    const std::string_view head = key.substr(0, slash);
    key = slash == std::string_view::npos ? std::string_view() : key.substr(slash + 1);
    return head;
  };
  word();
  KeyParts parts;
  parts.account = word();
  parts.kind = word();
  parts.name = key;
  return parts;
}

// Who uses what, so that a change of the one finds the others. A user is named by a view of its
// key in Documents, whose nodes stay where they are; it must be removed before its key goes.
class Uses {
 public:
  void add(std::string_view used, std::string_view user) {
    auto at = users_.find(used);
    if (at == users_.end()) at = users_.emplace(std::string(used), Users()).first;
    at->second.insert(user);
  }
  void remove(std::string_view used, std::string_view user) {
    const auto at = users_.find(used);
    if (at == users_.end()) return;
    at->second.erase(user);
    if (at->second.empty()) users_.erase(at);
  }
  // `visit` must not change the Uses.
  template <typename Visit>
  void for_each(std::string_view used, Visit&& visit) const {
    const auto at = users_.find(used);
    if (at == users_.end()) return;
    for (const std::string_view user : at->second) visit(user);
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Users = std::unordered_set<std::string_view>;
  std::unordered_map<std::string, Users, Hash, std::equal_to<>> users_;
};

}  // namespace ringwall::directory
