// The cost of one decision over 48 statements, as ten managed policies with a few guardrails have
// them, and of compiling them.

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "policy/policy.h"

namespace {

using namespace ringwall::policy;

constexpr int statements = 48;

std::string document_text() {
  static constexpr const char* services[] = {"ec2", "rds", "iam",  "kms",
                                             "sqs", "sns", "logs", "s3"};
  std::string text = R"({"Version":"2012-10-17","Statement":[)";
  for (int i = 0; i < statements; ++i) {
    const std::string service = services[i % 8], n = std::to_string(i);
    if (i > 0) text += ',';
    text +=
        R"({"Sid":"S)" + n + R"(","Effect":")" + (i % 6 == 5 ? "Deny" : "Allow") +
        R"(","Action":[")" + service + ":Get*\",\"" + service + ":List" + n +
        R"("],"Resource":["arn:aws:)" + service + ":*:111122223333:thing" + n +
        R"(/*","arn:aws:s3:::bucket-)" + n +
        R"(/${aws:PrincipalTag/team}/*"],"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-)" +
        n + R"("},"IpAddress":{"aws:SourceIp":["10.0.0.0/8","192.0.2.0/24"]}}})";
  }
  return text + "]}";
}

Request sample_request() {
  Request request;
  request.principal.type = Principal::Type::user;
  request.action = "s3:GetObject";
  request.resource = "arn:aws:s3:::bucket-47/red/key";
  request.context.set("aws:PrincipalOrgID", "o-47");
  request.context.set("aws:SourceIp", "10.1.2.3");
  request.context.set("aws:PrincipalTag/team", "red");
  for (int i = 0; i < 20; ++i) request.context.set("aws:Other" + std::to_string(i), "x");
  return request;
}

std::vector<DocumentPtr> documents() {
  // Identity policies are small: the statements spread over twelve of them.
  std::vector<DocumentPtr> all;
  const std::string text = document_text();
  const auto json = ringwall::text::parse_json(text);
  RW_CHECK(json.has_value());
  const auto& items = (*json)["Statement"].items();
  for (std::size_t i = 0; i < items.size(); i += 4) {
    ringwall::text::Json part = ringwall::text::Json::object({{"Version", "2012-10-17"}});
    for (std::size_t j = i; j < i + 4; ++j) part.edit("Statement").push(items[j]);
    auto compiled = compile(part.dump(), Kind::identity);
    RW_CHECK(compiled.has_value());
    all.push_back(*std::move(compiled));
  }
  return all;
}

void decide_over_48_statements(benchmark::State& state) {
  const auto all = documents();
  const Request request = sample_request();
  for (auto _ : state) {
    std::size_t applying = 0;
    const Probe probe(request);
    for (const Effect effect : {Effect::deny, Effect::allow}) {
      for (const auto& one : all) applying += one->next(effect, 0, probe);
    }
    benchmark::DoNotOptimize(applying);
  }
}
BENCHMARK(decide_over_48_statements);

void compile_48_statements(benchmark::State& state) {
  std::vector<std::string> texts;
  for (const auto& one : documents()) texts.push_back(one->source());
  for (auto _ : state) {
    for (const auto& text : texts) benchmark::DoNotOptimize(compile(text, Kind::identity));
  }
  state.SetItemsProcessed(state.iterations() * statements);
}
BENCHMARK(compile_48_statements);

}  // namespace
