#pragma once
// Encodings that protocols share: base64, URI percent-encoding, UTF-8 and HTML-ish escapes.

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace ringwall::text {

std::string base64(ByteView bytes);                       // RFC 4648, padded
Result<Bytes> parse_base64(std::string_view text);        // strict: padding required, no spaces
std::string percent_encode(std::string_view text, bool keep_slash = false);  // RFC 3986 unreserved stay
Result<std::string> percent_decode(std::string_view text, bool plus_is_space);  // refuses a bad `%`
// & < > " and line ends become references; what XML 1.0 cannot carry at all (other control
// characters, bytes that are not UTF-8) becomes U+FFFD, so that a reply always parses.
std::string xml_escape(std::string_view text);
std::string lower(std::string_view text);                 // ASCII only
bool is_utf8(std::string_view text);

}  // namespace ringwall::text
