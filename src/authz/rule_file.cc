#include "authz/rule_file.h"

#include <algorithm>
#include <array>

#include "text/json_patch.h"

namespace ringwall::authz {

using text::Json;

namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string shown(std::string_view text) {
  return "`" + std::string(text.substr(0, 128)) + "`";
}

std::unexpected<Error> refuse(std::uint32_t line, std::string_view why) {
  return fail(Failure::invalid, "line " + std::to_string(line) + ": " + std::string(why));
}

// Looks for the brace that closes the first one, over lines; braces in strings do not count.
class Braces {
 public:
  // How much of `piece` belongs to the object: all of it, unless it is closed there.
  std::size_t take(std::string_view piece) {
    for (std::size_t i = 0; i < piece.size(); ++i) {
      const char c = piece[i];
      if (escaped_) {
        escaped_ = false;
      } else if (in_string_) {
        escaped_ = c == '\\';
        in_string_ = c != '"';
      } else if (c == '"') {
        in_string_ = true;
      } else if (c == '{') {
        ++open_;
      } else if (c == '}' && --open_ == 0) {
        return i + 1;
      }
    }
    return piece.size();
  }
  bool closed() const { return open_ == 0; }

 private:
  std::size_t open_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

// Removes `word` and the blanks behind it, if `text` begins with it as a word.
bool take_word(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  const std::string_view rest = text.substr(word.size());
  if (!rest.empty() && blanks.find(rest[0]) == std::string_view::npos) return false;
  text = trimmed(rest);
  return true;
}

constexpr std::array verdicts = {Verdict::allow, Verdict::explicit_deny, Verdict::implicit_deny};
constexpr std::array layers = {Layer::identity, Layer::boundary, Layer::session, Layer::resource,
                               Layer::trust,    Layer::scp,      Layer::rcp,     Layer::endpoint};

Result<Expectation> read_expectation(std::string_view text, std::uint32_t line) {
  Expectation expectation;
  if (take_word(text, "refused")) {
    if (text.empty())
      return refuse(line, "`refused` takes words of the message, as in `refused unknown element`");
    expectation.refused = true;
    expectation.words = text;
    return expectation;
  }
  const auto* const verdict =
      std::ranges::find_if(verdicts, [&](Verdict one) { return take_word(text, name_of(one)); });
  if (verdict == verdicts.end()) {
    return refuse(line,
                  "a case expects `allow`, `explicit-deny`, `implicit-deny` or `refused`, not " +
                      shown(text));
  }
  expectation.verdict = *verdict;
  if (text.empty()) return expectation;
  if (!take_word(text, "by"))
    return refuse(line, "behind the verdict comes `by` and a layer, not " + shown(text));
  const auto* const layer =
      std::ranges::find_if(layers, [&](Layer one) { return take_word(text, name_of(one)); });
  if (layer == layers.end()) {
    std::string names;
    for (const Layer one : layers)
      names += (names.empty() ? "`" : ", `") + std::string(name_of(one)) + "`";
    return refuse(line, "no layer begins " + shown(text) + ": there are " + names);
  }
  expectation.layer = name_of(*layer);
  if (text.empty()) return expectation;
  if (expectation.verdict == Verdict::implicit_deny)
    return refuse(line, "no statement causes an implicit deny");
  if (!take_word(text, "statement") || text.empty())
    return refuse(line, "behind the layer comes `statement` and its name, not " + shown(text));
  const std::size_t end = std::min(text.find_first_of(blanks), text.size());
  expectation.statement = text.substr(0, end);
  text = trimmed(text.substr(end));
  if (text.empty()) return expectation;
  if (!take_word(text, "of") || text.empty())
    return refuse(line, "behind the statement comes `of` and its policy, not " + shown(text));
  expectation.policy = text;
  return expectation;
}

class RuleFileReader {
 public:
  explicit RuleFileReader(std::string_view text) : text_(text), rest_(text) {}

  Result<RuleFile> read() {
    std::string_view line;
    while (next_line(line)) {
      const std::string_view content = trimmed(line);
      if (content.empty() || content[0] == '#') continue;
      const std::size_t colon = content.find(':');
      if (colon == std::string_view::npos)
        return refuse(number_, "a line begins with a word and a colon, not " + shown(content));
      RW_DO(read_word(content.substr(0, colon), trimmed(content.substr(colon + 1))));
    }
    if (open_) return refuse(file_.cases.back().line, "the case lacks its `expect`");
    if (file_.cases.empty()) return refuse(number_, "the file has no cases");
    return std::move(file_);
  }

 private:
  bool next_line(std::string_view& line) {
    if (rest_.empty()) return false;
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++number_;
    return true;
  }

  Result<> read_word(std::string_view word, std::string_view value) {
    if (value.empty()) return refuse(number_, shown(word) + " says nothing");
    if (word != "rule" && file_.rule.empty())
      return refuse(number_, "a file begins with `rule`, not " + shown(word));
    if (word == "rule") return read_once(word, value, file_.rule);
    if (word == "source") return read_once(word, value, file_.source);
    if (word == "given") return read_given(value);
    if (word == "case") return read_case(value);
    if (word != "with" && word != "context" && word != "expect") {
      return refuse(number_, shown(word) +
                                 " is not known: there are `rule`, `source`, `given`, `case`, "
                                 "`with`, `context` and `expect`");
    }
    if (!open_) return refuse(number_, shown(word) + " belongs to a `case`");
    RuleCase& one = file_.cases.back();
    if (word == "with") return read_patch(word, value, one.with);
    if (word == "context") return read_patch(word, value, one.context);
    RW_TRY(one.expectation, read_expectation(value, number_));
    open_ = false;
    return {};
  }

  Result<> read_once(std::string_view word, std::string_view value, std::string& member) {
    if (!member.empty()) return refuse(number_, shown(word) + " stands here a second time");
    if (!file_.cases.empty()) return refuse(number_, shown(word) + " stands above the cases");
    member = value;
    return {};
  }

  Result<> between_cases(std::string_view word) const {
    return open_ ? refuse(number_, "the case above this " + shown(word) + " lacks its `expect`")
                 : Result<>();
  }

  Result<> read_given(std::string_view value) {
    RW_DO(between_cases("given"));
    RW_TRY(Json json, read_object("given", value));
    given_ = std::make_shared<const Json>(std::move(json));
    return {};
  }

  Result<> read_case(std::string_view value) {
    RW_DO(between_cases("case"));
    if (!given_) return refuse(number_, "a `given` must stand above the first case");
    file_.cases.push_back({std::string(value), number_, given_, {}, {}, {}});
    open_ = true;
    return {};
  }

  Result<> read_patch(std::string_view word, std::string_view value, Json& patch) {
    if (!patch.is_null())
      return refuse(number_, shown(word) + " stands in this case a second time");
    RW_TRY(patch, read_object(word, value));
    return {};
  }

  // Goes on over lines until the braces balance.
  Result<Json> read_object(std::string_view word, std::string_view value) {
    const std::uint32_t first = number_;
    if (value[0] != '{') return refuse(first, shown(word) + " takes a JSON object");
    const char* const begin = value.data();
    std::string_view line = value;
    Braces braces;
    std::size_t taken = braces.take(line);
    while (!braces.closed()) {
      if (!next_line(line))
        return refuse(first, "the braces of " + shown(word) + " do not balance");
      taken = braces.take(line);
    }
    const std::string_view behind = trimmed(line.substr(taken));
    if (!behind.empty())
      return refuse(number_, "behind the object of " + shown(word) + " stands " + shown(behind));
    const auto size = static_cast<std::size_t>(line.data() + taken - begin);
    const std::string_view text(begin, size);
    auto json = text::parse_json(text);
    if (json) return *std::move(json);
    // Once more, at its place in the file, so that the message says the file's own line and column.
    const std::string above(first - 1, '\n'), before(column_of(begin) - 1, ' ');
    const auto placed = text::parse_json(above + before + std::string(text));
    return fail(placed ? json.error() : placed.error(), shown(word));
  }

  std::size_t column_of(const char* at) const {
    const std::string_view above = text_.substr(0, static_cast<std::size_t>(at - text_.data()));
    const std::size_t line_end = above.rfind('\n');
    return above.size() - (line_end == std::string_view::npos ? 0 : line_end + 1) + 1;
  }

  std::string_view text_;
  std::string_view rest_;
  std::uint32_t number_ = 0;  // of the line read last
  RuleFile file_;
  std::shared_ptr<const Json> given_;
  bool open_ = false;  // is the last case still without its `expect`?
};

std::string sentence_of(Verdict verdict, std::string_view layer, std::string_view statement,
                        std::string_view policy) {
  std::string sentence(name_of(verdict));
  if (!layer.empty()) sentence += " by " + std::string(layer);
  if (!statement.empty()) sentence += " statement " + std::string(statement);
  if (!policy.empty()) sentence += " of " + std::string(policy);
  return sentence;
}

std::string sentence_of(const Expectation& expectation) {
  if (expectation.refused) return "refused " + expectation.words;
  return sentence_of(expectation.verdict, expectation.layer, expectation.statement,
                     expectation.policy);
}

bool agree(std::string_view expected, std::string_view got) {
  return expected.empty() || expected == got;
}

}  // namespace

Json RuleCase::question() const {
  Json question = text::merge_patch(*given, with.is_null() ? Json::object() : with);
  if (context.is_null()) return question;
  return text::merge_patch(std::move(question),
                           Json::object({{"request", Json::object({{"context", context}})}}));
}

Result<RuleFile> read_rule_file(std::string_view text) {
  if (text.size() > rule_file_bytes_max) {
    return fail(Failure::exhausted, "a rule file of " + std::to_string(text.size()) +
                                        " bytes: the limit is " +
                                        std::to_string(rule_file_bytes_max));
  }
  return RuleFileReader(text).read();
}

std::optional<Difference> check(const RuleCase& one, const Decide& decide,
                                const ReadDocument& read) {
  const Expectation& expected = one.expectation;
  const auto question = read_question(one.question(), read);
  if (!question) {
    const std::string& message = question.error().message;
    if (expected.refused && message.contains(expected.words)) return std::nullopt;
    return Difference{sentence_of(expected), "refused " + message};
  }
  const Decision decision = answer(*question, decide);
  const std::string_view layer =
      decision.layer == Layer::none ? std::string_view() : name_of(decision.layer);
  if (!expected.refused && expected.verdict == decision.verdict && agree(expected.layer, layer) &&
      agree(expected.statement, decision.statement) && agree(expected.policy, decision.policy)) {
    return std::nullopt;
  }
  return Difference{sentence_of(expected),
                    sentence_of(decision.verdict, layer, decision.statement, decision.policy)};
}

}  // namespace ringwall::authz
