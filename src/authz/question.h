#pragma once
// A question in JSON, as `ringwall authorize` takes it:
//
//   {"request": {"principal": WHO, "principalAccount"?, "sessionName"?, "action", "resource": ARN or "*",
//                "resourceAccount"?, "context": {KEY: VALUE or [VALUES]}},
//    "policies": {"identity": [DOC…], "boundary": DOC, "session": [DOC…], "resource": DOC,
//                 "grants": [DOC…], "endpoint": DOC, "scp": [{"target", "policies": [DOC…]}…], "rcp": [as scp]}}
//
// A layer that is left out does not apply; a member that is not listed here is refused. A DOC is a
// policy document, or the path of one, or {"Name", "Document"}, where the document may be a string
// that holds it as it was written; that of a KMS grant is a key policy of one statement.
//
// WHO is one of
//   - the ARN of a user, an account's root, an assumed-role or a federated-user session;
//   - the ARN of a role: one of its sessions asks, by the name of "sessionName" (else `unnamed`), and
//     below the path /aws-service-role/ the role is service-linked;
//   - the ARN of a SAML or OIDC provider, or the domain of a web identity provider such as
//     `accounts.google.com`: someone whom it vouches for and who has no session yet;
//   - a service principal such as `rds.amazonaws.com`, or `anonymous`.
// The unique id of a user or role is that of `aws:userid` in the context, if it is there. A root
// has no policies of its own: identity, boundary and session are refused, and it may do everything
// that the other layers leave.

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
    authz::Policies identity;
    std::vector<Named> session, grants;
    std::optional<Named> boundary, resource, endpoint;
    Chain scps, rcps;
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

// What decides what policies decide; tests have more than one.
using Decide = std::function<Decision(const policy::Request& request, const Layers& layers)>;

// The question's answer: as the policies decide, but for what no policy can deny (guards.h).
Decision answer(const Question& question, const Decide& decide = authorize);

// {"verdict", "layer", "policy", "statement"}; the last three only where there is one.
text::Json answer_of(const Decision& decision);

}  // namespace ringwall::authz
