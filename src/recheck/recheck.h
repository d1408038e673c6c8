#pragma once
// What a proof claims, restated from the files: which cells there are, which policies bind each, who
// could ask, and clauses that have a model exactly if such a request gets through. A certificate is a
// refutation of these clauses; so one that states anything else is none, whoever wrote it.
//
// Nothing here includes the prover, its solver or what asks it. What is shared with it are the
// definitions: the policy room's reading and plain evaluator, the estate, the catalogue.

#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "checker/checker.h"
#include "loaders/loaders.h"
#include "perimeter/perimeter.h"

namespace ringwall::recheck {

// A cell of the report's matrix.
struct Claim {
  perimeter::Objective row = perimeter::Objective::whole;
  std::string subject = {};
  std::string verdict = {};  // "proved", "leak", "inconclusive"
};

// A cell that is called proved and for which no certificate can be had.
struct Unproved {
  perimeter::Objective row = perimeter::Objective::whole;
  std::string subject = {};
  std::string reason = {};
};

struct Made {
  std::string text;                // checker/checker.h has the format
  std::vector<Unproved> unproved;  // their claims stand in the text as inconclusive
};

// Refutes clauses: the proof as DRAT. Fails if they have a model, or it takes too long.
using Refute = std::function<Result<std::string>(std::span<const std::vector<std::int32_t>> clauses)>;

// What a proof was told beside the files.
struct Given {
  std::string today = {};                // an ISO 8601 date: exceptions that have expired by then except nothing
  bool network_keys_everywhere = false;  // of a server that may have been told so (catalogue/network_keys.h)
};

// Certificates of every claim that is proved, each distinct one once.
Made certify(const loaders::Loaded& loaded, const perimeter::Perimeter& perimeter, const Given& given,
             const std::vector<Claim>& claims, const Refute& refute);

// What a proof is held to.
struct Wanted {
  std::string today;  // an ISO 8601 date: exceptions that have expired by then except nothing, whatever the proof's own date is
  std::set<perimeter::Objective> rows = {};  // that it has to be of; empty: all
};

struct Verification {
  checker::Proof proof;
  std::vector<checker::Verified> certificates;  // each holds, and answers a question of the files
  std::size_t proved = 0;                       // cells that are called proved, and are
  std::vector<std::string> refused;             // what is wrong, in sentences; empty: nothing is
};

// The files, to compare certificates with; borrowed. Keeps what it makes of them, up to a bound, so that a second file of
// certificates costs less.
class Files {
 public:
  Files(const loaders::Loaded& loaded, const perimeter::Perimeter& perimeter);
  ~Files();
  // Is every cell that is wanted claimed, every claim of a proof certified, and every certificate about these files on that day?
  // Fails as checker::check_proof() does. `each` is told of every certificate whose proof holds, before it is compared.
  Result<Verification> verify(std::string_view text, const Wanted& wanted, const std::function<void(const checker::Verified&)>& each = {});

 private:
  struct Prepared;
  const loaders::Loaded& loaded_;
  const perimeter::Perimeter& perimeter_;
  std::unique_ptr<Prepared> prepared_;  // for what the last proof was given
};

}  // namespace ringwall::recheck
