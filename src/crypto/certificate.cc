#include "crypto/certificate.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "base/check.h"
#include "crypto/crypto.h"
#include "crypto/detail/openssl.h"

namespace ringwall::crypto {
namespace {

using detail::openssl_error;

constexpr std::chrono::hours clock_skew{1};  // a client's clock may be behind ours
constexpr std::chrono::days authority_lifetime{3652};
constexpr int serial_bits = 128;

detail::Key make_key() {
  detail::Key key(EVP_EC_gen("P-256"));
  RW_CHECK(key != nullptr);
  return key;
}

std::string_view content_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  const detail::Bio out(BIO_new(BIO_s_mem()));
  RW_CHECK(out != nullptr && PEM_write_bio_X509(out.get(), certificate) == 1);
  return std::string(content_of(out.get()));
}

Secret pem_of(EVP_PKEY* key) {
  const detail::Bio out(BIO_new(BIO_s_secmem()));  // wiped when freed
  RW_CHECK(out != nullptr && PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0,
                                                           nullptr, nullptr) == 1);
  return Secret(content_of(out.get()));
}

bool set_time(ASN1_TIME* field, TimePoint time) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  return ASN1_TIME_set(field, seconds) != nullptr;
}

Result<TimePoint> time_of(const ASN1_TIME* field) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(field, &parts) != 1) {
    return std::unexpected(openssl_error(Failure::invalid, "not a certificate's time"));
  }
  namespace time = std::chrono;
  const time::sys_days day =
      time::year_month_day(time::year(parts.tm_year + 1900), time::month(static_cast<unsigned>(parts.tm_mon + 1)),
                           time::day(static_cast<unsigned>(parts.tm_mday)));
  return day + time::hours(parts.tm_hour) + time::minutes(parts.tm_min) + time::seconds(parts.tm_sec);
}

void set_serial(X509* certificate) {
  const detail::Number number(BN_new());
  RW_CHECK(number != nullptr &&
           BN_rand(number.get(), serial_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
  RW_CHECK(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

bool set_subject(X509* certificate, std::string_view common_name) {
  if (common_name.empty()) return true;
  return X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                    MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.data()),
                                    static_cast<int>(common_name.size()), -1, 0) == 1;
}

// An extension in OpenSSL's configuration language. Only our own constants go in: a name from
// outside could smuggle in a `,` and with it another name.
void add_extension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  RW_CHECK(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

bool is_dns_name(std::string_view name) {
  if (name.size() > dns_name_bytes_max) return false;
  if (name.starts_with("*.")) name.remove_prefix(2);
  const auto letter_or_digit = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  for (;;) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (label.empty() || label.size() > dns_label_bytes_max) return false;
    if (!letter_or_digit(label.front()) || !letter_or_digit(label.back())) return false;
    if (!std::ranges::all_of(label, [&](char c) { return letter_or_digit(c) || c == '-'; })) {
      return false;
    }
    if (label.size() == name.size()) return true;
    name.remove_prefix(label.size() + 1);
  }
}

// Moves `value` into a new entry of `names`.
void add_name(GENERAL_NAMES* names, int kind, ASN1_STRING* value) {
  GENERAL_NAME* const name = GENERAL_NAME_new();
  RW_CHECK(name != nullptr && value != nullptr);
  GENERAL_NAME_set0_value(name, kind, value);
  RW_CHECK(sk_GENERAL_NAME_push(names, name) > 0);
}

Result<detail::NameList> alternative_names(const CertificateRequest& request) {
  const std::size_t count = request.dns_names.size() + request.addresses.size();
  if (count == 0) return fail(Failure::invalid, "a certificate needs a DNS name or an address");
  if (count > alternative_names_max) {
    return fail(Failure::invalid, "a certificate of `" + std::to_string(count) +
                                      "` names: at most " + std::to_string(alternative_names_max));
  }
  detail::NameList names(GENERAL_NAMES_new());
  RW_CHECK(names != nullptr);
  for (const std::string& dns_name : request.dns_names) {
    if (!is_dns_name(dns_name))
      return fail(Failure::invalid, "`" + dns_name + "` is not a DNS name");
    ASN1_STRING* const value = ASN1_IA5STRING_new();
    RW_CHECK(value != nullptr &&
             ASN1_STRING_set(value, dns_name.data(), static_cast<int>(dns_name.size())) == 1);
    add_name(names.get(), GEN_DNS, value);
  }
  for (const std::string& address : request.addresses) {
    ASN1_OCTET_STRING* const value =
        address.contains('\0') ? nullptr : a2i_IPADDRESS(address.c_str());
    if (value == nullptr)
      return std::unexpected(
          openssl_error(Failure::invalid, "`" + address + "` is not an address"));
    add_name(names.get(), GEN_IPADD, value);
  }
  return names;
}

// What a root and a leaf have in common. Issuer and extensions are still to come.
detail::Certificate blank(EVP_PKEY* key) {
  detail::Certificate certificate(X509_new());
  RW_CHECK(certificate != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  RW_CHECK(X509_set_pubkey(certificate.get(), key) == 1);
  set_serial(certificate.get());
  return certificate;
}

// Each must be signed by the next and the last, the root, by itself: so no damage that still
// parses goes unseen, and the chain that a leaf is sent with is complete.
Result<> verify_chain(const std::vector<detail::Certificate>& chain) {
  for (std::size_t i = 0; i < chain.size(); ++i) {
    X509* const issuer = chain[std::min(i + 1, chain.size() - 1)].get();
    if (X509_check_issued(issuer, chain[i].get()) != X509_V_OK ||
        X509_verify(chain[i].get(), X509_get0_pubkey(issuer)) != 1) {
      return std::unexpected(openssl_error(
          Failure::invalid, "the authority's certificates are damaged or do not end in a root"));
    }
  }
  return {};
}

struct Issuer {
  std::vector<detail::Certificate> chain;  // the authority's own certificate first
  detail::Key key;
  X509* certificate() const { return chain.front().get(); }
};

Result<Issuer> issuer_of(std::string_view certificate_pem, const Secret& key_pem) {
  RW_TRY(auto chain, detail::read_certificates(certificate_pem));
  RW_TRY(auto key, detail::read_key(key_pem));
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    return std::unexpected(
        openssl_error(Failure::invalid, "the authority's key is not its certificate's"));
  }
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_EC) {
    return fail(Failure::invalid, "the authority's key is not an elliptic-curve key");
  }
  constexpr int version_3_with_ca_true = 1;
  const std::uint32_t usage = X509_get_key_usage(chain.front().get());
  if (X509_check_ca(chain.front().get()) != version_3_with_ca_true ||
      (usage & KU_KEY_CERT_SIGN) == 0) {
    return fail(Failure::invalid, "the authority's certificate may not sign certificates");
  }
  RW_DO(verify_chain(chain));
  return Issuer{std::move(chain), std::move(key)};
}

std::string common_name_of(X509* certificate) {
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return {};
  unsigned char* text = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) return {};
  std::string name(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return name;
}

// The chain below the root: clients hold the root already and must not take it from us.
std::string intermediates_of(const Issuer& issuer) {
  std::string pem;
  for (std::size_t i = 0; i + 1 < issuer.chain.size(); ++i) pem += pem_of(issuer.chain[i].get());
  return pem;
}

}  // namespace

Authority Authority::create(std::string_view common_name, TimePoint now) {
  RW_CHECK(!common_name.empty() && common_name.size() <= common_name_bytes_max);
  const detail::Key key = make_key();
  const detail::Certificate root = blank(key.get());
  X509* const raw = root.get();
  RW_CHECK(set_time(X509_getm_notBefore(raw), now - clock_skew));
  RW_CHECK(set_time(X509_getm_notAfter(raw), now + authority_lifetime));
  RW_CHECK(set_subject(raw, common_name));
  RW_CHECK(X509_set_issuer_name(raw, X509_get_subject_name(raw)) == 1);
  add_extension(raw, raw, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(raw, raw, NID_subject_key_identifier, "hash");
  add_extension(raw, raw, NID_authority_key_identifier, "keyid:always");
  RW_CHECK(X509_sign(raw, key.get(), EVP_sha256()) > 0);
  return Authority({pem_of(raw), pem_of(key.get())});
}

Result<Authority> Authority::load(std::string certificate_pem, Secret key_pem) {
  RW_DO(issuer_of(certificate_pem, key_pem));
  return Authority({std::move(certificate_pem), std::move(key_pem)});
}

Result<Identity> Authority::issue(const CertificateRequest& request, TimePoint now) const {
  if (request.lifetime <= std::chrono::days{0}) {
    return fail(Failure::invalid, "a certificate's lifetime must be a day or more");
  }
  RW_TRY(const detail::NameList names, alternative_names(request));
  RW_TRY(const Issuer issuer, issuer_of(identity_.certificate_pem, identity_.key_pem));
  RW_TRY(const TimePoint authority_end, time_of(X509_get0_notAfter(issuer.certificate())));
  if (authority_end <= now) {
    return fail(Failure::invalid, "the certificate authority has expired: make a new one");
  }
  // In whole days, so that no lifetime can overflow.
  const bool outlives =
      request.lifetime > std::chrono::floor<std::chrono::days>(authority_end - now);
  const TimePoint end = outlives ? authority_end : now + request.lifetime;

  const detail::Key key = make_key();
  const detail::Certificate leaf = blank(key.get());
  X509* const raw = leaf.get();
  RW_CHECK(set_time(X509_getm_notBefore(raw), now - clock_skew));
  RW_CHECK(set_time(X509_getm_notAfter(raw), end));
  const bool named =
      !request.common_name.empty() && request.common_name.size() <= common_name_bytes_max;
  if (named && !set_subject(raw, request.common_name)) {
    return std::unexpected(
        openssl_error(Failure::invalid, "`" + request.common_name + "` is not a common name"));
  }
  RW_CHECK(X509_set_issuer_name(raw, X509_get_subject_name(issuer.certificate())) == 1);
  add_extension(raw, issuer.certificate(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(raw, issuer.certificate(), NID_key_usage, "critical,digitalSignature");
  add_extension(raw, issuer.certificate(), NID_ext_key_usage, "serverAuth");
  add_extension(raw, issuer.certificate(), NID_subject_key_identifier, "hash");
  add_extension(raw, issuer.certificate(), NID_authority_key_identifier, "keyid:always");
  // RFC 5280, 4.2.1.6: critical when the subject is empty.
  RW_CHECK(X509_add1_ext_i2d(raw, NID_subject_alt_name, names.get(), named ? 0 : 1,
                             X509V3_ADD_DEFAULT) == 1);
  if (X509_sign(raw, issuer.key.get(), EVP_sha256()) <= 0) {
    return std::unexpected(openssl_error(Failure::invalid, "the authority's key cannot sign"));
  }
  return Identity{pem_of(raw) + intermediates_of(issuer), pem_of(key.get())};
}

Result<CertificateFacts> facts_of(std::string_view certificate_pem) {
  RW_TRY(const auto chain, detail::read_certificates(certificate_pem));
  X509* const certificate = chain.front().get();
  RW_TRY(const TimePoint not_before, time_of(X509_get0_notBefore(certificate)));
  RW_TRY(const TimePoint not_after, time_of(X509_get0_notAfter(certificate)));
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> thumbprint;
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha1(), thumbprint.data(), &size) != 1) {
    return std::unexpected(openssl_error(Failure::invalid, "cannot hash the certificate"));
  }
  return CertificateFacts{common_name_of(certificate), not_before, not_after,
                          hex(ByteView(thumbprint).first(size))};
}

}  // namespace ringwall::crypto
