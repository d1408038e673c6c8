// Bare files of `iam get-account-authorization-details`: accounts with their identities and nothing else.

#include <fmt/format.h>

#include "loaders/detail/identities.h"
#include "loaders/loaders.h"

namespace ringwall::loaders {
namespace {

estate::Account account_of(const std::string& id, const std::string& path, const Options& options, std::vector<Gap>& gaps) {
  estate::Account account{.id = id, .name = {}, .path = {}, .org_path = {}, .scps = {}, .rcps = {}};
  gaps.push_back({.kind = Gap::Kind::missing,
                  .subject = "arn:aws:*:*:" + id + ":*",
                  .path = path,
                  .message = "users and roles are here, and no resources, networks and endpoints: `ringwall collect` collects them too"});
  if (options.organization.empty()) return account;
  gaps.push_back({.kind = Gap::Kind::missing,
                  .subject = id,
                  .path = path,
                  .message = "where the account `" + id + "` is in the organisation, and which policies of it bind the account, is not here: `ringwall collect` collects it"});
  // One empty level, which denies: a leak that is found all the same is one.
  account.scps = account.rcps = std::vector{authz::Level{.target = id, .policies = {}}};
  return account;
}

}  // namespace

Result<Loaded> load_authorization_details(std::span<const File> files, const Options& options) {
  Loaded loaded;
  std::vector<Gap> gaps;
  const detail::Folder folder(files, gaps);
  detail::Documents documents(gaps, loaded.sources);
  detail::IdentityTables identities;
  estate::Table<estate::Account>::Editor accounts{{}};
  for (const File& file : files) {
    const std::size_t before = gaps.size();
    const std::string id = detail::read_identities_of_file(folder, documents, file.path, options.default_account, identities);
    if (id.empty() && gaps.size() > before) {
      const Gap& why = gaps.back();
      return fail(Failure::invalid, fmt::format("cannot read `{}`: line {}, column {}: {}", file.path, why.position.line, why.position.column, why.message));
    }
    if (id.empty()) return fail(Failure::invalid, fmt::format("`{}` names no account: say whose it is with `--account`", file.path));
    if (accounts.find(id) != nullptr) return fail(Failure::invalid, fmt::format("`{}` is of the account `{}`, as is another of these files", file.path, id));
    accounts.put(account_of(id, file.path, options, gaps));
  }
  auto estate = std::make_shared<estate::Estate>();
  estate->no_organization = options.no_organization;
  estate->accounts = std::move(accounts).finish();
  estate->principals = std::move(identities.principals).finish();
  estate->managed_policies = std::move(identities.policies).finish();
  loaded.estate = std::move(estate);
  loaded.gaps = std::move(gaps);
  return loaded;
}

}  // namespace ringwall::loaders
