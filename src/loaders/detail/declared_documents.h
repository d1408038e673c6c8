#pragma once
// Policy documents as plans and templates declare them, compiled, with what went wrong as gaps at
// their place in the user's files.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "loaders/loaders.h"
#include "policy/policy.h"
#include "text/json.h"

namespace ringwall::loaders::declared {

using text::Json;

// A file whose lines were counted once: thousands of places are asked of a large one. Borrows it.
class Text {
 public:
  explicit Text(const File& file);
  std::string_view path() const { return path_; }
  std::string_view text() const { return text_; }
  text::Position at(std::uint32_t offset) const;

 private:
  std::string_view path_, text_;
  std::vector<std::uint32_t> lines_;  // where each begins
};

// A place in a file that outlives the loading.
struct Place {
  const Text* file = nullptr;
  std::uint32_t offset = 0;
};

// A document as it was found.
struct Written {
  std::string text = {};     // JSON
  Place place = {};
  bool verbatim = false;     // the file has it in these bytes
  // The value that `text` was written from, for the places of its parts; null if it is verbatim,
  // or was a string in the file.
  std::shared_ptr<const Json> tree = {};
  std::string unknown = {};  // not empty: why the text is not known
};

class Documents {
 public:
  void gap(Gap::Kind kind, std::string_view subject, Place place, std::string message);
  // A policy of what is not in these files, and the gap that it is until it is found elsewhere.
  void put_elsewhere(policy::Kind kind, const std::string& target, authz::Named policy, Place place,
                     std::string message);

  // Never null: a document that is not known or does not parse is a gap of `subject`, and denies
  // everything. So a leak that is found all the same is one, whatever the document turns out to be.
  policy::DocumentPtr compile(const Written& written, policy::Kind kind, std::string_view subject);
  // The same without the denying document: null.
  policy::DocumentPtr compile_or_null(const Written& written, policy::Kind kind,
                                      std::string_view subject);
  policy::DocumentPtr denying(policy::Kind kind);
  std::map<const policy::Document*, Source>& sources() { return sources_; }  // where each was read

  // What was gathered. Gaps in the order of files and positions.
  std::vector<Gap> take_gaps();
  std::vector<Elsewhere> take_elsewhere() { return std::move(elsewhere_); }
  std::map<const policy::Document*, Source> take_sources() { return std::move(sources_); }

 private:
  struct Found {
    Gap gap;
    const Text* file;
    std::uint32_t offset;
  };
  std::vector<Found> gaps_;
  std::vector<Elsewhere> elsewhere_;
  std::map<const policy::Document*, Source> sources_;
  std::map<policy::Kind, policy::DocumentPtr> denying_;
};

// What someone was to fill in and did not: `${account}`, `<account>`. Policy variables such as
// `${aws:username}` and `${*}` are none. Empty: there is none.
std::string_view placeholder_in(std::string_view text);

// Where the JSON value that begins at `offset` ends, in a text that parses.
std::size_t end_of_value(std::string_view text, std::uint32_t offset);

}  // namespace ringwall::loaders::declared
