#include "prove/detail/limits.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "catalogue/agents.h"
#include "catalogue/aws_owned.h"
#include "text/glob.h"

namespace ringwall::prove::detail {
namespace {

using prover::Constraint;

Constraint everything() { return prover::all_of({}); }
Constraint nothing() { return prover::any_of({}); }

// Conditions of our own making are well-formed.
Constraint sure(Result<Constraint> made) {
  RW_CHECK(made.has_value());
  return *std::move(made);
}
Constraint sure(std::string_view op, std::string_view key, std::vector<std::string> values) {
  return sure(prover::condition(op, key, std::move(values)));
}
Constraint present(std::string_view key) { return sure("Null", key, {"false"}); }

Result<Constraint> principal_of(const std::string& pattern) {
  if (pattern == "*") return everything();
  if (pattern == "anonymous") return prover::condition("StringEquals", "aws:PrincipalType", {"Anonymous"});
  if (is_account(pattern))
    return prover::condition("StringEquals", "aws:PrincipalAccount", {pattern});
  if (pattern.starts_with("arn:")) {
    RW_TRY(Constraint named, prover::condition("ArnLike", "aws:PrincipalArn", {pattern}));
    RW_TRY(Constraint provider, prover::condition("ArnLike", "aws:FederatedProvider", {pattern}));
    return prover::any_of({std::move(named), std::move(provider)});
  }
  RW_TRY(Constraint service, prover::condition("StringEquals", "aws:PrincipalServiceName", {pattern}));
  RW_TRY(Constraint provider, prover::condition("StringEquals", "aws:FederatedProvider", {pattern}));
  return prover::any_of({std::move(service), std::move(provider)});
}

Result<Constraint> narrowed(const std::vector<std::string>& actions,
                            const std::vector<std::string>& resources) {
  std::vector<Constraint> parts;
  if (!actions.empty()) {
    RW_TRY(Constraint part, prover::on_actions(actions));
    parts.push_back(std::move(part));
  }
  if (!resources.empty()) {
    RW_TRY(Constraint part, prover::on_resources(resources));
    parts.push_back(std::move(part));
  }
  return prover::all_of(std::move(parts));
}

// A VPC's ARN, whatever the partition and the account: within its Region the id has one of each.
std::string arn_of_vpc(const std::string& region, const std::string& id) {
  return "arn:*:ec2:" + region + ":*:vpc/" + id;
}

// Out of one of these VPCs of the Region. Where a request has the VPC's ARN, its Region is the ARN's, whatever the Region
// that is asked: an endpoint may lead to another.
Result<Constraint> out_of(const std::string& region, const std::vector<std::string>& ids, bool one_region) {
  RW_TRY(Constraint vpc, prover::condition("StringEquals", "aws:SourceVpc", ids));
  if (one_region) return vpc;
  RW_TRY(Constraint asked, prover::condition("StringEquals", "aws:RequestedRegion", {region}));
  RW_TRY(Constraint there, prover::condition("ArnLike", "aws:SourceVpcArn", {arn_of_vpc(region, "*")}));
  std::vector<std::string> arns;
  for (const std::string& id : ids) arns.push_back(arn_of_vpc(region, id));
  RW_TRY(Constraint named, prover::condition("ArnLike", "aws:SourceVpcArn", std::move(arns)));
  std::vector<Constraint> lies{std::move(asked), std::move(there)};
  return prover::any_of({prover::all_of({std::move(vpc), prover::any_of(std::move(lies))}), std::move(named)});
}

Result<Constraint> images_of_aws(const std::string& partition) {
  RW_TRY(Constraint narrow, narrowed({"ec2:*"}, catalogue::images(partition)));
  RW_TRY(Constraint theirs, prover::condition("StringEquals", catalogue::image_owner_key, {std::string(catalogue::image_owner)}));
  return prover::all_of({std::move(narrow), std::move(theirs)});
}

Result<Constraint> covered_by(const perimeter::Exception& exception, bool one_region) {
  RW_TRY(Constraint narrow, narrowed(exception.actions, exception.resources));
  std::vector<Constraint> parts{std::move(narrow)};
  std::vector<Constraint> who;
  for (const std::string& principal : exception.principals) {
    RW_TRY(Constraint part, principal_of(principal));
    who.push_back(std::move(part));
  }
  if (!who.empty()) parts.push_back(prover::any_of(std::move(who)));
  std::vector<Constraint> from;
  if (!exception.cidrs.empty()) {
    std::vector<std::string> cidrs;
    for (const text::Cidr& cidr : exception.cidrs) cidrs.push_back(text::to_string(cidr));
    RW_TRY(Constraint part, prover::condition("IpAddress", "aws:SourceIp", std::move(cidrs)));
    from.push_back(std::move(part));
  }
  for (const auto& [region, ids] : perimeter::by_region(exception.vpcs)) {
    RW_TRY(Constraint part, out_of(region, ids, one_region));
    from.push_back(std::move(part));
  }
  if (!from.empty()) parts.push_back(prover::any_of(std::move(from)));
  if (exception.external_id) {
    RW_TRY(Constraint part,
           prover::condition("StringEquals", "sts:ExternalId", {*exception.external_id}));
    parts.push_back(std::move(part));
  }
  return prover::all_of(std::move(parts));
}

Result<Constraint> service_of(const perimeter::ServiceException& service) {
  RW_TRY(Constraint narrow, narrowed(service.actions, service.resources));
  RW_TRY(Constraint name,
         prover::condition("StringEquals", "aws:PrincipalServiceName", {service.principal}));
  return prover::all_of({std::move(name), std::move(narrow)});
}

bool asks_networks(Objective objective) {
  return objective == Objective::identity_networks || objective == Objective::resource_networks;
}

// Could the pattern match the ARN, or something below it? Rather once too often.
bool may_meet(std::string_view pattern, std::string_view arn) {
  const std::size_t wild = pattern.find_first_of("*?$");
  const std::string_view literal = pattern.substr(0, wild);
  return arn.starts_with(literal) || (wild == std::string_view::npos && literal.starts_with(arn)) ||
         literal.starts_with(arn);
}

}  // namespace

Limits::Limits(const Mine& mine, Words& words, const std::string& today, bool one_region)
    : mine_(mine), words_(words) {
  by_rcps_.regions = !one_region;
  std::set<const policy::Document*> read;
  mine.estate().accounts.for_each([&](const estate::Account& account) {
    for (const authz::Level& level : account.rcps) {
      for (const authz::Named& named : level.policies)
        if (read.insert(named.document.get()).second) note(words.of(named.document), by_rcps_);
    }
  });
  for (const auto& [region, of] : mine.networks()) {
    networks_.insert(of.vpcs.begin(), of.vpcs.end());
    networks_.insert(of.endpoints.begin(), of.endpoints.end());
  }
  const perimeter::Perimeter& file = mine.perimeter();
  const auto keep = [&](Result<Constraint> made, const std::string& what,
                        std::vector<Constraint>& into) {
    if (!made) refused_.push_back(what + " covers nothing: " + made.error().message);
    said_.push_back(made.has_value());
    into.push_back(made ? *std::move(made) : nothing());
  };
  if (file.aws_owned_defaults) {
    const std::string partition(catalogue::partition_of_region(file.regions.empty() ? "" : file.regions.front()));
    std::vector<std::string> resources = catalogue::resources_of_aws(partition);
    for (std::string& bucket : catalogue::owned_in_regions(partition, file.regions)) resources.push_back(std::move(bucket));
    keep(prover::on_resources(resources), "AWS's own resources", owned_);
    keep(images_of_aws(partition), "AWS's own images", owned_);
  }
  for (const perimeter::AwsOwned& owned : file.aws_owned)
    keep(narrowed(owned.actions, owned.resources), "an AWS-owned resource", owned_);
  for (const perimeter::ServiceException& service : file.services)
    keep(service_of(service), "the service `" + service.principal + "`", services_);
  if (file.agents) {
    const std::vector<std::string> patterns = catalogue::read_by_agents(file.agents->services);
    if (!patterns.empty()) beyond_reading_ = prover::none_of({sure(prover::on_actions(patterns))});
  }
  said_.clear();
  for (const perimeter::Exception& exception : file.exceptions) {
    expired_.push_back(exception.expired(today));
    keep(covered_by(exception, one_region), "the exception `" + exception.name + "`", exceptions_);
  }
}

Constraint Limits::unexpected_network(const Mine& mine, const Networks& networks, Asked asked) {
  std::vector<Constraint> expected{sure("Bool", "aws:ViaAWSService", {"true"}),
                                   sure("Bool", "aws:PrincipalIsAWSService", {"true"})};
  // The perimeter file's CIDRs are addresses, and ids of networks are words: both well-formed.
  if (!mine.cidrs().empty()) expected.push_back(sure("IpAddress", "aws:SourceIp", mine.cidrs()));
  for (const auto& [region, of] : networks) {
    std::vector<Constraint> from;
    if (!of.vpcs.empty()) from.push_back(sure("StringEquals", "aws:SourceVpc", of.vpcs));
    if (!of.endpoints.empty()) from.push_back(sure("StringEquals", "aws:SourceVpce", of.endpoints));
    if (from.empty()) continue;
    std::vector<Constraint> there{prover::any_of(std::move(from))};
    if (asked.regions) there.push_back(sure("StringEquals", "aws:RequestedRegion", {region}));
    expected.push_back(prover::all_of(std::move(there)));
    if (asked.vpc_arns && !of.vpcs.empty()) expected.push_back(sure(out_of(region, of.vpcs, !asked.regions)));
  }
  if (asked.principal_arns)
    expected.push_back(sure("ArnLike", "aws:PrincipalArn", {catalogue::infrastructure_role("*"), catalogue::service_linked_roles("*")}));
  // The organisation's own endpoints are expected, whether or not the estate lists them.
  if (mine.perimeter().networks.estate_vpcs && !mine.organization().empty())
    expected.push_back(sure("StringEquals", "aws:VpceOrgID", {mine.organization()}));
  // So are those of the accounts that are trusted as if inside.
  if (mine.perimeter().networks.estate_vpcs && !mine.perimeter().accounts.empty())
    expected.push_back(sure("StringEquals", "aws:VpceAccount", mine.perimeter().accounts));
  return prover::all_of(
      {prover::none_of(std::move(expected)),
       prover::any_of({present("aws:SourceIp"), present("aws:SourceVpc"),
                       present("aws:VpcSourceIp")})});
}

Constraint Limits::foreign_resource(const Mine& mine) {
  if (mine.organization().empty()) return everything();
  return prover::none_of(
      {sure("StringEquals", "aws:ResourceOrgID", {mine.organization()}),
       sure("ForAnyValue:StringLike", "aws:ResourceOrgPaths", {mine.organization() + "/*"})});
}

Constraint Limits::foreign_principal(const Mine& mine) {
  if (mine.organization().empty()) return everything();
  return prover::none_of(
      {sure("StringEquals", "aws:PrincipalOrgID", {mine.organization()}),
       sure("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", {mine.organization() + "/*"})});
}

namespace {

bool is_key_of_services(Objective objective) { return objective == Objective::resource_principals; }

// The account in a pattern of ARNs, if the five parts before its last say it: `arn:aws:cloudtrail:*:111122223333:trail/*`.
std::string account_of_source(const policy::Listed& value) {
  return arn_part(value.text, 0) == "arn" && arn_part(value.text, 2).find_first_of("*?$") == std::string_view::npos
             ? account_in(value.text)
             : std::string();
}

}  // namespace

// Only what the documents spell out can bind a service to mine. A bucket's ARN has no account: it is mine if the estate
// has it. Of an encryption context that a service writes (`aws:logs:arn`) the account counts as well.
Limits::Sources Limits::sources_of(const std::vector<const Facts*>& facts) const {
  Sources sources;
  for (const Facts* one : facts) {
    if (one->document == nullptr) continue;
    for (const Id id : one->tests) {
      const Test& test = words_.test(id);
      const bool is_arn = test.key == "aws:sourcearn", is_context = test.key.starts_with("kms:encryptioncontext:aws:");
      const bool is_account_key = test.key == "aws:sourceaccount" || test.key == "aws:sourceowner";
      if ((!is_arn && !is_context && !is_account_key) || test.relation.family == policy::Family::null) continue;
      for (const policy::Listed& value : test.relation.values) {
        if (value.text.contains('$')) continue;
        if (is_account_key && mine_.has(value.text)) sources[{"StringEquals", test.key}].insert(value.text);
        if (!is_arn && !is_context) continue;
        const std::string account = account_of_source(value);
        if (!account.empty() && mine_.has(account)) {
          sources[{"ArnLike", test.key}].insert("arn:*:*:*:" + account + ":*");
          // AWS's own examples compare ARNs as texts. No name in such an ARN holds an account between colons.
          if (test.relation.family == policy::Family::text_like) sources[{"StringLike", test.key}].insert(value.text);
        } else if (mine_.estate().resources.find(value.text) != nullptr) {
          sources[{"StringEquals", test.key}].insert(value.text);
        }
      }
    }
  }
  return sources;
}

std::string Limits::sources(Objective objective, const std::vector<const Facts*>& facts) const {
  std::string text;
  if (!is_key_of_services(objective)) return text;
  for (const auto& [where, values] : sources_of(facts)) {
    text += where.first + ' ' + where.second + ' ';
    for (const std::string& value : values) text += std::to_string(value.size()) + ':' + value;
  }
  return text;
}

// A declared service is mine where it acts for an account of mine. So is one that nobody names: it comes in by what binds
// whoever comes to mine.
void Limits::except_services(const std::vector<const Facts*>& facts, std::vector<Constraint>& excluded) const {
  std::vector<Constraint> for_mine;
  for (const auto& [where, values] : sources_of(facts))
    for_mine.push_back(sure(where.first, where.second, {values.begin(), values.end()}));
  if (!mine_.organization().empty()) {
    for_mine.push_back(sure("StringEquals", "aws:SourceOrgID", {mine_.organization()}));
    for_mine.push_back(sure("ForAnyValue:StringLike", "aws:SourceOrgPaths", {mine_.organization() + "/*"}));
  }
  const Constraint mine = prover::any_of(std::move(for_mine));
  const auto& declared = mine_.perimeter().services;
  for (std::size_t i = 0; i < services_.size(); ++i)
    excluded.push_back(declared[i].without_source ? services_[i] : prover::all_of({services_[i], mine}));
  std::vector<std::string> named;
  for (const perimeter::ServiceException& service : declared) named.push_back(service.principal);
  for (const Facts* one : facts) {
    for (const policy::PrincipalName& name : one->names) {
      if (name.type == policy::PrincipalName::Type::service) named.push_back(name.value);
    }
  }
  std::vector<Constraint> unnamed{sure("Bool", "aws:PrincipalIsAWSService", {"true"}), mine};
  if (!named.empty()) unnamed.push_back(prover::none_of({sure("StringEquals", "aws:PrincipalServiceName", std::move(named))}));
  excluded.push_back(prover::all_of(std::move(unnamed)));
}

Constraint Limits::base(Objective objective, const Networks& networks, Asked asked, const std::vector<const Facts*>& facts) const {
  std::vector<Constraint> parts;
  std::vector<Constraint> excluded;
  switch (objective) {
    case Objective::identity_resources:
      parts = {foreign_resource(mine_)};
      excluded = owned_;
      break;
    case Objective::network_resources:
      parts = {foreign_resource(mine_)};
      excluded = owned_;
      excluded.insert(excluded.end(), services_.begin(), services_.end());
      break;
    case Objective::identity_networks:
      parts = {unexpected_network(mine_, networks, asked)};
      break;
    case Objective::resource_networks:
      parts = {unexpected_network(mine_, networks, asked)};
      excluded = services_;
      break;
    case Objective::resource_principals:
    case Objective::network_principals:
      parts = {foreign_principal(mine_)};
      except_services(facts, excluded);
      break;
    case Objective::trust:
      parts = {foreign_principal(mine_)};
      break;
    case Objective::agents:
      // Whose the resource is decides with the owners of the question (principal_cells.cc). What is nobody's is of nobody else.
      parts = {sure("Bool", catalogue::via_mcp_key, {"true"}),
               prover::any_of({beyond_reading_, prover::all_of({prover::on_some_resource(), foreign_resource(mine_),
                                                                     prover::none_of(owned_)})})};
      break;
    case Objective::whole:
      break;
  }
  const bool endpoint = objective == Objective::network_principals ||
                        objective == Objective::network_resources;
  if (endpoint && mine_.perimeter().anonymous_get_object) {
    excluded.push_back(prover::all_of({sure("StringEquals", "aws:PrincipalType", {"Anonymous"}),
                                       sure(prover::on_actions({"s3:GetObject"}))}));
  }
  if (!excluded.empty()) parts.push_back(prover::none_of(std::move(excluded)));
  return prover::all_of(std::move(parts));
}

Constraint Limits::build(Objective objective, const Scope& scope, const Networks& networks, Asked asked,
                         const std::vector<const Facts*>& facts) const {
  std::vector<Constraint> parts{base(objective, networks, asked, facts)};
  std::vector<Constraint> excepted;
  for (const std::size_t exception : scope.excepted) excepted.push_back(exceptions_[exception]);
  if (!excepted.empty()) parts.push_back(prover::none_of(std::move(excepted)));
  if (scope.within != no_exception) parts.push_back(exceptions_[scope.within]);
  return prover::all_of(std::move(parts));
}

const Where& Limits::where(Objective objective, const Scope& scope) {
  std::string name = std::to_string(static_cast<int>(objective)) + ':';
  for (const std::size_t exception : scope.excepted) name += std::to_string(exception) + ',';
  name += '/';
  if (scope.within != no_exception) name += std::to_string(scope.within);
  for (const bool asked : {by_rcps_.vpc_arns, by_rcps_.principal_arns, by_rcps_.regions}) name += asked ? '+' : '-';
  const std::lock_guard lock(mutex_);
  std::unique_ptr<Where>& made = made_[{objective, name}];
  if (made == nullptr) {
    made = std::make_unique<Where>();
    made->name = name + '@' + std::to_string(words_.id_of(mine_.fingerprint()));
    made->constraint = words_.constraint(made->name, [&] {
      return build(objective, scope, mine_.networks(), {.vpc_arns = true, .regions = by_rcps_.regions}, {});
    });
    made->objective = objective;
    made->scope = scope;
    made->facts = &words_.of(made->name, *made->constraint);
  }
  return *made;
}

std::string Limits::ground() const {
  std::string text;
  for (const bool flag : {by_rcps_.vpc_arns, by_rcps_.principal_arns, by_rcps_.regions}) text += flag ? '+' : '-';
  for (const bool flag : expired_) text += flag ? 'x' : '.';
  return text;
}

const std::set<std::string>* Limits::networks(Objective objective) const {
  return asks_networks(objective) && networks_.size() > networks_told_max ? &networks_ : nullptr;
}

void Limits::note(const Facts& facts, Asked& asked) const {
  asked.vpc_arns |= std::ranges::binary_search(facts.raw, "aws:sourcevpcarn");
  for (const Id id : facts.tests) {
    const std::string& key = words_.test(id).key;
    asked.vpc_arns |= key == "aws:sourcevpcarn";
    asked.principal_arns |= key == "aws:principalarn";
  }
}

Constraint Limits::constraint(const Where& where, Lists lists,
                              const std::vector<const Facts*>& facts) const {
  if (is_key_of_services(where.objective)) return build(where.objective, where.scope, mine_.networks(), by_rcps_, facts);
  if (!asks_networks(where.objective)) return *where.constraint;
  std::set<std::string> named;
  Asked asked = by_rcps_;
  for (const Facts* one : facts) {
    if (one->document == nullptr) continue;
    note(*one, asked);
    for (const Id id : one->tests) {
      const Test& test = words_.test(id);
      if (test.key != "aws:sourcevpc" && test.key != "aws:sourcevpce") continue;
      for (const policy::Listed& value : test.relation.values) named.insert(value.text);
    }
  }
  const bool all = lists == Lists::all || networks(where.objective) == nullptr;
  if (all) return build(where.objective, where.scope, mine_.networks(), asked, facts);
  const auto those_of = [&](const std::vector<std::string>& mine) {  // sorted, as find_networks makes them
    std::vector<std::string> both;
    std::ranges::set_intersection(mine, named, std::back_inserter(both));
    return both;
  };
  Networks fewer;
  for (const auto& [region, of] : mine_.networks()) {
    // An ARN may be told by its Region alone, so where one is asked for all VPCs count.
    fewer.emplace(region, OfRegion{asked.vpc_arns ? of.vpcs : those_of(of.vpcs), those_of(of.endpoints)});
  }
  return build(where.objective, where.scope, fewer, asked, facts);
}

bool Limits::counts(Objective objective, std::size_t exception) const {
  if (expired_[exception] || !said_[exception]) return false;
  const auto& only = mine_.perimeter().exceptions[exception].objectives;
  // The whole is made of the others, so what is excepted from it is excepted from each; not of agents, which is none of its parts.
  const auto lists = [&](Objective one) { return std::ranges::find(only, one) != only.end(); };
  return only.empty() || lists(objective) || (objective != Objective::agents && lists(Objective::whole));
}

std::vector<std::size_t> Limits::of_principal(Objective objective, const Own& own) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < exceptions_.size(); ++i) {
    if (!counts(objective, i)) continue;
    const auto& principals = mine_.perimeter().exceptions[i].principals;
    const auto meets = [&](const std::string& pattern) {
      return pattern == "*" || pattern == own.principal->account ||
             may_meet(pattern, own.principal->arn);
    };
    if (principals.empty() || std::ranges::any_of(principals, meets)) found.push_back(i);
  }
  return found;
}

std::vector<std::size_t> Limits::of_resource(Objective objective, const std::string& arn) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < exceptions_.size(); ++i) {
    if (!counts(objective, i)) continue;
    const auto& resources = mine_.perimeter().exceptions[i].resources;
    const auto meets = [&](const std::string& pattern) { return may_meet(pattern, arn); };
    if (resources.empty() || std::ranges::any_of(resources, meets)) found.push_back(i);
  }
  return found;
}

std::vector<std::size_t> Limits::of_endpoint(Objective objective) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < exceptions_.size(); ++i) {
    if (counts(objective, i)) found.push_back(i);
  }
  return found;
}

}  // namespace ringwall::prove::detail
