// A document that compiles means the same when its source is compiled again; whatever it is asked
// it answers; and no Allow applies that its own explanation says could not be evaluated. What
// refuses is the first of the problems that reading to the end finds. The first byte chooses the
// kind.

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "policy/plain.h"
#include "policy/policy.h"

namespace {

using namespace ringwall::policy;

Request sample_request(bool session) {
  Request request;
  if (session) {
    request.principal = {Principal::Type::role_session,
                         "arn:aws:sts::111122223333:assumed-role/app/s1",
                         "arn:aws:iam::111122223333:role/app",
                         "111122223333",
                         "AROAAPPAPPAPPAPPAPP1",
                         "",
                         "",
                         false};
    request.context.set("aws:PrincipalTag/team", "red*");
    request.context.set("aws:SourceIp", "10.0.0.1");
    request.context.set("aws:CurrentTime", "2026-01-02T03:04:05Z");
    request.context.set("aws:TagKeys", std::vector<std::string>{"a", "b"});
    request.context.set("s3:max-keys", "ten");
  }
  request.action = "s3:GetObject";
  request.resource = "arn:aws:s3:::bucket/red*/key";
  return request;
}

// read() refuses exactly what parse() has a problem with, and names the first.
void check_problems(std::string_view text, Kind kind) {
  const Parsed parsed = parse(text, kind);
  const auto syntax = read(text, kind);
  RW_CHECK(syntax.has_value() == parsed.problems.empty());
  for (const Problem& problem : parsed.problems)
    RW_CHECK(!problem.message.empty() && problem.position.line > 0 && problem.position.column > 0);
  if (!syntax) {
    RW_CHECK(syntax.error().message.ends_with(parsed.problems.front().message));
    return;
  }
  RW_CHECK(syntax->statements.size() == parsed.syntax.statements.size() &&
           !syntax->statements.empty());
  for (const Statement& statement : syntax->statements) {
    RW_CHECK(statement.offset < text.size() && text[statement.offset] == '{');
    RW_CHECK(!statement.actions.empty());
    for (const Condition& condition : statement.conditions)
      RW_CHECK(condition.op != nullptr && !condition.values.empty() &&
               text[condition.offset] == '"');
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return -1;
  const auto kind = static_cast<Kind>(data[0] % 9);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  check_problems(text, kind);
  const auto first = compile(text, kind);
  if (!first) return 0;
  const auto second = compile((*first)->source(), kind);
  RW_CHECK(second.has_value() && (*second)->statements() == (*first)->statements());
  const plain::Policy twin(**first);
  for (const bool session : {false, true}) {
    const Request request = sample_request(session);
    for (std::size_t i = 0; i < (*first)->statements(); ++i) {
      const Mismatch answer = (*first)->match(i, request);
      RW_CHECK(answer == (*second)->match(i, request));
      const auto explanation = twin.explain(i, request);
      RW_CHECK(twin.match(i, request) == answer);
      RW_CHECK(explanation["applies"].as_bool() == (answer == Mismatch::none));
      const bool unevaluable = explanation.text("because") == "cannot be evaluated";
      RW_CHECK(!(unevaluable && answer == Mismatch::none && (*first)->effect(i) == Effect::allow));
      const auto naming = (*first)->naming(i, request.principal);
      RW_CHECK(naming == (*second)->naming(i, request.principal));
    }
  }
  return 0;
}
