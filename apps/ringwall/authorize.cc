// `ringwall authorize`: one question or many, decided by the rooms policy and authz; and rule files,
// held to the decisions they expect.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "authz/question.h"
#include "authz/rule_file.h"
#include "commands.h"
#include "control/control.h"
#include "os/files.h"

namespace ringwall::app {

using text::Json;

namespace {

constexpr std::size_t input_bytes_max = 1024UL * 1024 * 1024;
constexpr std::size_t document_bytes_max = 1024UL * 1024;
constexpr int exit_denied = 1;
constexpr std::size_t rule_files_max = 10'000;

Result<std::string> read_input(const std::string& name) { return os::read_file(name == "-" ? "/dev/stdin" : name, input_bytes_max); }

struct Outcome {
  authz::Question question;
  authz::Decision decision;
};

// Where questions come from and what fills them in.
struct Source {
  std::filesystem::path folder;  // that documents' paths start from
  std::string live_data;         // the running server's data folder; empty: none is asked
};

Result<Json> read_question(std::string_view text, const Source& source) {
  RW_TRY(Json question, text::parse_json(text));
  if (source.live_data.empty()) return question;
  return control::live_question(source.live_data, question);
}

Result<Outcome> decide(std::string_view text, const Source& source) {
  RW_TRY(const Json json, read_question(text, source));
  const std::filesystem::path& folder = source.folder;
  RW_TRY(authz::Question question, authz::read_question(json, [&](const std::string& path) {
    return os::read_file(folder / path, document_bytes_max);
  }));
  authz::Decision decision = authz::answer(question);
  return Outcome{std::move(question), std::move(decision)};
}

int answer_batch(std::string_view lines, const Source& source) {
  int status = exit_success;
  std::size_t number = 0;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto outcome = decide(line, source);
    if (!outcome) {
      complain("question " + std::to_string(number) + ": " + outcome.error().message);
      fmt::print("{}\n", Json::object({{"error", outcome.error().message}}).dump());
      status = exit_usage;
    } else {
      fmt::print("{}\n", authz::answer_of(outcome->decision).dump());
    }
  }
  return status;
}

std::string joined(const Json& list) {
  std::string out;
  for (const Json& item : list.items()) out += (out.empty() ? "" : ", ") + std::string(item.as_string());
  return out;
}

void print_statement(const Json& statement) {
  const std::string sid = statement.text("sid").empty() ? fmt::format("#{}", statement["statement"].as_integer()) : statement.str("sid");
  fmt::print("    {} {} (line {}): {}", statement.text("effect"), sid, statement["line"].as_integer(),
             statement["applies"].as_bool() ? "applies" : "does not apply");
  if (statement.contains("names")) fmt::print(", names {}", statement.text("names"));
  if (statement.contains("because")) fmt::print("; {}", statement.text("because") == "cannot be evaluated" ? "it cannot be evaluated" : fmt::format("its {} does not match", statement.text("because")));
  fmt::print("\n");
  for (const Json& condition : statement["conditions"].items()) {
    fmt::print("      {} {}: listed {}; {}: {}\n", condition.text("operator"), condition.text("key"), joined(condition["listed"]),
               condition["actual"].is_null() ? "the key is absent" : "actual " + joined(condition["actual"]),
               condition.text("holds") == "yes" ? "holds" : condition.text("holds") == "no" ? "does not hold" : "cannot be evaluated");
  }
}

// Every layer, policy and statement that was considered, for a person.
void print_trace(const Json& why) {
  for (const Json& layer : why["layers"].items()) {
    fmt::print("{}{}\n", layer.text("layer"), layer.contains("target") ? fmt::format(" ({})", layer.text("target")) : std::string());
    if (layer["policies"].items().empty()) fmt::print("  none\n");
    for (const Json& policy : layer["policies"].items()) {
      fmt::print("  {}\n", policy.text("policy"));
      for (const Json& statement : policy["statements"].items()) print_statement(statement);
    }
  }
  if (!why["absent_keys"].items().empty()) fmt::print("keys asked for but absent: {}\n", joined(why["absent_keys"]));
}

void print(const Outcome& outcome, const AuthorizeFlags& flags) {
  Json answer = authz::answer_of(outcome.decision);
  const Json why = flags.why ? authz::explain(outcome.question.request, outcome.question.layers) : Json();
  if (flags.format == Format::json) {
    if (flags.why) answer.set("why", why);
    fmt::print("{}\n", answer.dump_pretty());
    return;
  }
  if (outcome.decision.verdict == authz::Verdict::allow) {
    fmt::print("allow: {} on {}\n", outcome.question.request.action, outcome.question.request.resource);
  } else {
    fmt::print("{}: {}\n", authz::name_of(outcome.decision.verdict), authz::access_denied_message(outcome.question.request, outcome.decision));
  }
  if (!outcome.decision.policy.empty()) fmt::print("  by statement {} of {}\n", outcome.decision.statement, outcome.decision.policy);
  if (why.contains("because")) fmt::print("  it {}\n", why.text("because"));
  if (flags.why) print_trace(why);
}

// The file itself, or every rule file below the folder, in order.
Result<std::vector<std::filesystem::path>> rule_files(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!fs::is_directory(path, error)) return std::vector<fs::path>{path};
  std::vector<fs::path> files;
  fs::recursive_directory_iterator entry(path, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".rule") files.push_back(entry->path());
    if (files.size() > rule_files_max) return fail(Failure::exhausted, fmt::format("`{}` holds more than {} rule files", path, rule_files_max));
  }
  if (error) return fail(Failure::io, fmt::format("cannot read the folder `{}`: {}", path, error.message()));
  if (files.empty()) return fail(Failure::not_found, fmt::format("the folder `{}` holds no `*.rule` file", path));
  std::ranges::sort(files);
  return files;
}

// What became of the rule files so far.
class Tally {
 public:
  explicit Tally(Format format) : format_(format) {}

  void hold(const std::filesystem::path& path) {
    ++files_;
    const auto file = read(path);
    if (!file) return spoilt(path.string(), file.error());
    const std::filesystem::path folder = path.parent_path();
    const authz::ReadDocument document = [&](const std::string& name) { return os::read_file(folder / name, document_bytes_max); };
    for (const authz::RuleCase& one : file->cases) {
      ++cases_;
      if (const auto difference = authz::check(one, authz::authorize, document)) differs(path.string(), one, *difference);
    }
  }

  void spoilt(const std::string& path, const Error& error) {
    complain(path + ": " + error.message);
    errors_.push(Json::object({{"file", path}, {"error", error.message}}));
  }

  // Prints the summary, and answers the exit status.
  int end() const {
    const std::size_t failed = failures_.items().size(), spoilt = errors_.items().size();
    if (format_ == Format::json) {
      const Json summary = Json::object({{"files", files_}, {"cases", cases_}, {"passed", cases_ - failed}, {"failed", failed},
                                         {"failures", failures_}, {"errors", errors_}});
      fmt::print("{}\n", summary.dump_pretty());
    } else {
      fmt::print("{} of {} cases pass, in {} files{}\n", cases_ - failed, cases_, files_, spoilt == 0 ? "" : fmt::format("; {} could not be read", spoilt));
    }
    if (spoilt != 0) return exit_usage;
    return failed == 0 ? exit_success : exit_failure;
  }

 private:
  static Result<authz::RuleFile> read(const std::filesystem::path& path) {
    RW_TRY(const std::string content, os::read_file(path, authz::rule_file_bytes_max));
    return authz::read_rule_file(content);
  }

  void differs(const std::string& path, const authz::RuleCase& one, const authz::Difference& difference) {
    failures_.push(Json::object({{"file", path}, {"line", one.line}, {"case", one.name}, {"expected", difference.expected}, {"got", difference.got}}));
    if (format_ == Format::json) return;
    fmt::print("{}:{}: {}\n  expected  {}\n  got       {}\n", path, one.line, one.name, difference.expected, difference.got);
  }

  Format format_;
  std::size_t files_ = 0, cases_ = 0;
  Json failures_ = Json::array(), errors_ = Json::array();
};

int hold_to_cases(const AuthorizeFlags& flags) {
  Tally tally(flags.format);
  for (const std::string& path : flags.cases) {
    const auto files = rule_files(path);
    if (!files) {
      tally.spoilt(path, files.error());
    } else {
      for (const auto& file : *files) tally.hold(file);
    }
  }
  return tally.end();
}

// The question that flags ask in place of a file.
Result<std::string> asked_by_flags(const AuthorizeFlags& flags) {
  if (flags.action.empty()) return fail(Failure::invalid, "`--principal` asks nothing without `--action`");
  Json context = Json::object();
  for (const std::string& pair : flags.context) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) return fail(Failure::invalid, "`--context " + pair + "` is not of the form KEY=VALUE");
    const std::string key = pair.substr(0, equals);
    if (!context.contains(key)) context.set(key, Json::array());
    context.edit(key).push(pair.substr(equals + 1));
  }
  return Json::object({{"request", Json::object({{"principal", flags.principal},
                                                 {"action", flags.action},
                                                 {"resource", flags.resource},
                                                 {"context", std::move(context)}})}})
      .dump();
}

Result<std::string> input_of(const AuthorizeFlags& flags) { return flags.principal.empty() ? read_input(flags.question) : asked_by_flags(flags); }

int exit_for(const Error& error) { return error.kind == Failure::unavailable ? exit_no_server : exit_usage; }

}  // namespace

int authorize(const AuthorizeFlags& flags) {
  if (!flags.cases.empty()) return hold_to_cases(flags);
  if (flags.question.empty() && flags.principal.empty())
    return complain("authorize takes a question, `--principal` or `--cases`: see `ringwall authorize --help`", exit_usage);
  const auto input = input_of(flags);
  if (!input) return complain(input.error().message, exit_usage);
  std::error_code error;
  const Source source{.folder = flags.question == "-" ? std::filesystem::path(".") : std::filesystem::path(flags.question).parent_path(),
                      .live_data = flags.live ? std::filesystem::weakly_canonical(flags.data, error).string() : std::string()};
  if (flags.show) {
    const auto question = read_question(*input, source);
    if (!question) return complain(question.error().message, exit_for(question.error()));
    fmt::print("{}\n", question->dump_pretty());
    return exit_success;
  }
  if (flags.batch) return answer_batch(*input, source);
  const auto outcome = decide(*input, source);
  if (!outcome) return complain(outcome.error().message, exit_for(outcome.error()));
  print(*outcome, flags);
  return outcome->decision.verdict == authz::Verdict::allow ? exit_success : exit_denied;
}

}  // namespace ringwall::app
