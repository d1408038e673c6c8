#pragma once
// A question's documents, and what certificates say of them.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prover/detail/reading.h"
#include "prover/prover.h"

namespace ringwall::prover::detail {

// Calls `each` with every document of a side and its name.
template <typename Each>
void for_each_document(const Side& side, Each&& each) {
  if (!side.layers) return each(side.document, std::string_view("the document"));
  const authz::Layers& layers = *side.layers;
  const auto all = [&](std::span<const authz::Named> policies) {
    for (const authz::Named& named : policies) each(named.document, std::string_view(named.name));
  };
  all(layers.identity);
  if (layers.session) all(*layers.session);
  all(layers.grants);
  for (const authz::Named* one : {layers.boundary, layers.resource, layers.endpoint}) {
    if (one != nullptr) all(std::span(one, 1));
  }
  for (const auto& levels : {layers.scps, layers.rcps}) {
    for (const authz::Level& level : levels) all(level.policies);
  }
}

template <typename Each>
void for_each_document(const Query& query, Each&& each) {
  for (const auto* sides : {&query.allowing, &query.refusing}) {
    for (const Side& side : *sides) for_each_document(side, each);
  }
}

// Reads them; each once, in the order of their addresses.
std::vector<const policy::Document*> read_documents_of(const Query& query, Readings& readings);

// A text or a name as a certificate writes it (checker/checker.h): UTF-8 without control characters, and not empty.
std::string certified(std::string_view text);
// Its lines of the policies.
std::string policies_of(const Query& query);

}  // namespace ringwall::prover::detail
