#pragma once
// The alphabet of small worlds' policies. Each statement is read by the policy language's plain
// evaluator and asked of every request of the universe once; documents are sets of statements, so
// what a document says of every request is known without asking again.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/check.h"
#include "policy/plain.h"
#include "policy/testing_choices.h"
#include "prove/testing_universe.h"

namespace ringwall::prove::testing::worlds {

using policy::testing::Choices;

// What roles trust who are for services alone; of trust policies' statements the second.
inline constexpr std::size_t usual_trust = 1;

// Documents that are written alike. Identity: identity policies, boundaries and SCPs.
enum class Sort : std::uint8_t { identity, scp, bucket, second, trust, endpoint, rcp };
inline constexpr std::size_t sorts = 7;
inline policy::Kind kind_of(Sort sort, Second second) {
  switch (sort) {
    case Sort::identity:
      return policy::Kind::identity;
    case Sort::scp:
      return policy::Kind::scp;
    case Sort::second:
      return second == Second::key ? policy::Kind::key : policy::Kind::resource;
    case Sort::bucket:
      return policy::Kind::resource;
    case Sort::trust:
      return policy::Kind::trust;
    case Sort::endpoint:
      return policy::Kind::endpoint;
    case Sort::rcp:
      return policy::Kind::rcp;
  }
  return policy::Kind::identity;
}
inline bool names_principals(Sort sort) { return sort != Sort::identity && sort != Sort::scp; }

// What one statement, or a whole document, says of every request. An allowing one grants in one of
// three strengths by how it names the caller; a denying one exempts by NotPrincipal only callers
// without a boundary, so there are two answers.
struct Says {
  Bits deny, deny_bounded;               // bounded: of callers who have a permissions boundary
  Bits allow;                            // in any way
  Bits direct, to_role, to_account;      // of policies that name principals
  explicit Says(const Universe& universe)
      : deny(universe.none()), deny_bounded(deny), allow(deny), direct(deny), to_role(deny), to_account(deny) {}
  void add(const Says& other) {
    deny |= other.deny;
    deny_bounded |= other.deny_bounded;
    allow |= other.allow;
    direct |= other.direct;
    to_role |= other.to_role;
    to_account |= other.to_account;
  }
};

inline std::string document_text(const std::vector<std::string>& statements) {
  std::string text = R"({"Version":"2012-10-17","Statement":[)";
  for (std::size_t i = 0; i < statements.size(); ++i) text += (i == 0 ? "" : ",") + statements[i];
  return text + "]}";
}

inline policy::DocumentPtr compiled(const std::string& text, policy::Kind kind) {
  auto made = policy::compile(text, kind);
  if (!made) std::fprintf(stderr, "%s\n%s\n", made.error().message.c_str(), text.c_str());
  RW_CHECK(made.has_value());
  return *std::move(made);
}

struct Statement {
  std::string text;
  std::unique_ptr<const Says> says;
};

inline Says says_of(const std::string& statement, policy::Kind kind, bool names, const Universe& universe,
                    const std::vector<policy::Request>& requests) {
  const policy::DocumentPtr document = compiled(document_text({statement}), kind);
  const policy::plain::Policy plain(*document);
  const bool conditional = !plain.syntax().statements[0].conditions.empty();
  const bool denies = document->effect(0) == policy::Effect::deny;
  Says says(universe);
  const std::size_t spots = universe.spots().size(), places = universe.places().size();
  for (std::size_t c = 0; c < universe.callers().size(); ++c) {
    const policy::Naming naming = plain.naming(0, universe.callers()[c].principal);
    Bits& granted = naming == policy::Naming::account ? says.to_account : naming == policy::Naming::role ? says.to_role : says.direct;
    for (std::size_t s = 0; s < spots; ++s) {
      for (std::size_t p = 0; p < places; ++p) {
        const std::size_t at = universe.at(c, s, p);
        const policy::Mismatch listed = plain.match(0, requests[at], policy::Exemptions::listed);
        if (denies) {
          if (listed == policy::Mismatch::none) says.deny.set(at);
          if (plain.match(0, requests[at], policy::Exemptions::none) == policy::Mismatch::none) says.deny_bounded.set(at);
        } else if (listed == policy::Mismatch::none) {
          says.allow.set(at);
          if (names && naming != policy::Naming::not_named) granted.set(at);
        }
        // Only conditions look at where a request comes from (no resource here has a variable). A
        // boundary changes whom NotPrincipal names, and nothing else.
        const bool not_it = listed == policy::Mismatch::action || listed == policy::Mismatch::resource ||
                            (!denies && listed == policy::Mismatch::principal);
        if (not_it) break;
        if (conditional || p > 0) continue;
        for (Bits* bits : {&says.deny, &says.deny_bounded, &says.allow, &granted}) {
          if (!bits->test(at)) continue;
          for (std::size_t other = 1; other < places; ++other) bits->set(universe.at(c, s, other));
        }
        break;
      }
    }
  }
  return says;
}

// Writes statements.
class Writer {
 public:
  Writer(Choices& choices, Topic topic, Second second) : choices_(choices), topic_(topic), second_(second) {}

  std::string statement(Sort sort) {
    const bool denies = sort == Sort::rcp || choices_.below(sort == Sort::scp ? 4 : 3) == 0 ||
                        (sort == Sort::scp && choices_.one_in(2));
    std::string text = std::string(R"({"Effect":")") + (denies ? "Deny" : "Allow") + "\"";
    if (names_principals(sort)) text += "," + principal(sort, denies);
    text += "," + action(sort);
    if (sort != Sort::trust) text += "," + resource(sort);
    if (topic_ == Topic::tokens && (sort == Sort::trust || sort == Sort::rcp) && !choices_.one_in(4)) return of_tokens(sort, denies);
    const std::size_t conditions = denies ? 1 + choices_.below(5) / 4 : choices_.below(5) * 2 / 5;
    if (conditions != 0) text += "," + condition(conditions);
    return text + "}";
  }

 private:
  using Texts = std::vector<std::string>;
  const std::string& one(const Texts& texts) { return texts[choices_.below(texts.size())]; }
  static std::string element(const char* name, const std::string& value) {
    return "\"" + std::string(name) + "\":" + (value.starts_with('[') || value.starts_with('{') ? value : "\"" + value + "\"");
  }

  // About whoever comes with a token of GitHub's.
  std::string of_tokens(Sort sort, bool denies) {
    std::string text = std::string(R"({"Effect":")") + (denies ? "Deny" : "Allow") + "\",";
    const bool named = sort == Sort::trust && !(denies && choices_.one_in(2));
    text += element("Principal", named ? R"({"Federated":")" + provider_arn() + "\"}" : "*") + ",";
    text += element("Action", one({token_action, token_action, "sts:*"}));
    if (sort == Sort::rcp) text += R"(,"Resource":"*")";
    const Texts subjects = {"repo:acme/*", "repo:acme/app:*", "repo:acme*", "repo:*", "repo:*:ref:refs/heads/main", "repo:*/deploy:*", "repo:evil/*"};
    const std::string sub = std::string(issuer) + ":sub", aud = std::string(issuer) + ":aud";
    Texts all;
    for (const std::string& subject : subjects) {
      all.push_back(test("StringLike", sub, subject));
      if (denies) all.push_back(test("StringNotLikeIfExists", sub, subject));
    }
    all.push_back(test("StringNotLike", sub, "repo:acme/*"));
    all.push_back(test("StringEquals", sub, "repo:acme/app:ref:refs/heads/main"));
    if (denies) all.push_back(test("Null", sub, choices_.one_in(2) ? "true" : "false"));
    std::string condition = one(all);
    if (choices_.one_in(2)) condition = (choices_.one_in(2) ? condition + "," : "") + test(denies ? "StringNotEquals" : "StringEquals", aud, expected_audience);
    if (denies || !choices_.one_in(6)) text += R"(,"Condition":{)" + merged(condition) + "}";
    return text + "}";
  }
  // Of two tests by the same operator the first.
  static std::string merged(const std::string& tests) {
    const std::size_t second = tests.find("},\"");
    if (second == std::string::npos) return tests;
    const std::string op = tests.substr(0, tests.find(':') + 1);
    return tests.compare(second + 2, op.size(), op) == 0 ? tests.substr(0, second + 1) : tests;
  }

  std::string principal(Sort sort, bool denies) {
    if (sort == Sort::rcp) return R"("Principal":"*")";
    const std::string app = role_arn(home, "app"), session = session_arn(home, "app", "s"), ann = user_arn(home, "ann");
    const auto aws = [](const std::string& names) { return R"({"AWS":)" + names + "}"; };
    const auto quoted = [](const Texts& names) {
      std::string list = "[";
      for (const std::string& name : names) list += (list.size() > 1 ? ",\"" : "\"") + name + "\"";
      return list + "]";
    };
    if (denies && sort != Sort::trust && choices_.one_in(4)) {
      return element("NotPrincipal",
                     one({aws(quoted({app, home})), aws(quoted({session, app, home})), aws(quoted({ann, home})), aws(quoted({ann})),
                          aws(quoted({role_arn(partner, "agent"), partner})), aws(quoted({home, sister}))}));
    }
    Texts all = {"*", "*", aws(quoted({home})), aws(quoted({app})), aws(quoted({session})), aws(quoted({ann})),
                 aws(quoted({sister})), aws(quoted({role_arn(sister, "job")})), aws(quoted({partner})),
                 aws(quoted({role_arn(partner, "agent")})), aws(quoted({session_arn(partner, "agent", "s")})),
                 aws(quoted({app, "*"})), aws(quoted({home, partner}))};
    if (sort == Sort::bucket || sort == Sort::second) all.push_back(R"({"Service":"cloudtrail.amazonaws.com"})");
    if (topic_ == Topic::services && sort != Sort::trust) {
      all.push_back(R"({"Service":"cloudtrail.amazonaws.com"})");
      all.push_back(R"({"Service":["cloudtrail.amazonaws.com","config.amazonaws.com"]})");
    }
    if (topic_ == Topic::names) {
      all.push_back(aws(quoted({user_arn(partner, "eve")})));
      all.push_back(aws(quoted({"arn:aws:iam::" + std::string(partner) + ":root"})));
    }
    return element("Principal", one(all));
  }

  std::string action(Sort sort) {
    const std::string service = service_of(second_);
    const std::string named = service + (second_ == Second::queue ? ":SendMessage" : second_ == Second::key ? ":Decrypt" : ":InvokeFunction");
    switch (sort) {
      case Sort::trust:
        return element("Action", one({"sts:AssumeRole", "sts:*"}));
      case Sort::bucket:
        return element("Action", one({"s3:*", "s3:GetObject", R"(["s3:GetObject","s3:ListBucket"])", "*"}));
      case Sort::second:
        return element("Action", one({service + ":*", named}));
      case Sort::rcp:
        return element("Action", one({"s3:*", "s3:GetObject", "sts:AssumeRole", service + ":*", R"(["s3:*","sts:*",")" + service + R"(:*"])"}));
      default:
        if (choices_.one_in(8)) return element("NotAction", one({"s3:*", "sts:*", service + ":*"}));
        return element("Action", one({"*", "*", "s3:*", "s3:GetObject", service + ":*", named, "sts:AssumeRole", "ec2:*",
                                      R"(["s3:GetObject",")" + named + R"("])"}));
    }
  }

  std::string resource(Sort sort) {
    const std::string own = second_arn(second_, home);
    if (sort == Sort::second) return element("Resource", one({"*", own}));
    if (sort == Sort::bucket)
      return element("Resource", one({"*", "arn:aws:s3:::mine/*", R"(["arn:aws:s3:::mine","arn:aws:s3:::mine/*"])", "arn:aws:s3:::mine"}));
    if (choices_.one_in(8)) return element("NotResource", one({"arn:aws:s3:::mine/*", own, "arn:aws:s3:::theirs/*"}));
    return element("Resource", one({"*", "*", "*", "arn:aws:s3:::mine/*", R"(["arn:aws:s3:::mine","arn:aws:s3:::mine/*"])",
                                    "arn:aws:s3:::theirs/*", own, role_arn(sister, "job"), "arn:aws:s3:::*"}));
  }

  static std::string test(const std::string& op, const std::string& key, const std::string& value) {
    return "\"" + op + "\":{\"" + key + "\":\"" + value + "\"}";
  }
  void add_principals(Texts& all) const {
    for (const char* op : {"StringEquals", "StringNotEquals", "StringNotEqualsIfExists"}) {
      all.push_back(test(op, "aws:PrincipalOrgID", my_org));
      all.push_back(test(op, "aws:PrincipalAccount", home));
    }
    all.push_back(test("StringEquals", "aws:PrincipalAccount", partner));
    all.push_back(test("StringEqualsIfExists", "aws:PrincipalOrgID", my_org));
    all.push_back(test("ArnLike", "aws:PrincipalArn", role_arn(home, "app")));
    all.push_back(test("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::" + std::string(home) + ":role/*"));
    all.push_back(test("ArnNotLikeIfExists", "aws:PrincipalArn", role_arn(home, "app")));
    all.push_back(test("Null", "aws:PrincipalOrgID", "true"));
    if (topic_ == Topic::names) all.push_back(test("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:role/app"));
  }
  void add_resources(Texts& all) const {
    for (const char* op : {"StringEquals", "StringNotEquals", "StringNotEqualsIfExists"})
      all.push_back(test(op, "aws:ResourceOrgID", my_org));
    all.push_back(test("StringEquals", "aws:ResourceAccount", home));
    all.push_back(test("StringNotEquals", "aws:ResourceAccount", home));
    all.push_back(test("StringEquals", "aws:ResourceAccount", "${aws:PrincipalAccount}"));
    all.push_back(test("StringEquals", "aws:PrincipalOrgID", "${aws:ResourceOrgID}"));
  }
  void add_networks(Texts& all) const {
    const std::string mine = "203.0.113.0/24";
    for (const char* op : {"IpAddress", "NotIpAddress", "NotIpAddressIfExists"}) all.push_back(test(op, "aws:SourceIp", mine));
    for (const char* op : {"StringEquals", "StringNotEquals", "StringNotEqualsIfExists"}) {
      all.push_back(test(op, "aws:SourceVpc", my_vpc));
      all.push_back(test(op, "aws:SourceVpce", my_endpoint));
    }
    for (const char* value : {"true", "false"}) {
      all.push_back(test("Bool", "aws:ViaAWSService", value));
      all.push_back(test("BoolIfExists", "aws:PrincipalIsAWSService", value));
      all.push_back(test("Null", "aws:SourceVpce", value));
    }
    all.push_back(test("BoolIfExists", "aws:ViaAWSService", "false"));
    all.push_back(test("Bool", "aws:PrincipalIsAWSService", "true"));
    all.push_back(test("Null", "aws:SourceIp", "true"));
    const std::string guard = test("NotIpAddressIfExists", "aws:SourceIp", mine) + "," +
                              test("StringNotEqualsIfExists", "aws:SourceVpc", my_vpc);
    all.push_back(guard + R"(,"BoolIfExists":{"aws:ViaAWSService":"false","aws:PrincipalIsAWSService":"false"})");
    all.push_back(guard + R"(,"BoolIfExists":{"aws:ViaAWSService":"false"})");
    all.push_back(guard);
  }
  void add_sources(Texts& all) const {
    for (const char* op : {"StringEquals", "StringNotEquals", "StringNotEqualsIfExists"}) {
      all.push_back(test(op, "aws:SourceAccount", home));
      all.push_back(test(op, "aws:SourceOrgID", my_org));
    }
    all.push_back(test("StringEquals", "aws:SourceAccount", partner));
    all.push_back(test("ArnLike", "aws:SourceArn", "arn:aws:cloudtrail:*:" + std::string(home) + ":*"));
    all.push_back(test("ArnNotLikeIfExists", "aws:SourceArn", "arn:aws:cloudtrail:*:" + std::string(home) + ":*"));
    all.push_back(test("Null", "aws:SourceAccount", "true"));
    all.push_back(test("Null", "aws:SourceAccount", "false"));
  }

  // One or two tests, of different operators so that the element has each once.
  std::string condition(std::size_t count) {
    Texts all;
    add_principals(all);
    add_resources(all);
    add_networks(all);
    if (topic_ == Topic::services) {
      add_sources(all);
      add_sources(all);
    }
    std::string text = one(all);
    if (count > 1) {
      const std::string other = one(all);
      const std::string op = other.substr(0, other.find(':') + 1);
      if (!text.contains(op) && !other.contains("},\"")) text += "," + other;
    }
    return R"("Condition":{)" + text + "}";
  }

  Choices& choices_;
  const Topic topic_;
  const Second second_;
};

// A document of the alphabet.
struct Written {
  std::vector<std::size_t> statements;
  policy::DocumentPtr document;
  Says says;
};

// An alphabet of statements for each sort, and the documents that were made of them. Not
// thread-safe.
class Alphabet {
 public:
  Alphabet(std::uint64_t seed, Topic topic, Second second, std::size_t letters, Breadth breadth = Breadth::usual)
      : universe_(topic, second, breadth) {
    list_requests();
    Choices choices(seed);
    Writer writer(choices, topic, second);
    for (std::size_t sort = 0; sort < sorts; ++sort) {
      // The first allows everything: what most documents have beside the rest.
      add(static_cast<Sort>(sort), everything(static_cast<Sort>(sort)));
      if (static_cast<Sort>(sort) == Sort::trust)
        add(Sort::trust, R"({"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"})");
      while (letters_[sort].size() < letters) {
        std::string text = writer.statement(static_cast<Sort>(sort));
        if (std::ranges::find(letters_[sort], text, &Statement::text) == letters_[sort].end()) add(static_cast<Sort>(sort), std::move(text));
      }
    }
    if (breadth == Breadth::usual) leave_out_what_is_alike();
  }

  const Universe& universe() const { return universe_; }
  const policy::Request& request(std::size_t at) const { return requests_[at]; }
  std::size_t letters(Sort sort) const { return letters_[static_cast<std::size_t>(sort)].size(); }
  const std::string& text(Sort sort, std::size_t letter) const { return letters_[static_cast<std::size_t>(sort)][letter].text; }

  // The document of these statements; lives as long as the alphabet.
  const Written& document(Sort sort, const std::vector<std::size_t>& statements) {
    auto& kept = documents_[static_cast<std::size_t>(sort)][statements];
    if (kept != nullptr) return *kept;
    std::vector<std::string> texts;
    Says says(universe_);
    for (const std::size_t letter : statements) {
      texts.push_back(text(sort, letter));
      says.add(*letters_[static_cast<std::size_t>(sort)][letter].says);
    }
    kept = std::make_unique<Written>(Written{statements, compiled(document_text(texts), kind_of(sort, universe_.second())), std::move(says)});
    return *kept;
  }

 private:
  void list_requests() {
    requests_.assign(universe_.size(), {});
    for (std::size_t c = 0; c < universe_.callers().size(); ++c) {
      for (std::size_t s = 0; s < universe_.spots().size(); ++s) {
        for (std::size_t p = 0; p < universe_.places().size(); ++p) requests_[universe_.at(c, s, p)] = universe_.request(c, s, p);
      }
    }
  }

  // Callers whom no statement of the alphabet tells apart, on whatever and from wherever, nor any world, are one caller; so are
  // spots and places. One of each is kept, so that a world has fewer requests to decide and none the less to say.
  void leave_out_what_is_alike() {
    const std::size_t callers = universe_.callers().size(), spots = universe_.spots().size(), places = universe_.places().size();
    std::vector<std::uint64_t> of_caller(callers, 0), of_spot(spots, 0), of_place(places, 0);
    std::vector<const Bits*> all = {&universe_.exists()};
    for (const std::vector<Statement>& sort : letters_) {
      for (const Statement& one : sort) all.insert(all.end(), {&one.says->deny, &one.says->deny_bounded, &one.says->allow, &one.says->direct, &one.says->to_role, &one.says->to_account});
    }
    const auto mix = [](std::uint64_t x) {
      x = (x ^ x >> 31) * 0xbf58476d1ce4e5b9;
      return (x ^ x >> 29) * 0x94d049bb133111eb;
    };
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t c = 0; c < callers; ++c) {
        for (std::size_t s = 0; s < spots; ++s) {
          for (std::size_t p = 0; p < places; ++p) {
            if (!all[i]->test(universe_.at(c, s, p))) continue;
            of_caller[c] += mix(i << 40 | s << 20 | p);
            of_spot[s] += mix(i << 40 | c << 20 | p);
            of_place[p] += mix(i << 40 | c << 20 | s);
          }
        }
      }
    }
    const auto first_of_each = [](const auto& ones, const std::vector<std::uint64_t>& said) {
      std::vector<std::size_t> kept;
      std::set<std::pair<std::string, std::uint64_t>> met;
      for (std::size_t i = 0; i < ones.size(); ++i) {
        if (met.emplace(Universe::told_by_worlds(ones[i]), said[i]).second) kept.push_back(i);
      }
      return kept;
    };
    const auto kept_callers = first_of_each(universe_.callers(), of_caller), kept_spots = first_of_each(universe_.spots(), of_spot),
               kept_places = first_of_each(universe_.places(), of_place);
    const Universe fewer = universe_.only(kept_callers, kept_spots, kept_places);
    const auto of_fewer = [&](const Bits& bits) {
      Bits left = fewer.none();
      for (std::size_t c = 0; c < kept_callers.size(); ++c) {
        for (std::size_t s = 0; s < kept_spots.size(); ++s) {
          for (std::size_t p = 0; p < kept_places.size(); ++p) {
            if (bits.test(universe_.at(kept_callers[c], kept_spots[s], kept_places[p]))) left.set(fewer.at(c, s, p));
          }
        }
      }
      return left;
    };
    for (std::vector<Statement>& sort : letters_) {
      for (Statement& one : sort) {
        Says says(fewer);
        for (Bits Says::*bits : {&Says::deny, &Says::deny_bounded, &Says::allow, &Says::direct, &Says::to_role, &Says::to_account}) says.*bits = of_fewer(*one.says.*bits);
        one.says = std::make_unique<const Says>(std::move(says));
      }
    }
    universe_ = fewer;
    list_requests();
  }

  static std::string everything(Sort sort) {
    if (sort == Sort::identity || sort == Sort::scp) return R"({"Effect":"Allow","Action":"*","Resource":"*"})";
    if (sort == Sort::trust) return R"({"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:*"})";
    return R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"})";
  }
  void add(Sort sort, std::string text) {
    Statement statement{std::move(text), {}};
    statement.says = std::make_unique<const Says>(says_of(statement.text, kind_of(sort, universe_.second()), names_principals(sort), universe_, requests_));
    letters_[static_cast<std::size_t>(sort)].push_back(std::move(statement));
  }

  Universe universe_;
  std::vector<policy::Request> requests_;
  std::vector<Statement> letters_[sorts];
  std::map<std::vector<std::size_t>, std::unique_ptr<const Written>> documents_[sorts];
};

}  // namespace ringwall::prove::testing::worlds
