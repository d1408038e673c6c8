// Constraints, read by the policy language's own reader.

#include <unordered_map>

#include "prover/prover.h"
#include "text/utf8.h"

namespace ringwall::prover {
namespace {

using text::Json;

Result<policy::Statement> read_statement(Json action, Json resource, const Json* condition) {
  Json statement = Json::object({{"Effect", "Allow"}, {"Action", std::move(action)}, {"Resource", std::move(resource)}});
  if (condition != nullptr) statement.set("Condition", *condition);
  if (!text::all_utf8(statement)) return fail(Failure::invalid, "a name or value that is asked about is not UTF-8");
  const Json document = Json::object({{"Version", "2012-10-17"}, {"Statement", statement}});
  auto syntax = policy::read(document.dump(), policy::Kind::identity, policy::Quota::waived);
  if (!syntax) return std::unexpected(std::move(syntax).error());
  return std::move(syntax->statements.front());
}

Json list_of(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) list.push(text);
  return list;
}

// Names and values that are asked about are data: `${` in one begins no variable, it is two characters.
std::vector<std::string> without_variables(std::vector<std::string> texts) {
  constexpr std::string_view dollar = "${$}";
  for (std::string& text : texts) {
    for (std::size_t at = 0; (at = text.find("${", at)) != std::string::npos; at += dollar.size()) text.replace(at, 1, dollar);
  }
  return texts;
}

// The same few lists are read over and over, so what was read is kept a while: reading depends on nothing else.
template <typename Read>
Result<Constraint> kept(std::string_view what, std::string_view op, std::string_view key, const std::vector<std::string>& values, Read&& read) {
  constexpr std::size_t kept_max = 1'024, values_max = 16;
  if (values.size() > values_max) return read();
  thread_local std::unordered_map<std::string, Constraint> known;
  std::string text;
  for (const std::string_view part : {what, op, key}) (text += part) += '\n';
  for (const std::string& value : values) ((text += std::to_string(value.size())) += ':') += value;
  if (const auto found = known.find(text); found != known.end()) return found->second;
  Result<Constraint> made = read();
  if (!made) return made;
  if (known.size() >= kept_max) known.clear();
  known.emplace(std::move(text), *made);
  return made;
}

Constraint composed(Constraint::Kind kind, std::vector<Constraint> parts) {
  return {.kind = kind, .parts = std::move(parts)};
}

}  // namespace

Constraint all_of(std::vector<Constraint> parts) {
  return composed(Constraint::Kind::all, std::move(parts));
}
Constraint any_of(std::vector<Constraint> parts) {
  return composed(Constraint::Kind::any, std::move(parts));
}
Constraint none_of(std::vector<Constraint> parts) {
  return composed(Constraint::Kind::none, std::move(parts));
}

Result<Constraint> conditions(const Json& element) {
  RW_TRY(policy::Statement statement, read_statement("*", "*", &element));
  std::vector<Constraint> parts;
  for (policy::Condition& condition : statement.conditions)
    parts.push_back({.kind = Constraint::Kind::condition, .condition = std::move(condition)});
  return all_of(std::move(parts));
}

Result<Constraint> condition(std::string_view op, std::string_view key, std::vector<std::string> values) {
  return kept("condition", op, key, values, [&] {
    Json keys = Json::object();
    keys.set(key, list_of(without_variables(values)));
    Json element = Json::object();
    element.set(op, std::move(keys));
    return conditions(element);
  });
}

Result<Constraint> on_actions(const std::vector<std::string>& patterns) {
  return kept("actions", {}, {}, patterns, [&]() -> Result<Constraint> {
    RW_TRY(policy::Statement statement, read_statement(list_of(patterns), "*", nullptr));
    return Constraint{.kind = Constraint::Kind::actions, .listed = std::move(statement.actions)};
  });
}

Result<Constraint> on_resources(const std::vector<std::string>& patterns) {
  return kept("resources", {}, {}, patterns, [&]() -> Result<Constraint> {
    RW_TRY(policy::Statement statement, read_statement("*", list_of(without_variables(patterns)), nullptr));
    return Constraint{.kind = Constraint::Kind::resources, .listed = std::move(statement.resources)};
  });
}

// No policy may say so, for each of its patterns names a service.
Constraint on_some_resource() {
  using policy::Piece;
  policy::Listed arn{"arn:*:*:*:*:*", {{.kind = Piece::Kind::literal, .text = "arn:"}, {.kind = Piece::Kind::any_run}}, 0};
  for (int part = 0; part < 4; ++part) {
    arn.pieces.push_back({.kind = Piece::Kind::literal, .text = ":"});
    arn.pieces.push_back({.kind = Piece::Kind::any_run});
  }
  return {.kind = Constraint::Kind::resources, .listed = {std::move(arn)}};
}

}  // namespace ringwall::prover
