#pragma once
// When long-lived access keys were last used, for GetAccessKeyLastUsed. A key in steady use is
// written down once a minute, so what is stored is late by a minute at most:
//
//   iam-key-used/<access-key-id>    LastUsedDate, ServiceName, Region

#include <chrono>
#include <string>
#include <string_view>
#include <unordered_map>

#include "service/service.h"

namespace ringwall::gateway {

inline constexpr std::chrono::seconds key_use_written_every{60};

struct KeyUse {
  std::string access_key, service, region;
  TimePoint when{};
};

// One thread's view of what has been written down. Not thread-safe.
class KeyUses {
 public:
  // Is this use to be written? At most once a minute for a key; answers no to sessions' keys,
  // whose use nobody can ask about.
  bool is_due(const service::Caller& caller, TimePoint now);

 private:
  std::unordered_map<std::string, TimePoint> written_;  // by access key
};

// Writes the use down unless a later one was, or the key is gone. Waits for the disk.
Result<> write_key_use(store::Store& store, const KeyUse& use);

}  // namespace ringwall::gateway
