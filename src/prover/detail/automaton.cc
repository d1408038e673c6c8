#include "prover/detail/automaton.h"

#include <algorithm>

namespace ringwall::prover::detail {
namespace {

// What a search may do for each state that it may make: positions looked at. Reached when many
// patterns stay live behind wildcards.
constexpr std::size_t steps_per_state_max = 512;

// The characters to fill wildcards with, those that look most like names first.
constexpr std::string_view letters_first =
    "xyzabcdefghijklmnopqrstuvw0123456789-_.XYZABCDEFGHIJKLMNOPQRSTUVW/=+@,~!$&'()#%;^|<>{}[]\"\\` *?";
constexpr std::string_view digits_first =
    "0123456789xyzabcdefghijklmnopqrstuvw-_.XYZABCDEFGHIJKLMNOPQRSTUVW/=+@,~!$&'()#%;^|<>{}[]\"\\` *?";
constexpr Character first_rare_character = 0x4E00;  // then one after the other: enough of them

std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15;
  return hash ^ hash >> 32;
}

bool is_wildcard(Character takes) {
  return takes == Step::any_one || takes == Step::any_one_in_part;
}

bool takes(const Step& step, Character c) {
  if (step.takes == Step::any_one) return true;
  if (step.takes == Step::any_one_in_part) return c != ':';
  return step.takes == (step.folds ? folded(c) : c);
}
bool loops(const Step& step, Character c) {
  return step.loop == Loop::anything || (step.loop == Loop::within_part && c != ':');
}

}  // namespace

std::size_t Automaton::slot_of(std::uint64_t hash, std::span<const Step> steps) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    const std::uint32_t index = slots_[slot] - 1;
    const Pattern& pattern = patterns_[index];
    if (hashes_[index] == hash &&
        std::ranges::equal(std::span(steps_).subspan(pattern.begin, pattern.size), steps))
      break;
  }
  return slot;
}

void Automaton::grow() {
  slots_.assign(slots_.empty() ? 16 : slots_.size() * 2, 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    std::size_t slot = hashes_[i] & mask;
    while (slots_[slot] != 0) slot = (slot + 1) & mask;
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

void Automaton::note(std::span<const Step> steps) {
  for (const Step& step : steps) {
    const bool character = step.takes != Step::end && !is_wildcard(step.takes);
    if (character && step.takes >= stray_byte) stray_bytes_ = true;
    exact_ |= character && !step.folds && is_letter(step.takes);
    if (is_wildcard(step.takes) || (step.loop != Loop::none && step.takes != Step::end))
      inner_wildcards_ = true;
  }
}

void Automaton::add(std::size_t relation) {
  std::uint64_t hash = scratch_.size();
  for (const Step& step : scratch_) {
    const auto loop = static_cast<std::uint64_t>(step.loop);
    hash = mixed(hash, std::uint64_t{step.takes} << 8 | loop << 1 | (step.folds ? 1 : 0));
  }
  if ((patterns_.size() + 1) * 2 > slots_.size()) grow();
  const std::size_t slot = slot_of(hash, scratch_);
  if (slots_[slot] == 0) {
    note(scratch_);
    const auto index = static_cast<std::uint32_t>(patterns_.size());
    patterns_.push_back({static_cast<std::uint32_t>(steps_.size()),
                         static_cast<std::uint32_t>(scratch_.size()),
                         {}});
    hashes_.push_back(hash);
    steps_.insert(steps_.end(), scratch_.begin(), scratch_.end());
    owner_.resize(steps_.size(), index);
    slots_[slot] = index + 1;
  }
  patterns_[slots_[slot] - 1].relations.insert(relation);
  scratch_.clear();
}

// Sorts the positions, finds what they decide, and drops those that can add nothing.
void Automaton::settle(Positions& positions, RelationSet& decided) const {
  if (!std::ranges::is_sorted(positions)) std::ranges::sort(positions);
  for (const std::uint32_t at : positions) {
    if (steps_[at].takes != Step::end || steps_[at].loop != Loop::anything) continue;
    decided.insert(patterns_[owner_[at]].relations);
  }
  // From the back: what an earlier position of a pattern could still take, one behind a free run
  // can take as well.
  constexpr std::uint32_t none = ~std::uint32_t{0};
  std::uint32_t covered = none, last = none;
  std::size_t kept = positions.size();
  for (std::size_t i = positions.size(); i-- > 0;) {
    const std::uint32_t at = positions[i], owner = owner_[at];
    if (at == last || owner == covered) continue;
    if (steps_[at].loop == Loop::anything) covered = owner;
    if (decided.contains(patterns_[owner].relations)) continue;
    last = at;
    positions[--kept] = at;
  }
  positions.erase(positions.begin(), positions.begin() + static_cast<std::ptrdiff_t>(kept));
}

RelationSet Automaton::holds(std::string_view text) const {
  Positions live, next;
  live.reserve(patterns_.size());
  for (const Pattern& pattern : patterns_) live.push_back(pattern.begin);
  RelationSet decided;
  settle(live, decided);
  for (std::size_t at = 0; at < text.size() && !live.empty();) {
    const Character c = next_character(text, at);
    next.clear();
    for (const std::uint32_t position : live) {
      if (loops(steps_[position], c)) next.push_back(position);
      if (takes(steps_[position], c)) next.push_back(position + 1);
    }
    settle(next, decided);
    live.swap(next);
  }
  for (const std::uint32_t position : live)
    if (steps_[position].takes == Step::end) decided.insert(patterns_[owner_[position]].relations);
  return decided;
}

class Automaton::Search {
 public:
  Search(const Automaton& automaton, const Options& options)
      : automaton_(automaton), steps_(automaton.steps_), options_(options) {
    labels_.reserve(automaton.patterns_.size());
    for (const Pattern& pattern : automaton.patterns_)
      labels_.push_back(table_.number(pattern.relations));
  }

  Found run() {
    begin();
    for (std::size_t length = 0; length < waiting_.size(); ++length) {
      for (std::size_t i = 0; i < waiting_[length].size(); ++i) {
        const std::uint32_t state = waiting_[length][i];
        if (states_[state].done) continue;
        states_[state].done = true;
        take(state);
        if (exhausted_) return std::move(found_);
      }
    }
    return std::move(found_);
  }

 private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};
  struct State {
    std::uint32_t begin, count;              // its positions in positions_
    std::uint32_t decided;                   // number of the set that holds whatever follows
    std::uint32_t parent;                    // the state before it
    std::uint32_t text = 0, text_size = 0;   // what leads here from there, in texts_
    std::uint32_t length = 0;                // of the whole word, in bytes
    bool done = false;
  };
  struct Named {  // a character that a live position waits for
    Character character;
    std::uint32_t at;
    friend auto operator<=>(const Named&, const Named&) = default;
  };

  void begin() {
    next_.clear();
    for (const Pattern& pattern : automaton_.patterns_) next_.push_back(pattern.begin);
    RelationSet decided;
    automaton_.settle(next_, decided);
    // Not to be found again by its positions: behind it they may be those of a text, while the
    // empty text perhaps is none.
    states_.push_back({0, static_cast<std::uint32_t>(next_.size()), table_.number(decided), none});
    positions_ = next_;
    waiting_.assign(1, {0});
  }

  // Every word that ends in this state makes one set; then on to the states behind it.
  void take(std::uint32_t index) {
    const State state = states_[index];
    std::uint32_t holds = state.decided;
    for (std::uint32_t i = 0; i < state.count; ++i) {
      const std::uint32_t at = positions_[state.begin + i];
      if (steps_[at].takes == Step::end) holds = table_.united(holds, label(at));
    }
    if (state.length > 0 || options_.takes_empty) find(index, holds);
    if (state.count == 0 && state.length > 0) return;
    if (!nothing_new(state)) expand(index, state);
  }

  bool admitted(std::uint32_t set) const {
    return table_[set].contains(options_.required);
  }
  bool is_found(std::uint32_t set) const { return set < is_found_.size() && is_found_[set]; }

  void find(std::uint32_t state, std::uint32_t set) {
    if (!admitted(set) || is_found(set)) return;
    is_found_.resize(std::max(is_found_.size(), table_.size()));
    is_found_[set] = true;
    found_.words.push_back({word_of(state), table_[set]});
  }

  std::string word_of(std::uint32_t state) const {
    std::vector<std::uint32_t> path;
    for (; state != none; state = states_[state].parent) path.push_back(state);
    std::string word;
    for (std::size_t i = path.size(); i-- > 0;)
      word.append(texts_, states_[path[i]].text, states_[path[i]].text_size);
    return word;
  }

  // Whatever follows adds some of the labels to what is decided. If all of those sets have been
  // found there is nothing to look for; past a few labels the question is not worth its cost.
  bool nothing_new(const State& state) {
    constexpr std::size_t labels_max = 4;
    std::uint32_t labels[labels_max];
    std::size_t count = 0;
    for (std::uint32_t i = 0; i < state.count; ++i) {
      const std::uint32_t one = label(positions_[state.begin + i]);
      if (std::find(labels, labels + count, one) != labels + count) continue;
      if (count == labels_max) return false;
      labels[count++] = one;
    }
    for (std::size_t chosen = 0; chosen < std::size_t{1} << count; ++chosen) {
      std::uint32_t set = state.decided;
      for (std::size_t i = 0; i < count; ++i)
        if ((chosen >> i & 1) != 0) set = table_.united(set, labels[i]);
      if (admitted(set) && !is_found(set)) return false;
    }
    return true;
  }

  void expand(std::uint32_t index, const State& state) {
    named_.clear();
    free_.clear();
    in_part_.clear();
    for (std::uint32_t i = 0; i < state.count; ++i) {
      const std::uint32_t at = positions_[state.begin + i];
      const Step& step = steps_[at];
      if (step.loop == Loop::anything) free_.push_back(at);
      if (step.loop == Loop::within_part) in_part_.push_back(at);
      if (step.takes == Step::any_one) {
        free_.push_back(at + 1);
      } else if (step.takes == Step::any_one_in_part) {
        in_part_.push_back(at + 1);
      } else if (step.takes != Step::end) {
        name(at, step);
      }
    }
    if (!std::ranges::is_sorted(named_)) std::ranges::sort(named_);
    spend(state.count + 1);

    next_.assign(free_.begin(), free_.end());
    next_.insert(next_.end(), in_part_.begin(), in_part_.end());
    step_to(index, state, other_character());
    const bool colon_differs = !in_part_.empty() && !names(':');
    if (colon_differs && !exhausted_) {
      next_.assign(free_.begin(), free_.end());
      step_to(index, state, ':');
    }
    for (std::size_t i = 0; i < named_.size() && !exhausted_;) i = follow_named(index, state, i);
  }

  // Letters' case matters to some patterns and not to others: then both cases are named. If it
  // matters to none, one is, as it is written.
  void name(std::uint32_t at, const Step& step) {
    named_.push_back({step.takes, at});
    if (step.folds && automaton_.exact_ && is_letter(step.takes))
      named_.push_back({in_other_case(step.takes), at});
  }
  bool names(Character c) const {
    const Character key = automaton_.exact_ ? c : folded(c);
    const auto from = std::ranges::lower_bound(named_, key, {}, &Named::character);
    return from != named_.end() && from->character == key;
  }

  // A character that no live position waits for, and no colon.
  Character other_character() const {
    for (const char c : options_.prefers_digits ? digits_first : letters_first)
      if (!names(static_cast<unsigned char>(c))) return static_cast<unsigned char>(c);
    Character rare = first_rare_character;
    while (names(rare)) ++rare;
    return rare;
  }

  std::size_t follow_named(std::uint32_t index, const State& state, std::size_t i) {
    const Character c = named_[i].character;
    const Character shown = automaton_.exact_ ? c : steps_[named_[i].at].shown;
    next_.assign(free_.begin(), free_.end());
    if (c != ':') next_.insert(next_.end(), in_part_.begin(), in_part_.end());
    for (; i < named_.size() && named_[i].character == c; ++i) next_.push_back(named_[i].at + 1);
    step_to(index, state, shown);
    return i;
  }

  // next_ holds the positions behind the character.
  void step_to(std::uint32_t index, const State& state, Character c) {
    spend(next_.size() + 1);
    RelationSet decided = table_[state.decided];
    added_.clear();
    append(c, added_);
    automaton_.settle(next_, decided);
    if (!can_be_required(decided)) return;
    // Among literals no state is needed. A word that ends there makes what is decided, as does
    // every word that leaves them before their ends; on the way more may be decided.
    bool left = false;
    RelationSet decided_when_left;
    while (all_wait_for_one()) {
      if (!left || !(decided == decided_when_left)) leave(index, decided);
      left = true;
      decided_when_left = decided;
      append(steps_[next_.front()].shown, added_);
      for (std::uint32_t& at : next_) ++at;
      spend(next_.size());
      automaton_.settle(next_, decided);
    }
    reach(index, table_.number(decided));
  }

  // Reaches the state in which no position is live.
  void leave(std::uint32_t index, const RelationSet& decided) {
    positions_behind_.clear();
    positions_behind_.swap(next_);
    if (can_be_required(decided)) reach(index, table_.number(decided));
    next_.swap(positions_behind_);
  }

  bool all_wait_for_one() const {
    if (next_.empty()) return false;
    const Step& first = steps_[next_.front()];
    if (first.takes >= Step::any_one) return false;
    return std::ranges::all_of(next_, [&](std::uint32_t at) {
      const Step& step = steps_[at];
      const bool same_case = step.folds == first.folds || !is_letter(step.takes);
      return step.loop == Loop::none && step.takes == first.takes && same_case;
    });
  }
  // Can a word that leads here still hold all that is required?
  bool can_be_required(const RelationSet& decided) const {
    if (decided.contains(options_.required)) return true;
    RelationSet possible = decided;
    for (const std::uint32_t at : next_) possible.insert(table_[label(at)]);
    return possible.contains(options_.required);
  }

  // The state of next_, by `parent` and added_: made, or found again by a shorter word.
  void reach(std::uint32_t parent, std::uint32_t decided) {
    const auto length = states_[parent].length + static_cast<std::uint32_t>(added_.size());
    if ((states_.size() + 1) * 2 > slots_.size()) grow();
    const std::size_t slot = slot_of(decided);
    std::uint32_t index = slots_[slot] - 1;  // `none` where the slot is free
    if (slots_[slot] == 0) {
      if (states_.size() == options_.states_max) return exhaust();
      index = static_cast<std::uint32_t>(states_.size());
      slots_[slot] = index + 1;
      states_.push_back({static_cast<std::uint32_t>(positions_.size()),
                         static_cast<std::uint32_t>(next_.size()), decided, parent, 0, 0, length});
      positions_.insert(positions_.end(), next_.begin(), next_.end());
    } else if (states_[index].done || states_[index].length <= length) {
      return;
    }
    State& state = states_[index];
    state.parent = parent;
    state.length = length;
    state.text = static_cast<std::uint32_t>(texts_.size());
    state.text_size = static_cast<std::uint32_t>(added_.size());
    texts_ += added_;
    if (waiting_.size() <= length) waiting_.resize(length + 1);
    waiting_[length].push_back(index);
  }

  std::span<const std::uint32_t> positions_of(const State& state) const {
    return std::span(positions_).subspan(state.begin, state.count);
  }
  static std::uint64_t hash_of(std::uint32_t decided, std::span<const std::uint32_t> positions) {
    std::uint64_t hash = decided;
    for (const std::uint32_t at : positions) hash = mixed(hash, at + 1);
    return hash;
  }
  std::size_t slot_of(std::uint32_t decided) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = hash_of(decided, next_) & mask;
    for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
      const State& state = states_[slots_[slot] - 1];
      if (state.decided == decided && std::ranges::equal(positions_of(state), next_)) break;
    }
    return slot;
  }
  void grow() {
    slots_.assign(slots_.empty() ? 16 : slots_.size() * 2, 0);
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = 1; i < states_.size(); ++i) {
      std::size_t slot = hash_of(states_[i].decided, positions_of(states_[i])) & mask;
      while (slots_[slot] != 0) slot = (slot + 1) & mask;
      slots_[slot] = static_cast<std::uint32_t>(i + 1);
    }
  }

  void spend(std::size_t steps) {
    spent_ += steps;
    if (options_.budget != nullptr) options_.budget->spend(steps);
    const bool over = options_.budget != nullptr && options_.budget->is_spent();
    if (over || spent_ > options_.states_max * steps_per_state_max) exhaust();
  }
  void exhaust() {
    exhausted_ = true;
    found_.complete = false;
  }
  std::uint32_t label(std::uint32_t at) const { return labels_[automaton_.owner_[at]]; }

  const Automaton& automaton_;
  const Steps& steps_;
  const Options& options_;
  SetTable table_;
  std::vector<std::uint32_t> labels_;  // of each pattern: the number of its relations
  std::vector<State> states_;
  std::vector<std::uint32_t> positions_;  // of all states
  std::string texts_;
  std::vector<std::uint32_t> slots_;  // open addressing: 1 + the state's index, 0 is free
  std::vector<std::vector<std::uint32_t>> waiting_;  // states by their words' length
  std::vector<bool> is_found_;                       // by number of the set
  Found found_;
  std::size_t spent_ = 0;
  bool exhausted_ = false;
  // Of the state that is being expanded; kept for their memory.
  Positions next_, free_, in_part_, positions_behind_;
  std::vector<Named> named_;
  std::string added_;
};

Automaton::Found Automaton::explore(const Options& options) {
  Found found = Search(*this, options).run();
  if (!found.complete) add_own_words(options, found);
  return found;
}

// The search never came as far as long patterns. Each of them has a word at least: its characters,
// and one for each `?`.
void Automaton::add_own_words(const Options& options, Found& found) const {
  constexpr std::size_t patterns_max = 256;
  for (std::size_t i = 0; i < std::min(patterns_max, patterns_.size()); ++i) {
    std::string word;
    for (const Step& step : std::span(steps_).subspan(patterns_[i].begin, patterns_[i].size - 1))
      append(is_wildcard(step.takes) ? Character{'x'} : step.shown, word);
    if (word.empty() && !options.takes_empty) continue;
    RelationSet holding = holds(word);
    if (!holding.contains(options.required)) continue;
    const bool known = std::ranges::find(found.words, holding, &Word::holds) != found.words.end();
    if (!known) found.words.push_back({std::move(word), std::move(holding)});
  }
}

}  // namespace ringwall::prover::detail
