#include "service/resource_policy.h"

#include <gtest/gtest.h>

#include "policy/binding.h"
#include "policy/plain.h"

namespace ringwall::service {
namespace {

using Type = policy::Principal::Type;

const std::string own = "111111111111", outside = "999999999999";
const std::string ann = "arn:aws:iam::" + own + ":user/people/ann", role = "arn:aws:iam::" + own + ":role/team/r";
const std::string session = "arn:aws:sts::" + own + ":assumed-role/r/s1";
const std::string ann_id = "AIDAANNANNANNANNANNAN", role_id = "AROARRRRRRRRRRRRRRRRR", later_id = "AROALATERLATERLATERLA";

const std::string gone_away = "888888888888", leaver = "arn:aws:iam::" + gone_away + ":user/mallory",
                  leaver_id = "AIDAMALLORYMALLORYMAL";

// The organisation's one account, with a user and a role, or another role of the same name; and a user of one that left.
estate::Estate world(const std::string& role_now = role_id, const std::string& user_arn = ann) {
  estate::Estate estate;
  estate::Table<estate::Account>::Editor accounts(estate.accounts);
  accounts.put({.id = own, .name = "own", .path = {}, .org_path = {}, .scps = {}, .rcps = {}});
  estate.accounts = std::move(accounts).finish();
  estate::Table<estate::Principal>::Editor principals(estate.principals);
  estate::Table<estate::Alias>::Editor aliases(estate.aliases);
  const auto put = [&](Type type, const std::string& arn, const std::string& id, const std::string& account = own) {
    const std::string name = arn.substr(arn.rfind('/') + 1);
    principals.put({.type = type,
                    .arn = arn,
                    .account = account,
                    .name = name,
                    .unique_id = id,
                    .tags = {},
                    .identity = {},
                    .boundary = {},
                    .trust = {}});
    aliases.put({id, arn});
    if (type == Type::role_session) aliases.put({own + "/" + name, arn});
  };
  if (!user_arn.empty()) put(Type::user, user_arn, ann_id);
  if (!role_now.empty()) put(Type::role_session, role, role_now);
  put(Type::user, leaver, leaver_id, gone_away);
  estate.principals = std::move(principals).finish();
  estate.aliases = std::move(aliases).finish();
  return estate;
}

std::string naming(const std::string& principal, const char* element = "Principal", const char* effect = "Allow") {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":")" + std::string(effect) + R"(","Action":"kms:*","Resource":"*",")" + element + R"(":)" + principal + "}]}";
}
std::string aws(const std::string& name) { return R"({"AWS":")" + name + R"("})"; }

policy::Principal user_of(const std::string& id) {
  return {.type = Type::user, .arn = ann, .role_arn = {}, .account = own, .unique_id = id, .service = {}, .provider = {}};
}
policy::Principal session_of(const std::string& id, const std::string& arn = session) {
  return {.type = Type::role_session, .arn = arn, .role_arn = role, .account = own, .unique_id = id, .service = {}, .provider = {}};
}

// Is the caller named? Asked of the compiled form and of its plain twin, which must agree.
policy::Naming naming_of(const Json& stored, const policy::Principal& caller) {
  const auto document = compiled(stored, policy::Kind::key);
  EXPECT_TRUE(document) << (document ? "" : document.error().message);
  if (!document) return policy::Naming::not_named;
  const policy::Naming found = (*document)->naming(0, caller);
  EXPECT_EQ(policy::plain::Policy(**document).naming(0, caller), found);
  return found;
}

Json bound_to(const std::string& text) {
  auto stored = bound(text, policy::Kind::key, world());
  EXPECT_TRUE(stored) << (stored ? "" : stored.error().message);
  return stored.value_or(Json());
}
std::string refused(const std::string& principal) {
  const auto stored = bound(naming(aws(principal)), policy::Kind::key, world());
  EXPECT_FALSE(stored);
  return stored ? "" : stored.error().message;
}

TEST(ResourcePolicy, AUserARoleAndARolesSessionAreStoredByTheirIds) {
  EXPECT_EQ(bound_text(bound_to(naming(aws(ann)))), naming(aws(ann_id)));
  EXPECT_EQ(bound_text(bound_to(naming(aws(role)))), naming(aws(role_id)));
  EXPECT_EQ(bound_text(bound_to(naming(aws(session)))), naming(aws(role_id + ":s1")));
  EXPECT_EQ(bound_text(bound_to(naming(aws(ann), "NotPrincipal", "Deny"))), naming(aws(ann_id), "NotPrincipal", "Deny"));
}

TEST(ResourcePolicy, WhatNamesNoStoredPrincipalStaysAsItIsWritten) {
  for (const std::string& principal :
       {std::string("\"*\""), aws(own), aws("arn:aws:iam::" + own + ":root"), aws(outside), aws("arn:aws:iam::" + outside + ":role/theirs"),
        aws("arn:aws:sts::" + outside + ":assumed-role/theirs/s"), aws("arn:aws:sts::" + own + ":federated-user/bob"),
        std::string(R"({"Service":"rds.amazonaws.com"})"), std::string(R"({"Federated":"cognito-identity.amazonaws.com"})")}) {
    EXPECT_EQ(bound_text(bound_to(naming(principal))), naming(principal));
  }
}

TEST(ResourcePolicy, WhoIsInAnAccountThatLeftTheOrganisationIsBoundAndOthersOfItStayNames) {
  EXPECT_EQ(bound_text(bound_to(naming(aws(leaver)))), naming(aws(leaver_id)));
  const std::string other = aws("arn:aws:iam::" + gone_away + ":user/other");
  EXPECT_EQ(bound_text(bound_to(naming(other))), naming(other));
}

TEST(ResourcePolicy, NothingButThePrincipalsChangesInTheText) {
  const std::string before = "{ \"Version\" : \"2012-10-17\",\n\t\"Statement\": {\"Sid\":\"" "aA\", \"Effect\":\"Allow\", \"Principal\" : { \"AWS\" : [ \"",
                    between = "\" ,\n \"*\" ,\"", after = "\" ] }, \"Action\":\"kms:*\", \"Resource\":\"*\", \"Condition\":{\"ArnEquals\":{\"aws:PrincipalArn\":\"";
  const std::string text = before + ann + between + session + after + ann + "\"}}}}";
  const Json stored = bound_to(text);
  EXPECT_EQ(bound_text(stored), before + ann_id + between + role_id + ":s1" + after + ann + "\"}}}}");
  EXPECT_EQ(shown(stored, policy::Kind::key, world()), text);
}

TEST(ResourcePolicy, AnEscapedNameIsFoundWhole) {
  const Json stored = bound_to(naming(R"({"AWS":"arn:aws:iam::)" + own + R"(:user\/people\/ann"})"));
  EXPECT_EQ(bound_text(stored), naming(aws(ann_id)));
}

TEST(ResourcePolicy, APrincipalOfOursThatThereIsNotIsRefusedByItsName) {
  for (const std::string& name : {"arn:aws:iam::" + own + ":user/bob", "arn:aws:iam::" + own + ":user/ann", "arn:aws:iam::" + own + ":role/r",
                                  "arn:aws:sts::" + own + ":assumed-role/other/s1", "arn:aws-cn:sts::" + own + ":assumed-role/r/s1",
                                  std::string("AROAGONEGONEGONEGONEG"), std::string("AIDA00000000000000000")}) {
    EXPECT_EQ(refused(name), name);
  }
  EXPECT_NE(refused(role_id + ":s1"), "") << "only bound texts name sessions so";
  EXPECT_EQ(bound_text(bound_to(naming(aws(ann_id)))), naming(aws(ann_id))) << "an id of somebody who is there will do";
}

TEST(ResourcePolicy, ANamesakeIsNotNamed) {
  const Json by_role = bound_to(naming(aws(role))), by_session = bound_to(naming(aws(session))), by_user = bound_to(naming(aws(ann)));
  EXPECT_EQ(naming_of(by_role, session_of(role_id)), policy::Naming::role);
  EXPECT_EQ(naming_of(by_role, session_of(later_id)), policy::Naming::not_named);
  EXPECT_EQ(naming_of(by_session, session_of(role_id)), policy::Naming::session);
  EXPECT_EQ(naming_of(by_session, session_of(later_id)), policy::Naming::not_named);
  EXPECT_EQ(naming_of(by_session, session_of(role_id, session + "2")), policy::Naming::not_named);
  EXPECT_EQ(naming_of(by_user, user_of(ann_id)), policy::Naming::user);
  EXPECT_EQ(naming_of(by_user, user_of("AIDALATERLATERLATERLA")), policy::Naming::not_named);
}

TEST(ResourcePolicy, NotPrincipalExemptsNoNamesake) {
  const Json stored = bound_to(naming(R"({"AWS":[")" + own + R"(",")" + role + R"(",")" + session + R"("]})", "NotPrincipal", "Deny"));
  EXPECT_EQ(naming_of(stored, session_of(role_id)), policy::Naming::not_named);
  EXPECT_EQ(naming_of(stored, session_of(later_id)), policy::Naming::everyone);
}

TEST(ResourcePolicy, AFederatedUserStandsOnTheUserWhoMadeItAndOnNoNamesake) {
  policy::Principal federated{.type = Type::federated, .arn = "arn:aws:sts::" + own + ":federated-user/bob", .role_arn = {}, .account = own, .unique_id = ann_id, .service = {}, .provider = {}};
  federated.issuer_arn = ann;
  const Json stored = bound_to(naming(aws(ann)));
  EXPECT_EQ(naming_of(stored, federated), policy::Naming::role);
  federated.unique_id = "AIDALATERLATERLATERLA";
  EXPECT_EQ(naming_of(stored, federated), policy::Naming::not_named);
}

TEST(ResourcePolicy, WhoIsGoneIsShownByTheIdAndWhoIsRenamedByTheNewName) {
  const Json stored = bound_to(naming(R"({"AWS":[")" + ann + R"(",")" + role + R"(",")" + session + R"("]})"));
  const auto shows = [&](const estate::Estate& estate, const std::string& user, const std::string& of_role, const std::string& of_session) {
    EXPECT_EQ(shown(stored, policy::Kind::key, estate), naming(R"({"AWS":[")" + user + R"(",")" + of_role + R"(",")" + of_session + R"("]})"));
  };
  shows(world(), ann, role, session);
  shows(world({}), ann, role_id, role_id);
  shows(world(later_id), ann, role_id, role_id);
  const std::string renamed = "arn:aws:iam::" + own + ":user/anna";
  shows(world(role_id, renamed), renamed, role, session);
}

TEST(ResourcePolicy, WhatIsShownDecidesAsWhatIsStored) {
  for (const std::string& principal : {aws(ann), aws(role), aws(session), aws(own)}) {
    for (const auto& [element, effect] : {std::pair("Principal", "Allow"), std::pair("NotPrincipal", "Deny")}) {
      const Json stored = bound_to(naming(principal, element, effect));
      for (const std::string& role_now : {role_id, later_id}) {
        const estate::Estate estate = world(role_now);
        const auto document = shown(**compiled(stored, policy::Kind::key), estate);
        for (const policy::Principal& caller : {user_of(ann_id), session_of(role_now), session_of(role_now, session + "2")}) {
          EXPECT_EQ(document->naming(0, caller), naming_of(stored, caller)) << principal << " " << element << " " << caller.arn;
        }
      }
    }
  }
}

// So a service that forgets to bind notices at once, and opens nothing.
TEST(ResourcePolicy, ATextThatWasStoredAsItCameDeniesEverything) {
  for (const policy::Kind kind : {policy::Kind::key, policy::Kind::trust, policy::Kind::endpoint, policy::Kind::resource}) {
    for (const Json& stored : {Json(naming("\"*\"")), Json(), Json::object(), Json::object({{"bound", "{"}})}) {
      const ResourcePolicy policy("p", stored, kind);
      ASSERT_EQ(policy.named().document->statements(), 1U);
      EXPECT_EQ(policy.named().document->effect(0), policy::Effect::deny);
      EXPECT_EQ(policy.named().document->naming(0, user_of(ann_id)), policy::Naming::everyone);
      EXPECT_EQ(shown(stored, kind, world()), "");
    }
  }
}

TEST(ResourcePolicy, BoundLateWhoIsNotThereIsNobodyEver) {
  const std::string gone = "arn:aws:iam::" + own + ":role/gone", pinned = "arn:aws:iam::" + own + ":user/was";
  const std::string text = naming(R"({"AWS":[")" + ann + R"(",")" + gone + R"(",")" + pinned + R"(","arn:aws:iam::)" + own + R"(:user/bob"]})");
  std::vector<std::string> nobody;
  const auto stored = bound_late(text, policy::Kind::key, world(), Json::object({{pinned, "AIDAWASWASWASWASWASWA"}}), nobody);
  ASSERT_TRUE(stored);
  EXPECT_EQ(bound_text(*stored), naming(R"({"AWS":[")" + ann_id + R"(","AROA00000000000000000","AIDAWASWASWASWASWASWA","AIDA00000000000000000"]})"));
  EXPECT_EQ(nobody, (std::vector<std::string>{gone, "arn:aws:iam::" + own + ":user/bob"}));
}

}  // namespace
}  // namespace ringwall::service
