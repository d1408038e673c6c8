#pragma once
// A document as the prover uses it: what each statement asks, in relations of the vocabulary.

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "catalogue/network_keys.h"
#include "policy/plain.h"
#include "prover/detail/tests.h"
#include "prover/prover.h"

namespace ringwall::prover::detail {

struct ReadCondition {
  const policy::Condition* said = nullptr;
  KeyId key = 0;
  std::optional<RelationId> relation = {};  // none: it has variables, so each case says
};

struct ReadStatement {
  const policy::Statement* said = nullptr;
  RelationId actions = 0;
  std::optional<RelationId> resources = {};  // none: it has variables, or no Resource element
  std::vector<ReadCondition> conditions = {};
};

struct Reading {
  policy::plain::Policy policy;
  std::vector<ReadStatement> statements = {};
  std::vector<catalogue::NetworkKey> network_keys = {};  // that its conditions ask for, sorted
  std::vector<KeyId> keys = {};                          // all that they ask for, sorted
};

// Keeps what it has read, and the documents with it: an address stays one document's.
class Readings {
 public:
  explicit Readings(Vocabulary& vocabulary) : vocabulary_(vocabulary) {}
  const Reading& read(const policy::DocumentPtr& document);
  const Reading& operator[](const policy::Document& document) const;  // one that was read
  std::size_t size() const { return read_.size(); }

  ReadCondition read(const policy::Condition& condition);

  // What a question's constraint asks: read once a question, which has each at one address.
  void begin_question();
  const ReadCondition& asked(const Constraint& constraint);  // of a condition
  RelationId listed(const Constraint& constraint);           // of actions, or of resources

 private:
  std::unordered_map<const Constraint*, ReadCondition> asked_;
  std::unordered_map<const Constraint*, RelationId> listed_;
  Vocabulary& vocabulary_;
  std::unordered_map<const policy::Document*, std::unique_ptr<Reading>> read_;
  std::vector<policy::DocumentPtr> kept_;
};

}  // namespace ringwall::prover::detail
