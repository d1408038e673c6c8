#pragma once
// Security-group rules as documents: read from requests, compared, and shown as IpPermissions.

#include <vector>

#include "services/ec2/detail/common.h"

namespace ringwall::ec2 {

enum class Direction : std::uint8_t { ingress, egress };

// The single rules that a request's IpPermissions mean for `group`, without ids. Protocol names
// are EC2's, prefixes without host bits, referenced groups exist in the VPC.
ApiResult<std::vector<Json>> rules_in(const Call& call, const Json& group, Direction direction, const Json& permissions);
// The same for one rule in the form of ModifySecurityGroupRules.
ApiResult<Json> rule_in(const Call& call, const Json& group, Direction direction, const Json& request);

// Same traffic; descriptions, tags and ids do not count.
bool same_rule(const Json& a, const Json& b);
// A rule of its own: with id, ARN and tags.
Json numbered_rule(const Call& call, Json rule, const Tags& tags);
// Rules grouped by protocol and ports, as DescribeSecurityGroups shows them.
Json permissions_of(const Json& group, Direction direction);
// "peer: 0.0.0.0/0, TCP, from port: 22, to port: 22, ALLOW", as EC2's errors have it.
std::string words_of(const Json& rule);
std::string_view name_of(Direction direction);

}  // namespace ringwall::ec2
