// Whatever the bytes: every finding lies in the text, in its order, and a finding that says the
// policy room refuses the document is there exactly if it does. The first byte chooses the kind.

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "lint/lint.h"
#include "lint/report.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall;
  if (size == 0) return -1;
  const auto kind = static_cast<policy::Kind>(data[0] % 9);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<lint::Finding> findings = lint::lint(text, kind);
  for (const lint::Finding& finding : findings) {
    RW_CHECK(finding.offset <= text.size());
    RW_CHECK(finding.position == text::position_of(text, finding.offset));
    RW_CHECK(finding.column <= finding.position.column);
    RW_CHECK(!finding.refused || finding.severity == lint::Severity::error);
  }
  RW_CHECK(std::ranges::is_sorted(findings, {}, &lint::Finding::offset));
  const bool refused = std::ranges::any_of(findings, &lint::Finding::refused);
  RW_CHECK(policy::compile(text, kind).has_value() == !refused);

  const lint::FileFindings file{"policy.json", lint::guess_kind(text), lint::KindIs::guessed,
                                std::move(findings)};
  // Messages quote the document: what is written of them must be read again.
  RW_CHECK(text::parse_json(lint::to_json({&file, 1}).dump()).has_value());
  RW_CHECK(text::parse_json(lint::to_sarif({&file, 1}, "0").dump()).has_value());
  return 0;
}
