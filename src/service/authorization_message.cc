#include "service/authorization_message.h"

#include <algorithm>
#include <map>

#include "crypto/crypto.h"
#include "text/encode.h"

namespace ringwall::service {
namespace {

constexpr std::size_t sealing_bytes = 12 + 16;  // crypto::seal's nonce and tag
constexpr std::size_t plaintext_bytes_max = authorization_message_characters_max / 4 * 3 - sealing_bytes;
constexpr std::size_t name_bytes_max = 2048;  // of a resource: its name may be whatever the caller wrote

Secret sealing_key(const Environment& environment) {
  return crypto::derive_key(environment.root_key.reveal(), "sts authorization messages");
}

// AWS's messages travel in URLs as they are: `-` and `_` stand for base64's `+` and `/`.
std::string translated(std::string text, std::string_view from, std::string_view to) {
  for (char& c : text) {
    if (const std::size_t at = from.find(c); at != std::string_view::npos) c = to[at];
  }
  return text;
}

Json list_of(Json::Array items) { return Json::object({{"items", Json::array(std::move(items))}}); }

Json value_item(std::string_view value) { return Json::object({{"value", value}}); }

// A string, or a list of strings, of a policy.
Json values_of(const Json& value) {
  Json::Array items;
  if (value.is_string()) items.push_back(value_item(value.as_string()));
  for (const Json& each : value.items()) items.push_back(value_item(each.is_string() ? std::string(each.as_string()) : each.dump()));
  if (value.is_bool() || value.is_number()) items.push_back(value_item(value.dump()));
  return list_of(std::move(items));
}

Json conditions_of(const Json& condition) {
  Json::Array items;
  for (const Json::Member& each : condition.members()) {
    for (const Json::Member& key : each.value.members()) {
      items.push_back(Json::object({{"operator", each.key}, {"key", key.key}, {"values", values_of(key.value)}}));
    }
  }
  return list_of(std::move(items));
}

// Whom the statement names; an identity's policy names nobody and speaks of the caller.
Json principals_of(const Json& statement, const policy::Request& request) {
  const Json& named = statement.contains("Principal") ? statement["Principal"] : statement["NotPrincipal"];
  if (named.is_null()) return list_of({value_item(request.principal.unique_id)});
  if (named.is_string()) return values_of(named);
  Json::Array items;
  for (const Json::Member& kind : named.members()) {
    const Json values = values_of(kind.value);
    std::ranges::copy(values["items"].items(), std::back_inserter(items));
  }
  return list_of(std::move(items));
}

Json described(const Json& statement, const policy::Request& request) {
  Json matched = Json::object({{"statementId", statement.text("Sid")},
                               {"effect", statement.text("Effect") == "Deny" ? "DENY" : "ALLOW"},
                               {"principals", principals_of(statement, request)},
                               {"principalGroups", list_of({})}});
  for (const auto& [element, member] : {std::pair{"Action", "actions"}, {"NotAction", "notActions"}, {"Resource", "resources"}, {"NotResource", "notResources"}}) {
    if (statement.contains(element)) matched.set(member, values_of(statement[element]));
  }
  matched.set("conditions", conditions_of(statement["Condition"]));
  return matched;
}

// The policy that decided. Names are unique within a layer, and a policy that two levels of the
// organisation share says the same on both.
const authz::Named* deciding_policy(const authz::Layers& layers, const authz::Decision& decision) {
  const auto among = [&](const auto& policies) -> const authz::Named* {
    for (const authz::Named& named : policies) {
      if (named.name == decision.policy) return &named;
    }
    return nullptr;
  };
  const auto in_levels = [&](const auto& levels) -> const authz::Named* {
    for (const authz::Level& level : levels) {
      if (const authz::Named* found = among(level.policies)) return found;
    }
    return nullptr;
  };
  switch (decision.layer) {
    case authz::Layer::none: return nullptr;
    case authz::Layer::identity: return among(layers.identity);
    case authz::Layer::boundary: return layers.boundary;
    case authz::Layer::session: return layers.session ? among(*layers.session) : nullptr;
    case authz::Layer::resource:
    case authz::Layer::trust:
    case authz::Layer::key: return layers.resource;
    case authz::Layer::scp: return in_levels(layers.scps);
    case authz::Layer::rcp: return in_levels(layers.rcps);
    case authz::Layer::endpoint: return layers.endpoint;
  }
  return nullptr;
}

Json::Array matched_statements(const policy::Request& request, const authz::Layers& layers, const authz::Decision& decision) {
  const authz::Named* named = deciding_policy(layers, decision);
  if (named == nullptr || decision.statement.empty()) return {};
  const policy::Document& document = *named->document;
  const Result<Json> source = text::parse_json(document.source());
  if (!source) return {};
  const Json& statements = (*source)["Statement"];
  for (std::size_t i = 0; i < document.statements(); ++i) {
    if (document.position(i) != decision.position) continue;
    if (statements.is_object()) return {described(statements, request)};
    if (i < statements.items().size()) return {described(statements.items()[i], request)};
  }
  return {};
}

std::string shortened(std::string_view text) {
  if (text.size() <= name_bytes_max) return std::string(text);
  std::size_t end = name_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // no half characters
  return std::string(text.substr(0, end));
}

Json message_of(const policy::Request& request, const authz::Layers& layers, const authz::Decision& decision) {
  Json::Array conditions;
  for (const policy::Context::Entry& entry : request.context.entries()) {
    Json::Array items;
    for (const std::string& value : entry.values) items.push_back(value_item(value));
    conditions.push_back(Json::object({{"key", entry.key}, {"values", list_of(std::move(items))}}));
  }
  const auto* user_id = request.context.find("aws:userid");
  Json principal = Json::object({{"id", user_id != nullptr && !user_id->empty() ? user_id->front() : request.principal.unique_id},
                                 {"arn", request.principal.arn}});
  return Json::object({{"allowed", decision.verdict == authz::Verdict::allow},
                       {"explicitDeny", decision.verdict == authz::Verdict::explicit_deny},
                       {"matchedStatements", list_of(matched_statements(request, layers, decision))},
                       {"failures", list_of({})},
                       {"context", Json::object({{"principal", std::move(principal)},
                                                 {"action", request.action},
                                                 {"resource", shortened(request.resource)},
                                                 {"conditions", list_of(std::move(conditions))}})}});
}

// Leaves out what takes most room until the rest fits: first lists of the statement, which can be
// read in its policy, then keys of the request.
void fit(Json& message) {
  std::size_t size = message.dump().size();
  if (size <= plaintext_bytes_max) return;
  message.set("truncated", true);
  size += std::string_view(R"(,"truncated":true)").size();
  for (Json& statement : message.edit("matchedStatements").edit("items").edit_items()) {
    std::multimap<std::size_t, std::string, std::greater<>> lists;
    for (const Json::Member& member : statement.members()) {
      if (member.value.is_object()) lists.emplace(member.value["items"].dump().size() - 2, member.key);
    }
    for (const auto& [bytes, name] : lists) {
      if (size <= plaintext_bytes_max) return;
      statement.set(name, list_of({}));
      size -= bytes;
    }
  }
  Json::Array& conditions = message.edit("context").edit("conditions").edit("items").edit_items();
  std::ranges::stable_sort(conditions, {}, [](const Json& condition) { return condition.dump().size(); });
  while (size > plaintext_bytes_max && !conditions.empty()) {
    size -= conditions.back().dump().size() + (conditions.size() > 1 ? 1 : 0);
    conditions.pop_back();
  }
}

}  // namespace

std::string encode_authorization_message(const Environment& environment, const policy::Request& request,
                                         const authz::Layers& layers, const authz::Decision& decision) {
  Json message = message_of(request, layers, decision);
  fit(message);
  const std::string plaintext = message.dump();
  const Bytes sealed = crypto::seal(sealing_key(environment).reveal(), bytes_of(plaintext), bytes_of(request.principal.account), environment.random);
  return translated(text::base64(sealed), "+/", "-_");
}

Result<std::string> decode_authorization_message(const Environment& environment, std::string_view account, std::string_view encoded) {
  const auto denied = [] { return fail(Failure::denied, "not an authorization message of this account"); };
  if (encoded.size() > authorization_message_characters_max || encoded.find_first_of("+/") != std::string_view::npos) return denied();
  const Result<Bytes> sealed = text::parse_base64(translated(std::string(encoded), "-_", "+/"));
  if (!sealed) return denied();
  const Result<Secret> plaintext = crypto::open(sealing_key(environment).reveal(), *sealed, bytes_of(account));
  if (!plaintext) return denied();
  return std::string(plaintext->reveal_text());
}

}  // namespace ringwall::service
