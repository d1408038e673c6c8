#include "directory/detail/builder.h"

#include <array>

namespace ringwall::directory {
namespace {

constexpr std::array prefixes = {access_keys_prefix, identities_prefix, organization_prefix};

}  // namespace

Builder::Builder(const service::Environment& environment, Report report)
    : environment_(environment),
      report_(std::move(report)),
      compiled_(report_),
      organization_(compiled_, indexes_),
      identities_(environment, compiled_, indexes_, report_) {}

estate::EstatePtr Builder::build() {
  const store::Changes changes = read_changes();
  revision_ = changes.revision;
  if (last_ != nullptr && changes.changes.empty()) return nullptr;
  for (const store::Change& change : changes.changes) {
    if (change.key.starts_with(organization_prefix)) {
      organization_.apply(change);
    } else {
      identities_.apply(change);
    }
  }
  // Beyond this point nothing is read from the store. The last estate lives until the next is
  // made, so that what both have in common is found compiled.
  auto estate = last_ == nullptr ? std::make_shared<estate::Estate>() : std::make_shared<estate::Estate>(*last_);
  organization_.update(*estate);
  identities_.update(*estate);
  last_ = std::move(estate);
  return last_;
}

store::Changes Builder::read_changes() const {
  if (revision_ >= 0) {
    if (auto changes = environment_.store.changes_since(revision_, prefixes)) return *std::move(changes);
  }
  const store::Snapshot snapshot = environment_.store.snapshot(prefixes);
  return {.changes = differences_from(snapshot), .revision = snapshot.revision};
}

// What makes of the documents known those of the snapshot. A document that was not written again
// is the same object.
std::vector<store::Change> Builder::differences_from(const store::Snapshot& snapshot) const {
  std::vector<store::Change> differences;
  auto at = snapshot.entries.begin();
  // The keys of one follow those of the other: "org/" comes last of the prefixes.
  for (const Documents* documents : {&identities_.documents(), &organization_.documents()}) {
    for (const auto& [key, document] : *documents) {
      for (; at != snapshot.entries.end() && at->key < key; ++at) differences.push_back({at->key, at->document});
      const bool is_there = at != snapshot.entries.end() && at->key == key;
      if (!is_there || at->document != document) differences.push_back({key, is_there ? at->document : nullptr});
      if (is_there) ++at;
    }
  }
  for (; at != snapshot.entries.end(); ++at) differences.push_back({at->key, at->document});
  return differences;
}

}  // namespace ringwall::directory
