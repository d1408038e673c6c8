#include "crypto/crypto.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "crypto/detail/openssl.h"

namespace ringwall::crypto {
namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t block_bytes = 64;  // SHA-256's input block, which HMAC pads its key to

// OpenSSL 3 looks an algorithm up by name, under locks, each time it is not fetched before;
// these are fetched once and live as long as the process.
const EVP_MD* sha256_method() {
  static EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  RW_CHECK(method != nullptr);
  return method;
}

const EVP_CIPHER* aead_method() {
  static EVP_CIPHER* const method = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  RW_CHECK(method != nullptr);
  return method;
}

// Making a context costs as much as hashing a short message, so every thread keeps one.
EVP_MD_CTX* hash_context() {
  thread_local const detail::Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  RW_CHECK(context != nullptr);
  return context.get();
}

void begin(EVP_MD_CTX* context) {
  RW_CHECK(EVP_DigestInit_ex2(context, sha256_method(), nullptr) == 1);
}

void add(EVP_MD_CTX* context, ByteView data) {
  RW_CHECK(EVP_DigestUpdate(context, data.data(), data.size()) == 1);
}

Digest finish(EVP_MD_CTX* context) {
  Digest digest;
  RW_CHECK(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1);
  return digest;
}

Digest hash(ByteView first, ByteView second) {
  EVP_MD_CTX* const context = hash_context();
  begin(context);
  add(context, first);
  add(context, second);
  return finish(context);
}

// EVP counts in int; a gigabyte a step covers every length GCM allows.
template <typename Step>
bool in_steps(std::size_t size, Step&& step) {
  constexpr std::size_t step_bytes = std::size_t{1} << 30;
  for (std::size_t at = 0; at < size; at += step_bytes) {
    if (!step(at, static_cast<int>(std::min(step_bytes, size - at)))) return false;
  }
  return true;
}

// AES-256-GCM over `in` to `out`, one way or the other; the tag stays in the context.
bool crypt(EVP_CIPHER_CTX* context, ByteView associated, ByteView in, std::uint8_t* out) {
  int length = 0;
  return in_steps(associated.size(),
                  [&](std::size_t at, int step) {
                    return EVP_CipherUpdate(context, nullptr, &length, associated.data() + at,
                                            step) == 1;
                  }) &&
         in_steps(in.size(), [&](std::size_t at, int step) {
           return EVP_CipherUpdate(context, out + at, &length, in.data() + at, step) == 1;
         });
}

}  // namespace

void Sha256::Free::operator()(evp_md_ctx_st* context) const noexcept {
  EVP_MD_CTX_free(context);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  RW_CHECK(context_ != nullptr);
  begin(context_.get());
}

void Sha256::update(ByteView data) {
  add(context_.get(), data);
}

Digest Sha256::finish() {
  const Digest digest = crypto::finish(context_.get());
  begin(context_.get());
  return digest;
}

Digest sha256(ByteView data) {
  return hash(data, {});
}

// RFC 2104 by hand: EVP_MAC fetches, allocates and parses parameters for every key, which
// costs several times the four compressions that a short message needs.
Digest hmac_sha256(ByteView key, ByteView data) {
  Digest shortened;
  if (key.size() > block_bytes) {
    shortened = sha256(key);
    key = shortened;
  }
  std::array<std::uint8_t, block_bytes> inner;
  std::array<std::uint8_t, block_bytes> outer;
  inner.fill(0x36);
  outer.fill(0x5c);
  for (std::size_t i = 0; i < key.size(); ++i) {
    inner[i] ^= key[i];
    outer[i] ^= key[i];
  }
  const Digest message = hash(inner, data);
  const Digest code = hash(outer, message);
  wipe(inner);
  wipe(outer);
  return code;
}

std::string hex(ByteView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(bytes.size() * 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text[2 * i] = digits[bytes[i] >> 4];
    text[2 * i + 1] = digits[bytes[i] & 15];
  }
  return text;
}

std::string sha256_hex(std::string_view text) {
  return hex(sha256(bytes_of(text)));
}

Secret derive_key(ByteView key, std::string_view info) {
  constexpr Digest no_salt{};
  Digest extracted = hmac_sha256(no_salt, key);
  Bytes block(info.begin(), info.end());
  block.push_back(1);  // one block of output is all a 32-byte key needs
  Digest expanded = hmac_sha256(extracted, block);
  Secret derived{ByteView(expanded)};
  wipe(extracted);
  wipe(expanded);
  return derived;
}

Bytes seal(ByteView key, ByteView plaintext, ByteView associated, Random& random) {
  RW_CHECK(key.size() == key_bytes);
  Bytes sealed(nonce_bytes + plaintext.size() + tag_bytes);
  random.fill(std::span(sealed).first(nonce_bytes));
  const detail::CipherContext context(EVP_CIPHER_CTX_new());
  RW_CHECK(context != nullptr);
  RW_CHECK(EVP_EncryptInit_ex2(context.get(), aead_method(), key.data(), sealed.data(), nullptr) ==
           1);
  std::uint8_t* const out = sealed.data() + nonce_bytes;
  int length = 0;
  RW_CHECK(crypt(context.get(), associated, plaintext, out));
  RW_CHECK(EVP_EncryptFinal_ex(context.get(), out + plaintext.size(), &length) == 1);
  RW_CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_bytes,
                               out + plaintext.size()) == 1);
  return sealed;
}

Result<Secret> open(ByteView key, ByteView sealed, ByteView associated) {
  RW_CHECK(key.size() == key_bytes);
  const auto denied = [] {
    return fail(Failure::denied, "the sealed bytes do not open: wrong key, context or bytes");
  };
  if (sealed.size() < nonce_bytes + tag_bytes) return denied();
  const ByteView ciphertext = sealed.subspan(nonce_bytes, sealed.size() - nonce_bytes - tag_bytes);
  std::array<std::uint8_t, tag_bytes> tag;
  std::ranges::copy(sealed.last(tag_bytes), tag.begin());

  const detail::CipherContext context(EVP_CIPHER_CTX_new());
  RW_CHECK(context != nullptr);
  RW_CHECK(EVP_DecryptInit_ex2(context.get(), aead_method(), key.data(), sealed.data(), nullptr) ==
           1);
  Bytes plaintext(ciphertext.size());
  int length = 0;
  std::uint8_t nothing = 0;
  const bool opened =
      crypt(context.get(), associated, ciphertext, plaintext.data()) &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), &nothing, &length) == 1;
  Secret secret(std::move(plaintext));  // wiped also when it was not authentic
  if (!opened) return denied();
  return secret;
}

void SystemRandom::fill(std::span<std::uint8_t> bytes) {
  RW_CHECK(in_steps(bytes.size(), [&](std::size_t at, int step) {
    return RAND_bytes(bytes.data() + at, step) == 1;
  }));
}

}  // namespace ringwall::crypto
