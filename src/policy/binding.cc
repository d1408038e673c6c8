#include "policy/binding.h"

#include <algorithm>
#include <vector>

#include "text/json.h"

namespace ringwall::policy {
namespace {

// One past the closing quotation mark of the string that begins at `offset` of a text that was read.
std::size_t end_of_string(std::string_view text, std::size_t offset) {
  std::size_t at = offset + 1;
  while (at < text.size() && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return at + 1;
}

}  // namespace

Result<DocumentPtr> compile_bound(std::string_view text, Kind kind, Quota quota) {
  RW_TRY(const Syntax syntax, read_bound(text, kind, quota));
  return std::make_shared<const Document>(std::string(text), syntax);
}

Result<std::string> rename_principals(std::string_view text, Kind kind, const Rename& rename) {
  RW_TRY(const Syntax syntax, read_bound(text, kind, Quota::waived));
  struct Change {
    std::size_t offset;
    std::string name;
  };
  std::vector<Change> changes;
  for (const Statement& statement : syntax.statements) {
    if (!statement.principals) continue;
    for (const PrincipalName& name : statement.principals->names) {
      if (auto other = rename(name)) changes.push_back({name.offset, *std::move(other)});
    }
  }
  std::ranges::sort(changes, {}, &Change::offset);
  std::string renamed;
  std::size_t done = 0;
  for (const Change& change : changes) {
    renamed += text.substr(done, change.offset - done);
    renamed += text::Json(change.name).dump();
    done = end_of_string(text, change.offset);
  }
  renamed += text.substr(done);
  return renamed;
}

}  // namespace ringwall::policy
