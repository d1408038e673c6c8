#include "records/table.h"

#include <algorithm>
#include <cstdio>

#include "base/check.h"
#include "text/encode.h"
#include "text/visible.h"

namespace ringwall::records {
namespace {

bool is_placeholder(char c) { return c == '*' || c == '~'; }

}  // namespace

std::optional<std::string> Spelling::written(std::span<const std::string_view> parts, bool whole) const {
  std::string written;
  std::size_t part = 0;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (!is_placeholder(text_[i])) {
      written += text_[i];
      continue;
    }
    if (part == parts.size()) break;
    const bool is_rest = text_.substr(i).starts_with("**");
    const std::string_view value = parts[part++];
    if (value.empty() || (!is_rest && value.contains('/'))) return std::nullopt;
    written += text_[i] == '~' ? text::lower(value) : std::string(value);
    i += is_rest ? 1 : 0;
  }
  RW_CHECK(part == parts.size() && (!whole || part == this->parts()));
  return written;
}

std::optional<std::string> Spelling::key(std::span<const std::string_view> parts) const { return written(parts, true); }

std::optional<std::string> Spelling::prefix(std::span<const std::string_view> parts) const { return written(parts, false); }

bool Spelling::cut(std::string_view key, std::span<std::string> parts) const {
  std::size_t part = 0;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    if (!is_placeholder(text_[i])) {
      if (!key.starts_with(text_[i])) return false;
      key.remove_prefix(1);
      continue;
    }
    const bool is_rest = text_.substr(i).starts_with("**");
    const std::string_view value = is_rest ? key : key.substr(0, key.find('/'));
    if (value.empty()) return false;
    parts[part++] = value;
    key.remove_prefix(value.size());
    i += is_rest ? 1 : 0;
  }
  return key.empty();
}

bool AnyTable::is_of(std::string_view key) const {
  std::array<std::string, parts_max> parts;
  return spelling.cut(key, parts);
}

Result<> check_stored(const store::Store& store, std::span<const AnyTable> tables) {
  for (const store::Entry& entry : store.list("")) {
    const std::string name = "the stored document `" + text::visible(entry.key) + "`";
    const auto table = std::ranges::find_if(tables, [&](const AnyTable& each) { return each.is_of(entry.key); });
    if (table == tables.end()) {
      Problem problem;
      problem.set("is of no kind that is known");
      return fail(detail::not_understood(problem).error(), name);
    }
    if (const auto understood = table->again(*entry.document); !understood) return fail(understood.error(), name);
  }
  return {};
}

void detail::not_decoded(std::string_view key, const Error& error) {
  std::fprintf(stderr, "ringwall: the document `%s`: %s\n", std::string(key).c_str(), error.message.c_str());
  RW_CHECK(!"what is stored decodes");
  std::abort();
}

}  // namespace ringwall::records
