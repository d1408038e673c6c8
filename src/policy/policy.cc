#include "policy/policy.h"

#include <algorithm>

#include "base/check.h"
#include "policy/plain.h"

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

Result<DocumentPtr> compile(std::string_view json, Kind kind) {
  RW_TRY(Syntax syntax, read(json, kind));
  return std::make_shared<const Document>(std::string(json), std::move(syntax));
}

Document::Document(std::string source, Syntax syntax)
    : kind_(syntax.kind), source_(std::move(source)) {
  for (const Statement& statement : syntax.statements)
    outlines_.push_back({statement.sid, statement.offset, statement.effect});
  plain_ = std::make_unique<const plain::Policy>(std::move(syntax));
}

Document::~Document() = default;

const Document::Outline& Document::at(std::size_t statement) const {
  RW_CHECK(statement < outlines_.size());
  return outlines_[statement];
}

Effect Document::effect(std::size_t statement) const {
  return at(statement).effect;
}
std::string_view Document::sid(std::size_t statement) const {
  return at(statement).sid;
}
std::uint32_t Document::offset(std::size_t statement) const {
  return at(statement).offset;
}
text::Position Document::position(std::size_t statement) const {
  return text::position_of(source_, at(statement).offset);
}

Mismatch Document::match(std::size_t statement, const Request& request) const {
  return plain_->match(statement, request);
}
std::size_t Document::next(Effect effect, std::size_t from, const Probe& probe) const {
  for (; from < outlines_.size(); ++from) {
    if (outlines_[from].effect == effect && match(from, probe.request()) == Mismatch::none) break;
  }
  return std::min(from, outlines_.size());
}
Naming Document::naming(std::size_t statement, const Principal& principal) const {
  return plain_->naming(statement, principal);
}

}  // namespace ringwall::policy
