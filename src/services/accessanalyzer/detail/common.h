#pragma once
// What Access Analyzer's operations share. All times are milliseconds. An analyzer made again under
// its old name has another id, so that nothing of the old one is found.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/service.h"
#include "services/accessanalyzer/accessanalyzer.h"
#include "services/accessanalyzer/records.h"

namespace ringwall::accessanalyzer::detail {

using service::api_error;
using service::ApiError;
using service::ApiResult;
using service::Call;
using text::Json;

// ValidationException about one member of the input.
std::unexpected<ApiError> wrong_field(const char* name, std::string message);
ApiError not_found(std::string_view type, std::string_view id);
ApiError conflict(std::string_view type, std::string_view id);
ApiError quota_exceeded(std::string_view type, std::string_view id, std::string message);

struct Analyzer {
  StoredAnalyzer record;
  std::string account;

  const std::string& id() const { return record.id; }
  bool of_organization() const { return record.type == AnalyzerType::organization; }
};

std::string analyzer_arn(const Call& call, std::string_view name);
// The caller's analyzer that the input names by its member `analyzerName`, or `analyzerArn`.
ApiResult<Analyzer> analyzer_named(const Call& call);
ApiResult<Analyzer> analyzer_by_arn(const Call& call, std::string_view arn);

// Ask for `action` on the analyzer that the input names, with its tags, or on one of its rules. One
// that does not exist is asked about all the same: who may not ask is not told.
service::Ask ask_about_named(const char* action);
service::Ask ask_about_arn(const char* action, const char* member = "analyzerArn");
service::Ask ask_about_rule(const char* action);
// With the tags of the analyzer, if the caller's account has it.
service::Question question_about(const Call& call, const char* action, std::string arn);

// May the account have analyzers of its organisation: is it the management account, or a delegated
// administrator of this service?
bool speaks_for_organization(const Call& call);

inline constexpr std::int64_t page_items_max = 1000, page_items_default = 100;

enum class Order : std::uint8_t { ascending, descending };

// An item of a list, and what places it there; no two of a list have the same key.
struct Placed {
  std::string key;
  Json item;
};
// {members: items, "nextToken"}: the page that the input asks for. A token fits only the list
// (`about`) that it was given for.
ApiResult<Json> page_of(const Json& input, const char* member, std::vector<Placed> items, std::string_view about,
                        Order order = Order::ascending);

std::vector<service::Operation> analyzer_operations();
std::vector<service::Operation> archive_rule_operations(const Sources& sources);
std::vector<service::Operation> finding_operations(const Sources& sources);
std::vector<service::Operation> resource_operations(const Sources& sources);
std::vector<service::Operation> check_operations(const BugSink& bugs);

}  // namespace ringwall::accessanalyzer::detail
