#pragma once
// Questions by the batch: equal ones are asked once, on as many threads as allowed, and what was
// answered before is not asked again.

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "prove/detail/past.h"
#include "prove/detail/words.h"
#include "prove/prove.h"

namespace ringwall::prove {
namespace detail {

// One thread's prover.
struct Worker {
  std::unique_ptr<prover::Prover> prover = std::make_unique<prover::Prover>();
  std::size_t asked = 0;
};

}  // namespace detail

// Answers by key, with the subject and the documents of whom they were asked: a finding names its caller and what the
// policies name, so it is told again only of the same.
class Memory {
 public:
  explicit Memory(std::uint64_t proofs_kept) : proofs_kept_(proofs_kept) {}
  Memory() : Memory(2) {}

  struct Entry {
    std::string subject, documents;
    std::shared_ptr<const prover::Answer> answer;
    std::uint64_t used = 0;  // the proof that asked last
  };
  std::mutex proving;  // one proof at a time
  std::unique_ptr<detail::Words> words = std::make_unique<detail::Words>();
  std::unordered_map<std::string, Entry> answers;
  std::uint64_t proof = 0;
  // Provers that nobody uses now. What they have read of policies is read once for all proofs.
  std::vector<std::unique_ptr<detail::Worker>> idle;
  detail::Past past;  // the last proof's

  // A new proof, of so many documents. What options say of questions holds for all of them: others begin anew.
  void begin(std::size_t documents, const Options& options);
  void end();                         // forgets answers that the last proofs did not ask for
  const std::string& settings() const { return settings_; }

 private:
  std::uint64_t proofs_kept_, looked_ = 0;
  std::string settings_;
};

// Memory that knows more documents than this many times those of the estate starts anew.
inline constexpr std::size_t memory_documents_factor = 4;
inline constexpr std::size_t memory_documents_min = 10'000;

namespace detail {

// Calls `work` with every number below `count`, on so many threads, in no order.
void in_parallel(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& work);

// A prover keeps what it reads; past so many questions it is made anew, so that what it keeps
// stays small beside the estate.
inline constexpr std::size_t questions_per_prover_max = 4'096;

// How much of the lists of expected networks a question takes in. An organisation lists thousands of
// them and a policy names few. With those alone that the documents name, more requests count as
// from an unexpected network: if there is none even so, it is proved. What is found is so of the
// full lists too if it comes from none of them; else these are asked.
enum class Lists : std::uint8_t { named, all };

struct Item {
  std::string key;      // equal keys: equal answers, but that a finding tells of who and what was asked
  std::string subject;  // whom the query names
  std::function<prover::Query(Lists)> query;
  // Networks of mine, by id. Not null: the query with Lists::named takes in only some of them.
  const std::set<std::string>* networks = nullptr;
  std::string left_out = {};  // what the query could not take in: then nothing is proved by it
  std::string documents = {};  // the very ones of the query: with the subject, all that a finding tells of
};
using AnswerPtr = std::shared_ptr<const prover::Answer>;

class Asker {
 public:
  Asker(Memory& memory, const Options& options);

  // In the order of the items. Of items with equal keys the first is asked.
  std::vector<AnswerPtr> ask(const std::vector<Item>& items);
  const Statistics& statistics() const { return statistics_; }

 private:
  std::vector<AnswerPtr> ask_each(const std::vector<Item>& items);
  AnswerPtr answer(const Item& item);
  void tell_progress();

  Memory& memory_;
  const Options& options_;
  std::mutex mutex_;
  Statistics statistics_;
  std::size_t done_ = 0, all_ = 0;
};

}  // namespace detail
}  // namespace ringwall::prove
