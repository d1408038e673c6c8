#include "loaders/detail/declared_documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "loaders/detail/denying.h"
#include "policy/syntax.h"

namespace ringwall::loaders::declared {
namespace {

constexpr std::string_view letters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-. ";

std::uint32_t offset_of(std::string_view text, text::Position position) {
  std::size_t at = 0;
  for (std::uint32_t line = 1; line < position.line && at < text.size(); ++line) {
    at = std::min(text.find('\n', at), text.size() - 1) + 1;
  }
  return static_cast<std::uint32_t>(std::min(at + position.column - 1, text.size()));
}

// The offset of that part of `tree` which `offset` stands in within `copy`, the same value read
// from the text that was made of it.
std::uint32_t offset_in_tree(const Json& tree, const Json& copy, std::uint32_t offset) {
  const Json *at = &tree, *twin = &copy;
  std::uint32_t result = at->offset();
  while (true) {
    std::size_t next = 0;
    bool found = false;
    const std::size_t count = std::max(twin->items().size(), twin->members().size());
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t begin = twin->is_array() ? twin->items()[i].offset() : twin->members()[i].key_offset;
      if (begin > offset) break;
      next = i;
      found = true;
    }
    if (!found) return result;
    if (twin->is_array()) {
      if (at->items().size() <= next) return result;
      at = &at->items()[next];
      twin = &twin->items()[next];
      result = at->offset();
      continue;
    }
    if (at->members().size() <= next) return result;
    result = at->members()[next].key_offset;
    if (twin->members()[next].value.offset() > offset) return result;
    at = &at->members()[next].value;
    twin = &twin->members()[next].value;
    result = at->offset();
  }
}

Place place_within(const Written& written, std::uint32_t offset) {
  Place place = written.place;
  if (written.verbatim) {
    place.offset += offset;
  } else if (written.tree != nullptr) {
    if (const auto copy = text::parse_json(written.text)) {
      place.offset = offset_in_tree(*written.tree, *copy, offset);
    }
  }
  return place;
}

}  // namespace

Text::Text(const File& file) : path_(file.path), text_(file.text), lines_{0} {
  for (std::size_t at = text_.find('\n'); at != std::string_view::npos; at = text_.find('\n', at + 1)) {
    lines_.push_back(static_cast<std::uint32_t>(at + 1));
  }
}

text::Position Text::at(std::uint32_t offset) const {
  const auto after = std::ranges::upper_bound(lines_, offset);
  const auto line = static_cast<std::uint32_t>(after - lines_.begin());
  return {line, offset - lines_[line - 1] + 1};
}

void Documents::gap(Gap::Kind kind, std::string_view subject, Place place, std::string message) {
  Gap gap{.kind = kind, .subject = std::string(subject), .path = {}, .message = std::move(message)};
  if (place.file != nullptr) {
    gap.path = place.file->path();
    gap.position = place.file->at(place.offset);
  }
  gaps_.push_back({std::move(gap), place.file, place.offset});
}

void Documents::put_elsewhere(policy::Kind kind, const std::string& target, authz::Named policy,
                              Place place, std::string message) {
  gap(Gap::Kind::missing, target, place, std::move(message));
  elsewhere_.push_back({kind, target, std::move(policy), gaps_.back().gap});
}

policy::DocumentPtr Documents::compile_or_null(const Written& written, policy::Kind kind,
                                               std::string_view subject) {
  if (!written.unknown.empty()) {
    gap(Gap::Kind::placeholder, subject, written.place, written.unknown);
    return nullptr;
  }
  if (const std::string_view found = placeholder_in(written.text); !found.empty()) {
    const auto offset = static_cast<std::uint32_t>(found.data() - written.text.data());
    gap(Gap::Kind::placeholder, subject, place_within(written, offset),
        fmt::format("`{}` in this policy was to be filled in", found));
    return nullptr;
  }
  Result<policy::DocumentPtr> document =
      policy::compile(written.text, kind, policy::Quota::waived);
  if (document) {
    Source source{.offset = written.place.offset, .verbatim = written.verbatim};
    if (written.place.file != nullptr) {
      source.path = written.place.file->path();
      source.position = written.place.file->at(written.place.offset);
    }
    sources_.emplace(document->get(), std::move(source));
    return *document;
  }
  const auto problems = policy::parse(written.text, kind, policy::Quota::waived).problems;
  if (problems.empty()) {
    gap(Gap::Kind::unreadable, subject, written.place, document.error().message);
  } else {
    const policy::Problem& first = problems.front();
    gap(Gap::Kind::unreadable, subject,
        place_within(written, offset_of(written.text, first.position)),
        "this policy cannot be read: " + first.message);
  }
  return nullptr;
}

policy::DocumentPtr Documents::compile(const Written& written, policy::Kind kind,
                                       std::string_view subject) {
  policy::DocumentPtr document = compile_or_null(written, kind, subject);
  return document != nullptr ? document : denying(kind);
}

policy::DocumentPtr Documents::denying(policy::Kind kind) {
  policy::DocumentPtr& document = denying_[kind];
  if (document == nullptr) document = detail::denying(kind);
  return document;
}

std::vector<Gap> Documents::take_gaps() {
  std::ranges::stable_sort(gaps_, [](const Found& a, const Found& b) {
    if (a.file != b.file) return std::less<>()(a.file, b.file);
    return a.offset < b.offset;
  });
  std::vector<Gap> gaps;
  gaps.reserve(gaps_.size());
  for (Found& found : gaps_) gaps.push_back(std::move(found.gap));
  gaps_.clear();
  return gaps;
}

std::string_view placeholder_in(std::string_view text) {
  for (std::size_t at = text.find_first_of("$<"); at != std::string_view::npos;
       at = text.find_first_of("$<", at + 1)) {
    const bool dollar = text[at] == '$';
    if (dollar && !text.substr(at + 1).starts_with('{')) continue;
    const std::size_t begin = at + (dollar ? 2 : 1);
    const std::size_t end = text.find(dollar ? '}' : '>', begin);
    if (end == std::string_view::npos) continue;
    const std::string_view name = text.substr(begin, end - begin);
    if (name.empty() || name.find_first_not_of(letters) != std::string_view::npos) continue;
    return text.substr(at, end + 1 - at);
  }
  return {};
}

std::size_t end_of_value(std::string_view text, std::uint32_t offset) {
  std::size_t depth = 0;
  for (std::size_t at = offset; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
      }
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    } else {
      continue;
    }
    if (depth == 0) return at + 1;
  }
  return text.size();
}

}  // namespace ringwall::loaders::declared
