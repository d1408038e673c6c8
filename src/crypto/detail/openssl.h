#pragma once
// OpenSSL's objects as owning C++ types, and its error queue as one message.

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace ringwall::crypto::detail {

template <auto release>
struct Release {
  template <typename T>
  void operator()(T* object) const noexcept {
    release(object);
  }
};
template <typename T, auto release>
using Owned = std::unique_ptr<T, Release<release>>;

using Bio = Owned<BIO, BIO_free_all>;
using Certificate = Owned<X509, X509_free>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Number = Owned<BIGNUM, BN_free>;
using NameList = Owned<GENERAL_NAMES, GENERAL_NAMES_free>;
using CipherContext = Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

// `what` and OpenSSL's own reason for the newest failure of this thread; empties the queue.
Error openssl_error(Failure kind, std::string_view what);

// Every certificate of a PEM text, at least one.
Result<std::vector<Certificate>> read_certificates(std::string_view pem);

// An unencrypted private key; an encrypted one is refused, never asked for on a terminal.
Result<Key> read_key(const Secret& pem);

}  // namespace ringwall::crypto::detail
