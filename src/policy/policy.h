#pragma once
// The policy language: a document is read, checked for the kind of policy it is, and compiled.
// A compiled Document is immutable and thread-safe; evaluating one statement is pure.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/json.h"

namespace ringwall::policy {

enum class Effect : std::uint8_t { allow, deny };

// Where a document is attached decides which elements it may and must have, and its size.
enum class Kind : std::uint8_t {
  identity,
  boundary,
  session,
  resource,
  trust,
  key,
  scp,
  rcp,
  endpoint
};
std::string_view name_of(Kind kind);
std::size_t characters_max(Kind kind);  // white space not counted where AWS does not count it
// AWS reads no document longer than this, white space and all.
inline constexpr std::size_t document_bytes_max = 131'072;

// The keys of a request. Names are compared without regard to case; `aws:RequestTag/Team` keeps
// the case of what follows the slash only for display. A key is absent, or has one or more
// values (an empty list is "present without values", as an empty set-valued key).
class Context {
 public:
  void set(std::string_view key, std::string value);
  void set(std::string_view key, std::vector<std::string> values);
  void erase(std::string_view key);
  const std::vector<std::string>* find(std::string_view key) const;  // null: absent
  const std::vector<std::string>* find_lower(
      const std::string& key) const;  // the key is in lower case already
  const std::map<std::string, std::vector<std::string>>& all() const {
    return values_;
  }                                  // lower-case keys
  void merge(const Context& other);  // other's values win

 private:
  std::map<std::string, std::vector<std::string>> values_;
};

// Who asks, in every form in which a Principal element may name them.
struct Principal {
  enum class Type : std::uint8_t { anonymous, root, user, role_session, service, federated };
  Type type = Type::anonymous;
  std::string
      arn;  // user, root, or the *session* (arn:aws:sts::…:assumed-role/R/S); empty: anonymous
  std::string role_arn;   // of a role session: the role's own ARN, with its path
  std::string account;    // 12 digits; empty: anonymous, service
  std::string unique_id;  // AIDA…, AROA… (of the role, without the session name)
  std::string service;    // a service principal's name
  std::string provider;   // federated: the provider's ARN or domain
  bool service_linked = false;
};

struct Request {
  Principal principal;
  std::string action;            // "service:Action"
  std::string resource;          // an ARN, or "*" for actions without resources
  std::string resource_account;  // owner of the resource; empty: unknown
  Context context;               // everything: global keys too
};

// Why one statement did or did not apply, for explanations.
enum class Mismatch : std::uint8_t { none, principal, action, resource, condition, unevaluable };
std::string_view name_of(Mismatch mismatch);
std::string_view name_of(Effect effect);  // "Allow", "Deny"

class Document;
using DocumentPtr = std::shared_ptr<const Document>;

// Reads, checks and compiles. Errors carry line and column. Refuses unknown elements, duplicate
// keys, wrong types, elements the kind does not take, and documents over the kind's size.
Result<DocumentPtr> compile(std::string_view json, Kind kind);

class Document {
 public:
  virtual ~Document() = default;
  virtual Kind kind() const = 0;
  virtual const std::string& source() const = 0;  // the text it was compiled from
  virtual std::size_t statements() const = 0;
  virtual Effect effect(std::size_t statement) const = 0;
  virtual std::string_view sid(std::size_t statement) const = 0;  // empty if none
  virtual text::Position position(std::size_t statement) const = 0;

  // Does the statement apply to the request? `none` means yes. A Deny that cannot be evaluated
  // applies (answers none); an Allow that cannot be evaluated does not (answers unevaluable).
  virtual Mismatch match(std::size_t statement, const Request& request) const = 0;

  // How a matching statement of a resource-based policy named the caller: what decides whether
  // it grants by itself or delegates to the account. Strongest first.
  enum class Naming : std::uint8_t {
    not_named,
    session,
    user,
    role,
    everyone,
    account,
    service,
    federated
  };
  virtual Naming naming(std::size_t statement, const Principal& principal) const = 0;

  // The statement and what each of its elements says about the request: `sid`, `effect`, `line`,
  // `column`, `applies`, `because` (the first element that did not match), and each condition's
  // operator, key, listed and actual values. For people and programs; allocates.
  virtual text::Json explain(std::size_t statement, const Request& request) const = 0;
};

}  // namespace ringwall::policy
