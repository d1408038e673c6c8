#include "loaders/detail/restricted.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/binding.h"
#include "text/json.h"

namespace ringwall::loaders::detail {
namespace {

using text::Json;

// S3 calls a policy public unless each grant to everyone asks for a fixed value. Here only one that asks for nothing at
// all counts, so that no grant is taken for blocked that is not.
bool is_public(const policy::Document& document) {
  const auto syntax = policy::read_bound(document.source(), document.kind(), policy::Quota::waived);
  if (!syntax) return false;
  return std::ranges::any_of(syntax->statements, [](const policy::Statement& statement) {
    const auto is_everyone = [](const policy::PrincipalName& name) {
      return name.type == policy::PrincipalName::Type::everyone;
    };
    return statement.effect == policy::Effect::allow && statement.conditions.empty() && statement.principals &&
           statement.principals->sense == policy::Sense::listed &&
           std::ranges::any_of(statement.principals->names, is_everyone);
  });
}

Json statement(const std::string& partition, const std::string& bucket, const std::string& account) {
  const std::string arn = fmt::format("arn:{}:s3:::{}", partition, bucket);
  Json condition = Json::object();
  condition.edit("StringNotEqualsIfExists").set("aws:PrincipalAccount", account);
  condition.edit("BoolIfExists").set("aws:PrincipalIsAWSService", "false");
  return Json::object({{"Sid", "RestrictPublicBuckets"},
                       {"Effect", "Deny"},
                       {"Principal", "*"},
                       {"Action", "s3:*"},
                       {"Resource", Json::array({arn, arn + "/*"})},
                       {"Condition", std::move(condition)}});
}

}  // namespace

policy::DocumentPtr restricted(const policy::DocumentPtr& document, const std::string& partition,
                               const std::string& bucket, const std::string& account,
                               std::map<const policy::Document*, Source>& sources) {
  if (!is_public(*document)) return document;
  Result<Json> json = text::parse_json(document->source());
  if (!json) return document;
  Json all = Json::array();
  const Json& statements = (*json)["Statement"];
  if (statements.is_array()) {
    for (const Json& one : statements.items()) all.push(one);
  } else {
    all.push(statements);
  }
  all.push(statement(partition, bucket, account));
  json->set("Statement", std::move(all));
  Result<policy::DocumentPtr> made = policy::compile(json->dump(), document->kind(), policy::Quota::waived);
  if (!made) return document;
  if (const auto source = sources.find(document.get()); source != sources.end()) {
    Source same = source->second;
    same.verbatim = false;
    sources.emplace(made->get(), std::move(same));
  }
  return *made;
}

}  // namespace ringwall::loaders::detail
