#pragma once
// What could not be read, and the cells that depend on it.

#include <string>
#include <unordered_map>
#include <vector>

#include "loaders/loaders.h"
#include "perimeter/perimeter.h"

namespace ringwall::prove::detail {

// For people, a sentence for all gaps that differ in their place only.
std::vector<std::string> sentences_of(const std::vector<loaders::Gap>& gaps);

// Borrows the world.
class Gaps {
 public:
  explicit Gaps(const loaders::Loaded& world);

  // Positions of the gaps that a subject depends on: its own, its account's, those of every unit
  // above the account, and those of everything.
  std::vector<std::size_t> of(const std::string& subject, const std::string& account) const;
  // Gaps that concern a row, by what they are about; a row none of whose cells depends on one has
  // it as a cell of its own, for what is missing may be the very subject.
  std::vector<std::size_t> of_row(perimeter::Objective objective) const;
  // For people.
  std::string sentence(std::size_t gap) const;
  const std::string& subject(std::size_t gap) const { return world_.gaps[gap].subject; }
  bool empty() const { return world_.gaps.empty(); }

 private:
  void add(const std::string& place, std::vector<std::size_t>& found) const;

  const loaders::Loaded& world_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_subject_;
};

}  // namespace ringwall::prove::detail
