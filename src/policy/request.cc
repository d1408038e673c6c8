#include "policy/request.h"

#include <algorithm>

#include "text/encode.h"

namespace ringwall::policy {

void Context::index() {
  constexpr std::size_t slots_min = 16;
  std::size_t count = std::max(slots_.size(), slots_min);
  while (count < 2 * entries_.size()) count *= 2;
  slots_.assign(count, 0);
  for (std::size_t i = 0; i < entries_.size(); ++i)
    slots_[slot_of(entries_[i].hash, entries_[i].key)] = static_cast<std::uint32_t>(i + 1);
}

void Context::set(std::string_view key, std::string value) {
  std::vector<std::string> values;
  values.push_back(std::move(value));
  set(key, std::move(values));
}

void Context::set(std::string_view key, std::vector<std::string> values) {
  std::string lower_key = text::lower(key);
  const std::uint64_t hash = hash_ignoring_case(lower_key);
  if (slots_.size() < 2 * (entries_.size() + 1)) {
    slots_.resize(2 * slots_.size());
    index();
  }
  std::uint32_t& slot = slots_[slot_of(hash, lower_key)];
  if (slot != 0) {
    entries_[slot - 1].values = std::move(values);
    return;
  }
  entries_.push_back({hash, std::move(lower_key), std::move(values)});
  slot = static_cast<std::uint32_t>(entries_.size());
}

void Context::erase(std::string_view key) {
  const std::string lower_key = text::lower(key);
  std::erase_if(entries_, [&](const Entry& entry) { return entry.key == lower_key; });
  index();
}

void Context::merge(const Context& other) {
  for (const Entry& entry : other.entries_) set(entry.key, entry.values);
}

const std::vector<std::string>* Context::find(std::string_view key) const {
  const std::string lower_key = text::lower(key);
  return find(hash_ignoring_case(lower_key), lower_key);
}

}  // namespace ringwall::policy
