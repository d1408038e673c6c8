#include "crypto/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>

#include "crypto/detail/openssl.h"

namespace ringwall::crypto {
namespace {

using detail::openssl_error;

// ALPN's form: each protocol's length, then its name.
constexpr std::string_view protocols = "\x08http/1.1";

// TLS 1.2 only with forward secrecy and authenticated encryption; TLS 1.3 has nothing else.
constexpr const char* ciphers_tls12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* ciphers_tls13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* groups = "X25519:P-256:P-384";

const std::uint8_t* protocol_bytes() {
  return bytes_of(protocols).data();
}

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  unsigned char* chosen = nullptr;
  const int outcome =
      SSL_select_next_proto(&chosen, out_size, protocol_bytes(),
                            static_cast<unsigned int>(protocols.size()), offered, offered_size);
  *out = chosen;
  return outcome == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const noexcept {
  SSL_CTX_free(context);
}

Result<TlsContext::Handle> TlsContext::begin(bool server) {
  Handle context(SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()));
  if (!context)
    return std::unexpected(openssl_error(Failure::exhausted, "cannot make a TLS context"));
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_options(
      raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // An idle connection then holds no 16 KiB buffers.
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(raw, ciphers_tls12) != 1 ||
      SSL_CTX_set_ciphersuites(raw, ciphers_tls13) != 1 ||
      SSL_CTX_set1_groups_list(raw, groups) != 1) {
    return std::unexpected(openssl_error(Failure::unavailable, "cannot set the TLS ciphers"));
  }
  return context;
}

Result<TlsContext> TlsContext::server(const Identity& identity) {
  RW_TRY(const auto chain, detail::read_certificates(identity.certificate_pem));
  RW_TRY(const auto key, detail::read_key(identity.key_pem));
  RW_TRY(Handle context, begin(true));
  SSL_CTX* const raw = context.get();
  if (SSL_CTX_use_certificate(raw, chain.front().get()) != 1 ||
      SSL_CTX_use_PrivateKey(raw, key.get()) != 1 || SSL_CTX_check_private_key(raw) != 1) {
    return std::unexpected(
        openssl_error(Failure::invalid, "the server's certificate and key do not fit"));
  }
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(raw, chain[i].get()) != 1) {
      return std::unexpected(openssl_error(Failure::invalid, "cannot use the certificate chain"));
    }
  }
  const ByteView name = bytes_of("ringwall");
  if (SSL_CTX_set_session_id_context(raw, name.data(), static_cast<unsigned int>(name.size())) !=
      1) {
    return std::unexpected(openssl_error(Failure::io, "cannot set up session resumption"));
  }
  // Tickets carry the session, so nothing is kept here per client.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(raw, select_protocol, nullptr);
  return TlsContext(std::move(context));
}

Result<TlsContext> TlsContext::client(std::string_view authorities_pem) {
  RW_TRY(const auto authorities, detail::read_certificates(authorities_pem));
  RW_TRY(Handle context, begin(false));
  SSL_CTX* const raw = context.get();
  X509_STORE* const trusted = SSL_CTX_get_cert_store(raw);
  for (const auto& authority : authorities) {
    if (X509_STORE_add_cert(trusted, authority.get()) != 1) {
      return std::unexpected(openssl_error(Failure::invalid, "cannot trust the authority"));
    }
  }
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER, nullptr);
  // This one call of OpenSSL's answers 0 for success.
  if (SSL_CTX_set_alpn_protos(raw, protocol_bytes(), static_cast<unsigned int>(protocols.size())) !=
      0) {
    return std::unexpected(openssl_error(Failure::io, "cannot offer http/1.1"));
  }
  return TlsContext(std::move(context));
}

Result<> expect_peer(void* native_ssl, const std::string& host) {
  auto* const ssl = static_cast<SSL*>(native_ssl);
  // A NUL would end the name early in C and so verify less than was asked. An empty name
  // would switch the verification off.
  if (host.empty() || host.contains('\0')) {
    return fail(Failure::invalid, "`" + host + "` is not a host name or address");
  }
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1) return {};
  ERR_clear_error();  // it is not an address
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (SSL_set1_host(ssl, host.c_str()) != 1 || SSL_set_tlsext_host_name(ssl, host.c_str()) != 1) {
    return std::unexpected(
        openssl_error(Failure::invalid, "`" + host + "` is not a host name or address"));
  }
  return {};
}

}  // namespace ringwall::crypto
