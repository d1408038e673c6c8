// `ringwall lint`: files in, findings out.

#include "lint/lint.h"

#include <fmt/format.h>

#include "commands.h"
#include "lint/report.h"
#include "os/files.h"

namespace ringwall::app {
namespace {

// Far above any policy: a longer file is no policy, and is not read.
constexpr std::size_t lint_bytes_max = 16UL * 1024 * 1024;

Result<lint::FileFindings> lint_file(const std::string& name, const LintFlags& flags) {
  RW_TRY(const std::string text, os::read_file(name == "-" ? "/dev/stdin" : name, lint_bytes_max));
  lint::FileFindings file;
  file.name = name == "-" ? "<stdin>" : name;
  file.kind_is = flags.kind ? lint::KindIs::given : lint::KindIs::guessed;
  file.kind = flags.kind ? *flags.kind : lint::guess_kind(text);
  file.findings = lint::lint(text, file.kind);
  return file;
}

void print(const std::vector<lint::FileFindings>& files, LintFormat format) {
  switch (format) {
    case LintFormat::text:
      fmt::print("{}", lint::to_text(files));
      break;
    case LintFormat::json:
      fmt::print("{}\n", lint::to_json(files).dump_pretty());
      break;
    case LintFormat::sarif:
      fmt::print("{}\n", lint::to_sarif(files, RINGWALL_VERSION).dump_pretty());
      break;
  }
}

}  // namespace

int lint_files(const LintFlags& flags) {
  std::vector<lint::FileFindings> files;
  bool unreadable = false;
  for (const std::string& name : flags.files) {
    auto file = lint_file(name, flags);
    if (!file) {
      complain(file.error().message);
      unreadable = true;
    } else {
      files.push_back(*std::move(file));
    }
  }
  // Where nothing could be read there is nothing to sum up for a person.
  if (!files.empty() || flags.format != LintFormat::text) print(files, flags.format);
  if (unreadable) return exit_usage;
  const auto gravest = lint::gravest(files);
  return gravest && *gravest <= flags.fail_on ? exit_failure : exit_success;
}

}  // namespace ringwall::app
