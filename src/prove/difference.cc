// What a change newly allows: each principal's own side, each resource's and each role's, and each
// endpoint's policy, asked for what they allow now and did not before. Only what differs is asked.
//
// One side by itself is compared with the others open. Then whatever is new is new in a side that
// changed, but where a resource grants by itself within its account: such a grant is hidden by an
// identity that is taken to be open, and one that a denial or an SCP held back shows in no identity
// that was never allowed. So whoever is granted to is asked with both sides as they are.

#include <algorithm>
#include <map>
#include <set>

#include "prove/detail/asker.h"
#include "prove/detail/cells.h"
#include "prove/detail/gaps.h"
#include "prove/detail/sign_ins.h"

namespace ringwall::prove {
namespace {

using namespace detail;

// A subject of both estates: what it was, and what it is.
struct Both {
  std::string subject;
  std::optional<authz::Layers> before;  // none: it was not there, and allowed nothing
  authz::Layers after;
  std::optional<authz::Layers> told = {};  // what is told of another subject, if it is new
  std::vector<prover::Caller> callers;
  std::vector<prover::Owner> owners = {{}};
  std::vector<prover::Constraint> where;
  Surroundings around;
};

std::string texts_of(const authz::Layers& layers) {
  std::vector<const policy::Document*> documents;
  std::string text;
  const auto flush = [&] {
    for (const policy::Document* document : documents) text += document->source() + "\n";
    documents.clear();
    text += "\n|\n";
  };
  gather(layers.identity, documents);
  flush();
  gather(layers.scps, documents);
  text += std::to_string(layers.scps.size());
  flush();
  gather(layers.rcps, documents);
  text += std::to_string(layers.rcps.size());
  flush();
  for (const authz::Named* one : {layers.boundary, layers.resource, layers.endpoint}) {
    if (one != nullptr) documents.push_back(one->document.get());
    flush();
  }
  return text;
}

class Comparer {
 public:
  Comparer(const loaders::Loaded& before, const loaders::Loaded& after, const Options& options)
      : before_(before), after_(after), options_(options), mine_(after, nothing_) {}

  Difference run() && {
    add_principals();
    add_resources();
    add_accounts();
    add_grants();
    add_endpoints();
    for (std::string& sentence : sentences_of(after_.gaps)) difference_.undecided.push_back(std::move(sentence));
    ask();
    return std::move(difference_);
  }

 private:
  void add_principals();
  void add_resources();
  void add_accounts();
  void add_grants();
  std::optional<authz::Layers> side_before(const Own& own) const;
  authz::Layers side_after(const Own& own) const;
  void add_endpoints();
  void ask();
  void add_everyone(Both& both, const std::string& own, Kinds kinds);
  void add(Both both) {
    if (both.before && texts_of(*both.before) == texts_of(both.after)) return;
    changed_.push_back(std::move(both));
  }

  const perimeter::Perimeter nothing_{};
  const loaders::Loaded& before_;
  const loaders::Loaded& after_;
  const Options& options_;
  const Mine mine_;
  Words words_;
  Crowds crowds_{mine_, words_, options_.bounds.standing_max};
  // What is guarded by a policy now, with its layers.
  struct Guarded {
    std::string arn, account;
    authz::Layers after;
    std::optional<authz::Layers> before;
    bool changed;
  };
  std::vector<Both> changed_;
  std::vector<Guarded> guarded_;
  std::set<std::string> changed_people_;  // by ARN
  Difference difference_;
};

// Outsiders, and those of mine whom the resource's side tells apart: as it is, and as it was, for a
// deny that is gone named those whom it no longer denies.
void Comparer::add_everyone(Both& both, const std::string& own, Kinds kinds) {
  std::vector<const Facts*> facts;
  const auto add_facts = [&](const authz::Layers& layers) {
    for (const authz::Named* one : {layers.resource, layers.endpoint}) {
      if (one != nullptr) facts.push_back(&words_.of(one->document));
    }
    for (const authz::Level& level : layers.rcps) {
      for (const authz::Named& named : level.policies) facts.push_back(&words_.of(named.document));
    }
  };
  add_facts(both.after);
  if (both.before) add_facts(*both.before);
  bool canonical = false;
  both.callers = outsiders(mine_, words_, facts, kinds, &canonical);
  if (kinds == Kinds::of_trust && both.after.resource != nullptr) add_bearers(own, words_.of(both.after.resource->document), mine_, words_, facts, both.callers);
  if (canonical)
    difference_.undecided.emplace_back("a policy names a canonical user, and whose account that is "
                                       "no file says");
  both.where.push_back(settle_names(words_, facts, both.callers));
  const Standing standing = crowds_.standing(facts, own, {});
  add_standing(standing, facts, both.callers);
  if (!standing.left_out.empty())
    difference_.undecided.push_back("`" + both.subject + "`: " + standing.left_out);
}

authz::Layers Comparer::side_after(const Own& own) const {
  return estate::layers_of(*after_.estate, own.caller.principal, nullptr);
}

std::optional<authz::Layers> Comparer::side_before(const Own& own) const {
  const estate::Principal* was = before_.estate->principal(own.principal->arn);
  if (was == nullptr) return std::nullopt;
  policy::Principal then = own.caller.principal;
  then.unique_id = was->unique_id;
  return estate::layers_of(*before_.estate, then, nullptr);
}

void Comparer::add_principals() {
  for (const Own& own : mine_.principals()) {
    Both both{own.principal->arn, side_before(own), side_after(own), {}, {}, {{}}, {}, {}};
    both.after.resource = &assumed_resource();
    if (const estate::Principal* was = before_.estate->principal(own.principal->arn)) {
      both.before->resource = &assumed_resource();
      if (was->tags != own.principal->tags) {
        difference_.undecided.push_back("the tags of `" + own.principal->arn +
                                        "` changed: what that alone allows is not compared");
      }
    }
    both.callers = {own.caller};
    if (!both.before || texts_of(*both.before) != texts_of(both.after)) changed_people_.insert(own.principal->arn);
    add(std::move(both));
  }
}

void Comparer::add_resources() {
  const auto rcps = [](const estate::Estate& estate, const std::string& id) {
    const estate::Account* account = estate.account(id);
    return account == nullptr ? std::span<const authz::Level>()
                              : std::span(account->rcps.data(), account->rcps.size());
  };
  const auto compare = [&](const std::string& arn, const std::string& account,
                           std::optional<authz::Layers> before, authz::Layers after, Kinds kinds) {
    const bool same = before && texts_of(*before) == texts_of(after);
    if (after.resource != nullptr) guarded_.push_back({arn, account, after, before, !same});
    if (same) return;
    Both both{arn, std::move(before), after, {}, {}, {{prover::Owner::Kind::account, {account}}}, {},
              owned_by(mine_, account)};
    add_everyone(both, account, kinds);
    if (auto within = prover::on_resources(with_below(arn))) both.where.push_back(*std::move(within));
    add(std::move(both));
  };
  const auto layers = [&](const estate::Estate& estate, const std::string& account,
                          const std::optional<authz::Named>& policy, authz::ResourceKind kind) {
    authz::Layers made;
    made.identity = {&assumed_identity(), 1};
    made.resource_kind = kind;
    made.resource = policy ? &*policy : nullptr;
    made.rcps = rcps(estate, account);
    return made;
  };
  after_.estate->resources.for_each([&](const estate::Resource& now) {
    std::optional<authz::Layers> before;
    if (const estate::Resource* was = before_.estate->resources.find(now.arn))
      before = layers(*before_.estate, was->account, was->policy, was->kind);
    compare(now.arn, now.account, before, layers(*after_.estate, now.account, now.policy, now.kind),
            Kinds::all);
  });
  for (const Own& own : mine_.principals()) {
    const estate::Principal& now = *own.principal;
    if (!now.trust) continue;
    std::optional<authz::Layers> before;
    if (const estate::Principal* was = before_.estate->principal(now.arn))
      before = layers(*before_.estate, was->account, was->trust, authz::ResourceKind::trust);
    compare(now.arn, now.account, before,
            layers(*after_.estate, now.account, now.trust, authz::ResourceKind::trust),
            Kinds::all);
  }
}

// What is an account's and not listed, and actions that take no resource: RCPs bind there too, and no policy of a resource does.
void Comparer::add_accounts() {
  std::map<std::string, std::vector<std::string>, std::less<>> listed;
  after_.estate->resources.for_each([&](const estate::Resource& one) { listed[one.account].push_back(one.arn); });
  for (const Own& own : mine_.principals()) listed[own.principal->account].push_back(own.principal->arn);
  const auto layers = [](const estate::Account& account) {
    authz::Layers made;
    made.identity = {&assumed_identity(), 1};
    made.rcps = account.rcps;
    return made;
  };
  after_.estate->accounts.for_each([&](const estate::Account& now) {
    const estate::Account* was = before_.estate->account(now.id);
    if (was == nullptr) return;  // its principals and resources are new, and told
    Both both{now.id, layers(*was), layers(now), {}, {}, {{prover::Owner::Kind::account, {now.id}}}, {}, owned_by(mine_, now.id)};
    if (texts_of(*both.before) == texts_of(both.after)) return;
    add_everyone(both, now.id, Kinds::all);
    for (const std::string& arn : listed[now.id]) {
      if (auto within = prover::on_resources(with_below(arn))) both.where.push_back(prover::none_of({*std::move(within)}));
    }
    add(std::move(both));
  });
}

// Whom a policy of their own account names, or grants to with everyone: both sides, as they were and as they are. What the
// identity allows by itself is told of the principal or of the resource already.
void Comparer::add_grants() {
  std::size_t pairs = 0;
  for (const Guarded& guarded : guarded_) {
    const Facts& facts = words_.of(guarded.after.resource->document);
    const bool with_sessions = names_sessions(facts);
    for (const std::size_t index : mine_.principals_of(guarded.account)) {
      const Own& own = mine_.principals()[index];
      if (!guarded.changed && !changed_people_.contains(own.principal->arn)) continue;
      if (grant_of(own, facts, with_sessions) != Grant::direct) continue;
      if (++pairs > options_.bounds.pairs_max) {
        difference_.undecided.push_back("more principals than " + std::to_string(options_.bounds.pairs_max) +
                                        " (`pairs_max`) are granted to by resources of their own accounts, and not all were asked");
        return;
      }
      const auto with = [](authz::Layers side, const authz::Layers& resource) {
        side.resource = resource.resource;
        side.resource_kind = resource.resource_kind;
        side.rcps = resource.rcps;
        return side;
      };
      Both both{guarded.arn, {}, with(side_after(own), guarded.after), side_after(own), {}, {{prover::Owner::Kind::account, {guarded.account}}}, {},
                owned_by(mine_, guarded.account)};
      if (const auto before = side_before(own); before && guarded.before) both.before = with(*before, *guarded.before);
      std::vector<const Facts*> all = {&facts};
      if (both.before && both.before->resource != nullptr) all.push_back(&words_.of(both.before->resource->document));
      both.callers = callers_of(own, all);
      if (auto within = prover::on_resources(with_below(guarded.arn))) both.where.push_back(*std::move(within));
      changed_.push_back(std::move(both));
    }
  }
}

void Comparer::add_endpoints() {
  const auto layers = [](const estate::Endpoint& endpoint) {
    authz::Layers made;
    made.identity = {&assumed_identity(), 1};
    made.resource = &assumed_resource();
    made.endpoint = endpoint.policy ? &*endpoint.policy : nullptr;
    return made;
  };
  after_.estate->endpoints.for_each([&](const estate::Endpoint& now) {
    const estate::Endpoint* was = before_.estate->endpoints.find(now.id);
    Both both{now.id, {}, layers(now), {}, {}, {{}}, {}, {}};
    if (was != nullptr) both.before = layers(*was);
    if (both.before && texts_of(*both.before) == texts_of(both.after)) return;
    both.around.keys.set("aws:SourceVpce", now.id);
    if (!now.vpc.empty()) both.around.keys.set("aws:SourceVpc", now.vpc);
    add_everyone(both, {}, Kinds::all);
    reach_through(now, both.where);
    if (!now.aws && (was == nullptr || was->service != now.service))
      difference_.undecided.push_back("`" + now.id + "` leads to `" + now.service +
                                      "`, which is no service of AWS's: its provider decides what passes");
    add(std::move(both));
  });
}

void Comparer::ask() {
  Memory memory;
  memory.begin(0, options_);
  Asker asker(memory, options_);
  std::vector<Item> items;
  for (const Both& both : changed_) {
    items.push_back({std::to_string(items.size()), both.subject, [&both, this](Lists) {
      prover::Query query;
      query.universe.callers = both.callers;
      query.universe.owners = both.owners;
      query.universe.actions = prover::Actions::known;
      surround(query, both.around);
      query.universe.where = prover::all_of(both.where);
      query.allowing = {{.layers = both.after}};
      if (both.before) query.refusing.push_back({.layers = *both.before});
      if (both.told) query.refusing.push_back({.layers = *both.told});
      query.classes_max = std::max<std::size_t>(options_.classes_max, 1);
      query.title = "newly allowed: " + both.subject;
      return query;
    }});
  }
  const std::vector<AnswerPtr> answers = asker.ask(items);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    for (const prover::Finding& finding : answers[i]->findings) {
      if (finding.callable) difference_.newly_allowed.push_back({changed_[i].subject, finding});
    }
    for (const std::string& why : answers[i]->undecided)
      difference_.undecided.push_back("`" + changed_[i].subject + "`: " + why);
    difference_.more |= answers[i]->more;
  }
}

}  // namespace

Difference difference(const loaders::Loaded& before, const loaders::Loaded& after,
                      const Options& options) {
  return Comparer(before, after, options).run();
}

}  // namespace ringwall::prove
