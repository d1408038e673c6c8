#pragma once
// Policy documents as AWS's CLI prints them, compiled: an object, JSON in a string, or JSON
// percent-encoded. The same text is compiled once for each kind of policy and shared.

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "loaders/detail/answers.h"
#include "policy/policy.h"

namespace ringwall::loaders::detail {

// A compiled document, and what is wrong with it, as a gap without a subject: it becomes a gap of
// each principal, resource or level that uses the document.
struct Compiled {
  policy::DocumentPtr document;          // never null: what cannot be used denies everything
  std::shared_ptr<const Gap> problem = {};  // null: none
};

// A repository's policy (ECR) names no resource: it is about the repository.
enum class Resources : std::uint8_t { written, implied };

class Documents {
 public:
  // Adds to `gaps` and `sources`, which it borrows.
  Documents(std::vector<Gap>& gaps, std::map<const policy::Document*, Source>& sources) : gaps_(gaps), sources_(sources) {}

  // The document that `value` of the answer is.
  Compiled compile(const Answer& answer, const Json& value, policy::Kind kind, Resources resources = Resources::written);
  // In place of one that is not there.
  Compiled missing(std::string_view path, policy::Kind kind, std::string message);

  std::map<const policy::Document*, Source>& sources() { return sources_; }  // where each was read

  // The document, for `subject` to use: a problem becomes its gap.
  policy::DocumentPtr use(const Compiled& compiled, std::string_view subject) const;

 private:
  struct Known {
    policy::DocumentPtr document;
    std::string_view placeholder;  // into the document's source; empty: none
  };
  struct Key {
    std::string_view text;
    policy::Kind kind;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const { return std::hash<std::string_view>()(key.text) + static_cast<std::size_t>(key.kind); }
  };
  struct Text;

  policy::DocumentPtr denying(policy::Kind kind);

  std::vector<Gap>& gaps_;
  std::map<const policy::Document*, Source>& sources_;
  std::unordered_map<Key, Known, Hash> known_;  // keys view into the documents
  std::map<policy::Kind, policy::DocumentPtr> denying_;
};

}  // namespace ringwall::loaders::detail
