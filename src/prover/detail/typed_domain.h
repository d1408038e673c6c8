#pragma once
// Values that have an order: numbers, dates, addresses. What relations list cuts the order into
// points and intervals within which every value is alike.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/detail/values.h"
#include "prover/domain.h"
#include "text/cidr.h"

namespace ringwall::prover::detail {

// Values that no relation of their family tells apart.
struct Kin {
  std::vector<std::string> words;  // some of them; the first reads best
  bool all = false;                // there are no others
};

// Together all values of the family's type. The relations are of that family, or none. `spare`: so
// many words that are like the first are wanted beside it.
std::vector<Kin> numbers(std::span<const Relation* const> relations, std::size_t spare);
std::vector<Kin> dates(std::span<const Relation* const> relations, std::size_t spare);
std::vector<Kin> addresses(std::span<const Relation* const> relations, std::size_t spare);

// A relation of such a family, made ready to be asked often.
class TypedRelation {
 public:
  explicit TypedRelation(const Relation& relation);
  Truth of(std::string_view value) const;

 private:
  policy::Family family_;
  policy::Comparison comparison_;
  bool lists_nothing_;
  std::vector<policy::detail::Number> numbers_;
  std::vector<std::int64_t> dates_;
  // First and last, in order; INVARIANT: no two meet.
  std::vector<std::pair<text::Address, text::Address>> ranges_;
};

}  // namespace ringwall::prover::detail
