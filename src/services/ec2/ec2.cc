#include "services/ec2/ec2.h"

#include "services/ec2/detail/common.h"

namespace ringwall::ec2 {

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

}  // namespace ringwall::ec2
