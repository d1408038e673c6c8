#pragma once
// TLS as Ringwall speaks it: 1.3 preferred, 1.2 at least, forward-secret AEAD ciphers only, no
// renegotiation, no compression, HTTP/1.1 by ALPN. The sockets belong to room http.

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/certificate.h"

struct ssl_ctx_st;

namespace ringwall::crypto {

// Everything connections of one kind share. Immutable once made, so one context may serve all
// threads; a connection keeps what it needs alive, so the context may go first. A renewed
// certificate means a new context.
class TlsContext {
 public:
  // Proves `identity` to clients and resumes their sessions by ticket. A client that offers
  // protocols by ALPN but not http/1.1 is refused. Failure::invalid when certificate and key
  // are damaged or do not belong together.
  static Result<TlsContext> server(const Identity& identity);

  // Trusts only the authorities of `authorities_pem`. The peer's chain is always verified; its
  // name only after expect_peer, so every connection must call it before the handshake.
  static Result<TlsContext> client(std::string_view authorities_pem);

  void* native() const { return context_.get(); }  // OpenSSL's SSL_CTX*, owned by *this

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const noexcept;
  };
  using Handle = std::unique_ptr<ssl_ctx_st, Free>;
  explicit TlsContext(Handle context) : context_(std::move(context)) {}
  static Result<Handle> begin(bool server);
  Handle context_;
};

// Makes the handshake of the client connection `native_ssl` (OpenSSL's SSL*) fail unless the
// peer's certificate names `host`, a DNS name (sent as SNI as well) or an IPv4 or IPv6 literal.
Result<> expect_peer(void* native_ssl, const std::string& host);

}  // namespace ringwall::crypto
