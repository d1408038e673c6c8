#include "lint/testing_cases.h"

#include "lint/detail/testing_case_lists.h"

namespace ringwall::lint::testing_cases {
namespace {

// A policy that holds so many characters, spaces in strings included, as every kind counts them.
std::string of_length(std::string_view digits) {
  const std::string start = R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":")",
                    end = R"("}]})";
  const std::size_t length = std::stoul(std::string(digits));
  return start + std::string(length - start.size() - end.size(), 'a') + end;
}

}  // namespace

std::string document(std::string_view shorthand) {
  if (shorthand.starts_with('@')) return of_length(shorthand.substr(1));
  std::string text;
  for (const char c : shorthand) text += c == '\'' ? '"' : c == '~' ? '\'' : c;
  const bool statement = text.starts_with(R"({"Effect)") || text.starts_with(R"({"Action)");
  return statement ? R"({"Version":"2012-10-17","Statement":[)" + text + "]}" : text;
}

std::vector<Case> all() {
  std::vector<Case> cases;
  for (const auto part : {cases_a_to_i(), cases_i_to_p(), cases_p_to_z()})
    cases.insert(cases.end(), part.begin(), part.end());
  return cases;
}

}  // namespace ringwall::lint::testing_cases
