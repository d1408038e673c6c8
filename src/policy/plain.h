#pragma once
// The plain twin of the evaluator: the same answers, straight from what the document says, one
// rule after the other, with no thought of speed. Tests hold the fast evaluator to it, and every
// explanation comes from it.

#include <string_view>

#include "policy/syntax.h"
#include "text/json.h"

namespace ringwall::policy::plain {

class Policy {
 public:
  explicit Policy(Syntax syntax) : syntax_(std::move(syntax)) {}
  // Reads the text of a compiled document again. Costs what compiling costs.
  explicit Policy(const Document& document);

  const Syntax& syntax() const { return syntax_; }
  std::size_t statements() const { return syntax_.statements.size(); }

  // As Document's, of a Probe with these exemptions.
  Mismatch match(std::size_t statement, const Request& request,
                 Exemptions exemptions = Exemptions::listed) const;
  Naming naming(std::size_t statement, const Principal& principal) const;

  // The statement and what each of its elements says about the request: `statement`, `sid`,
  // `effect`, `applies`, `because` (the first element that did not match), and each
  // condition's operator, key, listed and actual values. For people and programs.
  text::Json explain(std::size_t statement, const Request& request,
                     Exemptions exemptions = Exemptions::listed) const;

 private:
  const Statement& at(std::size_t statement) const;

  Syntax syntax_;
};

}  // namespace ringwall::policy::plain
