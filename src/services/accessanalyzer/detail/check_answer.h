#pragma once
// A check's outcome as its operation answers it.

#include "services/accessanalyzer/checks.h"
#include "services/accessanalyzer/detail/common.h"

namespace ringwall::accessanalyzer::detail {

// InvalidParameterException where the documents are no policies; InternalServerException, once the sink has been told,
// where the prover met a bug of its own.
ApiResult<Json> answer_of(const BugSink& bugs, const Result<Outcome>& outcome);

}  // namespace ringwall::accessanalyzer::detail
