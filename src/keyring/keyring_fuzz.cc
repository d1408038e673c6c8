// Ciphertext blobs come from anybody. Whatever the bytes are, reading them ends in a refusal or in
// exactly the header they carry, and none opens but the ones that were sealed.

#include <algorithm>

#include "base/check.h"
#include "crypto/crypto.h"
#include "keyring/keyring.h"
#include "os/files.h"
#include "store/testing.h"

namespace {

namespace keyring = ringwall::keyring;
using ringwall::Bytes;
using ringwall::ByteView;

struct Fixture {
  std::unique_ptr<ringwall::store::Store> store = ringwall::store::open_temporary();
  ringwall::os::SystemClock clock;
  ringwall::crypto::SystemRandom random;
  ringwall::Secret root_key{std::string(32, 'r')};
  ringwall::service::Environment environment{*store, clock, random, "us-east-1", "ringwall.internal", root_key};
  keyring::Key key;
  Bytes sealed;

  Fixture() {
    const keyring::StoredKey made = keyring::make_key(environment, "111122223333", "", {}, {}, keyring::KeyManager::customer);
    key = {made.account, made.id, made.arn, made};
    sealed = *keyring::encrypt(environment, key, ringwall::bytes_of("secret"), {{"a", "b"}});
  }
};

// The plain twin of the parser: where the header says it ends, and what it names.
void check_header(ByteView blob) {
  const auto arn = keyring::key_of(blob);
  if (!arn) {
    RW_CHECK(arn.error().code == "InvalidCiphertextException");
    return;
  }
  RW_CHECK(blob[0] == 1 && arn->size() == blob[1] * 256U + blob[2]);
  RW_CHECK(blob.size() >= 3 + arn->size() + 36);
  RW_CHECK(std::ranges::equal(blob.subspan(3, arn->size()), ringwall::bytes_of(*arn)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Fixture fixture;
  const ByteView input(data, size);
  check_header(input);
  RW_CHECK(!keyring::decrypt(fixture.environment, fixture.key, input, {{"a", "b"}}));
  // The same bytes as damage to a blob that is ours: at each offset, one byte in and one over.
  Bytes damaged = fixture.sealed;
  for (std::size_t i = 0; i + 1 < size; i += 2) damaged[data[i] % damaged.size()] ^= data[i + 1];
  check_header(damaged);
  const auto opened = keyring::decrypt(fixture.environment, fixture.key, damaged, {{"a", "b"}});
  RW_CHECK(opened.has_value() == (damaged == fixture.sealed));
  return 0;
}
