#include "services/ec2/fixture_test.h"

#include <map>

namespace ringwall::ec2 {
namespace {

class Vpcs : public Ec2Test {};

TEST_F(Vpcs, ANewVpcHasWhatAwsMakesBesideIt) {
  const Json vpc = must("CreateVpc", "CidrBlock=10.0.0.7/16")["Vpc"];
  EXPECT_TRUE(reply_.contains("<cidrBlock>10.0.0.0/16</cidrBlock>")) << reply_;
  EXPECT_FALSE(reply_.contains("enable_dns"));
  const std::string id = vpc.str("VpcId");
  const std::string in_vpc = "Filter.1.Name=vpc-id&Filter.1.Value.1=" + id + "&Filter.2.Name=";
  const Json tables = must("DescribeRouteTables", in_vpc + "association.main&Filter.2.Value.1=true")["RouteTables"];
  ASSERT_EQ(tables.items().size(), 1U);
  EXPECT_EQ(tables.items()[0]["Routes"].items()[0].text("GatewayId"), "local");
  const Json acls = must("DescribeNetworkAcls", in_vpc + "default&Filter.2.Value.1=true")["NetworkAcls"];
  ASSERT_EQ(acls.items().size(), 1U);
  EXPECT_EQ(acls.items()[0]["Entries"].items().size(), 4U);
  const Json groups = must("DescribeSecurityGroups", in_vpc + "group-name&Filter.2.Value.1=default")["SecurityGroups"];
  ASSERT_EQ(groups.items().size(), 1U);
  const Json& group = groups.items()[0];
  EXPECT_EQ(group["IpPermissions"].items()[0]["UserIdGroupPairs"].items()[0].text("GroupId"), group.text("GroupId"));
  EXPECT_EQ(group["IpPermissionsEgress"].items()[0]["IpRanges"].items()[0].text("CidrIp"), "0.0.0.0/0");
}

TEST_F(Vpcs, BlocksFrom16To28AreTakenAndOthersRefused) {
  for (const auto* block : {"10.0.0.0/16", "10.0.0.0/28"}) EXPECT_EQ(code("CreateVpc", std::string("CidrBlock=") + block), "success");
  for (const auto* block : {"10.0.0.0/15", "10.0.0.0/29", "127.0.0.0/16", "224.0.0.0/16", "169.254.0.0/20"}) {
    EXPECT_EQ(code("CreateVpc", std::string("CidrBlock=") + block), "InvalidVpc.Range") << block;
  }
  for (const auto* block : {"10.0.0.0", "10.0.0.0/", "ten", "2001:db8::/56", "10.0.0.0/016"}) {
    EXPECT_EQ(code("CreateVpc", std::string("CidrBlock=") + block), "InvalidParameterValue") << block;
  }
  EXPECT_EQ(code("CreateVpc", ""), "MissingParameter");
}

TEST_F(Vpcs, AsManyVpcsAsTheLimitAndNoMore) {
  for (std::size_t i = 0; i < vpcs_per_account_max; ++i) ASSERT_EQ(code("CreateVpc", "CidrBlock=10.0.0.0/16"), "success");
  EXPECT_EQ(code("CreateVpc", "CidrBlock=10.0.0.0/16"), "VpcLimitExceeded");
}

TEST_F(Vpcs, AttributesAreKept) {
  const std::string id = make_vpc();
  const auto value = [&](const char* name, const char* member) {
    return must("DescribeVpcAttribute", "VpcId=" + id + "&Attribute=" + name)[member]["Value"].as_bool();
  };
  EXPECT_TRUE(value("enableDnsSupport", "EnableDnsSupport"));
  EXPECT_FALSE(value("enableDnsHostnames", "EnableDnsHostnames"));
  must("ModifyVpcAttribute", "VpcId=" + id + "&EnableDnsHostnames.Value=true");
  EXPECT_TRUE(value("enableDnsHostnames", "EnableDnsHostnames"));
  EXPECT_FALSE(value("enableNetworkAddressUsageMetrics", "EnableNetworkAddressUsageMetrics"));
  EXPECT_EQ(code("ModifyVpcAttribute", "VpcId=" + id + "&EnableDnsHostnames.Value=true&EnableDnsSupport.Value=true"), "InvalidParameterCombination");
}

TEST_F(Vpcs, OnlyAnEmptyVpcIsDeletedAndItsOwnThingsGoWithIt) {
  const std::string id = make_vpc();
  const std::string subnet = make_subnet(id, "10.0.1.0/24");
  const std::string group = make_group(id, "web");
  EXPECT_EQ(code("DeleteVpc", "VpcId=" + id), "DependencyViolation");
  must("DeleteSubnet", "SubnetId=" + subnet);
  EXPECT_EQ(code("DeleteVpc", "VpcId=" + id), "DependencyViolation");
  must("DeleteSecurityGroup", "GroupId=" + group);
  must("DeleteVpc", "VpcId=" + id);
  EXPECT_EQ(code("DeleteVpc", "VpcId=" + id), "InvalidVpcID.NotFound");
  EXPECT_TRUE(must("DescribeRouteTables", "")["RouteTables"].items().empty());
  EXPECT_TRUE(must("DescribeNetworkAcls", "")["NetworkAcls"].items().empty());
  EXPECT_TRUE(must("DescribeSecurityGroups", "")["SecurityGroups"].items().empty());
}

TEST_F(Vpcs, SubnetsLieWithinTheVpcAndApart) {
  const std::string id = make_vpc();
  const Json subnet = must("CreateSubnet", "VpcId=" + id + "&CidrBlock=10.0.1.0/24&AvailabilityZone=us-east-1b")["Subnet"];
  EXPECT_EQ(subnet["AvailableIpAddressCount"].as_integer(), 251);
  EXPECT_EQ(subnet.text("AvailabilityZoneId"), "use1-az2");
  EXPECT_EQ(code("CreateSubnet", "VpcId=" + id + "&CidrBlock=10.0.1.128/25"), "InvalidSubnet.Conflict");
  EXPECT_EQ(code("CreateSubnet", "VpcId=" + id + "&CidrBlock=10.1.0.0/24"), "InvalidSubnet.Range");
  EXPECT_EQ(code("CreateSubnet", "VpcId=" + id + "&CidrBlock=10.0.2.0/29"), "InvalidSubnet.Range");
  EXPECT_EQ(code("CreateSubnet", "VpcId=" + id + "&CidrBlock=10.0.2.0/28"), "success");
  EXPECT_EQ(code("CreateSubnet", "VpcId=" + id + "&CidrBlock=10.0.3.0/24&AvailabilityZone=us-east-1z"), "InvalidParameterValue");
  EXPECT_EQ(code("CreateSubnet", "VpcId=vpc-0&CidrBlock=10.0.3.0/24"), "InvalidVpcID.Malformed");
  EXPECT_EQ(code("CreateSubnet", "VpcId=vpc-01234567&CidrBlock=10.0.3.0/24"), "InvalidVpcID.NotFound");
  EXPECT_EQ(code("ModifySubnetAttribute", "SubnetId=" + subnet.str("SubnetId") + "&MapPublicIpOnLaunch.Value=true"), "UnsupportedOperation");
  EXPECT_EQ(code("ModifySubnetAttribute", "SubnetId=" + subnet.str("SubnetId") + "&MapPublicIpOnLaunch.Value=false"), "success");
}

TEST_F(Vpcs, InterfacesTakeTheLowestFreeAddressAndGiveItBack) {
  const std::string subnet = make_subnet(make_vpc(), "10.0.1.0/28");
  std::vector<std::string> ids;
  for (int last = 4; last <= 14; ++last) {
    const Json interface = must("CreateNetworkInterface", "SubnetId=" + subnet)["NetworkInterface"];
    EXPECT_EQ(interface.str("PrivateIpAddress"), "10.0.1." + std::to_string(last));
    ids.push_back(interface.str("NetworkInterfaceId"));
  }
  EXPECT_EQ(code("CreateNetworkInterface", "SubnetId=" + subnet), "InsufficientFreeAddressesInSubnet");
  EXPECT_EQ(must("DescribeSubnets", "")["Subnets"].items()[0]["AvailableIpAddressCount"].as_integer(), 0);
  EXPECT_EQ(code("DeleteSubnet", "SubnetId=" + subnet), "DependencyViolation");
  must("DeleteNetworkInterface", "NetworkInterfaceId=" + ids[2]);
  EXPECT_EQ(code("CreateNetworkInterface", "SubnetId=" + subnet + "&PrivateIpAddress=10.0.1.7"), "InvalidIPAddress.InUse");
  EXPECT_EQ(code("CreateNetworkInterface", "SubnetId=" + subnet + "&PrivateIpAddress=10.0.1.3"), "InvalidParameterValue");
  const std::string secondary = "&PrivateIpAddresses.1.PrivateIpAddress=10.0.1.9&PrivateIpAddresses.1.Primary=false";
  EXPECT_EQ(code("CreateNetworkInterface", "SubnetId=" + subnet + secondary), "UnsupportedOperation");
  EXPECT_EQ(code("CreateNetworkInterface", "SubnetId=" + subnet + "&PrivateIpAddress=10.0.1.15"), "InvalidParameterValue");
  EXPECT_EQ(code("CreateNetworkInterface", "SubnetId=" + subnet + "&PrivateIpAddress=10.0.2.4"), "InvalidParameterValue");
  EXPECT_EQ(code("CreateNetworkInterface", "SubnetId=" + subnet + "&PrivateIpAddress=10.0.1.6"), "success");
}

TEST_F(Vpcs, AServicesInterfaceIsNotTheUsersToChange) {
  const std::string subnet = make_subnet(make_vpc(), "10.0.1.0/24");
  store::Transaction transaction(*store_);
  network::Placement placement;
  placement.account = account;
  placement.subnet_id = subnet;
  placement.requester = "amazon-rds";
  const auto interface = network::add_interface(transaction, random_, placement);
  ASSERT_TRUE(interface);
  ASSERT_TRUE(store_->commit(transaction));
  const std::string id = interface->str("NetworkInterfaceId");
  EXPECT_EQ(code("DeleteNetworkInterface", "NetworkInterfaceId=" + id), "OperationNotPermitted");
  EXPECT_EQ(code("ModifyNetworkInterfaceAttribute", "NetworkInterfaceId=" + id + "&Description.Value=mine"), "OperationNotPermitted");
  EXPECT_EQ(must("DescribeNetworkInterfaces", "Filter.1.Name=requester-managed&Filter.1.Value.1=true")["NetworkInterfaces"].items().size(), 1U);
}

TEST_F(Vpcs, DryRunSaysWhatWouldHappenAndChangesNothing) {
  EXPECT_EQ(code("CreateVpc", "CidrBlock=10.0.0.0/16&DryRun=true"), "DryRunOperation");
  EXPECT_EQ(code("CreateVpc", "CidrBlock=10.0.0.0/8&DryRun=true"), "InvalidVpc.Range");
  EXPECT_TRUE(must("DescribeVpcs", "")["Vpcs"].items().empty());
}

TEST_F(Vpcs, FiltersTakeWildcardsAndRefuseUnknownNames) {
  const std::string a = make_vpc(), b = make_vpc("172.16.0.0/20");
  must("CreateTags", "ResourceId.1=" + a + "&Tag.1.Key=team&Tag.1.Value=data&Tag.2.Key=stage&Tag.2.Value=");
  const auto found = [&](const std::string& name, const std::string& value) {
    std::vector<std::string> ids;
    const Json reply = must("DescribeVpcs", "Filter.1.Name=" + name + "&Filter.1.Value.1=" + value);
    for (const Json& vpc : reply["Vpcs"].items()) ids.push_back(vpc.str("VpcId"));
    return ids;
  };
  EXPECT_EQ(found("cidr", "172.16.*"), std::vector{b});
  EXPECT_EQ(found("cidr", "10.0.?.0/16"), std::vector{a});
  EXPECT_EQ(found("tag:team", "data"), std::vector{a});
  EXPECT_EQ(found("tag-key", "stage"), std::vector{a});
  EXPECT_EQ(found("tag:team", "other"), std::vector<std::string>{});
  EXPECT_EQ(found("is-default", "false").size(), 2U);
  EXPECT_EQ(code("DescribeVpcs", "Filter.1.Name=colour&Filter.1.Value.1=red"), "InvalidParameterValue");
  EXPECT_EQ(code("DescribeVpcs", "VpcId.1=" + a + "&VpcId.2=vpc-01234567"), "InvalidVpcID.NotFound");
  for (const char* id : {"vpc-0", "VPC-01234567", "vpc-0123456g", "sg-01234567", "vpc01234567", "vpc-0123456789abcdef01"}) {
    EXPECT_EQ(code("DescribeVpcs", "VpcId.1=" + std::string(id)), "InvalidVpcID.Malformed") << id;
  }
}

TEST_F(Vpcs, AsManyFilterValuesAsTheLimitAndNoMore) {
  std::string form = "Filter.1.Name=vpc-id";
  for (std::size_t i = 1; i <= filter_values_max; ++i) form += "&Filter.1.Value." + std::to_string(i) + "=x";
  EXPECT_EQ(code("DescribeVpcs", form), "success");
  EXPECT_EQ(code("DescribeVpcs", form + "&Filter.1.Value." + std::to_string(filter_values_max + 1) + "=x"), "FilterLimitExceeded");
}

TEST_F(Vpcs, PagesCoverEverythingOnce) {
  std::vector<std::string> made, seen;
  for (int i = 0; i < 12; ++i) made.push_back(make_vpc());
  std::string token;
  int pages = 0;
  do {
    const Json page = must("DescribeVpcs", "MaxResults=5" + (token.empty() ? "" : "&NextToken=" + token));
    EXPECT_LE(page["Vpcs"].items().size(), 5U);
    for (const Json& vpc : page["Vpcs"].items()) seen.push_back(vpc.str("VpcId"));
    token = page.str("NextToken");
    ASSERT_LE(++pages, 3);
  } while (!token.empty());
  std::ranges::sort(made);
  EXPECT_EQ(seen, made);
  EXPECT_NE(code("DescribeVpcs", "MaxResults=4"), "success");
  EXPECT_NE(code("DescribeVpcs", "MaxResults=1001"), "success");
  EXPECT_EQ(code("DescribeVpcs", "NextToken=!"), "InvalidNextToken");
  EXPECT_EQ(code("DescribeVpcs", "MaxResults=5&VpcId.1=" + made[0]), "InvalidParameterCombination");
}

TEST_F(Vpcs, QuestionsNameEveryResourceAndTheTags) {
  must("CreateVpc", "CidrBlock=10.0.0.0/16&TagSpecification.1.ResourceType=vpc&TagSpecification.1.Tag.1.Key=team&TagSpecification.1.Tag.1.Value=data");
  EXPECT_EQ(asked(), (std::vector<std::string>{"ec2:CreateTags " + arn("vpc/*"), "ec2:CreateVpc " + arn("vpc/*")}));
  for (const auto& question : questions_) EXPECT_EQ(value_of(question, "aws:RequestTag/team"), "data");
  EXPECT_EQ(value_of(questions_[1], "ec2:CreateAction"), "CreateVpc");
  const std::string vpc = must("DescribeVpcs", "")["Vpcs"].items()[0].str("VpcId");
  EXPECT_EQ(asked(), std::vector<std::string>{"ec2:DescribeVpcs *"});

  make_subnet(vpc, "10.0.1.0/24");
  EXPECT_EQ(asked(), (std::vector<std::string>{"ec2:CreateSubnet " + arn("subnet/*"), "ec2:CreateSubnet " + arn("vpc/" + vpc)}));
  EXPECT_EQ(value_of(questions_[0], "ec2:Vpc"), arn("vpc/" + vpc));
  EXPECT_EQ(value_of(questions_[1], "aws:ResourceTag/team"), "data");
  EXPECT_EQ(value_of(questions_[1], "ec2:ResourceTag/team"), "data");
  EXPECT_EQ(value_of(questions_[1], "ec2:Region"), "us-east-1");

  const std::string group = make_group(vpc, "web");
  EXPECT_EQ(asked(), (std::vector<std::string>{"ec2:CreateSecurityGroup " + arn("security-group/*"), "ec2:CreateSecurityGroup " + arn("vpc/" + vpc)}));
  EXPECT_EQ(code("DeleteSecurityGroup", "GroupId=sg-unknown"), "InvalidGroupId.Malformed");
  EXPECT_EQ(asked(), std::vector<std::string>{"ec2:DeleteSecurityGroup " + arn("security-group/sg-unknown")});
}

TEST_F(Vpcs, TagsAreSetRemovedAndListed) {
  const std::string vpc = make_vpc();
  must("CreateTags", "ResourceId.1=" + vpc + "&Tag.1.Key=a&Tag.1.Value=1&Tag.2.Key=b&Tag.2.Value=2");
  must("DeleteTags", "ResourceId.1=" + vpc + "&Tag.1.Key=a&Tag.1.Value=other");
  const auto listed = [&] { return must("DescribeTags", "Filter.1.Name=resource-id&Filter.1.Value.1=" + vpc)["Tags"].items().size(); };
  EXPECT_EQ(listed(), 2U);
  must("DeleteTags", "ResourceId.1=" + vpc + "&Tag.1.Key=a");
  EXPECT_EQ(listed(), 1U);
  must("DeleteTags", "ResourceId.1=" + vpc);
  EXPECT_EQ(listed(), 0U);
  EXPECT_EQ(code("CreateTags", "ResourceId.1=" + vpc + "&Tag.1.Key=aws:x&Tag.1.Value=1"), "InvalidParameterValue");
  EXPECT_EQ(code("CreateTags", "ResourceId.1=thing&Tag.1.Key=a&Tag.1.Value=1"), "InvalidID");
  EXPECT_EQ(code("CreateTags", "ResourceId.1=vpc-0&Tag.1.Key=a&Tag.1.Value=1"), "InvalidVpcID.Malformed");
  std::string form = "ResourceId.1=" + vpc;
  for (std::size_t i = 1; i <= service::tags_max; ++i) form += "&Tag." + std::to_string(i) + ".Key=k" + std::to_string(i) + "&Tag." + std::to_string(i) + ".Value=v";
  EXPECT_EQ(code("CreateTags", form), "success");
  EXPECT_EQ(code("CreateTags", "ResourceId.1=" + vpc + "&Tag.1.Key=more&Tag.1.Value=v"), "TagLimitExceeded");
}

// Documents that count against a limit, written past the API for speed.
template <typename T>
void fill(store::Store& store, const records::Table<T, 2>& table, const std::string& account, T record, std::size_t count) {
  store::Transaction transaction(store);
  for (std::size_t i = 0; i < count; ++i) {
    record.id = "filler-" + std::to_string(i);
    if constexpr (requires { record.name; }) record.name = record.id;
    table.put(transaction, record, account, record.id);
  }
  ASSERT_TRUE(store.commit(transaction));
}

TEST_F(Vpcs, EveryLimitIsReachedAndNotPassed) {
  const std::string vpc = make_vpc();
  const std::string subnet = make_subnet(vpc, "10.0.1.0/24");
  network::Subnet other{.id = {}};
  other.vpc_id = vpc;
  other.cidr = "10.0.200.0/28";
  fill(*store_, network::tables::subnets, account, other, subnets_per_vpc_max - 2);
  EXPECT_EQ(code("CreateSubnet", "VpcId=" + vpc + "&CidrBlock=10.0.2.0/24"), "success");
  EXPECT_EQ(code("CreateSubnet", "VpcId=" + vpc + "&CidrBlock=10.0.3.0/24"), "SubnetLimitExceeded");
  network::Group group{.id = {}};
  group.vpc_id = vpc;
  fill(*store_, network::tables::groups, account, group, groups_per_account_max - 2);
  EXPECT_EQ(code("CreateSecurityGroup", "GroupName=a&GroupDescription=a&VpcId=" + vpc), "success");
  EXPECT_EQ(code("CreateSecurityGroup", "GroupName=b&GroupDescription=b&VpcId=" + vpc), "SecurityGroupLimitExceeded");
  network::Interface interface{.id = {}};
  interface.vpc_id = vpc;
  interface.subnet_id = "subnet-filler";
  fill(*store_, network::tables::interfaces, account, interface, interfaces_per_account_max - 1);
  EXPECT_EQ(code("CreateNetworkInterface", "SubnetId=" + subnet), "success");
  EXPECT_EQ(code("CreateNetworkInterface", "SubnetId=" + subnet), "NetworkInterfaceLimitExceeded");
  network::Endpoint filler{.id = {}};
  filler.vpc_id = vpc;
  fill(*store_, network::tables::endpoints, account, filler, endpoints_per_vpc_max - 1);
  const std::string endpoint = "VpcId=" + vpc + "&VpcEndpointType=Interface&PrivateDnsEnabled=false&ServiceName=com.amazonaws.us-east-1.rds";
  EXPECT_EQ(code("CreateVpcEndpoint", endpoint), "success");
  EXPECT_EQ(code("CreateVpcEndpoint", endpoint), "VpcEndpointLimitExceeded");
}

TEST_F(Vpcs, PlacesAreToldAsTheyAre) {
  EXPECT_EQ(must("DescribeAvailabilityZones", "")["AvailabilityZones"].items().size(), 3U);
  EXPECT_EQ(must("DescribeRegions", "")["Regions"].items()[0].text("RegionName"), "us-east-1");
  EXPECT_EQ(code("DescribeAvailabilityZones", "ZoneName.1=us-west-9z"), "InvalidParameterValue");
  EXPECT_TRUE(must("DescribeInternetGateways", "")["InternetGateways"].items().empty());
}

TEST_F(Vpcs, AnIdOfNoFormIsToldFromOneThatIsNobodys) {
  EXPECT_EQ(code("DescribeSecurityGroups", "GroupId.1=sg-unknown"), "InvalidGroupId.Malformed");
  EXPECT_EQ(code("DescribeSecurityGroups", "GroupId.1=sg-01234567"), "InvalidGroup.NotFound");
  EXPECT_EQ(code("DeleteSecurityGroup", "GroupId=sg-01234567"), "InvalidGroup.NotFound");
  EXPECT_EQ(code("DescribeSubnets", "SubnetId.1=subnet-x"), "InvalidSubnetID.Malformed");
  EXPECT_EQ(code("DescribeSecurityGroupRules", "SecurityGroupRuleId.1=sgr-x"), "InvalidSecurityGroupRuleId.Malformed");
  EXPECT_EQ(code("DescribeSecurityGroupRules", "SecurityGroupRuleId.1=sgr-01234567"), "InvalidSecurityGroupRuleId.NotFound");
  for (const auto& [id, told] : {std::pair{"acl-x", "InvalidNetworkAclId.Malformed"}, {"rtb-x", "InvalidRouteTableId.Malformed"}, {"dopt-x", "InvalidDhcpOptionsId.Malformed"},
                                 {"vpce-x", "InvalidVpcEndpointId.Malformed"}, {"eni-x", "InvalidNetworkInterfaceId.Malformed"}})
    EXPECT_EQ(code("CreateTags", "ResourceId.1=" + std::string(id) + "&Tag.1.Key=a&Tag.1.Value=1"), told);
}

// AWS's model lists the filters of each operation; one that asks for what there is none of here finds nothing.
TEST_F(Vpcs, EveryFilterThatAwsDocumentsIsTaken) {
  const std::map<std::string, std::vector<std::string>> documented = {
      {"DescribeVpcs", {"cidr", "cidr-block-association.cidr-block", "cidr-block-association.association-id", "cidr-block-association.state", "dhcp-options-id", "ipv6-cidr-block-association.ipv6-cidr-block", "ipv6-cidr-block-association.ipv6-pool", "ipv6-cidr-block-association.association-id", "ipv6-cidr-block-association.state", "is-default", "owner-id", "state", "tag:a", "tag-key", "vpc-id"}},
      {"DescribeSubnets", {"availability-zone", "availability-zone-id", "available-ip-address-count", "cidr-block", "customer-owned-ipv4-pool", "default-for-az", "enable-dns64", "enable-lni-at-device-index", "ipv6-cidr-block-association.ipv6-cidr-block", "ipv6-cidr-block-association.association-id", "ipv6-cidr-block-association.state", "ipv6-native", "map-customer-owned-ip-on-launch", "map-public-ip-on-launch", "outpost-arn", "owner-id", "private-dns-name-options-on-launch.hostname-type", "private-dns-name-options-on-launch.enable-resource-name-dns-a-record", "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record", "state", "subnet-arn", "subnet-id", "tag-key", "vpc-id"}},
      {"DescribeSecurityGroups", {"description", "egress.ip-permission.cidr", "egress.ip-permission.from-port", "egress.ip-permission.group-id", "egress.ip-permission.group-name", "egress.ip-permission.ipv6-cidr", "egress.ip-permission.prefix-list-id", "egress.ip-permission.protocol", "egress.ip-permission.to-port", "egress.ip-permission.user-id", "group-id", "group-name", "ip-permission.cidr", "ip-permission.from-port", "ip-permission.group-id", "ip-permission.group-name", "ip-permission.ipv6-cidr", "ip-permission.prefix-list-id", "ip-permission.protocol", "ip-permission.to-port", "ip-permission.user-id", "owner-id", "tag-key", "vpc-id"}},
      {"DescribeSecurityGroupRules", {"group-id", "security-group-rule-id", "tag-key"}},
      {"DescribeNetworkInterfaces", {"association.allocation-id", "association.association-id", "addresses.association.owner-id", "addresses.association.public-ip", "addresses.primary", "addresses.private-ip-address", "association.ip-owner-id", "association.public-ip", "association.public-dns-name", "attachment.attach-time", "attachment.attachment-id", "attachment.delete-on-termination", "attachment.device-index", "attachment.instance-id", "attachment.instance-owner-id", "attachment.status", "availability-zone", "availability-zone-id", "description", "group-id", "ipv6-addresses.ipv6-address", "interface-type", "mac-address", "network-interface-id", "operator.managed", "operator.principal", "owner-id", "private-dns-name", "private-ip-address", "requester-id", "requester-managed", "source-dest-check", "status", "subnet-id", "tag-key", "vpc-id"}},
      {"DescribeVpcEndpoints", {"ip-address-type", "service-name", "service-region", "tag-key", "vpc-id", "vpc-endpoint-id", "vpc-endpoint-state", "vpc-endpoint-type"}},
      {"DescribeVpcEndpointServices", {"owner", "service-name", "service-region", "service-type", "supported-ip-address-types", "tag-key"}},
      {"DescribeAvailabilityZones", {"group-long-name", "group-name", "message", "opt-in-status", "parent-zone-id", "parent-zone-name", "region-name", "state", "zone-id", "zone-name", "zone-type"}},
      {"DescribeRegions", {"endpoint", "opt-in-status", "region-name"}},
      {"DescribeRouteTables", {"association.gateway-id", "association.route-table-association-id", "association.route-table-id", "association.subnet-id", "association.main", "owner-id", "route-table-id", "route.destination-cidr-block", "route.destination-ipv6-cidr-block", "route.destination-prefix-list-id", "route.egress-only-internet-gateway-id", "route.gateway-id", "route.instance-id", "route.nat-gateway-id", "route.transit-gateway-id", "route.origin", "route.state", "route.vpc-peering-connection-id", "tag-key", "vpc-id"}},
      {"DescribeNetworkAcls", {"association.association-id", "association.network-acl-id", "association.subnet-id", "default", "entry.cidr", "entry.icmp.code", "entry.icmp.type", "entry.ipv6-cidr", "entry.port-range.from", "entry.port-range.to", "entry.protocol", "entry.rule-action", "entry.egress", "entry.rule-number", "network-acl-id", "owner-id", "tag-key", "vpc-id"}},
      {"DescribeInternetGateways", {"attachment.state", "attachment.vpc-id", "internet-gateway-id", "owner-id", "tag-key"}},
      {"DescribeDhcpOptions", {"dhcp-options-id", "key", "value", "owner-id", "tag-key"}},
      {"DescribeTags", {"key", "resource-id", "resource-type", "value"}},
  };
  for (const auto& [operation, filters] : documented) {
    for (const std::string& filter : filters)
      EXPECT_EQ(code(operation, "Filter.1.Name=" + filter + "&Filter.1.Value.1=nothing-has-this"), "success") << operation << " " << filter;
    EXPECT_EQ(code(operation, "Filter.1.Name=unheard-of&Filter.1.Value.1=a"), "InvalidParameterValue") << operation;
  }
}

}  // namespace
}  // namespace ringwall::ec2
