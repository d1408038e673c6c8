#pragma once
// An instance as the reconciler reads it, and how it writes its half.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "engine/engine.h"
#include "host/host.h"
#include "services/rds/detail/documents.h"

namespace ringwall::rds::detail {

struct Record {
  std::array<std::string, 2> at;  // its table's parts
  Instance instance;

  const Wanted& wanted() const { return instance.wanted; }
  const Requests& requests() const { return instance.requests; }
  const Observed& observed() const { return instance.observed; }
  const std::string& resource_id() const { return instance.wanted.resource_id; }
  std::int64_t generation() const { return instance.wanted.generation; }
  std::string endpoint(const service::Environment& environment) const;
  std::uint16_t port() const;
  engine::Instance served() const;
  // Gibibytes: what its volume has, and what it is to have.
  std::int64_t storage() const { return instance.observed.storage; }
  std::int64_t storage_wanted() const;
  host::Volume volume(std::int64_t gibibytes) const;
};

// The instance under `key` if it is that of `resource_id`: an identifier can be used again by
// another instance once its first is gone.
std::optional<Record> find_record(const store::Store& store, const std::string& key, std::string_view resource_id);

// Changes the reconciler's half, and ends requests, unless somebody has asked for something else since
// `record` was read: then it answers false and changes nothing. A change that changes nothing is not
// written, so that it wakes nobody.
using Change = std::function<void(Observed& observed, Requests& requests)>;
Result<bool> amend(store::Store& store, const Record& record, const Change& change);

// Ends a deletion: document, interface and name go in one commit. False as above.
Result<bool> erase(const service::Environment& environment, const Record& record);

enum class KeyState : std::uint8_t { usable, unusable /* disabled, or waiting to be deleted */, gone };

// The state of the KMS key that wraps the instance's data key.
Result<KeyState> key_state(const service::Environment& environment, const Record& record);
// The volume's key, unwrapped.
Result<Secret> open_data_key(const service::Environment& environment, const Record& record);

}  // namespace ringwall::rds::detail
