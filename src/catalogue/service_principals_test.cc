#include "catalogue/service_principals.h"

#include <gtest/gtest.h>

namespace ringwall::catalogue {
namespace {

TEST(ServicePrincipals, AreThoseOfServicesThatAwsHas) {
  for (const char* name : {"rds.amazonaws.com", "monitoring.rds.amazonaws.com", "ecs-tasks.amazonaws.com", "states.eu-central-1.amazonaws.com",
                           "ec2.amazonaws.com.cn", "vpc-flow-logs.amazonaws.com", "cloudtrail.amazonaws.com", "delivery.logs.amazonaws.com",
                           "health.aws.internal", "assets.marketplace.amazonaws.com"})
    EXPECT_TRUE(is_service_principal(name)) << name;
  for (const char* name : {"", ".", "amazonaws.com", ".amazonaws.com", "unicorn.amazonaws.com", "rds", "rds.example.com", "rds.amazonaws.com.evil.example",
                           "us-east-1.amazonaws.com"})
    EXPECT_FALSE(is_service_principal(name)) << name;
}

}  // namespace
}  // namespace ringwall::catalogue
