// The order of a row's questions. First each guard that many subjects share, by itself, with all
// else assumed open: one answer of a chain of SCPs proves the cells of every principal below it.
// Then whoever is left, with all guards together. Then, for depth, the guards that nobody shares,
// by themselves. Last, whether anything happens within the exceptions.

#include "prove/detail/row.h"

#include <algorithm>
#include <numeric>

namespace ringwall::prove::detail {
namespace {

constexpr std::size_t items_at_once = 4'096;  // an item has its key and its documents, so all at once would take much memory

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

  Outcomes run(PastRow* past) && {
    if (past != nullptr) take_over(*past);
    for (std::size_t cell = 0; cell < outcomes_.size(); ++cell) {
      if (before_.empty() || before_[cell] == nowhere) open_.push_back(cell);
    }
    for (const Guard guard : shared_) ask_alone(guard, shared_);
    ask_together();
    if (room_.options.depth) {
      for (const Guard guard : own_) ask_alone(guard, own_);
    }
    ask_exceptions();
    for (const std::size_t cell : open_) tell_undecided(cell);
    if (past != nullptr) leave(*past);
    return {std::move(outcomes_), std::move(before_)};
  }

 private:
  // Both are in the order of names.
  void take_over(const PastRow& past) {
    const auto& changes = room_.mine.listing_changes();
    if (!changes || past.cells.empty()) return;
    before_.assign(outcomes_.size(), nowhere);
    auto at = past.cells.begin();
    for (std::size_t cell = 0; cell < outcomes_.size() && at != past.cells.end(); ++cell) {
      const std::string& name = cells_.name(cell);
      while (at != past.cells.end() && at->subject != &name && *at->subject < name) ++at;
      if (at == past.cells.end() || at->subject != &name) continue;
      if (at->account != cells_.owner(cell) || cells_.reads_any(cell, *changes)) continue;
      outcomes_[cell] = {Verdict::proved, at->held, nullptr, at->exceptions, {}};
      before_[cell] = at->place;
    }
  }
  void leave(PastRow& past) const {
    past.cells.clear();
    past.cells.reserve(outcomes_.size());
    for (std::size_t cell = 0; cell < outcomes_.size(); ++cell) {
      const Outcome& outcome = outcomes_[cell];
      if (outcome.verdict != Verdict::proved || !outcome.undecided.empty()) continue;
      past.cells.push_back({&cells_.name(cell), cells_.owner(cell), cell, outcome.held, outcome.exceptions});
    }
  }

  Scope scope(std::size_t cell) const { return {.excepted = cells_.exceptions(cell)}; }
  std::vector<AnswerPtr> ask_all(const std::vector<std::size_t>& which, Guards kept,
                                 std::size_t classes_max) {
    return ask(cells_, room_, asker_, which, kept,
               [this](std::size_t cell) { return scope(cell); }, classes_max);
  }

  void ask_alone(Guard guard, const std::vector<Guard>& group) {
    const bool first_group = &group == &shared_;
    if (all_ == bit(guard)) {  // the only guard that the row has: it was asked
      for (const std::size_t cell : open_) {
        if (outcomes_[cell].verdict == Verdict::proved) outcomes_[cell].held |= bit(guard);
      }
      return;
    }
    std::vector<std::size_t> which;
    for (const std::size_t cell : open_) {
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
    for (const std::size_t cell : open_) {
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
    for (const std::size_t cell : open_) {
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
  std::vector<std::size_t> before_;  // as in Outcomes
  std::vector<std::size_t> open_;    // what was not taken over
  std::vector<Guard> shared_, own_;
  Guards all_ = 0;
};

}  // namespace

std::vector<AnswerPtr> ask(const Cells& cells, const Room& room, Asker& asker,
                           const std::vector<std::size_t>& which, Guards kept,
                           const std::function<Scope(std::size_t)>& scope,
                           std::size_t classes_max) {
  std::vector<AnswerPtr> answers;
  answers.reserve(which.size());
  for (std::size_t begin = 0; begin < which.size(); begin += items_at_once) {
    std::vector<Item> items(std::min(items_at_once, which.size() - begin));
    in_parallel(items.size(), room.options.threads, [&](std::size_t i) {
      const std::size_t cell = which[begin + i];
      items[i] = cells.item(cell, kept, scope(cell));
      items[i].query = [make = std::move(items[i].query), classes_max](Lists lists) {
        prover::Query query = make(lists);
        query.classes_max = std::max<std::size_t>(classes_max, 1);
        query.every_action = classes_max != only_whether;
        return query;
      };
    });
    std::ranges::move(asker.ask(items), std::back_inserter(answers));
  }
  return answers;
}

Outcomes outcomes(const Cells& cells, const Room& room, Asker& asker, PastRow* past) {
  return Rower(cells, room, asker).run(past);
}

}  // namespace ringwall::prove::detail
