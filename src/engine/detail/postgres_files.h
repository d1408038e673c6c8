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

// Makes the master user what it was at first, with this verifier: the role itself where it is
// missing, its attributes, its membership in rds_superuser, and sign-in by password, for which
// whatever leads to rds_iam is taken from it. One query, which happens as a whole or not at all.
std::string master_statements(const Instance& instance, std::string_view verifier);

// Lets the master user into the database `postgres`, if somebody has closed it.
std::string way_in_statement(const Instance& instance);

// Ends every session that has changed roles or databases and not committed: it has them locked.
std::string unlock_statement();

std::string settings(const Instance& instance);  // postgresql.conf
std::string access_rules();                      // pg_hba.conf
std::string peer_names();                        // pg_ident.conf

}  // namespace ringwall::engine::detail
