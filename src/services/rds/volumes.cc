#include "services/rds/volumes.h"

#include <algorithm>
#include <map>

#include "directory/records.h"
#include "keyring/schedule.h"
#include "network/documents.h"
#include "network/network.h"
#include "network/records.h"
#include "services/rds/detail/common.h"
#include "services/rds/detail/label.h"
#include "services/rds/detail/validate.h"
#include "text/encode.h"
#include "text/time.h"

namespace ringwall::rds {

using detail::Label;
using detail::ReadLabel;

namespace {

constexpr const char* orphan = "orphan";

using Instances = std::map<std::string, Instance, std::less<>>;  // by resource id

Instances instances_of(const store::Store& store) {
  Instances found;
  for (auto& row : tables::instances.list(store)) {
    std::string id = row.record.wanted.resource_id;
    found.emplace(std::move(id), std::move(row.record));
  }
  return found;
}

void describe(Json& row, const Instance& instance) {
  const Wanted& wanted = instance.wanted;
  row.set("account", wanted.account).set("identifier", wanted.identifier);
  row.set("engine", wanted.engine + " " + wanted.version).set("master_user", wanted.master_user).set("kms_key", wanted.kms_key);
  if (instance.observed.created) row.set("created", text::iso8601(text::from_millis(*instance.observed.created)));
}

std::unexpected<Error> failed(const service::ApiError& error) {
  return fail(Failure::invalid, error.code + ": " + error.message);
}

// Which account's key it is, for keyring::find_key takes names in the view of one.
Result<keyring::Key> key_named(const service::Environment& environment, store::Transaction& transaction,
                               const std::string& account, const std::string& name) {
  auto key = name.empty() ? keyring::managed_key(environment, transaction, account, "rds")
                          : keyring::find_key(transaction, environment.region, account, name);
  if (!key) return fail(Failure::not_found, "there is no KMS key `" + name + "`: " + key.error().message);
  if (const auto fault = keyring::unusable(*key))
    return fail(Failure::denied, "the KMS key `" + key->arn + "` cannot be used: " + fault->message);
  return *std::move(key);
}

// A volume's data key, and whether the blob in its label is still good.
struct Opened {
  Secret data_key;
  bool still_wrapped = false;
};

// INVARIANT: escrow opens no volume whose KMS key is in the store, or was deleted.
Result<Opened> open_label(const service::Environment& environment, store::Transaction& transaction,
                          const Label& label) {
  RW_TRY(const Instance instance, detail::instance_of(label));
  RW_TRY(const Bytes blob, text::parse_base64(instance.wanted.data_key));
  const auto arn = keyring::key_of(blob);
  if (!arn) return fail(Failure::corrupt, "the data key in the label of `" + label.volume + "` is damaged");
  if (keyring::was_deleted(transaction, *arn)) {
    return fail(Failure::denied, "its KMS key `" + *arn + "` was deleted: nobody can read the volume");
  }
  if (const auto key = keyring::find_key(transaction, environment.region, instance.wanted.account, *arn)) {
    if (const auto fault = keyring::unusable(*key))
      return fail(Failure::denied, "its KMS key `" + *arn + "` cannot be used: " + fault->message);
    auto data_key = keyring::decrypt(environment, *key, blob, detail::data_key_context(label.volume));
    if (!data_key) return failed(data_key.error());
    return Opened{*std::move(data_key), true};
  }
  if (label.escrow.empty()) {
    return fail(Failure::not_found,
                "its KMS key `" + *arn +
                    "` is not in this store, and its label has no escrow: put a store back that has the key");
  }
  RW_TRY(Secret data_key, detail::open_escrow(environment, label.volume, label.escrow));
  return Opened{std::move(data_key), false};
}

}  // namespace

Position last_labelled(const service::Environment& environment, const std::vector<host::VolumeFacts>& volumes,
                       std::string_view installation) {
  Position last;
  for (const host::VolumeFacts& facts : volumes) {
    const auto read = detail::read_label(environment, facts.id, facts.label);
    if (read && read->genuine && read->label.installation == installation) last = std::max(last, read->label.position);
  }
  return last;
}

std::vector<std::string> withdraw_deletions(store::Transaction& transaction) {
  std::vector<std::string> withdrawn;
  for (auto& [parts, instance] : tables::instances.list(transaction)) {
    if (instance.wanted.desired != Desired::deleted) continue;
    instance.wanted.desired = Desired::stopped;
    ++instance.wanted.generation;
    become(instance.observed, Status::stopping);
    withdrawn.push_back(instance.wanted.identifier);
    tables::instances.put(transaction, instance, parts[0], parts[1]);
  }
  return withdrawn;
}

namespace {

// What is to be said of a volume that no document refers to.
class Stranger {
 public:
  Stranger(const service::Environment& environment, const host::VolumeFacts& facts, const Installation& installation) {
    if (facts.label.empty()) {
      state = orphan;
      problem = "it has no label: only the store that made it can open it";
    } else if (auto read = detail::read_label(environment, facts.id, facts.label); !read) {
      problem = read.error().message;
    } else {
      if (read->label.installation != installation.id) {
        state = "foreign";
        problem = "its label is of the installation `" + read->label.installation + "`: it is not touched here";
      } else if (!read->genuine) {
        problem = "its label was not written for it under this root key: it was changed, or the root key was";
      } else {
        state = orphan;
        if (const auto instance = detail::instance_of(read->label); !instance) problem = instance.error().message;
        else if (!instance->observed.was_made) problem = "it was never finished and holds no database: remove it";
      }
      genuine = read->genuine;
      label = std::move(read->label);
    }
    if (!facts.has_image) {
      state = "damaged";
      problem = "its image is missing: put `host/volumes/" + facts.id +
                ".img` back, or, if its deletion was under way, remove what is left of it";
    }
  }

  std::string state = "damaged";
  std::string problem;
  bool genuine = false;
  std::optional<Label> label;
};

Json row_of(const host::VolumeFacts& facts) {
  Json row = Json::object({{"id", facts.id}, {"state", ""}});
  if (!facts.has_image) return row;
  row.set("bytes", facts.bytes).set("allocated_bytes", facts.allocated_bytes);
  row.set("modified", text::iso8601(text::from_millis(facts.modified_ms))).set("open", facts.open);
  return row;
}

}  // namespace

Result<Json> Volumes::list() {
  RW_TRY(const auto volumes, host_.volumes());
  Instances instances = instances_of(environment_.store);
  std::map<std::string, Json> rows;
  for (const host::VolumeFacts& facts : volumes) {
    Json row = row_of(facts);
    if (const auto known = instances.find(facts.id); known != instances.end()) {
      if (!facts.has_image) continue;  // below, with those that have not even a label
      row.set("state", "in-use");
      describe(row, known->second);
      row.set("refers", known->second.wanted.arn).set("status", records::word_of(known->second.observed.status));
      instances.erase(known);
    } else {
      const Stranger stranger(environment_, facts, installation_);
      row.set("state", stranger.state);
      if (stranger.label) {
        if (const auto instance = detail::instance_of(*stranger.label)) describe(row, *instance);
      }
      std::string problem = stranger.problem;
      if (stranger.state == orphan && problem.empty()) {
        store::Transaction transaction(environment_.store);
        if (const auto opened = open_label(environment_, transaction, *stranger.label); !opened)
          problem = opened.error().message;
      }
      if (!problem.empty()) row.set("problem", problem);
    }
    rows.emplace(facts.id, std::move(row));
  }
  for (const auto& [id, instance] : instances) {
    if (!instance.observed.was_made) continue;  // it is being made
    Json row = Json::object({{"id", id}, {"state", "missing"}});
    describe(row, instance);
    row.set("refers", instance.wanted.arn).set("status", records::word_of(instance.observed.status));
    row.set("problem", "its image is missing: put `host/volumes/" + id + ".img` back");
    rows.emplace(id, std::move(row));
  }
  Json all = Json::array();
  for (auto& [id, row] : rows) all.push(std::move(row));
  return all;
}

namespace {

// The instance that takes the volume over: the label's, at another place.
Result<Instance> adopted(const service::Environment& environment, store::Transaction& transaction, const Adoption& wish,
                         const Label& label) {
  RW_TRY(Instance instance, detail::instance_of(label));
  Wanted& wanted = instance.wanted;
  const std::string account = wish.account.empty() ? wanted.account : wish.account;
  const std::string identifier = text::lower(wish.identifier.empty() ? wanted.identifier : wish.identifier);
  if (!directory::tables::accounts.contains(transaction, account)) {
    return fail(Failure::not_found, "the store has no account `" + account + "`: name one with --account");
  }
  if (const auto fault = detail::fault_in_identifier(identifier)) return failed(*fault);
  if (tables::instances.contains(transaction, account, identifier)) {
    return fail(Failure::conflict, "the account `" + account + "` has a database `" + identifier +
                                       "` already: give this one another name with --identifier");
  }
  const std::string group_name = wish.subnet_group.empty() ? wanted.subnet_group.name : wish.subnet_group;
  const auto group = tables::subnet_groups.get(transaction, account, group_name);
  if (!group) {
    return fail(Failure::not_found, "the account `" + account + "` has no DB subnet group `" + group_name +
                                        "`: name one with --db-subnet-group-name");
  }
  std::vector<std::string> groups = wish.groups;
  for (const SecurityGroup& member : wanted.security_groups) {
    if (wish.groups.empty()) groups.push_back(member.id);
  }
  const auto placed = detail::place_interface({environment, transaction, account}, *group, "", groups);
  if (!placed) {
    return fail(Failure::invalid, placed.error().code + ": " + placed.error().message +
                                      " Name others with --vpc-security-group-ids or --db-subnet-group-name");
  }
  wanted.identifier = identifier;
  wanted.arn = detail::instance_arn(environment, account, identifier);
  wanted.account = account;
  wanted.endpoint.address = detail::endpoint_name(environment, account, identifier);
  detail::set_place(wanted, *group, *placed);
  wanted.uid = detail::uid_for(transaction, wanted.uid);
  instance.requests = {};
  instance.observed.was_made = true;
  if (wanted.uid == 0) return fail(Failure::exhausted, "no more databases fit on this server");
  network::tables::names.put(transaction, {.address = wanted.address, .addresses = {}}, wanted.vpc, wanted.endpoint.address);
  return instance;
}

}  // namespace

Result<Json> Volumes::adopt(const Adoption& wish) {
  const std::lock_guard lock(mutex_);
  RW_TRY(const host::VolumeFacts facts, host_.volume(wish.volume));
  if (!facts.has_image && facts.label.empty())
    return fail(Failure::not_found, "there is no volume `" + wish.volume + "`");
  const Stranger stranger(environment_, facts, installation_);
  return store::transact(environment_.store, [&](store::Transaction& transaction) -> Result<Json> {
    for (const auto& row : tables::instances.list(transaction)) {
      if (row.record.wanted.resource_id == wish.volume) {
        return fail(Failure::conflict, "the volume `" + wish.volume + "` is in use by `" + row.record.wanted.identifier + "`");
      }
    }
    if (stranger.state != orphan || !stranger.problem.empty())
      return fail(Failure::denied, "`" + wish.volume + "` cannot be adopted: " + stranger.problem);
    if (facts.open)
      return fail(Failure::conflict, "the volume `" + wish.volume + "` is open: try again once it is closed");
    RW_TRY(const Opened opened, open_label(environment_, transaction, *stranger.label));
    if (opened.data_key.reveal().size() != detail::data_key_bytes) {
      return fail(Failure::corrupt, "the data key of `" + wish.volume + "` has the wrong length");
    }
    RW_TRY(Instance instance, adopted(environment_, transaction, wish, *stranger.label));
    Wanted& wanted = instance.wanted;
    if (!wish.kms_key.empty() || !opened.still_wrapped) {
      RW_TRY(const keyring::Key key, key_named(environment_, transaction, wanted.account, wish.kms_key));
      const auto wrapped =
          keyring::encrypt(environment_, key, opened.data_key.reveal(), detail::data_key_context(wish.volume));
      if (!wrapped) return failed(wrapped.error());
      wanted.data_key = text::base64(*wrapped);
      wanted.kms_key = key.arn;
    }
    tables::instances.put(transaction, instance, wanted.account, wanted.identifier);
    return Json::object({{"identifier", wanted.identifier},
                         {"account", wanted.account},
                         {"endpoint", wanted.endpoint.address},
                         {"kms_key", wanted.kms_key}});
  });
}

Result<> Volumes::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  RW_TRY(const host::VolumeFacts facts, host_.volume(id));
  if (!facts.has_image && facts.label.empty()) return fail(Failure::not_found, "there is no volume `" + id + "`");
  if (const Instances instances = instances_of(environment_.store); instances.contains(id)) {
    return fail(Failure::conflict, "the volume `" + id + "` is in use by `" +
                                       instances.at(id).wanted.identifier +
                                       "`: delete the database, with `aws rds delete-db-instance`");
  }
  if (const Stranger stranger(environment_, facts, installation_); stranger.state == "foreign") {
    return fail(Failure::denied, "`" + id + "` is not removed: " + stranger.problem);
  }
  return host_.remove_volume(id);
}

Result<> Volumes::check_export(const std::string& id) {
  RW_TRY(const host::VolumeFacts facts, host_.volume(id));
  if (!facts.has_image) return fail(Failure::not_found, "there is no volume `" + id + "`");
  if (!facts.open) return {};
  return fail(Failure::conflict,
              "the volume `" + id +
                  "` is open, and a copy of it would not be whole: stop its database, with `aws rds stop-db-instance`");
}

Result<int> Volumes::shred() {
  const std::lock_guard lock(mutex_);
  RW_TRY(const auto volumes, host_.volumes());
  const Instances instances = instances_of(environment_.store);
  int shredded = 0;
  for (const host::VolumeFacts& facts : volumes) {
    auto read = detail::read_label(environment_, facts.id, facts.label);
    if (!read || !read->genuine || read->label.installation != installation_.id || instances.contains(facts.id))
      continue;
    const auto labelled = detail::instance_of(read->label);
    if (read->label.escrow.empty() || !labelled) continue;
    store::Transaction transaction(environment_.store);
    if (!keyring::was_deleted(transaction, detail::kms_key_of(labelled->wanted))) continue;
    read->label.escrow.clear();
    RW_DO(host_.label_volume(facts.id, detail::write_label(environment_, read->label)));
    ++shredded;
  }
  return shredded;
}

}  // namespace ringwall::rds
