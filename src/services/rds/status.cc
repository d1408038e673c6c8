#include "services/rds/status.h"

#include <algorithm>

#include "base/check.h"
#include "services/rds/records.h"

namespace ringwall::rds {

bool may_follow(Status from, Status to) {
  if (from == to || to == Status::deleting) return true;
  const bool serves = std::ranges::find(not_serving, from) == not_serving.end();
  if (serves && std::ranges::find(outcomes, to) != outcomes.end()) return true;
  return std::ranges::any_of(steps, [&](const Step& step) { return step.from == from && step.to == to; });
}

void become(Observed& observed, Status status) {
  RW_CHECK(may_follow(observed.status, status));
  observed.status = status;
}

}  // namespace ringwall::rds
