#include "services/rds/detail/record.h"

#include <algorithm>

#include "network/network.h"
#include "network/records.h"
#include "services/rds/detail/classes.h"
#include "text/encode.h"

namespace ringwall::rds::detail {
namespace {

constexpr std::uint64_t gibibyte = 1024ULL * 1024 * 1024;
constexpr std::uint16_t port_otherwise = 5432;

bool still_wanted(const Record& record, const std::optional<Instance>& now) {
  return now && now->wanted.resource_id == record.resource_id() && now->wanted.generation == record.generation();
}

std::unexpected<Error> failed(const service::ApiError& error) {
  return fail(Failure::unavailable, error.code + (error.message.empty() ? "" : ": " + error.message));
}

struct Wrapped {
  Bytes blob;
  service::ApiResult<keyring::Key> key;
};

Result<Wrapped> wrapped_key(const service::Environment& environment, const Record& record) {
  RW_TRY(Bytes blob, text::parse_base64(record.wanted().data_key));
  const auto arn = keyring::key_of(blob);
  if (!arn) return fail(Failure::corrupt, "the data key of `" + record.resource_id() + "` is damaged");
  store::Transaction transaction(environment.store);
  auto key = keyring::find_key(transaction, environment.region, record.wanted().account, *arn);
  return Wrapped{std::move(blob), std::move(key)};
}

}  // namespace

std::string Record::endpoint(const service::Environment& environment) const {
  const std::string& stored = wanted().endpoint.address;
  return stored.empty() ? endpoint_name(environment, wanted().account, wanted().identifier) : stored;
}

std::uint16_t Record::port() const {
  const std::int64_t stored = wanted().endpoint.port;
  return stored > 0 && stored <= UINT16_MAX ? static_cast<std::uint16_t>(stored) : port_otherwise;
}

engine::Instance Record::served() const {
  // A class that is not offered any more is served as the smallest.
  const InstanceClass* const offered = find_class(wanted().instance_class);
  const InstanceClass& instance_class = offered == nullptr ? instance_classes().front() : *offered;
  return {.id = resource_id(),
          .interface_id = wanted().interface,
          .address = wanted().address,
          .port = port(),
          .uid = static_cast<uid_t>(wanted().uid),
          .master_user = wanted().master_user,
          .database = wanted().database,
          .memory_bytes = instance_class.memory_bytes(),
          .connections_max = instance_class.connections_max(),
          .limits = instance_class.limits()};
}

std::int64_t Record::storage_wanted() const { return std::max(storage(), requests().pending.storage.value_or(0)); }

host::Volume Record::volume(std::int64_t gibibytes) const {
  return {.id = resource_id(),
          .bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(gibibytes, 1)) * gibibyte,
          .owner = static_cast<uid_t>(wanted().uid)};
}

std::optional<Record> find_record(const store::Store& store, const std::string& key, std::string_view resource_id) {
  auto at = tables::instances.parts_of(key);
  if (!at) return std::nullopt;
  auto instance = tables::instances.get(store, (*at)[0], (*at)[1]);
  if (!instance || instance->wanted.resource_id != resource_id) return std::nullopt;
  return Record{*std::move(at), *std::move(instance)};
}

Result<bool> amend(store::Store& store, const Record& record, const Change& change) {
  return store::transact(store, [&](store::Transaction& transaction) -> Result<bool> {
    auto now = tables::instances.get(transaction, record.at[0], record.at[1]);
    if (!still_wanted(record, now)) return false;
    const Json before = records::to_json(*now);
    change(now->observed, now->requests);
    if (records::to_json(*now) != before) tables::instances.put(transaction, *now, record.at[0], record.at[1]);
    return true;
  });
}

Result<bool> erase(const service::Environment& environment, const Record& record) {
  return store::transact(environment.store, [&](store::Transaction& transaction) -> Result<bool> {
    if (!still_wanted(record, tables::instances.get(transaction, record.at[0], record.at[1]))) return false;
    const Wanted& wanted = record.wanted();
    if (!wanted.interface.empty()) network::remove_interface(transaction, wanted.account, wanted.interface);
    network::tables::names.erase(transaction, wanted.vpc, record.endpoint(environment));
    tables::instances.erase(transaction, record.at[0], record.at[1]);
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
