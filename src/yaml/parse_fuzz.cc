// What is read as YAML is JSON that reads back as the same value, and every offset lies within the
// text; a refusal carries its place. JSON that both readers take means the same to both. The first
// byte chooses the tags.

#include <string>
#include <string_view>

#include "base/check.h"
#include "yaml/yaml.h"

namespace {

using ringwall::text::Json;

void check_offsets(const Json& json, std::size_t size) {
  RW_CHECK(json.offset() <= size);
  for (const Json& item : json.items()) check_offsets(item, size);
  for (const auto& [key, value, offset] : json.members()) {
    RW_CHECK(offset <= size);
    check_offsets(value, size);
  }
}

// Numbers are where the two languages differ: `01`, `+1` and twelve digits are YAML's own.
bool has_number(const Json& json) {
  if (json.is_number()) return true;
  for (const Json& item : json.items())
    if (has_number(item)) return true;
  for (const auto& member : json.members())
    if (has_number(member.value)) return true;
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringwall;
  if (size == 0) return -1;
  const auto tags = data[0] % 2 == 0 ? yaml::Tags::refused : yaml::Tags::cloudformation;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto json = yaml::parse(text, tags);
  if (!json) {
    RW_CHECK(json.error().message.starts_with("line "));
    return 0;
  }
  check_offsets(*json, text.size());
  const std::string dumped = json->dump();
  if (const auto again = text::parse_json(dumped); again && !has_number(*json)) {
    RW_CHECK(*again == *json);
  }
  const auto as_json = text::parse_json(text);
  if (as_json && !has_number(*as_json)) RW_CHECK(*as_json == *json);
  return 0;
}
