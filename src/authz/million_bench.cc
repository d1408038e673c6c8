// Compiling a million statements: the processor's time, and the bytes that a statement then holds. They are
// generated: documents of twenty statements as people write them, no two alike.

#include <benchmark/benchmark.h>

#include <array>
#include <random>

#include "authz/testing_measure.h"
#include "base/check.h"

namespace {

using ringwall::policy::Kind;
namespace measure = ringwall::authz::measure;

constexpr std::size_t statements = 1'000'000, statements_per_document = 20;

struct Service {
  const char* name;
  std::array<const char*, 5> actions;
  const char* resource;  // behind `arn:aws:`; the number of the statement follows
};

constexpr std::array<Service, 8> services = {{
    {"s3", {"GetObject", "PutObject", "ListBucket", "DeleteObject", "Get*"}, "s3:::data-"},
    {"ec2", {"RunInstances", "Describe*", "StartInstances", "StopInstances", "CreateTags"}, "ec2:eu-central-1:111122223333:instance/i-"},
    {"dynamodb", {"GetItem", "PutItem", "Query", "Scan", "BatchGetItem"}, "dynamodb:*:111122223333:table/orders-"},
    {"kms", {"Decrypt", "Encrypt", "GenerateDataKey*", "DescribeKey", "ReEncrypt*"}, "kms:*:111122223333:key/"},
    {"sqs", {"SendMessage", "ReceiveMessage", "DeleteMessage", "GetQueueUrl", "*"}, "sqs:eu-west-1:111122223333:jobs-"},
    {"rds", {"CreateDBInstance", "Describe*", "ModifyDBInstance", "List*", "DeleteDBInstance"}, "rds:*:*:db:shop-"},
    {"logs", {"CreateLogStream", "PutLogEvents", "Describe*", "GetLogEvents", "FilterLogEvents"}, "logs:*:111122223333:log-group:/app/"},
    {"iam", {"GetRole", "PassRole", "List*", "GetUser", "CreateRole"}, "iam::111122223333:role/team/"},
}};

constexpr std::array<const char*, 6> conditions = {
    R"("StringEquals":{"aws:ResourceTag/team":"${aws:PrincipalTag/team}"})",
    R"("IpAddress":{"aws:SourceIp":["203.0.113.0/24","198.51.100.0/24"]})",
    R"("StringNotEqualsIfExists":{"aws:SourceVpc":["vpc-0a1b2c3d","vpc-4e5f6a7b"]})",
    R"("Bool":{"aws:MultiFactorAuthPresent":"true"})",
    R"("ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/ops-*"},"Null":{"aws:TokenIssueTime":"false"})",
    R"("DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"})",
};

class Generator {
 public:
  std::string statement() {
    const Service& service = services[below(services.size())];
    const std::string number = std::to_string(made_++);
    std::string text = R"({"Sid":"S)" + number + R"(","Effect":")" + (below(8) == 0 ? "Deny" : "Allow") + R"(","Action":[)";
    for (std::size_t i = 0, count = 1 + below(4); i < count; ++i) {
      text += (i > 0 ? ",\"" : "\"") + std::string(service.name) + ":" + service.actions[i] + "\"";
    }
    text += R"(],"Resource":")";
    text += below(4) == 0 ? "*" : "arn:aws:" + std::string(service.resource) + number + (below(2) == 0 ? "/*" : "");
    text += "\"";
    if (below(5) < 2) text += R"(,"Condition":{)" + std::string(conditions[below(conditions.size())]) + "}";
    return text + "}";
  }

  std::string document() {
    std::string text = R"({"Version":"2012-10-17","Statement":[)";
    for (std::size_t i = 0; i < statements_per_document; ++i) text += (i > 0 ? "," : "") + statement();
    return text + "]}";
  }

 private:
  std::size_t below(std::size_t end) { return random_() % end; }

  std::mt19937_64 random_{1};  // the same statements in every run
  std::size_t made_ = 0;
};

void compile_a_million_statements(benchmark::State& state) {
  for (auto _ : state) {
    Generator generator;
    std::vector<ringwall::policy::DocumentPtr> held;
    held.reserve(statements / statements_per_document);
    const std::int64_t before = measure::allocations().bytes_held;
    std::size_t text_bytes = 0;
    double spent = 0;
    while (held.size() < statements / statements_per_document) {
      const std::string text = generator.document();
      text_bytes += text.size();
      const double began = measure::thread_seconds();
      auto document = ringwall::policy::compile(text, Kind::identity);
      spent += measure::thread_seconds() - began;
      RW_CHECK(document.has_value());
      held.push_back(*std::move(document));
    }
    state.SetIterationTime(spent);
    state.counters["bytes_per_statement"] = static_cast<double>(measure::allocations().bytes_held - before) / statements;
    state.counters["text_bytes_per_statement"] = static_cast<double>(text_bytes) / statements;
  }
}
BENCHMARK(compile_a_million_statements)->Iterations(1)->UseManualTime()->Unit(benchmark::kSecond);

}  // namespace
