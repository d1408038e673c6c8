#include "services/accessanalyzer/checks.h"

#include <algorithm>
#include <array>
#include <set>

#include "prover/prover.h"
#include "services/accessanalyzer/detail/people.h"
#include "text/json.h"

namespace ringwall::accessanalyzer {
namespace {

using detail::People;
using policy::DocumentPtr;
using text::Json;

void add_resource(Json& statement) {
  if (statement.is_object() && !statement.contains("Resource") && !statement.contains("NotResource")) statement.set("Resource", "*");
}

// The text with a Resource in every statement. Text that does not parse stays as it is: the compiler
// says what is wrong with it.
std::string with_resources(const std::string& text) {
  auto json = text::parse_json(text);
  if (!json || !json->is_object() || !json->contains("Statement")) return text;
  Json& statements = json->edit("Statement");
  if (statements.is_object()) add_resource(statements);
  if (statements.is_array()) {
    for (Json& statement : statements.edit_items()) add_resource(statement);
  }
  return json->dump();
}

Result<DocumentPtr> read(const std::string& text, PolicyType type) {
  if (text.size() > policy::document_bytes_max) {
    return fail(Failure::invalid, "the policy document is longer than " + std::to_string(policy::document_bytes_max) + " bytes");
  }
  const bool is_resource = type == PolicyType::resource;
  return policy::compile(is_resource ? with_resources(text) : text, is_resource ? policy::Kind::resource : policy::Kind::identity, policy::Quota::waived);
}

// Those who may ask. Identity-based policies name nobody: whoever has the policy, whatever its keys.
People askers(std::initializer_list<const policy::Document*> documents, PolicyType type) {
  if (type == PolicyType::identity) return {.callers = {{}}};
  return detail::everybody({documents.begin(), documents.size()});
}

// What a check says when it passes, when it fails, of a statement, and of what was not decided.
struct Wording {
  const char* passed;
  const char* failed;
  const char* statement;
  const char* undecided;
};

std::vector<Reason> reasons_of(const policy::Document& document, const std::vector<prover::Finding>& findings, const Wording& wording) {
  std::set<std::size_t> granting;
  for (const prover::Finding& finding : findings) {
    for (std::size_t s = 0; s < document.statements(); ++s) {
      const bool allows = document.effect(s) == policy::Effect::allow && document.match(s, finding.request) == policy::Mismatch::none;
      if (allows) granting.insert(s);
    }
  }
  std::vector<Reason> reasons;
  for (const std::size_t s : granting) {
    const std::string sid(document.sid(s));
    reasons.push_back({wording.statement + (sid.empty() ? " with index: " + std::to_string(s) : " with sid: " + sid) + '.', s, sid});
  }
  return reasons;
}

Outcome outcome_of(const policy::Document& document, prover::Query query, const People& people, const Wording& wording) {
  query.steps_max = check_steps_max;
  prover::Prover prover;
  prover::Answer answer = prover.ask(query);
  if (answer.bug) return {.bug = std::move(answer.bug)};
  const std::uint64_t steps = answer.statistics.steps;
  if (answer.verdict == prover::Verdict::found) {
    return {.passed = false, .message = wording.failed, .reasons = reasons_of(document, answer.findings, wording), .steps = steps};
  }
  std::ranges::move(people.undecided, std::back_inserter(answer.undecided));
  if (answer.verdict == prover::Verdict::none && answer.undecided.empty()) return {.passed = true, .message = wording.passed, .steps = steps};
  Outcome outcome{.passed = false, .message = wording.undecided, .steps = steps};
  for (std::string& sentence : answer.undecided) outcome.reasons.push_back({std::move(sentence)});
  return outcome;
}

// Wildcards stand in what an ARN says last, its resource id.
bool is_arn(std::string_view text) {
  constexpr int parts_before = 5;
  for (int part = 0; part < parts_before; ++part) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view said = text.substr(0, colon);
    if (said.find_first_of("*?") != std::string_view::npos || (part == 0 && said != "arn")) return false;
    text.remove_prefix(colon + 1);
  }
  return !text.empty();
}

// A variable may stand for any text, so it is asked about all of them.
std::string with_wildcards(std::string text) {
  for (std::size_t begin = 0; (begin = text.find("${", begin)) != std::string::npos; ++begin) {
    const std::size_t end = text.find('}', begin);
    if (end == std::string::npos) break;
    text.replace(begin, end + 1 - begin, "*");
  }
  return text;
}

}  // namespace

Result<Outcome> check_no_new_access(const std::string& updated, const std::string& existing, PolicyType type) {
  RW_TRY(const DocumentPtr after, read(updated, type));
  RW_TRY(const DocumentPtr before, read(existing, type));
  People people = askers({after.get(), before.get()}, type);
  prover::Query query;
  query.universe.callers = people.callers;
  query.universe.where = people.where;
  query.allowing = {prover::Side{.document = after}};
  query.refusing = {prover::Side{.document = before}};
  return outcome_of(*after, query, people,
                    {.passed = "The modified permissions do not grant new access compared to your existing policy.",
                     .failed = "The modified permissions grant new access compared to your existing policy.",
                     .statement = "New access in the statement",
                     .undecided = "The modified permissions might grant new access compared to your existing policy: it could not be decided."});
}

Result<Outcome> check_access_not_granted(const std::string& text, const Access& access, PolicyType type) {
  if (access.actions.empty() && access.resources.empty()) return fail(Failure::invalid, "the access to check names neither actions nor resources");
  RW_TRY(const DocumentPtr document, read(text, type));
  People people = askers({document.get()}, type);
  std::vector<prover::Constraint> where = {people.where};
  if (!access.actions.empty()) {
    RW_TRY(prover::Constraint actions, prover::on_actions(access.actions));
    where.push_back(std::move(actions));
  }
  std::vector<std::string> resources_asked;
  for (const std::string& resource : access.resources) {
    if (!is_arn(resource)) return fail(Failure::invalid, "`" + resource + "` is no ARN with wildcards in its resource id only");
    resources_asked.push_back(with_wildcards(resource));
  }
  if (!resources_asked.empty()) {
    RW_TRY(prover::Constraint resources, prover::on_resources(resources_asked));
    where.push_back(std::move(resources));
  }
  prover::Query query;
  query.universe.callers = people.callers;
  query.universe.where = prover::all_of(std::move(where));
  query.allowing = {prover::Side{.document = document}};
  return outcome_of(*document, query, people,
                    {.passed = "The policy document does not grant access to perform the listed actions or resources.",
                     .failed = "The policy document grants access to perform one or more of the listed actions or resources.",
                     .statement = "One or more of the listed actions or resources in the statement",
                     .undecided = "The policy document might grant access to perform one or more of the listed actions or resources: it could not be decided."});
}

Result<Outcome> check_no_public_access(const std::string& text) {
  RW_TRY(const DocumentPtr document, read(text, PolicyType::resource));
  const std::array<const policy::Document*, 1> documents = {document.get()};
  const People people = detail::the_public(documents);
  prover::Query query;
  query.universe.callers = people.callers;
  query.universe.where = people.where;
  query.allowing = {prover::Side{.document = document}};
  return outcome_of(*document, query, people,
                    {.passed = "The resource policy does not grant public access for the given resource type.",
                     .failed = "The resource policy grants public access for the given resource type.",
                     .statement = "Public access granted in the following statement",
                     .undecided = "The resource policy might grant public access for the given resource type: it could not be decided."});
}

}  // namespace ringwall::accessanalyzer
