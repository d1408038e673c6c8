// REST-JSON: from method, path, query string, headers and body to an input, and back from an output.

#include <gtest/gtest.h>

#include <vector>

#include "awsapi/detail/http_date.h"
#include "awsapi/detail/route.h"
#include "awsapi/model.h"

namespace ringwall::awsapi {
namespace {

// Every place that a member can travel in, which no one service of AWS's uses together.
constexpr const char* library = R"({"service":"library","protocol":"rest-json","errorMessage":"message",
"errors":{"LostException":410,"ValidationException":400},
"others":["Burn"],
"routes":{"Lend":"POST /shelves/{shelf}/books/{book}","List":"GET /shelves","Burn":"DELETE /shelves/{shelf}","Read":"GET /files/{path+}",
"Write":"PUT /files/{path+}","Best":"GET /files/best","Root":"GET /"},
"operations":{"Lend":{"input":"LendInput","output":"LendOutput","responseCode":201},"List":{"input":"ListInput"},
"Read":{"input":"ReadInput","output":"File"},"Write":{"input":"File"},"Best":{},"Root":{}},
"shapes":{"S":{"type":"string"},"Short":{"type":"string","max":3},"I":{"type":"integer"},"B":{"type":"boolean"},"T":{"type":"timestamp"},
"L":{"type":"list","member":"S"},"Blob":{"type":"blob"},
"LendInput":{"type":"structure","required":["shelf","reader"],"members":{
"shelf":{"shape":"S","location":"uri","locationName":"shelf"},"book":{"shape":"I","location":"uri","locationName":"book"},
"reader":{"shape":"Short","location":"header","locationName":"X-Reader"},"since":{"shape":"T","location":"header","locationName":"X-Since"},
"until":{"shape":"T","location":"querystring","locationName":"until"},"stamps":{"shape":"L","location":"querystring","locationName":"stamp"},
"note":{"shape":"S","locationName":"Note"},"read":"T"}},
"LendOutput":{"type":"structure","members":{"code":{"shape":"I","location":"statusCode"},"due":{"shape":"T","location":"header","locationName":"X-Due"},
"ok":{"shape":"B","location":"header","locationName":"X-Ok"},"note":{"shape":"S","locationName":"Note"},"on":{"shape":"T","timestampFormat":"iso8601"},"at":"T"}},
"ListInput":{"type":"structure","members":{"most":{"shape":"I","location":"querystring","locationName":"most"}}},
"ReadInput":{"type":"structure","members":{"path":{"shape":"S","location":"uri","locationName":"path"}}},
"File":{"type":"structure","payload":"bytes","members":{"path":{"shape":"S","location":"uri","locationName":"path"},"bytes":"Blob"}}}})";

const Model& model() {
  static const std::unique_ptr<Model> loaded = [] {
    auto read = Model::load(library);
    EXPECT_TRUE(read) << (read ? "" : read.error().message);
    return *std::move(read);
  }();
  return *loaded;
}

struct Sent {
  std::string method;
  std::string path;
  std::string query = {};
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {{"content-type", "application/json"}};

  WireRequest wire() const {
    const auto header = [this](std::string_view name) -> std::optional<std::string_view> {
      for (const auto& [key, value] : headers) {
        if (key == name) return value;
      }
      return std::nullopt;
    };
    const auto each = [this](const std::function<void(std::string_view, std::string_view)>& visit) {
      for (const auto& [key, value] : headers) visit(key, value);
    };
    return {method, path, query, header, body, each};
  }
};

std::string operation(const std::string& method, const std::string& path) { return operation_name(model(), Sent{method, path}.wire()); }

// The decoded input, or "Code: message".
std::string decoded(const Sent& sent, const Model& of = model()) {
  const std::string name = operation_name(of, sent.wire());
  const OperationShape* shape = of.operation(name);
  if (shape == nullptr) return "no operation";
  const auto input = decode_input(of, *shape, sent.wire());
  return input ? input->dump() : input.error().code + ": " + input.error().message;
}

Sent lending(std::string query = {}, std::string body = {}) {
  return {"POST", "/shelves/a/books/7", std::move(query), std::move(body), {{"content-type", "application/json"}, {"x-reader", "bob"}}};
}

TEST(Route, TheMoreSpecificOfTwoIsMeant) {
  EXPECT_EQ(operation("GET", "/"), "Root");
  EXPECT_EQ(operation("GET", "/shelves"), "List");
  EXPECT_EQ(operation("POST", "/shelves/a/books/7"), "Lend");
  EXPECT_EQ(operation("DELETE", "/shelves/a"), "Burn");
  EXPECT_EQ(operation("GET", "/files/best"), "Best");
  EXPECT_EQ(operation("GET", "/files/worst"), "Read");
  EXPECT_EQ(operation("GET", "/files/a/b/c"), "Read");
  EXPECT_TRUE(model().knows("Burn"));
  EXPECT_EQ(model().operation("Burn"), nullptr);
}

TEST(Route, APathWithTwoMeaningsHasNone) {
  for (const char* path : {"", "shelves", "/Shelves", "/shelves/", "//shelves", "/shelves?x", "/%73helves", "/shelves/.", "/shelves/a/books",
                           "/shelves/a/books/7/", "/shelves/a//7", "/shelves//books/7", "/shelves/a/books/%", "/shelves/a/books/%zz", "/shelves/a/books/%ff",
                           "/shelves/%2e%2e/books/7", "/shelves/../books/7", "/files", "/files/", "/files/a/../b", "/files/a//b", "/files/a/", "*"}) {
    for (const char* method : {"GET", "POST"}) {
      if (std::string_view(path) == "/shelves" && std::string_view(method) == "GET") continue;
      EXPECT_EQ(operation(method, path), std::string(method) + " " + path);
    }
  }
  EXPECT_EQ(operation("PATCH", "/shelves"), "PATCH /shelves");
  EXPECT_EQ(operation("get", "/shelves"), "get /shelves");
}

TEST(Route, RefusesTemplatesThatCannotBeToldApart) {
  for (const char* route : {"GET", "GET a", " /a", "GET /a?b", "GET /{a", "GET /a}", "GET /{}", "GET /{+}", "GET /{a+}/b", "GET //a", "GET /a%20"}) {
    EXPECT_FALSE(detail::read_route("X", route)) << route;
  }
  std::vector<detail::Route> routes = {*detail::read_route("A", "GET /{x}/b"), *detail::read_route("B", "GET /{y}/b")};
  EXPECT_FALSE(detail::put_in_order(routes));
  routes = {*detail::read_route("A", "GET /{x}/b"), *detail::read_route("B", "PUT /{y}/b"), *detail::read_route("C", "GET /{x+}")};
  EXPECT_TRUE(detail::put_in_order(routes));
}

TEST(Rest, MembersComeFromWhereTheModelSaysAndNowhereElse) {
  Sent sent = lending("until=2026-01-02T03:04:05Z&stamp=b&stamp=a+c&X-Amz-Date=x&unheard=",
                      R"({"Note":"é","read":1767323045,"reader":""})");
  sent.path = "/shelves/a%2Fb%20c/books/7";
  sent.headers.emplace_back("x-since", "Fri, 02 Jan 2026 03:04:05 GMT");
  EXPECT_EQ(decoded(sent),
            R"({"note":"é","read":1767323045000,"shelf":"a/b c","book":7,"reader":"bob","since":1767323045000,"until":1767323045000,"stamps":["b","a c"]})");
  // A member is not read from another place, and one that nobody knows is not passed over.
  for (const char* body : {R"({"reader":"eve"})", R"({"Note":"n","shelf":"z"})", R"({"unheard":1})"}) {
    EXPECT_TRUE(decoded(lending("", body)).starts_with("ValidationException: The member ")) << body;
  }
  EXPECT_EQ(decoded(lending("unheard=1")),
            "ValidationException: The member unheard is not known to this server, which would do nothing about it");
  EXPECT_EQ(decoded({"GET", "/files/a%2fb/c%20d"}), R"({"path":"a/b/c d"})");
  EXPECT_EQ(decoded({"GET", "/shelves"}), "{}");
  EXPECT_EQ(decoded({"GET", "/shelves", "most="}), "SerializationException: STRING_VALUE can not be converted to an integer");
}

TEST(Rest, WhatIsGivenTwiceOrBadlyIsRefused) {
  Sent twice = lending();
  twice.headers.emplace_back("x-reader", "eve");
  EXPECT_EQ(decoded(twice), "SerializationException: the header X-Reader is given more than once");
  EXPECT_EQ(decoded(lending("until=2026-01-02&until=2026-01-02")), "SerializationException: the parameter until is given more than once");
  EXPECT_TRUE(decoded(lending("stamp=%zz")).starts_with("MalformedQueryString"));
  EXPECT_TRUE(decoded(lending("stamp=%ff")).starts_with("MalformedQueryString"));
  EXPECT_EQ(decoded(lending("until=soon")), "SerializationException: STRING_VALUE can not be converted to a timestamp");
  Sent seven = lending();
  seven.path = "/shelves/a/books/seven";
  EXPECT_EQ(decoded(seven), "SerializationException: STRING_VALUE can not be converted to an integer");
  Sent since = lending();
  since.headers.emplace_back("x-since", "2026-01-02T03:04:05Z");
  EXPECT_EQ(decoded(since), "SerializationException: STRING_VALUE can not be converted to a timestamp");
  for (const char* body : {"{", "[]", "1", "null", R"({"Note":1})", R"({"Note":"a","Note":"b"})"}) {
    EXPECT_TRUE(decoded(lending("", body)).starts_with("SerializationException")) << body;
  }
}

TEST(Rest, ABodyIsReadUnderItsContentTypeOnly) {
  for (const char* type : {"application/json; charset=utf-8", "Application/JSON", "application/json ;x"}) {
    Sent sent = lending("", R"({"Note":"n"})");
    sent.headers[0].second = type;
    EXPECT_TRUE(decoded(sent).starts_with(R"({"note":"n")")) << type;
  }
  for (const char* type : {"application/x-www-form-urlencoded", "text/plain", "application/x-amz-json-1.1", "application/jsonp", ""}) {
    Sent sent = lending("", R"({"Note":"n"})");
    sent.headers[0].second = type;
    EXPECT_TRUE(decoded(sent).starts_with("UnsupportedMediaTypeException")) << type;
    sent.body.clear();
    EXPECT_TRUE(decoded(sent).starts_with("{")) << type;
  }
}

TEST(Rest, APayloadIsTheWholeBody) {
  const Sent sent{"PUT", "/files/a", "", "{not JSON", {}};
  EXPECT_EQ(decoded(sent), R"({"bytes":"{not JSON","path":"a"})");
  const auto reply = encode_output(model(), *model().operation("Read"), Json::object({{"bytes", "raw"}}), "id");
  EXPECT_EQ(reply.body, "raw");
  EXPECT_EQ(reply.content_type, "application/octet-stream");
}

TEST(Rest, ConstraintsHoldAtTheLimitAndNotPastIt) {
  Sent sent = lending();
  sent.headers[1].second = "bobo";
  EXPECT_EQ(decoded(sent),
            "ValidationException: 1 validation error detected: Value 'bobo' at 'reader' failed to satisfy constraint: Member must have length less "
            "than or equal to 3");
  sent.headers.pop_back();
  const auto refused = decode_input(model(), *model().operation("Lend"), sent.wire());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().members.dump(),
            R"({"reason":"fieldValidationFailed","fieldList":[{"name":"reader","message":"Value null at 'reader' failed to satisfy constraint: Member must not be null"}]})");
}

TEST(Rest, AnotherOperationsPathIsNotRead) {
  const auto input = decode_input(model(), *model().operation("List"), lending().wire());
  ASSERT_FALSE(input);
  EXPECT_EQ(input.error().code, "UnknownOperationException");
  EXPECT_EQ(input.error().status, 404);
}

TEST(Rest, OutputsTravelWhereTheModelSays) {
  const std::int64_t millis = 1767323045000;
  const Json output = Json::object({{"code", 202}, {"due", millis}, {"ok", true}, {"note", "n"}, {"on", millis}, {"at", millis + 500}, {"stored", 1}});
  const auto reply = encode_output(model(), *model().operation("Lend"), output, "id");
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(reply.body, R"({"Note":"n","on":"2026-01-02T03:04:05Z","at":1767323045.5})");
  EXPECT_EQ(reply.content_type, "application/json");
  const std::vector<std::pair<std::string, std::string>> headers = {
      {"x-amzn-RequestId", "id"}, {"X-Due", "Fri, 02 Jan 2026 03:04:05 GMT"}, {"X-Ok", "true"}};
  EXPECT_EQ(reply.headers, headers);
  EXPECT_EQ(encode_output(model(), *model().operation("Lend"), Json::object(), "id").status, 201);
  EXPECT_EQ(encode_output(model(), *model().operation("Lend"), Json::object(), "id").body, "{}");
  EXPECT_EQ(encode_output(model(), *model().operation("List"), Json::object(), "id").body, "");
}

TEST(Rest, ErrorsNameTheirCodeInAHeader) {
  const ApiError lost{"LostException", "gone", 0, Json::object({{"shelf", "a"}})};
  const auto reply = encode_error(model(), lost, "id");
  EXPECT_EQ(reply.status, 410);
  EXPECT_EQ(reply.body, R"({"message":"gone","shelf":"a"})");
  EXPECT_EQ(reply.headers.at(1), (std::pair<std::string, std::string>("x-amzn-ErrorType", "LostException")));
  EXPECT_EQ(in_words_of(model(), CommonError::validation, "").members.dump(), R"({"reason":"other"})");
}

TEST(Rest, AccessAnalyzersOperationsAreToldApart) {
  const Model& analyzer = *builtin_model("accessanalyzer");
  EXPECT_EQ(analyzer.signing_name(), "access-analyzer");
  const auto name = [&](const char* method, const char* path) { return operation_name(analyzer, Sent{method, path}.wire()); };
  EXPECT_EQ(name("POST", "/policy/validation"), "ValidatePolicy");
  EXPECT_EQ(name("POST", "/policy/check-no-new-access"), "CheckNoNewAccess");
  EXPECT_TRUE(analyzer.knows("CheckNoNewAccess"));
  EXPECT_EQ(name("GET", "/policy/validation"), "GET /policy/validation");
  const Sent sent{"POST", "/policy/validation", "maxResults=2", R"({"policyDocument":"{}","policyType":"RESOURCE_CONTROL_POLICY"})"};
  EXPECT_EQ(decoded(sent, analyzer), R"({"policyDocument":"{}","policyType":"RESOURCE_CONTROL_POLICY","maxResults":2})");
}

TEST(HttpDate, IsReadExactlyAsItIsWritten) {
  for (const std::int64_t seconds : {-62135596800LL, 0LL, 951782400LL, 1767323045LL, 253402300799LL}) {
    const TimePoint time = std::chrono::sys_seconds(std::chrono::seconds(seconds));
    EXPECT_EQ(detail::parse_http_date(detail::http_date(time)), time) << detail::http_date(time);
  }
  EXPECT_EQ(detail::http_date(TimePoint(std::chrono::milliseconds(1767323045999))), "Fri, 02 Jan 2026 03:04:05 GMT");
  for (const char* text : {"", "Sat, 02 Jan 2026 03:04:05 GMT", "Fri, 02 Jan 2026 03:04:05 UTC", "Fri, 30 Feb 2026 03:04:05 GMT", "Fri, 02 Jan 2026 24:00:00 GMT",
                           "Fri, 02 jan 2026 03:04:05 GMT", "Fri, 2 Jan 2026 03:04:05 GMT", "Friday, 02-Jan-26 03:04:05 GMT", "Fri, 02 Jan 2026 03-04-05 GMT"}) {
    EXPECT_FALSE(detail::parse_http_date(text)) << text;
  }
}

}  // namespace
}  // namespace ringwall::awsapi
