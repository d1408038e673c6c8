#include "perimeter/perimeter.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>  // tidy: the schema's patterns are regular expressions
#include <sstream>

#include "perimeter/detail/members.h"

namespace ringwall::perimeter {
namespace {

using detail::Form;
using detail::Member;
using detail::Section;
using detail::Shape;
using text::Json;

std::string example() {
  std::ifstream file(RINGWALL_SOURCE_DIR "/examples/perimeter.yaml");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string message_of(std::string_view text) {
  const auto read_one = read(text);
  return read_one ? "" : read_one.error().message;
}

constexpr std::string_view least = R"({"organization": "o-a1b2c3d4e5"})";

// The least perimeter with one member more, which may replace the organisation.
std::string with(const std::string& member) {
  return R"({"organization": "o-a1b2c3d4e5", )" + member + "}";
}
std::string with_exception(const std::string& members) {
  return with(R"("exceptions": [{"name": "e", "owner": "o", "reason": "r")" + members + "}]");
}

TEST(Perimeter, TheExampleReads) {
  const auto perimeter = read(example());
  ASSERT_TRUE(perimeter) << perimeter.error().message;
  EXPECT_EQ(perimeter->organization, "o-a1b2c3d4e5");
  EXPECT_EQ(perimeter->accounts, std::vector<std::string>{"444455556666"});
  EXPECT_EQ(perimeter->regions, (std::vector<std::string>{"us-east-1", "eu-west-1"}));
  EXPECT_EQ(perimeter->networks.cidrs.size(), 2U);
  EXPECT_EQ(perimeter->networks.vpcs.front(), (Place{"us-east-1", "vpc-012abc01"}));
  EXPECT_EQ(perimeter->services.size(), 2U);
  EXPECT_EQ(perimeter->aws_owned.size(), 2U);
  ASSERT_EQ(perimeter->exceptions.size(), 2U);
  EXPECT_EQ(perimeter->exceptions[0].external_id, "audit-2026");
  EXPECT_EQ(perimeter->exceptions[0].objectives, std::vector{Objective::trust});
  EXPECT_EQ(text::position_of(example(), perimeter->exceptions[0].offset).column, 5U);
}

TEST(Perimeter, AnOrganisationIsEnough) {
  const auto perimeter = read(least);
  ASSERT_TRUE(perimeter) << perimeter.error().message;
  EXPECT_EQ(perimeter->regions, std::vector<std::string>{"us-east-1"});
  EXPECT_TRUE(perimeter->networks.estate_vpcs);
  EXPECT_FALSE(perimeter->anonymous_get_object);
}

TEST(Perimeter, AnOrganisationMayBeLeftOutOrBeNone) {
  const auto open = read("{}"), none = read("organization: none");
  ASSERT_TRUE(open && none);
  EXPECT_EQ(open->organization, "");
  EXPECT_FALSE(open->no_organization);
  EXPECT_EQ(none->organization, "");
  EXPECT_TRUE(none->no_organization);
  EXPECT_TRUE(message_of("organization: nobody").contains("or `none`, where your accounts are in no organisation"));
}

TEST(Perimeter, WhatIsWrongIsNamedWithItsPlaceAndTheRemedy) {
  EXPECT_EQ(message_of(R"({"services": [{}]})"),
            "line 1, column 15: `services[0].principal` is missing: give a service principal, as "
            "`cloudtrail.amazonaws.com`");
  EXPECT_EQ(message_of("{\"organization\": \"o-a1b2c3d4e5\",\n  \"networks\": {\"vpc\": []}}"),
            "line 2, column 16: there is no member `networks.vpc`: `networks` has cidrs, "
            "on_premises, vpcs, endpoints "
            "and estate_vpcs");
  EXPECT_EQ(
      message_of("{\"organization\": \"o-a1b2c3d4e5\",\n  \"accounts\": [12]}"),
      "line 2, column 16: `accounts[0]` is not a text: give an account's 12 digits, in quotes");
  EXPECT_EQ(message_of(with(R"("networks": {"cidrs": ["10.0.0.1/16"]})")).find("line 1, column "),
            0U);
}

TEST(Perimeter, RefusesWhatIsNotOfItsForm) {
  const std::pair<std::string, std::string> wrong[] = {
      {with(R"("management_account": "12345678901")"), "management_account"},
      {with(R"("accounts": "123456789012")"), "accounts"},
      {with(R"("regions": [])"), "regions"},
      {with(R"("regions": ["useast1"])"), "regions[0]"},
      {with(R"("networks": {"cidrs": ["10.0.0.1/16"]})"), "networks.cidrs[0]"},
      {with(R"("networks": {"cidrs": ["0.0.0.0/0"]})"), "networks.cidrs[0]"},
      {with(R"("networks": {"vpcs": ["vpc-1"]})"), "networks.vpcs[0]"},
      {with(R"("networks": {"endpoints": ["vpc-012abc01"]})"), "networks.endpoints[0]"},
      {with(R"("networks": {"estate_vpcs": "yes"})"), "networks.estate_vpcs"},
      {with(R"("networks": [])"), "networks"},
      {with(R"("services": [{"principal": "example.com"}])"), "services[0].principal"},
      {with(R"("services": [{"actions": ["s3:*"]}])"), "services[0].principal"},
      {with(R"("services": [{"principal": "a.amazonaws.com", "actions": []}])"),
       "services[0].actions"},
      {with(R"("aws_owned": [{"resources": ["bucket"]}])"), "aws_owned[0].resources[0]"},
      {with(R"("aws_owned": [{"resources": ["*"]}])"), "`*`"},
      {with(R"("aws_owned": [{"resources": ["arn:aws:s3:::a/${aws:username}"]}])"),
       "aws_owned[0].resources[0]"},
      {with_exception(R"(, "expires": "2027-02-30")"), "exceptions[0].expires"},
      {with_exception(R"(, "expires": "soon")"), "exceptions[0].expires"},
      {with_exception(R"(, "objectives": ["identity"])"), "exceptions[0].objectives[0]"},
      {with_exception(R"(, "principals": ["ann"])"), "exceptions[0].principals[0]"},
      {with_exception(R"(, "actions": ["GetObject"])"), "exceptions[0].actions[0]"},
      {with_exception(R"(, "external_id": "1")"), "external_id"},
      {with(R"("exceptions": [{"name": "e", "reason": "r"}])"), "exceptions[0].owner"},
      {with(R"("exceptions": [{"name": "e", "owner": "o"}])"), "exceptions[0].reason"},
      {with(R"("exceptions": [{"name": "e", "owner": "o", "reason": ""}])"),
       "exceptions[0].reason"},
      {with(R"("exceptions": [{"name": "a b", "owner": "o", "reason": "r"}])"),
       "exceptions[0].name"},
      {with(R"("exceptions": [1])"), "exceptions[0]"},
      {with(R"("anonymous_get_object": 1)"), "anonymous_get_object"},
      {"[]", "the perimeter"},
  };
  for (const auto& [text, member] : wrong) {
    const std::string message = message_of(text);
    EXPECT_EQ(message.find("line "), 0U) << text << message;
    EXPECT_NE(message.find(member), std::string::npos) << text << "\n" << message;
  }
}

TEST(Perimeter, PlaceholdersAreRefused) {
  for (const std::string text :
       {R"({"organization": "o-xxxxxxxxxx"})", R"({"organization": "<organization>"})"})
    EXPECT_NE(message_of(text).find("is a placeholder"), std::string::npos) << message_of(text);
  EXPECT_NE(message_of(with(R"("networks": {"vpcs": ["vpc-xxxxxxxx"]})")).find("is a placeholder"),
            std::string::npos);
  EXPECT_NE(message_of(with(R"("accounts": ["<account>"])")).find("is a placeholder"),
            std::string::npos);
  EXPECT_NE(message_of(with(R"("exceptions": [{"name": "e", "owner": "tbd", "reason": "r"}])"))
                .find("is a placeholder"),
            std::string::npos);
  EXPECT_NE(message_of(with(R"("aws_owned": [{"resources": ["arn:aws:s3:::<bucket>"]}])"))
                .find("is a placeholder"),
            std::string::npos);
  EXPECT_EQ(message_of(with(R"("accounts": ["123456789012"])")), "");
}

TEST(Perimeter, WhatAnIdentityProviderSignsForMeIsSpeltOut) {
  const auto message = [](const std::string& provider) {
    const auto made = read("organization: o-a1b2c3d4e5\nidentity_providers:\n  - {" + provider + "}\n");
    return made ? std::string() : made.error().message;
  };
  EXPECT_EQ(message("issuer: token.actions.githubusercontent.com, subjects: ['repo:acme/*', 'repo:acme-labs/site:*']"), "");
  EXPECT_EQ(message("issuer: api.pulumi.com/oidc, audiences: [acme]"), "");
  EXPECT_EQ(message("issuer: sso.example.com, subjects: ['*']"), "");
  EXPECT_EQ(message("issuer: sso.example.com"),
            "line 3, column 5: `subjects` and `audiences` are missing: say which tokens of `sso.example.com` are yours; `*` is all of them");
  for (const char* subjects : {"['*']", "['repo:*']", "['repo:acme*']", "['repo:acme/*', 'repo:*/x']"}) {
    EXPECT_EQ(message("issuer: token.actions.githubusercontent.com, subjects: " + std::string(subjects)).substr(0, 96),
              "line 3, column 5: anybody can have a token of `token.actions.githubusercontent.com`: spell out w")
        << subjects;
  }
  EXPECT_NE(message("issuer: token.actions.githubusercontent.com, audiences: [sts.amazonaws.com]"), "");  // whoever asks chooses it
  EXPECT_NE(message("issuer: 'https://sso.example.com', subjects: [a]"), "");
}

TEST(Perimeter, AnExceptionStandsOnce) {
  EXPECT_NE(message_of(with(R"("exceptions": [{"name": "e", "owner": "o", "reason": "r"},)"
                            R"( {"name": "e", "owner": "p", "reason": "q"}])"))
                .find("stands twice"),
            std::string::npos);
}

TEST(Perimeter, AnExceptionIsOverOnTheDayItExpires) {
  const auto perimeter = read(with_exception(R"(, "expires": "2027-03-31")"));
  ASSERT_TRUE(perimeter);
  EXPECT_FALSE(perimeter->exceptions[0].expired("2027-03-30"));
  EXPECT_TRUE(perimeter->exceptions[0].expired("2027-03-31"));
  EXPECT_TRUE(perimeter->exceptions[0].expired("2027-04-01"));
  EXPECT_FALSE(read(with_exception(""))->exceptions[0].expired("9999-12-31"));
}

std::string exceptions(std::size_t count) {
  std::string text;
  for (std::size_t index = 0; index < count; ++index)
    text += std::string(index == 0 ? "" : ",") + R"({"name": "e)" + std::to_string(index) +
            R"(", "owner": "o", "reason": "r"})";
  return with("\"exceptions\": [" + text + "]");
}

TEST(Perimeter, AsManyExceptionsAsTheLimitSays) {
  EXPECT_EQ(message_of(exceptions(exceptions_max)), "");
  EXPECT_NE(message_of(exceptions(exceptions_max + 1)).find("at most 10000"), std::string::npos);
}

TEST(Perimeter, AsManyBytesAsTheLimitSays) {
  std::string text(least);
  text.resize(bytes_max, ' ');
  EXPECT_EQ(message_of(text), "");
  text += ' ';
  EXPECT_NE(message_of(text).find("at most"), std::string::npos);
}

TEST(Perimeter, ObjectivesHaveNames) {
  for (std::size_t index = 0; index < objective_count_with_agents; ++index) {
    const auto objective = static_cast<Objective>(index);
    EXPECT_EQ(objective_of(name_of(objective)), objective);
  }
  EXPECT_EQ(objective_of("resource"), std::nullopt);
}

// The schema beside the reader.

const Json& definition(const Json& whole, Section section) {
  return section == Section::perimeter ? whole : whole["$defs"][name_of(section)];
}

std::string type_of(Shape shape) {
  switch (shape) {
    case Shape::text:
      return "";  // its form says
    case Shape::flag:
      return "boolean";
    case Shape::object:
      return "";
    case Shape::texts:
    case Shape::objects:
      return "array";
  }
  return "";
}

constexpr std::pair<Form, std::string_view> form_names[] = {{Form::any, "any"},
                                                            {Form::name, "name"},
                                                            {Form::organization, "organization"},
                                                            {Form::account, "account"},
                                                            {Form::region, "region"},
                                                            {Form::cidr, "cidr"},
                                                            {Form::vpc, "vpc"},
                                                            {Form::endpoint, "endpoint"},
                                                            {Form::service, "service"},
                                                            {Form::action, "action"},
                                                            {Form::resource, "resource"},
                                                            {Form::date, "date"},
                                                            {Form::objective, "objective"},
                                                            {Form::principal, "principal"},
                                                            {Form::administrator, "administrator"},
                                                            {Form::sessions, "sessions"},
                                                            {Form::prefix, "prefix"},
                                                            {Form::issuer, "issuer"}};

std::string reference_to(const Member& member) {
  if (member.shape == Shape::object || member.shape == Shape::objects)
    return "#/$defs/" + std::string(name_of(member.section));
  for (const auto& [form, name] : form_names)
    if (form == member.form) return "#/$defs/" + std::string(name);
  return "";
}

TEST(Schema, HasTheMembersOfTheReaderAndNoOthers) {
  const auto whole = text::parse_json(schema());
  ASSERT_TRUE(whole);
  EXPECT_EQ((*whole)["$schema"], Json("https://json-schema.org/draft/2020-12/schema"));
  for (std::size_t index = 0; index < detail::section_count; ++index) {
    const auto section = static_cast<Section>(index);
    const Json& object = definition(*whole, section);
    EXPECT_EQ(object["additionalProperties"], Json(false));
    std::vector<std::string> required;
    EXPECT_EQ(object["properties"].members().size(), detail::members_of(section).size());
    for (const Member& member : detail::members_of(section)) {
      SCOPED_TRACE(member.name);
      const Json* property = object["properties"].find(member.name);
      ASSERT_NE(property, nullptr);
      if (member.required) required.emplace_back(member.name);
      EXPECT_EQ(property->text("type"), type_of(member.shape));
      const bool listed = member.shape == Shape::texts || member.shape == Shape::objects;
      if (member.shape != Shape::flag) {
        EXPECT_EQ((listed ? (*property)["items"] : *property).text("$ref"), reference_to(member));
      }
      EXPECT_EQ(property->contains("minItems"), member.shape == Shape::texts && member.filled);
    }
    std::vector<std::string> stated;
    for (const Json& name : object["required"].items()) stated.emplace_back(name.as_string());
    EXPECT_EQ(stated, required);
  }
  EXPECT_EQ((*whole)["properties"]["exceptions"]["maxItems"], Json(exceptions_max));
}

TEST(Perimeter, AVpcOrEndpointWithoutItsRegionNeedsOneRegionToLieIn) {
  const auto read_with = [](const std::string& more) { return read("{\"organization\": \"o-a1b2c3d4e5\"," + more + "}"); };
  for (const std::string networks : {R"("networks": {"vpcs": ["vpc-012abc01"]})", R"("networks": {"endpoints": ["vpce-012abc01"]})",
                                     R"("exceptions": [{"name": "n", "owner": "o", "reason": "r", "vpcs": ["vpc-012abc01"]}])"}) {
    for (const std::string regions : {"", R"("regions": ["us-east-1", "eu-west-1"],)"}) {
      const auto refused = read_with(regions + networks);
      ASSERT_FALSE(refused) << networks;
      EXPECT_NE(refused.error().message.find("is unique within its Region only: write `us-east-1/vpc"), std::string::npos) << refused.error().message;
    }
    EXPECT_TRUE(read_with(R"("regions": ["eu-west-1"],)" + networks)) << networks;
  }
  const auto one = read_with(R"("regions": ["eu-west-1"], "networks": {"vpcs": ["vpc-012abc01", "us-east-1/vpc-012abc01"]})");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->networks.vpcs, (std::vector<Place>{{"eu-west-1", "vpc-012abc01"}, {"us-east-1", "vpc-012abc01"}}));
}

// Each text that the reader takes or refuses for its form, the schema's pattern takes or refuses.
// (What is a placeholder, an impossible date or a bad CIDR only the reader knows.)
TEST(Schema, HasTheFormsOfTheReader) {
  const auto whole = text::parse_json(schema());
  ASSERT_TRUE(whole);
  constexpr std::string_view samples[] = {"",
                                          "a",
                                          "a b",
                                          "a.b_c-1",
                                          "o-a1b2c3d4e5",
                                          "o-a1b2c3d4e",
                                          "none",
                                          "o-A1b2c3d4e5",
                                          "123456789012",
                                          "1234567890123",
                                          "us-east-1",
                                          "us-gov-west-1",
                                          "us-east",
                                          "-a-b-1",
                                          "us--east-1",
                                          "us-east-111",
                                          "vpc-012abc01",
                                          "vpc-012abc0",
                                          "eu-west-1/vpc-012abc01",
                                          "us-gov-west-1/vpce-012abc01",
                                          "eu-west/vpc-012abc01",
                                          "/vpc-012abc01",
                                          "eu-west-1/",
                                          "a/eu-west-1/vpc-012abc01",
                                          "vpc-0a1b2c3d4e5f60718",
                                          "vpce-012abc01",
                                          "vpce-0a1b2c3d4e5f6071g",
                                          "cloudtrail.amazonaws.com",
                                          "logs.us-east-1.amazonaws.com",
                                          "logs.cn-north-1.amazonaws.com.cn",
                                          ".amazonaws.com",
                                          "amazonaws.com",
                                          "example.com",
                                          "https://example.com",
                                          "example.com/",
                                          "example.com/a/b_C",
                                          ".example.com",
                                          "example.",
                                          "example.com:a",
                                          "*",
                                          "s3:*",
                                          "s3:Get?bject",
                                          "s3:",
                                          ":x",
                                          "s3:a:b",
                                          "s*:x",
                                          "arn:aws:s3:::a",
                                          "arn:aws:s3:::a/*",
                                          "arn:aws:s3::a",
                                          "arn:aws:s3:::",
                                          "arn:aws:s3:::a b",
                                          "arn:aws:iam::111122223333:role/a",
                                          "arn:aws:s3:::${a}",
                                          "arn:aws:iam::*:role/a/b",
                                          "arn:aws:iam::*:role/*",
                                          "arn:aws:iam::1*:user/a",
                                          "ec2",
                                          "anonymous",
                                          "identity/resources",
                                          "identity",
                                          "trust",
                                          "perimeter",
                                          "whole"};
  for (const auto& [form, name] : form_names) {
    if (form == Form::any || form == Form::cidr || form == Form::date) continue;
    const Json& stated = (*whole)["$defs"][name];
    for (const std::string_view sample : samples) {
      bool fits = false;
      if (form == Form::objective)
        for (const Json& one : stated["enum"].items()) fits = fits || one.as_string() == sample;
      else
        fits = std::regex_match(std::string(sample), std::regex(stated.str("pattern"))) &&
               sample.size() <= static_cast<std::size_t>(stated["maxLength"].as_integer(2048));
      EXPECT_EQ(!objection(form, sample), fits) << name << ": `" << sample << "`";
    }
  }
}

}  // namespace
}  // namespace ringwall::perimeter
