// For programs. embed/report.schema.json says what is here; a test holds the two together.

#include "report/detail/view.h"

namespace ringwall::embedded {
std::string_view report(std::string_view name);
}

namespace ringwall::report {
namespace {

using text::Json;

template <typename Items, typename Make>
Json list_of(const Items& items, Make&& make) {
  Json list = Json::array();
  for (const auto& item : items) list.push(make(item));
  return list;
}

template <typename Text>
Json strings(const std::vector<Text>& all) {
  return list_of(all, [](const auto& one) { return Json(one); });
}

Json place_json(const detail::Place& place) {
  return Json::object({{"file", place.path}, {"line", place.position.line}, {"column", place.position.column}, {"exact", place.exact}});
}

// As `ringwall authorize` takes it.
Json request_json(const policy::Request& request) {
  Json json = Json::object({{"principal", detail::name_of(request.principal)}});
  if (!request.principal.account.empty()) json.set("principalAccount", request.principal.account);
  json.set("action", request.action).set("resource", request.resource);
  if (!request.resource_account.empty()) json.set("resourceAccount", request.resource_account);
  Json context = Json::object();
  for (const auto& entry : request.context.entries()) context.set(entry.key, strings(entry.values));
  return json.set("context", std::move(context));
}

Json decision_json(const authz::Decision& decision) {
  Json json = Json::object({{"verdict", authz::name_of(decision.verdict)}});
  if (decision.layer != authz::Layer::none) json.set("layer", authz::name_of(decision.layer));
  if (!decision.policy.empty()) json.set("policy", decision.policy);
  if (decision.statement.empty()) return json;
  return json.set("statement", decision.statement)
      .set("line", decision.position.line)
      .set("column", decision.position.column);
}

Json step_json(const detail::Step& step) {
  Json json = Json::object({{"layer", step.layer}, {"policy", step.policy}, {"statement", step.statement}, {"decides", step.decides}});
  if (step.place) json.set("place", place_json(*step.place));
  return json;
}

Json leak_json(const detail::View& view, const prove::Leak& leak) {
  const auto path = view.path(leak);
  return Json::object({{"objective", perimeter::name_of(leak.objective)},
                       {"fingerprint", detail::fingerprint(leak, path)},
                       {"meaning", detail::meaning_of(leak.objective)},
                       {"finding", to_json(leak.finding)},
                       {"path", list_of(path, step_json)},
                       {"fix", leak.fix},
                       {"subjects", strings(leak.subjects)}});
}

Json guards_json(const std::vector<prove::Guard>& guards) {
  return list_of(guards, [](prove::Guard guard) { return Json(prove::name_of(guard)); });
}

Json cell_json(const Subject& subject, const prove::CellOf& cell) {
  Json exceptions = Json::array();
  for (const std::size_t at : cell.exceptions) {
    if (at < subject.perimeter.exceptions.size()) exceptions.push(subject.perimeter.exceptions[at].name);
  }
  return Json::object({{"subject", cell.subject},
                       {"verdict", prove::name_of(cell.verdict)},
                       {"leaks", list_of(cell.leaks, [](std::size_t at) { return Json(at); })},
                       {"exceptions", std::move(exceptions)},
                       {"undecided", strings(cell.undecided)},
                       {"guards", guards_json(cell.guards)}});
}

Json row_json(const Subject& subject, const prove::Row& row) {
  return Json::object({{"objective", perimeter::name_of(row.objective)},
                       {"asks", detail::question_of(row.objective)},
                       {"verdict", prove::name_of(row.verdict)},
                       {"proved", row.proved},
                       {"leaking", row.leaking},
                       {"inconclusive", row.inconclusive},
                       {"soleGuards", guards_json(row.sole_guards)},
                       {"cells", list_of(row.cells, [&](const prove::CellOf& cell) { return cell_json(subject, cell); })}});
}

Json exceptions_json(const detail::View& view) {
  Json list = Json::array();
  for (const prove::ExceptionUse& use : view.subject().report.exceptions) {
    if (use.exception >= view.subject().perimeter.exceptions.size()) continue;
    const perimeter::Exception& exception = view.subject().perimeter.exceptions[use.exception];
    Json json = Json::object({{"name", exception.name},
                              {"owner", exception.owner},
                              {"reason", exception.reason},
                              {"expired", use.expired},
                              {"uses", use.uses}});
    if (exception.expires) json.set("expires", *exception.expires);
    if (const auto place = view.place(exception)) json.set("place", place_json(*place));
    list.push(std::move(json));
  }
  return list;
}

Json gap_json(const loaders::Gap& gap) {
  return Json::object({{"kind", detail::name_of(gap.kind)},
                       {"subject", gap.subject},
                       {"place", place_json({gap.path, gap.position, true})},
                       {"message", gap.message}});
}

}  // namespace

Json to_json(const prover::Finding& finding) {
  return Json::object({{"request", request_json(finding.request)},
                       {"callable", finding.callable},
                       {"actions", strings(finding.actions)},
                       {"decisions", list_of(finding.decisions, decision_json)}});
}

Json to_json(const Subject& subject) {
  const prove::Report& report = subject.report;
  const detail::View view(subject);
  const auto leak = [&](const prove::Leak& one) { return leak_json(view, one); };
  return Json::object(
      {{"format", "ringwall-proof-1"},
       {"verdict", prove::name_of(report.verdict())},
       {"organization", detail::organization_of(subject)},
       {"counts", Json::object({{"accounts", report.accounts},
                                {"principals", report.principals},
                                {"resources", report.resources},
                                {"endpoints", report.endpoints},
                                {"roles", report.roles}})},
       {"matrix", list_of(report.rows, [&](const prove::Row& row) { return row_json(subject, row); })},
       {"leaks", list_of(report.leaks, leak)},
       {"future", list_of(report.future, leak)},
       {"exceptions", exceptions_json(view)},
       {"gaps", list_of(report.gaps, gap_json)},
       {"notAsked", strings(report.not_asked)},
       {"axioms", list_of(prover::axioms(),
                          [](const prover::Axiom& axiom) {
                            return Json::object({{"name", axiom.name}, {"text", axiom.text}, {"source", axiom.source}});
                          })},
       {"statistics", Json::object({{"questions", report.statistics.questions},
                                    {"asked", report.statistics.asked},
                                    {"seconds", report.statistics.seconds}})}});
}

Json to_json(const prove::Difference& difference) {
  const bool found = !difference.newly_allowed.empty();
  return Json::object({{"verdict", found ? "newly-allowed" : difference.undecided.empty() ? "nothing-new" : "inconclusive"},
                       {"newlyAllowed", list_of(difference.newly_allowed,
                                                [](const prove::Change& change) {
                                                  return Json::object({{"subject", change.subject}, {"finding", to_json(change.finding)}});
                                                })},
                       {"more", difference.more},
                       {"undecided", strings(difference.undecided)}});
}

Json to_json(const prove::Accesses& accesses) {
  return Json::object({{"found", list_of(accesses.found,
                                         [](const prove::Access& access) {
                                           return Json::object({{"principal", access.principal}, {"finding", to_json(access.finding)}});
                                         })},
                       {"undecided", strings(accesses.undecided)}});
}

std::string_view schema() { return embedded::report("report.schema.json"); }

}  // namespace ringwall::report
