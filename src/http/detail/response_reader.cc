#include "http/detail/response_reader.h"

#include <algorithm>
#include <charconv>

#include "http/detail/bytes.h"
#include "http/parser.h"

namespace ringwall::http::detail {

namespace {

struct Head {
  ReadResponse read;
  std::optional<std::size_t> content_length = {};
  bool chunked = false;
};

std::unexpected<Error> corrupt(const std::string& what) {
  return fail(Failure::corrupt, "the server's response is malformed: " + what);
}

std::optional<std::size_t> number_of(std::string_view digits, int base) {
  std::size_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped, failed] = std::from_chars(digits.data(), end, number, base);
  if (failed != std::errc() || stopped != end || digits.empty()) return std::nullopt;
  return number;
}

Result<> read_field(std::string_view line, Head& head) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  if (colon == line.npos || name.empty() || !std::ranges::all_of(name, is_token_byte)) {
    return corrupt("a header line without a name");
  }
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);
  while (value.ends_with(' ')) value.remove_suffix(1);
  if (!all_field_bytes(value)) return corrupt("a control byte in a header");
  head.read.response.headers.add(name, value);
  if (equal_ignoring_case(name, "content-length")) {
    if (head.content_length || head.chunked) return corrupt("two lengths of the body");
    head.content_length = number_of(value, 10);
    if (!head.content_length) return corrupt("Content-Length is not a number");
  } else if (equal_ignoring_case(name, "transfer-encoding")) {
    if (head.content_length || head.chunked) return corrupt("two lengths of the body");
    if (!equal_ignoring_case(value, "chunked")) return corrupt("an unknown Transfer-Encoding");
    head.chunked = true;
  } else if (equal_ignoring_case(name, "connection") && equal_ignoring_case(value, "close")) {
    head.read.keep_alive = false;
  }
  return {};
}

// `text` is the head without its last empty line.
Result<Head> read_head(std::string_view text) {
  Head head;
  const std::string_view line = text.substr(0, text.find("\r\n"));
  const auto status =
      number_of(line.substr(0, 12).substr(std::min<std::size_t>(9, line.size())), 10);
  if (!line.starts_with("HTTP/1.1 ") || !status || *status < 100 || *status > 599 ||
      (line.size() > 12 && line[12] != ' ')) {
    return corrupt("the status line is not HTTP/1.1's");
  }
  head.read.response.status = static_cast<int>(*status);
  text.remove_prefix(line.size() + 2);
  while (!text.empty()) {
    const std::string_view field = text.substr(0, text.find("\r\n"));
    RW_DO(read_field(field, head));
    text.remove_prefix(field.size() + 2);
  }
  return head;
}

// Where the chunked body that starts at `at` ends; nothing when it is incomplete.
Result<std::optional<std::size_t>> read_chunks(std::string_view bytes, std::size_t at,
                                               std::size_t body_bytes_max, std::string& body) {
  for (;;) {
    const std::size_t end = bytes.find("\r\n", at);
    if (end == bytes.npos) {
      if (bytes.size() - at > chunk_size_digits_max) return corrupt("an endless chunk size");
      return std::nullopt;
    }
    const auto size = number_of(bytes.substr(at, end - at), 16);
    if (!size || end - at > chunk_size_digits_max) return corrupt("a chunk size is not a number");
    if (*size > body_bytes_max - body.size()) return corrupt("the body is too long");
    at = end + 2;
    if (bytes.size() - at < *size + 2) return std::nullopt;
    if (bytes.substr(at + *size, 2) != "\r\n") return corrupt("a chunk of another size");
    body.append(bytes.substr(at, *size));
    at += *size + 2;
    if (*size == 0) return at;
  }
}

}  // namespace

Result<std::optional<ReadResponse>> read_response(std::string_view bytes, bool has_body,
                                                  std::size_t body_bytes_max) {
  std::size_t start = 0;
  for (;;) {
    const std::string_view rest = bytes.substr(start);
    const std::size_t head_size = rest.find("\r\n\r\n");
    if (head_size == rest.npos) {
      if (rest.size() >= head_bytes_max) return corrupt("the head is over 32 KiB");
      return std::nullopt;
    }
    RW_TRY(Head head, read_head(rest.substr(0, head_size + 2)));
    start += head_size + 4;
    Response& response = head.read.response;
    if (response.status == 101) return corrupt("a protocol change that nobody asked for");
    if (response.status < 200) continue;
    head.read.consumed = start;
    if (!has_body || response.status == 204 || response.status == 304) return std::move(head.read);
    if (head.chunked) {
      RW_TRY(const auto end, read_chunks(bytes, start, body_bytes_max, response.body));
      if (!end) return std::nullopt;
      head.read.consumed = *end;
      return std::move(head.read);
    }
    if (!head.content_length) return corrupt("it does not say how long its body is");
    if (*head.content_length > body_bytes_max) return corrupt("the body is too long");
    if (bytes.size() - start < *head.content_length) return std::nullopt;
    response.body = bytes.substr(start, *head.content_length);
    head.read.consumed = start + *head.content_length;
    return std::move(head.read);
  }
}

}  // namespace ringwall::http::detail
