#pragma once
// How RDS is stored. The API half writes what is wanted; the reconciler half makes it so and
// writes what is. A document has the members that the API answers, and private ones in lower case.
//
//   rds/<account>/db/<identifier>       DBInstance, and
//     account, vpc, interface, address, uid
//     desired            "running", "stopped" or "deleted"
//     generation         counts the changes asked for
//     data_key           base64 of keyring::encrypt of the volume's 64-byte key
//     master_password    base64, sealed (see seal_password); there until it has been applied
//     reboot             true: an engine restart was asked for
//     message            why it failed, for people
//     growth_refused     why its storage did not become what was last asked for
//     made               true once it has been available: its volume is never made anew
//     certificate_until  when the engine's certificate ends, in milliseconds since 1970
//   rds/<account>/subgrp/<name>         DBSubnetGroup
//   dns/<vpc-id>/<endpoint name>        {"address"}: see network/network.h
//
// Who writes what: the API half writes the document, the interface and the name, with status
// `creating`, and later `desired`, wanted settings and the transitional status (`modifying`,
// `rebooting`, `stopping`, `starting`, `deleting`); the reconciler writes the other statuses, `made`,
// `certificate_until` and InstanceCreateTime, makes a pending AllocatedStorage the true one once the
// file system has it, or drops it when the disk cannot hold it, and removes everything at the end of a deletion. It
// writes only while `generation` is what it read.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "keyring/keyring.h"
#include "service/service.h"
#include "text/json.h"

namespace ringwall::rds::detail {

using text::Json;

inline constexpr std::size_t instances_max = 40;  // of an account, as AWS begins
inline constexpr std::size_t data_key_bytes = 64;  // AES-256-XTS takes two keys
inline constexpr std::string_view requester = "amazon-rds";

std::string instance_key(std::string_view account, std::string_view identifier);  // identifier in any case
bool is_instance_key(std::string_view key);
std::string subnet_group_key(std::string_view account, std::string_view name);
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
