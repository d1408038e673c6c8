#include "prove/prove.h"

namespace ringwall::prove {

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::proved:
      return "proved";
    case Verdict::leak:
      return "leak";
    case Verdict::inconclusive:
      return "inconclusive";
  }
  return "inconclusive";
}

std::string_view name_of(Guard guard) {
  switch (guard) {
    case Guard::identity:
      return "identity";
    case Guard::scp:
      return "scp";
    case Guard::rcp:
      return "rcp";
    case Guard::resource:
      return "resource";
    case Guard::endpoint:
      return "endpoint";
    case Guard::trust:
      return "trust";
  }
  return "identity";
}

namespace {

// A leak is worse than not knowing, which is worse than a proof.
int badness(Verdict verdict) {
  switch (verdict) {
    case Verdict::proved:
      return 0;
    case Verdict::inconclusive:
      return 1;
    case Verdict::leak:
      return 2;
  }
  return 2;
}

}  // namespace

Verdict Report::verdict() const {
  Verdict worst = Verdict::proved;
  for (const Row& row : rows) {
    if (badness(row.verdict) > badness(worst)) worst = row.verdict;
  }
  return worst;
}

}  // namespace ringwall::prove
