#pragma once
// AWS IAM Access Analyzer: its policy checks, answered by the rooms lint and prover; and findings
// about who outside has access to what the server stores.
// https://docs.aws.amazon.com/access-analyzer/latest/APIReference/

#include <vector>

#include "service/service.h"

namespace ringwall::accessanalyzer {

inline constexpr std::int64_t findings_per_page_max = 1000;  // of ValidatePolicy, and what a page has unless asked

// AWS's quotas: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-quotas.html
inline constexpr std::size_t account_analyzers_max = 1;
inline constexpr std::size_t organization_analyzers_max = 5;
inline constexpr std::size_t archive_rules_max = 100;  // of an analyzer

// Resources whose policies have changed and are analysed anew by one call; the next call goes on.
inline constexpr std::size_t analyses_per_call_max = 1'000;

// The operations, for service::Service with the model "accessanalyzer".
std::vector<service::Operation> operations();

}  // namespace ringwall::accessanalyzer
