// `ringwall check`: certificates in, and whether each holds out; with the perimeter file and the estate also whether each is
// about these, and whether one is missing.

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "checker/checker.h"
#include "commands.h"
#include "os/files.h"
#include "proofs.h"
#include "recheck/recheck.h"
#include "text/encode.h"
#include "text/json.h"

namespace ringwall::app {

using text::Json;

namespace {

constexpr std::size_t certificate_bytes_max = 256UL * 1024 * 1024;
constexpr std::size_t told_every = 64;  // certificates, while it runs

struct CheckFlags {
  std::vector<std::string> files;
  std::string perimeter;
  EstateFlags estate;
  std::vector<std::string> objectives;  // empty: all
  std::string today;                    // empty: the clock's
  bool compares() const { return !perimeter.empty(); }
  Format format = Format::text;
};

// How far it is, rewritten in place on a terminal, and nothing elsewhere.
class Progress {
 public:
  ~Progress() {
    if (shown_) fmt::print(stderr, "\r\x1b[K");
  }
  void tell(const std::string& file, std::size_t count) {
    if (!is_terminal_ || count % told_every != 0) return;
    fmt::print(stderr, "\r\x1b[K{}: {} certificates hold so far", file, count);
    shown_ = true;
  }

 private:
  bool is_terminal_ = isatty(STDERR_FILENO) == 1, shown_ = false;
};

// What certificates are compared with.
struct Files {
  Files(perimeter::Perimeter file, loaders::Loaded estate) : perimeter(std::move(file)), loaded(std::move(estate)), asked(loaded, perimeter) {}
  const perimeter::Perimeter perimeter;
  const loaders::Loaded loaded;
  recheck::Files asked;
};

// Null: certificates are compared with nothing.
Result<std::unique_ptr<Files>> read_files(const CheckFlags& flags) {
  const bool estate = flags.estate.live || !flags.estate.paths.empty();
  if (estate != flags.compares()) return fail(Failure::invalid, "`--perimeter` and `--estate` (or `--live`) go together: both or neither");
  if (!estate) return nullptr;
  RW_TRY(const std::string text, os::read_file(flags.perimeter, perimeter::bytes_max));
  auto perimeter = perimeter::read(text);
  if (!perimeter) return fail(perimeter.error(), flags.perimeter);
  RW_TRY(loaders::Loaded loaded, read_estate(flags.estate, perimeter->organization));
  return std::make_unique<Files>(*std::move(perimeter), std::move(loaded));
}

struct Checked {
  std::string name;
  std::vector<checker::Verified> verified;
  std::optional<Error> error = {};
  std::string today;  // on which it is compared
  std::optional<recheck::Verification> compared = {};
  bool holds() const { return !error && (!compared || compared->refused.empty()); }
};

Result<> read_and_check(const std::string& path, Files* files, const recheck::Wanted& wanted, Checked& checked) {
  RW_TRY(const std::string text, os::read_file(path, certificate_bytes_max));
  const std::string quoted = "`" + checked.name + "`";
  if (!text::is_utf8(text)) return fail(Failure::invalid, quoted + " is not UTF-8");
  Progress progress;
  const auto each = [&](const checker::Verified& one) {
    checked.verified.push_back(one);
    progress.tell(checked.name, checked.verified.size());
  };
  if (files == nullptr) {
    const auto count = checker::check(text, each);
    if (!count) return fail(count.error(), quoted);
    return {};
  }
  auto compared = files->asked.verify(text, wanted, each);
  if (!compared) return fail(compared.error(), quoted);
  checked.compared = *std::move(compared);
  return {};
}

Checked check_file(const std::string& name, Files* files, const recheck::Wanted& wanted) {
  Checked checked;
  checked.name = name == "-" ? "<stdin>" : name;
  checked.today = wanted.today;
  const auto done = read_and_check(name == "-" ? "/dev/stdin" : name, files, wanted, checked);
  if (!done) checked.error = done.error();
  return checked;
}

// "a: b" or "a b" as an object of two members.
Json pair_of(const std::string& text, std::string_view between, const char* first, const char* second) {
  const std::size_t at = text.find(between);
  return Json::object({{first, text.substr(0, at)}, {second, text.substr(at + between.size())}});
}

Json list_of(const std::vector<std::string>& texts) {
  Json list = Json::array();
  for (const std::string& text : texts) list.push(text);
  return list;
}

Json to_json(const Checked& checked) {
  Json certificates = Json::array();
  for (const checker::Verified& each : checked.verified) {
    Json policies = Json::array(), axioms = Json::array();
    for (const std::string& policy : each.policies) {
      if (each.row.empty()) {
        policies.push(pair_of(policy, " ", "sha256", "name"));
        continue;
      }
      Json one = Json::object({{"layer", policy.substr(0, policy.find(' '))}});
      const Json rest = pair_of(policy.substr(policy.find(' ') + 1), " ", "sha256", "name");
      policies.push(std::move(one.set("sha256", rest["sha256"]).set("name", rest["name"])));
    }
    for (const std::string& axiom : each.axioms) axioms.push(pair_of(axiom, ": ", "name", "text"));
    Json one = Json::object({{"question", each.question}, {"policies", policies}, {"axioms", axioms},
                             {"variables", each.variables}, {"clauses", each.clauses}, {"steps", each.steps}});
    if (!each.row.empty()) one.set("row", each.row).set("part", each.part).set("subjects", list_of(each.subjects)).set("cases", list_of(each.cases));
    certificates.push(std::move(one));
  }
  Json file = Json::object({{"file", checked.name}, {"holds", checked.holds()}, {"compared", checked.compared.has_value()}, {"certificates", certificates}});
  if (checked.error) file.set("error", checked.error->message);
  if (checked.compared) file.set("proved", checked.compared->proved).set("today", checked.today).set("dated", checked.compared->proof.today).set("refused", list_of(checked.compared->refused));
  return file;
}

// What a report says of its cells, by row: proved, and verified to be so, or not.
void print_claims(const Checked& file) {
  std::map<std::string, std::map<std::string, std::size_t>> rows;
  for (const checker::Claim& claim : file.compared->proof.claims) ++rows[claim.row][claim.verdict];
  const std::size_t refused = file.compared->refused.size();
  fmt::print("{}: {} cells are proved, of the files as they are, on {}{}\n", file.name, file.compared->proved, file.today,
             refused == 0 ? "" : fmt::format("; {} refused", refused));
  for (std::size_t i = 0; i < perimeter::objective_count_with_agents; ++i) {
    const std::string row(perimeter::name_of(static_cast<perimeter::Objective>(i)));
    const auto found = rows.find(row);
    if (found == rows.end() && i >= perimeter::objective_count) continue;  // asked only where the perimeter file has them
    if (found == rows.end()) {
      fmt::print("  {}: nothing is claimed\n", row);
      continue;
    }
    fmt::print("  {}: {} proved", row, found->second["proved"]);
    for (const char* other : {"leak", "inconclusive"}) {
      if (found->second[other] != 0) fmt::print(", {} {} by its report", found->second[other], other);
    }
    fmt::print("\n");
  }
}

constexpr const char* not_compared =
    "Not verified: that the clauses follow from the policies named, that these are the policies of any estate, and that no certificate\n"
    "is missing. `ringwall check --perimeter FILE --estate PATH` verifies that too.\n";

void print_text(const std::vector<Checked>& files, bool compares) {
  std::size_t count = 0;
  std::set<std::string> axioms;
  for (const Checked& file : files) {
    for (const checker::Verified& each : file.verified) {
      fmt::print("{}: holds: {} ({} clauses, {} steps)\n", file.name, each.question, each.clauses, each.steps);
      if (compares) {
        for (const std::string& policy : each.policies) fmt::print("  policy {}\n", policy);
        for (const std::string& one : each.cases) fmt::print("  {}\n", one);
      }
      axioms.insert(each.axioms.begin(), each.axioms.end());
    }
    count += file.verified.size();
  }
  if (count > 0) fmt::print("{} certificate{}\n", count, count == 1 ? " holds" : "s hold");
  for (const Checked& file : files) {
    if (file.compared) print_claims(file);
  }
  if (count > 0 && !compares) fmt::print("{}", not_compared);
  if (!axioms.empty()) fmt::print("Taken to be so of every request:\n");
  for (const std::string& axiom : axioms) fmt::print("  {}\n", axiom);
}

Result<recheck::Wanted> wanted_of(const CheckFlags& flags) {
  RW_TRY(std::string today, today_of(flags.today));
  RW_TRY(Objectives objectives, objectives_of(flags.objectives));
  return recheck::Wanted{std::move(today), std::move(objectives)};
}

int check_files(const CheckFlags& flags) {
  const auto compared_with = read_files(flags);
  if (!compared_with) return complain(compared_with.error().message, exit_bad_input);
  const auto wanted = wanted_of(flags);
  if (!wanted) return complain(wanted.error().message, exit_bad_input);
  std::vector<Checked> files;
  Json all = Json::array();
  for (const std::string& name : flags.files) all.push(to_json(files.emplace_back(check_file(name, compared_with->get(), *wanted))));
  if (flags.format == Format::json) {
    fmt::print("{}\n", Json::object({{"files", all}}).dump_pretty());
  } else {
    print_text(files, flags.compares());
  }
  int status = exit_success;
  for (const Checked& file : files) {
    if (file.compared) {
      for (const std::string& why : file.compared->refused) complain("`" + file.name + "`: " + why);
    }
    if (file.holds()) continue;
    if (file.error) complain(file.error->message);
    // That a proof does not hold weighs more than that a file is none.
    const bool corrupt = !file.error || file.error->kind == Failure::corrupt;
    status = corrupt || status == exit_failure ? exit_failure : exit_bad_input;
  }
  return status;
}

}  // namespace

void add_check(CLI::App& app, Chosen& chosen) {
  const auto flags = std::make_shared<CheckFlags>();  // lives as long as the options that fill it
  CLI::App* command = app.add_subcommand("check", "Verify the certificates of proofs.");
  command->footer("Neither the prover nor its solver takes part: each step of each proof is followed by a checker of its own.\n"
                  "With the perimeter file and the estate, the questions, policies and clauses are made anew from these, by code that shares nothing\n"
                  "with the prover: a certificate that says anything else is refused, and so is a proof of which one is missing, or that an\n"
                  "exception held which has expired since.\n"
                  "Examples: ringwall check --perimeter perimeter.yaml --estate export/ proof.txt\n"
                  "          ringwall check proof.txt\n"
                  "Exit status: 0 all hold, 1 one does not hold or is not about these files, 2 wrong usage, 3 a file cannot be read or is no\n"
                  "certificate.");
  command->add_option("file", flags->files, "files of certificates, or - for standard input")->required()->type_name("FILE");
  command->add_option("--perimeter", flags->perimeter, "the perimeter file that was proved")->type_name("FILE");
  add_estate(*command, flags->estate);
  command->get_option("--estate")->allow_extra_args(false);  // what follows its value are certificates
  command->add_option("--today", flags->today, "the day on which exceptions expire or not (default: the clock's, in UTC)")->type_name("DATE");
  command->add_option("--objective", flags->objectives, "the proof is of this objective alone (repeat for more)")->type_name("NAME")->allow_extra_args(false);
  add_format(*command, flags->format);
  command->callback([flags, &chosen] { chosen = [flags] { return check_files(*flags); }; });
}

}  // namespace ringwall::app
