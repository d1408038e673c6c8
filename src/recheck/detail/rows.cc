#include "recheck/detail/rows.h"

#include <algorithm>

#include "catalogue/aws_owned.h"
#include "catalogue/catalogue.h"
#include "catalogue/network_keys.h"
#include "catalogue/resource_policies.h"
#include "catalogue/sign_ins.h"
#include "recheck/detail/limits.h"
#include "text/encode.h"

namespace ringwall::recheck::detail {
namespace {

// Principals of mine that one question asks one by one, at most.
constexpr std::size_t mine_asked_max = 512;

std::string unknown_names(const Names& names) {
  if (names.canonical) return "a policy names a canonical user, and whose account that is no file says";
  if (!names.of_no_account.empty()) return "a policy names `" + *names.of_no_account.begin() + "`, which is of no account";
  if (!names.accounts_in_part.empty()) return "a policy names callers' accounts in part, as `" + *names.accounts_in_part.begin() + "`";
  return {};
}

}  // namespace

std::set<std::string> sessions_of(const estate::Principal& role, const Names& names) {
  std::set<std::string> sessions = {"session"};
  for (const std::string& arn : names.arns) {
    const std::string_view what = arn_part(arn, 5);
    const std::string start = "assumed-role/" + role.name + "/";
    if (arn_part(arn, 4) == role.account && what.starts_with(start)) sessions.emplace(what.substr(start.size()));
  }
  return sessions;
}

Limit Rows::excepted(Objective row) const {
  std::vector<Limit> excluded;
  for (const perimeter::Exception& exception : world_.perimeter.exceptions) {
    if (counts(exception, row)) excluded.push_back(covered_by(exception));
  }
  return none(std::move(excluded));
}

// What is excepted from the whole is excepted from each row that it is made of.
bool Rows::counts(const perimeter::Exception& exception, Objective row) const {
  const auto& only = exception.objectives;
  const auto lists = [&](Objective one) { return std::ranges::find(only, one) != only.end(); };
  const bool named = only.empty() || lists(row) || (row != Objective::agents && lists(Objective::whole));
  return named && !exception.expired(world_.today);
}

bool Rows::excepts(Objective row) const {
  const bool owned = row == Objective::identity_resources && (world_.perimeter.aws_owned_defaults || !world_.perimeter.aws_owned.empty());
  return owned || std::ranges::any_of(world_.perimeter.exceptions, [&](const auto& exception) { return counts(exception, row); });
}

bool Rows::excepts_no_more(Objective row, Objective than) const {
  return std::ranges::none_of(world_.perimeter.exceptions, [&](const auto& exception) { return counts(exception, row) && !counts(exception, than); });
}

Limit Rows::unexpected_network() const {
  std::vector<Limit> expected = {condition("Bool", "aws:ViaAWSService", {"true"}), condition("Bool", "aws:PrincipalIsAWSService", {"true"})};
  if (!world_.cidrs.empty()) expected.push_back(condition("IpAddress", "aws:SourceIp", world_.cidrs));
  for (const auto& [region, ids] : world_.vpcs) expected.push_back(out_of(region, ids));
  for (const auto& [region, ids] : world_.endpoints)
    expected.push_back(all({condition("StringEquals", "aws:RequestedRegion", {region}), condition("StringEquals", "aws:SourceVpce", ids)}));
  expected.push_back(condition("ArnLike", "aws:PrincipalArn", {catalogue::infrastructure_role("*"), catalogue::service_linked_roles("*")}));
  if (world_.perimeter.networks.estate_vpcs && !world_.perimeter.accounts.empty())
    expected.push_back(condition("StringEquals", "aws:VpceAccount", world_.perimeter.accounts));
  if (world_.perimeter.networks.estate_vpcs && !world_.organization.empty())
    expected.push_back(condition("StringEquals", "aws:VpceOrgID", {world_.organization}));
  return all({none(std::move(expected)), any({present("aws:SourceIp"), present("aws:SourceVpc"), present("aws:VpcSourceIp")})});
}

std::span<const authz::Level> Rows::rcps(const std::string& account) const {
  const estate::Account* owner = world_.estate.account(account);
  return owner == nullptr ? std::span<const authz::Level>() : std::span(owner->rcps.data(), owner->rcps.size());
}

std::set<std::string, std::less<>> Rows::services_with_a_side() const {
  std::set<std::string, std::less<>> services;
  world_.estate.resources.for_each([&](const estate::Resource& resource) {
    const std::string_view service = arn_part(resource.arn, 2);
    if (resource.policy || catalogue::has_resource_side(service)) services.emplace(service);
  });
  return services;
}

std::vector<Cell> Rows::cells() const {
  std::set<Cell> cells;
  const auto add = [&](std::initializer_list<Objective> rows, const std::string& subject) {
    for (const Objective row : rows) cells.insert({row, subject});
    cells.insert({Objective::whole, subject});
  };
  for (const estate::Principal* principal : world_.principals) {
    add({Objective::identity_resources, Objective::identity_networks}, principal->arn);
    if (principal->type == policy::Principal::Type::role_session) add({Objective::trust}, principal->arn);
    if (world_.perimeter.agents) cells.insert({Objective::agents, principal->arn});
  }
  const auto sided = services_with_a_side();
  world_.estate.resources.for_each([&](const estate::Resource& resource) {
    add({Objective::resource_principals}, resource.arn);
    if (sided.contains(arn_part(resource.arn, 2))) add({Objective::resource_networks}, resource.arn);
  });
  world_.estate.endpoints.for_each([&](const estate::Endpoint& endpoint) {
    add({Objective::network_principals, Objective::network_resources}, endpoint.id);
  });
  return {cells.begin(), cells.end()};
}

const Question& Rows::question(const Cell& cell) {
  const auto kept = questions_.find(cell);
  if (kept != questions_.end()) return kept->second;
  if (questions_.size() >= kept_max) questions_.clear();
  Question& question = questions_[cell];
  switch (cell.row) {
    case Objective::identity_resources:
    case Objective::identity_networks:
      question = of_principal(cell);
      break;
    case Objective::resource_principals:
    case Objective::resource_networks:
      question = of_resource(cell);
      break;
    case Objective::network_principals:
    case Objective::network_resources:
      question = of_endpoint(cell);
      break;
    case Objective::trust:
      question = of_trust(cell);
      break;
    case Objective::agents:
    case Objective::whole:
      question.undecided = "it is made of several questions";
      break;
  }
  question.row = cell.row;
  return question;
}

Question Rows::of_principal(const Cell& cell, const estate::Endpoint* endpoint) {
  Question question;
  const estate::Principal* principal = world_.estate.principal(cell.subject);
  if (principal == nullptr) return {.undecided = "the estate has no such principal"};
  const Caller caller = caller_of(world_, *principal, "session");
  question.callers = {{caller}};
  question.sides.layers = estate::layers_of(world_.estate, caller.principal, nullptr);
  question.sides.resource_is_open = true;
  if (endpoint != nullptr) come_through(*endpoint, question);
  if (endpoint != nullptr && principal->type == policy::Principal::Type::role_session) {
    question.callers.clear();  // its policy tells sessions apart
    const Names names = names_in(library_, documents_of(question.sides));
    for (const std::string& session : sessions_of(*principal, names)) question.callers.push_back({caller_of(world_, *principal, session)});
  }
  if (cell.row == Objective::identity_networks) {
    question.on_resources = false;
    question.limit = all({unexpected_network(), excepted(cell.row)});
    return question;
  }
  question.foreign = true;
  std::vector<Limit> owned;
  add_aws_owned(world_, owned);
  question.limit = all({std::move(question.limit), foreign_resource(world_), none(std::move(owned)), excepted_of(cell.row, endpoint)});
  return question;
}

namespace {

void add_all(std::vector<Outsider> outsiders, Question& question) {
  for (Outsider& outsider : outsiders) {
    Asked asked{std::move(outsider.caller)};
    if (!outsider.arns.empty() && asked.caller.keys.find("aws:PrincipalArn") == nullptr)
      asked.limit = condition("ArnLike", "aws:PrincipalArn", {outsider.arns});
    question.callers.push_back(std::move(asked));
  }
}

}  // namespace

void Rows::add_outsiders(Question& question, Of of) {
  const Names names = names_in(library_, documents_of(question.sides));
  if (question.undecided.empty()) question.undecided = unknown_names(names);
  add_all(outsiders(world_, names, of), question);
  // A service comes through an endpoint of mine on addresses that it signed itself.
  const auto service = [](const Asked& asked) { return asked.caller.principal.type == policy::Principal::Type::service; };
  if (question.through_endpoint) std::erase_if(question.callers, service);
}

void Rows::add_owner(Question& question, const std::string& account) const {
  question.owner = account;
  question.keys = owned_by(world_, account);
  question.only["s3:resourceaccount"] = {account};  // where it is there
  if (world_.estate.no_organization && world_.estate.account(account) != nullptr)
    question.absent.insert(question.absent.end(), {"aws:resourceorgid", "aws:resourceorgpaths"});
}

void Rows::add_mine(Question& question) {
  if (world_.principals.size() > mine_asked_max) {
    question.undecided = "certificates of this row ask my principals one by one, and there are more than " + std::to_string(mine_asked_max);
    return;
  }
  const Names names = names_in(library_, documents_of(question.sides));
  add_all(unlisted(world_, names), question);
  for (const estate::Principal* principal : world_.principals) {
    if (principal->type != policy::Principal::Type::role_session) {
      question.callers.push_back({caller_of(world_, *principal, {})});
      continue;
    }
    for (const std::string& session : sessions_of(*principal, names)) question.callers.push_back({caller_of(world_, *principal, session)});
  }
}

// The ARN and what lies below it: nothing below most, behind a slash or a colon where services put names there; of services
// that nobody has looked up both.
std::vector<std::string> with_below(const std::string& arn) {
  constexpr std::string_view alone[] = {"acm-pca", "codeartifact", "ecr", "events", "iam", "kms", "secretsmanager", "sns", "sqs", "ssm", "sts"};
  constexpr std::string_view slashes[] = {"aoss", "dynamodb", "es", "execute-api", "kinesis", "mediastore", "s3", "s3-outposts"};
  constexpr std::string_view colons[] = {"lambda", "logs"};
  const auto is = [&](std::span<const std::string_view> services) { return std::ranges::find(services, arn_part(arn, 2)) != services.end(); };
  if (is(alone)) return {arn};
  if (is(slashes)) return {arn, arn + "/*"};
  if (is(colons)) return {arn, arn + ":*"};
  return {arn, arn + "/*", arn + ":*"};
}

// What the documents ask of those for whom a service acts, as far as that is mine: an account of mine, an ARN of one, or one
// that the estate has, as a bucket's, which says no account. Of an encryption context that a service writes, likewise.
Limit Rows::for_mine(const Sides& sides) {
  std::vector<Limit> mine;
  if (!world_.organization.empty()) {
    mine.push_back(condition("StringEquals", "aws:SourceOrgID", {world_.organization}));
    mine.push_back(condition("ForAnyValue:StringLike", "aws:SourceOrgPaths", {world_.organization + "/*"}));
  }
  const auto add = [&](const policy::Condition& asks, const std::string& value) {
    if (asks.key == "aws:sourceaccount" || asks.key == "aws:sourceowner") {
      if (world_.accounts.contains(value)) mine.push_back(condition("StringEquals", asks.key, {value}));
      return;
    }
    const std::string account(arn_part(value, 4));
    const bool has_service = arn_part(value, 0) == "arn" && arn_part(value, 2).find_first_of("*?$") == std::string_view::npos;
    if (has_service && world_.accounts.contains(account)) {
      mine.push_back(condition("ArnLike", asks.key, {"arn:*:*:*:" + account + ":*"}));
      // AWS's own examples compare ARNs as texts. No name in such an ARN holds an account between colons.
      if (asks.op->family == policy::Family::text_like) mine.push_back(condition("StringLike", asks.key, {value}));
    } else if (world_.estate.resources.find(value) != nullptr) {
      mine.push_back(condition("StringEquals", asks.key, {value}));
    }
  };
  for (const auto& [layer, named] : documents_of(sides)) {
    for (const policy::Statement& statement : library_.read(*named->document).policy.syntax().statements) {
      for (const policy::Condition& asks : statement.conditions) {
        const bool says_for_whom = asks.key == "aws:sourceaccount" || asks.key == "aws:sourceowner" || asks.key == "aws:sourcearn" ||
                                   asks.key.starts_with("kms:encryptioncontext:aws:");
        if (!says_for_whom || asks.op->family == policy::Family::null) continue;
        for (const policy::Listed& value : asks.values) {
          if (!value.text.contains('$')) add(asks, value.text);
        }
      }
    }
  }
  return any(std::move(mine));
}

// A declared service is mine where it acts for mine. So is one that nobody names: it comes in by what binds whoever comes to mine.
void Rows::add_services_for_mine(const Question& question, std::vector<Limit>& excluded) {
  const Limit mine = for_mine(question.sides);
  std::vector<std::string> named;
  for (const perimeter::ServiceException& service : world_.perimeter.services) {
    excluded.push_back(service.without_source ? by_service(service) : all({by_service(service), mine}));
    named.push_back(service.principal);
  }
  for (const auto& [layer, document] : documents_of(question.sides)) {
    for (const policy::Statement& statement : library_.read(*document->document).policy.syntax().statements) {
      if (!statement.principals) continue;
      for (const policy::PrincipalName& name : statement.principals->names) {
        if (name.type == policy::PrincipalName::Type::service) named.push_back(name.value);
      }
    }
  }
  std::vector<Limit> unnamed = {condition("Bool", "aws:PrincipalIsAWSService", {"true"}), mine};
  if (!named.empty()) unnamed.push_back(none({condition("StringEquals", "aws:PrincipalServiceName", std::move(named))}));
  excluded.push_back(all(std::move(unnamed)));
}

Question Rows::of_resource(const Cell& cell, const estate::Endpoint* endpoint) {
  Question question;
  const estate::Resource* resource = world_.estate.resources.find(cell.subject);
  if (resource == nullptr) return {.undecided = "the estate has no such resource"};
  question.sides.identity_is_open = true;
  question.sides.layers.resource_kind = resource->kind;
  question.sides.layers.resource = resource->policy ? &*resource->policy : nullptr;
  question.sides.layers.rcps = rcps(resource->account);
  add_owner(question, resource->account);
  if (const std::string_view region = arn_part(resource->arn, 3); !region.empty()) question.keys.set("aws:RequestedRegion", std::string(region));
  if (endpoint != nullptr) come_through(*endpoint, question);
  add_outsiders(question, Of::resources);
  std::vector<Limit> excluded;
  const bool networks = cell.row == Objective::resource_networks;
  if (networks) {
    add_services(world_, excluded);
    add_mine(question);
  } else {
    add_services_for_mine(question, excluded);
  }
  question.limit = all({std::move(question.limit), asked_of(resource->arn), networks ? unexpected_network() : foreign_principal(world_),
                        none(std::move(excluded)), excepted_of(cell.row, endpoint)});
  return question;
}

// Whose the endpoint is, where a request says so: those of some services do.
Limit Rows::said_of(const estate::Endpoint& endpoint) const {
  using catalogue::NetworkKey;
  std::vector<Limit> parts;
  const auto is = [&](NetworkKey key, const std::string& value) {
    const std::string name(catalogue::name_of(key));
    const Limit said = condition(key == NetworkKey::vpce_org_paths ? "ForAnyValue:StringEquals" : "StringEquals", name, {value});
    parts.push_back(any({said, condition("Null", name, {"true"})}));
    if (world_.network_keys_everywhere) return;
    std::vector<std::string> saying, silent;
    for (const std::string_view prefix : catalogue::services_with(key)) saying.push_back(std::string(prefix) + ":*");
    for (const std::string_view action : catalogue::actions_without_network_keys()) silent.emplace_back(action);
    parts.push_back(any({said, none({actions(std::move(saying))}), actions(std::move(silent))}));
  };
  if (!endpoint.account.empty()) is(NetworkKey::vpce_account, endpoint.account);
  const std::string& path = world_.estate.org_path(endpoint.account);
  if (path.empty() || !world_.estate.organization) return all(std::move(parts));
  is(NetworkKey::vpce_org_id, world_.estate.organization->id);
  is(NetworkKey::vpce_org_paths, path);
  return all(std::move(parts));
}

// The endpoint's policy and what is known of requests through it, to be said before callers are added, who are told apart by it.
void Rows::come_through(const estate::Endpoint& endpoint, Question& question) const {
  question.through_endpoint = true;
  question.sides.layers.endpoint = endpoint.policy ? &*endpoint.policy : nullptr;
  question.keys.set("aws:SourceVpce", endpoint.id);
  if (!endpoint.vpc.empty()) question.keys.set("aws:SourceVpc", endpoint.vpc);
  question.absent.emplace_back("aws:sourceip");
  if (world_.estate.no_organization) question.absent.insert(question.absent.end(), {"aws:vpceorgid", "aws:vpceorgpaths"});
  std::vector<Limit> parts = {said_of(endpoint)};
  if (catalogue::Catalogue::builtin().service(endpoint.service) != nullptr) parts.push_back(actions({endpoint.service + ":*"}));
  question.limit = all(std::move(parts));
}

Limit Rows::excepted_of(Objective row, const estate::Endpoint* endpoint) const {
  if (endpoint == nullptr) return excepted(row);
  return any({excepted(row), excepted(row == Objective::identity_resources ? Objective::network_resources : Objective::network_principals)});
}

Question Rows::of_endpoint(const Cell& cell) {
  Question question;
  const estate::Endpoint* endpoint = world_.estate.endpoints.find(cell.subject);
  if (endpoint == nullptr) return {.undecided = "the estate has no such endpoint"};
  question.sides.identity_is_open = question.sides.resource_is_open = true;
  come_through(*endpoint, question);
  add_outsiders(question, Of::resources);
  std::vector<Limit> excluded, parts = {std::move(question.limit), excepted(cell.row)};
  if (cell.row == Objective::network_resources) {
    add_mine(question);
    question.callers.push_back({token_bearer().caller, actions({"sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"})});
    question.foreign = true;
    parts.push_back(foreign_resource(world_));
    add_aws_owned(world_, excluded);
  } else {
    question.on_resources = false;
    parts.push_back(foreign_principal(world_));
  }
  add_services(world_, excluded);
  if (world_.perimeter.anonymous_get_object)
    excluded.push_back(all({condition("StringEquals", "aws:PrincipalType", {"Anonymous"}), actions({"s3:GetObject"})}));
  parts.push_back(none(std::move(excluded)));
  question.limit = all(std::move(parts));
  if (endpoint->aws) return question;
  question.limit = any({});  // no request to AWS gets there
  const auto& accepted = world_.perimeter.networks.endpoints;
  if (std::ranges::find(accepted, endpoint->id, &perimeter::Place::id) == accepted.end()) question.undecided = "the endpoint leads to no service of AWS's";
  return question;
}

Question Rows::of_trust(const Cell& cell, const estate::Endpoint* endpoint) {
  Question question;
  const estate::Principal* role = world_.estate.principal(cell.subject);
  if (role == nullptr) return {.undecided = "the estate has no such role"};
  question.sides.identity_is_open = true;
  question.sides.layers.resource_kind = authz::ResourceKind::trust;
  question.sides.layers.resource = role->trust ? &*role->trust : nullptr;
  question.sides.layers.rcps = rcps(role->account);
  add_owner(question, role->account);
  if (endpoint != nullptr) come_through(*endpoint, question);
  add_outsiders(question, Of::trust);
  const Names names = names_in(library_, documents_of(question.sides));
  for (const std::string& provider : names.providers) add_bearers(question, provider);
  if (role->trust && names_in(library_, {{"trust", &*role->trust}}).everyone) add_bearers_of_everyone(question, role->account, names.providers);
  question.limit = all({std::move(question.limit), resources({role->arn}), assuming(), foreign_principal(world_), excepted_of(cell.row, endpoint)});
  return question;
}

namespace {

bool is_literal(const policy::Listed& value) { return value.pieces.size() == 1 && value.pieces.front().kind == policy::Piece::Kind::literal; }

// The value as one that only a tenant of mine can have; nothing: it names none to the end of its name.
std::optional<Limit> tenant_of(const catalogue::TenantClaim& claim, const policy::Condition& asks, const policy::Listed& value) {
  using policy::Family;
  const Family family = asks.op->family;
  const bool any_case = family == Family::text_ignoring_case;
  if (!any_case && family != Family::text && family != Family::text_like && family != Family::number) return std::nullopt;
  if (value.pieces.empty() || value.pieces.front().kind != policy::Piece::Kind::literal) return std::nullopt;
  const std::string& text = value.pieces.front().text;
  const auto tenant = catalogue::tenant_named(claim.shape, text, is_literal(value));
  if (!tenant || tenant->text.find_first_of("*?") != std::string::npos) return std::nullopt;
  if (tenant->is_beginning && !any_case) return condition("StringLike", asks.key, {tenant->text + "*"});
  return condition(any_case ? "StringEqualsIgnoreCase" : family == Family::number ? "NumericEquals" : "StringEquals", asks.key, {text});
}

}  // namespace

// A policy that names everyone names whoever presents a token, of any provider of the role's account: of the issuers that the
// perimeter file lists or the policies ask about, and of one of which nobody speaks.
void Rows::add_bearers_of_everyone(Question& question, const std::string& account, const std::set<std::string>& named) {
  std::set<std::string> issuers = {"identity.example"};
  for (const auto& one : world_.perimeter.identity_providers) issuers.insert(text::lower(one.issuer));
  for (const auto& [layer, document] : documents_of(question.sides)) {
    for (const policy::Statement& statement : library_.read(*document->document).policy.syntax().statements) {
      for (const policy::Condition& asks : statement.conditions) {
        const std::size_t colon = asks.key.rfind(':');
        const std::string claim = colon == std::string::npos ? "" : asks.key.substr(colon + 1), issuer = asks.key.substr(0, colon);
        if ((claim == "sub" || claim == "aud" || claim == "app_id") && issuer.contains('.')) issuers.insert(issuer);
      }
    }
  }
  const std::set<std::string> built_in = {"accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"};
  for (const std::string& issuer : issuers) {
    const std::string provider = built_in.contains(issuer) ? issuer : "arn:aws:iam::" + account + ":oidc-provider/" + issuer;
    std::string before = question.undecided;
    const std::size_t there = question.callers.size();
    if (!named.contains(provider)) add_bearers(question, provider);
    for (std::size_t i = there; i < question.callers.size(); ++i) {  // a token says nothing in the names of other issuers
      for (const std::string& other : issuers) {
        if (other != issuer) question.callers[i].caller.absent.push_back(other + ":*");
      }
    }
    question.undecided = std::move(before);  // of a provider of which nobody speaks, whoever has a token is not mine
  }
}

// Somebody with a token of the provider that is not mine. Of an issuer that many share a token is mine if a claim in it names a
// tenant of mine: one that the perimeter file lists, or, where that is silent, that the policies spell out.
void Rows::add_bearers(Question& question, const std::string& provider) {
  Asked asked{federated_by(provider).caller};
  std::string issuer = provider;
  if (provider.starts_with("arn:")) {
    if (!world_.accounts.contains(arn_part(provider, 4))) return question.callers.push_back(std::move(asked));
    constexpr std::string_view oidc = "oidc-provider/";
    const std::string_view what = arn_part(provider, 5);
    if (!what.starts_with(oidc)) return;  // SAML: my own directory
    issuer = what.substr(oidc.size());
  }
  std::vector<Limit> mine;
  const auto& all_declared = world_.perimeter.identity_providers;
  const auto declared = std::ranges::find(all_declared, text::lower(issuer), [](const auto& one) { return text::lower(one.issuer); });
  if (declared != all_declared.end()) {
    std::vector<Limit> parts;
    if (!declared->subjects.empty()) parts.push_back(condition("StringLike", issuer + ":sub", declared->subjects));
    if (!declared->audiences.empty()) parts.push_back(condition("StringLike", issuer + ":aud", declared->audiences));
    mine.push_back(all(std::move(parts)));
  } else {
    const catalogue::Tenancy tenancy = catalogue::tenancy_of(issuer);
    if (tenancy == catalogue::Tenancy::single) return;
    if (tenancy == catalogue::Tenancy::unknown) question.undecided = "whether anybody else can have a token of `" + issuer + "` is not known";
    for (const auto& [layer, named] : documents_of(question.sides)) {
      for (const policy::Statement& statement : library_.read(*named->document).policy.syntax().statements) {
        for (const policy::Condition& asks : statement.conditions) {
          for (const catalogue::TenantClaim& claim : catalogue::tenant_claims(issuer)) {
            if (asks.key != text::lower(catalogue::claim_key(issuer, claim.claim))) continue;
            for (const policy::Listed& value : asks.values) {
              if (auto tenant = tenant_of(claim, asks, value)) mine.push_back(*std::move(tenant));
            }
          }
        }
      }
    }
  }
  std::vector<Limit> parts = {none(std::move(mine))};
  const bool by_application = issuer == "graph.facebook.com" || issuer == "www.amazon.com";
  for (const char* claim : {"sub", "aud", "app_id"}) {  // every token has these
    if (by_application == (claim == std::string_view("app_id"))) parts.push_back(condition("Null", catalogue::claim_key(issuer, claim), {"false"}));
  }
  asked.limit = all(std::move(parts));
  question.callers.push_back(std::move(asked));
}

}  // namespace ringwall::recheck::detail
