#pragma once
// AWS IAM Access Analyzer: its policy checks, answered by the rooms lint and prover; and findings
// about who outside has access to what the server stores.
// https://docs.aws.amazon.com/access-analyzer/latest/APIReference/

#include <functional>
#include <string>
#include <vector>

#include "service/guards.h"
#include "service/service.h"

namespace ringwall::accessanalyzer {

inline constexpr std::int64_t findings_per_page_max = 1000;  // of ValidatePolicy, and what a page has unless asked

// AWS's quotas: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-quotas.html
inline constexpr std::size_t account_analyzers_max = 1;
inline constexpr std::size_t organization_analyzers_max = 5;
inline constexpr std::size_t archive_rules_max = 100;  // of an analyzer

// Resources whose policies have changed and are analysed anew by one call; the next call goes on.
inline constexpr std::size_t analyses_per_call_max = 1'000;

// What analysing may cost (prover/domain.h): one resource, past which its findings say that they are not decided; and one
// call, past which the next goes on. About a second's work, and four.
inline constexpr std::uint64_t analysis_steps_max = 64'000'000, analysis_steps_per_call_max = 4 * analysis_steps_max;

// Takes a bug that the prover met in itself: what did not hold, and the question as JSON, for a report. Called on any
// thread; the same bug may come again.
using BugSink = std::function<void(const std::string& what, const std::string& question)>;

// What the analyzers look at, and where bugs go.
struct Sources {
  BugSink bugs;
  std::vector<service::Guards> guards;  // of every service whose resources are analysed
};

// The operations. A check that meets such a bug is answered with
// InternalServerException, and a resource whose analysis does has a finding with AWS's INTERNAL_ERROR.
std::vector<service::Operation> operations(const Sources& sources);
// The service, as the server has it.
service::Service service(const Sources& sources);

}  // namespace ringwall::accessanalyzer
