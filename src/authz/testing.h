#pragma once
// For tests: layers that own their policies, so that a case can be written in one expression.

#include <optional>
#include <vector>

#include "authz/authz.h"

namespace ringwall::authz::testing {

struct Owned {
  std::vector<Named> identity = {};
  std::optional<Named> boundary = {};
  std::optional<std::vector<Named>> session = {};
  std::optional<Named> resource = {};
  ResourceKind resource_kind = ResourceKind::plain;
  std::vector<Named> grants = {};
  std::vector<Level> scps = {};
  std::vector<Level> rcps = {};
  std::optional<Named> endpoint = {};

  // Borrows: the layers live as long as this does.
  Layers layers() const {
    const auto pointer = [](const std::optional<Named>& named) {
      return named ? &*named : nullptr;
    };
    Layers all{.identity = identity,
               .boundary = pointer(boundary),
               .resource = pointer(resource),
               .resource_kind = resource_kind,
               .grants = grants,
               .scps = scps,
               .rcps = rcps,
               .endpoint = pointer(endpoint)};
    if (session) all.session = *session;
    return all;
  }
};

// The same policies with indexes over them, which remember what was asked before.
class Indexed {
 public:
  explicit Indexed(const Owned& owned) : Indexed(owned, Indexes()) {}
  // Shares the indexes of those that have the same documents.
  Indexed(const Owned& owned, Indexes&& indexes) : Indexed(owned, indexes) {}
  Indexed(const Owned& owned, Indexes& indexes)
      : owned_(owned), identity_(owned.identity, indexes), scps_(owned.scps, indexes), rcps_(owned.rcps, indexes) {}

  // Borrows from this and from what it was made of.
  Layers layers() const {
    Layers all = owned_.layers();
    all.identity = identity_;
    all.scps = scps_;
    all.rcps = rcps_;
    return all;
  }

 private:
  const Owned& owned_;
  Policies identity_;
  Chain scps_, rcps_;
};

}  // namespace ringwall::authz::testing
