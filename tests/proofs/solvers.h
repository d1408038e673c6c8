#pragma once
// z3 and cvc5 as processes of their own: SMT-LIB in, their answers out. For tests and comparisons.

#include <string>
#include <vector>

#include "base/result.h"

namespace ringwall::proofs {

struct Program {
  std::string name;
  std::vector<std::string> arguments;
};
extern const Program z3, cvc5;

bool is_installed(const Program& program);

struct Told {
  std::vector<std::string> lines;  // `sat`, `unsat`, `unknown`, or an error
  bool timed_out = false;          // it was stopped; the lines are those until then
  double ms = 0;                   // from before its start until its end
  double processor_ms = 0;         // of it, what it computed: what a busy machine does not blur
};
// Failure::unavailable: it cannot be started.
Result<Told> ask(const Program& program, const std::string& smtlib, int timeout_ms);

}  // namespace ringwall::proofs
