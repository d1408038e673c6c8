#pragma once
// Findings of several files, for people and for programs.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "lint/lint.h"

namespace ringwall::lint {

// How a file's kind became known.
enum class KindIs : std::uint8_t { given, guessed };

struct FileFindings {
  std::string name;  // a path, or `<stdin>`
  policy::Kind kind = policy::Kind::identity;
  KindIs kind_is = KindIs::given;
  std::vector<Finding> findings;
};

// The name of a kind on the command line: "identity", "scp", "kms", …
std::string_view word_for(policy::Kind kind);

// The gravest severity found; nothing if nothing was.
std::optional<Severity> gravest(std::span<const FileFindings> files);

// A line a finding, as compilers write them, and the remedy below it; then what there was in all.
std::string to_text(std::span<const FileFindings> files);

text::Json to_json(std::span<const FileFindings> files);

// SARIF 2.1.0: one run, the rules that were found, a result a finding. Columns count Unicode code
// points.
text::Json to_sarif(std::span<const FileFindings> files, std::string_view tool_version);

}  // namespace ringwall::lint
