#include "catalogue/patterns.h"

#include <algorithm>

#include "text/encode.h"

namespace ringwall::catalogue {
namespace {

std::string folded(std::string_view text, text::Case letters) {
  return letters == text::Case::ignore ? text::lower(text) : std::string(text);
}

// For every pair of suffixes, the answer that `decide` makes of those of shorter ones.
template <typename Decide>
bool over_suffixes(const std::string& a, const std::string& b, const Decide& decide) {
  const std::size_t width = b.size() + 1;
  std::vector<bool> answers((a.size() + 1) * width);
  for (std::size_t i = a.size() + 1; i-- > 0;)
    for (std::size_t j = b.size() + 1; j-- > 0;) {
      const auto known = [&](std::size_t x, std::size_t y) { return answers[x * width + y]; };
      answers[i * width + j] = decide(i, j, known);
    }
  return answers[0];
}

// Walks the names that begin with `prefix`, and says with as few patterns as there are which of
// them nothing excludes.
class Complement {
 public:
  Complement(const Service& service, const std::string& within,
             const std::vector<std::string>& excluded)
      : within_(within), excluded_(excluded), service_(service.prefix()) {
    for (std::size_t index = 0; index < service.action_count(); ++index)
      names_.emplace_back(service.action_at(index).name());
  }

  std::vector<std::string> patterns() {
    walk("", names_);
    return std::move(patterns_);
  }

 private:
  void walk(const std::string& prefix, const std::vector<std::string>& names) {
    const std::string all = full(prefix + "*");
    if (!overlap(within_, all, text::Case::ignore)) return;
    const auto touches = [&](const std::string& one) {
      return overlap(one, all, text::Case::ignore);
    };
    if (covers(within_, all, text::Case::ignore) && std::ranges::none_of(excluded_, touches))
      return patterns_.push_back(all);
    const auto takes_all = [&](const std::string& one) {
      return covers(one, all, text::Case::ignore);
    };
    if (std::ranges::any_of(excluded_, takes_all)) return;
    for (std::size_t at = 0; at < names.size();) {
      if (names[at].size() == prefix.size()) {
        const std::string name = full(names[at++]);
        const auto takes = [&](const std::string& one) {
          return covers(one, name, text::Case::ignore);
        };
        if (covers(within_, name, text::Case::ignore) && std::ranges::none_of(excluded_, takes))
          patterns_.push_back(name);
        continue;
      }
      const std::string longer = names[at].substr(0, prefix.size() + 1);
      std::vector<std::string> below;
      while (at < names.size() && begins(names[at], longer)) below.push_back(names[at++]);
      walk(longer, below);
    }
  }

  static bool begins(const std::string& name, const std::string& prefix) {
    return text::lower(name).starts_with(text::lower(prefix));
  }
  std::string full(const std::string& name) const { return std::string(service_) + ":" + name; }

  const std::string& within_;
  const std::vector<std::string>& excluded_;
  std::string_view service_;
  std::vector<std::string> names_;  // in alphabetical order, letters' case aside
  std::vector<std::string> patterns_;
};

}  // namespace

bool covers(std::string_view wide, std::string_view narrow, text::Case letters) {
  const std::string a = folded(wide, letters), b = folded(narrow, letters);
  return over_suffixes(a, b, [&](std::size_t i, std::size_t j, const auto& known) {
    if (i == a.size()) return j == b.size();
    if (a[i] == '*') return known(i + 1, j) || (j < b.size() && known(i, j + 1));
    if (j == b.size() || b[j] == '*') return false;
    return (a[i] == '?' || a[i] == b[j]) && known(i + 1, j + 1);
  });
}

bool overlap(std::string_view a_text, std::string_view b_text, text::Case letters) {
  const std::string a = folded(a_text, letters), b = folded(b_text, letters);
  return over_suffixes(a, b, [&](std::size_t i, std::size_t j, const auto& known) {
    if (i < a.size() && a[i] == '*') return known(i + 1, j) || (j < b.size() && known(i, j + 1));
    if (j < b.size() && b[j] == '*') return known(i, j + 1) || (i < a.size() && known(i + 1, j));
    if (i == a.size() || j == b.size()) return i == a.size() && j == b.size();
    return (a[i] == '?' || b[j] == '?' || a[i] == b[j]) && known(i + 1, j + 1);
  });
}

bool overlap_of_arns(std::string_view a, std::string_view b) {
  for (int part = 0; part < 5; ++part) {
    const std::size_t one = a.find(':'), other = b.find(':');
    if (one == std::string_view::npos || other == std::string_view::npos) break;  // `*`, and what is no whole ARN
    if (!overlap(a.substr(0, one), b.substr(0, other), text::Case::exact)) return false;
    a.remove_prefix(one + 1);
    b.remove_prefix(other + 1);
  }
  return overlap(a, b, text::Case::exact);
}

std::vector<std::string> all_but(const Service& service, const std::string& within,
                                 const std::vector<std::string>& excluded) {
  return Complement(service, within, excluded).patterns();
}

}  // namespace ringwall::catalogue
