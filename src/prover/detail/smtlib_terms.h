#pragma once
// Texts, patterns and addresses as terms of SMT-LIB 2.6, in the words that both z3 and cvc5 know.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/syntax.h"
#include "text/cidr.h"
#include "text/glob.h"

namespace ringwall::prover::detail {

// A piece of a pattern. Where a wildcard is confined it does not stand for a colon.
struct Symbol {
  enum class Kind : std::uint8_t { literal, any_run, any_one, any_run_in_part, any_one_in_part };
  Kind kind = Kind::literal;
  std::string text = {};
};
using Symbols = std::vector<Symbol>;

// A text literal. Failure::invalid: not UTF-8, or a character that SMT-LIB does not have.
Result<std::string> smt_text(std::string_view text);
// The name of a variable for this key: `|aws:sourceip|`, and with a suffix, `|aws:sourceip?|`.
std::string smt_symbol(std::string_view key, std::string_view suffix = {});

std::string smt_not(const std::string& term);
std::string smt_all(const std::vector<std::string>& terms);  // `true` of none
std::string smt_any(const std::vector<std::string>& terms);  // `false` of none

// Does `variable` match?
Result<std::string> smt_matches(const std::string& variable, const Symbols& symbols, text::Case letters);

// What listed texts stand for. Failure::invalid: there is a variable in one.
Result<Symbols> symbols_of(const policy::Pieces& pieces);
Result<Symbols> resource_symbols(const policy::Listed& listed);  // as policy's ResourcePattern matches
Result<Symbols> arn_symbols(const policy::Listed& listed);       // as its ArnPattern does, of an ARN
Symbols action_symbols(const policy::Listed& listed);            // in lower case

// A number without exponent, as a Real. Failure::invalid: past the digits that a double keeps.
Result<std::string> smt_real(std::string_view number);
std::string smt_integer(std::int64_t number);
// The first and the last address of the block, as Ints.
struct Bounds {
  std::string first, last;
};
Bounds smt_bounds(const text::Cidr& block);

// What every text with these symbols begins with.
inline constexpr std::string_view smt_prelude = R"smt((define-fun no-colon () RegLan (re.union (re.range "\u{0}" "9") (re.range ";" "\u{2ffff}")))
(define-fun no-upper () RegLan (re.union (re.range "\u{0}" "@") (re.range "[" "\u{2ffff}")))
(define-fun arn-shape () RegLan (re.++ (str.to_re "arn:") (re.* no-colon) (str.to_re ":") (re.* no-colon) (str.to_re ":")
  (re.* no-colon) (str.to_re ":") (re.* no-colon) (str.to_re ":") re.all))
(define-fun bool-words () RegLan (re.union
  (re.++ (re.union (str.to_re "t") (str.to_re "T")) (re.union (str.to_re "r") (str.to_re "R"))
    (re.union (str.to_re "u") (str.to_re "U")) (re.union (str.to_re "e") (str.to_re "E")))
  (re.++ (re.union (str.to_re "f") (str.to_re "F")) (re.union (str.to_re "a") (str.to_re "A"))
    (re.union (str.to_re "l") (str.to_re "L")) (re.union (str.to_re "s") (str.to_re "S"))
    (re.union (str.to_re "e") (str.to_re "E")))))
)smt";

}  // namespace ringwall::prover::detail
