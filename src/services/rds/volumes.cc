#include "services/rds/volumes.h"

#include <algorithm>
#include <map>

#include "keyring/schedule.h"
#include "network/documents.h"
#include "network/network.h"
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

using Documents = std::map<std::string, std::shared_ptr<const Json>, std::less<>>;  // by resource id

Documents documents_of(const store::Store& store) {
  Documents found;
  for (store::Entry& entry : store.list("rds/")) {
    if (detail::is_instance_key(entry.key))
      found.emplace(entry.document->str("DbiResourceId"), std::move(entry.document));
  }
  return found;
}

std::string engine_of(const Json& document) {
  return document.text("Engine").empty() ? "" : document.str("Engine") + " " + document.str("EngineVersion");
}

void describe(Json& row, const Json& document) {
  row.set("account", document.str("account")).set("identifier", document.str("DBInstanceIdentifier"));
  row.set("engine", engine_of(document))
      .set("master_user", document.str("MasterUsername"))
      .set("kms_key", document.str("KmsKeyId"));
  if (const auto created = document["InstanceCreateTime"].as_integer(); created > 0)
    row.set("created", text::iso8601(text::from_millis(created)));
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
  RW_TRY(const Bytes blob, text::parse_base64(label.document.text("data_key")));
  const auto arn = keyring::key_of(blob);
  if (!arn) return fail(Failure::corrupt, "the data key in the label of `" + label.volume + "` is damaged");
  if (keyring::was_deleted(transaction, *arn)) {
    return fail(Failure::denied, "its KMS key `" + *arn + "` was deleted: nobody can read the volume");
  }
  if (const auto key = keyring::find_key(transaction, environment.region, label.document.text("account"), *arn)) {
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
  for (const store::Entry& entry : transaction.list("rds/")) {
    if (!detail::is_instance_key(entry.key) || entry.document->text("desired") != "deleted") continue;
    Json document = *entry.document;
    document.set("desired", "stopped").set("DBInstanceStatus", "stopping");
    document.set("generation", document["generation"].as_integer() + 1);
    withdrawn.push_back(document.str("DBInstanceIdentifier"));
    transaction.put(entry.key, std::move(document));
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
        if (!read->label.document["made"].as_bool()) problem = "it was never finished and holds no database: remove it";
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
  Documents documents = documents_of(environment_.store);
  std::map<std::string, Json> rows;
  for (const host::VolumeFacts& facts : volumes) {
    Json row = row_of(facts);
    if (const auto known = documents.find(facts.id); known != documents.end()) {
      if (!facts.has_image) continue;  // below, with those that have not even a label
      row.set("state", "in-use");
      describe(row, *known->second);
      row.set("refers", known->second->str("DBInstanceArn")).set("status", known->second->str("DBInstanceStatus"));
      documents.erase(known);
    } else {
      const Stranger stranger(environment_, facts, installation_);
      row.set("state", stranger.state);
      if (stranger.label) describe(row, stranger.label->document);
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
  for (const auto& [id, document] : documents) {
    if (!(*document)["made"].as_bool()) continue;  // it is being made
    Json row = Json::object({{"id", id}, {"state", "missing"}});
    describe(row, *document);
    row.set("refers", document->str("DBInstanceArn")).set("status", document->str("DBInstanceStatus"));
    row.set("problem", "its image is missing: put `host/volumes/" + id + ".img` back");
    rows.emplace(id, std::move(row));
  }
  Json all = Json::array();
  for (auto& [id, row] : rows) all.push(std::move(row));
  return all;
}

namespace {

// The document of the instance that takes the volume over: the label's, at another place.
Result<Json> adopted_document(const service::Environment& environment, store::Transaction& transaction,
                              const Adoption& wish, const Label& label) {
  Json document = label.document;
  const std::string account = wish.account.empty() ? document.str("account") : wish.account;
  const std::string identifier =
      text::lower(wish.identifier.empty() ? document.text("DBInstanceIdentifier") : std::string_view(wish.identifier));
  if (!transaction.contains("org/account/" + account)) {
    return fail(Failure::not_found, "the store has no account `" + account + "`: name one with --account");
  }
  if (const auto fault = detail::fault_in_identifier(identifier)) return failed(*fault);
  if (transaction.contains(detail::instance_key(account, identifier))) {
    return fail(Failure::conflict, "the account `" + account + "` has a database `" + identifier +
                                       "` already: give this one another name with --identifier");
  }
  const std::string group_name =
      wish.subnet_group.empty() ? document["DBSubnetGroup"].str("DBSubnetGroupName") : wish.subnet_group;
  const auto group = transaction.get(detail::subnet_group_key(account, group_name));
  if (!group) {
    return fail(Failure::not_found, "the account `" + account + "` has no DB subnet group `" + group_name +
                                        "`: name one with --db-subnet-group-name");
  }
  std::vector<std::string> groups = wish.groups;
  for (const Json& member : document["VpcSecurityGroups"].items()) {
    if (wish.groups.empty()) groups.push_back(member.str("VpcSecurityGroupId"));
  }
  const auto placed = detail::place_interface({environment, transaction, account}, *group, "", groups);
  if (!placed) {
    return fail(Failure::invalid, placed.error().code + ": " + placed.error().message +
                                      " Name others with --vpc-security-group-ids or --db-subnet-group-name");
  }
  const std::string endpoint = detail::endpoint_name(environment, account, identifier);
  document.set("DBInstanceIdentifier", identifier)
      .set("DBInstanceArn", detail::instance_arn(environment, account, identifier));
  document.set("DBInstanceStatus", "creating").set("desired", "running").set("generation", 1).set("made", true);
  document.edit("Endpoint").set("Address", endpoint);
  document.set("PendingModifiedValues", Json::object({}));
  document.set("account", account);
  detail::set_place(document, *group, *placed);
  document.set("uid", detail::uid_for(transaction, document["uid"].as_integer()));
  if (document["uid"].as_integer() == 0) return fail(Failure::exhausted, "no more databases fit on this server");
  transaction.put(network::dns_key_of(document.text("vpc"), endpoint),
                  Json::object({{"address", document.str("address")}}));
  return document;
}

}  // namespace

Result<Json> Volumes::adopt(const Adoption& wish) {
  const std::lock_guard lock(mutex_);
  RW_TRY(const host::VolumeFacts facts, host_.volume(wish.volume));
  if (!facts.has_image && facts.label.empty())
    return fail(Failure::not_found, "there is no volume `" + wish.volume + "`");
  const Stranger stranger(environment_, facts, installation_);
  return store::transact(environment_.store, [&](store::Transaction& transaction) -> Result<Json> {
    for (const store::Entry& entry : transaction.list("rds/")) {
      if (entry.document->text("DbiResourceId") == wish.volume) {
        return fail(Failure::conflict, "the volume `" + wish.volume + "` is in use by `" +
                                           entry.document->str("DBInstanceIdentifier") + "`");
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
    RW_TRY(Json document, adopted_document(environment_, transaction, wish, *stranger.label));
    if (!wish.kms_key.empty() || !opened.still_wrapped) {
      RW_TRY(const keyring::Key key, key_named(environment_, transaction, document.str("account"), wish.kms_key));
      const auto wrapped =
          keyring::encrypt(environment_, key, opened.data_key.reveal(), detail::data_key_context(wish.volume));
      if (!wrapped) return failed(wrapped.error());
      document.set("data_key", text::base64(*wrapped)).set("KmsKeyId", key.arn);
    }
    transaction.put(detail::instance_key(document.text("account"), document.text("DBInstanceIdentifier")), document);
    return Json::object({{"identifier", document.str("DBInstanceIdentifier")},
                         {"account", document.str("account")},
                         {"endpoint", document["Endpoint"].str("Address")},
                         {"kms_key", document.str("KmsKeyId")}});
  });
}

Result<> Volumes::remove(const std::string& id) {
  const std::lock_guard lock(mutex_);
  RW_TRY(const host::VolumeFacts facts, host_.volume(id));
  if (!facts.has_image && facts.label.empty()) return fail(Failure::not_found, "there is no volume `" + id + "`");
  if (const Documents documents = documents_of(environment_.store); documents.contains(id)) {
    return fail(Failure::conflict, "the volume `" + id + "` is in use by `" +
                                       documents.at(id)->str("DBInstanceIdentifier") +
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
  const Documents documents = documents_of(environment_.store);
  int shredded = 0;
  for (const host::VolumeFacts& facts : volumes) {
    auto read = detail::read_label(environment_, facts.id, facts.label);
    if (!read || !read->genuine || read->label.installation != installation_.id || documents.contains(facts.id))
      continue;
    if (read->label.escrow.empty()) continue;
    store::Transaction transaction(environment_.store);
    if (!keyring::was_deleted(transaction, detail::kms_key_of(read->label.document))) continue;
    read->label.escrow.clear();
    RW_DO(host_.label_volume(facts.id, detail::write_label(environment_, read->label)));
    ++shredded;
  }
  return shredded;
}

}  // namespace ringwall::rds
