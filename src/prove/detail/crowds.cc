// Which principals of mine must be asked, so that all have been? One for every way in which the
// documents see them. Most conditions see patterns (tags, names, paths): those are looked at for
// everyone, once per set of conditions. Conditions that spell out accounts see only those accounts'
// principals differently, so only those are looked at again.

#include <algorithm>

#include "prove/detail/cells.h"

namespace ringwall::prove::detail {
namespace {

// The accounts that a test spells out, if it spells out all that it asks for.
std::vector<std::string> spelt_accounts(const Test& test) {
  std::vector<std::string> accounts;
  if (!test.grounded) return {};
  for (const policy::Listed& value : test.relation.values) {
    std::string account;
    const bool of_accounts = test.key == "aws:principalaccount" || test.key == "kms:calleraccount" || test.key == "aws:sourceowner";
    if (of_accounts && is_account(value.text)) account = value.text;
    if (test.key == "aws:principalarn") account = account_in(value.text);
    if (account.empty()) return {};
    accounts.push_back(account);
  }
  return accounts;
}

bool is_of_callers(const std::string& key) {
  return key.starts_with("aws:principal") || key == "aws:userid" || key == "aws:username" ||
         key == "aws:sourceidentity" || key == "aws:federatedprovider" || key == "kms:calleraccount" ||
         key == "aws:sourceowner";
}

// Principals of mine that the document names, by their accounts.
void add_named(const Facts& facts, const Mine& mine, std::set<std::string>& accounts) {
  for (const policy::PrincipalName& name : facts.names) {
    if (name.type == policy::PrincipalName::Type::account && mine.has(name.value))
      accounts.insert(name.value);
    if (name.type == policy::PrincipalName::Type::arn) accounts.insert(account_in(name.value));
    if (name.type != policy::PrincipalName::Type::unique_id) continue;
    for (const Own& own : mine.principals()) {
      if (own.principal->unique_id == name.value) accounts.insert(own.principal->account);
    }
  }
}

constexpr std::size_t spares = 4;  // of one kind, each of another account

// A role's session as a policy names it: by the role's name, or bound to its unique id.
struct SessionName {
  std::string account, role, unique_id;  // account and role, or unique_id
  std::string session;
};

std::optional<SessionName> session_name(const policy::PrincipalName& name) {
  if (name.type == policy::PrincipalName::Type::unique_id) {
    const std::size_t colon = name.value.find(':');
    if (colon == std::string::npos) return std::nullopt;
    return SessionName{{}, {}, name.value.substr(0, colon), name.value.substr(colon + 1)};
  }
  constexpr std::string_view assumed = "assumed-role/";
  if (name.type != policy::PrincipalName::Type::arn) return std::nullopt;
  std::string_view what = arn_part(name.value, 5);
  if (arn_part(name.value, 2) != "sts" || !what.starts_with(assumed)) return std::nullopt;
  what.remove_prefix(assumed.size());
  const std::size_t slash = what.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  return SessionName{account_in(name.value), std::string(what.substr(0, slash)), {}, std::string(what.substr(slash + 1))};
}

std::vector<SessionName> session_names(const std::vector<const Facts*>& facts) {
  std::vector<SessionName> names;
  for (const Facts* one : facts) {
    for (const policy::PrincipalName& name : one->names) {
      if (auto session = session_name(name)) names.push_back(*std::move(session));
    }
  }
  return names;
}

bool is_of(const SessionName& name, const estate::Principal& role) {
  if (role.type != policy::Principal::Type::role_session) return false;
  if (!name.unique_id.empty()) return name.unique_id == role.unique_id;
  return name.account == role.account && name.role == role.name;
}

std::string session_arn(const Own& own, const std::string& session) {
  const std::string& arn = own.caller.principal.arn;
  return arn.substr(0, arn.rfind('/') + 1) + session;
}

prover::Caller as_session(const Own& own, const std::string& session) {
  prover::Caller caller = own.caller;
  caller.principal.arn = session_arn(own, session);
  if (!caller.principal.unique_id.empty())
    caller.keys.set("aws:userid", caller.principal.unique_id + ":" + session);
  return caller;
}

// A session of a name that no document gives.
prover::Caller unnamed(const Own& own, const std::vector<SessionName>& names) {
  prover::Caller caller = own.caller;
  std::string session = caller.principal.arn.substr(caller.principal.arn.rfind('/') + 1);
  const auto is_named = [&](const SessionName& name) {
    return is_of(name, *own.principal) && name.session == session;
  };
  while (std::ranges::any_of(names, is_named)) session = "other-" + session;
  if (own.principal->type == policy::Principal::Type::role_session) caller.principal.arn = session_arn(own, session);
  return caller;
}

// Appends those that are not there yet.
void add_sessions(const Own& own, const std::vector<SessionName>& names, std::vector<prover::Caller>& callers) {
  for (const SessionName& name : names) {
    if (!is_of(name, *own.principal)) continue;
    prover::Caller caller = as_session(own, name.session);
    const auto same = [&](const prover::Caller& other) { return other.principal.arn == caller.principal.arn; };
    if (std::ranges::none_of(callers, same)) callers.push_back(std::move(caller));
  }
}

}  // namespace

std::vector<prover::Caller> callers_of(const Own& own, const std::vector<const Facts*>& facts) {
  const std::vector<SessionName> names = session_names(facts);
  std::vector<prover::Caller> callers = {unnamed(own, names)};
  add_sessions(own, names, callers);
  return callers;
}

std::vector<prover::Caller> named_sessions(const Mine& mine, const std::vector<const Facts*>& facts) {
  std::vector<prover::Caller> callers;
  for (const SessionName& name : session_names(facts)) {
    if (name.unique_id.empty()) {
      for (const std::size_t index : mine.principals_of(name.account)) add_sessions(mine.principals()[index], {name}, callers);
    } else {
      for (const Own& own : mine.principals()) add_sessions(own, {name}, callers);
    }
  }
  return callers;
}

bool names_sessions(const Facts& policy) {
  return std::ranges::any_of(policy.names, [](const policy::PrincipalName& name) { return session_name(name).has_value(); });
}

Grant grant_of(const Own& own, const Facts& facts, bool with_sessions) {
  Grant best = Grant::none;
  const policy::Document& policy = *facts.document;
  const auto look = [&](const policy::Principal& caller) {
    for (std::size_t i = 0; i < policy.statements(); ++i) {
      if (policy.effect(i) != policy::Effect::allow) continue;
      const policy::Naming naming = policy.naming(i, caller);
      if (naming == policy::Naming::not_named) continue;
      best = std::max(best, naming == policy::Naming::account ? Grant::to_account : Grant::direct);
    }
  };
  look(own.caller.principal);
  if (!with_sessions) return best;
  for (const prover::Caller& caller : callers_of(own, {&facts})) look(caller.principal);
  return best;
}

void add_standing(const Standing& standing, const std::vector<const Facts*>& facts, std::vector<prover::Caller>& into) {
  const std::vector<SessionName> names = session_names(facts);
  for (const Own* own : standing.callers) into.push_back(unnamed(*own, names));
  into.insert(into.end(), standing.sessions.begin(), standing.sessions.end());
}

std::shared_ptr<const Crowds::Kinds> Crowds::kinds(const std::string& name,
                                                   const Mentions& mentions,
                                                   const std::string& account,
                                                   const Surroundings& surroundings) {
  {
    const std::lock_guard lock(mine_.kinds_mutex());
    if (const auto found = mine_.kinds().find(name); found != mine_.kinds().end()) return found->second;
  }
  auto kinds = std::make_shared<Kinds>();
  std::unordered_map<std::string, std::size_t> places;
  const auto look = [&](std::size_t index) {
    const Own& own = mine_.principals()[index];
    const std::string seen = signature(mentions, own.caller, surroundings);
    const auto [at, is_new] = places.try_emplace(seen, kinds->size());
    if (is_new) kinds->emplace_back(seen, std::vector<std::size_t>{});
    auto& members = (*kinds)[at->second].second;
    const auto same_account = [&](std::size_t other) {
      return mine_.principals()[other].principal->account == own.principal->account;
    };
    if (!account.empty() || (members.size() < spares && std::ranges::none_of(members, same_account)))
      members.push_back(index);
  };
  if (account.empty()) {
    for (std::size_t i = 0; i < mine_.principals().size(); ++i) look(i);
  } else {
    for (const std::size_t i : mine_.principals_of(account)) look(i);
  }
  const std::lock_guard lock(mine_.kinds_mutex());
  return mine_.kinds().try_emplace(name, std::move(kinds)).first->second;
}

Standing Crowds::standing(const std::vector<const Facts*>& facts, const std::string& own,
                          const Surroundings& surroundings) {
  std::set<std::string> accounts;
  std::vector<Id> tests;
  Mentions patterns, all, unnaming;  // unnaming: all, but for whom documents name
  std::string pattern_name, all_name;
  for (const Facts* one : facts) {
    add_named(*one, mine_, accounts);
    tests.insert(tests.end(), one->tests.begin(), one->tests.end());
    all.raw.insert(all.raw.end(), one->raw.begin(), one->raw.end());
  }
  std::erase_if(all.raw, [](const std::string& key) { return !is_of_callers(key); });
  std::ranges::sort(tests);
  tests.erase(std::ranges::unique(tests).begin(), tests.end());
  for (const Id id : tests) {
    const Test& test = words_.test(id);
    if (!is_of_callers(test.key)) continue;
    all.tests.push_back(&test);
    all_name += std::to_string(id) + ',';
    const std::vector<std::string> spelt = spelt_accounts(test);
    accounts.insert(spelt.begin(), spelt.end());
    if (!spelt.empty()) continue;
    patterns.tests.push_back(&test);
    pattern_name += std::to_string(id) + ',';
  }
  unnaming = all;
  patterns.raw = all.raw;
  for (const std::string& key : all.raw) (pattern_name += key) += ',', (all_name += key) += ',';
  for (const Facts* one : facts) {
    if (one->names.empty()) continue;
    std::set<std::string> named;
    add_named(*one, mine_, named);
    if (named.empty()) continue;
    all.naming.push_back(one);
  }
  if (!own.empty()) accounts.insert(own);

  Standing standing;
  std::set<std::string> seen;
  const auto take = [&](const Own& caller) {
    const bool at_home = caller.principal->account == own;
    std::string kind = (at_home ? "h" : "-") + signature(all, caller.caller, surroundings);
    if (!seen.insert(kind).second) return;
    if (standing.callers.size() < standing_max_) standing.callers.push_back(&caller);
  };
  for (const auto& [kind, members] : *kinds("*" + pattern_name, patterns, {}, surroundings)) {
    const auto elsewhere = std::ranges::find_if(members, [&](std::size_t index) {
      return !accounts.contains(mine_.principals()[index].principal->account);
    });
    if (elsewhere != members.end()) {
      take(mine_.principals()[*elsewhere]);
    } else if (members.size() == spares) {  // perhaps someone further on
      for (const Own& other : mine_.principals()) {
        if (!accounts.contains(other.principal->account) &&
            signature(patterns, other.caller, surroundings) == kind) {
          take(other);
          break;
        }
      }
    }
  }
  for (const std::string& account : accounts) {
    if (!mine_.has(account)) continue;
    // What conditions tell of an account's principals is the same for many documents; whom each names is not.
    for (const auto& [kind, members] : *kinds(account + "/" + all_name, unnaming, account, surroundings)) {
      std::set<std::string> named;
      for (const std::size_t index : members) {
        const Own& member = mine_.principals()[index];
        if (named.insert(naming_of(all, member.caller.principal)).second) take(member);
        if (all.naming.empty()) break;
      }
    }
  }
  for (const std::string& kind : seen) (standing.key += kind) += ';';
  for (prover::Caller& session : named_sessions(mine_, facts)) {
    standing.key += session.principal.account == own ? "H" : "+";
    (standing.key += signature(all, session, surroundings)) += ';';
    standing.sessions.push_back(std::move(session));
  }
  if (seen.size() > standing_max_) {
    standing.left_out = "the policies tell " + std::to_string(seen.size()) +
                        " kinds of my principals apart, and only " + std::to_string(standing_max_) +
                        " (`standing_max`) were asked: name fewer principals in conditions";
    standing.key += "/" + std::to_string(standing_max_);  // an answer for one bound is none for another
  }
  return standing;
}

}  // namespace ringwall::prove::detail
