#include "awsapi/sigv4.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "awsapi/detail/canonical.h"
#include "crypto/crypto.h"
#include "text/time.h"

namespace ringwall::awsapi {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const Secret& secret() {
  static const Secret example(std::string_view("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"));
  return example;
}
TimePoint at(std::string_view time) { return *text::parse_iso8601(time); }
const TimePoint golden_time = at("20260102T030405Z");

Json testdata(const std::string& name) {
  const std::ifstream file(std::string(RINGWALL_SOURCE_DIR) + "/src/awsapi/testdata/" + name);
  std::stringstream text;
  text << file.rdbuf();
  return text::parse_json(text.str()).value_or(Json());
}

struct Sent {
  std::string method = "GET";
  std::string path = "/";
  std::string query = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};

  WireRequest wire() const {
    WireRequest request{method, path, query, {}, body};
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
  void set(std::string_view name, std::string value) {
    std::erase_if(headers, [&](const auto& header) { return header.first == name; });
    headers.emplace_back(name, std::move(value));
  }
};

// "" if the request is authentic at `now`, else "Code: message".
std::string judged(const Sent& sent, TimePoint now, const Secret& with = secret()) {
  const auto claim = read_claim(sent.wire());
  if (!claim) return claim.error().code + ": " + claim.error().message;
  if (!*claim) return "unsigned";
  const Secret key = signing_key(with, (*claim)->date, (*claim)->region, (*claim)->service);
  const auto fault = verify(**claim, sent.wire(), key, now);
  return fault ? fault->code + ": " + fault->message : "";
}
bool mismatches(const Sent& sent, TimePoint now = golden_time) { return judged(sent, now).starts_with("SignatureDoesNotMatch"); }

Sent signed_example() {
  Sent sent{"POST", "/a/b", "x=1&y=2", {{"host", "rds.example"}, {"content-type", "text/plain"}}, "body"};
  for (auto& [name, value] : sign(sent.wire(), "AKIDEXAMPLE", secret(), "", "us-east-1", "rds", golden_time)) sent.set(name, value);
  return sent;
}

Sent presigned_example() {
  const Json example = testdata("signatures.json").items()[8];
  return {"GET", "/", example.str("query"), {{"host", "sts.us-east-1.amazonaws.com"}}, ""};
}

void replace(std::string& text, std::string_view from, std::string_view to) {
  const std::size_t found = text.find(from);
  ASSERT_NE(found, std::string::npos) << from;
  text.replace(found, from.size(), to);
}
Sent with_authorization(std::string_view from, std::string_view to) {
  Sent sent = signed_example();
  std::string value(*sent.wire().header("authorization"));
  replace(value, from, to);
  sent.set("authorization", value);
  return sent;
}

TEST(Sigv4, DerivesTheKeyOfTheDocumentedExample) {
  EXPECT_EQ(crypto::hex(signing_key(secret(), "20150830", "us-east-1", "iam").reveal()),
            "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

TEST(Sigv4, PublishedVectorsVerify) {
  const auto vector = [](std::string query, const std::string& signature) {
    return Sent{"GET", "/", std::move(query),
                {{"host", "example.amazonaws.com"},
                 {"x-amz-date", "20150830T123600Z"},
                 {"authorization",
                  "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=" +
                      signature}},
                ""};
  };
  const TimePoint then = at("20150830T123600Z");
  EXPECT_EQ(judged(vector("", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"), then), "");
  EXPECT_EQ(judged(vector("Param2=value2&Param1=value1", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"), then), "");
  EXPECT_NE(judged(vector("Param2=value2", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"), then), "");
}

TEST(Sigv4, WhatBotocoreSignsVerifiesAndNothingElse) {
  const Json cases = testdata("signatures.json");
  ASSERT_EQ(cases.items().size(), 10U);
  for (const Json& example : cases.items()) {
    Sent sent{example.str("method"), example.str("path"), example.str("query"), {}, example.str("body")};
    for (const auto& header : example["headers"].items()) {
      sent.headers.emplace_back(header.items()[0].as_string(), header.items()[1].as_string());
    }
    EXPECT_EQ(judged(sent, golden_time), "") << example.dump();
    const auto claim = read_claim(sent.wire());
    EXPECT_EQ((*claim)->session_token, example.text("token"));
    EXPECT_EQ((*claim)->service, example.text("service"));
    EXPECT_TRUE(judged(sent, golden_time, Secret(std::string_view("other"))).starts_with("SignatureDoesNotMatch"));
    Sent changed = sent;
    changed.method = "DELETE";
    EXPECT_TRUE(mismatches(changed));
    changed = sent;
    changed.set("host", "other.example");
    EXPECT_TRUE(mismatches(changed));
  }
}

TEST(Sigv4, WhatWeSignVerifiesAndAnyChangeIsSeen) {
  EXPECT_EQ(judged(signed_example(), golden_time), "");
  Sent sent = signed_example();
  sent.body = "Body";
  EXPECT_TRUE(mismatches(sent));
  sent = signed_example();
  sent.set("x-amz-content-sha256", crypto::sha256_hex("Body"));
  EXPECT_TRUE(mismatches(sent));
  sent = signed_example();
  sent.path = "/a/c";
  EXPECT_TRUE(mismatches(sent));
  sent = signed_example();
  sent.query = "x=1&y=3";
  EXPECT_TRUE(mismatches(sent));
  sent = signed_example();
  sent.query = "y=2&x=1";  // order means nothing
  EXPECT_EQ(judged(sent, golden_time), "");
  sent.query = "y=2&x=%31&&";
  EXPECT_EQ(judged(sent, golden_time), "");
  sent.query = "y=2&x=1%";
  EXPECT_TRUE(mismatches(sent));
  sent = signed_example();
  sent.headers.emplace_back("content-type", "again");
  EXPECT_NE(judged(sent, golden_time), "");
}

TEST(Sigv4, EveryAmzHeaderAndTheHostMustBeSigned) {
  Sent sent = signed_example();
  sent.set("x-amz-target", "Smuggled.Operation");
  EXPECT_EQ(judged(sent, golden_time), "SignatureDoesNotMatch: 'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.");
  sent = signed_example();
  sent.set("x-amz-security-token", "smuggled");
  EXPECT_TRUE(mismatches(sent));
  EXPECT_TRUE(judged(with_authorization("host;", ""), golden_time).starts_with("SignatureDoesNotMatch: 'Host'"));
  EXPECT_TRUE(mismatches(with_authorization("host;", "host;not-sent;")));
}

// Signed as one list, as AWS would sign it, and refused all the same.
TEST(Sigv4, AHeaderThatSaysWhoAsksWhatIsGivenOnce) {
  for (const char* name : {"x-amz-date", "x-amz-target", "content-type", "x-amz-security-token", "x-amz-content-sha256", "x-amz-other"}) {
    Sent sent = signed_example();
    const std::string value(sent.wire().header(name).value_or("value"));
    if (!sent.wire().header(name)) sent.headers.emplace_back(name, value);
    sent.headers.emplace_back(name, value);
    EXPECT_EQ(judged(sent, golden_time), "IncompleteSignature: The header '" + std::string(name) + "' is given more than once.") << name;
  }
  Sent presigned = presigned_example();
  presigned.headers.emplace_back("x-amz-date", "20260102T030405Z");
  EXPECT_EQ(judged(presigned, golden_time), "IncompleteSignature: The date is given more than once.");
}

// The gateway asks before it reads a body: what a head shows is refused without one.
TEST(Sigv4, WhatAHeadShowsNeedsNoBody) {
  Sent sent = signed_example();
  const auto fault_of = [](const Sent& one, TimePoint now) {
    const auto claim = read_claim(one.wire());
    return claim && *claim ? fault_in_head(**claim, one.wire(), now) : std::optional(ApiError{"none", ""});
  };
  sent.body.clear();
  EXPECT_FALSE(fault_of(sent, golden_time));  // the body's hash is compared later
  EXPECT_TRUE(mismatches(sent));
  EXPECT_EQ(fault_of(sent, golden_time + clock_skew_max + std::chrono::seconds(1))->code, "RequestExpired");
  EXPECT_EQ(fault_of(with_authorization("SignedHeaders=content-type;host;", "SignedHeaders="), golden_time)->code, "SignatureDoesNotMatch");
  EXPECT_EQ(fault_of(with_authorization("SignedHeaders=content-type;", "SignedHeaders=absent;content-type;"), golden_time)->code, "SignatureDoesNotMatch");
}

TEST(Sigv4, TimeMayBeOffByFifteenMinutesAndNoMore) {
  const Sent sent = signed_example();
  EXPECT_EQ(judged(sent, golden_time + clock_skew_max), "");
  EXPECT_EQ(judged(sent, golden_time - clock_skew_max), "");
  EXPECT_EQ(judged(sent, golden_time + clock_skew_max + seconds(1)),
            "RequestExpired: Signature expired: 20260102T030405Z is now earlier than 20260102T030406Z (20260102T031906Z - 15 min.)");
  EXPECT_EQ(judged(sent, golden_time - clock_skew_max - seconds(1)),
            "RequestExpired: Signature not yet current: 20260102T030405Z is still later than 20260102T030404Z (20260102T024904Z + 15 min.)");
}

TEST(Sigv4, PresignedRequestsLiveAsLongAsTheySay) {
  const Sent sent = presigned_example();
  EXPECT_EQ(judged(sent, golden_time + hours(1)), "");
  EXPECT_TRUE(judged(sent, golden_time + hours(1) + milliseconds(1)).starts_with("RequestExpired"));
  EXPECT_TRUE(judged(sent, golden_time - clock_skew_max - seconds(1)).starts_with("RequestExpired"));
  const auto expires = [&](const char* value) {
    Sent changed = sent;
    replace(changed.query, "X-Amz-Expires=3600", std::string("X-Amz-Expires=") + value);
    return judged(changed, golden_time);
  };
  EXPECT_TRUE(expires("604800").starts_with("SignatureDoesNotMatch"));  // read, but not what was signed
  for (const char* value : {"604801", "0", "-1", "", "1e3", "99999999999999999999", "1&X-Amz-Expires=2"}) {
    EXPECT_TRUE(expires(value).starts_with("IncompleteSignature")) << value;
  }
}

TEST(Sigv4, TwoSignaturesAtOnceAreRefused) {
  Sent sent = presigned_example();
  sent.set("authorization", "AWS4-HMAC-SHA256 x");
  EXPECT_EQ(judged(sent, golden_time), "IncompleteSignature: Only one auth mechanism allowed.");
  sent = signed_example();
  sent.headers.emplace_back("authorization", std::string(*sent.wire().header("authorization")));
  EXPECT_EQ(judged(sent, golden_time), "IncompleteSignature: Only one auth mechanism allowed.");
}

TEST(Sigv4, NoSignatureIsNotAnError) { EXPECT_EQ(judged(Sent{}, golden_time), "unsigned"); }

TEST(Sigv4, CrookedAuthorizationsAreIncomplete) {
  const auto alone = [](std::string value) { return judged(Sent{"GET", "/", "", {{"host", "h"}, {"authorization", std::move(value)}}, ""}, golden_time); };
  EXPECT_EQ(alone("AWS4-HMAC-SHA256 "),
            "IncompleteSignature: Authorization header must be 'Credential=..., SignedHeaders=..., Signature=...', each once.");
  EXPECT_EQ(alone("AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request"),
            "IncompleteSignature: Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter.");
  EXPECT_EQ(alone("Bearer x"), "IncompleteSignature: Unsupported AWS 'algorithm': 'Bearer'.");
  EXPECT_TRUE(alone("").starts_with("IncompleteSignature"));
  const std::pair<const char*, const char*> changes[] = {{"AKIDEXAMPLE/", ""},           {"/rds/", "//"},        {"host;", "host;host;"},
                                                         {"content-type;host", "host;content-type"}, {"host", "Host"},       {"Signature=", "Signature=0"},
                                                         {"Signature=", "Signature=G"},  {"SignedHeaders=", "Unknown="}};
  for (const auto& [from, to] : changes) {
    EXPECT_TRUE(judged(with_authorization(from, to), golden_time).starts_with("IncompleteSignature")) << to;
  }
  EXPECT_EQ(judged(with_authorization("aws4_request", "aws5_request"), golden_time),
            "SignatureDoesNotMatch: Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.");
  EXPECT_EQ(judged(with_authorization("/20260102/", "/20260103/"), golden_time),
            "SignatureDoesNotMatch: Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20260103' != "
            "'20260102', from '20260102T030405Z'.");
}

TEST(Sigv4, TheDateHeaderServesWhereXAmzDateIsMissing) {
  for (const char* date : {"Fri, 02 Jan 2026 03:04:05 GMT", "20260102T030405Z"}) {
    Sent sent{"GET", "/", "", {{"host", "h"}, {"date", date}}, ""};
    std::string canonical = "GET\n/\n\ndate:" + std::string(date) + "\nhost:h\n\ndate;host\n" + crypto::sha256_hex("");
    const Secret key = signing_key(secret(), "20260102", "r", "iam");
    const std::string signature = detail::signature_of({"20260102T030405Z", "20260102", "r", "iam"}, canonical, key);
    sent.set("authorization", "AWS4-HMAC-SHA256 Credential=A/20260102/r/iam/aws4_request,SignedHeaders=date;host,Signature=" + signature);
    EXPECT_EQ(judged(sent, golden_time), "");
    sent.set("date", "Fri, 02 Jan 2026 03:04:05 CET");
    EXPECT_TRUE(judged(sent, golden_time).starts_with("IncompleteSignature"));
    sent.headers.erase(sent.headers.end() - 1);
    EXPECT_TRUE(judged(sent, golden_time).starts_with("IncompleteSignature"));
  }
}

TEST(Sigv4, AnUnsignedPayloadIsForS3Only) {
  Sent sent = signed_example();
  sent.set("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
  EXPECT_EQ(judged(sent, golden_time), "SignatureDoesNotMatch: The provided 'x-amz-content-sha256' header does not match what was computed.");
}

TEST(Sigv4, SessionTokensHaveALimitThatHolds) {
  Sent sent{"GET", "/", "", {{"host", "h"}}, ""};
  for (auto& [name, value] : sign(sent.wire(), "A", secret(), std::string(session_token_bytes_max, 't'), "r", "sts", golden_time)) sent.set(name, value);
  EXPECT_EQ(judged(sent, golden_time), "");
  sent.set("x-amz-security-token", std::string(session_token_bytes_max + 1, 't'));
  EXPECT_TRUE(judged(sent, golden_time).starts_with("IncompleteSignature"));
}

TEST(Canonical, PathsAreNormalisedAndEncodedAgainExceptForS3) {
  EXPECT_EQ(detail::canonical_path("", false), "/");
  EXPECT_EQ(detail::canonical_path("/a/./b/../c//d/", false), "/a/c/d/");
  EXPECT_EQ(detail::canonical_path("/../..", false), "/");
  EXPECT_EQ(detail::canonical_path("/a%20b", false), "/a%2520b");
  EXPECT_EQ(detail::canonical_path("/a%20b/../c//", true), "/a%20b/../c//");
}

// What is signed is what a form reader sees, so `+` and `%2B` must not be one thing here and two there.
TEST(Canonical, APlusInAQueryIsASpace) {
  EXPECT_EQ(*detail::canonical_query("b=1+2&a=%2b&a=%2B1&c"), "a=%2B&a=%2B1&b=1%202&c=");
  EXPECT_FALSE(detail::canonical_query("a=%"));
}

// ---- sign-in tokens

std::string judged_token(std::string_view token, TimePoint now) {
  const auto read = read_signin_token(token);
  if (!read) return read.error().code + ": " + read.error().message;
  const Secret key = signing_key(secret(), read->claim.date, read->claim.region, read->claim.service);
  const auto fault = verify_signin_token(*read, token, key, now);
  return fault ? fault->code : "";
}

TEST(SigninToken, BotocoresTokensVerifyAndOursAreTheSame) {
  const Json cases = testdata("signin_tokens.json");
  ASSERT_EQ(cases.items().size(), 2U);
  for (const Json& example : cases.items()) {
    const auto token = read_signin_token(example.text("token"));
    ASSERT_TRUE(token) << token.error().message;
    EXPECT_EQ(token->host, "shop.example.internal:5432");
    EXPECT_EQ(token->user, example.text("user"));
    EXPECT_EQ(token->claim.session_token, example.text("session"));
    EXPECT_EQ(token->claim.region, "eu-west-3");
    EXPECT_EQ(judged_token(example.text("token"), golden_time), "");
    EXPECT_EQ(make_signin_token("Shop.example.internal:5432", example.text("user"), "AKIDEXAMPLE", secret(), example.text("session"), "eu-west-3",
                                golden_time),
              example.text("token"));
  }
}

TEST(SigninToken, LivesFifteenMinutes) {
  const std::string token = make_signin_token("db:5432", "u", "A", secret(), "", "r", golden_time);
  EXPECT_EQ(judged_token(token, golden_time + minutes(15)), "");
  EXPECT_EQ(judged_token(token, golden_time + minutes(15) + milliseconds(1)), "RequestExpired");
  std::string longer = token;
  replace(longer, "X-Amz-Expires=900", "X-Amz-Expires=901");
  EXPECT_TRUE(judged_token(longer, golden_time).starts_with("IncompleteSignature"));
}

TEST(SigninToken, TheOrderOfParametersDoesNotMatter) {
  const std::string token = make_signin_token("db:5432", "u", "A", secret(), "t", "r", golden_time);
  const std::size_t question = token.find('?');
  std::string reversed;
  for (std::string rest = token.substr(question + 1); !rest.empty();) {
    const std::size_t cut = rest.rfind('&');
    reversed += (reversed.empty() ? "" : "&") + rest.substr(cut == std::string::npos ? 0 : cut + 1);
    rest.resize(cut == std::string::npos ? 0 : cut);
  }
  EXPECT_EQ(judged_token(token.substr(0, question + 1) + reversed, golden_time), "");
}

TEST(SigninToken, WhatIsNotOneIsRefused) {
  const std::string token = make_signin_token("db:5432", "u", "A", secret(), "", "r", golden_time);
  const std::pair<const char*, const char*> changes[] = {{"db:5432/?", "db:5432/"},   {"db:5432", "db"},          {"db:5432", ""},
                                                         {"connect", "disconnect"},   {"DBUser=u", "DBUser="},    {"DBUser=u", "DBUser=u&DBUser=v"},
                                                         {"DBUser=u", "DBUser=u%00"}, {"rds-db", "rds"},          {"SignedHeaders=host", "SignedHeaders=host%3Bx"},
                                                         {"/?", "/path?"},            {"X-Amz-Date=2", "X-Amz-Date=3&X-Amz-Date=2"}};
  for (const auto& [from, to] : changes) {
    std::string changed = token;
    replace(changed, from, to);
    EXPECT_TRUE(judged_token(changed, golden_time).starts_with("IncompleteSignature")) << to << " " << judged_token(changed, golden_time);
  }
  for (const auto& [from, to] : std::initializer_list<std::pair<const char*, const char*>>{{"DBUser=u", "DBUser=v"}, {"db:5432", "db:5433"}, {"%2Fr%2F", "%2Fs%2F"}}) {
    std::string changed = token;
    replace(changed, from, to);
    EXPECT_EQ(judged_token(changed, golden_time), "SignatureDoesNotMatch") << to;
  }
  EXPECT_TRUE(judged_token("", golden_time).starts_with("IncompleteSignature"));
  EXPECT_TRUE(judged_token(token + "&x=" + std::string(signin_token_bytes_max, 'x'), golden_time).starts_with("IncompleteSignature"));
}

}  // namespace
}  // namespace ringwall::awsapi
