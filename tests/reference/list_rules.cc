// Prints the lint's table of rules, as JSON: the source of docs/reference/lint.md.

#include <fmt/format.h>

#include "catalogue/catalogue.h"
#include "lint/rules.h"
#include "text/json.h"

int main() {
  using namespace ringwall;
  using text::Json;
  Json rules = Json::array();
  for (const lint::Rule& rule : lint::rules) {
    rules.push(Json::object({{"code", rule.code},
                             {"severity", lint::name_of(rule.severity)},
                             {"origin", rule.origin == lint::Origin::aws ? "aws" : "own"},
                             {"what", rule.what},
                             {"remedy", rule.remedy}}));
  }
  const catalogue::Catalogue& names = catalogue::Catalogue::builtin();
  const std::string source = fmt::format("{} {}", names.source(), names.source_version());
  fmt::print("{}\n", Json::object({{"source", source}, {"rules", std::move(rules)}}).dump_pretty());
}
