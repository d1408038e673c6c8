#include "loaders/detail/declared.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "loaders/detail/endpoint_services.h"
#include "loaders/detail/restricted.h"

namespace ringwall::loaders::declared {
namespace {

using policy::Kind;

policy::Kind kind_of(authz::ResourceKind kind) {
  return kind == authz::ResourceKind::key ? Kind::key : Kind::resource;
}

std::string title_of(const estate::Resource& resource) {
  return (resource.kind == authz::ResourceKind::key ? "key policy of " : "policy of ") + resource.arn;
}

}  // namespace

std::string to_string(Holder::Kind kind) {
  switch (kind) {
    case Holder::Kind::user: return "user";
    case Holder::Kind::role: return "role";
    case Holder::Kind::group: return "group";
  }
  return {};
}

World::World(const Options& options)
    : options_(options), given_(options_), partition_(partition_of(options.default_region)) {
  if (!options.default_account.empty()) accounts_.insert(options.default_account);
}

void World::add_principal(estate::Principal principal, Place place) {
  const Holder holder{principal.type == policy::Principal::Type::user ? Holder::Kind::user : Holder::Kind::role,
                      principal.account, principal.name};
  accounts_.insert(principal.account);
  principal_arns_.emplace(holder, principal.arn);
  const std::string arn = principal.arn;
  if (!principals_.emplace(arn, std::move(principal)).second) {
    gap(Gap::Kind::unreadable, arn, place, fmt::format("`{}` is declared here a second time", arn));
  }
}

void World::set_trust(const std::string& role_arn, const Written& written) {
  trusts_.emplace(role_arn, written);
}

void World::set_boundary(const std::string& arn, const std::string& policy_arn, Place place) {
  boundaries_.emplace(arn, std::pair(policy_arn, place));
}

void World::set_unknown_boundary(const std::string& arn, Place place, std::string message) {
  gap(Gap::Kind::placeholder, arn, place, std::move(message));
  const auto found = principals_.find(arn);
  if (found == principals_.end()) return;
  found->second.boundary = authz::Named{"a permissions boundary that is not known", documents_.denying(Kind::boundary)};
}

void World::put_inline(const Holder& holder, const std::string& name, Written written) {
  const Place place = written.place;
  if (!held_[holder].own.emplace(name, std::move(written)).second) {
    gap(Gap::Kind::unreadable, arn_of(holder), place, fmt::format("the inline policy `{}` is declared here a second time", name));
  }
}

void World::attach(const Holder& holder, const std::string& policy_arn, Place place) {
  held_[holder].attached.emplace(policy_arn, place);
}

void World::join(const std::string& account, const std::string& user, const std::string& group, Place place) {
  memberships_[{Holder::Kind::user, account, user}].emplace(group, place);
}

void World::add_managed_policy(const std::string& arn, Written written, Place place) {
  if (!managed_.emplace(arn, Managed{std::move(written), {}}).second) {
    gap(Gap::Kind::unreadable, arn, place, fmt::format("`{}` is declared here a second time", arn));
  }
}

World::Declared& World::declared(const std::string& arn, const std::string& account, authz::ResourceKind kind) {
  const auto [at, is_new] = resources_.try_emplace(arn);
  if (is_new) {
    accounts_.insert(account);
    at->second.resource = {.arn = arn, .account = account, .kind = kind};
  }
  return at->second;
}

void World::add_resource(estate::Resource resource, Place place) {
  Declared& made = declared(resource.arn, resource.account, resource.kind);
  if (made.is_there) return gap(Gap::Kind::unreadable, resource.arn, place, fmt::format("`{}` is declared here a second time", resource.arn));
  made.is_there = true;
  made.resource = std::move(resource);
}

void World::set_policy(const std::string& arn, const std::string& account, authz::ResourceKind kind, Written written) {
  Declared& made = declared(arn, account, kind);
  if (made.policy) {
    gap(Gap::Kind::unreadable, arn, written.place, fmt::format("a second policy for `{}`: one replaces the other, and which is not known", arn));
    made.policy->unknown = fmt::format("a second policy for `{}` stands elsewhere", arn);
    return;
  }
  made.policy = std::move(written);
}

void World::set_default_policy(const std::string& arn, Written written) {
  if (const auto found = resources_.find(arn); found != resources_.end()) found->second.fallback = std::move(written);
}

void World::add_statement(const std::string& arn, const std::string& account, Json statement, Place place) {
  Declared& made = declared(arn, account, authz::ResourceKind::plain);
  if (made.statements.empty()) made.statements_at = place;
  made.statements.push_back(std::move(statement));
}

void World::add_unknown_statement(const std::string& arn, const std::string& account, const Written& written) {
  declared(arn, account, authz::ResourceKind::plain);
  gap(Gap::Kind::placeholder, arn, written.place, written.unknown);
}

void World::restrict_bucket(const std::string& arn, bool restricts, Place place) {
  restricted_buckets_.emplace(arn, std::pair(restricts, place));
}

void World::restrict_public(estate::Resource& bucket) {
  const auto own = restricted_buckets_.find(bucket.arn);
  const bool restricts = (own != restricted_buckets_.end() && own->second.first) || restricted_accounts_.contains(bucket.account);
  const std::string prefix = fmt::format("arn:{}:s3:::", partition_);
  if (!restricts || !bucket.policy || !bucket.arn.starts_with(prefix)) return;
  policy::DocumentPtr& document = bucket.policy->document;
  document = detail::restricted(document, partition_, bucket.arn.substr(prefix.size()), bucket.account, documents_.sources());
}

void World::add_cidr(const std::string& vpc, std::string_view cidr, Place place) {
  const auto found = vpcs_.find(vpc);
  if (found == vpcs_.end()) return;  // a block of a VPC that is elsewhere
  const auto parsed = text::parse_cidr(cidr, text::HostBits::clear);
  if (!parsed) return gap(Gap::Kind::unreadable, vpc, place, parsed.error().message);
  if (std::ranges::find(found->second.cidrs, *parsed) == found->second.cidrs.end()) found->second.cidrs.push_back(*parsed);
}

void World::add_endpoint(const std::string& id, const std::string& account, const std::string& vpc, std::string_view service) {
  EndpointService leads_to = endpoint_service(service);
  endpoints_.insert_or_assign(id, estate::Endpoint{.id = id, .account = account, .vpc = vpc, .service = std::move(leads_to.service),
                                                   .takes_policy = leads_to.takes_policy, .aws = leads_to.aws});
}

void World::set_endpoint_policy(const std::string& id, Written written) {
  const Place place = written.place;
  if (!endpoint_policies_.emplace(id, std::move(written)).second) {
    gap(Gap::Kind::unreadable, id, place, fmt::format("a second policy for the endpoint `{}`: which of them holds is not known", id));
  }
}

void World::finish_endpoints() {
  for (const auto& [id, written] : endpoint_policies_) {
    const auto found = endpoints_.find(id);
    authz::Named policy{"policy of " + id, documents_.compile(written, Kind::endpoint, id)};
    if (found == endpoints_.end()) {
      documents_.put_elsewhere(Kind::endpoint, id, std::move(policy), written.place,
                               fmt::format("the endpoint `{}` gets a policy, and is not in these files", id));
      continue;
    }
    found->second.policy = std::move(policy);
  }
}

std::string World::arn_of(const Holder& holder) const {
  if (const auto found = principal_arns_.find(holder); found != principal_arns_.end()) return found->second;
  return fmt::format("arn:{}:iam::{}:{}/{}", partition_, holder.account, to_string(holder.kind), holder.name);
}

// The managed policy as that kind of document; compiled once, but its gap is each subject's.
authz::Named World::managed(const std::string& arn, Kind kind, std::string_view subject, Place place) {
  auto found = managed_.find(arn);
  if (found == managed_.end() && options_.beside != nullptr && kind == Kind::identity) {
    // What could not be read there denies everything; that is no text of the policy.
    const policy::DocumentPtr known = options_.beside->managed_policy(arn);
    if (known != nullptr && known->source() != documents_.denying(kind)->source()) return {arn, known};
  }
  if (found == managed_.end()) {
    if (auto given = given_.find(arn)) found = managed_.emplace(arn, Managed{*std::move(given), {}}).first;
  }
  if (found == managed_.end()) {
    const char* remedy = account_part(arn) == "aws" ? ": give its text with `--managed-policies DIR`, or lay this over an export of an account that has it attached"
                                                    : ": lay this over an export of its account";
    gap(Gap::Kind::missing, subject, place, fmt::format("the policy `{}` is attached, and is not in these files{}", arn, remedy));
    return {arn, documents_.denying(kind)};
  }
  policy::DocumentPtr& document = found->second.compiled[kind];
  if (document == nullptr) document = documents_.compile_or_null(found->second.written, kind, subject);
  return {arn, document != nullptr ? document : documents_.denying(kind)};
}

void World::give(const Holder& holder, estate::Principal& principal) {
  const auto found = held_.find(holder);
  if (found == held_.end()) return;
  const std::string owner = to_string(holder.kind) + "/" + holder.name;
  for (const auto& [name, written] : found->second.own) {
    principal.identity.push_back({"inline policy `" + name + "` of " + owner,
                                  documents_.compile(written, Kind::identity, principal.arn)});
  }
  for (const auto& [arn, place] : found->second.attached) {
    principal.identity.push_back(managed(arn, Kind::identity, principal.arn, place));
  }
}

void World::give_groups(const std::string& account, estate::Principal& user) {
  const auto found = memberships_.find({Holder::Kind::user, account, user.name});
  if (found == memberships_.end()) return;
  for (const auto& [group, place] : found->second) {
    give({Holder::Kind::group, account, group}, user);
    if (!groups_.contains({account, group})) {
      gap(Gap::Kind::missing, user.arn, place, fmt::format("the group `{}` is not in these files: it may have more policies", group));
    }
  }
}

// Policies for principals of elsewhere: what those hold otherwise is not known.
void World::tell_undeclared() {
  for (const auto& [holder, held] : held_) {
    const bool known = holder.kind == Holder::Kind::group ? groups_.contains({holder.account, holder.name})
                                                          : principal_arns_.contains(holder);
    if (known) continue;
    const Place place = held.own.empty() ? held.attached.begin()->second : held.own.begin()->second.place;
    gap(Gap::Kind::missing, arn_of(holder), place, fmt::format("the {} `{}` gets a policy here, and is not in these files", to_string(holder.kind), holder.name));
  }
  for (const auto& [user, groups] : memberships_) {
    if (principal_arns_.contains(user)) continue;
    gap(Gap::Kind::missing, arn_of(user), groups.begin()->second, fmt::format("the user `{}` joins a group here, and is not in these files", user.name));
  }
}

void World::finish_resource(Declared& declared) {
  estate::Resource& resource = declared.resource;
  if (!declared.statements.empty()) {
    if (declared.policy) {
      declared.policy->unknown = fmt::format("`{}` has both a policy and permissions", resource.arn);
    } else {
      Json document = Json::object({{"Version", "2012-10-17"}, {"Id", "default"}, {"Statement", Json::array(std::move(declared.statements))}});
      declared.policy = Written{.text = document.dump(), .place = declared.statements_at};
    }
  }
  const auto& policy = declared.policy ? declared.policy : declared.fallback;
  if (policy) {
    resource.policy = authz::Named{title_of(resource), documents_.compile(*policy, kind_of(resource.kind), resource.arn)};
    restrict_public(resource);
  }
}

Result<Loaded> World::finish() {
  const bool is_nameless = accounts_.erase("") > 0;  // of what names no account itself
  RW_TRY(auto organization, organization_.make({accounts_.begin(), accounts_.end()}, options_, documents_));
  if (organization.accounts.empty() || is_nameless) {
    return fail(Failure::invalid, "these files name no account: say which one they are deployed to, with `--account`");
  }
  estate::Table<estate::Account>::Editor accounts({});
  for (estate::Account& account : organization.accounts) accounts.put(std::move(account));

  tell_undeclared();
  estate::Table<estate::Principal>::Editor principals({});
  for (auto& [arn, principal] : principals_) {
    const bool is_user = principal.type == policy::Principal::Type::user;
    give({is_user ? Holder::Kind::user : Holder::Kind::role, principal.account, principal.name}, principal);
    if (is_user) give_groups(principal.account, principal);
    if (const auto found = boundaries_.find(arn); found != boundaries_.end()) {
      principal.boundary = managed(found->second.first, Kind::boundary, arn, found->second.second);
    }
    if (const auto found = trusts_.find(arn); found != trusts_.end()) {
      principal.trust = authz::Named{arn, documents_.compile(found->second, Kind::trust, arn)};
    }
    principals.put(std::move(principal));
  }
  estate::Table<estate::ManagedPolicy>::Editor policies({});
  for (auto& [arn, policy] : managed_) {
    policies.put({arn, managed(arn, Kind::identity, arn, policy.written.place).document});
  }
  for (const auto& [arn, own] : restricted_buckets_)
    if (const auto found = resources_.find(arn); !own.first && (found == resources_.end() || !found->second.is_there))
      gap(Gap::Kind::missing, arn, own.second, fmt::format("`{}` gets a public access block that does not restrict its policy, and is not in these files", arn));
  estate::Table<estate::Resource>::Editor resources({});
  for (auto& [arn, declared] : resources_) {
    finish_resource(declared);
    resources.put(std::move(declared.resource));
  }
  finish_endpoints();
  std::map<std::string, std::string> regions;
  estate::Table<estate::Vpc>::Editor vpcs({});
  for (auto& [id, vpc] : vpcs_) {
    regions.insert_or_assign(id, options_.default_region);
    vpcs.put(std::move(vpc));
  }
  estate::Table<estate::Endpoint>::Editor endpoints({});
  for (auto& [id, endpoint] : endpoints_) {
    regions.insert_or_assign(id, options_.default_region);
    endpoints.put(std::move(endpoint));
  }

  estate::Estate estate{.organization = std::move(organization.organization),
                        .no_organization = options_.no_organization,
                        .accounts = std::move(accounts).finish(),
                        .principals = std::move(principals).finish(),
                        .access_keys = {},
                        .managed_policies = std::move(policies).finish(),
                        .resources = std::move(resources).finish(),
                        .vpcs = std::move(vpcs).finish(),
                        .endpoints = std::move(endpoints).finish()};
  return Loaded{std::make_shared<const estate::Estate>(std::move(estate)), documents_.take_gaps(), documents_.take_sources(),
                documents_.take_elsewhere(), std::move(regions)};
}

}  // namespace ringwall::loaders::declared
