#include "network/fixture_test.h"

namespace ringwall::network {
namespace {

class Resolve : public WithDocuments {
 protected:
  void SetUp() override {
    put_vpc();
    put_subnet("subnet-a", "10.0.1.0/24");
    put_group("sg-default", "default");
  }
  std::vector<host::Rule> rules_of(const std::string& group) {
    const auto network = resolved();
    const auto found = std::ranges::find(network->groups, group, &host::Group::id);
    EXPECT_NE(found, network->groups.end());
    return found == network->groups.end() ? std::vector<host::Rule>() : found->rules;
  }
};

TEST_F(Resolve, AVpcWithoutADocumentIsNothing) {
  store::Transaction transaction(*store_);
  EXPECT_FALSE(network_of(transaction, test_account, "vpc-2"));
  EXPECT_FALSE(network_of(transaction, "999999999999", test_vpc));
}

TEST_F(Resolve, RulesBecomeWhatTheKernelCompares) {
  put_group("sg-db", "db", {rule("tcp", 5432, 5432, "sg-default"), rule("icmp", 8, -1, "10.0.0.0/16"),
                                        rule("-1", -1, -1, "0.0.0.0/0", true), rule("50", 7, 9, "10.0.0.0/16")});
  const auto rules = rules_of("sg-db");
  ASSERT_EQ(rules.size(), 4U);
  EXPECT_EQ(rules[0].protocol, 6);
  EXPECT_EQ(rules[0].from_port, 5432);
  EXPECT_EQ(rules[0].group, "sg-default");
  EXPECT_TRUE(rules[0].cidr.empty());
  EXPECT_EQ(rules[1].protocol, 1);
  EXPECT_EQ(rules[1].from_port, 8);
  EXPECT_EQ(rules[1].to_port, -1);
  EXPECT_EQ(rules[2].direction, host::Rule::Direction::egress);
  EXPECT_EQ(rules[2].protocol, -1);
  EXPECT_EQ(rules[3].protocol, 50);
  EXPECT_EQ(rules[3].from_port, -1) << "only TCP, UDP and ICMP have ports";
}

TEST_F(Resolve, RulesThatCannotBeResolvedOpenNothing) {
  put_group("sg-elsewhere", "x", {}, "vpc-2");
  put_group("sg-db", "db", {rule("tcp", 1, 1, "sg-gone"), rule("tcp", 1, 1, "sg-elsewhere"), rule("spdy", 1, 1, "10.0.0.0/8"),
                                        rule("tcp", 1, 1, "::/0"), rule("tcp", 1, 1, "10.0.0.0/"), rule("tcp", 1, 1, ""), rule("tcp", 7, 7, "10.0.0.0/8")});
  const auto rules = rules_of("sg-db");
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_EQ(rules[0].from_port, 7);
}

TEST_F(Resolve, InterfacesCarryTheirPlaceAndGroups) {
  const Json interface = place({.account = test_account, .subnet_id = "subnet-a", .groups = {}, .description = "", .requester = "amazon-rds"});
  place({.account = test_account, .subnet_id = "subnet-a", .groups = {}, .description = "", .requester = "amazon-vpce", .local = true});
  const auto network = resolved();
  ASSERT_EQ(network->interfaces.size(), 2U);
  const auto found = std::ranges::find(network->interfaces, interface.str("NetworkInterfaceId"), &host::Interface::id);
  ASSERT_NE(found, network->interfaces.end());
  EXPECT_EQ(found->address, "10.0.1.4");
  EXPECT_EQ(found->groups, std::vector<std::string>{"sg-default"});
  EXPECT_TRUE(found->mac.starts_with("02:"));
  EXPECT_TRUE(found->mac.ends_with(":0a:00:01:04")) << found->mac;
  EXPECT_FALSE(found->local);
  EXPECT_EQ(std::ranges::count_if(network->interfaces, &host::Interface::local), 1);
}

TEST_F(Resolve, GroupsOfAnInterfaceAreOfItsVpc) {
  put_group("sg-elsewhere", "x", {}, "vpc-2");
  const Json interface = place({.account = test_account, .subnet_id = "subnet-a", .groups = {}, .description = "", .requester = ""});
  store::Transaction transaction(*store_);
  const std::string id = interface.str("NetworkInterfaceId");
  EXPECT_EQ(set_groups(transaction, test_account, id, {"sg-elsewhere"}).error().code, "InvalidGroup.NotFound");
  EXPECT_EQ(set_groups(transaction, test_account, "eni-none", {"sg-default"}).error().code, "InvalidNetworkInterfaceID.NotFound");
  EXPECT_EQ(set_groups(transaction, test_account, id, {}).error().code, "InvalidParameterValue");
  EXPECT_TRUE(set_groups(transaction, test_account, id, {"sg-default", "sg-default"}));
  EXPECT_EQ(add_interface(transaction, random_, {.account = test_account, .subnet_id = "subnet-x", .groups = {}, .description = "", .requester = ""}).error().code,
            "InvalidSubnetID.NotFound");
}

TEST(Documents, KeysAreReadBack) {
  const auto parts = parts_of(key_of(Kind::group, "111122223333", "sg-1"));
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->account, "111122223333");
  EXPECT_EQ(parts->kind, "group");
  EXPECT_EQ(parts->id, "sg-1");
  EXPECT_FALSE(parts_of("dns/vpc-1/name"));
  EXPECT_FALSE(parts_of("ec2/111122223333"));
}

}  // namespace
}  // namespace ringwall::network
