#include "directory/session.h"

#include <algorithm>

#include "crypto/crypto.h"
#include "text/encode.h"
#include "text/json.h"
#include "text/time.h"

namespace ringwall::directory {
namespace {

using text::Json;

constexpr std::string_view secret_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t secret_characters = 40;
constexpr std::int64_t token_version = 1;
constexpr std::string_view inline_name = "session policy";

// What a session without a readable policy is restricted to.
constexpr std::string_view deny_all = R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]})";

Secret sealing_key(ByteView root_key) { return crypto::derive_key(root_key, "sts session tokens"); }

Json strings(const std::vector<std::string>& list) {
  Json array = Json::array();
  for (const std::string& item : list) array.push(item);
  return array;
}

std::vector<std::string> strings(const Json& array) {
  std::vector<std::string> list;
  for (const Json& item : array.items()) list.emplace_back(item.as_string());
  return list;
}

// The members' names are short because the token travels with every request.
Json encode(const NewSession& it, std::string_view secret) {
  Json document = Json::object({{"v", token_version},
                                {"k", static_cast<std::int64_t>(it.principal.type)},
                                {"a", it.principal.arn},
                                {"c", it.principal.account},
                                {"u", it.principal.unique_id},
                                {"s", secret},
                                {"i", it.session.issued_ms},
                                {"e", it.session.expires_ms}});
  if (!it.principal.role_arn.empty()) document.set("r", it.principal.role_arn);
  if (!it.session.issuer_arn.empty()) document.set("f", it.session.issuer_arn);
  if (!it.session.issuer_id.empty()) document.set("g", it.session.issuer_id);
  if (!it.session.name.empty()) document.set("n", it.session.name);
  if (!it.session.source_identity.empty()) document.set("d", it.session.source_identity);
  if (!it.inline_policy.empty()) document.set("p", it.inline_policy);
  if (!it.policy_arns.empty()) document.set("m", strings(it.policy_arns));
  for (const auto& [key, value] : it.session.tags) document.edit("t").set(key, value);
  if (!it.session.transitive_tag_keys.empty()) document.set("x", strings(it.session.transitive_tag_keys));
  return document;
}

bool read_principal(const Json& document, policy::Principal& principal) {
  using Type = policy::Principal::Type;
  principal.type = static_cast<Type>(document["k"].as_integer());
  if (principal.type != Type::user && principal.type != Type::root && principal.type != Type::role_session && principal.type != Type::federated) return false;
  principal.arn = document.str("a");
  principal.role_arn = document.str("r");
  principal.account = document.str("c");
  principal.unique_id = document.str("u");
  return true;
}

policy::DocumentPtr compile_or_deny(std::string_view text, policy::Kind kind) {
  Result<policy::DocumentPtr> document = policy::compile(text, kind);
  if (!document) document = policy::compile(deny_all, kind);
  return *document;
}

// Is the user or role that the session was made for, or in whose name, still the same?
bool principal_stands(const estate::Estate& estate, const policy::Principal& principal, const estate::Session& session) {
  if (estate.account(principal.account) == nullptr) return false;
  if (principal.type == policy::Principal::Type::root) return true;
  if (principal.type == policy::Principal::Type::federated) {
    if (session.issuer_arn == "arn:aws:iam::" + principal.account + ":root") return true;
    const estate::Principal* issuer = estate.principal(session.issuer_arn);
    return issuer != nullptr && issuer->unique_id == session.issuer_id;
  }
  const bool is_role = principal.type == policy::Principal::Type::role_session;
  const estate::Principal* stored = estate.principal(is_role ? principal.role_arn : principal.arn);
  return stored != nullptr && stored->unique_id == principal.unique_id;
}

std::vector<authz::Named> policies_of(const estate::Estate& estate, const Json& document) {
  std::vector<authz::Named> policies;
  if (document.contains("p")) policies.push_back({.name = std::string(inline_name), .document = compile_or_deny(document.text("p"), policy::Kind::session)});
  for (const std::string& arn : strings(document["m"])) {
    policy::DocumentPtr restriction = estate.managed_policy(arn);
    // A policy deleted since may have denied something: without it the session can do nothing.
    if (restriction == nullptr) restriction = compile_or_deny({}, policy::Kind::session);
    policies.push_back({.name = arn, .document = std::move(restriction)});
  }
  return policies;
}

}  // namespace

Result<SessionCredentials> make_session_token(const service::Environment& environment, const NewSession& session) {
  SessionCredentials credentials{.access_key = unique_id(environment.random, "ASIA").substr(0, 20),
                                 .secret = Secret(random_text(environment.random, secret_alphabet, secret_characters)),
                                 .token = {}};
  const Secret plaintext(encode(session, credentials.secret.reveal_text()).dump());
  const Bytes sealed = crypto::seal(sealing_key(environment.root_key.reveal()).reveal(), plaintext.reveal(), bytes_of(credentials.access_key), environment.random);
  credentials.token = text::base64(sealed);
  if (credentials.token.size() > session_token_bytes_max) {
    return fail(Failure::exhausted, "the session's policies and tags take " + std::to_string(packed_size_percent(credentials.token)) + "% of the space there is");
  }
  return credentials;
}

int packed_size_percent(std::string_view token) {
  return static_cast<int>((token.size() * 100 + session_token_bytes_max - 1) / session_token_bytes_max);
}

Result<OpenedSession> open_session_token(const service::Environment& environment, const estate::Estate& estate,
                                         std::string_view token, std::string_view access_key, TimePoint now) {
  const auto invalid = [] { return fail(Failure::invalid, "the security token included in the request is invalid"); };
  if (token.size() > session_token_bytes_max) return invalid();
  const Result<Bytes> sealed = text::parse_base64(token);
  if (!sealed) return invalid();
  const Result<Secret> plaintext = crypto::open(sealing_key(environment.root_key.reveal()).reveal(), *sealed, bytes_of(access_key));
  if (!plaintext) return invalid();
  const Result<Json> document = text::parse_json(plaintext->reveal_text());
  if (!document || (*document)["v"].as_integer() != token_version) return invalid();

  // Beyond this point the bytes are ours; only time and the estate can speak against them.
  OpenedSession opened{.access_key = std::string(access_key), .secret = Secret(document->text("s")), .principal = {}, .session = {}};
  if (!read_principal(*document, opened.principal)) return invalid();
  auto session = std::make_shared<estate::Session>();
  session->name = document->str("n");
  session->source_identity = document->str("d");
  session->issuer_arn = document->str("f");
  session->issuer_id = document->str("g");
  session->issued_ms = (*document)["i"].as_integer();
  session->expires_ms = (*document)["e"].as_integer();
  session->transitive_tag_keys = strings((*document)["x"]);
  for (const Json::Member& tag : (*document)["t"].members()) session->tags.emplace(tag.key, tag.value.as_string());
  if (text::to_millis(now) >= session->expires_ms) return fail(Failure::denied, "the security token included in the request is expired");
  opened.principal.issuer_arn = session->issuer_arn;
  if (opened.principal.type == policy::Principal::Type::federated) opened.principal.unique_id = session->issuer_id;
  if (!principal_stands(estate, opened.principal, *session)) return invalid();
  if (opened.principal.type == policy::Principal::Type::role_session) {
    opened.principal.service_linked = estate.principal(opened.principal.role_arn)->service_linked;
  }
  session->policies = policies_of(estate, *document);
  opened.session = std::move(session);
  return opened;
}

bool still_valid(const estate::Estate& estate, const OpenedSession& opened, TimePoint now) {
  if (text::to_millis(now) >= opened.session->expires_ms || !principal_stands(estate, opened.principal, *opened.session)) return false;
  return std::ranges::all_of(opened.session->policies, [&](const authz::Named& policy) {
    if (policy.name == inline_name) return true;
    const policy::DocumentPtr managed = estate.managed_policy(policy.name);
    return managed != nullptr && managed == policy.document;
  });
}

}  // namespace ringwall::directory
