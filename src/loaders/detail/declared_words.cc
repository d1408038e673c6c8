// The small facts about AWS that both plans and templates need.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "loaders/detail/declared.h"

namespace ringwall::loaders::declared {

std::string stand_in(std::string_view address) { return fmt::format("({})", address); }

std::string partition_of(std::string_view region) {
  if (region.starts_with("cn-")) return "aws-cn";
  if (region.starts_with("us-gov-")) return "aws-us-gov";
  return "aws";
}

std::string_view account_in_arn(std::string_view arn) {
  for (int part = 0; part < 4; ++part) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  const std::string_view account = arn.substr(0, arn.find(':'));
  return is_account_id(account) ? account : std::string_view();
}

Written written(const Json& document, Place place, bool has_functions) {
  Written made{.place = {place.file, document.offset()}};
  const std::string_view text = place.file->text();
  // A JSON file has the object as the document has it; YAML and functions are written anew.
  if (!has_functions && document.is_object()) {
    const std::size_t end = end_of_value(text, document.offset());
    made.text = text.substr(document.offset(), end - document.offset());
    made.verbatim = true;
    return made;
  }
  made.text = document.dump();
  made.tree = std::make_shared<const Json>(document);
  return made;
}

Written written_about(const Json& document, Place place) {
  if (document.is_string()) return written_about({.text = std::string(document.as_string()), .place = place});
  Json whole = document;
  const auto imply = [](Json& statement) {
    if (statement.is_object() && !statement.contains("Resource") && !statement.contains("NotResource")) statement.set("Resource", "*");
  };
  if (Json& statements = whole.edit("Statement"); statements.is_array()) {
    for (Json& statement : statements.edit_items()) imply(statement);
  } else {
    imply(statements);
  }
  return written(whole, place, true);
}

Written written_about(Written text) {
  const auto json = text::parse_json(text.text);
  if (!text.unknown.empty() || !json || !json->is_object()) return text;  // it says why itself
  Written made = written_about(*json, text.place);
  made.tree = nullptr;  // the tree's places are those within the text
  return made;
}

std::string default_key_policy(std::string_view account, std::string_view partition) {
  return fmt::format(
      R"({{"Version":"2012-10-17","Id":"key-default-1","Statement":[{{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{{"AWS":"arn:{}:iam::{}:root"}},"Action":"kms:*","Resource":"*"}}]}})",
      partition, account);
}

std::string default_topic_policy(std::string_view arn, std::string_view account) {
  Json statement = Json::object(
      {{"Sid", "__default_statement_ID"},
       {"Effect", "Allow"},
       {"Principal", Json::object({{"AWS", "*"}})},
       {"Action", Json::array({"SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission",
                               "SNS:RemovePermission", "SNS:DeleteTopic", "SNS:Subscribe",
                               "SNS:ListSubscriptionsByTopic", "SNS:Publish"})},
       {"Resource", arn},
       {"Condition", Json::object({{"StringEquals", Json::object({{"AWS:SourceOwner", account}})}})}});
  return Json::object({{"Version", "2008-10-17"},
                       {"Id", "__default_policy_ID"},
                       {"Statement", Json::array({std::move(statement)})}})
      .dump();
}

Json permission_statement(const Json& permission, std::string_view function_arn, std::string_view partition) {
  Json statement = Json::object();
  if (permission.contains("StatementId")) statement.set("Sid", permission["StatementId"]);
  statement.set("Effect", "Allow");
  const std::string_view principal = permission.text("Principal");
  if (principal == "*") {
    statement.set("Principal", "*");
  } else if (is_account_id(principal)) {
    statement.set("Principal", Json::object({{"AWS", fmt::format("arn:{}:iam::{}:root", partition, principal)}}));
  } else {
    statement.set("Principal", Json::object({{principal.starts_with("arn:") ? "AWS" : "Service", principal}}));
  }
  statement.set("Action", permission["Action"]);
  statement.set("Resource", function_arn);
  struct Bound {
    const char *member, *op, *key;
  };
  static constexpr std::array<Bound, 6> bounds = {{
      {"SourceArn", "ArnLike", "AWS:SourceArn"},
      {"SourceAccount", "StringEquals", "AWS:SourceAccount"},
      {"PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"},
      {"EventSourceToken", "StringEquals", "lambda:EventSourceToken"},
      {"FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"},
      {"InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"},
  }};
  for (const Bound& bound : bounds) {
    const Json& value = permission[bound.member];
    if (!value.is_null()) statement.edit("Condition").edit(bound.op).set(bound.key, value);
  }
  return statement;
}

}  // namespace ringwall::loaders::declared
