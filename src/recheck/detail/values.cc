#include "recheck/detail/values.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/check.h"
#include "policy/detail/plain_conditions.h"
#include "policy/detail/values.h"
#include "text/cidr.h"
#include "text/encode.h"
#include "text/detail/utf8.h"
#include "text/time.h"

namespace ringwall::recheck::detail {
namespace {

using policy::Family;
using policy::Piece;
using policy::Pieces;

// A place in a pattern: a letter, or a wildcard and what it does not stand for.
struct Place {
  enum class Kind : std::uint8_t { letter, one, run } kind = Kind::letter;
  std::uint32_t letter = 0;
  bool any_case = false, no_colon = false, no_slash = false;
};
using Pattern = std::vector<Place>;

bool is_ascii_letter(std::uint32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr std::uint32_t case_bit = 'a' ^ 'A';

bool takes(const Place& place, std::uint32_t c) {
  if (place.kind != Place::Kind::letter) return !(place.no_colon && c == ':') && !(place.no_slash && c == '/');
  return c == place.letter || (place.any_case && is_ascii_letter(c) && (c ^ case_bit) == place.letter);
}

// Bytes that are no UTF-8 are letters past all of Unicode's.
constexpr std::uint32_t past_unicode = 0x200000;

std::vector<std::uint32_t> letters_of(std::string_view text) {
  std::vector<std::uint32_t> letters;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = text::detail::sequence_length(text, at);
    std::uint32_t letter = length == 0 ? past_unicode : 0;
    for (std::size_t i = 0; i < std::max<std::size_t>(length, 1); ++i)
      letter = (letter << 8) + static_cast<unsigned char>(text[at + i]);  // the sequence itself: letters are only compared
    letters.push_back(letter);
    at += std::max<std::size_t>(length, 1);
  }
  return letters;
}

std::string text_of(std::uint32_t letter) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const auto byte = static_cast<char>(letter >> shift & 0xff);
    if (byte != 0 || !text.empty() || shift == 0) text += byte;
  }
  return text;
}

void add_text(Pattern& pattern, std::string_view text, bool any_case = false) {
  for (const std::uint32_t letter : letters_of(text)) pattern.push_back({Place::Kind::letter, letter, any_case});
}

enum class Reach : std::uint8_t { anywhere, in_part };

// The variable's value; null: it has none, and the text counts as far as it only.
const std::string* value_of(const Piece& variable, const policy::Context& variables) {
  const auto* values = variables.find(variable.text);
  if (values == nullptr || values->empty()) return variable.otherwise ? &*variable.otherwise : nullptr;
  return values->size() == 1 ? &values->front() : nullptr;
}

// False: a variable has no value; what stands before it, and anything, is added.
bool add(Pattern& pattern, const Pieces& pieces, const policy::Context& variables, Reach reach, bool any_case,
         bool last_run_expands = false) {
  const auto unsettled = std::ranges::find_if(pieces, [&](const Piece& piece) {
    return piece.kind == Piece::Kind::variable && value_of(piece, variables) == nullptr;
  });
  // The evaluator takes what stands before the first variable, be that one settled or not.
  const auto end = unsettled == pieces.end() ? pieces.end() : std::ranges::find(pieces, Piece::Kind::variable, &Piece::kind);
  for (auto piece = pieces.begin(); piece != end; ++piece) {
    const bool in_part = reach == Reach::in_part && !(last_run_expands && piece->kind == Piece::Kind::any_run && piece + 1 == pieces.end());
    switch (piece->kind) {
      case Piece::Kind::literal:
        add_text(pattern, piece->text, any_case);
        break;
      case Piece::Kind::variable:
        add_text(pattern, *value_of(*piece, variables), any_case);
        break;
      case Piece::Kind::any_one:
        pattern.push_back({Place::Kind::one, 0, false, in_part});
        break;
      case Piece::Kind::any_run:
        pattern.push_back({Place::Kind::run, 0, false, in_part});
        break;
    }
  }
  if (unsettled == pieces.end()) return true;
  pattern.push_back({Place::Kind::run, 0, false, reach == Reach::in_part});
  return false;
}

constexpr std::size_t arn_part_count = 6;

Pattern any_arn() {
  Pattern pattern;
  add_text(pattern, "arn:");
  for (std::size_t part = 1; part + 1 < arn_part_count; ++part) {
    pattern.push_back({Place::Kind::run, 0, false, true});
    add_text(pattern, ":");
  }
  pattern.push_back({Place::Kind::run});
  return pattern;
}

void add_arn(const Pieces& pieces, const policy::Context& variables, std::vector<Pattern>& patterns) {
  if (pieces.size() == 1 && pieces[0].kind == Piece::Kind::any_run) return;  // whatever is an ARN
  if (pieces.size() == 1 && pieces[0].kind == Piece::Kind::variable) {
    Pattern whole;
    add(whole, pieces, variables, Reach::anywhere, false);
    patterns.push_back(std::move(whole));
    return;
  }
  Pattern pattern;
  const std::vector<Pieces> parts = policy::arn_parts(pieces);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool last = i + 1 == parts.size();
    if (i > 0) add_text(pattern, ":");
    const std::size_t begin = pattern.size();
    add(pattern, parts[i], variables, last ? Reach::anywhere : Reach::in_part, false);
    // A part has no colon, so what has one there (from a variable's value) matches nothing.
    const auto is_colon = [](const Place& place) { return place.kind == Place::Kind::letter && place.letter == ':'; };
    if (!last && std::any_of(pattern.begin() + static_cast<std::ptrdiff_t>(begin), pattern.end(), is_colon)) return;
  }
  patterns.push_back(std::move(pattern));
}

void add_resource(const Pieces& pieces, const policy::Context& variables, std::vector<Pattern>& patterns) {
  Pattern pattern;
  const std::vector<Pieces> parts = policy::arn_parts(pieces);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) add_text(pattern, ":");
    const bool free = parts.size() == 1 || i + 1 == arn_part_count;
    add(pattern, parts[i], variables, free ? Reach::anywhere : Reach::in_part, false, true);
  }
  patterns.push_back(std::move(pattern));
}

// `arn:${Partition}:s3:::${BucketName}/${ObjectName}`. A placeholder is one letter or more, in the first five parts no
// colon; a bucket's name has no slash.
Pattern type_pattern(std::string_view type) {
  const bool bucket = type.ends_with(":s3:::${BucketName}");
  Pattern pattern;
  std::size_t colons = 0;
  while (!type.empty()) {
    const std::size_t begin = std::min(type.find("${"), type.size());
    add_text(pattern, type.substr(0, begin));
    colons += static_cast<std::size_t>(std::ranges::count(type.substr(0, begin), ':'));
    type.remove_prefix(begin);
    if (type.empty()) break;
    const std::size_t end = type.find('}');
    if (end == std::string_view::npos) {
      add_text(pattern, type);
      break;
    }
    const bool in_part = colons + 1 < arn_part_count;
    if (type.substr(0, end + 1) == "${Partition}") {
      add_text(pattern, "aws");
    } else {
      pattern.push_back({Place::Kind::one, 0, false, in_part, bucket});
    }
    pattern.push_back({Place::Kind::run, 0, false, in_part, bucket});
    type.remove_prefix(end + 1);
  }
  return pattern;
}

enum class Sort : std::uint8_t { text, number, date, address };

Sort sort_of(const Test& test) {
  if (test.kind != Test::Kind::condition) return Sort::text;
  switch (test.condition.op->family) {
    case Family::number:
      return Sort::number;
    case Family::date:
      return Sort::date;
    case Family::address:
      return Sort::address;
    default:
      return Sort::text;
  }
}

void add_patterns(const Test& test, std::vector<Pattern>& patterns) {
  switch (test.kind) {
    case Test::Kind::resource:
      for (const policy::Listed& listed : test.listed) add_resource(listed.pieces, test.variables, patterns);
      return;
    case Test::Kind::type:
      for (const std::string& type : test.types) patterns.push_back(type_pattern(type));
      return;
    case Test::Kind::condition:
      break;
  }
  const Family family = test.condition.op->family;
  if (family == Family::arn) patterns.push_back(any_arn());
  if (family == Family::boolean) {
    for (const char* word : {"true", "false"}) add_text(patterns.emplace_back(), word, true);
  }
  for (const policy::Listed& listed : test.condition.values) {
    if (family == Family::arn) {
      add_arn(listed.pieces, test.variables, patterns);
    } else if (family == Family::binary) {
      const auto bytes = text::parse_base64(listed.text);
      if (bytes) add_text(patterns.emplace_back(), ringwall::text_of(ByteView(*bytes)));
    } else {
      const bool any_case = family == Family::text_ignoring_case || family == Family::boolean;
      add(patterns.emplace_back(), listed.pieces, test.variables, Reach::anywhere, any_case);
    }
  }
}

// A letter that no pattern has stands for all such.
std::uint32_t other_letter(const std::vector<Pattern>& patterns) {
  std::set<std::uint32_t> used = {':', '/'};
  for (const Pattern& pattern : patterns) {
    for (const Place& place : pattern) {
      used.insert(place.letter);
      if (place.any_case) used.insert(place.letter ^ case_bit);
    }
  }
  for (const char c : std::string_view("xqzjkwvyuhgfdbnmptrslcieaoXQZJKWVYUHGFDBNMPTRSLCIEAO0123456789")) {
    if (!used.contains(static_cast<std::uint32_t>(c))) return static_cast<std::uint32_t>(c);
  }
  std::uint32_t letter = 0xe4b880;  // a character of three bytes, and those behind it
  while (used.contains(letter)) ++letter;
  return letter;
}

class Walk {
 public:
  explicit Walk(std::vector<Pattern> patterns) : patterns_(std::move(patterns)), other_(other_letter(patterns_)) {}

  // A shortest text for each set of patterns that one text can match. `required`: of these it matches.
  Result<std::vector<std::string>> words();

 private:
  using Places = std::vector<std::uint64_t>;  // pattern and place, sorted
  static constexpr unsigned shift = 32;
  void enter(std::size_t pattern, std::size_t place, Places& places) const {
    for (;; ++place) {
      places.push_back(static_cast<std::uint64_t>(pattern) << shift | place);
      if (place == patterns_[pattern].size() || patterns_[pattern][place].kind != Place::Kind::run) return;
    }
  }
  static void settle(Places& places) {
    std::ranges::sort(places);
    places.erase(std::ranges::unique(places).begin(), places.end());
  }
  std::vector<std::uint32_t> letters(const Places& places) const;
  Places step(const Places& places, std::uint32_t letter) const;

  std::vector<Pattern> patterns_;
  std::uint32_t other_;
};

std::vector<std::uint32_t> Walk::letters(const Places& places) const {
  std::set<std::uint32_t> found = {other_};
  for (const std::uint64_t at : places) {
    const Pattern& pattern = patterns_[at >> shift];
    const std::size_t place = at & 0xffffffff;
    if (place == pattern.size()) continue;
    const Place& one = pattern[place];
    if (one.kind == Place::Kind::letter) {
      found.insert(one.letter);
      if (one.any_case && is_ascii_letter(one.letter)) found.insert(one.letter ^ case_bit);
    }
    if (one.no_colon) found.insert(':');
    if (one.no_slash) found.insert('/');
  }
  return {found.begin(), found.end()};
}

Walk::Places Walk::step(const Places& places, std::uint32_t letter) const {
  Places next;
  for (const std::uint64_t at : places) {
    const std::size_t index = at >> shift, place = at & 0xffffffff;
    const Pattern& pattern = patterns_[index];
    if (place == pattern.size() || !takes(pattern[place], letter)) continue;
    enter(index, pattern[place].kind == Place::Kind::run ? place : place + 1, next);
  }
  settle(next);
  return next;
}

Result<std::vector<std::string>> Walk::words() {
  struct Reached {
    Places places;
    std::size_t from;
    std::uint32_t letter;
  };
  std::vector<Reached> reached(1);
  for (std::size_t i = 0; i < patterns_.size(); ++i) enter(i, 0, reached.front().places);
  settle(reached.front().places);
  std::set<Places> seen;  // behind a letter at least: the places of the empty text may be those of another text, too
  std::set<std::vector<std::size_t>> matched;
  std::size_t places_walked = 0;
  std::vector<std::string> words;
  for (std::size_t now = 0; now < reached.size(); ++now) {
    std::vector<std::size_t> matches;
    for (const std::uint64_t at : reached[now].places) {
      if ((at & 0xffffffff) == patterns_[at >> shift].size()) matches.push_back(at >> shift);
    }
    if (now == 0 || matched.insert(std::move(matches)).second) {
      std::string word;
      for (std::size_t at = now; at != 0; at = reached[at].from) word.insert(0, text_of(reached[at].letter));
      words.push_back(std::move(word));
    }
    const Places places = reached[now].places;
    for (const std::uint32_t letter : letters(places)) {
      Places next = step(places, letter);
      if (!seen.insert(next).second) continue;
      places_walked += next.size();
      if (reached.size() >= walked_max || places_walked > places_max) return fail(Failure::exhausted, "its tests tell too many kinds of value apart to be walked through");
      reached.push_back({std::move(next), now, letter});
    }
  }
  return words;
}

std::vector<std::string> numbers(std::span<const Test* const> tests) {
  std::vector<std::pair<policy::detail::Number, std::string>> points;
  for (const Test* test : tests) {
    for (const policy::Listed& listed : test->condition.values) {
      if (const auto number = policy::detail::parse_number(listed.text)) points.emplace_back(*number, listed.text);
    }
  }
  std::ranges::sort(points, [](const auto& a, const auto& b) { return policy::detail::compare(a.first, b.first) < 0; });
  std::vector<std::string> words = {"-1e300", "1e300"};
  for (std::size_t i = 0; i < points.size(); ++i) {
    words.push_back(points[i].second);
    if (i == 0) continue;
    // Between two, unless nothing is.
    char text[64];
    const double between = points[i - 1].first.real / 2 + points[i].first.real / 2;
    const int length = std::snprintf(text, sizeof text, "%.17g", between);
    words.emplace_back(text, static_cast<std::size_t>(length));
  }
  return words;
}

std::vector<std::string> dates(std::span<const Test* const> tests) {
  std::set<std::int64_t> points = {0, text::to_millis(text::from_millis(4'102'444'800'000))};
  for (const Test* test : tests) {
    for (const policy::Listed& listed : test->condition.values) {
      if (const auto ms = policy::detail::parse_date(listed.text)) points.insert({*ms - 1, *ms, *ms + 1});
    }
  }
  std::vector<std::string> words;
  for (const std::int64_t ms : points) words.push_back(text::iso8601(text::from_millis(ms)));
  return words;
}

// The first address behind a range; nothing: it ends with the last.
std::optional<text::Address> behind(const text::Cidr& range) {
  text::Address address = range.base;
  const int bits = range.prefix;
  for (int bit = bits - 1; bit >= 0; --bit) {
    auto& byte = address.bytes[static_cast<std::size_t>(bit / 8)];
    const auto mask = static_cast<std::uint8_t>(0x80 >> bit % 8);
    byte ^= mask;
    if ((byte & mask) != 0) return address;
  }
  return std::nullopt;
}

std::vector<std::string> addresses(std::span<const Test* const> tests) {
  text::Address six;
  six.v6 = true;
  std::set<text::Address> points = {text::Address(), six};
  for (const Test* test : tests) {
    for (const policy::Listed& listed : test->condition.values) {
      const auto range = text::parse_cidr(listed.text, text::HostBits::clear);
      if (!range) continue;
      points.insert(range->base);
      if (const auto next = behind(*range)) points.insert(*next);
    }
  }
  std::vector<std::string> words;
  for (const text::Address& address : points) words.push_back(text::to_string(address));
  return words;
}

bool matches_type(const std::vector<std::string>& types, const std::string& value) {
  for (const std::string& type : types) {
    const Pattern pattern = type_pattern(type);
    std::set<std::size_t> places;
    const auto enter = [&](std::size_t place, std::set<std::size_t>& into) {
      for (;; ++place) {
        into.insert(place);
        if (place == pattern.size() || pattern[place].kind != Place::Kind::run) return;
      }
    };
    enter(0, places);
    for (const std::uint32_t letter : letters_of(value)) {
      std::set<std::size_t> next;
      for (const std::size_t place : places) {
        if (place == pattern.size() || !takes(pattern[place], letter)) continue;
        enter(pattern[place].kind == Place::Kind::run ? place : place + 1, next);
      }
      places = std::move(next);
    }
    if (places.contains(pattern.size())) return true;
  }
  return false;
}

}  // namespace

Truth answer(const Test& test, const std::string& value) {
  switch (test.kind) {
    case Test::Kind::type:
      return policy::plain::truth_of(matches_type(test.types, value));
    case Test::Kind::resource: {
      Truth some = Truth::no;
      for (const policy::Listed& listed : test.listed)
        some = policy::plain::either(some, policy::plain::ResourcePattern(listed.pieces).matches(value, test.variables));
      return some;
    }
    case Test::Kind::condition:
      break;
  }
  policy::Context context = test.variables;
  context.set(test.condition.key, value);
  return policy::plain::holds(test.condition, context);
}

Result<std::vector<std::string>> samples(const Values& values, std::span<const Test* const> tests) {
  if (!values.only.empty()) return values.only;
  if (values.type == Values::Type::boolean) return std::vector<std::string>{"true", "false"};
  std::set<Sort> sorts;
  for (const Test* test : tests) sorts.insert(sort_of(*test));
  constexpr std::pair<Values::Type, Sort> known[] = {
      {Values::Type::number, Sort::number}, {Values::Type::date, Sort::date}, {Values::Type::address, Sort::address}};
  for (const auto& [type, sort] : known) {
    if (values.type == type) sorts.insert(sort);
  }
  if (sorts.size() > 1) return fail(Failure::invalid, "tests of several types meet on it");
  const Sort sort = sorts.empty() ? Sort::text : *sorts.begin();
  std::vector<std::string> words;
  if (sort == Sort::text) {
    std::vector<Pattern> patterns;
    for (const Test* test : tests) add_patterns(*test, patterns);
    if (values.type == Values::Type::arn) patterns.push_back(any_arn());
    RW_TRY(words, Walk(std::move(patterns)).words());
    if (!values.may_be_empty) std::erase(words, "");
    if (values.type == Values::Type::arn) std::erase_if(words, [](const std::string& word) { return !policy::detail::arn_parts(word); });
    return words;
  }
  words = sort == Sort::number ? numbers(tests) : sort == Sort::date ? dates(tests) : addresses(tests);
  if (values.type == Values::Type::any) words.emplace_back("x");  // what is no such value
  return words;
}

}  // namespace ringwall::recheck::detail
