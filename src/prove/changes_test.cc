// An organisation of several blocks of cells, changed step by step: after each step the proof with memory says of every cell what the
// one from cold says, and has taken over what the step did not touch.

#include <gtest/gtest.h>

#include <functional>

#include "prove/prove.h"
#include "prove/testing_scale.h"
#include "prove/testing_shared.h"

namespace ringwall::prove {
namespace {

using Objective = perimeter::Objective;

struct World {
  loaders::Loaded loaded;
  perimeter::Perimeter file = testing::perimeter_file();
};

template <typename Value>
void edit(World& world, estate::Table<Value> estate::Estate::*table, const std::function<void(typename estate::Table<Value>::Editor&)>& change) {
  estate::Estate next = *world.loaded.estate;
  typename estate::Table<Value>::Editor editor(next.*table);
  change(editor);
  next.*table = std::move(editor).finish();
  world.loaded.estate = std::make_shared<const estate::Estate>(std::move(next));
}
template <typename Value>
void change(World& world, estate::Table<Value> estate::Estate::*table, const std::string& key, const std::function<void(Value&)>& how) {
  edit<Value>(world, table, [&](auto& editor) {
    Value value = *editor.find(key);
    how(value);
    editor.put(std::move(value));
  });
}
template <typename Value>
void remove(World& world, estate::Table<Value> estate::Estate::*table, const std::string& key) {
  edit<Value>(world, table, [&](auto& editor) { EXPECT_TRUE(editor.erase(key)); });
}

std::string account(std::size_t number) { return testing::ScaledMaker::account_id(number); }
std::string role(std::size_t number) { return testing::ScaledMaker::role_arn(account(number % 6), number); }
std::string bucket(std::size_t number) { return "arn:aws:s3:::data-" + account(number % 6) + "-" + std::to_string(number); }
World organization() { return {testing::make_scaled({6, 132, 132, 8}).world}; }

policy::DocumentPtr identity(const std::string& statements) { return testing::document(statements, policy::Kind::identity); }
void set_policy(World& world, std::size_t number, const std::string& statements) {
  change<estate::Principal>(world, &estate::Estate::principals, role(number), [&](estate::Principal& one) { one.identity.edit().front().document = identity(statements); });
}
void add_role(World& world, const std::string& name, const std::string& team = "none") {
  edit<estate::Principal>(world, &estate::Estate::principals, [&](auto& editor) {
    estate::Principal one = *editor.find(role(3));
    one.name = name;
    one.arn = "arn:aws:iam::" + one.account + ":role/" + name;
    one.unique_id = "AROA" + name;
    one.tags["team"] = team;
    editor.put(std::move(one));
  });
}
void add_resource(World& world, const std::string& arn, const std::string& owner) {
  edit<estate::Resource>(world, &estate::Estate::resources, [&](auto& editor) { editor.put({arn, owner}); });
}

void open_topic(World& world) {
  const std::string topic = "arn:aws:sns:us-east-1:" + account(4) + ":events-4";
  const std::string networks = testing::ScaledMaker::my_networks(R"("Principal":"*",)", R"("sns:*")");
  const std::string expected = R"("aws:VpceOrgID":"o-ringwall01")";
  std::string unless = networks;
  unless.replace(unless.find(expected), expected.size(), expected + R"(,"aws:PrincipalTag/team":"travelling")");
  change<estate::Resource>(world, &estate::Estate::resources, topic, [&](estate::Resource& one) {
    one.policy->document = testing::document(R"({"Effect":"Allow","Principal":"*","Action":"sns:Publish","Resource":")" + topic +
                                                 R"(","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-ringwall01"}}},)" + unless,
                                             policy::Kind::resource);
  });
}

struct Step {
  const char* what;
  std::function<void(World&)> take;
};

const std::vector<Step>& steps() {
  static const std::vector<Step> all = {
      {"nothing", [](World&) {}},
      {"a role's policy", [](World& world) { set_policy(world, 7, R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})"); }},
      {"a role comes before all others", [](World& world) { add_role(world, "aaa"); }},
      {"a role comes among others", [](World& world) { add_role(world, "app-7-of-two"); }},
      {"a role goes", [](World& world) { remove<estate::Principal>(world, &estate::Estate::principals, role(64)); }},
      {"a role turns out to be AWS's", [](World& world) { change<estate::Principal>(world, &estate::Estate::principals, role(65), [](estate::Principal& one) { one.service_linked = true; }); }},
      {"a role was not AWS's after all", [](World& world) { change<estate::Principal>(world, &estate::Estate::principals, role(65), [](estate::Principal& one) { one.service_linked = false; }); }},
      {"a role's tag", [](World& world) { change<estate::Principal>(world, &estate::Estate::principals, role(8), [](estate::Principal& one) { one.tags["team"] = "team-of-its-own"; }); }},
      // What is known of resources rests on who there is, and what can be told of them.
      {"a topic is open to whoever has a tag, which nobody has", [](World& world) { open_topic(world); }},
      {"a role gets the tag", [](World& world) { change<estate::Principal>(world, &estate::Estate::principals, role(8), [](estate::Principal& one) { one.tags["team"] = "travelling"; }); }},
      {"and loses it", [](World& world) { change<estate::Principal>(world, &estate::Estate::principals, role(8), [](estate::Principal& one) { one.tags.clear(); }); }},
      {"a role comes that has it", [](World& world) { add_role(world, "zzz", "travelling"); }},
      {"and goes", [](World& world) { remove<estate::Principal>(world, &estate::Estate::principals, "arn:aws:iam::" + account(3) + ":role/zzz"); }},
      {"everyone may assume a role", [](World& world) {
         change<estate::Principal>(world, &estate::Estate::principals, role(9), [](estate::Principal& one) {
           one.trust->document = testing::document(R"({"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRoleWithWebIdentity"},{"Effect":"Allow","Principal":{"Federated":"accounts.google.com"},"Action":"sts:AssumeRoleWithWebIdentity"})", policy::Kind::trust);
         });
       }},
      {"a bucket comes", [](World& world) { add_resource(world, "arn:aws:s3:::a-bucket", account(1)); }},
      {"a bucket that a role's policy names turns out to be another account's", [](World& world) { change<estate::Resource>(world, &estate::Estate::resources, bucket(10), [](estate::Resource& one) { one.account = account(2); }); }},
      {"a bucket goes that a role's policy names", [](World& world) { remove<estate::Resource>(world, &estate::Estate::resources, bucket(20)); }},
      {"a database comes, which has no side of its own", [](World& world) { add_resource(world, "arn:aws:rds:us-east-1:" + account(3) + ":db:orders", account(3)); }},
      {"a bucket loses its policy", [](World& world) { change<estate::Resource>(world, &estate::Estate::resources, bucket(30), [](estate::Resource& one) { one.policy.reset(); }); }},
      {"an account's SCPs", [](World& world) {
         change<estate::Account>(world, &estate::Estate::accounts, account(2), [](estate::Account& one) {
           std::vector<authz::Level> levels = one.scps;
           levels.back().policies.push_back({"more", testing::document(R"({"Effect":"Deny","Action":"iam:CreateUser","Resource":"*"})", policy::Kind::scp)});
           one.scps = std::move(levels);
         });
       }},
      {"an account comes out of its SCPs", [](World& world) { change<estate::Account>(world, &estate::Estate::accounts, account(2), [](estate::Account& one) { one.scps = {}; }); }},
      {"an account moves to another unit", [](World& world) {
         change<estate::Account>(world, &estate::Estate::accounts, account(4), [](estate::Account& one) {
           one.path.back() = "ou-1-19";
           one.org_path = "o-ringwall01/r-1/ou-1-19/";
         });
       }},
      {"an account goes", [](World& world) { remove<estate::Account>(world, &estate::Estate::accounts, account(5)); }},
      {"an account comes", [](World& world) { edit<estate::Account>(world, &estate::Estate::accounts, [](auto& editor) {
         estate::Account one = *editor.find(account(1));
         one.id = account(5);
         editor.put(std::move(one));
       }); }},
      {"an endpoint goes", [](World& world) { remove<estate::Endpoint>(world, &estate::Estate::endpoints, "vpce-100003"); }},
      {"an endpoint comes", [](World& world) { edit<estate::Endpoint>(world, &estate::Estate::endpoints, [](auto& editor) {
         estate::Endpoint one = *editor.find("vpce-100004");
         one.id = "vpce-000001";
         editor.put(std::move(one));
       }); }},
      {"something of an account cannot be read", [](World& world) { world.loaded.gaps = {{.kind = loaders::Gap::Kind::truncated, .subject = account(1), .path = "x.json", .position = {1, 1}, .message = "it ends"}}; }},
      {"it can be read again", [](World& world) { world.loaded.gaps.clear(); }},
      {"an exception", [](World& world) {
         perimeter::Exception exception;
         exception.name = "one";
         exception.principals = {role(7)};
         world.file.exceptions = {exception};
       }},
      {"a role's policy within the exception", [](World& world) { set_policy(world, 7, R"({"Effect":"Allow","Action":"sqs:*","Resource":"*"})"); }},
      {"the exception goes", [](World& world) { world.file.exceptions.clear(); }},
      {"nothing at last", [](World&) {}},
  };
  return all;
}

Options options() { return {.today = "2026-06-01", .threads = 2, .classes_max = 8, .every_action = false}; }

TEST(Changes, AfterEachAProofWithMemorySaysWhatOneFromColdSays) {
  World world = organization();
  const auto memory = make_memory();
  std::string before;
  std::size_t different = 0;
  for (const Step& step : steps()) {
    step.take(world);
    const std::string kept = testing::shared::verdicts(prove(world.loaded, world.file, options(), memory));
    const std::string cold = testing::shared::verdicts(prove(world.loaded, world.file, options()));
    ASSERT_TRUE(kept == cold) << step.what << "\n" << testing::shared::first_difference(cold, kept);
    different += cold != before;
    before = cold;
  }
  EXPECT_GE(different, 20U);  // else this would hold little
}

// How many blocks of the row are not the last report's.
std::size_t blocks_made(const Row& before, const Row& after) {
  return static_cast<std::size_t>(std::ranges::count_if(after.cells.blocks(), [&](const auto& block) {
    return std::ranges::find(before.cells.blocks(), block) == before.cells.blocks().end();
  }));
}

TEST(Changes, WhatNobodyTouchedIsTheLastReportsOwn) {
  World world = organization();
  const auto memory = make_memory();
  // Of cells that leak nothing is taken over, so there are none here.
  change<estate::Account>(world, &estate::Estate::accounts, account(3), [&](estate::Account& one) { one.scps = world.loaded.estate->account(account(2))->scps; });
  remove<estate::Principal>(world, &estate::Estate::principals, role(44));
  remove<estate::Resource>(world, &estate::Estate::resources, "arn:aws:sns:us-east-1:" + account(129 % 6) + ":events-129");
  remove<estate::Endpoint>(world, &estate::Estate::endpoints, "vpce-100002");
  const Report first = prove(world.loaded, world.file, options(), memory);
  ASSERT_EQ(first.verdict(), Verdict::proved);
  const auto made = [&](const Report& before, const Report& after, Objective objective) {
    const auto row = static_cast<std::size_t>(objective);
    return blocks_made(before.rows[row], after.rows[row]);
  };
  const Report same = prove(world.loaded, world.file, options(), memory);
  EXPECT_EQ(same.statistics.asked, 0U);
  for (const Objective objective : {Objective::identity_resources, Objective::identity_networks, Objective::resource_principals, Objective::resource_networks,
                                    Objective::trust, Objective::whole})
    EXPECT_EQ(made(first, same, objective), 0U) << perimeter::name_of(objective);

  set_policy(world, 7, R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})");
  const Report one = prove(world.loaded, world.file, options(), memory);
  EXPECT_EQ(made(same, one, Objective::identity_resources), 1U);
  EXPECT_EQ(made(same, one, Objective::identity_networks), 1U);
  EXPECT_EQ(made(same, one, Objective::trust), 1U);
  EXPECT_EQ(made(same, one, Objective::resource_principals), 0U);
  EXPECT_EQ(made(same, one, Objective::whole), 0U);

  // Who comes moves the others, and what is known of principals rests on who they are; what is known of themselves does not.
  add_role(world, "app-7-of-two");
  const Report more = prove(world.loaded, world.file, options(), memory);
  EXPECT_EQ(more.verdict(), Verdict::proved);
  EXPECT_LE(made(one, more, Objective::identity_resources), 2U);
  EXPECT_EQ(made(one, more, Objective::resource_principals), 0U);
}

}  // namespace
}  // namespace ringwall::prove
