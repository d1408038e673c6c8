// Who is not mine? Nobody can list them, and nobody must: a document tells apart only those whom it
// names, so one caller for each name and one whom nobody names stand for all.

#include <algorithm>
#include <utility>

#include "prove/detail/mine.h"
#include "prove/detail/sign_ins.h"

namespace ringwall::prove::detail {
namespace {

using Type = policy::Principal::Type;
using Name = policy::PrincipalName;

// A caller of an account that is not mine: its tags, its name and its organisation are its own.
prover::Caller foreign(const std::string& account, Type type) {
  prover::Caller caller;
  caller.principal.type = type;
  caller.principal.account = account;
  caller.keys.set("aws:PrincipalIsAWSService", "false");
  caller.keys.set("aws:PrincipalAccount", account);
  caller.absent = {"aws:principalservicename", "aws:principalservicenameslist"};
  add_sources(caller.absent);
  return caller;
}

prover::Caller foreign_named_role(const std::string& arn, const std::string& session_arn) {
  const std::string account = account_in(arn);
  prover::Caller caller = foreign_role(account);
  caller.principal.role_arn = arn;
  const std::size_t slash = arn.rfind('/');
  caller.principal.arn = !session_arn.empty()
                             ? session_arn
                             : "arn:" + std::string(arn_part(arn, 1)) + ":sts::" + account +
                                   ":assumed-role/" +
                                   (slash == std::string::npos ? "role" : arn.substr(slash + 1)) +
                                   "/session";
  caller.keys.set("aws:PrincipalArn", arn);
  return caller;
}

// `arn:aws:sts::A:assumed-role/R/S` -> `arn:aws:iam::A:role/R`.
std::string role_of_session(const std::string& arn) {
  std::string_view rest = arn_part(arn, 5);
  rest.remove_prefix(std::min(rest.size(), std::string_view("assumed-role/").size()));
  return "arn:" + std::string(arn_part(arn, 1)) + ":iam::" + account_in(arn) + ":role/" +
         std::string(rest.substr(0, rest.find('/')));
}

// Whose callers: those of accounts that are not mine, or that are mine and not in the estate.
enum class Of : std::uint8_t { others, unlisted };

// Callers, each once.
class Crowd {
 public:
  explicit Crowd(const Mine& mine, Of of = Of::others) : mine_(mine), of_(of) {}

  void add(prover::Caller caller) {
    const policy::Principal& who = caller.principal;
    const std::string name = std::to_string(static_cast<int>(who.type)) + who.arn + who.service +
                             who.provider + who.role_arn;
    if (names_.insert(name).second) callers_.push_back(std::move(caller));
  }
  bool counts(const std::string& account) const { return of_ == Of::others ? !mine_.has(account) : mine_.is_unlisted(account); }
  void add_account(const std::string& account) {
    if (!counts(account)) return;
    accounts_.insert(account);
    add(foreign_role(account));
    add(foreign_user(account));
    add(foreign_root(account));
  }
  // Sessions of GetFederationToken, of every account that was added, in a question that can tell them from others.
  void add_federated_users() {
    for (const std::string& account : accounts_) add_federated_user(account);
  }
  void add_federated_user(const std::string& account) {
    prover::Caller caller = foreign(account, Type::federated);
    caller.principal.arn = "arn:aws:sts::" + account + ":federated-user/outsider";
    caller.keys.set("aws:PrincipalArn", caller.principal.arn);
    caller.keys.set("aws:PrincipalType", "FederatedUser");
    caller.absent.emplace_back("aws:federatedprovider");  // AWS STS itself made the session
    add(std::move(caller));
  }
  // `arn:aws:iam::cloudfront:user/…`: of a distribution, through which anybody comes. No account's, so no organisation's.
  void add_of_no_account(const std::string& arn) {
    prover::Caller caller = foreign(std::string(arn_part(arn, 4)), Type::user);
    caller.principal.arn = arn;
    caller.keys.erase("aws:PrincipalAccount");
    caller.keys.set("aws:PrincipalArn", arn);
    caller.absent.emplace_back("aws:principalorgid");
    caller.absent.emplace_back("aws:principalorgpaths");
    caller.absent.emplace_back("aws:principaltag/*");
    add(std::move(caller));
  }
  void add_arn(const std::string& arn) {
    const std::string account = account_in(arn);
    const std::string_view owner = arn_part(arn, 4);
    if (account.empty() && !owner.empty() && owner.find_first_of("*?$") == std::string_view::npos && !arn.contains('*') &&
        !arn.contains('?') && arn_part(arn, 2) == "iam")
      return add_of_no_account(arn);
    if (account.empty() || !counts(account) || arn.contains('*') || arn.contains('?')) return;
    const std::string_view what = arn_part(arn, 5);
    if (what.starts_with("role/")) {
      add(foreign_named_role(arn, {}));
    } else if (what.starts_with("assumed-role/")) {
      add(foreign_named_role(role_of_session(arn), arn));
    } else if (what.starts_with("user/")) {
      prover::Caller user = foreign_user(account);
      user.principal.arn = arn;
      user.keys.set("aws:PrincipalArn", arn);
      add(user);
    } else if (what.starts_with("federated-user/")) {
      prover::Caller caller = foreign(account, Type::federated);
      caller.principal.arn = arn;
      caller.keys.set("aws:PrincipalArn", arn);
      caller.keys.set("aws:PrincipalType", "FederatedUser");
      caller.absent.emplace_back("aws:federatedprovider");  // AWS STS itself made the session
      add(caller);
    }
  }
  std::vector<prover::Caller> finish() && { return std::move(callers_); }

 private:
  const Mine& mine_;
  const Of of_;
  std::set<std::string> names_, accounts_;
  std::vector<prover::Caller> callers_;
};

// An account that the pattern `text` of an account could mean; empty: none that is not mine.
std::string account_for(const Mine& mine, std::string_view pattern) {
  if (is_account(pattern)) return std::string(pattern);
  for (const char filler : {'0', '5', '7', '9', '3'}) {
    std::string account;
    const std::size_t fixed = pattern.size() - static_cast<std::size_t>(std::ranges::count(
                                                   pattern, '*'));
    if (fixed > 12) return {};
    bool widened = false;
    for (const char c : pattern) {
      if (c == '*') {
        if (!widened) account.append(12 - fixed, filler);
        widened = true;
      } else {
        account += c == '?' ? filler : c;
      }
    }
    if (is_account(account) && !mine.has(account)) return account;
  }
  return {};
}

void add_named(const Mine& mine, const Name& name, Kinds kinds, Crowd& crowd, bool* canonical) {
  switch (name.type) {
    case Name::Type::account:
      crowd.add_account(name.value);
      break;
    case Name::Type::arn:
      crowd.add_arn(name.value);
      break;
    case Name::Type::service:
      if (kinds == Kinds::all) crowd.add(service_caller(name.value));
      break;
    case Name::Type::federated:
      if (kinds == Kinds::of_trust || !mine.has(account_in(name.value)))
        crowd.add(federated_caller(name.value));
      break;
    case Name::Type::canonical_user:
      *canonical = true;
      break;
    case Name::Type::everyone:
    case Name::Type::unique_id:  // of mine, or of someone deleted, who is nobody
      break;
  }
}

// Conditions on who calls name people, too.
void add_tested(const Mine& mine, const Test& test, Kinds kinds, Crowd& crowd) {
  for (const policy::Listed& value : test.relation.values) {
    if (test.key == "aws:principalarn") {
      crowd.add_arn(value.text);
      const std::string account = account_for(mine, arn_part(value.text, 4));
      if (!account.empty()) crowd.add_account(account);
    } else if (test.key == "aws:principalaccount" || test.key == "kms:calleraccount" || test.key == "aws:sourceowner") {
      const std::string account = account_for(mine, value.text);
      if (!account.empty()) crowd.add_account(account);
    } else if (test.key.starts_with("aws:principalservicename") && kinds == Kinds::all &&
               !value.text.contains('*') && !value.text.contains('?')) {
      crowd.add(service_caller(value.text));
    }
  }
}

// A service that none of the documents names.
std::string unnamed_service(const std::vector<const Facts*>& facts, const Mine& mine) {
  for (const std::string candidate :
       {"delivery.logs.amazonaws.com", "config.amazonaws.com", "ses.amazonaws.com"}) {
    const auto names = [&](const Facts* one) {
      return std::ranges::any_of(one->names,
                                 [&](const Name& name) { return name.value == candidate; });
    };
    const auto declared = [&](const perimeter::ServiceException& service) {
      return service.principal == candidate;
    };
    if (std::ranges::none_of(facts, names) &&
        std::ranges::none_of(mine.perimeter().services, declared))
      return candidate;
  }
  return "unnamed.amazonaws.com";
}

}  // namespace

prover::Caller anonymous_caller() {
  prover::Caller caller;
  caller.keys.set("aws:PrincipalType", "Anonymous");
  caller.keys.set("aws:userid", "anonymous");
  caller.keys.set("aws:PrincipalAccount", "anonymous");  // IAM User Guide, "AWS global condition context keys"
  caller.absent = {"aws:principalarn",
                   "aws:principalorgid",       "aws:principalorgpaths",
                   "aws:principaltag/*",       "aws:principalservicename",
                   "aws:username",             "aws:principalservicenameslist",
                   "aws:multifactorauth*",     "aws:tokenissuetime",
                   "aws:federatedprovider",    "aws:sourceidentity",
                   "aws:principalisawsservice"};  // only signed requests have it
  add_sources(caller.absent);
  return caller;
}

prover::Caller foreign_role(const std::string& account) {
  prover::Caller caller = foreign(account, Type::role_session);
  caller.principal.role_arn = "arn:aws:iam::" + account + ":role/outsider";
  caller.principal.arn = "arn:aws:sts::" + account + ":assumed-role/outsider/session";
  caller.principal.unique_id = "AROAOUTSIDER000000000";
  caller.keys.set("aws:PrincipalType", "AssumedRole");
  caller.absent.emplace_back("aws:username");
  return caller;
}

prover::Caller foreign_user(const std::string& account) {
  prover::Caller caller = foreign(account, Type::user);
  caller.principal.arn = "arn:aws:iam::" + account + ":user/outsider";
  caller.principal.unique_id = "AIDAOUTSIDER000000000";
  caller.keys.set("aws:PrincipalType", "User");
  return caller;
}

prover::Caller foreign_root(const std::string& account) {
  prover::Caller caller = foreign(account, Type::root);
  caller.principal.arn = "arn:aws:iam::" + account + ":root";
  caller.keys.set("aws:PrincipalArn", caller.principal.arn);
  caller.keys.set("aws:PrincipalType", "Account");
  caller.keys.set("aws:userid", account);
  caller.absent.emplace_back("aws:username");
  caller.absent.emplace_back("aws:principaltag/*");
  return caller;
}

prover::Caller service_caller(const std::string& service) {
  prover::Caller caller;
  caller.principal.type = Type::service;
  caller.principal.service = service;
  caller.keys.set("aws:PrincipalIsAWSService", "true");
  caller.keys.set("aws:PrincipalServiceName", service);
  caller.keys.set("aws:PrincipalServiceNamesList", std::vector<std::string>{service});
  caller.absent = {"aws:principalarn",     "aws:principalaccount", "aws:principalorgid",
                   "aws:principalorgpaths", "aws:principaltag/*",   "aws:principaltype",
                   "aws:username",         "aws:userid"};
  return caller;
}

prover::Caller federated_caller(const std::string& provider) {
  prover::Caller caller;
  caller.principal.type = Type::federated;
  caller.principal.provider = provider;  // aws:PrincipalIsAWSService is false, or absent: AWS does not say
  caller.keys.set("aws:PrincipalType", "FederatedUser");
  caller.keys.set("aws:FederatedProvider", provider);
  caller.absent = {"aws:principalarn",      "aws:principalaccount",     "aws:principalorgid",
                   "aws:principalorgpaths", "aws:principalservicename", "aws:username",
                   "aws:principalservicenameslist"};
  add_sources(caller.absent);
  return caller;
}

bool names_accounts_in_part(const Words& words, const Facts& facts) {
  return std::ranges::any_of(facts.tests, [&](Id id) {
    const Test& test = words.test(id);
    const bool arn = test.key == "aws:principalarn";
    if (!arn && test.key != "aws:principalaccount" && test.key != "kms:calleraccount" && test.key != "aws:sourceowner") return false;
    return std::ranges::any_of(test.relation.values, [&](const policy::Listed& value) {
      const std::string_view account = arn ? arn_part(value.text, 4) : std::string_view(value.text);
      const bool every = account.find_first_not_of('*') == std::string_view::npos || account == "????????????";
      return !every && account.find_first_of("*?") != std::string_view::npos;
    });
  });
}

namespace {

// Could the documents tell sessions of GetFederationToken from others?
bool tell_federated_users(const Words& words, const std::vector<const Facts*>& facts) {
  const auto tells = [&](Id id) {
    const Test& test = words.test(id);
    const auto is_of_one = [](const policy::Listed& value) { return value.text.contains("federated-user") || value.text.contains(":sts:"); };
    return test.key == "aws:principaltype" || (test.key == "aws:principalarn" && std::ranges::any_of(test.relation.values, is_of_one));
  };
  return std::ranges::any_of(facts, [&](const Facts* one) { return std::ranges::any_of(one->tests, tells); });
}

}  // namespace

std::vector<prover::Caller> outsiders(const Mine& mine, const Words& words,
                                      const std::vector<const Facts*>& facts, Kinds kinds,
                                      bool* canonical) {
  Crowd crowd(mine);
  if (kinds == Kinds::all) crowd.add(anonymous_caller());
  crowd.add_account(mine.fresh_account());
  if (kinds == Kinds::all) crowd.add(service_caller(unnamed_service(facts, mine)));
  for (const Facts* one : facts) {
    for (const Name& name : one->names) add_named(mine, name, kinds, crowd, canonical);
    for (const Id test : one->tests) add_tested(mine, words.test(test), kinds, crowd);
  }
  // None of them may call AWS STS.
  if (kinds == Kinds::all && tell_federated_users(words, facts)) crowd.add_federated_users();
  std::vector<prover::Caller> all = std::move(crowd).finish();
  // What a token said is told of whoever presents it, and of the role's session that it began: of nobody else.
  for (const std::string& issuer : issuers_asked_about(words, facts)) {
    for (prover::Caller& caller : all) {
      const bool by_token = caller.principal.type == Type::role_session || !caller.principal.provider.empty();
      if (!by_token) caller.absent.push_back(issuer + ":*");
    }
  }
  return all;
}

std::vector<prover::Caller> unlisted(const Mine& mine, const Words& words, const std::vector<const Facts*>& facts) {
  Crowd crowd(mine, Of::unlisted);
  std::set<std::string> named;
  for (const Facts* one : facts) {
    for (const Name& name : one->names) {
      named.insert(name.type == Name::Type::arn ? account_in(name.value) : name.value);
      if (name.type == Name::Type::arn) crowd.add_arn(name.value);
    }
    for (const Id id : one->tests) {
      for (const policy::Listed& value : words.test(id).relation.values) {
        named.insert(is_account(value.text) ? value.text : account_in(value.text));
        if (words.test(id).key == "aws:principalarn") crowd.add_arn(value.text);
      }
    }
  }
  bool another = false;  // one whom nobody names stands for all of those
  for (const std::string& account : mine.unlisted()) {
    if (!named.contains(account) && std::exchange(another, true)) continue;
    crowd.add_account(account);
  }
  if (tell_federated_users(words, facts)) crowd.add_federated_users();
  return std::move(crowd).finish();
}

prover::Constraint settle_names(const Words& words, const std::vector<const Facts*>& facts,
                                std::vector<prover::Caller>& callers) {
  const auto asks = [&](const Facts* one) {
    return std::ranges::find(one->raw, "aws:principalarn") != one->raw.end() ||
           std::ranges::any_of(one->tests, [&](Id test) {
             return words.test(test).key == "aws:principalarn";
           });
  };
  if (std::ranges::none_of(facts, asks)) {
    for (prover::Caller& caller : callers) {
      const policy::Principal& who = caller.principal;
      if (who.account.empty() || caller.keys.find("aws:PrincipalArn") != nullptr) continue;
      caller.keys.set("aws:PrincipalArn", who.role_arn.empty() ? who.arn : who.role_arn);
    }
    return {};
  }
  std::set<std::string> roles, users;
  for (const prover::Caller& caller : callers) {
    if (caller.keys.find("aws:PrincipalArn") != nullptr) continue;
    if (caller.principal.type == Type::role_session) roles.insert(caller.principal.account);
    if (caller.principal.type == Type::user) users.insert(caller.principal.account);
  }
  // Whoever has a type and an account of these has an ARN of that kind and account.
  std::vector<prover::Constraint> parts;
  const auto tie = [&](const std::string& account, const char* type, const char* kind) {
    const auto is = prover::condition("StringEquals", "aws:PrincipalType", {type});
    const auto of = prover::condition("StringEquals", "aws:PrincipalAccount", {account});
    const auto named =
        prover::condition("ArnLike", "aws:PrincipalArn", {"arn:aws*:iam::" + account + ":" + kind});
    if (!is || !of || !named) return;  // an account is twelve digits, so it cannot be
    parts.push_back(
        prover::any_of({prover::none_of({prover::all_of({*is, *of})}), *named}));
  };
  for (const std::string& account : roles) tie(account, "AssumedRole", "role/*");
  for (const std::string& account : users) tie(account, "User", "user/*");
  return prover::all_of(std::move(parts));
}

}  // namespace ringwall::prove::detail
