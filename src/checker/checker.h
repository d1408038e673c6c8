#pragma once
// Verifies certificates: that the clauses of each have no model, by its own proof. Shares no code
// with the solver or the prover, so a fault in those does not hide here. Trusts nothing in the file
// but what the clauses are; what their variables mean, and which axioms are among the clauses, the
// certificate says for a person to read.
//
// A file of certificates is text. What `ringwall prove` writes begins with what its report says of every cell, then come the
// certificates; a file may also hold certificates alone.
//
//   ringwall proof 3
//   today DATE                       exceptions that had expired by then except nothing
//   network-keys listed              or everywhere: which services' requests say whose VPC endpoint they came through
//   cell VERDICT ROW TEXT            of each cell: proved, leak or inconclusive; its row of the matrix and its subject
//
//   ringwall certificate 3
//   row ROW                          of the matrix
//   part TEXT                        of a cell that takes several certificates: which this is
//   subject TEXT                     of each cell of the row of which all of the below is true
//   resources TEXT                   of any type, or of the types that the actions take
//   policy LAYER SHA256 NAME         of each policy that is part of the question, in the order in which they bind
//   case TEXT                        who asks, and for how many actions: one of the cases has to hold
//   axiom NAME: TEXT                 of each axiom that the clauses state
//   variable N TEXT                  what the variable says about the request
//   cnf VARIABLES CLAUSES
//   1 -2 0                           as many lines as there are clauses, DIMACS
//   proof
//   …                                DRAT, a line a step; the last adds the empty clause
//   end
//
// Certificates of the two formats before have, for all from `row` to `case`, `question TEXT` and then `policy SHA256 NAME` lines.
//
// Nothing else: certificates follow each other without a gap, lines end in a line feed, words are
// parted by one space, numbers have no needless zero or sign. Lines of one kind may be missing or
// many (cell; policy, case, axiom, variable, in this order), but for `subject`, of which there is one at least, and `part`, of which
// there is one at most; a variable is told once. TEXT and NAME are neither
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
  std::string row, part;              // of format 3
  std::vector<std::string> subjects;  // of format 3
  std::vector<std::string> policies;  // "SHA256 NAME", of format 3 "LAYER SHA256 NAME"
  std::vector<std::string> cases;     // of format 3
  std::vector<std::string> axioms;    // "NAME: TEXT"
  std::size_t variables = 0, clauses = 0, steps = 0;
  std::size_t line = 0;               // of its first line
  // Of format 3: all of its lines between the first and `proof` but for its subjects. Who knows what it has to be compares it.
  std::string statement;
};

// What the file says of a cell of its report; nobody has verified it.
struct Claim {
  std::string verdict, row, subject;
};
struct Proof {
  std::string today;          // empty: the file holds certificates alone
  bool network_keys_everywhere = false;
  std::vector<Claim> claims;
  std::size_t certificates = 0;
};

inline constexpr std::size_t variables_max = 4'000'000;

// Reads and verifies every certificate of the text, telling each that holds. Failure::invalid: the
// text is not what the format says (with the line), or it holds no certificate and no claim. Failure::corrupt: a
// step does not follow, or the empty clause is never reached (with the line of the step). Cost: that of the proofs;
// memory: some times the text.
Result<Proof> check_proof(std::string_view text, const std::function<void(const Verified&)>& each);
// The same; answers how many certificates hold.
Result<std::size_t> check(std::string_view text, const std::function<void(const Verified&)>& each);

}  // namespace ringwall::checker
