#include "directory/detail/compiled.h"

#include "base/check.h"
#include "policy/binding.h"

namespace ringwall::directory {
namespace {

constexpr std::size_t shard_count = 4096;

// What stands in for a policy that cannot be read. Of each kind it takes the elements it must have.
std::string_view deny_all(policy::Kind kind) {
  if (kind == policy::Kind::trust) {
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:*"}]})";
  }
  if (kind == policy::Kind::rcp) {
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]})";
  }
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]})";
}

std::size_t hash_of(std::string_view text, policy::Kind kind) {
  return std::hash<std::string_view>()(text) + static_cast<std::size_t>(kind);
}

}  // namespace

CompiledPolicies::CompiledPolicies(Report report) : report_(std::move(report)), shards_(shard_count) {}

bool CompiledPolicies::Known::is(std::string_view text, policy::Kind kind, const policy::Document& found) const {
  return found.kind() == kind && text == (usable ? std::string_view(found.source()) : unusable_text);
}

policy::DocumentPtr CompiledPolicies::of(std::string_view text, policy::Kind kind, std::string_view name) {
  const std::size_t hash = hash_of(text, kind);
  std::vector<Known>& shard = shards_[hash % shard_count];
  for (const Known& known : shard) {
    if (known.hash != hash) continue;
    policy::DocumentPtr document = known.document.lock();
    if (document != nullptr && known.is(text, kind, *document)) return document;
  }
  // Of the policies that are kept here, those of roles are bound: service/resource_policy.h.
  const Result<policy::DocumentPtr> compiled = kind == policy::Kind::trust ? policy::compile_bound(text, kind) : policy::compile(text, kind);
  policy::DocumentPtr document = compiled ? *compiled : denying(name, kind, compiled.error());
  std::erase_if(shard, [](const Known& known) { return known.document.expired(); });
  shard.push_back({hash, document, compiled.has_value(), compiled ? std::string() : std::string(text)});
  return document;
}

policy::DocumentPtr CompiledPolicies::denying(std::string_view name, policy::Kind kind, const Error& error) const {
  if (report_) report_("a stored policy denies everything, because it cannot be used: " + std::string(name) + ": " + error.message);
  Result<policy::DocumentPtr> document = policy::compile(deny_all(kind), kind);
  RW_CHECK(document.has_value());
  return *std::move(document);
}

}  // namespace ringwall::directory
