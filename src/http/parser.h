#pragma once
// The strict reader of HTTP/1.1 requests.
//
// A request that two readers could understand differently is a hole in a boundary: whatever
// is in front decides on one reading and whatever is behind acts on the other. So this reader
// accepts one spelling of everything that frames a message and refuses the rest, with a
// status and the byte where it stopped. Refused, among others: a bare LF or CR, folded header
// lines, a space before the colon, control bytes and tabs, non-ASCII bytes, a missing, repeated
// or malformed Host, Content-Length that is repeated, signed, padded, listed or too big,
// Content-Length beside Transfer-Encoding, any Transfer-Encoding but `chunked`, chunk extensions,
// trailers, a target that is not a path or an absolute URI agreeing with Host, a fragment, a
// malformed percent-encoding, CONNECT and TRACE, every version but HTTP/1.1.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace ringwall::http {

inline constexpr std::size_t head_bytes_max = 32 * 1024;  // request line and headers together
inline constexpr std::size_t headers_max = 100;
inline constexpr std::size_t method_bytes_max = 16;
inline constexpr std::size_t chunk_size_digits_max = 16;
// All of a body's chunk-size lines and line ends together: a body in one-byte chunks would
// otherwise cost six times its length.
inline constexpr std::size_t chunk_framing_bytes_max = 64 * 1024;

// Why a message was refused. After one the connection cannot be read any further.
struct Refusal {
  int status = 400;
  std::size_t position = 0;  // in bytes from the message's start
  std::string message = {};  // "a line ends in LF without CR at byte 17"; quotes no header value
};

enum class Progress : std::uint8_t { more, complete, refused };

// Reads one message. Feed it the bytes since the message's start, again and longer until it
// answers complete or refused; it does not scan bytes twice. The answer depends on the bytes
// alone, never on how they were split. Not thread-safe.
class RequestReader {
 public:
  explicit RequestReader(std::size_t body_bytes_max)
      : body_bytes_most_(body_bytes_max), body_bytes_max_(body_bytes_max) {}

  // INVARIANT: `buffer` begins with the bytes of the previous call (at any address).
  Progress read(std::string_view buffer);

  // While the body is missing: the request without it. Its views point into `buffer`, the bytes of
  // the previous call.
  const Request& head(std::string_view buffer);
  // While the body is missing: takes at most so many bytes of it, and no more than before. False: it
  // is longer, or some of it was longer already, and is refused.
  bool limit_body(std::size_t bytes_max);
  // What this reader itself keeps.
  std::size_t buffered_bytes() const noexcept {
    return chunks_.capacity() + fields_.capacity() * sizeof(Field);
  }

  // After complete; its views point into the last buffer and into this reader.
  const Request& request() const;
  std::size_t consumed() const noexcept { return at_; }  // after complete: the message's length
  const Refusal& refusal() const;                        // after refused

  bool head_complete() const noexcept { return phase_ > Phase::fields; }
  bool body_missing() const noexcept { return phase_ > Phase::fields && phase_ < Phase::complete; }
  // The client waits for `100 Continue` before it sends the body.
  bool expects_continue() const noexcept { return expects_continue_; }

  void reset();    // for the next message; keeps its memory
  void release();  // for the next message; gives its memory back

 private:
  // In the order a message passes them.
  enum class Phase : std::uint8_t {
    request_line,
    fields,
    fixed_body,
    chunk_size,
    chunk_data,
    chunk_end,
    last_chunk_end,
    complete,
    refused
  };
  // Offsets, because the buffer may move while the head is incomplete.
  struct Piece {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
  };
  struct Field {
    Piece name;
    Piece value;
  };
  enum class Line : std::uint8_t { more, taken, refused };

  Progress refuse(int status, std::size_t position, std::string_view message);
  Line take_line(std::string_view buffer, std::size_t end_max, std::string_view& line);
  bool read_head(std::string_view buffer);
  bool read_request_line(std::string_view line);
  bool read_target(std::string_view target, std::size_t start);
  bool read_field(std::string_view line);
  bool note_framing(std::string_view name, std::string_view value, std::size_t name_at,
                    std::size_t value_at);
  bool read_host(std::string_view value, std::size_t start);
  bool read_content_length(std::string_view value, std::size_t start);
  bool read_connection(std::string_view value, std::size_t start);
  bool finish_head(std::string_view buffer);
  bool read_chunks(std::string_view buffer);
  bool read_chunk_size(std::string_view buffer);
  void fill_head(std::string_view buffer);
  bool refused_with(int status, std::size_t position, std::string_view message) {
    refuse(status, position, message);
    return false;
  }

  std::size_t body_bytes_most_;
  std::size_t body_bytes_max_;  // of this message
  Phase phase_ = Phase::request_line;
  bool chunked_ = false;
  bool has_length_ = false;
  bool has_host_ = false;
  bool expects_continue_ = false;
  bool closes_ = false;
  std::size_t at_ = 0;          // the next byte to understand
  std::size_t scan_ = 0;        // no LF lies between at_ and here
  std::size_t framing_at_ = 0;  // of the header that says the body's length
  std::size_t chunk_left_ = 0;
  std::size_t chunk_framing_ = 0;
  std::uint64_t content_length_ = 0;
  Piece method_, target_, authority_, path_, query_, host_;
  std::vector<Field> fields_;
  std::string chunks_;
  Request request_;
  Refusal refusal_;
};

}  // namespace ringwall::http
