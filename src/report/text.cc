// For people: the matrix first, then leaks, then the rest.

#include <algorithm>

#include "report/detail/view.h"

namespace ringwall::report {
namespace {

using prove::Verdict;
using detail::counted, detail::grouped, detail::printable, detail::some;

constexpr std::size_t width_max = 100;
constexpr std::size_t undecided_shown_max = 50;
constexpr std::size_t gaps_shown_max = 50;

enum class Paint : std::uint8_t { plain, good, bad, unsure, strong, quiet };

class Writer {
 public:
  explicit Writer(Colour colour) : colour_(colour) {}

  std::string paint(std::string_view text, Paint paint) const {
    static constexpr std::string_view codes[] = {"", "32", "1;31", "33", "1", "2"};
    if (colour_ == Colour::off || paint == Paint::plain) return std::string(text);
    return "\x1b[" + std::string(codes[static_cast<std::size_t>(paint)]) + "m" + std::string(text) + "\x1b[0m";
  }
  void line(const std::string& text = {}) { out_ += text + "\n"; }
  void heading(std::string_view text) { line("\n" + paint(text, Paint::strong)); }

  // Words behind a label, and further lines below the first of them.
  void member(std::string_view label, std::string_view text, std::size_t indent = 2) {
    const std::size_t behind = indent + 10;
    std::string head = std::string(indent, ' ') + std::string(label);
    head.resize(behind, ' ');
    line(head + wrapped(text, behind));
  }

  // Broken between words only: an ARN stays whole, however long.
  static std::string wrapped(std::string_view text, std::size_t indent) {
    std::string out;
    std::size_t column = indent;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find(' '), text.size());
      const std::string_view word = text.substr(0, end);
      if (!out.empty() && column + 1 + word.size() > width_max) {
        out += "\n" + std::string(indent, ' ');
        column = indent;
      } else if (!out.empty()) {
        out += ' ';
        ++column;
      }
      out += word;
      column += word.size();
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return out;
  }

  std::string take() { return std::move(out_); }

 private:
  Colour colour_;
  std::string out_;
};

Paint paint_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::proved:
      return Paint::good;
    case Verdict::leak:
      return Paint::bad;
    case Verdict::inconclusive:
      break;
  }
  return Paint::unsure;
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string right(std::string text, std::size_t width) {
  return text.size() < width ? std::string(width - text.size(), ' ') + text : text;
}

std::string guards_of(const prove::Row& row) {
  std::string out;
  for (const prove::Guard guard : row.sole_guards) out += (out.empty() ? "" : ", ") + std::string(name_of(guard));
  return out;
}

void matrix(Writer& writer, const prove::Report& report) {
  writer.line(writer.paint(padded("objective", 22) + padded("verdict", 14) + right("proved", 10) + right("leaking", 10) +
                               right("inconclusive", 14) + "  rests on one layer",
                           Paint::quiet));
  for (const prove::Row& row : report.rows) {
    const std::string verdict = row.verdict == Verdict::leak ? "LEAK" : std::string(name_of(row.verdict));
    const bool nothing = row.proved + row.leaking + row.inconclusive == 0;
    const std::string guards = guards_of(row);
    writer.line(padded(std::string(perimeter::name_of(row.objective)), 22) +
                writer.paint(padded(nothing ? "nothing asked" : verdict, 14), nothing ? Paint::quiet : paint_of(row.verdict)) +
                right(grouped(row.proved), 10) + right(grouped(row.leaking), 10) + right(grouped(row.inconclusive), 14) + "  " +
                (guards.empty() ? "-" : Writer::wrapped(guards, 72)));
  }
}

void request(Writer& writer, const prover::Finding& finding, std::size_t indent) {
  const detail::Words words = detail::words_of(finding);
  writer.member("who", printable(words.who), indent);
  writer.member("does", printable(words.does), indent);
  writer.member("on", printable(words.on), indent);
  writer.member("from", printable(words.from), indent);
  std::string_view label = "with";
  for (const auto& [key, value] : words.with) {
    writer.member(label, printable(key + " = " + value), indent);
    label = "";
  }
}

void leak(Writer& writer, const detail::View& view, const prove::Leak& leak, const std::string& title) {
  writer.line("\n" + writer.paint(title, Paint::bad) + "  " + writer.paint(perimeter::name_of(leak.objective), Paint::strong) + ": " +
              std::string(detail::meaning_of(leak.objective)));
  request(writer, leak.finding, 2);
  std::string_view label = "allowed by";
  for (const detail::Step& step : view.path(leak)) {
    const std::string policy = step.policy.empty() ? std::string() : " `" + printable(step.policy) + "`";
    const std::string place = step.place ? ", " + printable(to_string(*step.place)) : std::string();
    std::string head = "  " + std::string(label);
    head.resize(13, ' ');
    writer.line(head + Writer::wrapped(step.layer + policy + " statement " + printable(step.statement) + place, 13));
    label = "";
  }
  const std::string_view assumed = detail::assumption_of(leak.objective);
  if (!assumed.empty()) writer.member("", writer.paint("(" + std::string(assumed) + ")", Paint::quiet));
  if (!leak.fix.empty()) writer.member("fix", printable(leak.fix));
  if (leak.subjects.size() == 1) writer.member("true of", printable(leak.subjects.front()));
  if (leak.subjects.size() > 1) {
    writer.member("true of", counted(leak.subjects.size(), "subject") + ": " + printable(some(leak.subjects, subjects_shown_max)));
  }
}

void leaks(Writer& writer, const detail::View& view) {
  const auto& all = view.subject().report.leaks;
  for (std::size_t i = 0; i < all.size(); ++i)
    leak(writer, view, all[i], "leak " + std::to_string(i + 1) + " of " + std::to_string(all.size()));
}

void exceptions(Writer& writer, const detail::View& view) {
  const auto& uses = view.subject().report.exceptions;
  if (uses.empty()) return;
  writer.heading("exceptions");
  for (const prove::ExceptionUse& use : uses) {
    if (use.exception >= view.subject().perimeter.exceptions.size()) continue;
    const perimeter::Exception& exception = view.subject().perimeter.exceptions[use.exception];
    std::string text = use.expired ? "expired on " + exception.expires.value_or("an unknown day") + ", so it covers nothing"
                       : use.uses == 0 ? std::string("covers nothing that is there")
                                       : "covers " + counted(use.uses, "cell");
    if (!use.expired && exception.expires) text += ", until " + *exception.expires;
    if (!exception.owner.empty()) text += "; owner " + exception.owner;
    if (!exception.reason.empty()) text += "; " + exception.reason;
    const auto place = view.place(exception);
    if (place) text += " (" + to_string(*place) + ")";
    const Paint paint = use.expired ? Paint::bad : use.uses == 0 ? Paint::unsure : Paint::plain;
    writer.line("  " + writer.paint(printable(exception.name), paint) + ": " +
                Writer::wrapped(printable(text), 4));
  }
}

void inconclusive(Writer& writer, const detail::View& view) {
  bool headed = false;
  for (const prove::Row& row : view.subject().report.rows) {
    std::size_t shown = 0;
    const auto sentences = detail::View::undecided_once(row);
    for (const auto& [sentence, subjects] : sentences) {
      if (!headed) writer.heading("not decided");
      headed = true;
      if (shown++ == undecided_shown_max) {
        writer.line("  " + std::string(perimeter::name_of(row.objective)) + ": and " +
                    counted(sentences.size() - undecided_shown_max, "other reason"));
        break;
      }
      writer.line("  " + writer.paint(perimeter::name_of(row.objective), Paint::unsure) + ": " +
                  Writer::wrapped(printable(sentence), 4));
      writer.line("    " + Writer::wrapped(counted(subjects.size(), "subject") + ": " + printable(some(subjects, 3)), 4));
    }
  }
}

void gaps(Writer& writer, const prove::Report& report) {
  if (report.gaps.empty()) return;
  writer.heading("could not be read");
  const auto all = detail::alike(report.gaps);
  for (std::size_t i = 0; i < std::min(all.size(), gaps_shown_max); ++i) {
    const loaders::Gap& gap = *all[i].first;
    std::string place = gap.path + ":" + std::to_string(gap.position.line) + ":" + std::to_string(gap.position.column);
    if (all[i].places > 1) place += " and " + counted(all[i].places - 1, "more place");
    writer.line("  " + Writer::wrapped(printable(place + ": " + std::string(detail::name_of(gap.kind)) + ": " + gap.message + "; " + depends(all[i])), 4));
  }
  if (all.size() > gaps_shown_max) writer.line("  and " + grouped(all.size() - gaps_shown_max) + " more");
}

void not_asked(Writer& writer, const prove::Report& report) {
  if (report.not_asked.empty()) return;
  writer.heading("not asked (no verdict)");
  for (const std::string& what : report.not_asked) writer.line("  " + Writer::wrapped(printable(what), 4));
}

void future(Writer& writer, const detail::View& view) {
  const auto& all = view.subject().report.future;
  if (all.empty()) return;
  writer.heading("actions that no service has today (no verdict)");
  for (const prove::Leak& one : all) {
    const detail::Words words = detail::words_of(one.finding);
    writer.line("  " + std::string(perimeter::name_of(one.objective)) + ": " +
                Writer::wrapped(printable(words.does + " by " + words.who + " on " + words.on + "; true of " +
                                          counted(one.subjects.size(), "subject")),
                                4));
  }
}

std::string seconds_of(double seconds) {
  const auto tenths = static_cast<long>(seconds * 10 + 0.5);
  return tenths == 0 ? "less than 0.1 s" : std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

void closing(Writer& writer, const prove::Report& report) {
  std::size_t inconclusive_cells = 0;
  for (const prove::Row& row : report.rows) inconclusive_cells += row.inconclusive;
  writer.line();
  writer.line(writer.paint(counted(report.statistics.questions, "question") + ", " + grouped(report.statistics.asked) +
                               " of them distinct, in " + seconds_of(report.statistics.seconds),
                           Paint::quiet));
  switch (report.verdict()) {
    case Verdict::proved:
      writer.line(writer.paint("proved: the perimeter holds", Paint::good));
      break;
    case Verdict::leak:
      writer.line(writer.paint("leak: the perimeter does not hold: " + counted(report.leaks.size(), "kind") + " of request cross" +
                                   (report.leaks.size() == 1 ? "es" : "") + " it",
                               Paint::bad));
      break;
    case Verdict::inconclusive:
      writer.line(writer.paint("inconclusive: no leak was found, and " + counted(inconclusive_cells, "cell") + " could not be decided",
                               Paint::unsure));
      break;
  }
}

}  // namespace

std::string to_text(const Subject& subject, Colour colour) {
  const prove::Report& report = subject.report;
  const detail::View view(subject);
  Writer writer(colour);
  writer.line(Writer::wrapped("perimeter of " + printable(detail::organization_of(subject)) + ": " + counted(report.accounts, "account") + ", " +
                                  counted(report.principals, "principal") + ", " + counted(report.resources, "resource") + ", " +
                                  counted(report.endpoints, "endpoint") + ", " + counted(report.roles, "role"),
                              0));
  writer.line();
  matrix(writer, report);
  leaks(writer, view);
  exceptions(writer, view);
  inconclusive(writer, view);
  gaps(writer, report);
  future(writer, view);
  not_asked(writer, report);
  closing(writer, report);
  return writer.take();
}

std::string to_text(const prover::Finding& finding, std::size_t indent) {
  Writer writer(Colour::off);
  request(writer, finding, indent);
  std::string_view label = "by";
  for (const authz::Decision& decision : finding.decisions) {
    if (decision.statement.empty()) continue;
    // A document that was asked by itself has no layer and no name.
    const std::string policy = decision.policy.empty() ? std::string() : std::string(authz::name_of(decision.layer)) + " `" + printable(decision.policy) + "` ";
    writer.member(label, policy + "statement " + printable(decision.statement) + ", line " + std::to_string(decision.position.line), indent);
    label = "";
  }
  return writer.take();
}

namespace {

void undecided_lines(std::string& out, const std::vector<std::string>& undecided) {
  for (const std::string& sentence : undecided) out += "not decided: " + printable(sentence) + "\n";
}

}  // namespace

std::string to_text(const prove::Difference& difference) {
  std::string out;
  for (const prove::Change& change : difference.newly_allowed)
    out += "newly allowed: " + printable(change.subject) + "\n" + to_text(change.finding, 2) + "\n";
  undecided_lines(out, difference.undecided);
  if (!difference.newly_allowed.empty()) {
    out += counted(difference.newly_allowed.size(), "kind") + " of request newly allowed" +
           (difference.more ? ", and there are more" : "") + "\n";
  } else {
    out += difference.undecided.empty() ? "nothing is newly allowed\n" : "inconclusive: no newly allowed request was found\n";
  }
  return out;
}

std::string to_text(const prove::Accesses& accesses) {
  std::string out;
  for (const prove::Access& access : accesses.found) out += printable(access.principal) + "\n" + to_text(access.finding, 2) + "\n";
  undecided_lines(out, accesses.undecided);
  if (!accesses.found.empty()) return out + counted(accesses.found.size(), "kind") + " of request allowed\n";
  return out + (accesses.undecided.empty() ? "nothing is allowed\n" : "inconclusive: nothing allowed was found\n");
}

}  // namespace ringwall::report
