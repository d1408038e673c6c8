// DB subnet groups: the subnets, in at least two zones of one VPC, that instances may be placed in.

#include <algorithm>
#include <set>

#include "network/records.h"
#include "services/rds/detail/common.h"
#include "text/encode.h"

namespace ringwall::rds::detail {
namespace {

constexpr std::size_t zones_min = 2;
constexpr std::size_t name_characters_max = 255;

std::optional<ApiError> fault_in_name(std::string_view name) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789 ._-";
  if (name.empty() || name.size() > name_characters_max || name.find_first_not_of(allowed) != std::string_view::npos || name == "default") {
    return invalid_value("The parameter DBSubnetGroupName must be provided and must not be blank, default, or hold anything but letters, "
                         "digits, spaces, periods, underscores and hyphens.");
  }
  return std::nullopt;
}

// The members that follow from the subnets: VpcId and Subnets.
std::optional<ApiError> place(const Call& call, SubnetGroup& group) {
  std::set<std::string> zones;
  std::string vpc;
  std::vector<GroupSubnet> subnets;
  for (const Json& id : call.input["SubnetIds"].items()) {
    const auto subnet = network::tables::subnets.get(call.transaction, call.account(), id.as_string());
    if (!subnet) {
      return ApiError{"InvalidSubnet", "Some input subnets in :[" + std::string(id.as_string()) + "] are invalid."};
    }
    if (!vpc.empty() && subnet->vpc_id != vpc) {
      return ApiError{"InvalidSubnet", "The DB subnet group's subnets are not all in the same VPC."};
    }
    vpc = subnet->vpc_id;
    zones.insert(subnet->zone);
    subnets.push_back({.id = subnet->id, .zone = {subnet->zone}});
  }
  if (zones.size() < zones_min) {
    return ApiError{"DBSubnetGroupDoesNotCoverEnoughAZs",
                    "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: " +
                        (zones.empty() ? std::string("none") : *zones.begin()) + ". Add subnets to cover at least 2 AZs."};
  }
  group.vpc = vpc;
  group.subnets = std::move(subnets);
  return std::nullopt;
}

service::Question group_question(const Call& call, std::string action) {
  service::Question question{.action = std::move(action), .resource = arn_of(call, "subgrp", call.input.text("DBSubnetGroupName"))};
  if (const auto group = find_subnet_group(call)) {
    service::add_resource_tags(question.context, group->tags);
    add_tags_context(question.context, "rds:subgrp-tag/", group->tags);
  }
  return question;
}

service::Ask ask_group(std::string action) {
  return [action = std::move(action)](const Call& call) -> ApiResult<service::Questions> {
    return service::Questions{{group_question(call, action)}};
  };
}

ApiResult<service::Questions> ask_create(const Call& call) {
  service::Question question = group_question(call, "rds:CreateDBSubnetGroup");
  const estate::Tags tags = service::tags_of(call.input["Tags"]);
  service::add_request_tags(question.context, tags);
  add_tags_context(question.context, "rds:req-tag/", tags);
  service::Questions questions{{question}};
  if (!tags.empty()) {
    question.action = "rds:AddTagsToResource";
    questions.all.push_back(std::move(question));
  }
  return questions;
}

ApiResult<Json> create(const Call& call) {
  const std::string name = text::lower(call.input.text("DBSubnetGroupName"));
  if (auto fault = fault_in_name(name)) return std::unexpected(*std::move(fault));
  if (tables::subnet_groups.contains(call.transaction, call.account(), name)) {
    return api_error("DBSubnetGroupAlreadyExists", "The DB subnet group '" + name + "' already exists.");
  }
  const estate::Tags tags = service::tags_of(call.input["Tags"]);
  if (auto fault = service::fault_in(tags)) return std::unexpected(invalid_value(*fault));
  SubnetGroup group{.name = name,
                    .description = call.input.str("DBSubnetGroupDescription"),
                    .arn = arn_of(call, "subgrp", name),
                    .tags = tags,
                    .vpc = {},
                    .subnets = {}};
  if (auto fault = place(call, group)) return std::unexpected(*std::move(fault));
  tables::subnet_groups.put(call.transaction, group, call.account(), name);
  return Json::object({{"DBSubnetGroup", records::wire_of(group)}});
}

ApiResult<Json> describe(const Call& call) {
  if (call.input.contains("DBSubnetGroupName")) {
    const auto group = find_subnet_group(call);
    if (!group) return std::unexpected(group.error());
    return Json::object({{"DBSubnetGroups", Json::array({records::wire_of(*group)})}});
  }
  std::vector<Json> groups;
  for (const auto& row : tables::subnet_groups.list(call.transaction, call.account())) groups.push_back(records::wire_of(row.record));
  RW_TRY(groups, filtered(call.input, std::move(groups), {}));
  return paged(call.input, std::move(groups), "DBSubnetGroups", "DBSubnetGroupName");
}

// The instances placed by this group.
std::vector<Instance> users_of(const Call& call, std::string_view name) {
  std::vector<Instance> users;
  for (auto& row : tables::instances.list(call.transaction, call.account())) {
    if (row.record.wanted.subnet_group.name == name) users.push_back(std::move(row.record));
  }
  return users;
}

ApiResult<Json> modify(const Call& call) {
  auto group = find_subnet_group(call);
  if (!group) return std::unexpected(group.error());
  if (call.input.contains("DBSubnetGroupDescription")) group->description = call.input.str("DBSubnetGroupDescription");
  if (auto fault = place(call, *group)) return std::unexpected(*std::move(fault));
  for (Instance& user : users_of(call, group->name)) {
    const auto used = network::tables::interfaces.get(call.transaction, call.account(), user.wanted.interface);
    const bool kept = used && std::ranges::find(group->subnets, used->subnet_id, &GroupSubnet::id) != group->subnets.end();
    if (!kept) {
      return api_error("SubnetAlreadyInUse", "the subnet of the DB instance " + user.wanted.identifier + " cannot be removed while it is there");
    }
    user.wanted.subnet_group = *group;
    put_instance(call, user);
  }
  tables::subnet_groups.put(call.transaction, *group, call.account(), group->name);
  return Json::object({{"DBSubnetGroup", records::wire_of(*group)}});
}

ApiResult<Json> remove(const Call& call) {
  const auto group = find_subnet_group(call);
  if (!group) return std::unexpected(group.error());
  const std::string name = group->name;
  if (const auto users = users_of(call, name); !users.empty()) {
    return api_error("InvalidDBSubnetGroupStateFault", "Cannot delete the subnet group '" + name + "' because at least one database instance: " +
                                                           users.front().wanted.identifier + " is still using it.");
  }
  tables::subnet_groups.erase(call.transaction, call.account(), name);
  return Json::object();
}

}  // namespace

ApiResult<SubnetGroup> find_subnet_group(const Call& call) {
  const std::string name = call.input.str("DBSubnetGroupName");
  auto group = tables::subnet_groups.get(call.transaction, call.account(), name);
  if (!group) return api_error("DBSubnetGroupNotFoundFault", "DB subnet group '" + name + "' does not exist.");
  return *std::move(group);
}

std::vector<service::Operation> subnet_group_operations() {
  using service::Access;
  return {
      {"CreateDBSubnetGroup", Access::write, ask_create, create},
      {"DescribeDBSubnetGroups", Access::read, ask_group("rds:DescribeDBSubnetGroups"), describe},
      {"ModifyDBSubnetGroup", Access::write, ask_group("rds:ModifyDBSubnetGroup"), modify},
      {"DeleteDBSubnetGroup", Access::write, ask_group("rds:DeleteDBSubnetGroup"), remove},
  };
}

}  // namespace ringwall::rds::detail
