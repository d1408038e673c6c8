// `ringwall lint`: files in, findings out.

#include "lint/lint.h"

#include <fmt/format.h>

#include "commands.h"
#include "lint/report.h"
#include "loaders/loaders.h"
#include "os/files.h"
#include "text/json.h"

namespace ringwall::app {
namespace {

// Far above any policy: a longer file is no policy, and is not read.
constexpr std::size_t lint_bytes_max = 16UL * 1024 * 1024;

// What holds policies and is none, in words; empty: it may be one.
std::string holder_of_policies(const std::string& text) {
  const loaders::File file{{}, text};
  const auto format = loaders::format_of({&file, 1});
  if (!format || *format == loaders::Format::export_folder) return {};
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool is_json = first != std::string::npos && text[first] == '{';
  // A policy may speak of resources and of types of CloudFormation's.
  if (const auto json = text::parse_json(text, {.bytes_max = lint_bytes_max});
      is_json && (!json || json->contains("Statement")))
    return {};
  switch (*format) {
    case loaders::Format::authorization_details:
      return "what `iam get-account-authorization-details` prints";
    case loaders::Format::terraform:
      return "a plan or state of Terraform";
    case loaders::Format::cloudformation:
    case loaders::Format::export_folder:
      break;
  }
  return "a template of CloudFormation";
}

Result<lint::FileFindings> lint_file(const std::string& name, const LintFlags& flags) {
  RW_TRY(const std::string text, os::read_file(name == "-" ? "/dev/stdin" : name, lint_bytes_max));
  if (const std::string holder = holder_of_policies(text); !holder.empty())
    return fail(Failure::invalid, name + ": this is " + holder + ", and no policy: `ringwall prove --estate " + name +
                                      "` reads the policies in it");
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
