#include "catalogue/catalogue.h"

#include <algorithm>

#include "base/check.h"
#include "catalogue/detail/line.h"
#include "catalogue/network_keys.h"
#include "text/glob.h"

namespace ringwall::catalogue {
namespace {

using detail::compare_ignoring_case;
using detail::first_field;

// Tag keys are global by name, yet only the actions that list them set them.
bool only_where_listed(const ConditionKey& global) {
  return global.name.starts_with("aws:RequestTag/") ||
         global.name.starts_with("aws:ResourceTag/") || global.name == "aws:TagKeys";
}

// The line that begins with `name`, in any case, of lines sorted by their first field.
const std::string_view* find_line(std::span<const std::string_view> lines, std::string_view name) {
  const auto at = std::ranges::lower_bound(
      lines, name, [](auto a, auto b) { return compare_ignoring_case(a, b) < 0; }, first_field);
  const bool found = at != lines.end() && compare_ignoring_case(first_field(*at), name) == 0;
  return found ? &*at : nullptr;
}

// Plain names are found by their place; a template may stand anywhere.
std::optional<ConditionKey> find_key(std::span<const std::string_view> lines,
                                     std::string_view name) {
  if (const std::string_view* line = find_line(lines, name)) return *detail::key_of(*line);
  for (const std::string_view line : lines) {
    const ConditionKey key = *detail::key_of(line);
    if (key.templated() && key.matches(name)) return key;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(Access access) {
  switch (access) {
    case Access::list:
      return "List";
    case Access::read:
      return "Read";
    case Access::write:
      return "Write";
    case Access::tagging:
      return "Tagging";
    case Access::permissions:
      return "Permissions management";
  }
  return "";
}

std::string_view name_of(KeyType type) {
  switch (type) {
    case KeyType::string:
      return "String";
    case KeyType::arn:
      return "ARN";
    case KeyType::boolean:
      return "Bool";
    case KeyType::number:
      return "Numeric";
    case KeyType::date:
      return "Date";
    case KeyType::address:
      return "IPAddress";
  }
  return "";
}

bool ConditionKey::templated() const {
  return name.contains('$') || name.contains('<');
}

std::string Action::full_name() const {
  return std::string(service_->prefix()) + ":" + std::string(name_);
}

std::vector<ConditionKey> Action::keys() const {
  std::vector<ConditionKey> keys;
  detail::for_each_number(keys_, ' ', [&](auto at) { keys.push_back(service_->key_at(at)); });
  return keys;
}

std::vector<Action::Resource> Action::resources() const {
  std::vector<Resource> resources;
  detail::for_each_field(resources_, ' ', [&](std::string_view field) {
    const auto [type, required, keys] = *detail::resource_of(field);
    resources.push_back({service_->resource_type_at(type), required});
    detail::for_each_number(
        keys, ',', [&](auto at) { resources.back().keys.push_back(service_->key_at(at)); });
  });
  return resources;
}

bool Action::lists(std::string_view key) const {
  const auto among = [key](const std::vector<ConditionKey>& keys) {
    return std::ranges::any_of(keys, [key](const ConditionKey& one) { return one.matches(key); });
  };
  return among(keys()) || std::ranges::any_of(resources(), [&](const Resource& resource) {
           return among(resource.keys) || among(resource.type.keys);
         });
}

Action Service::action_at(std::size_t index) const {
  RW_CHECK(index < actions_.size());
  const auto fields = detail::action_of(actions_[index]);
  RW_CHECK(fields.has_value());
  Action action;
  action.service_ = this;
  action.name_ = fields->name;
  action.access_ = fields->access;
  action.keys_ = fields->keys;
  action.resources_ = fields->resources;
  return action;
}

ResourceType Service::resource_type_at(std::size_t index) const {
  RW_CHECK(index < types_.size());
  const auto fields = detail::resource_type_of(types_[index]);
  RW_CHECK(fields.has_value());
  ResourceType type{this, fields->name, fields->arn};
  detail::for_each_number(fields->keys, ' ', [&](auto at) { type.keys.push_back(key_at(at)); });
  return type;
}

std::string_view Service::arn_pattern_at(std::size_t index) const {
  RW_CHECK(index < types_.size());
  return detail::resource_type_of(types_[index])->arn;
}

ConditionKey Service::key_at(std::size_t index) const {
  RW_CHECK(index < keys_.size());
  return *detail::key_of(keys_[index]);
}

std::optional<Action> Service::action(std::string_view name) const {
  const std::string_view* line = find_line(actions_, name);
  if (line == nullptr) return std::nullopt;
  return action_at(static_cast<std::size_t>(line - actions_.data()));
}

std::optional<ConditionKey> Service::condition_key(std::string_view name) const {
  return find_key(keys_, name);
}

const Service* Catalogue::service(std::string_view prefix) const {
  const auto at = std::ranges::lower_bound(
      services_, prefix, [](auto a, auto b) { return compare_ignoring_case(a, b) < 0; },
      &Service::prefix);
  const bool found = at != services_.end() && compare_ignoring_case(at->prefix(), prefix) == 0;
  return found ? &*at : nullptr;
}

std::optional<Action> Catalogue::action(std::string_view name) const {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const Service* const owner = service(name.substr(0, colon));
  return owner != nullptr ? owner->action(name.substr(colon + 1)) : std::nullopt;
}

void Catalogue::for_each_action(std::string_view pattern,
                                const std::function<bool(const Action&)>& each) const {
  const std::size_t colon = pattern.find(':');
  if (colon == std::string_view::npos && pattern != "*") return;
  const std::string_view prefix = pattern.substr(0, colon);
  const std::string_view name = pattern == "*" ? pattern : pattern.substr(colon + 1);
  const text::Glob services(prefix, text::Case::ignore), names(name, text::Case::ignore);
  const std::string_view start = name.substr(0, name.find_first_of("*?"));
  for (const Service& one : services_) {
    if (!services.matches(one.prefix())) continue;
    const auto lines = one.actions_;
    auto at = std::ranges::lower_bound(
        lines, start, [](auto a, auto b) { return compare_ignoring_case(a, b) < 0; }, first_field);
    for (; at != lines.end(); ++at) {
      const std::string_view action = first_field(*at);
      if (compare_ignoring_case(action.substr(0, start.size()), start) != 0) break;
      if (!names.matches(action)) continue;
      if (!each(one.action_at(static_cast<std::size_t>(at - lines.begin())))) return;
    }
  }
}

bool Catalogue::matches_some_action(std::string_view pattern) const {
  bool some = false;
  for_each_action(pattern, [&](const Action&) {
    some = true;
    return false;
  });
  return some;
}

ConditionKey Catalogue::global_key_at(std::size_t index) const {
  RW_CHECK(index < globals_.size());
  return *detail::key_of(globals_[index]);
}

std::optional<ConditionKey> Catalogue::global_key(std::string_view name) const {
  return find_key(globals_, name);
}

bool Catalogue::takes(const Action& action, std::string_view key) const {
  if (const auto network = network_key_of(key)) return carries(action.full_name(), *network);
  const auto global = global_key(key);
  return (global && !only_where_listed(*global)) || action.lists(key);
}

namespace {

// Rather once too often: such a key stays free.
bool may_be_of_a_session(std::string_view lower_name) {
  for (const std::string_view word : {"source", "role", "credential", "principal", "user", "federat", "session", "issu", "token", "identity"}) {
    if (lower_name.contains(word)) return true;
  }
  return lower_name.starts_with("sts:") || lower_name.starts_with("saml:");
}

}  // namespace

std::vector<std::string_view> Catalogue::services_with_key(std::string_view lower_name) const {
  std::vector<std::string_view> prefixes;
  const Service* const owner = service(lower_name.substr(0, lower_name.find(':')));
  if (owner == nullptr || !owner->condition_key(lower_name) || global_key(lower_name) || may_be_of_a_session(lower_name)) return prefixes;
  for (const Service& each : services_) {
    if (each.condition_key(lower_name)) prefixes.push_back(each.prefix());
  }
  return prefixes;
}

std::optional<ConditionKey> Catalogue::condition_key(std::string_view name) const {
  if (auto key = global_key(name)) return key;
  const Service* const owner = service(name.substr(0, name.find(':')));
  if (owner != nullptr) {
    if (auto key = owner->condition_key(name)) return key;
  }
  for (const std::string_view line : foreign_keys_) {
    const ConditionKey key = *detail::key_of(line);
    if (key.matches(name)) return key;
  }
  return std::nullopt;
}

}  // namespace ringwall::catalogue
