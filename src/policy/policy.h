#pragma once
// The policy language: a document is read, checked for the kind of policy it is, and compiled.
// A compiled Document is immutable and thread-safe; evaluating one statement is pure.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/request.h"
#include "text/cidr.h"
#include "text/json.h"

namespace ringwall::policy {

enum class Effect : std::uint8_t { allow, deny };
std::string_view name_of(Effect effect);  // "Allow", "Deny"

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
// A role's inline policies together; so an identity-based policy is compiled up to this size. One
// with an ARN of its own is held to characters_max(Kind::identity) where it is written.
inline constexpr std::size_t inline_policy_characters_max = 10'240;
// AWS reads no document longer than this, white space and all.
inline constexpr std::size_t document_bytes_max = 131'072;

// Are the lengths above kept? AWS's own managed policies exceed them, and so does what is compared
// before it is cut to size; no policy that is attached here does.
enum class Quota : std::uint8_t { kept, waived };
inline constexpr std::size_t waived_bytes_max = 16UL * 1024 * 1024;

// Why one statement did or did not apply, for explanations.
enum class Mismatch : std::uint8_t { none, principal, action, resource, condition, unevaluable };
std::string_view name_of(Mismatch mismatch);

// How a matching statement of a resource-based policy named the caller: what decides whether
// it grants by itself or delegates to the account. Strongest first.
enum class Naming : std::uint8_t {
  not_named,
  session,
  user,
  role,  // also: the user on whom a federated user's session stands
  everyone,
  account,
  service,
  federated
};
std::string_view name_of(Naming naming);

// Whom NotPrincipal with Deny exempts: those that it lists, but no user or role that has a
// permissions boundary (IAM User Guide, "NotPrincipal").
enum class Exemptions : std::uint8_t { listed, none };

// A request made ready to be asked of many documents: its action in lower case, taken apart.
// Borrows the request. Allocates only for an action longer than any that AWS has.
class Probe {
 public:
  explicit Probe(const Request& request, Exemptions exemptions = Exemptions::listed);
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  const Request& request() const { return request_; }
  Exemptions exemptions() const { return exemptions_; }
  std::string_view action() const { return action_; }    // `s3:getobject`
  std::string_view service() const { return service_; }  // empty if there is no colon
  std::string_view name() const { return name_; }
  std::uint64_t action_hash() const { return action_hash_; }
  std::uint64_t service_hash() const { return service_hash_; }
  static std::uint64_t hash_of_service(std::string_view lower);
  std::uint64_t service_bit() const { return std::uint64_t{1} << (service_hash_ >> 58); }
  std::uint64_t name_head() const { return name_head_; }  // its first eight bytes
  // The address that a value of the request's context is; null: it is none. Several conditions ask
  // about one value, which is read once.
  const text::Address* address(const std::string& value) const;
  // Likewise the six parts of the ARN that it is.
  const std::array<std::string_view, 6>* arn_parts(const std::string& value) const;

 private:
  static constexpr std::size_t action_bytes_usual = 128;  // whole words

  const Request& request_;
  Exemptions exemptions_;
  std::string_view action_, service_, name_;
  std::uint64_t action_hash_, service_hash_, name_head_;
  char lower_[action_bytes_usual];
  std::string long_;
  mutable const std::string* address_text_ = nullptr;  // what address_ was read from
  mutable std::optional<text::Address> address_;
  mutable const std::string* arn_text_ = nullptr;
  mutable std::optional<std::array<std::string_view, 6>> arn_;
};

class Document;
using DocumentPtr = std::shared_ptr<const Document>;

// Reads, checks and compiles. Errors carry line and column. Refuses unknown elements, duplicate
// keys, wrong types, elements the kind does not take, and documents over the kind's size.
Result<DocumentPtr> compile(std::string_view json, Kind kind, Quota quota = Quota::kept);

struct Syntax;
namespace detail {
class Program;
}

class Document {
 public:
  Document(std::string source, const Syntax& syntax);  // use compile()
  ~Document();
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  Kind kind() const { return kind_; }
  const std::string& source() const { return source_; }  // the text it was compiled from
  std::size_t statements() const { return statements_; }
  Effect effect(std::size_t statement) const;
  std::string_view sid(std::size_t statement) const;  // empty if none
  text::Position position(std::size_t statement) const;
  std::uint32_t offset(std::size_t statement) const;  // of its `{`, in bytes

  // Does the statement apply to the request? `none` means yes. A Deny that cannot be evaluated
  // applies (answers none); an Allow that cannot be evaluated does not (answers unevaluable).
  Mismatch match(std::size_t statement, const Request& request) const;
  // The first statement at or behind `from` that has this effect and applies, in document order;
  // statements() if there is none. Nanoseconds; allocates nothing, except to refuse a value that is
  // not of its operator's type.
  std::size_t next(Effect effect, std::size_t from, const Probe& probe) const {
    const std::uint64_t services = effect == Effect::deny ? denied_services_ : allowed_services_;
    return (services & probe.service_bit()) == 0 ? statements_ : search(effect, from, probe);
  }
  Naming naming(std::size_t statement, const Principal& principal) const;

  std::size_t bytes() const;  // held in memory, without the source

 private:
  friend class Index;
  const detail::Program& at(std::size_t statement) const;  // checks the statement's number
  std::size_t search(Effect effect, std::size_t from, const Probe& probe) const;

  std::unique_ptr<const detail::Program> program_;
  std::size_t statements_;
  // The service bits of the actions that statements of each effect list: most documents have
  // nothing to say about most services.
  std::uint64_t denied_services_, allowed_services_;
  Kind kind_;
  std::string source_;
};

}  // namespace ringwall::policy
