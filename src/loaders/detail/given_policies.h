#pragma once
// Texts of AWS's own managed policies, which plans and templates attach and do not have.

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "loaders/detail/declared_documents.h"

namespace ringwall::loaders::declared {

// The account's part of an ARN, whatever it is: "aws" where the policy is one of AWS's own.
std::string_view account_part(std::string_view arn);

// Borrows the options.
class GivenPolicies {
 public:
  explicit GivenPolicies(const Options& options);
  // Nothing: nobody has given it. One that cannot be read says so.
  std::optional<Written> find(const std::string& arn);

 private:
  std::map<std::string, const File*, std::less<>> files_;    // of AWS's, by the policy's name
  std::map<const File*, std::unique_ptr<Text>> texts_;
};

}  // namespace ringwall::loaders::declared
