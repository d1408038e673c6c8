#include "services/ec2/fixture_test.h"
#include "text/encode.h"

namespace ringwall::ec2 {
namespace {

class Groups : public Ec2Test {
 protected:
  void SetUp() override {
    Ec2Test::SetUp();
    vpc_ = make_vpc();
    group_ = make_group(vpc_, "web");
  }
  std::string permission(const std::string& protocol, const std::string& ports, const std::string& peer, int n = 1) const {
    const std::string prefix = "IpPermissions." + std::to_string(n) + ".";
    std::string form = prefix + "IpProtocol=" + protocol;
    if (const auto hyphen = ports.find(':'); hyphen != std::string::npos) {
      form += "&" + prefix + "FromPort=" + ports.substr(0, hyphen) + "&" + prefix + "ToPort=" + ports.substr(hyphen + 1);
    }
    if (peer.starts_with("sg-")) return form + "&" + prefix + "Groups.1.GroupId=" + peer;
    if (peer.starts_with("pl-")) return form + "&" + prefix + "PrefixListIds.1.PrefixListId=" + peer;
    if (peer.contains("::")) return form + "&" + prefix + "Ipv6Ranges.1.CidrIpv6=" + peer;
    if (peer.empty()) return form;
    return form + "&" + prefix + "IpRanges.1.CidrIp=" + peer;
  }
  std::string allow(const std::string& protocol, const std::string& ports, const std::string& peer) {
    return code("AuthorizeSecurityGroupIngress", "GroupId=" + group_ + "&" + permission(protocol, ports, peer));
  }
  Json shown() { return must("DescribeSecurityGroups", "GroupId.1=" + group_)["SecurityGroups"].items()[0]; }

  std::string vpc_, group_;
};

TEST_F(Groups, NamesAreUniqueWithinAVpc) {
  EXPECT_EQ(code("CreateSecurityGroup", "VpcId=" + vpc_ + "&GroupName=web&GroupDescription=x"), "InvalidGroup.Duplicate");
  EXPECT_EQ(code("CreateSecurityGroup", "VpcId=" + make_vpc() + "&GroupName=web&GroupDescription=x"), "success");
  EXPECT_EQ(code("CreateSecurityGroup", "VpcId=" + vpc_ + "&GroupName=default&GroupDescription=x"), "InvalidGroup.Reserved");
  EXPECT_EQ(code("CreateSecurityGroup", "VpcId=" + vpc_ + "&GroupName=sg-1&GroupDescription=x"), "InvalidParameterValue");
  EXPECT_EQ(code("CreateSecurityGroup", "VpcId=" + vpc_ + "&GroupDescription=x&GroupName=" + std::string(255, 'a')), "success");
  EXPECT_EQ(code("CreateSecurityGroup", "VpcId=" + vpc_ + "&GroupDescription=x&GroupName=" + std::string(256, 'a')), "InvalidParameterValue");
  EXPECT_EQ(code("CreateSecurityGroup", "GroupName=x&GroupDescription=x"), "VPCIdNotSpecified");
}

TEST_F(Groups, RulesAreKeptInEc2sOwnForm) {
  EXPECT_EQ(allow("6", "443:443", "10.0.3.7/16"), "success");
  EXPECT_EQ(allow("-1", "5:6", "0.0.0.0/0"), "success");
  EXPECT_EQ(allow("icmp", "-1:-1", "::/0"), "success");
  const Json group = shown();
  const auto& permissions = group["IpPermissions"].items();
  ASSERT_EQ(permissions.size(), 3U);
  EXPECT_EQ(permissions[0].text("IpProtocol"), "tcp");
  EXPECT_EQ(permissions[0]["IpRanges"].items()[0].text("CidrIp"), "10.0.0.0/16");
  EXPECT_EQ(permissions[1].text("IpProtocol"), "-1");
  EXPECT_FALSE(permissions[1].contains("FromPort"));
  EXPECT_EQ(permissions[2]["FromPort"].as_integer(), -1);
  EXPECT_EQ(permissions[2]["Ipv6Ranges"].items()[0].text("CidrIpv6"), "::/0");
}

TEST_F(Groups, BadRulesAreRefused) {
  EXPECT_EQ(allow("tcp", "", "10.0.0.0/8"), "InvalidParameterValue");
  EXPECT_EQ(allow("tcp", "443:80", "10.0.0.0/8"), "InvalidParameterValue");
  EXPECT_EQ(allow("tcp", "0:65535", "10.0.0.0/8"), "success");
  EXPECT_EQ(allow("tcp", "0:65536", "10.0.0.0/8"), "InvalidParameterValue");
  EXPECT_EQ(allow("255", "", "10.0.0.0/8"), "success");
  EXPECT_EQ(allow("256", "", "10.0.0.0/8"), "InvalidParameterValue");
  EXPECT_EQ(allow("spdy", "", "10.0.0.0/8"), "InvalidParameterValue");
  EXPECT_EQ(allow("icmp", "8:256", "10.0.0.0/8"), "InvalidParameterValue");
  EXPECT_EQ(allow("tcp", "80:80", "10.0.0.0/"), "InvalidParameterValue");
  EXPECT_EQ(allow("tcp", "80:80", "10.0.0.0"), "InvalidParameterValue");
  EXPECT_EQ(allow("tcp", "80:80", "pl-1"), "InvalidPrefixListID.NotFound");
  EXPECT_EQ(allow("tcp", "80:80", "sg-unknown"), "InvalidGroupId.Malformed");
  EXPECT_EQ(allow("tcp", "80:80", "sg-0123456789abcdef0"), "InvalidGroup.NotFound");
  EXPECT_EQ(allow("tcp", "80:80", make_group(make_vpc(), "elsewhere")), "InvalidGroup.NotFound");
  EXPECT_EQ(allow("tcp", "80:80", ""), "MissingParameter");
}

TEST_F(Groups, ARuleIsThereOnce) {
  EXPECT_EQ(allow("tcp", "22:22", "10.0.0.0/8"), "success");
  const auto again = call("AuthorizeSecurityGroupIngress", "GroupId=" + group_ + "&" + permission("6", "22:22", "10.1.2.3/8"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, "InvalidPermission.Duplicate");
  EXPECT_EQ(again.error().message, "the specified rule \"peer: 10.0.0.0/8, TCP, from port: 22, to port: 22, ALLOW\" already exists");
  EXPECT_EQ(code("AuthorizeSecurityGroupIngress", "GroupId=" + group_ + "&" + permission("tcp", "1:1", "10.0.0.0/8", 1) + "&" + permission("tcp", "1:1", "10.0.0.0/8", 2)),
            "InvalidParameterValue");
  EXPECT_EQ(shown()["IpPermissions"].items().size(), 1U);
}

TEST_F(Groups, AsManyRulesAsTheLimitAndNoMore) {
  for (std::size_t i = 0; i < rules_per_direction_max; ++i) {
    ASSERT_EQ(allow("tcp", std::to_string(i) + ":" + std::to_string(i), "10.0.0.0/8"), "success");
  }
  EXPECT_EQ(allow("tcp", "100:100", "10.0.0.0/8"), "RulesPerSecurityGroupLimitExceeded");
}

// As Terraform does with every group it makes.
TEST_F(Groups, TheDefaultEgressRuleIsRevokedAndAnotherAuthorised) {
  must("RevokeSecurityGroupEgress", "GroupId=" + group_ + "&" + permission("-1", "", "0.0.0.0/0"));
  EXPECT_EQ(code("RevokeSecurityGroupEgress", "GroupId=" + group_ + "&" + permission("-1", "", "0.0.0.0/0")), "InvalidPermission.NotFound");
  must("AuthorizeSecurityGroupEgress", "GroupId=" + group_ + "&" + permission("tcp", "5432:5432", "10.0.0.0/16"));
  const Json group = shown();
  ASSERT_EQ(group["IpPermissionsEgress"].items().size(), 1U);
  EXPECT_EQ(group["IpPermissionsEgress"].items()[0]["FromPort"].as_integer(), 5432);
}

TEST_F(Groups, RulesHaveIdsByWhichTheyAreShownChangedTaggedAndRevoked) {
  const Json added = must("AuthorizeSecurityGroupIngress", "GroupId=" + group_ + "&" + permission("tcp", "80:80", "10.0.0.0/8") +
                                                               "&TagSpecification.1.ResourceType=security-group-rule&TagSpecification.1.Tag.1.Key=k&TagSpecification.1.Tag.1.Value=v");
  EXPECT_EQ(asked(), (std::vector<std::string>{"ec2:AuthorizeSecurityGroupIngress " + arn("security-group/" + group_), "ec2:CreateTags " + arn("security-group-rule/*")}));
  const std::string id = added["SecurityGroupRules"].items()[0].str("SecurityGroupRuleId");
  EXPECT_EQ(must("DescribeSecurityGroupRules", "Filter.1.Name=tag:k&Filter.1.Value.1=v")["SecurityGroupRules"].items().size(), 1U);
  must("ModifySecurityGroupRules", "GroupId=" + group_ + "&SecurityGroupRule.1.SecurityGroupRuleId=" + id +
                                       "&SecurityGroupRule.1.SecurityGroupRule.IpProtocol=udp&SecurityGroupRule.1.SecurityGroupRule.FromPort=53" +
                                       "&SecurityGroupRule.1.SecurityGroupRule.ToPort=53&SecurityGroupRule.1.SecurityGroupRule.CidrIpv4=10.9.0.0/16");
  const Json rule = must("DescribeSecurityGroupRules", "SecurityGroupRuleId.1=" + id)["SecurityGroupRules"].items()[0];
  EXPECT_EQ(rule.text("IpProtocol"), "udp");
  EXPECT_EQ(rule.text("CidrIpv4"), "10.9.0.0/16");
  EXPECT_EQ(rule["Tags"].items().size(), 1U);
  must("UpdateSecurityGroupRuleDescriptionsIngress", "GroupId=" + group_ + "&SecurityGroupRuleDescription.1.SecurityGroupRuleId=" + id + "&SecurityGroupRuleDescription.1.Description=names");
  EXPECT_EQ(shown()["IpPermissions"].items()[0]["IpRanges"].items()[0].text("Description"), "names");
  EXPECT_EQ(code("RevokeSecurityGroupEgress", "GroupId=" + group_ + "&SecurityGroupRuleId.1=" + id), "InvalidSecurityGroupRuleId.NotFound");
  must("RevokeSecurityGroupIngress", "GroupId=" + group_ + "&SecurityGroupRuleId.1=" + id);
  EXPECT_TRUE(shown()["IpPermissions"].items().empty());
}

TEST_F(Groups, AGroupInUseStays) {
  const std::string peer = make_group(vpc_, "peer"), subnet = make_subnet(vpc_, "10.0.1.0/24");
  EXPECT_EQ(allow("tcp", "80:80", peer), "success");
  EXPECT_EQ(code("DeleteSecurityGroup", "GroupId=" + peer), "DependencyViolation");
  const std::string interface = must("CreateNetworkInterface", "SubnetId=" + subnet + "&SecurityGroupId.1=" + group_)["NetworkInterface"].str("NetworkInterfaceId");
  EXPECT_EQ(code("DeleteSecurityGroup", "GroupId=" + group_), "DependencyViolation");
  must("ModifyNetworkInterfaceAttribute", "NetworkInterfaceId=" + interface + "&SecurityGroupId.1=" + peer);
  must("DeleteSecurityGroup", "GroupId=" + group_);
  const Json default_group = must("DescribeSecurityGroups", "Filter.1.Name=group-name&Filter.1.Value.1=default")["SecurityGroups"].items()[0];
  EXPECT_EQ(code("DeleteSecurityGroup", "GroupId=" + default_group.str("GroupId")), "CannotDelete");
}

TEST_F(Groups, AnInterfaceHasFiveGroupsAndNotSix) {
  const std::string subnet = make_subnet(vpc_, "10.0.1.0/24");
  std::string form = "SubnetId=" + subnet;
  for (std::size_t i = 1; i <= network::groups_per_interface_max; ++i) form += "&SecurityGroupId." + std::to_string(i) + "=" + make_group(vpc_, "g" + std::to_string(i));
  EXPECT_EQ(code("CreateNetworkInterface", form), "success");
  EXPECT_EQ(code("CreateNetworkInterface", form + "&SecurityGroupId.6=" + group_), "SecurityGroupsPerInterfaceLimitExceeded");
}

class Endpoints : public Ec2Test {
 protected:
  void SetUp() override {
    Ec2Test::SetUp();
    vpc_ = make_vpc();
    subnet_ = make_subnet(vpc_, "10.0.1.0/24");
    must("ModifyVpcAttribute", "VpcId=" + vpc_ + "&EnableDnsHostnames.Value=true");
  }
  std::string form(const std::string& service = "rds") const {
    return "VpcId=" + vpc_ + "&VpcEndpointType=Interface&ServiceName=com.amazonaws.us-east-1." + service + "&SubnetId.1=" + subnet_;
  }
  std::string address_of(const std::string& name) const {
    const auto entry = store_->get(network::dns_key_of(vpc_, name));
    return entry ? entry->document->str("address") : "";
  }
  std::string vpc_, subnet_;
};

TEST_F(Endpoints, AnEndpointHasAnInterfaceNamesAndTheDefaultPolicy) {
  const Json endpoint = must("CreateVpcEndpoint", form())["VpcEndpoint"];
  EXPECT_EQ(asked(), (std::vector<std::string>{"ec2:CreateVpcEndpoint " + arn("subnet/" + subnet_), "ec2:CreateVpcEndpoint " + arn("vpc-endpoint/*"),
                                               "ec2:CreateVpcEndpoint " + arn("vpc/" + vpc_)}));
  EXPECT_TRUE(reply_.contains("<state>available</state>")) << reply_;
  EXPECT_EQ(address_of("rds.us-east-1.ringwall.internal"), "10.0.1.4");
  EXPECT_EQ(address_of(endpoint["DnsEntries"].items()[0].str("DnsName")), "10.0.1.4");
  EXPECT_TRUE(policy::compile(endpoint.text("PolicyDocument"), policy::Kind::endpoint));
  EXPECT_EQ(code("CreateVpcEndpoint", form()), "InvalidParameter");  // the private name is taken
  EXPECT_EQ(code("CreateVpcEndpoint", form() + "&PrivateDnsEnabled=false"), "success");
  EXPECT_EQ(code("DeleteVpc", "VpcId=" + vpc_), "DependencyViolation");
  must("DeleteVpcEndpoints", "VpcEndpointId.1=" + endpoint.str("VpcEndpointId"));
  EXPECT_EQ(address_of("rds.us-east-1.ringwall.internal"), "");
  EXPECT_EQ(must("DescribeNetworkInterfaces", "")["NetworkInterfaces"].items().size(), 1U);
  const Json again = must("DeleteVpcEndpoints", "VpcEndpointId.1=" + endpoint.str("VpcEndpointId"));
  EXPECT_EQ(again["Unsuccessful"].items()[0]["Error"].text("Code"), "InvalidVpcEndpointId.NotFound");
}

TEST_F(Endpoints, OneEndpointMayServeAllServices) {
  must("CreateVpcEndpoint", form("ringwall"));
  for (const auto* word : {"sts", "kms", "ringwall"}) EXPECT_EQ(address_of(std::string(word) + ".us-east-1.ringwall.internal"), "10.0.1.4") << word;
}

TEST_F(Endpoints, WhatDoesNotExistIsRefused) {
  EXPECT_EQ(code("CreateVpcEndpoint", form("s3")), "InvalidServiceName");
  EXPECT_EQ(code("CreateVpcEndpoint", "VpcId=" + vpc_ + "&ServiceName=com.amazonaws.us-east-1.rds"), "InvalidParameter");  // a gateway
  EXPECT_EQ(code("CreateVpcEndpoint", form() + "&PolicyDocument=%7B%22Statement%22%3A"), "InvalidPolicyDocument");
  EXPECT_EQ(code("CreateVpcEndpoint", form() + "&SubnetId.2=" + make_subnet(vpc_, "10.0.2.0/24")), "DuplicateSubnetsInSameZone");
  must("ModifyVpcAttribute", "VpcId=" + vpc_ + "&EnableDnsHostnames.Value=false");
  EXPECT_EQ(code("CreateVpcEndpoint", form()), "InvalidParameter");
}

TEST_F(Endpoints, APolicyIsBoundToWhomItNamesAndShownByName) {
  const std::string own = std::string("arn:aws:iam::") + account;
  const auto policy = [](const std::string& who) {
    return text::percent_encode(R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":")" + who + R"("},"Action":"*","Resource":"*"}]})", false);
  };
  estate::Table<estate::Account>::Editor accounts(estate_.accounts);
  accounts.put({.id = account, .name = "own", .path = {}, .org_path = {}, .scps = {}, .rcps = {}});
  estate_.accounts = std::move(accounts).finish();
  EXPECT_EQ(code("CreateVpcEndpoint", form() + "&PolicyDocument=" + policy(own + ":user/ann")), "InvalidPolicyDocument");
  estate::Table<estate::Principal>::Editor principals(estate_.principals);
  principals.put({.type = policy::Principal::Type::user, .arn = own + ":user/ann", .account = account, .name = "ann", .unique_id = "AIDAANNANNANNANNANNAN", .tags = {}, .identity = {}, .boundary = {}, .trust = {}});
  estate_.principals = std::move(principals).finish();
  estate::Table<estate::Alias>::Editor aliases(estate_.aliases);
  aliases.put({"AIDAANNANNANNANNANNAN", own + ":user/ann"});
  estate_.aliases = std::move(aliases).finish();
  const Json endpoint = must("CreateVpcEndpoint", form() + "&PolicyDocument=" + policy(own + ":user/ann"))["VpcEndpoint"];
  EXPECT_TRUE(endpoint.text("PolicyDocument").contains(own + ":user/ann"));
  const auto stored = store_->get(network::key_of(network::Kind::endpoint, account, endpoint.text("VpcEndpointId")));
  EXPECT_TRUE(service::bound_text((*stored->document)["policy"]).contains("\"AIDAANNANNANNANNANNAN\""));
  estate_.principals = {};
  EXPECT_TRUE(must("DescribeVpcEndpoints", "VpcEndpointId.1=" + endpoint.str("VpcEndpointId"))["VpcEndpoints"].items()[0].text("PolicyDocument").contains("\"AIDAANNANNANNANNANNAN\""));
}

TEST_F(Endpoints, SubnetsGroupsAndPolicyChange) {
  const std::string id = must("CreateVpcEndpoint", form())["VpcEndpoint"].str("VpcEndpointId");
  const std::string second = make_subnet(vpc_, "10.0.2.0/24", "us-east-1b"), group = make_group(vpc_, "api");
  must("ModifyVpcEndpoint", "VpcEndpointId=" + id + "&AddSubnetId.1=" + second + "&AddSecurityGroupId.1=" + group +
                                "&PolicyDocument=%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%22*%22%2C%22Action%22%3A%22rds%3A*%22%2C%22Resource%22%3A%22*%22%7D%5D%7D");
  const Json endpoint = must("DescribeVpcEndpoints", "VpcEndpointId.1=" + id)["VpcEndpoints"].items()[0];
  EXPECT_EQ(endpoint["Groups"].items().size(), 2U);
  EXPECT_EQ(endpoint["NetworkInterfaceIds"].items().size(), 2U);
  EXPECT_TRUE(endpoint.text("PolicyDocument").contains("rds:*"));
  must("ModifyVpcEndpoint", "VpcEndpointId=" + id + "&RemoveSubnetId.1=" + subnet_);
  EXPECT_EQ(address_of("rds.us-east-1.ringwall.internal"), "10.0.2.4");
  EXPECT_EQ(code("DeleteSubnet", "SubnetId=" + subnet_), "success");
  EXPECT_EQ(must("DescribeVpcEndpointServices", "")["ServiceNames"].items().size(), 8U);
}

}  // namespace
}  // namespace ringwall::ec2
