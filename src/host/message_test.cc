#include "host/detail/message.h"

#include <gtest/gtest.h>

#include <sys/socket.h>

#include "host/detail/channel.h"

namespace ringwall::host::detail {
namespace {

Network network() {
  return {"vpc-1",
          "10.0.0.0/16",
          {{"subnet-1", "10.0.1.0/24"}},
          {{"sg-1",
            {{Rule::Direction::egress, 6, 1, 65535, "", "sg-1"},
             {Rule::Direction::ingress, -1, -1, -1, "0.0.0.0/0", ""}}}},
          {{"eni-1", "subnet-1", "10.0.1.9", "02:00:00:00:00:01", {"sg-1"}, true}}};
}

Process process() {
  return {"db-1",
          "db-1",
          "eni-1",
          engine_uid_min,
          Program::postgres_configure,
          15,
          "10.0.1.9",
          "boss",
          {{FileKind::postgres_identity, std::string("\0x", 2)}}};
}

std::vector<Request> one_of_each() {
  std::vector<Request> all;
  all.emplace_back(ApplyNetwork{network()});
  all.emplace_back(RemoveNetwork{"vpc-1"});
  all.emplace_back(Listen{"vpc-1", "10.0.0.2", 53, Transport::udp});
  all.emplace_back(InterfaceNamespace{"vpc-1", "eni-1"});
  all.emplace_back(OpenVolume{{"db-1", 1ull << 40, engine_uid_min}, Secret(std::string(64, 'k'))});
  all.emplace_back(CloseVolume{"db-1"});
  all.emplace_back(RemoveVolume{"db-1"});
  all.emplace_back(CopyVolume{"db-1"});
  all.emplace_back(RunProcess{process()});
  all.emplace_back(StartProcess{process()});
  all.emplace_back(AdoptProcess{"db-1"});
  all.emplace_back(SignalProcess{"db-1", -2});
  all.emplace_back(StopProcess{"db-1", Stop::immediate});
  all.emplace_back(TakeInventory{});
  all.emplace_back(LimitProcess{"db-1", {1ull << 30, 1ull << 29, 200, 150, 300}});
  all.emplace_back(Sever{"vpc-1", {"10.0.0.4", "10.0.0.5"}});
  all.emplace_back(LabelVolume{"db-1", std::string("l\0l", 3)});
  all.emplace_back(LookAtVolumes{"db-1", "db-2"});
  all.emplace_back(KeepInstallation{"{}"});
  all.emplace_back(RecallInstallation{});
  return all;
}

TEST(Message, EveryRequestSurvivesTheJourney) {
  const auto all = one_of_each();
  ASSERT_EQ(all.size(), std::variant_size_v<Request>);
  for (const Request& request : all) {
    const Bytes bytes = encode(request);
    const auto decoded = decode_request(bytes);
    ASSERT_TRUE(decoded) << request.index();
    EXPECT_EQ(decoded->index(), request.index());
    EXPECT_EQ(encode(*decoded), bytes);
  }
  const auto decoded = decode_request(encode(Request(ApplyNetwork{network()})));
  const Network& arrived = std::get<ApplyNetwork>(*decoded).network;
  EXPECT_EQ(arrived.groups[0].rules[0].to_port, 65535);
  EXPECT_EQ(arrived.groups[0].rules[1].protocol, -1);
  EXPECT_EQ(arrived.interfaces[0].address, "10.0.1.9");
  EXPECT_TRUE(arrived.interfaces[0].local);
}

TEST(Message, ARepliesFieldsArrive) {
  const Reply reply{true,
                    {Failure::denied, "no"},
                    4711,
                    {137, "out"},
                    {{"vpc-1"}, {"db-1", "db-2"}, {"db-1"}, {}},
                    7,
                    {{"db-1", true, 1ull << 40, 4096, -1, true, "label"}},
                    "kept"};
  const auto decoded = decode_reply(encode(reply));
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(decoded->succeeded);
  EXPECT_EQ(decoded->error, reply.error);
  EXPECT_EQ(decoded->pid, 4711);
  EXPECT_EQ(decoded->finished.exit_status, 137);
  EXPECT_EQ(decoded->inventory.volumes, reply.inventory.volumes);
  ASSERT_EQ(decoded->volumes.size(), 1u);
  EXPECT_EQ(decoded->volumes[0].bytes, 1ull << 40);
  EXPECT_EQ(decoded->volumes[0].modified_ms, -1);
  EXPECT_EQ(decoded->volumes[0].label, "label");
  EXPECT_EQ(decoded->installation, "kept");
}

TEST(Message, APageOfTheLongestLabelsFitsAnAnswer) {
  Reply reply;
  const VolumeFacts longest{"db-" + std::string(40, 'A'), true, 1, 1, 1, true, std::string(label_bytes_max, 'l')};
  reply.volumes.assign(volumes_page_max, longest);
  EXPECT_LT(encode(reply).size(), message_bytes_max);
}

TEST(Message, EveryTruncationAndExtensionIsRefused) {
  for (const Request& request : one_of_each()) {
    Bytes bytes = encode(request);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(decode_request(ByteView(bytes).first(size))) << request.index() << " " << size;
    }
    bytes.push_back(0);
    EXPECT_FALSE(decode_request(bytes)) << request.index();
  }
}

TEST(Message, ValuesOutsideAnEnumerationAreRefused) {
  Bytes stop = encode(Request(StopProcess{"db-1", Stop::immediate}));
  stop.back() = 2;
  EXPECT_FALSE(decode_request(stop));
  Bytes unknown = {std::variant_size_v<Request>};
  EXPECT_FALSE(decode_request(unknown));
}

TEST(Message, AForgedCountReservesNothing) {
  // RemoveNetwork with a text of 4 GiB, then ApplyNetwork with as many subnets.
  EXPECT_FALSE(decode_request(Bytes{1, 0xff, 0xff, 0xff, 0xff}));
  EXPECT_FALSE(decode_request(Bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1}));
}

class Channel : public ::testing::Test {
 protected:
  void SetUp() override {
    int raw[2] = {-1, -1};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, raw), 0);
    here_ = os::UniqueFd(raw[0]);
    there_ = os::UniqueFd(raw[1]);
  }
  os::UniqueFd here_, there_;
};

TEST_F(Channel, ALargePayloadAndADescriptorArrive) {
  const Bytes large(message_bytes_max, 7);
  ASSERT_TRUE(send_packet(here_.get(), 42, large, here_.get()));
  const auto packet = receive_packet(there_.get());
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->number, 42u);
  EXPECT_TRUE(packet->attached);
  EXPECT_EQ(read_payload(packet->payload.get()).value_or(Bytes()), large);
}

TEST_F(Channel, OneByteMoreThanTheLimitIsNotSent) {
  const auto sent = send_packet(here_.get(), 1, Bytes(message_bytes_max + 1), -1);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().kind, Failure::exhausted);
}

TEST_F(Channel, APayloadThatIsNoFileIsRefused) {
  EXPECT_FALSE(read_payload(here_.get()));
}

TEST_F(Channel, APacketWithoutAPayloadIsCorruptAndTheEndIsUnavailable) {
  ASSERT_EQ(::send(here_.get(), "12345678", 8, 0), 8);
  const auto bare = receive_packet(there_.get());
  ASSERT_FALSE(bare);
  EXPECT_EQ(bare.error().kind, Failure::corrupt);
  here_.reset();
  const auto ended = receive_packet(there_.get());
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, Failure::unavailable);
}

}  // namespace
}  // namespace ringwall::host::detail
