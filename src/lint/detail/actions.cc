// Actions: do they exist, and is each needed.

#include "lint/detail/subject.h"

namespace ringwall::lint::detail {
namespace {

using catalogue::Service;

void check_exists(const Subject& subject, const policy::Listed& action, Findings& findings) {
  const std::string_view text = action.text;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text == "*:*") return;
  const Service* const service = subject.catalogue.service(text.substr(0, colon));
  if (service == nullptr) {
    Nearest nearest(text.substr(0, colon));
    if (findings.may_suggest()) {
      for (const Service& one : subject.catalogue.services()) nearest.offer(one.prefix());
    }
    findings.add(
        rule("INVALID_SERVICE_IN_ACTION"), action.offset,
        "there is no service " + shown(text.substr(0, colon)) +
            (nearest.name().empty() ? "" : ": did you mean " + shown(nearest.name()) + "?"));
    return;
  }
  if (subject.catalogue.matches_some_action(text)) return;
  const std::string_view name = text.substr(colon + 1);
  if (name.find_first_of("*?") != std::string_view::npos) {
    findings.add(rule("INVALID_ACTION"), action.offset,
                 "no action of " + shown(service->prefix()) + " matches " + shown(text));
    return;
  }
  Nearest nearest(name);
  if (findings.may_suggest()) {
    for (std::size_t i = 0; i < service->action_count(); ++i)
      nearest.offer(service->action_at(i).name());
  }
  std::string hint;
  if (!nearest.name().empty()) {
    hint = ": did you mean " +
           shown(std::string(service->prefix()) + ":" + std::string(nearest.name())) + "?";
  }
  findings.add(rule("INVALID_ACTION"), action.offset, "there is no action " + shown(text) + hint);
}

void check_repeated(const std::vector<policy::Listed>& actions, Findings& findings) {
  if (actions.size() > repetition_list_max) return;
  const auto plain = [](const policy::Listed& one) {
    return one.text == "*:*" ? std::string_view("*") : std::string_view(one.text);
  };
  for (std::size_t i = 0; i < actions.size(); ++i) {
    for (std::size_t j = 0; j < actions.size(); ++j) {
      if (i == j || !covers(plain(actions[j]), plain(actions[i]), text::Case::ignore)) continue;
      // Of two that say the same, the first stays.
      if (i < j && covers(plain(actions[i]), plain(actions[j]), text::Case::ignore)) continue;
      findings.add(rule("REDUNDANT_ACTION"), actions[i].offset,
                   shown(actions[j].text) + " covers " + shown(actions[i].text));
      break;
    }
  }
}

void check_reached_by_rcps(const Subject& subject, const policy::Listed& action,
                           Findings& findings) {
  const Service* const service =
      subject.catalogue.service(std::string_view(action.text).substr(0, action.text.find(':')));
  if (service == nullptr || service->reached_by_rcps()) return;
  findings.add(rule("UNSUPPORTED_ACTION_IN_POLICY"), action.offset,
               "resource control policies do not reach " + shown(service->name()));
}

}  // namespace

void check_actions(const Subject& subject, Findings& findings) {
  for (const policy::Statement& statement : subject.syntax.statements) {
    for (const policy::Listed& action : statement.actions) {
      check_exists(subject, action, findings);
      if (subject.kind == policy::Kind::rcp) check_reached_by_rcps(subject, action, findings);
    }
    check_repeated(statement.actions, findings);
  }
}

}  // namespace ringwall::lint::detail
