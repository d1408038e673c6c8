#include "awsapi/sigv4.h"

#include <benchmark/benchmark.h>

#include "text/time.h"

namespace ringwall::awsapi {
namespace {

// A GetCallerIdentity as the AWS CLI sends it, its headers in a vector as a server keeps them.
struct Example {
  std::vector<std::pair<std::string, std::string>> headers{{"host", "sts.us-east-1.example"},
                                                            {"accept-encoding", "identity"},
                                                            {"content-type", "application/x-www-form-urlencoded; charset=utf-8"},
                                                            {"user-agent", "aws-cli/2.13.0 Python/3.11"}};
  std::string body = "Action=GetCallerIdentity&Version=2011-06-15";
  Secret secret{std::string_view("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")};
  TimePoint now = *text::parse_iso8601("20260102T030405Z");

  Example() {
    for (auto& header : sign(wire(), "AKIDEXAMPLE", secret, "", "us-east-1", "sts", now)) headers.push_back(std::move(header));
  }
  WireRequest wire() const {
    WireRequest request{"POST", "/", "", {}, body};
    request.header = [this](std::string_view name) -> std::optional<std::string_view> {
      for (const auto& [key, value] : headers) {
        if (key == name) return value;
      }
      return {};
    };
    request.each_header = [this](const std::function<void(std::string_view, std::string_view)>& take) {
      for (const auto& [key, value] : headers) take(key, value);
    };
    return request;
  }
};

void read_a_claim(benchmark::State& state) {
  const Example example;
  const WireRequest request = example.wire();
  for (auto _ : state) benchmark::DoNotOptimize(read_claim(request));
}
BENCHMARK(read_a_claim);

void verify_with_a_kept_key(benchmark::State& state) {
  const Example example;
  const WireRequest request = example.wire();
  const Claim claim = **read_claim(request);
  const Secret key = signing_key(example.secret, claim.date, claim.region, claim.service);
  for (auto _ : state) {
    const auto fault = verify(claim, request, key, example.now);
    if (fault) state.SkipWithError(fault->message.c_str());
  }
}
BENCHMARK(verify_with_a_kept_key);

void derive_a_signing_key(benchmark::State& state) {
  const Example example;
  for (auto _ : state) benchmark::DoNotOptimize(signing_key(example.secret, "20260102", "us-east-1", "sts"));
}
BENCHMARK(derive_a_signing_key);

void decode_a_database_request(benchmark::State& state) {
  Example example;
  example.body = "Action=DescribeDBInstances&Version=2014-10-31&Filters.Filter.1.Name=db-instance-id&Filters.Filter.1.Values.Value.1=shop&MaxRecords=20";
  const Model& model = *builtin_model("rds");
  const OperationShape& operation = *model.operation("DescribeDBInstances");
  const WireRequest request = example.wire();
  for (auto _ : state) benchmark::DoNotOptimize(decode_input(model, operation, request));
}
BENCHMARK(decode_a_database_request);

}  // namespace
}  // namespace ringwall::awsapi
