#pragma once
// What IAM's operations have in common: the three kinds of identities, their errors in AWS's
// words, and the questions they ask.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/quotas.h"
#include "service/service.h"

namespace ringwall::iam::detail {

using service::api_error;
using service::ApiError;
using service::ApiResult;
using service::Ask;
using service::Call;
using service::Operation;
using service::Question;
using service::Questions;
using text::Json;

// Users, groups and roles share most of what can be done with them.
struct Kind {
  std::string_view noun;         // "user": in ARNs, keys and messages
  std::string_view title;        // "User": in operations' names, and the output member
  std::string_view name_member;  // "UserName"
  std::string_view parameter;    // "userName": in messages about values
  std::size_t name_characters_max;
  std::size_t inline_characters_max;  // all inline policies together, white space not counted
  std::size_t count_max;              // in an account
};
inline constexpr Kind user_kind{"user", "User", "UserName", "userName", 64, policy::user_inline_characters_max, 5000};
inline constexpr Kind group_kind{"group", "Group", "GroupName", "groupName", 128, policy::group_inline_characters_max, 300};
inline constexpr Kind role_kind{"role", "Role", "RoleName", "roleName", 64, policy::inline_policy_characters_max, 1000};
inline constexpr const Kind* all_kinds[] = {&user_kind, &group_kind, &role_kind};

inline constexpr std::size_t policies_max = 1500;             // customer managed, in an account
inline constexpr std::size_t attached_policies_max = 10;      // to one identity
inline constexpr std::size_t policy_versions_max = 5;
inline constexpr std::size_t access_keys_max = 2;
inline constexpr std::size_t groups_per_user_max = 10;
inline constexpr std::size_t policy_name_characters_max = 128;
inline constexpr std::size_t path_characters_max = 512;
inline constexpr std::size_t account_alias_characters_min = 3, account_alias_characters_max = 63;

using Document = std::shared_ptr<const Json>;

// Names go into keys and ARNs, so they are looked at before anything else.
std::optional<ApiError> fault_in_name(std::string_view parameter, std::string_view name, std::size_t characters_max);
std::optional<ApiError> fault_in_path(std::string_view path);
std::optional<ApiError> fault_in_prefix(std::string_view path_prefix);

// The stored identity: NoSuchEntity if there is none, ValidationError for a name that cannot be.
std::string key_of(const Call& call, const Kind& kind, std::string_view name);
ApiResult<Document> find(const Call& call, const Kind& kind, std::string_view name);
// The identity that the call's input names.
ApiResult<Document> find_named(const Call& call, const Kind& kind);
void put(const Call& call, const Kind& kind, Json document);
std::string arn_of(const Call& call, const Kind& kind, std::string_view path, std::string_view name);
std::vector<store::Entry> list(const Call& call, const Kind& kind);

ApiError no_such(const Kind& kind, std::string_view name);
ApiError no_such_policy(std::string_view arn);
ApiError limit_exceeded(std::string_view quota, std::size_t most);
ApiError delete_conflict(std::string_view what);

// Policies by ARN: the account's own (stored) and AWS's (carried). NoSuchEntity otherwise.
ApiResult<Json> find_policy(const Call& call, std::string_view arn);
// Where the account's own policy is stored; InvalidInput for AWS's, which cannot be changed.
ApiResult<std::string> own_policy_key(const Call& call, std::string_view arn);
const Json* version_of(const Json& policy, std::string_view version_id);
// How many identities of the account use it: as a policy, as a permissions boundary.
struct Usage {
  std::int64_t attached = 0, boundary = 0;
};
Usage usage_of(const Call& call, std::string_view arn);
bool holds_string(const Json& array, std::string_view item);
bool erase_string(Json& array, std::string_view item);

// MalformedPolicyDocument or LimitExceeded unless the text compiles as that kind of policy.
std::optional<ApiError> fault_in_policy(std::string_view text, policy::Kind kind);
// The same for an identity policy with an ARN of its own.
std::optional<ApiError> fault_in_managed_policy(std::string_view text);
std::size_t characters_without_space(std::string_view text);
// InvalidInput with the reason, or nothing. Duplicate keys differ in case only for IAM.
std::optional<ApiError> fault_in_tags(const Json& tags);

// AWS answers policy documents percent-encoded.
// When a role was last used, as RoleLastUsed; without members if nobody ever did.
Json last_used(const Call& call, const Json& role);
std::string encoded_policy(std::string_view text);
// A stored role's trust policy so, with the principals that are there by their ARNs.
std::string encoded_trust(const Call& call, const Json& role);

// Puts the page of `items` that Marker and MaxItems ask for, each keyed by its place in the
// order, into `output` under `member`, with IsTruncated and Marker.
struct Listed {
  std::string key;
  Json item;
};
std::optional<ApiError> put_page(const Call& call, std::vector<Listed> items, std::string_view member, Json& output);

inline constexpr std::int64_t items_per_page_default = 100, items_per_page_max = 1000;
// Where most entries are left out, as by PathPrefix, a page ends after so many that were looked at:
// AWS too may answer fewer than there are, with a Marker.
inline constexpr std::size_t entries_per_page_max = 2000;
// What Marker and MaxItems say; ValidationError if they cannot be.
struct Place {
  std::string from;
  std::size_t size = 0;
};
ApiResult<Place> page_asked_for(const Call& call);
// A page of what is stored below `prefix`, read from the store no further than it reaches. Entries
// for which `item_of` answers nothing are left out.
using ItemOf = std::function<std::optional<Json>(const Json& document)>;
ApiResult<Json> page_of_stored(const Call& call, const std::string& prefix, const std::string& member, const ItemOf& item_of);

// Adds what a question about a stored identity or policy knows: its tags and its boundary.
void add_stored_keys(policy::Context& context, const Json& document);
using AddKeys = std::function<void(const Call&, policy::Context&)>;
// The question about the identity the input names; its stored ARN, or the ARN it would have.
Ask ask_about(std::string action, const Kind& kind, AddKeys add = {});
// The same where the name may be left out and then is the caller's own.
Ask ask_about_user_or_self(std::string action);
// About the managed policy in PolicyArn.
Ask ask_about_policy(std::string action, AddKeys add = {});
// About an identity or policy that is to be made: its ARN from Path and the name.
Ask ask_to_make(std::string action, std::string_view noun, std::string_view name_member, AddKeys add = {});
// About every identity of a kind under PathPrefix: "arn:…:user/".
Ask ask_to_list(std::string action, std::string_view noun);
void add_request_tags(const Call& call, policy::Context& context);
void add_policy_arn(const Call& call, policy::Context& context);
void add_requested_boundary(const Call& call, policy::Context& context);

// The user that UserName names, else the caller. ValidationError for callers that are no user.
ApiResult<std::string> user_or_self(const Call& call);

// Each file adds its own operations.
using Operations = std::vector<Operation>;
void add_user_operations(Operations& operations);
void add_group_operations(Operations& operations);
void add_role_operations(Operations& operations);
void add_policy_operations(Operations& operations);
void add_inline_operations(Operations& operations);
void add_attachment_operations(Operations& operations);
void add_tag_operations(Operations& operations);
void add_access_key_operations(Operations& operations);
void add_account_operations(Operations& operations);
void add_simulation_operations(Operations& operations);
void add_alias_operations(Operations& operations);

}  // namespace ringwall::iam::detail
