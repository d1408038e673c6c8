#include "awsapi/detail/pattern.h"

#include <algorithm>
#include <optional>

#include "awsapi/detail/unicode.h"

namespace ringwall::awsapi::detail {
namespace {

constexpr char32_t code_point_max = 0x10FFFF;
constexpr std::uint32_t repeats_max = 1024;
constexpr std::size_t groups_depth_max = 16;

using Range = CharacterClass::Range;

std::vector<Range> normalised(std::vector<Range> ranges) {
  std::ranges::sort(ranges, {}, &Range::first);
  std::vector<Range> out;
  for (const Range& range : ranges) {
    if (!out.empty() && range.first <= out.back().last + 1) {
      out.back().last = std::max(out.back().last, range.last);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

std::vector<Range> complement(const std::vector<Range>& ranges) {
  std::vector<Range> out;
  char32_t next = 0;
  for (const Range& range : normalised(ranges)) {
    if (range.first > next) out.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= code_point_max) out.push_back({next, code_point_max});
  return out;
}

// What `\w`, `\d`, `\s` and their capitals stand for; ASCII only, as in Java. Empty: not a class.
std::vector<Range> escape_class(char32_t letter) {
  switch (letter) {
    case U'w': return {{U'0', U'9'}, {U'A', U'Z'}, {U'_', U'_'}, {U'a', U'z'}};
    case U'd': return {{U'0', U'9'}};
    case U's': return {{U'\t', U'\r'}, {U' ', U' '}};
    case U'W':
    case U'D':
    case U'S': return complement(escape_class(letter - U'A' + U'a'));
    default: return {};
  }
}

}  // namespace

std::u32string code_points(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
    if (length == 0 || i + length > text.size()) {
      out += U'\uFFFD';
      ++i;
      continue;
    }
    char32_t c = length == 1 ? lead : lead & (0x7FU >> length);
    for (std::size_t k = 1; k < length; ++k) c = c << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3FU);
    out += c;
    i += length;
  }
  return out;
}

bool CharacterClass::contains(char32_t c) const {
  const auto after = std::ranges::upper_bound(ranges, c, {}, &Range::first);
  return after != ranges.begin() && c <= std::prev(after)->last;
}

// A recursive-descent reader that emits the program as it goes. A quantifier moves or repeats
// the instructions of the atom before it, whose targets are relative until the end.
class PatternCompiler {
 public:
  explicit PatternCompiler(std::string_view source) : text_(code_points(source)) { pattern_.source_ = source; }

  Result<Pattern> compile() {
    RW_TRY(Code code, alternatives(0));
    if (at_ != text_.size()) return refuse("a `)` without its `(`");
    code.push_back({Op::match});
    for (std::size_t i = 0; i < code.size(); ++i) {  // relative targets become absolute
      if (code[i].op == Op::split || code[i].op == Op::jump) code[i].a += static_cast<std::uint32_t>(i);
      if (code[i].op == Op::split) code[i].b += static_cast<std::uint32_t>(i);
    }
    pattern_.program_ = std::move(code);
    return std::move(pattern_);
  }

 private:
  using Op = Pattern::Op;
  using Code = std::vector<Pattern::Instruction>;  // targets relative to the instruction; may wrap

  std::unexpected<Error> refuse(const std::string& why) const {
    return fail(Failure::invalid, "the pattern `" + pattern_.source_ + "`: " + why);
  }
  bool peek(char32_t c, std::size_t ahead = 0) const { return at_ + ahead < text_.size() && text_[at_ + ahead] == c; }
  bool skip(char32_t c) {
    const bool there = peek(c);
    at_ += there ? 1 : 0;
    return there;
  }
  static std::uint32_t distance(std::size_t length) { return static_cast<std::uint32_t>(length); }
  static std::uint32_t back(std::size_t length) { return 0U - static_cast<std::uint32_t>(length); }
  static void append(Code& to, const Code& from) { to.insert(to.end(), from.begin(), from.end()); }

  Result<Code> alternatives(std::size_t depth) {
    if (depth > groups_depth_max) return refuse("groups nested too deeply");
    RW_TRY(Code left, sequence(depth));
    while (skip(U'|')) {
      RW_TRY(Code right, sequence(depth));
      Code both{{Op::split, 1, distance(left.size() + 2)}};
      append(both, left);
      both.push_back({Op::jump, distance(right.size() + 1)});
      append(both, right);
      left = std::move(both);
    }
    return left;
  }

  Result<Code> sequence(std::size_t depth) {
    Code code;
    while (at_ < text_.size() && !peek(U'|') && !peek(U')')) {
      RW_TRY(Code part, atom(depth));
      RW_TRY(Code repeated, quantified(part));
      append(code, repeated);
      if (code.size() > pattern_instructions_max) return refuse("too large");
    }
    return code;
  }

  Result<Code> atom(std::size_t depth) {
    if (skip(U'^')) return Code{{Op::begin}};
    if (skip(U'$')) return Code{{Op::end}};
    if (skip(U'.')) return one_of(complement({{U'\n', U'\n'}, {U'\r', U'\r'}}));
    if (skip(U'[')) {
      RW_TRY(std::vector<Range> ranges, bracket());
      return one_of(std::move(ranges));
    }
    if (skip(U'(')) return group(depth);
    if (peek(U'*') || peek(U'+') || peek(U'?') || peek(U'{')) return refuse("a quantifier of nothing");
    RW_TRY(std::vector<Range> ranges, character());
    return one_of(std::move(ranges));
  }

  Result<Code> group(std::size_t depth) {
    bool not_before = false;
    if (skip(U'?')) {
      not_before = skip(U'!');
      if (!not_before && !skip(U':')) return refuse("a kind of group that is not read");
    }
    RW_TRY(Code code, alternatives(depth + 1));
    if (!skip(U')')) return refuse("a `(` without its `)`");
    if (!not_before) return code;
    if (code.size() != 1 || code[0].op != Op::one_of) return refuse("only one character can be looked ahead for");
    code[0].op = Op::not_before;
    return code;
  }

  Code one_of(std::vector<Range> ranges) {
    pattern_.classes_.push_back({normalised(std::move(ranges))});
    return {{Op::one_of, distance(pattern_.classes_.size() - 1)}};
  }

  // One character or escape outside or inside brackets.
  Result<std::vector<Range>> character() {
    if (at_ >= text_.size()) return refuse("it ends too early");
    const char32_t c = text_[at_++];
    if (c != U'\\') return std::vector<Range>{{c, c}};
    if (at_ >= text_.size()) return refuse("it ends in `\\`");
    const char32_t escaped = text_[at_++];
    if (auto ranges = escape_class(escaped); !ranges.empty()) return ranges;
    if (escaped == U'u') return code_unit();
    if (escaped == U'p') return property();
    if (escaped == U't') return std::vector<Range>{{U'\t', U'\t'}};
    if (escaped == U'n') return std::vector<Range>{{U'\n', U'\n'}};
    if (escaped == U'r') return std::vector<Range>{{U'\r', U'\r'}};
    const bool letter = (escaped >= U'a' && escaped <= U'z') || (escaped >= U'A' && escaped <= U'Z');
    if (letter || (escaped >= U'0' && escaped <= U'9')) return refuse("an escape that is not read");
    return std::vector<Range>{{escaped, escaped}};
  }

  Result<std::vector<Range>> code_unit() {
    char32_t c = 0;
    for (int i = 0; i < 4; ++i) {
      const char32_t digit = at_ < text_.size() ? text_[at_++] : U'?';
      if (digit >= U'0' && digit <= U'9') {
        c = c * 16 + (digit - U'0');
      } else if ((digit | 32) >= U'a' && (digit | 32) <= U'f') {
        c = c * 16 + ((digit | 32) - U'a' + 10);
      } else {
        return refuse("`\\u` needs four hexadecimal digits");
      }
    }
    return std::vector<Range>{{c, c}};
  }

  Result<std::vector<Range>> property() {
    if (!skip(U'{') || at_ + 1 >= text_.size() || text_[at_ + 1] != U'}') return refuse("`\\p` needs `{L}`, `{N}` or `{Z}`");
    const auto ranges = category(static_cast<char>(text_[at_]));
    at_ += 2;
    if (ranges.empty()) return refuse("`\\p` needs `{L}`, `{N}` or `{Z}`");
    return std::vector<Range>(ranges.begin(), ranges.end());
  }

  Result<std::vector<Range>> bracket() {
    const bool negated = skip(U'^');
    std::vector<Range> ranges;
    for (bool first = true; first || !peek(U']'); first = false) {
      if (at_ >= text_.size()) return refuse("a `[` without its `]`");
      RW_TRY(std::vector<Range> low, character());
      const bool single = low.size() == 1 && low[0].first == low[0].last;
      if (single && peek(U'-') && at_ + 1 < text_.size() && !peek(U']', 1)) {
        ++at_;
        RW_TRY(const std::vector<Range> high, character());
        // Java reads `9-_` as written, but a class after the dash makes the dash a literal.
        if (high.size() != 1 || high[0].first != high[0].last || high[0].first < low[0].first) return refuse("a range that runs backwards");
        low[0].last = high[0].last;
      }
      ranges.insert(ranges.end(), low.begin(), low.end());
    }
    ++at_;
    return negated ? complement(ranges) : normalised(std::move(ranges));
  }

  std::optional<std::uint32_t> count() {
    std::optional<std::uint32_t> value;
    while (at_ < text_.size() && text_[at_] >= U'0' && text_[at_] <= U'9' && value.value_or(0) <= repeats_max) {
      value = value.value_or(0) * 10 + static_cast<std::uint32_t>(text_[at_++] - U'0');
    }
    return value;
  }

  Result<Code> quantified(const Code& part) {
    if (skip(U'*')) return star(part);
    if (skip(U'?')) return optional(part);
    if (skip(U'+')) return repeated(part, 1, {});
    if (!skip(U'{')) return part;
    const auto least = count();
    std::optional<std::uint32_t> most = least;
    if (skip(U',')) most = count();
    if (!skip(U'}') || !least || *least > repeats_max || most.value_or(0) > repeats_max || (most && *most < *least)) {
      return refuse("a repetition that is not `{n}`, `{n,}` or `{n,m}`");
    }
    return repeated(part, *least, most);
  }

  static Code star(const Code& part) {
    Code code{{Op::split, 1, distance(part.size() + 2)}};
    append(code, part);
    code.push_back({Op::jump, back(part.size() + 1)});
    return code;
  }
  static Code optional(const Code& part) {
    Code code{{Op::split, 1, distance(part.size() + 1)}};
    append(code, part);
    return code;
  }
  Result<Code> repeated(const Code& part, std::uint32_t least, std::optional<std::uint32_t> most) const {
    if (part.size() * (most.value_or(least) + 1) > pattern_instructions_max) return refuse("too large");
    Code code;
    for (std::uint32_t i = 0; i < least; ++i) append(code, part);
    if (!most) append(code, star(part));
    for (std::uint32_t i = least; most && i < *most; ++i) append(code, optional(part));
    return code;
  }

  std::u32string text_;
  std::size_t at_ = 0;
  Pattern pattern_;
};

Result<Pattern> Pattern::compile(std::string_view source) { return PatternCompiler(source).compile(); }

// The instructions alive at one position, each once.
struct Pattern::Step {
  explicit Step(std::size_t size) : seen(size, false) {}
  std::vector<std::uint32_t> alive = {};
  std::vector<std::uint32_t> pending = {};
  std::vector<bool> seen;

  void clear() {
    alive.clear();
    seen.assign(seen.size(), false);
  }
  // Adds `start` and all it leads to without reading a character.
  void add(const Pattern& pattern, std::uint32_t start, const std::u32string& text, std::size_t at) {
    pending.push_back(start);
    while (!pending.empty()) {
      const std::uint32_t i = pending.back();
      pending.pop_back();
      if (seen[i]) continue;
      seen[i] = true;
      const Instruction& instruction = pattern.program_[i];
      switch (instruction.op) {
        case Op::one_of:
        case Op::match: alive.push_back(i); break;
        case Op::split: pending.push_back(instruction.b); [[fallthrough]];
        case Op::jump: pending.push_back(instruction.a); break;
        case Op::begin:
          if (at == 0) pending.push_back(i + 1);
          break;
        case Op::end:
          if (at == text.size()) pending.push_back(i + 1);
          break;
        case Op::not_before:
          if (at == text.size() || !pattern.classes_[instruction.a].contains(text[at])) pending.push_back(i + 1);
          break;
      }
    }
  }
};

bool Pattern::matches(std::string_view utf8) const {
  const std::u32string text = code_points(utf8);
  Step now(program_.size());
  Step next(program_.size());
  now.add(*this, 0, text, 0);
  for (std::size_t at = 0; at < text.size() && !now.alive.empty(); ++at) {
    next.clear();
    for (const std::uint32_t i : now.alive) {
      const Instruction& instruction = program_[i];
      if (instruction.op == Op::one_of && classes_[instruction.a].contains(text[at])) next.add(*this, i + 1, text, at + 1);
    }
    std::swap(now, next);
  }
  return std::ranges::any_of(now.alive, [&](std::uint32_t i) { return program_[i].op == Op::match; });
}

}  // namespace ringwall::awsapi::detail
