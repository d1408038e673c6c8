#include "services/ec2/ec2.h"

#include "network/records.h"
#include "service/traits.h"
#include "services/ec2/detail/common.h"

namespace ringwall::ec2 {
namespace {

Result<> export_networks(service::Export& to, const std::string& account) {
  RW_DO(to.add(to.region_of(account) + "/vpcs.json", account, "DescribeVpcs"));
  return to.add(to.region_of(account) + "/vpc-endpoints.json", account, "DescribeVpcEndpoints");
}

std::optional<std::string> remaining_vpcs(store::Transaction& transaction, const std::string& account) {
  return network::tables::vpcs.count(transaction, 1, account) > 0 ? std::optional<std::string>("VPCs") : std::nullopt;
}

}  // namespace

std::vector<service::Operation> operations() {
  std::vector<service::Operation> all;
  add_vpc_operations(all);
  add_subnet_operations(all);
  add_group_operations(all);
  add_rule_operations(all);
  add_interface_operations(all);
  add_tag_operations(all);
  add_endpoint_operations(all);
  add_place_operations(all);
  return all;
}

service::Service service() { return {*awsapi::builtin_model("ec2"), operations(), {.exports = {.of_account = export_networks}, .remaining = remaining_vpcs}}; }

}  // namespace ringwall::ec2
