// A proof, from files to verdicts: who and what there is, then each row's questions, then the whole
// from the rows, then what could not be read. Answers are exact; what gaps and bounds leave open is
// inconclusive, and nothing turns that into a proof.

#include "prove/prove.h"

#include <algorithm>
#include <chrono>
#include <set>

#include "prove/detail/agents.h"
#include "prove/detail/whole.h"

namespace ringwall::prove {
namespace {

using namespace detail;

std::size_t index_of(Objective objective) { return static_cast<std::size_t>(objective); }

class Proof {
 public:
  // `past`: null where nothing is kept.
  Proof(const loaders::Loaded& world, const perimeter::Perimeter& perimeter,
        const Options& options, Memory& memory, Past* past)
      : world_(world), options_(options), past_(past), mine_(world, perimeter, past),
        limits_(mine_, *memory.words, options.today, options.one_region), asker_(memory, options), gaps_(world),
        room_{mine_, *memory.words, limits_, options_}, leaks_(mine_, *memory.words, report_.leaks) {
    if (past_ != nullptr) settle_ground(memory.settings());
  }

  Report run() &&;

 private:
  void settle_ground(const std::string& settings);
  PastRow* past_row(Objective objective);
  void answer(std::unique_ptr<Cells> cells);
  void tell_future(const Cells& cells, std::size_t cell, const prover::Answer& answer);
  void fill_row(Objective objective, const Answered& answered);
  void fill_whole();
  Sequence<CellOf> cells_of(const Answered& answered, const PastRow* past) const;
  CellOf cell_of(const Answered& answered, std::size_t i, const std::vector<Guard>& guards) const;
  void count_gaps(Row& row, const std::function<std::string(std::size_t, const std::string&)>& account_of, std::vector<bool>& counted) const;
  void add_gap_cells(Row& row, const std::vector<bool>& counted) const;
  void find_sole_guards(Row& row, const Answered& answered) const;
  static void finish(Row& row);
  void count_exceptions();
  std::string account_of(const std::string& subject) const;
  std::vector<std::string> not_asked() const;

  const loaders::Loaded& world_;
  const Options& options_;
  Past* const past_;
  Mine mine_;
  Limits limits_;
  Asker asker_;
  const Gaps gaps_;
  const Room room_;
  Report report_;
  Leaks leaks_;
  AnsweredRows rows_;
  std::set<const prover::Answer*> told_;
  std::string ground_;
};

// All that questions read beside their subject, its account and the policies of both (past.h).
void Proof::settle_ground(const std::string& settings) {
  ground_ = settings + (options_.depth ? "depth " : "- ") + limits_.ground() + "\n";
  if (const auto& organization = mine_.estate().organization)
    ground_ += organization->id + " " + organization->management_account + " " + organization->root_id + "\n";
  ground_ += mine_.fingerprint();
}

// Endpoints are few, and their questions read much. What agents are granted by name rests on more than their cells.
PastRow* Proof::past_row(Objective objective) {
  const bool of_endpoints = objective == Objective::network_principals || objective == Objective::network_resources;
  if (past_ == nullptr || of_endpoints || objective == Objective::agents) return nullptr;
  PastRow& row = past_->rows[objective];
  const bool callers = objective == Objective::resource_networks && mine_.callers_changed();
  if (row.ground != ground_ || callers) row = {};
  row.ground = ground_;
  return &row;
}

void Proof::answer(std::unique_ptr<Cells> cells) {
  const Objective objective = cells->objective();
  Answered& answered = rows_[objective];
  Outcomes outcomes = detail::outcomes(*cells, room_, asker_, past_row(objective));
  answered.outcomes = std::move(outcomes.all);
  answered.before = std::move(outcomes.before);
  answered.leaks.resize(cells->size());
  for (std::size_t i = 0; i < cells->size(); ++i) {
    const Outcome& outcome = answered.outcomes[i];
    if (outcome.leak == nullptr) continue;
    if (told_.insert(outcome.leak.get()).second) tell_future(*cells, i, *outcome.leak);
    answered.leaks[i] = leaks_.add(objective, cells->name(i), cells->account(i), outcome.leak,
                                   cells->documents(i));
  }
  answered.cells = std::move(cells);
}

// What would get through as well, had a service the action.
void Proof::tell_future(const Cells& cells, std::size_t cell, const prover::Answer& answer) {
  for (const prover::Finding& finding : answer.findings) {
    if (finding.callable) continue;
    report_.future.push_back(
        {cells.objective(), {cells.name(cell)}, finding, cells.documents(cell), {}});
  }
}

// A leak may be closed by what was not read, and a proof opened by it.
void Proof::count_gaps(Row& row, const std::function<std::string(std::size_t, const std::string&)>& account_of, std::vector<bool>& counted) const {
  if (gaps_.empty()) return;
  Sequence<CellOf>::Editor editor(std::move(row.cells));
  for (std::size_t i = 0; i < editor.size(); ++i) {
    const std::vector<std::size_t> gaps = gaps_.of(editor[i].subject, account_of(i, editor[i].subject));
    if (gaps.empty()) continue;
    CellOf& cell = editor.change(i);
    cell.verdict = Verdict::inconclusive;
    cell.guards.clear();
    for (const std::size_t gap : gaps) {
      counted[gap] = true;
      cell.undecided.push_back(gaps_.sentence(gap));
    }
  }
  row.cells = std::move(editor).finish();
}

void Proof::add_gap_cells(Row& row, const std::vector<bool>& counted) const {
  std::map<std::string, CellOf> cells;
  for (const std::size_t gap : gaps_.of_row(row.objective)) {
    if (counted[gap]) continue;
    CellOf& cell = cells[gaps_.subject(gap)];
    cell.subject = gaps_.subject(gap);
    cell.undecided.push_back(gaps_.sentence(gap));
  }
  if (cells.empty()) return;
  std::vector<CellOf> all(row.cells.begin(), row.cells.end());
  for (auto& [subject, cell] : cells) all.push_back(std::move(cell));
  std::ranges::stable_sort(all, {}, &CellOf::subject);
  row.cells = std::move(all);
}

void Proof::finish(Row& row) {
  for (const CellOf& cell : row.cells) {
    switch (cell.verdict) {
      case Verdict::proved:
        ++row.proved;
        break;
      case Verdict::leak:
        ++row.leaking;
        break;
      case Verdict::inconclusive:
        ++row.inconclusive;
        break;
    }
  }
  row.verdict = row.leaking != 0        ? Verdict::leak
                : row.inconclusive != 0 ? Verdict::inconclusive
                                        : Verdict::proved;
}

// Without a guard, what is left are the others: if none of them holds the cell alone, it falls.
void Proof::find_sole_guards(Row& row, const Answered& answered) const {
  if (!options_.depth) return;
  for (const Guard guard : answered.cells->guards()) {
    for (std::size_t i = 0; i < answered.cells->size(); ++i) {
      const Outcome& outcome = answered.outcomes[i];
      if (outcome.verdict != Verdict::proved || (outcome.held & ~bit(guard)) != 0) continue;
      if (!answered.cells->has(i, guard)) continue;
      row.sole_guards.push_back(guard);
      break;
    }
  }
}

CellOf Proof::cell_of(const Answered& answered, std::size_t i, const std::vector<Guard>& guards) const {
  const Outcome& outcome = answered.outcomes[i];
  CellOf cell{answered.cells->name(i), outcome.verdict, answered.leaks[i], outcome.exceptions, outcome.undecided, {}};
  if (!options_.depth || outcome.verdict != Verdict::proved) return cell;
  for (const Guard guard : guards) {
    if ((outcome.held & bit(guard)) != 0) cell.guards.push_back(guard);
  }
  return cell;
}

// A block of the last report all of whose cells were taken over is taken over itself, where they still stand side by side.
Sequence<CellOf> Proof::cells_of(const Answered& answered, const PastRow* past) const {
  using Cells = Sequence<CellOf>;
  struct Plan {
    Cells::Block known;  // null: these cells are made
    std::size_t begin = 0, end = 0;
  };
  const std::size_t size = answered.outcomes.size();
  const auto is_known = [&](std::size_t begin, std::size_t place, std::size_t count) {
    if (begin + count > answered.before.size()) return false;
    for (std::size_t i = 0; i < count; ++i) {
      if (answered.before[begin + i] != place + i) return false;
    }
    return true;
  };
  std::vector<Plan> plan;
  const auto make_up_to = [&](std::size_t begin, std::size_t end) {
    for (; begin < end; begin += Cells::block_size) plan.push_back({nullptr, begin, std::min(begin + Cells::block_size, end)});
  };
  std::size_t made = 0, at = 0, place = 0;  // all cells before `made` are planned; `at`: where the next block that is known may begin
  static const Cells nothing;
  for (const Cells::Block& block : (past != nullptr ? past->told : nothing).blocks()) {
    while (at < answered.before.size() && (answered.before[at] == nowhere || answered.before[at] < place)) ++at;
    if (is_known(at, place, block->size())) {
      make_up_to(made, at);
      plan.push_back({block, at, at + block->size()});
      made = at += block->size();
    }
    place += block->size();
  }
  make_up_to(made, size);
  std::vector<Cells::Block> blocks(plan.size());
  const std::vector<Guard> guards = answered.cells->guards();
  in_parallel(plan.size(), options_.threads, [&](std::size_t i) {
    blocks[i] = plan[i].known;
    if (blocks[i] != nullptr) return;
    std::vector<CellOf> cells;
    for (std::size_t cell = plan[i].begin; cell < plan[i].end; ++cell) cells.push_back(cell_of(answered, cell, guards));
    blocks[i] = std::make_shared<const std::vector<CellOf>>(std::move(cells));
  });
  return Cells(std::move(blocks));
}

void Proof::fill_row(Objective objective, const Answered& answered) {
  Row& row = report_.rows[index_of(objective)];
  std::vector<bool> counted(world_.gaps.size());
  PastRow* past = nullptr;
  if (past_ != nullptr && past_->rows.contains(objective)) past = &past_->rows.at(objective);
  row.cells = cells_of(answered, past);
  if (past != nullptr) past->told = row.cells;
  count_gaps(row, [&](std::size_t i, const std::string&) { return answered.cells->account(i); }, counted);
  add_gap_cells(row, counted);
  find_sole_guards(row, answered);
  finish(row);
}

std::string Proof::account_of(const std::string& subject) const {
  if (const estate::Principal* principal = mine_.estate().principal(subject))
    return principal->account;
  if (const estate::Resource* resource = mine_.estate().resources.find(subject))
    return resource->account;
  if (const estate::Endpoint* endpoint = mine_.estate().endpoints.find(subject))
    return endpoint->account;
  return {};
}

void Proof::fill_whole() {
  Row& row = report_.rows[index_of(Objective::whole)];
  Guards resting = 0;
  Places places;
  row.cells = whole_cells(room_, asker_, rows_, leaks_, past_ != nullptr ? past_->places : places, resting);
  std::vector<bool> counted(world_.gaps.size());
  count_gaps(row, [&](std::size_t, const std::string& subject) { return account_of(subject); }, counted);
  add_gap_cells(row, counted);
  finish(row);
  for (const Row& part : report_.rows) {
    // An unexpected network takes both sides: the resource's counts where somebody is abroad who may use it.
    // What agents do is none of its parts.
    if (part.objective == Objective::resource_networks || part.objective == Objective::agents) continue;
    for (const Guard guard : part.sole_guards) {
      if (std::ranges::find(row.sole_guards, guard) == row.sole_guards.end())
        row.sole_guards.push_back(guard);
    }
  }
  for (const Guard guard : {Guard::rcp, Guard::resource}) {
    const bool listed = std::ranges::find(row.sole_guards, guard) != row.sole_guards.end();
    if ((resting & bit(guard)) != 0 && !listed) row.sole_guards.push_back(guard);
  }
  std::ranges::sort(row.sole_guards);
}

void Proof::count_exceptions() {
  const std::size_t count = mine_.perimeter().exceptions.size();
  std::vector<std::size_t> uses(count);
  for (const Row& row : report_.rows) {
    for (const CellOf& cell : row.cells) {
      for (const std::size_t exception : cell.exceptions) ++uses[exception];
    }
  }
  for (std::size_t i = 0; i < count; ++i)
    report_.exceptions.push_back({i, limits_.expired(i), uses[i]});
}

// Who and what the questions leave out, whatever their verdicts say.
std::vector<std::string> Proof::not_asked() const {
  const estate::Estate& estate = mine_.estate();
  std::string read;
  for (const std::string& service : mine_.services()) read += (read.empty() ? "" : ", ") + service;
  return {"the root users of " + std::to_string(estate.accounts.size()) +
              " accounts of mine: no policy of an account binds its root, only service control policies do, and none in the management account",
          "sessions of GetFederationToken of my users, apart from the users who made them",
          "service-linked roles (" + std::to_string(mine_.service_linked()) + " of mine, and any of others): resource control policies do not bind them",
          "what lets others in without a policy that the estate has: grants of KMS keys, access control lists, access points, snapshots and images "
          "that are shared, AWS RAM",
          "resources of services of which the estate has none: it has those of " + (read.empty() ? "no service" : read)};
}

Report Proof::run() && {
  const bool asks_agents = mine_.perimeter().agents.has_value();
  report_.rows.resize(asks_agents ? perimeter::objective_count_with_agents : perimeter::objective_count);
  for (std::size_t i = 0; i < report_.rows.size(); ++i) report_.rows[i].objective = static_cast<Objective>(i);
  report_.gaps = world_.gaps;
  report_.not_asked = not_asked();
  answer(principal_cells(room_, Objective::identity_resources));
  answer(principal_cells(room_, Objective::identity_networks));
  answer(resource_cells(room_, Objective::resource_principals));
  answer(resource_cells(room_, Objective::resource_networks));
  answer(endpoint_cells(room_, Objective::network_principals));
  answer(endpoint_cells(room_, Objective::network_resources));
  answer(trust_cells(room_));
  if (asks_agents) {
    answer(principal_cells(room_, Objective::agents));
    grant_to_agents(room_, asker_, rows_.at(Objective::agents), leaks_);
  }
  for (const auto& [objective, answered] : rows_) fill_row(objective, answered);
  fill_whole();
  count_exceptions();
  report_.principals = mine_.principals().size();
  report_.resources = mine_.estate().resources.size();
  report_.endpoints = mine_.estate().endpoints.size();
  report_.roles = rows_.at(Objective::trust).cells->size();
  report_.accounts = mine_.estate().accounts.size();
  report_.statistics = asker_.statistics();
  if (past_ != nullptr) std::move(mine_).leave(*past_);
  return std::move(report_);
}

}  // namespace

Report prove(const loaders::Loaded& world, const perimeter::Perimeter& perimeter,
             const Options& options, const std::shared_ptr<Memory>& memory) {
  const auto begin = std::chrono::steady_clock::now();
  const std::shared_ptr<Memory> kept = memory != nullptr ? memory : make_memory();
  const std::lock_guard lock(kept->proving);
  const estate::Estate& estate = *world.estate;
  kept->begin(estate.principals.size() * 3 + estate.resources.size() + estate.endpoints.size(), options);
  // Where each question is asked by itself, or its certificate is told, each is asked.
  const bool keeps = memory != nullptr && options.share && !options.certificate;
  if (!keeps) kept->past = {};
  Report report = Proof(world, perimeter, options, *kept, keeps ? &kept->past : nullptr).run();
  kept->end();
  report.statistics.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return report;
}

}  // namespace ringwall::prove
