#pragma once
// The running server's API, asked as its administrator: for commands that change what it keeps.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/tls.h"
#include "text/json.h"

namespace ringwall::app {

// What the shell of a running server needs, as `ringwall env` prints it: AWS_ENDPOINT_URL, …
Result<text::Json> environment_of(const std::string& data);

// An element of a reply in XML.
struct Element {
  std::string name, text;  // `text`: of an element without others in it
  std::vector<Element> children = {};
  const Element& operator[](std::string_view child) const;  // an empty one if there is none
  bool is(std::string_view child) const;                    // is there one?
};
Result<Element> parse_xml(std::string_view text);

class ApiClient {
 public:
  // Failure::unavailable: no server runs on the folder.
  static Result<ApiClient> open(const std::string& data);

  // The same server, as a session of the role.
  Result<ApiClient> assume(const std::string& role_arn) const;

  using Parameters = std::map<std::string, std::string>;
  // Failure::denied or invalid with the service's own code and message.
  Result<text::Json> json(const std::string& service, const std::string& action,
                          const text::Json& input) const;
  Result<Element> query(const std::string& service, const std::string& action,
                        const Parameters& input) const;

 private:
  struct Keys {
    std::string access_key, session_token;
    Secret secret;
  };
  ApiClient() = default;
  Result<std::string> send(const std::string& service, const std::string& content_type,
                           const std::string& target, const std::string& body) const;

  std::string address_, region_;
  std::uint16_t port_ = 0;
  std::shared_ptr<const crypto::TlsContext> trust_;  // of all sessions
  Keys keys_;
};

}  // namespace ringwall::app
