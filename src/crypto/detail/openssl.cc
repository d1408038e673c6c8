#include "crypto/detail/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <limits>

namespace ringwall::crypto::detail {
namespace {

Bio reader_of(std::string_view text) {
  if (text.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return nullptr;
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Stands where OpenSSL would otherwise prompt on the terminal.
int no_password(char*, int, int, void*) {
  return -1;
}

}  // namespace

Error openssl_error(Failure kind, std::string_view what) {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  std::string message(what);
  if (reason != nullptr) message.append(": ").append(reason);
  return {kind, std::move(message)};
}

Result<std::vector<Certificate>> read_certificates(std::string_view pem) {
  ERR_clear_error();
  const Bio reader = reader_of(pem);
  std::vector<Certificate> certificates;
  if (reader) {
    while (X509* next = PEM_read_bio_X509(reader.get(), nullptr, no_password, nullptr)) {
      certificates.emplace_back(next);
    }
  }
  // The end of the text is reported as a missing start line; any other reason is damage, and
  // damage after a good certificate would drop a link of the chain unseen.
  const unsigned long code = ERR_peek_last_error();
  const bool at_end =
      ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
  if (certificates.empty() || !at_end) {
    return std::unexpected(openssl_error(Failure::invalid, "not a certificate in PEM form"));
  }
  ERR_clear_error();
  return certificates;
}

Result<Key> read_key(const Secret& pem) {
  const Bio reader = reader_of(pem.reveal_text());
  Key key(reader ? PEM_read_bio_PrivateKey(reader.get(), nullptr, no_password, nullptr) : nullptr);
  if (!key) {
    return std::unexpected(
        openssl_error(Failure::invalid, "not an unencrypted private key in PEM form"));
  }
  return key;
}

}  // namespace ringwall::crypto::detail
