#include "crypto/envelope.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "crypto/certificate.h"
#include "crypto/crypto.h"
#include "crypto/detail/openssl.h"

namespace ringwall::crypto {
namespace {

const Secret& root() {
  static const Secret key(std::string("0123456789abcdef0123456789abcde\0", 32));
  return key;
}

struct Pair {
  std::string public_key, private_key;
};
Pair pair_of(detail::Key key) {
  const detail::Bio open(BIO_new(BIO_s_mem())), closed(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(open.get(), key.get());
  PEM_write_bio_PrivateKey(closed.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  const auto text = [](BIO* bio) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio, &bytes);
    return std::string(bytes, static_cast<std::size_t>(size));
  };
  return {text(open.get()), text(closed.get())};
}
Pair rsa(unsigned bits) { return pair_of(detail::Key(EVP_RSA_gen(bits))); }
Pair elliptic() { return pair_of(detail::Key(EVP_EC_gen("P-256"))); }

TEST(Envelope, APassphraseOpensWhatItSealedAndNoOtherDoes) {
  SystemRandom random;
  const auto sealed = seal_under_passphrase(root(), Secret(std::string_view("correct horse battery")), random);
  ASSERT_TRUE(sealed) << sealed.error().message;
  const auto opened = open_with_passphrase(*sealed, Secret(std::string_view("correct horse battery")));
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->reveal_text(), root().reveal_text());
  const auto refused = open_with_passphrase(*sealed, Secret(std::string_view("correct horse batterx")));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Failure::denied);
}

TEST(Envelope, AShortPassphraseIsRefused) {
  SystemRandom random;
  EXPECT_FALSE(seal_under_passphrase(root(), Secret(std::string(passphrase_bytes_min - 1, 'x')), random));
  EXPECT_TRUE(seal_under_passphrase(root(), Secret(std::string(passphrase_bytes_min, 'x')), random));
}

TEST(Envelope, ASealedTextThatAsksForMoreWorkOrIsDamagedIsRefused) {
  const Secret passphrase(std::string_view("correct horse battery"));
  for (const char* text : {"", "ringwall-scrypt-1", "ringwall-scrypt-1 21 8 1 AAAA AAAA", "ringwall-scrypt-1 17 1048576 1 AAAA AAAA",
                           "ringwall-scrypt-1 17 8 4096 AAAA AAAA", "ringwall-scrypt-1 17 8 1 !!!! AAAA", "ringwall-scrypt-1 17 8 1 AAAA !!!!",
                           "ringwall-scrypt-1 -1 8 1 AAAA AAAA", "ringwall-scrypt-2 17 8 1 AAAA AAAA"}) {
    const auto refused = open_with_passphrase(text, passphrase);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().kind, Failure::invalid) << text;
  }
  EXPECT_EQ(open_with_passphrase("ringwall-scrypt-1 17 8 1 AAAA AAAA", passphrase).error().kind, Failure::denied);
}

TEST(Envelope, ThePrivateKeyOpensWhatIsSealedToThePublicOneAndNoOtherDoes) {
  for (const Pair& pair : {rsa(2048), elliptic()}) {
    const auto sealed = seal_to(root(), pair.public_key);
    ASSERT_TRUE(sealed) << sealed.error().message;
    const auto opened = open_with_key(*sealed, Secret(pair.private_key));
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(opened->reveal_text(), root().reveal_text());
    for (const Pair& other : {rsa(2048), elliptic()}) {
      const auto refused = open_with_key(*sealed, Secret(other.private_key));
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().kind, Failure::denied);
    }
  }
}

TEST(Envelope, ACertificateIsARecipientToo) {
  SystemRandom random;
  const Authority authority = Authority::create("backup", TimePoint(std::chrono::milliseconds(1'700'000'000'000)));
  const auto sealed = seal_to(root(), authority.identity().certificate_pem);
  ASSERT_TRUE(sealed) << sealed.error().message;
  const auto opened = open_with_key(*sealed, authority.identity().key_pem);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->reveal_text(), root().reveal_text());
}

// Who it is for is no secret and not authenticated; what it holds is.
TEST(Envelope, AChangedMessageIsRefusedOrHoldsTheSame) {
  const Pair pair = rsa(2048);
  const auto sealed = seal_to(root(), pair.public_key);
  ASSERT_TRUE(sealed);
  int refused = 0;
  for (std::size_t at = sealed->find('\n') + 1; at + 30 < sealed->size(); at += 37) {
    std::string changed = *sealed;
    if (changed[at] == '\n') continue;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    const auto opened = open_with_key(changed, Secret(pair.private_key));
    if (opened) {
      EXPECT_EQ(opened->reveal_text(), root().reveal_text()) << at;
    }
    refused += opened ? 0 : 1;
  }
  EXPECT_GT(refused, 5);
}

TEST(Envelope, WeakAndForeignRecipientsAreRefused) {
  for (const std::string& recipient : {std::string(), std::string("hello"), rsa(1024).public_key, rsa(2048).private_key}) {
    const auto refused = seal_to(root(), recipient);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Failure::invalid);
  }
  EXPECT_FALSE(open_with_key("hello", Secret(rsa(2048).private_key)));
  EXPECT_FALSE(open_with_key(*seal_to(root(), rsa(2048).public_key), Secret(std::string_view("hello"))));
}

}  // namespace
}  // namespace ringwall::crypto
