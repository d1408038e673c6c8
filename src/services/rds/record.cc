#include "network/documents.h"
#include "services/rds/detail/record.h"

#include <algorithm>

#include "network/network.h"
#include "services/rds/detail/classes.h"
#include "text/encode.h"

namespace ringwall::rds::detail {
namespace {

constexpr std::uint64_t gibibyte = 1024ULL * 1024 * 1024;
constexpr std::uint16_t port_otherwise = 5432;

bool still_wanted(const Record& record, const std::shared_ptr<const Json>& now) {
  return now && now->text("DbiResourceId") == record.text("DbiResourceId") &&
         (*now)["generation"].as_integer() == record.generation();
}

std::unexpected<Error> failed(const service::ApiError& error) {
  return fail(Failure::unavailable, error.code + (error.message.empty() ? "" : ": " + error.message));
}

struct Wrapped {
  Bytes blob;
  service::ApiResult<keyring::Key> key;
};

Result<Wrapped> wrapped_key(const service::Environment& environment, const Record& record) {
  RW_TRY(Bytes blob, text::parse_base64(record.text("data_key")));
  const auto arn = keyring::key_of(blob);
  if (!arn) return fail(Failure::corrupt, "the data key of `" + record.resource_id() + "` is damaged");
  store::Transaction transaction(environment.store);
  auto key = keyring::find_key(transaction, environment.region, record.account(), *arn);
  return Wrapped{std::move(blob), std::move(key)};
}

}  // namespace

std::string Record::endpoint(const service::Environment& environment) const {
  const std::string stored = (*document)["Endpoint"].str("Address");
  return stored.empty() ? endpoint_name(environment, account(), text("DBInstanceIdentifier")) : stored;
}

std::uint16_t Record::port() const {
  const std::int64_t stored = (*document)["Endpoint"]["Port"].as_integer((*document)["DbInstancePort"].as_integer());
  return stored > 0 && stored <= UINT16_MAX ? static_cast<std::uint16_t>(stored) : port_otherwise;
}

engine::Instance Record::instance() const {
  // A class that is not offered any more is served as the smallest.
  const InstanceClass* const offered = find_class(text("DBInstanceClass"));
  const InstanceClass& instance_class = offered == nullptr ? instance_classes().front() : *offered;
  return {.id = resource_id(),
          .interface_id = document->str("interface"),
          .address = document->str("address"),
          .port = port(),
          .uid = static_cast<uid_t>((*document)["uid"].as_integer()),
          .master_user = document->str("MasterUsername"),
          .database = document->str("DBName"),
          .memory_bytes = instance_class.memory_bytes(),
          .connections_max = instance_class.connections_max(),
          .limits = instance_class.limits()};
}

std::int64_t Record::storage_wanted() const {
  return std::max(storage(), (*document)["PendingModifiedValues"]["AllocatedStorage"].as_integer());
}

host::Volume Record::volume(std::int64_t gibibytes) const {
  return {.id = resource_id(),
          .bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(gibibytes, 1)) * gibibyte,
          .owner = static_cast<uid_t>((*document)["uid"].as_integer())};
}

std::optional<Record> find_record(const store::Store& store, const std::string& key, std::string_view resource_id) {
  if (key.empty()) return std::nullopt;
  auto entry = store.get(key);
  if (!entry || entry->document->text("DbiResourceId") != resource_id) return std::nullopt;
  return Record{key, std::move(entry->document)};
}

Result<bool> amend(store::Store& store, const Record& record, const std::function<void(Json&)>& change) {
  return store::transact(store, [&](store::Transaction& transaction) -> Result<bool> {
    const auto now = transaction.get(record.key);
    if (!still_wanted(record, now)) return false;
    Json changed = *now;
    change(changed);
    if (!(changed == *now)) transaction.put(record.key, std::move(changed));
    return true;
  });
}

Result<bool> erase(const service::Environment& environment, const Record& record) {
  return store::transact(environment.store, [&](store::Transaction& transaction) -> Result<bool> {
    if (!still_wanted(record, transaction.get(record.key))) return false;
    if (const std::string interface(record.text("interface")); !interface.empty()) {
      network::remove_interface(transaction, record.account(), interface);
    }
    transaction.erase(network::dns_key_of(record.text("vpc"), record.endpoint(environment)));
    transaction.erase(record.key);
    return true;
  });
}

Result<KeyState> key_state(const service::Environment& environment, const Record& record) {
  RW_TRY(const Wrapped wrapped, wrapped_key(environment, record));
  if (!wrapped.key) return KeyState::gone;
  return keyring::unusable(*wrapped.key) ? KeyState::unusable : KeyState::usable;
}

Result<Secret> open_data_key(const service::Environment& environment, const Record& record) {
  RW_TRY(const Wrapped wrapped, wrapped_key(environment, record));
  if (!wrapped.key) return failed(wrapped.key.error());
  auto key = keyring::decrypt(environment, *wrapped.key, wrapped.blob, data_key_context(record.resource_id()));
  if (!key) return failed(key.error());
  if (key->reveal().size() != data_key_bytes) {
    return fail(Failure::corrupt, "the data key of `" + record.resource_id() + "` has the wrong length");
  }
  return *std::move(key);
}

}  // namespace ringwall::rds::detail
