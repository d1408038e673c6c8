// From text to what it says: the grammar of the policy language, and what each kind of policy takes
// from it. A table says which elements a kind has; everything else is refused.
//
// Where the quotas are waived a document is read as AWS keeps it, for it was written elsewhere: what
// AWS stores and this server refuses to store then means what it means there. Such are an `Id` in an
// identity-based policy, where the grammar has none and it means nothing, `NotAction` in a role's trust
// policy, a resource-based policy without `Resource` (of services whose policies
// take none: it is about the resource that has it), and one whose list of statements is empty, as
// services leave it when the last permission is removed. `NotPrincipal` with `Allow` is read so in a
// bound text only: those who look for whom a policy names would look for whom it exempts.

#include "policy/syntax.h"

#include <algorithm>
#include <set>

#include "policy/binding.h"
#include "policy/detail/reader.h"
#include "policy/quotas.h"

namespace ringwall::policy {
namespace {

using detail::shown;
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

class Grammar {
 public:
  Grammar(std::string_view text, Kind kind, Quota quota, detail::Names names, Parsed& parsed)
      : reader_(text, kind, parsed.problems, names),
        rules_(rules_of(kind)),
        quota_(quota),
        syntax_(parsed.syntax) {
    syntax_.kind = kind;
  }

  void read() {
    const std::size_t bytes_max = quota_ == Quota::kept ? document_bytes_max : waived_bytes_max;
    if (reader_.text().size() > bytes_max) {
      return reader_.report(Fault::size, 0U,
                            "a policy document of " + std::to_string(reader_.text().size()) +
                                " bytes: the limit is " + std::to_string(bytes_max));
    }
    const Result<Json> document = text::parse_json(reader_.text());
    if (!document) return reader_.report_json(document.error().message);
    if (quota_ == Quota::kept) check_size();
    if (!document->is_object())
      return reader_.report(Fault::not_an_object, *document, "a policy document must be an object");
    read_header(*document);
    read_statements(*document);
  }

 private:
  bool as_kept() const { return quota_ == Quota::waived; }

  void check_size() {
    // A role's inline policy may be longer than one that has an ARN.
    const std::size_t size_max = reader_.kind() == Kind::identity ? inline_policy_characters_max
                                                                  : characters_max(reader_.kind());
    if (reader_.text().size() <= size_max) return;  // a character has a byte at least
    const std::size_t size = characters_in(reader_.text(), rules_.white_space);
    if (size <= size_max) return;
    reader_.report(Fault::size, 0U,
                   reader_.kind_name() + " of " + std::to_string(size) +
                       " characters: the limit is " + std::to_string(size_max));
  }

  void read_header(const Json& document) {
    for (const auto& [name, value, offset] : document.members()) {
      if (name == "Id") {
        if (!rules_.id && !(as_kept() && reader_.kind() == Kind::identity)) {
          reader_.report(Fault::unsupported_element, offset, reader_.kind_name() + " has no `Id`");
        } else if (!value.is_string()) {
          reader_.report(Fault::wrong_type, value, "`Id` must be a string");
        }
        syntax_.id = value.as_string();
      } else if (name != "Version" && name != "Statement") {
        reader_.report(Fault::unknown_element, offset,
                       "unknown element " + shown(name) + " in a policy document");
      }
    }
    const Json* version = document.find("Version");
    if (version == nullptr) {
      if (!rules_.names_its_version) return;
      return reader_.report(Fault::missing_version, document,
                            reader_.kind_name() + " must say `\"Version\": \"2012-10-17\"`");
    }
    const std::string_view date = version->as_string();
    if (date == "2012-10-17") {
      syntax_.version = Version::v2012_10_17;
    } else if (date != "2008-10-17" || rules_.names_its_version) {
      reader_.report(Fault::invalid_version, *version,
                     "`Version` must be `2012-10-17`" +
                         std::string(rules_.names_its_version ? "" : " or `2008-10-17`"));
    }
  }

  void read_statements(const Json& document) {
    const Json* statements = document.find("Statement");
    if (statements == nullptr)
      return reader_.report(Fault::missing_statement, document, "`Statement` is missing");
    if (statements->is_object()) return read_statement(*statements);
    if (!statements->is_array()) {
      return reader_.report(Fault::wrong_type, *statements,
                            "`Statement` must be a statement or a list of them");
    }
    if (statements->items().empty() && !(as_kept() && reader_.kind() == Kind::resource))
      return reader_.report(Fault::empty_list, *statements, "an empty list of statements");
    for (const Json& statement : statements->items()) read_statement(statement);
  }

  void read_statement(const Json& json) {
    if (!json.is_object())
      return reader_.report(Fault::wrong_type, json, "a statement must be an object");
    static constexpr std::string_view elements[] = {"Sid",          "Effect",      "Principal",
                                                    "NotPrincipal", "Action",      "NotAction",
                                                    "Resource",     "NotResource", "Condition"};
    for (const auto& [name, value, offset] : json.members()) {
      if (std::ranges::find(elements, name) == std::end(elements)) {
        reader_.report(Fault::unknown_element, offset,
                       "unknown element " + shown(name) + " in a statement");
      }
    }
    Statement statement;
    statement.offset = json.offset();
    read_sid(json, statement);
    read_effect(json, statement);
    read_principal(json, statement);
    read_action(json, statement);
    read_resource(json, statement);
    if (const Json* condition = json.find("Condition"))
      statement.conditions = detail::read_conditions(reader_, *condition, syntax_.version);
    if (reader_.kind() == Kind::rcp) check_resource_control(json, statement);
    syntax_.statements.push_back(std::move(statement));
  }

  void read_sid(const Json& json, Statement& statement) {
    const Json* sid = json.find("Sid");
    if (sid == nullptr) return;
    if (!sid->is_string()) return reader_.report(Fault::wrong_type, *sid, "`Sid` must be a string");
    statement.sid = sid->as_string();
    if (rules_.sids == Sids::alphanumeric && !std::ranges::all_of(statement.sid, is_alphanumeric)) {
      reader_.report(Fault::invalid_sid, *sid,
                     "the `Sid` " + shown(statement.sid) + " may hold letters and digits only");
    } else if (!statement.sid.empty() && !sids_.insert(statement.sid).second) {
      reader_.report(Fault::duplicate_sid, *sid,
                     "the `Sid` " + shown(statement.sid) + " stands here a second time");
    }
  }

  void read_effect(const Json& json, Statement& statement) {
    const Json* effect = json.find("Effect");
    if (effect == nullptr)
      return reader_.report(Fault::missing_effect, json, "`Effect` is missing");
    const std::string_view word = effect->as_string();
    if (word != "Allow" && word != "Deny")
      return reader_.report(Fault::invalid_effect, *effect, "`Effect` must be `Allow` or `Deny`");
    statement.effect = word == "Allow" ? Effect::allow : Effect::deny;
  }

  // Finds which of an element and its negation is there; never both. Null: neither, or both.
  const Json* one_of(const Json& json, std::string_view name, Sense& sense) {
    const std::string negation = "Not" + std::string(name);
    const Json* listed = json.find(name);
    const Json* all_but = json.find(negation);
    if (listed != nullptr && all_but != nullptr) {
      reader_.report(Fault::conflicting_elements, *all_but,
                     shown(negation) + " cannot stand beside " + shown(name));
    }
    sense = listed == nullptr && all_but != nullptr ? Sense::all_but_listed : Sense::listed;
    return listed != nullptr ? listed : all_but;
  }

  void read_principal(const Json& json, Statement& statement) {
    Sense sense{};
    const Json* element = one_of(json, "Principal", sense);
    if (rules_.principal == Presence::forbidden) {
      if (element == nullptr) return;
      return reader_.report(Fault::unsupported_element, *element,
                            reader_.kind_name() + " names no principal");
    }
    if (element == nullptr)
      return reader_.report(Fault::missing_principal, json, "`Principal` is missing");
    if (sense == Sense::all_but_listed && statement.effect == Effect::allow &&
        !(as_kept() && reader_.names() == detail::Names::bound)) {
      reader_.report(Fault::allow_with_not_principal, *element,
                     "`NotPrincipal` with `Allow` would allow everyone else, anonymous callers "
                     "included: use `Principal` with a Condition");
    }
    if (sense == Sense::all_but_listed && reader_.kind() == Kind::trust) {
      reader_.report(Fault::unsupported_element, *element,
                     "a role trust policy takes `Principal` only");
    }
    statement.principals = detail::read_principals(reader_, *element, sense);
  }

  void read_action(const Json& json, Statement& statement) {
    const Json* element = one_of(json, "Action", statement.action_sense);
    if (element == nullptr)
      return reader_.report(Fault::missing_action, json, "`Action` is missing");
    const bool trust = reader_.kind() == Kind::trust;
    if (trust && statement.action_sense == Sense::all_but_listed && !as_kept()) {
      reader_.report(Fault::unsupported_element, *element,
                     "a role trust policy takes `Action` only");
    }
    reader_.for_each_string("Action", *element, [&](const Json& item) {
      const std::string_view action = item.as_string();
      if (!is_action(action)) {
        return reader_.report(
            Fault::invalid_action, item,
            shown(action) + " is not an action such as `s3:GetObject` or `s3:*`");
      }
      if (trust && !action.starts_with("sts:")) {
        return reader_.report(
            Fault::unsupported_action, item,
            "a role trust policy may list actions of `sts:` only, not " + shown(action));
      }
      const auto pieces = detail::pieces_of(action == "*:*" ? "*" : action, Version::v2008_10_17,
                                            detail::Wildcards::any);
      statement.actions.push_back({std::string(action), pieces.value_or(Pieces{}), item.offset()});
    });
  }

  void read_resource(const Json& json, Statement& statement) {
    const Json* element = one_of(json, "Resource", statement.resource_sense);
    if (rules_.resource == Presence::forbidden) {
      if (element == nullptr) return;
      return reader_.report(Fault::unsupported_element, *element,
                            reader_.kind_name() + " names no resource: it is the role's own");
    }
    if (element == nullptr) {
      if (as_kept() && reader_.kind() == Kind::resource) return;
      return reader_.report(Fault::missing_resource, json, "`Resource` is missing");
    }
    reader_.for_each_string("Resource", *element, [&](const Json& item) {
      auto pieces = detail::resource_pieces(item.as_string(), syntax_.version);
      if (!pieces) return reader_.report(pieces.error(), item);
      statement.resources.push_back({std::string(item.as_string()), *std::move(pieces), item.offset()});
    });
  }

  // Customers' resource control policies only deny, to everyone, within named services. The one
  // that allows is AWS's own, which lets everything pass.
  void check_resource_control(const Json& json, const Statement& statement) {
    if (json["Principal"].as_string() != "*") {
      return reader_.report(Fault::invalid_principal, json,
                            "a resource control policy must say `\"Principal\": \"*\"`");
    }
    if (statement.action_sense == Sense::all_but_listed) {
      return reader_.report(Fault::unsupported_element, json["NotAction"],
                            "a resource control policy takes `Action` only");
    }
    if (statement.effect == Effect::allow) {
      const bool passes_all = json["Action"].as_string() == "*" &&
                              json["Resource"].as_string() == "*" && !json.contains("Condition");
      if (passes_all) return;
      return reader_.report(
          Fault::rcp_must_deny, json["Effect"],
          "a resource control policy can only deny; it allows by `RCPFullAWSAccess`");
    }
    for (const Listed& action : statement.actions) {
      if (action.text.starts_with('*')) {
        reader_.report(Fault::unsupported_action, action.offset,
                       "a resource control policy must name the service, as in `s3:*`");
      }
    }
  }

  detail::Reader reader_;
  Rules rules_;
  Quota quota_;
  Syntax& syntax_;
  std::set<std::string> sids_;
};

Parsed parse_naming(std::string_view text, Kind kind, Quota quota, detail::Names names) {
  Parsed parsed;
  Grammar(text, kind, quota, names, parsed).read();
  return parsed;
}

Result<Syntax> read_naming(std::string_view text, Kind kind, Quota quota, detail::Names names) {
  Parsed parsed = parse_naming(text, kind, quota, names);
  if (parsed.problems.empty()) return std::move(parsed.syntax);
  const Problem& first = parsed.problems.front();
  if (first.fault == Fault::size) return fail(Failure::exhausted, first.message);
  return fail(Failure::invalid, "line " + std::to_string(first.position.line) + ", column " +
                                    std::to_string(first.position.column) + ": " + first.message);
}

}  // namespace

std::size_t characters_of(std::string_view text, Kind kind) {
  return characters_in(text, rules_of(kind).white_space);
}

Parsed parse(std::string_view text, Kind kind, Quota quota) {
  return parse_naming(text, kind, quota, detail::Names::written);
}
Result<Syntax> read(std::string_view text, Kind kind, Quota quota) {
  return read_naming(text, kind, quota, detail::Names::written);
}
Result<Syntax> read_bound(std::string_view text, Kind kind, Quota quota) {
  return read_naming(text, kind, quota, detail::Names::bound);
}

}  // namespace ringwall::policy
