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

struct CertificateRequest {
  std::string common_name;
  std::vector<std::string> dns_names;
  std::vector<std::string> addresses;  // IPv4 or IPv6 literals
  std::chrono::days lifetime{397};
};

class Authority {
 public:
  // A new self-signed root of that name, valid ten years from `now`.
  static Authority create(std::string_view common_name, TimePoint now);
  static Result<Authority> load(std::string certificate_pem, Secret key_pem);

  // A server certificate (EKU serverAuth), valid from an hour before `now`.
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
Result<CertificateFacts> facts_of(std::string_view certificate_pem);

}  // namespace ringwall::crypto
