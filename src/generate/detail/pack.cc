#include "generate/detail/pack.h"

#include <deque>

namespace ringwall::generate::detail {
namespace {

using text::Json;

// The length of `{"Version":"2012-10-17","Statement":[…]}` without what stands inside.
const std::size_t frame_characters = document_of({}).dump().size();

bool can_halve(const Patterns& patterns) {
  return patterns.sense == Sense::listed && patterns.listed.size() > 1;
}

Patterns half(const Patterns& patterns, bool second) {
  const auto middle =
      patterns.listed.begin() + static_cast<std::ptrdiff_t>(patterns.listed.size() / 2);
  return {Sense::listed, second ? std::vector(middle, patterns.listed.end())
                                : std::vector(patterns.listed.begin(), middle)};
}

}  // namespace

Json document_of(const std::vector<Json>& statements) {
  Json document = Json::object();
  document.set("Version", "2012-10-17");
  document.set("Statement", Json::array(statements));
  return document;
}

Packed pack(const std::vector<Statement>& statements, policy::Kind kind) {
  const std::size_t room = policy::characters_max(kind) - frame_characters;
  Packed packed;
  std::vector<std::vector<Json>> documents;
  std::vector<std::size_t> used;
  std::deque<Statement> waiting(statements.begin(), statements.end());
  while (!waiting.empty()) {
    Statement statement = std::move(waiting.front());
    waiting.pop_front();
    const Json json = to_json(statement);
    const std::size_t length = json.dump().size() + 1;  // and a comma
    if (length > room) {
      Patterns& list = can_halve(statement.actions) ? statement.actions : statement.resources;
      if (!can_halve(list)) {
        packed.unfit.push_back(statement.sid);
        continue;
      }
      Statement second = statement;
      Patterns& rest = &list == &statement.actions ? second.actions : second.resources;
      rest = half(list, true);
      list = half(list, false);
      second.sid += "b";
      statement.sid += "a";
      waiting.push_front(std::move(second));
      waiting.push_front(std::move(statement));
      continue;
    }
    std::size_t index = 0;
    while (index < used.size() && used[index] + length > room) ++index;
    if (index == used.size()) {
      documents.emplace_back();
      used.push_back(0);
    }
    documents[index].push_back(json);
    used[index] += length;
  }
  for (const auto& document : documents) packed.documents.push_back(document_of(document));
  return packed;
}

}  // namespace ringwall::generate::detail
