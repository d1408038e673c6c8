#pragma once
// What policies ask of a request's keys: relations, each kept once, and the tests that formulas
// have as leaves.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "prover/detail/consistency.h"
#include "prover/detail/keys.h"
#include "prover/domain.h"

namespace ringwall::prover::detail {

using KeyId = std::uint32_t;
using RelationId = std::uint32_t;
inline constexpr KeyId resource_key = 0;  // the request's resource, as if it were a key
inline constexpr RelationId any_value = 0xffffffff;

// Which truths of the relation count, as bits.
using Truths = std::uint8_t;
constexpr Truths bit(Truth truth) {
  return static_cast<Truths>(1U << static_cast<unsigned>(truth));
}
inline constexpr Truths is_yes = bit(Truth::yes), is_no = bit(Truth::no), is_unknown = bit(Truth::unknown);

// Some value of the key has one of these truths under the relation. With `any_value`: the key is
// present.
struct Test {
  KeyId key = resource_key;
  RelationId relation = any_value;
  Truths truths = 0;
  friend auto operator<=>(const Test&, const Test&) = default;
};

// Names and relations that outlive a query: the same policy met again costs nothing.
class Vocabulary {
 public:
  explicit Vocabulary(Consistency& consistency) : consistency_(consistency) { key("resource:"); }  // resource_key: no condition key has such a name

  KeyId key(std::string_view lower_name);
  const std::string& name(KeyId key) const { return names_[key]; }
  const KnownKey& known(KeyId key);

  RelationId relation(Relation relation);  // its values are grounded
  const Relation& operator[](RelationId id) const { return relations_[id]; }
  std::size_t relations() const { return relations_.size(); }
  Consistency& consistency() { return consistency_; }

 private:
  Consistency& consistency_;
  std::deque<std::string> names_;
  std::deque<std::optional<KnownKey>> known_;
  std::unordered_map<std::string, KeyId> keys_;
  std::deque<Relation> relations_;
  std::unordered_map<std::string, RelationId> by_text_;
};

bool has_variable(const policy::Listed& listed);
bool has_variables(const std::vector<policy::Listed>& values);

}  // namespace ringwall::prover::detail
