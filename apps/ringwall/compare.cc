// `ringwall compare`: is everything that one policy allows allowed by another?

#include "prover/compare.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>

#include "lint/lint.h"
#include "lint/report.h"
#include "os/files.h"
#include "proofs.h"
#include "report/report.h"

namespace ringwall::app {
namespace {

using prover::Comparison;
using text::Json;

constexpr std::size_t pairs_bytes_max = 1024UL * 1024 * 1024;
constexpr std::size_t classes_max = 256;  // kinds of violation that are told

std::uint64_t steps_max_of(const CompareFlags& flags) { return flags.steps == 0 ? prover::Budget::unbounded : flags.steps; }

// One of the two, as it was given.
struct Given {
  std::string name;  // a path; empty: the document stood in the pair
  std::string text;
};

struct Outcome {
  policy::Kind kind = policy::Kind::identity;
  policy::DocumentPtr a, b;
  Comparison comparison;
  std::int64_t microseconds = 0;  // reading both documents, and comparing them
};

Result<policy::DocumentPtr> read(const Given& given, policy::Kind kind, std::string_view side) {
  auto document = prover::read_to_compare(given.text, kind);
  if (!document) return fail(document.error(), given.name.empty() ? std::string(side) : given.name);
  return document;
}

Result<Outcome> compared(const Given& a, const Given& b, std::optional<policy::Kind> kind, std::uint64_t steps_max, Bugs& bugs) {
  const auto begun = std::chrono::steady_clock::now();
  Outcome outcome;
  outcome.kind = kind ? *kind : lint::guess_kind(a.text);
  RW_TRY(outcome.a, read(a, outcome.kind, "a"));
  RW_TRY(outcome.b, read(b, outcome.kind, "b"));
  prover::Prover prover;
  outcome.comparison = prover::compare(prover, outcome.a, outcome.b, classes_max, steps_max);
  if (outcome.comparison.bug) bugs.note(*outcome.comparison.bug);
  outcome.microseconds = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun).count();
  return outcome;
}

int status_of(Comparison::Verdict verdict) {
  switch (verdict) {
    case Comparison::Verdict::subset:
      return exit_proved;
    case Comparison::Verdict::not_subset:
      return exit_leak;
    case Comparison::Verdict::inconclusive:
      break;
  }
  return exit_inconclusive;
}

Json json_of(const Outcome& outcome) {
  Json violations = Json::array(), undecided = Json::array();
  for (const prover::Finding& finding : outcome.comparison.violations) violations.push(report::to_json(finding));
  for (const std::string& sentence : outcome.comparison.undecided) undecided.push(sentence);
  return Json::object({{"verdict", prover::name_of(outcome.comparison.verdict)},
                       {"type", lint::word_for(outcome.kind)},
                       {"violations", std::move(violations)},
                       {"more", outcome.comparison.more},
                       {"undecided", std::move(undecided)},
                       {"microseconds", outcome.microseconds}});
}

void print_text(const Outcome& outcome, const Given& a, const Given& b) {
  const Comparison& comparison = outcome.comparison;
  for (std::size_t i = 0; i < comparison.violations.size(); ++i)
    fmt::print("violation {}\n{}\n", i + 1, report::to_text(comparison.violations[i], 2));
  for (const std::string& sentence : comparison.undecided) fmt::print("not decided: {}\n", sentence);
  const std::string took = fmt::format("{} µs", outcome.microseconds);
  switch (comparison.verdict) {
    case Comparison::Verdict::subset:
      fmt::print("subset: everything that {} allows, {} allows ({})\n", a.name, b.name, took);
      break;
    case Comparison::Verdict::not_subset:
      fmt::print("not-subset: {} allows {} kind{} of request that {} does not{} ({})\n", a.name, comparison.violations.size(),
                 comparison.violations.size() == 1 ? "" : "s", b.name, comparison.more ? ", and there are more" : "", took);
      break;
    case Comparison::Verdict::inconclusive:
      fmt::print("inconclusive: no request was found that {} allows and {} does not ({})\n", a.name, b.name, took);
      break;
  }
}

Result<std::string> read_document(const std::string& path) { return os::read_file(path == "-" ? "/dev/stdin" : path, policy::waived_bytes_max); }

// A member of a pair: a document, or the path of one.
Result<Given> given_by(const Json& pair, const char* member, const std::filesystem::path& folder) {
  const Json& value = pair[member];
  if (value.is_object()) return Given{{}, value.dump()};
  if (!value.is_string()) return fail(Failure::invalid, fmt::format("`{}` is missing, or neither a document nor the path of one", member));
  const std::string path(value.as_string());
  RW_TRY(std::string text, os::read_file(folder / path, policy::waived_bytes_max));
  return Given{path, std::move(text)};
}

Result<std::optional<policy::Kind>> kind_of(const Json& pair, std::optional<policy::Kind> otherwise) {
  if (!pair.contains("type")) return otherwise;
  using enum policy::Kind;
  for (const policy::Kind kind : {identity, boundary, session, resource, trust, key, scp, rcp, endpoint}) {
    if (lint::word_for(kind) == pair.text("type")) return kind;
  }
  return fail(Failure::invalid, "`type` is `" + pair.str("type") + "`, which `--type` does not take");
}

Result<Outcome> answer(std::string_view line, const CompareFlags& flags, const std::filesystem::path& folder, Bugs& bugs) {
  RW_TRY(const Json pair, text::parse_json(line));
  if (!pair.is_object()) return fail(Failure::invalid, "a pair is an object with `a` and `b`");
  for (const auto& member : pair.members()) {
    if (member.key != "a" && member.key != "b" && member.key != "type") return fail(Failure::invalid, "a pair has no member `" + member.key + "`: it has `a`, `b` and `type`");
  }
  RW_TRY(const auto kind, kind_of(pair, flags.kind));
  RW_TRY(const Given a, given_by(pair, "a", folder));
  RW_TRY(const Given b, given_by(pair, "b", folder));
  return compared(a, b, kind, steps_max_of(flags), bugs);
}

// The graver of two statuses: bad input, then a violation, then what is not decided.
int worse(int one, int other) {
  const auto gravity = [](int status) { return status == exit_bad_input ? 3 : status == exit_leak ? 2 : status == exit_inconclusive ? 1 : 0; };
  return gravity(one) >= gravity(other) ? one : other;
}

int answer_all(std::string_view lines, const CompareFlags& flags) {
  const auto folder = flags.batch == "-" ? std::filesystem::path(".") : std::filesystem::path(flags.batch).parent_path();
  int status = exit_proved;
  Bugs bugs;
  for (std::size_t number = 1; !lines.empty(); ++number) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto outcome = answer(line, flags, folder, bugs);
    Json json = outcome ? json_of(*outcome) : Json::object({{"error", outcome.error().message}});
    json.set("line", number);
    fmt::print("{}\n", json.dump());
    status = worse(status, outcome ? status_of(outcome->comparison.verdict) : exit_bad_input);
  }
  return bugs.status(status);
}

Result<int> compare_two(const CompareFlags& flags) {
  if (flags.files.size() != 2) return fail(Failure::invalid, "compare takes two policies, or `--batch`: see `ringwall help compare`");
  Given given[2];
  for (int i : {0, 1}) {
    RW_TRY(given[i].text, read_document(flags.files[static_cast<std::size_t>(i)]));
    given[i].name = flags.files[static_cast<std::size_t>(i)] == "-" ? "<stdin>" : flags.files[static_cast<std::size_t>(i)];
  }
  Bugs bugs;
  RW_TRY(const Outcome outcome, compared(given[0], given[1], flags.kind, steps_max_of(flags), bugs));
  if (flags.format == Format::json) {
    fmt::print("{}\n", json_of(outcome).dump_pretty());
  } else {
    print_text(outcome, given[0], given[1]);
  }
  return bugs.status(status_of(outcome.comparison.verdict));
}

}  // namespace

int compare(const CompareFlags& flags) {
  if (!flags.batch.empty()) {
    if (!flags.files.empty()) return complain("`--batch` takes the place of two policies: leave out the other", exit_bad_input);
    const auto lines = os::read_file(flags.batch == "-" ? "/dev/stdin" : flags.batch, pairs_bytes_max);
    return lines ? answer_all(*lines, flags) : complain(lines.error().message, exit_bad_input);
  }
  const auto status = compare_two(flags);
  return status ? *status : complain(status.error().message, exit_bad_input);
}

}  // namespace ringwall::app
