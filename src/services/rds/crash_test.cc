// The server is killed at every step of every change, before and after the step takes effect; a
// new one must bring the instance to where it was going.

#include "services/rds/testing_host.h"

namespace ringwall::rds {
namespace {

using text::Json;
using Loss = RecordingHost::Loss;

struct Journey {
  const char* name;
  std::function<void(RecordedWorld&)> wish;           // from `available`; none: the creation itself
  std::function<bool(RecordedWorld&, const std::string& id)> arrived;
};

bool says(RecordedWorld& world, std::string_view status) {
  const auto now = world.document("shop");
  return now && now->text("DBInstanceStatus") == status;
}

// Serving, as the documents and the host both say, with nothing left to do.
bool serves(RecordedWorld& world, const std::string& id, const std::string& password) {
  const auto disk = world.host.disk(id);
  return says(world, "available") && world.host.process(id) != 0 && disk && disk->open && disk->initialisations == 1 &&
         disk->password == password && !world.document("shop")->contains("master_password");
}

bool is_locked(RecordedWorld& world, const std::string& id) {
  return world.host.process(id) == 0 && !world.host.disk(id)->open && world.host.disk(id)->initialisations == 1;
}

std::vector<Journey> journeys() {
  const auto serves_as_before = [](RecordedWorld& world, const std::string& id) { return serves(world, id, test_password); };
  return {
      {"create", nullptr, serves_as_before},
      {"modify", [](RecordedWorld& world) { world.set_password("shop", "Another-Pass-2"); },
       [](RecordedWorld& world, const std::string& id) { return serves(world, id, "Another-Pass-2"); }},
      {"reboot",
       [](RecordedWorld& world) {
         world.ask("shop", [](Json& wanted) {
           wanted.set("reboot", true);
           wanted.set("DBInstanceStatus", "rebooting");
         });
       },
       [](RecordedWorld& world, const std::string& id) {
         return serves(world, id, test_password) && world.host.process(id) != 1001 && !world.document("shop")->contains("reboot");
       }},
      {"stop", [](RecordedWorld& world) { world.desire("shop", "stopped", "stopping"); },
       [](RecordedWorld& world, const std::string& id) { return says(world, "stopped") && is_locked(world, id); }},
      {"crash", [](RecordedWorld& world) { world.host.crash(world.document("shop")->str("DbiResourceId")); },
       [](RecordedWorld& world, const std::string& id) {
         return serves(world, id, test_password) && world.host.process(id) != 1001;
       }},
      {"disable the key", [](RecordedWorld& world) { world.set_key_state("Disabled"); },
       [](RecordedWorld& world, const std::string& id) {
         return says(world, "inaccessible-encryption-credentials-recoverable") && is_locked(world, id);
       }},
      {"delete", [](RecordedWorld& world) { world.desire("shop", "deleted", "deleting"); },
       [](RecordedWorld& world, const std::string&) {
         return !world.document("shop") && world.host.empty() && world.store->list("dns/").empty() &&
                world.store->list(network::prefix_of(network::Kind::interface, test_account)).empty();
       }},
  };
}

// Answers false when the journey ended before its call numbered `call`.
bool lose_and_arrive(const Journey& journey, int call, Loss loss) {
  RecordedWorld world;
  world.begin();
  std::string id;
  if (!journey.wish) {
    world.host.lose_at(call, loss);
    id = world.create("shop", "15.20");
  } else {
    id = world.create("shop", "15.20");
    EXPECT_TRUE(world.becomes("shop", "available"));
    world.host.lose_at(call, loss);
    journey.wish(world);
  }
  EXPECT_TRUE(world.signal.eventually([&] { return world.host.lost() || journey.arrived(world, id); }));
  const bool was_lost = world.host.lost();
  world.leave();
  world.host.find_again();
  world.begin();
  EXPECT_TRUE(world.signal.eventually([&] { return journey.arrived(world, id); })) << world.logged();
  return was_lost;
}

class Crash : public ::testing::TestWithParam<Journey> {};

TEST_P(Crash, AtAnyStepLeadsToTheSameEnd) {
  constexpr int calls_max = 30;  // more would mean that a journey never ends
  for (const Loss loss : {Loss::before, Loss::after}) {
    int call = 0;
    while (call < calls_max && lose_and_arrive(GetParam(), call, loss)) {
      ASSERT_FALSE(HasFailure()) << "lost " << (loss == Loss::before ? "before" : "after") << " call " << call;
      ++call;
    }
    EXPECT_GE(call, 1);  // it did lose something
    EXPECT_LT(call, calls_max);
  }
}

INSTANTIATE_TEST_SUITE_P(Journeys, Crash, ::testing::ValuesIn(journeys()), [](const auto& item) {
  std::string name = item.param.name;
  std::ranges::replace(name, ' ', '_');
  return name;
});

}  // namespace
}  // namespace ringwall::rds
