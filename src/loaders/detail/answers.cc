#include "loaders/detail/answers.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace ringwall::loaders::detail {
namespace {

constexpr std::string_view refused_path = "refused.json";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == ' ' || c == '.'; }

// `<account>`, `<your account id>`: no ARN, id or key has angle brackets.
std::string_view bracketed_at(std::string_view rest) {
  std::size_t end = 1;
  while (end < rest.size() && is_word(rest[end])) ++end;
  if (end == 1 || end == rest.size() || rest[end] != '>' || !is_letter(rest[1])) return {};
  return rest.substr(0, end + 1);
}

// `${account}` and `${AWS::AccountId}`; a policy variable has one colon, or is a single escaped sign.
std::string_view variable_at(std::string_view rest) {
  const std::size_t end = rest.find_first_of("}\"", 2);
  if (end == std::string_view::npos || rest[end] != '}') return {};
  const std::string_view name = rest.substr(2, end - 2);
  if (name == "*" || name == "?" || name == "$") return {};
  const bool is_policy_variable = name.find(':') != std::string_view::npos && name.find("::") == std::string_view::npos;
  return is_policy_variable ? std::string_view() : rest.substr(0, end + 1);
}

// `o-xxxxxxxxxx`, `vpc-XXXX`: an id whose every sign is an x.
std::string_view crossed_at(std::string_view text, std::size_t dash) {
  std::size_t begin = dash;
  while (begin > 0 && text[begin - 1] >= 'a' && text[begin - 1] <= 'z') --begin;
  std::size_t end = dash + 1;
  while (end < text.size() && (text[end] == 'x' || text[end] == 'X')) ++end;
  if (begin == dash || end - dash < 4) return {};
  if (end < text.size() && (is_letter(text[end]) || (text[end] >= '0' && text[end] <= '9'))) return {};
  static constexpr std::array<std::string_view, 6> prefixes = {"o", "r", "ou", "vpc", "vpce", "p"};
  if (std::ranges::find(prefixes, text.substr(begin, dash - begin)) == prefixes.end()) return {};
  return text.substr(begin, end - begin);
}

std::string_view spelt_out_in(std::string_view text) {
  static constexpr std::array<std::string_view, 5> words = {"REPLACE_ME", "REPLACEME", "CHANGE_ME", "CHANGEME", "YOUR_ACCOUNT_ID"};
  std::string_view first;
  for (const std::string_view word : words) {
    const std::size_t at = text.find(word);
    if (at != std::string_view::npos && (first.empty() || text.data() + at < first.data())) first = text.substr(at, word.size());
  }
  return first;
}

// Does the answer say that it is not all of it?
const Json* more_pages(const Json& json) {
  for (const char* flag : {"IsTruncated", "Truncated"}) {
    if (json[flag].as_bool()) return &json[flag];
  }
  for (const char* token : {"NextToken", "nextToken", "NextMarker", "Marker", "LastEvaluatedTableName", "ContinuationToken"}) {
    if (!json.text(token).empty()) return &json[token];
  }
  return nullptr;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

}  // namespace

Lines::Lines(std::string_view text) {
  starts_.push_back(0);
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
    starts_.push_back(static_cast<std::uint32_t>(at + 1));
  }
}

text::Position Lines::at(std::uint32_t offset) const {
  const auto after = std::ranges::upper_bound(starts_, offset);
  const auto line = static_cast<std::uint32_t>(after - starts_.begin());
  return {.line = line, .column = offset - *std::prev(after) + 1};
}

std::size_t end_of_value(std::string_view text, std::size_t offset) {
  std::size_t depth = 0;
  for (std::size_t i = offset; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '\\') ++i;
      }
      if (i >= text.size()) return std::string_view::npos;
    } else if (c == '{' || c == '[') {
      ++depth;
      continue;
    } else if (c != '}' && c != ']') {
      continue;
    } else if (depth > 0) {
      --depth;
    }
    if (depth == 0) return i + 1;
  }
  return std::string_view::npos;
}

text::Position within(text::Position base, text::Position position) {
  return {.line = base.line + position.line - 1,
          .column = position.line == 1 ? base.column + position.column - 1 : position.column};
}

Complaint complaint_in(const std::string& message) {
  constexpr std::string_view line = "line ", column = ", column ", colon = ": ";
  Complaint complaint{.position = {}, .why = message};
  const std::string_view whole = message;
  if (!whole.starts_with(line)) return complaint;
  const char* end = whole.data() + whole.size();
  text::Position at;
  const auto number = std::from_chars(whole.data() + line.size(), end, at.line);
  if (!std::string_view(number.ptr, end).starts_with(column)) return complaint;
  const auto second = std::from_chars(number.ptr + column.size(), end, at.column);
  if (!std::string_view(second.ptr, end).starts_with(colon)) return complaint;
  return {.position = at, .why = std::string(second.ptr + colon.size(), end)};
}

std::string_view placeholder_in(std::string_view text) {
  for (std::size_t i = text.find_first_of("<$-"); i != std::string_view::npos; i = text.find_first_of("<$-", i + 1)) {
    const std::string_view rest = text.substr(i);
    std::string_view found;
    if (rest.front() == '<') found = bracketed_at(rest);
    if (rest.starts_with("${")) found = variable_at(rest);
    if (rest.front() == '-') found = crossed_at(text, i);
    if (!found.empty()) return found;
  }
  return spelt_out_in(text);
}

std::string_view account_in_arn(std::string_view arn) {
  for (int colon = 0; colon < 4; ++colon) {
    const std::size_t at = arn.find(':');
    if (at == std::string_view::npos) return {};
    arn.remove_prefix(at + 1);
  }
  return arn.substr(0, arn.find(':'));
}

Folder::Folder(std::span<const File> files, std::vector<Gap>& gaps) : gaps_(gaps) {
  for (const File& file : files) {
    std::string_view path = file.path;
    while (path.starts_with("./")) path.remove_prefix(2);
    files_.emplace(path, &file);
  }
  read_refused();
}

std::vector<std::string> Folder::names_in(std::string_view folder) const {
  std::vector<std::string> names;
  for (auto at = files_.lower_bound(folder); at != files_.end() && at->first.starts_with(folder);) {
    const std::string_view rest = at->first.substr(folder.size());
    const std::size_t slash = rest.find('/');
    names.emplace_back(rest.substr(0, slash));
    if (slash == std::string_view::npos) {
      ++at;
    } else {
      // The sign behind the slash: past everything in that folder.
      at = files_.lower_bound(std::string(folder) + names.back() + static_cast<char>('/' + 1));
    }
  }
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

void Folder::read_refused() {
  const auto found = files_.find(refused_path);
  if (found == files_.end()) return;
  const Result<Json> json = text::parse_json(found->second->text);
  if (!json) {
    const Complaint complaint = complaint_in(json.error().message);
    gap({.kind = Gap::Kind::unreadable, .subject = "*", .path = std::string(refused_path), .position = complaint.position, .message = complaint.why});
    return;
  }
  for (const Json& call : (*json)["Refused"].items()) {
    refused_.try_emplace(call.str("Path"), "`" + call.str("Operation") + "` was refused: " + call.str("Message"));
  }
}

bool Folder::has_any(const std::string& folder, const std::string& subject) const {
  const auto at = files_.lower_bound(folder);
  if (at != files_.end() && at->first.starts_with(folder)) return true;
  missing(folder, {subject}, "nothing is here");
  return false;
}

void Folder::missing(const std::string& path, const std::vector<std::string>& subjects, const char* what) const {
  auto refusal = refused_.find(path);
  // What a folder was refused for ("accounts/…/") is why everything in it is missing.
  for (std::size_t slash = path.find_last_of('/'); refusal == refused_.end() && slash != std::string::npos && slash > 0; slash = path.rfind('/', slash - 1)) {
    refusal = refused_.find(std::string_view(path).substr(0, slash + 1));
  }
  const std::string message = refusal != refused_.end() ? refusal->second : std::string(what) + ": run `ringwall collect` again, or see which call of the AWS CLI writes it";
  for (const std::string& subject : subjects) gap({.kind = Gap::Kind::missing, .subject = subject, .path = path, .message = message});
}

void Folder::gap(Gap::Kind kind, std::string_view subject, const Answer& answer, const Json& at, std::string message) const {
  gap({.kind = kind, .subject = std::string(subject), .path = std::string(answer.path()), .position = answer.position(at), .message = std::move(message)});
}

AnswerPtr Folder::read(const std::string& path, const std::vector<std::string>& subjects, std::string_view member) const {
  const auto found = files_.find(path);
  if (found == files_.end()) {
    missing(path, subjects);
    return nullptr;
  }
  const std::string_view text = found->second->text;
  const auto all = [&](Gap::Kind kind, text::Position position, const std::string& message) {
    for (const std::string& subject : subjects) gap({.kind = kind, .subject = subject, .path = path, .position = position, .message = message});
  };
  if (is_blank(text)) {
    all(Gap::Kind::truncated, {}, "the file is empty: the call failed or was cut off; write `{}` where AWS answered that there is nothing");
    return nullptr;
  }
  Result<Json> json = text::parse_json(text, {.bytes_max = export_file_bytes_max});
  if (!json) {
    const bool is_cut = text.size() <= export_file_bytes_max && end_of_value(text, 0) == std::string_view::npos;
    const Complaint complaint = complaint_in(json.error().message);
    if (is_cut) {
      all(Gap::Kind::truncated, Lines(text).at(static_cast<std::uint32_t>(text.size())), "the file ends before its JSON does");
    } else {
      all(Gap::Kind::unreadable, complaint.position, complaint.why);
    }
    return nullptr;
  }
  auto answer = std::make_unique<const Answer>(found->first, text, *std::move(json));
  const Json& value = answer->json();
  if (!value.is_object() || (!member.empty() && !value.members().empty() && !value.contains(member))) {
    all(Gap::Kind::unreadable, {}, "this is not the answer that belongs here: it has no `" + std::string(member) + "`");
    return nullptr;
  }
  if (const Json* more = more_pages(value)) {
    all(Gap::Kind::truncated, answer->position(*more), "the answer says that there are more pages: let the AWS CLI fetch them all");
  }
  return answer;
}

}  // namespace ringwall::loaders::detail
