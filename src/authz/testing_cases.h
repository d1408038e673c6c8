#pragma once
// For tests and fuzz targets: whole decisions over generated policies, organisations and requests,
// and the comparison of decide() with its plain twin.

#include "authz/plain.h"
#include "authz/testing.h"
#include "policy/testing_documents.h"

namespace ringwall::authz::testing {

using policy::Kind;
using policy::testing::Choices;
using policy::testing::Topic;
using text::Json;

// Every layer of one decision; many requests are put to it.
struct World {
  Owned owned;
  std::string_view service;  // what its policies are about
  std::size_t documents = 0;
  std::size_t refused = 0;  // documents that were left out because they did not compile
};

class WorldMaker {
 public:
  explicit WorldMaker(Choices& choices) : choices_(choices) {}

  World make() {
    choose_resource();
    add(world_.owned.identity, Kind::identity, choices_.below(5));
    if (choices_.one_in(3)) world_.owned.boundary = one(Kind::boundary);
    if (choices_.one_in(3))
      add(world_.owned.session.emplace(), Kind::session, (1 + choices_.below(8)) / 3);
    if (choices_.one_in(2)) world_.owned.scps = levels(Kind::scp, full_access);
    if (choices_.one_in(3)) world_.owned.rcps = levels(Kind::rcp, full_access_for_everyone);
    if (choices_.one_in(3)) world_.owned.endpoint = endpoint();
    return std::move(world_);
  }

 private:
  static constexpr const char* full_access =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]})";
  static constexpr const char* full_access_for_everyone =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]})";

  void choose_resource() {
    Owned& owned = world_.owned;
    Kind kind = Kind::resource;
    world_.service = choices_.of<std::string_view>({"s3", "s3", "ec2", "rds"});
    if (choices_.one_in(5)) {
      owned.resource_kind = ResourceKind::trust;
      world_.service = "sts";
      kind = Kind::trust;
    } else if (choices_.one_in(5)) {
      owned.resource_kind = ResourceKind::key;
      world_.service = "kms";
      kind = Kind::key;
      add(owned.grants, Kind::key, choices_.below(3));
    }
    if (choices_.below(8) < (kind == Kind::resource ? 5 : 7)) owned.resource = one(kind);
  }

  std::optional<Named> named(Kind kind, const std::string& text) {
    const std::string name =
        std::string(policy::name_of(kind)) + " " + std::to_string(world_.documents++);
    auto document = policy::compile(text, kind);
    if (document) return Named{name, *std::move(document)};
    ++world_.refused;
    return std::nullopt;
  }
  std::optional<Named> one(Kind kind) {
    const Json json = policy::testing::document(choices_, Topic{kind, world_.service});
    return named(kind, choices_.one_in(4) ? json.dump_pretty() : json.dump());
  }
  std::optional<Named> endpoint() {
    return choices_.one_in(3) ? one(Kind::endpoint)
                              : named(Kind::endpoint, full_access_for_everyone);
  }
  void add(std::vector<Named>& all, Kind kind, std::size_t count) {
    for (; count > 0; --count) {
      if (auto made = one(kind)) all.push_back(*std::move(made));
    }
  }
  std::vector<Level> levels(Kind kind, const char* everything) {
    std::vector<Level> all;
    for (std::size_t n = 1 + choices_.below(3); n > 0; --n) {
      Level& level = all.emplace_back(Level{"level " + std::to_string(all.size()), {}});
      if (!choices_.one_in(8)) level.policies.push_back(*named(kind, everything));
      add(level.policies, kind, choices_.below(3));
    }
    return all;
  }

  Choices& choices_;
  World world_;
};

inline World world(Choices& choices) {
  return WorldMaker(choices).make();
}

// Calls `each` with every policy of a decision.
template <typename Each>
void for_each_policy(Owned& owned, Each each) {
  for (auto* list : {&owned.identity, &owned.grants}) std::ranges::for_each(*list, each);
  if (owned.session) std::ranges::for_each(*owned.session, each);
  for (auto* policy : {&owned.boundary, &owned.resource, &owned.endpoint}) {
    if (*policy) each(**policy);
  }
  for (auto* list : {&owned.scps, &owned.rcps}) {
    for (Level& level : *list) std::ranges::for_each(level.policies, each);
  }
}

inline std::string described(const Decision& decision) {
  return std::string(name_of(decision.verdict)) + " by " + std::string(name_of(decision.layer)) +
         (decision.policy.empty() ? "" : ", `" + decision.policy + "` " + decision.statement);
}

// How decide() and the twin differ about a request; empty if they agree.
inline std::string difference(const policy::Request& request, const Owned& owned,
                              plain::Evaluator& twin, const Decision& decision) {
  const Decision expected = twin.authorize(request, owned.layers());
  return decision == expected
             ? ""
             : "decided " + described(decision) + ", but the plain twin " + described(expected);
}

// The same for every statement of one policy: whether it applies and whom it names, one by one and
// by search.
inline std::string difference(const policy::Request& request, const Named& named,
                              policy::Exemptions exemptions, plain::Evaluator& twin) {
  const policy::Document& document = *named.document;
  const policy::plain::Policy& expected = twin.policy(document);
  const policy::Probe probe(request, exemptions);
  const auto at = [&](std::size_t i) { return " in `" + named.name + "` #" + std::to_string(i); };
  if (document.statements() != expected.statements()) return "the number of statements" + at(0);
  // Where each search has to end: behind the last statement there is nothing.
  std::size_t next[2] = {document.statements(), document.statements()};
  for (std::size_t i = document.statements(); i-- > 0;) {
    const policy::Mismatch mismatch = expected.match(i, request);
    if (const auto answer = document.match(i, request); answer != mismatch) {
      return "match answers " + std::string(policy::name_of(answer)) + ", but the plain twin " +
             std::string(policy::name_of(mismatch)) + at(i);
    }
    if (document.naming(i, request.principal) != expected.naming(i, request.principal))
      return "naming differs" + at(i);
    if (document.effect(i) != expected.syntax().statements[i].effect)
      return "effect differs" + at(i);
    if (expected.match(i, request, exemptions) == policy::Mismatch::none)
      next[static_cast<std::size_t>(document.effect(i))] = i;
    for (const auto effect : {policy::Effect::allow, policy::Effect::deny}) {
      if (document.next(effect, i, probe) != next[static_cast<std::size_t>(effect)])
        return "next differs" + at(i);
    }
  }
  return "";
}

// All of it about one request; empty if they agree.
inline std::string any_difference(const policy::Request& request, Owned& owned,
                                  plain::Evaluator& twin) {
  const Layers layers = owned.layers();
  std::string found = difference(request, owned, twin, authorize(request, layers));
  const Indexed indexed(owned);
  for (const char* when : {"when first asked, ", "when asked again, "}) {
    if (!found.empty()) break;
    found = difference(request, owned, twin, authorize(request, indexed.layers()));
    if (!found.empty()) found = std::string("with an index, ") + when + found;
  }
  for_each_policy(owned, [&](const Named& named) {
    if (found.empty()) found = difference(request, named, exemptions_of(layers), twin);
  });
  return found;
}

}  // namespace ringwall::authz::testing
