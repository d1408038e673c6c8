#pragma once
// Which operation of a REST service a method and a path ask for.
//
// A template has segments: words, labels (`{name}`, one segment) and as the last a greedy label
// (`{name+}`, all that follows). Words are compared byte for byte and labels are decoded once, so a
// path has one meaning: empty segments, `.` and `..`, bad escapes and a slash too many match nothing.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace ringwall::awsapi::detail {

struct Segment {
  enum class Kind : std::uint8_t { word, label, greedy };  // most specific first
  Kind kind;
  std::string text;  // the word, or the label's name
};

struct Route {
  std::string operation;
  std::string method;
  std::vector<Segment> segments;
};

// `PUT /analyzer/{analyzerName}/archive-rule`. Refuses a query string in the template.
Result<Route> read_route(std::string_view operation, std::string_view method_and_template);

// Puts the more specific before the less, so that the first that matches is the one meant. Refuses
// two that match the same paths.
Result<> put_in_order(std::vector<Route>& routes);

using Labels = std::vector<std::pair<std::string, std::string>>;  // decoded

struct Routed {
  const Route* route;
  Labels labels;
};
// The first route that matches, or nothing. `path` is as received, percent-encoded.
std::optional<Routed> route_of(const std::vector<Route>& routes, std::string_view method, std::string_view path);

}  // namespace ringwall::awsapi::detail
