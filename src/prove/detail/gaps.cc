#include "prove/detail/gaps.h"

#include <algorithm>

#include "prove/detail/mine.h"

namespace ringwall::prove::detail {

using perimeter::Objective;

std::vector<std::string> sentences_of(const std::vector<loaders::Gap>& gaps) {
  std::vector<std::pair<const loaders::Gap*, std::size_t>> alike;
  std::unordered_map<std::string_view, std::size_t> known;
  for (const loaders::Gap& gap : gaps) {
    const auto [at, is_new] = known.try_emplace(gap.message, alike.size());
    if (is_new) alike.emplace_back(&gap, 0);
    ++alike[at->second].second;
  }
  std::vector<std::string> sentences;
  for (const auto& [first, places] : alike) {
    const std::string more = places == 1 ? "" : ", and as much in " + std::to_string(places - 1) + (places == 2 ? " more place" : " more places");
    sentences.push_back("`" + first->subject + "` rests on what could not be read: " + first->path + ": " + first->message + more);
  }
  return sentences;
}

Gaps::Gaps(const loaders::Loaded& world) : world_(world) {
  for (std::size_t i = 0; i < world.gaps.size(); ++i)
    by_subject_[world.gaps[i].subject].push_back(i);
}

void Gaps::add(const std::string& place, std::vector<std::size_t>& found) const {
  const auto at = by_subject_.find(place);
  if (at != by_subject_.end()) found.insert(found.end(), at->second.begin(), at->second.end());
}

std::vector<std::size_t> Gaps::of(const std::string& subject, const std::string& account) const {
  std::vector<std::size_t> found;
  if (by_subject_.empty()) return found;
  add(subject, found);
  if (account != subject) add(account, found);
  if (const estate::Account* known = world_.estate->account(account)) {
    for (const std::string& unit : known->path) add(unit, found);
  }
  add("*", found);
  return found;
}

std::vector<std::size_t> Gaps::of_row(Objective objective) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < world_.gaps.size(); ++i) {
    const std::string& about = world_.gaps[i].subject;
    bool concerns = true;  // accounts, units, roots, everything
    if (about.starts_with("arn:")) {
      const std::string_view what = arn_part(about, 5);
      const bool iam = arn_part(about, 2) == "iam";
      const bool role = iam && what.starts_with("role/");
      const bool user = iam && what.starts_with("user/");
      switch (objective) {
        case Objective::identity_resources:
        case Objective::identity_networks:
        case Objective::agents:
          concerns = role || user;
          break;
        case Objective::resource_principals:
        case Objective::resource_networks:
          concerns = !role && !user;
          break;
        case Objective::network_principals:
        case Objective::network_resources:
          concerns = false;
          break;
        case Objective::trust:
          concerns = role;
          break;
        case Objective::whole:
          break;
      }
    } else if (about.starts_with("vpce-")) {
      concerns = objective == Objective::network_principals ||
                 objective == Objective::network_resources || objective == Objective::whole;
    }
    if (concerns) found.push_back(i);
  }
  return found;
}

std::string Gaps::sentence(std::size_t gap) const {
  const loaders::Gap& said = world_.gaps[gap];
  std::string sentence = "rests on what could not be read: " + said.path;
  if (said.position.line > 1 || said.position.column > 1)
    sentence += ":" + std::to_string(said.position.line) + ":" +
                std::to_string(said.position.column);
  return sentence + ": " + said.message;
}

}  // namespace ringwall::prove::detail
