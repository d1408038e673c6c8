// Subnet groups, tags and what is on offer.

#include "service/marker.h"
#include "services/rds/testing_api.h"

namespace ringwall::rds {
namespace {

using text::Json;

class RdsGroups : public ApiTest {};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_F(RdsGroups, AGroupIsMadeInLowerCaseAndDescribed) {
  const std::string made = good("CreateDBSubnetGroup", new_group("My.Group_1 x-y"));
  for (const std::string& part : std::initializer_list<std::string>{
           "<DBSubnetGroupName>my.group_1 x-y</DBSubnetGroupName>", "<VpcId>vpc-1</VpcId>", "<SubnetGroupStatus>Complete</SubnetGroupStatus>",
           "<SubnetIdentifier>subnet-a</SubnetIdentifier>", "<Name>us-east-1b</Name>", "<DBSubnetGroupArn>" + arn("subgrp:my.group_1 x-y")}) {
    EXPECT_TRUE(has(made, part)) << part;
  }
  EXPECT_TRUE(has(good("DescribeDBSubnetGroups", {{"DBSubnetGroupName", "MY.GROUP_1 X-Y"}}), "my.group_1"));
  EXPECT_EQ(code("CreateDBSubnetGroup", new_group("MY.group_1 x-y")), "DBSubnetGroupAlreadyExists");
}

TEST_F(RdsGroups, WhatIsWrongWithAGroupIsSaid) {
  for (const std::string& name : {std::string("default"), std::string("Default"), std::string("a/b"), std::string("a:b"), std::string(256, 'a')}) {
    EXPECT_EQ(code("CreateDBSubnetGroup", new_group(name)), "InvalidParameterValue") << name;
  }
  EXPECT_EQ(code("CreateDBSubnetGroup", new_group(std::string(255, 'a'))), "");
  const auto subnets = [&](const char* one, const char* two) {
    return code("CreateDBSubnetGroup", with(new_group(), {{"SubnetIds.SubnetIdentifier.1", one}, {"SubnetIds.SubnetIdentifier.2", two}}));
  };
  EXPECT_EQ(subnets("subnet-a", "subnet-a2"), "DBSubnetGroupDoesNotCoverEnoughAZs");
  EXPECT_EQ(subnets("subnet-a", "subnet-a"), "DBSubnetGroupDoesNotCoverEnoughAZs");
  EXPECT_EQ(subnets("subnet-a", "subnet-far"), "InvalidSubnet");
  EXPECT_EQ(subnets("subnet-a", "subnet-none"), "InvalidSubnet");
  EXPECT_EQ(code("CreateDBSubnetGroup", with(new_group(), {{"Tags.Tag.1.Key", "aws:x"}, {"Tags.Tag.1.Value", ""}})), "InvalidParameterValue");
  EXPECT_FALSE(world_.store().get(tables::subnet_groups.key(account_, "group")));
}

TEST_F(RdsGroups, AGroupInUseKeepsTheSubnetsInUse) {
  make_instance({{"AvailabilityZone", "us-east-1a"}});
  const Form a2 = with(new_group(), {{"SubnetIds.SubnetIdentifier.1", "subnet-a2"}});
  EXPECT_EQ(code("ModifyDBSubnetGroup", a2), "SubnetAlreadyInUse");
  EXPECT_EQ(code("ModifyDBSubnetGroup", with(a2, {{"SubnetIds.SubnetIdentifier.3", "subnet-a"}, {"DBSubnetGroupDescription", "new"}})), "");
  // The instance tells of its group as it is now.
  EXPECT_EQ((*document())["DBSubnetGroup"]["Subnets"].items().size(), 3U);
  EXPECT_TRUE(has(good("DescribeDBSubnetGroups", {}), "<DBSubnetGroupDescription>new</DBSubnetGroupDescription>"));
  EXPECT_EQ(code("ModifyDBSubnetGroup", with(a2, {{"SubnetIds.SubnetIdentifier.2", "subnet-a"}})), "DBSubnetGroupDoesNotCoverEnoughAZs");
  EXPECT_EQ(code("DeleteDBSubnetGroup", {{"DBSubnetGroupName", "group"}}), "InvalidDBSubnetGroupStateFault");
  edit([&](store::Transaction& transaction) { transaction.erase(tables::instances.key(account_, "main")); });
  EXPECT_EQ(code("DeleteDBSubnetGroup", {{"DBSubnetGroupName", "GROUP"}}), "");
  for (const char* name : {"DescribeDBSubnetGroups", "DeleteDBSubnetGroup"}) {
    EXPECT_EQ(code(name, {{"DBSubnetGroupName", "group"}}), "DBSubnetGroupNotFoundFault") << name;
  }
  EXPECT_EQ(code("ModifyDBSubnetGroup", new_group()), "DBSubnetGroupNotFoundFault");
}

TEST_F(RdsGroups, PoliciesDecideOverGroupsAndTheirTags) {
  good("CreateDBSubnetGroup", with(new_group("red"), {{"Tags.Tag.1.Key", "team"}, {"Tags.Tag.1.Value", "red"}}));
  good("CreateDBSubnetGroup", new_group("plain"));
  for (const char* key : {"aws:ResourceTag/team", "rds:subgrp-tag/team"}) {
    const service::Caller caller = user(std::string(key).substr(0, 3), allow("rds:*", "*", R"({"StringEquals":{")" + std::string(key) + R"(":"red"}})"));
    EXPECT_EQ(code("DescribeDBSubnetGroups", caller, {{"DBSubnetGroupName", "red"}}), "") << key;
    EXPECT_EQ(code("DescribeDBSubnetGroups", caller, {{"DBSubnetGroupName", "plain"}}), "AccessDenied") << key;
    EXPECT_EQ(code("ModifyDBSubnetGroup", caller, new_group("plain")), "AccessDenied") << key;
    EXPECT_EQ(code("DeleteDBSubnetGroup", caller, {{"DBSubnetGroupName", "plain"}}), "AccessDenied") << key;
  }
  const Form tagged = with(new_group("new"), {{"Tags.Tag.1.Key", "team"}, {"Tags.Tag.1.Value", "red"}});
  EXPECT_EQ(code("CreateDBSubnetGroup", user("untagged", allow("rds:CreateDBSubnetGroup", "*")), tagged), "AccessDenied");
}

TEST_F(RdsGroups, TagsOfInstancesAndGroupsAreSetListedAndRemoved) {
  make_instance();
  for (const std::string& resource : {arn("db:main"), arn("subgrp:group")}) {
    const Form named = {{"ResourceName", resource}};
    good("AddTagsToResource", with(named, {{"Tags.Tag.1.Key", "a"}, {"Tags.Tag.1.Value", "1"}, {"Tags.Tag.2.Key", "b"}, {"Tags.Tag.2.Value", "2"}}));
    good("AddTagsToResource", with(named, {{"Tags.Tag.1.Key", "a"}, {"Tags.Tag.1.Value", "3"}}));
    good("RemoveTagsFromResource", with(named, {{"TagKeys.member.1", "b"}, {"TagKeys.member.2", "none"}}));
    const std::string listed = good("ListTagsForResource", named);
    EXPECT_TRUE(has(listed, "<TagList><Tag><Key>a</Key><Value>3</Value></Tag></TagList>")) << listed;
    EXPECT_EQ(code("AddTagsToResource", with(named, {{"Tags.Tag.1.Key", "aws:a"}, {"Tags.Tag.1.Value", "1"}})), "InvalidParameterValue");
  }
  EXPECT_EQ(code("ListTagsForResource", {{"ResourceName", arn("db:none")}}), "DBInstanceNotFound");
  EXPECT_EQ(code("ListTagsForResource", {{"ResourceName", arn("subgrp:none")}}), "DBSubnetGroupNotFoundFault");
  for (const char* wrong : {"main", "arn:aws:rds:us-east-1:999999999999:db:main", "arn:aws:rds:eu-west-1:111122223333:db:main"}) {
    EXPECT_EQ(code("ListTagsForResource", {{"ResourceName", wrong}}), "InvalidParameterValue") << wrong;
  }
}

TEST_F(RdsGroups, FiftyTagsAreTakenAndOneMoreIsNot) {
  make_instance();
  Form form = {{"ResourceName", arn("db:main")}};
  for (std::size_t i = 1; i <= service::tags_max; ++i) {
    form["Tags.Tag." + std::to_string(i) + ".Key"] = "k" + std::to_string(i);
    form["Tags.Tag." + std::to_string(i) + ".Value"] = "";
  }
  EXPECT_EQ(code("AddTagsToResource", form), "");
  EXPECT_EQ(code("AddTagsToResource", {{"ResourceName", arn("db:main")}, {"Tags.Tag.1.Key", "one-more"}, {"Tags.Tag.1.Value", ""}}), "InvalidParameterValue");
}

TEST_F(RdsGroups, TagsAskedForDecide) {
  make_instance();
  const service::Caller caller = user("red", allow("rds:*", "*", R"({"ForAllValues:StringEquals":{"aws:TagKeys":["team"]}})"));
  EXPECT_EQ(code("AddTagsToResource", caller, {{"ResourceName", arn("db:main")}, {"Tags.Tag.1.Key", "team"}, {"Tags.Tag.1.Value", "x"}}), "");
  EXPECT_EQ(code("AddTagsToResource", caller, {{"ResourceName", arn("db:main")}, {"Tags.Tag.1.Key", "cost"}, {"Tags.Tag.1.Value", "x"}}), "AccessDenied");
  EXPECT_EQ(code("RemoveTagsFromResource", caller, {{"ResourceName", arn("db:main")}, {"TagKeys.member.1", "cost"}}), "AccessDenied");
}

TEST_F(RdsGroups, OnlyWhatIsInstalledIsOffered) {
  const std::string versions = good("DescribeDBEngineVersions", {});
  EXPECT_TRUE(has(versions, "<Engine>postgres</Engine>")) << versions;
  EXPECT_TRUE(has(versions, "<EngineVersion>15.4</EngineVersion>"));
  EXPECT_TRUE(has(versions, "<DBParameterGroupFamily>postgres15</DBParameterGroupFamily>"));
  for (const Form& none : {Form{{"Engine", "mysql"}}, {{"EngineVersion", "14"}}, {{"DBParameterGroupFamily", "postgres14"}}}) {
    EXPECT_FALSE(has(good("DescribeDBEngineVersions", none), "<DBEngineVersion>")) << none.begin()->second;
  }
  EXPECT_TRUE(has(good("DescribeDBEngineVersions", {{"Engine", "postgres"}, {"EngineVersion", "15"}}), "<DBEngineVersion>"));

  const std::string options = good("DescribeOrderableDBInstanceOptions", {{"Engine", "postgres"}, {"DBInstanceClass", "db.t3.micro"}});
  EXPECT_TRUE(has(options, "<DBInstanceClass>db.t3.micro</DBInstanceClass>"));
  EXPECT_FALSE(has(options, "db.t3.small"));
  EXPECT_FALSE(has(good("DescribeOrderableDBInstanceOptions", {{"Engine", "mysql"}}), "<OrderableDBInstanceOption>"));
  // A filter is one that AWS documents of the operation, or is refused; it is never passed over.
  const auto filtered = [](const char* name, const char* value) {
    return Form{{"Filters.Filter.1.Name", name}, {"Filters.Filter.1.Values.Value.1", value}};
  };
  EXPECT_TRUE(has(good("DescribeDBEngineVersions", filtered("engine", "postgres")), "<DBEngineVersion>"));
  for (const char* name : {"engine", "engine-version", "status", "engine-mode", "db-parameter-group-family"})
    EXPECT_FALSE(has(good("DescribeDBEngineVersions", filtered(name, "other")), "<DBEngineVersion>")) << name;
  EXPECT_TRUE(has(good("DescribeDBEngineVersions", {{"DefaultOnly", "true"}}), "<EngineVersion>15.4</EngineVersion>"));
  EXPECT_EQ(code("DescribeDBSnapshots", filtered("db-instance-id", "a")), "");
  for (const char* operation : {"DescribeDBEngineVersions", "DescribeCertificates", "DescribeDBParameterGroups",
                                "DescribeDBSnapshots", "DescribeDBSubnetGroups"}) {
    EXPECT_EQ(code(operation, filtered("unheard-of", "a")), "InvalidParameterValue") << operation;
    EXPECT_EQ(code(operation, {{"Marker", "zz"}}), "InvalidParameterValue") << operation;
  }
  EXPECT_FALSE(has(good("DescribeOrderableDBInstanceOptions",
                        {{"Engine", "postgres"}, {"AvailabilityZoneGroup", "us-east-1-bos-1"}}),
                   "<OrderableDBInstanceOption>"));
  // More than one page: the marker leads on.
  const std::string first = good("DescribeOrderableDBInstanceOptions", {{"Engine", "postgres"}, {"MaxRecords", "20"}});
  const std::size_t at = first.find("<Marker>") + 8;
  const std::string marker = first.substr(at, first.find("</Marker>") - at);
  EXPECT_EQ(service::key_of_marker(marker), "000020");
  for (const char* made_up : {"zz", "000020"})
    EXPECT_EQ(code("DescribeOrderableDBInstanceOptions", {{"Engine", "postgres"}, {"Marker", made_up}}),
              "InvalidParameterValue")
        << made_up;
  EXPECT_FALSE(has(
      good("DescribeOrderableDBInstanceOptions", {{"Engine", "postgres"}, {"MaxRecords", "20"}, {"Marker", marker}}),
      "<Marker>"));
}

TEST_F(RdsGroups, TheAuthorityAndDefaultGroupsAreDescribed) {
  const std::string certificates = good("DescribeCertificates", {});
  const auto facts = crypto::facts_of(authority_.identity().certificate_pem);
  EXPECT_TRUE(has(certificates, "<Thumbprint>" + facts->thumbprint + "</Thumbprint>")) << certificates;
  EXPECT_EQ(code("DescribeCertificates", {{"CertificateIdentifier", "rds-ca-2019"}}), "CertificateNotFound");
  EXPECT_TRUE(has(good("DescribeDBParameterGroups", {}), "<DBParameterGroupName>default.postgres15</DBParameterGroupName>"));
  EXPECT_EQ(code("DescribeDBParameterGroups", {{"DBParameterGroupName", "mine"}}), "DBParameterGroupNotFound");
  EXPECT_EQ(code("DescribeDBSnapshots", {{"DBSnapshotIdentifier", "s"}}), "DBSnapshotNotFound");
  EXPECT_FALSE(has(good("DescribeDBSnapshots", {}), "<DBSnapshot>"));
}

TEST_F(RdsGroups, LookingNeedsPermission) {
  const service::Caller nobody = user("nobody", allow("ec2:*", "*"));
  for (const char* name : {"DescribeDBInstances", "DescribeDBSubnetGroups", "DescribeDBEngineVersions", "DescribeCertificates", "DescribeDBParameterGroups", "DescribeDBSnapshots"}) {
    EXPECT_EQ(code(name, nobody, {}), "AccessDenied") << name;
  }
  EXPECT_EQ(code("DescribeDBInstances", nobody, on("none")), "AccessDenied");
}

}  // namespace
}  // namespace ringwall::rds
