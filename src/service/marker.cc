#include "service/marker.h"

#include "base/bytes.h"
#include "text/encode.h"

namespace ringwall::service {
namespace {

constexpr std::size_t check_bytes = 8;

// FNV-1a of the key: http://www.isthe.com/chongo/tech/comp/fnv/
std::string check_of(std::string_view key) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  std::string check;
  for (std::size_t i = 0; i < check_bytes; ++i) check += static_cast<char>(hash >> (8 * i));
  return check;
}

}  // namespace

std::string marker_of(std::string_view key) { return text::base64(bytes_of(check_of(key) + std::string(key))); }

std::optional<std::string> key_of_marker(std::string_view marker) {
  const auto bytes = text::parse_base64(marker);
  if (!bytes || bytes->size() <= check_bytes) return std::nullopt;
  const std::string_view held = text_of(*bytes);
  const std::string_view key = held.substr(check_bytes);
  return check_of(key) == held.substr(0, check_bytes) ? std::optional(std::string(key)) : std::nullopt;
}

}  // namespace ringwall::service
