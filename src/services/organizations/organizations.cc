#include "services/organizations/organizations.h"

#include "services/organizations/detail/common.h"

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

}  // namespace ringwall::organizations
