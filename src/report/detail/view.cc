#include "report/detail/view.h"

#include <algorithm>
#include <set>

namespace ringwall::report::detail {
namespace {

constexpr std::size_t excerpt_bytes_max = 4'000;

// A statement's text from its `{` to the `}` that ends it.
std::string_view object_at(std::string_view text, std::size_t offset) {
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t at = offset; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c == '\\') ++at;
      else if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{') {
      ++depth;
    } else if (c == '}' && --depth == 0) {
      return text.substr(offset, at + 1 - offset);
    }
  }
  return text.substr(std::min(offset, text.size()));
}

// As a file is read: the lines behind the first less their common indentation, and not without end.
std::string readable(std::string_view raw) {
  std::string text(raw);
  if (raw.find('\n') == std::string_view::npos) {
    if (const auto json = text::parse_json(raw)) text = json->dump_pretty();
  } else {
    const std::size_t last = raw.rfind('\n') + 1;
    const std::size_t indent = std::min(raw.find_first_not_of(' ', last), raw.size()) - last;
    text.clear();
    std::size_t at = 0;
    while (at <= raw.size()) {
      const std::size_t end = std::min(raw.find('\n', at), raw.size());
      std::string_view line = raw.substr(at, end - at);
      if (at > 0) line.remove_prefix(std::min({indent, line.find_first_not_of(' '), line.size()}));
      text += (at > 0 ? "\n" : "") + std::string(line);
      at = end + 1;
    }
  }
  if (text.size() > excerpt_bytes_max) {
    std::size_t end = excerpt_bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // no character is cut
    text = text.substr(0, end) + " …";
  }
  return text;
}

std::string id_of(const policy::Document& document, std::size_t statement) {
  const std::string_view sid = document.sid(statement);
  return sid.empty() ? "#" + std::to_string(statement) : std::string(sid);
}

Place place_of(const loaders::Source& source, const policy::Document& document, std::size_t statement) {
  if (!source.verbatim) return {source.path, source.position, false};
  const text::Position in = document.position(statement);
  text::Position at = source.position;
  at.line += in.line - 1;
  at.column = in.line == 1 ? at.column + in.column - 1 : in.column;
  return {source.path, at, true};
}

}  // namespace

std::string to_string(const Place& place) {
  return place.path + ":" + std::to_string(place.position.line) + ":" + std::to_string(place.position.column);
}

View::View(const Subject& subject) : subject_(subject) {
  for (const auto* leaks : {&subject.report.leaks, &subject.report.future}) {
    for (const prove::Leak& leak : *leaks) {
      for (const policy::Document* document : leak.documents) names_[document];
    }
  }
  if (names_.empty() || subject.world.estate == nullptr) return;
  const estate::Estate& estate = *subject.world.estate;
  estate.principals.for_each([&](const estate::Principal& principal) {
    for (const authz::Named& named : principal.identity) name(named);
    if (principal.boundary) name(*principal.boundary);
    if (principal.trust) name(*principal.trust);
  });
  estate.accounts.for_each([&](const estate::Account& account) {
    name(account.scps);
    name(account.rcps);
  });
  estate.resources.for_each([&](const estate::Resource& resource) {
    if (resource.policy) name(*resource.policy);
  });
  estate.endpoints.for_each([&](const estate::Endpoint& endpoint) {
    if (endpoint.policy) name(*endpoint.policy);
  });
}

void View::name(const authz::Named& named) {
  const auto found = names_.find(named.document.get());
  if (found == names_.end() || std::ranges::find(found->second, named.name) != found->second.end()) return;
  found->second.push_back(named.name);
}

void View::name(const estate::Chain& chain) {
  for (const authz::Level& level : chain) {
    for (const authz::Named& named : level.policies) name(named);
  }
}

Step View::step(const policy::Document& document, std::size_t statement) const {
  Step step;
  step.layer = policy::name_of(document.kind());
  step.statement = id_of(document, statement);
  const auto names = names_.find(&document);
  if (names != names_.end() && !names->second.empty()) step.policy = names->second.front();
  step.excerpt = readable(object_at(document.source(), document.offset(statement)));
  const auto source = subject_.world.sources.find(&document);
  if (source == subject_.world.sources.end()) return step;
  step.place = place_of(source->second, document, statement);
  const bool has_lines = document.source().find('\n') != std::string::npos;
  if (step.place->exact && has_lines) step.first_line = step.place->position.line;
  return step;
}

std::vector<Step> View::path(const prove::Leak& leak) const {
  const policy::Probe probe(leak.finding.request);
  const auto& decisions = leak.finding.decisions;
  std::vector<bool> told(decisions.size(), false);
  std::vector<Step> path;
  std::vector<const policy::Document*> seen;
  for (const policy::Document* document : leak.documents) {
    if (document == nullptr || std::ranges::find(seen, document) != seen.end()) continue;
    seen.push_back(document);
    const std::size_t statement = document->next(policy::Effect::allow, 0, probe);
    if (statement == document->statements()) continue;
    Step one = step(*document, statement);
    const auto names = names_.find(document);
    for (std::size_t i = 0; i < decisions.size(); ++i) {
      const authz::Decision& decision = decisions[i];
      const bool named = one.policy.empty() || std::ranges::find(names->second, decision.policy) != names->second.end();
      if (decision.policy.empty() || !named || decision.statement != one.statement) continue;
      if (decision.position != document->position(statement)) continue;
      told[i] = one.decides = true;
      one.policy = decision.policy;
    }
    path.push_back(std::move(one));
  }
  for (std::size_t i = 0; i < decisions.size(); ++i) {
    if (told[i] || decisions[i].policy.empty()) continue;
    path.push_back({.layer = std::string(authz::name_of(decisions[i].layer)),
                    .policy = decisions[i].policy,
                    .statement = decisions[i].statement,
                    .place = {},
                    .excerpt = {},
                    .decides = true});
  }
  return path;
}

std::optional<Place> View::place(const perimeter::Exception& exception) const {
  const std::string_view text = subject_.perimeter_text;
  if (text.empty() || exception.offset > text.size()) return std::nullopt;
  return Place{subject_.perimeter_path, text::position_of(text, exception.offset), true};
}

std::map<std::string, std::vector<std::string>> View::undecided(const prove::Row& row) {
  std::map<std::string, std::vector<std::string>> out;
  for (const prove::CellOf& cell : row.cells) {
    for (const std::string& sentence : cell.undecided) out[sentence].push_back(cell.subject);
    if (cell.verdict == prove::Verdict::inconclusive && cell.undecided.empty())
      out["it was not decided"].push_back(cell.subject);
  }
  return out;
}

std::map<std::string, std::vector<std::string>> View::undecided_once(const prove::Row& row) {
  constexpr std::string_view rests = "rests on what could not be read: ";
  struct Alike {
    std::string first;
    std::size_t places = 0;
    std::vector<std::string> subjects;
  };
  std::map<std::string, Alike> by_message;
  std::map<std::string, std::vector<std::string>> out;
  for (auto& [sentence, subjects] : undecided(row)) {
    const std::size_t message = sentence.starts_with(rests) ? sentence.find(": ", rests.size()) : std::string::npos;
    if (message == std::string::npos) {
      out.emplace(sentence, subjects);
      continue;
    }
    Alike& alike = by_message[sentence.substr(message)];
    if (++alike.places == 1) alike.first = sentence.substr(0, message);
    alike.subjects.insert(alike.subjects.end(), subjects.begin(), subjects.end());
  }
  for (auto& [message, alike] : by_message) {
    std::ranges::sort(alike.subjects);
    alike.subjects.erase(std::ranges::unique(alike.subjects).begin(), alike.subjects.end());
    const std::string more = alike.places == 1 ? "" : " and " + counted(alike.places - 1, "more place");
    out.emplace(alike.first + more + message, std::move(alike.subjects));
  }
  return out;
}

std::vector<GapsAlike> alike(const std::vector<loaders::Gap>& gaps) {
  std::vector<GapsAlike> all;
  std::vector<std::set<std::string_view>> subjects;
  std::map<std::pair<loaders::Gap::Kind, std::string_view>, std::size_t> known;
  for (const loaders::Gap& gap : gaps) {
    const auto [at, is_new] = known.try_emplace({gap.kind, gap.message}, all.size());
    if (is_new) {
      all.push_back({.first = &gap});
      subjects.emplace_back();
    }
    ++all[at->second].places;
    if (subjects[at->second].insert(gap.subject).second) all[at->second].subjects.push_back(gap.subject);
  }
  return all;
}

std::string depends(const GapsAlike& gaps) {
  if (std::ranges::find(gaps.subjects, "*") != gaps.subjects.end()) return "everything depends on it";
  const std::string first = "`" + gaps.subjects.front() + "`";
  return gaps.subjects.size() == 1 ? first + " depends on it" : first + " and " + grouped(gaps.subjects.size() - 1) + " more depend on it";
}

std::string hashed(std::string_view text) {
  std::uint64_t hash = policy::hash_ignoring_case(text);
  std::string out(16, '0');
  for (auto digit = out.rbegin(); digit != out.rend(); ++digit, hash >>= 4) *digit = "0123456789abcdef"[hash & 15];
  return out;
}

std::string fingerprint(const prove::Leak& leak, const std::vector<Step>& path) {
  std::string text(perimeter::name_of(leak.objective));
  text += "\n" + leak.finding.request.action + "\n" + (leak.subjects.empty() ? std::string() : leak.subjects.front());
  for (const Step& step : path) text += "\n" + step.layer + "\n" + step.policy + "\n" + step.statement;
  return hashed(text);
}

}  // namespace ringwall::report::detail
