#include "prove/detail/renaming.h"

#include <algorithm>

#include "catalogue/catalogue.h"
#include "prove/detail/mine.h"

namespace ringwall::prove::detail {
namespace {

constexpr unsigned colons_of_accounts = 4, colons_of_names = 5;
constexpr char mark = '\1';  // stands before a number

bool is_of_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}
bool is_wildcard(char c) { return c == '*' || c == '?' || c == '$'; }

struct Word {
  std::string_view text;
  bool whole = true;    // no wildcard beside it
  unsigned colons = 0;  // before it
};

// Calls `word` with each word of the pattern and `other` with each character between.
template <typename OnWord, typename OnOther>
void take_apart(std::string_view pattern, OnWord&& word, OnOther&& other) {
  unsigned colons = 0;
  for (std::size_t at = 0; at < pattern.size();) {
    if (!is_of_word(pattern[at])) {
      if (pattern[at] == ':') ++colons;
      other(pattern[at++]);
      continue;
    }
    std::size_t end = at;
    while (end < pattern.size() && is_of_word(pattern[end])) ++end;
    const bool before = at > 0 && is_wildcard(pattern[at - 1]), behind = end < pattern.size() && is_wildcard(pattern[end]);
    word(Word{pattern.substr(at, end - at), !before && !behind, colons});
    at = end;
  }
}

bool has_part(const std::vector<std::string>& parts, std::string_view word) {
  return std::ranges::any_of(parts, [&](const std::string& part) { return word.contains(part); });
}

void append(std::string& out, std::string_view part) { (out += std::to_string(part.size()) += ':') += part; }

}  // namespace

void Kept::add(std::string_view pattern) {
  counts_letters_ |= pattern.find_first_of("?$") != std::string_view::npos;
  take_apart(
      pattern,
      [&](const Word& word) {
        words_.emplace(word.text);
        if (!word.whole && std::ranges::find(parts_, word.text) == parts_.end()) parts_.emplace_back(word.text);
      },
      [](char) {});
}

bool Kept::keeps(std::string_view word) const { return words_.contains(word) || has_part(parts_, word); }

const Kept& Kept::of_catalogue() {
  static const Kept kept = [] {
    Kept made;
    for (const catalogue::Service& service : catalogue::Catalogue::builtin().services()) {
      for (std::size_t i = 0; i < service.resource_type_count(); ++i) {
        // `${Name}` stands for one character or more.
        std::string pattern;
        for (std::string_view rest = service.arn_pattern_at(i); !rest.empty();) {
          const std::size_t begin = rest.find("${");
          pattern += rest.substr(0, begin);
          if (begin == std::string_view::npos) break;
          pattern += '*';
          const std::size_t end = rest.find('}', begin);
          rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        }
        made.add(pattern);
      }
    }
    return made;
  }();
  return kept;
}

// Names of one question's patterns.
class Renamed {
 public:
  Renamed(const Mine& mine, const std::string& own_account, const std::vector<const Kept*>& kept)
      : mine_(mine), own_account_(own_account), kept_(kept) {}

  std::string text(const std::vector<std::string_view>& patterns) {
    const auto counts_letters = [](const Kept* kept) { return kept->counts_letters(); };
    const auto is_special = [](std::string_view pattern) { return pattern.find_first_of("?$\1") != std::string_view::npos; };
    if (std::ranges::any_of(kept_, counts_letters) || std::ranges::any_of(patterns, is_special)) return verbatim(patterns);
    for (const std::string_view pattern : patterns) take_apart(pattern, [&](const Word& word) { see(word); }, [](char) {});
    std::string out = "renamed ";
    for (const std::string_view pattern : patterns) {
      std::string one;
      take_apart(pattern, [&](const Word& word) { write(word.text, one); }, [&](char c) { one += c; });
      append(out, one);
    }
    return out;
  }

 private:
  struct Name {
    bool stays = false;
    bool settled = false;
    std::size_t number = 0;
  };

  static std::string verbatim(const std::vector<std::string_view>& patterns) {
    std::string out = "verbatim ";
    for (const std::string_view pattern : patterns) append(out, pattern);
    return out;
  }
  void see(const Word& word) {
    Name& name = names_[word.text];
    if (word.colons < (is_account(word.text) ? colons_of_accounts : colons_of_names)) name.stays = true;
    if (word.whole) return;
    name.stays = true;
    parts_.emplace_back(word.text);
  }
  bool stays(std::string_view word) const {
    if (is_account(word) && !mine_.has(word)) return true;
    if (has_part(parts_, word) || Kept::of_catalogue().keeps(word)) return true;
    return std::ranges::any_of(kept_, [&](const Kept* kept) { return kept->keeps(word); });
  }
  void write(std::string_view word, std::string& out) {
    Name& name = names_[word];
    if (!name.settled) {
      name.settled = true;
      name.stays = name.stays || stays(word);
      if (!name.stays) name.number = ++count_;
    }
    if (name.stays) {
      out += word;
      return;
    }
    out += mark;
    out += !is_account(word) ? 'n' : word == own_account_ ? 'o' : 'a';
    out += std::to_string(name.number);
    out += mark;
  }

  const Mine& mine_;
  const std::string& own_account_;
  const std::vector<const Kept*>& kept_;
  std::unordered_map<std::string_view, Name> names_;
  std::vector<std::string> parts_;  // of words beside wildcards
  std::size_t count_ = 0;
};

std::string renamed(const Mine& mine, const std::string& own_account, const std::vector<const Kept*>& kept,
                    const std::vector<std::string_view>& patterns) {
  return Renamed(mine, own_account, kept).text(patterns);
}

}  // namespace ringwall::prove::detail
