#pragma once
// What KMS's operations share.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "keyring/keyring.h"
#include "service/service.h"

namespace ringwall::kms::detail {

using service::api_error;
using service::ApiError;
using service::ApiResult;
using service::Call;
using text::Json;

// Of an account and Region, AWS managed keys with them.
inline constexpr std::size_t keys_max = 100'000;

enum class KeyMember : std::uint8_t { any_name, id_or_arn, own_id_or_arn };

// The key that the input member names: by id, ARN or alias; by id and ARN alone; or by id and ARN
// of the caller's account, which is all that KMS lets be managed.
ApiResult<keyring::Key> key_named(const Call& call, std::string_view member);
ApiResult<keyring::Key> key_identified(const Call& call, std::string_view member);
ApiResult<keyring::Key> own_key(const Call& call, std::string_view member);
// Asks for `action` on the key that the member KeyId names.
service::Ask ask_key(std::string action, KeyMember member);

std::string account_arn(const Call& call, std::string_view resource);
keyring::EncryptionContext context_of(const Json& map);
void put_key(const Call& call, const keyring::StoredKey& key);

// KMS names a tag's members TagKey and TagValue.
estate::Tags tags_of(const Json& list);
Json tag_list(const estate::Tags& tags);
// Of the tags that a request gives, and those that the key would then have.
std::optional<ApiError> fault_in_tags(const Json& given, const estate::Tags& tags);

// Where the page that the input asks for begins; empty: at the list's start.
ApiResult<std::string> first_of_page(const Json& input);
// {list_member: a page of at most `size` items, "Truncated", "NextMarker"}. `items` are in order of `key_member`.
ApiResult<Json> page(const Json& input, std::vector<Json> items, std::string_view list_member, std::string_view key_member,
                     std::size_t size);

std::vector<service::Operation> key_operations();
std::vector<service::Operation> alias_operations();
std::vector<service::Operation> grant_operations();

// The handler, but a dry run ends where it would have answered.
service::Handler unless_dry_run(ApiResult<Json> (*handler)(const Call&));

}  // namespace ringwall::kms::detail
