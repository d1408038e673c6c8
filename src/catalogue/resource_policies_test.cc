#include "catalogue/resource_policies.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "catalogue/catalogue.h"

namespace ringwall::catalogue {
namespace {

TEST(ResourcePolicies, EachServiceIsInTheCatalogueAndTheyAreSorted) {
  const auto services = services_with_denying_resource_policies();
  EXPECT_TRUE(std::ranges::is_sorted(services));
  for (const std::string_view service : services) EXPECT_NE(Catalogue::builtin().service(service), nullptr) << service;
}

TEST(ResourcePolicies, ASideIsAPolicyOrAResourceControlPolicy) {
  EXPECT_TRUE(has_resource_side("s3"));
  EXPECT_TRUE(has_resource_side("sns"));  // a policy, and no RCP
  EXPECT_TRUE(has_resource_side("sts"));  // RCPs
  EXPECT_FALSE(has_resource_side("rds"));
  EXPECT_FALSE(has_resource_side("no-such-service"));
}

}  // namespace
}  // namespace ringwall::catalogue
