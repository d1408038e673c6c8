// The organisation itself, its root and its units.

#include "directory/documents.h"
#include "services/organizations/detail/common.h"

namespace ringwall::organizations::detail {
namespace {

constexpr std::string_view small_alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::size_t unit_name_characters_max = 128;

ApiResult<Json> create_organization(const Call& call) {
  if (tables::organizations.contains(call.transaction)) {
    return api_error("AlreadyInOrganizationException", "The AWS account is already a member of an organization.");
  }
  if (call.input.text("FeatureSet", "ALL") != "ALL") return api_error("InvalidInputException", "Only the feature set ALL is supported.");
  const StoredOrganization made = directory::put_organization(call.environment, call.transaction, call.account(), "management", "management@ringwall.internal", call.now);
  return Json::object({{"Organization", records::wire_of(made)}});
}

// Before there is an organisation there is no management account to restrict this to.
Ask ask_to_create() { return service::ask_on_star("organizations:CreateOrganization"); }

ApiResult<Json> describe_organization(const Call& call) {
  RW_TRY(const StoredOrganization stored, organization(call));
  return Json::object({{"Organization", records::wire_of(stored)}});
}

ApiResult<Json> list_roots(const Call& call) {
  std::vector<Listed> items;
  for (const auto& row : tables::roots.list(call.transaction)) items.push_back({row.record.id, records::wire_of(row.record)});
  return page(call, std::move(items), "Roots");
}

std::size_t depth_of(const Call& call, std::string_view id) {
  std::size_t depth = 0;
  for (std::optional<Node> node = find_node(call, id); node && node->type == NodeType::unit && depth <= unit_depth_max; ++depth) {
    node = find_node(call, node->parent);
  }
  return depth;
}

std::optional<ApiError> fault_in_unit_name(const Call& call, std::string_view parent, std::string_view name, std::string_view self) {
  if (name.empty() || name.size() > unit_name_characters_max) return ApiError{"InvalidInputException", "A unit's name has 1 to 128 characters."};
  for (const Node& sibling : children(call, parent, NodeType::unit)) {
    if (sibling.name == name && sibling.id != self) return ApiError{"DuplicateOrganizationalUnitException", "An OU with the same name already exists."};
  }
  return std::nullopt;
}

ApiResult<Json> create_unit(const Call& call) {
  RW_TRY(const StoredOrganization stored, organization(call));
  RW_TRY(const Node parent, find_parent(call, call.input.text("ParentId")));
  if (auto fault = fault_in_unit_name(call, parent.id, call.input.text("Name"), "")) return std::unexpected(*fault);
  if (auto fault = fault_in_tags(call.input["Tags"])) return std::unexpected(*fault);
  if (depth_of(call, parent.id) >= unit_depth_max) {
    return api_error("ConstraintViolationException", "You have exceeded the maximum depth of the OU tree: five levels below the root.");
  }
  const std::string id = "ou-" + stored.root.substr(2) + '-' + random_text(call.environment.random, small_alphabet, 8);
  const directory::Unit unit{.id = id,
                             .arn = directory::organization_arn(stored.management_account, "ou", stored.id + '/' + id),
                             .name = call.input.str("Name"),
                             .parent = parent.id,
                             .tags = service::tags_of(call.input["Tags"])};
  tables::units.put(call.transaction, unit, id);
  directory::attach_defaults(call.transaction, stored, id);
  return Json::object({{"OrganizationalUnit", records::wire_of(unit)}});
}

ApiResult<Json> describe_unit(const Call& call) {
  RW_TRY(const Node unit, find_unit(call, call.input.text("OrganizationalUnitId")));
  return Json::object({{"OrganizationalUnit", unit.shown()}});
}

ApiResult<Json> update_unit(const Call& call) {
  RW_TRY(Node unit, find_unit(call, call.input.text("OrganizationalUnitId")));
  if (call.input.contains("Name")) {
    if (auto fault = fault_in_unit_name(call, unit.parent, call.input.text("Name"), unit.id)) return std::unexpected(*fault);
    std::get<directory::Unit>(unit.record).name = call.input.str("Name");
    put(call, unit);
  }
  return Json::object({{"OrganizationalUnit", unit.shown()}});
}

ApiResult<Json> delete_unit(const Call& call) {
  RW_TRY(const Node unit, find_unit(call, call.input.text("OrganizationalUnitId")));
  if (!children(call, unit.id, NodeType::unit).empty() || !children(call, unit.id, NodeType::account).empty()) {
    return api_error("OrganizationalUnitNotEmptyException", "The specified OU is not empty. Move all accounts to another root or to other OUs, remove all child OUs, and try the operation again.");
  }
  for (const auto& row : tables::attachments.list(call.transaction, unit.id)) tables::attachments.erase(call.transaction, unit.id, row.parts[1]);
  tables::units.erase(call.transaction, unit.id);
  return Json::object();
}

ApiResult<Json> list_units(const Call& call) {
  RW_TRY(const Node parent, find_parent(call, call.input.text("ParentId")));
  std::vector<Listed> items;
  for (const Node& unit : children(call, parent.id, NodeType::unit)) items.push_back({unit.id, unit.shown()});
  return page(call, std::move(items), "OrganizationalUnits");
}

ApiResult<Json> list_children(const Call& call) {
  RW_TRY(const Node parent, find_parent(call, call.input.text("ParentId")));
  const std::string_view type = call.input.text("ChildType");
  if (type != "ACCOUNT" && type != "ORGANIZATIONAL_UNIT") return api_error("InvalidInputException", "ChildType must be ACCOUNT or ORGANIZATIONAL_UNIT.");
  std::vector<Listed> items;
  for (const Node& child : children(call, parent.id, type == "ACCOUNT" ? NodeType::account : NodeType::unit)) {
    items.push_back({child.id, Json::object({{"Id", child.id}, {"Type", type}})});
  }
  return page(call, std::move(items), "Children");
}

ApiResult<Json> list_parents(const Call& call) {
  const std::optional<Node> child = find_node(call, call.input.text("ChildId"));
  if (!child || child->type == NodeType::root) {
    return api_error("ChildNotFoundException", "You specified an organizational unit (OU) or AWS account that doesn't exist.");
  }
  const std::optional<Node> parent = find_node(call, child->parent);
  std::vector<Listed> items;
  if (parent) items.push_back({parent->id, Json::object({{"Id", parent->id}, {"Type", name_of(parent->type)}})});
  return page(call, std::move(items), "Parents");
}

}  // namespace

void add_tree_operations(Operations& operations) {
  operations.push_back({"CreateOrganization", Access::write, ask_to_create(), create_organization});
  operations.push_back({"DescribeOrganization", Access::read, service::ask_on_star("organizations:DescribeOrganization"), describe_organization});
  operations.push_back({"ListRoots", Access::read, ask_on_star("organizations:ListRoots"), list_roots});
  operations.push_back({"CreateOrganizationalUnit", Access::write, ask_about("organizations:CreateOrganizationalUnit", {node_in("ParentId")}, add_request_tags), create_unit});
  operations.push_back({"DescribeOrganizationalUnit", Access::read, ask_about("organizations:DescribeOrganizationalUnit", {node_in("OrganizationalUnitId")}), describe_unit});
  operations.push_back({"UpdateOrganizationalUnit", Access::write, ask_about("organizations:UpdateOrganizationalUnit", {node_in("OrganizationalUnitId")}), update_unit});
  operations.push_back({"DeleteOrganizationalUnit", Access::write, ask_about("organizations:DeleteOrganizationalUnit", {node_in("OrganizationalUnitId")}), delete_unit});
  operations.push_back({"ListOrganizationalUnitsForParent", Access::read, ask_about("organizations:ListOrganizationalUnitsForParent", {node_in("ParentId")}), list_units});
  operations.push_back({"ListChildren", Access::read, ask_about("organizations:ListChildren", {node_in("ParentId")}), list_children});
  operations.push_back({"ListParents", Access::read, ask_about("organizations:ListParents", {node_in("ChildId")}), list_parents});
}

}  // namespace ringwall::organizations::detail
