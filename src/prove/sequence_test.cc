#include "prove/sequence.h"

#include <gtest/gtest.h>

#include <numeric>
#include <ranges>
#include <string>

namespace ringwall::prove {
namespace {

using Numbers = Sequence<int>;

std::vector<int> counted(std::size_t count) {
  std::vector<int> all(count);
  std::iota(all.begin(), all.end(), 0);
  return all;
}
std::vector<int> all_of(const Numbers& numbers) { return {numbers.begin(), numbers.end()}; }

TEST(Sequence, HasItsValuesInOrderWhateverTheBlocks) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, Numbers::block_size - 1, Numbers::block_size, Numbers::block_size + 1, 3 * Numbers::block_size}) {
    const Numbers numbers = counted(size);
    EXPECT_EQ(numbers.size(), size);
    EXPECT_EQ(numbers.empty(), size == 0);
    EXPECT_EQ(all_of(numbers), counted(size));
    for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(numbers[i], static_cast<int>(i));
  }
  const auto block = [](std::vector<int> values) { return std::make_shared<const std::vector<int>>(std::move(values)); };
  const Numbers uneven(std::vector<Numbers::Block>{block({0}), block({1, 2, 3}), block({4, 5})});
  EXPECT_EQ(all_of(uneven), counted(6));
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(uneven[i], static_cast<int>(i));
  EXPECT_EQ(uneven.front(), 0);
  EXPECT_EQ(uneven.back(), 5);
}

TEST(Sequence, AVersionStaysAsItIsAndSharesTheBlocksThatNobodyChanged) {
  const Numbers before = counted(3 * Numbers::block_size);
  Numbers::Editor editor(before);
  editor.change(Numbers::block_size) = -1;
  editor.change(2 * Numbers::block_size - 1) = -2;
  EXPECT_EQ(editor[Numbers::block_size], -1);
  const Numbers after = std::move(editor).finish();
  EXPECT_EQ(all_of(before), counted(3 * Numbers::block_size));
  std::vector<int> expected = counted(3 * Numbers::block_size);
  expected[Numbers::block_size] = -1;
  expected[2 * Numbers::block_size - 1] = -2;
  EXPECT_EQ(all_of(after), expected);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(before.blocks()[i] == after.blocks()[i], i != 1) << i;
}

TEST(SequenceDeathTest, APlaceBehindTheLastIsABug) {
  const Numbers numbers = counted(2);
  EXPECT_DEATH(static_cast<void>(numbers[2]), "does not hold");
  EXPECT_DEATH(static_cast<void>(Numbers()[0]), "does not hold");
}

}  // namespace
}  // namespace ringwall::prove
