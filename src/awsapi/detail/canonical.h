#pragma once
// The canonical request of Signature Version 4: the one text both sides hash.

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "awsapi/model.h"
#include "base/bytes.h"

namespace ringwall::awsapi::detail {

inline constexpr std::string_view signature_algorithm = "AWS4-HMAC-SHA256";
inline constexpr std::string_view scope_terminator = "aws4_request";
inline constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";

// Everything but S3 has its path normalised and encoded once more; S3's keys are taken as they are.
std::string canonical_path(std::string_view path, bool s3);

// Sorted by encoded name, then value; `X-Amz-Signature` left out. `+` counts as a space, as
// forms are read here: what is verified is what is acted on. Refuses a bad escape.
Result<std::string> canonical_query(std::string_view query);

// The request's headers, gathered once: all of them where the request can list them, else those
// named in `names`.
using Header = std::pair<std::string_view, std::string_view>;
std::vector<Header> headers_of(const WireRequest& request, std::span<const std::string> names);

// Appends "name:value\n": the values in order, joined by commas, spaces trimmed and collapsed.
// False if there is no such header.
bool append_header(std::string& out, std::span<const Header> headers, std::string_view name);

// "AWS4-HMAC-SHA256\n<time>\n<scope>\n<hash of the canonical request>", and its signature.
struct Scope {
  std::string_view time;  // 20260102T030405Z
  std::string_view date;
  std::string_view region;
  std::string_view service;
};
std::string signature_of(const Scope& scope, std::string_view canonical_request, const Secret& key);

std::string joined_headers(std::span<const std::string> names);  // "host;x-amz-date"

}  // namespace ringwall::awsapi::detail
