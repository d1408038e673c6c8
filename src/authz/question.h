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
#include <string>

#include "authz/authz.h"
#include "base/result.h"
#include "text/json.h"

namespace ringwall::authz {

struct Question {
  policy::Request request;
  Layers layers;
};

// Reads the file a DOC names; the caller decides where from.
using ReadDocument = std::function<Result<std::string>(const std::string& path)>;

// Failure::invalid names the member that is wrong. Keys that follow from principal and resource
// (aws:PrincipalArn, aws:PrincipalAccount, aws:ResourceAccount) are filled in unless given.
Result<Question> read_question(const text::Json& json, const ReadDocument& read);

// {"verdict", "layer", "policy", "statement"}; the last three only where there is one.
text::Json answer_of(const Decision& decision);

}  // namespace ringwall::authz
