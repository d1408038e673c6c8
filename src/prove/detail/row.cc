// The order of a row's questions. First each guard that many subjects share, by itself, with all
// else assumed open: one answer of a chain of SCPs proves the cells of every principal below it.
// Then whoever is left, with all guards together. Then, for depth, the guards that nobody shares,
// by themselves. Last, whether anything happens within the exceptions.

#include "prove/detail/row.h"

#include <algorithm>
#include <numeric>

namespace ringwall::prove::detail {
namespace {

bool is_proof(const AnswerPtr& answer) { return answer->verdict == prover::Verdict::none; }

class Rower {
 public:
  Rower(const Cells& cells, const Room& room, Asker& asker)
      : cells_(cells), room_(room), asker_(asker), outcomes_(cells.size()) {
    const std::vector<Guard> guards = cells.guards();
    shared_.assign(guards.begin(), guards.begin() + static_cast<std::ptrdiff_t>(cells.shared()));
    own_.assign(guards.begin() + static_cast<std::ptrdiff_t>(cells.shared()), guards.end());
    for (const Guard guard : guards) all_ |= bit(guard);
  }

  std::vector<Outcome> run() && {
    for (const Guard guard : shared_) ask_alone(guard, shared_);
    ask_together();
    if (room_.options.depth) {
      for (const Guard guard : own_) ask_alone(guard, own_);
    }
    ask_exceptions();
    for (std::size_t cell = 0; cell < outcomes_.size(); ++cell) tell_undecided(cell);
    return std::move(outcomes_);
  }

 private:
  Scope scope(std::size_t cell) const { return {.excepted = cells_.exceptions(cell)}; }
  std::vector<AnswerPtr> ask_all(const std::vector<std::size_t>& which, Guards kept,
                                 std::size_t classes_max) {
    return ask(cells_, room_, asker_, which, kept,
               [this](std::size_t cell) { return scope(cell); }, classes_max);
  }

  void ask_alone(Guard guard, const std::vector<Guard>& group) {
    const bool first_group = &group == &shared_;
    if (all_ == bit(guard)) {  // the only guard that the row has: it was asked
      for (Outcome& outcome : outcomes_) {
        if (outcome.verdict == Verdict::proved) outcome.held |= bit(guard);
      }
      return;
    }
    std::vector<std::size_t> which;
    for (std::size_t cell = 0; cell < outcomes_.size(); ++cell) {
      // A cell that all guards together do not hold, none holds alone.
      if ((first_group || outcomes_[cell].verdict == Verdict::proved) && cells_.has(cell, guard))
        which.push_back(cell);
    }
    const std::vector<AnswerPtr> answers = ask_all(which, bit(guard), only_whether);
    for (std::size_t i = 0; i < which.size(); ++i) {
      if (!is_proof(answers[i])) continue;
      outcomes_[which[i]].held |= bit(guard);
      outcomes_[which[i]].verdict = Verdict::proved;
    }
  }

  void ask_together() {
    std::vector<std::size_t> which;
    for (std::size_t cell = 0; cell < outcomes_.size(); ++cell) {
      if (outcomes_[cell].held == 0) which.push_back(cell);
    }
    const std::size_t classes_max = std::max<std::size_t>(room_.options.classes_max, 1);
    const std::vector<AnswerPtr> answers = ask_all(which, all_, classes_max);
    for (std::size_t i = 0; i < which.size(); ++i) {
      Outcome& outcome = outcomes_[which[i]];
      const prover::Answer& answer = *answers[i];
      outcome.undecided = answer.undecided;
      switch (answer.verdict) {
        case prover::Verdict::none:
          outcome.verdict = Verdict::proved;
          break;
        case prover::Verdict::found:
          outcome.verdict = Verdict::leak;
          outcome.leak = answers[i];
          if (answer.more) {
            outcome.undecided.push_back("there are more than " + std::to_string(classes_max) +
                                        " kinds of such requests; the others are not listed");
          }
          break;
        case prover::Verdict::inconclusive:
          break;
      }
    }
  }

  // What no question can say is said here, so that the whole, which takes outcomes over, knows it too.
  void tell_undecided(std::size_t cell) {
    std::vector<std::string> reasons = cells_.undecided(cell);
    if (reasons.empty()) return;
    Outcome& outcome = outcomes_[cell];
    if (outcome.verdict == Verdict::proved) outcome.verdict = Verdict::inconclusive;
    outcome.undecided.insert(outcome.undecided.end(), reasons.begin(), reasons.end());
  }

  void ask_exceptions() {
    struct Use {
      std::size_t cell, exception;
    };
    std::vector<Use> uses;
    for (std::size_t cell = 0; cell < outcomes_.size(); ++cell) {
      for (const std::size_t exception : cells_.exceptions(cell)) uses.push_back({cell, exception});
    }
    if (uses.empty()) return;
    std::vector<Guards> rounds;
    for (const Guard guard : shared_) rounds.push_back(bit(guard));
    rounds.push_back(all_);
    for (const Guards kept : rounds) {
      std::vector<std::size_t> which(uses.size());
      std::iota(which.begin(), which.end(), std::size_t{0});
      std::vector<Item> items(uses.size());
      in_parallel(uses.size(), room_.options.threads, [&](std::size_t i) {
        items[i] = cells_.item(uses[i].cell, kept, {.within = uses[i].exception});
        items[i].query = [make = std::move(items[i].query)](Lists lists) {
          prover::Query query = make(lists);
          query.classes_max = 1;
          query.every_action = false;
          return query;
        };
      });
      const std::vector<AnswerPtr> answers = asker_.ask(items);
      std::vector<Use> left;
      for (std::size_t i = 0; i < uses.size(); ++i) {
        if (is_proof(answers[i])) continue;
        left.push_back(uses[i]);
        if (kept == all_ && answers[i]->verdict == prover::Verdict::found)
          outcomes_[uses[i].cell].exceptions.push_back(uses[i].exception);
      }
      uses = std::move(left);
    }
  }

  const Cells& cells_;
  const Room& room_;
  Asker& asker_;
  std::vector<Outcome> outcomes_;
  std::vector<Guard> shared_, own_;
  Guards all_ = 0;
};

}  // namespace

std::vector<AnswerPtr> ask(const Cells& cells, const Room& room, Asker& asker,
                           const std::vector<std::size_t>& which, Guards kept,
                           const std::function<Scope(std::size_t)>& scope,
                           std::size_t classes_max) {
  std::vector<Item> items(which.size());
  in_parallel(which.size(), room.options.threads, [&](std::size_t i) {
    items[i] = cells.item(which[i], kept, scope(which[i]));
    items[i].query = [make = std::move(items[i].query), classes_max](Lists lists) {
      prover::Query query = make(lists);
      query.classes_max = std::max<std::size_t>(classes_max, 1);
      query.every_action = classes_max != only_whether;
      return query;
    };
  });
  return asker.ask(items);
}

std::vector<Outcome> outcomes(const Cells& cells, const Room& room, Asker& asker) {
  return Rower(cells, room, asker).run();
}

}  // namespace ringwall::prove::detail
