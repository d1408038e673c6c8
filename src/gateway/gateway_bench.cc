// What a whole call costs: GetCallerIdentity over one kept TLS connection, signature checked,
// decided, recorded and answered; and its two halves that need no socket.

#include <benchmark/benchmark.h>

#include "awsapi/sigv4.h"
#include "gateway/authenticate.h"
#include "gateway/decide.h"
#include "gateway/gateway.h"
#include "gateway/testing.h"
#include "http/client.h"
#include "http/listen.h"
#include "os/files.h"
#include "text/encode.h"

namespace ringwall::gateway {
namespace {

constexpr std::chrono::seconds patience{20};
constexpr std::string_view body = "Action=GetCallerIdentity&Version=2011-06-15";

// A signed request and the views awsapi reads it by.
struct Signed {
  Signed(const Keys& keys, TimePoint now) {
    headers = {{"host", "localhost"}, {"content-type", "application/x-www-form-urlencoded"}, {"user-agent", "bench/1"}};
    wire = {.method = "POST", .path = "/", .query = {}, .header = {}, .body = body};
    wire.header = [this](std::string_view name) -> std::optional<std::string_view> {
      const auto found = std::ranges::find(headers, name, &std::pair<std::string, std::string>::first);
      return found == headers.end() ? std::nullopt : std::optional<std::string_view>(found->second);
    };
    wire.each_header = [this](const std::function<void(std::string_view, std::string_view)>& visit) {
      for (const auto& [name, value] : headers) visit(name, value);
    };
    for (auto& [name, value] : awsapi::sign(wire, keys.access_key, keys.secret, keys.token, "us-east-1", "sts", now)) {
      headers.emplace_back(text::lower(name), value);
    }
  }
  Signed(const Signed&) = delete;
  Signed& operator=(const Signed&) = delete;

  std::vector<std::pair<std::string, std::string>> headers;
  awsapi::WireRequest wire;
};

void a_whole_call(benchmark::State& state) {
  Identities identities;
  Audited audited;
  const auto now = os::SystemClock().now();
  const auto authority = crypto::Authority::create("bench", now);
  const auto identity = authority.issue({"localhost", {"localhost"}, {"127.0.0.1"}}, now);
  const auto trust = *crypto::TlsContext::client(authority.identity().certificate_pem);
  std::vector<service::Service> services;
  services.emplace_back(*awsapi::builtin_model("sts"), std::vector<service::Operation>{
      {"GetCallerIdentity", service::Access::read, service::ask_nothing(), [](const service::Call& call) -> service::ApiResult<Json> {
         return Json::object({{"Arn", call.caller.principal.arn}, {"Account", call.account()}, {"UserId", call.caller.principal.unique_id}});
       }}});
  Gateway gateway({.io_threads = 1, .worker_threads = 1}, identities.world.environment(), identities.world.directory(), audited.log(), std::move(services));
  gateway.use_tls(std::make_shared<const crypto::TlsContext>(*crypto::TlsContext::server(*identity)));
  auto socket = *http::bind_tcp("127.0.0.1", 0);
  const std::uint16_t port = *http::port_of(socket);
  RW_CHECK(gateway.listen(std::move(socket)).has_value());
  auto client = *http::Client::connect_tls("127.0.0.1", port, "localhost", trust, patience);
  const Signed request(identities.administrator(), identities.world.clock().now());
  http::OutgoingRequest outgoing{.method = "POST", .target = "/", .headers = {}, .body = std::string(body)};
  for (const auto& [name, value] : request.headers) outgoing.headers.add(name, value);
  for (auto turn : state) {
    const auto response = client.send(outgoing, patience);
    RW_CHECK(response.has_value() && response->status == 200);
  }
  gateway.stop(patience);
}
BENCHMARK(a_whole_call)->Unit(benchmark::kMicrosecond);

void believing_a_signature(benchmark::State& state) {
  Identities identities;
  Authenticator authenticator(identities.world.environment());
  const auto estate = identities.world.directory().current();
  const TimePoint now = identities.world.clock().now();
  const Keys keys = state.range(0) == 0 ? identities.administrator() : identities.session();
  const Signed request(keys, now);
  for (auto turn : state) {
    const auto claim = awsapi::read_claim(request.wire);
    const auto caller = authenticator.caller_of(*estate, **claim, request.wire, now);
    RW_CHECK(caller.has_value());
  }
}
BENCHMARK(believing_a_signature)->ArgName("session")->Arg(0)->Arg(1);

void deciding_one_question(benchmark::State& state) {
  Identities identities;
  const auto estate = identities.world.directory().current();
  const service::Caller caller = identities.world.as_administrator();
  const service::NetworkContext network{.source_ip = "192.0.2.7"};
  store::Transaction transaction(identities.world.store());
  const Json input;
  const service::Call call{identities.world.environment(), *estate, caller, network, input, transaction, identities.world.clock().now(), "request"};
  const service::Question question{.action = "kms:ListKeys"};
  for (auto turn : state) {
    const Case one = case_of(call, {.region = "us-east-1", .user_agent = "bench/1"}, question);
    benchmark::DoNotOptimize(authz::authorize(one.request, one.layers));
  }
}
BENCHMARK(deciding_one_question);

}  // namespace
}  // namespace ringwall::gateway
