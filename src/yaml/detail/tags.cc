#include "yaml/detail/tags.h"

#include <algorithm>
#include <array>

namespace ringwall::yaml::detail {
namespace {

struct Tag {
  std::string_view tag, name;
};

// Functions of template sections, of Rules, and of the language extensions.
constexpr std::array tags = std::to_array<Tag>({
    {"!And", "Fn::And"},
    {"!Base64", "Fn::Base64"},
    {"!Cidr", "Fn::Cidr"},
    {"!Condition", "Condition"},
    {"!Contains", "Fn::Contains"},
    {"!EachMemberEquals", "Fn::EachMemberEquals"},
    {"!EachMemberIn", "Fn::EachMemberIn"},
    {"!Equals", "Fn::Equals"},
    {"!FindInMap", "Fn::FindInMap"},
    {"!GetAZs", "Fn::GetAZs"},
    {"!GetAtt", "Fn::GetAtt"},
    {"!If", "Fn::If"},
    {"!ImportValue", "Fn::ImportValue"},
    {"!Join", "Fn::Join"},
    {"!Length", "Fn::Length"},
    {"!Not", "Fn::Not"},
    {"!Or", "Fn::Or"},
    {"!Ref", "Ref"},
    {"!RefAll", "Fn::RefAll"},
    {"!Select", "Fn::Select"},
    {"!Split", "Fn::Split"},
    {"!Sub", "Fn::Sub"},
    {"!ToJsonString", "Fn::ToJsonString"},
    {"!Transform", "Fn::Transform"},
    {"!ValueOf", "Fn::ValueOf"},
    {"!ValueOfAll", "Fn::ValueOfAll"},
});

}  // namespace

std::string_view long_form(std::string_view tag) {
  const auto found = std::ranges::find(tags, tag, &Tag::tag);
  return found == tags.end() ? std::string_view() : found->name;
}

// At the first dot: the name of a resource has none, that of an attribute may (`Outputs.Key`).
text::Json split_attribute(std::string_view text, std::uint32_t offset) {
  text::Json parts = text::Json::array();
  const std::size_t dot = text.find('.');
  text::Json name(text.substr(0, dot));
  name.set_offset(offset);
  parts.push(std::move(name));
  if (dot != std::string_view::npos) {
    text::Json attribute(text.substr(dot + 1));
    attribute.set_offset(offset + static_cast<std::uint32_t>(dot) + 1);
    parts.push(std::move(attribute));
  }
  parts.set_offset(offset);
  return parts;
}

}  // namespace ringwall::yaml::detail
