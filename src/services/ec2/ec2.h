#pragma once
// Amazon EC2's virtual private clouds: VPCs, subnets, security groups, network interfaces,
// endpoints and tags. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/

#include <cstddef>
#include <cstdint>
#include <vector>

#include "service/service.h"

namespace ringwall::ec2 {

inline constexpr std::size_t vpcs_per_account_max = 100;  // AWS begins with 5 and raises on request
inline constexpr std::size_t subnets_per_vpc_max = 200;
inline constexpr std::size_t groups_per_account_max = 2500;
inline constexpr std::size_t rules_per_direction_max = 60;
inline constexpr std::size_t interfaces_per_account_max = 5000;
inline constexpr std::size_t endpoints_per_vpc_max = 50;
inline constexpr int block_prefix_min = 16, block_prefix_max = 28;  // of VPCs and subnets
inline constexpr std::size_t filter_values_max = 200;               // in one request
inline constexpr std::int64_t page_size_min = 5, page_size_max = 1000;

std::vector<service::Operation> operations();
// The service, as the server has it.
service::Service service();

}  // namespace ringwall::ec2
