#pragma once
// Verifies certificates: that the clauses of each have no model, by its own proof. Shares no code
// with the solver or the prover, so a fault in those does not hide here. Trusts nothing in the file
// but what the clauses are; what their variables mean, and which axioms are among the clauses, the
// certificate says for a person to read.
//
// A certificate file is text; it may hold many certificates:
//
//   ringwall certificate 2
//   question TEXT                    what was proved, in words
//   policy SHA256 NAME               of each policy that is part of the question
//   axiom NAME: TEXT                 of each axiom that the clauses state
//   variable N TEXT                  what the variable says about the request
//   cnf VARIABLES CLAUSES
//   1 -2 0                           as many lines as there are clauses, DIMACS
//   proof
//   …                                DRAT, a line a step; the last adds the empty clause
//   end
//
// Nothing else: certificates follow each other without a gap, lines end in a line feed, words are
// parted by one space, numbers have no needless zero or sign. Lines of one kind may be missing or
// many (policy, axiom, variable, in this order); a variable is told once. TEXT and NAME are neither
// empty nor hold control characters. Names in an estate may: in them a backslash is written `\\`, a
// byte below 0x20, 0x7f and what is not UTF-8 `\xHH`, with two small hexadecimal digits, and a text
// without characters `\.`; no other backslash stands in a TEXT or NAME. `ringwall certificate 1` knows no such writing: a
// backslash in it is one.
//
// A step of the proof is a clause that follows by unit propagation (RUP), or that can be kept by
// changing its first literal (RAT); or `d` and a clause that is there, to take it away. As in
// drat-trim, a clause that forces a literal at that time stays in spite of it.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ringwall::checker {

// Texts are as they are written.
struct Verified {
  std::string question;
  std::vector<std::string> policies;  // "SHA256 NAME"
  std::vector<std::string> axioms;    // "NAME: TEXT"
  std::size_t variables = 0, clauses = 0, steps = 0;
};

inline constexpr std::size_t variables_max = 4'000'000;

// Reads and verifies every certificate of the text, telling each that holds. Failure::invalid: the
// text is not what the format says (with the line), or it holds no certificate. Failure::corrupt: a
// step does not follow, or the empty clause is never reached (with the line of the step). Answers
// how many hold. Cost: that of the proofs; memory: some times the text.
Result<std::size_t> check(std::string_view text, const std::function<void(const Verified&)>& each);

}  // namespace ringwall::checker
