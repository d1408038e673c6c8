#include "services/accessanalyzer/detail/people.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/check.h"
#include "policy/binding.h"
#include "text/cidr.h"

namespace ringwall::accessanalyzer::detail {
namespace {

using policy::PrincipalName;
using prover::Constraint;
using Type = policy::Principal::Type;

// Keys whose fixed values say where a request comes from, or for whom a service asks.
constexpr std::array<std::string_view, 14> origin_keys = {
    "aws:sourcevpc",     "aws:sourcevpce",  "aws:sourcevpcarn",  "aws:sourcearn",
    "aws:sourceaccount", "aws:sourceowner", "aws:sourceorgid",   "aws:sourceorgpaths",
    "aws:vpceaccount",   "aws:vpceorgid",   "aws:vpceorgpaths",  "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount", "aws:userid"};
constexpr std::array<std::string_view, 2> address_keys = {"aws:sourceip", "aws:vpcsourceip"};

// Providers that anybody can sign up with. Their tokens say which application they are for.
constexpr std::array<std::string_view, 4> shared_providers = {"accounts.google.com", "cognito-identity.amazonaws.com",
                                                              "graph.facebook.com", "www.amazon.com"};

// Ranges as narrow as these name somebody's network; AWS takes wider ones for public.
constexpr int narrow_bits_v4 = 8, narrow_bits_v6 = 32;

bool has(const policy::Listed& listed, std::initializer_list<policy::Piece::Kind> kinds) {
  return std::ranges::any_of(listed.pieces, [&](const policy::Piece& piece) { return std::ranges::find(kinds, piece.kind) != kinds.end(); });
}
bool has_variable(const policy::Listed& listed) { return has(listed, {policy::Piece::Kind::variable}); }
bool has_wildcard(const policy::Listed& listed) { return has(listed, {policy::Piece::Kind::any_run, policy::Piece::Kind::any_one}); }

bool is_account(std::string_view text) {
  constexpr std::size_t digits = 12;
  return text.size() == digits && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Whose unique id is written out: a role's sessions are `AROA…:*`.
bool names_a_unique_id(std::string_view text) {
  const std::string_view id = text.substr(0, text.find(':'));
  return id.size() < text.size() && id.find_first_of("*?") == std::string_view::npos;
}

// An ARN pattern in which the account is written out names somebody's resources.
bool is_fixed(std::string_view key, const policy::Listed& value) {
  if (has_variable(value)) return false;
  return !has_wildcard(value) || (key.ends_with("arn") && is_account(account_of_arn(value.text))) || (key == "aws:userid" && names_a_unique_id(value.text));
}

// The operator under which a request has the value.
const char* operator_of(std::string_view key) {
  if (key.ends_with("arn")) return "ArnLike";
  if (key.ends_with("paths")) return "ForAnyValue:StringEquals";
  return key == "aws:userid" ? "StringLike" : "StringEqualsIgnoreCase";
}

// What telling callers apart may cost: past it there may be others, which is said.
constexpr std::uint64_t callers_steps_max = 32'000'000;

bool is_narrow(std::string_view text) {
  const auto range = text::parse_cidr(text, text::HostBits::clear);
  return range && range->prefix >= (range->base.v6 ? narrow_bits_v6 : narrow_bits_v4);
}

// What documents say of callers and of where they come from.
struct Said {
  std::set<std::string> accounts;                          // named anywhere
  std::set<std::string> providers;                         // that anybody can sign up with
  std::set<std::string> keys;                              // that conditions and variables ask about, in lower case
  std::map<std::string, std::vector<std::string>> fixed;   // by key: values that name one origin
  std::map<std::string, std::vector<std::string>> narrow;  // by key: ranges that name one network
  bool accounts_in_part = false;                           // as in `arn:aws:iam::12*:role/x`
};

void note(const PrincipalName& name, Said& said) {
  if (name.type == PrincipalName::Type::account) said.accounts.insert(name.value);
  if (name.type == PrincipalName::Type::arn) said.accounts.insert(account_of_arn(name.value));
  if (name.type == PrincipalName::Type::federated && std::ranges::find(shared_providers, name.value) != shared_providers.end()) said.providers.insert(name.value);
}

void note(const policy::Condition& condition, Said& said) {
  said.keys.insert(condition.key);
  const bool is_arn = condition.key == "aws:principalarn", is_caller = condition.key == "kms:calleraccount" || condition.key == "aws:principalaccount";
  const bool is_address = std::ranges::find(address_keys, condition.key) != address_keys.end();
  const bool is_origin = std::ranges::find(origin_keys, condition.key) != origin_keys.end();
  if (condition.op->family == policy::Family::null) return;
  for (const policy::Listed& value : condition.values) {
    if (is_address && is_narrow(value.text)) said.narrow[condition.key].push_back(value.text);
    if (is_origin && is_fixed(condition.key, value)) said.fixed[condition.key].push_back(value.text);
    if (!is_arn && !is_caller) continue;
    const std::string account = is_arn ? account_of_arn(value.text) : value.text;
    if (is_account(account)) said.accounts.insert(account);
    else if (account != "*") said.accounts_in_part = true;
  }
}

Said said_by(Documents documents) {
  Said said;
  for (const policy::Document* document : documents) {
    const auto syntax = policy::read_bound(document->source(), document->kind(), policy::Quota::waived);
    RW_CHECK(syntax.has_value());  // it was compiled from just this text
    for (const policy::Statement& statement : syntax->statements) {
      if (statement.principals) {
        for (const PrincipalName& name : statement.principals->names) note(name, said);
      }
      for (const policy::Condition& condition : statement.conditions) note(condition, said);
    }
  }
  std::erase_if(said.accounts, [](const std::string& account) { return !is_account(account); });
  return said;
}

// A condition on requests; left out where it cannot be said, so that more are asked about.
void exclude(std::vector<Constraint>& where, std::string_view op, const std::string& key, std::vector<std::string> values) {
  if (auto condition = prover::condition(op, key, std::move(values))) where.push_back(prover::none_of({*std::move(condition)}));
}

People people_of(Documents documents, const Said& said, const std::vector<std::string>& except) {
  prover::Callers callers = prover::callers_of(documents, except, callers_steps_max);
  People people{std::move(callers.all), {}, std::move(callers.undecided)};
  for (prover::Caller& caller : people.callers) {
    if (caller.principal.account.empty()) caller.absent.emplace_back("kms:calleraccount");
    else caller.keys.set("kms:CallerAccount", caller.principal.account);
  }
  if (said.accounts_in_part) people.undecided.emplace_back("a condition names accounts in part; not every caller could be tried");
  return people;
}

}  // namespace

std::string account_of_arn(std::string_view arn) {
  for (int colons = 0; colons < 4; ++colons) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) return {};
    arn.remove_prefix(colon + 1);
  }
  return std::string(arn.substr(0, arn.find(':')));
}

People everybody(Documents documents, const std::vector<std::string>& except) { return people_of(documents, said_by(documents), except); }

People the_public(Documents documents) {
  const Said said = said_by(documents);
  People people = people_of(documents, said, {said.accounts.begin(), said.accounts.end()});
  // Whom a document names by unique id, the services, and the providers of an account are not everybody.
  std::erase_if(people.callers, [&](const prover::Caller& caller) {
    const policy::Principal& who = caller.principal;
    return !who.unique_id.empty() || who.type == Type::service || (who.type == Type::federated && !said.providers.contains(who.provider));
  });
  for (prover::Caller& caller : people.callers) {
    const policy::Principal& who = caller.principal;
    // An organisation and an application that nobody has named. Values with wildcards let them in.
    constexpr const char* nobodys = "o-nobodysorganization";
    if (!who.account.empty()) {
      caller.keys.set("aws:PrincipalOrgID", nobodys);
      caller.keys.set("aws:PrincipalOrgPaths", std::vector<std::string>{std::string(nobodys) + "/r-none/"});
    }
    for (const std::string& key : said.keys) {
      if (!who.provider.empty() && key.starts_with(who.provider + ':')) caller.keys.set(key, "nobodys-application");
    }
    caller.keys.set("elasticfilesystem:AccessedViaMountTarget", "false");
  }
  std::vector<Constraint> where;
  for (const auto& [key, values] : said.fixed) exclude(where, operator_of(key), key, values);
  for (const auto& [key, ranges] : said.narrow) exclude(where, "IpAddress", key, ranges);
  people.where = prover::all_of(std::move(where));
  return people;
}

}  // namespace ringwall::accessanalyzer::detail
