#include "http/detail/plain_reader.h"

#include <algorithm>
#include <expected>
#include <optional>

#include "http/message.h"
#include "http/parser.h"

namespace ringwall::http::detail {

namespace {

// Why reading stopped: a refusal's status, or 0 for "more bytes are needed".
template <typename T = void>
using Read = std::expected<T, int>;
constexpr int incomplete = 0;
std::unexpected<int> stop(int status) {
  return std::unexpected(status);
}

bool all_in(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == text.npos;
}

constexpr std::string_view upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view digits = "0123456789";
constexpr std::string_view hex_digits = "0123456789abcdefABCDEF";
const std::string letters = std::string(upper) + "abcdefghijklmnopqrstuvwxyz" + std::string(digits);
const std::string token = letters + "!#$%&'*+-.^_`|~";
const std::string uri = letters + "-._~!$&'()*+,;=:@/?%";

std::string in_lower_case(std::string_view text) {
  std::string result(text);
  for (char& byte : result) {
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  }
  return result;
}

std::string trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return std::string(text);
}

struct PlainReader {
  std::string_view rest;
  std::size_t body_max;
  PlainReading out = {};
  std::string authority = {};
  std::optional<std::string> length = {};
  bool chunked = false;
  bool has_host = false;

  // The next line; `room` is how many bytes it may have with its line end.
  Read<std::string_view> line(std::size_t room, int too_long) {
    const std::size_t end = rest.substr(0, room).find('\n');
    if (end == rest.npos) return stop(rest.size() >= room ? too_long : incomplete);
    if (end == 0 || rest[end - 1] != '\r') return stop(400);
    const std::string_view text = rest.substr(0, end - 1);
    rest.remove_prefix(end + 1);
    return text;
  }

  Read<> request_line(std::string_view text) {
    const std::size_t first = text.find(' ');
    const std::string_view method = text.substr(0, first);
    if (!all_in(method, upper) || method.empty() || first == text.npos) return stop(400);
    if (method.size() > method_bytes_max) return stop(501);
    if (method == "CONNECT" || method == "TRACE") return stop(405);
    const std::size_t second = text.find(' ', first + 1);
    if (second == text.npos) return stop(400);
    const std::string_view version = text.substr(second + 1);
    if (version != "HTTP/1.1") {
      const bool another = version.size() == 8 && version.substr(0, 5) == "HTTP/" &&
                           all_in(version.substr(5, 1), digits) && version[6] == '.' &&
                           all_in(version.substr(7), digits);
      return stop(another ? 505 : 400);
    }
    out.method = method;
    out.target = text.substr(first + 1, second - first - 1);
    return target();
  }

  Read<> target() {
    if (out.target.empty() || !all_in(out.target, uri)) return stop(400);
    for (std::size_t i = 0; i < out.target.size(); ++i) {
      if (out.target[i] != '%') continue;
      const std::string two = out.target.substr(i + 1, 2);
      if (two.size() != 2 || !all_in(two, hex_digits)) return stop(400);
    }
    std::string path = out.target;
    if (path[0] != '/') {
      const std::string small = in_lower_case(path);
      if (small.starts_with("http://")) {
        path = path.substr(7);
      } else if (small.starts_with("https://")) {
        path = path.substr(8);
      } else {
        return stop(400);
      }
      const std::size_t end = std::min(path.find_first_of("/?"), path.size());
      authority = path.substr(0, end);
      path = path.substr(end);
      if (authority.empty()) return stop(400);
    }
    const std::size_t question = path.find('?');
    if (question != path.npos) {
      out.query = path.substr(question + 1);
      path = path.substr(0, question);
    }
    out.path = path.empty() ? "/" : path;
    return {};
  }

  Read<> field(std::string_view text) {
    if (out.headers.size() == headers_max) return stop(431);
    const std::size_t colon = text.find(':');
    if (colon == text.npos) return stop(400);
    const std::string name(text.substr(0, colon));
    if (name.empty() || !all_in(name, token)) return stop(400);
    const std::string value = trimmed(text.substr(colon + 1));
    for (const char byte : value) {
      if (static_cast<unsigned char>(byte) < 0x20 || static_cast<unsigned char>(byte) > 0x7e) {
        return stop(400);
      }
    }
    out.headers.emplace_back(name, value);
    return framing(in_lower_case(name), value);
  }

  Read<> framing(const std::string& name, const std::string& value) {
    if (name == "host") {
      if (has_host || !is_host(value)) return stop(400);
      has_host = true;
      out.host = value;
    } else if (name == "expect") {
      if (out.expects_continue || in_lower_case(value) != "100-continue") return stop(417);
      out.expects_continue = true;
    } else if (name == "connection") {
      return connection(value);
    } else if (name == "content-length") {
      if (length || chunked || value.empty() || !all_in(value, digits)) return stop(400);
      if (value.size() > 18 || (value.size() > 1 && value[0] == '0')) return stop(400);
      length = value;
    } else if (name == "transfer-encoding") {
      if (length || chunked) return stop(400);
      if (value != "chunked") return stop(501);
      chunked = true;
    }
    return {};
  }

  Read<> connection(const std::string& value) {
    std::string_view left = value;
    for (;;) {
      const std::size_t comma = left.find(',');
      const std::string option = trimmed(left.substr(0, comma));
      if (option.empty() || !all_in(option, token)) return stop(400);
      if (in_lower_case(option) == "close") out.keep_alive = false;
      if (comma == left.npos) return {};
      left.remove_prefix(comma + 1);
    }
  }

  static bool is_host(std::string_view value) {
    std::string_view port;
    if (value.starts_with('[')) {
      const std::size_t end = value.find(']');
      if (end == value.npos || end == 1) return false;
      if (!all_in(value.substr(1, end - 1), std::string(hex_digits) + ":.")) return false;
      port = value.substr(end + 1);
    } else {
      const std::size_t colon = std::min(value.find(':'), value.size());
      if (colon == 0 || !all_in(value.substr(0, colon), letters + "-._")) return false;
      port = value.substr(colon);
    }
    if (port.empty()) return true;
    if (port[0] != ':' || port.size() < 2 || port.size() > 6) return false;
    return all_in(port.substr(1), digits) && std::stoi(std::string(port.substr(1))) <= 65535;
  }

  Read<> chunks() {
    std::size_t framing = 0;
    for (;;) {
      const auto text = line(chunk_size_digits_max + 2, 400);
      if (!text) return stop(text.error());
      if (text->empty() || !all_in(*text, hex_digits)) return stop(400);
      const auto size = std::stoull(std::string(*text), nullptr, 16);
      if (size > body_max - out.body.size()) return stop(413);
      framing += text->size() + 4;
      if (framing > chunk_framing_bytes_max) return stop(413);
      if (rest.size() < size) return stop(incomplete);
      out.body += rest.substr(0, size);
      rest.remove_prefix(size);
      if (rest.size() < 2) return stop(incomplete);
      if (!rest.starts_with("\r\n")) return stop(400);
      rest.remove_prefix(2);
      if (size == 0) return {};
    }
  }

  Read<> message() {
    const std::size_t whole = rest.size();
    for (bool first = true;; first = false) {
      const std::size_t room = head_bytes_max - (whole - rest.size());
      const auto text = line(room, first ? 414 : 431);
      if (!text) return stop(text.error());
      if (!first && text->empty()) break;
      if (const auto read = first ? request_line(*text) : field(*text); !read) return read;
    }
    if (!has_host) return stop(400);
    if (!authority.empty() && in_lower_case(authority) != in_lower_case(out.host)) return stop(400);
    if (chunked) return chunks();
    const std::size_t size = length ? std::stoull(*length) : 0;
    if (size > body_max) return stop(413);
    if (rest.size() < size) return stop(incomplete);
    out.body = rest.substr(0, size);
    rest.remove_prefix(size);
    return {};
  }
};

}  // namespace

PlainReading read_plainly(std::string_view input, std::size_t body_bytes_max) {
  PlainReader reader{.rest = input, .body_max = body_bytes_max};
  const auto read = reader.message();
  if (!read) return PlainReading{.status = read.error()};
  reader.out.complete = true;
  reader.out.consumed = input.size() - reader.rest.size();
  return std::move(reader.out);
}

}  // namespace ringwall::http::detail
