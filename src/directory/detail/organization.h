#pragma once
// The organisation's stored documents as an Estate's accounts, each with the policies of every
// level above it. Not thread-safe.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "directory/detail/compiled.h"
#include "directory/detail/stored.h"
#include "directory/records.h"

namespace ringwall::directory {

class OrganizationBuilder {
 public:
  OrganizationBuilder(CompiledPolicies& compiled, authz::Indexes& indexes) : compiled_(compiled), indexes_(indexes) {}

  // Takes a change of a key under "org/".
  void apply(const store::Change& change);
  // Brings `estate`, which is as the last call left it, up to what was applied since.
  void update(estate::Estate& estate);

  const Documents& documents() const { return documents_; }  // as applied

 private:
  using Accounts = estate::Table<estate::Account>::Editor;

  void note(std::string_view key, const Document& before);
  using Targets = std::set<std::string>;
  void forget_levels(const std::string& target, bool scps, bool rcps);
  static bool touches(const Targets& targets, const estate::Account& account);
  bool is_patchable(const estate::Account& account) const;
  // An account that stays where it is, with the levels that changed.
  estate::Account patched(const estate::Account& before);
  // An account made whole.
  estate::Account account_of(const estate::Organization& organization, const StoredAccount& stored);
  // What the accounts of one parent have in common.
  struct Above {
    std::vector<std::string> path;
    std::string org_path;
    bool has_root = false;
    bool has_scps = false, has_rcps = false;  // is the type enabled?
    std::vector<authz::Level> scps, rcps;     // of the path
  };
  const Above& above(const estate::Organization& organization, const std::string& parent);
  std::vector<std::string> path_to(std::string parent) const;
  // The levels of one root, unit or account.
  struct Levels {
    authz::Level scps, rcps;
  };
  estate::Chain patched(const estate::Chain& before, const Targets& touched, authz::Level Levels::*type);
  const Levels& levels_of(const std::string& target);
  template <typename T, std::size_t N, typename... P>
  std::optional<T> find(const records::Table<T, N>& table, const P&... parts) const;

  CompiledPolicies& compiled_;
  authz::Indexes& indexes_;
  Documents documents_;
  Uses attachments_;  // a policy's id -> the keys of its attachments
  std::unordered_map<std::string, Levels> levels_;  // by target, until something changes there
  std::unordered_map<std::string, Above> above_;    // by parent, within one update

  // What `update` still has to do.
  bool changed_ = false;
  bool whole_ = false;                 // the organisation itself changed
  Targets moved_;                      // roots, units and accounts that are not what they were
  Targets touched_scps_, touched_rcps_;  // those with other policies
  std::set<std::string> departed_;     // accounts
};

}  // namespace ringwall::directory
