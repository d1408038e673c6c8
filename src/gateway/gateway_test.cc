// Requests over real TLS, signed as clients sign them.

#include "gateway/gateway.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "awsapi/detail/canonical.h"
#include "awsapi/sigv4.h"
#include "crypto/crypto.h"
#include "gateway/testing.h"
#include "http/client.h"
#include "http/listen.h"
#include "os/files.h"
#include "service/authorization_message.h"
#include "text/encode.h"
#include "text/time.h"

namespace ringwall::gateway {
namespace {

using service::Access;
using service::Call;
using service::Operation;
constexpr std::chrono::seconds patience{20};
constexpr const char* a_policy = R"({"policyDocument":"{}","policyType":"IDENTITY_POLICY"})";

struct Asking {
  const char* service = "sts";
  std::string action = "GetCallerIdentity";  // in REST method and path, as "GET /analyzer"
  std::string parameters = {};  // of a form, or a JSON body
  http::HeaderLines headers = {};
  std::string region = "us-east-1";
  std::chrono::seconds skew{0};
  enum class Signature : std::uint8_t { good, none, wrong } signature = Signature::good;
  std::string host = "localhost";
  std::string path = "/";
};

class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() {
    start({.io_threads = 2, .worker_threads = 2});
  }
  ~GatewayTest() override { close(); }

  void start(Options options) {
    const auto now = os::SystemClock().now();  // clients check certificates by the real time
    const auto authority = crypto::Authority::create("tests", now);
    const auto identity = authority.issue({"localhost", {"localhost"}, {"127.0.0.1"}}, now);
    trust_.emplace(*crypto::TlsContext::client(authority.identity().certificate_pem));
    gateway_.emplace(std::move(options), identities_.world.environment(), identities_.world.directory(), audited_.log(),
                     services());
    gateway_->use_tls(std::make_shared<const crypto::TlsContext>(*crypto::TlsContext::server(*identity)));
    auto socket = bound(port_);
    EXPECT_TRUE(gateway_->listen(std::move(socket)));
  }

  static os::UniqueFd bound(std::uint16_t& port) {
    auto socket = http::bind_tcp("127.0.0.1", 0);
    RW_CHECK(socket.has_value());
    port = *http::port_of(*socket);
    return *std::move(socket);
  }
  void close() {
    if (gateway_) gateway_->stop(patience);
    gateway_.reset();
  }
  std::vector<Json> audit_lines() {
    close();
    return audited_.lines();
  }

  // One service of each protocol family, with what the tests need of it.
  std::vector<service::Service> services() {
    const service::Handler nothing = [](const Call&) -> service::ApiResult<Json> { return Json::object(); };
    std::vector<service::Service> all;
    all.emplace_back(*awsapi::builtin_model("sts"), std::vector<Operation>{
        {"GetCallerIdentity", Access::read, service::ask_nothing(), [](const Call& call) -> service::ApiResult<Json> {
           return Json::object({{"Arn", call.caller.principal.arn}, {"Account", call.account()}, {"UserId", call.caller.principal.unique_id}});
         }, std::chrono::minutes(15)}});
    all.emplace_back(*awsapi::builtin_model("iam"), std::vector<Operation>{
        {"ListUsers", Access::read, service::ask_on_star("iam:ListUsers"), [this](const Call&) -> service::ApiResult<Json> {
           if (listing_) listing_();
           return Json::object();
         }}});
    all.emplace_back(*awsapi::builtin_model("ec2"), std::vector<Operation>{{"DescribeVpcs", Access::read, service::ask_on_star("ec2:DescribeVpcs"), nothing}});
    all.emplace_back(*awsapi::builtin_model("kms"), std::vector<Operation>{
        {"ListKeys", Access::read, service::ask_on_star("kms:ListKeys"), nothing},
        {"CreateKey", Access::write, service::ask_on_star("kms:CreateKey"), [this](const Call& call) { return count(call); }}});
    all.emplace_back(*awsapi::builtin_model("accessanalyzer"), std::vector<Operation>{
        {"ValidatePolicy", Access::read, service::ask_on_star("access-analyzer:ValidatePolicy"), [](const Call& call) -> service::ApiResult<Json> {
           return Json::object({{"findings", Json::array()}, {"nextToken", call.input["policyDocument"]}});
         }}});
    return all;
  }
  // Adds one to a stored number; `between` runs after the reading.
  service::ApiResult<Json> count(const Call& call) {
    const auto stored = call.transaction.get("test/count");
    const std::int64_t next = (stored ? (*stored)["n"].as_integer() : 0) + 1;
    ++handled_;
    if (between_) between_();
    call.transaction.put("test/count", Json::object({{"n", next}}));
    return Json::object({{"KeyMetadata", Json::object({{"KeyId", std::to_string(next)}})}});
  }

  http::Client connect(std::uint16_t port) {
    auto client = http::Client::connect_tls("127.0.0.1", port, "localhost", *trust_, patience);
    RW_CHECK(client.has_value());
    return *std::move(client);
  }

  http::OutgoingRequest signed_by(const Keys& keys, const Asking& asking) const {
    const awsapi::Model& model = *awsapi::builtin_model(asking.service);
    const bool json = model.protocol() == awsapi::Protocol::json;
    if (model.protocol() == awsapi::Protocol::rest_json) {
      const std::size_t space = asking.action.find(' ');
      return sent_as(keys, asking, asking.action.substr(0, space), asking.action.substr(space + 1), "application/json", asking.parameters);
    }
    const std::string body = json ? (asking.parameters.empty() ? "{}" : asking.parameters)
                                  : "Action=" + asking.action + "&Version=" + std::string(model.api_version()) + asking.parameters;
    return sent_as(keys, asking, "POST", asking.path, json ? "application/x-amz-json-1.1" : "application/x-www-form-urlencoded", body,
                   json ? std::string(model.target_prefix()) + "." + asking.action : "");
  }
  http::OutgoingRequest sent_as(const Keys& keys, const Asking& asking, const std::string& method, const std::string& path,
                                const std::string& content_type, const std::string& body, const std::string& target = {}) const {
    const awsapi::Model& model = *awsapi::builtin_model(asking.service);
    std::map<std::string, std::string, std::less<>> headers = {{"host", asking.host}, {"content-type", content_type}};
    if (!target.empty()) headers["x-amz-target"] = target;
    http::OutgoingRequest request{.method = method, .target = path, .headers = asking.headers};
    request.body = body;
    awsapi::WireRequest wire{.method = method, .path = path, .query = {}, .header = {}, .body = request.body};
    wire.header = [&](std::string_view name) -> std::optional<std::string_view> {
      const auto found = headers.find(name);
      return found == headers.end() ? std::nullopt : std::optional<std::string_view>(found->second);
    };
    wire.each_header = [&](const std::function<void(std::string_view, std::string_view)>& visit) {
      for (const auto& [name, value] : headers) visit(name, value);
    };
    for (const auto& [name, value] : headers) {
      if (name != "host") request.headers.add(name, value);
    }
    request.headers.add("Host", asking.host);
    if (asking.signature == Asking::Signature::none) return request;
    const Secret wrong(std::string_view("another secret"));
    const Secret& secret = asking.signature == Asking::Signature::wrong ? wrong : keys.secret;
    for (const auto& [name, value] : awsapi::sign(wire, keys.access_key, secret, keys.token, asking.region, model.signing_name(),
                                                  identities_.world.environment().clock.now() + asking.skew)) {
      request.headers.add(name, value);
    }
    return request;
  }
  http::Response ask_at(std::uint16_t port, const Keys& keys, const Asking& asking = {}) {
    auto client = connect(port);
    auto response = client.send(signed_by(keys, asking), patience);
    EXPECT_TRUE(response) << (response ? "" : response.error().message);
    return response ? *std::move(response) : http::Response{.status = 599};
  }
  http::Response ask(const Keys& keys, const Asking& asking = {}) { return ask_at(port_, keys, asking); }

  // "200", or the status and the error's code: "403 AccessDenied".
  static std::string outcome(const http::Response& response) {
    std::string status = std::to_string(response.status);
    if (response.status == 200) return status;
    if (const auto type = response.headers.find("x-amzn-ErrorType")) return status + " " + std::string(*type);
    if (response.body.starts_with('{')) {
      const auto json = text::parse_json(response.body);
      const std::string type = json ? json->str("__type") : "?";
      return status + " " + type.substr(type.find('#') + 1);
    }
    const std::size_t at = response.body.find("<Code>");
    return at == std::string::npos ? status : status + " " + response.body.substr(at + 6, response.body.find("</Code>") - at - 6);
  }
  std::string outcome_of(const Keys& keys, const Asking& asking = {}) { return outcome(ask(keys, asking)); }

  // A VPC endpoint's context, and a listener of its own.
  service::NetworkContext endpoint(const std::string& vpc, const std::string& policy = {}, const std::string& only = {}) const {
    service::NetworkContext context{.vpc_id = vpc,
                                    .vpc_arn = "arn:aws:ec2:us-east-1:" + identities_.account() + ":vpc/" + vpc,
                                    .vpce_id = "vpce-1",
                                    .vpce_account = identities_.account(),
                                    .vpce_service = only};
    if (!policy.empty()) context.endpoint_policy = authz::Named{"policy of vpce-1", *policy::compile(policy, policy::Kind::endpoint)};
    return context;
  }
  static std::string allow_if(const std::string& condition) {
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":)" + condition + "}]}";
  }

  mutable Identities identities_;
  Audited audited_;
  std::optional<crypto::TlsContext> trust_;
  std::function<void()> between_;
  std::function<void()> listing_;  // runs in each ListUsers
  std::atomic<int> handled_ = 0;
  std::uint16_t port_ = 0;
  std::optional<Gateway> gateway_;
};

// Who asks.

TEST_F(GatewayTest, ASignedRequestIsAnsweredForItsCaller) {
  const Keys admin = identities_.administrator();
  const http::Response response = ask(admin);
  EXPECT_EQ(outcome(response), "200");
  EXPECT_NE(response.body.find("<Arn>" + admin.arn + "</Arn>"), std::string::npos) << response.body;
  EXPECT_NE(response.body.find("<Account>" + identities_.account() + "</Account>"), std::string::npos);
}

TEST_F(GatewayTest, TheUseOfALongLivedKeyIsWrittenDown) {
  const Keys admin = identities_.administrator(), other = identities_.user("other", allow_all);
  EXPECT_EQ(outcome_of(admin, {.service = "kms", .action = "ListKeys"}), "200");
  EXPECT_NE(outcome_of(other, {.signature = Asking::Signature::wrong}), "200");
  EXPECT_EQ(outcome_of(identities_.session()), "200");
  close();  // which finishes what is queued
  const auto used = directory::tables::last_uses.list(identities_.world.store());
  ASSERT_EQ(used.size(), 1U);
  EXPECT_EQ(used[0].parts[0], admin.access_key);
  EXPECT_EQ(used[0].record.service, "kms");
  EXPECT_EQ(used[0].record.region, "us-east-1");
}

TEST_F(GatewayTest, OneConnectionServesSeveralCallers) {
  const Keys admin = identities_.administrator(), other = identities_.user("other", allow_all);
  auto client = connect(port_);
  for (const Keys* keys : {&admin, &other, &admin}) {
    const auto response = client.send(signed_by(*keys, {}), patience);
    ASSERT_TRUE(response);
    EXPECT_NE(response->body.find("<Arn>" + keys->arn + "</Arn>"), std::string::npos);
  }
}

TEST_F(GatewayTest, EachFamilySaysInItsOwnWordsWhoItDoesNotBelieve) {
  const Keys admin = identities_.administrator();
  const Keys stranger{"", "AKIAAAAAAAAAAAAAAAAA", Secret(std::string_view("secret"))};
  struct Case {
    const char *service, *action, *unsigned_, *unknown, *wrong;
  };
  for (const auto& [service, action, unsigned_, unknown, wrong] : std::initializer_list<Case>{
           {"sts", "GetCallerIdentity", "403 MissingAuthenticationToken", "403 InvalidClientTokenId", "403 SignatureDoesNotMatch"},
           {"iam", "ListUsers", "403 MissingAuthenticationToken", "403 InvalidClientTokenId", "403 SignatureDoesNotMatch"},
           {"ec2", "DescribeVpcs", "403 MissingAuthenticationToken", "401 AuthFailure", "403 SignatureDoesNotMatch"},
           {"kms", "ListKeys", "400 MissingAuthenticationTokenException", "400 UnrecognizedClientException", "400 InvalidSignatureException"},
           {"accessanalyzer", "POST /policy/validation", "403 MissingAuthenticationTokenException", "403 UnrecognizedClientException", "403 InvalidSignatureException"}}) {
    const Asking asking{.service = service, .action = action, .parameters = service == std::string_view("accessanalyzer") ? a_policy : ""};
    EXPECT_EQ(outcome_of(admin, asking), "200") << service;
    Asking changed = asking;
    changed.signature = Asking::Signature::none;
    EXPECT_EQ(outcome_of(admin, changed), unsigned_) << service;
    EXPECT_EQ(outcome_of(stranger, asking), unknown) << service;
    changed.signature = Asking::Signature::wrong;
    EXPECT_EQ(outcome_of(admin, changed), wrong) << service;
    changed = asking;
    changed.region = "eu-west-1";
    EXPECT_EQ(outcome_of(admin, changed), wrong) << service;
  }
}

TEST_F(GatewayTest, InRestTheMethodAndThePathSayWhatIsAsked) {
  const Keys admin = identities_.administrator();
  const auto asked = [&](const char* method_and_path, const char* body = a_policy) {
    return ask(admin, {.service = "accessanalyzer", .action = method_and_path, .parameters = body});
  };
  EXPECT_EQ(asked("POST /policy/validation").body, R"({"findings":[],"nextToken":"{}"})");
  EXPECT_EQ(outcome(asked("POST /policy/check-no-new-access")), "400 UnsupportedOperationException");
  for (const char* unknown : {"GET /policy/validation", "POST /policy/Validation", "POST /policy/validation/", "POST /policy/%76alidation", "POST /"}) {
    EXPECT_EQ(outcome(asked(unknown)), "404 UnknownOperationException") << unknown;
  }
  EXPECT_EQ(outcome(asked("POST /policy/validation", "{}")), "400 ValidationException");
  EXPECT_EQ(outcome_of(identities_.user("nobody", ""), {.service = "accessanalyzer", .action = "POST /policy/validation", .parameters = a_policy}),
            "403 AccessDeniedException");
  std::string events;
  for (const Json& line : audit_lines()) events += line.str("eventSource") + " " + line.str("eventName") + "\n";
  EXPECT_TRUE(events.starts_with("access-analyzer.amazonaws.com ValidatePolicy\n")) << events;
}

TEST_F(GatewayTest, ASignatureIsTakenUpToFifteenMinutesFromNow) {
  const Keys admin = identities_.administrator();
  for (const int sign : {1, -1}) {
    EXPECT_EQ(outcome_of(admin, {.skew = sign * std::chrono::seconds(awsapi::clock_skew_max)}), "200") << sign;
    EXPECT_NE(outcome_of(admin, {.skew = sign * (std::chrono::seconds(awsapi::clock_skew_max) + std::chrono::seconds(1))}), "200") << sign;
  }
}

TEST_F(GatewayTest, AKeyThatIsGoneOrWhoseUserIsGoneIsUnknown) {
  const Keys one = identities_.user("one", allow_all), two = identities_.user("two", allow_all);
  EXPECT_EQ(outcome_of(one), "200");
  EXPECT_EQ(outcome_of(two), "200");
  identities_.erase(directory::tables::access_keys.key(one.access_key));
  identities_.erase(directory::iam_key(identities_.account(), "user", "two"));
  EXPECT_EQ(outcome_of(one), "403 InvalidClientTokenId");
  EXPECT_EQ(outcome_of(two), "403 InvalidClientTokenId");
}

TEST_F(GatewayTest, TheUsersOfAnAccountThatHasLeftGoOnOnTheirOwn) {
  const Keys one = identities_.user("one", allow_all);
  EXPECT_EQ(outcome_of(one), "200");
  identities_.erase(directory::tables::accounts.key(identities_.account()));
  EXPECT_EQ(outcome_of(one), "200");
  EXPECT_EQ(outcome_of(one, {.service = "kms", .action = "CreateKey"}), "200");
}

TEST_F(GatewayTest, ASessionWorksUntilItExpiresAndOnlyWithItsOwnToken) {
  const Keys session = identities_.session(), other = identities_.session();
  EXPECT_EQ(outcome_of(session), "200");
  EXPECT_EQ(outcome_of({session.arn, session.access_key, session.secret.duplicate()}), "403 InvalidClientTokenId");
  EXPECT_EQ(outcome_of({session.arn, session.access_key, session.secret.duplicate(), other.token}), "403 InvalidClientTokenId");
  std::string damaged = session.token;
  damaged[damaged.size() / 2] = damaged[damaged.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_EQ(outcome_of({session.arn, session.access_key, session.secret.duplicate(), damaged}), "403 InvalidClientTokenId");
  identities_.world.clock().advance(std::chrono::seconds(3599));
  EXPECT_EQ(outcome_of(session), "200");
  identities_.world.clock().advance(std::chrono::seconds(1));
  EXPECT_EQ(outcome_of(session), "403 ExpiredToken");
  EXPECT_EQ(outcome_of(session, {.service = "kms", .action = "ListKeys"}), "400 ExpiredTokenException");
}

TEST_F(GatewayTest, ASessionPolicyRestricts) {
  const Keys session = identities_.session(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"}]})");
  EXPECT_EQ(outcome_of(session, {.service = "iam", .action = "ListUsers"}), "200");
  EXPECT_EQ(outcome_of(session, {.service = "kms", .action = "ListKeys"}), "400 AccessDeniedException");
}

// A GET that carries its signature in its query, as clients hand it on.
http::OutgoingRequest presigned(const Keys& keys, const std::string& service, const std::string& parameters, std::chrono::seconds lifetime, TimePoint now,
                                const std::string& method = "GET", const std::string& body = {}) {
  const std::string time = text::basic_iso8601(now), date = time.substr(0, 8);
  const std::string query = parameters + "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" +
                            text::percent_encode(keys.access_key + "/" + date + "/us-east-1/" + service + "/aws4_request") + "&X-Amz-Date=" + time +
                            "&X-Amz-Expires=" + std::to_string(lifetime.count()) + "&X-Amz-SignedHeaders=host";
  const std::string canonical = method + "\n/\n" + *awsapi::detail::canonical_query(query) + "\nhost:localhost\n\nhost\n" + crypto::sha256_hex(body);
  const Secret key = awsapi::signing_key(keys.secret, date, "us-east-1", service);
  http::OutgoingRequest request{.method = method, .target = "/?" + query, .headers = {}, .body = body};
  request.target += "&X-Amz-Signature=" + awsapi::detail::signature_of({time, date, "us-east-1", service}, canonical, key);
  request.headers.add("Host", "localhost");
  return request;
}

TEST_F(GatewayTest, OnlyWhatClientsPresignIsTakenPresignedAndForFifteenMinutes) {
  using std::chrono::seconds;
  const Keys admin = identities_.administrator();
  const TimePoint now = identities_.world.environment().clock.now();
  const std::string who = "Action=GetCallerIdentity&Version=2011-06-15", users = "Action=ListUsers&Version=2010-05-08";
  const auto outcome_of_sent = [&](const http::OutgoingRequest& request) { return outcome(*connect(port_).send(request, patience)); };
  EXPECT_EQ(outcome_of_sent(presigned(admin, "sts", who, seconds(900), now)), "200");
  EXPECT_EQ(outcome_of_sent(presigned(admin, "sts", who, seconds(60), now)), "200");
  EXPECT_EQ(outcome_of_sent(presigned(admin, "sts", who, seconds(901), now)), "400 IncompleteSignature");
  EXPECT_EQ(outcome_of_sent(presigned(admin, "sts", who, seconds(900), now, "POST")), "400 IncompleteSignature");
  EXPECT_EQ(outcome_of_sent(presigned(admin, "sts", "Version=2011-06-15", seconds(900), now, "POST", "Action=GetCallerIdentity")), "400 IncompleteSignature");
  EXPECT_EQ(outcome_of_sent(presigned(admin, "sts", who, seconds(900), now, "GET", "x=y")), "400 IncompleteSignature");
  EXPECT_EQ(outcome_of_sent(presigned(admin, "sts", "Action=GetSessionToken&Version=2011-06-15", seconds(60), now)), "400 IncompleteSignature");
  EXPECT_EQ(outcome_of_sent(presigned(admin, "iam", users, seconds(60), now)), "400 IncompleteSignature");
  EXPECT_EQ(outcome_of_sent(presigned(admin, "iam", users, seconds(604'800), now, "POST")), "400 IncompleteSignature");
  EXPECT_EQ(outcome_of_sent(presigned(admin, "ec2", "Action=DescribeVpcs&Version=2016-11-15", seconds(60), now)), "400 IncompleteSignature");
}

TEST_F(GatewayTest, ARequestThatWasSignedForAnotherHostIsRefused) {
  const Keys admin = identities_.administrator();
  for (const char* own : {"localhost:4566", "127.0.0.1", "[::1]:443", "iam.us-east-1.ringwall.internal"}) {
    EXPECT_EQ(outcome_of(admin, {.service = "iam", .action = "ListUsers", .host = own}), "200") << own;
  }
  for (const char* other : {"iam.amazonaws.com", "192.0.2.1", "evil.example"}) {
    EXPECT_EQ(outcome_of(admin, {.service = "iam", .action = "ListUsers", .host = other}), "403 SignatureDoesNotMatch") << other;
    EXPECT_EQ(outcome_of(admin, {.service = "kms", .action = "ListKeys", .host = other}), "400 InvalidSignatureException") << other;
  }
  const std::string told = ask(admin, {.host = "iam.amazonaws.com"}).body;
  EXPECT_NE(told.find("--host-name"), std::string::npos) << told;
}

TEST_F(GatewayTest, ServicesThatAreNotRestHaveOnePath) {
  const Keys admin = identities_.administrator();
  for (const char* service : {"iam", "ec2", "kms"}) {
    const char* action = service == std::string_view("iam") ? "ListUsers" : service == std::string_view("ec2") ? "DescribeVpcs" : "ListKeys";
    EXPECT_EQ(outcome_of(admin, {.service = service, .action = action}), "200");
    for (const char* path : {"/x", "//", "/.", "/%2F"}) {
      EXPECT_EQ(outcome_of(admin, {.service = service, .action = action, .path = path}), "404 UnknownOperationException") << service << path;
    }
  }
  EXPECT_EQ(outcome(*connect(port_).send(sent_as(admin, {.service = "kms"}, "GET", "/", "application/x-amz-json-1.1", "{}", "TrentService.ListKeys"), patience)),
            "404 UnknownOperationException");
}

TEST_F(GatewayTest, ADoubledDateIsRefused) {
  http::OutgoingRequest request = signed_by(identities_.administrator(), {});
  request.headers.add("X-Amz-Date", *request.headers.find("x-amz-date"));
  EXPECT_EQ(outcome(*connect(port_).send(request, patience)), "400 IncompleteSignature");
}

// Whose body is never read: the announced rest is not sent, and there is an answer all the same.
TEST_F(GatewayTest, AHeadWhoseSignatureCannotVerifyIsAnsweredWithoutItsBody) {
  const Keys admin = identities_.administrator();
  const Keys unknown{"", "AKIAAAAAAAAAAAAAAAAA", Secret(std::string_view("secret"))};
  const auto answer_to_head = [&](const Keys& keys, const Asking& asking, bool presign = false) {
    http::OutgoingRequest request = signed_by(keys, asking);
    if (presign) request = presigned(keys, "sts", "Action=GetCallerIdentity&Version=2011-06-15", std::chrono::seconds(60), identities_.world.environment().clock.now());
    request.headers.add("Content-Length", "1000000");
    request.body = "a beginning";
    const auto response = connect(port_).send(request, std::chrono::milliseconds(500));
    return response ? outcome(*response) : "silence";
  };
  using Signature = Asking::Signature;
  EXPECT_EQ(answer_to_head(admin, {.signature = Signature::none}), "403 MissingAuthenticationToken");
  EXPECT_EQ(answer_to_head(unknown, {}), "403 InvalidClientTokenId");
  EXPECT_EQ(answer_to_head(admin, {.region = "eu-west-1"}), "403 SignatureDoesNotMatch");
  EXPECT_EQ(answer_to_head(admin, {.skew = std::chrono::hours(-1)}), "403 SignatureDoesNotMatch");
  EXPECT_EQ(answer_to_head(admin, {.host = "evil.example"}), "403 SignatureDoesNotMatch");
  EXPECT_EQ(answer_to_head(admin, {.path = "/x"}), "404 UnknownOperationException");
  EXPECT_EQ(answer_to_head(admin, {}, true), "413");
  // With a known key and a fresh date it might be a good one: the body is awaited.
  EXPECT_EQ(answer_to_head(admin, {}), "silence");
  EXPECT_EQ(answer_to_head(admin, {.signature = Signature::wrong}), "silence");
}

// What is asked.

TEST_F(GatewayTest, OperationsThatAreNotHereAreRefused) {
  const Keys admin = identities_.administrator();
  EXPECT_EQ(outcome_of(admin, {.service = "sts", .action = "NoSuchThing"}), "400 InvalidAction");
  EXPECT_EQ(outcome_of(admin, {.service = "kms", .action = "NoSuchThing"}), "400 UnknownOperationException");
  const std::string unimplemented = outcome_of(admin, {.service = "iam", .action = "CreateUser"});
  EXPECT_NE(unimplemented, "200");
  EXPECT_NE(ask(admin, {.service = "iam", .action = "CreateUser"}).body.find("CreateUser is not implemented by Ringwall"), std::string::npos);
  EXPECT_NE(outcome_of(admin, {.service = "kms", .action = "Encrypt"}), "200");
  // Rds has a model, but nobody serves it here.
  EXPECT_EQ(outcome_of(admin, {.service = "rds", .action = "DescribeDBInstances"}), "403 SignatureDoesNotMatch");
}

TEST_F(GatewayTest, InputThatDoesNotFitItsShapeIsRefused) {
  EXPECT_EQ(outcome_of(identities_.administrator(), {.service = "kms", .action = "ListKeys", .parameters = R"({"Limit":0})"}), "400 ValidationException");
  EXPECT_EQ(outcome_of(identities_.administrator(), {.service = "kms", .action = "ListKeys", .parameters = R"({"Limit":)"}).substr(0, 3), "400");
}

TEST_F(GatewayTest, WithoutPermissionNothingIsHandled) {
  const Keys nobody = identities_.user("nobody", "");
  EXPECT_EQ(outcome_of(nobody, {.service = "iam", .action = "ListUsers"}), "403 AccessDenied");
  EXPECT_EQ(outcome_of(nobody, {.service = "ec2", .action = "DescribeVpcs"}), "403 UnauthorizedOperation");
  EXPECT_EQ(outcome_of(nobody, {.service = "kms", .action = "CreateKey"}), "400 AccessDeniedException");
  EXPECT_EQ(handled_, 0);
  EXPECT_EQ(outcome_of(nobody), "200");  // AWS lets anybody ask who they are
}

TEST_F(GatewayTest, OnlyEc2sRefusalsCarryAMessageThatTheCallersAccountCanDecode) {
  const Keys nobody = identities_.user("nobody", "");
  constexpr std::string_view lead = "Encoded authorization failure message: ";
  const std::string refused = ask(nobody, {.service = "ec2", .action = "DescribeVpcs"}).body;
  const std::size_t at = refused.find(lead);
  ASSERT_NE(at, std::string::npos) << refused;
  const std::string encoded = refused.substr(at + lead.size(), refused.find('<', at) - at - lead.size());
  const auto decoded = service::decode_authorization_message(identities_.world.environment(), identities_.account(), encoded);
  ASSERT_TRUE(decoded.has_value()) << encoded;
  EXPECT_EQ((*text::parse_json(*decoded))["context"]["principal"].text("arn"), nobody.arn);
  EXPECT_EQ(ask(nobody, {.service = "iam", .action = "ListUsers"}).body.find(lead), std::string::npos);
  EXPECT_EQ(ask(nobody, {.service = "kms", .action = "CreateKey"}).body.find(lead), std::string::npos);
}

// A list may take long; there are two threads for connections, and each of these would hold one up.
TEST_F(GatewayTest, CallersOfLongListsDoNotHoldUpThoseWhoAskForOneThing) {
  const Keys admin = identities_.administrator();
  std::promise<void> gate;
  const auto opened = gate.get_future().share();
  std::promise<void> begun;
  std::atomic<int> listing = 0;
  listing_ = [&] {
    if (++listing == 1) begun.set_value();
    opened.wait();
  };
  std::vector<std::jthread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] { EXPECT_EQ(outcome_of(admin, {.service = "iam", .action = "ListUsers"}), "200"); });
  }
  begun.get_future().wait();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(outcome_of(admin), "200");
  gate.set_value();
}

// What is written.

TEST_F(GatewayTest, AWriteIsDoneAgainWhenAnotherCameBetween) {
  int times = 0;
  between_ = [&] {
    if (++times > 2) return;
    store::Transaction other(identities_.world.store());
    other.put("test/count", Json::object({{"n", times * 100}}));
    identities_.commit(other);
  };
  const http::Response response = ask(identities_.administrator(), {.service = "kms", .action = "CreateKey"});
  EXPECT_EQ(outcome(response), "200");
  EXPECT_EQ(handled_, 3);
  EXPECT_NE(response.body.find("\"201\""), std::string::npos) << response.body;
  EXPECT_EQ((*identities_.world.store().get("test/count")->document)["n"].as_integer(), 201);
}

TEST_F(GatewayTest, AWriteAndTheRemovalOfItsAccountDoNotBothSucceed) {
  between_ = [&] { identities_.erase(directory::tables::accounts.key(identities_.account())); };
  EXPECT_EQ(outcome_of(identities_.administrator(), {.service = "kms", .action = "CreateKey"}), "400 AccessDeniedException");
  EXPECT_EQ(handled_, 1);
  EXPECT_FALSE(identities_.world.store().get("test/count"));
}

TEST_F(GatewayTest, AWriteThatNeverComesThroughIsThrottled) {
  between_ = [&] {
    store::Transaction other(identities_.world.store());
    other.put("test/count", Json::object({{"n", handled_.load() * 1000}}));
    identities_.commit(other);
  };
  EXPECT_EQ(outcome_of(identities_.administrator(), {.service = "kms", .action = "CreateKey"}), "400 ThrottlingException");
}

// What is recorded.

TEST_F(GatewayTest, AllowedDeniedAndUnbelievedAreRecorded) {
  const Keys admin = identities_.administrator(), nobody = identities_.user("nobody", "");
  Asking listing{.service = "iam", .action = "ListUsers"};
  listing.headers.add("User-Agent", "tests/1");
  ask(admin, listing);
  ask(nobody, listing);
  listing.signature = Asking::Signature::wrong;
  ask(admin, listing);
  ask(admin, {.action = std::string(1000, 'x')});
  const std::vector<Json> lines = audit_lines();
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0].text("eventSource"), "iam.amazonaws.com");
  EXPECT_EQ(lines[0].text("eventName"), "ListUsers");
  EXPECT_EQ(lines[0]["userIdentity"].text("arn"), admin.arn);
  EXPECT_EQ(lines[0]["userIdentity"].text("accessKeyId"), admin.access_key);
  EXPECT_EQ(lines[0].text("sourceIPAddress"), "127.0.0.1");
  EXPECT_EQ(lines[0].text("userAgent"), "tests/1");
  EXPECT_EQ(lines[0]["decisions"].items().at(0).text("verdict"), "allow");
  EXPECT_FALSE(lines[0].contains("errorCode"));
  EXPECT_EQ(lines[1]["userIdentity"].text("arn"), nobody.arn);
  EXPECT_EQ(lines[1]["decisions"].items().at(0).text("verdict"), "implicit-deny");
  EXPECT_EQ(lines[1].text("errorCode"), "AccessDenied");
  EXPECT_EQ(lines[2].text("errorCode"), "SignatureDoesNotMatch");
  EXPECT_FALSE(lines[2]["userIdentity"].contains("arn"));  // nobody believed
  EXPECT_EQ(lines[3].text("eventName").size(), 128U);
  EXPECT_NE(lines[0].text("requestID"), lines[1].text("requestID"));
  for (const Json& line : lines) EXPECT_EQ(line.dump().find(text_of(admin.secret.reveal())), std::string::npos);
}

TEST_F(GatewayTest, StrangersAreCountedAndCallersWhoProvedWhoTheyAreRecordedEach) {
  const Keys admin = identities_.administrator();
  Asking unsigned_call{.signature = Asking::Signature::none};
  unsigned_call.headers.add("User-Agent", std::string(20'000, 'u'));
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(outcome_of(admin, unsigned_call), "403 MissingAuthenticationToken");
    EXPECT_EQ(outcome_of(admin), "200");
  }
  std::size_t callers = 0, strangers = 0, written = 0;
  for (const Json& line : audit_lines()) {
    written += line.dump().size();
    if (line["userIdentity"].contains("arn")) {
      ++callers;
    } else {
      strangers += line.contains("refusals") ? static_cast<std::size_t>(line["refusals"].as_integer()) : 1;
      EXPECT_LT(line.text("userAgent").size(), 600U);
    }
  }
  EXPECT_EQ(callers, 5U);
  EXPECT_EQ(strangers, 5U);
  EXPECT_LT(written, 10'000U);
}

TEST_F(GatewayTest, WhatCannotBeRecordedIsNotDone) {
  const Keys admin = identities_.administrator();
  std::filesystem::remove_all(audited_.folder());
  std::ofstream(audited_.folder()) << "in the way";
  ask(admin);  // queued: the log finds out when it writes
  while (audited_.log().healthy()) std::this_thread::yield();
  EXPECT_EQ(outcome_of(admin, {.service = "kms", .action = "CreateKey"}).substr(0, 1), "5");
  EXPECT_EQ(outcome_of(admin).substr(0, 1), "5");
  EXPECT_EQ(handled_, 0);
  EXPECT_FALSE(identities_.world.store().get("test/count"));
}

// Where it came from.

TEST_F(GatewayTest, TheHostsListenerGivesTheSourceAddressAndNoHeaderChangesIt) {
  const Keys local = identities_.user("local", allow_if(R"({"IpAddress":{"aws:SourceIp":"127.0.0.0/8"}})"));
  const Keys far = identities_.user("far", allow_if(R"({"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}})"));
  const Keys inside = identities_.user("inside", allow_if(R"({"StringEquals":{"aws:SourceVpc":"vpc-1"}})"));
  Asking asking{.service = "iam", .action = "ListUsers"};
  EXPECT_EQ(outcome_of(local, asking), "200");
  EXPECT_EQ(outcome_of(far, asking), "403 AccessDenied");
  EXPECT_EQ(outcome_of(inside, asking), "403 AccessDenied");
  for (const char* name : {"X-Forwarded-For", "Forwarded", "X-Real-IP", "True-Client-IP"}) {
    asking.headers.add(name, std::string_view(name) == "Forwarded" ? "for=203.0.113.7" : "203.0.113.7");
  }
  asking.headers.add("aws-SourceVpc", "vpc-1");
  EXPECT_EQ(outcome_of(local, asking), "200");
  EXPECT_EQ(outcome_of(far, asking), "403 AccessDenied");
  EXPECT_EQ(outcome_of(inside, asking), "403 AccessDenied");
}

TEST_F(GatewayTest, AnEndpointsListenerGivesItsVpcAndNoSourceAddress) {
  std::uint16_t port = 0;
  ASSERT_TRUE(gateway_->listen("vpce-1", endpoint("vpc-1"), bound(port)));
  const auto may = [&](const std::string& name, const std::string& condition) {
    return outcome(ask_at(port, identities_.user(name, allow_if(condition)), {.service = "iam", .action = "ListUsers"})) == "200";
  };
  EXPECT_TRUE(may("a", R"({"StringEquals":{"aws:SourceVpc":"vpc-1","aws:SourceVpce":"vpce-1"}})"));
  EXPECT_TRUE(may("b", R"({"ArnEquals":{"aws:SourceVpcArn":"arn:aws:ec2:us-east-1:)" + identities_.account() + R"(:vpc/vpc-1"}})"));
  EXPECT_TRUE(may("c", R"({"IpAddress":{"aws:VpcSourceIp":"127.0.0.1"}})"));
  EXPECT_TRUE(may("d", R"({"Null":{"aws:SourceIp":"true"}})"));
  EXPECT_TRUE(may("e", R"({"StringEquals":{"aws:VpceAccount":")" + identities_.account() + R"(","aws:VpceOrgID":"${aws:PrincipalOrgID}"}})"));
  EXPECT_FALSE(may("f", R"({"StringEquals":{"aws:SourceVpc":"vpc-2"}})"));
  EXPECT_FALSE(may("g", R"({"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}})"));
  const std::vector<Json> lines = audit_lines();
  EXPECT_EQ(lines.at(0).text("vpcId"), "vpc-1");
  EXPECT_EQ(lines.at(0).text("vpcEndpointId"), "vpce-1");
  EXPECT_EQ(lines.at(0).text("sourceIPAddress"), "127.0.0.1");
}

TEST_F(GatewayTest, WhoseEndpointItIsSayRequestsToTheServicesOnAwssListAloneUnlessTheOperatorAsksForMore) {
  const std::string condition =
      R"({"StringEquals":{"aws:SourceVpce":"vpce-1","aws:VpceAccount":")" + identities_.account() + R"("}})";
  const auto answers = [&](const std::string& name) {
    std::uint16_t port = 0;
    EXPECT_TRUE(gateway_->listen("vpce-1", endpoint("vpc-1"), bound(port)));
    const Keys keys = identities_.user(name, allow_if(condition));
    return outcome(ask_at(port, keys, {.service = "iam", .action = "ListUsers"})) + " " +
           outcome(ask_at(port, keys, {.service = "kms", .action = "ListKeys"})) + " " +
           outcome(ask_at(port, keys, {.service = "ec2", .action = "DescribeVpcs"}));
  };
  EXPECT_EQ(answers("a"), "200 200 403 UnauthorizedOperation");
  close();
  start({.io_threads = 2, .worker_threads = 2, .network_keys_everywhere = true});
  EXPECT_EQ(answers("b"), "200 200 200");
}

TEST_F(GatewayTest, AnEndpointsPolicyDecidesAndItsServiceIsTheOnlyOne) {
  const std::string ours = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalArn":")" +
                           identities_.administrator().arn + R"("}}}]})";
  const Keys other = identities_.user("other", allow_all);
  std::uint16_t port = 0;
  ASSERT_TRUE(gateway_->listen("vpce-1", endpoint("vpc-1", ours, "iam"), bound(port)));
  const Asking listing{.service = "iam", .action = "ListUsers"};
  EXPECT_EQ(outcome(ask_at(port, identities_.administrator(), listing)), "200");
  const http::Response refused = ask_at(port, other, listing);
  EXPECT_EQ(outcome(refused), "403 AccessDenied");
  EXPECT_NE(refused.body.find("VPC endpoint policy"), std::string::npos) << refused.body;
  EXPECT_EQ(outcome(ask_at(port, identities_.administrator(), {.service = "kms", .action = "ListKeys"})), "400 AccessDeniedException");
  EXPECT_EQ(outcome(ask_at(port, identities_.administrator())), "403 AccessDenied");
  EXPECT_EQ(outcome(ask(other, listing)), "200");  // the host's listener has no such policy
}

TEST_F(GatewayTest, AnEndpointsContextIsReplacedWithoutAnotherSocket) {
  const std::string nobody = R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]})";
  std::uint16_t port = 0;
  ASSERT_TRUE(gateway_->listen("vpce-1", endpoint("vpc-1"), bound(port)));
  const Keys admin = identities_.administrator();
  const Asking listing{.service = "iam", .action = "ListUsers"};
  auto client = connect(port);
  EXPECT_EQ(outcome(*client.send(signed_by(admin, listing), patience)), "200");
  ASSERT_TRUE(gateway_->listen("vpce-1", endpoint("vpc-1", nobody), {}));
  // From the next request on, also over a connection that was there before.
  EXPECT_EQ(outcome(*client.send(signed_by(admin, listing), patience)), "403 AccessDenied");
  ASSERT_TRUE(gateway_->listen("vpce-1", endpoint("vpc-1"), {}));
  EXPECT_EQ(outcome(*client.send(signed_by(admin, listing), patience)), "200");
  ASSERT_TRUE(gateway_->listen("vpce-1", {}, {}));
  EXPECT_FALSE(http::Client::connect_tls("127.0.0.1", port, "localhost", *trust_, patience));
}

}  // namespace
}  // namespace ringwall::gateway
