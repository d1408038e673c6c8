// Tags on RDS resources, which are named by ARN.

#include <variant>

#include "services/rds/detail/common.h"

namespace ringwall::rds::detail {
namespace {

// A taggable resource.
struct Target {
  std::variant<Instance, SubnetGroup> resource;

  Instance* instance() { return std::get_if<Instance>(&resource); }
  Tags& tags() { return instance() != nullptr ? instance()->wanted.tags : std::get<SubnetGroup>(resource).tags; }
  const std::string& arn() { return instance() != nullptr ? instance()->wanted.arn : std::get<SubnetGroup>(resource).arn; }
  std::string_view context_prefix() { return instance() != nullptr ? "rds:db-tag/" : "rds:subgrp-tag/"; }
};

ApiResult<Target> find(const Call& call) {
  const std::string arn = call.input.str("ResourceName");
  const std::string db = arn_of(call, "db", ""), group = arn_of(call, "subgrp", "");
  if (arn.starts_with(db)) {
    if (auto instance = tables::instances.get(call.transaction, call.account(), arn.substr(db.size()))) return Target{*std::move(instance)};
    return api_error("DBInstanceNotFound", "DBInstance not found: " + arn);
  }
  if (arn.starts_with(group)) {
    if (auto found = tables::subnet_groups.get(call.transaction, call.account(), arn.substr(group.size()))) return Target{*std::move(found)};
    return api_error("DBSubnetGroupNotFoundFault", "DB subnet group not found: " + arn);
  }
  return std::unexpected(invalid_value("Invalid resource name: " + arn));
}

service::Ask ask(std::string action) {
  return [action = std::move(action)](const Call& call) -> ApiResult<service::Questions> {
    auto target = find(call);
    if (!target) return std::unexpected(target.error());
    // The stored ARN: names are found in any case, and policies must see the one that is meant.
    service::Question question{.action = action, .resource = target->arn()};
    service::add_resource_tags(question.context, target->tags());
    add_tags_context(question.context, target->context_prefix(), target->tags());
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

void store(const Call& call, Target& target) {
  if (const Instance* instance = target.instance()) return put_instance(call, *instance);
  const SubnetGroup& group = std::get<SubnetGroup>(target.resource);
  tables::subnet_groups.put(call.transaction, group, call.account(), group.name);
}

ApiResult<Json> add(const Call& call) {
  auto target = find(call);
  if (!target) return std::unexpected(target.error());
  for (const auto& [key, value] : service::tags_of(call.input["Tags"])) target->tags()[key] = value;
  if (auto fault = service::fault_in(target->tags())) return std::unexpected(invalid_value(*fault));
  store(call, *target);
  return Json::object();
}

ApiResult<Json> remove(const Call& call) {
  auto target = find(call);
  if (!target) return std::unexpected(target.error());
  for (const Json& key : call.input["TagKeys"].items()) target->tags().erase(std::string(key.as_string()));
  store(call, *target);
  return Json::object();
}

ApiResult<Json> list(const Call& call) {
  auto target = find(call);
  if (!target) return std::unexpected(target.error());
  RW_TRY([[maybe_unused]] const auto none, filtered(call.input, {}, {}));  // RDS has no filter of tags
  return Json::object({{"TagList", service::json_of(target->tags())}});
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
