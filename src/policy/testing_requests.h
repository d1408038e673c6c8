#pragma once
// For tests and fuzz targets: requests over a small alphabet, so that what policies list and what
// requests hold collide often, and the values at the edges of every type.

#include "policy/request.h"
#include "policy/testing_choices.h"

namespace ringwall::policy::testing {

using namespace std::literals;

inline constexpr std::string_view accounts[] = {"111122223333", "444455556666"};
inline constexpr std::string_view services[] = {"s3", "s3", "kms", "ec2", "sts", "rds"};
inline constexpr std::string_view verbs[] = {"GetObject", "GetObject", "PutObject",
                                             "GetItems",  "Get",       "Decrypt"};

// A service or verb of which there are many, as long documents list them.
inline std::string numbered(Choices& choices, std::string_view name) {
  return std::string(name) + std::to_string(choices.below(40));
}

inline constexpr std::string_view arns[] = {
    "arn:aws:s3:::bucket/red/key",
    "arn:aws:s3:::bucket",
    "arn:aws:iam::111122223333:role/app",
    "arn:aws:iam::111122223333:user/alice",
    "arn:aws:iam::444455556666:user/path/bob",
    "arn:aws:ec2:us-east-1:111122223333:instance/i-1",
    "arn:aws:kms:us-east-1:444455556666:key/k1",
    "arn:aws:s3:::bucket/red*/key",
    "arn:aws:s3:::bucket/${aws:username}",
    "arn:aws:s3:::a:b:c",
    "arn:aws:s3:::",
    "arn:aws:sns:us-east-1:444455556666:topic:sub:x",
    "arn:aws-cn:s3:::bucket/alice",
    "arn::::::",
};
// What is no ARN, or not quite.
inline constexpr std::string_view near_arns[] = {"*",
                                                 "",
                                                 "arn:aws:s3",
                                                 "arn:aws:s3::",
                                                 "bucket",
                                                 "ARN:aws:s3:::bucket",
                                                 "arn:aws:s3:::bucket/\x80"};

// What the values of a key look like.
enum class KeyType : std::uint8_t { text, tags, arn, address, date, number, boolean, binary };

struct Key {
  std::string_view name;
  KeyType type;
};
inline constexpr Key keys[] = {
    {"aws:PrincipalTag/team", KeyType::text},
    {"aws:username", KeyType::text},
    {"s3:prefix", KeyType::text},
    {"aws:PrincipalAccount", KeyType::text},
    {"aws:TagKeys", KeyType::tags},
    {"aws:PrincipalOrgPaths", KeyType::tags},
    {"aws:PrincipalArn", KeyType::arn},
    {"aws:SourceArn", KeyType::arn},
    {"aws:SourceIp", KeyType::address},
    {"aws:VpcSourceIp", KeyType::address},
    {"aws:CurrentTime", KeyType::date},
    {"aws:EpochTime", KeyType::date},
    {"s3:max-keys", KeyType::number},
    {"aws:MultiFactorAuthAge", KeyType::number},
    {"aws:SecureTransport", KeyType::boolean},
    {"aws:MultiFactorAuthPresent", KeyType::boolean},
    {"rds:Blob", KeyType::binary},
};

inline constexpr std::string_view text_values[] = {"red",
                                                   "red",
                                                   "alice",
                                                   "Red",
                                                   "RED",
                                                   "blue",
                                                   "",
                                                   "red*",
                                                   "r?d",
                                                   "*",
                                                   "rd",
                                                   "r\xC3\xA9"
                                                   "d",
                                                   "${aws:username}",
                                                   "111122223333",
                                                   "none",
                                                   "red/key",
                                                   "iam::1",
                                                   "arn",
                                                   "arn:aws",
                                                   "\x80"};
inline constexpr std::string_view address_values[] = {"10.0.0.1",
                                                      "10.0.0.255",
                                                      "10.1.0.1",
                                                      "192.168.1.1",
                                                      "::1",
                                                      "2001:db8::1",
                                                      "2001:DB8:0::1",
                                                      "::ffff:10.0.0.1",
                                                      "10.0.0.256",
                                                      "10.0.0.1/32",
                                                      "",
                                                      "10.0.0.01",
                                                      "::"};
inline constexpr std::string_view date_values[] = {"2026-01-02T03:04:05Z",
                                                   "2026-01-02",
                                                   "2026-01",
                                                   "20260102T030405Z",
                                                   "1767323045",
                                                   "1767323045.5",
                                                   "2026-01-02T03:04:05.678Z",
                                                   "2026-01-02T04:04:05+01:00",
                                                   "2026-13-01",
                                                   "0",
                                                   "",
                                                   "253402300799",
                                                   "253402300800",
                                                   "9999-12-31T23:59:59Z",
                                                   "now"};
inline constexpr std::string_view number_values[] = {"10",
                                                     "10.0",
                                                     "-1",
                                                     "9",
                                                     "9007199254740993",
                                                     "9007199254740992",
                                                     "9223372036854775807",
                                                     "9223372036854775808",
                                                     "1e1",
                                                     "1e308",
                                                     "1e309",
                                                     "0x10",
                                                     "",
                                                     "ten",
                                                     " 10",
                                                     "-0",
                                                     "0",
                                                     "1e-400"};
inline constexpr std::string_view boolean_values[] = {"true",  "true", "false", "True",
                                                      "FALSE", "1",    ""};
inline constexpr std::string_view binary_values[] = {"red", "A", "", "cmVk", "a\0b"sv};

inline std::string value_of_type(Choices& choices, KeyType type) {
  switch (type) {
    case KeyType::text:
    case KeyType::tags:
      return std::string(choices.of(text_values));
    case KeyType::arn:
      return std::string(choices.one_in(12) ? choices.of(near_arns) : choices.of(arns));
    case KeyType::address:
      return std::string(choices.of(address_values));
    case KeyType::date:
      return std::string(choices.of(date_values));
    case KeyType::number:
      return std::string(choices.of(number_values));
    case KeyType::boolean:
      return std::string(choices.of(boolean_values));
    case KeyType::binary:
      return std::string(choices.of(binary_values));
  }
  return {};
}

// Rarely of another type.
inline std::string value_for(Choices& choices, const Key& key) {
  return value_of_type(choices, choices.one_in(24) ? choices.of(keys).type : key.type);
}

// A key is absent, has one value, an empty list, or several values.
inline Context context(Choices& choices) {
  Context context;
  for (const Key& key : keys) {
    const std::size_t chosen = choices.below(16);
    if (chosen < 5) continue;
    std::vector<std::string> values;
    const bool several = chosen == 5 || key.type == KeyType::tags;
    for (std::size_t n = several ? choices.below(4) : 1; n > 0; --n)
      values.push_back(value_for(choices, key));
    context.set(in_some_case(choices, key.name), std::move(values));
  }
  return context;
}

// One of a few callers of each type, twice over in two accounts.
inline Principal principal(Choices& choices) {
  using Type = Principal::Type;
  const std::string account(choices.of(accounts));
  const std::string iam = "arn:aws:iam::" + account + ":", sts = "arn:aws:sts::" + account + ":";
  const std::string session(choices.of({"s1"sv, "s2"sv}));
  switch (choices.below(12)) {
    case 0:
    case 1:
    case 2:
      return {Type::user, iam + "user/alice", "", account, "AIDAALICEALICEALICE1", "", "", false};
    case 3:
      return {Type::user, iam + "user/path/bob", "", account, "AIDABOBBOBBOBBOBBOB1", "", "",
              false};
    case 4:
    case 5:
    case 6:
      return {Type::role_session,
              sts + "assumed-role/app/" + session,
              iam + "role/app",
              account,
              "AROAAPPAPPAPPAPPAPP1",
              "",
              "",
              false};
    case 7:  // a role made again under its old name: another unique id
      return {Type::role_session,
              sts + "assumed-role/app/" + session,
              iam + "role/app",
              account,
              "AROAAPPAPPAPPAPPAPP2",
              "",
              "",
              false};
    case 8: {
      const std::string role = "aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS";
      return {Type::role_session,
              sts + "assumed-role/AWSServiceRoleForRDS/" + session,
              iam + "role/" + role,
              account,
              "AROARDSRDSRDSRDSRDS1",
              "",
              "",
              true};
    }
    case 9:
      return {Type::root, iam + "root", "", account, account, "", "", false};
    case 10:
      if (choices.one_in(2)) return {Type::service, "", "", "", "", "rds.amazonaws.com", "", false};
      return {};
    default:
      if (choices.one_in(2))
        return {Type::federated, sts + "federated-user/carol", "", account, "", "", "", false};
      return {Type::federated, "", "", "", "", "", "accounts.google.com", false};
  }
}

// What is asked for mostly belongs to one service: the one its policies are about.
inline Request request(Choices& choices, std::string_view service) {
  Request request;
  request.principal = principal(choices);
  const std::string_view asked = choices.one_in(6) ? choices.of(services) : service;
  const std::string_view verb = asked == "sts" ? "AssumeRole"sv : choices.of(verbs);
  request.action = in_some_case(choices, std::string(asked) + ":" + std::string(verb));
  if (choices.one_in(10)) request.action = in_some_case(choices, numbered(choices, request.action));
  if (choices.one_in(40)) request.action = numbered(choices, asked) + ":" + std::string(verb);
  if (choices.one_in(100)) request.action = choices.of({""sv, "s3"sv, ":"sv, "s3:"sv, "a:b:c"sv});
  request.resource = choices.one_in(20) ? choices.of(near_arns) : choices.of(arns);
  if (!choices.one_in(12))
    request.resource_account =
        choices.one_in(4) ? std::string(choices.of(accounts)) : request.principal.account;
  request.context = context(choices);
  return request;
}

}  // namespace ringwall::policy::testing
