#pragma once
// An instance's document, as the reconciler reads and writes it.

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
  std::string key;
  std::shared_ptr<const Json> document;

  std::string_view text(std::string_view member) const { return document->text(member); }
  std::string resource_id() const { return document->str("DbiResourceId"); }
  std::string account() const { return document->str("account"); }
  std::int64_t generation() const { return (*document)["generation"].as_integer(); }
  bool was_made() const { return (*document)["made"].as_bool(); }  // its volume holds somebody's data
  bool reboot_asked() const { return (*document)["reboot"].as_bool(); }
  std::string endpoint(const service::Environment& environment) const;
  std::uint16_t port() const;
  engine::Instance instance() const;
  // Gibibytes: what its volume has, and what it is to have.
  std::int64_t storage() const { return (*document)["AllocatedStorage"].as_integer(); }
  std::int64_t storage_wanted() const;
  host::Volume volume(std::int64_t gibibytes) const;
};

// The document under `key` if it is that of `resource_id`: an identifier can be used again by
// another instance once its first is gone.
std::optional<Record> find_record(const store::Store& store, const std::string& key, std::string_view resource_id);

// Changes the document, unless somebody has asked for something else since `record` was read:
// then it answers false and changes nothing. A change that changes nothing is not written, so
// that it wakes nobody.
Result<bool> amend(store::Store& store, const Record& record, const std::function<void(Json&)>& change);

// Ends a deletion: document, interface and name go in one commit. False as above.
Result<bool> erase(const service::Environment& environment, const Record& record);

enum class KeyState : std::uint8_t { usable, unusable /* disabled, or waiting to be deleted */, gone };

// The state of the KMS key that wraps the instance's data key.
Result<KeyState> key_state(const service::Environment& environment, const Record& record);
// The volume's key, unwrapped.
Result<Secret> open_data_key(const service::Environment& environment, const Record& record);

}  // namespace ringwall::rds::detail
