#include "prove/detail/mine.h"

#include <algorithm>

#include "policy/binding.h"

namespace ringwall::prove::detail {

using Type = policy::Principal::Type;

bool is_account(std::string_view text) {
  return text.size() == 12 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view arn_part(std::string_view arn, std::size_t index) {
  for (std::size_t i = 0; i < index; ++i) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return index < 5 ? arn.substr(0, arn.find(':')) : arn;
}

std::string account_in(std::string_view arn) {
  const std::string_view part = arn_part(arn, 4);
  return is_account(part) ? std::string(part) : std::string();
}

namespace {

bool takes_session_tags(const estate::Principal& role) {
  if (!role.trust) return true;  // what nobody has read may say so
  const policy::Document& trust = *role.trust->document;
  const auto syntax = policy::read_bound(trust.source(), trust.kind(), policy::Quota::waived);
  if (!syntax) return true;
  const auto could = [](const policy::Statement& statement) {
    if (statement.effect != policy::Effect::allow) return false;
    if (statement.action_sense != policy::Sense::listed) return true;
    return std::ranges::any_of(statement.actions, [](const policy::Listed& action) {
      return action.text.contains('*') || action.text.contains('?') ||
             policy::hash_ignoring_case(action.text) ==
                 policy::hash_ignoring_case("sts:TagSession");
    });
  };
  return std::ranges::any_of(syntax->statements, could);
}

}  // namespace

void add_sources(std::vector<std::string>& absent) {
  absent.insert(absent.end(), {"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"});
}

prover::Caller caller_of(const estate::Estate& estate, const estate::Principal& principal) {
  prover::Caller caller;
  policy::Principal& who = caller.principal;
  who.type = principal.type;
  who.arn = principal.arn;
  who.account = principal.account;
  who.unique_id = principal.unique_id;
  who.service_linked = principal.service_linked;
  caller.absent = {"aws:principalservicename", "aws:principalservicenameslist",
                   "aws:federatedprovider"};
  add_sources(caller.absent);
  bool free_tags = false;
  if (principal.type == Type::role_session) {
    who.role_arn = principal.arn;
    who.arn = "arn:" + std::string(arn_part(principal.arn, 1)) + ":sts::" + principal.account +
              ":assumed-role/" + principal.name + "/session";
    caller.absent.emplace_back("aws:username");
    free_tags = takes_session_tags(principal);
  }
  if (!free_tags) caller.absent.emplace_back("aws:principaltag/*");
  caller.keys = estate::global_context(estate, who, nullptr, {});
  if (estate.no_organization) caller.absent.insert(caller.absent.end(), {"aws:principalorgid", "aws:principalorgpaths"});
  // A session made with MFA has it, and a service may pass the call on.
  caller.keys.erase("aws:MultiFactorAuthPresent");
  caller.keys.erase("aws:ViaAWSService");
  if (free_tags) {  // a session's tag takes the place of the role's own
    for (const auto& [key, value] : principal.tags) caller.keys.erase("aws:PrincipalTag/" + key);
  }
  return caller;
}

Mine::Mine(const loaders::Loaded& world, const perimeter::Perimeter& perimeter)
    : world_(world), perimeter_(perimeter), organization_(perimeter.organization) {
  if (organization_.empty() && estate().organization) organization_ = estate().organization->id;
  estate().accounts.for_each([&](const estate::Account& account) { accounts_.insert(account.id); });
  accounts_.insert(perimeter.accounts.begin(), perimeter.accounts.end());
  if (!perimeter.management_account.empty()) accounts_.insert(perimeter.management_account);
  std::ranges::copy_if(accounts_, std::back_inserter(unlisted_), [&](const std::string& account) { return is_unlisted(account); });
  for (const char digit : {'9', '8', '7', '6', '5', '4', '3', '2', '1'}) {
    fresh_account_ = std::string(6, digit) + std::string(6, '0');
    if (!has(fresh_account_)) break;
  }
  find_networks();
  find_principals();
  write_fingerprint();
}

namespace {

// Ids become values of conditions, in which `$` and `*` would mean something. What is spelt neither
// as AWS spells ids nor as the stand-in of one is nobody's, so it is not expected either.
bool is_id(std::string_view text) {
  const bool stand_in = text.starts_with('(') && text.ends_with(')');
  return !text.empty() && std::ranges::all_of(text, [stand_in](char c) {
    const bool id = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    return id || (stand_in && ((c >= 'A' && c <= 'Z') || std::string_view("()[]._").contains(c)));
  });
}

std::vector<std::string> ids_of(const std::set<std::string>& texts) {
  std::vector<std::string> ids;
  std::ranges::copy_if(texts, std::back_inserter(ids), is_id);
  return ids;
}

}  // namespace

void Mine::find_networks() {
  const perimeter::Networks& file = perimeter_.networks;
  for (const text::Cidr& cidr : file.cidrs) cidrs_.push_back(text::to_string(cidr));
  std::map<std::string, std::pair<std::set<std::string>, std::set<std::string>>> found;  // VPCs and endpoints, by Region
  for (const perimeter::Place& vpc : file.vpcs) found[vpc.region].first.insert(vpc.id);
  for (const perimeter::Place& endpoint : file.endpoints) found[endpoint.region].second.insert(endpoint.id);
  if (file.estate_vpcs) {
    // What no file says the Region of is not expected anywhere.
    const auto region_of = [&](const std::string& id) {
      const auto region = world_.regions.find(id);
      return region == world_.regions.end() ? std::string() : region->second;
    };
    estate().vpcs.for_each([&](const estate::Vpc& vpc) { found[region_of(vpc.id)].first.insert(vpc.id); });
    estate().endpoints.for_each([&](const estate::Endpoint& endpoint) {
      auto& [vpcs, endpoints] = found[region_of(endpoint.id)];
      endpoints.insert(endpoint.id);
      if (!endpoint.vpc.empty()) vpcs.insert(endpoint.vpc);
    });
  }
  for (const auto& [region, ids] : found) {
    OfRegion of{ids_of(ids.first), ids_of(ids.second)};
    if (is_id(region) && !(of.vpcs.empty() && of.endpoints.empty())) networks_.emplace(region, std::move(of));
  }
  if (!is_id(organization_)) organization_.clear();
}

void Mine::find_principals() {
  estate().principals.for_each([&](const estate::Principal& principal) {
    if (principal.service_linked) {
      ++service_linked_;
      return;
    }
    by_account_[principal.account].push_back(principals_.size());
    principals_.push_back({&principal, caller_of(estate(), principal)});
  });
}

const std::vector<std::size_t>& Mine::principals_of(const std::string& account) const {
  static const std::vector<std::size_t> none;
  const auto found = by_account_.find(account);
  return found != by_account_.end() ? found->second : none;
}

namespace {

// Appends values so that no two lists of them read alike.
class Fingerprint {
 public:
  void add(std::string_view text) { ((text_ += std::to_string(text.size())) += ':') += text; }
  void add(bool flag) { text_ += flag ? '+' : '-'; }
  void add(const text::Cidr& cidr) { add(std::string_view(text::to_string(cidr))); }
  void add(const perimeter::Place& place) {
    add(std::string_view(place.region));
    add(std::string_view(place.id));
  }
  void add(perimeter::Objective objective) { add(perimeter::name_of(objective)); }
  template <typename Value>
  void add(const std::optional<Value>& value) {
    add(value.has_value());
    if (value) add(*value);
  }
  void add(const std::string& text) { add(std::string_view(text)); }
  template <typename Value>
  void add(const std::vector<Value>& values) {
    text_ += std::to_string(values.size()) + '[';
    for (const Value& value : values) add(value);
  }
  void add(const perimeter::Networks& networks) {
    const auto& [cidrs, on_premises, vpcs, endpoints, estate_vpcs] = networks;
    all(cidrs, on_premises, vpcs, endpoints, estate_vpcs);
  }
  void add(const perimeter::ServiceException& service) {
    const auto& [principal, actions, resources, offset, without_source] = service;
    all(principal, actions, resources, without_source);
  }
  void add(const perimeter::IdentityProvider& provider) {
    const auto& [issuer, subjects, audiences, offset] = provider;
    all(issuer, subjects, audiences);
  }
  void add(const perimeter::AwsOwned& owned) {
    const auto& [resources, actions, offset] = owned;
    all(resources, actions);
  }
  void add(const perimeter::Exception& exception) {
    const auto& [name, owner, reason, expires, objectives, principals, actions, resources, cidrs, vpcs, external_id, offset] = exception;
    all(name, expires, objectives, principals, actions, resources, cidrs, vpcs, external_id);
  }
  template <typename... Values>
  void all(const Values&... values) {
    (add(values), ...);
  }
  std::string finish() && { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace

// Takes every struct of the file apart by all of its members: one that is added must be thought of here.
void Mine::write_fingerprint() {
  const auto& [organization, no_organization, management_account, accounts, regions, networks, services, identity_providers, aws_owned,
               exceptions, governance, rollout, agents, aws_owned_defaults, anonymous_get_object] = perimeter_;
  Fingerprint all;
  all.all(organization, no_organization, management_account, accounts, regions, networks, services, identity_providers, aws_owned, exceptions,
          aws_owned_defaults, anonymous_get_object);
  // And what the estate says of mine.
  all.all(organization_, this->accounts(), unlisted_, cidrs_, estate().no_organization);
  for (const auto& [region, of] : networks_) all.all(region, of.vpcs, of.endpoints);
  fingerprint_ = std::move(all).finish();
}

}  // namespace ringwall::prove::detail
