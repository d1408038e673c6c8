#include "crypto/tls_session.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <climits>

#include "base/check.h"

namespace ringwall::crypto {

namespace {

// OpenSSL's own socket BIO writes without MSG_NOSIGNAL, so that a vanished client would kill the
// process; this one leaves the calls to the transport.
int transport_write(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  auto* transport = static_cast<TlsTransport*>(BIO_get_data(bio));
  const std::ptrdiff_t sent = transport->send({bytes, static_cast<std::size_t>(size)});
  if (sent == TlsTransport::would_block) BIO_set_retry_write(bio);
  return sent > 0 ? static_cast<int>(sent) : -1;
}

int transport_read(BIO* bio, char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  auto* transport = static_cast<TlsTransport*>(BIO_get_data(bio));
  const std::ptrdiff_t got = transport->receive({bytes, static_cast<std::size_t>(size)});
  if (got == TlsTransport::would_block) BIO_set_retry_read(bio);
  return got >= 0 ? static_cast<int>(got) : -1;
}

long transport_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* make_transport_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "transport");
  RW_CHECK(method != nullptr);
  BIO_meth_set_write(method, transport_write);
  BIO_meth_set_read(method, transport_read);
  BIO_meth_set_ctrl(method, transport_control);
  return method;
}

// Made once and kept: a constant that OpenSSL can only build at run time.
const BIO_METHOD* transport_method() {
  static const BIO_METHOD* const method = make_transport_method();
  return method;
}

// SSL_get_error consults the thread's error queue, in which other code may have left something.
// Looking first is cheaper than clearing all of it each time.
void forget_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

int size_of(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

}  // namespace

void TlsSession::Free::operator()(ssl_st* ssl) const noexcept {
  SSL_free(ssl);
}

TlsSession::TlsSession(const TlsContext& context, Role role, TlsTransport& transport)
    : ssl_(SSL_new(static_cast<SSL_CTX*>(context.native()))) {
  BIO* bio = BIO_new(transport_method());
  RW_CHECK(ssl_ != nullptr && bio != nullptr);
  BIO_set_data(bio, &transport);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Giving the record buffers back after every record costs 5% of a small request; the owner
  // knows better when a connection is idle: release_buffers.
  SSL_clear_mode(ssl_.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_set_read_ahead(ssl_.get(), 1);  // a record's header and body cost one receive
  if (role == Role::server) {
    SSL_set_accept_state(ssl_.get());
  } else {
    SSL_set_connect_state(ssl_.get());
  }
}

Result<> TlsSession::expect_peer(const std::string& host) {
  return crypto::expect_peer(ssl_.get(), host);
}

TlsStatus TlsSession::status_of(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE:
      return TlsStatus::done;
    case SSL_ERROR_WANT_READ:
      return TlsStatus::want_read;
    case SSL_ERROR_WANT_WRITE:
      return TlsStatus::want_write;
    case SSL_ERROR_ZERO_RETURN:
      return TlsStatus::closed;
    default:
      break;
  }
  const long verdict = SSL_get_verify_result(ssl_.get());
  std::array<char, 256> text{"the connection broke"};
  if (verdict != X509_V_OK) {
    failure_ = X509_verify_cert_error_string(verdict);
  } else {
    if (const unsigned long code = ERR_get_error(); code != 0) {
      ERR_error_string_n(code, text.data(), text.size());
    }
    failure_ = text.data();
  }
  ERR_clear_error();
  return TlsStatus::failed;
}

TlsStatus TlsSession::handshake() {
  forget_errors();
  return status_of(SSL_do_handshake(ssl_.get()));
}

TlsCount TlsSession::read(std::span<char> bytes) {
  forget_errors();
  const int result = SSL_read(ssl_.get(), bytes.data(), size_of(bytes.size()));
  if (result > 0) return {TlsStatus::done, static_cast<std::size_t>(result)};
  return {status_of(result), 0};
}

TlsCount TlsSession::write(std::string_view bytes) {
  forget_errors();
  const int result = SSL_write(ssl_.get(), bytes.data(), size_of(bytes.size()));
  if (result > 0) return {TlsStatus::done, static_cast<std::size_t>(result)};
  return {status_of(result), 0};
}

void TlsSession::close_notify() {
  forget_errors();
  // Before the handshake is done there is no channel to say it on.
  if (SSL_is_init_finished(ssl_.get()) != 0) SSL_shutdown(ssl_.get());
  forget_errors();
}

void TlsSession::release_buffers() {
  if (SSL_has_pending(ssl_.get()) == 0) SSL_free_buffers(ssl_.get());
}

bool TlsSession::has_pending() const {
  return SSL_has_pending(ssl_.get()) != 0;
}

}  // namespace ringwall::crypto
