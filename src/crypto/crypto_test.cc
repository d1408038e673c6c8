#include "crypto/crypto.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace ringwall::crypto {
namespace {

Bytes unhex(std::string_view digits) {
  Bytes bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes.push_back(
        static_cast<std::uint8_t>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// Fills with one byte, so that a sealed form is known in advance.
class ConstantRandom final : public Random {
 public:
  explicit ConstantRandom(std::uint8_t byte) : byte_(byte) {}
  void fill(std::span<std::uint8_t> bytes) override { std::ranges::fill(bytes, byte_); }

 private:
  std::uint8_t byte_;
};

TEST(Sha256, AgreesWithFips180) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1000000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesHashAsTheWholeAndFinishBeginsAnew) {
  const std::string text(1000, 'x');
  Sha256 pieces;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t at = 0, step = 1; at < text.size(); at += step, ++step) {
      pieces.update(std::string_view(text).substr(at, step));
    }
    EXPECT_EQ(pieces.finish(), sha256(bytes_of(text)));
  }
}

TEST(Sha256, ThreadsAndInterleavedUsesDoNotDisturbEachOther) {
  const Digest expected = sha256(bytes_of("abc"));
  Sha256 half;
  half.update("a");
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) EXPECT_EQ(sha256(bytes_of("abc")), expected);
    });
  }
  half.update("bc");
  EXPECT_EQ(half.finish(), expected);
}

// RFC 4231, test cases 1 to 4, 6 and 7: short keys and keys longer than a block.
TEST(Hmac, AgreesWithRfc4231) {
  struct Case {
    Bytes key;
    std::string data;
    std::string_view code;
  };
  const std::string fifty_dd(50, '\xdd');
  const std::string fifty_cd(50, '\xcd');
  const std::vector<Case> cases = {
      {Bytes(20, 0x0b), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {unhex("4a656665"), "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {Bytes(20, 0xaa), fifty_dd,
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {unhex("0102030405060708090a0b0c0d0e0f10111213141516171819"), fifty_cd,
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {Bytes(131, 0xaa), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {Bytes(131, 0xaa),
       "This is a test using a larger than block-size key and a larger than block-size data. The "
       "key needs to be hashed before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(hex(hmac_sha256(c.key, bytes_of(c.data))), c.code) << c.data;
}

TEST(Hmac, AKeyOfExactlyOneBlockIsNotHashed) {
  // Computed with Python's hmac for keys of 64 and 65 bytes.
  EXPECT_EQ(hex(hmac_sha256(Bytes(64, 'k'), bytes_of("m"))),
            "3b7a8d453e76edb519238a515105a57508d0f169f480ebeee120a9e7803289fa");
  EXPECT_EQ(hex(hmac_sha256(Bytes(65, 'k'), bytes_of("m"))),
            "c2d7d4c2256ddb097409ec0c67e1d58fa1a007fc6932cac0d892a525d08af7cc");
}

// RFC 5869, test case 3: no salt, no info; the first 32 of its 42 bytes.
TEST(DeriveKey, AgreesWithRfc5869) {
  const Secret key = derive_key(Bytes(22, 0x0b), "");
  EXPECT_EQ(hex(key.reveal()), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

TEST(DeriveKey, PurposesAreIndependent) {
  const Bytes key(32, 7);
  EXPECT_NE(hex(derive_key(key, "a").reveal()), hex(derive_key(key, "b").reveal()));
  EXPECT_EQ(derive_key(key, "a").reveal().size(), 32U);
}

// The GCM specification's test cases 13 and 14: key, nonce and plaintext all zero.
TEST(Seal, AgreesWithTheGcmSpecification) {
  ConstantRandom zero(0);
  const Bytes key(32, 0);
  EXPECT_EQ(hex(seal(key, {}, {}, zero)),
            "000000000000000000000000530f8afbc74536b9a963b4f1c4cb738b");
  EXPECT_EQ(
      hex(seal(key, Bytes(16, 0), {}, zero)),
      "000000000000000000000000cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

TEST(Seal, OpensWithTheSameKeyAndAssociatedDataAtEverySize) {
  SystemRandom random;
  const Bytes key(32, 1);
  for (const std::size_t size : {0U, 1U, 15U, 16U, 17U, 4096U, 100000U}) {
    Bytes plaintext(size);
    random.fill(plaintext);
    const Bytes sealed = seal(key, plaintext, bytes_of("context"), random);
    EXPECT_EQ(sealed.size(), size + 28);
    const auto opened = open(key, sealed, bytes_of("context"));
    ASSERT_TRUE(opened);
    EXPECT_EQ(text_of(opened->reveal()), text_of(plaintext));
  }
}

TEST(Seal, EveryFlippedBitIsDenied) {
  SystemRandom random;
  const Bytes key(32, 1);
  Bytes sealed = seal(key, bytes_of("payload"), bytes_of("aad"), random);
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    const auto mask = static_cast<std::uint8_t>(1U << (bit % 8));
    sealed[bit / 8] ^= mask;
    const auto opened = open(key, sealed, bytes_of("aad"));
    ASSERT_FALSE(opened) << bit;
    EXPECT_EQ(opened.error().kind, Failure::denied);
    sealed[bit / 8] ^= mask;
  }
  EXPECT_TRUE(open(key, sealed, bytes_of("aad")));
}

TEST(Seal, AnotherKeyOtherContextOrAShorterFormIsDeniedAlike) {
  SystemRandom random;
  const Bytes key(32, 1);
  const Bytes sealed = seal(key, bytes_of("payload"), bytes_of("aad"), random);
  const Error denied = open(Bytes(32, 2), sealed, bytes_of("aad")).error();
  EXPECT_EQ(denied.kind, Failure::denied);
  EXPECT_EQ(open(key, sealed, bytes_of("aaD")).error(), denied);
  EXPECT_EQ(open(key, sealed, {}).error(), denied);
  for (std::size_t size = 0; size < sealed.size(); ++size) {
    EXPECT_EQ(open(key, ByteView(sealed).first(size), bytes_of("aad")).error(), denied) << size;
  }
}

TEST(Seal, TheSamePlaintextNeverSealsTheSameWayTwice) {
  SystemRandom random;
  const Bytes key(32, 1);
  EXPECT_NE(seal(key, bytes_of("x"), {}, random), seal(key, bytes_of("x"), {}, random));
}

TEST(Seal, AKeyOfAnotherLengthIsABug) {
  SystemRandom random;
  EXPECT_DEATH(seal(Bytes(16, 1), bytes_of("x"), {}, random), "key_bytes");
}

TEST(SystemRandom, FillsWithoutRepeating) {
  SystemRandom random;
  Bytes a(32);
  Bytes b(32);
  random.fill(a);
  random.fill(b);
  EXPECT_NE(a, b);
  EXPECT_NE(a, Bytes(32));
  random.fill({});
}

}  // namespace
}  // namespace ringwall::crypto
