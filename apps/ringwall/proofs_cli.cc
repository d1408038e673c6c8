// The command lines of the subcommands that prove and compare.

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "lint/report.h"
#include "proofs.h"
#include "os/files.h"
#include "text/time.h"
#include "words.h"

namespace ringwall::app {
namespace {

constexpr std::array<std::string_view, 5> names = {"prove", "diff", "who-can", "what-can", "compare"};

constexpr const char* statuses_of_questions = "Exit status: 0 answered, 2 something could not be decided, 3 bad input, 70 a bug of Ringwall.";

void add_threads(CLI::App& command, unsigned& threads) {
  command.add_option("--threads", threads, "threads that prove (0: one for each processor)")->check(CLI::Range(0, 256));
}

void add_defaults(CLI::App& command, EstateFlags& flags, EstateFlags* other = nullptr) {
  const auto both = [other](std::string EstateFlags::*member, EstateFlags& first) {
    return [other, member, &first](const std::string& value) {
      first.*member = value;
      if (other != nullptr) other->*member = value;
    };
  };
  command.add_option_function<std::string>("--account", both(&EstateFlags::account, flags), "the account of Terraform and CloudFormation resources that name none")->type_name("ID");
  command.add_option_function<std::string>("--region", both(&EstateFlags::region, flags), "their Region (default: us-east-1)")->type_name("REGION");
  command.add_option_function<std::vector<std::string>>("--parameter", [&flags, other](const std::vector<std::string>& values) {
    flags.parameters = values;
    if (other != nullptr) other->parameters = values;
  }, "a value of a template's parameter, or of AWS::StackName and its like (repeat for more)")->type_name("NAME=VALUE");
  command.add_option_function<std::string>("--parameters", both(&EstateFlags::parameters_file, flags), "the same in a file, as `aws cloudformation --parameters file://` takes it")->type_name("FILE");
  command.add_option_function<std::string>("--managed-policies", both(&EstateFlags::managed_policies, flags), "texts of AWS's own policies that templates and plans attach: a file each, called as the policy is")->type_name("DIR");
}

void add_prove(CLI::App& command, ProveFlags& flags) {
  command.footer("The objectives: identity/resources, identity/networks, resource/principals, resource/networks, network/principals,\n"
                 "network/resources, trust, perimeter (all layers together), and agents where the perimeter file has them.\n"
                 "Examples: ringwall prove --perimeter perimeter.yaml --estate export/\n"
                 "          ringwall prove --perimeter perimeter.yaml --estate export/ --estate plan.json --page report.html\n"
                 "          ringwall prove --perimeter perimeter.yaml --estate export/ --watch\n"
                 "          ringwall prove --perimeter perimeter.yaml --live --certificate proof.txt && ringwall check --perimeter perimeter.yaml --live proof.txt\n"
                 "Exit status: 0 proved, 1 a leak, 2 something could not be decided, 3 bad input, 70 a bug of Ringwall.");
  command.add_option("--perimeter", flags.perimeter, "the perimeter file: what is mine, and what is excepted")->type_name("FILE");
  add_estate(command, flags.estate);
  static const std::map<std::string, ProofFormat> formats = {
      {"text", ProofFormat::text}, {"json", ProofFormat::json}, {"sarif", ProofFormat::sarif}, {"html", ProofFormat::html}};
  takes(command.add_option("--format", flags.format, "text for people, json for programs, sarif for code scanning, html: a page"), formats, "text|json|sarif|html");
  command.add_option("--out", flags.out, "the report goes there and not to standard output")->type_name("FILE");
  command.add_option("--page", flags.page, "writes the page too")->type_name("FILE");
  command.add_option("--sarif", flags.sarif, "writes SARIF 2.1.0 too")->type_name("FILE");
  command.add_option("--json", flags.json, "writes the JSON report too")->type_name("FILE");
  command.add_option("--certificate", flags.certificate, "writes a certificate of every cell that is proved, for `ringwall check`")->type_name("FILE");
  command.add_option("--today", flags.today, "the day on which exceptions expire or not (default: the clock's, in UTC)")->type_name("DATE");
  command.add_option("--objective", flags.objectives, "report on this objective alone (repeat for more)")->type_name("NAME");
  command.add_flag("--no-depth", flags.no_depth, "do not ask which layers hold each cell alone: faster");
  CLI::Option* watch = command.add_flag("--watch", flags.watch, "stay, prove again whenever the files change, and tell what changed; --format text or json");
  command.add_option("--interval", flags.interval_s, "seconds between two looks at the files")->needs(watch)->check(CLI::Range(0.01, 86'400.0))->capture_default_str()->type_name("S");
  add_threads(command, flags.threads);
  command.add_flag("--schema", flags.schema, "print the JSON schema of the JSON report, and prove nothing");
}

void add_diff(CLI::App& command, DiffFlags& flags) {
  command.footer("Example: ringwall diff --before export/ --after export/ --after plan.json\n"
                 "Exit status: 0 nothing is newly allowed, 1 something is, 2 something could not be decided, 3 bad input, 70 a bug of Ringwall.");
  command.add_option("--before", flags.before.paths, "the estate as it was: as `prove --estate`")->required()->type_name("PATH");
  command.add_option("--after", flags.after.paths, "the estate as it is or will be")->required()->type_name("PATH");
  add_defaults(command, flags.before, &flags.after);
  add_threads(command, flags.threads);
  add_format(command, flags.format);
}

void add_compare(CLI::App& command, CompareFlags& flags) {
  command.footer("Each line of --batch is {\"a\": DOC, \"b\": DOC} with \"type\"? beside them; a DOC is a policy document, or the path of\n"
                 "one, from the folder of PAIRS. Each line is answered by one, in order, with its number as \"line\".\n"
                 "A service or resource control policy that allows nothing is read as standing beside full access.\n"
                 "Exit status: 0 everything A allows B allows, 1 not so, 2 not decided, 3 bad input, 70 a bug of Ringwall; of --batch the worst.");
  command.add_option("policy", flags.files, "the two policy documents, or - for standard input")->expected(0, 2)->type_name("A B");
  takes(command.add_option("--type", flags.kind, "what the documents are (default: by the first one's shape)"), policy_kinds(), policy_kind_words);
  command.add_option("--batch", flags.batch, "many pairs, one a line, or - for standard input")->type_name("PAIRS");
  command.add_option("--steps", flags.steps, "give up on a comparison after so many steps, undecided (about 64 million a second; default: never)")->type_name("N");
  add_format(command, flags.format);
}

// A subcommand whose flags live as long as the command line does.
template <typename Flags>
std::pair<CLI::App&, Flags&> add(CLI::App& app, const char* name, const char* what, int (*run)(const Flags&), std::function<int()>& chosen) {
  CLI::App* command = app.add_subcommand(name, what);
  const auto flags = std::make_shared<Flags>();  // the parser's callback keeps it
  command->callback([run, flags, &chosen] { chosen = [run, flags] { return run(*flags); }; });
  return {*command, *flags};
}

}  // namespace

Result<std::string> today_of(const std::string& given) {
  constexpr std::size_t date_length = 10;  // 2026-01-31
  if (given.empty()) return text::iso8601(os::SystemClock().now()).substr(0, date_length);
  if (given.size() != date_length || !text::parse_iso8601(given)) return fail(Failure::invalid, "`--today " + given + "` is no date of the form YYYY-MM-DD");
  return given;
}

Result<Objectives> objectives_of(const std::vector<std::string>& names) {
  Objectives all;
  for (const std::string& name : names) {
    const auto objective = perimeter::objective_of(name);
    if (!objective) return fail(Failure::invalid, "there is no objective `" + name + "`: `ringwall help prove` names them");
    all.insert(*objective);
  }
  return all;
}

void add_estate(CLI::App& command, EstateFlags& flags) {
  CLI::Option* paths = command.add_option("--estate", flags.paths, "an export folder, or a file of Terraform or CloudFormation; each is laid over those before it")->type_name("PATH");
  command.add_flag("--live", flags.live, "the running server's estate")->excludes(paths);
  command.add_option("--data", flags.data, "the running server's data folder")->capture_default_str()->type_name("DIR")->envname("RINGWALL_DATA");
  add_defaults(command, flags);
}

void add_proofs(CLI::App& app, std::function<int()>& chosen) {
  const auto [prove_command, prove_flags] = add(app, "prove", "Prove that the perimeter holds, or show the requests that cross it.", prove, chosen);
  add_prove(prove_command, prove_flags);

  const auto [diff_command, diff_flags] = add(app, "diff", "Show what a change of an estate newly allows.", diff, chosen);
  add_diff(diff_command, diff_flags);

  const auto [who, who_flags] = add(app, "who-can", "Show who may do an action on a resource, and when.", who_can, chosen);
  who.footer(statuses_of_questions);
  who.add_option("action", who_flags.action, "as s3:GetObject")->required()->type_name("ACTION");
  who.add_option("resource", who_flags.resource, "on what")->required()->type_name("ARN");
  add_estate(who, who_flags.estate);
  add_threads(who, who_flags.threads);
  add_format(who, who_flags.format);

  const auto [what, what_flags] = add(app, "what-can", "Show what a principal may do, and when.", what_can, chosen);
  what.footer(statuses_of_questions);
  what.add_option("principal", what_flags.principal, "a user or a role")->required()->type_name("ARN");
  add_estate(what, what_flags.estate);
  add_threads(what, what_flags.threads);
  add_format(what, what_flags.format);

  const auto [compare_command, compare_flags] = add(app, "compare", "Is everything that policy A allows allowed by policy B?", compare, chosen);
  add_compare(compare_command, compare_flags);
}

bool is_proof(const std::string& subcommand) { return std::ranges::find(names, subcommand) != names.end(); }

}  // namespace ringwall::app
