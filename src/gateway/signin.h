#pragma once
// Sign-in to a database by IAM token: who made the token, and may they connect as this user?

#include <string>
#include <string_view>

#include "audit/log.h"
#include "directory/directory.h"
#include "gateway/authenticate.h"
#include "service/service.h"

namespace ringwall::gateway {

// The database asked, and the client, as the engine's side of the connection knows them.
struct SigninTarget {
  std::string account;
  std::string resource_id;         // db-…
  std::string host;                // its endpoint's name, lower case
  std::uint16_t port = 5432;
  std::string vpc_id;
  std::string client_address;      // inside the VPC
  bool takes_tokens = true;        // IAM database authentication is enabled
};

// A sign-in by password, which the database has judged.
struct PasswordSignin {
  std::string user, database;
  std::string tls;                 // the protocol's version; empty: none
  bool allowed = false;
};

// Thread-safe. Every answer is recorded; what cannot be recorded is refused.
class SigninAuthority {
 public:
  SigninAuthority(const service::Environment& environment, const directory::Directory& directory, audit::Log& audit)
      : environment_(environment), directory_(directory), audit_(audit) {}

  // Nothing: let in. Else why not, for the log; the client learns only that it failed.
  std::optional<std::string> refusal(const SigninTarget& target, std::string_view user, std::string_view token);

  // Records it. False: it could not be, and it has happened all the same.
  bool note(const SigninTarget& target, const PasswordSignin& signin);

 private:
  audit::Record record_of(const SigninTarget& target, std::string_view user) const;
  std::optional<std::string> decide(const SigninTarget& target, std::string_view user, std::string_view token, audit::Record& record);

  const service::Environment& environment_;
  const directory::Directory& directory_;
  audit::Log& audit_;
};

}  // namespace ringwall::gateway
