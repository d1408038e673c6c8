// Groups. A user's document holds the ids of its groups, so that renaming a group touches one
// document and deleting one cannot leave a name behind that a later group would inherit.

#include "services/iam/detail/identities.h"

namespace ringwall::iam::detail {
namespace {

using service::Access;

std::vector<store::Entry> members_of(const Call& call, const Json& group) {
  std::vector<store::Entry> users = list(call, user_kind);
  std::erase_if(users, [&](const store::Entry& user) { return !holds_string((*user.document)["groups"], group.text("GroupId")); });
  return users;
}

ApiResult<Json> create_group(const Call& call) {
  RW_TRY(Json group, make_identity(call, group_kind));
  put(call, group_kind, group);
  return Json::object({{"Group", std::move(group)}});
}

ApiResult<Json> get_group(const Call& call) {
  RW_TRY(const Document group, find_named(call, group_kind));
  std::vector<Listed> users;
  for (const store::Entry& entry : members_of(call, *group)) {
    Json user = *entry.document;
    user.erase("Tags");
    user.erase("PermissionsBoundary");
    users.push_back({entry.key, std::move(user)});
  }
  Json output = Json::object({{"Group", *group}});
  if (auto fault = put_page(call, std::move(users), "Users", output)) return std::unexpected(*fault);
  return output;
}

ApiResult<Json> delete_group(const Call& call) {
  RW_TRY(const Document group, find_named(call, group_kind));
  if (!members_of(call, *group).empty()) return std::unexpected(delete_conflict("remove users from group"));
  if (auto conflict = still_used(*group)) return std::unexpected(*conflict);
  call.transaction.erase(key_of(call, group_kind, group->text("GroupName")));
  return Json::object();
}

ApiResult<Json> update_group(const Call& call) {
  RW_TRY(const Document group, find_named(call, group_kind));
  RW_TRY(const Json renamed, rename(call, group_kind, *group));
  return Json::object();
}

ApiResult<Json> add_user_to_group(const Call& call) {
  RW_TRY(const Document group, find_named(call, group_kind));
  RW_TRY(const Document stored, find_named(call, user_kind));
  const std::string id = group->str("GroupId");
  if (holds_string((*stored)["groups"], id)) return Json::object();
  if ((*stored)["groups"].items().size() >= groups_per_user_max) return std::unexpected(limit_exceeded("GroupsPerUser", groups_per_user_max));
  Json user = *stored;
  user.edit("groups").push(id);
  put(call, user_kind, std::move(user));
  return Json::object();
}

ApiResult<Json> remove_user_from_group(const Call& call) {
  RW_TRY(const Document group, find_named(call, group_kind));
  RW_TRY(const Document stored, find_named(call, user_kind));
  Json user = *stored;
  if (!erase_string(user.edit("groups"), group->text("GroupId"))) {
    return api_error("NoSuchEntity", "User " + user.str("UserName") + " is not in group " + group->str("GroupName") + ".");
  }
  put(call, user_kind, std::move(user));
  return Json::object();
}

ApiResult<Json> list_groups_for_user(const Call& call) {
  RW_TRY(const Document user, find_named(call, user_kind));
  std::vector<Listed> groups;
  for (const store::Entry& entry : list(call, group_kind)) {
    if (holds_string((*user)["groups"], entry.document->text("GroupId"))) groups.push_back({entry.key, *entry.document});
  }
  Json output = Json::object();
  if (auto fault = put_page(call, std::move(groups), "Groups", output)) return std::unexpected(*fault);
  return output;
}

}  // namespace

void add_group_operations(Operations& operations) {
  operations.push_back({"CreateGroup", Access::write, ask_to_make("iam:CreateGroup", "group", "GroupName"), create_group});
  operations.push_back({"GetGroup", Access::read, ask_about("iam:GetGroup", group_kind), get_group});
  operations.push_back({"ListGroups", Access::read, ask_to_list("iam:ListGroups", "group"), list_identities(group_kind)});
  operations.push_back({"UpdateGroup", Access::write, ask_to_rename("iam:UpdateGroup", group_kind), update_group});
  operations.push_back({"DeleteGroup", Access::write, ask_about("iam:DeleteGroup", group_kind), delete_group});
  operations.push_back({"AddUserToGroup", Access::write, ask_about("iam:AddUserToGroup", group_kind), add_user_to_group});
  operations.push_back({"RemoveUserFromGroup", Access::write, ask_about("iam:RemoveUserFromGroup", group_kind), remove_user_from_group});
  operations.push_back({"ListGroupsForUser", Access::read, ask_about("iam:ListGroupsForUser", user_kind), list_groups_for_user});
}

}  // namespace ringwall::iam::detail
