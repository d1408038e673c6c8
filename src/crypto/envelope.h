#pragma once
// Small secrets sealed for people: under a passphrase, or to somebody's public key. What comes out is text.

#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/ports.h"
#include "base/result.h"

namespace ringwall::crypto {

inline constexpr std::size_t passphrase_bytes_min = 12;
inline constexpr std::size_t envelope_secret_bytes_max = 64UL * 1024;
inline constexpr std::size_t envelope_bytes_max = 256UL * 1024;  // of text that is opened

// Under a key that scrypt (RFC 7914; N = 2^17, r = 8, p = 1: 128 MiB and a third of a second a guess)
// makes of the passphrase, with AES-256-GCM. One line: "ringwall-scrypt-1 <log2 N> <r> <p> <salt> <sealed>",
// the last two in base64. Failure::invalid for a passphrase shorter than passphrase_bytes_min.
Result<std::string> seal_under_passphrase(const Secret& secret, const Secret& passphrase, Random& random);
// Failure::denied for another passphrase or a changed text; invalid for one that is no such text, or that
// asks for more work than is ever written here.
Result<Secret> open_with_passphrase(std::string_view sealed, const Secret& passphrase);

// CMS AuthEnvelopedData (RFC 5083, AES-256-GCM) in PEM for the holder of the private key: `recipient` is a PEM
// certificate or public key, RSA (2,048 bits and more) or EC. `openssl cms -decrypt` opens it as well.
Result<std::string> seal_to(const Secret& secret, std::string_view recipient_pem);
// `key_pem` is the private key, itself not encrypted. Failure::denied when it is not the recipient's or bytes were changed.
Result<Secret> open_with_key(std::string_view sealed, const Secret& key_pem);

}  // namespace ringwall::crypto
