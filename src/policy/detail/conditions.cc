#include "policy/detail/conditions.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "text/encode.h"

namespace ringwall::policy::detail {
namespace {

bool in_order(std::partial_ordering actual_to_listed, Comparison comparison) {
  switch (comparison) {
    case Comparison::equal:
      return actual_to_listed == 0;
    case Comparison::less:
      return actual_to_listed < 0;
    case Comparison::less_or_equal:
      return actual_to_listed <= 0;
    case Comparison::greater:
      return actual_to_listed > 0;
    case Comparison::greater_or_equal:
      return actual_to_listed >= 0;
  }
  return false;
}

// A listed value whose variable has no value equals nothing, as in AWS. Under a negated operator
// that would hold, and an Allow would allow: there it stays unknown.
Truth settled(const CompiledCondition& condition, Truth truth) {
  return truth == Truth::unknown && !condition.negated ? Truth::no : truth;
}

// Of every family but Null.
bool holds_if_absent(const Condition& condition) {
  const Quantifier quantifier = condition.quantifier;
  return condition.if_exists || quantifier == Quantifier::all_values ||
         (quantifier == Quantifier::single && condition.op->negated);
}

template <typename T>
std::size_t held(const std::vector<T>& vector) {
  return vector.capacity() * sizeof(T);
}

}  // namespace

struct Conditions::Asked {
  const Texts& texts;
  const Probe& probe;
  const Context& context;
};

Conditions::Block::Block(const text::Cidr& cidr) : base{}, mask{}, v6(cidr.base.v6) {
  std::array<std::uint8_t, 16> bits{};
  for (std::size_t i = 0; i < static_cast<std::size_t>(cidr.prefix); ++i)
    bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | 0x80 >> i % 8);
  std::memcpy(&mask, bits.data(), sizeof mask);
  std::memcpy(&base, cidr.base.bytes.data(), sizeof base);
}

bool Conditions::Block::contains(const text::Address& address) const {
  std::array<std::uint64_t, 2> words;
  std::memcpy(&words, address.bytes.data(), sizeof words);
  const std::uint64_t differs = ((words[0] ^ base[0]) & mask[0]) | ((words[1] ^ base[1]) & mask[1]);
  return differs == 0 && address.v6 == v6;
}

void Conditions::add(const Condition& condition, Texts& texts) {
  const Family family = condition.op->family;
  CompiledCondition compiled{.key_hash = hash_ignoring_case(condition.key),
                             .key = texts.add(condition.key),
                             .first = 0,
                             .count = static_cast<std::uint32_t>(condition.values.size()),
                             .family = family,
                             .comparison = condition.op->comparison,
                             .quantifier = condition.quantifier,
                             .negated = condition.op->negated,
                             .holds_if_absent = holds_if_absent(condition),
                             .holds_if_present = false,
                             .only_words = false,
                             .lists_true = false,
                             .lists_false = false};
  const auto next = [](const auto& table) { return static_cast<std::uint32_t>(table.size()); };
  switch (family) {
    case Family::text:
    case Family::text_ignoring_case:
    case Family::text_like:
    case Family::binary:
      compiled.first = next(patterns_);
      break;
    case Family::boolean:
      compiled.first = next(patterns_);
      compiled.only_words = std::ranges::all_of(
          condition.values, [](const Listed& listed) { return parse_bool(listed.text).has_value(); });
      for (const Listed& listed : condition.values)
        (parse_bool(listed.text).value_or(false) ? compiled.lists_true : compiled.lists_false) = true;
      break;
    case Family::arn:
      compiled.first = next(arns_);
      break;
    case Family::number:
      compiled.first = next(numbers_);
      break;
    case Family::date:
      compiled.first = next(dates_);
      break;
    case Family::address:
      compiled.first = next(blocks_);
      break;
    case Family::null:
      compiled.holds_if_absent = false;
      for (const Listed& listed : condition.values)
        (*parse_bool(listed.text) ? compiled.holds_if_absent : compiled.holds_if_present) = true;
      break;
  }
  for (const Listed& listed : condition.values) add_value(condition, listed, texts);
  conditions_.push_back(compiled);
}

// INVARIANT: the syntax was read without a problem, so every value is of its operator's type.
void Conditions::add_value(const Condition& condition, const Listed& listed, Texts& texts) {
  switch (condition.op->family) {
    case Family::text:
    case Family::text_like:
      patterns_.push_back(texts.add_pattern(listed.pieces));
      return;
    case Family::text_ignoring_case:
    case Family::boolean:
      patterns_.push_back(texts.add_pattern(listed.pieces, true));
      return;
    case Family::binary: {
      const auto bytes = text::parse_base64(listed.text);
      RW_CHECK(bytes.has_value());
      const Ref ref = texts.add(text_of(ByteView(*bytes)));
      patterns_.push_back({Pattern::Shape::exact, ref.offset, ref.size});
      return;
    }
    case Family::arn: {
      const auto first = static_cast<std::uint32_t>(patterns_.size());
      const std::vector<Pieces> parts = arn_parts(listed.pieces);
      const bool whole = parts.size() == 1;
      for (const Pieces& part : parts) patterns_.push_back(texts.add_pattern(part));
      const bool any = whole && patterns_[first].shape == Pattern::Shape::anything;
      arns_.push_back({any ? Arn::Form::any : whole ? Arn::Form::variable : Arn::Form::parts, first});
      return;
    }
    case Family::number: {
      const auto number = parse_number(listed.text);
      RW_CHECK(number.has_value());
      numbers_.push_back(*number);
      return;
    }
    case Family::date: {
      const auto ms = parse_date(listed.text);
      RW_CHECK(ms.has_value());
      dates_.push_back(*ms);
      return;
    }
    case Family::address: {
      const auto block = text::parse_cidr(listed.text, text::HostBits::clear);
      RW_CHECK(block.has_value());
      blocks_.emplace_back(*block);
      return;
    }
    case Family::null:
      return;
  }
}

inline Truth Conditions::some_text(const CompiledCondition& condition, std::string_view actual,
                            const Asked& asked) const {
  const bool fold =
      condition.family == Family::text_ignoring_case || condition.family == Family::boolean;
  Truth some = Truth::no;
  for (std::uint32_t i = condition.first; i < condition.first + condition.count; ++i) {
    // Most values are plain texts, and most differ in their size or at their end.
    if (!fold && patterns_[i].shape == Pattern::Shape::exact) {
      if (asked.texts.is(patterns_[i], actual)) return Truth::yes;
      continue;
    }
    const Truth one = settled(
        condition, fold ? asked.texts.matches_ignoring_case(patterns_[i], actual, asked.context)
                        : asked.texts.matches(patterns_[i], actual, asked.context));
    if (one == Truth::yes) return one;
    if (one == Truth::unknown) some = one;
  }
  return some;
}

inline Truth Conditions::arn_matches(const Arn& listed, std::string_view actual,
                              const std::array<std::string_view, 6>& parts,
                              const Asked& asked) const {
  if (listed.form == Arn::Form::any) return Truth::yes;
  if (listed.form == Arn::Form::variable)
    return asked.texts.matches(patterns_[listed.first], actual, asked.context);
  Truth all = Truth::yes;
  for (std::size_t i = parts.size(); i-- > 0;) {  // the last part differs most often
    const Truth one = asked.texts.matches(patterns_[listed.first + i], parts[i], asked.context);
    if (one == Truth::no) return one;
    if (one == Truth::unknown) all = one;
  }
  return all;
}

inline Truth Conditions::some_arn(const CompiledCondition& condition, const std::string& actual,
                           const Asked& asked) const {
  const auto* parts = asked.probe.arn_parts(actual);
  if (parts == nullptr) return Truth::unknown;
  Truth some = Truth::no;
  for (std::uint32_t i = condition.first; i < condition.first + condition.count; ++i) {
    const Truth one = settled(condition, arn_matches(arns_[i], actual, *parts, asked));
    if (one == Truth::yes) return one;
    if (one == Truth::unknown) some = one;
  }
  return some;
}

// Is some listed value related to this one, by the operator without its negation? Unknown if
// `actual` is not of the operator's type.
inline Truth Conditions::some_listed(const CompiledCondition& condition, const std::string& actual,
                              const Asked& asked) const {
  const auto any = [&](const auto& table, const auto& test) {
    const auto first = table.begin() + condition.first;
    return truth_of(std::any_of(first, first + condition.count, test));
  };
  switch (condition.family) {
    case Family::text:
    case Family::text_ignoring_case:
    case Family::text_like:
    case Family::binary:
      return some_text(condition, actual, asked);
    case Family::boolean: {
      const auto word = parse_bool(actual);
      if (!word) return Truth::unknown;
      if (condition.only_words) return truth_of(*word ? condition.lists_true : condition.lists_false);
      return some_text(condition, actual, asked);
    }
    case Family::arn:
      return some_arn(condition, actual, asked);
    case Family::number: {
      const auto number = parse_number(actual);
      if (!number) return Truth::unknown;
      return any(numbers_, [&](const Number& listed) {
        return in_order(compare(*number, listed), condition.comparison);
      });
    }
    case Family::date: {
      const auto ms = parse_date(actual);
      if (!ms) return Truth::unknown;
      return any(dates_, [&](std::int64_t listed) {
        return in_order(*ms <=> listed, condition.comparison);
      });
    }
    case Family::address: {
      const text::Address* address = asked.probe.address(actual);
      if (address == nullptr) return Truth::unknown;
      return any(blocks_, [&](const Block& listed) { return listed.contains(*address); });
    }
    case Family::null:
      break;
  }
  return Truth::unknown;
}

[[gnu::always_inline]] inline Truth Conditions::holds(const CompiledCondition& condition, const Asked& asked) const {
  const auto* actual = asked.context.find(condition.key_hash, asked.texts.at(condition.key));
  if (actual == nullptr || actual->empty()) return truth_of(condition.holds_if_absent);
  if (condition.family == Family::null) return truth_of(condition.holds_if_present);
  if (actual->size() == 1) {  // then some and every are the same
    const Truth some = some_listed(condition, actual->front(), asked);
    return condition.negated ? negated(some) : some;
  }
  const Quantifier quantifier = condition.quantifier;
  // Without a qualifier a key of several values matches if one of them does; negated, if none does.
  const bool every = quantifier == Quantifier::all_values ||
                     (quantifier == Quantifier::single && condition.negated);
  Truth truth = truth_of(every);
  for (const std::string& value : *actual) {
    const Truth some = some_listed(condition, value, asked);
    const Truth one = condition.negated ? negated(some) : some;
    if (one == truth_of(!every)) return one;
    if (one == Truth::unknown) truth = one;
  }
  return truth;
}

Truth Conditions::hold(std::uint32_t first, std::uint32_t count, const Texts& texts,
                       const Probe& probe) const {
  const Asked asked{texts, probe, probe.request().context};
  Truth all = Truth::yes;
  for (std::uint32_t i = first; i < first + count; ++i) {
    const Truth one = holds(conditions_[i], asked);
    if (one == Truth::no) return one;
    if (one == Truth::unknown) all = one;
  }
  return all;
}

void Conditions::shrink() {
  conditions_.shrink_to_fit();
  patterns_.shrink_to_fit();
  arns_.shrink_to_fit();
  numbers_.shrink_to_fit();
  dates_.shrink_to_fit();
  blocks_.shrink_to_fit();
}

std::size_t Conditions::bytes() const {
  return held(conditions_) + held(patterns_) + held(arns_) + held(numbers_) + held(dates_) +
         held(blocks_);
}

}  // namespace ringwall::policy::detail
