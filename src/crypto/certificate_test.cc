#include "crypto/certificate.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "crypto/detail/openssl.h"

namespace ringwall::crypto {
namespace {

using namespace std::chrono_literals;

const TimePoint now = std::chrono::sys_days(std::chrono::year(2031) / 3 / 14) + 15h + 9min + 26s;

detail::Certificate first_of(std::string_view pem) {
  auto chain = detail::read_certificates(pem);
  EXPECT_TRUE(chain);
  return std::move(chain->front());
}

enum class Name { dns, address };

void free_stack(STACK_OF(X509) * stack) {
  sk_X509_free(stack);
}

// What a client that trusts only `root_pem` says about the leaf, at `when`, as `name`.
int verify(std::string_view root_pem, std::string_view leaf_pem, TimePoint when,
           const std::string& name, Name kind = Name::dns) {
  const detail::Owned<X509_STORE, X509_STORE_free> trusted(X509_STORE_new());
  const detail::Certificate root = first_of(root_pem);
  X509_STORE_add_cert(trusted.get(), root.get());
  const auto sent = detail::read_certificates(leaf_pem);
  const detail::Owned<STACK_OF(X509), free_stack> intermediates(sk_X509_new_null());
  for (std::size_t i = 1; i < sent->size(); ++i) {
    sk_X509_push(intermediates.get(), (*sent)[i].get());
  }
  X509* const leaf = sent->front().get();
  const detail::Owned<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), trusted.get(), leaf, intermediates.get());
  X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_time(
      parameters, std::chrono::floor<std::chrono::seconds>(when).time_since_epoch().count());
  if (kind == Name::dns) {
    X509_VERIFY_PARAM_set1_host(parameters, name.c_str(), name.size());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str());
  }
  return X509_verify_cert(context.get()) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(context.get());
}

class Certificates : public testing::Test {
 protected:
  Identity issue(CertificateRequest request) {
    auto identity = authority_.issue(request, now);
    EXPECT_TRUE(identity);
    return *std::move(identity);
  }
  Failure refusal(CertificateRequest request) {
    const auto identity = authority_.issue(request, now);
    EXPECT_FALSE(identity);
    return identity ? Failure::io : identity.error().kind;
  }
  const std::string& root() const { return authority_.identity().certificate_pem; }

  const Authority authority_ = Authority::create("Ringwall test root", now);
};

TEST_F(Certificates, AreTrustedForExactlyTheirNames) {
  const Identity leaf = issue({"db", {"db.example", "*.wild.example"}, {"10.1.2.3", "fd00::7"}});
  const auto& pem = leaf.certificate_pem;
  EXPECT_EQ(verify(root(), pem, now, "db.example"), X509_V_OK);
  EXPECT_EQ(verify(root(), pem, now, "a.wild.example"), X509_V_OK);
  EXPECT_EQ(verify(root(), pem, now, "10.1.2.3", Name::address), X509_V_OK);
  EXPECT_EQ(verify(root(), pem, now, "fd00::7", Name::address), X509_V_OK);

  EXPECT_EQ(verify(root(), pem, now, "db"), X509_V_ERR_HOSTNAME_MISMATCH);
  EXPECT_EQ(verify(root(), pem, now, "other.example"), X509_V_ERR_HOSTNAME_MISMATCH);
  EXPECT_EQ(verify(root(), pem, now, "a.b.wild.example"), X509_V_ERR_HOSTNAME_MISMATCH);
  EXPECT_EQ(verify(root(), pem, now, "10.1.2.4", Name::address), X509_V_ERR_IP_ADDRESS_MISMATCH);
}

TEST_F(Certificates, AreTrustedForExactlyTheirTime) {
  const Identity leaf = issue({"db", {"db.example"}, {}, std::chrono::days(30)});
  const auto at = [&](TimePoint when) {
    return verify(root(), leaf.certificate_pem, when, "db.example");
  };
  EXPECT_EQ(at(now - 1h - 1s), X509_V_ERR_CERT_NOT_YET_VALID);
  EXPECT_EQ(at(now - 1h), X509_V_OK);
  EXPECT_EQ(at(now + std::chrono::days(30) - 1s), X509_V_OK);
  EXPECT_EQ(at(now + std::chrono::days(30) + 1s), X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST_F(Certificates, OfAnotherAuthorityOfTheSameNameAreNotTrusted) {
  const Authority other = Authority::create("Ringwall test root", now);
  const Identity leaf = issue({"db", {"db.example"}, {}});
  EXPECT_NE(verify(other.identity().certificate_pem, leaf.certificate_pem, now, "db.example"),
            X509_V_OK);
}

TEST_F(Certificates, NeverOutliveTheirAuthority) {
  const TimePoint root_end = facts_of(root())->not_after;
  EXPECT_EQ(root_end, now + std::chrono::days(3652));
  const Identity leaf = issue({"db", {"db.example"}, {}, std::chrono::days(2'000'000'000)});
  EXPECT_EQ(facts_of(leaf.certificate_pem)->not_after, root_end);
  const auto late = authority_.issue({"db", {"db.example"}, {}}, root_end);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, Failure::invalid);
}

TEST_F(Certificates, OfALeafCannotSignOthers) {
  Identity leaf = issue({"db", {"db.example"}, {}});
  const auto loaded = Authority::load(std::move(leaf.certificate_pem), std::move(leaf.key_pem));
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().message, "the authority's certificate may not sign certificates");
}

TEST_F(Certificates, HaveFreshKeysAndSerials) {
  const auto serial = [](const Identity& identity) {
    const detail::Certificate certificate = first_of(identity.certificate_pem);
    const detail::Number number(
        ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate.get()), nullptr));
    EXPECT_EQ(BN_num_bits(number.get()), 128);
    Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number.get())));
    BN_bn2bin(number.get(), bytes.data());
    return bytes;
  };
  const Identity a = issue({"db", {"db.example"}, {}});
  const Identity b = issue({"db", {"db.example"}, {}});
  EXPECT_NE(serial(a), serial(b));
  EXPECT_NE(a.key_pem.reveal_text(), b.key_pem.reveal_text());
  EXPECT_TRUE(a.key_pem.reveal_text().starts_with("-----BEGIN PRIVATE KEY-----"));
}

TEST_F(Certificates, WithoutARoomyEnoughCommonNameCarryTheirNamesCritically) {
  const std::string longest(common_name_bytes_max, 'n');
  EXPECT_EQ(facts_of(issue({longest, {"db.example"}, {}}).certificate_pem)->subject_common_name,
            longest);
  const Identity leaf = issue({longest + "n", {"db.example"}, {}});
  EXPECT_EQ(facts_of(leaf.certificate_pem)->subject_common_name, "");
  EXPECT_EQ(verify(root(), leaf.certificate_pem, now, "db.example"), X509_V_OK);
  const detail::Certificate certificate = first_of(leaf.certificate_pem);
  const int at = X509_get_ext_by_NID(certificate.get(), NID_subject_alt_name, -1);
  EXPECT_EQ(X509_EXTENSION_get_critical(X509_get_ext(certificate.get(), at)), 1);
}

TEST_F(Certificates, AreRefusedForWhatIsNotAName) {
  EXPECT_EQ(refusal({"db", {}, {}}), Failure::invalid);
  for (const std::string name : {"", ".", "a..b", "-a.example", "a-.example", "a_b",
                                 "a,DNS:evil.example", "*", "a.*.example", "**.a", "é"}) {
    EXPECT_EQ(refusal({"db", {name}, {}}), Failure::invalid) << name;
  }
  EXPECT_EQ(refusal({"db", {std::string("a\0.example", 10)}, {}}), Failure::invalid);
  for (const std::string address :
       {"", "10.0.0", "10.0.0.256", "db.example", "fd00:::1", "10.0.0.0/8"}) {
    EXPECT_EQ(refusal({"db", {}, {address}}), Failure::invalid) << address;
  }
  EXPECT_EQ(refusal({"db", {}, {std::string("10.0.0.1\0x", 10)}}), Failure::invalid);
  EXPECT_EQ(refusal({"db", {"db.example"}, {}, std::chrono::days(0)}), Failure::invalid);
}

TEST_F(Certificates, KeepTheLimitsOfNames) {
  const std::string label(dns_label_bytes_max, 'a');
  EXPECT_TRUE(authority_.issue({"db", {label + ".b"}, {}}, now));
  EXPECT_EQ(refusal({"db", {label + "a.b"}, {}}), Failure::invalid);
  const std::string name = label + "." + label + "." + label + "." + std::string(61, 'b');
  ASSERT_EQ(name.size(), dns_name_bytes_max);
  EXPECT_TRUE(authority_.issue({"db", {name}, {}}, now));
  EXPECT_EQ(refusal({"db", {name + "b"}, {}}), Failure::invalid);
  EXPECT_TRUE(
      authority_.issue({"db", std::vector<std::string>(alternative_names_max, "a"), {}}, now));
  EXPECT_EQ(refusal({"db", std::vector<std::string>(alternative_names_max, "a"), {"::1"}}),
            Failure::invalid);
}

TEST_F(Certificates, AnAuthorityComesBackFromItsFiles) {
  const auto again = Authority::load(root(), authority_.identity().key_pem.duplicate());
  ASSERT_TRUE(again);
  const auto leaf = again->issue({"db", {"db.example"}, {}}, now);
  ASSERT_TRUE(leaf);
  EXPECT_EQ(verify(root(), leaf->certificate_pem, now, "db.example"), X509_V_OK);
}

TEST_F(Certificates, ADamagedOrMismatchedAuthorityIsRefused) {
  const Authority other = Authority::create("other", now);
  EXPECT_FALSE(Authority::load(root(), other.identity().key_pem.duplicate()));
  EXPECT_FALSE(Authority::load("", authority_.identity().key_pem.duplicate()));
  EXPECT_FALSE(Authority::load(root(), Secret("")));
  for (std::size_t at = root().find('\n') + 1; at < root().size() - 28; at += 7) {
    std::string damaged = root();
    damaged[at] = damaged[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(Authority::load(damaged, authority_.identity().key_pem.duplicate())) << at;
  }
  std::string damaged = root();
  damaged[damaged.size() / 2] = '!';
  // Damage in a later certificate of the text is not passed over either.
  const auto chain = Authority::load(root() + damaged, authority_.identity().key_pem.duplicate());
  ASSERT_FALSE(chain);
  EXPECT_EQ(chain.error().kind, Failure::invalid);
}

// A root's certificate for another authority's name and key, as a customer's root would sign it.
std::string cross_signed(const Identity& root, const Identity& authority) {
  const detail::Certificate copy = first_of(authority.certificate_pem);
  const detail::Certificate issuer = first_of(root.certificate_pem);
  X509_set_issuer_name(copy.get(), X509_get_subject_name(issuer.get()));
  const int at = X509_get_ext_by_NID(copy.get(), NID_authority_key_identifier, -1);
  X509_EXTENSION_free(X509_delete_ext(copy.get(), at));
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer.get(), copy.get(), nullptr, nullptr, 0);
  X509_EXTENSION* const key_identifier =
      X509V3_EXT_conf_nid(nullptr, &context, NID_authority_key_identifier, "keyid:always");
  X509_add_ext(copy.get(), key_identifier, -1);
  X509_EXTENSION_free(key_identifier);
  X509_sign(copy.get(), detail::read_key(root.key_pem)->get(), EVP_sha256());
  const detail::Bio out(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(out.get(), copy.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

TEST_F(Certificates, OfAnAuthorityBelowARootBringItsCertificateButNotTheRoot) {
  const Authority below = Authority::create("Ringwall below", now);
  const std::string middle = cross_signed(authority_.identity(), below.identity());
  const auto loaded = Authority::load(middle + root(), below.identity().key_pem.duplicate());
  ASSERT_TRUE(loaded) << loaded.error().message;
  const auto leaf = loaded->issue({"db", {"db.example"}, {}}, now);
  ASSERT_TRUE(leaf);
  EXPECT_TRUE(leaf->certificate_pem.ends_with(middle));
  EXPECT_EQ(detail::read_certificates(leaf->certificate_pem)->size(), 2U);
  EXPECT_EQ(verify(middle, leaf->certificate_pem, now, "db.example"),
            X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT);
  EXPECT_EQ(verify(root(), leaf->certificate_pem, now, "db.example"), X509_V_OK);

  // Without its root, or out of order, it is not a chain.
  EXPECT_FALSE(Authority::load(middle, below.identity().key_pem.duplicate()));
  EXPECT_FALSE(Authority::load(root() + middle, below.identity().key_pem.duplicate()));
}

TEST_F(Certificates, TellTheirFacts) {
  const Identity leaf = issue({"db.example", {"db.example"}, {}});
  const auto facts = facts_of(leaf.certificate_pem);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->subject_common_name, "db.example");
  EXPECT_EQ(facts->not_before, now - 1h);
  EXPECT_EQ(facts->not_after, now + std::chrono::days(397));
  EXPECT_EQ(facts->thumbprint.size(), 40U);
  EXPECT_FALSE(facts_of("-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"));
}

// A second opinion, from the tool that administrators will use.
TEST_F(Certificates, TheOpensslCommandAgrees) {
  std::string folder = std::filesystem::temp_directory_path() / "ringwall-certificates.XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const Identity leaf = issue({"db", {"db.example"}, {"10.1.2.3"}});
  std::ofstream(folder + "/root.pem") << root();
  std::ofstream(folder + "/leaf.pem") << leaf.certificate_pem;
  const auto run = [&](const std::string& arguments) {
    const std::string output = folder + "/output";
    const std::string command = "openssl " + arguments + " >" + output + " 2>&1";
    const int status = std::system(command.c_str());  // tidy: the outside oracle
    std::ifstream file(output);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    return std::pair(WIFEXITED(status) ? WEXITSTATUS(status) : -1, text);
  };
  const std::string verify_command =
      "verify -x509_strict -purpose sslserver -attime " +
      std::to_string(std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count()) +
      " -CAfile " + folder + "/root.pem ";
  const std::string leaf_file = " " + folder + "/leaf.pem";
  const auto good = run(verify_command + "-verify_hostname db.example" + leaf_file);
  EXPECT_EQ(good.first, 0) << good.second;
  const auto address = run(verify_command + "-verify_ip 10.1.2.3" + leaf_file);
  EXPECT_EQ(address.first, 0) << address.second;
  EXPECT_NE(run(verify_command + "-verify_hostname evil.example" + leaf_file).first, 0);

  const auto fingerprint = run("x509 -noout -fingerprint -sha1 -in" + leaf_file);
  std::string digits;
  for (const char c : fingerprint.second.substr(fingerprint.second.find('=') + 1)) {
    if (std::isxdigit(static_cast<unsigned char>(c)) != 0)
      digits += static_cast<char>(std::tolower(c));
  }
  EXPECT_EQ(facts_of(leaf.certificate_pem)->thumbprint, digits);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace ringwall::crypto
