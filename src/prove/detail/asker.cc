#include "prove/detail/asker.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace ringwall::prove {

namespace {

// All of the options, so that one that is added must be thought of here: what a question reads of them, and no key says.
std::string settings_of(const Options& options) {
  const auto& [today, depth, threads, classes_max, every_action, bounds, progress, certificate, bug, steps_max, share, network_keys_everywhere,
               one_region, axiom_off] = options;
  const auto& [standing_max, pairs_max, pair_looks_max] = bounds;  // each is said where it is passed
  std::string settings;
  for (const std::uint64_t number : {std::uint64_t{classes_max}, std::uint64_t{every_action}, std::uint64_t{standing_max}, steps_max,
                                     std::uint64_t{network_keys_everywhere}, std::uint64_t{one_region}})
    settings += std::to_string(number) + ' ';
  return settings.append(axiom_off);
}

}  // namespace

void Memory::begin(std::size_t documents, const Options& options) {
  ++proof;
  if (std::string settings = settings_of(options); settings != settings_) {
    answers.clear();
    settings_ = std::move(settings);
  }
  const std::size_t known_max = std::max(memory_documents_min, documents * memory_documents_factor);
  if (words->documents() <= known_max) return;
  answers.clear();
  idle.clear();
  past = {};  // it names conditions by the words' numbers
  words = std::make_unique<detail::Words>();
}

// Whoever keeps answers for many proofs looks for old ones once in half as many, so that looking costs no more than asking.
void Memory::end() {
  if (proof < looked_ + proofs_kept_ / 2) return;
  looked_ = proof;
  std::erase_if(answers, [&](const auto& item) { return item.second.used + proofs_kept_ <= proof; });
}

std::shared_ptr<Memory> make_memory(std::uint64_t proofs_kept) { return std::make_shared<Memory>(proofs_kept); }

namespace detail {

void in_parallel(std::size_t count, unsigned threads,
                 const std::function<void(std::size_t)>& work) {
  constexpr std::size_t share = 16;
  std::atomic<std::size_t> next = 0;
  const auto run = [&] {
    for (std::size_t begin = next.fetch_add(share); begin < count; begin = next.fetch_add(share)) {
      for (std::size_t i = begin; i < std::min(begin + share, count); ++i) work(i);
    }
  };
  std::vector<std::jthread> others;
  for (unsigned i = 1; i < threads && i * share < count; ++i) others.emplace_back(run);
  run();
}

Asker::Asker(Memory& memory, const Options& options) : memory_(memory), options_(options) {}

void Asker::tell_progress() {
  if (options_.progress) options_.progress(done_, all_);
}

namespace {

bool comes_from(const std::set<std::string>& networks, const prover::Answer& answer) {
  const auto one_of_them = [&](const std::string& id) { return networks.contains(id); };
  return std::ranges::any_of(answer.findings, [&](const prover::Finding& finding) {
    const auto through = [&](const char* key) {
      const auto* values = finding.request.context.find(key);
      return values != nullptr && std::ranges::any_of(*values, one_of_them);
    };
    return through("aws:SourceVpc") || through("aws:SourceVpce");
  });
}

}  // namespace

AnswerPtr Asker::answer(const Item& item) {
  std::unique_ptr<Worker> worker;
  {
    const std::lock_guard lock(mutex_);
    if (!memory_.idle.empty()) {
      worker = std::move(memory_.idle.back());
      memory_.idle.pop_back();
    }
  }
  if (worker == nullptr || worker->asked >= questions_per_prover_max)
    worker = std::make_unique<Worker>();
  ++worker->asked;
  const auto query_with = [&](Lists lists) {
    prover::Query made = item.query(lists);
    made.steps_max = options_.steps_max;
    made.every_action = made.every_action && options_.every_action;
    made.universe.network_keys_everywhere = options_.network_keys_everywhere;
    made.universe.axiom_off = options_.axiom_off;
    return made;
  };
  prover::Query query = query_with(item.networks != nullptr ? Lists::named : Lists::all);
  auto answer = std::make_shared<prover::Answer>(worker->prover->ask(query));
  if (item.networks != nullptr && comes_from(*item.networks, *answer)) {
    query = query_with(Lists::all);
    *answer = worker->prover->ask(query);
  }
  if (answer->bug && options_.bug) options_.bug(*answer->bug);
  if (!item.left_out.empty()) {
    answer->undecided.push_back(item.left_out);
    if (answer->verdict == prover::Verdict::none) answer->verdict = prover::Verdict::inconclusive;
  }
  std::optional<Result<std::string>> certificate;
  if (options_.certificate && answer->verdict == prover::Verdict::none) {
    certificate = worker->prover->certify(query);
    if (!*certificate) {
      answer->verdict = prover::Verdict::inconclusive;
      answer->undecided.push_back("no certificate could be made: " + certificate->error().message);
    }
  }
  const std::lock_guard lock(mutex_);
  if (certificate && *certificate) options_.certificate(**certificate);
  memory_.idle.push_back(std::move(worker));
  ++done_;
  tell_progress();
  return answer;
}

std::vector<AnswerPtr> Asker::ask_each(const std::vector<Item>& items) {
  statistics_.questions += items.size();
  statistics_.asked += items.size();
  all_ += items.size();
  std::vector<AnswerPtr> answers(items.size());
  in_parallel(items.size(), options_.threads, [&](std::size_t i) { answers[i] = answer(items[i]); });
  return answers;
}

std::vector<AnswerPtr> Asker::ask(const std::vector<Item>& items) {
  if (!options_.share) return ask_each(items);
  std::vector<Memory::Entry*> entries(items.size());
  std::vector<std::size_t> open;  // items to ask
  for (std::size_t i = 0; i < items.size(); ++i) {
    Memory::Entry& entry = memory_.answers[items[i].key];
    entries[i] = &entry;
    if (entry.used == memory_.proof) continue;  // asked in this proof, of another subject
    entry.used = memory_.proof;
    const bool proved =
        entry.answer != nullptr && entry.answer->verdict == prover::Verdict::none;
    const bool same = entry.answer != nullptr && entry.subject == items[i].subject && entry.documents == items[i].documents;
    if (options_.certificate ? false : proved || same) continue;
    entry.subject = items[i].subject;
    entry.documents = items[i].documents;
    open.push_back(i);
  }
  statistics_.questions += items.size();
  statistics_.asked += open.size();
  all_ += open.size();
  in_parallel(open.size(), options_.threads, [&](std::size_t i) {
    entries[open[i]]->answer = answer(items[open[i]]);
  });
  std::vector<AnswerPtr> answers;
  answers.reserve(items.size());
  for (const Memory::Entry* entry : entries) answers.push_back(entry->answer);
  return answers;
}

}  // namespace detail
}  // namespace ringwall::prove
