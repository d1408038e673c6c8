// `ringwall collect`: the user's AWS CLI asked for everything that a proof needs.

#include "collect.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "commands.h"

namespace ringwall::app {
namespace {

constexpr int exit_refused = 2, exit_bad_input = 3;
constexpr std::size_t refused_shown_max = 20;

// One line that is written over: for a person who watches, and nobody else.
void show_progress(std::size_t done, std::size_t all, const std::string& what) {
  fmt::print(stderr, "\r\x1b[K{} of {}  {:.60}", done, all, what);
  std::fflush(stderr);
}

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
  return all;
}

}  // namespace

CLI::App* add_collect(CLI::App& app, CollectFlags& flags) {
  collect::Options& options = flags.options;
  CLI::App* command = app.add_subcommand("collect", "Read an organisation's policies with your AWS CLI into an export folder.");
  command->footer("Calls only operations that read, with the AWS CLI's own credentials and settings (AWS_PROFILE, AWS_ENDPOINT_URL, …).\n"
                  "What is in the folder already is not asked again: a run that was stopped goes on where it was.\n"
                  "Services: " + joined(collect::service_names()) + "\n"
                  "Example: AWS_PROFILE=audit ringwall collect --role OrganizationAccountAccessRole --region eu-west-1 export/\n"
                  "Exit status: 0 everything was read, 2 something was refused (it is told, and in refused.json), 3 wrong input or no AWS CLI.");
  command->add_option("folder", options.folder, "where the files go; made if it is missing")->required()->type_name("DIR");
  command->add_option("--account", options.accounts, "an account to read (repeat for more; default: all that are active)")->type_name("ID");
  command->add_option("--role", options.role, "the role to assume in the other accounts; empty: none")->capture_default_str()->type_name("NAME");
  command->add_option("--region", options.regions, "a Region to read (repeat for more; default: the AWS CLI's)")->type_name("REGION");
  command->add_option("--services", options.services, "the services to read, with commas between (default: all)")->delimiter(',')->type_name("NAMES");
  command->add_option("--aws", options.aws, "the AWS CLI, version 1 or 2")->capture_default_str()->type_name("PROGRAM");
  command->add_option("--parallel", options.parallel, "calls at a time")->capture_default_str();
  command->add_flag("--refresh", options.refresh, "ask again for what is in the folder");
  command->add_flag("--dry-run", flags.dry_run, "print the calls, and make none");
  return command;
}

int collect(const CollectFlags& flags) {
  if (flags.dry_run) {
    for (const std::string& line : collect::calls(flags.options)) fmt::print("{}\n", line);
    return exit_success;
  }
  collect::Options options = flags.options;
  const bool is_watched = ::isatty(STDERR_FILENO) == 1;
  if (is_watched) options.progress = show_progress;
  const Result<collect::Summary> summary = collect::collect(options);
  if (is_watched) fmt::print(stderr, "\r\x1b[K");
  if (!summary) return complain(summary.error().message, exit_bad_input);
  fmt::print("{} files written, {} kept, {} calls refused\n", summary->files, summary->kept, summary->refused.size());
  for (std::size_t i = 0; i < std::min(summary->refused.size(), refused_shown_max); ++i) complain("refused: " + summary->refused[i]);
  if (summary->refused.size() > refused_shown_max) {
    complain(fmt::format("and {} more: see {}/refused.json", summary->refused.size() - refused_shown_max, options.folder));
  }
  return summary->refused.empty() ? exit_success : exit_refused;
}

}  // namespace ringwall::app
