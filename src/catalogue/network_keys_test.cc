#include "catalogue/network_keys.h"

#include <gtest/gtest.h>

#include "catalogue/catalogue.h"

namespace ringwall::catalogue {
namespace {

TEST(NetworkKeys, OnlyServicesOnTheListSayWhoseEndpointARequestCameThrough) {
  for (const char* action : {"s3:GetObject", "kms:Decrypt", "S3:getobject", "iam:ListUsers", "sqs:SendMessage", "dynamodb:GetItem"})
    EXPECT_TRUE(carries(action, NetworkKey::vpce_org_id)) << action;
  for (const char* action : {"rds:CreateDBInstance", "ec2:RunInstances", "sts:AssumeRole", "secretsmanager:GetSecretValue",
                             "s3express:CreateSession", "nobody:Does", "s3", "", "iam:PassRole"})
    for (const NetworkKey key : network_keys) EXPECT_FALSE(carries(action, key)) << action;
}

TEST(NetworkKeys, EachKeyHasAListOfItsOwn) {
  EXPECT_FALSE(carries("sqs:SendMessage", NetworkKey::vpce_account));
  EXPECT_TRUE(carries("dynamodb:GetItem", NetworkKey::vpce_account));
  EXPECT_FALSE(carries("dynamodb:GetItem", NetworkKey::source_vpc_arn));
  EXPECT_EQ(services_with(NetworkKey::source_vpc_arn).size(), 36U);
  EXPECT_EQ(services_with(NetworkKey::vpce_account).size(), 39U);
  EXPECT_EQ(services_with(NetworkKey::vpce_org_id).size(), 52U);
  EXPECT_EQ(services_with(NetworkKey::vpce_org_paths), services_with(NetworkKey::vpce_account));
}

TEST(NetworkKeys, TheListNamesServicesAndKeysOfTheCatalogue) {
  for (const NetworkKey key : network_keys) {
    EXPECT_TRUE(Catalogue::builtin().global_key(name_of(key))) << name_of(key);
    EXPECT_EQ(network_key_of(name_of(key)), key);
    for (const std::string_view prefix : services_with(key))
      EXPECT_NE(Catalogue::builtin().service(prefix), nullptr) << prefix;
  }
  EXPECT_EQ(network_key_of("AWS:vpceorgid"), NetworkKey::vpce_org_id);
  EXPECT_EQ(network_key_of("aws:SourceVpc"), std::nullopt);
}

}  // namespace
}  // namespace ringwall::catalogue
