#pragma once
// What an analyzer knows of each resource of its zone, brought up to date whenever it is asked: a
// resource whose policies, or whose zone, are as they were is not analysed again, by a fingerprint
// that is kept with its findings. So no finding is older than the call that lists it, except where
// more than analyses_per_call_max resources changed at once.

#include <functional>

#include "services/accessanalyzer/detail/common.h"
#include "services/accessanalyzer/detail/external.h"

namespace ringwall::accessanalyzer::detail {

// AWS deletes resolved findings after 90 days.
inline constexpr std::int64_t resolved_kept_ms = 90LL * 24 * 60 * 60 * 1000;

using service::Resource;

// Everything in the zone that a policy guards, by ARN.
std::vector<Resource> resources_of(const Sources& sources, const Call& call, const Analyzer& analyzer);

// All records, as they are now; changes are written to the call's transaction. `again` names a
// resource that is analysed whether or not it has changed.
std::vector<AnalysedResource> analysed(const Sources& sources, const Call& call, const Analyzer& analyzer, std::string_view again = {});

// FindingSummary's members.
Json finding_of(const AnalysedResource& resource, const Finding& finding);

// Changes the status of the resource's findings that have `from` and that `which` (of
// FindingSummary's members) picks; how many.
std::size_t change_status(const Call& call, const Analyzer& analyzer, AnalysedResource resource, FindingStatus from, FindingStatus to,
                          const std::function<bool(const Json&)>& which);

}  // namespace ringwall::accessanalyzer::detail
