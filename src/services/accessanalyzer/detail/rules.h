#pragma once
// Filters over findings, and the archive rules that are made of them.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-filter-keys.html

#include "services/accessanalyzer/detail/common.h"

namespace ringwall::accessanalyzer::detail {

enum class FilterUse : std::uint8_t { archive_rule, listing };  // a rule may not ask for id or status

// What is wrong with a FilterCriteriaMap; nothing if it will do.
std::optional<ApiError> fault_in_filter(const Json& filter, FilterUse use);

// Does the finding (FindingSummary's members) meet every criterion? What it does not have equals
// nothing, contains nothing and is not unequal to anything either: it only fails to exist.
bool meets(const Json& filter, const Json& finding);

// The value of a key that findings can be filtered or sorted by; nothing: the finding has none.
std::optional<std::string> value_of(const Json& finding, std::string_view key);

// Stores an InlineArchiveRule as a new rule.
ApiResult<Json> put_new_rule(const Call& call, const Analyzer& analyzer, const Json& rule);

// The filters of an analyzer's rules.
std::vector<Json> filters_of(const Call& call, const Analyzer& analyzer);

ApiResult<ArchiveRule> find_rule(const Call& call, const Analyzer& analyzer);

}  // namespace ringwall::accessanalyzer::detail
