// `ringwall authorize`: one question or many, decided by the rooms policy and authz.

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "authz/question.h"
#include "commands.h"
#include "os/files.h"

namespace ringwall::app {

using text::Json;

namespace {

constexpr std::size_t input_bytes_max = 1024UL * 1024 * 1024;
constexpr std::size_t document_bytes_max = 1024UL * 1024;
constexpr int exit_denied = 1;

Result<std::string> read_input(const std::string& name) { return os::read_file(name == "-" ? "/dev/stdin" : name, input_bytes_max); }

struct Outcome {
  authz::Question question;
  authz::Decision decision;
};

Result<Outcome> decide(std::string_view text, const std::filesystem::path& folder) {
  RW_TRY(const Json json, text::parse_json(text));
  RW_TRY(authz::Question question, authz::read_question(json, [&](const std::string& path) {
    return os::read_file(folder / path, document_bytes_max);
  }));
  authz::Decision decision = authz::authorize(question.request, question.layers);
  return Outcome{std::move(question), std::move(decision)};
}

int answer_batch(std::string_view lines, const std::filesystem::path& folder) {
  int status = exit_success;
  std::size_t number = 0;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto outcome = decide(line, folder);
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

void print(const Outcome& outcome, const AuthorizeFlags& flags) {
  Json answer = authz::answer_of(outcome.decision);
  if (flags.why) answer.set("why", authz::explain(outcome.question.request, outcome.question.layers));
  if (flags.format == Format::json) {
    fmt::print("{}\n", answer.dump_pretty());
    return;
  }
  if (outcome.decision.verdict == authz::Verdict::allow) {
    fmt::print("allow: {} on {}\n", outcome.question.request.action, outcome.question.request.resource);
  } else {
    fmt::print("{}: {}\n", authz::name_of(outcome.decision.verdict), authz::access_denied_message(outcome.question.request, outcome.decision));
  }
  if (!outcome.decision.policy.empty()) fmt::print("  by statement {} of {}\n", outcome.decision.statement, outcome.decision.policy);
  if (flags.why) fmt::print("{}\n", answer["why"].dump_pretty());
}

}  // namespace

int authorize(const AuthorizeFlags& flags) {
  const auto input = read_input(flags.question);
  if (!input) return complain(input.error().message, exit_usage);
  const std::filesystem::path folder = flags.question == "-" ? "." : std::filesystem::path(flags.question).parent_path();
  if (flags.batch) return answer_batch(*input, folder);
  const auto outcome = decide(*input, folder);
  if (!outcome) return complain(outcome.error().message, exit_usage);
  print(*outcome, flags);
  return outcome->decision.verdict == authz::Verdict::allow ? exit_success : exit_denied;
}

}  // namespace ringwall::app
