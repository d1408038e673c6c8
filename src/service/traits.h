#pragma once
// What the server has to know of a service beside its operations.

#include "service/exports.h"
#include "service/guards.h"

namespace ringwall::service {

struct Traits {
  Guards guards = {};    // of its resources; none: no policy guards them
  Exports exports = {};  // none: an export has nothing of it
  // What of an account's would go on without anybody who may manage it, in words for people ("KMS keys"); nothing if nothing
  // would. An account that has any does not leave the organisation.
  std::function<std::optional<std::string>(store::Transaction&, const std::string& account)> remaining = {};
  // Its changes are changes to who may do what: the caller's next request has to see them.
  bool governs_principals = false;
};

}  // namespace ringwall::service
