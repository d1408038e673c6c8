#include "loaders/detail/names.h"

#include <algorithm>

namespace ringwall::loaders {
namespace {

bool is_strange(char c) {
  return c <= ' ' || c > '~' || std::string_view("*?$<>{}\\`").contains(c);  // `char` may be signed: not ASCII is below ' '
}

}  // namespace

std::string_view strange_in(std::string_view name) {
  const auto at = static_cast<std::size_t>(std::ranges::find_if(name, is_strange) - name.begin());
  if (at == name.size()) return {};
  const std::string_view rest = name.substr(at);
  const char close = rest.starts_with("${") ? '}' : rest.front() == '<' ? '>' : '\0';
  const std::size_t end = close == '\0' ? std::string_view::npos : rest.find(close);
  return rest.substr(0, end == std::string_view::npos ? 1 : end + 1);
}

std::string no_organization_expected(std::string_view organization) {
  return "these are the files of the organisation `" + std::string(organization) + "`, and the perimeter file says `organization: none`";
}

}  // namespace ringwall::loaders
