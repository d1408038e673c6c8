#pragma once
// Where a page of a list goes on, as clients carry it from one call to the next.

#include <optional>
#include <string>
#include <string_view>

namespace ringwall::service {

// An opaque text for the key of the next page's first item.
std::string marker_of(std::string_view key);

// The key in a marker. Nothing: this server gives no such marker, and a list from there would be none
// that anybody asked for. The check finds what was mistyped or made up; it keeps nobody from a list,
// which each call's authorisation does.
std::optional<std::string> key_of_marker(std::string_view marker);

}  // namespace ringwall::service
