#include "services/kms/kms.h"

#include <algorithm>
#include <array>

#include "keyring/grants.h"
#include "keyring/guards.h"
#include "service/marker.h"
#include "service/traits.h"
#include "services/kms/detail/common.h"

namespace ringwall::kms {

namespace detail {

std::string account_arn(const Call& call, std::string_view resource) {
  return "arn:aws:kms:" + call.environment.region + ":" + call.account() + ":" + std::string(resource);
}

ApiResult<keyring::Key> key_named(const Call& call, std::string_view member) {
  return keyring::find_key(call.transaction, call.environment.region, call.account(), call.input.text(member));
}

// KMS takes ids and ARNs here, not aliases; and only keys of the caller's own account, whether
// there is such a key in another or not.
ApiResult<keyring::Key> own_key(const Call& call, std::string_view member) {
  const std::string_view name = call.input.text(member);
  if (name.starts_with("arn:") && !name.starts_with(account_arn(call, ""))) {
    return api_error("AccessDeniedException", "The key of " + std::string(name) + " is not in this account and Region.");
  }
  return key_identified(call, member);
}

ApiResult<keyring::Key> key_identified(const Call& call, std::string_view member) {
  const std::string_view name = call.input.text(member);
  if (name.find("alias/") != std::string_view::npos) {
    return api_error("InvalidArnException", "Invalid keyId '" + std::string(name) + "'");
  }
  return key_named(call, member);
}

keyring::EncryptionContext context_of(const Json& map) {
  keyring::EncryptionContext context;
  for (const auto& [name, value, at] : map.members()) context[name] = value.as_string();
  return context;
}

void put_key(const Call& call, const keyring::StoredKey& key) { keyring::tables::keys.put(call.transaction, key, key.account, key.id); }

ApiResult<std::string> first_of_page(const Json& input) {
  const std::string_view marker = input.text("Marker");
  if (marker.empty()) return std::string();
  std::optional<std::string> key = service::key_of_marker(marker);
  if (!key) return api_error("InvalidMarkerException", "The marker is not one that a list was answered with.");
  return *std::move(key);
}

ApiResult<Json> page(const Json& input, std::vector<Json> items, std::string_view list_member,
                     std::string_view key_member, std::size_t size) {
  RW_TRY(const std::string from, first_of_page(input));
  auto page = service::page_of(std::move(items), from, size, [&](const Json& item) { return item.str(key_member); });
  Json output =
      Json::object({{std::string(list_member), Json::array(std::move(page.items))}, {"Truncated", !page.next.empty()}});
  if (!page.next.empty()) output.set("NextMarker", service::marker_of(page.next));
  return output;
}

service::Ask ask_key(std::string action, KeyMember member) {
  return [action = std::move(action), member](const Call& call) -> ApiResult<service::Questions> {
    auto key = member == KeyMember::any_name    ? key_named(call, "KeyId")
               : member == KeyMember::id_or_arn ? key_identified(call, "KeyId")
                                                : own_key(call, "KeyId");
    if (!key) return std::unexpected(key.error());
    return service::Questions{{keyring::question(*key, call.caller, action, context_of(call.input["EncryptionContext"]))}};
  };
}

service::Handler unless_dry_run(ApiResult<Json> (*handler)(const Call&)) {
  return [handler](const Call& call) -> ApiResult<Json> {
    auto output = handler(call);
    if (output && call.input["DryRun"].as_bool()) {
      return api_error("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.");
    }
    return output;
  };
}

estate::Tags tags_of(const Json& list) {
  estate::Tags tags;
  for (const Json& tag : list.items()) tags[tag.str("TagKey")] = tag.str("TagValue");
  return tags;
}

std::optional<ApiError> fault_in_tags(const Json& given, const estate::Tags& tags) {
  if (tags_of(given).size() != given.items().size()) return ApiError{"TagException", "Duplicate tag keys"};
  if (auto fault = service::fault_in(tags)) return ApiError{"TagException", *fault};
  return std::nullopt;
}

Json tag_list(const estate::Tags& tags) {
  Json list = Json::array();
  for (const auto& [key, value] : tags) list.push(Json::object({{"TagKey", key}, {"TagValue", value}}));
  return list;
}

}  // namespace detail

namespace {

using detail::alias_operations;
using detail::ask_key;
using detail::context_of;
using detail::key_named;
using detail::key_operations;
using detail::KeyMember;
using service::api_error;
using service::ApiError;
using service::ApiResult;
using service::Call;
using text::Json;

constexpr std::string_view symmetric = "SYMMETRIC_DEFAULT";

// Members that change what an operation does or gives away. An enclave's attestation document
// asks for plaintext that only the enclave can read, so answering it in the clear would be wrong.
std::optional<ApiError> fault_in_use(const Json& input) {
  if (input.contains("Recipient")) return ApiError{"UnsupportedOperationException", "Recipient: attested enclaves are not supported"};
  if (!input["DryRunModifiers"].items().empty())
    return ApiError{"UnsupportedOperationException", "DryRunModifiers: a dry run has no variants here"};
  for (const char* member : {"EncryptionAlgorithm", "SourceEncryptionAlgorithm", "DestinationEncryptionAlgorithm"}) {
    if (input.text(member, symmetric) != symmetric) {
      return ApiError{"InvalidKeyUsageException", "The request specifies " + input.str(member) + " with a SYMMETRIC_DEFAULT key."};
    }
  }
  return std::nullopt;
}

service::Handler checked(ApiResult<Json> (*handler)(const Call&)) {
  return [handle = detail::unless_dry_run(handler)](const Call& call) -> ApiResult<Json> {
    if (auto fault = fault_in_use(call.input)) return std::unexpected(*std::move(fault));
    return handle(call);
  };
}

// A grant decides from the moment it is made, so its token adds nothing: it need only be one.
service::Handler with_good_tokens(service::Handler handler) {
  return [handler = std::move(handler)](const Call& call) -> ApiResult<Json> {
    for (const Json& token : call.input["GrantTokens"].items()) RW_DO(keyring::open_grant_token(call.environment, token.as_string()));
    return handler(call);
  };
}

ApiResult<Json> encrypt(const Call& call) {
  const auto key = key_named(call, "KeyId");
  if (!key) return std::unexpected(key.error());
  const auto blob = keyring::encrypt(call.environment, *key, bytes_of(call.input.text("Plaintext")),
                                     context_of(call.input["EncryptionContext"]));
  if (!blob) return std::unexpected(blob.error());
  return Json::object({{"CiphertextBlob", text_of(*blob)}, {"KeyId", key->arn}, {"EncryptionAlgorithm", symmetric}});
}

// The key a ciphertext was made with; a KeyId in the request must be the same key.
ApiResult<keyring::Key> key_of_blob(const Call& call, std::string_view blob_member, std::string_view id_member) {
  const auto arn = keyring::key_of(bytes_of(call.input.text(blob_member)));
  if (!arn) return std::unexpected(arn.error());
  auto key = keyring::find_key(call.transaction, call.environment.region, call.account(), *arn);
  if (!key) return std::unexpected(key.error());
  if (!call.input.text(id_member).empty()) {
    const auto named = key_named(call, id_member);
    if (!named) return std::unexpected(named.error());
    if (named->arn != key->arn) {
      return api_error("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.");
    }
  }
  return key;
}

ApiResult<service::Questions> ask_decrypt(const Call& call) {
  const auto key = key_of_blob(call, "CiphertextBlob", "KeyId");
  if (!key) return std::unexpected(key.error());
  return service::Questions{{keyring::question(*key, call.caller, "kms:Decrypt", context_of(call.input["EncryptionContext"]))}};
}

ApiResult<Json> decrypt(const Call& call) {
  const auto key = key_of_blob(call, "CiphertextBlob", "KeyId");
  if (!key) return std::unexpected(key.error());
  const auto plaintext = keyring::decrypt(call.environment, *key, bytes_of(call.input.text("CiphertextBlob")),
                                          context_of(call.input["EncryptionContext"]));
  if (!plaintext) return std::unexpected(plaintext.error());
  return Json::object({{"Plaintext", plaintext->reveal_text()}, {"KeyId", key->arn}, {"EncryptionAlgorithm", symmetric}});
}

ApiResult<service::Questions> ask_re_encrypt(const Call& call) {
  const auto source = key_of_blob(call, "CiphertextBlob", "SourceKeyId");
  if (!source) return std::unexpected(source.error());
  const auto destination = key_named(call, "DestinationKeyId");
  if (!destination) return std::unexpected(destination.error());
  return service::Questions{
      {keyring::question(*source, call.caller, "kms:ReEncryptFrom", context_of(call.input["SourceEncryptionContext"])),
       keyring::question(*destination, call.caller, "kms:ReEncryptTo", context_of(call.input["DestinationEncryptionContext"]))}};
}

ApiResult<Json> re_encrypt(const Call& call) {
  const auto source = key_of_blob(call, "CiphertextBlob", "SourceKeyId");
  if (!source) return std::unexpected(source.error());
  const auto destination = key_named(call, "DestinationKeyId");
  if (!destination) return std::unexpected(destination.error());
  const auto plaintext = keyring::decrypt(call.environment, *source, bytes_of(call.input.text("CiphertextBlob")),
                                          context_of(call.input["SourceEncryptionContext"]));
  if (!plaintext) return std::unexpected(plaintext.error());
  const auto blob = keyring::encrypt(call.environment, *destination, plaintext->reveal(),
                                     context_of(call.input["DestinationEncryptionContext"]));
  if (!blob) return std::unexpected(blob.error());
  return Json::object({{"CiphertextBlob", text_of(*blob)},
                       {"SourceKeyId", source->arn},
                       {"KeyId", destination->arn},
                       {"SourceEncryptionAlgorithm", symmetric},
                       {"DestinationEncryptionAlgorithm", symmetric}});
}

ApiResult<std::size_t> data_key_size(const Json& input) {
  const bool has_spec = input.contains("KeySpec"), has_bytes = input.contains("NumberOfBytes");
  if (has_spec == has_bytes) {
    return api_error("ValidationException", "Please specify either number of bytes or key spec.");
  }
  if (has_spec) return input.text("KeySpec") == "AES_128" ? 16 : 32;
  const std::int64_t size = input["NumberOfBytes"].as_integer();
  if (size < 1 || size > static_cast<std::int64_t>(data_key_bytes_max)) {
    return api_error("ValidationException", "NumberOfBytes must be from 1 to 1024");
  }
  return static_cast<std::size_t>(size);
}

enum class Reveal : std::uint8_t { yes, no };

template <Reveal reveal>
ApiResult<Json> generate_data_key(const Call& call) {
  const auto key = key_named(call, "KeyId");
  if (!key) return std::unexpected(key.error());
  const auto size = data_key_size(call.input);
  if (!size) return std::unexpected(size.error());
  Bytes bytes(*size);
  call.environment.random.fill(bytes);
  const Secret data_key(std::move(bytes));
  const auto blob = keyring::encrypt(call.environment, *key, data_key.reveal(), context_of(call.input["EncryptionContext"]));
  if (!blob) return std::unexpected(blob.error());
  Json output = Json::object({{"CiphertextBlob", text_of(*blob)}, {"KeyId", key->arn}});
  if (reveal == Reveal::yes) output.set("Plaintext", data_key.reveal_text());
  return output;
}

ApiResult<Json> generate_random(const Call& call) {
  if (call.input.contains("CustomKeyStoreId")) return api_error("UnsupportedOperationException", "custom key stores are not supported");
  const std::int64_t size = call.input["NumberOfBytes"].as_integer();
  if (size < 1 || size > static_cast<std::int64_t>(data_key_bytes_max)) {
    return api_error("ValidationException", "NumberOfBytes must be from 1 to 1024");
  }
  Bytes bytes(static_cast<std::size_t>(size));
  call.environment.random.fill(bytes);
  return Json::object({{"Plaintext", text_of(bytes)}});
}

// Those that wait for their deletion go by themselves, and AWS's own are nobody's to delete.
std::optional<std::string> remaining_keys(store::Transaction& transaction, const std::string& account) {
  const auto is_kept = [](const auto& row) {
    return row.record.manager != keyring::KeyManager::aws && row.record.state != keyring::KeyState::pending_deletion;
  };
  if (std::ranges::any_of(keyring::tables::keys.list(transaction, account), is_kept)) return "KMS keys";
  return std::nullopt;
}

Result<> export_keys(service::Export& to, const std::string& account) {
  const std::string folder = to.region_of(account) + "/kms/";
  RW_TRY(const Json keys, to.ask(account, "ListKeys"));
  to.put(folder + "keys.json", keys);
  for (const Json& key : keys["Keys"].items()) {
    const std::string id = key.str("KeyId");
    RW_DO(to.add(folder + id + ".policy.json", account, "GetKeyPolicy", Json::object({{"KeyId", id}, {"PolicyName", "default"}})));
  }
  return {};
}

}  // namespace

std::vector<service::Operation> operations() {
  using service::Access;
  std::vector<service::Operation> all = {
      {"Encrypt", Access::read, ask_key("kms:Encrypt", KeyMember::any_name), checked(encrypt)},
      {"Decrypt", Access::read, ask_decrypt, checked(decrypt)},
      {"ReEncrypt", Access::read, ask_re_encrypt, checked(re_encrypt)},
      {"GenerateDataKey", Access::read, ask_key("kms:GenerateDataKey", KeyMember::any_name), checked(generate_data_key<Reveal::yes>)},
      {"GenerateDataKeyWithoutPlaintext", Access::read, ask_key("kms:GenerateDataKeyWithoutPlaintext", KeyMember::any_name),
       checked(generate_data_key<Reveal::no>)},
      {"GenerateRandom", Access::read, service::ask_on_star("kms:GenerateRandom"), checked(generate_random)},
  };
  std::ranges::move(key_operations(), std::back_inserter(all));
  std::ranges::move(alias_operations(), std::back_inserter(all));
  std::ranges::move(detail::grant_operations(), std::back_inserter(all));
  for (service::Operation& operation : all) operation.handler = with_good_tokens(std::move(operation.handler));
  return all;
}

service::Service service() {
  return {*awsapi::builtin_model("kms"), operations(), {.guards = keyring::guards(), .exports = {.of_account = export_keys}, .remaining = remaining_keys}};
}

}  // namespace ringwall::kms
