#include "http/parser.h"

#include <algorithm>

#include "base/check.h"
#include "http/detail/bytes.h"

namespace ringwall::http {

using detail::is_digit;

namespace {

std::string_view piece_of(std::string_view buffer, std::size_t at, std::size_t size) {
  return buffer.substr(at, size);
}

// The first byte for which `fits` is false, or npos.
template <typename Fits>
std::size_t first_misfit(std::string_view text, Fits fits) {
  const auto found = std::ranges::find_if_not(text, fits);
  return found == text.end() ? std::string_view::npos
                             : static_cast<std::size_t>(found - text.begin());
}

constexpr auto npos = std::string_view::npos;

// A scheme that may stand in an absolute-form target, with its `//`; 0 when there is none.
std::size_t scheme_size(std::string_view target) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (equal_ignoring_case(target.substr(0, scheme.size()), scheme)) return scheme.size();
  }
  return 0;
}

}  // namespace

void RequestReader::reset() {
  phase_ = Phase::request_line;
  chunked_ = has_length_ = has_host_ = expects_continue_ = closes_ = false;
  at_ = scan_ = framing_at_ = chunk_left_ = chunk_framing_ = 0;
  content_length_ = 0;
  method_ = target_ = authority_ = path_ = query_ = host_ = Piece{};
  body_bytes_max_ = body_bytes_most_;
  fields_.clear();
  chunks_.clear();
}

void RequestReader::release() {
  reset();
  fields_ = {};
  chunks_ = {};
  request_ = {};
}

const Request& RequestReader::head(std::string_view buffer) {
  RW_CHECK(body_missing());
  fill_head(buffer);
  request_.body = {};
  return request_;
}

bool RequestReader::limit_body(std::size_t bytes_max) {
  RW_CHECK(body_missing());
  body_bytes_max_ = std::min(body_bytes_max_, bytes_max);
  const std::size_t known = chunked_ ? chunks_.size() + chunk_left_ : static_cast<std::size_t>(content_length_);
  return known <= body_bytes_max_ ||
         refused_with(413, chunked_ ? at_ : framing_at_, "the body is larger than is taken here");
}

const Request& RequestReader::request() const {
  RW_CHECK(phase_ == Phase::complete);
  return request_;
}

const Refusal& RequestReader::refusal() const {
  RW_CHECK(phase_ == Phase::refused);
  return refusal_;
}

Progress RequestReader::refuse(int status, std::size_t position, std::string_view message) {
  phase_ = Phase::refused;
  refusal_ = {status, position, std::string(message) + " at byte " + std::to_string(position)};
  return Progress::refused;
}

Progress RequestReader::read(std::string_view buffer) {
  RW_CHECK(buffer.size() >= at_);
  if (phase_ <= Phase::fields && !read_head(buffer)) {
    return phase_ == Phase::refused ? Progress::refused : Progress::more;
  }
  if (phase_ == Phase::fixed_body) {
    if (buffer.size() - at_ < content_length_) return Progress::more;
    at_ += static_cast<std::size_t>(content_length_);
    phase_ = Phase::complete;
  } else if (phase_ < Phase::complete && !read_chunks(buffer)) {
    return phase_ == Phase::refused ? Progress::refused : Progress::more;
  }
  if (phase_ == Phase::refused) return Progress::refused;
  fill_head(buffer);
  const auto length = static_cast<std::size_t>(content_length_);
  request_.body = chunked_ ? std::string_view(chunks_) : piece_of(buffer, at_ - length, length);
  return Progress::complete;
}

void RequestReader::fill_head(std::string_view buffer) {
  const auto text = [&](Piece piece) { return piece_of(buffer, piece.at, piece.size); };
  request_.method = text(method_);
  request_.target = text(target_);
  request_.path = path_.size == 0 ? std::string_view("/") : text(path_);
  request_.query = text(query_);
  request_.host = text(host_);
  request_.headers.clear();
  for (const Field& field : fields_) {
    request_.headers.push_back({text(field.name), text(field.value)});
  }
  request_.keep_alive = !closes_;
}

// The line that starts at at_, without its CR LF, when its LF is before `end_max`.
RequestReader::Line RequestReader::take_line(std::string_view buffer, std::size_t end_max,
                                             std::string_view& line) {
  const std::string_view window = buffer.substr(0, end_max);
  const std::size_t end = window.find('\n', std::max(scan_, at_));
  if (end == npos) {
    scan_ = window.size();
    return Line::more;
  }
  if (end == at_ || buffer[end - 1] != '\r') {
    refuse(400, end, "a line ends in LF without CR");
    return Line::refused;
  }
  line = piece_of(buffer, at_, end - 1 - at_);
  scan_ = end + 1;
  return Line::taken;
}

bool RequestReader::read_head(std::string_view buffer) {
  for (;;) {
    std::string_view line;
    switch (take_line(buffer, head_bytes_max, line)) {
      case Line::refused:
        return false;
      case Line::taken:
        break;
      case Line::more:
        if (buffer.size() < head_bytes_max) return false;
        return phase_ == Phase::request_line
                   ? refused_with(414, head_bytes_max, "the request line is over 32 KiB")
                   : refused_with(431, head_bytes_max, "the request's head is over 32 KiB");
    }
    if (phase_ == Phase::request_line) {
      if (!read_request_line(line)) return false;
      phase_ = Phase::fields;
    } else if (!line.empty()) {
      if (!read_field(line)) return false;
    }
    const bool last = line.empty();
    at_ = scan_;
    if (last) return finish_head(buffer);
  }
}

bool RequestReader::read_request_line(std::string_view line) {
  const std::size_t method_size = line.find(' ');
  const std::string_view method = line.substr(0, method_size);
  const std::size_t misfit =
      first_misfit(method, [](char byte) { return byte >= 'A' && byte <= 'Z'; });
  if (misfit != npos) return refused_with(400, misfit, "the method has a byte outside A-Z");
  if (method.empty() || method_size == npos) {
    return refused_with(400, method.size(), "the request line has no method and target");
  }
  if (method.size() > method_bytes_max) {
    return refused_with(501, 0, "the method is longer than any known");
  }
  if (method == "CONNECT" || method == "TRACE") {
    return refused_with(405, 0, "the method is not served here");
  }
  const std::string_view rest = line.substr(method_size + 1);
  const std::size_t target_size = rest.find(' ');
  if (target_size == npos) {
    return refused_with(400, line.size(), "the request line has no version");
  }
  const std::string_view version = rest.substr(target_size + 1);
  const std::size_t version_at = method_size + 1 + target_size + 1;
  if (version != "HTTP/1.1") {
    const bool other = version.size() == 8 && version.starts_with("HTTP/") &&
                       is_digit(version[5]) && version[6] == '.' && is_digit(version[7]);
    return other ? refused_with(505, version_at, "the version is not HTTP/1.1")
                 : refused_with(400, version_at, "the version is not spelt `HTTP/1.1`");
  }
  method_ = {0, static_cast<std::uint32_t>(method_size)};
  return read_target(rest.substr(0, target_size), method_size + 1);
}

bool RequestReader::read_target(std::string_view target, std::size_t start) {
  if (target.empty()) return refused_with(400, start, "the request's target is empty");
  if (const std::size_t misfit = first_misfit(target, detail::is_target_byte); misfit != npos) {
    return refused_with(400, start + misfit, "the target has a byte that a URI may not hold");
  }
  for (std::size_t at = target.find('%'); at != npos; at = target.find('%', at + 3)) {
    if (at + 2 >= target.size() || detail::hex_value(target[at + 1]) < 0 ||
        detail::hex_value(target[at + 2]) < 0) {
      return refused_with(400, start + at, "the target has a malformed percent-encoding");
    }
  }
  std::size_t path_at = 0;
  if (target[0] != '/') {
    const std::size_t scheme = scheme_size(target);
    if (scheme == 0) {
      return refused_with(400, start, "the target is neither a path nor an http(s) URI");
    }
    path_at = std::min(target.find_first_of("/?", scheme), target.size());
    authority_ = {static_cast<std::uint32_t>(start + scheme),
                  static_cast<std::uint32_t>(path_at - scheme)};
    if (authority_.size == 0) {
      return refused_with(400, start + scheme, "the target's host is empty");
    }
  }
  const std::size_t question = std::min(target.find('?', path_at), target.size());
  const std::size_t query_at = std::min(question + 1, target.size());
  const auto piece = [&](std::size_t from, std::size_t to) {
    return Piece{static_cast<std::uint32_t>(start + from), static_cast<std::uint32_t>(to - from)};
  };
  target_ = piece(0, target.size());
  path_ = piece(path_at, question);
  query_ = piece(query_at, target.size());
  return true;
}

bool RequestReader::read_field(std::string_view line) {
  if (fields_.size() == headers_max) return refused_with(431, at_, "more than 100 headers");
  if (line[0] == ' ' || line[0] == '\t') return refused_with(400, at_, "a folded header line");
  const std::size_t name_size = first_misfit(line, detail::is_token_byte);
  if (name_size == npos || line[name_size] != ':' || name_size == 0) {
    const std::size_t where = name_size == npos ? line.size() : name_size;
    return refused_with(400, at_ + where, "a header name is not a token followed by a colon");
  }
  std::size_t value_at = name_size + 1;
  std::size_t value_end = line.size();
  while (value_at < value_end && line[value_at] == ' ') ++value_at;
  while (value_end > value_at && line[value_end - 1] == ' ') --value_end;
  const std::string_view value = line.substr(value_at, value_end - value_at);
  if (!detail::all_field_bytes(value)) {
    const std::size_t misfit = first_misfit(value, detail::is_field_byte);
    return refused_with(400, at_ + value_at + misfit,
                        "a header value has a control or non-ASCII byte");
  }
  const auto piece = [&](std::size_t at, std::size_t size) {
    return Piece{static_cast<std::uint32_t>(at_ + at), static_cast<std::uint32_t>(size)};
  };
  fields_.push_back({piece(0, name_size), piece(value_at, value.size())});
  return note_framing(line.substr(0, name_size), value, at_, at_ + value_at);
}

// The headers that decide where a message ends, whom it is for and what happens next.
bool RequestReader::note_framing(std::string_view name, std::string_view value, std::size_t name_at,
                                 std::size_t value_at) {
  const auto is = [&](std::string_view known) { return equal_ignoring_case(name, known); };
  switch (name.size()) {
    case 4:
      if (!is("host")) return true;
      if (has_host_) return refused_with(400, name_at, "a second Host header");
      return read_host(value, value_at);
    case 6:
      if (!is("expect")) return true;
      if (expects_continue_ || !equal_ignoring_case(value, "100-continue")) {
        return refused_with(417, value_at, "an expectation other than one `100-continue`");
      }
      expects_continue_ = true;
      return true;
    case 10:
      return !is("connection") || read_connection(value, value_at);
    case 14:
      if (!is("content-length")) return true;
      if (has_length_) return refused_with(400, name_at, "a second Content-Length header");
      if (chunked_) return refused_with(400, name_at, "Content-Length beside Transfer-Encoding");
      framing_at_ = value_at;
      return read_content_length(value, value_at);
    case 17:
      if (!is("transfer-encoding")) return true;
      if (chunked_) return refused_with(400, name_at, "a second Transfer-Encoding header");
      if (has_length_) return refused_with(400, name_at, "Transfer-Encoding beside Content-Length");
      if (value != "chunked") {
        return refused_with(501, value_at, "a Transfer-Encoding other than `chunked`");
      }
      chunked_ = true;
      return true;
    default:
      return true;
  }
}

bool RequestReader::read_host(std::string_view value, std::size_t start) {
  const auto malformed = [&](std::size_t at) {
    return refused_with(400, start + at,
                        "the Host header is not a name or address with an optional port");
  };
  std::size_t end = 0;  // of the name
  if (value.starts_with('[')) {
    end = value.find(']');
    if (end == npos || end == 1) return malformed(0);
    const std::size_t misfit = first_misfit(value.substr(1, end - 1), [](char byte) {
      return detail::hex_value(byte) >= 0 || byte == ':' || byte == '.';
    });
    if (misfit != npos) return malformed(1 + misfit);
    ++end;
  } else {
    end = std::min(first_misfit(value, detail::is_host_byte), value.size());
    if (end == 0) return malformed(0);
  }
  if (end < value.size()) {
    const std::string_view port = value.substr(end + 1);
    if (value[end] != ':' || port.empty() || port.size() > 5 ||
        !std::ranges::all_of(port, is_digit)) {
      return malformed(end);
    }
    unsigned number = 0;
    for (const char digit : port) number = number * 10 + static_cast<unsigned>(digit - '0');
    if (number > 65535) return malformed(end);
  }
  has_host_ = true;
  host_ = {static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(value.size())};
  return true;
}

bool RequestReader::read_content_length(std::string_view value, std::size_t start) {
  if (value.empty() || !std::ranges::all_of(value, is_digit)) {
    return refused_with(400, start, "Content-Length is not a number");
  }
  if (value[0] == '0' && value.size() > 1) {
    return refused_with(400, start, "Content-Length has leading zeros");
  }
  // Eighteen digits fit 64 bits and are over every limit.
  if (value.size() > 18) return refused_with(400, start, "Content-Length is too large a number");
  for (const char digit : value) {
    content_length_ = content_length_ * 10 + static_cast<std::uint64_t>(digit - '0');
  }
  has_length_ = true;
  return true;
}

bool RequestReader::read_connection(std::string_view value, std::size_t start) {
  std::size_t at = 0;
  for (;;) {
    const std::size_t comma = std::min(value.find(',', at), value.size());
    std::string_view option = value.substr(at, comma - at);
    while (option.starts_with(' ')) option.remove_prefix(1);
    while (option.ends_with(' ')) option.remove_suffix(1);
    if (option.empty() || !std::ranges::all_of(option, detail::is_token_byte)) {
      return refused_with(400, start + at, "a Connection option is not a token");
    }
    // Unknown options ask for nothing that this server would have to do.
    if (equal_ignoring_case(option, "close")) closes_ = true;
    if (comma == value.size()) return true;
    at = comma + 1;
  }
}

bool RequestReader::finish_head(std::string_view buffer) {
  if (!has_host_) return refused_with(400, at_ - 2, "no Host header");
  if (authority_.size != 0) {
    const std::string_view authority = piece_of(buffer, authority_.at, authority_.size);
    if (!equal_ignoring_case(authority, piece_of(buffer, host_.at, host_.size))) {
      return refused_with(400, authority_.at, "the target's host is not the Host header's");
    }
  }
  if (content_length_ > body_bytes_max_) {
    return refused_with(413, framing_at_, "the body is larger than is taken here");
  }
  phase_ = chunked_ ? Phase::chunk_size : Phase::fixed_body;
  return true;
}

bool RequestReader::read_chunks(std::string_view buffer) {
  const auto take_crlf = [&](std::string_view refusal) {
    if (buffer.size() - at_ < 2) return false;
    if (buffer[at_] != '\r' || buffer[at_ + 1] != '\n') return refused_with(400, at_, refusal);
    at_ += 2;
    return true;
  };
  for (;;) {
    switch (phase_) {
      case Phase::chunk_size:
        if (!read_chunk_size(buffer)) return false;
        break;
      case Phase::chunk_data: {
        const std::size_t size = std::min(chunk_left_, buffer.size() - at_);
        chunks_.append(buffer.substr(at_, size));
        at_ += size;
        chunk_left_ -= size;
        if (chunk_left_ != 0) return false;
        phase_ = Phase::chunk_end;
        break;
      }
      case Phase::chunk_end:
        if (!take_crlf("a chunk is longer than its size says")) return false;
        phase_ = Phase::chunk_size;
        break;
      case Phase::last_chunk_end:
        if (!take_crlf("trailers after the last chunk are not taken")) return false;
        phase_ = Phase::complete;
        return true;
      default:
        return false;
    }
  }
}

bool RequestReader::read_chunk_size(std::string_view buffer) {
  constexpr std::size_t line_bytes_max = chunk_size_digits_max + 2;
  std::string_view line;
  switch (take_line(buffer, at_ + line_bytes_max, line)) {
    case Line::refused:
      return false;
    case Line::taken:
      break;
    case Line::more:
      return buffer.size() - at_ >= line_bytes_max &&
             refused_with(400, at_, "a chunk size is longer than 16 digits");
  }
  const std::size_t misfit =
      first_misfit(line, [](char byte) { return detail::hex_value(byte) >= 0; });
  if (line.empty() || misfit != npos) {
    return refused_with(400, at_ + (line.empty() ? 0 : misfit),
                        "a chunk size is not hexadecimal digits alone");
  }
  std::uint64_t size = 0;
  for (const char digit : line) size = size * 16 + static_cast<unsigned>(detail::hex_value(digit));
  if (size > body_bytes_max_ - chunks_.size()) {
    return refused_with(413, at_, "the body is larger than is taken here");
  }
  chunk_framing_ += line.size() + 4;
  if (chunk_framing_ > chunk_framing_bytes_max) {
    return refused_with(413, at_, "the body is cut into too many chunks");
  }
  at_ = scan_;
  chunk_left_ = static_cast<std::size_t>(size);
  phase_ = size == 0 ? Phase::last_chunk_end : Phase::chunk_data;
  return true;
}

}  // namespace ringwall::http
