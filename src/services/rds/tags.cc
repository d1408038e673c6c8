// Tags on RDS resources, which are named by ARN.

#include "services/rds/detail/common.h"

namespace ringwall::rds::detail {
namespace {

// A taggable resource: where it is stored and which member holds its tags.
struct Target {
  std::string key;
  std::string_view member;
  std::string_view context_prefix;
  std::string_view arn_member;
  std::shared_ptr<const Json> document;
};

ApiResult<Target> find(const Call& call) {
  const std::string arn = call.input.str("ResourceName");
  const std::string db = arn_of(call, "db", ""), group = arn_of(call, "subgrp", "");
  Target target;
  if (arn.starts_with(db)) {
    target = {instance_key(call.account(), arn.substr(db.size())), "TagList", "rds:db-tag/", "DBInstanceArn", nullptr};
  } else if (arn.starts_with(group)) {
    target = {subnet_group_key(call.account(), arn.substr(group.size())), "tags", "rds:subgrp-tag/", "DBSubnetGroupArn", nullptr};
  } else {
    return std::unexpected(invalid_value("Invalid resource name: " + arn));
  }
  target.document = call.transaction.get(target.key);
  if (!target.document) {
    return target.member == "TagList" ? api_error("DBInstanceNotFound", "DBInstance not found: " + arn)
                                      : api_error("DBSubnetGroupNotFoundFault", "DB subnet group not found: " + arn);
  }
  return target;
}

service::Ask ask(std::string action) {
  return [action = std::move(action)](const Call& call) -> ApiResult<service::Questions> {
    const auto target = find(call);
    if (!target) return std::unexpected(target.error());
    // The stored ARN: names are found in any case, and policies must see the one that is meant.
    service::Question question{.action = action, .resource = target->document->str(target->arn_member)};
    const estate::Tags held = service::tags_of((*target->document)[target->member]);
    service::add_resource_tags(question.context, held);
    add_tags_context(question.context, target->context_prefix, held);
    estate::Tags asked = service::tags_of(call.input["Tags"]);
    for (const Json& key : call.input["TagKeys"].items()) asked[std::string(key.as_string())];
    if (call.input.contains("Tags")) {
      service::add_request_tags(question.context, asked);
      add_tags_context(question.context, "rds:req-tag/", asked);
    } else if (!asked.empty()) {
      std::vector<std::string> keys;
      for (const auto& [key, value] : asked) keys.push_back(key);
      question.context.set("aws:TagKeys", std::move(keys));
    }
    return service::Questions{{std::move(question)}};
  };
}

void store_tags(const Call& call, const Target& target, const estate::Tags& tags) {
  Json document = *target.document;
  document.set(target.member, service::json_of(tags));
  call.transaction.put(target.key, std::move(document));
}

ApiResult<Json> add(const Call& call) {
  const auto target = find(call);
  if (!target) return std::unexpected(target.error());
  estate::Tags tags = service::tags_of((*target->document)[target->member]);
  for (const auto& [key, value] : service::tags_of(call.input["Tags"])) tags[key] = value;
  if (auto fault = service::fault_in(tags)) return std::unexpected(invalid_value(*fault));
  store_tags(call, *target, tags);
  return Json::object();
}

ApiResult<Json> remove(const Call& call) {
  const auto target = find(call);
  if (!target) return std::unexpected(target.error());
  estate::Tags tags = service::tags_of((*target->document)[target->member]);
  for (const Json& key : call.input["TagKeys"].items()) tags.erase(std::string(key.as_string()));
  store_tags(call, *target, tags);
  return Json::object();
}

ApiResult<Json> list(const Call& call) {
  const auto target = find(call);
  if (!target) return std::unexpected(target.error());
  RW_TRY([[maybe_unused]] const auto none, filtered(call.input, {}, {}));  // RDS has no filter of tags
  return Json::object({{"TagList", (*target->document)[target->member]}});
}

}  // namespace

std::vector<service::Operation> tag_operations() {
  using service::Access;
  return {
      {"AddTagsToResource", Access::write, ask("rds:AddTagsToResource"), add},
      {"RemoveTagsFromResource", Access::write, ask("rds:RemoveTagsFromResource"), remove},
      {"ListTagsForResource", Access::read, ask("rds:ListTagsForResource"), list},
  };
}

}  // namespace ringwall::rds::detail
