#pragma once
// A question in JSON, as `ringwall authorize` takes it:
//
//   {"request": {"principal": ARN or "anonymous", "principalAccount"?, "action", "resource": ARN or "*",
//                "resourceAccount"?, "context": {KEY: VALUE or [VALUES]}},
//    "policies": {"identity": [DOC…], "boundary": DOC, "session": [DOC…], "resource": DOC, "endpoint": DOC,
//                 "scp": [{"target", "policies": [DOC…]}…], "rcp": [as scp]}}
//
// A layer that is left out does not apply; a member that is not listed here is refused. A DOC is a
// policy document, or the path of one.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "authz/authz.h"
#include "base/result.h"
#include "text/json.h"

namespace ringwall::authz {

// Owns the policies that its layers borrow, so it moves and does not copy.
struct Question {
  struct Policies {
    std::vector<Named> identity, session;
    std::optional<Named> boundary, resource, endpoint;
    std::vector<Level> scps, rcps;
  };
  policy::Request request;
  Layers layers;
  std::unique_ptr<const Policies> policies;
};

// Reads the file a DOC names; the caller decides where from.
using ReadDocument = std::function<Result<std::string>(const std::string& path)>;

// Failure::invalid names the member that is wrong. Keys that follow from principal and resource
// (aws:PrincipalArn, aws:PrincipalAccount, aws:ResourceAccount) are filled in unless given.
Result<Question> read_question(const text::Json& json, const ReadDocument& read);

// {"verdict", "layer", "policy", "statement"}; the last three only where there is one.
text::Json answer_of(const Decision& decision);

}  // namespace ringwall::authz
