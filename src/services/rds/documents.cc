#include "services/rds/detail/documents.h"

#include <set>

#include "crypto/crypto.h"
#include "host/uids.h"
#include "text/encode.h"

namespace ringwall::rds::detail {
namespace {

Secret password_key(const service::Environment& environment) {
  return crypto::derive_key(environment.root_key.reveal(), "rds master passwords");
}

}  // namespace

std::string instance_arn(const service::Environment& environment, std::string_view account, std::string_view identifier) {
  return "arn:aws:rds:" + environment.region + ":" + std::string(account) + ":db:" + text::lower(identifier);
}

keyring::EncryptionContext data_key_context(std::string_view resource_id) {
  return {{"aws:rds:db-id", std::string(resource_id)}};
}

std::string seal_password(const service::Environment& environment, std::string_view resource_id, std::string_view password) {
  const Secret key = password_key(environment);
  return text::base64(crypto::seal(key.reveal(), bytes_of(password), bytes_of(resource_id), environment.random));
}

Result<Secret> open_password(const service::Environment& environment, std::string_view resource_id, std::string_view sealed) {
  RW_TRY(const Bytes bytes, text::parse_base64(sealed));
  const Secret key = password_key(environment);
  return crypto::open(key.reveal(), bytes, bytes_of(resource_id));
}

std::string endpoint_name(const service::Environment& environment, std::string_view account, std::string_view identifier) {
  // As AWS's: the same for all instances of an account in a region, and not the account's number.
  const std::string hash = crypto::sha256_hex("rds endpoint " + std::string(account) + environment.region).substr(0, 12);
  return text::lower(identifier) + "." + hash + "." + environment.region + ".rds." + environment.dns_suffix;
}

namespace {

std::set<std::int64_t> used_uids(store::Transaction& transaction) {
  std::set<std::int64_t> used;
  for (const auto& row : tables::instances.list(transaction)) used.insert(row.record.wanted.uid);
  return used;
}

// The first of the uids that are this server's to give.
std::uint32_t first_uid(store::Transaction& transaction) {
  const auto range = tables::engine_uids.get(transaction);
  return range ? static_cast<std::uint32_t>(range->first) : host::engine_uid_min;
}

}  // namespace

std::uint32_t uid_for(store::Transaction& transaction, std::int64_t preferred) {
  const std::int64_t first = first_uid(transaction);
  const bool is_one = preferred >= first && preferred - first < host::engine_uids;
  return is_one && !used_uids(transaction).contains(preferred) ? static_cast<std::uint32_t>(preferred)
                                                               : free_uid(transaction);
}

std::uint32_t free_uid(store::Transaction& transaction) {
  const std::set<std::int64_t> used = used_uids(transaction);
  const std::uint32_t first = first_uid(transaction);
  for (std::uint32_t uid = first; uid - first < host::engine_uids; ++uid) {
    if (!used.contains(uid)) return uid;
  }
  return 0;
}

}  // namespace ringwall::rds::detail
