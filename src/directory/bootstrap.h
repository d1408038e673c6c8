#pragma once
// The first start: an organisation, its management account and somebody who may do everything.

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "service/service.h"

namespace ringwall::directory {

inline constexpr std::string_view administrator_name = "administrator";

struct Administrator {
  std::string account;     // the management account
  std::string arn;
  std::string access_key;  // empty once the first access key was deleted: nobody can say it again
  Secret secret;
  bool is_new = false;     // made by this call
};

// Makes what is missing, in one commit, and answers the administrator's credentials, for the
// caller to write to a file that only its owner can read. Called again it changes nothing and
// answers the same as long as that access key exists. Corrupt if the store was made under
// another root key.
Result<Administrator> bootstrap(const service::Environment& environment);

// A fresh account id: 12 digits, the first not zero, not in use.
std::string new_account_id(const service::Environment& environment, store::Transaction& transaction);

}  // namespace ringwall::directory
