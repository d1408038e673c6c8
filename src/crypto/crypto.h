#pragma once
// Hashes, message authentication, authenticated encryption and randomness. Every function is
// pure and thread-safe; a failure inside OpenSSL that no input can cause is a bug and aborts.

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/ports.h"
#include "base/result.h"

struct evp_md_ctx_st;

namespace ringwall::crypto {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(ByteView data);
Digest hmac_sha256(ByteView key, ByteView data);
std::string sha256_hex(std::string_view text);  // lower case, 64 characters
std::string hex(ByteView bytes);                // lower case

// SHA-256 of a text that arrives in pieces. Move-only; one thread at a time.
class Sha256 {
 public:
  Sha256();
  void update(ByteView data);
  void update(std::string_view text) { update(bytes_of(text)); }
  Digest finish();  // of everything since construction or the last finish; begins anew

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

// HKDF-SHA-256 (RFC 5869) with an empty salt: a 32-byte key for the purpose `info` names.
Secret derive_key(ByteView key, std::string_view info);

// AES-256-GCM. The sealed form is a random 12-byte nonce, the ciphertext, the 16-byte tag.
// `key` is 32 bytes. `associated` is authenticated, not stored: opening needs the same.
Bytes seal(ByteView key, ByteView plaintext, ByteView associated, Random& random);
// Failure::denied when key, associated data or bytes are not those sealed. Never says which.
Result<Secret> open(ByteView key, ByteView sealed, ByteView associated);

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override;
};

}  // namespace ringwall::crypto
