#include "prover/compare.h"

#include <algorithm>
#include <array>

#include "prover/callers.h"
#include "text/json.h"

namespace ringwall::prover {
namespace {

using policy::Kind;

bool names_principals(Kind kind) {
  return kind == Kind::resource || kind == Kind::trust || kind == Kind::key || kind == Kind::endpoint || kind == Kind::rcp;
}

bool allows_nothing(const policy::Document& document) {
  for (std::size_t i = 0; i < document.statements(); ++i) {
    if (document.effect(i) == policy::Effect::allow) return false;
  }
  return true;
}

// Where the object that begins at `from` ends. The text is JSON.
std::size_t end_of_object(std::string_view text, std::size_t from) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t at = from; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\' && quoted) ++at;
    else if (c == '"') quoted = !quoted;
    else if (!quoted && c == '{') ++depth;
    else if (!quoted && c == '}' && --depth == 0) return at + 1;
  }
  return text.size();
}

// The policy with one more statement, behind its own so that they keep their lines.
std::string with_full_access(const policy::Document& document, bool names_everyone) {
  std::string text = document.source();
  const std::string statement = std::string(R"({"Sid":"RingwallBesideFullAccess","Effect":"Allow",)") +
                                (names_everyone ? R"("Principal":"*",)" : "") + R"("Action":"*","Resource":"*"})";
  const std::size_t first = document.offset(0), last = document.offset(document.statements() - 1);
  const std::size_t end = end_of_object(text, last);
  // A lone statement may stand without a list.
  const std::size_t before = text.find_last_not_of(" \t\r\n", first == 0 ? 0 : first - 1);
  const bool listed = before != std::string::npos && text[before] == '[';
  text.insert(end, "," + statement + (listed ? "" : "]"));
  if (!listed) text.insert(first, "[");
  return text;
}

}  // namespace

std::string_view name_of(Comparison::Verdict verdict) {
  static constexpr std::array<std::string_view, 3> names = {"subset", "not-subset", "inconclusive"};
  return names.at(static_cast<std::size_t>(verdict));
}

Result<policy::DocumentPtr> read_to_compare(std::string_view text, Kind kind) {
  RW_TRY(policy::DocumentPtr document, policy::compile(text, kind, policy::Quota::waived));
  const bool control = kind == Kind::scp || kind == Kind::rcp;
  if (!control || document->statements() == 0 || !allows_nothing(*document)) return document;
  const bool of_resources = kind == Kind::rcp;
  return policy::compile(with_full_access(*document, of_resources), of_resources ? Kind::resource : kind, policy::Quota::waived);
}

Comparison compare(Prover& prover, const policy::DocumentPtr& a, const policy::DocumentPtr& b, std::size_t classes_max, std::uint64_t steps_max) {
  Comparison comparison;
  Query query;
  query.title = "everything that the one policy allows, the other allows";
  query.classes_max = classes_max;
  query.steps_max = steps_max;
  query.allowing = {{.document = a}};
  query.refusing = {{.document = b}};
  if (names_principals(a->kind()) || names_principals(b->kind())) {
    const std::array<const policy::Document*, 2> documents = {a.get(), b.get()};
    Callers callers = callers_of(documents, {}, steps_max);
    query.universe.callers = std::move(callers.all);
    comparison.undecided = std::move(callers.undecided);
  } else {
    query.universe.callers = {{}};
  }
  Answer answer = prover.ask(query);
  comparison.violations = std::move(answer.findings);
  comparison.more = answer.more;
  std::ranges::move(answer.undecided, std::back_inserter(comparison.undecided));
  comparison.statistics = answer.statistics;
  comparison.bug = std::move(answer.bug);
  using enum Comparison::Verdict;
  const bool proved = answer.verdict == Verdict::none && comparison.undecided.empty();
  comparison.verdict = answer.verdict == Verdict::found ? not_subset : proved ? subset : inconclusive;
  return comparison;
}

}  // namespace ringwall::prover
