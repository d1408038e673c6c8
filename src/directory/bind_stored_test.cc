#include "directory/bind_stored.h"

#include <gtest/gtest.h>

#include "directory/documents.h"
#include "directory/testing.h"

namespace ringwall::directory {
namespace {

using testing::World;

constexpr const char* trusting = R"(,"Action":"sts:AssumeRole")";

// A data folder as it was before policies were bound to ids.
class DataFolderOfBefore : public ::testing::Test {
 protected:
  void put(const std::string& key, Json document) {
    store::Transaction transaction(world_.store());
    transaction.put(key, std::move(document));
    world_.directory().wait_for(*world_.store().commit(transaction));
  }
  Json get(const std::string& key) { return *world_.store().get(key)->document; }
  std::string put_user(const char* name) {
    Json user = new_user(world_.environment(), account_, "/", name, world_.clock().now());
    const std::string id = user.str("UserId");
    put(iam_key(account_, "user", name), std::move(user));
    return id;
  }
  std::string arn(const char* name) const { return iam_arn(account_, "user", "/", name); }
  static std::string naming(const std::string& first, const std::string& second, const char* more = R"(,"Action":"*","Resource":"*")") {
    return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":[")" + first + R"(",")" + second + R"("]})" + more + "}]}";
  }
  void put_old_documents() {
    Json role = new_role(world_.environment(), account_, "/", "r", Json(), world_.clock().now());
    role.erase("trust");
    role.set("AssumeRolePolicyDocument", naming(arn("ann"), arn("bob"), trusting));
    role.set("pinned", Json::object({{arn("ann"), "AIDAANNOFBEFOREANNOFB"}, {arn("bob"), "AIDABOBOFBEFOREBOBOFB"}}));
    put(role_key_, std::move(role));
    put(key_key_, Json::object({{"KeyId", "k"}, {"policy", naming(arn("ann"), arn("bob"))}}));
    put(endpoint_key_, Json::object({{"VpcEndpointId", "vpce-1"}, {"PolicyDocument", naming(arn("ann"), arn("bob"))}}));
    put("org/resource-policy", Json::object({{"Id", "rp-1"}, {"Content", naming(arn("ann"), arn("bob"))}}));
  }

  World world_{std::vector<service::Operation>{}};
  std::string account_ = world_.administrator().account;
  std::string role_key_ = iam_key(account_, "role", "r"), key_key_ = "kms/" + account_ + "/key/k", endpoint_key_ = "ec2/" + account_ + "/endpoint/vpce-1";
};

TEST_F(DataFolderOfBefore, IsBoundToThoseWhoAreThereAndNeverToALaterNamesake) {
  const std::string ann = put_user("ann");
  put_old_documents();
  std::vector<std::string> reports;
  ASSERT_TRUE(bind_stored_policies(world_.environment(), [&](std::string_view line) { reports.emplace_back(line); }));
  EXPECT_EQ(reports.size(), 3U);  // bob, in three policies; the role knew him
  put_user("bob");                // comes too late
  const std::string expected = naming(ann, "AIDA00000000000000000");
  EXPECT_EQ(service::bound_text(get(key_key_)["policy"]), expected);
  EXPECT_EQ(service::bound_text(get(endpoint_key_)["policy"]), expected);
  EXPECT_EQ(service::bound_text(get("org/resource-policy")["policy"]), expected);
  EXPECT_FALSE(get(endpoint_key_).contains("PolicyDocument"));
  EXPECT_FALSE(get("org/resource-policy").contains("Content"));
}

TEST_F(DataFolderOfBefore, ARoleGoesOnTrustingJustThoseWhomItWasPinnedTo) {
  put_user("ann");
  put_old_documents();
  ASSERT_TRUE(bind_stored_policies(world_.environment(), {}));
  const Json role = get(role_key_);
  EXPECT_EQ(service::bound_text(role["trust"]), naming("AIDAANNOFBEFOREANNOFB", "AIDABOBOFBEFOREBOBOFB", trusting));
  EXPECT_FALSE(role.contains("AssumeRolePolicyDocument"));
  EXPECT_FALSE(role.contains("pinned"));
}

TEST_F(DataFolderOfBefore, IsBoundOnceAndWhatCannotBeReadGoesOnDenying) {
  put(key_key_, Json::object({{"KeyId", "k"}, {"policy", "{"}}));
  ASSERT_TRUE(bind_stored_policies(world_.environment(), {}));
  EXPECT_FALSE(service::compiled(get(key_key_)["policy"], policy::Kind::key));
  EXPECT_EQ(get(key_key_).text("unreadable_policy"), "{");
  const store::Revision after = world_.store().snapshot({}).revision;
  ASSERT_TRUE(bind_stored_policies(world_.environment(), {}));
  EXPECT_EQ(world_.store().snapshot({}).revision, after);
}

}  // namespace
}  // namespace ringwall::directory
