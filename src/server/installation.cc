#include "server/installation.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "keyring/schedule.h"
#include "server/records.h"
#include "store/store.h"
#include "text/json.h"

namespace ringwall::server {

using rds::Installation;
using rds::Position;
using text::Json;

namespace {

// What root's file says; nothing of an installation, if there is none or it is damaged.
struct World {
  std::string id;
  Position position;
};

Result<World> world_of(host::Host& host) {
  RW_TRY(const std::string kept, host.kept_installation());
  const auto json = text::parse_json(kept);
  if (!json) return World{};
  return World{json->str("installation"), {(*json)["generation"].as_integer(), (*json)["revision"].as_integer()}};
}

std::string list(const std::vector<std::string>& names) { return fmt::format("`{}`", fmt::join(names, "`, `")); }

}  // namespace

Result<Entered> enter(const service::Environment& environment, host::Host& host) {
  store::Store& store = environment.store;
  RW_TRY(const World world, world_of(host));
  RW_TRY(const auto volumes, host.volumes());
  const auto stored = tables::installations.get(store);
  Entered entered;
  Installation& installation = entered.installation;
  installation.id = stored ? stored->id : world.id;
  if (installation.id.empty()) installation.id = "ringwall-" + random_text(environment.random, "0123456789abcdef", 17);

  const Position mine{stored ? stored->generation : 0, store.snapshot({}).revision};
  const Position seen = std::max(world.id == installation.id ? world.position : Position{},
                                 rds::last_labelled(environment, volumes, installation.id));
  const bool is_older = seen > mine;
  // Past those of another installation too, whose file this one's replaces.
  installation.generation = std::max({mine.generation, seen.generation, world.position.generation}) + 1;

  std::vector<std::string> withdrawn, postponed;
  const auto raised = store::transact(store, [&](store::Transaction& transaction) -> Result<> {
    withdrawn.clear();
    postponed.clear();
    if (is_older) {
      withdrawn = rds::withdraw_deletions(transaction);
      postponed = keyring::postpone_deletions(environment, transaction);
    }
    tables::installations.put(transaction, {.id = installation.id, .generation = installation.generation});
    return {};
  });
  if (!raised) {
    if (is_older || !stored || raised.error().kind != Failure::exhausted)
      return fail(raised.error(), "cannot take the store into use");
    installation.generation = mine.generation;
    return entered;
  }
  // A server must start on a full disk, or nobody could make room through it. The store has its own start number then.
  if (auto kept = remember(environment, host, installation); !kept && kept.error().kind != Failure::exhausted)
    return std::unexpected(kept.error());
  if (!is_older) return entered;
  entered.notice = fmt::format(
      "the store is older than what ran here (at start {} it was past it): a copy was put back. What changed since is not in it; "
      "volumes that it does not know are kept, see `ringwall volumes`",
      seen.generation);
  if (!withdrawn.empty())
    entered.notice += fmt::format("; what it still wanted deleted is stopped instead, ask again: {}", list(withdrawn));
  if (!postponed.empty())
    entered.notice += fmt::format("; KMS keys that it was about to delete wait seven days more: {}", list(postponed));
  return entered;
}

Result<> remember(const service::Environment& environment, host::Host& host, const Installation& installation) {
  const Json json = Json::object({{"installation", installation.id},
                                  {"generation", installation.generation},
                                  {"revision", environment.store.snapshot({}).revision}});
  return host.keep_installation(json.dump() + "\n");
}

}  // namespace ringwall::server
