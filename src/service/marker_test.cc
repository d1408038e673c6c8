#include "service/marker.h"

#include <gtest/gtest.h>

namespace ringwall::service {
namespace {

TEST(Marker, LeadsBackToItsKeyAndToNothingElse) {
  for (const char* key : {"a", "arn:aws:iam::111122223333:role/x", "000020", "\xC3\xA9"})
    EXPECT_EQ(key_of_marker(marker_of(key)), key);
  for (const char* made_up : {"", "zz", "zz==", "AAAA", "MDAwMDIw", "AAAAAAAAAAA=", "AAAAAAAAAABh", "000020"})
    EXPECT_FALSE(key_of_marker(made_up)) << made_up;
  std::string altered = marker_of("key-1");
  altered[0] = altered[0] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(key_of_marker(altered));
}

}  // namespace
}  // namespace ringwall::service
