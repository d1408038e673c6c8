#include "authz/question.h"

#include <gtest/gtest.h>

namespace ringwall::authz {
namespace {

Result<std::string> no_files(const std::string& path) { return fail(Failure::not_found, "no file `" + path + "`"); }

std::string verdict_of(std::string_view question) {
  const auto json = text::parse_json(question);
  if (!json) return json.error().message;
  const auto read = read_question(*json, no_files);
  if (!read) return read.error().message;
  return std::string(name_of(authorize(read->request, read->layers).verdict));
}

TEST(Question, IsDecidedByTheLayersGiven) {
  const std::string request = R"("request": {"principal": "arn:aws:iam::111122223333:user/ann", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k"})";
  const std::string allow = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}})";
  const std::string deny = R"({"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}})";
  EXPECT_EQ(verdict_of("{" + request + R"(, "policies": {"identity": [)" + allow + "]}}"), "allow");
  EXPECT_EQ(verdict_of("{" + request + R"(, "policies": {}})"), "implicit-deny");
  EXPECT_EQ(verdict_of("{" + request + R"(, "policies": {"identity": [)" + allow + R"(], "scp": [{"target": "r-1", "policies": [)" + deny + "]}]}}"),
            "explicit-deny");
}

TEST(Question, NamesTheMemberThatIsWrong) {
  EXPECT_EQ(verdict_of("{}"), "`request`: is missing");
  EXPECT_EQ(verdict_of(R"({"request": {"principal": "anonymous", "action": "a:b"}})"), "`request.resource`: is missing or not a string");
  EXPECT_TRUE(verdict_of(R"({"request": {"principal": "nobody", "action": "a:b", "resource": "*"}})").starts_with("`request.principal`"));
  EXPECT_TRUE(verdict_of(R"({"request": {"principal": "anonymous", "action": "a:b", "resource": "*"}, "policies": {"scps": []}})").starts_with("`policies.scps`"));
  EXPECT_EQ(verdict_of(R"({"request": {"principal": "anonymous", "action": "a:b", "resource": "*"}, "policies": {"identity": ["p.json"]}})"), "no file `p.json`");
}

}  // namespace
}  // namespace ringwall::authz
