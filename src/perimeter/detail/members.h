#pragma once
// The members of a perimeter file, said once: the reader checks against this table, and the schema
// is held to it by a test.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ringwall::perimeter::detail {

// What a text must look like.
enum class Form : std::uint8_t {
  any,           // something that is not a placeholder
  name,          // letters, digits and . _ - : an exception's name
  organization,  // o-…
  account,       // 12 digits
  region,        // us-east-1
  cidr,
  vpc,
  endpoint,
  service,    // cloudtrail.amazonaws.com
  action,     // s3:Get*, or *
  resource,   // an ARN pattern, or *
  date,       // 2026-12-31
  objective,  // a name of Objective
  principal,  // an ARN pattern, an account, a service or `anonymous`
  administrator,  // an ARN pattern whose account and name are not both open
  sessions,       // ec2, glue, lambda or users
  prefix,         // s3
  issuer,     // token.actions.githubusercontent.com: a URL without its scheme
};
// What is expected, for people: "an organisation's id, as `o-a1b2c3d4e5`".
std::string_view expectation(Form form);
// Why the text is not of that form; nothing if it is.
std::optional<std::string> objection(Form form, std::string_view text);

enum class Shape : std::uint8_t { text, texts, flag, object, objects };
enum class Section : std::uint8_t { perimeter, networks, service, identity_provider, governance, rollout, agents, aws_owned, exception };
inline constexpr std::size_t section_count = 9;

struct Member {
  std::string_view name;
  Shape shape;
  Form form = Form::any;  // of text and texts
  bool required = false;
  Section section = Section::perimeter;  // of object and objects
  // Of texts: at least one, if the member is there at all. An empty list reads as if it narrowed
  // to nothing, and means the opposite.
  bool filled = true;
};
std::span<const Member> members_of(Section section);
std::string_view name_of(Section section);  // its name among the schema's $defs

}  // namespace ringwall::perimeter::detail
