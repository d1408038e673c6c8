#include "service/service.h"

#include <gtest/gtest.h>

namespace ringwall::service {
namespace {

ApiResult<Json> answer_nothing(const Call&) { return Json::object(); }

const awsapi::Model& sts() {
  const awsapi::Model* model = awsapi::builtin_model("sts");
  EXPECT_NE(model, nullptr);
  return *model;
}

TEST(Service, FindsRegisteredOperationsOnlyAndListsThemSorted) {
  const Service service(sts(), {{"GetSessionToken", Access::read, ask_on_star("sts:GetSessionToken"), answer_nothing},
                                {"GetCallerIdentity", Access::read, ask_nothing(), answer_nothing}});
  EXPECT_EQ(service.operations(), (std::vector<std::string>{"GetCallerIdentity", "GetSessionToken"}));
  ASSERT_NE(service.operation("GetSessionToken"), nullptr);
  EXPECT_EQ(service.operation("GetSessionToken")->name, "GetSessionToken");
  EXPECT_EQ(service.operation("AssumeRole"), nullptr);  // the model knows it, this service does not
}

TEST(ServiceDeathTest, AnOperationWithoutItsQuestionsCannotBeRegistered) {
  EXPECT_DEATH(Service(sts(), {{"GetCallerIdentity", Access::read, nullptr, answer_nothing}}), "ask");
}

TEST(ServiceDeathTest, AnOperationUnknownToTheModelOrRegisteredTwiceIsABug) {
  EXPECT_DEATH(Service(sts(), {{"MakeTea", Access::read, ask_nothing(), answer_nothing}}), "model_");
  EXPECT_DEATH(Service(sts(), {{"GetCallerIdentity", Access::read, ask_nothing(), answer_nothing},
                               {"GetCallerIdentity", Access::read, ask_nothing(), answer_nothing}}),
               "is_new");
}

TEST(Page, WalksEveryItemOnceAndEndsWithoutAMarker) {
  const std::vector<std::string> all{"a", "b", "c", "d", "e"};
  const auto itself = [](const std::string& item) { return item; };
  std::vector<std::string> seen;
  std::string marker;
  std::size_t pages = 0;
  do {
    const Page<std::string> page = page_of(all, marker, 2, itself);
    seen.insert(seen.end(), page.items.begin(), page.items.end());
    marker = page.next;
    ++pages;
  } while (!marker.empty());
  EXPECT_EQ(seen, all);
  EXPECT_EQ(pages, 3U);
}

TEST(Page, AFullLastPageHasNoMarkerAndAVanishedMarkerGoesOnAfterIt) {
  const auto itself = [](const std::string& item) { return item; };
  EXPECT_EQ(page_of(std::vector<std::string>{"a", "b"}, "", 2, itself).next, "");
  EXPECT_EQ(page_of(std::vector<std::string>{"a", "c"}, "b", 2, itself).items, (std::vector<std::string>{"c"}));
}

TEST(Tags, TravelAsAListAndBack) {
  const estate::Tags tags{{"Owner", "ann"}, {"Team", ""}};
  EXPECT_EQ(json_of(tags).dump(), R"([{"Key":"Owner","Value":"ann"},{"Key":"Team","Value":""}])");
  EXPECT_EQ(tags_of(json_of(tags)), tags);
  EXPECT_TRUE(tags_of(Json()).empty());
}

TEST(Tags, AreTakenUpToTheirLimitsAndRefusedPastThem) {
  estate::Tags tags;
  for (std::size_t i = 0; i < tags_max; ++i) tags["key" + std::to_string(i)] = "v";
  EXPECT_EQ(fault_in(tags), std::nullopt);
  tags["one more"] = "v";
  EXPECT_NE(fault_in(tags), std::nullopt);

  EXPECT_EQ(fault_in({{std::string(128, 'k'), std::string(256, 'v')}}), std::nullopt);
  EXPECT_NE(fault_in({{std::string(129, 'k'), "v"}}), std::nullopt);
  EXPECT_NE(fault_in({{"k", std::string(257, 'v')}}), std::nullopt);
  EXPECT_NE(fault_in({{"", "v"}}), std::nullopt);
}

TEST(Tags, CountCharactersNotBytes) {
  std::string key;
  for (std::size_t i = 0; i < tag_key_characters_max; ++i) key += "é";
  EXPECT_EQ(fault_in({{key, "v"}}), std::nullopt);
  EXPECT_NE(fault_in({{key + "é", "v"}}), std::nullopt);
}

TEST(Tags, RefuseTheReservedPrefixInAnyCaseAndStrangeCharacters) {
  EXPECT_NE(fault_in({{"aws:team", "v"}}), std::nullopt);
  EXPECT_NE(fault_in({{"AWS:team", "v"}}), std::nullopt);
  EXPECT_EQ(fault_in({{"awsteam", "v"}}), std::nullopt);
  EXPECT_EQ(fault_in({{"a b_.:/=+-@", "c d"}}), std::nullopt);
  EXPECT_NE(fault_in({{"a<b", "v"}}), std::nullopt);
  EXPECT_NE(fault_in({{"a", "v\n"}}), std::nullopt);
}

TEST(Tags, BecomeContextKeysAndAbsentOnesStayAbsent) {
  policy::Context context;
  add_request_tags(context, {});
  EXPECT_EQ(context.find("aws:TagKeys"), nullptr);
  add_request_tags(context, {{"Team", "red"}, {"Zone", "b"}});
  ASSERT_NE(context.find("aws:RequestTag/Team"), nullptr);
  EXPECT_EQ(*context.find("aws:RequestTag/Team"), (std::vector<std::string>{"red"}));
  EXPECT_EQ(*context.find("aws:TagKeys"), (std::vector<std::string>{"Team", "Zone"}));
  add_resource_tags(context, {{"Team", "blue"}});
  EXPECT_EQ(*context.find("aws:ResourceTag/Team"), (std::vector<std::string>{"blue"}));
}

}  // namespace
}  // namespace ringwall::service
