#include "services/organizations/organizations.h"

#include "service/traits.h"
#include "services/organizations/detail/common.h"
#include "services/organizations/detail/exports.h"

namespace ringwall::organizations {

std::vector<service::Operation> operations(const Remaining& remaining) {
  std::vector<service::Operation> all;
  detail::add_tree_operations(all);
  detail::add_account_operations(all, remaining);
  detail::add_policy_operations(all);
  detail::add_attachment_operations(all);
  detail::add_tag_operations(all);
  detail::add_delegation_operations(all);
  return all;
}

service::Service service(const Remaining& remaining) {
  return {*awsapi::builtin_model("organizations"), operations(remaining), {.exports = {.of_organization = detail::export_organization}, .governs_principals = true}};
}

}  // namespace ringwall::organizations
