// What came and went from one proof to the next.

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "report/detail/view.h"

namespace ringwall::report {
namespace {

using text::Json;
using detail::counted, detail::printable, detail::some;
using Objective = perimeter::Objective;

// Who gets through, as far as it tells leaks apart: one of mine stands for others of mine.
std::string who_of(const Subject& subject, const prove::Leak& leak) {
  const policy::Principal& who = leak.finding.request.principal;
  const bool mine = !who.account.empty() && subject.world.estate->account(who.account) != nullptr;
  return mine ? "mine" : detail::name_of(who);
}

// Leaks of one report, by whose they are.
class Leaking {
 public:
  explicit Leaking(const Subject& subject) : subject_(subject) {
    for (std::size_t i = 0; i < leaks().size(); ++i) {
      for (const std::string& whose : leaks()[i].subjects) of_cell_[{leaks()[i].objective, whose}].push_back(i);
    }
  }
  const std::vector<prove::Leak>& leaks() const { return subject_.report.leaks; }
  const std::vector<std::size_t>& of(Objective objective, const std::string& whose) const {
    static const std::vector<std::size_t> none;
    const auto found = of_cell_.find({objective, whose});
    return found != of_cell_.end() ? found->second : none;
  }
  // The actions of these, where `who` is given by them or by whoever wants: what lets in the unsigned lets in anybody.
  std::set<std::string_view> actions(const std::vector<std::size_t>& which, const std::optional<std::string>& who) const {
    std::set<std::string_view> all;
    for (const std::size_t i : which) {
      const bool anybody = leaks()[i].finding.request.principal.type == policy::Principal::Type::anonymous;
      if (!who || anybody || who_of(subject_, leaks()[i]) == *who) all.insert(leaks()[i].finding.actions.begin(), leaks()[i].finding.actions.end());
    }
    return all;
  }

 private:
  const Subject& subject_;
  std::map<std::pair<Objective, std::string_view>, std::vector<std::size_t>> of_cell_;
};

enum class Caller : std::uint8_t { same, any };

// Leaks of `one` with the subjects of whom `others` say nothing of some action of theirs: by the same caller, or by any. What many
// subjects share is looked at once.
std::vector<Changes::OfLeak> not_among(const Leaking& others, const Subject& one, Caller caller) {
  std::vector<Changes::OfLeak> found;
  for (const prove::Leak& leak : one.report.leaks) {
    const std::optional<std::string> who = caller == Caller::same ? std::optional(who_of(one, leak)) : std::nullopt;
    const std::set<std::string_view> actions(leak.finding.actions.begin(), leak.finding.actions.end());
    std::map<std::vector<std::size_t>, bool> covered;  // by the others' leaks of a subject
    std::vector<std::string> subjects;
    for (const std::string& whose : leak.subjects) {
      const std::vector<std::size_t>& theirs = others.of(leak.objective, whose);
      const auto [at, is_new] = covered.try_emplace(theirs);
      if (is_new) at->second = std::ranges::includes(others.actions(theirs, who), actions);
      if (!at->second) subjects.push_back(whose);
    }
    if (!subjects.empty()) found.push_back({leak.objective, leak.finding, leak.fix, std::move(subjects)});
  }
  return found;
}

using Undecided = std::map<std::pair<Objective, std::string>, std::vector<std::string>>;

Undecided undecided_of(const Subject& subject) {
  Undecided cells;
  for (const prove::Row& row : subject.report.rows) {
    for (const prove::CellOf& cell : row.cells) {
      if (cell.verdict == prove::Verdict::inconclusive) cells[{row.objective, cell.subject}] = cell.undecided;
    }
  }
  return cells;
}

std::vector<Changes::OfCell> not_among(const Undecided& others, const Undecided& cells) {
  std::vector<Changes::OfCell> found;
  for (const auto& [whose, reasons] : cells) {
    if (!others.contains(whose)) found.push_back({whose.first, whose.second, reasons});
  }
  return found;
}

Json strings(const std::vector<std::string>& all) {
  Json list = Json::array();
  for (const std::string& one : all) list.push(one);
  return list;
}

Json leaks_json(const std::vector<Changes::OfLeak>& leaks) {
  Json list = Json::array();
  for (const Changes::OfLeak& leak : leaks) {
    list.push(Json::object({{"objective", perimeter::name_of(leak.objective)},
                            {"meaning", detail::meaning_of(leak.objective)},
                            {"finding", to_json(leak.finding)},
                            {"fix", leak.fix},
                            {"subjects", strings(leak.subjects)}}));
  }
  return list;
}

Json cells_json(const std::vector<Changes::OfCell>& cells) {
  Json list = Json::array();
  for (const Changes::OfCell& cell : cells)
    list.push(Json::object({{"objective", perimeter::name_of(cell.objective)}, {"subject", cell.subject}, {"undecided", strings(cell.undecided)}}));
  return list;
}

std::string subjects_of(const std::vector<std::string>& subjects) {
  if (subjects.size() == 1) return printable(subjects.front());
  return counted(subjects.size(), "subject") + ": " + printable(some(subjects, subjects_shown_max));
}

// So many of a kind are told one by one.
constexpr std::size_t cells_shown_max = 50;

void tell_cells(const std::vector<Changes::OfCell>& cells, std::string_view head, std::string& out) {
  for (std::size_t i = 0; i < std::min(cells.size(), cells_shown_max); ++i) {
    const Changes::OfCell& cell = cells[i];
    out += std::string(head) + std::string(perimeter::name_of(cell.objective)) + ": " + printable(cell.subject);
    if (head.starts_with('+') && !cell.undecided.empty()) out += ": " + printable(cell.undecided.front());
    out += "\n";
  }
  if (cells.size() > cells_shown_max) out += std::string(head) + "and " + detail::grouped(cells.size() - cells_shown_max) + " more\n";
}

}  // namespace

Changes changes(const Subject* before, const Subject& after) {
  Changes found;
  const Undecided was = before != nullptr ? undecided_of(*before) : Undecided(), is = undecided_of(after);
  if (before != nullptr) {
    found.appeared = not_among(Leaking(*before), after, Caller::same);
    found.gone = not_among(Leaking(after), *before, Caller::any);
  } else {
    for (const prove::Leak& leak : after.report.leaks) found.appeared.push_back({leak.objective, leak.finding, leak.fix, leak.subjects});
  }
  found.undecided = not_among(was, is);
  found.decided = not_among(is, was);
  return found;
}

std::string to_text(const Changes& changes) {
  std::string out;
  for (const Changes::OfLeak& leak : changes.appeared) {
    out += "+ leak  " + std::string(perimeter::name_of(leak.objective)) + ": " + std::string(detail::meaning_of(leak.objective)) + "\n";
    out += to_text(leak.finding, 4);
    if (!leak.fix.empty()) out += "    fix       " + printable(leak.fix) + "\n";
    out += "    true of   " + subjects_of(leak.subjects) + "\n";
  }
  for (const Changes::OfLeak& leak : changes.gone) {
    const detail::Words words = detail::words_of(leak.finding);
    out += "- leak  " + std::string(perimeter::name_of(leak.objective)) + ": " + printable(words.does) + " by " + printable(words.who) + " on " +
           printable(words.on) + "; no longer true of " + subjects_of(leak.subjects) + "\n";
  }
  tell_cells(changes.undecided, "+ not decided  ", out);
  tell_cells(changes.decided, "- not decided  ", out);
  return out;
}

Json to_json(const Changes& changes) {
  return Json::object({{"appeared", leaks_json(changes.appeared)},
                       {"gone", leaks_json(changes.gone)},
                       {"undecided", cells_json(changes.undecided)},
                       {"decided", cells_json(changes.decided)}});
}

}  // namespace ringwall::report
