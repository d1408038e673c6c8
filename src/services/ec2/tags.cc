// Tags on everything that has an id.

#include <algorithm>

#include "services/ec2/detail/common.h"
#include "services/ec2/detail/describe.h"

namespace ringwall::ec2 {
namespace {

constexpr std::string_view rule_prefix = "sgr-";

ApiResult<Kind> kind_of(const std::string& id) {
  if (const Resource* resource = resource_of_id(id)) return resource->kind;
  return api_error("InvalidID", "The ID '" + id + "' is not valid");
}

ApiResult<Question> question_about(const Call& call, const std::string& action, const std::string& id) {
  if (id.starts_with(rule_prefix)) return about_rule(call, action, id);
  RW_TRY(const Kind kind, kind_of(id));
  return about(call, action, kind, id);
}

service::Ask ask_tagging(std::string action) {
  return [action = std::move(action)](const Call& call) -> ApiResult<Questions> {
    Questions questions;
    const Tags tags = service::tags_of(call.input["Tags"]);
    for (const auto& id : strings_of(call.input["Resources"])) {
      RW_TRY(Question question, question_about(call, action, id));
      service::add_request_tags(question.context, tags);
      questions.all.push_back(std::move(question));
    }
    if (questions.all.empty()) return api_error("MissingParameter", "The request must contain the parameter resourceIdSet");
    return questions;
  };
}

// Applies `edit` to the tags of every resource the request names; all of them or none.
ApiResult<Json> edit_each(const Call& call, const std::function<ApiResult<Tags>(Tags)>& edit) {
  for (const auto& id : strings_of(call.input["Resources"])) {
    if (id.starts_with(rule_prefix)) {
      auto found = find_rule(call, id);
      if (!found) return api_error("InvalidSecurityGroupRuleId.NotFound", "The security group rule ID '" + id + "' does not exist");
      Json& rule = found->group.edit("rules").edit_items()[found->index];
      RW_TRY(const Tags tags, edit(service::tags_of(rule["Tags"])));
      rule.set("Tags", service::json_of(tags));
      save(call, Kind::group, found->group);
      continue;
    }
    RW_TRY(const Kind kind, kind_of(id));
    RW_TRY(const auto stored, need(call, kind, id));
    RW_TRY(const Tags tags, edit(service::tags_of((*stored)["Tags"])));
    Json document = *stored;
    document.set("Tags", service::json_of(tags));
    save(call, kind, document);
  }
  return Json::object();
}

ApiResult<Json> create(const Call& call) {
  Tags added;
  for (const Json& tag : call.input["Tags"].items()) {
    if (!added.emplace(tag.str("Key"), tag.str("Value")).second) {
      return api_error("InvalidParameterValue", "Duplicate tag key '" + tag.str("Key") + "' specified.");
    }
  }
  if (added.empty()) return api_error("MissingParameter", "The request must contain the parameter tagSet");
  if (const auto fault = service::fault_in(added)) return api_error("InvalidParameterValue", *fault);
  return edit_each(call, [&](Tags tags) -> ApiResult<Tags> {
    for (const auto& [key, value] : added) tags.insert_or_assign(key, value);
    if (tags.size() > service::tags_max) {
      return api_error("TagLimitExceeded", "You may specify up to " + std::to_string(service::tags_max) + " tags per resource.");
    }
    return tags;
  });
}

// Without tags every one goes; a tag with a value only if that is its value.
ApiResult<Json> remove(const Call& call) {
  return edit_each(call, [&](Tags tags) -> ApiResult<Tags> {
    const auto& named = call.input["Tags"].items();
    if (named.empty()) return Tags();
    for (const Json& tag : named) {
      const auto found = tags.find(tag.str("Key"));
      if (found == tags.end()) continue;
      if (!tag.contains("Value") || tag.text("Value") == found->second) tags.erase(found);
    }
    return tags;
  });
}

void list_tags(std::vector<Json>& out, const Json& tags, const std::string& id, std::string_view type) {
  for (const Json& tag : tags.items()) {
    out.push_back(Json::object({{"Key", tag.str("Key")},
                                {"Value", tag.str("Value")},
                                {"ResourceId", id},
                                {"ResourceType", type},
                                {"order", id + " " + tag.str("Key")},
                                {"Tags", Json::array({tag})}}));
  }
}

ApiResult<Json> describe_tags(const Call& call) {
  std::vector<Json> tags;
  for (const Kind kind : {Kind::vpc, Kind::subnet, Kind::group, Kind::interface, Kind::endpoint, Kind::route_table,
                          Kind::network_acl, Kind::dhcp_options}) {
    const Resource& resource = resource_of(kind);
    for (const auto& document : all_of(call, kind)) {
      list_tags(tags, (*document)["Tags"], document->str(resource.id_member), resource.type);
      if (kind != Kind::group) continue;
      for (const Json& rule : (*document)["rules"].items()) list_tags(tags, rule["Tags"], rule.str("SecurityGroupRuleId"), rule_type);
    }
  }
  std::ranges::sort(tags, {}, [](const Json& tag) { return tag.text("order"); });
  return describe(call,
                  {"Tags", "", "order", "", "",
                   {{"key", "Key"}, {"value", "Value"}, {"resource-id", "ResourceId"}, {"resource-type", "ResourceType"}}},
                  std::move(tags));
}

}  // namespace

void add_tag_operations(Operations& all) {
  using service::Access;
  all.push_back(operation("CreateTags", Access::write, ask_tagging("ec2:CreateTags"), create));
  all.push_back(operation("DeleteTags", Access::write, ask_tagging("ec2:DeleteTags"), remove));
  all.push_back(operation("DescribeTags", Access::read, ask_everything("ec2:DescribeTags"), describe_tags));
}

}  // namespace ringwall::ec2
