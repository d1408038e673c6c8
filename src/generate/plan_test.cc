#include "generate/plan.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ringwall::generate {
namespace {

using text::Json;

const Generated& generated() {
  static const Generated made = [] {
    const auto perimeter = perimeter::read(
        R"({"organization": "o-a1b2c3d4e5", "exceptions": [{"name": "vendor", "owner": "o",
        "reason": "r", "objectives": ["trust"], "principals": ["123456789012"],
        "resources": ["arn:aws:iam::111122223333:role/vendor-*"]}]})");
    EXPECT_TRUE(perimeter);
    auto result = generate(*perimeter, catalogue::Catalogue::builtin(), "2026-11-22");
    EXPECT_TRUE(result);
    return *std::move(result);
  }();
  return made;
}

std::vector<Step> plan_of(const Existing& existing) {
  auto steps = plan(generated(), existing);
  EXPECT_TRUE(steps) << (steps ? "" : steps.error().message);
  return steps ? *std::move(steps) : std::vector<Step>{};
}

Existing::Role role(const std::string& name, const std::string& trust) {
  return {"111122223333", name, "arn:aws:iam::111122223333:role/" + name, trust};
}

constexpr const char* trust = R"({"Version":"2012-10-17","Statement":[{"Sid":"Own","Effect":"Allow",
    "Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}]})";

// What performing the steps would leave.
Existing after(const std::vector<Step>& steps, Existing existing) {
  for (const Step& step : steps) {
    if (step.layer == Layer::trust_statement) {
      for (auto& one : existing.roles)
        if (one.arn == step.target) one.trust = step.document;
    } else if (step.layer == Layer::endpoint) {
      for (auto& one : existing.endpoints)
        if (one.id == step.target) one.policy = step.document;
    } else if (step.change == Change::removed) {
      std::erase_if(existing.organization, [&](const auto& one) { return one.id == step.id; });
    } else {
      std::erase_if(existing.organization,
                    [&](const auto& one) { return one.name == step.target; });
      existing.organization.push_back(
          {"p-" + step.target, step.target, step.document, step.kind, true});
    }
  }
  return existing;
}

TEST(Plan, WhatWasPerformedNeedsNothingMore) {
  Existing existing;
  existing.roles = {role("app", trust), role("vendor-1", trust)};
  existing.endpoints = {{"111122223333", "vpce-012abc01", "s3", ""}};
  const auto first = plan_of(existing);
  EXPECT_TRUE(std::ranges::none_of(
      first, [](const Step& step) { return step.change == Change::unchanged; }));
  const auto second = plan_of(after(first, existing));
  EXPECT_EQ(first.size(), second.size());
  EXPECT_TRUE(std::ranges::all_of(
      second, [](const Step& step) { return step.change == Change::unchanged; }));
}

TEST(Plan, MembersComeFirstAndServiceControlPoliciesLast) {
  Existing existing;
  existing.roles = {role("app", trust)};
  existing.organization = {{"p-9", "ringwall-rcp-9", "{}", policy::Kind::rcp, true}};
  const auto steps = plan_of(existing);
  EXPECT_EQ(steps.front().layer, Layer::trust_statement);
  EXPECT_EQ(steps[1].change, Change::removed);
  EXPECT_EQ(steps.back().kind, policy::Kind::scp);
}

TEST(Plan, StatementsAreMergedBySidAndOthersStay) {
  Existing existing;
  existing.roles = {
      role("app", R"({"Version":"2012-10-17","Statement":[{"Sid":"Own","Effect":"Allow",
      "Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"},
      {"Sid":"OnlyMyPrincipals","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"},
      {"Sid":"OnlyMyPrincipals7","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}]})")};
  const auto steps = plan_of(existing);
  EXPECT_EQ(
      steps.front().statements,
      (std::vector<std::string>{"~ OnlyMyPrincipals", "+ OnlyOnMyBehalf", "- OnlyMyPrincipals7"}));
  const auto document = text::parse_json(steps.front().document);
  ASSERT_TRUE(document);
  EXPECT_EQ((*document)["Statement"].items().at(0).text("Sid"), "Own");
  EXPECT_EQ((*document)["Statement"].items().size(), 3U);
}

TEST(Plan, ARoleThatAnExceptionNamesGetsItsStatement) {
  Existing existing;
  existing.roles = {role("app", trust), role("vendor-1", trust)};
  const auto steps = plan_of(existing);
  EXPECT_EQ(steps[0].document.find("123456789012"), std::string::npos);
  EXPECT_NE(steps[1].document.find("123456789012"), std::string::npos);
}

TEST(Plan, AnEndpointOfAServiceWithoutAPolicyOfItsOwnGetsTheGeneralOne) {
  Existing existing;
  existing.endpoints = {{"111122223333", "vpce-012abc01", "s3", ""},
                        {"111122223333", "vpce-012abc02", "ringwall", ""}};
  const auto steps = plan_of(existing);
  EXPECT_NE(steps[0].document.find("s3:*"), std::string::npos);
  EXPECT_EQ(steps[1].document.find("s3:*"), std::string::npos);
}

TEST(Plan, APolicyThatIsThereIsAttachedOrChanged) {
  const auto made = plan_of({});
  Existing existing = after(made, {});
  existing.organization[0].at_root = false;
  existing.organization[1].content = R"({"Version":"2012-10-17","Statement":[]})";
  const auto steps = plan_of(existing);
  EXPECT_EQ(steps[0].change, Change::attached);
  EXPECT_EQ(steps[1].change, Change::changed);
  EXPECT_FALSE(steps[1].attach);
}

TEST(Plan, ADocumentThatIsNotJsonIsNamed) {
  Existing existing;
  existing.roles = {role("app", "{")};
  const auto steps = plan(generated(), existing);
  ASSERT_FALSE(steps);
  EXPECT_NE(steps.error().message.find("role/app"), std::string::npos);
}

}  // namespace
}  // namespace ringwall::generate
