#pragma once
// The lines of the data file. Each function takes one line or field apart and answers nothing if it
// is not of that form.

#include <charconv>
#include <optional>
#include <string_view>

#include "catalogue/catalogue.h"

namespace ringwall::catalogue::detail {

struct ResourceTypeFields {
  std::string_view name, arn, keys;
};
struct ActionFields {
  std::string_view name;
  Access access;
  std::string_view keys, resources;
};
struct ResourceFields {
  std::size_t type;
  bool required;
  std::string_view keys;
};

std::optional<ConditionKey> key_of(std::string_view line);
std::optional<ResourceTypeFields> resource_type_of(std::string_view line);
std::optional<ActionFields> action_of(std::string_view line);
std::optional<ResourceFields> resource_of(std::string_view field);
std::optional<std::size_t> number_of(std::string_view field);

std::string_view first_field(std::string_view line);
// Negative, zero or positive, as ASCII letters in lower case compare.
int compare_ignoring_case(std::string_view a, std::string_view b);

// Calls `each` with every field; an empty text has none.
template <typename Each>
void for_each_field(std::string_view text, char separator, Each each) {
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    each(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

template <typename Each>
void for_each_number(std::string_view text, char separator, Each each) {
  for_each_field(text, separator, [&](std::string_view field) { each(*number_of(field)); });
}

}  // namespace ringwall::catalogue::detail
