#pragma once
// X.509: the built-in certificate authority and what it issues. ECDSA P-256, SHA-256.

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ports.h"
#include "base/result.h"

namespace ringwall::crypto {

struct Identity {
  std::string certificate_pem;  // the leaf first, then what a verifier needs below the root
  Secret key_pem;               // PKCS#8, unencrypted
};

// Clients match the names and addresses, never the common name, so there must be one of them.
struct CertificateRequest {
  std::string common_name;             // for people; left out when longer than X.509 allows
  std::vector<std::string> dns_names;  // `a.example`, or `*.example` for one label
  std::vector<std::string> addresses;  // IPv4 or IPv6 literals
  std::chrono::days lifetime{397};
};

inline constexpr std::size_t common_name_bytes_max = 64;  // RFC 5280's ub-common-name
inline constexpr std::size_t alternative_names_max = 100;
inline constexpr std::size_t dns_name_bytes_max = 253;
inline constexpr std::size_t dns_label_bytes_max = 63;

class Authority {
 public:
  // A new self-signed root of that name (1 to common_name_bytes_max bytes, which the caller
  // sees to), valid from an hour before `now` for ten years.
  static Authority create(std::string_view common_name, TimePoint now);
  // The authority's certificate, then its issuers up to the root, if it is not the root.
  // Failure::invalid when they do not form such a chain or the key is not the first one's.
  static Result<Authority> load(std::string certificate_pem, Secret key_pem);

  // A server certificate with a new key (EKU serverAuth), valid from an hour before `now`; it
  // never outlives the authority. Failure::invalid for a request that names nothing, or
  // something that is not a DNS name or an address, and when the authority has expired.
  Result<Identity> issue(const CertificateRequest& request, TimePoint now) const;

  const Identity& identity() const { return identity_; }

 private:
  explicit Authority(Identity identity) : identity_(std::move(identity)) {}
  Identity identity_;
};

struct CertificateFacts {
  std::string subject_common_name;
  TimePoint not_before;
  TimePoint not_after;
  std::string thumbprint;  // SHA-1 of the DER form, lower-case hexadecimal: as RDS shows it
};
// Of the first certificate in the text.
Result<CertificateFacts> facts_of(std::string_view certificate_pem);

}  // namespace ringwall::crypto
