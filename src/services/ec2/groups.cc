// Security groups: made, shown, deleted. Their rules are in rules.cc.

#include <algorithm>

#include "services/ec2/detail/common.h"
#include "services/ec2/detail/describe.h"
#include "services/ec2/detail/rules.h"
#include "text/encode.h"

namespace ringwall::ec2 {
namespace {

constexpr std::size_t name_characters_max = 255;
constexpr std::string_view default_name = "default";

bool has_group_characters(std::string_view text) {
  constexpr std::string_view others = " ._-:/()#,@[]+=&;{}!$*";
  return std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || others.contains(c);
  });
}

Json group_document(const Call& call, const std::string& vpc_id, std::string_view name, std::string_view description, const Tags& tags) {
  const std::string id = resource_id(call.environment.random, "sg");
  return Json::object({
      {"GroupId", id},
      {"GroupName", name},
      {"Description", description},
      {"VpcId", vpc_id},
      {"OwnerId", call.account()},
      {"SecurityGroupArn", arn_of(call, "security-group", id)},
      {"Tags", service::json_of(tags)},
      {"rules", Json::array()},
  });
}

Json open_rule(const Call& call, const Json& group, Direction direction) {
  return Json::object({{"IpProtocol", "-1"},
                       {"FromPort", -1},
                       {"ToPort", -1},
                       {"GroupId", group.str("GroupId")},
                       {"GroupOwnerId", call.account()},
                       {"IsEgress", direction == Direction::egress}});
}

// What every new group may: send anywhere.
void add_default_egress(const Call& call, Json& group) {
  Json rule = open_rule(call, group, Direction::egress);
  rule.set("CidrIpv4", "0.0.0.0/0");
  group.edit("rules").push(numbered_rule(call, std::move(rule), {}));
}

ApiResult<void> check_text(std::string_view parameter, std::string_view text) {
  if (text.size() <= name_characters_max && has_group_characters(text)) return {};
  return api_error("InvalidParameterValue", "Value (" + std::string(text.substr(0, name_characters_max)) + ") for parameter " + std::string(parameter) +
                                                " is invalid. At most 255 characters of a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$* are allowed.");
}

ApiResult<Questions> ask_create(const Call& call) {
  RW_TRY(const Tags tags, requested_tags(call.input, "security-group"));
  const std::string vpc_id = call.input.str("VpcId");
  Questions questions;
  questions.all.push_back(about_new(call, "ec2:CreateSecurityGroup", "security-group", vpc_id, tags));
  if (!vpc_id.empty()) questions.all.push_back(about(call, "ec2:CreateSecurityGroup", Kind::vpc, vpc_id));
  ask_to_tag(questions, call, "CreateSecurityGroup", Question(questions.all.front()), tags);
  return questions;
}

ApiResult<Json> create(const Call& call) {
  RW_TRY(const std::string name, required(call.input, "GroupName"));
  RW_TRY(const std::string description, required(call.input, "Description"));
  RW_DO(check_text("GroupName", name));
  RW_DO(check_text("GroupDescription", description));
  if (name.starts_with("sg-")) {
    return api_error("InvalidParameterValue", "Value (" + name + ") for parameter groupName is invalid. Security group names cannot begin with sg-.");
  }
  if (text::lower(name) == default_name) {
    return api_error("InvalidGroup.Reserved", "Cannot use reserved security group name: " + name);
  }
  if (call.input.text("VpcId").empty()) return api_error("VPCIdNotSpecified", "No default VPC for this user");
  RW_TRY(const auto vpc, need(call, Kind::vpc, call.input.text("VpcId")));
  RW_TRY(const Tags tags, requested_tags(call.input, "security-group"));
  const std::string vpc_id = vpc->str("VpcId");
  const auto existing = all_of(call, Kind::group);
  if (existing.size() >= groups_per_account_max) {
    return api_error("SecurityGroupLimitExceeded", "The maximum number of security groups has been reached.");
  }
  for (const auto& other : existing) {
    if (other->text("VpcId") == vpc_id && other->text("GroupName") == name) {
      return api_error("InvalidGroup.Duplicate", "The security group '" + name + "' already exists for VPC '" + vpc_id + "'");
    }
  }
  Json group = group_document(call, vpc_id, name, description, tags);
  add_default_egress(call, group);
  save(call, Kind::group, group);
  return Json::object({{"GroupId", group.str("GroupId")}, {"SecurityGroupArn", group.str("SecurityGroupArn")}, {"Tags", group["Tags"]}});
}

ApiResult<Json> describe_groups(const Call& call) {
  const auto names = strings_of(call.input["GroupNames"]);
  std::vector<Json> groups = copies_of(all_of(call, Kind::group));
  for (const auto& name : names) {
    if (std::ranges::none_of(groups, [&](const Json& group) { return group.text("GroupName") == name; })) return missing(Kind::group, name);
  }
  if (!names.empty()) {
    std::erase_if(groups, [&](const Json& group) { return std::ranges::find(names, group.str("GroupName")) == names.end(); });
  }
  for (Json& group : groups) {
    group.set("IpPermissions", permissions_of(group, Direction::ingress));
    group.set("IpPermissionsEgress", permissions_of(group, Direction::egress));
  }
  return describe(call,
                  listing_of(Kind::group, "SecurityGroups", "GroupIds",
                             {{"group-id", "GroupId"},
                              {"group-name", "GroupName"},
                              {"description", "Description"},
                              {"owner-id", "OwnerId"},
                              {"vpc-id", "VpcId"},
                              {"ip-permission.group-name", "IpPermissions.UserIdGroupPairs.GroupName"},
                              {"ip-permission.prefix-list-id", "IpPermissions.PrefixListIds.PrefixListId"},
                              {"egress.ip-permission.group-name", "IpPermissionsEgress.UserIdGroupPairs.GroupName"},
                              {"egress.ip-permission.prefix-list-id", "IpPermissionsEgress.PrefixListIds.PrefixListId"},
                              {"egress.ip-permission.user-id", "IpPermissionsEgress.UserIdGroupPairs.UserId"},
                              {"ip-permission.cidr", "IpPermissions.IpRanges.CidrIp"},
                              {"ip-permission.from-port", "IpPermissions.FromPort"},
                              {"ip-permission.to-port", "IpPermissions.ToPort"},
                              {"ip-permission.protocol", "IpPermissions.IpProtocol"},
                              {"ip-permission.group-id", "IpPermissions.UserIdGroupPairs.GroupId"},
                              {"ip-permission.user-id", "IpPermissions.UserIdGroupPairs.UserId"},
                              {"ip-permission.ipv6-cidr", "IpPermissions.Ipv6Ranges.CidrIpv6"},
                              {"egress.ip-permission.cidr", "IpPermissionsEgress.IpRanges.CidrIp"},
                              {"egress.ip-permission.from-port", "IpPermissionsEgress.FromPort"},
                              {"egress.ip-permission.to-port", "IpPermissionsEgress.ToPort"},
                              {"egress.ip-permission.protocol", "IpPermissionsEgress.IpProtocol"},
                              {"egress.ip-permission.group-id", "IpPermissionsEgress.UserIdGroupPairs.GroupId"},
                              {"egress.ip-permission.ipv6-cidr", "IpPermissionsEgress.Ipv6Ranges.CidrIpv6"}}),
                  std::move(groups));
}

// Is the group on an interface or endpoint, or named as peer by another group?
bool is_used(const Call& call, const std::string& id) {
  for (const Kind kind : {Kind::interface, Kind::endpoint}) {
    for (const auto& user : all_of(call, kind)) {
      if (std::ranges::any_of((*user)["Groups"].items(), [&](const Json& group) { return group.text("GroupId") == id; })) return true;
    }
  }
  for (const auto& other : all_of(call, Kind::group)) {
    if (other->text("GroupId") == id) continue;
    for (const Json& rule : (*other)["rules"].items()) {
      if (rule["ReferencedGroupInfo"].text("GroupId") == id) return true;
    }
  }
  return false;
}

ApiResult<Json> remove(const Call& call) {
  RW_TRY(const std::string id, required(call.input, "GroupId"));
  RW_TRY(const auto group, need(call, Kind::group, id));
  if (group->text("GroupName") == default_name) {
    return api_error("CannotDelete", "the specified group: \"" + id + "\" name: \"default\" cannot be deleted by a user");
  }
  if (is_used(call, id)) return api_error("DependencyViolation", "resource " + id + " has a dependent object");
  call.transaction.erase(network::key_of(Kind::group, call.account(), id));
  return Json::object({{"Return", true}, {"GroupId", id}});
}

}  // namespace

Json default_group(const Call& call, const std::string& vpc_id) {
  Json group = group_document(call, vpc_id, default_name, "default VPC security group", {});
  Json among_themselves = open_rule(call, group, Direction::ingress);
  among_themselves.set("ReferencedGroupInfo", Json::object({{"GroupId", group.str("GroupId")}, {"UserId", call.account()}}));
  group.edit("rules").push(numbered_rule(call, std::move(among_themselves), {}));
  add_default_egress(call, group);
  return group;
}

void add_group_operations(Operations& all) {
  using service::Access;
  all.push_back(operation("CreateSecurityGroup", Access::write, ask_create, create));
  all.push_back(operation("DescribeSecurityGroups", Access::read, ask_everything("ec2:DescribeSecurityGroups"), describe_groups));
  all.push_back(operation("DeleteSecurityGroup", Access::write, ask_about("ec2:DeleteSecurityGroup", Kind::group, "GroupId"), remove));
}

}  // namespace ringwall::ec2
