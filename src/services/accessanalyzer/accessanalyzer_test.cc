#include "services/accessanalyzer/accessanalyzer.h"

#include <gtest/gtest.h>

#include "directory/documents.h"
#include "directory/guards.h"
#include "directory/testing.h"
#include "keyring/guards.h"
#include "lint/lint.h"
#include "services/accessanalyzer/detail/place.h"

namespace ringwall::accessanalyzer {
namespace {

using directory::testing::World;
using text::Json;

constexpr const char* wrong_in_many_ways =
    "{\"Version\": \"2012-10-17\", \"Statement\": [\n"
    " {\"Sid\": \"\", \"Effect\": \"Allow\", \"Action\": [\"s3:GetObjekt\", \"s3:List*\", \"s3:ListBucket\"], \"Resource\": \"*\"},\n"
    " {\"Effect\": \"Allow\", \"Action\": \"iam:PassRole\", \"Resource\": \"*\"}]}";

class AccessAnalyzer : public ::testing::Test {
 protected:
  service::ApiResult<Json> validate(const std::string& document, std::initializer_list<Json::Member> more = {}) {
    Json input = Json::object({{"policyDocument", document}, {"policyType", "IDENTITY_POLICY"}});
    for (const Json::Member& member : more) input.set(member.key, member.value);
    return world_.call("ValidatePolicy", world_.as_administrator(), input);
  }
  std::string codes(const std::string& document, std::initializer_list<Json::Member> more = {}) {
    const auto output = validate(document, more);
    if (!output) return output.error().code + ": " + output.error().message;
    std::string out;
    for (const Json& finding : (*output)["findings"].items()) out += (out.empty() ? "" : " ") + finding.str("issueCode");
    return out;
  }
  World world_{operations({[](const std::string& what, const std::string& question) { ADD_FAILURE() << what << "\n" << question; },
                           {keyring::guards(), directory::role_guards()}})};
};

TEST_F(AccessAnalyzer, FindsWhatTheLintFindsInItsOrder) {
  std::string wanted;
  for (const lint::Finding& finding : lint::lint(wrong_in_many_ways, policy::Kind::identity)) {
    wanted += (wanted.empty() ? "" : " ") + std::string(finding.rule->code);
  }
  EXPECT_GT(wanted.size(), 60U) << wanted;
  EXPECT_EQ(codes(wrong_in_many_ways), wanted);
  EXPECT_EQ(codes(R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::books/*"}]})"), "");
}

TEST_F(AccessAnalyzer, AFindingSaysWhatWhereAndWhereToRead) {
  const auto output = validate(wrong_in_many_ways);
  ASSERT_TRUE(output);
  const auto named = [&](std::string_view code) {
    for (const Json& finding : (*output)["findings"].items()) {
      if (finding.text("issueCode") == code) return finding;
    }
    return Json();
  };
  const Json action = named("INVALID_ACTION");
  EXPECT_EQ(action.text("findingType"), "ERROR");
  EXPECT_EQ(action.text("findingDetails"),
            "There is no action `s3:GetObjekt`: did you mean `s3:GetObject`? Correct its name; the service's reference lists them.");
  EXPECT_EQ(action.text("learnMoreLink"),
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
            "#access-analyzer-reference-policy-checks-error-invalid-action");
  EXPECT_EQ(action["locations"].dump(),
            R"([{"path":[{"value":"Statement"},{"index":0},{"value":"Action"},{"index":0}],"span":{"start":{"line":2,"column":43,"offset":84},"end":{"line":2,"column":57,"offset":98}}}])");
  EXPECT_EQ(named("EMPTY_SID_VALUE").text("findingType"), "SUGGESTION");
  EXPECT_TRUE(named("EMPTY_SID_VALUE").text("learnMoreLink").ends_with("-policy-checks-suggestion-empty-sid-value"));
  EXPECT_EQ(named("PASS_ROLE_WITH_STAR_IN_RESOURCE").text("findingType"), "SECURITY_WARNING");
  EXPECT_TRUE(named("PASS_ROLE_WITH_STAR_IN_RESOURCE").text("learnMoreLink").ends_with("-security-warning-pass-role-with-star-in-resource"));
  const auto without_version = validate(R"({"Statement":[{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::books"}]})");
  EXPECT_TRUE((*without_version)["findings"].items().at(0).text("learnMoreLink").ends_with("-general-warning-missing-version"));
}

TEST_F(AccessAnalyzer, ThePolicyTypeDecidesHowTheTextIsRead) {
  const std::string trust = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}]})";
  EXPECT_EQ(codes(trust, {{"policyType", "RESOURCE_POLICY"}, {"validatePolicyResourceType", "AWS::IAM::AssumeRolePolicyDocument"}}), "");
  EXPECT_EQ(codes(trust, {{"policyType", "RESOURCE_POLICY"}}), "MISSING_RESOURCE");
  const std::string rcp = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]})";
  EXPECT_EQ(codes(rcp, {{"policyType", "RESOURCE_CONTROL_POLICY"}}), "RCP_SYNTAX_ERROR_ALLOW");
  const std::string scp = R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}]})";
  EXPECT_EQ(codes(scp, {{"policyType", "SERVICE_CONTROL_POLICY"}}), "SCP_SYNTAX_ERROR_PRINCIPAL");
  EXPECT_TRUE(codes(scp, {{"policyType", "SERVICE_CONTROL_POLICY"}, {"validatePolicyResourceType", "AWS::S3::Bucket"}}).starts_with("ValidationException"));
}

TEST_F(AccessAnalyzer, TextThatIsNotJsonIsAFindingAndNotAnError) {
  for (const char* document : {"", "{", "not JSON", "{\"a\":1,\"a\":2}", "\xff"}) {
    const auto output = validate(document);
    ASSERT_TRUE(output) << document;
    ASSERT_EQ((*output)["findings"].items().size(), 1U) << document;
    const Json& finding = (*output)["findings"].items().front();
    EXPECT_EQ(finding.text("issueCode"), "JSON_SYNTAX_ERROR") << document;
    EXPECT_EQ(finding["locations"].items().at(0)["path"].items().size(), 0U);
  }
}

TEST_F(AccessAnalyzer, PagesFollowEachOtherToTheEnd) {
  std::string together;
  auto page = validate(wrong_in_many_ways, {{"maxResults", 1}});
  ASSERT_TRUE(page);
  const std::string first_token = page->str("nextToken");
  for (;;) {
    ASSERT_EQ((*page)["findings"].items().size(), 1U);
    together += (together.empty() ? "" : " ") + (*page)["findings"].items().front().str("issueCode");
    if (!page->contains("nextToken")) break;
    page = validate(wrong_in_many_ways, {{"maxResults", 1}, {"nextToken", page->str("nextToken")}});
    ASSERT_TRUE(page);
  }
  EXPECT_EQ(together, codes(wrong_in_many_ways));
  for (const std::string& token : {std::string(), std::string("1"), "0" + first_token, first_token + "0", std::string("99999999999999999999-")}) {
    EXPECT_TRUE(codes(wrong_in_many_ways, {{"nextToken", token}}).starts_with("ValidationException")) << token;
  }
  EXPECT_TRUE(codes(std::string(wrong_in_many_ways) + " ", {{"nextToken", first_token}}).starts_with("ValidationException"));
}

TEST_F(AccessAnalyzer, APageHoldsAtItsLimitAndNotPastIt) {
  EXPECT_EQ(codes(wrong_in_many_ways, {{"maxResults", findings_per_page_max}}), codes(wrong_in_many_ways));
  EXPECT_TRUE(codes(wrong_in_many_ways, {{"maxResults", findings_per_page_max + 1}}).starts_with("ValidationException"));
  EXPECT_TRUE(codes(wrong_in_many_ways, {{"maxResults", 0}}).starts_with("ValidationException"));
}

TEST_F(AccessAnalyzer, NobodyMayAskWhoIsNotAllowedTo) {
  store::Transaction transaction(world_.store());
  Json user = directory::new_user(world_.environment(), world_.administrator().account, "/", "bob", world_.clock().now());
  const std::string arn = user.str("Arn");
  transaction.put(directory::iam_key(world_.administrator().account, "user", "bob"), std::move(user));
  world_.directory().wait_for(*world_.store().commit(transaction));
  const Json input = Json::object({{"policyDocument", "{}"}, {"policyType", "IDENTITY_POLICY"}});
  const auto refused = world_.call("ValidatePolicy", world_.as_user(arn), input);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("access-analyzer:ValidatePolicy"), std::string::npos) << refused.error().message;
}

std::string place(std::string_view text, std::string_view at) {
  const auto document = text::parse_json(text);
  const detail::Place place = detail::place_of(*document, text, static_cast<std::uint32_t>(text.find(at)));
  return Json(place.path).dump() + " " + std::string(text.substr(place.begin, place.end - place.begin));
}

TEST(Place, IsTheInnermostValueOrName) {
  constexpr std::string_view text = R"( {"a" : [ {"b\"]": "x,\\"}, [1 , true] ], "c":-1.5e3})";
  EXPECT_EQ(place(text, "{\"a"), std::string("[] ") + std::string(text.substr(1)));
  EXPECT_EQ(place(text, "\"a"), R"([{"key":"a"}] "a")");
  EXPECT_EQ(place(text, "[ {"), R"x([{"value":"a"}] [ {"b\"]": "x,\\"}, [1 , true] ])x");
  EXPECT_EQ(place(text, "\"b"), R"x([{"value":"a"},{"index":0},{"key":"b\"]"}] "b\"]")x");
  EXPECT_EQ(place(text, "x,"), R"x([{"value":"a"},{"index":0},{"value":"b\"]"}] "x,\\")x");
  EXPECT_EQ(place(text, "[1"), R"([{"value":"a"},{"index":1}] [1 , true])");
  EXPECT_EQ(place(text, "true"), R"([{"value":"a"},{"index":1},{"index":1}] true)");
  EXPECT_EQ(place(text, "-1"), R"([{"value":"c"}] -1.5e3)");
}

TEST(Place, PositionsCountCharactersAndNotBytes) {
  constexpr std::string_view text = "é\n€uro\n";
  std::map<std::uint32_t, detail::Position> positions = {{0, {}}, {2, {}}, {3, {}}, {6, {}}, {static_cast<std::uint32_t>(text.size()), {}}};
  detail::find_positions(text, positions);
  EXPECT_EQ(positions[0], (detail::Position{1, 0, 0}));
  EXPECT_EQ(positions[2], (detail::Position{1, 1, 1}));
  EXPECT_EQ(positions[3], (detail::Position{2, 0, 2}));
  EXPECT_EQ(positions[6], (detail::Position{2, 1, 3}));
  EXPECT_EQ(positions[static_cast<std::uint32_t>(text.size())], (detail::Position{3, 0, 7}));
}

}  // namespace
}  // namespace ringwall::accessanalyzer
