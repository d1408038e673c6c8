#pragma once
// For tests: the question whether one request is allowed, put to the prover. Everything is known:
// who asks, what for, whose it is, and every key.

#include <string>

#include "prover/prover.h"

namespace ringwall::prover::testing {

// A listed text that matches exactly this, whatever characters it holds.
inline policy::Listed literally(const std::string& text) {
  policy::Listed listed{text, {}, 0};
  if (!text.empty()) listed.pieces.push_back({.kind = policy::Piece::Kind::literal, .text = text});
  return listed;
}

inline Query pinned(const policy::Request& request, const authz::Layers& layers) {
  Query query;
  query.universe.callers = {{request.principal, request.context, {"*"}}};
  if (!request.resource_account.empty())
    query.universe.owners = {{Owner::Kind::account, {request.resource_account}}};
  Constraint action{.kind = Constraint::Kind::actions, .listed = {literally(request.action)}};
  Constraint resource{.kind = Constraint::Kind::resources, .listed = {literally(request.resource)}};
  query.universe.where = all_of({std::move(action), std::move(resource)});
  query.allowing = {{.layers = layers}};
  return query;
}

// Requests of other worlds: the resource's ARN or aws:ResourceAccount names another account than
// the one whose resource it is said to be. The prover does not ask about those.
inline bool owners_agree(const policy::Request& request) {
  const std::string& account = request.resource_account;
  if (account.empty()) return true;
  for (const char* key : {"aws:ResourceAccount", "s3:ResourceAccount"}) {
    const auto* values = request.context.find(key);
    if (values != nullptr && (values->size() != 1 || values->front() != account)) return false;
  }
  std::string_view rest = request.resource;
  for (int part = 0; part < 4; ++part) {
    const std::size_t colon = rest.find(':');
    if (colon == std::string_view::npos) return true;
    rest.remove_prefix(colon + 1);
  }
  const std::string_view named = rest.substr(0, rest.find(':'));
  return named.empty() || named == account;
}

}  // namespace ringwall::prover::testing
