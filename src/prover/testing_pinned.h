#pragma once
// For tests: the question whether one request is allowed, put to the prover. Everything is known:
// who asks, what for, whose it is, and every key.

#include <algorithm>
#include <string>
#include <string_view>

#include "policy/detail/values.h"
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

// The account that an ARN names; empty: none.
inline std::string_view account_of(std::string_view arn) {
  for (int part = 0; part < 4; ++part) arn.remove_prefix(std::min(arn.size(), arn.find(':') + 1));
  return arn.substr(0, arn.find(':'));
}

// Does the prover ask about such requests? What is asked for is an action, its resource an ARN or
// `*`, and whose the resource is said to be agrees with its ARN and its keys.
inline bool in_universe(const policy::Request& request) {
  const std::size_t colon = request.action.find(':');
  if (colon == 0 || colon == std::string::npos || colon + 1 == request.action.size()) return false;
  const bool arn = policy::detail::arn_parts(request.resource).has_value();
  if (!arn && request.resource != "*") return false;
  const std::string& account = request.resource_account;
  if (account.empty()) return true;
  for (const char* key : {"aws:ResourceAccount", "s3:ResourceAccount"}) {
    const auto* values = request.context.find(key);
    if (values != nullptr && (values->size() != 1 || values->front() != account)) return false;
  }
  return !arn || account_of(request.resource).empty() || account_of(request.resource) == account;
}

}  // namespace ringwall::prover::testing
