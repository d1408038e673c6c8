#pragma once
// Findings as leaks: what is the same kind of request for many subjects is told once.

#include <map>
#include <string>
#include <vector>

#include "prove/detail/cells.h"

namespace ringwall::prove::detail {

class Leaks {
 public:
  Leaks(const Mine& mine, Words& words, std::vector<Leak>& leaks)
      : mine_(mine), words_(words), leaks_(leaks) {}

  // The positions of the answer's leaks, now of this subject too. `documents`: those of the layers
  // that were asked; `account`: the subject's.
  std::vector<std::size_t> add(Objective objective, const std::string& subject,
                               const std::string& account, const AnswerPtr& answer,
                               const std::vector<const policy::Document*>& documents);

 private:
  struct Group {
    std::string key;
    const prover::Finding* finding = nullptr;
    int rank = 0;
  };
  std::vector<Group> groups(Objective objective, const prover::Answer& answer,
                            const std::vector<const policy::Document*>& documents);
  std::string statements(const policy::Request& request,
                         const std::vector<const policy::Document*>& documents);

  const Mine& mine_;
  Words& words_;
  std::vector<Leak>& leaks_;
  std::map<std::string, std::size_t> known_;
  // Those of answers that stand for many subjects, by objective.
  std::map<std::pair<Objective, const prover::Answer*>, std::vector<std::size_t>> of_answer_;
  std::vector<AnswerPtr> alive_;
};

// What to attach or change, in a sentence.
std::string fix_of(const Mine& mine, Objective objective, const std::string& subject,
                   const std::string& account, const prover::Finding& finding);

}  // namespace ringwall::prove::detail
