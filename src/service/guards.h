#pragma once
// Which policy guards a resource: one answer per service, for whoever asks without a call of the service's own (Access Analyzer,
// `ringwall authorize --live`).

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "authz/authz.h"
#include "estate/estate.h"
#include "service/service.h"
#include "store/store.h"

namespace ringwall::service {

// Where guards are looked up: all of one moment.
struct Look {
  const Environment& environment;
  const estate::Estate& estate;
  store::Transaction& transaction;
};

// A resource, and all that decides about its callers beside their own policies. Documents are as they are shown: they name ARNs.
struct Guarded {
  std::string arn, account;
  std::string type;  // as CloudFormation names it: "AWS::KMS::Key"
  authz::ResourceKind kind = authz::ResourceKind::plain;
  authz::Named policy;
  std::vector<authz::Named> grants = {};
  estate::Chain rcps = {};  // that reach it
  estate::Tags tags = {};
};

// A resource that a policy guards, before the policy is read.
struct Resource {
  std::string arn, account, type;
};

struct Guards {
  // Those of an account. Costs a reading of each.
  std::function<std::vector<Resource>(const Look&, const std::string& account)> all = {};
  // What guards this one. Nothing: it is none of them, or its policy cannot be read, and then it lets nobody in.
  std::function<std::optional<Guarded>(const Look&, const Resource&)> of = {};
  // What is asked when `caller` does `action` on the resource of this ARN, which belongs to `account`: its policy as it is shown,
  // its grants and the keys that follow from it. Nothing: no policy of this service's is consulted.
  std::function<std::optional<Question>(const Look&, const Caller& caller, const std::string& action, const std::string& arn,
                                        const std::string& account)>
      question = {};
};

}  // namespace ringwall::service
