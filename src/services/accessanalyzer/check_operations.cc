// The custom policy checks as operations. They take what the prover takes, so they run where writes do.

#include <functional>

#include "services/accessanalyzer/detail/check_answer.h"

namespace ringwall::accessanalyzer::detail {
namespace {

PolicyType type_of(const Json& input) { return input.text("policyType") == "RESOURCE_POLICY" ? PolicyType::resource : PolicyType::identity; }

}  // namespace

ApiResult<Json> answer_of(const BugSink& bugs, const Result<Outcome>& outcome) {
  if (!outcome) return api_error("InvalidParameterException", outcome.error().message);
  if (outcome->bug) {
    bugs(outcome->bug->what, outcome->bug->question);
    return api_error("InternalServerException", "The check met a bug of Ringwall: nothing was decided, and the server's bugs folder has what a report of it needs");
  }
  Json output = Json::object({{"result", outcome->passed ? "PASS" : "FAIL"}, {"message", outcome->message}});
  if (outcome->reasons.empty()) return output;
  Json reasons = Json::array();
  for (const Reason& reason : outcome->reasons) {
    Json one = Json::object({{"description", reason.description}});
    if (reason.statement) one.set("statementIndex", *reason.statement);
    if (!reason.sid.empty()) one.set("statementId", reason.sid);
    reasons.push(std::move(one));
  }
  output.set("reasons", std::move(reasons));
  return output;
}

namespace {

std::vector<std::string> texts_of(const Json& list) {
  std::vector<std::string> texts;
  for (const Json& one : list.items()) texts.emplace_back(one.as_string());
  return texts;
}

ApiResult<Json> no_new_access(const BugSink& bugs, const Call& call) {
  return answer_of(bugs, check_no_new_access(call.input.str("newPolicyDocument"), call.input.str("existingPolicyDocument"), type_of(call.input)));
}

ApiResult<Json> access_not_granted(const BugSink& bugs, const Call& call) {
  const auto& listed = call.input["access"].items();
  if (listed.empty()) return api_error("InvalidParameterException", "the access to check is not given");
  const Access access{.actions = texts_of(listed.front()["actions"]), .resources = texts_of(listed.front()["resources"])};
  return answer_of(bugs, check_access_not_granted(call.input.str("policyDocument"), access, type_of(call.input)));
}

ApiResult<Json> no_public_access(const BugSink& bugs, const Call& call) { return answer_of(bugs, check_no_public_access(call.input.str("policyDocument"))); }

}  // namespace

std::vector<service::Operation> check_operations(const BugSink& bugs) {
  using enum service::Access;
  return {
      {"CheckNoNewAccess", write, service::ask_on_star("access-analyzer:CheckNoNewAccess"), std::bind_front(no_new_access, bugs)},
      {"CheckAccessNotGranted", write, service::ask_on_star("access-analyzer:CheckAccessNotGranted"), std::bind_front(access_not_granted, bugs)},
      {"CheckNoPublicAccess", write, service::ask_on_star("access-analyzer:CheckNoPublicAccess"), std::bind_front(no_public_access, bugs)},
  };
}

}  // namespace ringwall::accessanalyzer::detail
