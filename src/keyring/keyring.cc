#include "keyring/keyring.h"

#include <array>

#include "base/check.h"
#include "crypto/crypto.h"
#include "keyring/grants.h"
#include "keyring/schedule.h"
#include "text/encode.h"
#include "text/time.h"

// A ciphertext blob:
//
//   byte 0      the format, 1
//   bytes 1-2   the length n of the key's ARN, big endian
//   n bytes     the key's ARN
//   36 bytes    the id of the key material
//   the rest    crypto::seal of the plaintext under that material
//
// Everything before the sealed part, and the encryption context, is authenticated.

namespace ringwall::keyring {

using service::api_error;
using service::ApiError;

namespace {

constexpr std::uint8_t blob_format = 1;
constexpr std::size_t material_id_size = 36;
constexpr std::size_t arn_size_max = 2048;

std::string alias_arn(std::string_view region, std::string_view account, std::string_view alias) {
  return "arn:aws:kms:" + std::string(region) + ":" + std::string(account) + ":" + std::string(alias);
}

struct Name {
  std::string account;
  std::string resource;  // "key/…" or "alias/…"
};

constexpr std::size_t account_digits = 12;

bool is_account(std::string_view text) {
  return text.size() == account_digits && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Splits any of the four forms; the region of an ARN must be ours.
std::optional<Name> read_name(std::string_view region, std::string_view account, std::string_view name) {
  if (name.starts_with("alias/")) return Name{std::string(account), std::string(name)};
  if (!name.starts_with("arn:")) return Name{std::string(account), "key/" + std::string(name)};
  const std::string prefix = "arn:aws:kms:" + std::string(region) + ":";
  if (!name.starts_with(prefix)) return std::nullopt;
  const std::string_view rest = name.substr(prefix.size());
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos || !is_account(rest.substr(0, colon))) return std::nullopt;
  return Name{std::string(rest.substr(0, colon)), std::string(rest.substr(colon + 1))};
}

void append_length(Bytes& out, std::size_t length) {
  out.push_back(static_cast<std::uint8_t>(length >> 8));
  out.push_back(static_cast<std::uint8_t>(length));
}

// The header, then each pair of the context in key order, every text preceded by its length.
Bytes associated_data(ByteView header, const EncryptionContext& context) {
  Bytes data(header.begin(), header.end());
  for (const auto& [key, value] : context) {
    for (const std::string* text : {&key, &value}) {
      append_length(data, text->size());
      data.insert(data.end(), text->begin(), text->end());
    }
  }
  return data;
}

Secret material_key(const service::Environment& environment) {
  return crypto::derive_key(environment.root_key.reveal(), "kms key material");
}

std::string material_binding(std::string_view arn, std::string_view material_id) {
  return std::string(arn) + '\n' + std::string(material_id);
}

Result<Secret> open_material(const service::Environment& environment, const Key& key, std::string_view id) {
  for (const Material& material : key.record.material) {
    if (material.id != id) continue;
    RW_TRY(const Bytes sealed, text::parse_base64(material.sealed));
    const Secret wrapping = material_key(environment);
    return crypto::open(wrapping.reveal(), sealed, bytes_of(material_binding(key.arn, id)));
  }
  return fail(Failure::not_found, "key material `" + std::string(id) + "`");
}

struct Blob {
  std::string arn;
  std::string material_id;
  ByteView header;
  ByteView sealed;
};

std::optional<Blob> read_blob(ByteView blob) {
  if (blob.size() < 3 || blob[0] != blob_format) return std::nullopt;
  const std::size_t arn_size = static_cast<std::size_t>(blob[1]) << 8 | blob[2];
  const std::size_t header_size = 3 + arn_size + material_id_size;
  if (arn_size > arn_size_max || blob.size() < header_size) return std::nullopt;
  return Blob{std::string(text_of(blob.subspan(3, arn_size))),
              std::string(text_of(blob.subspan(3 + arn_size, material_id_size))),
              blob.first(header_size), blob.subspan(header_size)};
}

std::optional<ApiError> fault_in(const EncryptionContext& context) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : context) bytes += name.size() + value.size();
  if (bytes <= context_bytes_max) return std::nullopt;
  return ApiError{"ValidationException", "the encryption context has more than " + std::to_string(context_bytes_max) + " bytes"};
}

std::unexpected<ApiError> invalid_ciphertext() { return api_error("InvalidCiphertextException", "", 400); }

}  // namespace

ApiResult<Key> find_key(store::Transaction& transaction, std::string_view region, std::string_view account,
                        std::string_view name) {
  const auto no_key = [&] {
    const std::string shown = name.starts_with("arn:")
                                  ? std::string(name)
                                  : alias_arn(region, account, name.starts_with("alias/") ? std::string(name) : "key/" + std::string(name));
    return name.find("alias/") != std::string_view::npos
               ? api_error("NotFoundException", "Alias " + shown + " is not found.")
               : api_error("NotFoundException", "Key '" + shown + "' does not exist");
  };
  auto parsed = read_name(region, account, name);
  if (!parsed) return no_key();
  if (parsed->resource.starts_with("alias/")) {
    const auto alias = tables::aliases.get(transaction, parsed->account, parsed->resource.substr(6));
    if (!alias) return no_key();
    parsed->resource = "key/" + alias->key_id;
  }
  if (!parsed->resource.starts_with("key/")) return no_key();
  const std::string id = parsed->resource.substr(4);
  auto record = tables::keys.get(transaction, parsed->account, id);
  if (!record) return no_key();
  std::string arn = record->arn;
  Key key{parsed->account, id, std::move(arn), *std::move(record)};
  for (auto& row : tables::grants.list(transaction, key.account, key.id)) key.grants.push_back(std::move(row.record));
  return key;
}

service::Question question(const Key& key, const service::Caller& caller, std::string action,
                           const EncryptionContext& context, std::string_view via_service) {
  service::Question question{.action = std::move(action), .resource = key.arn, .resource_account = key.account};
  const StoredKey& record = key.record;
  if (!caller.account().empty()) question.context.set("kms:CallerAccount", caller.account());
  question.context.set("kms:KeySpec", record.spec);
  question.context.set("kms:KeyUsage", record.usage);
  question.context.set("kms:KeyOrigin", record.origin);
  service::add_resource_tags(question.context, record.tags);
  std::vector<std::string> names;
  for (const auto& [name, value] : context) {
    question.context.set("kms:EncryptionContext:" + name, value);
    names.push_back(name);
  }
  if (!names.empty()) question.context.set("kms:EncryptionContextKeys", std::move(names));
  if (!via_service.empty()) {
    question.context.set("kms:ViaService", std::string(via_service));
    question.context.set("aws:ViaAWSService", "true");
    question.context.set("aws:CalledVia", std::vector<std::string>{std::string(via_service)});
  }
  question.resource_kind = authz::ResourceKind::key;
  // AWS Organizations User Guide: RCPs do not apply to AWS managed keys.
  question.reached_by_rcps = record.manager != KeyManager::aws;
  question.resource_policy = service::ResourcePolicy("key policy of " + key.arn, record.policy, policy::Kind::key);
  question.grants = granted(key, caller.principal, question.action, context);
  return question;
}

std::optional<ApiError> unusable(const Key& key) {
  if (key.record.state == KeyState::enabled) return std::nullopt;
  if (key.record.state == KeyState::disabled) return ApiError{"DisabledException", key.arn + " is disabled."};
  return ApiError{"KMSInvalidStateException", key.arn + " is pending deletion."};
}

ApiResult<Bytes> encrypt(const service::Environment& environment, const Key& key, ByteView plaintext,
                         const EncryptionContext& context) {
  if (auto error = unusable(key)) return std::unexpected(*std::move(error));
  if (auto fault = fault_in(context)) return std::unexpected(*std::move(fault));
  RW_CHECK(!key.record.material.empty());
  const std::string material_id = key.record.material.back().id;
  const auto material = open_material(environment, key, material_id);
  if (!material) return api_error("KMSInternalException", "the key material of " + key.arn + " cannot be opened", 500);
  Bytes blob{blob_format};
  append_length(blob, key.arn.size());
  blob.insert(blob.end(), key.arn.begin(), key.arn.end());
  blob.insert(blob.end(), material_id.begin(), material_id.end());
  const Bytes sealed = crypto::seal(material->reveal(), plaintext, associated_data(blob, context), environment.random);
  blob.insert(blob.end(), sealed.begin(), sealed.end());
  return blob;
}

ApiResult<Secret> decrypt(const service::Environment& environment, const Key& key, ByteView blob,
                          const EncryptionContext& context) {
  if (auto error = unusable(key)) return std::unexpected(*std::move(error));
  if (auto fault = fault_in(context)) return std::unexpected(*std::move(fault));
  const auto parts = read_blob(blob);
  if (!parts || parts->arn != key.arn) return invalid_ciphertext();
  const auto material = open_material(environment, key, parts->material_id);
  if (!material) return invalid_ciphertext();
  auto plaintext = crypto::open(material->reveal(), parts->sealed, associated_data(parts->header, context));
  if (!plaintext) return invalid_ciphertext();
  return *std::move(plaintext);
}

ApiResult<std::string> key_of(ByteView blob) {
  const auto parts = read_blob(blob);
  if (!parts) return invalid_ciphertext();
  return parts->arn;
}

Material make_material(const service::Environment& environment, std::string_view arn) {
  std::array<std::uint8_t, 32> bytes;
  environment.random.fill(bytes);
  const std::string id = uuid(environment.random);
  const Secret wrapping = material_key(environment);
  const Bytes sealed = crypto::seal(wrapping.reveal(), bytes, bytes_of(material_binding(arn, id)), environment.random);
  wipe(bytes);
  return {.id = id, .sealed = text::base64(sealed), .made = text::to_millis(environment.clock.now())};
}

std::string default_policy(std::string_view account) {
  return Json::object({{"Version", "2012-10-17"},
                       {"Id", "key-default-1"},
                       {"Statement", Json::array({Json::object({
                                         {"Sid", "Enable IAM User Permissions"},
                                         {"Effect", "Allow"},
                                         {"Principal", Json::object({{"AWS", "arn:aws:iam::" + std::string(account) + ":root"}})},
                                         {"Action", "kms:*"},
                                         {"Resource", "*"},
                                     })})}})
      .dump_pretty();
}

StoredKey make_key(const service::Environment& environment, const std::string& account, std::string_view description,
                   Json policy, const estate::Tags& tags, KeyManager manager) {
  const std::string id = uuid(environment.random);
  const std::string arn = "arn:aws:kms:" + environment.region + ":" + account + ":key/" + id;
  return {.account = account,
          .id = id,
          .arn = arn,
          .created = text::to_millis(environment.clock.now()),
          .description = std::string(description),
          .manager = manager,
          .unreadable_policy = {},
          .policy = policy.is_null() ? service::bound_own(default_policy(account)) : std::move(policy),
          .tags = tags,
          .material = {make_material(environment, arn)},
          .deletion_date = {},
          .rotation = {}};
}

namespace {

// As AWS writes it for its managed keys: anyone of the account, but only through the service.
std::string managed_policy(const service::Environment& environment, const std::string& account, std::string_view service) {
  const Json through = Json::object(
      {{"StringEquals", Json::object({{"kms:CallerAccount", account},
                                      {"kms:ViaService", std::string(service) + "." + environment.region + ".amazonaws.com"}})}});
  const auto statement = [&](const char* sid, Json principal, Json action) {
    return Json::object({{"Sid", sid},
                         {"Effect", "Allow"},
                         {"Principal", Json::object({{"AWS", std::move(principal)}})},
                         {"Action", std::move(action)},
                         {"Resource", "*"}});
  };
  Json use = statement("Allow access through the service for all principals in the account that are authorized to use it", "*",
                       Json::array({"kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant",
                                    "kms:ListGrants", "kms:DescribeKey"}));
  use.set("Condition", through);
  Json look = statement("Allow direct access to key metadata to the account", "arn:aws:iam::" + account + ":root",
                        Json::array({"kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"}));
  return Json::object({{"Version", "2012-10-17"},
                       {"Id", "auto-" + std::string(service) + "-1"},
                       {"Statement", Json::array({std::move(use), std::move(look)})}})
      .dump_pretty();
}

}  // namespace

ApiResult<Key> managed_key(const service::Environment& environment, store::Transaction& transaction,
                           const std::string& account, std::string_view service) {
  const std::string alias = "aws/" + std::string(service);
  if (tables::aliases.contains(transaction, account, alias)) {
    return find_key(transaction, environment.region, account, "alias/" + alias);
  }
  StoredKey key = make_key(environment, account, "Default key that protects my " + std::string(service) + " data when no other key is defined",
                      service::bound_own(managed_policy(environment, account, service)), {}, KeyManager::aws);
  const auto now = text::to_millis(environment.clock.now());
  tables::keys.put(transaction, key, account, key.id);
  tables::aliases.put(transaction,
                      {.name = "alias/" + alias,
                       .arn = alias_arn(environment.region, account, "alias/" + alias),
                       .key_id = key.id,
                       .created = now,
                       .updated = now},
                      account, alias);
  return find_key(transaction, environment.region, account, "alias/" + alias);
}

}  // namespace ringwall::keyring
