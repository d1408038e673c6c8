#include "pairs.h"

#include <algorithm>
#include <fstream>

#include "base/check.h"
#include "policy/syntax.h"
#include "policy/testing_choices.h"
#include "text/json.h"

namespace ringwall::proofs {
namespace {

using policy::testing::Choices;
using text::Json;

struct Original {
  std::string name;
  policy::Kind kind;
  Json document;
};

std::vector<Original> originals() {
  std::ifstream in(RINGWALL_SOURCE_DIR "/tests/proofs/policies.jsonl");
  std::vector<Original> all;
  for (std::string line; std::getline(in, line);) {
    const auto json = text::parse_json(line);
    RW_CHECK(json.has_value());
    policy::Kind kind = policy::Kind::identity;
    if (json->text("kind") == "resource") kind = policy::Kind::resource;
    if (json->text("kind") == "scp") kind = policy::Kind::scp;
    all.push_back({json->str("name"), kind, (*json)["document"]});
  }
  RW_CHECK(!all.empty());
  return all;
}

// A member that is a text or a list of texts, as a list.
Json::Array& as_list(Json& statement, std::string_view member) {
  Json& value = statement.edit(member);
  if (!value.is_array()) value = Json::array({value});
  return value.edit_items();
}

constexpr std::string_view further_actions[] = {"s3:GetObject", "s3:PutObject", "s3:GetObjectTagging", "s3:ListBucket", "ec2:RunInstances",
                                                "ec2:DescribeInstances", "iam:GetUser", "iam:PassRole", "s3:*", "ec2:Describe*", "iam:List*"};

void change_action(Choices& choices, Json& statement) {
  Json::Array& actions = as_list(statement, statement.contains("Action") ? "Action" : "NotAction");
  Json& one = actions[choices.below(actions.size())];
  const std::string text(one.as_string());
  switch (choices.below(4)) {
    case 0:
      if (actions.size() > 1) actions.erase(actions.begin() + static_cast<std::ptrdiff_t>(choices.below(actions.size())));
      return;
    case 1:
      actions.emplace_back(choices.of(further_actions));
      return;
    case 2:
      if (text.size() > 8) one = text.substr(0, text.size() - 3) + "*";
      return;
    default:
      if (text.ends_with('*') && text.contains(':')) one = text.substr(0, text.size() - 1) + std::string(choices.of<std::string_view>({"A*", "Object*", "GetObject", "?*"}));
      return;
  }
}

void change_resource(Choices& choices, Json& statement) {
  const std::string_view member = statement.contains("Resource") ? "Resource" : "NotResource";
  if (!statement.contains(member)) return;
  Json::Array& resources = as_list(statement, member);
  Json& one = resources[choices.below(resources.size())];
  const std::string text(one.as_string());
  if (text == "*") {
    one = choices.of<std::string_view>({"arn:aws:s3:::*", "arn:aws:ec2:*:*:instance/*", "arn:aws:iam::111122223333:*"});
    return;
  }
  switch (choices.below(5)) {
    case 0:
      one = text + "*";
      return;
    case 1:
      if (resources.size() > 1) resources.erase(resources.begin());
      return;
    case 2:
      if (text.ends_with('*')) one = text.substr(0, text.size() - 1) + std::string(choices.of<std::string_view>({"public/*", "x", "?*", "*.txt", ""}));
      return;
    case 3:
      if (const std::size_t at = text.find('/'); at != std::string::npos) one = text.substr(0, at) + "/*";
      return;
    default:
      resources.emplace_back("arn:aws:s3:::further/*");
      return;
  }
}

std::string opposite(const std::string& op) {
  static constexpr std::pair<std::string_view, std::string_view> pairs[] = {
      {"StringEquals", "StringNotEquals"}, {"StringLike", "StringNotLike"}, {"IpAddress", "NotIpAddress"}, {"ArnLike", "ArnNotLike"},
      {"NumericLessThan", "NumericGreaterThanEquals"}, {"DateLessThan", "DateGreaterThan"}, {"StringEquals", "StringLike"}};
  for (const auto& [one, other] : pairs) {
    if (op == one) return std::string(other);
    if (op == other) return std::string(one);
  }
  return op.ends_with("IfExists") ? op.substr(0, op.size() - 8) : op == "Null" ? op : op + "IfExists";
}

std::string another_value(Choices& choices, const std::string& value) {
  if (value == "true") return "false";
  if (value == "false") return "true";
  if (const std::size_t slash = value.find('/'); slash != std::string::npos && value.find_first_not_of("0123456789./") == std::string::npos)
    return value.substr(0, slash) + std::string(choices.of<std::string_view>({"/8", "/16", "/28", "/32"}));
  if (value.find_first_not_of("0123456789") == std::string::npos && !value.empty()) return value + "0";
  return choices.one_in(2) ? value + "*" : value + "x";
}

void change_condition(Choices& choices, Json& statement) {
  const Json::Object operators = statement["Condition"].members();
  if (operators.empty()) return;
  const Json::Member& chosen = operators[choices.below(operators.size())];
  Json& element = statement.edit("Condition");
  switch (choices.below(4)) {
    case 0:
      element.erase(chosen.key);
      if (element.members().empty()) statement.erase("Condition");
      return;
    case 1:
      element.erase(chosen.key);
      element.set(opposite(chosen.key), chosen.value);
      return;
    case 2:
      if (chosen.key == "Null" || chosen.key.ends_with("IfExists")) return;
      element.erase(chosen.key);
      element.set(chosen.key + "IfExists", chosen.value);
      return;
    default: {
      Json& keys = element.edit(chosen.key);
      const std::string key = keys.members()[choices.below(keys.members().size())].key;
      Json::Array& values = as_list(keys, key);
      Json& one = values[choices.below(values.size())];
      one = another_value(choices, std::string(one.as_string()));
      return;
    }
  }
}

void change_principal(Choices& choices, Json& statement) {
  if (!statement.contains("Principal")) return;
  const bool everyone = statement["Principal"] == Json("*");
  statement.set("Principal", everyone && !choices.one_in(3) ? Json::object({{"AWS", "111122223333"}})
                             : choices.one_in(2)            ? Json("*")
                                                            : Json::object({{"AWS", "arn:aws:iam::111122223333:role/app"}}));
}

Json mutated(Choices& choices, Json document) {
  for (std::size_t changes = choices.one_in(4) ? 2 : 1; changes > 0; --changes) {
    Json::Array& statements = document.edit("Statement").edit_items();
    const std::size_t at = choices.below(statements.size());
    switch (choices.below(8)) {
      case 0:
        if (statements.size() > 1) statements.erase(statements.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 1:
        statements[at].set("Effect", statements[at].text("Effect") == "Allow" ? "Deny" : "Allow");
        break;
      case 2:
      case 3:
        change_action(choices, statements[at]);
        break;
      case 4:
        change_resource(choices, statements[at]);
        break;
      case 5:
        change_principal(choices, statements[at]);
        break;
      default:
        change_condition(choices, statements[at]);
        break;
    }
  }
  return document;
}

policy::Principal session_of(std::string_view role, std::string_view account) {
  const std::string owner(account), name(role);
  return {policy::Principal::Type::role_session, "arn:aws:sts::" + owner + ":assumed-role/" + name + "/session",
          "arn:aws:iam::" + owner + ":role/" + name, owner, "AROA00000000000000000", "", ""};
}

}  // namespace

std::vector<Pair> mutated_pairs(std::uint64_t seed, std::size_t count) {
  Choices choices(seed);
  const std::vector<Original> all = originals();
  std::vector<Pair> pairs;
  for (std::size_t next = 0; pairs.size() < count; next = (next + 1) % all.size()) {
    const Original& original = all[next];
    const Json changed = mutated(choices, original.document);
    if (changed == original.document) continue;
    std::string text = changed.dump();
    if (policy::read(text, original.kind)) pairs.push_back({original.name, original.kind, std::move(text), original.document.dump()});
  }
  return pairs;
}

// The policies name accounts, a role and a service: someone of each, someone of none, and nobody.
prover::Query question(const policy::DocumentPtr& mutated, const policy::DocumentPtr& original) {
  prover::Query query;
  query.allowing.push_back({.document = mutated});
  query.refusing.push_back({.document = original});
  query.universe.axioms = false;
  query.classes_max = 1;  // the others answer yes or no
  query.universe.callers.push_back({});
  const policy::Kind kind = mutated->kind();
  if (kind == policy::Kind::identity || kind == policy::Kind::scp) return query;
  for (const auto& [role, account] : {std::pair{"app", "111122223333"}, {"other", "111122223333"}, {"app", "444455556666"}, {"app", "999999999999"}})
    query.universe.callers.push_back({.principal = session_of(role, account)});
  for (const char* service : {"cloudtrail.amazonaws.com", "rds.amazonaws.com"}) {
    prover::Caller& caller = query.universe.callers.emplace_back();
    caller.principal.type = policy::Principal::Type::service;
    caller.principal.service = service;
  }
  return query;
}

}  // namespace ringwall::proofs
