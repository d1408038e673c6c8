#include "prover/callers.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "prover/detail/accounts.h"
#include "prover/detail/reading.h"
#include "prover/domain.h"

namespace ringwall::prover {
namespace {

using detail::fresh_account;
using policy::Piece;
using policy::PrincipalName;
using Type = policy::Principal::Type;

constexpr std::size_t automaton_states_max = 50'000;

bool is_account(std::string_view text) {
  return text.size() == 12 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string> parts_of(std::string_view arn) {
  std::vector<std::string> parts;
  for (int i = 0; i < 5; ++i) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) break;
    parts.emplace_back(arn.substr(0, colon));
    arn.remove_prefix(colon + 1);
  }
  parts.emplace_back(arn);
  return parts;
}

Caller with_account(Caller caller, std::string_view type, const std::string& principal_arn) {
  caller.keys.set("aws:PrincipalArn", principal_arn);
  caller.keys.set("aws:PrincipalAccount", caller.principal.account);
  caller.keys.set("aws:PrincipalType", std::string(type));
  caller.keys.set("aws:PrincipalIsAWSService", "false");
  caller.absent = {"aws:principalservicename", "aws:principalservicenameslist"};
  return caller;
}

Caller anonymous() {
  Caller caller;
  caller.keys.set("aws:PrincipalType", "Anonymous");
  caller.keys.set("aws:userid", "anonymous");
  caller.keys.set("aws:PrincipalAccount", "anonymous");
  caller.absent = {"aws:principal*", "aws:username", "aws:multifactorauth*", "aws:tokenissuetime", "aws:sourceidentity"};
  return caller;
}

Caller service(const std::string& name) {
  Caller caller;
  caller.principal.type = Type::service;
  caller.principal.service = name;
  caller.keys.set("aws:PrincipalServiceName", name);
  caller.keys.set("aws:PrincipalIsAWSService", "true");
  caller.absent = {"aws:principalarn", "aws:principalaccount", "aws:principalorg*", "aws:principaltag/*", "aws:principaltype", "aws:username"};
  return caller;
}

}  // namespace

Caller bearer_of(const std::string& provider) {
  Caller caller;
  caller.principal.type = Type::federated;
  caller.principal.provider = provider;
  caller.keys.set("aws:FederatedProvider", provider);
  // Such requests are not signed; what AWS does not promise of them stays free.
  caller.absent = {"aws:principalarn", "aws:principalaccount", "aws:principalorg*", "aws:principalservicename*", "aws:username"};
  return caller;
}

namespace {

// What the documents compare callers' ARNs and accounts with.
struct Compared {
  std::vector<Relation> relations;
  std::vector<std::string> words;  // ARNs that are named, to be used as they are
  std::set<std::string> accounts, services, providers, unique_ids, sessions;
  bool variables = false;
};

// Every run of twelve digits, wherever a `*` may have put it.
void add_accounts(std::string_view text, Compared& compared) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = text.find_first_of("0123456789", at);
    if (begin == std::string_view::npos) return;
    at = std::min(text.find_first_not_of("0123456789", begin), text.size());
    if (is_account(text.substr(begin, at - begin))) compared.accounts.emplace(text.substr(begin, at - begin));
  }
}

// Does the pattern of an ARN say something of the account, but not which?
bool names_account_in_part(std::string_view pattern) {
  const auto parts = parts_of(pattern);
  if (parts.size() < 5) return false;
  const std::string_view account = parts[4];
  const std::size_t wild = account.find_first_of("*?");
  if (wild == std::string_view::npos || account == "*") return false;
  return !is_account(account.substr(0, wild)) || account.substr(wild) != "*";
}

Relation arn_like(std::vector<policy::Listed> values) {
  return {Relation::Kind::condition, policy::Family::arn, policy::Comparison::equal, std::move(values)};
}

void add(const PrincipalName& name, Compared& compared) {
  switch (name.type) {
    case PrincipalName::Type::everyone:
    case PrincipalName::Type::canonical_user:
      break;
    case PrincipalName::Type::account:
      compared.accounts.insert(name.value);
      break;
    case PrincipalName::Type::arn:
      if (name.value.find(":assumed-role/") != std::string::npos || name.value.find(":federated-user/") != std::string::npos) {
        compared.sessions.insert(name.value);
      } else {
        compared.words.push_back(name.value);
        compared.relations.push_back(arn_like({{name.value, {{.text = name.value}}, 0}}));
      }
      break;
    case PrincipalName::Type::unique_id:
      compared.unique_ids.insert(name.value);
      break;
    case PrincipalName::Type::service:
      compared.services.insert(name.value);
      break;
    case PrincipalName::Type::federated:
      compared.providers.insert(name.value);
      break;
  }
}

void add(const policy::Condition& condition, Compared& compared) {
  if (condition.op->family == policy::Family::null) return;
  const bool arn = condition.key == "aws:principalarn";
  const bool account = condition.key == "aws:principalaccount" || condition.key == "kms:calleraccount" || condition.key == "aws:sourceowner";
  const bool id = condition.key == "aws:userid";  // a root user's is its account
  const bool service = condition.key == "aws:principalservicename", provider = condition.key == "aws:federatedprovider";
  if (!arn && !account && !id && !service && !provider) return;
  std::vector<policy::Listed> known;
  for (const policy::Listed& value : condition.values) {
    if (detail::has_variable(value)) {
      compared.variables = true;
    } else if (account) {
      if (is_account(value.text)) compared.accounts.insert(value.text);
      else compared.variables = true;  // in part, as in `12*`
    } else if (id) {
      if (is_account(value.text)) compared.accounts.insert(value.text);
    } else if (service || provider) {
      if (value.text.find_first_of("*?") != std::string::npos) compared.variables = true;
      else (service ? compared.services : compared.providers).insert(value.text);
    } else {
      add_accounts(value.text, compared);
      if (names_account_in_part(value.text)) compared.variables = true;
      known.push_back(value);
    }
  }
  if (!known.empty()) compared.relations.push_back({Relation::Kind::condition, condition.op->family, condition.op->comparison, std::move(known)});
}

Compared compared_by(std::span<const policy::Document* const> documents) {
  Compared compared;
  for (const policy::Document* document : documents) {
    const policy::plain::Policy policy(*document);
    for (const policy::Statement& statement : policy.syntax().statements) {
      if (statement.principals) {
        for (const PrincipalName& name : statement.principals->names) add(name, compared);
      }
      for (const policy::Condition& condition : statement.conditions) add(condition, compared);
    }
  }
  for (const std::string& word : compared.words) add_accounts(word, compared);
  for (const std::string& session : compared.sessions) add_accounts(session, compared);
  return compared;
}

}  // namespace

Result<Caller> caller_of(const std::string& who) {
  if (who == "anonymous") return anonymous();
  if (who.ends_with(".amazonaws.com") && who.find(':') == std::string::npos) return service(who);
  const auto parts = parts_of(who);
  Caller caller;
  if (parts.size() == 6 && parts[0] == "arn" && parts[2] == "iam" && parts[4] == "cloudfront") {
    // CloudFront's origin access identity: of no account, and of whoever comes through the distribution.
    caller.principal = {.type = Type::user, .arn = who, .account = parts[4]};
    caller.keys.set("aws:PrincipalArn", who);
    caller.keys.set("aws:PrincipalType", "User");
    caller.keys.set("aws:PrincipalIsAWSService", "false");
    caller.absent = {"aws:principalservicename*", "aws:principalaccount", "aws:principalorg*", "aws:principaltag/*"};
    return caller;
  }
  if (parts.size() == 6 && parts[0] == "arn" && is_account(parts[4])) {
    const std::string& resource = parts[5];
    caller.principal.arn = who;
    caller.principal.account = parts[4];
    if (parts[2] == "iam" && resource == "root") {
      caller.principal.type = Type::root;
      caller.keys.set("aws:userid", parts[4]);
      return with_account(std::move(caller), "Account", who);
    }
    if (parts[2] == "iam" && resource.starts_with("user/")) {
      caller.principal.type = Type::user;
      caller.keys.set("aws:username", resource.substr(resource.rfind('/') + 1));
      return with_account(std::move(caller), "User", who);
    }
    if (parts[2] == "iam" && resource.starts_with("role/")) {
      caller.principal.type = Type::role_session;
      caller.principal.role_arn = who;
      caller.principal.arn = parts[0] + ":" + parts[1] + ":sts::" + parts[4] + ":assumed-role/" + resource.substr(resource.rfind('/') + 1) + "/session";
      caller.principal.service_linked = resource.starts_with("role/aws-service-role/");
      caller.absent = {};
      caller = with_account(std::move(caller), "AssumedRole", who);
      caller.absent.emplace_back("aws:username");
      return caller;
    }
    if (parts[2] == "sts" && resource.starts_with("assumed-role/")) {
      const std::size_t slash = resource.find('/', 13);
      caller.principal.type = Type::role_session;
      caller.principal.role_arn = parts[0] + ":" + parts[1] + ":iam::" + parts[4] + ":role/" + resource.substr(13, slash - 13);
      const std::string role = caller.principal.role_arn;
      caller = with_account(std::move(caller), "AssumedRole", role);
      caller.absent.emplace_back("aws:username");
      return caller;
    }
    if (parts[2] == "sts" && resource.starts_with("federated-user/")) {
      caller.principal.type = Type::federated;
      return with_account(std::move(caller), "FederatedUser", who);
    }
  }
  return fail(Failure::invalid, "`" + who + "` is no caller: give the ARN of a user, a role, a session or an account's root, a service's name, or `anonymous`");
}

Callers callers_of(std::span<const policy::Document* const> documents, const std::vector<std::string>& except, std::uint64_t steps_max) {
  Budget budget(steps_max);
  Compared compared = compared_by(documents);
  const auto excepted = [&](const std::string& account) { return std::ranges::find(except, account) != except.end(); };
  std::vector<std::string> taken(compared.accounts.begin(), compared.accounts.end());
  taken.insert(taken.end(), except.begin(), except.end());
  const std::string fresh = fresh_account(taken);
  std::vector<std::string> accounts = {fresh};
  for (const std::string& account : compared.accounts) {
    if (!excepted(account)) accounts.push_back(account);
  }

  Callers callers;
  if (compared.variables) callers.undecided.emplace_back("a policy compares callers with a pattern of accounts, services or providers, or with a variable; not every caller could be tried");
  std::set<std::string> told;
  const auto add = [&](const std::string& arn) {
    const auto parts = parts_of(arn);
    if (parts.size() != 6 || excepted(parts[4]) || !told.insert(arn).second) return;
    auto caller = caller_of(arn);
    if (caller) callers.all.push_back(*std::move(caller));
  };
  // Within each account the kinds of ARN that the policies tell apart.
  std::vector<const Relation*> relations;
  for (const Relation& relation : compared.relations) relations.push_back(&relation);
  for (const std::string& account : accounts) {
    for (const char* kind : {"user/", "role/"}) {
      if (budget.is_spent()) break;  // what was made last says so
      KeyFacts facts{.type = KeyFacts::Type::arn};
      facts.shapes = {"arn:aws:iam::" + account + ":" + kind + "?*"};
      facts.examples = {"arn:aws:iam::" + account + ":" + kind + (account == fresh ? "outsider" : "someone")};
      facts.examples.insert(facts.examples.end(), compared.words.begin(), compared.words.end());
      const Domain domain = make_domain(facts, relations, automaton_states_max, &budget);
      if (domain.incomplete) callers.undecided.push_back("callers' ARNs: " + *domain.incomplete);
      for (const Atom& atom : domain.atoms) add(atom.word);
    }
    add("arn:aws:iam::" + account + ":root");
  }
  for (const std::string& word : compared.words) add(word);
  for (const std::string& session : compared.sessions) add(session);
  for (const std::string& id : compared.unique_ids) {
    const bool user = id.starts_with("AIDA");
    auto caller = caller_of("arn:aws:iam::" + fresh + (user ? ":user/" : ":role/") + "with-that-id");
    if (!caller) continue;
    // AROA…:name in a bound text is the role's session of that name.
    const std::size_t colon = id.find(':');
    caller->principal.unique_id = id.substr(0, colon);
    std::string& arn = caller->principal.arn;
    if (colon != std::string::npos) arn.replace(arn.rfind('/') + 1, std::string::npos, id, colon + 1, std::string::npos);
    callers.all.push_back(*std::move(caller));
  }
  compared.services.insert("unnamed-service.amazonaws.com");
  for (const std::string& name : compared.services) callers.all.push_back(service(name));
  for (const std::string& provider : compared.providers) callers.all.push_back(bearer_of(provider));
  callers.all.push_back(anonymous());
  return callers;
}

Constraint presenting() {
  const auto no_account = condition("Null", "aws:PrincipalAccount", {"true"}), no_service = condition("Null", "aws:PrincipalServiceName", {"true"});
  const auto with_token = on_actions({"sts:AssumeRoleWith*"}), with_credentials = on_actions({"sts:AssumeRole"});
  RW_CHECK(no_account && no_service && with_token && with_credentials);
  const Constraint by_token = all_of({*no_account, *no_service});
  return any_of({all_of({by_token, none_of({*with_credentials})}), none_of({by_token, *with_token})});
}

}  // namespace ringwall::prover
