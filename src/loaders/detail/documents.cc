#include "loaders/detail/documents.h"

#include "loaders/detail/denying.h"
#include "text/encode.h"

namespace ringwall::loaders::detail {
// A document's text, and where it stands.
struct Documents::Text {
  std::string_view text;
  std::string decoded;  // what `text` views when the file has it encoded
  text::Position position;
  std::uint32_t offset;
  bool verbatim;

  static Result<Text> of(const Answer& answer, const Json& value);
  void imply_resources();
  // A position in the document as one in the file, as near as that can be said.
  text::Position in_file(text::Position inner) const { return verbatim ? within(position, inner) : position; }
};

Result<Documents::Text> Documents::Text::of(const Answer& answer, const Json& value) {
  Text text{.text = {}, .decoded = {}, .position = answer.position(value), .offset = value.offset(), .verbatim = value.is_object()};
  if (value.is_object()) {
    const std::size_t end = end_of_value(answer.text(), value.offset());
    text.text = answer.text().substr(value.offset(), end - value.offset());
  } else if (value.is_string()) {
    const std::string_view whole = value.as_string();
    if (whole.starts_with('%')) {
      RW_TRY(text.decoded, text::percent_decode(whole, false));
    } else {
      text.decoded = whole;
    }
  } else {
    return fail(Failure::invalid, "there is no policy document here");
  }
  return text;
}

// What is no JSON stays as it is, and will not compile.
void Documents::Text::imply_resources() {
  Result<Json> json = text::parse_json(text);
  if (!json || !json->is_object()) return;
  const auto imply = [](Json& statement) {
    if (statement.is_object() && !statement.contains("Resource") && !statement.contains("NotResource")) statement.set("Resource", "*");
  };
  if (Json& statements = json->edit("Statement"); statements.is_array()) {
    for (Json& statement : statements.edit_items()) imply(statement);
  } else {
    imply(statements);
  }
  decoded = json->dump();
  verbatim = false;
}

Compiled Documents::compile(const Answer& answer, const Json& value, policy::Kind kind, Resources resources) {
  Result<Text> text = Text::of(answer, value);
  const auto problem = [&](Gap::Kind gap, text::Position position, std::string message) {
    return std::make_shared<const Gap>(Gap{.kind = gap, .subject = {}, .path = std::string(answer.path()), .position = position, .message = std::move(message)});
  };
  if (!text) return {denying(kind), problem(Gap::Kind::unreadable, answer.position(value), text.error().message)};
  const auto unfilled = [&](std::string_view whole, std::string_view placeholder) {
    const text::Position inner = text::position_of(whole, static_cast<std::uint32_t>(placeholder.data() - whole.data()));
    return problem(Gap::Kind::placeholder, text->in_file(inner), "`" + std::string(placeholder) + "` was to be filled in");
  };
  if (!text->verbatim) text->text = text->decoded;
  if (resources == Resources::implied) {
    text->imply_resources();
    if (!text->verbatim) text->text = text->decoded;
  }

  const auto known = known_.find({text->text, kind});
  Known found;
  if (known != known_.end()) {
    found = known->second;
  } else {
    Result<policy::DocumentPtr> compiled = policy::compile(text->text, kind, policy::Quota::waived);
    if (!compiled) {
      const std::string_view placeholder = placeholder_in(text->text);
      if (!placeholder.empty()) return {denying(kind), unfilled(text->text, placeholder)};
      const Complaint complaint = complaint_in(compiled.error().message);
      const std::string& why = text->verbatim ? complaint.why : compiled.error().message;
      return {denying(kind), problem(Gap::Kind::unreadable, text->in_file(complaint.position), "the policy cannot be read: " + why)};
    }
    found = {.document = *compiled, .placeholder = placeholder_in((*compiled)->source())};
    sources_.emplace(compiled->get(), Source{.path = std::string(answer.path()), .position = text->position, .offset = text->offset, .verbatim = text->verbatim});
    known_.emplace(Key{(*compiled)->source(), kind}, found);
  }
  if (found.placeholder.empty()) return {found.document};
  return {found.document, unfilled(found.document->source(), found.placeholder)};
}

Compiled Documents::missing(std::string_view path, policy::Kind kind, std::string message) {
  Gap gap{.kind = Gap::Kind::missing, .subject = {}, .path = std::string(path), .message = std::move(message)};
  return {denying(kind), std::make_shared<const Gap>(std::move(gap))};
}

policy::DocumentPtr Documents::use(const Compiled& compiled, std::string_view subject) const {
  if (compiled.problem != nullptr) {
    gaps_.push_back(*compiled.problem);
    gaps_.back().subject = subject;
  }
  return compiled.document;
}

policy::DocumentPtr Documents::denying(policy::Kind kind) {
  policy::DocumentPtr& document = denying_[kind];
  if (document == nullptr) document = detail::denying(kind);
  return document;
}

}  // namespace ringwall::loaders::detail
