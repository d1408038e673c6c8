#pragma once
// Volumes, as people see them: which the host has, which of them the store knows, and what may be
// done about the rest. Nothing here or in the reconciler opens, changes or erases a volume that the
// store does not know, but what a person asks for by name.

#include <compare>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "host/host.h"
#include "service/service.h"

namespace ringwall::rds {

using service::Json;

// How far a store had come: it is raised at each start, and with each commit. A store behind the
// position that something beside it remembers is older than that: a copy was put back.
struct Position {
  std::int64_t generation = 0, revision = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

// The store and the volumes it made, as one: a volume of another installation is not touched.
struct Installation {
  std::string id;
  std::int64_t generation = 0;
};

// The furthest position that the labels of this installation's volumes tell of.
Position last_labelled(const service::Environment& environment, const std::vector<host::VolumeFacts>& volumes, std::string_view installation);

// For a store that turns out to be older than the world: what it still wants deleted was asked for
// in a past that others may have left behind, so it is stopped instead, until somebody asks again.
// Answers the identifiers.
std::vector<std::string> withdraw_deletions(store::Transaction& transaction);

// What a person asks for. Empty members mean: as the volume's label says.
struct Adoption {
  std::string volume;
  std::string account, identifier, subnet_group, kms_key;
  std::vector<std::string> groups;
};

// Thread-safe: one request at a time.
class Volumes {
 public:
  // Outlived by everything it is given.
  Volumes(const service::Environment& environment, host::Host& host, Installation installation)
      : environment_(environment), host_(host), installation_(std::move(installation)) {}

  // [{id, state, account, identifier, engine, bytes, allocated_bytes, modified, open, …}], in order
  // of their ids. `state` is one of
  //   in-use    a document of the store refers to it
  //   missing   a document does, and there is no image
  //   orphan    no document does; its label is this installation's, or it has none
  //   foreign   its label is another installation's
  //   damaged   its label cannot be read or was not written under this root key, or it has no image
  // and `problem`, where there is one, says what keeps it from being used, and the remedy.
  Result<Json> list();

  // Makes an instance over an orphan, with its rows, roles and passwords, and answers the instance.
  // The key of the volume comes from under its KMS key where the store has that, else from escrow,
  // and is wrapped anew. Failure::denied when that KMS key is not to be used, or was deleted.
  Result<Json> adopt(const Adoption& adoption);

  // Erases a volume that no document refers to and that is not another installation's.
  Result<> remove(const std::string& id);

  // Whether a copy of it would be whole: it is there and closed.
  Result<> check_export(const std::string& id);

  // Takes the escrow from labels of volumes without a document whose KMS key was deleted; how many.
  // Labels of volumes with one are the reconciler's.
  Result<int> shred();

 private:
  const service::Environment& environment_;
  host::Host& host_;
  const Installation installation_;
  std::mutex mutex_;
};

}  // namespace ringwall::rds
