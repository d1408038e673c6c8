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
  bool no_organization = false;           // known: there is none
};

// Refuses an organisation that is not the one expected, files of two organisations, and a tree
// that is none. Accounts that stand only in `accounts/` are added.
Result<Organization> read_organization(const Folder& folder, Documents& documents, const Options& options);

bool is_account_id(std::string_view text);  // twelve digits

}  // namespace ringwall::loaders::detail
