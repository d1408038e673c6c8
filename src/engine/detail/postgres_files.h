#pragma once
// The text PostgreSQL is governed by. Pure functions of an instance.

#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/engine.h"

namespace ringwall::engine::detail {

// The instance can be made into PostgreSQL's files: names that need no judgement to quote and
// are not the service's own, an IPv4 address, numbers in range.
Result<> check(const Instance& instance);

// What the first, single-user start runs: roles, the master user, databases. Each paragraph is
// one query. `verifier` is a SCRAM verifier, never a password.
std::string first_statements(const Instance& instance, std::string_view verifier);

// "ALTER ROLE … PASSWORD …".
std::string password_statement(const Instance& instance, std::string_view verifier);

std::string settings(const Instance& instance);  // postgresql.conf
std::string access_rules();                      // pg_hba.conf
std::string peer_names();                        // pg_ident.conf
std::string pam_service();                       // /etc/pam.d/ringwall

}  // namespace ringwall::engine::detail
