#include "prover/compare.h"

#include <algorithm>
#include <array>

#include "policy/binding.h"
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

// Could one of the documents ask for the key, of which `part` is a part in lower case?
bool mentions(const policy::Document& a, const policy::Document& b, std::string_view part) {
  const auto in = [&](const policy::Document& document) {
    const auto same = [](char said, char asked) { return (said >= 'A' && said <= 'Z' ? static_cast<char>(said - 'A' + 'a') : said) == asked; };
    return document.source().contains("\\u") || !std::ranges::search(document.source(), part, same).empty();
  };
  return in(a) || in(b);
}

// Whoever bears a policy of this kind is a user or a role, a federated user with a user's policies, and,
// where a service control policy binds, an account's root. Nobody else: not who signs nothing, and no service.
constexpr const char* someone = "arn:aws:iam::111122223333:user/someone";

Universe bearers(const policy::Document& a, const policy::Document& b) {
  Universe universe;
  Caller caller;
  caller.keys.set("aws:PrincipalIsAWSService", "false");
  caller.absent = {"aws:principalservicename", "aws:principalservicenameslist"};
  std::vector<Constraint> parts;
  const auto present = [&](std::string_view key) {
    if (auto part = condition("Null", key, {"false"})) parts.push_back(*std::move(part));
  };
  const bool control = a.kind() == Kind::scp;
  if (mentions(a, b, "principalarn")) {
    std::vector<std::string> shapes = {"arn:*:iam::*:user/*", "arn:*:iam::*:role/*", "arn:*:sts::*:federated-user/*"};
    if (control) shapes.emplace_back("arn:*:iam::*:root");
    if (auto part = condition("StringLike", "aws:PrincipalArn", std::move(shapes))) parts.push_back(*std::move(part));
  }
  for (const std::string_view key : {"aws:PrincipalAccount", "aws:PrincipalType", "aws:userid"}) {
    std::string lower(key.substr(4));
    std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (mentions(a, b, lower)) present(key);
  }
  // They bind members of an organisation only.
  if (control && mentions(a, b, "principalorg")) {
    present("aws:PrincipalOrgID");
    present("aws:PrincipalOrgPaths");
  }
  universe.callers = {std::move(caller)};
  universe.where = all_of(std::move(parts));
  return universe;
}

// Such a request is somebody's, so that a reader can put it to the evaluator. The documents name nobody, so it does not
// matter to them who it is but for the keys that they ask for.
void name_bearer(Finding& finding) {
  const std::vector<std::string>* told = finding.request.context.find("aws:PrincipalArn");
  auto caller = caller_of(told != nullptr && !told->empty() ? told->front() : std::string(someone));
  if (!caller) caller = caller_of(someone);
  if (!caller) return;
  finding.request.principal = caller->principal;
  if (told == nullptr) finding.request.context.set("aws:PrincipalArn", std::string(someone));
}

}  // namespace

std::string_view name_of(Comparison::Verdict verdict) {
  static constexpr std::array<std::string_view, 3> names = {"subset", "not-subset", "inconclusive"};
  return names.at(static_cast<std::size_t>(verdict));
}

// As bound texts: two documents by themselves may allow all but those whom they name.
Result<policy::DocumentPtr> read_to_compare(std::string_view text, Kind kind) {
  RW_TRY(policy::DocumentPtr document, policy::compile_bound(text, kind, policy::Quota::waived));
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
  const bool of_anybody = names_principals(a->kind()) || names_principals(b->kind());
  if (of_anybody) {
    const std::array<const policy::Document*, 2> documents = {a.get(), b.get()};
    Callers callers = callers_of(documents, {}, steps_max);
    query.universe.callers = std::move(callers.all);
    comparison.undecided = std::move(callers.undecided);
  } else {
    query.universe = bearers(*a, *b);
  }
  Answer answer = prover.ask(query);
  if (!of_anybody) std::ranges::for_each(answer.findings, name_bearer);
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
