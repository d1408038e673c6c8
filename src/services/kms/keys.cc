// Keys as things: made, described, switched, scheduled for deletion, tagged, governed by policy.

#include "base/check.h"
#include "keyring/schedule.h"
#include "services/kms/detail/common.h"
#include "services/kms/kms.h"
#include "text/time.h"

namespace ringwall::kms::detail {
namespace {

using keyring::KeyManager;
using keyring::KeyState;
using keyring::StoredKey;
namespace tables = keyring::tables;

constexpr std::int64_t keys_per_page_default = 100;
constexpr int rotation_days_min = 90, rotation_days_max = 2560, rotation_days_default = 365;

ApiResult<service::Questions> ask_create(const Call& call) {
  service::Question question{.action = "kms:CreateKey"};
  service::add_request_tags(question.context, tags_of(call.input["Tags"]));
  question.context.set("kms:KeySpec", call.input.str("KeySpec").empty() ? "SYMMETRIC_DEFAULT" : call.input.str("KeySpec"));
  question.context.set("kms:BypassPolicyLockoutSafetyCheck", call.input["BypassPolicyLockoutSafetyCheck"].as_bool() ? "true" : "false");
  return service::Questions{{std::move(question)}};
}

// The key policy of the input, bound. One that would let nobody govern the key is refused, unless that is
// asked for.
ApiResult<Json> checked_policy(const Call& call) {
  Result<Json> bound = service::bound(call.input.text("Policy"), policy::Kind::key, call.estate);
  if (!bound && bound.error().kind == Failure::exhausted) return api_error("LimitExceededException", bound.error().message);
  if (!bound && bound.error().kind == Failure::not_found)
    return api_error("MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals.");
  if (!bound) return api_error("MalformedPolicyDocumentException", bound.error().message);
  const auto policy = service::compiled(*bound, policy::Kind::key);
  RW_CHECK(policy.has_value());  // it was read to be bound, and is no longer than it was
  if (call.input["BypassPolicyLockoutSafetyCheck"].as_bool()) return *std::move(bound);
  policy::Request request{.principal = call.caller.principal,
                          .action = "kms:PutKeyPolicy",
                          .resource = "*",
                          .resource_account = call.account(),
                          .context = {}};
  policy::Request as_root = request;
  as_root.principal = {.type = policy::Principal::Type::root, .arn = "arn:aws:iam::" + call.account() + ":root", .account = call.account()};
  for (std::size_t i = 0; i < (*policy)->statements(); ++i) {
    if ((*policy)->effect(i) != policy::Effect::allow) continue;
    if ((*policy)->match(i, request) == policy::Mismatch::none || (*policy)->match(i, as_root) == policy::Mismatch::none) {
      return *std::move(bound);
    }
  }
  return api_error("MalformedPolicyDocumentException", "The new key policy will not allow you to update the key policy in the future.");
}

ApiResult<Json> create_key(const Call& call) {
  const std::string_view spec = call.input.text("KeySpec", call.input.text("CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"));
  if (spec != "SYMMETRIC_DEFAULT" || call.input.text("KeyUsage", "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT" ||
      call.input.text("Origin", "AWS_KMS") != "AWS_KMS" || call.input["MultiRegion"].as_bool() ||
      call.input.contains("CustomKeyStoreId") || call.input.contains("XksKeyId")) {
    return api_error("UnsupportedOperationException",
                     "only symmetric encryption keys of origin AWS_KMS in a single Region are supported");
  }
  const estate::Tags tags = tags_of(call.input["Tags"]);
  if (auto fault = fault_in_tags(call.input["Tags"], tags)) return std::unexpected(*std::move(fault));
  if (tables::keys.count(call.transaction, keys_max, call.account()) >= keys_max) {
    return api_error("LimitExceededException", "You have reached the maximum number of KMS keys: " + std::to_string(keys_max));
  }
  Json policy;
  if (call.input.contains("Policy")) {
    RW_TRY(policy, checked_policy(call));
  }
  const StoredKey key = keyring::make_key(call.environment, call.account(), call.input.text("Description"), std::move(policy), tags, KeyManager::customer);
  put_key(call, key);
  return Json::object({{"KeyMetadata", records::wire_of(key)}});
}

ApiResult<Json> describe_key(const Call& call) {
  const auto key = key_named(call, "KeyId");
  if (!key) return std::unexpected(key.error());
  return Json::object({{"KeyMetadata", records::wire_of(key->record)}});
}

ApiResult<Json> list_keys(const Call& call) {
  // Read no further than the page reaches: an account may have 100,000 keys.
  const auto limit = static_cast<std::size_t>(call.input["Limit"].as_integer(keys_per_page_default));
  std::vector<Json> keys;
  RW_TRY(const std::string from, first_of_page(call.input));
  for (const auto& row : tables::keys.page(call.transaction, from, limit + 1, call.account())) {
    keys.push_back(Json::object({{"KeyId", row.record.id}, {"KeyArn", row.record.arn}}));
  }
  return page(call.input, std::move(keys), "Keys", "KeyId", limit);
}

// Changes a customer's key in a state that the operation takes: of all states its policy alone may
// be put. https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
enum class Takes : std::uint8_t { any_state, not_pending, enabled };
using Edit = std::function<ApiResult<Json>(const Call&, StoredKey& key)>;
service::Handler edit_key(Edit edit, Takes takes = Takes::not_pending) {
  return [edit = std::move(edit), takes](const Call& call) -> ApiResult<Json> {
    auto key = own_key(call, "KeyId");
    if (!key) return std::unexpected(key.error());
    if (key->record.manager == KeyManager::aws) {
      return api_error("AccessDeniedException", key->arn + " is managed by AWS: it cannot be changed");
    }
    const bool is_pending = key->record.state == KeyState::pending_deletion;
    if ((is_pending && takes != Takes::any_state) || takes == Takes::enabled) {
      if (auto unfit = keyring::unusable(*key)) return std::unexpected(*std::move(unfit));
    }
    auto output = edit(call, key->record);
    if (output) put_key(call, key->record);
    return output;
  };
}

Edit set_enabled(bool enabled) {
  return [enabled](const Call&, StoredKey& key) -> ApiResult<Json> {
    key.state = enabled ? KeyState::enabled : KeyState::disabled;
    return Json::object();
  };
}

ApiResult<Json> schedule_deletion(const Call& call, StoredKey& key) {
  const std::int64_t days = call.input["PendingWindowInDays"].as_integer(pending_days_max);
  if (days < pending_days_min || days > pending_days_max) {
    return api_error("ValidationException", "PendingWindowInDays must be from 7 to 30");
  }
  const std::int64_t when = text::to_millis(call.now) + days * keyring::day_ms;
  key.state = KeyState::pending_deletion;
  key.deletion_date = when;
  return Json::object({{"KeyId", key.arn}, {"DeletionDate", when}, {"KeyState", records::word_of(key.state)}, {"PendingWindowInDays", days}});
}

ApiResult<Json> cancel_deletion(const Call& call) {
  auto key = own_key(call, "KeyId");
  if (!key) return std::unexpected(key.error());
  if (key->record.state != KeyState::pending_deletion) {
    return api_error("KMSInvalidStateException", key->arn + " is not pending deletion.");
  }
  key->record.state = KeyState::disabled;  // AWS leaves it so
  key->record.deletion_date.reset();
  put_key(call, key->record);
  return Json::object({{"KeyId", key->arn}});
}

ApiResult<Json> enable_rotation(const Call& call, StoredKey& key) {
  const std::int64_t days = call.input["RotationPeriodInDays"].as_integer(rotation_days_default);
  if (days < rotation_days_min || days > rotation_days_max) {
    return api_error("ValidationException", "RotationPeriodInDays must be from 90 to 2560");
  }
  if (!key.rotation) key.rotation.emplace();
  key.rotation->days = days;
  key.rotation->next = text::to_millis(call.now) + days * keyring::day_ms;
  return Json::object();
}

ApiResult<Json> disable_rotation(const Call&, StoredKey& key) {
  key.rotation.reset();
  return Json::object();
}

ApiResult<Json> rotation_status(const Call& call) {
  const auto key = key_identified(call, "KeyId");
  if (!key) return std::unexpected(key.error());
  const auto& rotation = key->record.rotation;
  Json output = Json::object({{"KeyRotationEnabled", rotation.has_value()}, {"KeyId", key->arn}});
  if (rotation) output.set("RotationPeriodInDays", rotation->days).set("NextRotationDate", rotation->next);
  return output;
}

ApiResult<Json> update_description(const Call& call, StoredKey& key) {
  key.description = call.input.str("Description");
  return Json::object();
}

ApiResult<Json> get_policy(const Call& call) {
  const auto key = own_key(call, "KeyId");
  if (!key) return std::unexpected(key.error());
  if (call.input.text("PolicyName", "default") != "default") {
    return api_error("NotFoundException", "No such policy exists");
  }
  return Json::object({{"Policy", service::shown(key->record.policy, policy::Kind::key, call.estate)}, {"PolicyName", "default"}});
}

ApiResult<Json> put_policy(const Call& call, StoredKey& key) {
  if (call.input.text("PolicyName", "default") != "default") {
    return api_error("ValidationException", "the only policy name is `default`");
  }
  RW_TRY(key.policy, checked_policy(call));
  return Json::object();
}

ApiResult<Json> list_policies(const Call& call) {
  const auto key = own_key(call, "KeyId");
  if (!key) return std::unexpected(key.error());
  RW_TRY([[maybe_unused]] const std::string from, first_of_page(call.input));
  return Json::object({{"PolicyNames", Json::array({"default"})}, {"Truncated", false}});
}

ApiResult<Json> tag(const Call& call, StoredKey& key) {
  estate::Tags tags = key.tags;
  for (const auto& [name, value] : tags_of(call.input["Tags"])) tags[name] = value;
  if (auto fault = fault_in_tags(call.input["Tags"], tags)) return std::unexpected(*std::move(fault));
  key.tags = std::move(tags);
  return Json::object();
}

ApiResult<Json> untag(const Call& call, StoredKey& key) {
  for (const Json& name : call.input["TagKeys"].items()) key.tags.erase(std::string(name.as_string()));
  return Json::object();
}

ApiResult<Json> list_tags(const Call& call) {
  const auto key = own_key(call, "KeyId");
  if (!key) return std::unexpected(key.error());
  return page(call.input, tag_list(key->record.tags).items(), "Tags", "TagKey",
              static_cast<std::size_t>(call.input["Limit"].as_integer(50)));
}

ApiResult<service::Questions> ask_tag(const Call& call) {
  auto questions = ask_key("kms:TagResource", KeyMember::own_id_or_arn)(call);
  if (questions) service::add_request_tags(questions->all.front().context, tags_of(call.input["Tags"]));
  return questions;
}

}  // namespace

std::vector<service::Operation> key_operations() {
  using service::Access;
  const auto by_id = [](const char* action) { return ask_key(action, KeyMember::own_id_or_arn); };
  return {
      {"CreateKey", Access::write, ask_create, create_key},
      {"DescribeKey", Access::read, ask_key("kms:DescribeKey", KeyMember::any_name), describe_key},
      {"ListKeys", Access::read, service::ask_on_star("kms:ListKeys"), list_keys},
      {"EnableKey", Access::write, by_id("kms:EnableKey"), edit_key(set_enabled(true))},
      {"DisableKey", Access::write, by_id("kms:DisableKey"), edit_key(set_enabled(false))},
      {"ScheduleKeyDeletion", Access::write, by_id("kms:ScheduleKeyDeletion"), edit_key(schedule_deletion)},
      {"CancelKeyDeletion", Access::write, by_id("kms:CancelKeyDeletion"), cancel_deletion},
      {"EnableKeyRotation", Access::write, by_id("kms:EnableKeyRotation"), edit_key(enable_rotation, Takes::enabled)},
      {"DisableKeyRotation", Access::write, by_id("kms:DisableKeyRotation"), edit_key(disable_rotation, Takes::enabled)},
      {"GetKeyRotationStatus", Access::read, ask_key("kms:GetKeyRotationStatus", KeyMember::id_or_arn), rotation_status},
      {"UpdateKeyDescription", Access::write, by_id("kms:UpdateKeyDescription"), edit_key(update_description)},
      {"GetKeyPolicy", Access::read, by_id("kms:GetKeyPolicy"), get_policy},
      {"PutKeyPolicy", Access::write, by_id("kms:PutKeyPolicy"), edit_key(put_policy, Takes::any_state)},
      {"ListKeyPolicies", Access::read, by_id("kms:ListKeyPolicies"), list_policies},
      {"TagResource", Access::write, ask_tag, edit_key(tag)},
      {"UntagResource", Access::write, by_id("kms:UntagResource"), edit_key(untag)},
      {"ListResourceTags", Access::read, by_id("kms:ListResourceTags"), list_tags},
  };
}

}  // namespace ringwall::kms::detail
