#pragma once
// Which statements of several documents may apply to an action: found when the action is first
// asked about, and then remembered for whoever asks next.
//
// Most requests ask for few actions, and most statements list others. So nothing is made
// beforehand: an index that nobody asks holds its documents and no more, however many actions they
// list.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace ringwall::policy {

// Of one index, which then holds some 200 KiB; about other actions its documents are asked.
inline constexpr std::size_t remembered_actions_max = 512;
inline constexpr std::size_t remembered_candidates_max = 4096;  // of all these actions together

// The statements that list one action, of all documents of an index. Lives as long as the index.
class Candidates {
 public:
  struct Place {
    std::size_t document = 0;  // by its number in the index
    std::size_t statement = 0;
  };

  // The first statement of this effect that applies, in the order of the documents. `probe` asks
  // for the action that these are the candidates for. Costs what Document::next does.
  std::optional<Place> first(Effect effect, const Probe& probe) const;
  // Is there in each level a statement that allows and applies?
  bool every_level_allows(const Probe& probe) const;

 private:
  friend class Index;
  struct Candidate {
    const detail::Program* program;
    std::uint32_t statement, document, level;
  };

  bool are_for(const Probe& probe) const;

  std::uint64_t hash_ = 0;  // of the action
  std::uint32_t levels_ = 0;
  std::uint32_t denies_ = 0;
  bool every_level_surely_allows_ = false;  // by statements without conditions, on everything
  std::vector<Candidate> all_;  // the denies, then the allows, each in the order of the documents
  std::string action_;
};

// Safe to ask from any thread. Holds its documents.
class Index {
 public:
  // `levels` has the number of documents of each: of an organisation's tree, or one level of all.
  // INVARIANT: they add up to all documents.
  Index(std::vector<DocumentPtr> documents, std::vector<std::uint32_t> levels);
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  // Null: ask the documents one by one. That is so when the index is full, or another thread just
  // adds to it. Allocates when the action is first asked about.
  const Candidates* about(const Probe& probe) const;

  const std::vector<DocumentPtr>& documents() const { return documents_; }
  const std::vector<std::uint32_t>& levels() const { return levels_; }

 private:
  // Open addressing. Only a thread that is `adding_` fills slots, and no slot changes once it is
  // filled. INVARIANT: a power of two of them, of which half are free.
  struct Table {
    explicit Table(std::size_t count) : slots(count) {}
    const Candidates* find(const Probe& probe) const;
    void insert(const Candidates& candidates);

    std::vector<std::atomic<const Candidates*>> slots;
  };

  // Of whoever is adding. Tables that were outgrown stay, for threads that still look into them.
  struct Memory {
    Memory();
    std::vector<std::unique_ptr<Table>> tables;
    std::vector<std::unique_ptr<const Candidates>> remembered;
    std::size_t candidates = 0;
  };

  const Candidates* add(const Probe& probe) const;
  std::unique_ptr<const Candidates> found(const Probe& probe) const;
  bool has_room_for(const Candidates& candidates) const;
  void remember(std::unique_ptr<const Candidates> candidates) const;

  std::vector<DocumentPtr> documents_;
  std::vector<std::uint32_t> levels_;
  mutable std::atomic<const Table*> table_ = nullptr;
  mutable std::atomic<bool> full_ = false, adding_ = false;
  mutable std::unique_ptr<Memory> memory_;  // null until the first action is asked about
};

}  // namespace ringwall::policy
