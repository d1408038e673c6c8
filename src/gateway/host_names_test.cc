#include "gateway/host_names.h"

#include <gtest/gtest.h>

#include "base/check.h"

namespace ringwall::gateway {
namespace {

HostNames names(const std::vector<std::string>& configured = {}) {
  auto made = HostNames::make("us-east-1", "ringwall.internal", configured);
  RW_CHECK(made.has_value());
  return *std::move(made);
}

TEST(HostNames, TheListenersOwnNamesAndAddressesFitWithAnyPort) {
  for (const char* host : {"localhost", "LOCALHOST:4566", "127.0.0.1:4566", "[::1]:4566", "[0:0::1]", "10.0.0.5", "10.0.0.5:80",
                           "api.us-east-1.ringwall.internal", "kms.us-east-1.Ringwall.Internal:4566"}) {
    EXPECT_TRUE(names().fit(host, "10.0.0.5", {})) << host;
  }
  EXPECT_TRUE(names().fit("[2001:db8:0::5]:443", "2001:db8::5", {}));
}

TEST(HostNames, NamesOfOthersDoNot) {
  for (const char* host : {"iam.amazonaws.com", "kms.us-east-1.amazonaws.com", "10.0.0.6", "127.0.0.2", "[::2]", "us-east-1.ringwall.internal",
                           "a.kms.us-east-1.ringwall.internal", "kms.eu-west-1.ringwall.internal", "localhost.", "localhost.example.com",
                           "xlocalhost", "api.us-east-1.ringwall.internal.example.com", "vpce-1-abc.kms.us-east-1.vpce.ringwall.internal"}) {
    EXPECT_FALSE(names().fit(host, "10.0.0.5", {})) << host;
  }
}

TEST(HostNames, AnEndpointsNamesAreItsOwn) {
  const service::NetworkContext network{.vpce_id = "vpce-1"};
  EXPECT_TRUE(names().fit("vpce-1-abc.kms.us-east-1.vpce.ringwall.internal", "10.0.0.5", network));
  EXPECT_FALSE(names().fit("vpce-11-abc.kms.us-east-1.vpce.ringwall.internal", "10.0.0.5", network));
  EXPECT_FALSE(names().fit("vpce-2-abc.kms.us-east-1.vpce.ringwall.internal", "10.0.0.5", network));
}

TEST(HostNames, ConfiguredOnesFitToo) {
  const HostNames configured = names({"api.example.com", "*.amazonaws.com", "203.0.113.7", "2001:db8:0::7"});
  for (const char* host : {"API.example.com", "iam.amazonaws.com", "203.0.113.7:443", "[2001:db8::7]"}) {
    EXPECT_TRUE(configured.fit(host, "10.0.0.5", {})) << host;
  }
  for (const char* host : {"example.com", "kms.us-east-1.amazonaws.com", "amazonaws.com", "203.0.113.8"}) {
    EXPECT_FALSE(configured.fit(host, "10.0.0.5", {})) << host;
  }
}

TEST(HostNames, WhatIsNoNameIsRefused) {
  for (const char* wrong : {"", "*", "*.", "a.*.b", "https://a", "a:443", "a b", ".a", "a.", "a/"}) {
    EXPECT_FALSE(HostNames::make("us-east-1", "ringwall.internal", {wrong})) << wrong;
  }
  EXPECT_TRUE(HostNames::make("us-east-1", "ringwall.internal", std::vector<std::string>(host_names_max, "a")));
  EXPECT_FALSE(HostNames::make("us-east-1", "ringwall.internal", std::vector<std::string>(host_names_max + 1, "a")));
}

}  // namespace
}  // namespace ringwall::gateway
