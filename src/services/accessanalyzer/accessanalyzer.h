#pragma once
// AWS IAM Access Analyzer: its policy checks, answered by the room lint.
// https://docs.aws.amazon.com/access-analyzer/latest/APIReference/

#include <vector>

#include "service/service.h"

namespace ringwall::accessanalyzer {

inline constexpr std::int64_t findings_per_page_max = 1000;  // and what a page has unless asked

// The operations, for service::Service with the model "accessanalyzer".
std::vector<service::Operation> operations();

}  // namespace ringwall::accessanalyzer
