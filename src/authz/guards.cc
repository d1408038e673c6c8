#include "authz/guards.h"

#include <algorithm>

#include "text/encode.h"

namespace ringwall::authz {
namespace {

// The Service Authorization Reference lists these for no resource type.
constexpr std::string_view on_no_key[] = {
    "kms:connectcustomkeystore",    "kms:createcustomkeystore",
    "kms:createkey",                "kms:deletecustomkeystore",
    "kms:describecustomkeystores",  "kms:disconnectcustomkeystore",
    "kms:generaterandom",           "kms:listaliases",
    "kms:listkeys",                 "kms:listretirablegrants",
    "kms:updatecustomkeystore",
};
constexpr std::string_view on_aliases[] = {"kms:createalias", "kms:deletealias", "kms:updatealias"};

bool is_alias(std::string_view arn) {
  for (int colons = 0; colons < 5; ++colons) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return false;
    arn.remove_prefix(colon + 1);
  }
  return arn.starts_with("alias/");
}

}  // namespace

ResourceKind resource_kind_of(std::string_view asked) {
  const std::string action = text::lower(asked);
  if (action.starts_with("sts:assumerole") || action == "sts:tagsession" ||
      action == "sts:setsourceidentity")
    return ResourceKind::trust;
  return action.starts_with("kms:") ? ResourceKind::key : ResourceKind::plain;
}

bool asks_no_key(std::string_view asked, std::string_view resource) {
  const std::string action = text::lower(asked);
  return std::ranges::find(on_no_key, action) != std::end(on_no_key) ||
         (is_alias(resource) && std::ranges::find(on_aliases, action) != std::end(on_aliases));
}

bool needs_no_permission(const policy::Request& request) {
  using enum policy::Principal::Type;
  const policy::Principal& caller = request.principal;
  const bool signs = caller.type == root || caller.type == user || caller.type == role_session ||
                     (caller.type == federated && !caller.account.empty());
  return signs && text::lower(request.action) == "sts:getcalleridentity";
}

}  // namespace ringwall::authz
