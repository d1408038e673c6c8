#pragma once
// The organisation of an export: its tree, its accounts, and the policies attached along it.

#include <string>
#include <vector>

#include "loaders/detail/documents.h"

namespace ringwall::loaders::detail {

struct Organization {
  std::optional<estate::Organization> organization;
  std::vector<estate::Account> accounts;  // by id
  std::vector<std::string> active;        // ids of those that are to have files of their own
  std::string partition = "aws";
};

// Refuses an organisation that is not `expected` (unless that is empty), files of two
// organisations, and a tree that is none. Accounts that stand only in `accounts/` are added.
Result<Organization> read_organization(const Folder& folder, Documents& documents, const std::string& expected);

bool is_account_id(std::string_view text);  // twelve digits

}  // namespace ringwall::loaders::detail
