#include "loaders/detail/given_policies.h"

#include <fmt/format.h>

#include "loaders/detail/declared.h"
#include "text/encode.h"

namespace ringwall::loaders::declared {
namespace {

std::string_view last_part(std::string_view text) { return text.substr(text.rfind('/') + 1); }

// The document in what `iam get-policy-version` prints, in a file of AWS's, or alone.
const Json& document_in(const Json& json) {
  for (const char* member : {"PolicyVersion", "policyVersion"}) {
    if (json[member].is_object()) return document_in(json[member]);
  }
  for (const char* member : {"Document", "document", "PolicyDocument"}) {
    if (json.contains(member)) return json[member];
  }
  return json;
}

Written written_in(const Text& text) {
  const Place begin{&text, 0};
  const auto json = text::parse_json(text.text());
  if (!json) return {.place = begin, .unknown = fmt::format("this policy cannot be read: {}", json.error().message)};
  const Json& document = document_in(*json);
  if (document.is_object()) return written(document, {&text, document.offset()}, false);
  std::string whole(document.as_string());
  if (const auto decoded = text::percent_decode(whole, false); whole.starts_with('%') && decoded) whole = *decoded;
  if (whole.empty()) return {.place = begin, .unknown = "there is no policy document in this file"};
  return {.text = std::move(whole), .place = {&text, document.offset()}};
}

}  // namespace

std::string_view account_part(std::string_view arn) {
  for (int part = 0; part < 4; ++part) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return arn.substr(0, arn.find(':'));
}

GivenPolicies::GivenPolicies(const Options& options) {
  for (const File& file : options.managed_policies) {
    std::string_view name = last_part(file.path);
    if (name.ends_with(".json")) name.remove_suffix(5);
    files_.emplace(name, &file);
  }
}

std::optional<Written> GivenPolicies::find(const std::string& arn) {
  if (account_part(arn) != "aws") return std::nullopt;
  const auto found = files_.find(last_part(arn));
  if (found == files_.end()) return std::nullopt;
  std::unique_ptr<Text>& text = texts_[found->second];
  if (text == nullptr) text = std::make_unique<Text>(*found->second);
  return written_in(*text);
}

}  // namespace ringwall::loaders::declared
