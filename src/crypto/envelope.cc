#include "crypto/envelope.h"

#include <openssl/pem.h>  // before cms.h, which declares more if it is there

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <vector>

#include "crypto/crypto.h"
#include "crypto/detail/openssl.h"

namespace ringwall::crypto {
namespace {

using detail::Bio;
using detail::Certificate;
using detail::Key;
using detail::Owned;

constexpr std::string_view scrypt_word = "ringwall-scrypt-1";
constexpr unsigned log_n = 17, block_r = 8, parallel_p = 1;
constexpr unsigned log_n_max = 20;  // 1 GiB: what is read may not ask for more
constexpr std::size_t salt_bytes = 16, key_bytes = 32;
constexpr int rsa_bits_min = 2048;

std::string base64(ByteView bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Result<Bytes> parse_base64(std::string_view text) {
  Bytes bytes(text.size() / 4 * 3 + 3);
  const int size = EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return fail(Failure::invalid, "the sealed text is damaged: it has no base64 where it should");
  std::size_t padding = 0;
  while (padding < 2 && text.size() > padding && text[text.size() - 1 - padding] == '=') ++padding;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

Result<Secret> stretched(const Secret& passphrase, ByteView salt, unsigned log_of_n, unsigned r, unsigned p) {
  Bytes key(key_bytes);
  constexpr std::uint64_t memory_bytes_max = 1100ULL * 1024 * 1024;
  if (EVP_PBE_scrypt(passphrase.reveal_text().data(), passphrase.reveal().size(), salt.data(), salt.size(), 1ULL << log_of_n, r, p,
                     memory_bytes_max, key.data(), key.size()) != 1) {
    return fail(Failure::exhausted, "no memory to make a key of the passphrase");
  }
  return Secret(std::move(key));
}

std::vector<std::string_view> words_of(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  std::vector<std::string_view> words;
  for (;;) {
    const auto space = line.find(' ');
    words.push_back(line.substr(0, space));
    if (space == std::string_view::npos) return words;
    line.remove_prefix(space + 1);
  }
}

bool read_number(std::string_view text, unsigned& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

Bio reading(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

using Message = Owned<CMS_ContentInfo, CMS_ContentInfo_free>;

int no_prompt(char*, int, int, void*) { return -1; }

Error not_a_recipient() {
  return {Failure::invalid, "the recipient is neither a PEM certificate nor a PEM public key (`-----BEGIN CERTIFICATE-----`, `-----BEGIN PUBLIC KEY-----`)"};
}

// CMS names recipients by certificate: a bare public key gets one that only names it, and that nobody signs or keeps.
Result<Certificate> certificate_of(std::string_view pem) {
  Certificate certificate(PEM_read_bio_X509(reading(pem).get(), nullptr, no_prompt, nullptr));
  if (certificate) return certificate;
  const Key key(PEM_read_bio_PUBKEY(reading(pem).get(), nullptr, no_prompt, nullptr));
  if (!key) return std::unexpected(not_a_recipient());
  certificate.reset(X509_new());
  if (!certificate || X509_set_pubkey(certificate.get(), key.get()) != 1 ||
      ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1) != 1 ||
      X509_NAME_add_entry_by_txt(X509_get_issuer_name(certificate.get()), "CN", MBSTRING_ASC,
                                 reinterpret_cast<const unsigned char*>("ringwall backup"), -1, -1, 0) != 1) {
    return fail(Failure::invalid, "the recipient's public key cannot be used");
  }
  return certificate;
}

Result<> check_strength(const Certificate& certificate) {
  EVP_PKEY* const key = X509_get0_pubkey(certificate.get());
  const int kind = key == nullptr ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(key);
  if (kind == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) >= rsa_bits_min) return {};
  if (kind == EVP_PKEY_RSA) return fail(Failure::invalid, "the recipient's RSA key has fewer than 2,048 bits");
  if (kind == EVP_PKEY_EC) return {};
  return fail(Failure::invalid, "the recipient's key is neither RSA nor EC");
}

}  // namespace

Result<std::string> seal_under_passphrase(const Secret& secret, const Secret& passphrase, Random& random) {
  if (passphrase.reveal().size() < passphrase_bytes_min) {
    return fail(Failure::invalid, "the passphrase has fewer than " + std::to_string(passphrase_bytes_min) + " characters");
  }
  std::array<std::uint8_t, salt_bytes> salt;
  random.fill(salt);
  RW_TRY(const Secret key, stretched(passphrase, salt, log_n, block_r, parallel_p));
  const Bytes sealed = seal(key.reveal(), secret.reveal(), bytes_of(scrypt_word), random);
  return std::string(scrypt_word) + " " + std::to_string(log_n) + " " + std::to_string(block_r) + " " + std::to_string(parallel_p) + " " +
         base64(salt) + " " + base64(sealed) + "\n";
}

Result<Secret> open_with_passphrase(std::string_view sealed, const Secret& passphrase) {
  const auto words = words_of(sealed.substr(0, envelope_bytes_max));
  unsigned log_of_n = 0, r = 0, p = 0;
  if (words.size() != 6 || words[0] != scrypt_word || !read_number(words[1], log_of_n) || !read_number(words[2], r) || !read_number(words[3], p)) {
    return fail(Failure::invalid, "this is no secret sealed under a passphrase");
  }
  if (log_of_n < 1 || log_of_n > log_n_max || r != block_r || p != parallel_p) {
    return fail(Failure::invalid, "the sealed text asks for work that is never asked for");
  }
  RW_TRY(const Bytes salt, parse_base64(words[4]));
  RW_TRY(const Bytes bytes, parse_base64(words[5]));
  RW_TRY(const Secret key, stretched(passphrase, salt, log_of_n, r, p));
  auto opened = open(key.reveal(), bytes, bytes_of(scrypt_word));
  if (!opened) return fail(Failure::denied, "the passphrase is wrong, or the sealed text was changed");
  return *std::move(opened);
}

Result<std::string> seal_to(const Secret& secret, std::string_view recipient_pem) {
  if (secret.reveal().size() > envelope_secret_bytes_max) return fail(Failure::invalid, "the secret is too large to be sealed");
  RW_TRY(const Certificate certificate, certificate_of(recipient_pem));
  RW_DO(check_strength(certificate));
  const auto content = reading(secret.reveal_text());
  constexpr unsigned flags = CMS_BINARY | CMS_PARTIAL;
  const Message message(CMS_encrypt(nullptr, content.get(), EVP_aes_256_gcm(), flags));
  const Bio out(BIO_new(BIO_s_mem()));
  if (!message || !out) return fail(Failure::exhausted, "no memory to seal");
  CMS_RecipientInfo* const recipient = CMS_add1_recipient_cert(message.get(), certificate.get(), CMS_KEY_PARAM);
  EVP_PKEY_CTX* const context = recipient == nullptr ? nullptr : CMS_RecipientInfo_get0_pkey_ctx(recipient);
  const bool is_rsa = EVP_PKEY_get_base_id(X509_get0_pubkey(certificate.get())) == EVP_PKEY_RSA;
  if (recipient == nullptr || (is_rsa && (context == nullptr || EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) != 1 ||
                                          EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) != 1)) ||
      CMS_final(message.get(), content.get(), nullptr, flags) != 1 || PEM_write_bio_CMS(out.get(), message.get()) != 1) {
    return fail(Failure::invalid, "nothing can be sealed to the recipient's key");
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

Result<Secret> open_with_key(std::string_view sealed, const Secret& key_pem) {
  const Message message(PEM_read_bio_CMS(reading(sealed.substr(0, envelope_bytes_max)).get(), nullptr, no_prompt, nullptr));
  if (!message) return fail(Failure::invalid, "this is no secret sealed to a public key");
  RW_TRY(const Key key, detail::read_key(key_pem));
  const Bio out(BIO_new(BIO_s_secmem()));
  if (!out || CMS_decrypt(message.get(), key.get(), nullptr, nullptr, out.get(), CMS_BINARY | CMS_DEBUG_DECRYPT) != 1) {
    return fail(Failure::denied, "the key is not the one that the secret is sealed to, or the sealed text was changed");
  }
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out.get(), &bytes);
  if (size <= 0) return fail(Failure::denied, "the key is not the one that the secret is sealed to, or the sealed text was changed");
  return Secret(std::string_view(bytes, static_cast<std::size_t>(size)));
}

}  // namespace ringwall::crypto
