#pragma once
// Estates of templates, whose principals and resources differ in names that come close to each other and to what other policies
// name; and single changes to them. What is shared between cells, and kept between proofs, is held to the plain way by these.

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "prove/prove.h"
#include "prove/testing_estate.h"

namespace ringwall::prove::testing::shared {

inline constexpr const char* unlisted_account = "333344445555";  // mine by the perimeter file alone
inline constexpr const char* outsider = "999900001111";

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t count) { return random_() % count; }
  bool once_in(std::size_t count) { return below(count) == 0; }
  template <typename Value>
  const Value& one_of(const std::vector<Value>& all) { return all[below(all.size())]; }

 private:
  std::mt19937_64 random_;
};

// Words of the catalogue's types, of exceptions, parts of each other, accounts, and plain ones.
inline const std::vector<std::string>& names() {
  static const std::vector<std::string> all = {"zeta", "zeta7", "7",   "omega",       "omegalake",    "role",         "key",
                                               "logs", "job",  "jobs", member,        other_member,   outsider,       "us-east-1",
                                               "a-b",  "a",    "b",    "object",      "function",     unlisted_account, "index"};
  return all;
}
inline const std::vector<std::string>& accounts() {
  static const std::vector<std::string> all = {member, other_member};
  return all;
}

// Text with a number of holes: {A} an account, {N} and {M} names. A template is filled once for each principal or resource.
inline std::string filled(std::string text, const std::string& account, const std::string& name, const std::string& second) {
  const auto put = [&](const std::string& hole, const std::string& value) {
    for (std::size_t at = 0; (at = text.find(hole, at)) != std::string::npos; at += value.size()) text.replace(at, hole.size(), value);
  };
  put("{A}", account);
  put("{N}", name);
  put("{M}", second);
  return text;
}

inline const std::vector<std::string>& patterns() {
  static const std::vector<std::string> all = {
      "*", "arn:aws:s3:::data-{N}", "arn:aws:s3:::data-{N}/*", "arn:aws:s3:::data-{N}*", "arn:aws:s3:::*-{N}", "arn:aws:s3:::data-{N}/{M}/*",
      "arn:aws:s3:::data-{M}", "arn:aws:s3:::{N}.{M}", "arn:aws:s3:::data-{A}-{N}", "arn:aws:s3:::*", "arn:aws:s3:::data-?{N}",
      "arn:aws:sqs:us-east-1:{A}:{N}", "arn:aws:sqs:*:{A}:{N}-*", "arn:aws:sqs:*:*:{N}", "arn:aws:sqs:us-east-1:" + std::string(outsider) + ":{N}",
      "arn:aws:kms:us-east-1:{A}:key/{N}", "arn:aws:kms:*:*:key/{N}", "arn:aws:iam::{A}:role/{N}", "arn:aws:iam::*:role/{N}/{M}",
      "arn:aws:dynamodb:us-east-1:*:table/{N}/index/{M}", "arn:aws:lambda:us-east-1:*:function:{N}:{M}", "arn:aws:s3:::data-{N}/${aws:username}",
      "arn:aws:s3:::data-*/{N}", "arn:aws:sqs:*:*:*:{N}"};
  return all;
}
inline const std::vector<std::string>& conditions() {
  static const std::vector<std::string> all = {
      "", "", "", R"("StringEquals":{"aws:ResourceAccount":"{A}"})", R"("StringNotEquals":{"aws:ResourceOrgID":"o-ringwall01"})",
      R"("StringEquals":{"aws:PrincipalTag/team":"{N}"})", R"("StringLike":{"aws:PrincipalTag/team":"a*"})",
      R"("NotIpAddressIfExists":{"aws:SourceIp":"203.0.113.0/24"},"StringNotEqualsIfExists":{"aws:SourceVpc":"vpc-0a"},"BoolIfExists":{"aws:ViaAWSService":"false","aws:PrincipalIsAWSService":"false"})",
      R"("StringEquals":{"aws:PrincipalAccount":"{A}"})", R"("StringEquals":{"aws:PrincipalOrgID":"o-ringwall01"})",
      R"("ArnLike":{"aws:PrincipalArn":"arn:aws:iam::{A}:role/{N}"})", R"("StringEquals":{"aws:SourceVpce":"vpce-0a"})",
      R"("StringNotEqualsIfExists":{"aws:VpceOrgID":"o-ringwall01"})", R"("ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-ringwall01/r-1/ou-1/*"})"};
  return all;
}
inline const std::vector<std::string>& principals() {
  static const std::vector<std::string> all = {
      R"("*")", R"({"AWS":"*"})", R"({"AWS":"{A}"})", R"({"AWS":"arn:aws:iam::{A}:role/{N}"})", R"({"AWS":["arn:aws:iam::{A}:role/{N}","arn:aws:iam::{A}:role/{M}"]})",
      R"({"AWS":"arn:aws:sts::{A}:assumed-role/{N}/session"})", R"({"AWS":"arn:aws:sts::{A}:assumed-role/{N}/{M}"})",
      R"({"AWS":")" + std::string(outsider) + R"("})", R"({"AWS":")" + std::string(unlisted_account) + R"("})",
      R"({"AWS":["arn:aws:iam::)" + std::string(outsider) + R"(:role/{N}","{A}"]})", R"({"Service":"cloudtrail.amazonaws.com"})"};
  return all;
}

inline std::string statement(Dice& dice, const char* effect, bool of_resource) {
  std::string text = R"({"Effect":")" + std::string(effect) + "\"";
  if (of_resource) text += std::string(dice.once_in(8) ? R"(,"NotPrincipal":)" : R"(,"Principal":)");
  const bool not_principal = text.contains("NotPrincipal");
  if (of_resource) text += not_principal ? R"({"AWS":"arn:aws:iam::{A}:role/{N}"})" : dice.one_of(principals());
  if (not_principal) text = R"({"Effect":"Deny")" + text.substr(text.find(','));
  text += R"(,"Action":)" + dice.one_of(std::vector<std::string>{R"("*")", R"("s3:*")", R"(["s3:GetObject","sqs:SendMessage"])", R"(["kms:Decrypt","dynamodb:*","lambda:*"])", R"("sts:*")"});
  const std::string first = dice.one_of(patterns()), second = dice.one_of(patterns());
  text += std::string(!of_resource && dice.once_in(5) ? R"(,"NotResource":[")" : R"(,"Resource":[")") + first + (dice.once_in(2) ? R"(",")" + second : "") + R"("])";
  const std::string when = dice.one_of(conditions());
  return text + (when.empty() ? "" : R"(,"Condition":{)" + when + "}") + "}";
}
inline std::string policy(Dice& dice, bool of_resource) {
  std::string text = statement(dice, "Allow", of_resource);
  if (dice.once_in(2)) text += "," + statement(dice, "Allow", of_resource);
  if (dice.once_in(2)) text += "," + statement(dice, "Deny", of_resource);
  return text;
}

// What an estate is made of; a change takes one part and draws it anew.
struct Parts {
  struct Role {
    std::string account, name, unique = "", text, trust, boundary;  // boundary: empty, none
    estate::Tags tags = {};
  };
  struct Resource {
    std::string arn, account, text;  // text: empty, no policy
  };
  struct Account {
    std::string unit;
    bool networks = true, resources = true, rcps = true;
    std::string more_scp;
  };
  std::vector<Role> roles;
  std::vector<Resource> resources;
  std::vector<Account> accounts = std::vector<Account>(2);
  std::string endpoint;  // its policy; empty: none
  bool has_endpoint = false, member_is_listed = true;
  std::string vpc_region = "us-east-1";
  perimeter::Perimeter file = perimeter_file();
  std::vector<std::string> identities, guards;  // templates
};

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : dice_(seed) {
    for (int i = 0; i < 2; ++i) {
      parts_.identities.push_back(policy(dice_, false));
      parts_.guards.push_back(policy(dice_, true));
    }
    for (std::size_t i = 0; i < 4; ++i) parts_.roles.push_back(role());
    for (std::size_t i = 0; i < 4; ++i) parts_.resources.push_back(resource());
    for (Parts::Account& account : parts_.accounts) draw(account);
    parts_.has_endpoint = dice_.once_in(2);
    if (dice_.once_in(3)) parts_.file.accounts = {unlisted_account};
  }

  // One change, told in words.
  std::string change() {
    switch (dice_.below(14)) {
      case 0: {
        Parts::Role& one = parts_.roles[dice_.below(parts_.roles.size())];
        one.text = filled(dice_.one_of(parts_.identities), one.account, dice_.one_of(names()), dice_.one_of(names()));
        return "a role's policy, of a template";
      }
      case 1:
        parts_.roles[dice_.below(parts_.roles.size())].text = filled(policy(dice_, false), member, dice_.one_of(names()), dice_.one_of(names()));
        return "a role's policy, of its own";
      case 2:
        if (parts_.roles.size() > 2 && dice_.once_in(2)) parts_.roles.erase(parts_.roles.begin());
        else parts_.roles.push_back(role());
        return "a role more or less";
      case 3:
        parts_.roles[dice_.below(parts_.roles.size())].boundary = dice_.once_in(2) ? allow_all() : filled(policy(dice_, false), member, dice_.one_of(names()), dice_.one_of(names()));
        return "a boundary";
      case 4:
        parts_.roles[dice_.below(parts_.roles.size())].tags["team"] = dice_.one_of(names());
        return "a tag";
      case 5: {
        Parts::Resource& one = parts_.resources[dice_.below(parts_.resources.size())];
        one.text = dice_.once_in(4) ? "" : filled(dice_.one_of(parts_.guards), one.account, dice_.one_of(names()), dice_.one_of(names()));
        return "a resource's policy";
      }
      case 6:
        if (parts_.resources.size() > 2 && dice_.once_in(2)) parts_.resources.erase(parts_.resources.begin());
        else parts_.resources.push_back(resource());
        return "a resource more or less";
      case 7:
        draw(parts_.accounts[dice_.below(2)]);
        return "an account's unit and what is attached to it";
      case 8: {
        const std::string scp = R"({"Effect":"Deny","Action":["s3:*","sqs:*"],"Resource":")" +
                                filled(dice_.one_of(std::vector<std::string>{"arn:aws:s3:::data-{N}", "arn:aws:s3:::data-{N}/*", "arn:aws:sqs:*:*:{N}*", "*"}), member, dice_.one_of(names()), "x") + "\"}";
        parts_.accounts[dice_.below(2)].more_scp = dice_.once_in(3) ? "" : scp;
        return "an SCP";
      }
      case 9:
        parts_.has_endpoint = !dice_.once_in(4);
        parts_.endpoint = dice_.once_in(2) ? endpoint_statement() : filled(policy(dice_, true), member, dice_.one_of(names()), dice_.one_of(names()));
        return "an endpoint";
      case 10:
        parts_.member_is_listed = !parts_.member_is_listed;
        return "an account more or less";
      case 11:
        parts_.vpc_region = parts_.vpc_region == "us-east-1" ? "eu-west-1" : "us-east-1";
        return "a network's Region";
      default:
        return change_file();
    }
  }

  loaders::Loaded estate() const {
    Builder builder;
    builder.account(management, "", {}, {});
    for (std::size_t i = 0; i < 2; ++i) {
      if (i == 1 && !parts_.member_is_listed) continue;
      const Parts::Account& account = parts_.accounts[i];
      std::vector<policy::DocumentPtr> scps = {document(allow_all(), policy::Kind::scp)}, rcps = {document(R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"})", policy::Kind::rcp)};
      if (account.resources) scps.push_back(document(only_my_resources(), policy::Kind::scp));
      if (account.networks) scps.push_back(document(only_my_networks({"vpc-0a"}, ""), policy::Kind::scp));
      if (!account.more_scp.empty()) scps.push_back(document(account.more_scp, policy::Kind::scp));
      if (account.rcps) rcps.push_back(document(only_my_principals(R"(["s3:*","sqs:*"])", "*"), policy::Kind::rcp));
      builder.account(accounts()[i], account.unit, builder.chain("r-1", scps, "scp-"), builder.chain("r-1", rcps, "rcp-"));
    }
    for (const Parts::Role& one : parts_.roles) {
      if (!parts_.member_is_listed && one.account == other_member) continue;
      builder.role(one.account, one.name, document(one.text, policy::Kind::identity), document(one.trust, policy::Kind::trust), one.tags);
    }
    for (const Parts::Resource& one : parts_.resources)
      builder.resource(one.arn, one.account, one.text.empty() ? nullptr : document(one.text, policy::Kind::resource), one.arn.contains(":kms:") ? authz::ResourceKind::key : authz::ResourceKind::plain);
    builder.vpc("vpc-0a", member, parts_.vpc_region);
    if (parts_.has_endpoint)
      builder.endpoint("vpce-0a", member, "vpc-0a", "s3", parts_.endpoint.empty() ? nullptr : document(parts_.endpoint, policy::Kind::endpoint));
    return with_boundaries(std::move(builder).finish());
  }
  const perimeter::Perimeter& file() const { return parts_.file; }

 private:
  Parts::Role role() {
    Parts::Role made;
    made.account = dice_.one_of(accounts());
    made.name = dice_.one_of(names()) + (dice_.once_in(2) ? "" : "-" + dice_.one_of(names()));
    made.text = filled(dice_.one_of(parts_.identities), made.account, dice_.one_of(names()), dice_.one_of(names()));
    made.trust = filled(dice_.one_of(std::vector<std::string>{R"({"Effect":"Allow","Principal":{"AWS":"{A}"},"Action":"sts:AssumeRole"})",
                                                              R"({"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"})",
                                                              R"({"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"})"}),
                        made.account, "", "");
    made.tags["team"] = dice_.one_of(names());
    return made;
  }
  Parts::Resource resource() {
    const std::string account = dice_.one_of(accounts()), name = dice_.one_of(names());
    const std::string arn = filled(dice_.one_of(std::vector<std::string>{"arn:aws:s3:::data-{N}", "arn:aws:s3:::data-{A}-{N}", "arn:aws:sqs:us-east-1:{A}:{N}", "arn:aws:kms:us-east-1:{A}:key/{N}"}), account, name, "");
    return {arn, account, dice_.once_in(4) ? "" : filled(dice_.one_of(parts_.guards), account, dice_.one_of(names()), dice_.one_of(names()))};
  }
  void draw(Parts::Account& account) {
    account = {dice_.once_in(2) ? "ou-1" : "ou-2", !dice_.once_in(3), !dice_.once_in(3), !dice_.once_in(3), ""};
  }
  std::string change_file() {
    perimeter::Perimeter& file = parts_.file;
    switch (dice_.below(7)) {
      case 0:
        file.networks.estate_vpcs = !file.networks.estate_vpcs;
        return "the file: estate_vpcs";
      case 1:
        file.networks.cidrs = {text::parse_cidr(dice_.once_in(2) ? "203.0.113.0/24" : "198.51.100.0/24", text::HostBits::refuse).value()};
        return "the file: addresses";
      case 2:
        file.accounts = file.accounts.empty() ? std::vector<std::string>{unlisted_account} : std::vector<std::string>{};
        return "the file: an account";
      case 3:
        file.services = {};
        if (dice_.once_in(2)) file.services.push_back({"cloudtrail.amazonaws.com", {}, {"arn:aws:s3:::data-" + dice_.one_of(names()) + "/*"}});
        return "the file: a service";
      case 4:
        file.aws_owned = {};
        if (dice_.once_in(2)) file.aws_owned.push_back({{"arn:aws:s3:::data-" + dice_.one_of(names())}, {}});
        return "the file: what AWS owns";
      case 5:
        file.networks.vpcs = {};
        if (dice_.once_in(2)) file.networks.vpcs.push_back({"us-east-1", "vpc-0a"});
        return "the file: a VPC";
      default: {
        file.exceptions = {};
        if (dice_.once_in(4)) return "the file: no exception";
        perimeter::Exception made;
        made.name = "one";
        made.resources = {filled(dice_.one_of(patterns()), member, dice_.one_of(names()), "x")};
        if (made.resources.front().contains("$") || dice_.once_in(4)) made.resources.clear();
        if (dice_.once_in(2)) made.principals = {dice_.once_in(2) ? "arn:aws:iam::" + std::string(member) + ":role/" + dice_.one_of(names()) + "*" : std::string(outsider)};
        if (dice_.once_in(2)) made.expires = dice_.once_in(2) ? "2025-01-01" : "2027-01-01";
        file.exceptions.push_back(std::move(made));
        return "the file: an exception";
      }
    }
  }
  loaders::Loaded with_boundaries(loaders::Loaded made) const {
    estate::Estate next = *made.estate;
    estate::Table<estate::Principal>::Editor editor(next.principals);
    for (const Parts::Role& one : parts_.roles) {
      const estate::Principal* found = editor.find("arn:aws:iam::" + one.account + ":role/" + one.name);
      if (one.boundary.empty() || found == nullptr) continue;
      estate::Principal bounded = *found;
      bounded.boundary = authz::Named{"boundary", document(one.boundary, policy::Kind::boundary)};
      editor.put(std::move(bounded));
    }
    next.principals = std::move(editor).finish();
    made.estate = std::make_shared<const estate::Estate>(std::move(next));
    return made;
  }

  Dice dice_;
  Parts parts_;
};

// All that a report says of its cells.
inline std::string verdicts(const Report& report) {
  std::string text;
  for (const Row& row : report.rows) {
    for (const CellOf& cell : row.cells) {
      text += std::string(perimeter::name_of(row.objective)) + " " + cell.subject + " " + std::string(name_of(cell.verdict));
      for (const Guard guard : cell.guards) text += " " + std::string(name_of(guard));
      for (const std::size_t exception : cell.exceptions) text += " exception " + std::to_string(exception);
      std::vector<std::string> undecided = cell.undecided;
      std::ranges::sort(undecided);
      for (const std::string& why : undecided) text += " (" + why + ")";
      std::set<std::string> leaks;  // what leaks, whoever is told of first
      for (const std::size_t leak : cell.leaks) {
        std::string one = std::string(perimeter::name_of(report.leaks[leak].objective));
        for (const std::string_view action : report.leaks[leak].finding.actions) one += " " + std::string(action);
        leaks.insert(std::move(one));
      }
      for (const std::string& leak : leaks) text += " [" + leak + "]";
      text += "\n";
    }
    text += std::to_string(row.proved) + " proved " + std::to_string(row.leaking) + " leaking " + std::to_string(row.inconclusive) + " inconclusive\n";
    for (const Guard guard : row.sole_guards) text += "rests on " + std::string(name_of(guard)) + "\n";
  }
  for (const ExceptionUse& use : report.exceptions) text += "exception " + std::to_string(use.exception) + ": " + std::to_string(use.uses) + " uses\n";
  text += std::to_string(report.principals) + " principals " + std::to_string(report.resources) + " resources " + std::to_string(report.roles) + " roles\n";
  return text;
}

inline std::string first_difference(const std::string& plain, const std::string& shared) {
  const auto [a, b] = std::ranges::mismatch(plain, shared);
  const auto line = [](const std::string& text, auto at) {
    const auto index = static_cast<std::size_t>(at - text.begin());
    const std::size_t begin = index == 0 ? 0 : text.rfind('\n', index - 1) + 1;
    return text.substr(begin, text.find('\n', index) - begin);
  };
  return "plain:  " + line(plain, a) + "\nshared: " + line(shared, b);
}

}  // namespace ringwall::prove::testing::shared
