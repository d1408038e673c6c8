// SARIF 2.1.0: a result for each leak, for each reason why something is not decided, for what could
// not be read, and for each exception. Rules are the objectives.

#include <array>

#include "report/detail/view.h"
#include "text/encode.h"

namespace ringwall::report {
namespace {

using text::Json;
using perimeter::Objective;

// Rules behind the objectives'.
constexpr std::size_t gap_rule = perimeter::objective_count_with_agents;
constexpr std::size_t exception_rule = gap_rule + 1;
constexpr std::string_view gap_id = "estate/unread", exception_id = "perimeter/exception";

Json message(std::string_view text) { return Json::object({{"text", text}}); }

Json rule(std::string_view id, std::string_view short_text, std::string_view full_text, std::string_view level) {
  return Json::object({{"id", id},
                       {"shortDescription", message(short_text)},
                       {"fullDescription", message(full_text)},
                       {"defaultConfiguration", Json::object({{"level", level}})},
                       {"properties", Json::object({{"tags", Json::array({"security", "perimeter"})}})}});
}

Json rules() {
  Json list = Json::array();
  for (std::size_t i = 0; i < perimeter::objective_count_with_agents; ++i) {
    const auto objective = static_cast<Objective>(i);
    list.push(rule(perimeter::name_of(objective), detail::question_of(objective), detail::meaning_of(objective), "error"));
  }
  list.push(rule(gap_id, "everything of the estate can be read", "something of the estate could not be read, so what depends on it is not decided", "warning"));
  list.push(rule(exception_id, "known gaps are declared", "an exception of the perimeter file lets requests cross the perimeter, or no longer does", "note"));
  return list;
}

std::string uri_of(const std::string& path) { return path.empty() ? "estate" : text::percent_encode(path, true); }

Json location(const detail::Place& place) {
  return Json::object(
      {{"physicalLocation",
        Json::object({{"artifactLocation", Json::object({{"uri", uri_of(place.path)}})},
                      {"region", Json::object({{"startLine", place.position.line}, {"startColumn", place.position.column}})}})}});
}

Json logical(std::string_view subject) {
  return Json::object({{"logicalLocations", Json::array({Json::object({{"fullyQualifiedName", subject}})})}});
}

Json result(std::string_view id, std::size_t index, std::string_view level, std::string_view text, Json locations, std::string_view fingerprint) {
  return Json::object({{"ruleId", id},
                       {"ruleIndex", index},
                       {"level", level},
                       {"message", message(text)},
                       {"locations", std::move(locations)},
                       {"partialFingerprints", Json::object({{"ringwall/v1", fingerprint}})}});
}

// The place that decides, else the first that is known, else the subject by name.
Json leak_locations(const prove::Leak& leak, const std::vector<detail::Step>& path) {
  const detail::Step* best = nullptr;
  for (const detail::Step& step : path) {
    if (!step.place) continue;
    if (best == nullptr || (step.decides && !best->decides)) best = &step;
  }
  if (best != nullptr) return Json::array({location(*best->place)});
  return Json::array({logical(leak.subjects.empty() ? "*" : leak.subjects.front())});
}

Json leak_result(const detail::View& view, const prove::Leak& leak) {
  const auto path = view.path(leak);
  const detail::Words words = detail::words_of(leak.finding);
  std::string text = std::string(detail::meaning_of(leak.objective)) + ": " + words.who + " may do " + words.does + " on " + words.on + " from " + words.from;
  if (leak.subjects.size() > 1) text += "; true of " + detail::counted(leak.subjects.size(), "subject");
  if (!leak.fix.empty()) text += ". Fix: " + leak.fix;
  Json json = result(perimeter::name_of(leak.objective), detail::index_of(leak.objective), "error", text, leak_locations(leak, path), detail::fingerprint(leak, path));
  Json related = Json::array();
  for (const detail::Step& step : path) {
    if (!step.place) continue;
    Json one = location(*step.place);
    one.set("id", related.items().size()).set("message", message(step.layer + " `" + step.policy + "`, statement " + step.statement + ", allows it"));
    related.push(std::move(one));
  }
  return related.items().empty() ? json : json.set("relatedLocations", std::move(related));
}

void add_undecided(Json& results, const prove::Row& row) {
  for (const auto& [sentence, subjects] : detail::View::undecided(row)) {
    const std::string text = "not decided for " + detail::some(subjects, 3) + ": " + sentence;
    results.push(result(perimeter::name_of(row.objective), detail::index_of(row.objective), "warning", text, Json::array({logical(subjects.front())}),
                        detail::hashed(std::string(perimeter::name_of(row.objective)) + "\n" + sentence)));
  }
}

void add_gaps(Json& results, const prove::Report& report) {
  for (const loaders::Gap& gap : report.gaps) {
    results.push(result(gap_id, gap_rule, "warning", gap.message + "; " + (gap.subject == "*" ? "everything" : gap.subject) + " depends on it",
                        Json::array({location({gap.path, gap.position, true})}), detail::hashed(gap.path + "\n" + gap.subject + "\n" + gap.message)));
  }
}

void add_exceptions(Json& results, const detail::View& view) {
  for (const prove::ExceptionUse& use : view.subject().report.exceptions) {
    if (use.exception >= view.subject().perimeter.exceptions.size()) continue;
    const perimeter::Exception& exception = view.subject().perimeter.exceptions[use.exception];
    const std::string text = "exception `" + exception.name + "` " +
                             (use.expired ? "expired on " + exception.expires.value_or("an unknown day")
                                          : "covers " + detail::counted(use.uses, "cell")) +
                             (exception.reason.empty() ? "" : ": " + exception.reason);
    const auto place = view.place(exception);
    results.push(result(exception_id, exception_rule, "note", text, Json::array({place ? location(*place) : logical(exception.name)}), detail::hashed(exception.name)));
  }
}

}  // namespace

Json to_sarif(const Subject& subject, std::string_view version) {
  const detail::View view(subject);
  Json results = Json::array();
  for (const prove::Leak& leak : subject.report.leaks) results.push(leak_result(view, leak));
  for (const prove::Row& row : subject.report.rows) add_undecided(results, row);
  add_gaps(results, subject.report);
  add_exceptions(results, view);
  Json driver = Json::object({{"name", "ringwall prove"}, {"version", version}, {"rules", rules()}});
  Json run = Json::object({{"tool", Json::object({{"driver", std::move(driver)}})},
                           {"columnKind", "unicodeCodePoints"},
                           {"results", std::move(results)}});
  return Json::object({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                       {"version", "2.1.0"},
                       {"runs", Json::array({std::move(run)})}});
}

}  // namespace ringwall::report
