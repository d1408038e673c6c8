#include "awsapi/detail/route.h"

#include <algorithm>

#include "text/encode.h"

namespace ringwall::awsapi::detail {
namespace {

using Kind = Segment::Kind;

// The segments of a path behind its first slash; none of `/`. Nothing if there is no such slash.
std::optional<std::vector<std::string_view>> segments_of(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  path.remove_prefix(1);
  std::vector<std::string_view> segments;
  while (!path.empty() || !segments.empty()) {
    const std::size_t end = path.find('/');
    segments.push_back(path.substr(0, end));
    if (end == std::string_view::npos) break;
    path.remove_prefix(end + 1);
  }
  return segments;
}

// A label's value, or nothing if it is none or could be taken for a step to another directory.
std::optional<std::string> decoded(std::string_view text) {
  auto plain = text::percent_decode(text, false);
  if (!plain || plain->empty() || *plain == "." || *plain == ".." || !text::is_utf8(*plain)) return std::nullopt;
  return *std::move(plain);
}

Result<Segment> read_segment(std::string_view text) {
  const bool is_label = text.starts_with('{') && text.ends_with('}');
  if (!is_label) {
    if (text.empty() || text.find_first_of("{}?#%") != std::string_view::npos) return fail(Failure::invalid, "no segment of a path: `" + std::string(text) + "`");
    return Segment{Kind::word, std::string(text)};
  }
  std::string_view name = text.substr(1, text.size() - 2);
  const bool greedy = name.ends_with('+');
  if (greedy) name.remove_suffix(1);
  if (name.empty()) return fail(Failure::invalid, "a label without a name");
  return Segment{greedy ? Kind::greedy : Kind::label, std::string(name)};
}

// In this order, the more specific of two routes that match one path comes first.
bool before(const Route& a, const Route& b) {
  const auto key = [](const Segment& segment) { return std::pair(segment.kind, segment.kind == Kind::word ? std::string_view(segment.text) : ""); };
  if (a.method != b.method) return a.method < b.method;
  return std::ranges::lexicographical_compare(a.segments, b.segments, {}, key, key);
}

std::optional<Labels> match(const Route& route, const std::vector<std::string_view>& segments) {
  Labels labels;
  for (std::size_t i = 0; i < route.segments.size(); ++i) {
    if (i >= segments.size()) return std::nullopt;
    const Segment& wanted = route.segments[i];
    if (wanted.kind == Kind::word) {
      if (segments[i] != wanted.text) return std::nullopt;
      continue;
    }
    std::string value;
    for (std::size_t j = i; j < (wanted.kind == Kind::greedy ? segments.size() : i + 1); ++j) {
      const auto part = decoded(segments[j]);
      if (!part) return std::nullopt;
      if (j > i) value += '/';
      value += *part;
    }
    labels.emplace_back(wanted.text, std::move(value));
    if (wanted.kind == Kind::greedy) return labels;
  }
  return segments.size() == route.segments.size() ? std::optional(std::move(labels)) : std::nullopt;
}

}  // namespace

Result<Route> read_route(std::string_view operation, std::string_view method_and_template) {
  const std::size_t space = std::min(method_and_template.find(' '), method_and_template.size());
  Route route{std::string(operation), std::string(method_and_template.substr(0, space)), {}};
  const auto segments = segments_of(method_and_template.substr(std::min(space + 1, method_and_template.size())));
  if (route.method.empty() || !segments) return fail(Failure::invalid, "no method and path: `" + std::string(method_and_template) + "`");
  for (const std::string_view text : *segments) {
    if (!route.segments.empty() && route.segments.back().kind == Kind::greedy) {
      return fail(Failure::invalid, "`" + std::string(method_and_template) + "` goes on behind a greedy label");
    }
    RW_TRY(Segment segment, read_segment(text));
    route.segments.push_back(std::move(segment));
  }
  return route;
}

Result<> put_in_order(std::vector<Route>& routes) {
  std::ranges::sort(routes, before);
  const auto same = std::ranges::adjacent_find(routes, [](const Route& a, const Route& b) { return !before(a, b); });
  if (same == routes.end()) return {};
  return fail(Failure::invalid, "`" + same->operation + "` and `" + std::next(same)->operation + "` have one path");
}

std::optional<Routed> route_of(const std::vector<Route>& routes, std::string_view method, std::string_view path) {
  const auto segments = segments_of(path);
  if (!segments) return std::nullopt;
  for (const Route& route : routes) {
    if (route.method != method) continue;
    if (auto labels = match(route, *segments)) return Routed{&route, *std::move(labels)};
  }
  return std::nullopt;
}

}  // namespace ringwall::awsapi::detail
