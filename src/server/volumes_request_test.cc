#include "server/volumes_request.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "crypto/crypto.h"
#include "directory/testing.h"
#include "os/files.h"
#include "server/host_test.h"
#include "store/testing.h"

namespace ringwall::server {
namespace {

using text::Json;

class VolumesRequest : public ::testing::Test {
 protected:
  Result<Json> ask(const char* what, const char* volume = "db-ONE") {
    return volumes_request(environment_, volumes_, *audit_, Json::object({{"do", what}, {"volume", volume}}));
  }
  std::string recorded() {
    audit_.reset();  // writes what waits
    std::string all;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.file("audit")))
      all += os::read_file(entry.path(), 1 << 20).value_or("");
    return all;
  }

  directory::testing::Folder folder_;
  directory::testing::FakeClock clock_;
  crypto::SystemRandom random_;
  Secret root_key_{std::string(32, 'r')};
  std::unique_ptr<store::Store> store_ = store::open_temporary();
  service::Environment environment_{*store_, clock_, random_, "us-east-1", "ringwall.internal", root_key_};
  QuietHost host_;
  rds::Volumes volumes_{environment_, host_, {"ringwall-tests", 1}};
  std::unique_ptr<audit::Log> audit_ = *audit::Log::open(folder_.file("audit"));
};

TEST_F(VolumesRequest, WhatIsDoneOrRefusedIsRecordedAndALookIsNot) {
  host_.all = {{.id = "db-ONE", .has_image = true}};
  const auto listed = ask("list");
  ASSERT_TRUE(listed) << listed.error().message;
  EXPECT_EQ((*listed)["volumes"].items().size(), 1U);
  EXPECT_FALSE(ask("adopt"));
  EXPECT_TRUE(ask("export"));
  EXPECT_TRUE(ask("remove"));
  EXPECT_FALSE(ask("erase"));
  EXPECT_TRUE(host_.all.empty());
  const std::string lines = recorded();
  EXPECT_EQ(std::ranges::count(lines, '\n'), 3) << lines;
  for (const char* part :
       {"\"AdoptVolume\"", "\"ExportVolume\"", "\"RemoveVolume\"", "\"db-ONE\"", "cannot be adopted", "root@host"}) {
    EXPECT_NE(lines.find(part), std::string::npos) << part << " in " << lines;
  }
}

TEST_F(VolumesRequest, WhatCannotBeRecordedIsNotDone) {
  host_.all = {{.id = "db-ONE", .has_image = true}};
  std::filesystem::remove_all(folder_.file("audit"));
  std::ofstream(folder_.file("audit")) << "in the way";
  ASSERT_TRUE(audit_->record({.time = clock_.now()}));
  for (int i = 0; i < 100'000'000 && audit_->healthy(); ++i) std::this_thread::yield();
  ASSERT_FALSE(audit_->healthy());
  EXPECT_FALSE(ask("remove"));
  EXPECT_EQ(host_.all.size(), 1U);
  EXPECT_TRUE(ask("list"));
  std::filesystem::remove(folder_.file("audit"));
  std::filesystem::create_directories(folder_.file("audit"));
}

}  // namespace
}  // namespace ringwall::server
