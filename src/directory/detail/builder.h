#pragma once
// From stored documents to an Estate, and from one Estate to the next by what has changed since.
// Not thread-safe: the Directory serialises builds.

#include <vector>

#include "directory/detail/compiled.h"
#include "directory/detail/identities.h"
#include "directory/detail/organization.h"
#include "directory/directory.h"

namespace ringwall::directory {

class Builder {
 public:
  Builder(const service::Environment& environment, Report report);
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  // The next Estate, which shares with the last what has not changed; null if nothing has.
  estate::EstatePtr build();

  // Of the store, when it was last read; -1: never.
  store::Revision revision() const { return revision_; }

 private:
  store::Changes read_changes() const;
  std::vector<store::Change> differences_from(const store::Snapshot& snapshot) const;

  const service::Environment& environment_;
  const Report report_;
  CompiledPolicies compiled_;
  authz::Indexes indexes_;
  OrganizationBuilder organization_;
  IdentityBuilder identities_;
  store::Revision revision_ = -1;
  estate::EstatePtr last_;
};

}  // namespace ringwall::directory
