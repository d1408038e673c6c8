#include "lint/report.h"

#include <algorithm>
#include <array>
#include <map>

#include "catalogue/catalogue.h"
#include "text/encode.h"

namespace ringwall::lint {
namespace {

using text::Json;

// Control characters of a file's name or of a document must not reach a terminal.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      static constexpr char digits[] = "0123456789abcdef";
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    } else {
      out += c;
    }
  }
  return out;
}

std::array<std::size_t, 4> counts_of(std::span<const FileFindings> files) {
  std::array<std::size_t, 4> counts{};
  for (const FileFindings& file : files) {
    for (const Finding& finding : file.findings)
      ++counts[static_cast<std::size_t>(finding.severity)];
  }
  return counts;
}

constexpr Severity severities[] = {Severity::error, Severity::security_warning, Severity::warning,
                                   Severity::suggestion};

std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string summary(std::span<const FileFindings> files) {
  const auto counts = counts_of(files);
  std::string found;
  for (const Severity severity : severities) {
    const std::size_t count = counts[static_cast<std::size_t>(severity)];
    if (count > 0) found += (found.empty() ? "" : ", ") + counted(count, name_of(severity));
  }
  return counted(files.size(), "file") + ": " + (found.empty() ? "nothing found" : found);
}

std::string source_of_names() {
  const catalogue::Catalogue& catalogue = catalogue::Catalogue::builtin();
  return std::string(catalogue.source()) + " " + std::string(catalogue.source_version());
}

// What SARIF calls a level. Severity in its own words goes into a property.
std::string_view level_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::security_warning:
    case Severity::warning:
      return "warning";
    case Severity::suggestion:
      break;
  }
  return "note";
}

Json sarif_rule(const Rule& rule) {
  Json tags = Json::array({"policy"});
  if (rule.severity == Severity::security_warning) tags.push("security");
  return Json::object({{"id", rule.code},
                       {"shortDescription", Json::object({{"text", rule.what}})},
                       {"help", Json::object({{"text", rule.remedy}})},
                       {"defaultConfiguration", Json::object({{"level", level_of(rule.severity)}})},
                       {"properties", Json::object({{"severity", name_of(rule.severity)},
                                                    {"tags", std::move(tags)}})}});
}

Json sarif_result(const FileFindings& file, const Finding& finding, std::size_t rule_index) {
  const bool is_file = file.name != "<stdin>";
  const std::string uri = is_file ? text::percent_encode(file.name, true) : "stdin";
  Json region =
      Json::object({{"startLine", finding.position.line}, {"startColumn", finding.column}});
  Json location = Json::object(
      {{"physicalLocation", Json::object({{"artifactLocation", Json::object({{"uri", uri}})},
                                          {"region", std::move(region)}})}});
  return Json::object({{"ruleId", finding.rule->code},
                       {"ruleIndex", rule_index},
                       {"level", level_of(finding.severity)},
                       {"message", Json::object({{"text", finding.message}})},
                       {"locations", Json::array({std::move(location)})}});
}

}  // namespace

std::string_view word_for(policy::Kind kind) {
  switch (kind) {
    case policy::Kind::identity:
      return "identity";
    case policy::Kind::boundary:
      return "boundary";
    case policy::Kind::session:
      return "session";
    case policy::Kind::resource:
      return "resource";
    case policy::Kind::trust:
      return "trust";
    case policy::Kind::key:
      return "kms";
    case policy::Kind::scp:
      return "scp";
    case policy::Kind::rcp:
      return "rcp";
    case policy::Kind::endpoint:
      return "endpoint";
  }
  return "";
}

std::optional<Severity> gravest(std::span<const FileFindings> files) {
  std::optional<Severity> gravest;
  for (const FileFindings& file : files) {
    for (const Finding& finding : file.findings)
      gravest = gravest ? std::min(*gravest, finding.severity) : finding.severity;
  }
  return gravest;
}

std::string to_text(std::span<const FileFindings> files) {
  std::string out;
  for (const FileFindings& file : files) {
    const std::string name = printable(file.name);
    if (file.kind_is == KindIs::guessed) {
      out += name + ": read as " + std::string(policy::name_of(file.kind)) +
             " by its shape (--type " + std::string(word_for(file.kind)) + ")\n";
    }
    for (const Finding& finding : file.findings) {
      out += name + ":" + std::to_string(finding.position.line) + ":" +
             std::to_string(finding.column) + ": " + std::string(name_of(finding.severity)) + ": " +
             printable(finding.message) + " [" + std::string(finding.rule->code) + "]\n    " +
             std::string(finding.rule->remedy) + "\n";
    }
  }
  return out + summary(files) + "\n";
}

Json to_json(std::span<const FileFindings> files) {
  Json list = Json::array();
  for (const FileFindings& file : files) {
    Json findings = Json::array();
    for (const Finding& finding : file.findings) {
      findings.push(Json::object({{"code", finding.rule->code},
                                  {"severity", name_of(finding.severity)},
                                  {"refused", finding.refused},
                                  {"line", finding.position.line},
                                  {"column", finding.column},
                                  {"offset", finding.offset},
                                  {"message", finding.message},
                                  {"remedy", finding.rule->remedy}}));
    }
    list.push(Json::object({{"file", file.name},
                            {"type", word_for(file.kind)},
                            {"typeIsGuessed", file.kind_is == KindIs::guessed},
                            {"findings", std::move(findings)}}));
  }
  Json counts = Json::object();
  const auto numbers = counts_of(files);
  for (const Severity severity : severities)
    counts.set(name_of(severity), numbers[static_cast<std::size_t>(severity)]);
  return Json::object({{"files", std::move(list)},
                       {"counts", std::move(counts)},
                       {"catalogue", source_of_names()}});
}

Json to_sarif(std::span<const FileFindings> files, std::string_view tool_version) {
  std::map<std::string_view, std::size_t> indexes;
  Json found_rules = Json::array(), results = Json::array();
  for (const FileFindings& file : files) {
    for (const Finding& finding : file.findings) {
      const auto [at, fresh] = indexes.try_emplace(finding.rule->code, indexes.size());
      if (fresh) found_rules.push(sarif_rule(*finding.rule));
      results.push(sarif_result(file, finding, at->second));
    }
  }
  Json driver = Json::object({{"name", "ringwall lint"},
                              {"version", tool_version},
                              {"rules", std::move(found_rules)},
                              {"properties", Json::object({{"catalogue", source_of_names()}})}});
  Json run = Json::object({{"tool", Json::object({{"driver", std::move(driver)}})},
                           {"columnKind", "unicodeCodePoints"},
                           {"results", std::move(results)}});
  return Json::object({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                       {"version", "2.1.0"},
                       {"runs", Json::array({std::move(run)})}});
}

}  // namespace ringwall::lint
