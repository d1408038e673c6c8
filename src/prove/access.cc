// Who can, and what can: all layers together, for one action on one resource, or for one principal.

#include <algorithm>

#include "catalogue/catalogue.h"
#include "prove/detail/asker.h"
#include "prove/detail/cells.h"
#include "prove/detail/gaps.h"
#include "prove/detail/sign_ins.h"
#include "prover/callers.h"
#include "text/encode.h"

namespace ringwall::prove {
namespace {

using namespace detail;
using Type = policy::Principal::Type;

// What guards a resource, wherever in the estate it is said.
struct Guarded {
  std::string account;
  const authz::Named* policy = nullptr;
  authz::ResourceKind kind = authz::ResourceKind::plain;
  bool listed = false;
};

// The resource itself, or the one above it: an object's bucket.
Guarded guard_of(const estate::Estate& estate, const std::string& arn) {
  if (const estate::Principal* role = estate.principal(arn); role != nullptr && role->trust)
    return {role->account, &*role->trust, authz::ResourceKind::trust, true};
  for (std::size_t end = arn.size(); end != std::string::npos && end != 0;
       end = arn.find_last_of("/:", end - 1)) {
    const estate::Resource* found = estate.resources.find(std::string_view(arn).substr(0, end));
    if (found == nullptr) continue;
    return {found->account, found->policy ? &*found->policy : nullptr, found->kind, true};
  }
  return {account_in(arn), nullptr, authz::ResourceKind::plain, false};
}

// Of an action of another service (`ssm:SendCommand` on a bucket, `iam:GetRole` on a role) no policy of the resource is consulted.
Guarded guard_of(const estate::Estate& estate, const std::string& arn, std::string_view action) {
  Guarded guarded = guard_of(estate, arn);
  const std::string service = text::lower(action.substr(0, action.find(':')));
  const std::string_view own = guarded.kind == authz::ResourceKind::trust ? std::string_view("sts") : arn_part(arn, 2);
  if (service.find_first_of("*?") != std::string::npos || service == own) return guarded;
  return {guarded.account, nullptr, authz::ResourceKind::plain, guarded.listed};
}

class Asking {
 public:
  Asking(const loaders::Loaded& world, const Options& options)
      : world_(world), options_(options), mine_(world, nothing_) {
    memory_.begin(0, options_);
    accesses_.undecided = sentences_of(world.gaps);
  }

  Accesses who_can(const std::string& action, const std::string& resource);
  Accesses what_can(const Own& own);
  const Mine& mine() const { return mine_; }

 private:
  std::span<const authz::Level> rcps(const std::string& id) const {
    const estate::Account* account = world_.estate->account(id);
    return account == nullptr ? std::span<const authz::Level>()
                              : std::span(account->rcps.data(), account->rcps.size());
  }
  void tell(const std::string& principal, const AnswerPtr& answer) {
    for (const prover::Finding& finding : answer->findings) {
      if (finding.callable) accesses_.found.push_back({principal, finding});
    }
    for (const std::string& why : answer->undecided) {
      if (std::ranges::find(accesses_.undecided, why) == accesses_.undecided.end())
        accesses_.undecided.push_back(why);
    }
    if (answer->more) {
      accesses_.undecided.push_back("there are more kinds of requests of `" + principal +
                                    "` than were told");
    }
  }

  const perimeter::Perimeter nothing_{};
  const loaders::Loaded& world_;
  const Options& options_;
  const Mine mine_;
  Words words_;
  Memory memory_;
  Accesses accesses_;
};

std::string name_of_outsider(const Mine& mine, const prover::Caller& caller) {
  const policy::Principal& who = caller.principal;
  if (who.type == Type::anonymous) return "anonymous";
  if (who.type == Type::service) return who.service;
  if (!who.provider.empty()) return who.provider;
  if (who.account == mine.fresh_account()) return "any account";
  return who.role_arn.empty() ? who.arn : who.role_arn;
}

// Principals of mine whom no policy that is asked tells apart have the same answer; it is asked of
// the first, and each is told with a finding of its own.
Accesses Asking::who_can(const std::string& action, const std::string& resource) {
  const Guarded guarded = guard_of(*world_.estate, resource, action);
  if (!guarded.listed)
    accesses_.undecided.push_back("`" + resource + "` is not in the estate: it is taken to have no "
                                  "policy of its own");
  std::vector<prover::Constraint> asked;
  if (auto actions = prover::on_actions({action})) asked.push_back(*std::move(actions));
  if (auto resources = prover::on_resources({resource})) asked.push_back(*std::move(resources));
  if (guarded.kind == authz::ResourceKind::trust) asked.push_back(prover::presenting());
  std::vector<prover::Owner> owners = {{}};
  if (!guarded.account.empty()) owners = {{prover::Owner::Kind::account, {guarded.account}}};
  const auto query_of = [&](std::vector<prover::Caller> callers, authz::Layers layers,
                            const prover::Constraint& names) {
    layers.resource = guarded.policy;
    layers.resource_kind = guarded.kind;
    layers.rcps = rcps(guarded.account);
    prover::Query query;
    query.universe.callers = std::move(callers);
    query.universe.owners = owners;
    query.universe.actions = prover::Actions::known;
    surround(query, owned_by(mine_, guarded.account));
    query.universe.where = prover::all_of(asked);
    query.universe.where.parts.push_back(names);
    query.allowing = {{.layers = layers}};
    query.classes_max = std::max<std::size_t>(options_.classes_max, 1);
    query.title = "who can " + action + " on " + resource;
    return query;
  };

  std::vector<const Facts*> facts;
  if (guarded.policy != nullptr) facts.push_back(&words_.of(guarded.policy->document));
  for (const authz::Level& level : rcps(guarded.account)) {
    for (const authz::Named& named : level.policies) facts.push_back(&words_.of(named.document));
  }
  bool canonical = false;
  std::vector<prover::Caller> others = outsiders(mine_, words_, facts, Kinds::all, &canonical);
  // Tokens of a provider of mine are not mine alone.
  if (guarded.kind == authz::ResourceKind::trust) add_bearers(guarded.account, *facts.front(), mine_, words_, facts, others);
  if (canonical)
    accesses_.undecided.emplace_back("the policy names a canonical user, and whose account that is "
                                     "no file says");
  const prover::Constraint names = prover::all_of({settle_names(words_, facts, others), of_other_organizations(mine_, others)});
  std::vector<Item> items;
  std::vector<std::string> subjects;
  for (const prover::Caller& caller : others) {
    authz::Layers layers;
    layers.identity = {&assumed_identity(), 1};
    subjects.push_back(name_of_outsider(mine_, caller));
    items.push_back({"o" + std::to_string(items.size()), subjects.back(),
                     [=](Lists) { return query_of({caller}, layers, names); }});
  }
  for (const Own& own : mine_.principals()) {
    const authz::Layers layers = estate::layers_of(*world_.estate, own.caller.principal, nullptr);
    subjects.push_back(own.principal->arn);
    items.push_back({"m" + own.principal->arn, own.principal->arn,
                     [=, &own](Lists) { return query_of(callers_of(own, facts), layers, {}); }});
  }
  Asker asker(memory_, options_);
  const std::vector<AnswerPtr> answers = asker.ask(items);
  std::vector<std::string> told;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    // A user, a role and the root of any account are one line.
    const bool again = std::ranges::find(told, subjects[i]) != told.end();
    if (again || answers[i]->findings.empty()) continue;
    told.push_back(subjects[i]);
    tell(subjects[i], answers[i]);
  }
  for (const AnswerPtr& answer : answers) {
    if (answer->findings.empty()) tell({}, answer);
  }
  return std::move(accesses_);
}

// At home the identity side suffices but for what has a policy: that is asked with it, as is everything
// elsewhere that lets the principal in by its policy. Roles have their trust policies.
Accesses Asking::what_can(const Own& own) {
  const authz::Layers side = estate::layers_of(*world_.estate, own.caller.principal, nullptr);
  const std::string& home = own.principal->account;
  std::vector<Item> items;
  const auto add = [&](authz::Layers layers, std::string account, prover::Constraint where, const std::string& name) {
    layers.rcps = rcps(account);
    std::vector<const Facts*> facts;
    if (layers.resource != nullptr) facts.push_back(&words_.of(layers.resource->document));
    items.push_back({name, name, [this, &own, layers, facts, account = std::move(account), where = std::move(where), name](Lists) {
      prover::Query query;
      query.universe.callers = callers_of(own, facts);
      query.universe.owners = {{prover::Owner::Kind::account, {account}}};
      query.universe.actions = prover::Actions::known;
      surround(query, owned_by(mine_, account));
      query.universe.where = where;
      query.allowing = {{.layers = layers}};
      query.classes_max = std::max<std::size_t>(options_.classes_max, 1);
      query.title = "what can " + own.principal->arn + " do on " + name;
      return query;
    }});
  };
  const auto add_guarded = [&](const std::string& arn, const std::string& account, const authz::Named& policy, authz::ResourceKind kind,
                               std::vector<prover::Constraint> asked) {
    const Facts& facts = words_.of(policy.document);
    const bool must_grant = account != home || kind != authz::ResourceKind::plain;
    if (must_grant && grant_of(own, facts, names_sessions(facts)) == Grant::none) return;
    authz::Layers layers = side;
    layers.resource = &policy;
    layers.resource_kind = kind;
    add(layers, account, prover::all_of(std::move(asked)), arn);
  };
  std::vector<prover::Constraint> elsewhere;
  world_.estate->resources.for_each([&](const estate::Resource& resource) {
    // A bucket's ARN does not say whose it is, the estate does: not this account's.
    if (resource.account != home && account_in(resource.arn).empty()) {
      if (auto theirs = prover::on_resources(with_below(resource.arn))) elsewhere.push_back(*std::move(theirs));
    }
    if (!resource.policy || !prover::on_resources({resource.arn})) return;
    if (resource.account == home) elsewhere.push_back(prover::all_of(asked_of(resource.arn)));
    add_guarded(resource.arn, resource.account, *resource.policy, resource.kind, asked_of(resource.arn));
  });
  const auto of_sts = prover::on_actions({"sts:*"});
  for (const Own& other : mine_.principals()) {
    const estate::Principal& role = *other.principal;
    auto itself = prover::on_resources({role.arn});
    if (role.trust && itself && of_sts)
      add_guarded(role.arn, role.account, *role.trust, authz::ResourceKind::trust, {*std::move(itself), *of_sts, prover::presenting()});
  }
  if (auto roles = prover::on_resources({"arn:*:iam::*:role/*"}); roles && of_sts)
    elsewhere.push_back(prover::all_of({*std::move(roles), *of_sts}));
  add(side, home, prover::none_of(std::move(elsewhere)), "everything else");
  Asker asker(memory_, options_);
  for (const AnswerPtr& answer : asker.ask(items)) tell(own.principal->arn, answer);
  return std::move(accesses_);
}

}  // namespace

Result<Accesses> who_can(const loaders::Loaded& world, const std::string& action,
                         const std::string& resource, const Options& options) {
  if (!catalogue::Catalogue::builtin().matches_some_action(action)) {
    return fail(Failure::invalid, "there is no action `" + action +
                                      "`: write it as `service:Action`, such as `s3:GetObject`");
  }
  if (resource != "*" && !resource.starts_with("arn:"))
    return fail(Failure::invalid, "`" + resource + "` is neither an ARN nor `*`");
  if (auto readable = prover::on_resources({resource}); !readable)
    return fail(readable.error(), "`" + resource + "`");
  return Asking(world, options).who_can(action, resource);
}

Result<Accesses> what_can(const loaders::Loaded& world, const std::string& principal,
                          const Options& options) {
  Asking asking(world, options);
  for (const Own& own : asking.mine().principals()) {
    if (own.principal->arn == principal) return asking.what_can(own);
  }
  return fail(Failure::not_found, "the estate has no user and no role `" + principal +
                                      "`: give its ARN, for a session the role's");
}

}  // namespace ringwall::prove
