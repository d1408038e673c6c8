#include "policy/policy.h"

#include <algorithm>

#include "base/check.h"
#include "policy/detail/hash.h"
#include "policy/detail/program.h"
#include "policy/detail/values.h"

namespace ringwall::policy {

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::identity:
      return "identity-based policy";
    case Kind::boundary:
      return "permissions boundary";
    case Kind::session:
      return "session policy";
    case Kind::resource:
      return "resource-based policy";
    case Kind::trust:
      return "role trust policy";
    case Kind::key:
      return "key policy";
    case Kind::scp:
      return "service control policy";
    case Kind::rcp:
      return "resource control policy";
    case Kind::endpoint:
      return "VPC endpoint policy";
  }
  return "";
}

std::size_t characters_max(Kind kind) {
  switch (kind) {
    case Kind::identity:
    case Kind::boundary:
      return 6'144;
    case Kind::session:
    case Kind::trust:
      return 2'048;
    case Kind::resource:
    case Kind::endpoint:
      return 20'480;
    case Kind::key:
      return 32'768;
    case Kind::scp:
    case Kind::rcp:
      return 5'120;
  }
  return 0;
}

std::string_view name_of(Effect effect) {
  return effect == Effect::allow ? "Allow" : "Deny";
}

std::string_view name_of(Mismatch mismatch) {
  switch (mismatch) {
    case Mismatch::none:
      return "none";
    case Mismatch::principal:
      return "principal";
    case Mismatch::action:
      return "action";
    case Mismatch::resource:
      return "resource";
    case Mismatch::condition:
      return "condition";
    case Mismatch::unevaluable:
      return "cannot be evaluated";
  }
  return "";
}

std::string_view name_of(Naming naming) {
  switch (naming) {
    case Naming::not_named:
      return "not named";
    case Naming::session:
      return "its session";
    case Naming::user:
      return "the user";
    case Naming::role:
      return "its role";
    case Naming::everyone:
      return "everyone";
    case Naming::account:
      return "its account";
    case Naming::service:
      return "the service";
    case Naming::federated:
      return "its provider";
  }
  return "not named";
}

Probe::Probe(const Request& request, Exemptions exemptions)
    : request_(request), exemptions_(exemptions) {
  const std::string_view action = request.action;
  char* lower = lower_;
  if (action.size() > action_bytes_usual) {
    long_.resize(action.size() + sizeof(detail::Word));
    lower = long_.data();
  }
  action_hash_ = detail::lower_and_hash(action, lower);
  action_ = {lower, action.size()};
  const std::size_t colon = detail::find_byte(action_, ':');
  if (colon != std::string_view::npos) {
    service_ = action_.substr(0, colon);
    name_ = action_.substr(colon + 1);
  }
  service_hash_ = detail::hash_of(service_);
  name_head_ = detail::head_of(name_);
}

std::uint64_t Probe::hash_of_service(std::string_view lower) {
  return detail::hash_of(lower);
}

const text::Address* Probe::address(const std::string& value) const {
  if (address_text_ != &value) {
    const auto read = text::parse_address(value);
    address_ = read ? std::optional(*read) : std::nullopt;
    address_text_ = &value;
  }
  return address_ ? &*address_ : nullptr;
}

const std::array<std::string_view, 6>* Probe::arn_parts(const std::string& value) const {
  if (arn_text_ != &value) {
    arn_ = detail::arn_parts(value);
    arn_text_ = &value;
  }
  return arn_ ? &*arn_ : nullptr;
}

Result<DocumentPtr> compile(std::string_view json, Kind kind, Quota quota) {
  RW_TRY(const Syntax syntax, read(json, kind, quota));
  return std::make_shared<const Document>(std::string(json), syntax);
}

Document::Document(std::string source, const Syntax& syntax)
    : program_(std::make_unique<const detail::Program>(syntax)),
      statements_(syntax.statements.size()),
      denied_services_(program_->services(Effect::deny)),
      allowed_services_(program_->services(Effect::allow)),
      kind_(syntax.kind),
      source_(std::move(source)) {}

Document::~Document() = default;

const detail::Program& Document::at(std::size_t statement) const {
  RW_CHECK(statement < statements_);
  return *program_;
}

Effect Document::effect(std::size_t statement) const {
  return at(statement).effect(statement);
}
std::string_view Document::sid(std::size_t statement) const {
  return at(statement).sid(statement);
}
std::uint32_t Document::offset(std::size_t statement) const {
  return at(statement).offset(statement);
}
text::Position Document::position(std::size_t statement) const {
  return text::position_of(source_, offset(statement));
}
Mismatch Document::match(std::size_t statement, const Request& request) const {
  return at(statement).match(statement, Probe(request));
}
std::size_t Document::search(Effect effect, std::size_t from, const Probe& probe) const {
  return program_->next(effect, from, probe);
}
Naming Document::naming(std::size_t statement, const Principal& principal) const {
  return at(statement).naming(statement, principal);
}
std::size_t Document::bytes() const {
  return sizeof *this + sizeof *program_ + program_->bytes();
}

}  // namespace ringwall::policy
