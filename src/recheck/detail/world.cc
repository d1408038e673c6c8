#include "recheck/detail/world.h"

#include <algorithm>

namespace ringwall::recheck::detail {

using Type = policy::Principal::Type;
using Name = policy::PrincipalName;

bool is_account(std::string_view text) {
  constexpr std::size_t digits = 12;
  return text.size() == digits && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string_view arn_part(std::string_view arn, std::size_t index) {
  constexpr std::size_t last = 5;
  for (std::size_t i = 0; i < index; ++i) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return index < last ? arn.substr(0, arn.find(':')) : arn;
}

namespace {

// As AWS spells them, or the stand-in of what has none yet; anything else is nobody's.
bool is_id(std::string_view text) {
  const bool stand_in = text.starts_with('(') && text.ends_with(')');
  const std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ()[]._";
  return !text.empty() && text.find_first_not_of(stand_in ? letters : letters.substr(0, 37)) == std::string_view::npos;
}

std::vector<std::string> ids_of(const std::set<std::string>& texts) {
  std::vector<std::string> ids;
  for (const std::string& text : texts) {
    if (is_id(text)) ids.push_back(text);
  }
  return ids;
}

bool is_wild(std::string_view text) { return text.find_first_of("*?$") != std::string_view::npos; }

// May a trust policy let session tags in? What cannot be read may.
bool takes_session_tags(const estate::Principal& role) {
  if (!role.trust) return true;
  const policy::plain::Policy trust(*role.trust->document);
  return std::ranges::any_of(trust.syntax().statements, [](const policy::Statement& statement) {
    if (statement.effect != policy::Effect::allow) return false;
    return statement.action_sense == policy::Sense::all_but_listed || std::ranges::any_of(statement.actions, [](const policy::Listed& action) {
      return text::Glob(action.text, text::Case::ignore).matches("sts:TagSession") || is_wild(action.text);
    });
  });
}

}  // namespace

World::World(const loaders::Loaded& all, const perimeter::Perimeter& file, std::string day, bool everywhere)
    : loaded(all), estate(*all.estate), perimeter(file), today(std::move(day)), network_keys_everywhere(everywhere), organization(file.organization) {
  if (organization.empty() && estate.organization) organization = estate.organization->id;
  if (!is_id(organization)) organization.clear();
  estate.accounts.for_each([&](const estate::Account& account) { accounts.insert(account.id); });
  accounts.insert(file.accounts.begin(), file.accounts.end());
  if (!file.management_account.empty()) accounts.insert(file.management_account);
  for (const text::Cidr& cidr : file.networks.cidrs) cidrs.push_back(text::to_string(cidr));
  std::map<std::string, std::set<std::string>> found_vpcs, found_endpoints;
  for (const perimeter::Place& vpc : file.networks.vpcs) found_vpcs[vpc.region].insert(vpc.id);
  for (const perimeter::Place& endpoint : file.networks.endpoints) found_endpoints[endpoint.region].insert(endpoint.id);
  if (file.networks.estate_vpcs) {
    const auto region_of = [&](const std::string& id) {
      const auto region = loaded.regions.find(id);
      return region == loaded.regions.end() ? std::string() : region->second;
    };
    estate.vpcs.for_each([&](const estate::Vpc& vpc) { found_vpcs[region_of(vpc.id)].insert(vpc.id); });
    estate.endpoints.for_each([&](const estate::Endpoint& endpoint) {
      found_endpoints[region_of(endpoint.id)].insert(endpoint.id);
      found_vpcs[region_of(endpoint.id)].insert(endpoint.vpc);
    });
  }
  const auto take = [](const std::map<std::string, std::set<std::string>>& found, std::map<std::string, std::vector<std::string>>& into) {
    for (const auto& [region, ids] : found) {
      std::vector<std::string> known = ids_of(ids);
      if (is_id(region) && !known.empty()) into.emplace(region, std::move(known));
    }
  };
  take(found_vpcs, vpcs);
  take(found_endpoints, endpoints);
  estate.principals.for_each([&](const estate::Principal& principal) {
    if (!principal.service_linked) principals.push_back(&principal);
  });
}

namespace {

// Only services say for whom they act.
void act_for_nobody(Caller& caller) {
  caller.absent.insert(caller.absent.end(), {"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"});
}

}  // namespace

Caller caller_of(const World& world, const estate::Principal& principal, const std::string& session) {
  Caller caller;
  policy::Principal& who = caller.principal;
  who.type = principal.type;
  who.arn = principal.arn;
  who.account = principal.account;
  who.unique_id = principal.unique_id;
  caller.absent = {"aws:principalservicename", "aws:principalservicenameslist", "aws:federatedprovider"};
  act_for_nobody(caller);
  const bool is_role = principal.type == Type::role_session;
  const bool free_tags = is_role && takes_session_tags(principal);
  if (is_role) {
    who.role_arn = principal.arn;
    who.arn = "arn:" + std::string(arn_part(principal.arn, 1)) + ":sts::" + principal.account + ":assumed-role/" + principal.name + "/" + session;
    caller.absent.emplace_back("aws:username");
  }
  if (!free_tags) caller.absent.emplace_back("aws:principaltag/*");
  if (world.estate.no_organization) caller.absent.insert(caller.absent.end(), {"aws:principalorgid", "aws:principalorgpaths"});
  caller.keys = estate::global_context(world.estate, who, nullptr, {});
  // What a session has or not, and whether a service passes its call on, is free.
  for (const char* key : {"aws:MultiFactorAuthPresent", "aws:ViaAWSService"}) caller.keys.erase(key);
  if (free_tags) {
    for (const auto& [key, value] : principal.tags) caller.keys.erase("aws:PrincipalTag/" + key);
  }
  caller.said = is_role ? "a session of " + principal.arn : principal.arn;
  if (!session.empty() && is_role && session != "session") caller.said += " called " + session;
  return caller;
}

namespace {

constexpr std::size_t account_part = 4;
// Where the account stands in the ARN of a distribution's origin access identity, which anybody can have.
constexpr std::string_view cloudfront = "cloudfront";

void note_account(std::string_view account, Names& names) {
  if (is_account(account)) names.accounts.emplace(account);
  const bool every = account.empty() || account.find_first_not_of('*') == std::string_view::npos || account == "????????????";
  if (!every && account.find_first_of("*?") != std::string_view::npos) names.accounts_in_part.emplace(account);
}

void note_condition(const policy::Condition& condition, Names& names) {
  if (condition.op->family == policy::Family::null) return;
  for (const policy::Listed& value : condition.values) {
    if (condition.key == "aws:principalarn") {
      note_account(arn_part(value.text, account_part), names);
      if (!is_wild(value.text)) names.arns.insert(value.text);
    } else if (condition.key == "aws:principalaccount" || condition.key == "kms:calleraccount" || condition.key == "aws:sourceowner") {
      note_account(value.text, names);
    } else if (condition.key.starts_with("aws:principalservicename") && !is_wild(value.text)) {
      names.services.insert(value.text);
    }
  }
}

void note_name(const Name& name, Names& names) {
  switch (name.type) {
    case Name::Type::account:
      names.accounts.insert(name.value);
      break;
    case Name::Type::arn: {
      const std::string_view account = arn_part(name.value, account_part);
      (is_account(account) || account == cloudfront ? names.arns : names.of_no_account).insert(name.value);
      break;
    }
    case Name::Type::service:
      names.services.insert(name.value);
      break;
    case Name::Type::federated:
      names.providers.insert(name.value);
      break;
    case Name::Type::canonical_user:
      names.canonical = true;
      break;
    case Name::Type::everyone:
      names.everyone = true;
      break;
    case Name::Type::unique_id:
      break;
  }
}

Outsider foreign(const std::string& account, Type type, const char* type_name, const char* kind) {
  Outsider outsider;
  Caller& caller = outsider.caller;
  caller.principal.type = type;
  caller.principal.account = account;
  caller.keys.set("aws:PrincipalIsAWSService", "false");
  caller.keys.set("aws:PrincipalAccount", account);
  caller.keys.set("aws:PrincipalType", type_name);
  caller.absent = {"aws:principalservicename", "aws:principalservicenameslist"};
  act_for_nobody(caller);
  if (type != Type::user) caller.absent.emplace_back("aws:username");
  outsider.arns = "arn:*:iam::" + account + ":" + kind;
  caller.said = std::string(kind) + " of " + account;
  return outsider;
}

enum class Whose : std::uint8_t { others, mine_and_not_in_the_estate };

class Crowd {
 public:
  Crowd(const World& world, Whose whose, Of of = Of::resources) : world_(world), whose_(whose), of_(of) {}
  void add(Outsider outsider) {
    const policy::Principal& who = outsider.caller.principal;
    if (seen_.insert(std::to_string(static_cast<int>(who.type)) + "\n" + who.arn + "\n" + who.service + "\n" + who.provider).second)
      found_.push_back(std::move(outsider));
  }
  // A role, a user, a federated user and the root of the account, called whatever may be.
  void add_account(const std::string& account) {
    if (!counts(account)) return;
    Outsider role = foreign(account, Type::role_session, "AssumedRole", "role/*");
    role.caller.principal.role_arn = "arn:aws:iam::" + account + ":role/outsider";
    role.caller.principal.arn = "arn:aws:sts::" + account + ":assumed-role/outsider/session";
    add(std::move(role));
    Outsider user = foreign(account, Type::user, "User", "user/*");
    user.caller.principal.arn = "arn:aws:iam::" + account + ":user/outsider";
    add(std::move(user));
    Outsider root = foreign(account, Type::root, "Account", "root");
    root.caller.principal.arn = "arn:aws:iam::" + account + ":root";
    root.caller.keys.set("aws:PrincipalArn", root.caller.principal.arn);
    root.caller.absent.emplace_back("aws:principaltag/*");
    add(std::move(root));
    if (of_ == Of::trust) return;  // a federated user may not call AWS STS
    Outsider session = foreign(account, Type::federated, "FederatedUser", "user/*");
    session.caller.principal.arn = "arn:aws:sts::" + account + ":federated-user/outsider";
    session.caller.keys.set("aws:PrincipalArn", session.caller.principal.arn);
    session.caller.absent.emplace_back("aws:federatedprovider");  // AWS STS itself made the session
    session.caller.said = "a federated user of " + account;
    add(std::move(session));
  }
  void add_arn(const std::string& arn);
  std::vector<Outsider> finish() && { return std::move(found_); }

 private:
  bool counts(const std::string& account) const {
    const bool mine = world_.accounts.contains(account);
    return whose_ == Whose::others ? !mine : mine && world_.estate.account(account) == nullptr;
  }

  const World& world_;
  const Whose whose_;
  const Of of_;
  std::set<std::string> seen_;
  std::vector<Outsider> found_;
};

void Crowd::add_arn(const std::string& arn) {
  const std::string account(arn_part(arn, account_part));
  if ((!is_account(account) && account != cloudfront) || !counts(account)) return;
  const std::string what(arn_part(arn, account_part + 1));
  const std::string partition(arn_part(arn, 1));
  if (what.starts_with("role/") || what.starts_with("assumed-role/")) {
    Outsider one = foreign(account, Type::role_session, "AssumedRole", "role/*");
    if (what.starts_with("role/")) {
      one.caller.principal.role_arn = arn;
      one.caller.principal.arn = "arn:" + partition + ":sts::" + account + ":assumed-role/" + what.substr(what.rfind('/') + 1) + "/session";
      one.caller.keys.set("aws:PrincipalArn", arn);
    } else {
      // The role's path is not in the session's ARN.
      const std::string name = what.substr(what.find('/') + 1, what.rfind('/') - what.find('/') - 1);
      one.caller.principal.arn = arn;
      one.caller.principal.role_arn = "arn:" + partition + ":iam::" + account + ":role/" + name;
      one.caller.keys.set("aws:PrincipalArn", one.caller.principal.role_arn);
    }
    one.arns.clear();
    one.caller.said = arn;
    add(std::move(one));
  } else if (what.starts_with("user/") || what.starts_with("federated-user/")) {
    const bool user = what.starts_with("user/");
    Outsider one = foreign(account, user ? Type::user : Type::federated, user ? "User" : "FederatedUser", "user/*");
    one.caller.principal.arn = arn;
    one.caller.keys.set("aws:PrincipalArn", arn);
    if (!user) one.caller.absent.emplace_back("aws:federatedprovider");
    if (account == cloudfront) {  // no account's, so no organisation's
      one.caller.keys.erase("aws:PrincipalAccount");
      one.caller.absent.insert(one.caller.absent.end(), {"aws:principalorgid", "aws:principalorgpaths", "aws:principaltag/*"});
    }
    one.arns.clear();
    one.caller.said = arn;
    add(std::move(one));
  }
}

Outsider anonymous() {
  Outsider one;
  one.caller.keys.set("aws:PrincipalType", "Anonymous");
  one.caller.keys.set("aws:userid", "anonymous");
  one.caller.keys.set("aws:PrincipalAccount", "anonymous");
  one.caller.absent = {"aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:principaltag/*",
                       "aws:principalservicename", "aws:principalservicenameslist", "aws:username", "aws:multifactorauth*",
                       "aws:tokenissuetime", "aws:federatedprovider", "aws:sourceidentity", "aws:principalisawsservice"};
  act_for_nobody(one.caller);
  one.caller.said = "anybody, unsigned";
  return one;
}

Outsider service(const std::string& name) {
  Outsider one;
  one.caller.principal.type = Type::service;
  one.caller.principal.service = name;
  one.caller.keys.set("aws:PrincipalIsAWSService", "true");
  one.caller.keys.set("aws:PrincipalServiceName", name);
  one.caller.keys.set("aws:PrincipalServiceNamesList", std::vector<std::string>{name});
  one.caller.absent = {"aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:principaltag/*",
                       "aws:principaltype", "aws:username", "aws:userid"};
  one.caller.said = "the service " + name;
  return one;
}

Outsider federated(const std::string& provider) {
  Outsider one;
  one.caller.principal.type = Type::federated;
  one.caller.principal.provider = provider;
  one.caller.keys.set("aws:PrincipalType", "FederatedUser");
  one.caller.keys.set("aws:FederatedProvider", provider);
  one.caller.absent = {"aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths",
                       "aws:principalservicename", "aws:principalservicenameslist", "aws:username"};
  act_for_nobody(one.caller);
  one.caller.said = "whom " + provider + " vouches for";
  return one;
}

// A service that nobody names.
std::string unnamed_service(const World& world, const Names& names) {
  for (const char* candidate : {"delivery.logs.amazonaws.com", "config.amazonaws.com", "ses.amazonaws.com", "unnamed.amazonaws.com"}) {
    const auto declared = [&](const perimeter::ServiceException& one) { return one.principal == candidate; };
    if (!names.text.contains(candidate) && std::ranges::none_of(world.perimeter.services, declared)) return candidate;
  }
  return "another-unnamed.amazonaws.com";
}

}  // namespace

Names names_in(Library& library, const std::vector<std::pair<std::string, const authz::Named*>>& documents) {
  Names names;
  for (const auto& [layer, named] : documents) {
    names.text += named->document->source();
    names.text += '\n';
    for (const policy::Statement& statement : library.read(*named->document).policy.syntax().statements) {
      if (statement.principals) {
        for (const Name& name : statement.principals->names) note_name(name, names);
      }
      for (const policy::Condition& condition : statement.conditions) note_condition(condition, names);
      for (const policy::Listed& resource : statement.resources) {
        if (arn_part(resource.text, 2) != "s3") continue;
        const std::size_t name = resource.text.size() - arn_part(resource.text, account_part + 1).size();
        names.buckets.insert(resource.text.substr(0, resource.text.find_first_of("/*?$", name)));
      }
    }
  }
  return names;
}

std::vector<Outsider> outsiders(const World& world, const Names& names, Of of) {
  Crowd crowd(world, Whose::others, of);
  // One that nobody names.
  std::uint64_t unnamed = 999'988'887'777;
  while (world.accounts.contains(std::to_string(unnamed)) || names.text.contains(std::to_string(unnamed))) --unnamed;
  crowd.add_account(std::to_string(unnamed));
  for (const std::string& account : names.accounts) crowd.add_account(account);
  for (const std::string& arn : names.arns) {
    crowd.add_account(std::string(arn_part(arn, account_part)));
    crowd.add_arn(arn);
  }
  if (of == Of::trust) return std::move(crowd).finish();
  crowd.add(anonymous());
  crowd.add(service(unnamed_service(world, names)));
  for (const std::string& name : names.services) crowd.add(service(name));
  for (const std::string& provider : names.providers) {
    if (!world.accounts.contains(arn_part(provider, account_part))) crowd.add(federated(provider));
  }
  return std::move(crowd).finish();
}

std::vector<Outsider> unlisted(const World& world, const Names& names) {
  Crowd crowd(world, Whose::mine_and_not_in_the_estate);
  for (const std::string& arn : names.arns) crowd.add_arn(arn);
  bool unnamed = false;  // one whom nobody names stands for all of those
  for (const std::string& account : world.accounts) {
    if (world.estate.account(account) != nullptr) continue;
    const bool named = names.text.contains(account);
    if (named || !unnamed) crowd.add_account(account);
    unnamed |= !named;
  }
  return std::move(crowd).finish();
}

Outsider federated_by(const std::string& provider) { return federated(provider); }

Outsider token_bearer() {
  Outsider bearer = federated("identity.example");
  bearer.caller.keys.erase("aws:FederatedProvider");
  bearer.caller.said = "whom a provider of others vouches for";
  return bearer;
}

policy::Context owned_by(const World& world, const std::string& account) {
  policy::Context keys;
  if (account.empty()) return keys;
  keys.set("aws:ResourceAccount", account);
  const std::string& path = world.estate.org_path(account);
  if (path.empty() || !world.estate.organization) return keys;
  keys.set("aws:ResourceOrgID", world.estate.organization->id);
  keys.set("aws:ResourceOrgPaths", std::vector<std::string>{path});
  return keys;
}

}  // namespace ringwall::recheck::detail
