#pragma once
// What guards the prover against its own bugs. One that shows must not end a server that was asked one question by a
// stranger: the question gets no answer (Answer::bug), and the next one is asked as if nothing had been.

#include <optional>
#include <string>
#include <string_view>

namespace ringwall::prover::detail {

class Consistency {
 public:
  // INVARIANT: `condition`. Answers it, so that the caller can leave; the first that does not hold is kept.
  bool holds(bool condition, std::string_view what) {
    if (!condition && !broken_) broken_ = what;
    return condition;
  }
  const std::optional<std::string>& broken() const { return broken_; }
  void begin_question() { broken_.reset(); }

 private:
  std::optional<std::string> broken_;
};

}  // namespace ringwall::prover::detail
