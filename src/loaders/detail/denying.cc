#include "loaders/detail/denying.h"

#include "base/check.h"

namespace ringwall::loaders::detail {
namespace {

// Each kind has elements that it must have.
std::string_view text_of(policy::Kind kind) {
  switch (kind) {
    case policy::Kind::trust:
      return R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:*"}]})";
    case policy::Kind::resource:
    case policy::Kind::key:
    case policy::Kind::endpoint:
      return R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]})";
    default:
      return R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]})";
  }
}

}  // namespace

policy::DocumentPtr denying(policy::Kind kind) {
  const policy::Kind written = kind == policy::Kind::rcp ? policy::Kind::resource : kind;
  auto compiled = policy::compile(text_of(written), written);
  RW_CHECK(compiled.has_value());
  return *std::move(compiled);
}

}  // namespace ringwall::loaders::detail
