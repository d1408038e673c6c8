#pragma once
// Builds a text::Json from the events of the YAML library, and holds to what it lets pass.
//
// The events stand at byte positions of the text, tags and anchors included; the library neither
// says whether a tagged scalar was quoted nor refuses every text that is not YAML (a quoted scalar
// without an end, `[1,,2]`, a line without a colon). So the builder looks at the text itself at
// the places where that matters. It keeps the first problem and passes over what follows it: only
// an exception could stop the library earlier, and what it goes on to read is bounded.

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/mark.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "yaml/yaml.h"

namespace ringwall::yaml::detail {

struct Problem {
  std::uint32_t offset = 0;
  std::string message = {};
};

class Builder final : public YAML::EventHandler {
 public:
  // `base`: where `text` begins in the file, behind a byte order mark.
  Builder(std::string_view text, std::uint32_t base, Tags tags)
      : text_(text), base_(base), tags_(tags) {}

  const std::optional<Problem>& problem() const { return problem_; }
  bool complete() const { return documents_ == 1 && root_.has_value(); }
  text::Json take() { return std::move(*root_); }

  void OnDocumentStart(const YAML::Mark& mark) override;
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override;
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override;
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override;
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override;
  void OnMapEnd() override { close(); }

 private:
  // A value with what it costs to copy.
  struct Node {
    text::Json value;
    std::size_t nodes = 1, depth = 1;
  };
  struct Frame {
    bool map;
    bool flow;
    std::string_view function;  // of a short tag; empty: none
    YAML::anchor_t anchor;
    std::uint32_t offset;      // of the content
    std::uint32_t tag_offset;  // of tag or anchor
    Node node;                 // an array's items so far
    text::Json::Object members = {};
    std::optional<std::string> key = {};
    std::uint32_t key_offset = 0;
  };

  void refuse(std::uint32_t offset, std::string message);
  bool fits(std::uint32_t offset, std::size_t nodes, std::size_t depth);
  std::uint32_t content_at(std::uint32_t offset) const;
  bool awaits_key() const { return !open_.empty() && open_.back().map && !open_.back().key; }
  // The function of a short tag, or empty; nothing if the tag is refused.
  std::optional<std::string_view> function_of(const std::string& tag, std::uint32_t offset);
  bool ends(std::uint32_t offset) const;
  std::optional<text::Json> scalar(std::uint32_t offset, bool quoted, const std::string& value);
  void key(std::uint32_t offset, bool quoted, const std::string& value);
  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, bool map,
            bool flow);
  void close();
  bool refuse_duplicates(const text::Json::Object& members);
  void add(Node node, YAML::anchor_t anchor);

  std::string_view text_;
  std::uint32_t base_;
  Tags tags_;
  std::size_t documents_ = 0, nodes_ = 0;
  std::size_t levels_ = 0;  // open, those of short tags counted
  std::optional<Problem> problem_;
  std::optional<text::Json> root_;
  std::vector<Frame> open_;
  std::map<YAML::anchor_t, Node> anchors_;
};

}  // namespace ringwall::yaml::detail
