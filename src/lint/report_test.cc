#include "lint/report.h"

#include <gtest/gtest.h>

namespace ringwall::lint {
namespace {

using text::Json;

FileFindings file_of(std::string name, std::string_view text, KindIs kind_is = KindIs::given) {
  return {std::move(name), policy::Kind::identity, kind_is, lint(text, policy::Kind::identity)};
}

constexpr std::string_view wrong_action =
    "{\"Version\": \"2012-10-17\",\n \"Statement\": {\"Effect\": \"Allow\", \"Action\": "
    "\"s3:GetObjekt\", "
    "\"Resource\": \"*\"}}";
constexpr std::string_view fine =
    R"({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}})";

TEST(Report, TextIsALineAFindingWithItsRemedyBelow) {
  const FileFindings files[] = {file_of("a.json", wrong_action), file_of("b.json", fine)};
  EXPECT_EQ(to_text(files),
            "a.json:2:45: error: there is no action `s3:GetObjekt`: did you mean `s3:GetObject`? "
            "[INVALID_ACTION]\n"
            "    correct its name; the service's reference lists them\n"
            "2 files: 1 error\n");
}

TEST(Report, TextSaysWhichKindWasGuessed) {
  const FileFindings files[] = {file_of("a.json", fine, KindIs::guessed)};
  EXPECT_EQ(to_text(files),
            "a.json: read as identity-based policy by its shape (--type identity)\n"
            "1 file: nothing found\n");
}

TEST(Report, TextShowsNoControlCharacters) {
  const FileFindings files[] = {file_of("a\x1b[2J.json", wrong_action)};
  EXPECT_EQ(to_text(files).find('\x1b'), std::string::npos);
}

TEST(Report, JsonHasEveryFindingAndTheCounts) {
  const FileFindings files[] = {file_of("a.json", wrong_action), file_of("b.json", fine)};
  const Json json = to_json(files);
  ASSERT_EQ(json["files"].items().size(), 2U);
  const Json& finding = json["files"].items()[0]["findings"].items().at(0);
  EXPECT_EQ(finding.text("code"), "INVALID_ACTION");
  EXPECT_EQ(finding["line"].as_integer(), 2);
  EXPECT_EQ(finding["column"].as_integer(), 45);
  EXPECT_EQ(wrong_action.substr(static_cast<std::size_t>(finding["offset"].as_integer()), 14),
            "\"s3:GetObjekt\"");
  EXPECT_EQ(json["counts"]["error"].as_integer(), 1);
  EXPECT_EQ(json["counts"]["suggestion"].as_integer(), 0);
  EXPECT_TRUE(json["files"].items()[1]["findings"].items().empty());
}

TEST(Report, SarifHasWhatItsSchemaRequires) {
  const FileFindings files[] = {file_of("my policies/a.json", wrong_action),
                                file_of("<stdin>", "{")};
  const Json sarif = to_sarif(files, "1.2.3");
  EXPECT_EQ(sarif.text("version"), "2.1.0");
  const Json& run = sarif["runs"].items().at(0);
  const Json& driver = run["tool"]["driver"];
  EXPECT_EQ(driver.text("name"), "ringwall lint");
  EXPECT_EQ(driver["rules"].items().size(), 2U);
  ASSERT_EQ(run["results"].items().size(), 2U);
  for (const Json& result : run["results"].items()) {
    const auto index = static_cast<std::size_t>(result["ruleIndex"].as_integer());
    EXPECT_EQ(driver["rules"].items().at(index).text("id"), result.text("ruleId"));
    EXPECT_FALSE(driver["rules"].items().at(index)["help"].text("text").empty());
    const Json& place = result["locations"].items().at(0)["physicalLocation"];
    EXPECT_GE(place["region"]["startLine"].as_integer(), 1);
    EXPECT_GE(place["region"]["startColumn"].as_integer(), 1);
    EXPECT_EQ(result.text("level"), "error");
  }
  const auto uri = [&](std::size_t i) {
    return run["results"]
        .items()[i]["locations"]
        .items()[0]["physicalLocation"]["artifactLocation"]
        .str("uri");
  };
  EXPECT_EQ(uri(0), "my%20policies/a.json");
  EXPECT_EQ(uri(1), "stdin");
}

TEST(Report, KnowsTheGravest) {
  const FileFindings clean[] = {file_of("b.json", fine)};
  EXPECT_EQ(gravest(clean), std::nullopt);
  const FileFindings both[] = {file_of("b.json", fine), file_of("a.json", wrong_action)};
  EXPECT_EQ(gravest(both), Severity::error);
}

}  // namespace
}  // namespace ringwall::lint
