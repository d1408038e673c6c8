#include "services/accessanalyzer/detail/external.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/check.h"
#include "policy/binding.h"
#include "services/accessanalyzer/detail/people.h"
#include "text/encode.h"

namespace ringwall::accessanalyzer::detail {
namespace {

using policy::PrincipalName;
using prover::Constraint;
using text::Json;

constexpr const char* undecided = "INTERNAL_ERROR";  // AWS's word for what it could not analyse
constexpr std::size_t classes_max = 4'096;           // no service has so many actions

// The other account's own policies are not known, so that they are taken to allow everything.
const authz::Named& everything() {
  static const authz::Named named = [] {
    auto document = policy::compile(R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})", policy::Kind::identity);
    RW_CHECK(document.has_value());
    return authz::Named{"whatever the other account allows", *document};
  }();
  return named;
}

// One principal that one statement names, with that statement alone.
struct Candidate {
  PrincipalName name;
  const policy::Statement* statement = nullptr;
  policy::DocumentPtr alone = {};  // null: it could not be written by itself
};

// As a policy's Principal names it: "AWS", and the ARN.
std::pair<const char*, std::string> element_of(const PrincipalName& name) {
  switch (name.type) {
    case PrincipalName::Type::everyone: return {"AWS", "*"};
    case PrincipalName::Type::federated: return {"Federated", name.value};
    case PrincipalName::Type::canonical_user: return {"CanonicalUser", name.value};
    case PrincipalName::Type::service: return {"Service", name.value};
    case PrincipalName::Type::account:
    case PrincipalName::Type::arn:
    case PrincipalName::Type::unique_id: break;
  }
  return {"AWS", name.value};
}

policy::DocumentPtr alone(const policy::Document& document, std::size_t statement, const PrincipalName& name) {
  const auto json = text::parse_json(document.source());
  if (!json) return nullptr;
  const Json& statements = (*json)["Statement"];
  Json one = statements.is_object() ? statements : statements.items().at(statement);
  const auto [kind, value] = element_of(name);
  one.set("Principal", Json::object({{kind, value}}));
  Json written = Json::object({{"Statement", Json::array({std::move(one)})}});
  if (json->contains("Version")) written.set("Version", json->str("Version"));
  return policy::compile_bound(written.dump(), document.kind(), policy::Quota::waived).value_or(nullptr);
}

class Search {
 public:
  Search(const Guarded& resource, const Zone& zone, const estate::Estate& estate, const BugSink& bugs)
      : resource_(resource), zone_(zone), estate_(estate), bugs_(bugs), documents_(documents_of(resource)) {}

  std::uint64_t steps() const { return steps_; }

  std::vector<Finding> run() {
    std::vector<Finding> findings;
    for (std::size_t i = 0; i <= resource_.grants.size(); ++i) {  // the policy, then the grants
      const policy::Document& document = *documents_[i];
      const policy::Syntax syntax = syntax_of(document);
      for (std::size_t s = 0; s < syntax.statements.size(); ++s) {
        for (const Candidate& candidate : candidates(document, syntax, s)) {
          if (!outsiders_) meet_people();
          auto finding = finding_of(candidate);
          if (finding && std::ranges::find(findings, *finding) == findings.end()) findings.push_back(*std::move(finding));
        }
      }
    }
    return findings;
  }

 private:
  // Policy and grants, in that order, and then the resource control policies.
  static std::vector<const policy::Document*> documents_of(const Guarded& resource) {
    std::vector<const policy::Document*> all = {resource.policy.document.get()};
    for (const authz::Named& grant : resource.grants) all.push_back(grant.document.get());
    for (const authz::Level& level : resource.rcps) {
      for (const authz::Named& rcp : level.policies) all.push_back(rcp.document.get());
    }
    return all;
  }

  // Most resources let in nobody from outside at all, and cost nothing of this.
  void meet_people() {
    outsiders_ = everybody(documents_, zone_.accounts);
    public_ = the_public(documents_);
    // AWS's services are not reported.
    std::erase_if(outsiders_->callers, [](const prover::Caller& caller) { return caller.principal.type == policy::Principal::Type::service; });
    // `*` is whoever presents a token, too, of whatever provider.
    if (resource_.kind == authz::ResourceKind::trust)
      outsiders_->callers.push_back(prover::bearer_of("arn:aws:iam::" + resource_.account + ":oidc-provider/identity.example"));
    for (prover::Caller& caller : outsiders_->callers) add_organization(caller);
    outsiders_->where = outside();
  }

  static policy::Syntax syntax_of(const policy::Document& document) {
    auto syntax = policy::read_bound(document.source(), document.kind(), policy::Quota::waived);
    RW_CHECK(syntax.has_value());  // it was compiled from just this text
    return *std::move(syntax);
  }

  bool is_external(const PrincipalName& name) const {
    switch (name.type) {
      case PrincipalName::Type::account: return !zone_.contains(name.value);
      case PrincipalName::Type::arn: return !zone_.contains(account_of_arn(name.value));
      case PrincipalName::Type::unique_id: return !is_of_zone(name.value);
      case PrincipalName::Type::everyone:
      case PrincipalName::Type::federated:
      case PrincipalName::Type::canonical_user: return true;
      case PrincipalName::Type::service: break;
    }
    return false;
  }

  // Who is gone is nobody of the zone: the id may be of a principal of any account.
  bool is_of_zone(std::string_view unique_id) const {
    unique_id = unique_id.substr(0, unique_id.find(':'));  // a session's role
    bool is = false;
    estate_.principals.for_each([&](const estate::Principal& principal) { is |= principal.unique_id == unique_id && zone_.contains(principal.account); });
    return is;
  }

  std::vector<Candidate> candidates(const policy::Document& document, const policy::Syntax& syntax, std::size_t s) {
    std::vector<Candidate> found;
    const policy::Statement& statement = syntax.statements[s];
    if (statement.effect != policy::Effect::allow || !statement.principals || statement.principals->sense != policy::Sense::listed) return found;
    for (const PrincipalName& name : statement.principals->names) {
      if (!is_external(name)) continue;
      found.push_back({name, &statement, alone(document, s, name)});
      kept_.push_back(found.back().alone);
    }
    return found;
  }

  // Of accounts of ours it is known which organisation they are of.
  void add_organization(prover::Caller& caller) const {
    const std::string& account = caller.principal.account;
    if (!estate_.organization || !estate_.mine(account) || estate_.org_path(account).empty()) return;
    caller.keys.set("aws:PrincipalOrgID", estate_.organization->id);
    caller.keys.set("aws:PrincipalOrgPaths", std::vector<std::string>{estate_.org_path(account)});
  }

  // A request on a resource of ours says whose it is.
  void add_owner(policy::Context& keys) const {
    keys.set("aws:ResourceAccount", resource_.account);
    const std::string path = estate_.org_path(resource_.account);
    if (!estate_.organization || path.empty()) return;
    keys.set("aws:ResourceOrgID", estate_.organization->id);
    keys.set("aws:ResourceOrgPaths", std::vector<std::string>{path});
  }

  // An organisation's analyzer trusts all of it.
  Constraint outside() const {
    if (zone_.organization.empty()) return {};
    std::vector<Constraint> inside;
    if (auto by_id = prover::condition("StringEquals", "aws:PrincipalOrgID", {zone_.organization})) inside.push_back(*std::move(by_id));
    if (auto by_path = prover::condition("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", {zone_.organization + "/*"})) inside.push_back(*std::move(by_path));
    return prover::none_of(std::move(inside));
  }

  // May some of them do something by the candidate's statement, and by all that applies?
  prover::Answer ask(const Candidate& candidate, const People& people) {
    prover::Query query;
    query.universe.callers = people.callers;
    query.universe.owners = {{prover::Owner::Kind::account, {resource_.account}}};
    query.universe.actions = prover::Actions::on_resources;
    query.universe.absent = {"aws:resourcetag/*", "iam:resourcetag/*"};
    add_owner(query.universe.keys);
    for (const auto& [key, value] : resource_.tags) {
      query.universe.keys.set("aws:ResourceTag/" + key, value);
      if (resource_.kind == authz::ResourceKind::trust) query.universe.keys.set("iam:ResourceTag/" + key, value);
    }
    std::vector<Constraint> where = {people.where};
    if (auto here = prover::on_resources({resource_.arn})) where.push_back(*std::move(here));
    // Other services' actions name keys and roles too, and consult no policy of theirs.
    if (auto own = prover::on_actions({std::string(service()) + "*"})) where.push_back(*std::move(own));
    if (resource_.kind == authz::ResourceKind::trust) where.push_back(prover::presenting());
    query.universe.where = prover::all_of(std::move(where));
    const authz::Layers layers{.identity = std::span(&everything(), 1), .resource = &resource_.policy, .resource_kind = resource_.kind, .grants = resource_.grants, .rcps = resource_.rcps};
    query.allowing = {prover::Side{.layers = layers}, prover::Side{.document = candidate.alone}};
    query.classes_max = classes_max;
    query.steps_max = analysis_steps_max - std::min(steps_, analysis_steps_max);
    prover::Answer answer = prover_.ask(query);
    steps_ += answer.statistics.steps;
    if (answer.bug) bugs_(answer.bug->what, answer.bug->question);
    if (answer.verdict == prover::Verdict::none && !people.undecided.empty()) answer.verdict = prover::Verdict::inconclusive;
    return answer;
  }

  std::optional<Finding> finding_of(const Candidate& candidate) {
    prover::Answer answer;  // inconclusive
    const bool can_be_asked = candidate.alone != nullptr && candidate.name.type != PrincipalName::Type::canonical_user;
    if (can_be_asked) answer = ask(candidate, *outsiders_);
    if (answer.verdict == prover::Verdict::none) return std::nullopt;
    std::set<std::string> actions;
    for (const prover::Finding& one : answer.findings) actions.insert(one.actions.begin(), one.actions.end());
    const auto hands_out = [](const std::string& action) { return std::ranges::find(prover::asked_beside, action) == prover::asked_beside.end(); };
    const bool is_whole = answer.verdict != prover::Verdict::inconclusive && !answer.more;
    if (is_whole && resource_.kind == authz::ResourceKind::trust && std::ranges::none_of(actions, hands_out)) return std::nullopt;
    if (actions.empty() || answer.more) {
      for (const policy::Listed& listed : candidate.statement->actions) actions.insert(listed.text);
    }
    Finding finding{.principal = {element_of(candidate.name)},
                    .action = {actions.begin(), actions.end()},
                    .condition = conditions_of(*candidate.statement),
                    .is_public = can_be_asked && is_public(candidate),
                    .rcp_restriction = is_restricted() ? RcpRestriction::applied : RcpRestriction::not_applicable,
                    .error = {},
                    .id = {}};
    if (answer.verdict == prover::Verdict::inconclusive) finding.error = undecided;
    return finding;
  }

  // The conditions of the statement by their keys: AWS's findings show no operators.
  static std::map<std::string, std::string> conditions_of(const policy::Statement& statement) {
    std::map<std::string, std::string> by_key;
    for (const policy::Condition& condition : statement.conditions) {
      std::string& values = by_key[condition.key_name];
      for (const policy::Listed& value : condition.values) values += (values.empty() ? "" : ",") + value.text;
    }
    return by_key;
  }

  bool is_public(const Candidate& candidate) {
    const bool may_be = candidate.name.type == PrincipalName::Type::everyone || candidate.name.type == PrincipalName::Type::federated;
    return may_be && ask(candidate, *public_).verdict != prover::Verdict::none;
  }

  std::string_view service() const { return resource_.kind == authz::ResourceKind::trust ? "sts:" : "kms:"; }

  // Does a resource control policy say anything of this service?
  bool is_restricted() const {
    const auto is_about = [&](const policy::Listed& action) {
      const std::string lower = text::lower(action.text);
      return lower.starts_with('*') || lower.starts_with(service());
    };
    for (std::size_t i = 1 + resource_.grants.size(); i < documents_.size(); ++i) {
      for (const policy::Statement& statement : syntax_of(*documents_[i]).statements) {
        if (statement.effect != policy::Effect::deny) continue;
        if (statement.action_sense == policy::Sense::all_but_listed || std::ranges::any_of(statement.actions, is_about)) return true;
      }
    }
    return false;
  }

  const Guarded& resource_;
  const Zone& zone_;
  const estate::Estate& estate_;
  const BugSink& bugs_;
  const std::vector<const policy::Document*> documents_;
  std::optional<People> outsiders_ = {}, public_ = {};  // made when there is something to ask
  std::vector<policy::DocumentPtr> kept_ = {};  // what the prover has read
  prover::Prover prover_ = {};
  std::uint64_t steps_ = 0;
};

}  // namespace

bool Zone::contains(std::string_view account) const { return std::ranges::binary_search(accounts, account); }

std::vector<Finding> external_access(const Guarded& resource, const Zone& zone, const estate::Estate& estate, const BugSink& bugs, std::uint64_t& steps) {
  Search search(resource, zone, estate, bugs);
  std::vector<Finding> findings = search.run();
  steps += search.steps();
  return findings;
}

}  // namespace ringwall::accessanalyzer::detail
