#include "report/detail/circle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <set>

#include "report/detail/view.h"
#include "text/encode.h"

namespace ringwall::report::detail {
namespace {

using perimeter::Objective;
using prove::Verdict;
using text::xml_escape;

constexpr double centre_x = 600, centre_y = 390;
constexpr double inner_radius = 236, outer_radius = 264;
constexpr std::size_t arrows_max = 5;  // of one objective; one more says how many there are

struct Arc {
  Objective objective;
  double from, to;  // degrees, clockwise from three o'clock
  enum class Way : std::uint8_t { out, in } way;  // of its leaks' arrows
};

// Objectives that meet the same neighbour lie beside it. `whole` is the thin ring, and its leaks
// cross at the top. What agents do crosses nothing, so they are in the matrix alone.
constexpr std::array<Arc, perimeter::objective_count> arcs{{
    {Objective::identity_resources, 217, 265, Arc::Way::out},
    {Objective::identity_networks, 155, 203, Arc::Way::in},
    {Objective::resource_principals, 275, 328.5, Arc::Way::in},
    {Objective::resource_networks, 331.5, 385, Arc::Way::in},
    {Objective::network_principals, 91.5, 145, Arc::Way::in},
    {Objective::network_resources, 35, 88.5, Arc::Way::out},
    {Objective::trust, 206, 214, Arc::Way::in},
    {Objective::whole, 267, 273, Arc::Way::in},
}};

struct Point {
  double x, y;
};

Point at(double degrees, double radius) {
  const double angle = degrees * std::numbers::pi / 180;
  return {centre_x + radius * std::cos(angle), centre_y + radius * std::sin(angle)};
}

std::string band(double from, double to) {
  const Point a = at(from, outer_radius), b = at(to, outer_radius), c = at(to, inner_radius), d = at(from, inner_radius);
  return fmt::format("M{:.1f} {:.1f}A{} {} 0 0 1 {:.1f} {:.1f}L{:.1f} {:.1f}A{} {} 0 0 0 {:.1f} {:.1f}Z", a.x, a.y, outer_radius, outer_radius, b.x, b.y,
                     c.x, c.y, inner_radius, inner_radius, d.x, d.y);
}

std::size_t asked(const prove::Row& row) { return row.proved + row.leaking + row.inconclusive; }

std::string class_of(const prove::Row& row) { return asked(row) == 0 ? "none" : std::string(name_of(row.verdict)); }

// "2 leaks, 1 undecided"
std::string state_of(const prove::Row& row, std::size_t leaks) {
  if (asked(row) == 0) return "nothing to ask";
  std::string out;
  if (row.leaking > 0) out = counted(leaks, "leak") + ", of " + counted(row.leaking, "subject");
  if (row.inconclusive > 0) out += (out.empty() ? "" : "; ") + grouped(row.inconclusive) + " undecided";
  return out.empty() ? "proved for " + (row.proved == 1 ? std::string("the one there is") : "all " + grouped(row.proved)) : out;
}

class Circle {
 public:
  explicit Circle(const Subject& subject) : subject_(subject) {
    for (std::size_t i = 0; i < subject.report.leaks.size(); ++i) leaks_.at(index_of(subject.report.leaks[i].objective)).push_back(i);
  }

  std::string draw() {
    head();
    out_ += fmt::format("<circle class=\"inside\" cx=\"{0}\" cy=\"{1}\" r=\"{2}\"/>", centre_x, centre_y, inner_radius - 8);
    for (const prove::Row& row : subject_.report.rows) {
      if (row.objective == Objective::whole)
        out_ += fmt::format("<circle class=\"whole {}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>", class_of(row), centre_x, centre_y, inner_radius - 8);
    }
    for (const auto draw_one : {&Circle::segment, &Circle::gates, &Circle::arrows, &Circle::label}) {
      for (const prove::Row& row : subject_.report.rows) {
        if (index_of(row.objective) < arcs.size()) (this->*draw_one)(row);
      }
    }
    contents();
    return std::move(out_) + "</svg>\n";
  }

 private:
  static const Arc& arc_of(const prove::Row& row) { return arcs.at(index_of(row.objective)); }

  void head() {
    out_ = fmt::format(
        "<svg viewBox=\"0 0 {} {}\" role=\"group\" aria-labelledby=\"circle-title circle-text\" xmlns=\"http://www.w3.org/2000/svg\">"
        "<title id=\"circle-title\">The perimeter of {}</title><desc id=\"circle-text\">",
        2 * centre_x, 2 * centre_y, xml_escape(organization_of(subject_)));
    for (const prove::Row& row : subject_.report.rows)
      out_ += fmt::format("{}: {}. ", perimeter::name_of(row.objective), state_of(row, leaks_.at(index_of(row.objective)).size()));
    out_ +=
        "</desc><defs>"
        "<pattern id=\"hatch\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
        "<rect class=\"hatch-ground\" width=\"8\" height=\"8\"/><rect class=\"hatch-line\" width=\"4\" height=\"8\"/></pattern>"
        "<marker id=\"head\" viewBox=\"0 0 10 10\" refX=\"8\" refY=\"5\" markerWidth=\"6.5\" markerHeight=\"6.5\" orient=\"auto-start-reverse\">"
        "<path class=\"arrow-head\" d=\"M0 0L10 5L0 10Z\"/></marker></defs>";
  }

  void segment(const prove::Row& row) {
    if (row.objective == Objective::whole) return;
    const Arc& arc = arc_of(row);
    out_ += fmt::format("<a href=\"#row-{0}\" aria-label=\"{1}: {2}\"><path class=\"arc {3}\" d=\"{4}\"><title>{1}: {2}</title></path></a>",
                        index_of(row.objective), perimeter::name_of(row.objective), state_of(row, leaks_.at(index_of(row.objective)).size()),
                        class_of(row), band(arc.from, arc.to));
  }

  // One gate for all exceptions that the row uses, a little off its middle so that arrows miss it.
  void gates(const prove::Row& row) {
    std::set<std::size_t> used;
    for (const prove::CellOf& cell : row.cells) used.insert(cell.exceptions.begin(), cell.exceptions.end());
    std::erase_if(used, [&](std::size_t one) { return one >= subject_.perimeter.exceptions.size(); });
    if (used.empty()) return;
    std::vector<std::string> names;
    for (const std::size_t one : used) names.push_back(subject_.perimeter.exceptions[one].name);
    const Arc& arc = arc_of(row);
    const double angle = arc.to - (arc.to - arc.from) * 0.2;
    const std::string title = xml_escape("covered by " + some(names, 3));
    out_ += fmt::format("<a href=\"#exceptions\" aria-label=\"{}\"><title>{}</title>", title, title);
    if (arc.to - arc.from > 20) out_ += fmt::format("<path class=\"gap\" d=\"{}\"/>", band(angle - 3, angle + 3));
    for (const double side : {-3.0, 3.0}) {
      const Point a = at(angle + side, inner_radius - 22), b = at(angle + side, outer_radius + 22);
      out_ += fmt::format("<line class=\"gate\" x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"/>", a.x, a.y, b.x, b.y);
    }
    out_ += "</a>";
  }

  void arrow(double angle, Arc::Way way, const std::string& link, const std::string& title, const std::string& text) {
    const Point inner = at(angle, inner_radius - 40), outer = at(angle, outer_radius + 46), badge = at(angle, outer_radius + 64);
    const Point from = way == Arc::Way::out ? inner : outer, to = way == Arc::Way::out ? outer : inner;
    out_ += fmt::format(
        "<a class=\"crossing\" href=\"#{0}\" aria-label=\"{1}\"><title>{1}</title>"
        "<line class=\"halo\" x1=\"{2:.1f}\" y1=\"{3:.1f}\" x2=\"{4:.1f}\" y2=\"{5:.1f}\"/>"
        "<line class=\"arrow\" x1=\"{2:.1f}\" y1=\"{3:.1f}\" x2=\"{4:.1f}\" y2=\"{5:.1f}\" marker-end=\"url(#head)\"/>"
        "<circle class=\"badge\" cx=\"{6:.1f}\" cy=\"{7:.1f}\" r=\"15\"/><text class=\"badge-text\" x=\"{6:.1f}\" y=\"{8:.1f}\">{9}</text></a>",
        link, title, from.x, from.y, to.x, to.y, badge.x, badge.y, badge.y + 4.5, text);
  }

  // Of the whole's leaks some lead out and some in: who asks tells.
  Arc::Way way_of(const Arc& arc, const prove::Leak& leak) const {
    if (arc.objective != Objective::whole || subject_.world.estate == nullptr) return arc.way;
    const auto& account = leak.finding.request.resource_account;
    const bool resource_mine = account.empty() || subject_.world.estate->mine(account);
    return resource_mine ? Arc::Way::in : Arc::Way::out;
  }

  void arrows(const prove::Row& row) {
    const auto& all = leaks_.at(index_of(row.objective));
    if (all.empty()) return;
    const Arc& arc = arc_of(row);
    const bool narrow = arc.to - arc.from < 20;
    const std::size_t most = narrow ? 1 : arrows_max;
    const bool rest = all.size() > most;
    const std::size_t shown = rest ? most - 1 : all.size();
    const std::size_t places = shown + (rest ? 1 : 0);
    for (std::size_t i = 0; i < places; ++i) {
      // The last fifth of a segment is the gate's.
      const double angle = arc.from + (arc.to - arc.from) * (narrow ? 0.5 : 0.75 * (static_cast<double>(i) + 0.5) / static_cast<double>(places));
      if (i < shown) {
        const prove::Leak& leak = subject_.report.leaks[all[i]];
        const Words words = words_of(leak.finding);
        const std::string title = xml_escape(fmt::format("leak {}: {}: {}, {}", all[i] + 1, meaning_of(row.objective), words.who, words.does));
        arrow(angle, way_of(arc, leak), fmt::format("leak-{}", all[i] + 1), title, std::to_string(all[i] + 1));
      } else {
        const std::size_t more = all.size() - shown;
        arrow(angle, arc.way, anchor_of(row.objective), counted(more, shown == 0 ? "leak" : "more leak"), (shown == 0 ? "×" : "+") + (more > 99 ? "99" : std::to_string(more)));
      }
    }
  }

  void label(const prove::Row& row) {
    if (row.objective == Objective::whole) return;
    const Arc& arc = arc_of(row);
    const double middle = (arc.from + arc.to) / 2;
    const Point point = at(middle, outer_radius + 100);
    const bool right = std::cos(middle * std::numbers::pi / 180) > 0;
    // Above or below the circle the label may move in, where arrows leave it room.
    const double y = point.y + (point.y < 150 ? -22 : point.y > 620 ? 10 : -14);
    out_ += fmt::format(
        "<a class=\"label\" href=\"#row-{}\"><text text-anchor=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\"><tspan class=\"label-name\">{}</tspan>"
        "<tspan class=\"label-state {}\" x=\"{:.1f}\" dy=\"19\">{}</tspan></text></a>",
        index_of(row.objective), right ? "start" : "end", point.x, y, perimeter::name_of(row.objective), class_of(row), point.x,
        state_of(row, leaks_.at(index_of(row.objective)).size()));
  }

  void thing(double x, double y, std::string_view icon, const std::string& number, const std::string& noun) {
    out_ += fmt::format(
        "<g class=\"thing\" transform=\"translate({:.0f} {:.0f})\"><g class=\"icon\" transform=\"translate(-12 -52)\">{}</g>"
        "<text class=\"number\" y=\"0\">{}</text><text class=\"noun\" y=\"19\">{}</text></g>",
        x, y, icon, number, noun);
  }

  void contents() {
    const prove::Report& report = subject_.report;
    const auto plural = [](std::size_t count, std::string_view noun) { return std::string(noun) + (count == 1 ? "" : "s"); };
    thing(centre_x - 112, centre_y - 72, "<circle cx=\"12\" cy=\"7\" r=\"5\"/><path d=\"M2 23a10 9 0 0 1 20 0\"/>", grouped(report.principals),
          plural(report.principals, "principal"));
    thing(centre_x + 112, centre_y - 72, "<ellipse cx=\"12\" cy=\"5\" rx=\"9\" ry=\"3.5\"/><path d=\"M3 5v14c0 2 4 3.5 9 3.5s9-1.5 9-3.5V5M3 12c0 2 4 3.5 9 3.5s9-1.5 9-3.5\"/>",
          grouped(report.resources), plural(report.resources, "resource"));
    thing(centre_x, centre_y + 150, "<circle cx=\"12\" cy=\"4\" r=\"3\"/><circle cx=\"4\" cy=\"20\" r=\"3\"/><circle cx=\"20\" cy=\"20\" r=\"3\"/><path d=\"M12 7v6M12 13L5 17.500M12 13L19 17.500\"/>",
          grouped(report.endpoints), plural(report.endpoints, "endpoint"));
    const Verdict verdict = report.verdict();
    const std::string said = verdict == Verdict::proved ? "The circle holds" : verdict == Verdict::leak ? counted(report.leaks.size(), "leak") : "Not decided";
    out_ += fmt::format("<text class=\"said {}\" x=\"{}\" y=\"{}\">{}</text>", name_of(verdict), centre_x, centre_y + 22, said);
    out_ += fmt::format("<text class=\"noun\" x=\"{}\" y=\"{}\">{} · {}</text>", centre_x, centre_y + 48, counted(report.accounts, "account"), counted(report.roles, "role"));
  }

  const Subject& subject_;
  std::array<std::vector<std::size_t>, perimeter::objective_count_with_agents> leaks_;
  std::string out_;
};

}  // namespace

std::string anchor_of(Objective objective) {
  std::string name(perimeter::name_of(objective));
  std::ranges::replace(name, '/', '-');
  return "leaks-" + name;
}

std::string circle(const Subject& subject) { return Circle(subject).draw(); }

}  // namespace ringwall::report::detail
