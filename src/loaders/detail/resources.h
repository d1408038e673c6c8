#pragma once
// One account's resources with their policies, its VPCs and its endpoints.
//
// A table says for each service which answers of AWS's CLI name the resources and which carry a
// policy; README.md shows the same.

#include <map>
#include <string>
#include <vector>

#include "loaders/detail/documents.h"

namespace ringwall::loaders::detail {

struct ResourceTables {
  estate::Table<estate::Resource>::Editor resources{{}};
  estate::Table<estate::Vpc>::Editor vpcs{{}};
  estate::Table<estate::Endpoint>::Editor endpoints{{}};
  std::map<std::string, std::string> regions = {};  // of VPCs and endpoints, by id
};

// What an export was asked for: export.json says, or else whatever any account has a file of.
struct Scope {
  std::vector<std::string> regions;
  std::vector<std::string> services;  // names in the table: "kms", "s3", "ec2", …
};
Scope scope_of(const Folder& folder, const std::vector<std::string>& accounts);

// `partition`: of the ARNs that have to be made. What is missing is a gap of the account.
void read_resources(const Folder& folder, Documents& documents, const std::string& account, const std::string& partition,
                    const Scope& scope, ResourceTables& tables);

}  // namespace ringwall::loaders::detail
