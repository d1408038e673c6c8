#include "http/server.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <filesystem>
#include <mutex>
#include <thread>

#include "crypto/certificate.h"
#include "crypto/tls_session.h"
#include "http/client.h"
#include "http/detail/ledger.h"
#include "http/detail/sockets.h"
#include "os/files.h"

namespace ringwall::http {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds patience{10'000};

// A TLS client that writes any bytes and reads until the server closes. Blocks.
class RawClient final : private crypto::TlsTransport {
 public:
  RawClient(std::uint16_t port, const crypto::TlsContext& trust, const std::string& from = "127.0.0.1") {
    const auto address = detail::tcp_address("127.0.0.1", port);
    fd_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto own = detail::tcp_address(from, 0);
    ::bind(fd_.get(), own->get(), own->size);
    const timeval limit{.tv_sec = 10, .tv_usec = 0};  // so that a broken server fails the test
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    connected_ = ::connect(fd_.get(), address->get(), address->size) == 0;
    tls_.emplace(trust, crypto::TlsSession::Role::client,
                 static_cast<crypto::TlsTransport&>(*this));
    connected_ = connected_ && tls_->expect_peer("localhost").has_value() &&
                 tls_->handshake() == crypto::TlsStatus::done;
  }

  bool connected() const { return connected_; }
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const crypto::TlsCount sent = tls_->write(bytes);
      if (sent.status != crypto::TlsStatus::done) return false;
      bytes.remove_prefix(sent.count);
    }
    return true;
  }
  // The next bytes, empty at the end.
  std::string read() {
    std::string bytes(4096, '\0');
    bytes.resize(tls_->read(bytes).count);
    return bytes;
  }
  std::size_t read_at_most(std::size_t size) {
    std::string bytes(size, '\0');
    return tls_->read(bytes).count;
  }
  std::string read_to_end() {
    std::string all;
    for (std::string some = read(); !some.empty(); some = read()) all += some;
    return all;
  }
  void end_of_requests() { tls_->close_notify(); }
  void cut() { fd_.reset(); }

 private:
  std::ptrdiff_t receive(std::span<char> bytes) noexcept override {
    return detail::receive_some(fd_.get(), bytes);
  }
  std::ptrdiff_t send(std::string_view bytes) noexcept override {
    return detail::send_some(fd_.get(), bytes);
  }
  os::UniqueFd fd_;
  std::optional<crypto::TlsSession> tls_;
  bool connected_ = false;
};

// Exchanges taken off the io thread, to be answered by the test's.
class Waiting {
 public:
  void put(Exchange exchange) {
    const std::lock_guard lock(mutex_);
    exchanges_.push_back(std::move(exchange));
    arrived_.notify_one();
  }
  Exchange take() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return !exchanges_.empty(); });
    Exchange exchange = std::move(exchanges_.front());
    exchanges_.pop_front();
    return exchange;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Exchange> exchanges_;
};

struct Certified {
  std::shared_ptr<const crypto::TlsContext> server;
  crypto::TlsContext trust;
};

Certified certify(std::string_view authority_name) {
  const auto now = os::SystemClock().now();
  const auto authority = crypto::Authority::create(authority_name, now);
  const auto identity = authority.issue({"localhost", {"localhost"}, {"127.0.0.1"}}, now);
  return {std::make_shared<const crypto::TlsContext>(crypto::TlsContext::server(*identity).value()),
          crypto::TlsContext::client(authority.identity().certificate_pem).value()};
}

class ServerTest : public testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    if (options.threads == 0) options.threads = 2;
    ServerCalls calls;
    calls.handle = [this](Exchange exchange) { handle(std::move(exchange)); };
    calls.admit = admit_;
    calls.refuse = [](const Refusal& refusal, const Arrival&) {
      Response response;
      response.headers.add("Content-Type", "text/plain");
      response.body = refusal.message + "\n";
      return response;
    };
    server_.emplace(options, std::move(calls), clock_);
    server_->use_tls(certified_.server);
    auto socket = bind_tcp("127.0.0.1", 0);
    ASSERT_TRUE(socket.has_value());
    port_ = port_of(*socket).value();
    listener_ =
        server_->listen(*std::move(socket), std::make_shared<const std::string>("vpc-1")).value();
  }

  void handle(Exchange exchange) {
    const Request& request = exchange.request();
    if (request.path == "/later") return waiting_.put(std::move(exchange));
    if (request.path == "/lost") return;
    if (request.path == "/proved") exchange.vouch();
    Response response;
    response.headers.add("X-Tag", *static_cast<const std::string*>(exchange.tag().get()));
    response.headers.add("X-Peer", exchange.peer().address);
    response.headers.add("X-Local", exchange.arrival().local_address);
    response.body = std::string(request.method) + ' ' + std::string(request.target) + ' ' +
                    std::string(request.body);
    if (request.path == "/large") response.body = std::string(3'000'000, 'l');
    std::move(exchange).reply(std::move(response));
  }

  Result<Client> connect(const crypto::TlsContext& trust) const {
    return Client::connect_tls("127.0.0.1", port_, "localhost", trust, patience);
  }
  Result<Client> connect() const { return connect(certified_.trust); }
  RawClient raw() const { return {port_, certified_.trust}; }
  RawClient raw_from(const std::string& address) const { return {port_, certified_.trust, address}; }
  // A connection without TLS.
  os::UniqueFd plain() const {
    const auto address = detail::tcp_address("127.0.0.1", port_);
    os::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(socket.get(), address->get(), address->size), 0);
    return socket;
  }

  // All that the server says to those bytes before it closes.
  std::string answer_to(std::string_view bytes) const {
    RawClient client = raw();
    EXPECT_TRUE(client.write(bytes));
    return client.read_to_end();
  }

  os::SystemClock clock_;
  Certified certified_ = certify("first authority");
  Waiting waiting_;
  std::function<Admission(const Request&, const Arrival&)> admit_;  // before start()
  std::optional<Server> server_;
  std::uint16_t port_ = 0;
  ListenerId listener_ = 0;
};

constexpr std::string_view get_x = "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr std::string_view get_proved = "GET /proved HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view get_x_and_close =
    "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

TEST_F(ServerTest, AnswersManyRequestsOnOneConnectionWithTagAndPeer) {
  start();
  auto client = connect();
  ASSERT_TRUE(client.has_value()) << client.error().message;
  for (int i = 0; i < 100; ++i) {
    const auto response = client->send(
        {.method = "POST", .target = "/a?b=" + std::to_string(i), .body = "body"}, patience);
    ASSERT_TRUE(response.has_value()) << response.error().message;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "POST /a?b=" + std::to_string(i) + " body");
    EXPECT_EQ(response->headers.find("X-Tag"), "vpc-1");
    EXPECT_EQ(response->headers.find("X-Peer"), "127.0.0.1");
    EXPECT_EQ(response->headers.find("X-Local"), "127.0.0.1");
    EXPECT_TRUE(response->headers.find("Date").has_value());
  }
  EXPECT_EQ(server_->connections(), 1U);
}

TEST_F(ServerTest, SendsAndTakesBodiesLargerThanEveryBuffer) {
  start({.body_bytes_max = 4'000'000});
  auto client = connect();
  const auto large = client->send({.target = "/large"}, patience);
  ASSERT_TRUE(large.has_value()) << large.error().message;
  EXPECT_EQ(large->body.size(), 3'000'000U);
  const std::string body(3'000'000, 'b');
  const auto echoed = client->send({.method = "PUT", .target = "/x", .body = body}, patience);
  ASSERT_TRUE(echoed.has_value()) << echoed.error().message;
  EXPECT_EQ(echoed->body, "PUT /x " + body);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  std::string bytes;
  for (int i = 0; i < 200; ++i)
    bytes += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const std::string all = answer_to(bytes + std::string(get_x_and_close));
  std::size_t at = 0;
  for (int i = 0; i < 200; ++i) {
    at = all.find("\r\n\r\nGET /" + std::to_string(i) + ' ', at);
    ASSERT_NE(at, all.npos) << i;
  }
  EXPECT_NE(all.find("Connection: close\r\n\r\nGET /x ", at), all.npos);
}

TEST_F(ServerTest, HeadHasTheLengthButNotTheBody) {
  start();
  const std::string all = answer_to("HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(all.find("Content-Length: 8\r\n"), all.npos);
  EXPECT_TRUE(all.ends_with("\r\n\r\n"));
}

TEST_F(ServerTest, AsksForTheBodyOfAClientThatWaitsForIt) {
  start();
  RawClient client = raw();
  ASSERT_TRUE(
      client.write("PUT /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
                   "Connection: close\r\n\r\n"));
  EXPECT_EQ(client.read(), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(client.write("hi"));
  EXPECT_TRUE(client.read_to_end().ends_with("PUT /x hi"));
}

TEST_F(ServerTest, AHandlerMayAnswerLaterFromAnotherThread) {
  start();
  std::jthread answerer([&] {
    for (int i = 0; i < 50; ++i) {
      Exchange exchange = waiting_.take();
      Response response;
      response.body = "later " + std::string(exchange.request().query);  // still valid
      std::move(exchange).reply(std::move(response));
    }
  });
  auto client = connect();
  for (int i = 0; i < 50; ++i) {
    const auto response = client->send({.target = "/later?" + std::to_string(i)}, patience);
    ASSERT_TRUE(response.has_value()) << response.error().message;
    EXPECT_EQ(response->body, "later " + std::to_string(i));
  }
}

TEST_F(ServerTest, AnExchangeThatIsLostAnswers500) {
  start();
  auto client = connect();
  EXPECT_EQ(client->send({.target = "/lost"}, patience)->status, 500);
}

struct BadFraming {
  const char* name;
  int status;
  std::string bytes;
};

class BadFramingTest : public ServerTest, public testing::WithParamInterface<BadFraming> {};

// Refused with its status, told why, closed; and the request hidden behind it is never handled.
TEST_P(BadFramingTest, IsRefusedAndNothingAfterItIsRead) {
  start();
  const std::string all = answer_to(GetParam().bytes + "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(all.starts_with("HTTP/1.1 " + std::to_string(GetParam().status) + ' ')) << all;
  EXPECT_NE(all.find("Connection: close\r\n"), all.npos);
  EXPECT_NE(all.find(" at byte "), all.npos);
  EXPECT_EQ(all.find("\nHTTP/1.1 "), all.npos) << "a second response";
  EXPECT_EQ(all.find("hidden"), all.npos);
}

std::string post(std::string_view headers, std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n" + std::string(body);
}

INSTANTIATE_TEST_SUITE_P(
    Server, BadFramingTest,
    testing::Values(
        BadFraming{"TransferEncodingWithContentLength", 400,
                   post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
        BadFraming{"OddTransferEncoding", 501,
                   post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")},
        BadFraming{"ListedTransferEncoding", 501,
                   post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n")},
        BadFraming{"DuplicateContentLength", 400,
                   post("Content-Length: 0\r\nContent-Length: 30\r\n", "")},
        BadFraming{"DuplicateHost", 400, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
        BadFraming{"MissingHost", 400, "GET / HTTP/1.1\r\n\r\n"},
        BadFraming{"FoldedHeader", 400, post("X: a\r\n folded\r\n", "")},
        BadFraming{"BareLineFeed", 400, "GET / HTTP/1.1\nHost: a\n\n"},
        BadFraming{"ChunkExtension", 400, post("Transfer-Encoding: chunked\r\n", "0;x=y\r\n\r\n")},
        BadFraming{"ChunkSizeWithSign", 400, post("Transfer-Encoding: chunked\r\n", "-1\r\n\r\n")},
        BadFraming{"ChunkSizeTooLarge", 413,
                   post("Transfer-Encoding: chunked\r\n", "ffffffffffffffff\r\n")},
        BadFraming{"Trailer", 400, post("Transfer-Encoding: chunked\r\n", "0\r\nHost: b\r\n\r\n")},
        BadFraming{"AbsoluteTargetAgainstHost", 400, "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"},
        BadFraming{"OldVersion", 505, "GET / HTTP/1.0\r\nHost: a\r\n\r\n"},
        BadFraming{"HugeBody", 413, post("Content-Length: 1048577\r\n", "x")},
        BadFraming{"HugeHead", 431, post("X: " + std::string(head_bytes_max, 'x'), "")},
        BadFraming{"HugeTarget", 414, "GET /" + std::string(head_bytes_max, 'x')}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST_F(ServerTest, ASlowHeadIsRefusedInTime) {
  start({.head_max = milliseconds(40)});
  const std::string all = answer_to("GET / HTTP/1.1\r\nHost:");
  EXPECT_TRUE(all.starts_with("HTTP/1.1 408 ")) << all;
}

TEST_F(ServerTest, ASlowBodyIsRefusedInTime) {
  start({.body_idle_max = milliseconds(40)});
  const std::string all = answer_to("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
  EXPECT_TRUE(all.starts_with("HTTP/1.1 408 ")) << all;
}

// Bytes keep coming, so that only the limit on the whole can end it.
TEST_F(ServerTest, ABodyThatTricklesIsRefusedWhenItsWholeTimeIsOver) {
  start({.body_max = milliseconds(100), .linger_max = milliseconds(40)});
  RawClient client = raw();
  ASSERT_TRUE(client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"));
  const auto until = std::chrono::steady_clock::now() + patience;
  while (server_->connections() != 0 && std::chrono::steady_clock::now() < until) {
    client.write("x");
    std::this_thread::yield();
  }
  EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(ServerTest, AReaderThatTricklesIsClosedWhenTheResponsesWholeTimeIsOver) {
  // A byte at a time, a response takes some five times as long.
  start({.response_max = milliseconds(20), .keep_alive_idle_max = milliseconds(500)});
  RawClient client = raw();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(client.write("GET /large HTTP/1.1\r\nHost: a\r\n\r\n"));
  std::size_t got = 0;
  while (server_->connections() != 0) got += client.read_at_most(1);
  EXPECT_LT(got + client.read_to_end().size(), 30'000'000U);
}

Admission turn_away(std::string body) {
  Response response{.status = 403, .body = std::move(body)};
  response.headers.add("Content-Type", "text/plain");
  return {.refusal = std::move(response)};
}

TEST_F(ServerTest, ARefusedHeadIsAnsweredBeforeItsBodyIsRead) {
  admit_ = [](const Request& head, const Arrival& arrival) {
    return turn_away(std::string(head.method) + ' ' + std::string(head.path) + ' ' + arrival.peer.address + ' ' +
                     std::to_string(head.body.size()));
  };
  start();
  const std::string all = answer_to("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nsome");
  EXPECT_TRUE(all.starts_with("HTTP/1.1 403 ")) << all;
  EXPECT_NE(all.find("Connection: close\r\n"), all.npos);
  EXPECT_TRUE(all.ends_with("POST /x 127.0.0.1 0")) << all;
  const std::string waiting = answer_to("PUT /y HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_TRUE(waiting.starts_with("HTTP/1.1 403 ")) << "it was asked to go on: " << waiting;
}

TEST_F(ServerTest, AnAdmittedBodyMayBeAsLongAsWasSaidAndNoByteMore) {
  admit_ = [](const Request&, const Arrival&) { return Admission{.body_bytes_max = 10}; };
  start();
  for (const char* framing : {"Content-Length: 10\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\na\r\n"}) {
    RawClient client = raw();
    ASSERT_TRUE(client.write("PUT /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + std::string(framing)));
    ASSERT_TRUE(client.write("0123456789"));
    if (framing[0] == 'T') client.write("\r\n0\r\n\r\n");
    EXPECT_TRUE(client.read_to_end().ends_with("PUT /x 0123456789")) << framing;
  }
  for (const char* framing : {"Content-Length: 11\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nb\r\n",
                              "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n6\r\n"}) {
    const std::string all = answer_to("PUT /x HTTP/1.1\r\nHost: a\r\n" + std::string(framing));
    EXPECT_TRUE(all.starts_with("HTTP/1.1 413 ")) << framing << all;
  }
}

TEST_F(ServerTest, AnAdmissionIsForOneRequest) {
  std::atomic<int> asked = 0;
  admit_ = [&](const Request&, const Arrival&) { return ++asked == 1 ? Admission{.body_bytes_max = 10} : turn_away("no"); };
  start();
  RawClient client = raw();
  ASSERT_TRUE(client.write("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"));
  ASSERT_TRUE(client.write("hi"));
  EXPECT_TRUE(client.read().ends_with("PUT /x hi"));
  ASSERT_TRUE(client.write("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"));
  EXPECT_TRUE(client.read_to_end().starts_with("HTTP/1.1 403 "));
}

// A body of 64 KiB needs a buffer of 128 KiB; what the connection costs otherwise is below 64 KiB.
std::string half_a_body(const std::string& path = "/x") {
  return "PUT " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + std::string(100'000, 'b');
}

TEST_F(ServerTest, StrangersBodiesPastTheirBudgetAreRefusedAndTheVouchedForGoOn) {
  start({.buffered_bytes_max = 4'000'000, .stranger_bytes_max = 400'000});
  auto known = connect();
  ASSERT_TRUE(known->send({.target = "/proved"}, patience).has_value());
  RawClient first = raw(), second = raw(), third = raw();
  ASSERT_TRUE(first.write(half_a_body()));
  while (server_->buffered_bytes() < 150'000 + 4 * 40'000) std::this_thread::yield();
  second.write(half_a_body());
  third.write(half_a_body());
  const std::string refused = third.read_to_end();
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 503 ")) << refused.substr(0, 100);
  const std::string body(200'000, 'b');
  for (int i = 0; i < 3; ++i) {
    const auto echoed = known->send({.method = "PUT", .target = "/x", .body = body}, patience);
    ASSERT_TRUE(echoed.has_value()) << echoed.error().message;
    EXPECT_EQ(echoed->body, "PUT /x " + body);
  }
}

TEST_F(ServerTest, BodiesAndAnswersPastTheWholeBudgetAreRefusedAlsoToTheVouchedFor) {
  start({.buffered_bytes_max = 400'000});
  auto known = connect();
  ASSERT_TRUE(known->send({.target = "/proved"}, patience).has_value());
  EXPECT_EQ(known->send({.target = "/large"}, patience)->status, 503);
  EXPECT_EQ(known->send({.method = "PUT", .target = "/later", .body = std::string(500'000, 'b')}, patience)->status, 503);
}

TEST_F(ServerTest, WhatWasHeldIsGivenBack) {
  start();
  const std::size_t before = server_->buffered_bytes();
  EXPECT_EQ(before, 0U);
  {
    std::deque<RawClient> clients;
    for (int i = 0; i < 20; ++i) {
      clients.emplace_back(port_, certified_.trust);
      ASSERT_TRUE(clients.back().write(half_a_body()));
    }
    while (server_->buffered_bytes() < 20UL * 100'000) std::this_thread::yield();
  }
  while (server_->connections() != 0) std::this_thread::yield();
  while (server_->buffered_bytes() != 0) std::this_thread::yield();
}

// The test's own connections are strangers; each costs some 50 KB.
TEST_F(ServerTest, ANewStrangerTakesThePlaceOfTheOldest) {
  start({.threads = 1, .stranger_bytes_max = 300'000});
  RawClient known = raw();
  ASSERT_TRUE(known.write(get_proved));
  EXPECT_NE(known.read(), "");
  RawClient oldest = raw();
  std::deque<RawClient> others;
  for (int i = 0; i < 20; ++i) {
    others.emplace_back(port_, certified_.trust);
    EXPECT_TRUE(others.back().connected()) << i;
  }
  EXPECT_EQ(oldest.read_to_end(), "");
  EXPECT_LT(server_->connections(), 12U);
  for (RawClient* client : {&known, &others.back()}) {
    ASSERT_TRUE(client->write(get_x_and_close));
    EXPECT_TRUE(client->read_to_end().ends_with("GET /x "));
  }
}

TEST_F(ServerTest, StrangersOfOneAddressAreCappedAndThoseVouchedForAreNotAmongThem) {
  start({.strangers_per_peer_max = 2});
  RawClient known = raw();
  ASSERT_TRUE(known.write(get_proved));
  EXPECT_NE(known.read(), "");
  RawClient first = raw(), second = raw();
  EXPECT_TRUE(first.connected() && second.connected());
  EXPECT_FALSE(raw().connected());
  EXPECT_TRUE(raw_from("127.0.0.2").connected());
  ASSERT_TRUE(first.write("GET /proved HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_NE(first.read(), "");
  EXPECT_TRUE(raw().connected());
}

TEST_F(ServerTest, ConnectionsOfOneAddressAreCapped) {
  start({.connections_per_peer_max = 2});
  std::deque<RawClient> known;
  for (int i = 0; i < 2; ++i) {
    known.emplace_back(port_, certified_.trust);
    ASSERT_TRUE(known.back().write("GET /proved HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_NE(known.back().read(), "");
  }
  EXPECT_FALSE(raw().connected());
  EXPECT_TRUE(raw_from("127.0.0.2").connected());
}

TEST(Ledger, APeerIsAnAddressOrASlash64AtOneListener) {
  const auto key = [](ListenerId listener, const char* address) { return detail::peer_key(listener, {address, 1}); };
  EXPECT_EQ(key(1, "2001:db8::1"), key(1, "2001:db8::ffff:0:0:1"));
  EXPECT_NE(key(1, "2001:db8::1"), key(1, "2001:db8:0:1::1"));
  EXPECT_NE(key(1, "192.0.2.1"), key(1, "192.0.2.2"));
  EXPECT_NE(key(1, "192.0.2.1"), key(2, "192.0.2.1"));
}

TEST(Ledger, BytesFitUpToTheirLimitAndNotOneMore) {
  using detail::Standing;
  detail::Ledger ledger({.buffered_bytes_max = 100, .stranger_bytes_max = 40});
  EXPECT_TRUE(ledger.charge(Standing::stranger, 40));
  EXPECT_FALSE(ledger.charge(Standing::stranger, 1));
  EXPECT_TRUE(ledger.charge(Standing::vouched, 60));
  EXPECT_FALSE(ledger.charge(Standing::vouched, 1));
  EXPECT_EQ(ledger.bytes(), 100U);
  ledger.release(Standing::stranger, 40);
  EXPECT_TRUE(ledger.charge(Standing::vouched, 40));
  EXPECT_FALSE(ledger.charge(Standing::stranger, 1));
}

TEST_F(ServerTest, PlainHttpIsToldWhatToDo) {
  start();
  const os::UniqueFd socket = plain();
  ASSERT_EQ(::send(socket.get(), get_x.data(), get_x.size(), 0), static_cast<ssize_t>(get_x.size()));
  ::shutdown(socket.get(), SHUT_WR);
  std::string all;
  char some[1024];
  for (ssize_t got = 0; (got = ::recv(socket.get(), some, sizeof(some), 0)) > 0;) all.append(some, static_cast<std::size_t>(got));
  EXPECT_TRUE(all.starts_with("HTTP/1.1 400 ")) << all;
  EXPECT_NE(all.find("use an https:// address"), all.npos) << all;
}

TEST_F(ServerTest, WhatIsNeitherTlsNorHttpIsClosed) {
  start();
  for (const char* garbage : {"\x80\x2e\x01", "get / http", "\x16\x03\x01\xff\xff"}) {
    const os::UniqueFd socket = plain();
    ::send(socket.get(), garbage, std::strlen(garbage), 0);
    ::shutdown(socket.get(), SHUT_WR);
    std::string all;
    char some[1024];
    for (ssize_t got = 0; (got = ::recv(socket.get(), some, sizeof(some), 0)) > 0;) all.append(some, static_cast<std::size_t>(got));
    EXPECT_EQ(all.find("HTTP"), all.npos) << all;
  }
}

// A client that keeps its connection open and does nothing.
TEST_F(ServerTest, AnIdleConnectionDoesNotDelayAStop) {
  start();
  auto idle = connect();
  ASSERT_TRUE(idle->send({}, patience).has_value());
  const auto before = std::chrono::steady_clock::now();
  server_->stop(patience);
  EXPECT_LT(std::chrono::steady_clock::now() - before, milliseconds(1000));
}

TEST_F(ServerTest, IdleConnectionsAreClosedInTimeAndWithoutAWord) {
  start({.keep_alive_idle_max = milliseconds(40)});
  EXPECT_EQ(answer_to(""), "");
  RawClient client = raw();
  ASSERT_TRUE(client.write(get_x));
  EXPECT_NE(client.read(), "");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(ServerTest, AHandshakeThatDoesNotEndIsClosedInTime) {
  start({.handshake_max = milliseconds(40)});
  const auto address = detail::tcp_address("127.0.0.1", port_);
  const os::UniqueFd silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::connect(silent.get(), address->get(), address->size), 0);
  char byte = 0;
  EXPECT_LE(::recv(silent.get(), &byte, 1, 0), 0);
}

TEST_F(ServerTest, AClientThatDoesNotReadIsClosedInTime) {
  start({.write_idle_max = milliseconds(40)});
  RawClient client = raw();
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(client.write("GET /large HTTP/1.1\r\nHost: a\r\n\r\n"));
  }
  while (server_->connections() != 0) std::this_thread::yield();
  EXPECT_LT(client.read_to_end().size(), 30'000'000U);
}

TEST_F(ServerTest, AHalfClosedClientStillGetsItsAnswers) {
  start();
  RawClient client = raw();
  ASSERT_TRUE(client.write(std::string(get_x) + std::string(get_x)));
  client.end_of_requests();
  const std::string all = client.read_to_end();
  EXPECT_NE(all.find("GET /x", all.find("GET /x") + 1), all.npos) << all;
}

TEST_F(ServerTest, ARequestCutShortIsNeverHandled) {
  start();
  RawClient client = raw();
  ASSERT_TRUE(client.write("POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"));
  client.end_of_requests();
  EXPECT_EQ(client.read_to_end(), "");
}

TEST_F(ServerTest, AClientMayVanishAtAnyMoment) {
  start();
  for (std::size_t size = 0; size <= get_x.size(); ++size) {
    RawClient client = raw();
    ASSERT_TRUE(client.connected());
    if (size != 0) client.write(get_x.substr(0, size));
    client.cut();
  }
  RawClient leaver = raw();
  leaver.write("GET /later HTTP/1.1\r\nHost: a\r\n\r\n");
  Exchange exchange = waiting_.take();
  leaver.cut();
  std::move(exchange).reply({});
  EXPECT_TRUE(connect()->send({}, patience).has_value());
}

TEST_F(ServerTest, HoldsAThousandIdleConnections) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4096);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  start({.strangers_per_peer_max = 1000});
  std::deque<RawClient> idle;
  for (int i = 0; i < 1000; ++i) {
    idle.emplace_back(port_, certified_.trust);
    ASSERT_TRUE(idle.back().connected()) << i;
  }
  EXPECT_EQ(server_->connections(), 1000U);
  for (const std::size_t which : {0U, 500U, 999U}) {
    ASSERT_TRUE(idle[which].write(get_x_and_close));
    EXPECT_TRUE(idle[which].read_to_end().ends_with("GET /x "));
  }
}

TEST_F(ServerTest, ClosesTheConnectionPastTheLimitAndTakesOneAgainLater) {
  start({.connections_max = 2, .linger_max = milliseconds(40)});
  RawClient first = raw();
  ASSERT_TRUE(first.write(get_proved));
  EXPECT_NE(first.read(), "");
  {
    RawClient second = raw();
    ASSERT_TRUE(second.write(get_proved));
    EXPECT_NE(second.read(), "");
    EXPECT_FALSE(raw().connected());
  }
  while (server_->connections() != 1) std::this_thread::yield();
  EXPECT_TRUE(raw().connected());
}

TEST_F(ServerTest, AtTheLimitOfConnectionsStrangersMakeRoom) {
  start({.connections_max = 2, .linger_max = milliseconds(40)});
  RawClient known = raw();
  ASSERT_TRUE(known.write(get_proved));
  EXPECT_NE(known.read(), "");
  RawClient stranger = raw();
  EXPECT_TRUE(stranger.connected());
  EXPECT_FALSE(raw().connected());
  EXPECT_EQ(stranger.read_to_end(), "");
  while (server_->connections() != 1) std::this_thread::yield();
  EXPECT_TRUE(raw().connected());
  ASSERT_TRUE(known.write(get_x_and_close));
  EXPECT_TRUE(known.read_to_end().ends_with("GET /x "));
}

TEST_F(ServerTest, AStoppedListenerFreesItsAddressAndClosesItsConnections) {
  start();
  auto second = bind_tcp("127.0.0.1", 0);
  const std::uint16_t second_port = port_of(*second).value();
  ASSERT_TRUE(server_->listen(*std::move(second), std::make_shared<const std::string>("vpc-2"))
                  .has_value());
  RawClient idle = raw();
  RawClient busy = raw();
  ASSERT_TRUE(busy.write("GET /later HTTP/1.1\r\nHost: a\r\n\r\n"));
  Exchange running = waiting_.take();
  server_->stop_listener(listener_);
  EXPECT_FALSE(connect().has_value());
  EXPECT_TRUE(bind_tcp("127.0.0.1", port_).has_value());
  EXPECT_EQ(idle.read_to_end(), "");
  std::move(running).reply({.body = "finished"});
  const std::string all = busy.read_to_end();
  EXPECT_TRUE(all.ends_with("finished")) << all;
  EXPECT_NE(all.find("Connection: close"), all.npos);
  port_ = second_port;
  EXPECT_EQ(connect()->send({}, patience)->headers.find("X-Tag"), "vpc-2");
}

TEST_F(ServerTest, ARenewedCertificateServesNewConnectionsAndKeepsOldOnes) {
  start();
  auto before = connect();
  ASSERT_TRUE(before.has_value());
  const Certified renewed = certify("second authority");
  server_->use_tls(renewed.server);
  EXPECT_TRUE(before->send({}, patience).has_value());
  EXPECT_FALSE(connect().has_value());
  auto after = connect(renewed.trust);
  ASSERT_TRUE(after.has_value()) << after.error().message;
  EXPECT_TRUE(after->send({}, patience).has_value());
}

TEST_F(ServerTest, StopLetsRunningRequestsFinish) {
  start({.linger_max = milliseconds(40)});
  RawClient client = raw();
  ASSERT_TRUE(client.write("GET /later HTTP/1.1\r\nHost: a\r\n\r\n"));
  Exchange running = waiting_.take();
  std::jthread stopper([&] { server_->stop(patience); });
  while (connect().has_value()) std::this_thread::yield();  // it has begun to stop
  std::move(running).reply({.body = "finished"});
  EXPECT_TRUE(client.read_to_end().ends_with("finished"));
}

TEST_F(ServerTest, StopGivesUpAfterItsPatienceAndALateAnswerIsHarmless) {
  start();
  RawClient client = raw();
  ASSERT_TRUE(client.write("GET /later HTTP/1.1\r\nHost: kept\r\n\r\n"));
  Exchange running = waiting_.take();
  server_->stop(milliseconds(20));
  EXPECT_EQ(server_->connections(), 0U);
  server_.reset();
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(running.request().host, "kept");
  std::move(running).reply({.body = "nobody hears this"});
}

TEST_F(ServerTest, ServesPlainHttpOnAUnixSocketAndReplacesADeadOne) {
  start();
  const std::string path = testing::TempDir() + "ringwall-http-" + std::to_string(::getpid());
  for (int round = 0; round < 2; ++round) {
    auto socket = bind_unix(path, 0600);
    ASSERT_TRUE(socket.has_value()) << socket.error().message;
    const auto taken = bind_unix(path, 0600);
    ASSERT_FALSE(taken.has_value());
    EXPECT_EQ(taken.error().kind, Failure::conflict);
    const auto id = server_->listen(*std::move(socket),
                                    std::make_shared<const std::string>("local"), Security::plain);
    auto client = Client::connect_unix(path, patience);
    ASSERT_TRUE(client.has_value()) << client.error().message;
    const auto response = client->send({.target = "/x"}, patience);
    ASSERT_TRUE(response.has_value()) << response.error().message;
    EXPECT_EQ(response->headers.find("X-Peer"), "");
    EXPECT_EQ(response->body, "GET /x ");
    server_->stop_listener(*id);
  }
  std::filesystem::remove(path);
}

TEST(Listen, ATakenPortSaysWhatToDo) {
  const auto first = bind_tcp("127.0.0.1", 0);
  const std::uint16_t port = port_of(*first).value();
  const auto second = bind_tcp("127.0.0.1", port);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error(),
            (Error{Failure::conflict, "address already in use: `127.0.0.1:" + std::to_string(port) +
                                          "`; choose another with --listen"}));
}

TEST(Listen, TakesLiteralAddressesOnly) {
  EXPECT_EQ(bind_tcp("localhost", 0).error().message, "`localhost` is not an IPv4 or IPv6 address");
  EXPECT_EQ(bind_tcp("192.0.2.1", 0).error().kind, Failure::invalid);
  EXPECT_EQ(bind_unix(std::string(108, 'x'), 0600).error().kind, Failure::invalid);
}

}  // namespace
}  // namespace ringwall::http
