#include "awsapi/detail/canonical.h"

#include <algorithm>

#include "crypto/crypto.h"
#include "text/encode.h"

namespace ringwall::awsapi::detail {
namespace {

// RFC 3986, 5.2.4, with repeated slashes made one.
std::string normalised(std::string_view path) {
  std::vector<std::string_view> kept;
  for (std::string_view rest = path; !rest.empty();) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view segment = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      kept.push_back(segment);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  std::string out;
  for (const auto& segment : kept) out.append("/").append(segment);
  if (out.empty() || path.ends_with('/')) out += '/';
  return out;
}

void append_collapsed(std::string& out, std::string_view value) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  // Nearly every value is canonical as it came.
  const bool doubled = std::ranges::adjacent_find(value, [&](char a, char b) { return is_space(a) && is_space(b); }) != value.end();
  if (value.empty() || (!doubled && !is_space(value.front()) && !is_space(value.back()) && value.find('\t') == std::string_view::npos)) {
    out += value;
    return;
  }
  bool gap = false;
  const std::size_t start = out.size();
  for (const char c : value) {
    if (is_space(c)) {
      gap = out.size() > start;
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    out += c;
  }
}

}  // namespace

std::string canonical_path(std::string_view path, bool s3) {
  if (path.empty() || path == "/") return "/";
  if (!s3) return text::percent_encode(normalised(path), true);
  const auto decoded = text::percent_decode(path, false);
  return decoded ? text::percent_encode(*decoded, true) : std::string(path);
}

Result<std::string> canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    RW_TRY(const std::string name, text::percent_decode(pair.substr(0, equals), true));
    RW_TRY(const std::string value, text::percent_decode(pair.substr(std::min(equals + 1, pair.size())), true));
    if (name != "X-Amz-Signature") pairs.emplace_back(text::percent_encode(name), text::percent_encode(value));
  }
  std::ranges::sort(pairs);
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out += '&';
    out.append(name).append("=").append(value);
  }
  return out;
}

std::vector<Header> headers_of(const WireRequest& request, std::span<const std::string> names) {
  std::vector<Header> headers;
  headers.reserve(32);
  if (request.each_header) {
    request.each_header([&](std::string_view name, std::string_view value) { headers.emplace_back(name, value); });
    return headers;
  }
  for (const auto& name : names) {
    if (const auto value = request.header(name)) headers.emplace_back(name, *value);
  }
  return headers;
}

bool append_header(std::string& out, std::span<const Header> headers, std::string_view name) {
  out.append(name).append(":");
  bool found = false;
  for (const auto& [key, value] : headers) {
    if (key != name) continue;
    if (found) out += ',';
    found = true;
    append_collapsed(out, value);
  }
  out += '\n';
  return found;
}

std::string signature_of(const Scope& scope, std::string_view canonical_request, const Secret& key) {
  const auto digest = crypto::sha256(bytes_of(canonical_request));
  std::string text;
  text.reserve(256);
  text.append(signature_algorithm).append("\n").append(scope.time).append("\n");
  text.append(scope.date).append("/").append(scope.region).append("/").append(scope.service).append("/");
  text.append(scope_terminator).append("\n").append(crypto::hex(digest));
  return crypto::hex(crypto::hmac_sha256(key.reveal(), bytes_of(text)));
}

std::string joined_headers(std::span<const std::string> names) {
  std::string out;
  for (const auto& name : names) {
    if (!out.empty()) out += ';';
    out += name;
  }
  return out;
}

}  // namespace ringwall::awsapi::detail
