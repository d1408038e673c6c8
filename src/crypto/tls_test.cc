#include "crypto/tls.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "crypto/detail/openssl.h"

namespace ringwall::crypto {
namespace {

using Connection = detail::Owned<SSL, SSL_free>;
using Session = detail::Owned<SSL_SESSION, SSL_SESSION_free>;

// OpenSSL verifies against the clock of the machine, so these certificates are of today.
TimePoint today() {
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

// A client and a server joined in memory, without sockets or threads.
class Pair {
 public:
  Pair(const TlsContext& client, const TlsContext& server)
      : client_(SSL_new(static_cast<SSL_CTX*>(client.native()))),
        server_(SSL_new(static_cast<SSL_CTX*>(server.native()))) {
    BIO* client_side = nullptr;
    BIO* server_side = nullptr;
    EXPECT_EQ(BIO_new_bio_pair(&client_side, 0, &server_side, 0), 1);
    SSL_set_bio(client_.get(), client_side, client_side);
    SSL_set_bio(server_.get(), server_side, server_side);
    SSL_set_connect_state(client_.get());
    SSL_set_accept_state(server_.get());
  }

  // True when both sides finish; then passes on what the server still has to say (tickets).
  bool shake_hands() {
    for (int turn = 0; turn < 10; ++turn) {
      const bool client_done = step(client_.get());
      const bool server_done = step(server_.get());
      if (client_done && server_done)
        return pass("ping", client_.get(), server_.get()) &&
               pass("pong", server_.get(), client_.get());
    }
    return false;
  }

  SSL* client() { return client_.get(); }
  SSL* server() { return server_.get(); }

 private:
  static bool step(SSL* side) { return SSL_do_handshake(side) == 1; }
  static bool pass(std::string_view text, SSL* from, SSL* to) {
    char buffer[16];
    return SSL_write(from, text.data(), static_cast<int>(text.size())) > 0 &&
           SSL_read(to, buffer, sizeof buffer) == static_cast<int>(text.size());
  }

  Connection client_;
  Connection server_;
};

std::string protocol_of(SSL* side) {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(side, &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

class Tls : public testing::Test {
 protected:
  static TlsContext serve(const Authority& authority, CertificateRequest request) {
    auto identity = authority.issue(request, today());
    EXPECT_TRUE(identity);
    auto context = TlsContext::server(*identity);
    EXPECT_TRUE(context);
    return *std::move(context);
  }
  static TlsContext trust(const Authority& authority) {
    auto context = TlsContext::client(authority.identity().certificate_pem);
    EXPECT_TRUE(context);
    return *std::move(context);
  }

  const Authority authority_ = Authority::create("Ringwall test root", today());
  const TlsContext server_ = serve(authority_, {"api", {"api.example"}, {"127.0.0.1", "::1"}});
  const TlsContext client_ = trust(authority_);
};

TEST_F(Tls, SpeaksVersion13AndHttp11ToTheExpectedPeer) {
  for (const char* host : {"api.example", "127.0.0.1", "::1"}) {
    Pair pair(client_, server_);
    ASSERT_TRUE(expect_peer(pair.client(), host));
    EXPECT_TRUE(pair.shake_hands()) << host;
    EXPECT_STREQ(SSL_get_version(pair.client()), "TLSv1.3");
    EXPECT_EQ(protocol_of(pair.client()), "http/1.1");
  }
}

TEST_F(Tls, RefusesAPeerOfAnotherNameAddressOrAuthority) {
  for (const char* host : {"evil.example", "127.0.0.2", "::2"}) {
    Pair pair(client_, server_);
    ASSERT_TRUE(expect_peer(pair.client(), host));
    EXPECT_FALSE(pair.shake_hands()) << host;
  }
  const Authority other = Authority::create("Ringwall test root", today());
  const TlsContext impostor = serve(other, {"api", {"api.example"}, {}});
  Pair pair(client_, impostor);
  ASSERT_TRUE(expect_peer(pair.client(), "api.example"));
  EXPECT_FALSE(pair.shake_hands());
}

TEST_F(Tls, AnUnusableNameToExpectIsRefused) {
  Pair pair(client_, server_);
  EXPECT_FALSE(expect_peer(pair.client(), ""));
  EXPECT_FALSE(expect_peer(pair.client(), std::string("api.example\0.evil", 17)));
}

TEST_F(Tls, SendsTheNameItExpectsButNoAddress) {
  Pair named(client_, server_);
  ASSERT_TRUE(expect_peer(named.client(), "api.example"));
  ASSERT_TRUE(named.shake_hands());
  EXPECT_STREQ(SSL_get_servername(named.server(), TLSEXT_NAMETYPE_host_name), "api.example");
  Pair numbered(client_, server_);
  ASSERT_TRUE(expect_peer(numbered.client(), "127.0.0.1"));
  ASSERT_TRUE(numbered.shake_hands());
  EXPECT_EQ(SSL_get_servername(numbered.server(), TLSEXT_NAMETYPE_host_name), nullptr);
}

TEST_F(Tls, AcceptsVersion12WithForwardSecrecyAndNothingOlder) {
  Pair pair(client_, server_);
  SSL_set_max_proto_version(pair.client(), TLS1_2_VERSION);
  ASSERT_TRUE(expect_peer(pair.client(), "api.example"));
  EXPECT_TRUE(pair.shake_hands());
  EXPECT_STREQ(SSL_get_version(pair.client()), "TLSv1.2");
  EXPECT_TRUE(std::string_view(SSL_get_cipher_name(pair.client())).starts_with("ECDHE-ECDSA-"));
  EXPECT_EQ(SSL_renegotiate(pair.client()), 0);

  Pair old(client_, server_);
  SSL_set_security_level(old.client(), 0);
  SSL_set_min_proto_version(old.client(), TLS1_VERSION);
  SSL_set_max_proto_version(old.client(), TLS1_1_VERSION);
  SSL_set_cipher_list(old.client(), "ALL:@SECLEVEL=0");
  EXPECT_FALSE(old.shake_hands());
}

TEST_F(Tls, ATicketResumesTheSession) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Pair first(client_, server_);
    SSL_set_max_proto_version(first.client(), version);
    ASSERT_TRUE(expect_peer(first.client(), "api.example"));
    ASSERT_TRUE(first.shake_hands());
    const Session session(SSL_get1_session(first.client()));
    EXPECT_EQ(SSL_session_reused(first.client()), 0);

    Pair second(client_, server_);
    SSL_set_max_proto_version(second.client(), version);
    ASSERT_TRUE(expect_peer(second.client(), "api.example"));
    SSL_set_session(second.client(), session.get());
    ASSERT_TRUE(second.shake_hands());
    EXPECT_EQ(SSL_session_reused(second.client()), 1) << SSL_get_version(second.client());
  }
}

TEST_F(Tls, AClientThatOffersOnlyOtherProtocolsIsRefused) {
  const auto offer = [&](std::string_view protocols) {
    Pair pair(client_, server_);
    EXPECT_EQ(SSL_set_alpn_protos(pair.client(), bytes_of(protocols).data(),
                                  static_cast<unsigned>(protocols.size())),
              0);
    return pair.shake_hands() ? protocol_of(pair.client()) : "refused";
  };
  EXPECT_EQ(offer("\x02h2"), "refused");
  EXPECT_EQ(offer("\x02h2\x08http/1.1"), "http/1.1");
  EXPECT_EQ(offer(""), "");  // ALPN is the client's choice
}

TEST_F(Tls, ConnectionsOutliveTheContextTheyCameFrom) {
  auto server = std::make_unique<TlsContext>(serve(authority_, {"api", {"api.example"}, {}}));
  Pair pair(client_, *server);
  server.reset();
  ASSERT_TRUE(expect_peer(pair.client(), "api.example"));
  EXPECT_TRUE(pair.shake_hands());
}

TEST_F(Tls, DamagedOrMismatchedIdentitiesAreRefused) {
  auto a = authority_.issue({"a", {"a.example"}, {}}, today());
  auto b = authority_.issue({"b", {"b.example"}, {}}, today());
  ASSERT_TRUE(a && b);
  const auto mixed = TlsContext::server({a->certificate_pem, b->key_pem.duplicate()});
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().kind, Failure::invalid);
  EXPECT_FALSE(TlsContext::server({"", b->key_pem.duplicate()}));
  EXPECT_FALSE(TlsContext::server({b->certificate_pem, Secret("nonsense")}));
  EXPECT_FALSE(TlsContext::client("nonsense"));
}

}  // namespace
}  // namespace ringwall::crypto
