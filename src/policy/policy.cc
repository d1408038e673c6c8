#include "policy/policy.h"

#include "text/encode.h"

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

void Context::set(std::string_view key, std::string value) {
  values_[text::lower(key)] = {std::move(value)};
}

void Context::set(std::string_view key, std::vector<std::string> values) {
  values_[text::lower(key)] = std::move(values);
}

void Context::erase(std::string_view key) {
  values_.erase(text::lower(key));
}

const std::vector<std::string>* Context::find(std::string_view key) const {
  return find_lower(text::lower(key));
}

const std::vector<std::string>* Context::find_lower(const std::string& key) const {
  const auto at = values_.find(key);
  return at != values_.end() ? &at->second : nullptr;
}

void Context::merge(const Context& other) {
  for (const auto& [key, values] : other.values_) values_[key] = values;
}

}  // namespace ringwall::policy
