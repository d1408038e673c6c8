#include "host/view.h"

#include "host/detail/mounts.h"
#include "host/fixture_test.h"

namespace ringwall::host {
namespace {

class View : public WithHelper {};

TEST_F(View, AViewHoldsNoVolumeAndNoNetworkThatWasThereBefore) {
  const Network network{.id = "vpc-view", .cidr = "10.0.0.0/16", .subnets = {}, .groups = {}, .interfaces = {}};
  const auto applied = host_->apply_network(network);
  ASSERT_TRUE(applied) << applied.error().message;
  const std::string folder = std::filesystem::canonical(options_.data_folder).string() + "/host";
  ASSERT_TRUE(detail::mount_at(folder + "/netns/vpc-view/network"));

  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (!enter_own_view()) ::_exit(1);
    const auto mounts = detail::mount_table();
    if (!mounts) ::_exit(2);
    for (const auto& mount : *mounts) {
      if (mount.point.starts_with(folder)) ::_exit(3);
    }
    ::_exit(0);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(detail::mount_at(folder + "/netns/vpc-view/network"));  // here it stays
}

}  // namespace
}  // namespace ringwall::host
