#pragma once
// What is mine, from the estate and the perimeter file together, and who else there is.

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "loaders/loaders.h"
#include "perimeter/perimeter.h"
#include "prove/detail/past.h"
#include "prove/detail/words.h"
#include "prover/prover.h"

namespace ringwall::prove::detail {

// VPCs and endpoints of one Region, by id, sorted: ids are unique within a Region only.
struct OfRegion {
  std::vector<std::string> vpcs = {}, endpoints = {};
};
using Networks = std::map<std::string, OfRegion>;  // by Region

// Borrows the world and the perimeter.
class Mine {
 public:
  // Takes over what `past` knows of principals that are the same.
  Mine(const loaders::Loaded& world, const perimeter::Perimeter& perimeter, Past* past = nullptr);

  const estate::Estate& estate() const { return *world_.estate; }
  const perimeter::Perimeter& perimeter() const { return perimeter_; }
  const loaders::Loaded& world() const { return world_; }
  const std::string& organization() const { return organization_; }
  bool has(std::string_view account) const { return std::ranges::binary_search(accounts_, account); }
  const std::vector<std::string>& accounts() const { return accounts_; }  // sorted

  // Accounts that are mine by the perimeter file alone: whom they have, no file says.
  const std::vector<std::string>& unlisted() const { return unlisted_; }
  bool is_unlisted(std::string_view account) const { return has(account) && estate().account(account) == nullptr; }

  // Expected networks, as conditions list them.
  const std::vector<std::string>& cidrs() const { return cidrs_; }
  const Networks& networks() const { return networks_; }

  // Those of the estate, by ARN; without roles that are AWS's.
  const std::vector<Own>& principals() const { return listing_.principals; }
  const std::vector<std::size_t>& principals_of(const std::string& account) const;
  std::size_t service_linked() const { return listing_.service_linked; }
  const std::vector<const estate::Resource*>& resources() const { return listing_.resources; }  // by ARN
  const estate::Account* owner_of(std::size_t resource) const { return listing_.owners[resource]; }  // null: not in the estate

  // Of which it has resources.
  const std::set<std::string, std::less<>>& services() const { return listing_.services; }
  // Those whose resources have a side of their own, which can refuse a principal of their account: those with policies that deny
  // or under RCPs (catalogue/resource_policies.h), and those of which the estate has a policy. A resource of another (a database
  // instance) is held by the principals' side alone, so resource/networks does not ask it, and the whole asks without a
  // resource's side.
  const std::set<std::string, std::less<>>& services_with_a_side() const { return listing_.with_a_side; }
  const std::vector<std::size_t>& with_a_side() const { return listing_.sided; }  // positions among resources()
  // What is known of kinds of principals (crowds.cc); for whoever holds the lock.
  std::mutex& kinds_mutex() const { return kinds_mutex_; }
  KindsByName& kinds() const { return kinds_; }

  // Since the past: can anything be told of my principals that could not, and which resources are there or not, or another
  // account's? Nothing: so many that it may be any.
  bool callers_changed() const { return callers_changed_; }
  bool subjects_changed() const { return subjects_changed_; }  // did any principal, resource or endpoint come or go?
  const std::optional<std::set<std::string, std::less<>>>& listing_changes() const { return listing_changes_; }
  // The end: what is known of principals and resources goes to `past`.
  void leave(Past& past) &&;

  // An account that is not mine; the same for the same estate.
  const std::string& fresh_account() const { return fresh_account_; }
  // All that questions take from the perimeter and from the list of what is mine, as text: answers
  // are kept for worlds where it is the same.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  void find_networks();
  using Replaced = std::set<const estate::Account*>;  // values that are no longer the account's; null, where one came
  void list();
  void list_changes(const Past& past);
  void change_principals(const Past& past, const Replaced& accounts);
  void change_resources(const Past& past, const Replaced& accounts);
  void find_services();
  void write_fingerprint();

  const loaders::Loaded& world_;
  const perimeter::Perimeter& perimeter_;
  std::string organization_;
  std::vector<std::string> accounts_;
  std::vector<std::string> unlisted_;
  std::vector<std::string> cidrs_;
  Networks networks_;
  Listing listing_;
  mutable std::mutex kinds_mutex_;
  mutable KindsByName kinds_;
  bool callers_changed_ = true, subjects_changed_ = true;
  std::optional<std::set<std::string, std::less<>>> listing_changes_;
  std::string fresh_account_, fingerprint_;
};

// A user, or any session of a role: its name, its source identity and whether it has MFA are free,
// its tags too where the role's trust policy lets them in.
prover::Caller caller_of(const estate::Estate& estate, const estate::Principal& principal);

// Keys that only service principals have: "included in the request context only if the call to your resource is made directly
// by an AWS service principal on behalf of a resource" (IAM User Guide, "AWS global condition context keys", of each of them).
void add_sources(std::vector<std::string>& absent);

// Callers who are not mine: of an account, a service, an identity provider, and nobody.
prover::Caller anonymous_caller();
prover::Caller foreign_role(const std::string& account);
prover::Caller foreign_user(const std::string& account);
prover::Caller foreign_root(const std::string& account);
prover::Caller service_caller(const std::string& service);
prover::Caller federated_caller(const std::string& provider);

// Does a condition name callers' accounts in part, as `12*` does? Of those that it could mean one is
// tried, so what is left open is told (whatever asks of outsiders says so).
bool names_accounts_in_part(const Words& words, const Facts& facts);

enum class Kinds : std::uint8_t { all, of_trust };  // of_trust: no services, and nobody unsigned
// Everyone who is not mine and whom these documents could tell from others: whom they name, an
// account that nobody names, a service that nobody names, and the anonymous. `canonical`: told
// whether a canonical user id was named, whose account nobody knows.
std::vector<prover::Caller> outsiders(const Mine& mine, const Words& words,
                                      const std::vector<const Facts*>& facts, Kinds kinds,
                                      bool* canonical);

// Somebody of each account that is mine and not in the estate, told apart as outsiders are.
std::vector<prover::Caller> unlisted(const Mine& mine, const Words& words, const std::vector<const Facts*>& facts);

// Callers of other accounts may be called anything that is theirs: what ties their ARNs to their
// accounts. Where no document asks for ARNs, they are called what they are called here.
prover::Constraint settle_names(const Words& words, const std::vector<const Facts*>& facts,
                                std::vector<prover::Caller>& callers);

// The 12-digit account in an ARN or in a pattern of one; empty: none is spelt out.
std::string account_in(std::string_view arn);
bool is_account(std::string_view text);
// Part `index` of a colon-separated ARN, from 0; the last takes the rest.
std::string_view arn_part(std::string_view arn, std::size_t index);

}  // namespace ringwall::prove::detail
