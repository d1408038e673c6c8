#pragma once
// What every writer shows alike: a request in words, and the statements that let it through with
// their places in the user's files.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/report.h"

namespace ringwall::report::detail {

// Control characters of a document must not reach a terminal.
std::string printable(std::string_view text);
std::string counted(std::size_t count, std::string_view noun);  // "1 leak", "1,204 leaks"
std::string grouped(std::size_t count);                         // "1,204"

// The first `most` of them, in `show`, and how many more there are.
std::string some(const std::vector<std::string>& all, std::size_t most);

// Whose perimeter it is: an organisation's id, or that there is none.
std::string organization_of(const Subject& subject);

// A request in words. Keys that only repeat the principal or the resource are left out of `with`.
struct Words {
  std::string who, does, on, from;
  std::vector<std::pair<std::string, std::string>> with;  // context keys and their values
};
std::string name_of(const policy::Principal& principal);  // an ARN, a service, a provider, or `anonymous`
Words words_of(const prover::Finding& finding);

// Where something stands in the user's files.
struct Place {
  std::string path;
  text::Position position;
  bool exact = false;  // of the statement; else of the document that has it
};
std::string to_string(const Place& place);  // path:line:column

// A statement that lets the request through.
struct Step {
  std::string layer, policy, statement;
  std::optional<Place> place;
  std::string excerpt;           // the statement's text
  std::uint32_t first_line = 0;  // of the excerpt in the user's file; 0: unknown
  bool decides = false;          // the decision names this one
};

// Gaps of one kind that say the same, in the order of their first.
struct GapsAlike {
  const loaders::Gap* first = nullptr;
  std::size_t places = 0;
  std::vector<std::string> subjects;  // each once
};
std::vector<GapsAlike> alike(const std::vector<loaders::Gap>& gaps);
std::string depends(const GapsAlike& gaps);  // "`arn:…` and 3 more depend on it"

// Reads of one report; borrows it.
class View {
 public:
  explicit View(const Subject& subject);

  const Subject& subject() const { return subject_; }
  // One step for each document of the leak that allows its request, in the documents' order; those
  // that a decision names and no document has come last, without a place.
  std::vector<Step> path(const prove::Leak& leak) const;
  std::optional<Place> place(const perimeter::Exception& exception) const;
  // Of everything undecided in the row: the sentence, and the subjects of which it is said.
  static std::map<std::string, std::vector<std::string>> undecided(const prove::Row& row);
  // The same for people: what rests on gaps that differ only in their place is one sentence.
  static std::map<std::string, std::vector<std::string>> undecided_once(const prove::Row& row);

 private:
  void name(const authz::Named& named);
  void name(const estate::Chain& chain);
  Step step(const policy::Document& document, std::size_t statement) const;

  const Subject& subject_;
  // The names under which the documents of leaks are attached. A document may have several.
  std::map<const policy::Document*, std::vector<std::string>> names_;
};

// What the objective asks, as a sentence without its full stop.
std::string_view question_of(perimeter::Objective objective);
// What a leak of it means, likewise.
std::string_view meaning_of(perimeter::Objective objective);
// What the objective takes for granted, because another boundary is to hold it; may be empty.
std::string_view assumption_of(perimeter::Objective objective);

std::size_t index_of(perimeter::Objective objective);

std::string_view name_of(loaders::Gap::Kind kind);  // "missing", …

std::string hashed(std::string_view text);  // 16 hexadecimal digits, the same in every run
// The same for every run as long as the leak is of the same kind.
std::string fingerprint(const prove::Leak& leak, const std::vector<Step>& path);

}  // namespace ringwall::report::detail
