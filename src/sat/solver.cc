// CaDiCaL behind sat.h. Its options stay as they come, but for its voice: with them a small
// question, which most of ours are, is answered within some thirty microseconds.

#include <cadical.hpp>

#include "base/check.h"
#include "sat/sat.h"

namespace ringwall::sat {

struct Solver::Implementation {
  CaDiCaL::Solver solver;
  bool has_model = false;
};

Solver::Solver() : implementation_(std::make_unique<Implementation>()) {
  implementation_->solver.set("quiet", 1);
}
Solver::~Solver() = default;
Solver::Solver(Solver&&) noexcept = default;
Solver& Solver::operator=(Solver&&) noexcept = default;

void Solver::add(std::span<const Literal> clause) {
  implementation_->has_model = false;
  for (const Literal literal : clause) {
    RW_CHECK(literal != 0);
    implementation_->solver.add(literal);
  }
  implementation_->solver.add(0);
}

Outcome Solver::solve(std::span<const Literal> assumptions, int conflicts_max) {
  RW_CHECK(conflicts_max >= 0);
  CaDiCaL::Solver& solver = implementation_->solver;
  for (const Literal literal : assumptions) {
    RW_CHECK(literal != 0);
    solver.assume(literal);
  }
  solver.limit("conflicts", conflicts_max);  // of the next search only
  const int status = solver.solve();
  implementation_->has_model = status == 10;
  if (status == 10) return Outcome::satisfiable;
  return status == 20 ? Outcome::unsatisfiable : Outcome::undecided;
}

bool Solver::value(Literal variable) const {
  RW_CHECK(variable > 0 && implementation_->has_model);
  return implementation_->solver.val(variable) > 0;
}

}  // namespace ringwall::sat
