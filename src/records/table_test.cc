#include "records/table.h"

#include <gtest/gtest.h>

#include "records/testing_records.h"
#include "store/testing.h"

namespace ringwall::records::testing {
namespace {

constexpr Table<Cart, 2> carts{"carts/*/cart/~"};
constexpr Table<Wheel, 2> wheels{"carts/*/wheel/**"};
constexpr Table<Wheel, 0> first_wheel{"first-wheel"};

class Tables : public ::testing::Test {
 protected:
  void commit() { ASSERT_TRUE(store_->commit(*transaction_)); }
  void put_raw(const char* key, Json document) {
    store::Transaction transaction(*store_);
    transaction.put(key, std::move(document));
    ASSERT_TRUE(store_->commit(transaction));
  }
  std::string check() const {
    const std::array tables = {carts.any(), wheels.any(), first_wheel.any()};
    const auto checked = check_stored(*store_, tables);
    return checked ? "" : checked.error().message;
  }
  std::unique_ptr<store::Store> store_ = store::open_temporary();
  std::unique_ptr<store::Transaction> transaction_ = std::make_unique<store::Transaction>(*store_);
};

TEST_F(Tables, ARecordIsFoundUnderItsPartsAndNowhereElse) {
  carts.put(*transaction_, whole_cart(), "ann", "One");
  EXPECT_EQ(carts.get(*transaction_, "ann", "one"), whole_cart());
  EXPECT_EQ(carts.get(*transaction_, "ann", "ONE"), whole_cart());  // `~`: kept in lower case
  EXPECT_FALSE(carts.get(*transaction_, "bob", "one"));
  EXPECT_FALSE(carts.get(*store_, "ann", "one"));
  commit();
  EXPECT_EQ(carts.get(*store_, "ann", "one"), whole_cart());
  EXPECT_TRUE(store_->get("carts/ann/cart/one"));
  store::Transaction later(*store_);
  EXPECT_TRUE(carts.contains(later, "ann", "one"));
  carts.erase(later, "ann", "one");
  EXPECT_FALSE(carts.contains(later, "ann", "one"));
}

TEST_F(Tables, WhatCannotBeAPartNamesNothing) {
  wheels.put(*transaction_, {"oak", 8, ""}, "ann", "left/front");
  EXPECT_TRUE(wheels.contains(*transaction_, "ann", "left/front"));
  carts.put(*transaction_, whole_cart(), "a", "b");
  for (const char* part : {"", "a/cart/b", "a/", "/"}) {
    EXPECT_FALSE(carts.contains(*transaction_, part, "b")) << part;
    EXPECT_TRUE(carts.list(*transaction_, part).empty()) << part;
    carts.erase(*transaction_, part, "b");
  }
  EXPECT_FALSE(wheels.contains(*transaction_, "ann/wheel", "left/front"));
  EXPECT_FALSE(wheels.contains(*transaction_, "ann", ""));
  EXPECT_TRUE(carts.contains(*transaction_, "a", "b"));
}

TEST_F(Tables, AListHasThoseThatBeginWithItsPartsInOrder) {
  for (const char* name : {"c", "a", "b"}) carts.put(*transaction_, {.name = name}, "ann", name);
  carts.put(*transaction_, {.name = "d"}, "bob", "d");
  wheels.put(*transaction_, {"oak", 8, ""}, "ann", "a");
  const auto names = [](const auto& rows) {
    std::string all;
    for (const auto& row : rows) all += row.parts[0] + "/" + row.record.name + " ";
    return all;
  };
  EXPECT_EQ(names(carts.list(*transaction_, "ann")), "ann/a ann/b ann/c ");
  EXPECT_EQ(names(carts.list(*transaction_)), "ann/a ann/b ann/c bob/d ");
  EXPECT_EQ(names(carts.page(*transaction_, "b", 1, "ann")), "ann/b ");
  EXPECT_EQ(names(carts.page(*transaction_, "", 2, "ann")), "ann/a ann/b ");
  EXPECT_EQ(carts.count(*transaction_, 2, "ann"), 2U);
  EXPECT_EQ(carts.count(*transaction_, 9, "ann"), 3U);
  commit();
  EXPECT_EQ(names(carts.list(*store_, "bob")), "bob/d ");
}

TEST_F(Tables, AKeyIsCutOnlyByTheTableThatSpellsIt) {
  const auto parts = carts.parts_of("carts/ann/cart/one");
  ASSERT_TRUE(parts);
  EXPECT_EQ((*parts)[0], "ann");
  EXPECT_EQ((*parts)[1], "one");
  EXPECT_EQ(wheels.parts_of("carts/ann/wheel/left/front").value()[1], "left/front");
  for (const char* other : {"carts/ann/wheel/one", "carts/ann/cart/", "carts//cart/one", "carts/ann/cart/one/two", "carts/ann/cart", "cart", ""}) {
    EXPECT_FALSE(carts.parts_of(other)) << other;
  }
  EXPECT_TRUE(first_wheel.parts_of("first-wheel"));
  EXPECT_FALSE(first_wheel.parts_of("first-wheels"));
  EXPECT_EQ(carts.prefix("ann"), "carts/ann/cart/");
  EXPECT_EQ(carts.prefix(), "carts/");
  EXPECT_EQ(carts.key("ann", "One"), "carts/ann/cart/one");
}

TEST_F(Tables, AWholeStoreIsUnderstoodOrRefusedByName) {
  carts.put(*transaction_, whole_cart(), "ann", "one");
  wheels.put(*transaction_, {"oak", 8, ""}, "ann", "left/front");
  first_wheel.put(*transaction_, {"elm", 8, ""});
  commit();
  EXPECT_EQ(check(), "");
  Json newer = to_json(whole_cart());
  newer.set("Horses", 2);
  put_raw("carts/ann/cart/two", newer);
  EXPECT_TRUE(check().starts_with("the stored document `carts/ann/cart/two`: its member `Horses` is not known: a newer version of Ringwall wrote it"))
      << check();
  put_raw("carts/ann/cart/two", to_json(Cart()));
  EXPECT_EQ(check(), "");
  put_raw("boats/ann", Json::object());
  EXPECT_TRUE(check().starts_with("the stored document `boats/ann`: is of no kind that is known: a newer version")) << check();
  EXPECT_TRUE(store_->get("boats/ann"));  // nothing was changed
}

TEST_F(Tables, ADocumentThatDoesNotDecodeIsABug) {
  put_raw("carts/ann/cart/one", Json::object({{"Name", "one"}}));
  EXPECT_DEATH((void)carts.get(*store_, "ann", "one"), "carts/ann/cart/one.*its member `Covered` is missing");
  EXPECT_DEATH(carts.put(*transaction_, whole_cart(), "a/b", "one"), "");
}

}  // namespace
}  // namespace ringwall::records::testing
