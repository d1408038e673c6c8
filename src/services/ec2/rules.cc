// Authorising and revoking: changes to a group's rules, all of a request or none.

#include <algorithm>

#include "services/ec2/detail/common.h"
#include "services/ec2/detail/describe.h"
#include "services/ec2/detail/rules.h"

namespace ringwall::ec2 {
namespace {

bool is_of(const Json& rule, Direction direction) { return rule["IsEgress"].as_bool() == (direction == Direction::egress); }

// The request's permissions: IpPermissions, or (ingress only) the one that single parameters spell.
ApiResult<Json> requested_permissions(const Json& input, Direction direction) {
  RW_DO(refuse_members(input, {"SourceSecurityGroupName", "SourceSecurityGroupOwnerId"}));
  const bool single = input.contains("IpProtocol") || input.contains("CidrIp") || input.contains("FromPort") || input.contains("ToPort");
  const bool listed = !input["IpPermissions"].items().empty();
  if (single && listed) {
    return api_error("InvalidParameterCombination", "The parameter ipPermissions may not be used with individual permission parameters");
  }
  if (listed) return input["IpPermissions"];
  if (!single || direction == Direction::egress) return api_error("MissingParameter", "The request must contain the parameter ipPermissions");
  Json permission = Json::object();
  for (const std::string_view member : {"IpProtocol", "FromPort", "ToPort"}) {
    if (input.contains(member)) permission.set(member, input[member]);
  }
  if (input.contains("CidrIp")) permission.edit("IpRanges").push(Json::object({{"CidrIp", input.str("CidrIp")}}));
  return Json::array({permission});
}

std::string action_of(std::string_view verb, Direction direction) {
  return std::string("ec2:").append(verb).append(name_of(direction));
}

service::Ask ask_authorize(Direction direction) {
  return [direction](const Call& call) -> ApiResult<Questions> {
    RW_TRY(const std::string id, required(call.input, "GroupId"));
    RW_TRY(const Tags tags, requested_tags(call.input, rule_type));
    Questions questions;
    questions.all.push_back(about(call, action_of("AuthorizeSecurityGroup", direction), Kind::group, id));
    const Question rule = about_new(call, "ec2:CreateTags", rule_type, "", tags);
    ask_to_tag(questions, call, action_of("AuthorizeSecurityGroup", direction).substr(4), rule, tags);
    return questions;
  };
}

ApiResult<Json> authorize(const Call& call, Direction direction) {
  RW_TRY(const auto stored, need(call, Kind::group, call.input.text("GroupId")));
  RW_TRY(const Json permissions, requested_permissions(call.input, direction));
  RW_TRY(auto rules, rules_in(call, *stored, direction, permissions));
  RW_TRY(const Tags tags, requested_tags(call.input, rule_type));
  Json group = *stored;
  Json added = Json::array();
  for (Json& rule : rules) {
    for (const Json& other : (*stored)["rules"].items()) {
      if (same_rule(rule, other)) {
        return api_error("InvalidPermission.Duplicate", "the specified rule \"" + words_of(rule) + "\" already exists");
      }
    }
    Json numbered = numbered_rule(call, std::move(rule), tags);
    group.edit("rules").push(numbered);
    added.push(std::move(numbered));
  }
  const auto count = std::ranges::count_if(group["rules"].items(), [&](const Json& rule) { return is_of(rule, direction); });
  if (static_cast<std::size_t>(count) > rules_per_direction_max) {
    return api_error("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.");
  }
  save(call, Kind::group, group);
  return Json::object({{"Return", true}, {"SecurityGroupRules", std::move(added)}});
}

Json revoked_form(const Json& rule) {
  Json form = rule;
  if (rule.contains("ReferencedGroupInfo")) form.set("ReferencedGroupId", rule["ReferencedGroupInfo"].str("GroupId"));
  return form;
}

std::unexpected<ApiError> no_rule(std::string_view id) {
  return api_error("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '" + std::string(id) + "' does not exist");
}

// The indices of the group's rules that the request names, each once.
ApiResult<std::vector<std::size_t>> named_rules(const Call& call, const Json& group, Direction direction) {
  const auto& rules = group["rules"].items();
  std::vector<std::size_t> named;
  const auto ids = strings_of(call.input["SecurityGroupRuleIds"]);
  for (const auto& id : ids) {
    const auto found = std::ranges::find_if(rules, [&](const Json& rule) { return rule.text("SecurityGroupRuleId") == id && is_of(rule, direction); });
    if (found == rules.end()) return no_rule(id);
    named.push_back(static_cast<std::size_t>(found - rules.begin()));
  }
  if (ids.empty()) {
    RW_TRY(const Json permissions, requested_permissions(call.input, direction));
    RW_TRY(const auto wanted, rules_in(call, group, direction, permissions));
    for (const Json& rule : wanted) {
      const auto found = std::ranges::find_if(rules, [&](const Json& other) { return same_rule(rule, other); });
      if (found == rules.end()) return api_error("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
      named.push_back(static_cast<std::size_t>(found - rules.begin()));
    }
  } else if (!call.input["IpPermissions"].items().empty()) {
    return api_error("InvalidParameterCombination", "Specify either security group rule ids or IP permissions");
  }
  std::ranges::sort(named);
  named.erase(std::ranges::unique(named).begin(), named.end());
  return named;
}

ApiResult<Json> revoke(const Call& call, Direction direction) {
  RW_TRY(const auto stored, need(call, Kind::group, call.input.text("GroupId")));
  RW_TRY(const auto named, named_rules(call, *stored, direction));
  Json kept = Json::array(), revoked = Json::array();
  const auto& rules = (*stored)["rules"].items();
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (std::ranges::binary_search(named, i)) {
      revoked.push(revoked_form(rules[i]));
    } else {
      kept.push(rules[i]);
    }
  }
  Json group = *stored;
  group.set("rules", std::move(kept));
  save(call, Kind::group, group);
  return Json::object({{"Return", true}, {"RevokedSecurityGroupRules", std::move(revoked)}});
}

ApiResult<Json> describe_rules(const Call& call) {
  std::vector<Json> rules;
  for (const auto& group : all_of(call, Kind::group)) {
    for (const Json& rule : (*group)["rules"].items()) rules.push_back(rule);
  }
  std::ranges::sort(rules, {}, [](const Json& rule) { return rule.text("SecurityGroupRuleId"); });
  return describe(call,
                  {"SecurityGroupRules",
                   "SecurityGroupRuleIds",
                   "SecurityGroupRuleId",
                   "InvalidSecurityGroupRuleId.NotFound",
                   "security group rule ID",
                   {{"group-id", "GroupId"}, {"security-group-rule-id", "SecurityGroupRuleId"}},
                   "sgr",
                   "InvalidSecurityGroupRuleId.Malformed"},
                  std::move(rules));
}

ApiResult<Json> modify(const Call& call) {
  RW_TRY(const auto stored, need(call, Kind::group, call.input.text("GroupId")));
  Json group = *stored;
  for (const Json& update : call.input["SecurityGroupRules"].items()) {
    Json::Array& rules = group.edit("rules").edit_items();
    const std::string_view id = update.text("SecurityGroupRuleId");
    const auto found = std::ranges::find_if(rules, [&](const Json& rule) { return rule.text("SecurityGroupRuleId") == id; });
    if (found == rules.end()) return no_rule(id);
    const Direction direction = (*found)["IsEgress"].as_bool() ? Direction::egress : Direction::ingress;
    RW_TRY(Json rule, rule_in(call, *stored, direction, update["SecurityGroupRule"]));
    for (const Json& other : rules) {
      if (&other != &*found && same_rule(rule, other)) {
        return api_error("InvalidPermission.Duplicate", "the specified rule \"" + words_of(rule) + "\" already exists");
      }
    }
    for (const std::string_view member : {"SecurityGroupRuleId", "SecurityGroupRuleArn", "Tags"}) rule.set(member, (*found)[member]);
    *found = std::move(rule);
  }
  save(call, Kind::group, group);
  return Json::object({{"Return", true}});
}

void describe_as(Json& rule, std::string_view description) {
  rule.erase("Description");
  if (!description.empty()) rule.set("Description", description);
}

ApiResult<Json> update_descriptions(const Call& call, Direction direction) {
  RW_TRY(const auto stored, need(call, Kind::group, call.input.text("GroupId")));
  if (call.input["IpPermissions"].items().empty() && call.input["SecurityGroupRuleDescriptions"].items().empty()) {
    return api_error("MissingParameter", "The request must contain the parameter ipPermissions or securityGroupRuleDescriptions");
  }
  Json group = *stored;
  Json::Array& rules = group.edit("rules").edit_items();
  RW_TRY(const auto wanted, rules_in(call, *stored, direction, call.input["IpPermissions"]));
  for (const Json& rule : wanted) {
    const auto found = std::ranges::find_if(rules, [&](const Json& other) { return same_rule(rule, other); });
    if (found == rules.end()) return api_error("InvalidPermission.NotFound", "The specified rule does not exist in this security group.");
    describe_as(*found, rule.text("Description"));
  }
  for (const Json& named : call.input["SecurityGroupRuleDescriptions"].items()) {
    const std::string_view id = named.text("SecurityGroupRuleId");
    const auto found = std::ranges::find_if(rules, [&](const Json& rule) { return rule.text("SecurityGroupRuleId") == id && is_of(rule, direction); });
    if (found == rules.end()) return no_rule(id);
    describe_as(*found, named.text("Description"));
  }
  save(call, Kind::group, group);
  return Json::object({{"Return", true}});
}

}  // namespace

void add_rule_operations(Operations& all) {
  using service::Access;
  for (const Direction direction : {Direction::ingress, Direction::egress}) {
    const auto named = [&](std::string verb) { return verb.append(name_of(direction)); };
    const auto on_group = [&](std::string_view verb) { return ask_about(action_of(verb, direction), Kind::group, "GroupId"); };
    all.push_back(operation(named("AuthorizeSecurityGroup"), Access::write, ask_authorize(direction),
                            [direction](const Call& call) { return authorize(call, direction); }));
    all.push_back(operation(named("RevokeSecurityGroup"), Access::write, on_group("RevokeSecurityGroup"),
                            [direction](const Call& call) { return revoke(call, direction); }));
    all.push_back(operation(named("UpdateSecurityGroupRuleDescriptions"), Access::write, on_group("UpdateSecurityGroupRuleDescriptions"),
                            [direction](const Call& call) { return update_descriptions(call, direction); }));
  }
  all.push_back(operation("DescribeSecurityGroupRules", Access::read, ask_everything("ec2:DescribeSecurityGroupRules"), describe_rules));
  all.push_back(operation("ModifySecurityGroupRules", Access::write, ask_about("ec2:ModifySecurityGroupRules", Kind::group, "GroupId"), modify));
}

}  // namespace ringwall::ec2
