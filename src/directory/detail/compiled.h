#pragma once
// Compiled policies by their text: what is in use anywhere is compiled once, and kept no longer.

#include <string>
#include <string_view>
#include <vector>

#include "directory/directory.h"

namespace ringwall::directory {

// Not thread-safe.
class CompiledPolicies {
 public:
  explicit CompiledPolicies(Report report);

  // The document that is compiled from `text`. If the text cannot be used: one that denies
  // everything, and a report that calls the policy by `name`.
  policy::DocumentPtr of(std::string_view text, policy::Kind kind, std::string_view name);

 private:
  struct Known {
    std::size_t hash;
    std::weak_ptr<const policy::Document> document;  // whoever uses it keeps it
    bool usable;
    std::string unusable_text;  // what the document stands in for; a usable one has its own text
    bool is(std::string_view text, policy::Kind kind, const policy::Document& document) const;
  };
  policy::DocumentPtr denying(std::string_view name, policy::Kind kind, const Error& error) const;

  Report report_;
  // In shards by hash. Whoever adds to a shard clears out what nobody uses any more, so the rest
  // of what is dead stays within a small part of what lives.
  std::vector<std::vector<Known>> shards_;
};

}  // namespace ringwall::directory
