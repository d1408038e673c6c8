#pragma once
// One account's users, roles and managed policies, from `iam get-account-authorization-details`.

#include <string>
#include <unordered_map>
#include <vector>

#include "loaders/detail/documents.h"

namespace ringwall::loaders::detail {

struct IdentityTables {
  estate::Table<estate::Principal>::Editor principals{{}};
  estate::Table<estate::ManagedPolicy>::Editor policies{{}};
};

// Reads accounts/ACCOUNT/authorization-details.json. What is missing is a gap of the account.
void read_identities(const Folder& folder, Documents& documents, const std::string& account, IdentityTables& tables);

// The same of any file: what is in it is of one account, which its ARNs say; `otherwise`: where they
// say none. Returns the account; empty, and nothing was read: none is known, or the file is no such
// answer, which is a gap.
std::string read_identities_of_file(const Folder& folder, Documents& documents, const std::string& path,
                                    const std::string& otherwise, IdentityTables& tables);

// Whether an IAM path is that of roles that AWS's services made for themselves.
bool is_service_linked(std::string_view path);

}  // namespace ringwall::loaders::detail
