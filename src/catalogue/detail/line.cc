#include "catalogue/detail/line.h"

#include <algorithm>
#include <array>

namespace ringwall::catalogue::detail {
namespace {

struct TypeName {
  std::string_view name;
  KeyType type;
  bool multivalued;
};
constexpr TypeName type_names[] = {
    {"String", KeyType::string, false},    {"ArrayOfString", KeyType::string, true},
    {"ARN", KeyType::arn, false},          {"ArrayOfARN", KeyType::arn, true},
    {"Bool", KeyType::boolean, false},     {"ArrayOfBool", KeyType::boolean, true},
    {"Numeric", KeyType::number, false},   {"Date", KeyType::date, false},
    {"IPAddress", KeyType::address, false}};

constexpr std::pair<char, Access> access_letters[] = {{'L', Access::list},
                                                      {'R', Access::read},
                                                      {'W', Access::write},
                                                      {'T', Access::tagging},
                                                      {'P', Access::permissions}};

template <std::size_t count>
std::optional<std::array<std::string_view, count>> fields_of(std::string_view line) {
  std::array<std::string_view, count> fields;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t end = line.find('\t');
    if ((end == std::string_view::npos) != (i + 1 == count)) return std::nullopt;
    fields[i] = line.substr(0, end);
    if (i + 1 < count) line.remove_prefix(end + 1);
  }
  if (fields[0].empty()) return std::nullopt;
  return fields;
}

constexpr unsigned char lower(char c) {
  return static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

}  // namespace

std::optional<ConditionKey> key_of(std::string_view line) {
  const auto fields = fields_of<2>(line);
  if (!fields) return std::nullopt;
  const auto* type = std::ranges::find(type_names, (*fields)[1], &TypeName::name);
  if (type == std::end(type_names)) return std::nullopt;
  return ConditionKey{(*fields)[0], type->type, type->multivalued};
}

std::optional<ResourceTypeFields> resource_type_of(std::string_view line) {
  const auto fields = fields_of<3>(line);
  if (!fields || !(*fields)[1].starts_with("arn:")) return std::nullopt;
  return ResourceTypeFields{(*fields)[0], (*fields)[1], (*fields)[2]};
}

std::optional<ActionFields> action_of(std::string_view line) {
  const auto fields = fields_of<4>(line);
  if (!fields || (*fields)[1].size() != 1) return std::nullopt;
  const auto* access =
      std::ranges::find(access_letters, (*fields)[1][0], &std::pair<char, Access>::first);
  if (access == std::end(access_letters)) return std::nullopt;
  return ActionFields{(*fields)[0], access->second, (*fields)[2], (*fields)[3]};
}

std::optional<ResourceFields> resource_of(std::string_view field) {
  const std::size_t colon = std::min(field.find(':'), field.size());
  const std::string_view keys = field.substr(std::min(colon + 1, field.size()));
  field = field.substr(0, colon);
  const bool required = field.ends_with('!');
  if (required) field.remove_suffix(1);
  const auto type = number_of(field);
  if (!type) return std::nullopt;
  return ResourceFields{*type, required, keys};
}

std::optional<std::size_t> number_of(std::string_view field) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
  if (error != std::errc() || end != field.data() + field.size()) return std::nullopt;
  return number;
}

std::string_view first_field(std::string_view line) {
  return line.substr(0, line.find('\t'));
}

int compare_ignoring_case(std::string_view a, std::string_view b) {
  const std::size_t shared = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < shared; ++i) {
    if (const int order = lower(a[i]) - lower(b[i]); order != 0) return order;
  }
  return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}

}  // namespace ringwall::catalogue::detail
