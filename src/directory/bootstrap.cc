#include "directory/bootstrap.h"

#include "directory/documents.h"

namespace ringwall::directory {
namespace {

Result<Administrator> existing(const service::Environment& environment, store::Transaction& transaction, const StoredOrganization& organization) {
  Administrator administrator{.account = organization.management_account, .arn = organization.administrator.value_or(""), .access_key = {}, .secret = {}};
  const std::string id = organization.administrator_key.value_or("");
  const auto key = tables::access_keys.get(transaction, id);
  if (!key) return administrator;
  RW_TRY(administrator.secret, open_access_key(environment.root_key.reveal(), id, *key));
  administrator.access_key = id;
  return administrator;
}

Administrator make(const service::Environment& environment, store::Transaction& transaction) {
  const TimePoint now = environment.clock.now();
  const std::string account = new_account_id(environment, transaction);
  StoredOrganization organization = put_organization(environment, transaction, account, "management", "management@ringwall.internal", now);

  Json user = new_user(environment, account, "/", administrator_name, now);
  user.edit("attached").push("arn:aws:iam::aws:policy/AdministratorAccess");
  NewAccessKey key = new_access_key(environment, account, user, now);
  user.edit("keys").push(key.record.id);
  transaction.put(iam_key(account, "user", administrator_name), user);
  tables::access_keys.put(transaction, key.record, key.record.id);

  organization.administrator = user.str("Arn");
  organization.administrator_key = key.record.id;
  tables::organizations.put(transaction, organization);
  return {.account = account, .arn = user.str("Arn"), .access_key = key.record.id, .secret = std::move(key.secret), .is_new = true};
}

}  // namespace

std::string new_account_id(const service::Environment& environment, store::Transaction& transaction) {
  for (;;) {
    const std::string id = random_text(environment.random, "123456789", 1) + random_text(environment.random, "0123456789", 11);
    if (!tables::accounts.contains(transaction, id) && !tables::removed_accounts.contains(transaction, id)) return id;
  }
}

Result<Administrator> bootstrap(const service::Environment& environment) {
  return store::transact(environment.store, [&](store::Transaction& transaction) -> Result<Administrator> {
    if (const auto organization = tables::organizations.get(transaction)) return existing(environment, transaction, *organization);
    return make(environment, transaction);
  });
}

}  // namespace ringwall::directory
