#pragma once
// The compiled document: what a statement tests, in the order it tests it.

#include <optional>
#include <string>
#include <vector>

#include "policy/detail/conditions.h"
#include "policy/detail/principals.h"
#include "policy/policy.h"

namespace ringwall::policy::detail {

struct Statement {
  Effect effect = Effect::deny;  // a statement half made must not allow
  std::string sid;
  text::Position position;
  std::optional<Principals> principals;  // of policies that name principals
  std::vector<text::Glob> actions;
  Sense action_sense = Sense::listed;
  std::vector<Pattern> resources;  // empty: every resource, in a role's trust policy
  Sense resource_sense = Sense::listed;
  std::vector<Condition> conditions;
};

class CompiledDocument final : public Document {
 public:
  CompiledDocument(Kind kind, std::string source, std::vector<Statement> statements)
      : kind_(kind), source_(std::move(source)), statements_(std::move(statements)) {}

  Kind kind() const override { return kind_; }
  const std::string& source() const override { return source_; }
  std::size_t statements() const override { return statements_.size(); }
  Effect effect(std::size_t statement) const override { return at(statement).effect; }
  std::string_view sid(std::size_t statement) const override { return at(statement).sid; }
  text::Position position(std::size_t statement) const override { return at(statement).position; }
  Mismatch match(std::size_t statement, const Request& request) const override;
  Naming naming(std::size_t statement, const Principal& principal) const override;
  text::Json explain(std::size_t statement, const Request& request) const override;

 private:
  const Statement& at(std::size_t statement) const;

  Kind kind_;
  std::string source_;
  std::vector<Statement> statements_;
};

}  // namespace ringwall::policy::detail
