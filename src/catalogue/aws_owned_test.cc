#include "catalogue/aws_owned.h"

#include <gtest/gtest.h>

namespace ringwall::catalogue {
namespace {

TEST(AwsOwned, NoArnOfTheListCanBeACustomers) {
  for (const std::string& arn : resources_of_aws("aws")) {
    std::string_view rest = arn;
    for (int part = 0; part < 4; ++part) rest.remove_prefix(rest.find(':') + 1);
    const std::string_view account = rest.substr(0, rest.find(':'));
    EXPECT_TRUE(account.empty() || account == "aws") << arn;
  }
  // A bucket has no account in its ARN: a wildcard in its name would take in names that are still to be had.
  const std::vector<std::string> regions = {"us-east-1", "eu-west-1"};
  for (const std::string& arn : owned_in_regions("aws", regions)) {
    if (!arn.starts_with("arn:aws:s3:::")) continue;
    const std::string bucket = arn.substr(13, arn.find('/') - 13);
    EXPECT_EQ(bucket.find_first_of("*?[{"), std::string::npos) << arn;
  }
}

TEST(AwsOwned, WhatIsInAnAccountOfAwsIsOfOneRegionAndOneAccount) {
  const std::vector<std::string> regions = {"eu-west-1", "eu-central-2", "nowhere-1"};
  std::vector<std::string> found;
  for (const std::string& arn : owned_in_regions("aws", regions))
    if (!arn.starts_with("arn:aws:s3:::")) found.push_back(arn);
  EXPECT_EQ(found, (std::vector<std::string>{"arn:aws:ecr:eu-west-1:602401143452:repository/*", "arn:aws:ecr:eu-central-2:900612956339:repository/*",
                                             "arn:aws:lambda:eu-west-1:580247275435:layer:LambdaInsightsExtension*", "arn:aws:lambda:eu-central-2:033019950311:layer:LambdaInsightsExtension*"}));
}

TEST(AwsOwned, EachPartitionHasItsOwn) {
  EXPECT_EQ(partition_of_region("cn-north-1"), "aws-cn");
  EXPECT_EQ(partition_of_region("us-gov-west-1"), "aws-us-gov");
  EXPECT_EQ(partition_of_region("eu-west-1"), "aws");
  EXPECT_EQ(resources_of_aws("aws-cn").front(), "arn:aws-cn:cloudformation:*:aws:transform/*");
  EXPECT_EQ(infrastructure_role("aws"), "arn:aws:iam::*:role/aws:ec2-infrastructure");
}

}  // namespace
}  // namespace ringwall::catalogue
