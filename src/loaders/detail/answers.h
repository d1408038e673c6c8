#pragma once
// The files of an export as answers of AWS's CLI: found by path, read as JSON, with a gap for what
// is missing, cut off or not JSON.

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loaders/loaders.h"
#include "text/json.h"

namespace ringwall::loaders::detail {

using text::Json;

// Positions in a text whose lines were counted once: thousands are asked of a large file.
class Lines {
 public:
  explicit Lines(std::string_view text);  // borrows nothing
  text::Position at(std::uint32_t offset) const;

 private:
  std::vector<std::uint32_t> starts_;
};

// Where the object, array or string that begins at `offset` ends, one past its last byte; npos when
// the text ends first. Of a text that is JSON up to there.
std::size_t end_of_value(std::string_view text, std::size_t offset);

// `position` of a document that itself begins at `base` in its file.
text::Position within(text::Position base, text::Position position);

// "line 3, column 5: why" taken apart: the messages of parse_json and policy::compile.
struct Complaint {
  text::Position position = {};
  std::string why;
};
Complaint complaint_in(const std::string& message);

// The first value in `text` that someone was to fill in and did not: `<account>`, `${account}`,
// `REPLACE_ME`, `o-xxxxxxxxxx`. Empty if none; else a view into `text`. Policy variables
// (`${aws:username}`, `${*}`) are none.
std::string_view placeholder_in(std::string_view text);

// The account that an ARN names, its fifth part; empty if none.
std::string_view account_in_arn(std::string_view arn);

// One file that was read. Borrows the file's path and text.
class Answer {
 public:
  Answer(std::string_view path, std::string_view text, Json json) : path_(path), text_(text), json_(std::move(json)), lines_(text) {}
  std::string_view path() const { return path_; }
  std::string_view text() const { return text_; }
  const Json& json() const { return json_; }
  text::Position position(const Json& value) const { return lines_.at(value.offset()); }

 private:
  std::string_view path_, text_;
  Json json_;
  Lines lines_;
};
using AnswerPtr = std::unique_ptr<const Answer>;

// Borrows the files, and the gaps that it adds to.
class Folder {
 public:
  Folder(std::span<const File> files, std::vector<Gap>& gaps);

  bool has(std::string_view path) const { return files_.contains(path); }
  // Is there anything in that folder? If not, that is one gap of `subject`, not one for each file.
  bool has_any(const std::string& folder, const std::string& subject) const;
  // The names that stand directly in that folder ("accounts/"), sorted.
  std::vector<std::string> names_in(std::string_view folder) const;

  // The answer in that file; null, and a gap for each of `subjects`, when it cannot be had. An
  // answer that says that there are more pages is had, and is a gap. `member`: what such an answer
  // must have, unless it is `{}`, which means that there is nothing.
  AnswerPtr read(const std::string& path, const std::vector<std::string>& subjects, std::string_view member) const;

  // Adds a gap, at a value of the answer.
  void gap(Gap::Kind kind, std::string_view subject, const Answer& answer, const Json& at, std::string message) const;
  void gap(Gap gap) const { gaps_.push_back(std::move(gap)); }

  // What `ringwall collect` was not let read, by path (a folder's ends in a slash): why.
  const std::map<std::string, std::string, std::less<>>& refused() const { return refused_; }

 private:
  void read_refused();
  void missing(const std::string& path, const std::vector<std::string>& subjects, const char* what = "the file is not there") const;

  std::map<std::string_view, const File*> files_;
  std::map<std::string, std::string, std::less<>> refused_;
  std::vector<Gap>& gaps_;
};

}  // namespace ringwall::loaders::detail
