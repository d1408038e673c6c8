#pragma once
// Statements into as few documents as their sizes allow.

#include <optional>
#include <string>
#include <vector>

#include "generate/detail/statement.h"
#include "policy/policy.h"

namespace ringwall::generate::detail {

struct Packed {
  std::vector<text::Json> documents;
  std::vector<std::string> unfit;  // by their Sid: too long for a document, and not to be cut
};

// Each statement goes into the first document that has room for it, in their order; one that is too
// long for any is cut where its list of actions or resources can be, without changing what both
// halves say together. The same statements give the same documents.
Packed pack(const std::vector<Statement>& statements, policy::Kind kind);

text::Json document_of(const std::vector<text::Json>& statements);

}  // namespace ringwall::generate::detail
