// From text to a compiled document: the grammar of the policy language, and what each kind of
// policy takes from it. A table says which elements a kind has; everything else is refused.

#include <algorithm>
#include <set>

#include "policy/detail/document.h"

namespace ringwall::policy {
namespace {

using detail::Sense;
using detail::shown;
using detail::Source;
using detail::Statement;
using detail::Version;
using text::Json;

enum class WhiteSpace : std::uint8_t { counted, not_counted };
enum class Presence : std::uint8_t { required, forbidden };
enum class Sids : std::uint8_t { alphanumeric, any };

// What AWS takes in a policy of each kind.
struct Rules {
  WhiteSpace white_space;
  Presence principal;
  Presence resource;
  Sids sids;
  bool id;                 // may have an Id
  bool names_its_version;  // must have Version 2012-10-17
};

Rules rules_of(Kind kind) {
  using enum WhiteSpace;
  using enum Presence;
  switch (kind) {
    case Kind::identity:
    case Kind::boundary:
      return {not_counted, forbidden, required, Sids::alphanumeric, false, false};
    case Kind::session:
      return {counted, forbidden, required, Sids::alphanumeric, false, false};
    case Kind::trust:
      return {not_counted, required, forbidden, Sids::alphanumeric, true, false};
    case Kind::scp:
      return {counted, forbidden, required, Sids::alphanumeric, false, true};
    case Kind::rcp:
      return {counted, required, required, Sids::alphanumeric, false, true};
    case Kind::resource:
    case Kind::key:
    case Kind::endpoint:
      break;
  }
  return {counted, required, required, Sids::any, true, false};
}

// Characters, not bytes; white space outside strings only where the kind counts it.
std::size_t characters_in(std::string_view text, WhiteSpace white_space) {
  std::size_t count = 0;
  bool in_string = false, escaped = false;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) == 0x80) continue;  // the rest of a UTF-8 character
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (in_string || !blank || white_space == WhiteSpace::counted) ++count;
    if (c == '"' && !escaped) in_string = !in_string;
    escaped = c == '\\' && !escaped;
  }
  return count;
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// `*`, or a service in full, a colon, and a name that may hold wildcards. `*:*` is AWS's other `*`.
bool is_action(std::string_view action) {
  if (action == "*" || action == "*:*") return true;
  const std::size_t colon = action.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == action.size()) return false;
  const auto in_service = [](char c) { return is_alphanumeric(c) || c == '-'; };
  const auto in_name = [](char c) {
    return is_alphanumeric(c) || c == '*' || c == '?' || c == '-' || c == '_' || c == '.';
  };
  return std::ranges::all_of(action.substr(0, colon), in_service) &&
         std::ranges::all_of(action.substr(colon + 1), in_name);
}

// Calls `each` with the string itself or with every string of the list.
template <typename Each>
Result<> for_each_string(const Source& source, std::string_view element, const Json& value,
                         Each each) {
  const auto one = [&](const Json& item) -> Result<> {
    if (!item.is_string()) return source.refuse(item, shown(element) + " takes strings only");
    return each(item);
  };
  if (!value.is_array()) return one(value);
  if (value.items().empty()) return source.refuse(value, "an empty list of " + shown(element));
  for (const Json& item : value.items()) RW_DO(one(item));
  return {};
}

class Compiler {
 public:
  Compiler(std::string_view text, Kind kind)
      : text_(text), source_(text), kind_(kind), rules_(rules_of(kind)) {}

  Result<DocumentPtr> compile() {
    if (text_.size() > document_bytes_max) {
      return fail(Failure::exhausted, "a policy document of " + std::to_string(text_.size()) +
                                          " bytes: the limit is " +
                                          std::to_string(document_bytes_max));
    }
    RW_TRY(const Json document, text::parse_json(text_));
    const std::size_t size = characters_in(text_, rules_.white_space),
                      size_max = characters_max(kind_);
    if (size > size_max) {
      return fail(Failure::exhausted, kind_name() + " of " + std::to_string(size) +
                                          " characters: the limit is " + std::to_string(size_max));
    }
    if (!document.is_object())
      return source_.refuse(document, "a policy document must be an object");
    RW_DO(read_header(document));
    RW_DO(read_statements(document));
    return std::make_shared<const detail::CompiledDocument>(kind_, std::string(text_),
                                                            std::move(statements_));
  }

 private:
  std::unexpected<Error> refuse(const Json& value, std::string_view why) const {
    return source_.refuse(value, why);
  }
  std::string kind_name() const {
    return (kind_ == Kind::identity ? "an " : "a ") + std::string(name_of(kind_));
  }

  Result<> read_header(const Json& document) {
    for (const auto& [name, value, offset] : document.members()) {
      if (name == "Id") {
        if (!rules_.id) return source_.refuse(offset, kind_name() + " has no `Id`");
        if (!value.is_string()) return refuse(value, "`Id` must be a string");
      } else if (name != "Version" && name != "Statement") {
        return source_.refuse(offset, "unknown element " + shown(name) + " in a policy document");
      }
    }
    const Json* version = document.find("Version");
    if (version == nullptr) {
      if (rules_.names_its_version)
        return refuse(document, kind_name() + " must say `\"Version\": \"2012-10-17\"`");
      return {};
    }
    const std::string_view date = version->as_string();
    if (date == "2012-10-17") {
      version_ = Version::v2012_10_17;
    } else if (date != "2008-10-17" || rules_.names_its_version) {
      return refuse(*version, "`Version` must be `2012-10-17`" +
                                  std::string(rules_.names_its_version ? "" : " or `2008-10-17`"));
    }
    return {};
  }

  Result<> read_statements(const Json& document) {
    const Json* statements = document.find("Statement");
    if (statements == nullptr) return refuse(document, "`Statement` is missing");
    if (statements->is_object()) return read_statement(*statements);
    if (!statements->is_array())
      return refuse(*statements, "`Statement` must be a statement or a list of them");
    if (statements->items().empty()) return refuse(*statements, "an empty list of statements");
    for (const Json& statement : statements->items()) RW_DO(read_statement(statement));
    return {};
  }

  Result<> read_statement(const Json& json) {
    if (!json.is_object()) return refuse(json, "a statement must be an object");
    static constexpr std::string_view elements[] = {"Sid",          "Effect",      "Principal",
                                                    "NotPrincipal", "Action",      "NotAction",
                                                    "Resource",     "NotResource", "Condition"};
    for (const auto& [name, value, offset] : json.members()) {
      if (std::ranges::find(elements, name) == std::end(elements))
        return source_.refuse(offset, "unknown element " + shown(name) + " in a statement");
    }
    Statement statement;
    statement.position = source_.position(json.offset());
    RW_DO(read_sid(json, statement));
    RW_DO(read_effect(json, statement));
    RW_DO(read_principal(json, statement));
    RW_DO(read_action(json, statement));
    RW_DO(read_resource(json, statement));
    if (const Json* condition = json.find("Condition")) {
      RW_TRY(statement.conditions, detail::compile_conditions(*condition, version_, source_));
    }
    if (kind_ == Kind::rcp) RW_DO(check_resource_control(json, statement));
    statements_.push_back(std::move(statement));
    return {};
  }

  Result<> read_sid(const Json& json, Statement& statement) {
    const Json* sid = json.find("Sid");
    if (sid == nullptr) return {};
    if (!sid->is_string()) return refuse(*sid, "`Sid` must be a string");
    statement.sid = sid->as_string();
    if (rules_.sids == Sids::alphanumeric && !std::ranges::all_of(statement.sid, is_alphanumeric)) {
      return refuse(*sid,
                    "the `Sid` " + shown(statement.sid) + " may hold letters and digits only");
    }
    if (!statement.sid.empty() && !sids_.insert(statement.sid).second)
      return refuse(*sid, "the `Sid` " + shown(statement.sid) + " stands here a second time");
    return {};
  }

  Result<> read_effect(const Json& json, Statement& statement) {
    const Json* effect = json.find("Effect");
    if (effect == nullptr) return refuse(json, "`Effect` is missing");
    const std::string_view word = effect->as_string();
    if (word != "Allow" && word != "Deny")
      return refuse(*effect, "`Effect` must be `Allow` or `Deny`");
    statement.effect = word == "Allow" ? Effect::allow : Effect::deny;
    return {};
  }

  // Finds which of an element and its negation is there; never both. Null: neither.
  Result<const Json*> one_of(const Json& json, std::string_view name, Sense& sense) {
    const std::string negation = "Not" + std::string(name);
    const Json* listed = json.find(name);
    const Json* all_but = json.find(negation);
    if (listed != nullptr && all_but != nullptr)
      return refuse(*all_but, shown(negation) + " cannot stand beside " + shown(name));
    sense = all_but != nullptr ? Sense::all_but_listed : Sense::listed;
    return all_but != nullptr ? all_but : listed;
  }

  Result<> read_principal(const Json& json, Statement& statement) {
    Sense sense{};
    RW_TRY(const Json* element, one_of(json, "Principal", sense));
    if (rules_.principal == Presence::forbidden) {
      return element == nullptr ? Result<>()
                                : refuse(*element, kind_name() + " names no principal");
    }
    if (element == nullptr) return refuse(json, "`Principal` is missing");
    if (sense == Sense::all_but_listed && statement.effect == Effect::allow) {
      return refuse(*element,
                    "`NotPrincipal` with `Allow` would allow everyone else, anonymous callers "
                    "included: use `Principal` with a Condition");
    }
    RW_TRY(statement.principals, detail::Principals::compile(*element, sense, kind_, source_));
    return {};
  }

  Result<> read_action(const Json& json, Statement& statement) {
    RW_TRY(const Json* element, one_of(json, "Action", statement.action_sense));
    if (element == nullptr) return refuse(json, "`Action` is missing");
    if (kind_ == Kind::trust && statement.action_sense == Sense::all_but_listed)
      return refuse(*element, "a role trust policy takes `Action` only");
    return for_each_string(source_, "Action", *element, [&](const Json& item) -> Result<> {
      const std::string_view action = item.as_string();
      if (!is_action(action))
        return refuse(item, shown(action) + " is not an action such as `s3:GetObject` or `s3:*`");
      if (kind_ == Kind::trust && !action.starts_with("sts:"))
        return refuse(item,
                      "a role trust policy may list actions of `sts:` only, not " + shown(action));
      statement.actions.emplace_back(action == "*:*" ? "*" : action, text::Case::ignore);
      return {};
    });
  }

  Result<> read_resource(const Json& json, Statement& statement) {
    RW_TRY(const Json* element, one_of(json, "Resource", statement.resource_sense));
    if (rules_.resource == Presence::forbidden) {
      return element == nullptr
                 ? Result<>()
                 : refuse(*element, kind_name() + " names no resource: it is the role's own");
    }
    if (element == nullptr) return refuse(json, "`Resource` is missing");
    return for_each_string(source_, "Resource", *element, [&](const Json& item) -> Result<> {
      auto pattern = detail::compile_resource(item.as_string(), version_);
      if (!pattern) return refuse(item, pattern.error().message);
      statement.resources.push_back(*std::move(pattern));
      return {};
    });
  }

  // Customers' resource control policies only deny, to everyone, within named services. The one
  // that allows is AWS's own, which lets everything pass.
  Result<> check_resource_control(const Json& json, const Statement& statement) {
    if (json["Principal"].as_string() != "*")
      return refuse(json, "a resource control policy must say `\"Principal\": \"*\"`");
    if (statement.action_sense == Sense::all_but_listed)
      return refuse(json["NotAction"], "a resource control policy takes `Action` only");
    if (statement.effect == Effect::allow) {
      const bool passes_all = json["Action"].as_string() == "*" &&
                              json["Resource"].as_string() == "*" && !json.contains("Condition");
      return passes_all
                 ? Result<>()
                 : refuse(
                       json["Effect"],
                       "a resource control policy can only deny; it allows by `RCPFullAWSAccess`");
    }
    return for_each_string(source_, "Action", json["Action"], [&](const Json& item) -> Result<> {
      if (item.as_string().starts_with('*'))
        return refuse(item, "a resource control policy must name the service, as in `s3:*`");
      return {};
    });
  }

  std::string_view text_;
  Source source_;
  Kind kind_;
  Rules rules_;
  Version version_ = Version::v2008_10_17;
  std::set<std::string> sids_;
  std::vector<Statement> statements_;
};

}  // namespace

Result<DocumentPtr> compile(std::string_view json, Kind kind) {
  return Compiler(json, kind).compile();
}

}  // namespace ringwall::policy
