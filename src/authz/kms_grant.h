#pragma once
// A KMS grant as the composition takes it: a key policy that allows the grantee what was granted.
// https://docs.aws.amazon.com/kms/latest/developerguide/grants.html

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "authz/authz.h"
#include "base/result.h"

namespace ringwall::authz {

struct KmsGrant {
  using EncryptionContext = std::map<std::string, std::string>;

  std::string id;
  std::string key_arn;
  std::string grantee;                  // an ARN, as a policy's Principal names it
  std::vector<std::string> operations;  // "Decrypt", "DescribeKey", …
  // At most one of the two: the request's encryption context is this, or holds this.
  std::optional<EncryptionContext> context_equals = {};
  std::optional<EncryptionContext> context_subset = {};
};

// Does the operation take an encryption context, so that a constraint limits it? `DescribeKey`,
// `CreateGrant` and `RetireGrant` take none.
bool takes_encryption_context(std::string_view operation);

// Do the grant's constraints let an encryption context pass? Names and values are compared byte
// for byte, which conditions cannot do with names.
bool lets_pass(const KmsGrant& grant, const KmsGrant::EncryptionContext& context);

// The grant as a policy "grant `<id>` of <key ARN>": one statement for the operations that take
// an encryption context, with the constraint as its condition, and one for the others. Fails for
// a grantee that no policy can name.
Result<Named> policy_of(const KmsGrant& grant);

}  // namespace ringwall::authz
