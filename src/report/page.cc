// One page that needs no network: the circle, the matrix, each leak, and all that a reader may want
// to check. Everything can be read without scripts; the script filters and opens.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/detail/circle.h"
#include "report/detail/view.h"
#include "text/encode.h"

namespace ringwall::embedded {
std::string_view report(std::string_view name);
}

namespace ringwall::report {
namespace {

using detail::counted, detail::grouped, detail::View;
using prove::Verdict;
using text::xml_escape;

constexpr std::size_t leaks_open_max = 12;
constexpr std::size_t excerpts_bytes_max = 1024UL * 1024;  // of all together
constexpr std::size_t list_max = 200;                      // gaps, sentences, exceptions, classes

std::string code(std::string_view text) { return "<code>" + xml_escape(text) + "</code>"; }

std::string more(std::size_t shown, std::size_t all) {
  return all > shown ? "<li class=\"more\">and " + grouped(all - shown) + " more, in the JSON report</li>" : std::string();
}

// The first subjects, and how many there are.
std::string subjects_html(const std::vector<std::string>& subjects) {
  std::string out = "<ul class=\"subjects\">";
  for (std::size_t i = 0; i < std::min(subjects.size(), subjects_shown_max); ++i) out += "<li>" + code(subjects[i]) + "</li>";
  return out + more(subjects_shown_max, subjects.size()) + "</ul>";
}

std::string excerpt_html(const detail::Step& step) {
  std::string out = "<pre tabindex=\"0\"><code>";
  std::uint32_t line = step.first_line;
  for (std::size_t at = 0; at <= step.excerpt.size();) {
    const std::size_t end = std::min(step.excerpt.find('\n', at), step.excerpt.size());
    const std::string number = step.first_line == 0 ? std::string() : std::to_string(line++);
    out += "<span class=\"line\"><span class=\"n\" aria-hidden=\"true\">" + number + "</span><span>" +
           xml_escape(std::string_view(step.excerpt).substr(at, end - at)) + "\n</span></span>";
    at = end + 1;
  }
  return out + "</code></pre>";
}

class Page {
 public:
  Page(const Subject& subject, std::string_view version) : subject_(subject), report_(subject.report), view_(subject), version_(version) {}

  std::string write() {
    head();
    out_ += "<main>\n<figure class=\"circle\">\n" + detail::circle(subject_) + legend() + "</figure>\n";
    matrix();
    leaks();
    undecided();
    exceptions();
    gaps();
    not_asked();
    future();
    axioms();
    foot();
    return std::move(out_);
  }

 private:
  std::string title() const {
    switch (report_.verdict()) {
      case Verdict::proved:
        return "The circle holds";
      case Verdict::leak:
        return counted(report_.leaks.size(), "kind") + " of request leak" + (report_.leaks.size() == 1 ? "s" : "");
      case Verdict::inconclusive:
        break;
    }
    return "No leak was found, and not everything could be decided";
  }

  void head() {
    const std::string organization = xml_escape(detail::organization_of(subject_));
    out_ = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"" +
           std::string(page_policy()) + "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
           "<meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<title>" + title() + " · " +
           organization + "</title>\n<style>" + std::string(embedded::report("page.css")) + "</style>\n</head>\n<body>\n" +
           "<a class=\"skip\" href=\"#matrix\">To the matrix</a>\n<header>\n<p class=\"kicker\">Perimeter of " + code(detail::organization_of(subject_)) +
           "</p>\n<h1 class=\"" + std::string(name_of(report_.verdict())) + "\">" + title() + "</h1>\n<p class=\"lede\">" +
           counted(report_.accounts, "account") + ", " + counted(report_.principals, "principal") + ", " + counted(report_.resources, "resource") +
           ", " + counted(report_.endpoints, "endpoint") + ", " + counted(report_.roles, "role") + ". " + lede() + "</p>\n</header>\n";
  }

  std::string lede() const {
    switch (report_.verdict()) {
      case Verdict::proved:
        return "For every request that these policies can tell apart, it was proved that none crosses the perimeter, but for the exceptions below.";
      case Verdict::leak:
        return "Each leak below is a request that was replayed against these policies and got through.";
      case Verdict::inconclusive:
        break;
    }
    return "What could not be decided is listed below with its reason; nothing of it counts as proved.";
  }

  static std::string legend() {
    return "<figcaption><ul class=\"legend\"><li><span class=\"swatch proved\"></span>proved</li><li><span class=\"swatch leak\"></span>leak</li>"
           "<li><span class=\"swatch inconclusive\"></span>not decided</li><li><span class=\"swatch exception\"></span>declared exception</li>"
           "<li><span class=\"swatch none\"></span>nothing to ask</li></ul></figcaption>\n";
  }

  static std::string number_cell(std::size_t count, const std::string& link) {
    if (count == 0) return "<td class=\"figure zero\">0</td>";
    return link.empty() ? "<td class=\"figure\">" + grouped(count) + "</td>" : "<td class=\"figure\"><a href=\"#" + link + "\">" + grouped(count) + "</a></td>";
  }

  bool has_leaks(perimeter::Objective objective) const {
    return std::ranges::any_of(report_.leaks, [&](const prove::Leak& leak) { return leak.objective == objective; });
  }

  // Where the row's leaks are told. The whole may leak by those of other rows.
  std::string link_of(const prove::Row& row) const {
    if (has_leaks(row.objective)) return detail::anchor_of(row.objective);
    for (const prove::CellOf& cell : row.cells) {
      if (!cell.leaks.empty() && cell.leaks.front() < page_leaks_max) return "leak-" + std::to_string(cell.leaks.front() + 1);
    }
    return "matrix";
  }

  void matrix() {
    out_ += "<section id=\"matrix\" aria-labelledby=\"matrix-title\">\n<h2 id=\"matrix-title\">The matrix</h2>\n<div class=\"wide\"><table>\n"
            "<thead><tr><th scope=\"col\">Objective</th><th scope=\"col\">Verdict</th><th scope=\"col\" class=\"figure\">Proved</th>"
            "<th scope=\"col\" class=\"figure\">Leaking</th><th scope=\"col\" class=\"figure\">Undecided</th>"
            "<th scope=\"col\">Rests on one layer</th></tr></thead>\n<tbody>\n";
    for (const prove::Row& row : report_.rows) {
      const bool nothing = row.proved + row.leaking + row.inconclusive == 0;
      const std::string verdict = nothing ? "none" : std::string(name_of(row.verdict));
      std::string guards;
      for (const prove::Guard guard : row.sole_guards) guards += "<span class=\"guard\">" + std::string(name_of(guard)) + "</span>";
      const std::string link = link_of(row);
      out_ += "<tr id=\"row-" + std::to_string(detail::index_of(row.objective)) + "\"><th scope=\"row\"><span class=\"name\">" +
              std::string(perimeter::name_of(row.objective)) + "</span><span class=\"asks\">" + std::string(detail::question_of(row.objective)) +
              "</span></th><td>" + (row.verdict == Verdict::leak ? "<a class=\"verdict leak\" href=\"#" + link + "\">leak</a>" : "<span class=\"verdict " + verdict + "\">" + (nothing ? "nothing to ask" : verdict) + "</span>") +
              "</td>" + number_cell(row.proved, row.proved > 0 ? "cells-" + std::to_string(detail::index_of(row.objective)) : "") +
              number_cell(row.leaking, link) + number_cell(row.inconclusive, "undecided") + "<td>" + (guards.empty() ? "<span class=\"zero\">none</span>" : guards) + "</td></tr>\n";
    }
    out_ += "</tbody></table></div>\n";
    for (const prove::Row& row : report_.rows) cells(row);
    out_ += "</section>\n";
  }

  // Cells of which the same is true are told together: 50,000 subjects fill no page.
  void cells(const prove::Row& row) {
    if (row.cells.empty()) return;
    struct Class {
      std::string verdict, text;
      std::vector<std::string> subjects;
      std::size_t count = 0;
    };
    std::map<std::string, Class> classes;
    for (const prove::CellOf& cell : row.cells) {
      std::string text;
      for (const std::size_t at : cell.leaks) text += (text.empty() ? "leak " : ", ") + std::to_string(at + 1);
      std::string held;
      for (const prove::Guard guard : cell.guards) held += (held.empty() ? "" : ", ") + std::string(name_of(guard));
      if (!held.empty()) text += (text.empty() ? "" : "; ") + std::string("held by any one of: ") + held;
      std::string covered;
      for (const std::size_t at : cell.exceptions) {
        if (at < subject_.perimeter.exceptions.size()) covered += (covered.empty() ? "" : ", ") + subject_.perimeter.exceptions[at].name;
      }
      if (!covered.empty()) text += (text.empty() ? "" : "; ") + std::string("covered by ") + covered;
      const std::string verdict(name_of(cell.verdict));
      Class& one = classes[verdict + "\n" + text];
      one.verdict = verdict;
      one.text = text;
      ++one.count;
      if (one.subjects.size() < subjects_shown_max) one.subjects.push_back(cell.subject);
    }
    out_ += "<details class=\"cells\" id=\"cells-" + std::to_string(detail::index_of(row.objective)) + "\"><summary>" +
            std::string(perimeter::name_of(row.objective)) + ": " + counted(row.cells.size(), "subject") + " in " +
            grouped(classes.size()) + (classes.size() == 1 ? " class" : " classes") + "</summary><ul class=\"classes\">";
    std::size_t shown = 0;
    for (const auto& [key, one] : classes) {
      if (shown++ == list_max) break;
      out_ += "<li><span class=\"verdict " + one.verdict + "\">" + one.verdict + "</span> " + counted(one.count, "subject") +
              (one.text.empty() ? "" : ": " + xml_escape(one.text)) + "<ul class=\"subjects\">";
      for (const std::string& subject : one.subjects) out_ += "<li>" + code(subject) + "</li>";
      out_ += more(one.subjects.size(), one.count) + "</ul></li>";
    }
    out_ += more(list_max, classes.size()) + "</ul></details>\n";
  }

  void leaks() {
    if (report_.leaks.empty()) return;
    out_ += "<section id=\"leaks\" aria-labelledby=\"leaks-title\">\n<h2 id=\"leaks-title\">Leaks</h2>\n"
            "<form class=\"tools\" hidden><label>Search <input type=\"search\" name=\"text\" autocomplete=\"off\"></label>"
            "<label>Objective <select name=\"objective\"><option value=\"\">all</option>";
    for (const prove::Row& row : report_.rows) {
      if (has_leaks(row.objective)) out_ += "<option>" + std::string(perimeter::name_of(row.objective)) + "</option>";
    }
    out_ += "</select></label><button type=\"button\" name=\"open\">Open all</button><button type=\"button\" name=\"close\">Close all</button>"
            "<output aria-live=\"polite\"></output></form>\n";
    std::size_t shown = 0;
    for (const prove::Row& row : report_.rows) {
      bool headed = false;
      for (std::size_t i = 0; i < report_.leaks.size(); ++i) {
        if (report_.leaks[i].objective != row.objective || shown == page_leaks_max) continue;
        if (!headed) out_ += "<h3 id=\"" + detail::anchor_of(row.objective) + "\">" + std::string(perimeter::name_of(row.objective)) + ": " + std::string(detail::meaning_of(row.objective)) + "</h3>\n";
        headed = true;
        leak(report_.leaks[i], i + 1, shown++ < leaks_open_max);
      }
    }
    if (report_.leaks.size() > shown) out_ += "<p class=\"more\">" + counted(report_.leaks.size() - shown, "more leak") + " in the JSON report.</p>\n";
    out_ += "</section>\n";
  }

  void leak(const prove::Leak& leak, std::size_t number, bool open) {
    const detail::Words words = detail::words_of(leak.finding);
    out_ += "<details class=\"one\" id=\"leak-" + std::to_string(number) + "\" data-objective=\"" + std::string(perimeter::name_of(leak.objective)) + "\"" + (open ? " open" : "") +
            "><summary><span class=\"badge\">" + std::to_string(number) + "</span> " + code(words.who) + " may " + code(leak.finding.request.action) +
            " on " + code(leak.finding.request.resource) + (leak.subjects.size() > 1 ? " <span class=\"count\">true of " + counted(leak.subjects.size(), "subject") + "</span>" : "") +
            "</summary>\n<dl>";
    const auto member = [&](std::string_view name, const std::string& html) { out_ += "<dt>" + std::string(name) + "</dt><dd>" + html + "</dd>"; };
    member("Who", code(words.who));
    member("Does", code(words.does));
    member("On", code(words.on));
    member("From", xml_escape(words.from));
    if (!words.with.empty()) {
      std::string keys;
      for (const auto& [key, value] : words.with) keys += "<li>" + code(key) + " = " + code(value) + "</li>";
      member("With", "<ul class=\"keys\">" + keys + "</ul>");
    }
    out_ += "</dl>\n";
    path(leak);
    if (!leak.fix.empty()) out_ += "<p class=\"fix\"><strong>Fix</strong> " + xml_escape(leak.fix) + "</p>\n";
    if (!leak.subjects.empty()) out_ += "<h4>True of " + counted(leak.subjects.size(), "subject") + "</h4>" + subjects_html(leak.subjects);
    out_ += "</details>\n";
  }

  void path(const prove::Leak& leak) {
    const auto steps = view_.path(leak);
    const std::string_view assumed = detail::assumption_of(leak.objective);
    if (steps.empty() && assumed.empty()) return;
    out_ += "<h4>Allowed by</h4><ol class=\"path\">";
    for (const detail::Step& step : steps) {
      out_ += "<li><span class=\"layer\">" + xml_escape(step.layer) + "</span> " + (step.policy.empty() ? "" : code(step.policy)) + " statement " + code(step.statement);
      if (step.place) out_ += " <span class=\"place\">" + xml_escape(to_string(*step.place)) + "</span>";
      if (!step.excerpt.empty() && excerpts_bytes_ + step.excerpt.size() <= excerpts_bytes_max) {
        excerpts_bytes_ += step.excerpt.size();
        out_ += excerpt_html(step);
      }
      out_ += "</li>";
    }
    if (!assumed.empty()) out_ += "<li class=\"assumed\">" + std::string(assumed) + "</li>";
    out_ += "</ol>\n";
  }

  void undecided() {
    std::string list;
    std::size_t shown = 0, all = 0;
    for (const prove::Row& row : report_.rows) {
      for (const auto& [sentence, subjects] : View::undecided_once(row)) {
        if (++all > list_max) continue;
        ++shown;
        list += "<li><span class=\"verdict inconclusive\">" + std::string(perimeter::name_of(row.objective)) + "</span> " + xml_escape(sentence) + subjects_html(subjects) + "</li>";
      }
    }
    if (!list.empty()) section("undecided", "Not decided", "<ul class=\"plain\">" + list + more(shown, all) + "</ul>");
  }

  void exceptions() {
    if (report_.exceptions.empty()) return;
    std::string rows;
    for (std::size_t i = 0; i < std::min(report_.exceptions.size(), list_max); ++i) {
      const prove::ExceptionUse& use = report_.exceptions[i];
      if (use.exception >= subject_.perimeter.exceptions.size()) continue;
      const perimeter::Exception& exception = subject_.perimeter.exceptions[use.exception];
      const auto place = view_.place(exception);
      const std::string state = use.expired ? "<span class=\"verdict leak\">expired</span>" : use.uses == 0 ? "<span class=\"verdict none\">covers nothing</span>" : "<span class=\"verdict exception\">" + counted(use.uses, "cell") + "</span>";
      rows += "<tr><th scope=\"row\"><span class=\"name\">" + xml_escape(exception.name) + "</span>" + (place ? "<span class=\"asks\">" + xml_escape(to_string(*place)) + "</span>" : "") + "</th><td>" + state +
              "</td><td>" + xml_escape(exception.expires.value_or("never")) + "</td><td>" + xml_escape(exception.owner) + "</td><td>" + xml_escape(exception.reason) + "</td></tr>\n";
    }
    section("exceptions", "Declared exceptions",
            "<div class=\"wide\"><table><thead><tr><th scope=\"col\">Exception</th><th scope=\"col\">Covers</th><th scope=\"col\">Expires</th><th scope=\"col\">Owner</th><th scope=\"col\">Reason</th></tr></thead><tbody>" +
                rows + "</tbody></table></div>");
  }

  void gaps() {
    if (report_.gaps.empty()) return;
    std::string list;
    const auto all = detail::alike(report_.gaps);
    for (std::size_t i = 0; i < std::min(all.size(), list_max); ++i) {
      const loaders::Gap& gap = *all[i].first;
      const std::string others = all[i].places == 1 ? "" : " and " + counted(all[i].places - 1, "more place");
      list += "<li><span class=\"place\">" + xml_escape(to_string(detail::Place{gap.path, gap.position, true})) + "</span>" + others + " " + std::string(detail::name_of(gap.kind)) + ": " + xml_escape(gap.message) +
              "; " + xml_escape(depends(all[i])) + "</li>";
    }
    section("gaps", "Could not be read", "<ul class=\"plain\">" + list + more(list_max, all.size()) + "</ul>");
  }

  void not_asked() {
    if (report_.not_asked.empty()) return;
    std::string list;
    for (const std::string& what : report_.not_asked) list += "<li>" + xml_escape(what) + "</li>";
    section("not-asked", "Not asked", "<ul class=\"plain\">" + list + "</ul>");
  }

  void future() {
    if (report_.future.empty()) return;
    std::string list;
    for (std::size_t i = 0; i < std::min(report_.future.size(), list_max); ++i) {
      const prove::Leak& one = report_.future[i];
      const detail::Words words = detail::words_of(one.finding);
      list += "<li>" + std::string(perimeter::name_of(one.objective)) + ": " + code(words.who) + " may " + code(words.does) + " on " + code(words.on) + "; true of " + counted(one.subjects.size(), "subject") + "</li>";
    }
    section("future", "Actions that no service has today", "<p>They change no verdict: a service would have to begin to offer them.</p><ul class=\"plain\">" + list + more(list_max, report_.future.size()) + "</ul>");
  }

  void axioms() {
    std::string list;
    for (const prover::Axiom& axiom : prover::axioms()) list += "<li><strong>" + xml_escape(axiom.name) + "</strong> " + xml_escape(axiom.text) + " <cite>" + xml_escape(axiom.source) + "</cite></li>";
    section("axioms", "What is taken for granted",
            "<p>Relations between condition keys that every request keeps. A wrong one would make a proof unsound.</p><details class=\"cells\"><summary>" +
                counted(prover::axioms().size(), "axiom") + "</summary><ul class=\"plain\">" + list + "</ul></details>");
  }

  void foot() {
    out_ += "</main>\n<footer><p>" + counted(report_.statistics.questions, "question") + ", " + grouped(report_.statistics.asked) + " of them distinct, in " +
            fmt::format("{:.1f}", report_.statistics.seconds) + " s. Made by ringwall " + xml_escape(version_) + ".</p></footer>\n<script>" +
            std::string(embedded::report("page.js")) + "</script>\n</body>\n</html>\n";
  }

  void section(std::string_view id, std::string_view title, const std::string& html) {
    out_ += fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{1}</h2>\n", id, title) + html + "\n</section>\n";
  }

  // Names the one style sheet and the one script by their hashes.
  static std::string_view page_policy() {
    std::string_view policy = embedded::report("page.csp");
    while (policy.ends_with('\n')) policy.remove_suffix(1);
    return policy;
  }

  const Subject& subject_;
  const prove::Report& report_;
  View view_;
  std::string_view version_;
  std::string out_;
  std::size_t excerpts_bytes_ = 0;
};

}  // namespace

std::string to_page(const Subject& subject, std::string_view version) { return Page(subject, version).write(); }

}  // namespace ringwall::report
