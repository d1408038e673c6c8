#pragma once
// For tests and fuzz targets: policy documents of every kind that use the whole grammar, over the
// alphabet of testing_requests.h. Nearly all of them compile.

#include <algorithm>

#include "policy/syntax.h"
#include "policy/testing_requests.h"

namespace ringwall::policy::testing {

using text::Json;

// What a generated document is about.
struct Topic {
  Kind kind = Kind::identity;
  std::string_view service = "s3";
  bool v2012 = true;  // knows variables
};

// One to three of what `make` makes, as itself or in a list.
template <typename Make>
Json one_or_list(Choices& choices, Make make) {
  const std::size_t count = choices.below(8);
  if (count < 3) return make();
  Json list = Json::array();
  for (std::size_t n = count < 6 ? 1 : count - 4; n > 0; --n) list.push(make());
  return list;
}

inline std::string variable(Choices& choices) {
  return std::string(choices.of(
      {"${aws:username}"sv, "${aws:PrincipalTag/team}"sv, "${*}"sv, "${?}"sv, "${$}"sv,
       "${aws:PrincipalTag/team, 'red'}"sv, "${AWS:USERNAME,'none'}"sv, "${s3:prefix, ''}"sv,
       "${aws:TagKeys}"sv, "${aws:PrincipalAccount}"sv, "${aws:PrincipalTag/team,'r*d'}"sv}));
}

// The text with a variable in place of some of it.
inline std::string with_variable(Choices& choices, const Topic& topic, std::string text) {
  if (!topic.v2012 && !choices.one_in(8)) return text;
  const std::size_t at = choices.below(text.size() + 1);
  const std::string with = text.substr(0, at) + variable(choices);
  return choices.one_in(2) ? with + text.substr(std::min(text.size(), at + choices.below(6)))
                           : with;
}

// An ARN with variables in some of its parts, the first five among them.
inline std::string arn_with_variables(Choices& choices) {
  std::string_view rest = choices.of({"arn:aws:iam::111122223333:role/app"sv, "arn:aws:s3:::bucket/red/key"sv,
                                      "arn:*:sns:us-east-1:*:topic:sub:x"sv, "arn:aws:kms:*:444455556666:key/*"sv});
  std::string text;
  for (int part = 0; part < 6; ++part) {
    const std::size_t end = part < 5 ? rest.find(':') : rest.size();
    const std::string_view said = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), end + 1));
    if (part > 0) text += ':';
    if (!choices.one_in(3)) {
      text += said;
      continue;
    }
    const std::size_t kept = choices.one_in(2) ? 0 : choices.below(said.size() + 1);
    text += said.substr(0, kept);
    for (std::size_t n = 1 + choices.below(2); n > 0; --n) text += variable(choices);
    if (choices.one_in(3)) text += said.substr(kept);
  }
  return text;
}

inline std::string listed_action(Choices& choices, const Topic& topic) {
  const bool trust = topic.kind == Kind::trust;
  const bool may_star = !trust && topic.kind != Kind::rcp;
  if (may_star && choices.one_in(5)) return choices.one_in(4) ? "*:*" : "*";
  const std::string_view service = choices.one_in(8) ? choices.of(services) : topic.service;
  const std::string_view verb = trust || service == "sts" ? "AssumeRole"sv : choices.of(verbs);
  const std::string name = choices.of({"*"s, "*"s, std::string(verb), near(choices, verb)});
  std::string pattern = ":" + in_some_case(choices, name);
  std::erase_if(pattern, [](char c) { return c == '/' || c < 0; });
  if (pattern.size() == 1 || pattern.rfind(':') != 0) pattern = ":*";
  return (trust ? "sts" : in_some_case(choices, service)) + pattern;
}

// An ARN whose service is written out, as a policy must.
inline std::string listed_resource(Choices& choices, const Topic& topic) {
  if (choices.one_in(4)) return "*";
  const std::string_view near_to = choices.of(arns);
  const auto parts_end = near_to.find(':', near_to.find(':', 4) + 1);
  const std::string head(near_to.substr(0, parts_end));  // arn:aws:s3
  if (head.size() < 7) return "arn:aws:" + std::string(topic.service) + ":*";
  std::string tail(near_to.substr(parts_end));
  switch (choices.below(6)) {
    case 0:
      tail = ":*";
      break;
    case 1:
    case 2:
      tail = ":" + near(choices, tail.substr(1));
      break;
    case 3:
      tail = choices.of(
          {":::*"s, ":*:*:*"s, ":::bucket*"s, ":::bucket/*"s, ":us-*-1:*:*"s, ":*:1111*:*/?*"s});
      break;
    case 4:
      tail = with_variable(choices, topic, ":::bucket/red/key");
      if (!tail.starts_with(":::")) tail = ":::" + variable(choices);
      break;
    default:
      break;
  }
  if (tail != ":*" && std::ranges::count(tail, ':') < 3) tail = ":*";
  if (choices.one_in(12)) return "arn:*" + head.substr(7) + tail;
  return head + tail;
}

inline Json principal_name(Choices& choices, std::string& type) {
  const std::string account(choices.of(accounts));
  const std::string iam = "arn:aws:iam::" + account + ":", sts = "arn:aws:sts::" + account + ":";
  type = "AWS";
  switch (choices.below(14)) {
    case 0:
      return "*";
    case 1:
      return account;
    case 2:
      return iam + "root";
    case 3:
    case 4:
      return iam + "user/alice";
    case 5:
    case 6:
      return iam + "role/app";
    case 7:
    case 8:
      return sts + "assumed-role/app/s1";
    case 9:
      return choices.of({"AIDAALICEALICEALICE1"s, "AROAAPPAPPAPPAPPAPP1"s, iam + "user/path/bob"});
    case 10:
      return sts + "federated-user/carol";
    case 11:
      return iam + "role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS";
    case 12:
      type = "Service";
      return choices.of({"rds.amazonaws.com"s, "ec2.amazonaws.com"s});
    default:
      type = "Federated";
      return choices.of({"accounts.google.com"s, iam + "saml-provider/p"});
  }
}

inline Json listed_principals(Choices& choices) {
  if (choices.one_in(4)) return "*";
  Json named = Json::object();
  for (std::size_t n = 1 + choices.below(4); n > 0; --n) {
    std::string type;
    const Json name = principal_name(choices, type);
    Json& list = named.edit(type);
    if (list.is_null() && choices.one_in(2)) {
      list = name;
    } else {
      if (!list.is_array()) list = list.is_null() ? Json::array() : Json::array({list});
      list.push(name);
    }
  }
  return named;
}

// A value that an operator of this family takes; rarely one that it refuses.
inline Json listed_value(Choices& choices, const Topic& topic, const Operator& op, const Key& key) {
  const auto of_key = [&] {
    std::string text = value_for(choices, key);
    std::erase(text, '\x80');  // JSON holds UTF-8 only
    if (topic.v2012 && text.contains("${")) text = "${$}{aws:username}";
    return choices.one_in(5) ? with_variable(choices, topic, std::move(text)) : text;
  };
  switch (op.family) {
    case Family::text:
    case Family::text_ignoring_case:
      return of_key();
    case Family::text_like: {
      const std::string text = of_key();
      return text.contains('$') ? text : near(choices, text);
    }
    case Family::number:
      switch (choices.below(6)) {
        case 0:
          return choices.of({10, 9, -1, 0});
        case 1:
          return choices.of({10.0, 9.5, 1e300, -0.0});
        case 2:
          return choices.of({std::int64_t{9007199254740993}, std::int64_t{9223372036854775807}});
        default:
          return choices.of(
              {"10"s, "10.0"s, "-1"s, "9007199254740993"s, "9223372036854775808"s, "1e1"s});
      }
    case Family::date:
      if (choices.one_in(5)) return choices.of({0, 1767323045});
      return choices.of({"2026-01-02T03:04:05Z"s, "2026-01-02"s, "2026-01"s, "1767323045"s,
                         "1767323045.5"s, "2026-01-02T04:04:05+01:00"s,
                         "2026-01-02T03:04:05.678Z"s});
    case Family::boolean:
      if (choices.one_in(3)) return choices.one_in(2);
      if (topic.v2012 && choices.one_in(6)) return "${aws:SecureTransport}";
      return choices.of({"true"s, "false"s, "True"s, "FALSE"s});
    case Family::binary:
      return choices.of({"cmVk"s, "QQ=="s, ""s, "YQBi"s});
    case Family::address:
      return choices.of({"10.0.0.0/8"s, "10.0.0.0/24"s, "10.0.0.1"s, "10.0.0.7/0"s, "0.0.0.0/0"s,
                         "::/0"s, "2001:db8::/32"s, "::1"s, "::ffff:0:0/96"s, "10.0.0.1/31"s});
    case Family::arn: {
      if (choices.one_in(8)) return topic.v2012 ? choices.of({"${aws:PrincipalArn}"s, "${aws:PrincipalTag/team}"s}) : "*"s;
      if (topic.v2012 && choices.one_in(4)) return arn_with_variables(choices);
      std::string text(choices.of(arns));
      if (topic.v2012 && text.contains("${")) text = "arn:aws:s3:::bucket/${aws:username}";
      const std::string changed = text.contains('$') ? text : near(choices, text);
      return std::ranges::count(changed, ':') >= 5 ? changed : "arn:*:*:*:*:*";
    }
    case Family::null:
      return choices.of({Json(true), Json(false), Json("true"), Json("False")});
  }
  return nullptr;
}

inline bool suits(const Operator& op, const Key& key) {
  switch (op.family) {
    case Family::text:
    case Family::text_ignoring_case:
    case Family::text_like:
      return key.type == KeyType::text || key.type == KeyType::tags;
    case Family::number:
      return key.type == KeyType::number;
    case Family::date:
      return key.type == KeyType::date;
    case Family::boolean:
      return key.type == KeyType::boolean;
    case Family::binary:
      return key.type == KeyType::binary;
    case Family::address:
      return key.type == KeyType::address;
    case Family::arn:
      return key.type == KeyType::arn;
    case Family::null:
      return true;
  }
  return true;
}

inline void add_condition(Choices& choices, const Topic& topic, Json& conditions) {
  const Operator& op = choices.of(operators());
  const Key* key = &choices.of(keys);
  if (!choices.one_in(24)) {
    for (std::size_t tries = 0; tries < std::size(keys) && !suits(op, *key); ++tries)
      key = key + 1 == std::end(keys) ? std::begin(keys) : key + 1;
  }
  std::string name(op.name);
  if (op.family != Family::null) {
    name = std::string(choices.of({""sv, ""sv, ""sv, "ForAllValues:"sv, "ForAnyValue:"sv})) + name;
    if (choices.one_in(4)) name += "IfExists";
  }
  Json& under = conditions.edit(name);
  if (under.is_object() && !choices.one_in(16)) return;  // the key may stand there already
  under.set(in_some_case(choices, key->name),
            one_or_list(choices, [&] { return listed_value(choices, topic, op, *key); }));
}

inline bool names_principals(Kind kind) {
  return kind == Kind::resource || kind == Kind::trust || kind == Kind::key ||
         kind == Kind::endpoint;
}

// Allows much: without such statements nearly everything would be denied for want of an allow.
inline Json broad_statement(Choices& choices, const Topic& topic) {
  Json json = Json::object({{"Effect", "Allow"}});
  const std::string everything = std::string(topic.service) + ":*";
  json.set("Action", topic.kind == Kind::trust || choices.one_in(3) ? everything : "*");
  if (topic.kind != Kind::trust) json.set("Resource", "*");
  if (names_principals(topic.kind)) {
    Json both = Json::array({std::string(accounts[0]), std::string(accounts[1])});
    json.set("Principal", topic.kind != Kind::endpoint && choices.one_in(2)
                              ? Json::object({{"AWS", std::move(both)}})
                              : listed_principals(choices));
  }
  return json;
}

inline Json statement(Choices& choices, const Topic& topic, std::size_t index) {
  const bool rcp = topic.kind == Kind::rcp, deny = rcp || choices.one_in(4);
  if (!deny && choices.one_in(2)) return broad_statement(choices, topic);
  Json json = Json::object({{"Effect", deny ? "Deny" : "Allow"}});
  if (choices.one_in(3)) json.set("Sid", "S" + std::to_string(index));
  if (rcp) json.set("Principal", "*");
  if (names_principals(topic.kind)) {
    const bool negated = deny && choices.one_in(3);
    json.set(negated ? "NotPrincipal" : "Principal", listed_principals(choices));
  }
  const bool but = topic.kind != Kind::trust && !rcp && choices.one_in(10);
  json.set(but ? "NotAction" : "Action",
           one_or_list(choices, [&] { return listed_action(choices, topic); }));
  if (topic.kind != Kind::trust) {
    json.set(choices.one_in(10) ? "NotResource" : "Resource",
             one_or_list(choices, [&] { return listed_resource(choices, topic); }));
  }
  // A deny without a condition would decide nearly every case.
  const std::size_t count = deny ? 1 + choices.below(4) : choices.below(5) / 2;
  if (count > 0) {
    Json conditions = Json::object();
    for (std::size_t n = count; n > 0; --n) add_condition(choices, topic, conditions);
    json.set("Condition", std::move(conditions));
  }
  return json;
}

// One of very many: it lists an action or a few, and little else.
inline Json short_statement(Choices& choices, const Topic& topic) {
  const auto action = [&] {
    if (!choices.one_in(3)) return listed_action(choices, topic);
    const std::string verb(choices.of(verbs));
    const std::string name = choices.one_in(4) ? verb + "*" : verb;
    return choices.one_in(3) ? numbered(choices, topic.service) + ":" + name
                             : std::string(topic.service) + ":" + numbered(choices, name);
  };
  Json json = Json::object({{"Effect", choices.one_in(8) ? "Deny" : "Allow"}});
  const bool several = choices.one_in(3);
  json.set(choices.one_in(12) ? "NotAction" : "Action",
           several ? Json::array({action(), action(), action()}) : Json(action()));
  json.set("Resource", choices.one_in(2) ? "*" : "arn:aws:s3:::bucket*");
  if (names_principals(topic.kind)) json.set("Principal", listed_principals(choices));
  return json;
}

inline Json document(Choices& choices, Topic topic) {
  const bool guardrail = topic.kind == Kind::scp || topic.kind == Kind::rcp;
  topic.v2012 = guardrail || !choices.one_in(6);
  Json json = Json::object();
  if (topic.v2012) {
    json.set("Version", "2012-10-17");
  } else if (choices.one_in(2)) {
    json.set("Version", "2008-10-17");
  }
  const bool takes_long = topic.kind == Kind::identity || topic.kind == Kind::boundary ||
                          topic.kind == Kind::resource || topic.kind == Kind::endpoint;
  if (takes_long && choices.one_in(24)) {
    Json& list = json.edit("Statement") = Json::array();
    for (std::size_t n = choices.below(80); n > 0; --n) list.push(short_statement(choices, topic));
    if (!list.items().empty()) return json;
  }
  std::size_t index = 0;
  json.set("Statement", one_or_list(choices, [&] { return statement(choices, topic, index++); }));
  return json;
}

}  // namespace ringwall::policy::testing
