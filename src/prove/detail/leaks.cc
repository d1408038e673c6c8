#include "prove/detail/leaks.h"

#include <algorithm>

namespace ringwall::prove::detail {
namespace {

using Type = policy::Principal::Type;

// Who got through, as far as it makes another kind of leak. An account that nobody names stands for
// everyone; what lets it in lets in the named ones too.
struct Who {
  int rank;  // 0: anonymous, 1: any account, 2: someone named, or of mine
  std::string name;
};

Who who_of(const Mine& mine, const policy::Principal& principal) {
  if (principal.type == Type::anonymous) return {0, {}};
  if (principal.type == Type::service) return {2, "service " + principal.service};
  if (principal.account.empty()) return {2, "provider " + principal.provider};
  if (principal.account == mine.fresh_account()) return {1, {}};
  if (mine.has(principal.account)) return {2, "mine"};
  return {2, "account " + principal.account};
}

}  // namespace

// The first statement of each document that allows the request: by text, so that equal statements
// of equal documents are one.
std::string Leaks::statements(const policy::Request& request,
                              const std::vector<const policy::Document*>& documents) {
  const policy::Probe probe(request);
  std::string name;
  for (const policy::Document* document : documents) {
    const std::size_t statement = document->next(policy::Effect::allow, 0, probe);
    if (statement == document->statements()) continue;
    name += std::to_string(words_.id_of(document->source())) + "#" + std::to_string(statement) + ",";
  }
  return name;
}

std::vector<Leaks::Group> Leaks::groups(Objective objective, const prover::Answer& answer,
                                        const std::vector<const policy::Document*>& documents) {
  const bool by_subject =
      objective == Objective::identity_resources || objective == Objective::identity_networks || objective == Objective::agents;
  std::vector<Group> groups;
  std::map<std::string, std::vector<std::size_t>> of_class;  // positions in groups
  for (const prover::Finding& finding : answer.findings) {
    if (!finding.callable) continue;  // told apart: no service has the action today
    std::string kind = std::to_string(static_cast<int>(objective)) + "\n" +
                       statements(finding.request, documents) + "\n";
    for (const std::string_view action : finding.actions) (kind += action) += ',';
    const Who who = by_subject ? Who{2, {}} : who_of(mine_, finding.request.principal);
    std::vector<std::size_t>& members = of_class[kind];
    const auto covers = [&](std::size_t member) {
      const Group& group = groups[member];
      return group.rank < who.rank ? group.rank < 2
                                   : group.rank == who.rank && group.key == kind + "\n" + who.name;
    };
    if (std::ranges::any_of(members, covers)) continue;
    members.push_back(groups.size());
    groups.push_back({kind + "\n" + who.name, &finding, who.rank});
  }
  return groups;
}

std::vector<std::size_t> Leaks::add(Objective objective, const std::string& subject,
                                    const std::string& account, const AnswerPtr& answer,
                                    const std::vector<const policy::Document*>& documents) {
  const auto [known, is_new] = of_answer_.try_emplace({objective, answer.get()});
  if (!is_new) {
    for (const std::size_t leak : known->second) leaks_[leak].subjects.push_back(subject);
    return known->second;
  }
  alive_.push_back(answer);
  std::vector<std::size_t> positions;
  for (const Group& group : groups(objective, *answer, documents)) {
    const auto [at, first] = known_.try_emplace(group.key, leaks_.size());
    if (first) {
      leaks_.push_back({objective, {}, *group.finding, documents,
                        fix_of(mine_, objective, subject, account, *group.finding)});
    }
    if (std::ranges::find(positions, at->second) != positions.end()) continue;
    leaks_[at->second].subjects.push_back(subject);
    positions.push_back(at->second);
  }
  return known->second = positions;
}

}  // namespace ringwall::prove::detail
