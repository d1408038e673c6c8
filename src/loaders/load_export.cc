// An export folder as an estate: the organisation first, which names the accounts; then account by
// account its identities and its resources. One file's JSON is in memory at a time.

#include <algorithm>

#include "loaders/detail/identities.h"
#include "loaders/detail/organization.h"
#include "loaders/detail/resources.h"
#include "loaders/loaders.h"

namespace ringwall::loaders {

Result<Loaded> load_export(std::span<const File> files, const Options& options) {
  Loaded loaded;
  const detail::Folder folder(files, loaded.gaps);
  detail::Documents documents(loaded.gaps, loaded.sources);
  RW_TRY(detail::Organization read, detail::read_organization(folder, documents, options));

  estate::Table<estate::Account>::Editor accounts{{}};
  for (estate::Account& account : read.accounts) accounts.put(std::move(account));
  detail::IdentityTables identities;
  detail::ResourceTables resources;
  const detail::Scope scope = detail::scope_of(folder, read.active);
  for (const std::string& account : read.active) {
    if (!folder.has_any("accounts/" + account + "/", account)) continue;
    detail::read_identities(folder, documents, account, identities);
    detail::read_resources(folder, documents, account, read.partition, scope, resources);
  }
  // Beyond this point nothing is read.
  auto estate = std::make_shared<estate::Estate>();
  estate->organization = std::move(read.organization);
  estate->no_organization = read.no_organization;
  estate->accounts = std::move(accounts).finish();
  estate->principals = std::move(identities.principals).finish();
  estate->managed_policies = std::move(identities.policies).finish();
  estate->resources = std::move(resources.resources).finish();
  estate->vpcs = std::move(resources.vpcs).finish();
  estate->endpoints = std::move(resources.endpoints).finish();
  loaded.estate = std::move(estate);
  loaded.regions = std::move(resources.regions);
  std::ranges::stable_sort(loaded.gaps, [](const Gap& a, const Gap& b) {
    return std::tie(a.path, a.position.line, a.position.column) < std::tie(b.path, b.position.line, b.position.column);
  });
  return loaded;
}

}  // namespace ringwall::loaders
