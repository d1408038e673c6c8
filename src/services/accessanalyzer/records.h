#pragma once
// What Access Analyzer stores: analyzers, their archive rules, and what was found about each resource.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "records/table.h"
#include "text/json.h"

namespace ringwall::accessanalyzer {

using text::Json;

enum class AnalyzerType : std::uint8_t { account, organization };
inline constexpr std::array<std::string_view, 2> analyzer_type_words = {"ACCOUNT", "ORGANIZATION"};
inline std::span<const std::string_view> words(AnalyzerType) { return analyzer_type_words; }

struct StoredAnalyzer {
  std::string arn, name;
  AnalyzerType type = AnalyzerType::account;
  std::int64_t created = 0;
  std::map<std::string, std::string> tags;
  std::string id;            // of this one, when another had its name before
  std::string client_token;  // of the call that made it; empty: it brought none
};
template <typename A, records::Is<StoredAnalyzer> T>
void fields(A& archive, T& v) {
  archive.wire("arn", v.arn);
  archive.wire("name", v.name);
  archive.wire("type", v.type);
  archive.wire("createdAt", v.created);
  archive.wire("tags", v.tags);
  archive.kept("id", v.id);
  archive.kept("client_token", v.client_token);
}

struct ArchiveRule {
  std::string name;
  Json filter;  // attribute -> criterion, as it was asked for: detail/rules.h reads it
  std::int64_t created = 0, updated = 0;
};
template <typename A, records::Is<ArchiveRule> T>
void fields(A& archive, T& v) {
  archive.wire("ruleName", v.name);
  archive.wire("filter", v.filter);
  archive.wire("createdAt", v.created);
  archive.wire("updatedAt", v.updated);
}

enum class FindingStatus : std::uint8_t { active, archived, resolved };
inline constexpr std::array<std::string_view, 3> finding_status_words = {"ACTIVE", "ARCHIVED", "RESOLVED"};
inline std::span<const std::string_view> words(FindingStatus) { return finding_status_words; }

enum class RcpRestriction : std::uint8_t { not_applicable, applied };
inline constexpr std::array<std::string_view, 2> rcp_restriction_words = {"NOT_APPLICABLE", "APPLIED"};
inline std::span<const std::string_view> words(RcpRestriction) { return rcp_restriction_words; }

// Access from outside.
struct Finding {
  std::map<std::string, std::string> principal;  // one: {"AWS": …}
  std::vector<std::string> action;
  std::map<std::string, std::string> condition;  // by their keys, without operators
  bool is_public = false;
  RcpRestriction rcp_restriction = RcpRestriction::not_applicable;
  std::optional<std::string> error;  // what kept the analysis from being sure
  std::string id;
  std::int64_t created = 0, updated = 0;
  FindingStatus status = FindingStatus::active;
  friend bool operator==(const Finding&, const Finding&) = default;
};
template <typename A, records::Is<Finding> T>
void fields(A& archive, T& v) {
  archive.wire("principal", v.principal);
  archive.wire("action", v.action);
  archive.wire("condition", v.condition);
  archive.wire("isPublic", v.is_public);
  archive.wire("resourceControlPolicyRestriction", v.rcp_restriction);
  archive.wire("error", v.error);
  archive.wire("id", v.id);
  archive.wire("createdAt", v.created);
  archive.wire("updatedAt", v.updated);
  archive.wire("status", v.status);
}

struct AnalysedResource {
  std::string arn, type, account;
  std::int64_t created = 0;
  std::vector<Finding> findings;
  std::string fingerprint;  // of all that the analysis depends on; empty: the resource is gone
  std::int64_t analyzed = 0;
};
template <typename A, records::Is<AnalysedResource> T>
void fields(A& archive, T& v) {
  archive.wire("resourceArn", v.arn);
  archive.wire("resourceType", v.type);
  archive.wire("resourceOwnerAccount", v.account);
  archive.wire("createdAt", v.created);
  archive.kept("findings", v.findings);
  archive.kept("fingerprint", v.fingerprint);
  archive.wire("analyzedAt", v.analyzed);
}

namespace tables {
inline constexpr records::Table<StoredAnalyzer, 2> analyzers{"accessanalyzer/*/analyzer/*"};            // account, name
inline constexpr records::Table<ArchiveRule, 3> archive_rules{"accessanalyzer/*/rule/*/*"};              // account, analyzer id, name
inline constexpr records::Table<AnalysedResource, 3> analysed_resources{"accessanalyzer/*/resource/*/*"};  // account, analyzer id, hash of the ARN
}  // namespace tables

}  // namespace ringwall::accessanalyzer
