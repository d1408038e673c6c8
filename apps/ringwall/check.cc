// `ringwall check`: certificates in, and whether each holds out.

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <set>

#include "checker/checker.h"
#include "commands.h"
#include "os/files.h"
#include "text/encode.h"
#include "text/json.h"

namespace ringwall::app {

using text::Json;

namespace {

constexpr std::size_t certificate_bytes_max = 256UL * 1024 * 1024;
constexpr std::size_t told_every = 64;  // certificates, while it runs
constexpr int exit_bad_input = 3;

struct CheckFlags {
  std::vector<std::string> files;
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

struct Checked {
  std::string name;
  std::vector<checker::Verified> verified;
  std::optional<Error> error = {};
};

Result<> read_and_check(const std::string& path, Checked& checked) {
  RW_TRY(const std::string text, os::read_file(path, certificate_bytes_max));
  const std::string quoted = "`" + checked.name + "`";
  if (!text::is_utf8(text)) return fail(Failure::invalid, quoted + " is not UTF-8");
  Progress progress;
  const auto count = checker::check(text, [&](const checker::Verified& each) {
    checked.verified.push_back(each);
    progress.tell(checked.name, checked.verified.size());
  });
  if (!count) return fail(count.error(), quoted);
  return {};
}

Checked check_file(const std::string& name) {
  Checked checked;
  checked.name = name == "-" ? "<stdin>" : name;
  const auto done = read_and_check(name == "-" ? "/dev/stdin" : name, checked);
  if (!done) checked.error = done.error();
  return checked;
}

// "a: b" or "a b" as an object of two members.
Json pair_of(const std::string& text, std::string_view between, const char* first, const char* second) {
  const std::size_t at = text.find(between);
  return Json::object({{first, text.substr(0, at)}, {second, text.substr(at + between.size())}});
}

Json to_json(const Checked& checked) {
  Json certificates = Json::array();
  for (const checker::Verified& each : checked.verified) {
    Json policies = Json::array(), axioms = Json::array();
    for (const std::string& policy : each.policies) policies.push(pair_of(policy, " ", "sha256", "name"));
    for (const std::string& axiom : each.axioms) axioms.push(pair_of(axiom, ": ", "name", "text"));
    certificates.push(Json::object({{"question", each.question}, {"policies", policies}, {"axioms", axioms},
                                    {"variables", each.variables}, {"clauses", each.clauses}, {"steps", each.steps}}));
  }
  Json file = Json::object({{"file", checked.name}, {"holds", !checked.error}, {"certificates", certificates}});
  if (checked.error) file.set("error", checked.error->message);
  return file;
}

void print_text(const std::vector<Checked>& files) {
  std::size_t count = 0;
  std::set<std::string> axioms;
  for (const Checked& file : files) {
    for (const checker::Verified& each : file.verified) {
      fmt::print("{}: holds: {} ({} clauses, {} steps)\n", file.name, each.question, each.clauses, each.steps);
      axioms.insert(each.axioms.begin(), each.axioms.end());
    }
    count += file.verified.size();
  }
  if (count > 0) fmt::print("{} certificate{}\n", count, count == 1 ? " holds" : "s hold");
  if (!axioms.empty()) fmt::print("Taken to be so of every request:\n");
  for (const std::string& axiom : axioms) fmt::print("  {}\n", axiom);
}

int check_files(const CheckFlags& flags) {
  std::vector<Checked> files;
  Json all = Json::array();
  for (const std::string& name : flags.files) all.push(to_json(files.emplace_back(check_file(name))));
  if (flags.format == Format::json) {
    fmt::print("{}\n", Json::object({{"files", all}}).dump_pretty());
  } else {
    print_text(files);
  }
  int status = exit_success;
  for (const Checked& file : files) {
    if (!file.error) continue;
    complain(file.error->message);
    // That a proof does not hold weighs more than that a file is none.
    status = file.error->kind == Failure::corrupt || status == exit_failure ? exit_failure : exit_bad_input;
  }
  return status;
}

}  // namespace

void add_check(CLI::App& app, Chosen& chosen) {
  const auto flags = std::make_shared<CheckFlags>();  // lives as long as the options that fill it
  CLI::App* command = app.add_subcommand("check", "Verify the certificates of proofs.");
  command->footer("Neither the prover nor its solver takes part: each step of each proof is followed by a checker of its own.\n"
                  "Example: ringwall check perimeter.cert\n"
                  "Exit status: 0 all hold, 1 one does not hold, 2 wrong usage, 3 a file cannot be read or is no certificate.");
  command->add_option("file", flags->files, "files of certificates, or - for standard input")->required()->type_name("FILE");
  add_format(*command, flags->format);
  command->callback([flags, &chosen] { chosen = [flags] { return check_files(*flags); }; });
}

}  // namespace ringwall::app
