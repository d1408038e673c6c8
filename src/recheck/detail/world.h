#pragma once
// What is mine, by the perimeter file and the estate, and who calls.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "loaders/loaders.h"
#include "perimeter/perimeter.h"
#include "recheck/detail/asking.h"

namespace ringwall::recheck::detail {

bool is_account(std::string_view text);
// Part `index` of a colon-separated ARN, from 0; the last takes the rest.
std::string_view arn_part(std::string_view arn, std::size_t index);

// Borrows the loaded estate and the perimeter.
struct World {
  World(const loaders::Loaded& loaded, const perimeter::Perimeter& perimeter, std::string today, bool network_keys_everywhere);

  const loaders::Loaded& loaded;
  const estate::Estate& estate;
  const perimeter::Perimeter& perimeter;
  std::string today;
  const bool network_keys_everywhere;
  std::string organization;  // empty: none that is spelt as AWS spells them
  std::set<std::string, std::less<>> accounts;
  std::vector<std::string> cidrs;  // expected networks
  std::map<std::string, std::vector<std::string>> vpcs, endpoints;  // expected, by Region
  std::vector<const estate::Principal*> principals;   // users and roles of mine, without AWS's own
};

// A principal of mine: a user, or a role's session of that name.
Caller caller_of(const World& world, const estate::Principal& principal, const std::string& session);

// What documents name.
struct Names {
  std::set<std::string> accounts, arns, services, providers, accounts_in_part;
  std::set<std::string> buckets;  // ARNs that Resource elements spell out
  bool canonical = false, everyone = false;
  std::set<std::string> of_no_account;  // ARNs of callers of whom nothing is known
  std::string text;  // of all of them, to look for words in
};
Names names_in(Library& library, const std::vector<std::pair<std::string, const authz::Named*>>& documents);

// An outsider, and what ties its free keys together.
struct Outsider {
  Caller caller;
  std::string arns;  // not empty: aws:PrincipalArn is like this
};
enum class Of : std::uint8_t { resources, trust };  // of trust: no services, and nobody unsigned
// Everyone who is not mine and whom these names could tell from others.
std::vector<Outsider> outsiders(const World& world, const Names& names, Of of);
// Somebody of each account that is mine by the perimeter file alone.
std::vector<Outsider> unlisted(const World& world, const Names& names);
// Whom an identity provider of this name vouches for.
Outsider federated_by(const std::string& provider);
// Whom some provider of others vouches for, and who has no credentials yet.
Outsider token_bearer();

// Keys that say whose the resource is.
policy::Context owned_by(const World& world, const std::string& account);

}  // namespace ringwall::recheck::detail
