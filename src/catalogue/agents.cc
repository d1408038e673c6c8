#include "catalogue/agents.h"

#include <algorithm>

#include "catalogue/patterns.h"

namespace ringwall::catalogue {

std::vector<std::string> read_by_agents(const Service& service) {
  std::vector<std::string> others;
  for (std::size_t index = 0; index < service.action_count(); ++index) {
    const Action action = service.action_at(index);
    if (action.access() != Access::read && action.access() != Access::list) others.push_back(action.full_name());
  }
  std::vector<std::string> patterns;
  for (const char* verb : {"Describe*", "Get*", "List*", "BatchGet*"}) {
    for (const std::string& one : all_but(service, std::string(service.prefix()) + ":" + verb, others))
      if (std::ranges::find(patterns, one) == patterns.end()) patterns.push_back(one);
  }
  return patterns;
}

std::vector<std::string> read_by_agents(const std::vector<std::string>& services) {
  std::vector<std::string> all;
  for (const std::string& prefix : services) {
    const Service* service = Catalogue::builtin().service(prefix);
    if (service == nullptr) continue;
    std::ranges::move(read_by_agents(*service), std::back_inserter(all));
  }
  std::ranges::sort(all);
  all.erase(std::ranges::unique(all).begin(), all.end());
  return all;
}

}  // namespace ringwall::catalogue
