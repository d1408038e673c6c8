// When are two questions the same? When no policy that is asked can tell their subjects apart. A
// key says all that could: which documents (by number, equal for equal texts), and what they see of
// the subject. A resource's own ARN is left out of its policy's text where that text only says
// `this resource` and `below it`, so that policies written by one template are one question.

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.h"
#include "catalogue/catalogue.h"
#include "prove/detail/cells.h"
#include "prover/callers.h"

namespace ringwall::prove::detail {
namespace {

authz::Named assumed(const char* text, policy::Kind kind) {
  auto document = policy::compile(text, kind);
  RW_CHECK(document.has_value());
  return {"assumed to allow everything", *std::move(document)};
}

}  // namespace

const authz::Named& assumed_identity() {
  static const authz::Named all = assumed(
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}})",
      policy::Kind::identity);
  return all;
}

const authz::Named& assumed_resource() {
  static const authz::Named all = assumed(
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}})",
      policy::Kind::resource);
  return all;
}

// A trust policy takes no providers beside `*`, so federated callers need a statement of theirs.
const authz::Named& assumed_trust() {
  static const authz::Named all = assumed(
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sts:*"}]})",
      policy::Kind::trust);
  return all;
}

void gather(std::span<const authz::Named> policies, std::vector<const policy::Document*>& into) {
  for (const authz::Named& named : policies) into.push_back(named.document.get());
}

void gather(std::span<const authz::Level> levels, std::vector<const policy::Document*>& into) {
  for (const authz::Level& level : levels) gather(std::span(level.policies), into);
}

Key& Key::add(Id id) {
  text_ += std::to_string(id);
  text_ += ',';
  return *this;
}

Key& Key::add(std::string_view text) {
  text_ += std::to_string(text.size());
  text_ += ':';
  text_ += text;
  return *this;
}

const Facts& Bound::add(const authz::Named& named) {
  const Facts& facts = words_.of(named.document);
  key_.add(facts.id);
  facts_.push_back(&facts);
  return facts;
}

void Bound::add(std::span<const authz::Named> policies) {
  for (const authz::Named& named : policies) add(named);
  key_.add("|");
}

void Bound::add(std::span<const authz::Level> levels) {
  for (const authz::Level& level : levels) add(std::span<const authz::Named>(level.policies));
  key_.add("||");
}

std::string Bound::documents() const {
  std::string ids;
  for (const Facts* facts : facts_) (ids += std::to_string(facts->id)) += ',';
  return ids;
}

std::string relative_to(std::string_view pattern, std::string_view arn, bool& verbatim) {
  std::string sense;
  if (pattern.starts_with('!')) {
    sense = "!";
    pattern.remove_prefix(1);
  }
  if (pattern == "*") return sense + "*";
  const std::size_t wild = pattern.find_first_of("*?$");
  const std::string_view literal = pattern.substr(0, wild);
  if (!pattern.contains("${") && literal.starts_with(arn))
    return sense + "." + std::string(pattern.substr(arn.size()));
  if (!literal.starts_with(arn) && !arn.starts_with(literal)) return sense + "x";  // never it
  verbatim = true;
  return sense + std::string(pattern);
}

std::string shape_of(std::string_view arn) {
  std::string shape = std::string(arn_part(arn, 1)) + ":" + std::string(arn_part(arn, 2)) + ":" +
                      std::string(arn_part(arn, 3)) + ":";
  if (!arn_part(arn, 4).empty()) shape += "a";
  const catalogue::Service* service = catalogue::Catalogue::builtin().service(arn_part(arn, 2));
  if (service == nullptr) return shape + ":" + std::string(arn);
  const std::string below = std::string(arn) + "*";
  for (std::size_t i = 0; i < service->resource_type_count(); ++i) {
    const std::string_view type = service->arn_pattern_at(i);
    if (catalogue::can_meet(arn, type)) shape += "=" + std::to_string(i);
    if (catalogue::can_meet(below, type)) shape += "<" + std::to_string(i);
  }
  return shape;
}

std::vector<std::string> with_below(const std::string& arn) {
  const std::string_view service = arn_part(arn, 2);
  for (const std::string_view flat : {"kms", "sqs", "sns", "secretsmanager", "ecr", "events",
                                      "codeartifact", "acm-pca", "ssm", "iam", "sts"}) {
    if (service == flat) return {arn};
  }
  for (const std::string_view tree :
       {"s3", "dynamodb", "es", "aoss", "execute-api", "kinesis", "s3-outposts", "mediastore"}) {
    if (service == tree) return {arn, arn + "/*"};
  }
  for (const std::string_view list : {"logs", "lambda"}) {
    if (service == list) return {arn, arn + ":*"};
  }
  return {arn, arn + "/*", arn + ":*"};
}

void for_each_bucket(const std::vector<const Facts*>& facts, const std::function<void(const std::string&)>& each) {
  for (const Facts* one : facts) {
    for (std::string_view pattern : one->resources) {
      if (pattern.starts_with('!')) pattern.remove_prefix(1);
      if (arn_part(pattern, 2) != "s3" || !arn_part(pattern, 4).empty()) continue;
      const std::size_t name = pattern.size() - arn_part(pattern, 5).size();
      each(std::string(pattern.substr(0, pattern.find_first_of("/*?$", name))));
    }
  }
}

std::vector<std::string> buckets_of_mine(const Mine& mine, const std::vector<const Facts*>& facts) {
  std::set<std::string> buckets;
  for_each_bucket(facts, [&](const std::string& bucket) {
    const estate::Resource* listed = mine.estate().resources.find(bucket);
    if (listed != nullptr && mine.has(listed->account)) buckets.insert(bucket);
  });
  return {buckets.begin(), buckets.end()};
}

prover::Constraint on_none_of(const std::vector<std::string>& resources) {
  std::vector<std::string> patterns;
  for (const std::string& one : resources) std::ranges::move(with_below(one), std::back_inserter(patterns));
  auto those = prover::on_resources(patterns);
  return those && !patterns.empty() ? prover::none_of({*std::move(those)}) : prover::all_of({});
}

std::vector<prover::Constraint> asked_of(const std::string& arn) {
  std::vector<prover::Constraint> parts;
  if (auto within = prover::on_resources(with_below(arn))) parts.push_back(*std::move(within));
  const std::string service(arn_part(arn, 2));
  if (catalogue::Catalogue::builtin().service(service) == nullptr) return parts;
  if (auto own = prover::on_actions({service + ":*"})) parts.push_back(*std::move(own));
  return parts;
}

prover::Constraint assuming() {
  const auto by_token = prover::condition("StringEquals", "aws:PrincipalType", {"FederatedUser"});
  const auto with_token = prover::on_actions({"sts:AssumeRoleWith*"}), of_sts = prover::on_actions({"sts:*"});
  const auto beside = prover::on_actions({prover::asked_beside.begin(), prover::asked_beside.end()});
  RW_CHECK(by_token && with_token && of_sts && beside);
  return prover::any_of({prover::all_of({*by_token, *with_token}),
                         prover::all_of({prover::none_of({*by_token, *with_token, *beside}), *of_sts})});
}

namespace {

// A key of an account, and the one of the account's organisation.
struct Belonging {
  std::string_view account, organization;
};
constexpr Belonging resource_keys{"aws:resourceaccount", "aws:resourceorgid"}, source_keys{"aws:sourceaccount", "aws:sourceorgid"};

// Accounts of mine that the documents tell apart, and whether they ask for such keys at all. Nothing: they name them in part,
// and nobody could say which of mine that means.
std::optional<std::set<std::string>> named_by(const Belonging& keys, const Words& words, const std::vector<const Facts*>& facts, bool& asked) {
  constexpr std::string_view callers_account = "${aws:PrincipalAccount}";
  const std::string_view org = keys.organization.substr(0, keys.organization.size() - 2);  // and its paths
  std::set<std::string> named;
  for (const Facts* one : facts) {
    for (const std::string& key : one->raw) asked |= key.starts_with(org) || key == keys.account;
    for (const Id id : one->tests) {
      const Test& test = words.test(id);
      asked |= one->document != nullptr && test.key.starts_with(org);
      const bool of_account = test.key == keys.account || (keys.account == resource_keys.account && test.key == "s3:resourceaccount");
      if (!of_account || test.relation.family == policy::Family::null) continue;
      asked |= one->document != nullptr;
      for (const policy::Listed& value : test.relation.values) {
        if (is_account(value.text)) named.insert(value.text);
        else if (value.text != callers_account) return std::nullopt;
      }
    }
  }
  if (!asked) return named;
  for (const Facts* one : facts) {
    for (const std::string& pattern : one->resources) named.insert(account_in(pattern.starts_with('!') ? pattern.substr(1) : pattern));
  }
  return named;
}

enum class Wanted : std::uint8_t { all, key };  // the key alone costs no list of all accounts

Owners told_apart(const Belonging& keys, const Mine& mine, const Words& words, const std::vector<const Facts*>& facts, const std::string& caller, Wanted wanted) {
  Owners owners;
  bool asked = false;
  auto named = named_by(keys, words, facts, asked);
  const estate::Estate& estate = mine.estate();
  if (!named || !asked || !estate.organization || mine.accounts().empty()) return owners;
  named->insert(caller);
  // One whom nobody names stands for all of those: one that the estate has, and one that it has not.
  const auto nobody_names = [&](const std::string& id) { return !named->contains(id); };
  const auto another = std::ranges::find_if(mine.accounts(), [&](const std::string& id) { return nobody_names(id) && !mine.is_unlisted(id); });
  const auto another_unlisted = std::ranges::find_if(mine.unlisted(), nobody_names);
  std::set<std::string> apart;
  std::ranges::copy_if(*named, std::inserter(apart, apart.end()), [&](const std::string& id) { return mine.has(id); });
  if (another != mine.accounts().end()) apart.insert(*another);
  if (another_unlisted != mine.unlisted().end()) apart.insert(*another_unlisted);
  const std::vector<std::string> told(apart.begin(), apart.end());
  std::vector<std::string> members;
  for (const std::string& id : told) {
    const estate::Account* account = estate.account(id);
    if (account != nullptr && !account->org_path.empty()) members.push_back(id);
  }
  const auto of_mine = prover::condition("StringEquals", keys.organization, {estate.organization->id});
  const auto of_none = prover::condition("Null", keys.organization, {"true"});
  const auto of_member = prover::condition("StringEquals", keys.account, members);
  if (!of_mine || !of_none || !of_member || members.empty()) return owners;
  for (const std::string& id : told) owners.key += id + ",";
  // An ARN's account is the owner's, so here it is no name that could be another.
  for (const Facts* one : facts) {
    for (const std::string& pattern : one->resources) owners.key += account_in(pattern.starts_with('!') ? pattern.substr(1) : pattern) + ";";
  }
  for (const std::string& id : members) owners.key += "m" + id + ",";
  if (wanted == Wanted::key) return owners;
  owners.all = {{prover::Owner::Kind::account, told}, {prover::Owner::Kind::others, mine.accounts()}};
  std::vector<prover::Constraint> ways{prover::all_of({*of_mine, *of_member}), prover::none_of({*of_mine, *of_member})};
  if (keys.account == source_keys.account) ways.push_back(*of_none);  // not every service says it
  owners.agree = prover::any_of(std::move(ways));
  return owners;
}

}  // namespace

Owners owners_of(const Mine& mine, const Words& words, const std::vector<const Facts*>& facts, const std::string& caller) {
  return told_apart(resource_keys, mine, words, facts, caller, Wanted::all);
}

std::string owners_key(const Mine& mine, const Words& words, const std::vector<const Facts*>& facts, const std::string& caller) {
  return told_apart(resource_keys, mine, words, facts, caller, Wanted::key).key;
}

Owners sources_of(const Mine& mine, const Words& words, const std::vector<const Facts*>& facts) {
  return told_apart(source_keys, mine, words, facts, {}, Wanted::all);
}

std::string sources_key(const Mine& mine, const Words& words, const std::vector<const Facts*>& facts) {
  return told_apart(source_keys, mine, words, facts, {}, Wanted::key).key;
}

Surroundings owned_by(const Mine& mine, const std::string& account) {
  Surroundings surroundings;
  const estate::Account* owner = mine.estate().account(account);
  if (!account.empty()) surroundings.keys.set("aws:ResourceAccount", account);
  if (owner != nullptr && mine.estate().no_organization)
    surroundings.absent = {"aws:resourceorgid", "aws:resourceorgpaths"};
  if (owner == nullptr || owner->org_path.empty() || !mine.estate().organization)
    return surroundings;
  surroundings.keys.set("aws:ResourceOrgID", mine.estate().organization->id);
  surroundings.keys.set("aws:ResourceOrgPaths", std::vector<std::string>{owner->org_path});
  return surroundings;
}

void surround(prover::Query& query, const Surroundings& surroundings) {
  query.universe.keys.merge(surroundings.keys);
  query.universe.absent.insert(query.universe.absent.end(), surroundings.absent.begin(), surroundings.absent.end());
}

}  // namespace ringwall::prove::detail
