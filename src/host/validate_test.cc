#include "host/detail/validate.h"

#include <gtest/gtest.h>

#include <csignal>
#include <functional>

#include "host/detail/address.h"
#include "host/detail/firewall.h"

namespace ringwall::host::detail {
namespace {

const HelperOptions options = [] {
  HelperOptions made;
  made.server_uid = engine_uid_min + 5;
  return made;
}();

Network good_network() {
  return {"vpc-1",
          "10.0.0.0/16",
          {{"subnet-1", "10.0.1.0/24"}},
          {{"sg-1", {{Rule::Direction::ingress, 6, 1, 2, "10.0.0.0/8", ""}}}},
          {{"eni-1", "subnet-1", "10.0.1.9", "02:00:00:00:00:01", {"sg-1"}, false}}};
}
Process good_process() {
  return {"db-1-setup", "db-1", "eni-1", engine_uid_min, Program::postgres_initialise, 15, "", "",
          {{FileKind::postgres_first_statements, "SELECT 1;"}}};
}

bool accepts(Request request) {
  return validate(request, options).has_value();
}
bool accepts_network(const std::function<void(Network&)>& change) {
  Network network = good_network();
  change(network);
  return accepts(ApplyNetwork{network});
}
bool accepts_rule(const Rule& rule) {
  return accepts_network([&](Network& n) { n.groups[0].rules = {rule}; });
}
bool accepts_process(const std::function<void(Process&)>& change) {
  Process process = good_process();
  change(process);
  return accepts(StartProcess{process}) && accepts(RunProcess{process});
}

TEST(Validate, IdsHoldLettersAndDigitsOnlyAndAtMostForty) {
  EXPECT_TRUE(is_id("vpc-" + std::string(40, 'a'), "vpc"));
  EXPECT_FALSE(is_id("vpc-" + std::string(41, 'a'), "vpc"));
  for (const char* bad : {"", "vpc", "vpc-", "vpc-a/b", "vpc-..", "vpc-a b", "eni-1", "vpc-a-b",
                          "Vpc-1", "vpc-\xc3\xa4"}) {
    EXPECT_FALSE(is_id(bad, "vpc")) << bad;
  }
  EXPECT_FALSE(is_id(std::string("vpc-a\0", 6), "vpc"));
}

TEST(Validate, ProcessIdsMayNameAStep) {
  EXPECT_TRUE(is_process_id("db-ABC1"));
  EXPECT_TRUE(is_process_id("db-ABC1-setup"));
  EXPECT_TRUE(is_process_id("db-ABC1-" + std::string(16, 'a')));
  for (const std::string bad :
       {"db-", "db-1-", "db-1-a-b", "db-1-A", "db-1-../x", "x-1", "db--setup"})
    EXPECT_FALSE(is_process_id(bad)) << bad;
  EXPECT_FALSE(is_process_id("db-1-" + std::string(17, 'a')));
}

TEST(Validate, AGoodNetworkIsAccepted) {
  EXPECT_TRUE(accepts_network([](Network&) {}));
}

TEST(Validate, AddressesLieInTheirSubnetsOutsideTheReservedOnes) {
  for (const char* good : {"10.0.1.4", "10.0.1.254"}) {
    EXPECT_TRUE(accepts_network([&](Network& n) { n.interfaces[0].address = good; })) << good;
  }
  for (const char* bad : {"10.0.1.0", "10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.1.255", "10.0.2.9",
                          "10.0.1.09", "167772425", "", "10.0.1.9/24", "::1"}) {
    EXPECT_FALSE(accepts_network([&](Network& n) { n.interfaces[0].address = bad; })) << bad;
  }
}

TEST(Validate, SubnetsLieInTheNetworkAndDoNotOverlap) {
  for (const char* bad : {"10.1.1.0/24", "10.0.1.0/29", "10.0.0.0/15", "10.0.1.1/24", "10.0.1.0",
                          "10.0.1.0/024", "10.0.1.0/24 "}) {
    EXPECT_FALSE(accepts_network([&](Network& n) { n.subnets[0].cidr = bad; })) << bad;
  }
  EXPECT_FALSE(
      accepts_network([](Network& n) { n.subnets.push_back({"subnet-2", "10.0.1.128/25"}); }));
  EXPECT_TRUE(
      accepts_network([](Network& n) { n.subnets.push_back({"subnet-2", "10.0.2.0/25"}); }));
}

TEST(Validate, NamesThatWouldMeetAreRefused) {
  EXPECT_FALSE(accepts_network([](Network& n) { n.interfaces.push_back(n.interfaces[0]); }));
  EXPECT_FALSE(accepts_network([](Network& n) {  // two ids, one name of a link
    n.interfaces[0].id = "eni-a0123456789abcd";
    n.interfaces.push_back(n.interfaces[0]);
    n.interfaces[1].id = "eni-b0123456789abcd";
    n.interfaces[1].address = "10.0.1.10";
  }));
  EXPECT_FALSE(accepts_network([](Network& n) { n.groups.push_back(n.groups[0]); }));
}

TEST(Validate, InterfacesNameWhatTheNetworkHas) {
  EXPECT_FALSE(accepts_network([](Network& n) { n.interfaces[0].subnet_id = "subnet-2"; }));
  EXPECT_FALSE(accepts_network([](Network& n) { n.interfaces[0].groups = {"sg-2"}; }));
  for (const char* bad : {"01:00:00:00:00:01", "00:00:00:00:00:00", "02:00:00:00:00",
                          "02-00-00-00-00-01", "02:00:00:00:00:0g"}) {
    EXPECT_FALSE(accepts_network([&](Network& n) { n.interfaces[0].mac = bad; })) << bad;
  }
}

TEST(Validate, ANetworkHasALimitOfInterfaces) {
  const auto with = [](std::size_t count) {
    Network network{"vpc-1", "10.0.0.0/16", {{"subnet-1", "10.0.0.0/16"}}, {}, {}};
    for (std::size_t i = 0; i < count; ++i) {
      const auto address = to_text(static_cast<std::uint32_t>(0x0a000010 + i));
      network.interfaces.push_back(
          {"eni-" + std::to_string(i), "subnet-1", address, "02:00:00:00:00:01", {}, true});
    }
    return network;
  };
  EXPECT_TRUE(accepts(ApplyNetwork{with(interfaces_max)}));
  EXPECT_FALSE(accepts(ApplyNetwork{with(interfaces_max + 1)}));
}

TEST(Validate, RulesAreWhatTheFilterCanSay) {
  const auto in = Rule::Direction::ingress;
  for (const Rule& good : {Rule{in, -1, -1, -1, "0.0.0.0/0", ""}, Rule{in, 6, 0, 65535, "", "sg-9"},
                           Rule{in, 1, 8, -1, "10.0.0.0/8", ""}, Rule{in, 58, -1, -1, "::/0", ""},
                           Rule{in, 255, -1, -1, "10.0.0.1/32", ""}}) {
    EXPECT_TRUE(accepts_rule(good)) << good.protocol;
  }
  for (const Rule& bad :
       {Rule{in, -2, -1, -1, "0.0.0.0/0", ""}, Rule{in, 256, -1, -1, "0.0.0.0/0", ""},
        Rule{in, 6, 2, 1, "0.0.0.0/0", ""}, Rule{in, 6, 1, 65536, "0.0.0.0/0", ""},
        Rule{in, 6, -1, 5, "0.0.0.0/0", ""}, Rule{in, 1, 256, -1, "0.0.0.0/0", ""},
        Rule{in, 6, 1, 2, "", ""}, Rule{in, 6, 1, 2, "10.0.0.0/8", "sg-1"},
        Rule{in, 6, 1, 2, "10.0.0.1/8", ""}, Rule{in, 6, 1, 2, "10.0.0.0/8; flush ruleset", ""},
        Rule{in, 6, 1, 2, "", "sg-1 accept"}}) {
    EXPECT_FALSE(accepts_rule(bad)) << bad.cidr << bad.group;
  }
}

TEST(Validate, VolumesHaveABoundedSizeAKeyAndAnOwnerInRange) {
  const auto open = [](std::uint64_t bytes, std::size_t key, uid_t owner) {
    return accepts(OpenVolume{{"db-1", bytes, owner}, Secret(std::string(key, 'k'))});
  };
  EXPECT_TRUE(open(volume_bytes_min, 64, engine_uid_min));
  EXPECT_TRUE(open(volume_bytes_max, 64, engine_uid_min * 2 - 1));
  EXPECT_FALSE(open(volume_bytes_min - 4096, 64, engine_uid_min));
  EXPECT_FALSE(open(volume_bytes_max + 4096, 64, engine_uid_min));
  EXPECT_FALSE(open(volume_bytes_min + 1, 64, engine_uid_min));
  EXPECT_FALSE(open(volume_bytes_min, 63, engine_uid_min));
  EXPECT_FALSE(open(volume_bytes_min, 65, engine_uid_min));
  EXPECT_FALSE(open(volume_bytes_min, 64, 0));
  EXPECT_FALSE(open(volume_bytes_min, 64, engine_uid_min - 1));
  EXPECT_FALSE(open(volume_bytes_min, 64, engine_uid_min * 2));
  EXPECT_FALSE(open(volume_bytes_min, 64, options.server_uid));
}

TEST(Validate, LimitsAreWithinBounds) {
  const auto accepts_limits = [](const std::function<void(Limits&)>& change) {
    Limits limits;
    limits.memory_bytes = memory_bytes_max;
    change(limits);
    EXPECT_EQ(accepts(LimitProcess{"db-1", limits}), accepts_process([&](Process& p) { p.limits = limits; }));
    return accepts(LimitProcess{"db-1", limits});
  };
  EXPECT_TRUE(accepts_limits([](Limits&) {}));
  EXPECT_FALSE(accepts_limits([](Limits& l) { l.memory_bytes = memory_bytes_max + 1; }));
  EXPECT_TRUE(accepts_limits([](Limits& l) { l.memory_bytes = l.process_bytes = memory_bytes_min; }));
  EXPECT_FALSE(accepts_limits([](Limits& l) { l.process_bytes = process_bytes_min, l.memory_bytes = memory_bytes_min - 1; }));
  EXPECT_TRUE(accepts_limits([](Limits& l) { l.process_bytes = process_bytes_min; }));
  EXPECT_FALSE(accepts_limits([](Limits& l) { l.process_bytes = process_bytes_min - 1; }));
  EXPECT_FALSE(accepts_limits([](Limits& l) { l.memory_bytes = l.process_bytes - 1; }));
  EXPECT_TRUE(accepts_limits([](Limits& l) { l.processes = processes_min; }));
  EXPECT_FALSE(accepts_limits([](Limits& l) { l.processes = processes_min - 1; }));
  EXPECT_TRUE(accepts_limits([](Limits& l) { l.processes = processes_max; }));
  EXPECT_FALSE(accepts_limits([](Limits& l) { l.processes = processes_max + 1; }));
  EXPECT_TRUE(accepts_limits([](Limits& l) { l.cpu_percent = cpu_percent_min; }));
  EXPECT_FALSE(accepts_limits([](Limits& l) { l.cpu_percent = cpu_percent_min - 1; }));
  EXPECT_TRUE(accepts_limits([](Limits& l) { l.cpu_percent = cpu_percent_max; }));
  EXPECT_FALSE(accepts_limits([](Limits& l) { l.cpu_percent = cpu_percent_max + 1; }));
  EXPECT_FALSE(accepts_limits([](Limits& l) { l.weight = 0; }));
  EXPECT_TRUE(accepts_limits([](Limits& l) { l.weight = weight_max; }));
  EXPECT_FALSE(accepts_limits([](Limits& l) { l.weight = weight_max + 1; }));
  EXPECT_FALSE(accepts(LimitProcess{"../1", {}}));
}

TEST(Validate, ProcessesAreEntriesOfTheTableUnderAnEnginesUid) {
  EXPECT_TRUE(accepts_process([](Process&) {}));
  EXPECT_FALSE(accepts_process([](Process& p) { p.uid = 0; }));
  EXPECT_FALSE(accepts_process([](Process& p) { p.uid = options.server_uid; }));
  EXPECT_FALSE(accepts_process([](Process& p) { p.volume_id = "../x"; }));
  EXPECT_FALSE(accepts_process([](Process& p) { p.interface_id = "eni-1/../x"; }));
  EXPECT_FALSE(accepts_process([](Process& p) { p.id = "db-1-other"; }));
  EXPECT_FALSE(accepts_process([](Process& p) { p.files.clear(); }));
  EXPECT_FALSE(accepts_process([](Process& p) { p.id = "db-1-log"; }));  // the host's own
}

TEST(Validate, ListenersHaveOneAddressAndOnePort) {
  EXPECT_TRUE(accepts(Listen{"vpc-1", "10.0.0.2", 53, Transport::udp}));
  for (const char* bad : {"0.0.0.0", "127.0.0.1", "", "10.0.0", "::"}) {
    EXPECT_FALSE(accepts(Listen{"vpc-1", bad, 53, Transport::udp})) << bad;
  }
  EXPECT_FALSE(accepts(Listen{"vpc-1", "10.0.0.2", 0, Transport::tcp}));
}

TEST(Validate, ALabelHasAtLeastAByteAndAtMostSixtyFourKibibytes) {
  for (const std::size_t size : {std::size_t{1}, label_bytes_max}) {
    EXPECT_TRUE(accepts(LabelVolume{"db-1", std::string(size, 'l')})) << size;
    EXPECT_TRUE(accepts(KeepInstallation{std::string(size, 'l')})) << size;
  }
  for (const std::size_t size : {std::size_t{0}, label_bytes_max + 1}) {
    EXPECT_FALSE(accepts(LabelVolume{"db-1", std::string(size, 'l')})) << size;
    EXPECT_FALSE(accepts(KeepInstallation{std::string(size, 'l')})) << size;
  }
  EXPECT_FALSE(accepts(LabelVolume{"db-../x", "l"}));
}

TEST(Validate, VolumesAreLookedAtByIdsOnly) {
  EXPECT_TRUE(accepts(LookAtVolumes{"", ""}));
  EXPECT_TRUE(accepts(LookAtVolumes{"db-1", ""}));
  EXPECT_TRUE(accepts(LookAtVolumes{"", "db-1"}));
  EXPECT_FALSE(accepts(LookAtVolumes{"..", ""}));
  EXPECT_FALSE(accepts(LookAtVolumes{"", "db-1/../2"}));
}

TEST(Validate, OnlyOrdinarySignalsAreSent) {
  EXPECT_TRUE(accepts(SignalProcess{"db-1", SIGHUP}));
  for (const int bad : {0, -1, SIGSTOP, SIGSEGV, 1000})
    EXPECT_FALSE(accepts(SignalProcess{"db-1", bad})) << bad;
}

TEST(Firewall, AnIpv6RuleOpensNothingHere) {
  Network network = good_network();
  network.groups[0].rules = {{Rule::Direction::ingress, -1, -1, -1, "::/0", ""},
                             {Rule::Direction::ingress, 58, -1, -1, "0.0.0.0/0", ""}};
  EXPECT_EQ(render(network, {}).find("add rule inet ringwall in_sg-1_g1 "), std::string::npos);
  network.groups[0].rules = {{Rule::Direction::ingress, -1, -1, -1, "0.0.0.0/0", ""}};
  EXPECT_NE(render(network, {}).find("add rule inet ringwall in_sg-1_g1 accept\n"),
            std::string::npos);
}

TEST(Firewall, TheNextGenerationReplacesTheLast) {
  const Loaded loaded = parse_listing(
      "table inet ringwall {\n\tchain forward {\n\t\ttype filter hook forward priority 0; policy "
      "drop;\n\t}\n"
      "\tchain in_sg-1_g7 {\n\t}\n\tchain from_eni-1_g7 {\n\t}\n}\ntable inet ringwall {\n\tset "
      "members-sg-old {\n"
      "\t\ttype ipv4_addr\n\t}\n}\n");
  EXPECT_EQ(loaded.generation, 7u);
  EXPECT_EQ(loaded.chains, (std::vector<std::string>{"in_sg-1_g7", "from_eni-1_g7"}));
  EXPECT_EQ(loaded.groups, std::vector<std::string>{"sg-old"});
  const std::string text = render(good_network(), loaded);
  EXPECT_NE(text.find("add chain inet ringwall in_sg-1_g8\n"), std::string::npos);
  EXPECT_LT(text.find("delete chain inet ringwall from_eni-1_g7\n"),
            text.find("delete chain inet ringwall in_sg-1_g7\n"));
  EXPECT_NE(text.find("delete set inet ringwall members-sg-old\n"), std::string::npos);
}

}  // namespace
}  // namespace ringwall::host::detail
