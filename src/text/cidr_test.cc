#include "text/cidr.h"

#include <gtest/gtest.h>

namespace ringwall::text {
namespace {

std::string read_back(std::string_view text) {
  const auto address = parse_address(text);
  return address ? to_string(*address) : "refused";
}

Cidr cidr(std::string_view text) {
  const auto parsed = parse_cidr(text, HostBits::refuse);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(Cidr{});
}

TEST(Address, IsReadAndWrittenInItsCanonicalForm) {
  EXPECT_EQ(read_back("10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(read_back("255.255.255.255"), "255.255.255.255");
  EXPECT_EQ(read_back("::"), "::");
  EXPECT_EQ(read_back("::1"), "::1");
  EXPECT_EQ(read_back("2001:DB8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
  EXPECT_EQ(read_back("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
  EXPECT_EQ(read_back("1::"), "1::");
  EXPECT_EQ(read_back("::ffff:10.0.0.1"), "::ffff:a00:1");
  EXPECT_EQ(read_back("1:2:3:4:5:6:1.2.3.4"), "1:2:3:4:5:6:102:304");
}

TEST(Address, WhatIsAmbiguousIsRefused) {
  for (const char* text : {"",
                           "1",
                           "1.2.3",
                           "1.2.3.4.5",
                           "01.2.3.4",
                           "1.2.3.256",
                           "1.2.3.4 ",
                           " 1.2.3.4",
                           "1.2.3.-4",
                           "1.2.3.",
                           "1..3.4",
                           "0x1.2.3.4",
                           ":",
                           ":::",
                           "1:::2",
                           "1::2::3",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7::8",
                           "12345::",
                           "g::",
                           "::1%eth0",
                           "1.2.3.4::",
                           "::1.2.3",
                           "1:",
                           ":1",
                           "::1:",
                           "[::1]",
                           "1:2:3:4:5:6:7:1.2.3.4"}) {
    EXPECT_EQ(read_back(text), "refused") << text;
  }
}

TEST(Cidr, AddressAloneIsItsOwnPrefix) {
  EXPECT_EQ(to_string(cidr("10.0.0.1")), "10.0.0.1/32");
  EXPECT_EQ(to_string(cidr("2001:db8::1")), "2001:db8::1/128");
}

TEST(Cidr, HostBitsAreRefusedOrCleared) {
  EXPECT_FALSE(parse_cidr("10.0.0.1/24", HostBits::refuse));
  EXPECT_EQ(to_string(*parse_cidr("10.0.0.1/24", HostBits::clear)), "10.0.0.0/24");
  EXPECT_EQ(to_string(*parse_cidr("255.255.255.255/0", HostBits::clear)), "0.0.0.0/0");
  EXPECT_EQ(to_string(*parse_cidr("255.255.255.255/31", HostBits::clear)), "255.255.255.254/31");
  EXPECT_EQ(to_string(*parse_cidr("2001:db8:ffff::/33", HostBits::clear)), "2001:db8:8000::/33");
}

TEST(Cidr, AMalformedPrefixIsRefused) {
  for (const char* text : {"10.0.0.1/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8",
                           "10.0.0.0/ 8", "::/129", "/8", "10.0.0.0/+8"}) {
    EXPECT_FALSE(parse_cidr(text, HostBits::clear)) << text;
  }
}

TEST(Cidr, ContainsUpToItsEdgesAndNeverAcrossFamilies) {
  const Cidr block = cidr("10.1.0.0/20");
  EXPECT_TRUE(block.contains(*parse_address("10.1.0.0")));
  EXPECT_TRUE(block.contains(*parse_address("10.1.15.255")));
  EXPECT_FALSE(block.contains(*parse_address("10.1.16.0")));
  EXPECT_FALSE(block.contains(*parse_address("10.0.255.255")));
  EXPECT_FALSE(cidr("0.0.0.0/0").contains(*parse_address("::1")));
  EXPECT_FALSE(cidr("::/0").contains(*parse_address("1.2.3.4")));
  EXPECT_FALSE(cidr("::ffff:0:0/96").contains(*parse_address("1.2.3.4")));
  EXPECT_TRUE(block.contains(cidr("10.1.8.0/24")));
  EXPECT_FALSE(block.contains(cidr("10.1.0.0/16")));
  EXPECT_TRUE(block.overlaps(cidr("10.1.0.0/16")));
  EXPECT_FALSE(block.overlaps(cidr("10.1.16.0/20")));
}

TEST(Cidr, AddressesAreCountedFromTheBaseToTheLast) {
  EXPECT_EQ(to_string(*nth_address(cidr("10.0.0.0/16"), 0)), "10.0.0.0");
  EXPECT_EQ(to_string(*nth_address(cidr("10.0.0.0/16"), 258)), "10.0.1.2");
  EXPECT_EQ(to_string(*nth_address(cidr("10.0.0.0/16"), 65535)), "10.0.255.255");
  EXPECT_FALSE(nth_address(cidr("10.0.0.0/16"), 65536));
  EXPECT_EQ(to_string(*nth_address(cidr("0.0.0.0/0"), 0xFFFFFFFF)), "255.255.255.255");
  EXPECT_FALSE(nth_address(cidr("10.0.0.1/32"), 1));
  EXPECT_FALSE(nth_address(cidr("::/64"), 0));
}

}  // namespace
}  // namespace ringwall::text
