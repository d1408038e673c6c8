#pragma once
// What a prover keeps from one question to the next.

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "prover/detail/callable.h"
#include "prover/detail/consistency.h"
#include "prover/detail/encoder.h"
#include "prover/detail/solver.h"
#include "prover/prover.h"

namespace ringwall::prover {
namespace detail {

// A key that only some services' actions have, where the question's documents ask for it.
struct ListedKey {
  KeyId key = 0;
  RelationId services = 0, excepted = 0;
  const Axiom* axiom = nullptr;
  bool had_by(const ActionClass& action) const { return action.lists(services) && !action.lists(excepted); }
};

struct Space {
  ActionSpace actions;
  std::optional<std::vector<std::vector<std::size_t>>> members;  // made when a request is found
};

}  // namespace detail

struct Prover::State {
  explicit State(Limits given);

  detail::RelationId named(const std::vector<std::string_view>& actions);  // a list of these
  // Of a key that one service has; null: any action may have it.
  const detail::ListedKey* service_key(detail::KeyId key);
  std::vector<detail::ListedKey> listed_keys_of(const Query& query, const std::vector<const policy::Document*>& documents);
  detail::Space& space_of(const Query& query, const std::vector<const policy::Document*>& documents, const std::vector<detail::ListedKey>& listed);
  const detail::KnownActions& known() const { return detail::KnownActions::builtin(); }
  const std::vector<std::vector<std::size_t>>& members_of(detail::Space& space) {
    if (!space.members) space.members = detail::members(space.actions, vocabulary, known());
    return *space.members;
  }

  // Ordinary resources of a set of types, by its number.
  const std::vector<std::string>& examples(std::size_t types_number, const std::string& owner);

  Limits limits;
  detail::Consistency consistency;
  Budget budget;
  detail::Vocabulary vocabulary;
  detail::Readings readings;
  detail::Domains domains;
  detail::Solved solved;
  detail::RcpActions rcp_actions;
  std::vector<detail::ListedKey> listed_keys;  // by NetworkKey
  detail::RelationId nothing = 0;              // lists no action
  detail::KeyId caller_account = 0, source_owner = 0;
  std::unordered_map<detail::KeyId, std::optional<detail::ListedKey>> service_keys;
  std::map<std::pair<std::size_t, detail::KeyId>, bool> listed_for;  // does AWS list the key for the action?
  std::map<std::vector<detail::RelationId>, detail::Space> spaces;
  std::unordered_map<std::string, std::vector<std::vector<std::string>>> examples_kept;  // by owner and types
};

}  // namespace ringwall::prover
