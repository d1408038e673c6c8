// Certificates, read line by line; detail/clauses.h judges the steps as they come.

#include "checker/checker.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "checker/detail/clauses.h"

namespace ringwall::checker {
namespace {

constexpr std::string_view first_line = "ringwall certificate 3", first_line_of_proof = "ringwall proof 3";
constexpr std::string_view first_line_without_rows = "ringwall certificate 2";
constexpr std::string_view first_line_before_escapes = "ringwall certificate 1";
// How much of an offending line a message repeats.
constexpr std::size_t quoted_max = 60;

// The text, a line at a time.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) { advance(); }

  bool at_end() const { return at_end_; }
  std::size_t number() const { return number_; }
  std::string_view line() const { return line_; }
  void advance() {
    ++number_;
    const std::size_t end = rest_.find('\n');
    at_end_ = rest_.empty();
    is_whole_ = end != std::string_view::npos;
    line_ = rest_.substr(0, end);
    rest_.remove_prefix(is_whole_ ? end + 1 : rest_.size());
  }

  std::unexpected<Error> refuse(Failure kind, const std::string& why) const {
    return fail(kind, "line " + std::to_string(number_) + ": " + why);
  }
  // The line is not what has to stand here.
  std::unexpected<Error> expected(const std::string& what) const {
    if (at_end_) return refuse(Failure::invalid, "the text ends where " + what + " is expected");
    if (!is_whole_) return refuse(Failure::invalid, "the text ends within a line");
    std::string quoted(line_.substr(0, quoted_max));
    std::ranges::replace_if(quoted, [](char each) { return each < ' ' || each > '~'; }, '?');
    return refuse(Failure::invalid, "`" + quoted + "` stands where " + what + " is expected");
  }
  bool is(std::string_view wanted) const { return !at_end_ && is_whole_ && line_ == wanted; }
  // What follows the word and one space; empty if the line is another, or not proper text.
  std::string_view after(std::string_view word) const {
    const bool fits = !at_end_ && is_whole_ && line_.size() > word.size() + 1 && line_.starts_with(word) && line_[word.size()] == ' ';
    const auto is_control = [](char each) { return static_cast<unsigned char>(each) < ' ' || each == 0x7f; };
    return fits && std::ranges::none_of(line_, is_control) ? line_.substr(word.size() + 1) : std::string_view();
  }

 private:
  std::string_view rest_, line_;
  std::size_t number_ = 0;
  bool at_end_ = false, is_whole_ = true;
};

// Takes a whole number off the front; it is written in the one right way, and at most `max`.
template <typename Number>
bool take_number(std::string_view& text, Number max, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view digits(text.data(), end);
  if (error != std::errc() || number > max || digits.starts_with("-0")) return false;
  if (digits.size() > 1 && digits.starts_with('0')) return false;
  text.remove_prefix(digits.size());
  return true;
}

bool take_space(std::string_view& text) {
  const bool is_there = text.starts_with(' ');
  if (is_there) text.remove_prefix(1);
  return is_there;
}

// "1 -2 0": literals of the variables up to `variables`, then the zero that ends them.
bool read_clause(std::string_view text, Literal variables, std::vector<Literal>& clause) {
  clause.clear();
  Literal literal = 0;
  while (take_number(text, variables, literal)) {
    if (literal == 0) return text.empty();
    if (literal < -variables || !take_space(text)) return false;
    clause.push_back(literal);
  }
  return false;
}

enum class Writing : std::uint8_t { plain, escaped };  // of a TEXT or NAME, by the certificate's first line

bool is_small_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// Is it a TEXT, written in the one right way? It holds no control character.
bool is_text(std::string_view text, Writing writing) {
  if (text.empty()) return false;
  if (writing == Writing::plain || text == "\\.") return true;
  for (std::size_t at = 0; (at = text.find('\\', at)) != std::string_view::npos;) {
    const std::string_view escape = text.substr(at);
    if (escape.starts_with("\\\\")) {
      at += 2;
      continue;
    }
    const bool hex = escape.size() >= 4 && escape[1] == 'x' && is_small_hex(escape[2]) && is_small_hex(escape[3]);
    const bool needed = hex && (escape[2] <= '1' || escape[2] >= '8' || escape.substr(2, 2) == "7f");
    if (!needed) return false;
    at += 4;
  }
  return true;
}

bool is_policy(std::string_view text, Writing writing) {
  constexpr std::size_t digits = 64;
  return text.size() > digits + 1 && text[digits] == ' ' &&
         text.substr(0, digits).find_first_not_of("0123456789abcdef") == std::string_view::npos && is_text(text.substr(digits + 1), writing);
}

bool is_axiom(std::string_view text, Writing writing) {
  const std::size_t colon = text.find(": ");
  return colon != std::string_view::npos && colon > 0 && colon + 2 < text.size() && is_text(text, writing);
}

// A word of small letters, digits, `-` and `/`, and a space behind it; empty: there is none.
std::string_view word_of(std::string_view text) {
  const std::string_view word = text.substr(0, text.find(' '));
  const bool fits = word.size() < text.size() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-/") == std::string_view::npos;
  return fits ? word : std::string_view();
}

bool is_policy_of_layer(std::string_view text) {
  const std::string_view layer = word_of(text);
  return !layer.empty() && is_policy(text.substr(layer.size() + 1), Writing::escaped);
}

// `row` to `case`, and of the two formats before `question` and `policy`.
Result<> read_question(Lines& lines, Writing writing, bool has_rows, Verified& head) {
  if (!has_rows) {
    head.question = lines.after("question");
    if (!is_text(head.question, writing)) return lines.expected("`question TEXT`");
    lines.advance();
    for (; is_policy(lines.after("policy"), writing); lines.advance()) head.policies.emplace_back(lines.after("policy"));
    return {};
  }
  const auto stated = [&] {
    head.statement += std::string(lines.line()) + "\n";
    lines.advance();
  };
  head.row = lines.after("row");
  if (word_of(head.row + " ") != head.row || head.row.empty()) return lines.expected("`row ROW`");
  stated();
  if (is_text(lines.after("part"), writing)) {
    head.part = lines.after("part");
    stated();
  }
  for (; is_text(lines.after("subject"), writing); lines.advance()) head.subjects.emplace_back(lines.after("subject"));
  if (head.subjects.empty()) return lines.expected("`subject TEXT`");
  if (!is_text(lines.after("resources"), writing)) return lines.expected("`resources TEXT`");
  stated();
  for (; is_policy_of_layer(lines.after("policy")); stated()) head.policies.emplace_back(lines.after("policy"));
  for (; is_text(lines.after("case"), writing); stated()) head.cases.emplace_back(lines.after("case"));
  head.question = head.row + " of " + head.subjects.front() + (head.part.empty() ? "" : ", " + head.part);
  if (head.subjects.size() > 1) head.question += " and of " + std::to_string(head.subjects.size() - 1) + " more";
  return {};
}

// What stands before the clauses, of which the answer tells how many there are.
Result<Verified> read_head(Lines& lines) {
  Verified head;
  head.line = lines.number();
  const Writing writing = lines.is(first_line_before_escapes) ? Writing::plain : Writing::escaped;
  const bool has_rows = lines.is(first_line);
  if (writing == Writing::escaped && !has_rows && !lines.is(first_line_without_rows)) return lines.expected("`" + std::string(first_line) + "`");
  lines.advance();
  RW_DO(read_question(lines, writing, has_rows, head));
  const auto stated = [&] {
    if (has_rows) head.statement += std::string(lines.line()) + "\n";
    lines.advance();
  };
  for (; is_axiom(lines.after("axiom"), writing); stated()) head.axioms.emplace_back(lines.after("axiom"));

  std::unordered_set<std::size_t> told;
  std::size_t last = 0;
  for (; lines.after("variable") != ""; stated()) {
    std::string_view text = lines.after("variable");
    std::size_t number = 0;
    if (!take_number(text, variables_max, number) || number == 0 || !take_space(text) || !is_text(text, writing))
      return lines.expected("`variable N TEXT`");
    if (!told.insert(number).second)
      return lines.refuse(Failure::invalid, "variable " + std::to_string(number) + " is told twice");
    last = std::max(last, number);
  }

  std::string_view text = lines.after("cnf");
  if (!take_number(text, variables_max, head.variables) || !take_space(text) ||
      !take_number(text, ~std::size_t{0}, head.clauses) || !text.empty())
    return lines.expected("a further line of the head or `cnf VARIABLES CLAUSES`, with at most " +
                          std::to_string(variables_max) + " variables,");
  if (last > head.variables)
    return lines.refuse(Failure::invalid, "variable " + std::to_string(last) + " is told, and there are only " +
                                              std::to_string(head.variables));
  stated();
  return head;
}

Result<> check_steps(Lines& lines, Clauses& clauses, Verified& verified) {
  const auto variables = static_cast<Literal>(verified.variables);
  std::vector<Literal> clause;
  bool reached = false;
  for (; !lines.is("end"); lines.advance()) {
    std::string_view text = lines.is(lines.line()) ? lines.line() : std::string_view();
    const bool removes = text.starts_with("d ");
    if (removes) text.remove_prefix(2);
    if (!read_clause(text, variables, clause)) return lines.expected("a step of the proof or `end`");
    if (reached) return lines.refuse(Failure::corrupt, "the proof goes on after the empty clause");
    if (removes) {
      if (!clauses.remove(clause)) return lines.refuse(Failure::corrupt, "there is no such clause to take away");
    } else {
      if (!clauses.admits(clause)) return lines.refuse(Failure::corrupt, "the step does not follow");
      clauses.add(clause);
      reached = clause.empty();
    }
    ++verified.steps;
  }
  if (!reached) return lines.refuse(Failure::corrupt, "the proof does not end in the empty clause");
  return {};
}

Result<Verified> check_one(Lines& lines) {
  RW_TRY(Verified verified, read_head(lines));
  const auto variables = static_cast<Literal>(verified.variables);
  Clauses clauses(verified.variables);
  std::vector<Literal> clause;
  for (std::size_t count = 0; count < verified.clauses; ++count, lines.advance()) {
    if (!lines.is(lines.line()) || !read_clause(lines.line(), variables, clause))
      return lines.expected("clause " + std::to_string(count + 1) + " of " + std::to_string(verified.clauses));
    if (!verified.row.empty()) verified.statement += std::string(lines.line()) + "\n";
    clauses.add(clause);
  }
  if (!lines.is("proof")) return lines.expected("`proof`, after " + std::to_string(verified.clauses) + " clauses,");
  lines.advance();
  RW_DO(check_steps(lines, clauses, verified));
  lines.advance();
  return verified;
}

bool is_claim(std::string_view text, Claim& claim) {
  claim.verdict = word_of(text);
  if (claim.verdict != "proved" && claim.verdict != "leak" && claim.verdict != "inconclusive") return false;
  text.remove_prefix(claim.verdict.size() + 1);
  claim.row = word_of(text);
  if (claim.row.empty()) return false;
  claim.subject = text.substr(claim.row.size() + 1);
  return is_text(claim.subject, Writing::escaped);
}

Result<> read_claims(Lines& lines, Proof& proof) {
  lines.advance();
  proof.today = lines.after("today");
  constexpr std::size_t date_length = 10;  // 2026-01-31
  if (proof.today.size() != date_length || proof.today.find_first_not_of("0123456789-") != std::string::npos) return lines.expected("`today DATE`");
  lines.advance();
  proof.network_keys_everywhere = lines.is("network-keys everywhere");
  if (!proof.network_keys_everywhere && !lines.is("network-keys listed")) return lines.expected("`network-keys listed` or `network-keys everywhere`");
  lines.advance();
  for (Claim claim; is_claim(lines.after("cell"), claim); lines.advance()) proof.claims.push_back(claim);
  return {};
}

}  // namespace

Result<Proof> check_proof(std::string_view text, const std::function<void(const Verified&)>& each) {
  Lines lines(text);
  Proof proof;
  if (lines.is(first_line_of_proof)) {
    RW_DO(read_claims(lines, proof));
    if (lines.at_end() && proof.claims.empty()) return lines.expected("`cell VERDICT ROW TEXT`");
  }
  const bool claims = !proof.claims.empty();
  while (!lines.at_end() || (!claims && proof.certificates == 0)) {
    RW_TRY(const Verified verified, check_one(lines));
    each(verified);
    ++proof.certificates;
  }
  return proof;
}

Result<std::size_t> check(std::string_view text, const std::function<void(const Verified&)>& each) {
  RW_TRY(const Proof proof, check_proof(text, each));
  return proof.certificates;
}

}  // namespace ringwall::checker
