#pragma once
// Every request of a small world. Its policies are written from a small alphabet, so few values of
// each key can matter: those that the alphabet names, one that it does not name, and none. Who
// calls, what is asked for and from where are listed here, and a request is one of each.
//
// A request that no one can make is no request. What excludes one is said in plain code in
// `exists`, and shares nothing with the prover's table of axioms.

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace ringwall::prove::testing::worlds {

// The accounts: two members of the organisation, one outside that a perimeter file may trust, and
// one that nobody names.
inline constexpr const char* home = "111122223333";
inline constexpr const char* sister = "222233334444";
inline constexpr const char* partner = "999988887777";
inline constexpr const char* stranger = "444455556666";
inline constexpr const char* my_org = "o-ringwall01";
inline constexpr const char* other_org = "o-someother1";
inline constexpr const char* my_vpc = "vpc-0a";
inline constexpr const char* other_vpc = "vpc-0f";
inline constexpr const char* my_endpoint = "vpce-0a";
inline constexpr const char* other_endpoint = "vpce-0f";

inline std::string role_arn(const std::string& account, const std::string& name) {
  return "arn:aws:iam::" + account + ":role/" + name;
}
inline std::string user_arn(const std::string& account, const std::string& name) {
  return "arn:aws:iam::" + account + ":user/" + name;
}
inline std::string session_arn(const std::string& account, const std::string& role, const std::string& session) {
  return "arn:aws:sts::" + account + ":assumed-role/" + role + "/" + session;
}

// GitHub's, whose tokens anybody can have: one of its repository's, or of a repository of another tenant.
inline constexpr const char* issuer = "token.actions.githubusercontent.com";
inline std::string provider_arn() { return "arn:aws:iam::" + std::string(home) + ":oidc-provider/" + issuer; }
inline constexpr const char* tenants[] = {"acme", "acme-evil", "evil"};
inline constexpr const char* expected_audience = "sts.amazonaws.com";
inline constexpr const char* token_action = "sts:AssumeRoleWithWebIdentity";

// What an estate may list.
enum class Thing : std::uint8_t { bucket, second, app_role, job_role, none };
inline constexpr std::size_t things = 4;
// The service of the resource beside the bucket.
enum class Second : std::uint8_t { queue, key, function };

inline constexpr const char* bucket_arn = "arn:aws:s3:::mine";
inline std::string second_arn(Second second, const std::string& account) {
  switch (second) {
    case Second::queue:
      return "arn:aws:sqs:us-east-1:" + account + ":jobs";
    case Second::key:
      return "arn:aws:kms:us-east-1:" + account + ":key/11111111-2222-3333-4444-555555555555";
    case Second::function:
      return "arn:aws:lambda:us-east-1:" + account + ":function:fn";
  }
  return {};
}
inline const char* service_of(Second second) {
  return second == Second::queue ? "sqs" : second == Second::key ? "kms" : "lambda";
}

// Someone who calls.
struct Who {
  std::string name;                // for people
  policy::Principal principal;
  policy::Context keys;
  std::string listed_as = {};      // the ARN under which an estate lists it; empty: none does
  bool pretends = false;           // says that it is of my organisation, and is not
  bool is_service() const { return principal.type == policy::Principal::Type::service; }
  bool is_anonymous() const { return principal.type == policy::Principal::Type::anonymous; }
  // A token of an identity provider, before there is a session: of a repository of this tenant.
  bool is_token() const { return principal.type == policy::Principal::Type::federated && principal.account.empty(); }
  std::string tenant = {}, audience = {};
};

// An action on a resource.
struct Spot {
  std::string action, resource;
  std::string owner;               // empty: the caller's account (of actions on `*`)
  Thing thing = Thing::none;
  policy::Context keys = {};
  // Of mine, and in no estate here, though its service's resources have policies: no row of
  // resources asks about it.
  bool unlisted = false;
  // Of mine, by an action that does not say whose it is: a question that knows whose it is takes it to be said.
  bool unsaid = false;
  // Somebody else's bucket of the listed one's name: there is none while the estate has that.
  bool namesake = false;
  bool is_foreign() const { return !owner.empty() && owner != home && owner != sister; }
  bool is_on_a_resource() const { return resource != "*"; }
  std::string service() const { return action.substr(0, action.find(':')); }
};

// Where a request comes from, and for whom a service makes it.
struct Place {
  std::string name;
  std::string ip, vpc, vpce, via;  // empty: the key is absent
  policy::Context source = {};
  enum class For : std::uint8_t { nobody, mine, the_partner, another } on_behalf = For::nobody;
};

enum class Topic : std::uint8_t { networks, services, names, tokens };
inline constexpr std::size_t topics = 4;
inline std::string_view name_of(Topic topic) {
  return topic == Topic::networks ? "networks" : topic == Topic::services ? "services" : topic == Topic::names ? "names" : "tokens";
}

// A set of requests.
class Bits {
 public:
  explicit Bits(std::size_t size = 0) : words_((size + 63) / 64) {}
  void set(std::size_t at) { words_[at / 64] |= std::uint64_t{1} << (at % 64); }
  bool test(std::size_t at) const { return (words_[at / 64] >> (at % 64) & 1) != 0; }
  Bits& operator|=(const Bits& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }
  Bits& operator&=(const Bits& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
    return *this;
  }
  Bits& minus(const Bits& other) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
    return *this;
  }
  friend Bits operator|(Bits a, const Bits& b) { return a |= b; }
  friend Bits operator&(Bits a, const Bits& b) { return a &= b; }
  friend Bits operator-(Bits a, const Bits& b) { return a.minus(b); }
  bool any() const {
    for (const std::uint64_t word : words_) {
      if (word != 0) return true;
    }
    return false;
  }
  bool meets(const Bits& other) const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if ((words_[i] & other.words_[i]) != 0) return true;
    }
    return false;
  }
  std::size_t first() const {  // of a set that is not empty
    std::size_t at = 0;
    while (words_[at] == 0) ++at;
    return at * 64 + static_cast<std::size_t>(std::countr_zero(words_[at]));
  }
  std::size_t count() const {
    std::size_t all = 0;
    for (const std::uint64_t word : words_) all += static_cast<std::size_t>(std::popcount(word));
    return all;
  }

 private:
  std::vector<std::uint64_t> words_;
};

// What every request keeps, in plain code. Each excludes requests that nobody can make; to see what
// it is good for, a universe can be asked what there would be without it.
struct Law {
  std::string_view name;
  bool (*kept)(const Who&, const Spot&, const Place&);
};
inline constexpr Law laws[] = {
    {"a request comes from an address or a VPC, unless a service makes it or passes it on",
     [](const Who& who, const Spot&, const Place& place) {
       return !place.ip.empty() || !place.vpc.empty() || place.via != "false" || who.is_service();
     }},
    {"an endpoint lies in a VPC", [](const Who&, const Spot&, const Place& place) { return place.vpce.empty() || !place.vpc.empty(); }},
    {"a request out of a VPC has no public address",
     [](const Who&, const Spot&, const Place& place) { return place.ip.empty() || (place.vpc.empty() && place.vpce.empty()); }},
    {"only services act for others", [](const Who& who, const Spot&, const Place& place) { return who.is_service() || place.source.entries().empty(); }},
    {"a source's organisation is told with its account",
     [](const Who&, const Spot&, const Place& place) {
       return place.source.find("aws:SourceOrgID") == nullptr || place.source.find("aws:SourceAccount") != nullptr;
     }},
    {"a resource's organisation is told with its account",
     [](const Who&, const Spot& spot, const Place&) {
       return spot.keys.find("aws:ResourceOrgID") == nullptr || spot.keys.find("aws:ResourceAccount") != nullptr;
     }},
    {"no account that is not mine is in my organisation", [](const Who& who, const Spot&, const Place&) { return !who.pretends; }},
    {"a token is presented, and credentials sign",
     [](const Who& who, const Spot& spot, const Place&) { return who.is_token() == (spot.action == token_action); }},
    {"services have no account and no organisation",
     [](const Who& who, const Spot&, const Place&) { return !who.is_service() || who.keys.find("aws:PrincipalOrgID") == nullptr; }},
};
inline constexpr std::size_t no_law = std::size(laws);

// Everything: with requests in it that only the laws exclude. Usual: most of those are left out.
enum class Breadth : std::uint8_t { usual, everything };

class Universe {
 public:
  Universe(Topic topic, Second second, Breadth breadth = Breadth::usual) : topic_(topic), second_(second), breadth_(breadth) {
    add_callers();
    add_spots();
    add_places();
    list();
  }

  Topic topic() const { return topic_; }
  Second second() const { return second_; }
  const std::vector<Who>& callers() const { return callers_; }
  const std::vector<Spot>& spots() const { return spots_; }
  const std::vector<Place>& places() const { return places_; }

  std::size_t size() const { return size_; }
  const Bits& exists() const { return exists_; }
  // The requests there would be without this law.
  Bits made_under(std::size_t law_left_out) const {
    return where([&](const Who& who, const Spot& spot, const Place& place) {
      if (spot.owner.empty() && who.principal.account.empty()) return false;  // nobody's account
      for (std::size_t i = 0; i < std::size(laws); ++i) {
        if (i != law_left_out && !laws[i].kept(who, spot, place)) return false;
      }
      return true;
    });
  }
  // The same with these of its callers, spots and places alone, by number.
  Universe only(const std::vector<std::size_t>& callers, const std::vector<std::size_t>& spots, const std::vector<std::size_t>& places) const {
    Universe fewer = *this;
    const auto keep = [](const auto& all, const std::vector<std::size_t>& which) {
      std::remove_cvref_t<decltype(all)> kept;
      for (const std::size_t one : which) kept.push_back(all[one]);
      return kept;
    };
    fewer.callers_ = keep(callers_, callers);
    fewer.spots_ = keep(spots_, spots);
    fewer.places_ = keep(places_, places);
    fewer.list();
    return fewer;
  }
  // What a world may tell callers, spots and places apart by beside statements: laws, perimeter files, and who and what there is.
  static std::string told_by_worlds(const Who& who) {
    const policy::Principal& one = who.principal;
    return who.listed_as + "|" + one.account + "|" + one.service + "|" + (one.role_arn == role_arn(partner, "agent") ? "agent" : "") + "|" +
           std::to_string(static_cast<int>(one.type)) + (who.pretends ? "p" : "") + who.tenant + "|" + who.audience;
  }
  static std::string told_by_worlds(const Spot& spot) {
    std::string told = spot.owner + "|" + std::to_string(static_cast<int>(spot.thing)) + (spot.unlisted ? "u" : "") + (spot.unsaid ? "s" : "") + (spot.namesake ? "n" : "") +
                       (spot.is_on_a_resource() ? "r" : "") + spot.service() + "|";
    for (const char* action : {"s3:GetObject", "s3:PutObject", "kms:RetireGrant"}) told += spot.action == action ? '+' : '-';
    told += spot.resource.starts_with("arn:aws:s3:::theirs/") ? '+' : '-';
    told += spot.resource.ends_with(":live") ? '+' : '-';
    return told + (spot.resource == bucket_arn || spot.resource.starts_with(std::string(bucket_arn) + "/") ? '+' : '-');
  }
  static std::string told_by_worlds(const Place& place) {
    return place.ip + "|" + (place.via == "true" ? "t" : "") + "|" + place.vpc + "|" + (place.vpce == my_endpoint ? "e" : "") + "|" +
           std::to_string(static_cast<int>(place.on_behalf));
  }

  Bits none() const { return Bits(size_); }
  std::size_t at(std::size_t caller, std::size_t spot, std::size_t place) const {
    return caller * block_ + spot * places_.size() + place;
  }
  const Who& who(std::size_t at) const { return callers_[at / block_]; }
  const Spot& spot(std::size_t at) const { return spots_[at % block_ / places_.size()]; }
  const Place& place(std::size_t at) const { return places_[at % block_ % places_.size()]; }

  policy::Request request(std::size_t caller, std::size_t spot, std::size_t place) const {
    const Who& who = callers_[caller];
    const Spot& asked = spots_[spot];
    const Place& from = places_[place];
    policy::Request request;
    request.principal = who.principal;
    request.action = asked.action;
    request.resource = asked.resource;
    request.resource_account = asked.owner.empty() ? who.principal.account : asked.owner;
    request.context = who.keys;
    request.context.merge(asked.keys);
    if (!from.ip.empty()) request.context.set("aws:SourceIp", from.ip);
    if (!from.vpc.empty()) request.context.set("aws:SourceVpc", from.vpc);
    if (!from.vpce.empty()) request.context.set("aws:SourceVpce", from.vpce);
    if (!from.via.empty()) request.context.set("aws:ViaAWSService", from.via);
    request.context.merge(from.source);
    return request;
  }
  policy::Request request(std::size_t at) const {
    return request(at / block_, at % block_ / places_.size(), at % block_ % places_.size());
  }

  // The requests of which something is true.
  template <typename Of>
  Bits where(Of&& of) const {
    Bits found(size_);
    for (std::size_t c = 0; c < callers_.size(); ++c) {
      for (std::size_t s = 0; s < spots_.size(); ++s) {
        for (std::size_t p = 0; p < places_.size(); ++p) {
          if (of(callers_[c], spots_[s], places_[p])) found.set(at(c, s, p));
        }
      }
    }
    return found;
  }

 private:
  using Type = policy::Principal::Type;

  Who& account_caller(const std::string& name, Type type, const std::string& account, const std::string& org) {
    Who who{name, {}, {}};
    who.principal.type = type;
    who.principal.account = account;
    who.keys.set("aws:PrincipalAccount", account);
    who.keys.set("aws:PrincipalIsAWSService", "false");
    if (!org.empty()) who.keys.set("aws:PrincipalOrgID", org);
    return callers_.emplace_back(std::move(who));
  }
  void add_role(const std::string& account, const std::string& role, const std::string& session, const std::string& org,
                bool listed) {
    Who& who = account_caller(account + " " + role + "/" + session, Type::role_session, account, org);
    who.principal.role_arn = role_arn(account, role);
    who.principal.arn = session_arn(account, role, session);
    who.principal.unique_id = "AROA" + account + role;
    who.keys.set("aws:PrincipalArn", who.principal.role_arn);
    who.keys.set("aws:PrincipalType", "AssumedRole");
    if (listed) who.listed_as = who.principal.role_arn;
  }
  void add_user(const std::string& account, const std::string& user, const std::string& org, bool listed) {
    Who& who = account_caller(account + " " + user, Type::user, account, org);
    who.principal.arn = user_arn(account, user);
    who.principal.unique_id = "AIDA" + account + user;
    who.keys.set("aws:PrincipalArn", who.principal.arn);
    who.keys.set("aws:PrincipalType", "User");
    if (listed) who.listed_as = who.principal.arn;
  }
  void add_root(const std::string& account, const std::string& org) {
    Who& who = account_caller(account + " root", Type::root, account, org);
    who.principal.arn = "arn:aws:iam::" + account + ":root";
    who.keys.set("aws:PrincipalArn", who.principal.arn);
    who.keys.set("aws:PrincipalType", "Account");
  }
  void add_service(const std::string& service) {
    Who who{service, {}, {}};
    who.principal.type = Type::service;
    who.principal.service = service;
    who.keys.set("aws:PrincipalIsAWSService", "true");
    who.keys.set("aws:PrincipalServiceName", service);
    callers_.push_back(std::move(who));
  }

  void add_token(const std::string& tenant, const std::string& repository, const std::string& audience, const std::string& of = "ref:refs/heads/main") {
    Who who{tenant + "/" + repository + ":" + of + " for " + audience, {}, {}};
    who.principal.type = Type::federated;
    who.principal.provider = provider_arn();
    who.keys.set("aws:PrincipalType", "FederatedUser");
    who.keys.set("aws:FederatedProvider", who.principal.provider);
    who.keys.set(std::string(issuer) + ":sub", "repo:" + tenant + "/" + repository + ":" + of);
    who.keys.set(std::string(issuer) + ":aud", audience);
    who.tenant = tenant;
    who.audience = audience;
    callers_.push_back(std::move(who));
  }

  // A session says what token it was begun with, whosever role it is of.
  void add_sessions_by_token() {
    std::vector<Who> sessions;
    for (const Who& who : callers_) {
      const bool is_first = who.principal.arn.ends_with("/s");
      if (who.principal.type == Type::role_session && is_first) sessions.push_back(who);
    }
    for (const Who& who : sessions) {
      for (const char* run : {"acme/app:ref:refs/heads/main", "acme/app:pull_request", "acme/deploy:ref:refs/heads/main", "evil/app:ref:refs/heads/main", "somebody/app:pull_request"}) {
        for (const char* audience : {expected_audience, "another"}) {
          Who& with = callers_.emplace_back(who);
          with.keys.set(std::string(issuer) + ":sub", "repo:" + std::string(run));
          with.keys.set(std::string(issuer) + ":aud", audience);
          with.name += " by " + std::string(run);
        }
      }
    }
  }

  void add_callers() {
    add_role(home, "app", "s", my_org, true);
    add_role(home, "app", "t", my_org, true);
    add_user(home, "ann", my_org, true);
    add_role(sister, "job", "s", my_org, true);
    // Others' accounts are in no organisation, or in another.
    for (const char* org : {"", other_org}) {
      add_role(partner, "agent", "s", org, false);
      add_role(partner, "agent", "t", org, false);
      add_role(partner, "outsider", "s", org, false);  // of a trusted account, and not whom it names
      add_role(stranger, "outsider", "s", org, false);
      add_root(partner, org);  // whom a NotPrincipal with the account spares, and no role of it
    }
    add_user(stranger, "outsider", "", false);
    Who anonymous{"anonymous", {}, {}};
    anonymous.keys.set("aws:PrincipalType", "Anonymous");
    anonymous.keys.set("aws:PrincipalAccount", "anonymous");
    callers_.push_back(std::move(anonymous));
    add_service("cloudtrail.amazonaws.com");
    if (topic_ == Topic::services) add_service("config.amazonaws.com");
    if (breadth_ == Breadth::everything) {
      add_role(partner, "agent", "t", my_org, false);
      callers_.back().pretends = true;
      add_service("cloudtrail.amazonaws.com");
      callers_.back().keys.set("aws:PrincipalOrgID", my_org);
    }
    if (topic_ != Topic::tokens) add_token("somebody", "app", "another");
    if (topic_ == Topic::tokens) {
      for (const char* tenant : {"acme", "acme-evil", "evil", "somebody"}) {
        for (const char* repository : {"app", "deploy"}) {
          for (const char* audience : {expected_audience, "another"}) {
            for (const char* of : {"ref:refs/heads/main", "pull_request"}) add_token(tenant, repository, audience, of);
          }
        }
      }
      add_sessions_by_token();
    }
    if (topic_ == Topic::names) {
      for (const char* org : {"", other_org}) {
        add_user(partner, "eve", org, false);
      }
      add_root(stranger, "");
      add_role(stranger, "app", "s", "", false);  // another's namesake
      add_role(partner, "app", "s", "", false);
    }
  }

  void add_spot(const std::string& action, const std::string& resource, const std::string& owner, Thing thing,
                const std::string& account_key, const std::string& org_key) {
    Spot spot{action, resource, owner, thing};
    if (!account_key.empty()) spot.keys.set("aws:ResourceAccount", account_key);
    if (!org_key.empty()) spot.keys.set("aws:ResourceOrgID", org_key);
    spots_.push_back(std::move(spot));
  }
  void add_mine(const std::string& action, const std::string& resource, const std::string& owner, Thing thing) {
    add_spot(action, resource, owner, thing, owner, my_org);
    add_spot(action, resource, owner, Thing::none, "", "");
    spots_.back().unsaid = true;
  }
  // Of mine, and in no estate here, though there are others of its service in some.
  void add_unlisted(const std::string& action, const std::string& resource, const std::string& owner) {
    add_mine(action, resource, owner, Thing::none);
    spots_[spots_.size() - 2].unlisted = true;
  }
  // Not every action carries the owner's keys, and not every owner has an organisation.
  void add_foreign(const std::string& action, const std::string& resource, const std::string& owner) {
    add_spot(action, resource, owner, Thing::none, owner, other_org);
    add_spot(action, resource, owner, Thing::none, owner, "");
    add_spot(action, resource, owner, Thing::none, "", "");
  }

  // Of each kind of resource: the action that statements name, another of its service, and one of another service.
  void add_spots() {
    const std::string bucket = bucket_arn;
    add_mine("s3:GetObject", bucket + "/o", home, Thing::bucket);
    add_mine("s3:PutObject", bucket + "/o", home, Thing::bucket);
    add_mine("s3:ListBucket", bucket, home, Thing::bucket);
    add_mine("s3:GetBucketPolicy", bucket, home, Thing::bucket);
    add_mine("ssm:SendCommand", bucket, home, Thing::none);  // consults no policy of the bucket's
    for (const char* owner : {partner, stranger}) {
      for (const char* action : {"s3:GetObject", "s3:PutObject"}) {
        for (const char* name : {"theirs/o", "else/o"}) add_foreign(action, "arn:aws:s3:::" + std::string(name), owner);
      }
    }
    for (const char* owner : {home, sister}) {
      for (const char* action : {"s3:GetObject", "s3:PutObject"}) {
        for (const char* name : {"theirs/o", "else/o"}) add_unlisted(action, "arn:aws:s3:::" + std::string(name), owner);
        add_unlisted(action, "arn:aws:s3:us-east-1:" + std::string(owner) + ":accesspoint/else/object/o", owner);
      }
    }
    add_foreign("s3:GetObject", "arn:aws:s3:us-east-1:" + std::string(stranger) + ":accesspoint/else/object/o", stranger);
    if (breadth_ == Breadth::everything) add_spot("s3:GetObject", "arn:aws:s3:::else/o", stranger, Thing::none, "", other_org);
    add_foreign("ssm:SendCommand", "arn:aws:s3:::else", stranger);  // other services' actions name buckets too
    for (const auto& [action, resource] : {std::pair("s3:GetObject", bucket + "/o"), std::pair("s3:PutObject", bucket + "/o"),
                                           std::pair("s3:ListBucket", bucket), std::pair("ssm:SendCommand", bucket)}) {
      const std::size_t before = spots_.size();
      add_foreign(action, resource, stranger);
      for (std::size_t i = before; i < spots_.size(); ++i) spots_[i].namesake = true;
    }
    const std::string service = service_of(second_);
    const std::string named = second_ == Second::queue ? ":SendMessage" : second_ == Second::key ? ":Decrypt" : ":InvokeFunction";
    const std::string other = second_ == Second::queue ? ":ReceiveMessage" : second_ == Second::key ? ":Encrypt" : ":GetFunction";
    std::vector<std::string> actions = {service + named, service + other};
    if (second_ == Second::key) actions.push_back("kms:RetireGrant");  // which no RCP reaches
    for (const std::string& action : actions) {
      add_mine(action, second_arn(second_, home), home, Thing::second);
      if (second_ == Second::function) add_mine(action, second_arn(second_, home) + ":live", home, Thing::second);
      for (const char* owner : {home, sister}) add_unlisted(action, second_arn(second_, owner) + "-else", owner);
    }
    if (second_ == Second::key) {  // which events asks about, and then no policy of the key's
      add_mine("events:CreateArchive", second_arn(second_, home), home, Thing::none);
      for (const char* owner : {partner, stranger}) add_foreign("events:CreateArchive", second_arn(second_, owner), owner);
    }
    for (const char* owner : {partner, stranger}) {
      for (const std::string& action : actions) add_foreign(action, second_arn(second_, owner), owner);
      add_foreign("sts:AssumeRole", role_arn(owner, "agent"), owner);
      add_foreign("ec2:StartInstances", "arn:aws:ec2:us-east-1:" + std::string(owner) + ":instance/i-1", owner);
    }
    add_mine("sts:AssumeRole", role_arn(home, "app"), home, Thing::app_role);
    add_mine("sts:AssumeRole", role_arn(sister, "job"), sister, Thing::job_role);
    add_mine(token_action, role_arn(home, "app"), home, Thing::app_role);
    add_mine(token_action, role_arn(sister, "job"), sister, Thing::job_role);
    // Resources that have no side of their own, and none at all.
    for (const char* action : {"iam:GetRole", "ec2:AssociateEnclaveCertificateIamRole"}) {
      add_mine(action, role_arn(home, "app"), home, Thing::none);
      add_mine(action, role_arn(sister, "job"), sister, Thing::none);
    }
    for (const char* owner : {home, sister})  // an action of S3 on what is none of S3's resources
      add_mine("s3:CreateAccessPointForObjectLambda", "arn:aws:s3-object-lambda:us-east-1:" + std::string(owner) + ":accesspoint/else", owner, Thing::none);
    add_mine("ec2:StartInstances", "arn:aws:ec2:us-east-1:" + std::string(home) + ":instance/i-1", home, Thing::none);
    add_mine("ec2:StartInstances", "arn:aws:ec2:us-east-1:" + std::string(sister) + ":instance/i-1", sister, Thing::none);
    const std::string list = second_ == Second::queue ? ":ListQueues" : second_ == Second::key ? ":ListKeys" : ":ListFunctions";
    for (const std::string& action : {std::string("ec2:DescribeInstances"), std::string("s3:ListAllMyBuckets"), service + list})
      add_spot(action, "*", "", Thing::none, "", "");
  }

  void add_place(std::string ip, std::string vpc, std::string vpce, std::string via) {
    Place place{"", std::move(ip), std::move(vpc), std::move(vpce), std::move(via)};
    place.name = (place.ip.empty() ? "" : place.ip + " ") + (place.vpc.empty() ? "" : place.vpc + " ") +
                 (place.vpce.empty() ? "" : place.vpce + " ") + "via=" + place.via;
    places_.push_back(std::move(place));
  }
  void add_source(std::size_t place, const std::string& account, const std::string& arn_account, const std::string& org,
                  Place::For on_behalf) {
    Place with = places_[place];
    if (!account.empty()) with.source.set("aws:SourceAccount", account);
    if (!arn_account.empty())
      with.source.set("aws:SourceArn", "arn:aws:cloudtrail:us-east-1:" + arn_account + ":trail/t");
    if (!org.empty()) with.source.set("aws:SourceOrgID", org);
    with.on_behalf = on_behalf;
    with.name += " for " + account + "/" + arn_account + "/" + org;
    places_.push_back(std::move(with));
  }

  void add_places() {
    const std::string expected = "203.0.113.10", unexpected = "198.51.100.1";
    if (breadth_ == Breadth::everything) {
      for (const std::string& ip : {std::string(), expected, unexpected}) {
        for (const char* vpc : {"", my_vpc, other_vpc}) {
          for (const char* vpce : {"", my_endpoint}) {
            for (const char* via : {"false", "true"}) add_place(ip, vpc, vpce, via);
          }
        }
      }
      const auto abroad = std::ranges::find_if(places_, [&](const Place& one) { return one.ip == unexpected && one.vpc.empty() && one.vpce.empty(); });
      const auto at = static_cast<std::size_t>(abroad - places_.begin());
      add_source(at, "", "", my_org, Place::For::mine);
      add_source(at, home, "", "", Place::For::mine);
      add_source(at, partner, "", other_org, Place::For::the_partner);
      return;
    }
    for (const char* via : {"false", "true", ""}) {
      for (const std::string& ip : {std::string(), expected, unexpected}) add_place(ip, "", "", via);
      for (const char* vpc : {my_vpc, other_vpc}) {
        for (const char* vpce : {"", my_endpoint, other_endpoint}) add_place("", vpc, vpce, via);
      }
    }
    if (topic_ != Topic::services) return;
    const std::size_t plain = places_.size();
    for (std::size_t place = 0; place < plain; ++place) {
      const Place& from = places_[place];
      const bool nowhere = from.ip.empty() && from.vpc.empty(), near = from.ip == expected, far = from.ip == unexpected;
      const bool inside = from.vpce == my_endpoint && from.vpc == my_vpc, through = from.vpce == other_endpoint && from.vpc == other_vpc;
      if (!((nowhere || near) && from.via == "false") && !((far || inside) && from.via.empty()) && !(through && from.via == "true")) continue;
      add_sources(place, home, my_org, Place::For::mine);
      add_sources(place, partner, other_org, Place::For::the_partner);
      add_sources(place, stranger, other_org, Place::For::another);
    }
  }
  // What a service may say of an account that it acts for.
  void add_sources(std::size_t place, const std::string& account, const std::string& org, Place::For on_behalf) {
    for (const std::string& arn : {std::string(), account}) {
      for (const std::string& its_org : {std::string(), org}) add_source(place, account, arn, its_org, on_behalf);
    }
    add_source(place, "", account, "", on_behalf);
  }

  void list() {
    block_ = (spots_.size() * places_.size() + 63) / 64 * 64;
    size_ = callers_.size() * block_;
    exists_ = made_under(no_law);
  }

  Topic topic_;
  Second second_;
  Breadth breadth_;
  std::vector<Who> callers_;
  std::vector<Spot> spots_;
  std::vector<Place> places_;
  std::size_t block_ = 0, size_ = 0;
  Bits exists_;
};

}  // namespace ringwall::prove::testing::worlds
