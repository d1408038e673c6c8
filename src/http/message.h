#pragma once
// HTTP messages: a request as it was received, a response as it will be sent.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ringwall::http {

// ASCII case only: header names and host names, never text of people.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

struct Header {
  std::string_view name;   // as received: compare ignoring case
  std::string_view value;  // without the spaces around it
  friend bool operator==(const Header&, const Header&) = default;
};

// A request that the strict reader accepted. Every view points into bytes that the reader's
// owner keeps; a server's request stays valid until its exchange is answered.
struct Request {
  std::string_view method;  // upper-case letters
  std::string_view target;  // as received: origin-form, or absolute-form that agrees with Host
  std::string_view path;    // starts with `/`, percent-encoding kept
  std::string_view query;   // after the first `?`, percent-encoding kept; empty when there is none
  std::string_view host;    // the value of the one Host header
  std::vector<Header> headers = {};  // in the order received, repeated names kept
  std::string_view body;             // whole, chunks joined
  bool keep_alive = true;            // false: the client said `Connection: close`

  // The first header of that name.
  std::optional<std::string_view> find(std::string_view name) const noexcept;
  std::size_t count(std::string_view name) const noexcept;
};

// Header lines as they go on the wire, in the order added.
class HeaderLines {
 public:
  // A byte that could end the line or hide in it (a control byte, or one past ASCII) is
  // written as `?`, so that no value from outside can add a header or split the response.
  // INVARIANT: `name` is a token; names come from code.
  void add(std::string_view name, std::string_view value);

  std::optional<std::string_view> find(std::string_view name) const noexcept;  // the first
  std::string_view text() const noexcept { return text_; }  // `name: value\r\n` each
  bool empty() const noexcept { return text_.empty(); }

 private:
  std::string text_;
};

// The server adds Date, Content-Length and Connection; adding one of them is a bug.
struct Response {
  int status = 200;  // 200 to 599
  HeaderLines headers = {};
  std::string body = {};
};

// "Not Found" for 404; "Unknown" for a status without a standard phrase.
std::string_view reason_phrase(int status) noexcept;

// Appends the response as HTTP/1.1. `date` is an IMF-fixdate; a response to HEAD keeps its
// Content-Length and sends no body.
enum class BodyOnWire : bool { omitted, sent };
enum class AfterResponse : bool { close, keep_alive };
void append_response(std::string& out, const Response& response, std::string_view date,
                     BodyOnWire body, AfterResponse after);

// `Sun, 06 Nov 1994 08:49:37 GMT`, RFC 9110 section 5.6.7.
std::string http_date(std::chrono::sys_seconds time);

}  // namespace ringwall::http
