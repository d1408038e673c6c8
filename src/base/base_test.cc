#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/check.h"
#include "base/ports.h"
#include "base/result.h"

namespace ringwall {
namespace {

class CountingRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    for (auto& byte : bytes) byte = next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

Result<int> half(int n) {
  if (n % 2 != 0) return fail(Failure::invalid, "`" + std::to_string(n) + "` is odd");
  return n / 2;
}

Result<int> quarter(int n) {
  RW_TRY(const int once, half(n));
  RW_TRY(const int twice, half(once));
  return twice;
}

TEST(Result, TryPassesTheFirstErrorOn) {
  EXPECT_EQ(quarter(8), 2);
  EXPECT_EQ(quarter(6).error(), (Error{Failure::invalid, "`3` is odd"}));
}

TEST(Check, ABugAborts) { EXPECT_DEATH(RW_CHECK(1 + 1 == 3), "1 \\+ 1 == 3"); }

TEST(Secret, MovedFromIsEmpty) {
  Secret a("hush");
  const Secret b = std::move(a);
  EXPECT_TRUE(a.empty());  // NOLINT(bugprone-use-after-move): the promise under test
  EXPECT_EQ(b.reveal_text(), "hush");
}

TEST(Bytes, ConstantTimeEqualityIsEquality) {
  EXPECT_TRUE(equal_in_constant_time(bytes_of("abc"), bytes_of("abc")));
  EXPECT_FALSE(equal_in_constant_time(bytes_of("abc"), bytes_of("abd")));
  EXPECT_FALSE(equal_in_constant_time(bytes_of("abc"), bytes_of("abcd")));
}

TEST(Ids, HaveTheShapesAwsGivesThem) {
  CountingRandom random;
  EXPECT_EQ(resource_id(random, "vpc").size(), 21U);
  EXPECT_EQ(unique_id(random, "AKIA").size(), 20U);
  EXPECT_EQ(unique_id(random, "AROA").size(), 21U);
  const std::string id = uuid(random);
  ASSERT_EQ(id.size(), 36U);
  EXPECT_EQ(id[8], '-');
  EXPECT_EQ(id[14], '4');
}

}  // namespace
}  // namespace ringwall
