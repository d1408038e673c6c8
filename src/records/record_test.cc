#include "records/record.h"

#include <gtest/gtest.h>

#include "records/testing_records.h"

namespace ringwall::records::testing {
namespace {

constexpr const char* whole_text =
    R"({"Name":"one","Covered":true,"Made":12,"Colour":"Green","Owner":"ann","Spare":{"Rim":"oak","Spokes":8,"secret":"s"},)"
    R"("Wheels":[{"Rim":"elm","Spokes":6},{"Rim":"ash","Spokes":7,"secret":"t"}],"Loads":{"hay":3},)"
    R"("Tags":[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}],"Labels":[{"K":"x","V":"y"}],"policy":{"bound":"{}"},"trips":4})";
constexpr const char* least_text =
    R"({"Name":"","Covered":false,"Made":0,"Colour":"Red","Wheels":[],"Loads":{},"Tags":[],"policy":null})";

Json parsed(std::string_view text) { return text::parse_json(text).value(); }

// What from_json says of the whole cart with one member changed, up to the remedy.
std::string fault(const char* member, Json value) {
  Json json = parsed(whole_text);
  json.set(member, std::move(value));
  const auto cart = from_json<Cart>(json);
  if (cart) return "";
  EXPECT_EQ(cart.error().kind, Failure::corrupt);
  EXPECT_NE(cart.error().message.find("nothing was changed"), std::string::npos) << cart.error().message;
  return cart.error().message.substr(0, cart.error().message.find(": a newer"));
}
std::string fault_without(const char* member) {
  Json json = parsed(whole_text);
  json.erase(member);
  const auto cart = from_json<Cart>(json);
  return cart ? "" : cart.error().message.substr(0, cart.error().message.find(": a newer"));
}

TEST(Records, WhatIsWrittenReadsBackByteForByte) {
  EXPECT_EQ(to_json(whole_cart()).dump(), whole_text);
  EXPECT_EQ(from_json<Cart>(parsed(whole_text)).value(), whole_cart());
  EXPECT_EQ(to_json(Cart()).dump(), least_text);
  EXPECT_EQ(from_json<Cart>(parsed(least_text)).value(), Cart());
}

TEST(Records, MembersAreFoundInWhateverOrderTheyStand) {
  const Json whole = parsed(whole_text);
  Json turned = Json::object();
  for (auto member = whole.members().rbegin(); member != whole.members().rend(); ++member) turned.set(member->key, member->value);
  EXPECT_EQ(from_json<Cart>(turned).value(), whole_cart());
}

TEST(Records, TheApiIsShownNothingThatIsKept) {
  const Json shown = wire_of(whole_cart());
  EXPECT_FALSE(shown.contains("policy"));
  EXPECT_FALSE(shown.contains("trips"));
  EXPECT_FALSE(shown["Spare"].contains("secret"));
  EXPECT_FALSE(shown["Wheels"].items()[1].contains("secret"));
  EXPECT_EQ(shown["Wheels"].items()[1].text("Rim"), "ash");
  EXPECT_EQ(shown["Tags"], to_json(whole_cart())["Tags"]);
}

TEST(Records, AMemberThatIsNotKnownIsRefusedWhereverItStands) {
  EXPECT_EQ(fault("Horses", 2), "its member `Horses` is not known");
  EXPECT_EQ(fault("Spare", parsed(R"({"Rim":"oak","Spokes":8,"Tyre":"rubber"})")), "its member `Spare.Tyre` is not known");
  EXPECT_EQ(fault("Wheels", parsed(R"([{"Rim":"oak","Spokes":8,"Tyre":null}])")), "its member `Wheels.Tyre` is not known");
}

TEST(Records, AMemberThatIsMissingIsRefusedUnlessItMayBe) {
  for (const char* member : {"Name", "Covered", "Made", "Colour", "Wheels", "Loads", "Tags", "policy"}) {
    EXPECT_EQ(fault_without(member), "its member `" + std::string(member) + "` is missing");
  }
  for (const char* member : {"Owner", "Spare", "Labels", "trips"}) EXPECT_EQ(fault_without(member), "") << member;
  EXPECT_EQ(fault("Spare", parsed(R"({"Rim":"oak"})")), "its member `Spare.Spokes` is missing");
}

TEST(Records, AMemberOfAnotherTypeIsRefused) {
  EXPECT_EQ(fault("Name", 1), "its member `Name` is not a text");
  EXPECT_EQ(fault("Covered", "true"), "its member `Covered` is not true or false");
  EXPECT_EQ(fault("Made", 1.5), "its member `Made` is not an integer");
  EXPECT_EQ(fault("Owner", Json()), "its member `Owner` is not a text");
  EXPECT_EQ(fault("Spare", "oak"), "its member `Spare` is not an object");
  EXPECT_EQ(fault("Wheels", Json::object()), "its member `Wheels` is not a list");
  EXPECT_EQ(fault("Loads", Json::array()), "its member `Loads` is not an object");
  EXPECT_EQ(fault("Loads", parsed(R"({"hay":"much"})")), "its member `Loads.hay` is not an integer");
  EXPECT_EQ(fault("Tags", parsed(R"([{"Key":"a"}])")), "its member `Tags` is not a list of pairs, each key once");
  EXPECT_EQ(fault("Tags", parsed(R"([{"Key":"a","Value":"1"},{"Key":"a","Value":"2"}])")), "its member `Tags` is not a list of pairs, each key once");
  EXPECT_EQ(fault("trips", "4"), "its member `trips` is not an integer");
  EXPECT_FALSE(from_json<Cart>(Json("cart")));
}

TEST(Records, AnIntegerIsRefusedPastTheEndsOfItsType) {
  const auto spokes = [](std::int64_t count) { return fault("Spare", Json::object({{"Rim", ""}, {"Spokes", count}})); };
  EXPECT_EQ(spokes(0), "");
  EXPECT_EQ(spokes(65535), "");
  EXPECT_EQ(spokes(65536), "its member `Spare.Spokes` is too large or too small");
  EXPECT_EQ(spokes(-1), "its member `Spare.Spokes` is too large or too small");
}

TEST(Records, AWordThatIsNoneOfItsEnumIsRefused) {
  EXPECT_EQ(fault("Colour", "Blue"), "its member `Colour` is `Blue`, which is none of its values");
  EXPECT_EQ(fault("Colour", 1), "its member `Colour` is not a text");
  EXPECT_EQ(word_of(Colour::green), "Green");
  EXPECT_EQ(value_of<Colour>("Green"), Colour::green);
  EXPECT_EQ(value_of<Colour>("green"), std::nullopt);
}

}  // namespace
}  // namespace ringwall::records::testing
