#pragma once
// A request as policies see it: who asks, for what, and every condition key that has a value.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/detail/hash.h"

namespace ringwall::policy {

// FNV-1a over the ASCII lower case: what condition keys and actions are found by. Equal texts,
// without regard to case, have equal hashes; not the other way round.
constexpr std::uint64_t hash_ignoring_case(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) {
    const bool upper = c >= 'A' && c <= 'Z';
    hash = (hash ^ static_cast<unsigned char>(upper ? c + ('a' - 'A') : c)) * 0x100000001b3;
  }
  return hash;
}

// The keys of a request. Names are compared without regard to case. A key is absent, or has one or
// more values (an empty list is "present without values", as an empty set-valued key).
class Context {
 public:
  struct Entry {
    std::uint64_t hash;  // of the key
    std::string key;     // lower case
    std::vector<std::string> values;
  };

  void set(std::string_view key, std::string value);
  void set(std::string_view key, std::vector<std::string> values);
  void erase(std::string_view key);
  void merge(const Context& other);  // other's values win

  const std::vector<std::string>* find(std::string_view key) const;  // null: absent
  // For a key that is in lower case and hashed already. A few nanoseconds; allocates nothing.
  const std::vector<std::string>* find(std::uint64_t hash, std::string_view lower_key) const {
    if (slots_.empty()) return nullptr;
    const std::uint32_t taken = slots_[slot_of(hash, lower_key)];
    return taken == 0 ? nullptr : &entries_[taken - 1].values;
  }

  const std::vector<Entry>& entries() const { return entries_; }  // as they were first set

 private:
  // The slot that holds the key, or the free one where it would go.
  std::size_t slot_of(std::uint64_t hash, std::string_view lower_key) const {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t slot = (hash ^ hash >> 32) & mask;; slot = (slot + 1) & mask) {
      const std::uint32_t taken = slots_[slot];
      if (taken == 0) return slot;
      const Entry& entry = entries_[taken - 1];
      if (entry.hash == hash && detail::same_text(entry.key, lower_key)) return slot;
    }
  }
  void index();

  std::vector<Entry> entries_;
  // Open addressing: 1 + the entry's index, 0 is free. INVARIANT: a power of two, at least twice
  // as many as there are entries, or none.
  std::vector<std::uint32_t> slots_;
};

// Who asks, in every form in which a Principal element may name them.
struct Principal {
  enum class Type : std::uint8_t { anonymous, root, user, role_session, service, federated };
  Type type = Type::anonymous;
  std::string
      arn;  // user, root, or the *session* (arn:aws:sts::…:assumed-role/R/S); empty: anonymous
  std::string role_arn;   // of a role session: the role's own ARN, with its path
  std::string account;    // 12 digits; empty: anonymous, service
  std::string unique_id;  // AIDA…, AROA… (of the role, without the session name; of a federated user: the issuer's)
  std::string service;    // a service principal's name
  std::string provider;   // federated: the provider's ARN or domain
  bool service_linked = false;
  std::string issuer_arn = {};  // of a federated user: the IAM user who made the session
};

struct Request {
  Principal principal;
  std::string action;            // "service:Action"
  std::string resource;          // an ARN, or "*" for actions without resources
  std::string resource_account;  // owner of the resource; empty: unknown
  Context context;               // everything: global keys too
};

}  // namespace ringwall::policy
