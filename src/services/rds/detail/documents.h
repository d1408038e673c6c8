#pragma once
// What instances are made of besides their records: the secrets in them, their names, their uids.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "keyring/keyring.h"
#include "service/service.h"
#include "services/rds/records.h"
#include "text/json.h"

namespace ringwall::rds::detail {

using text::Json;

inline constexpr std::size_t instances_max = 40;  // of an account, as AWS begins
inline constexpr std::size_t data_key_bytes = 64;  // AES-256-XTS takes two keys
inline constexpr std::string_view requester = "amazon-rds";

std::string instance_arn(const service::Environment& environment, std::string_view account, std::string_view identifier);

// The encryption context under which an instance's data key is wrapped.
keyring::EncryptionContext data_key_context(std::string_view resource_id);

// A master password on its way to the engine: sealed under the root key, bound to the instance.
std::string seal_password(const service::Environment& environment, std::string_view resource_id, std::string_view password);
Result<Secret> open_password(const service::Environment& environment, std::string_view resource_id, std::string_view sealed);

// "<identifier>.<12 characters of the account>.<region>.rds.<suffix>", lower case.
std::string endpoint_name(const service::Environment& environment, std::string_view account, std::string_view identifier);

inline constexpr std::int64_t storage_gibibytes_min = 20, storage_gibibytes_max = 65536;

// An engine uid of this host's range for the data folder that no other instance has; 0 if none is left.
std::uint32_t free_uid(store::Transaction& transaction);
// `preferred`, unless another instance has it or it is none; then a free one.
std::uint32_t uid_for(store::Transaction& transaction, std::int64_t preferred);

}  // namespace ringwall::rds::detail
