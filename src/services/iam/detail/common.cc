#include "services/iam/detail/common.h"

#include <algorithm>
#include <set>

#include "directory/documents.h"
#include "directory/managed_policies.h"
#include "policy/quotas.h"
#include "policy/syntax.h"
#include "service/marker.h"
#include "text/encode.h"

namespace ringwall::iam::detail {
namespace {

bool is_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || std::string_view("_+=,.@-").contains(c);
  });
}

bool has_path_characters(std::string_view path) {
  return std::ranges::all_of(path, [](unsigned char c) { return c >= 0x21 && c <= 0x7f; });
}

// The name at the end of "arn:aws:iam::<account>:policy/path/name" if it is of that account.
std::string_view own_policy_name(const Call& call, std::string_view arn) {
  const std::string prefix = directory::iam_arn(call.account(), "policy", "/", "");
  if (!arn.starts_with(prefix)) return {};
  return arn.substr(arn.rfind('/') + 1);
}

Json document_of(const directory::ManagedPolicy& policy) {
  return Json::object({{"PolicyName", policy.name},
                       {"PolicyId", policy.id},
                       {"Arn", policy.arn},
                       {"Path", policy.path},
                       {"DefaultVersionId", policy.version},
                       {"IsAttachable", !policy.path.starts_with("/aws-service-role/")},
                       {"CreateDate", policy.created_ms},
                       {"UpdateDate", policy.updated_ms},
                       {"Tags", Json::array()},
                       {"versions", Json::array({Json::object({{"VersionId", policy.version},
                                                               {"IsDefaultVersion", true},
                                                               {"CreateDate", policy.updated_ms},
                                                               {"Document", policy.text}})})}});
}

// What IAM refuses in the ARNs of an identity-based policy, in its words: a Region where the service has none.
std::optional<ApiError> fault_in_resources(std::string_view text) {
  const auto syntax = policy::read(text, policy::Kind::identity);
  if (!syntax) return ApiError{"MalformedPolicyDocument", syntax.error().message};
  for (const policy::Statement& statement : syntax->statements) {
    for (const policy::Listed& resource : statement.resources) {
      std::vector<std::string_view> parts;
      std::string_view rest = resource.text;
      for (std::size_t colon; parts.size() < 5 && (colon = rest.find(':')) != std::string_view::npos;
           rest.remove_prefix(colon + 1))
        parts.push_back(rest.substr(0, colon));
      if (parts.size() < 5 || parts[3].empty()) continue;
      // Access points of S3 have a Region, and an account with it.
      if (parts[2] == "s3" && parts[4].empty())
        return ApiError{"MalformedPolicyDocument",
                        "Resource " + resource.text + " can not contain region information."};
      if (parts[2] == "iam")
        return ApiError{"MalformedPolicyDocument",
                        "IAM resource " + resource.text + " cannot contain region information."};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<ApiError> fault_in_name(std::string_view parameter, std::string_view name, std::size_t characters_max) {
  if (name.size() <= characters_max && is_name(name)) return std::nullopt;
  if (name.size() > characters_max) {
    return ApiError{"ValidationError", "1 validation error detected: Value at '" + std::string(parameter) +
                                           "' failed to satisfy constraint: Member must have length less than or equal to " + std::to_string(characters_max), 400};
  }
  return ApiError{"ValidationError", "The specified value for " + std::string(parameter) +
                                         " is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-", 400};
}

std::optional<ApiError> fault_in_path(std::string_view path) {
  const bool good = path.size() <= path_characters_max && path.starts_with('/') && path.ends_with('/') && has_path_characters(path);
  if (good) return std::nullopt;
  return ApiError{"ValidationError", "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.", 400};
}

std::optional<ApiError> fault_in_prefix(std::string_view path_prefix) {
  const bool good = path_prefix.empty() || (path_prefix.size() <= path_characters_max && path_prefix.starts_with('/') && has_path_characters(path_prefix));
  if (good) return std::nullopt;
  return ApiError{"ValidationError", "The specified value for pathPrefix is invalid. It must begin with / and contain only alphanumeric characters and/or / characters.", 400};
}

std::string key_of(const Call& call, const Kind& kind, std::string_view name) { return directory::iam_key(call.account(), kind.noun, name); }

std::string arn_of(const Call& call, const Kind& kind, std::string_view path, std::string_view name) {
  return directory::iam_arn(call.account(), kind.noun, path, name);
}

ApiResult<Document> find(const Call& call, const Kind& kind, std::string_view name) {
  if (auto fault = fault_in_name(kind.parameter, name, kind.name_characters_max)) return std::unexpected(*fault);
  Document document = call.transaction.get(key_of(call, kind, name));
  if (document == nullptr) return std::unexpected(no_such(kind, name));
  return document;
}

ApiResult<Document> find_named(const Call& call, const Kind& kind) { return find(call, kind, call.input.text(kind.name_member)); }

void put(const Call& call, const Kind& kind, Json document) {
  const std::string key = key_of(call, kind, document.text(kind.name_member));
  call.transaction.put(key, std::move(document));
}

std::vector<store::Entry> list(const Call& call, const Kind& kind) { return call.transaction.list(directory::iam_prefix(call.account(), kind.noun)); }

ApiError no_such(const Kind& kind, std::string_view name) {
  return {"NoSuchEntity", "The " + std::string(kind.noun) + " with name " + std::string(name) + " cannot be found."};
}
ApiError no_such_policy(std::string_view arn) { return {"NoSuchEntity", "Policy " + std::string(arn) + " was not found."}; }
ApiError limit_exceeded(std::string_view quota, std::size_t most) {
  return {"LimitExceeded", "Cannot exceed quota for " + std::string(quota) + ": " + std::to_string(most)};
}
ApiError delete_conflict(std::string_view what) { return {"DeleteConflict", "Cannot delete entity, must " + std::string(what) + " first."}; }

ApiResult<Json> find_policy(const Call& call, std::string_view arn) {
  if (const directory::ManagedPolicy* policy = directory::managed_policy(arn)) return document_of(*policy);
  const std::string_view name = own_policy_name(call, arn);
  if (name.empty() || fault_in_name("policyName", name, policy_name_characters_max)) return std::unexpected(no_such_policy(arn));
  const Document document = call.transaction.get(directory::iam_key(call.account(), "policy", name));
  if (document == nullptr || document->text("Arn") != arn) return std::unexpected(no_such_policy(arn));
  return *document;
}

ApiResult<std::string> own_policy_key(const Call& call, std::string_view arn) {
  if (arn.starts_with("arn:aws:iam::aws:policy/")) return api_error("InvalidInput", "Policy " + std::string(arn) + " is an AWS managed policy and cannot be changed.");
  return directory::iam_key(call.account(), "policy", own_policy_name(call, arn));
}

const Json* version_of(const Json& policy, std::string_view version_id) {
  for (const Json& version : policy["versions"].items()) {
    if (version.text("VersionId") == version_id) return &version;
  }
  return nullptr;
}

Usage usage_of(const Call& call, std::string_view arn) {
  Usage usage;
  for (const Kind* kind : all_kinds) {
    for (const store::Entry& entry : list(call, *kind)) {
      if (holds_string((*entry.document)["attached"], arn)) ++usage.attached;
      if ((*entry.document)["PermissionsBoundary"].text("PermissionsBoundaryArn") == arn) ++usage.boundary;
    }
  }
  return usage;
}

bool holds_string(const Json& array, std::string_view item) {
  return std::ranges::any_of(array.items(), [item](const Json& each) { return each.as_string() == item; });
}

bool erase_string(Json& array, std::string_view item) {
  return std::erase_if(array.edit_items(), [item](const Json& each) { return each.as_string() == item; }) > 0;
}

std::optional<ApiError> fault_in_policy(std::string_view text, policy::Kind kind) {
  const Result<policy::DocumentPtr> document = policy::compile(text, kind);
  if (document) return kind == policy::Kind::identity ? fault_in_resources(text) : std::nullopt;
  const std::size_t most = kind == policy::Kind::identity ? policy::inline_policy_characters_max : policy::characters_max(kind);
  if (characters_without_space(text) > most) return limit_exceeded(kind == policy::Kind::trust ? "ACLSizePerRole" : "PolicySize", most);
  return ApiError{"MalformedPolicyDocument", document.error().message};
}

std::optional<ApiError> fault_in_managed_policy(std::string_view text) {
  const std::size_t most = policy::characters_max(policy::Kind::identity);
  if (characters_without_space(text) > most) return limit_exceeded("PolicySize", most);
  if (auto fault = fault_in_policy(text, policy::Kind::identity)) return fault;
  const auto syntax = policy::read(text, policy::Kind::identity);
  if (syntax && syntax->version != policy::Version::v2012_10_17)
    return ApiError{"MalformedPolicyDocument", "Policy document must be version 2012-10-17 or greater."};
  return std::nullopt;
}

std::size_t characters_without_space(std::string_view text) {
  return policy::characters_of(text, policy::Kind::identity);
}

std::optional<ApiError> fault_in_tags(const Json& tags) {
  std::set<std::string> keys;
  for (const Json& tag : tags.items()) {
    if (!keys.insert(text::lower(tag.text("Key"))).second) {
      return ApiError{"InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."};
    }
  }
  if (const auto fault = service::fault_in(service::tags_of(tags))) return ApiError{"InvalidInput", *fault};
  return std::nullopt;
}

Json last_used(const Call& call, const Json& role) {
  const auto use = directory::tables::last_uses.get(call.transaction, role.text("RoleId"));
  if (!use) return Json::object();
  return Json::object({{"LastUsedDate", use->when}, {"Region", use->region}});
}

std::string encoded_policy(std::string_view text) { return text::percent_encode(text); }

std::string encoded_trust(const Call& call, const Json& role) { return encoded_policy(service::shown(role["trust"], policy::Kind::trust, call.estate)); }

ApiResult<Place> page_asked_for(const Call& call) {
  Place place;
  if (const std::string_view given = call.input.text("Marker"); !given.empty()) {
    std::optional<std::string> from = service::key_of_marker(given);
    if (!from) return api_error("ValidationError", "Invalid Marker.", 400);
    place.from = *std::move(from);
  }
  const std::int64_t size = call.input["MaxItems"].as_integer(items_per_page_default);
  if (size < 1 || size > items_per_page_max) return api_error("ValidationError", "MaxItems must be between 1 and 1000.", 400);
  place.size = static_cast<std::size_t>(size);
  return place;
}

void put_next(const std::string& next, Json& output) {
  output.set("IsTruncated", !next.empty());
  if (!next.empty()) output.set("Marker", service::marker_of(next));
}

std::optional<ApiError> put_page(const Call& call, std::vector<Listed> items, std::string_view member, Json& output) {
  const ApiResult<Place> place = page_asked_for(call);
  if (!place) return place.error();
  std::ranges::sort(items, {}, &Listed::key);
  auto page = service::page_of(std::move(items), place->from, place->size, [](const Listed& each) { return each.key; });
  Json list = Json::array();
  for (Listed& each : page.items) list.push(std::move(each.item));
  output.set(member, std::move(list));
  put_next(page.next, output);
  return std::nullopt;
}

ApiResult<Json> page_of_stored(const Call& call, const std::string& prefix, const std::string& member, const ItemOf& item_of) {
  RW_TRY(const Place place, page_asked_for(call));
  Json list = Json::array();
  std::string from = place.from;
  std::size_t looked_at = 0;
  for (;;) {
    // One more than may still be answered says whether there is a next page, and where it begins.
    const std::size_t wanted = place.size - list.items().size() + 1;
    const std::vector<store::Entry> entries = call.transaction.list(prefix, from, wanted);
    from.clear();
    for (const store::Entry& entry : entries) {
      if (list.items().size() == place.size || looked_at == entries_per_page_max) {
        from = entry.key;
        break;
      }
      ++looked_at;
      if (std::optional<Json> item = item_of(*entry.document)) list.push(*std::move(item));
    }
    const bool is_last = entries.size() < wanted;
    if (is_last || !from.empty()) break;
    from = entries.back().key + '\0';
  }
  Json output = Json::object({{member, std::move(list)}});
  put_next(from, output);
  return output;
}

ApiResult<std::string> user_or_self(const Call& call) {
  if (call.input.contains("UserName")) return call.input.str("UserName");
  if (call.caller.principal.type == policy::Principal::Type::user) {
    return call.caller.principal.arn.substr(call.caller.principal.arn.rfind('/') + 1);
  }
  return api_error("ValidationError", "Must specify userName when calling with non-User credentials", 400);
}

}  // namespace ringwall::iam::detail
