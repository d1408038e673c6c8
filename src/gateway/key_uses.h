#pragma once
// When long-lived access keys and roles were last used, for GetAccessKeyLastUsed and GetRole. What is
// in steady use is written down once a minute, so what is stored is late by a minute at most: directory::LastUse.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "service/service.h"

namespace ringwall::gateway {

inline constexpr std::chrono::seconds key_use_written_every{60};

struct KeyUse {
  std::string id;             // of the access key, or of the role whose session calls
  std::string account, role;  // of the role, by name; empty: an access key's
  std::string service, region;
  TimePoint when{};
};

// Whose use a call is; nothing: nobody's who can be asked about, as of a session without a role.
std::optional<KeyUse> use_of(const service::Caller& caller);

// One thread's view of what has been written down. Not thread-safe.
class KeyUses {
 public:
  // Is this use to be written? At most once a minute for a key or a role.
  bool is_due(const KeyUse& use, TimePoint now);

 private:
  std::unordered_map<std::string, TimePoint> written_;  // by id
};

// Writes the use down unless a later one was, or its key or role is gone. Waits for the disk.
Result<> write_key_use(store::Store& store, const KeyUse& use);

}  // namespace ringwall::gateway
