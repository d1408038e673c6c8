#include "host/programs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace ringwall::host {
namespace {

using enum FileKind;

Process server() {
  return {"db-1",
          "db-1",
          "eni-1",
          engine_uid_min,
          Program::postgres_serve,
          15,
          "10.0.1.9",
          "boss",
          {{postgres_settings, "port = 5432\n"},
           {postgres_access_rules, ""},
           {postgres_peer_names, ""},
           {postgres_identity, ""}}};
}
bool accepts(const std::function<void(Process&)>& change) {
  Process process = server();
  change(process);
  return launch_of(process).has_value();
}

TEST(Programs, AServersArgumentsAreTheTables) {
  const auto launch = launch_of(server());
  ASSERT_TRUE(launch) << launch.error().message;
  EXPECT_EQ(launch->arguments[0], "/usr/lib/postgresql/15/bin/postgres");
  for (const char* setting :
       {"shared_preload_libraries=/opt/ringwall/ringwall_guard.so", "listen_addresses=10.0.1.9",
        "ringwall.master_user=boss",
        "hba_file=/data/pg_hba.conf", "ssl=on", "archive_mode=off", "archive_command=",
        "restore_command=", "session_preload_libraries=", "dynamic_library_path=$libdir",
        "jit_provider=none", "ssl_passphrase_command="}) {
    EXPECT_EQ(std::ranges::count(launch->arguments, setting), 1) << setting;
  }
  // Each setting follows its own -c, so none can be taken for an option.
  for (std::size_t i = 3; i < launch->arguments.size(); i += 2)
    EXPECT_EQ(launch->arguments[i], "-c");
  for (const PlacedFile& file : launch->files) EXPECT_EQ(file.mode, 0600u) << file.path;
}

TEST(Programs, NothingOfARequestBecomesAnOption) {
  for (const char* bad :
       {"", "10.0.1", "10.0.1.9 -c shared_preload_libraries=", "--single", "*", "0.0.0.0/0",
        "10.0.1.9,10.0.1.10", "10.0.1.9\n", "1111.1111.1111.1111"}) {
    EXPECT_FALSE(accepts([&](Process& p) { p.address = bad; })) << bad;
  }
  for (const std::string bad : {"", "a b", "a-b", "a=b", "a\n", "\"a\"", "\xc3\xa4"})
    EXPECT_FALSE(accepts([&](Process& p) { p.master_user = bad; })) << bad;
  EXPECT_TRUE(accepts([](Process& p) { p.master_user = std::string(63, 'a'); }));
  EXPECT_FALSE(accepts([](Process& p) { p.master_user = std::string(64, 'a'); }));
  EXPECT_FALSE(accepts([](Process& p) { p.address = std::string("10.0.1.9\0", 9); }));
  for (const std::uint32_t bad : {0u, 1000u, ~0u})
    EXPECT_FALSE(accepts([&](Process& p) { p.release = bad; })) << bad;
  EXPECT_TRUE(accepts([](Process& p) { p.release = 999; }));
  EXPECT_FALSE(accepts([](Process& p) { p.program = static_cast<Program>(3); }));
}

TEST(Programs, AProgramTakesEachOfItsFilesOnceAndNoOther) {
  EXPECT_TRUE(accepts([](Process& p) { std::ranges::reverse(p.files); }));
  EXPECT_FALSE(accepts([](Process& p) { p.files.pop_back(); }));
  EXPECT_FALSE(accepts([](Process& p) { p.files.push_back(p.files[0]); }));
  EXPECT_FALSE(accepts([](Process& p) { p.files[1] = p.files[0]; }));
  EXPECT_FALSE(accepts([](Process& p) { p.files[0].kind = postgres_first_statements; }));
  EXPECT_FALSE(accepts([](Process& p) { p.files.push_back({postgres_first_statements, ""}); }));
  EXPECT_FALSE(accepts([](Process& p) { p.files[0].kind = static_cast<FileKind>(5); }));
  EXPECT_TRUE(accepts([](Process& p) { p.files[0].content.resize(file_bytes_max); }));
  EXPECT_FALSE(accepts([](Process& p) { p.files[0].content.resize(file_bytes_max + 1); }));
}

TEST(Programs, AStepIsTheVolumesOwnAndDoesNotListen) {
  Process step = server();
  step.id = "db-1-setup";
  step.program = Program::postgres_configure;
  EXPECT_FALSE(launch_of(step));  // it names an address
  step.address = "";
  EXPECT_FALSE(launch_of(step));  // or a user
  step.master_user = "";
  ASSERT_TRUE(launch_of(step));
  EXPECT_TRUE(launch_of(step)->arguments.empty());
  for (const char* other : {"db-1", "db-2-setup", "db-1-probe"}) {
    step.id = other;
    EXPECT_FALSE(launch_of(step)) << other;
  }
  EXPECT_FALSE(accepts([](Process& p) { p.id = "db-2"; }));
}

TEST(Programs, OnlyWhatPreparesAFolderHasAShell) {
  const auto serving = launch_of(server());
  Process step = server();
  step.id = "db-1-setup";
  step.address = step.master_user = "";
  step.program = Program::postgres_initialise;
  step.files = {{postgres_first_statements, "SELECT 1;"}};
  const auto preparing = launch_of(step);
  ASSERT_TRUE(serving && preparing);
  EXPECT_EQ(std::ranges::count(preparing->programs, "/usr/bin/sh"), 1);
  EXPECT_EQ(serving->programs, std::vector<std::string>{"/usr/lib/postgresql/15/bin/postgres"});
  // The statements are a file's content and never part of the script.
  EXPECT_EQ(preparing->arguments[0], "/bin/sh");
  for (const std::string& argument : preparing->arguments)
    EXPECT_EQ(argument.find("SELECT 1"), std::string::npos);
}

}  // namespace
}  // namespace ringwall::host
