#pragma once
// For tests: an estate in lines that can be compared, whichever file it was read from.

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "loaders/loaders.h"

namespace ringwall::loaders::testing {

inline text::Json sorted(const text::Json& json) {
  if (json.is_array()) {
    text::Json made = text::Json::array();
    for (const auto& item : json.items()) made.push(sorted(item));
    return made;
  }
  if (!json.is_object()) return json;
  std::vector<std::pair<std::string, text::Json>> members;
  for (const auto& member : json.members()) members.emplace_back(member.key, sorted(member.value));
  std::ranges::sort(members, {}, [](const auto& member) -> const std::string& { return member.first; });
  text::Json made = text::Json::object();
  for (auto& [key, value] : members) made.set(key, std::move(value));
  return made;
}

inline std::string line_of(const std::optional<authz::Named>& policy) {
  if (!policy) return "none";
  const auto json = text::parse_json(policy->document->source());
  RW_CHECK(json.has_value());
  return policy->name + " " + sorted(*json).dump();
}

// What has no id yet is called otherwise in every kind of file.
inline std::string without_stand_ins(std::string text) {
  for (std::size_t at = text.find('('); at != std::string::npos; at = text.find('(', at + 1)) {
    const std::size_t end = text.find(')', at);
    if (end != std::string::npos) text.replace(at, end + 1 - at, "(new)");
  }
  return text;
}

inline std::string describe(const estate::Estate& estate) {
  std::ostringstream out;
  if (estate.organization) out << "organisation " << estate.organization->id << " " << estate.organization->management_account << " " << estate.organization->root_id << "\n";
  const auto chain = [&](const char* what, const estate::Chain& levels) {
    for (const auto& level : levels) {
      out << "  " << what << " " << level.target << "\n";
      for (const auto& policy : level.policies) out << "    " << line_of(policy) << "\n";
    }
  };
  estate.accounts.for_each([&](const auto& account) {
    out << "account " << account.id << " " << account.name << " " << account.org_path << "\n";
    chain("scps", account.scps);
    chain("rcps", account.rcps);
  });
  estate.principals.for_each([&](const auto& principal) {
    out << "principal " << principal.arn << " of " << principal.account << " " << principal.name << (principal.service_linked ? " service-linked" : "") << "\n";
    for (const auto& [key, value] : principal.tags) out << "  tag " << key << "=" << value << "\n";
    for (const auto& policy : principal.identity) out << "  identity " << line_of(policy) << "\n";
    out << "  boundary " << line_of(principal.boundary) << "\n  trust " << line_of(principal.trust) << "\n";
  });
  estate.managed_policies.for_each([&](const auto& policy) {
    out << "managed " << line_of(authz::Named{policy.arn, policy.document}) << "\n";
  });
  estate.resources.for_each([&](const auto& resource) {
    out << (resource.kind == authz::ResourceKind::key ? "key " : "resource ") << resource.arn << " of " << resource.account << "\n  " << line_of(resource.policy) << "\n";
  });
  estate.vpcs.for_each([&](const auto& vpc) {
    out << "vpc " << vpc.id << " of " << vpc.account;
    for (const auto& cidr : vpc.cidrs) out << " " << text::to_string(cidr);
    out << "\n";
  });
  estate.endpoints.for_each([&](const auto& endpoint) {
    out << "endpoint " << endpoint.id << " of " << endpoint.account << " in " << endpoint.vpc << " to " << endpoint.service << "\n  " << line_of(endpoint.policy) << "\n";
  });
  return out.str();
}

inline std::string describe(const std::vector<Gap>& gaps) {
  static constexpr const char* kinds[] = {"missing", "truncated", "unreadable", "placeholder", "unsupported"};
  std::ostringstream out;
  for (const Gap& gap : gaps) {
    out << kinds[static_cast<int>(gap.kind)] << " " << gap.subject << " " << gap.path << ":" << gap.position.line << ":" << gap.position.column << " " << gap.message << "\n";
  }
  return out.str();
}

inline File test_file(const std::string& name) {
  std::ifstream in(std::string(RINGWALL_SOURCE_DIR) + "/src/loaders/testdata/" + name, std::ios::binary);
  RW_CHECK(in.good());
  std::ostringstream text;
  text << in.rdbuf();
  return {name, text.str()};
}

}  // namespace ringwall::loaders::testing
