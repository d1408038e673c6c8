// Two programs in one: microbenchmarks of the reader, and with `--serve CERTIFICATE KEY` a server
// on one io thread that bench/https.sh loads beside nginx with the same certificate.

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>

#include "http/server.h"
#include "os/files.h"

namespace ringwall::http {
namespace {

constexpr std::string_view signed_request =
    "POST / HTTP/1.1\r\n"
    "Host: sts.eu-central-1.amazonaws.com\r\n"
    "Accept-Encoding: identity\r\n"
    "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
    "User-Agent: aws-cli/2.13.0 Python/3.11.4 Linux/6.1.0 exe/x86_64 prompt/off\r\n"
    "X-Amz-Date: 20250102T030405Z\r\n"
    "Authorization: AWS4-HMAC-SHA256 Credential=AKIAEXAMPLEEXAMPLE12/20250102/eu-central-1/sts/"
    "aws4_request, SignedHeaders=content-type;host;x-amz-date, "
    "Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024\r\n"
    "Content-Length: 43\r\n"
    "\r\n"
    "Action=GetCallerIdentity&Version=2011-06-15";

void read_a_signed_request(benchmark::State& state) {
  RequestReader reader(1024 * 1024);
  for (auto turn : state) {
    reader.reset();
    benchmark::DoNotOptimize(reader.read(signed_request));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(signed_request.size()));
}
BENCHMARK(read_a_signed_request);

void write_a_small_response(benchmark::State& state) {
  Response response;
  response.headers.add("Content-Type", "application/json");
  response.body = std::string(100, 'x');
  std::string out;
  for (auto turn : state) {
    out.clear();
    append_response(out, response, "Sun, 06 Nov 1994 08:49:37 GMT", BodyOnWire::sent,
                    AfterResponse::keep_alive);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(write_a_small_response);

int complain(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return 1;
}

int serve(const char* certificate_path, const char* key_path) {
  const auto certificate = os::read_file(certificate_path, 1 << 20);
  if (!certificate) return complain(certificate.error());
  const auto key = os::read_file(key_path, 1 << 20);
  if (!key) return complain(key.error());
  auto tls = crypto::TlsContext::server({*certificate, Secret(std::string_view(*key))});
  if (!tls) return complain(tls.error());

  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  const os::SystemClock clock;
  ServerCalls calls;
  calls.handle = [](Exchange exchange) {
    Response response;
    response.headers.add("Content-Type", "application/json");
    response.body =
        R"({"Account":"111122223333","Arn":"arn:aws:iam::111122223333:user/alice","UserId":"AIDAEXAMPLE"})";
    std::move(exchange).reply(std::move(response));
  };
  calls.refuse = [](const Refusal&, const Arrival&) { return Response{}; };
  Server server({.threads = 1}, std::move(calls), clock);
  server.use_tls(std::make_shared<const crypto::TlsContext>(*std::move(tls)));
  auto socket = bind_tcp("127.0.0.1", 0);
  if (!socket) return complain(socket.error());
  const auto port = port_of(*socket);
  if (!port) return complain(port.error());
  if (const auto id = server.listen(*std::move(socket), nullptr); !id) return complain(id.error());
  std::printf("%u\n", static_cast<unsigned>(*port));
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  server.stop(std::chrono::milliseconds(1000));
  return 0;
}

}  // namespace
}  // namespace ringwall::http

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "--serve") {
    return ringwall::http::serve(argv[2], argv[3]);
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
