// Numbers and dates. Any of them has as many spellings as one likes: zeros may stand before it.

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

#include "policy/detail/values.h"
#include "prover/detail/typed_domain.h"
#include "text/time.h"

namespace ringwall::prover::detail {
namespace {

using policy::detail::Number;
using Integer = std::int64_t;
constexpr Integer integer_min = std::numeric_limits<Integer>::min();
constexpr Integer integer_max = std::numeric_limits<Integer>::max();

template <typename T>
void sort_apart(std::vector<T>& values) {
  std::ranges::sort(values);
  const auto rest = std::ranges::unique(values);
  values.erase(rest.begin(), rest.end());
}

// Integers compare with each other exactly, so a listed integer cuts before and behind itself.
// With another number they compare as doubles do: it cuts before the first integer that is as
// great as it when rounded, and before the first that is greater.
void cut_integers(const Number& listed, std::vector<Integer>& cuts) {
  const auto cut_where = [&](auto&& below) {
    Integer low = integer_min, high = integer_max;
    if (below(high)) return;
    while (low < high) {
      const Integer middle = std::midpoint(low, high);
      if (below(middle)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    cuts.push_back(low);
  };
  if (listed.integer) {
    cuts.push_back(*listed.integer);
    if (*listed.integer != integer_max) cuts.push_back(*listed.integer + 1);
  } else {
    cut_where([&](Integer one) { return static_cast<double>(one) < listed.real; });
    cut_where([&](Integer one) { return static_cast<double>(one) <= listed.real; });
  }
}

// Of the integers from `first` to `last` the one nearest to zero.
Integer nearest_to_zero(Integer first, Integer last) {
  if (first > 0) return first;
  return std::min(last, Integer{0});
}

// Written so that it is no integer to the policy language.
void add_real(double value, std::vector<std::string>& words) {
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  std::string word(buffer, end);
  const auto read = policy::detail::parse_number(word);
  if (read && read->integer) word += ".0";
  if (policy::detail::parse_number(word)) words.push_back(std::move(word));
}

// Something strictly between, if there is anything.
void add_between(double low, double high, std::vector<std::string>& words) {
  const double near = low + 0.5, middle = std::midpoint(low, high), next = std::nextafter(low, high);
  for (const double one : {near, middle, next}) {
    if (one <= low || one >= high) continue;
    return add_real(one, words);
  }
}

Kin kin_of(std::string word, std::size_t spare) {
  Kin kin;
  const std::size_t digits = word.starts_with('-') ? 1 : 0;
  for (; kin.words.size() <= spare; word.insert(digits, 1, '0')) kin.words.push_back(word);
  return kin;
}

}  // namespace

std::vector<Kin> numbers(std::span<const Relation* const> relations, std::size_t spare) {
  std::vector<Integer> cuts = {integer_min};
  std::vector<double> reals;
  for (const Relation* relation : relations) {
    for (const policy::Listed& listed : relation->values) {
      const auto number = policy::detail::parse_number(listed.text);
      if (!number) continue;  // the reader of policies refuses it
      cut_integers(*number, cuts);
      reals.push_back(number->real == 0 ? 0.0 : number->real);
    }
  }
  std::vector<std::string> words;
  sort_apart(cuts);
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    const Integer last = i + 1 < cuts.size() ? cuts[i + 1] - 1 : integer_max;
    words.push_back(std::to_string(nearest_to_zero(cuts[i], last)));
  }
  sort_apart(reals);
  double before = std::numeric_limits<double>::lowest();
  for (const double one : reals) {
    add_between(before, one, words);
    add_real(one, words);
    before = one;
  }
  add_between(before, std::numeric_limits<double>::max(), words);
  std::vector<Kin> all;
  for (std::string& word : words) all.push_back(kin_of(std::move(word), spare));
  return all;
}

namespace {

// What four digits of a year can say.
constexpr Integer date_min = -62'135'596'800'000;  // 0001-01-01
constexpr Integer date_max = 253'402'300'799'999;  // the last millisecond of 9999

// Between these milliseconds a whole second if there is one, and the one nearest to 2026.
Integer readable_date(Integer first, Integer last) {
  constexpr Integer usual = 1'767'225'600'000;  // 2026-01-01
  const Integer wanted = std::clamp(usual, first, last);
  const Integer second = wanted - ((wanted % 1000) + 1000) % 1000;
  if (second >= first) return second;
  return second + 1000 <= last ? second + 1000 : wanted;
}

// A moment with a zone or none, and as seconds since 1970 where those say it.
Kin date_kin(Integer ms, std::size_t spare) {
  Kin kin{{text::iso8601(text::from_millis(ms))}};
  if (ms >= 0 && ms % 1000 == 0) {
    Kin seconds = kin_of(std::to_string(ms / 1000), spare);
    std::ranges::move(seconds.words, std::back_inserter(kin.words));
  }
  return kin;
}

}  // namespace

std::vector<Kin> dates(std::span<const Relation* const> relations, std::size_t spare) {
  std::vector<Integer> cuts = {date_min};
  for (const Relation* relation : relations) {
    for (const policy::Listed& listed : relation->values) {
      const auto ms = policy::detail::parse_date(listed.text);
      if (!ms) continue;
      for (const Integer cut : {*ms, *ms + 1})
        if (cut > date_min && cut <= date_max) cuts.push_back(cut);
    }
  }
  sort_apart(cuts);
  std::vector<Kin> all;
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    const Integer last = i + 1 < cuts.size() ? cuts[i + 1] - 1 : date_max;
    all.push_back(date_kin(readable_date(cuts[i], last), spare));
  }
  return all;
}

}  // namespace ringwall::prover::detail
