#include "yaml/detail/builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "yaml/detail/scalar.h"
#include "yaml/detail/tags.h"

namespace ringwall::yaml::detail {
namespace {

using text::Json;

// Behind the last byte too: the library marks there what ends with the text.
std::uint32_t offset_of(const YAML::Mark& mark) { return static_cast<std::uint32_t>(mark.pos); }

Json wrapped(std::string_view function, Json argument, std::uint32_t offset) {
  Json call = Json::object();
  call.adopt({std::string(function), std::move(argument), offset});
  call.set_offset(offset);
  return call;
}

}  // namespace

void Builder::refuse(std::uint32_t offset, std::string message) {
  if (!problem_) problem_ = Problem{offset, std::move(message)};
}

bool Builder::fits(std::uint32_t offset, std::size_t nodes, std::size_t depth) {
  if (levels_ + depth > depth_max) {
    refuse(offset, fmt::format("more than {} levels deep", depth_max));
    return false;
  }
  nodes_ += nodes;
  if (nodes_ > nodes_max) {
    refuse(offset, fmt::format("more than {} values, aliases expanded", nodes_max));
    return false;
  }
  return true;
}

// Where a node's own text begins, behind its tag and anchor, white space and comments. A node of
// properties alone keeps their place.
std::uint32_t Builder::content_at(std::uint32_t offset) const {
  std::size_t at = offset;
  while (at < text_.size() && (text_[at] == '!' || text_[at] == '&')) {
    at = text_.find_first_of(" \t\r\n", at);
    while (at < text_.size() && std::string_view(" \t\r\n#").contains(text_[at])) {
      at = text_[at] == '#' ? text_.find('\n', at) : at + 1;
    }
  }
  return at < text_.size() ? static_cast<std::uint32_t>(at) : offset;
}

std::optional<std::string_view> Builder::function_of(const std::string& tag, std::uint32_t offset) {
  if (tag.empty() || tag == "?" || tag == "!") return std::string_view();
  if (tags_ == Tags::cloudformation) {
    if (const std::string_view name = long_form(tag); !name.empty()) return name;
    refuse(offset, fmt::format("the tag `{}` is none of CloudFormation's", tag));
  } else {
    refuse(offset, fmt::format("the tag `{}` is not read here: leave it out", tag));
  }
  return std::nullopt;
}

// Does the quoted scalar at `offset` have its closing quote? At the end of the text the library
// does not mind.
bool Builder::ends(std::uint32_t offset) const {
  const char quote = text_[offset];
  for (std::size_t at = offset + 1; at < text_.size(); ++at) {
    if (text_[at] == '\\' && quote == '"') {
      ++at;
    } else if (text_[at] == quote) {
      if (quote == '"' || at + 1 == text_.size() || text_[at + 1] != '\'') return true;
      ++at;  // a doubled single quote stands for itself
    }
  }
  return false;
}

std::optional<Json> Builder::scalar(std::uint32_t offset, bool quoted, const std::string& value) {
  std::optional<Json> json = quoted ? Json(value) : plain_scalar(value);
  if (!json) {
    refuse(offset, fmt::format("`{}` is a number past all that can be held: quote it if it is text",
                               value.substr(0, 100)));
    return json;
  }
  json->set_offset(base_ + offset);
  return json;
}

void Builder::key(std::uint32_t offset, bool quoted, const std::string& value) {
  if (value == "<<" && !quoted) return refuse(offset, "the merge key `<<` is not read here");
  if (!fits(offset, 1, 0)) return;
  open_.back().key = value;
  open_.back().key_offset = base_ + offset;
}

void Builder::OnDocumentStart(const YAML::Mark& mark) {
  if (++documents_ > 1) refuse(offset_of(mark), "a second document begins here");
}

void Builder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (problem_) return;
  const std::uint32_t offset = offset_of(mark);
  if (awaits_key()) {  // `: x`, and `? ` with nothing, but also `~: x`
    return refuse(offset, "a key that is null: quote it if it is text");
  }
  const Frame* frame = open_.empty() ? nullptr : &open_.back();
  if (frame != nullptr && frame->map && !frame->flow && base_ + offset <= frame->key_offset) {
    return refuse(offset, fmt::format("no `:` follows the key `{}`", *frame->key));
  }
  if (frame != nullptr && !frame->map && offset < text_.size() && text_[offset] == ',') {
    return refuse(offset, "no value stands before this comma");
  }
  if (!fits(offset, 1, 1)) return;
  Node node;
  node.value.set_offset(base_ + offset);
  add(std::move(node), anchor);
}

void Builder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  if (problem_) return;
  const std::uint32_t offset = offset_of(mark);
  if (awaits_key()) return refuse(offset, "an alias as a key is not read here");
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) return refuse(offset, "this alias stands within what it names");
  if (!fits(offset, found->second.nodes, found->second.depth)) return;
  add(found->second, YAML::NullAnchor);
}

void Builder::OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       const std::string& value) {
  if (problem_) return;
  const std::uint32_t start = offset_of(mark);
  const auto function = function_of(tag, start);
  if (!function) return;
  const std::uint32_t offset = content_at(start);
  const char first = offset < text_.size() ? text_[offset] : ' ';
  if ((first == '"' || first == '\'') && !ends(offset)) {
    return refuse(offset, fmt::format("a `{}` that closes this text is missing", first));
  }
  // The library tells a quoted scalar by the tag `!`, unless it has another.
  const bool quoted = tag == "!" || !function->empty();
  if (awaits_key()) {
    if (!function->empty()) return refuse(start, "a tag on a key is not read here");
    if (anchor != YAML::NullAnchor) return refuse(start, "an anchor on a key is not read here");
    return key(offset, quoted, value);
  }
  std::optional<Json> json = scalar(offset, quoted, value);
  if (!json) return;
  Node node{std::move(*json)};
  if (!function->empty()) {
    if (*function == "Fn::GetAtt") node = {split_attribute(value, base_ + offset), 3, 2};
    node = {wrapped(*function, std::move(node.value), base_ + start), node.nodes + 1,
            node.depth + 1};
  }
  if (fits(offset, node.nodes, node.depth)) add(std::move(node), anchor);
}

void Builder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                              YAML::anchor_t anchor, YAML::EmitterStyle::value style) {
  open(mark, tag, anchor, false, style == YAML::EmitterStyle::Flow);
}

void Builder::OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value style) {
  open(mark, tag, anchor, true, style == YAML::EmitterStyle::Flow);
}

void Builder::open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool map,
                   bool flow) {
  if (problem_) return;
  const std::uint32_t start = offset_of(mark);
  const auto function = function_of(tag, start);
  if (!function) return;
  if (awaits_key()) return refuse(start, "a key that is a list or a map is not read here");
  const std::size_t levels = function->empty() ? 1 : 2;
  if (!fits(start, levels, levels)) return;
  Frame frame{map, flow, *function, anchor, content_at(start), start, {}};
  frame.node.value = map ? Json::object() : Json::array();
  frame.node.depth = 0;
  open_.push_back(std::move(frame));
  levels_ += levels;
}

bool Builder::refuse_duplicates(const Json::Object& members) {
  std::vector<const Json::Member*> sorted;
  sorted.reserve(members.size());
  for (const auto& member : members) sorted.push_back(&member);
  const auto name = [](const Json::Member* member) -> std::string_view { return member->key; };
  std::ranges::stable_sort(sorted, {}, name);
  const auto twice = std::ranges::adjacent_find(sorted, {}, name);
  if (twice == sorted.end()) return false;
  const Json::Member& second = **std::next(twice);
  refuse(second.key_offset - base_,
         fmt::format("the key `{}` stands here a second time", second.key));
  return true;
}

void Builder::close() {
  if (problem_) return;
  Frame frame = std::move(open_.back());
  open_.pop_back();
  levels_ -= frame.function.empty() ? 1 : 2;
  if (frame.map) {
    if (refuse_duplicates(frame.members)) return;
    for (auto& member : frame.members) frame.node.value.adopt(std::move(member));
  }
  Node node = std::move(frame.node);
  node.value.set_offset(base_ + frame.offset);
  node.depth += 1;
  if (!frame.function.empty()) {
    node.value = wrapped(frame.function, std::move(node.value), base_ + frame.tag_offset);
    node.nodes += 1;
    node.depth += 1;
  }
  add(std::move(node), frame.anchor);
}

void Builder::add(Node node, YAML::anchor_t anchor) {
  if (anchor != YAML::NullAnchor) {
    if (!fits(node.value.offset() - base_, node.nodes, node.depth)) return;
    anchors_.insert_or_assign(anchor, node);
  }
  if (open_.empty()) {
    root_ = std::move(node.value);
    return;
  }
  Frame& frame = open_.back();
  frame.node.nodes += node.nodes + (frame.map ? 1 : 0);
  frame.node.depth = std::max(frame.node.depth, node.depth);
  if (frame.map) {
    frame.members.push_back(
        {std::move(*std::exchange(frame.key, std::nullopt)), std::move(node.value),
         frame.key_offset});
  } else {
    frame.node.value.push(std::move(node.value));
  }
}

}  // namespace ringwall::yaml::detail
