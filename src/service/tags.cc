// Tags, in the two forms they travel in and as the context keys that policies read.

#include <algorithm>

#include "service/service.h"
#include "text/encode.h"

namespace ringwall::service {
namespace {

std::size_t characters_in(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// AWS takes letters, digits and spaces of every script and _ . : / = + - @. What lies beyond
// ASCII is taken as it is; of ASCII exactly these.
bool has_only_tag_characters(std::string_view utf8) {
  return std::ranges::all_of(utf8, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) return true;
    const bool is_alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return is_alphanumeric || std::string_view(" _.:/=+-@").contains(c);
  });
}

}  // namespace

estate::Tags tags_of(const Json& list) {
  estate::Tags tags;
  for (const Json& tag : list.items()) tags.insert_or_assign(tag.str("Key"), tag.str("Value"));
  return tags;
}

Json json_of(const estate::Tags& tags) {
  Json list = Json::array();
  for (const auto& [key, value] : tags) list.push(Json::object({{"Key", key}, {"Value", value}}));
  return list;
}

std::optional<std::string> fault_in(const estate::Tags& tags) {
  if (tags.size() > tags_max) return "a resource has at most " + std::to_string(tags_max) + " tags";
  for (const auto& [key, value] : tags) {
    const std::string quoted = "`" + key + "`";
    if (key.empty()) return "a tag key must not be empty";
    if (characters_in(key) > tag_key_characters_max) {
      return "tag key " + quoted + " is longer than " + std::to_string(tag_key_characters_max) + " characters";
    }
    if (text::lower(std::string_view(key).substr(0, 4)) == "aws:") return "tag key " + quoted + " begins with the reserved `aws:`";
    if (characters_in(value) > tag_value_characters_max) {
      return "the value of tag " + quoted + " is longer than " + std::to_string(tag_value_characters_max) + " characters";
    }
    if (!text::is_utf8(key) || !has_only_tag_characters(key)) return "tag key " + quoted + " has a character that tags do not take";
    if (!text::is_utf8(value) || !has_only_tag_characters(value)) {
      return "the value of tag " + quoted + " has a character that tags do not take";
    }
  }
  return std::nullopt;
}

void add_request_tags(policy::Context& context, const estate::Tags& tags) {
  if (tags.empty()) return;  // without tags the keys are absent, not empty
  std::vector<std::string> keys;
  for (const auto& [key, value] : tags) {
    context.set("aws:RequestTag/" + key, value);
    keys.push_back(key);
  }
  context.set("aws:TagKeys", std::move(keys));
}

void add_resource_tags(policy::Context& context, const estate::Tags& tags) {
  for (const auto& [key, value] : tags) context.set("aws:ResourceTag/" + key, value);
}

}  // namespace ringwall::service
