// The command line: flags in, a subcommand out. No logic.

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <functional>
#include <map>

#include "backup.h"
#include "collect.h"
#include "commands.h"
#include "generate.h"
#include "lint/report.h"
#include "perimeter.h"
#include "proofs.h"
#include "volumes.h"
#include "text/visible.h"
#include "words.h"

namespace ringwall::app {

int complain(const std::string& message, int status) {
  fmt::print(stderr, "ringwall: {}\n", text::visible_lines(message));  // it may quote what came from outside
  return status;
}

namespace {

void add_data(CLI::App& command, std::string& data) {
  command.add_option("--data", data, "the data folder")->capture_default_str()->type_name("DIR")->envname("RINGWALL_DATA");
}

}  // namespace

const std::map<std::string, policy::Kind>& policy_kinds() {
  using enum policy::Kind;
  static const std::map<std::string, policy::Kind> kinds = [] {
    std::map<std::string, policy::Kind> words;
    for (const policy::Kind kind : {identity, boundary, session, resource, trust, key, scp, rcp, endpoint})
      words[std::string(lint::word_for(kind))] = kind;
    return words;
  }();
  return kinds;
}

void add_format(CLI::App& command, Format& format) {
  static const std::map<std::string, Format> names = {{"text", Format::text}, {"json", Format::json}};
  takes(command.add_option("--format", format, "text for people, json for programs"), names, "text|json");
}

namespace {

void add_lint(CLI::App& command, LintFlags& flags) {
  command.footer("Findings bear the codes of AWS's IAM Access Analyzer where they mean the same; docs/reference/lint.md lists them.\n"
                 "Without --type each document's shape decides: with principals it is a resource policy, or a role's trust\n"
                 "policy if it lists sts: actions and no resource; else an identity policy.\n"
                 "Examples: ringwall lint --type scp policies/*.json\n"
                 "          aws iam get-role --role-name app --query Role.AssumeRolePolicyDocument | ringwall lint --type trust -\n"
                 "          ringwall lint --format sarif --fail-on warning policies/*.json >lint.sarif\n"
                 "Exit status: 0 nothing as grave as --fail-on, 1 something was, 2 wrong usage or a file cannot be read.");
  command.add_option("file", flags.files, "policy documents, or - for standard input")->required()->type_name("FILE");
  takes(command.add_option("--type", flags.kind, "what the documents are; RCPs, SCPs and the like cannot be guessed"), policy_kinds(), policy_kind_words);
  static const std::map<std::string, LintFormat> formats = {
      {"text", LintFormat::text}, {"json", LintFormat::json}, {"sarif", LintFormat::sarif}};
  takes(command.add_option("--format", flags.format, "text for people, json for programs, sarif for code scanning"), formats, "text|json|sarif");
  static const std::map<std::string, lint::Severity> severities = {{"error", lint::Severity::error},
                                                                   {"security-warning", lint::Severity::security_warning},
                                                                   {"warning", lint::Severity::warning},
                                                                   {"suggestion", lint::Severity::suggestion}};
  takes(command.add_option("--fail-on", flags.fail_on, "the least grave finding that makes the exit status 1 (default: error)"), severities, "error|security-warning|warning|suggestion");
}

int run(int argc, char** argv) {
  CLI::App app{"Ringwall draws a circle around an organisation's data, proves that it holds, and enforces it.", "ringwall"};
  app.set_version_flag("--version", std::string("ringwall ") + RINGWALL_VERSION);
  app.require_subcommand(1);
  app.failure_message(CLI::FailureMessage::simple);
  app.footer("Start with:  sudo ringwall serve --data /var/lib/ringwall\n"
             "Then:        eval \"$(sudo ringwall env --data /var/lib/ringwall)\" && aws sts get-caller-identity\n"
             "Exit status: 0 done, 1 failed, 2 wrong usage, 3 no server runs on the data folder.");

  ServeFlags serve_flags;
  CLI::App* serve_command = app.add_subcommand("serve", "Run a Ringwall in the foreground.");
  serve_command->footer("Prints one line once it answers. Ctrl-C or SIGTERM stops it cleanly; a killed server leaves its databases\n"
                        "serving, and the next start adopts them.");
  add_data(*serve_command, serve_flags.data);
  serve_command->add_option("--listen", serve_flags.listen, "where the API listens; port 0 lets the system choose")->capture_default_str()->type_name("ADDRESS:PORT");
  serve_command->add_option("--region", serve_flags.region, "the Region this Ringwall is")->capture_default_str();
  serve_command->add_option("--dns-suffix", serve_flags.dns_suffix, "the domain of endpoint names")->capture_default_str();
  serve_command->add_option("--host-name", serve_flags.host_names,
                            "another name or address by which clients reach it, as behind a load balancer; `*.` and a name is every name below it; may be repeated")
      ->allow_extra_args(false)
      ->type_name("NAME");
  serve_command->add_option("--user", serve_flags.user, "whom the server runs as (default: `ringwall` if there is one, else a uid nobody has)");
  static const std::map<std::string, OnStop> endings = {{"stop", OnStop::stop}, {"keep", OnStop::keep}};
  takes(serve_command->add_option("--on-stop", serve_flags.on_stop, "what a clean stop does with running databases"), endings, "stop|keep");
  static const std::map<std::string, host::Storage> storages = {{"reserved", host::Storage::reserved}, {"sparse", host::Storage::sparse}};
  takes(serve_command->add_option("--storage", serve_flags.storage, "whether the disk sets a database's storage aside when it is made, or finds it as it is written"), storages, "reserved|sparse");
  serve_command->add_option("--threads", serve_flags.threads, "threads that read requests (0: one for each processor)")->check(CLI::Range(0, 256));
  serve_command->add_flag("--without-limits", serve_flags.without_limits,
                          "start databases even where the kernel cannot hold them to their class's memory, processes and processor time");
  serve_command->add_flag("--network-keys-everywhere", serve_flags.network_keys_everywhere,
                          "have requests to every service say whose VPC endpoint they came through (aws:VpceOrgID and its like), not to those alone that AWS lists");

  std::string data = data_folder_default;
  Format format = Format::text;
  CLI::App* env_command = app.add_subcommand("env", "Print shell exports that point the AWS CLI, SDKs and Terraform at a running server.");
  env_command->footer("Use it as: eval \"$(ringwall env --data DIR)\"");
  add_data(*env_command, data);
  add_format(*env_command, format);

  CLI::App* status_command = app.add_subcommand("status", "Show a running server: its networks, databases and health.");
  add_data(*status_command, data);
  add_format(*status_command, format);

  ExecFlags exec_flags;
  CLI::App* exec_command = app.add_subcommand("exec", "Run a command at a place in a VPC, as if on an instance there.");
  exec_command->footer("Example: ringwall exec --vpc vpc-… --subnet subnet-… --security-group sg-… -- psql \"host=… sslmode=verify-full\"\n"
                       "The exit status is the command's. It sees the system's programs, the working directory (read-only), a private /tmp as HOME,\n"
                       "and its own processes; it has no privileges.");
  add_data(*exec_command, exec_flags.data);
  exec_command->add_option("--vpc", exec_flags.vpc, "the VPC")->required()->type_name("ID");
  exec_command->add_option("--subnet", exec_flags.subnet, "a subnet of it")->required()->type_name("ID");
  exec_command->add_option("--security-group", exec_flags.groups, "a security group of it (repeat for more; default: the VPC's default group)")->type_name("ID");
  exec_command->add_option("--as", exec_flags.as, "run it as this user of the host's, with that user's home; `root` keeps every privilege (default: a uid that is nobody's)")->type_name("USER");
  exec_command->add_flag("--host-view", exec_flags.host_view, "show it the host's files, as that user may read and change them, instead of the system's, read-only, and the working directory");
  exec_command->add_option("command", exec_flags.command, "the command and its arguments, after --")->required()->type_name("COMMAND");
  exec_command->positionals_at_end();

  SeverFlags sever_flags;
  CLI::App* sever_command = app.add_subcommand("sever", "End every open connection of a database, an interface, a security group or an address, at once.");
  sever_command->footer("Revoking a rule lets nobody new in and leaves what is open, as on AWS. Example: ringwall sever --database app\n"
                        "Exit status: 0 done, 1 failed, 2 wrong usage, 3 no server runs on the data folder.");
  add_data(*sever_command, sever_flags.data);
  CLI::Option_group* severed = sever_command->add_option_group("whose", "just one");
  severed->add_option("--database", sever_flags.database, "a database: identifier, resource id or ARN")->type_name("NAME");
  severed->add_option("--interface", sever_flags.interface, "a network interface")->type_name("ID");
  severed->add_option("--security-group", sever_flags.group, "every interface that has the security group")->type_name("ID");
  CLI::Option* severed_address = severed->add_option("--address", sever_flags.address, "an address of a VPC")->type_name("IP");
  severed->require_option(1);
  severed_address->needs(sever_command->add_option("--vpc", sever_flags.vpc, "the VPC that the address is of")->type_name("ID"));
  add_format(*sever_command, sever_flags.format);

  AuthorizeFlags authorize_flags;
  CLI::App* authorize_command = app.add_subcommand("authorize", "Decide a request under given policies, and say why.");
  authorize_command->footer("A question is one JSON object: {\"request\": {\"principal\", \"action\", \"resource\", \"context\"}, \"policies\": {…}}.\n"
                            "Without a file, ask with flags:\n"
                            "  ringwall authorize --live --principal arn:aws:iam::111122223333:user/ann --action rds:DeleteDBInstance\n"
                            "Exit status: 0 allow, 1 deny, 2 the question is wrong, 3 no server runs; of --cases: 0 all pass, 1 some fail, 2 a file is wrong.");
  CLI::Option* question = authorize_command->add_option("question", authorize_flags.question, "the file with the question, or - for standard input")->type_name("FILE");
  authorize_command->add_option("--cases", authorize_flags.cases, "hold rule files, or every *.rule of a folder, to the decisions they expect")
      ->type_name("PATH")->excludes(question);
  authorize_command->add_flag("--live", authorize_flags.live, "under the policies of the running server; layers in the question replace the server's");
  authorize_command->add_option("--data", authorize_flags.data, "the running server's data folder")->capture_default_str()->envname("RINGWALL_DATA");
  CLI::Option* principal = authorize_command->add_option("--principal", authorize_flags.principal, "who asks, in place of a file")->type_name("ARN")->excludes(question);
  authorize_command->add_option("--action", authorize_flags.action, "what for, as `rds:DeleteDBInstance`")->type_name("ACTION")->needs(principal);
  authorize_command->add_option("--resource", authorize_flags.resource, "on what")->type_name("ARN")->capture_default_str()->needs(principal);
  authorize_command->add_option("--context", authorize_flags.context, "a condition key's value; a key given again has several")->type_name("KEY=VALUE")->needs(principal);
  authorize_command->add_flag("--show", authorize_flags.show, "print the question, filled in by --live, and decide nothing: to keep it, or to try a change");
  authorize_command->add_flag("--batch", authorize_flags.batch, "one question a line in, one answer a line out");
  authorize_command->add_flag("--why", authorize_flags.why, "every statement considered, and why it did or did not apply");
  add_format(*authorize_command, authorize_flags.format);

  LintFlags lint_flags;
  CLI::App* lint_command = app.add_subcommand("lint", "Find what is wrong or unwise in policy documents.");
  add_lint(*lint_command, lint_flags);

  Chosen chosen;
  add_backup(app, chosen);
  add_restore(app, chosen);
  add_check(app, chosen);
  add_volumes(app, chosen);
  add_new_store(app, chosen);
  CollectFlags collect_flags;
  CLI::App* collect_command = add_collect(app, collect_flags);
  add_proofs(app, chosen);
  PerimeterFlags perimeter_flags;
  CLI::App* perimeter_subcommand = add_perimeter(app, perimeter_flags);
  GenerateFlags generate_flags;
  CLI::App* generate_subcommand = add_generate(app, generate_flags);

  std::string shell;
  CLI::App* completion_command = app.add_subcommand("completion", "Print a completion script for a shell.");
  completion_command->add_option("shell", shell, "the shell")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));

  std::string about;
  CLI::App* help_command = app.add_subcommand("help", "Explain a subcommand.");
  help_command->add_option("subcommand", about, "the subcommand");

  const std::string first = argc > 1 ? argv[1] : "";
  const auto is_first = [&](const CLI::App* one) { return one->get_name() == first; };
  if (!first.empty() && !first.starts_with('-') && app.get_subcommands(is_first).empty())
    return complain("there is no subcommand `" + first + "`: see `ringwall help`", exit_usage);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (app.exit(error) == 0) return exit_success;
    return *collect_command || is_proof(first) ? exit_bad_input : exit_usage;  // theirs have another meaning for 2
  }
  if (chosen) return chosen();
  if (*serve_command) return serve(serve_flags);
  if (*env_command) return env(data, format);
  if (*status_command) return status(data, format);
  if (*exec_command) return exec(exec_flags);
  if (*sever_command) return sever(sever_flags);
  if (*authorize_command) return authorize(authorize_flags);
  if (*lint_command) return lint_files(lint_flags);
  if (*collect_command) return collect(collect_flags);
  if (*perimeter_subcommand) return perimeter_command(perimeter_flags);
  if (*generate_subcommand) return generate_command(generate_flags);
  if (*completion_command) return completion(shell);
  const CLI::App* subject = &app;
  if (!about.empty()) {
    const auto all = app.get_subcommands([&](const CLI::App* one) { return one->get_name() == about; });
    if (all.empty()) return complain("there is no subcommand `" + about + "`: see `ringwall help`", exit_usage);
    subject = all.front();
  }
  // App::help() would explain the subcommand that was given, which is `help`.
  const std::string name = about.empty() ? app.get_name() : app.get_name() + " " + about;
  fmt::print("{}", subject->get_formatter()->make_help(subject, name, CLI::AppFormatMode::Normal));
  return exit_success;
}

}  // namespace
}  // namespace ringwall::app

int main(int argc, char** argv) { return ringwall::app::run(argc, argv); }
