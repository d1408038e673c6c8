#include "directory/bind_stored.h"

#include <algorithm>

namespace ringwall::directory {
namespace {

using text::Json;

// Where policies were stored as they came, and where they are stored now.
struct Place {
  std::string_view prefix, infix;  // of the key
  const char* before;
  const char* after;
  policy::Kind kind;
};
constexpr Place places[] = {
    {"iam/", "/role/", "AssumeRolePolicyDocument", "trust", policy::Kind::trust},
    {"kms/", "/key/", "policy", "policy", policy::Kind::key},
    {"ec2/", "/endpoint/", "PolicyDocument", "policy", policy::Kind::endpoint},
    {"org/resource-policy", "", "Content", "policy", policy::Kind::resource},
};

bool is_unbound(const Place& place, const Json& document) { return document[place.before].is_string() && !document[place.after].is_object(); }

Json with_bound_policy(const Place& place, const store::Entry& entry, const estate::Estate& estate, const Report& report) {
  Json document = *entry.document;
  const std::string text = document.str(place.before);
  std::vector<std::string> nobody;
  Result<Json> bound = service::bound_late(text, place.kind, estate, document["pinned"], nobody);
  // What cannot be read denied everything before, and does so still: also under a version that could
  // read it, for whom it would then mean by name nobody knows. The text is kept for people.
  if (!bound) document.set("unreadable_policy", text);
  Json policy = bound ? *std::move(bound) : service::bound_own("");
  for (const std::string& name : nobody) {
    if (report) report("the policy in " + entry.key + " names `" + name + "`, who does not exist: it is bound to nobody");
  }
  document.erase(place.before);
  document.erase("pinned");
  document.set(place.after, std::move(policy));
  return document;
}

}  // namespace

Result<> bind_stored_policies(const service::Environment& environment, const Report& report) {
  std::vector<std::pair<const Place*, std::string>> unbound;
  for (const Place& place : places) {
    for (const store::Entry& entry : environment.store.list(place.prefix)) {
      if (entry.key.find(place.infix) != std::string::npos && is_unbound(place, *entry.document)) unbound.emplace_back(&place, entry.key);
    }
  }
  if (unbound.empty()) return {};
  const Directory directory(environment);  // who exists; nobody is served yet, so nobody comes or goes
  const estate::EstatePtr estate = directory.current();
  for (std::size_t begin = 0; begin < unbound.size(); begin += store::transaction_writes_max) {
    const std::size_t end = std::min(unbound.size(), begin + store::transaction_writes_max);
    RW_DO(store::transact(environment.store, [&](store::Transaction& transaction) -> Result<> {
      for (std::size_t i = begin; i < end; ++i) {
        const auto& [place, key] = unbound[i];
        const auto document = transaction.get(key);
        if (document != nullptr) transaction.put(key, with_bound_policy(*place, {.key = key, .document = document, .revision = 0}, *estate, report));
      }
      return {};
    }));
  }
  return {};
}

}  // namespace ringwall::directory
