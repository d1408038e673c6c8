#include "prove/detail/mine.h"

#include <algorithm>

#include "catalogue/resource_policies.h"
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

namespace {

// More changes than these are as many as all.
constexpr std::size_t listing_changes_max = 1'000;

bool is_same(const std::optional<estate::Organization>& a, const std::optional<estate::Organization>& b) {
  if (!a || !b) return !a && !b;
  return a->id == b->id && a->management_account == b->management_account && a->root_id == b->root_id;
}

bool is_same(const prover::Caller& a, const prover::Caller& b) {
  const auto& [type, arn, role_arn, account, unique_id, service, provider, service_linked, issuer_arn] = a.principal;
  const policy::Principal& other = b.principal;
  const bool who = type == other.type && arn == other.arn && role_arn == other.role_arn && account == other.account && unique_id == other.unique_id &&
                   service == other.service && provider == other.provider && service_linked == other.service_linked && issuer_arn == other.issuer_arn;
  const auto same_entry = [](const policy::Context::Entry& one, const policy::Context::Entry& two) { return one.key == two.key && one.values == two.values; };
  return who && a.absent == b.absent && std::ranges::equal(a.keys.entries(), b.keys.entries(), same_entry);
}

}  // namespace

Mine::Mine(const loaders::Loaded& world, const perimeter::Perimeter& perimeter, Past* past)
    : world_(world), perimeter_(perimeter), organization_(perimeter.organization) {
  if (organization_.empty() && estate().organization) organization_ = estate().organization->id;
  std::set<std::string> accounts(perimeter.accounts.begin(), perimeter.accounts.end());
  estate().accounts.for_each([&](const estate::Account& account) { accounts.insert(account.id); });
  if (!perimeter.management_account.empty()) accounts.insert(perimeter.management_account);
  accounts_ = {accounts.begin(), accounts.end()};
  std::ranges::copy_if(accounts_, std::back_inserter(unlisted_), [&](const std::string& account) { return is_unlisted(account); });
  for (const char digit : {'9', '8', '7', '6', '5', '4', '3', '2', '1'}) {
    fresh_account_ = std::string(6, digit) + std::string(6, '0');
    if (!has(fresh_account_)) break;
  }
  find_networks();
  // What the organisation is, and whether there is one, is in every caller's keys.
  const bool comparable = past != nullptr && past->estate != nullptr && is_same(past->estate->organization, estate().organization) &&
                          past->estate->no_organization == estate().no_organization;
  if (comparable) {
    listing_ = std::move(past->listing);
    list_changes(*past);
  } else {
    list();
  }
  if (past != nullptr && !callers_changed_) kinds_ = std::move(past->kinds);
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

void Mine::list() {
  listing_.principals.reserve(estate().principals.size());
  estate().principals.for_each([&](const estate::Principal& principal) {
    if (principal.service_linked) {
      ++listing_.service_linked;
      return;
    }
    listing_.by_account[principal.account].push_back(principals().size());
    listing_.principals.push_back({&principal, estate().account(principal.account), caller_of(estate(), principal)});
  });
  listing_.resources.reserve(estate().resources.size());
  estate().resources.for_each([&](const estate::Resource& resource) {
    listing_.resources.push_back(&resource);
    listing_.owners.push_back(estate().account(resource.account));
  });
  find_services();
}

// The past's listing is made this estate's: only what is another value is looked at.
void Mine::list_changes(const Past& past) {
  callers_changed_ = subjects_changed_ = false;
  estate().endpoints.for_each_change(past.estate->endpoints, [&](const auto* was, const auto* is) { subjects_changed_ |= was == nullptr || is == nullptr; });
  Replaced accounts;
  estate().accounts.for_each_change(past.estate->accounts, [&](const auto* was, const auto*) { accounts.insert(was); });
  change_principals(past, accounts);
  change_resources(past, accounts);
}

namespace {

// Takes out of a list in the order of names whatever `is_gone`, and puts in what came.
template <typename Value, typename Name>
void come_and_go(std::vector<Value>& list, std::vector<Value> came, const std::function<bool(const Value&)>& is_gone, const Name& name) {
  std::erase_if(list, is_gone);
  std::ranges::sort(came, {}, name);
  const auto middle = static_cast<std::ptrdiff_t>(list.size());
  std::ranges::move(came, std::back_inserter(list));
  std::ranges::inplace_merge(list, list.begin() + middle, {}, name);
}

}  // namespace

void Mine::change_principals(const Past& past, const Replaced& accounts) {
  std::vector<Own>& all = listing_.principals;
  const auto name = [](const Own& own) -> const std::string& { return own.principal->arn; };
  const auto made = [&](const estate::Principal& principal) { return Own{&principal, estate().account(principal.account), caller_of(estate(), principal)}; };
  const auto make_anew = [&](Own& own, const estate::Principal& principal) {
    Own next = made(principal);
    callers_changed_ |= !is_same(own.caller, next.caller) || own.principal->name != principal.name;
    own = std::move(next);
  };
  std::vector<Own> came;
  std::set<const estate::Principal*> gone;
  estate().principals.for_each_change(past.estate->principals, [&](const estate::Principal* was, const estate::Principal* is) {
    const bool was_listed = was != nullptr && !was->service_linked, is_listed = is != nullptr && !is->service_linked;
    listing_.service_linked -= was != nullptr && was->service_linked;
    listing_.service_linked += is != nullptr && is->service_linked;
    if (was_listed && is_listed && was->account == is->account) {
      make_anew(*std::ranges::lower_bound(all, is->arn, {}, name), *is);
      return;
    }
    if (was_listed) gone.insert(was);
    if (is_listed) came.push_back(made(*is));
  });
  if (!accounts.empty()) {
    for (Own& own : all) {
      if (accounts.contains(own.account) && !gone.contains(own.principal)) make_anew(own, *own.principal);
    }
  }
  if (came.empty() && gone.empty()) return;
  callers_changed_ = subjects_changed_ = true;
  come_and_go<Own>(all, std::move(came), [&](const Own& own) { return gone.contains(own.principal); }, name);
  listing_.by_account.clear();
  for (std::size_t i = 0; i < all.size(); ++i) listing_.by_account[all[i].principal->account].push_back(i);
}

void Mine::change_resources(const Past& past, const Replaced& accounts) {
  std::vector<const estate::Resource*>& all = listing_.resources;
  const auto name = [](const estate::Resource* resource) -> const std::string& { return resource->arn; };
  std::vector<const estate::Resource*> came;
  std::set<const estate::Resource*> gone;
  std::set<std::string, std::less<>> listed;  // whose listing is another
  bool services = false;
  std::size_t changes = 0;
  estate().resources.for_each_change(past.estate->resources, [&](const estate::Resource* was, const estate::Resource* is) {
    const bool moved = was == nullptr || is == nullptr || was->account != is->account;
    if (moved && ++changes <= listing_changes_max) listed.insert((was != nullptr ? was : is)->arn);
    services |= was == nullptr || is == nullptr || was->policy.has_value() != is->policy.has_value();
    if (was != nullptr && is != nullptr) {
      const auto at = std::ranges::lower_bound(all, is->arn, {}, name);
      *at = is;
      if (moved) listing_.owners[static_cast<std::size_t>(at - all.begin())] = estate().account(is->account);
    } else if (was != nullptr) {
      gone.insert(was);
    } else {
      came.push_back(is);
    }
  });
  if (changes <= listing_changes_max) listing_changes_ = std::move(listed);
  const bool other = !came.empty() || !gone.empty();
  subjects_changed_ |= other;
  if (other) come_and_go<const estate::Resource*>(all, std::move(came), [&](const estate::Resource* one) { return gone.contains(one); }, name);
  if (other || !accounts.empty()) {
    listing_.owners.resize(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (other || accounts.contains(listing_.owners[i])) listing_.owners[i] = estate().account(all[i]->account);
    }
  }
  if (services) find_services();
}

void Mine::find_services() {
  listing_.services.clear();
  listing_.with_a_side.clear();
  listing_.sided.clear();
  for (const estate::Resource* resource : resources()) {
    const std::string_view service = arn_part(resource->arn, 2);
    if (!listing_.services.contains(service)) listing_.services.emplace(service);
    if (listing_.with_a_side.contains(service)) continue;
    if (resource->policy || catalogue::has_resource_side(service)) listing_.with_a_side.emplace(service);
  }
  for (std::size_t i = 0; i < resources().size(); ++i) {
    if (listing_.with_a_side.contains(arn_part(resources()[i]->arn, 2))) listing_.sided.push_back(i);
  }
}

void Mine::leave(Past& past) && {
  past.estate = world_.estate;
  past.listing = std::move(listing_);
  past.kinds = std::move(kinds_);
}

const std::vector<std::size_t>& Mine::principals_of(const std::string& account) const {
  static const std::vector<std::size_t> none;
  const auto found = listing_.by_account.find(account);
  return found != listing_.by_account.end() ? found->second : none;
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
          aws_owned_defaults, anonymous_get_object, agents.has_value(), agents ? agents->services : std::vector<std::string>());
  // And what the estate says of mine.
  std::vector<std::string> outside;  // accounts of the estate that are in no organisation
  estate().accounts.for_each([&](const estate::Account& account) {
    if (account.org_path.empty()) outside.push_back(account.id);
  });
  all.all(organization_, this->accounts(), unlisted_, cidrs_, estate().no_organization, estate().organization.has_value(), outside);
  for (const auto& [region, of] : networks_) all.all(region, of.vpcs, of.endpoints);
  fingerprint_ = std::move(all).finish();
}

}  // namespace ringwall::prove::detail
