#include "services/organizations/detail/common.h"

#include <algorithm>

#include "directory/documents.h"
#include "service/marker.h"
#include "text/encode.h"

namespace ringwall::organizations::detail {
namespace {

template <typename Record>
Node node_of(NodeType type, Record record) {
  Node node{.type = type, .record = {}, .id = record.id, .name = record.name, .arn = record.arn, .parent = {}};
  if constexpr (requires { record.parent; }) node.parent = record.parent;
  node.record = std::move(record);
  return node;
}

ApiResult<Node> find_of(const Call& call, std::string_view id, NodeType type, const char* code, const char* message) {
  std::optional<Node> node = find_node(call, id);
  if (!node || node->type != type) return api_error(code, message);
  return *std::move(node);
}

}  // namespace

ApiResult<StoredOrganization> organization(const Call& call) {
  auto stored = tables::organizations.get(call.transaction);
  if (!stored) return api_error("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.");
  return *std::move(stored);
}

Tags& Node::tags() {
  return std::visit([](auto& stored) -> Tags& { return stored.tags; }, record);
}

Json Node::shown() const {
  return std::visit([](const auto& stored) { return records::wire_of(stored); }, record);
}

void put(const Call& call, const Node& node) {
  switch (node.type) {
    case NodeType::root: return tables::roots.put(call.transaction, std::get<directory::Root>(node.record), node.id);
    case NodeType::unit: return tables::units.put(call.transaction, std::get<directory::Unit>(node.record), node.id);
    case NodeType::account: return tables::accounts.put(call.transaction, std::get<directory::StoredAccount>(node.record), node.id);
  }
}

std::optional<Node> find_node(const Call& call, std::string_view id) {
  if (auto root = tables::roots.get(call.transaction, id)) return node_of(NodeType::root, *std::move(root));
  if (auto unit = tables::units.get(call.transaction, id)) return node_of(NodeType::unit, *std::move(unit));
  if (auto account = tables::accounts.get(call.transaction, id)) return node_of(NodeType::account, *std::move(account));
  return std::nullopt;
}

std::string_view name_of(NodeType type) {
  switch (type) {
    case NodeType::root: return "ROOT";
    case NodeType::unit: return "ORGANIZATIONAL_UNIT";
    case NodeType::account: return "ACCOUNT";
  }
  return {};
}

std::vector<Node> nodes(const Call& call) {
  std::vector<Node> all;
  for (auto& row : tables::roots.list(call.transaction)) all.push_back(node_of(NodeType::root, std::move(row.record)));
  for (auto& row : tables::units.list(call.transaction)) all.push_back(node_of(NodeType::unit, std::move(row.record)));
  for (auto& row : tables::accounts.list(call.transaction)) all.push_back(node_of(NodeType::account, std::move(row.record)));
  return all;
}

std::vector<Node> children(const Call& call, std::string_view parent, NodeType type) {
  std::vector<Node> all = nodes(call);
  std::erase_if(all, [&](const Node& node) { return node.type != type || node.parent != parent; });
  return all;
}

ApiResult<Node> find_unit(const Call& call, std::string_view id) {
  return find_of(call, id, NodeType::unit, "OrganizationalUnitNotFoundException", "You specified an organizational unit that doesn't exist.");
}
ApiResult<Node> find_account(const Call& call, std::string_view id) {
  return find_of(call, id, NodeType::account, "AccountNotFoundException", "You specified an account that doesn't exist.");
}
ApiResult<Node> find_root(const Call& call, std::string_view id) {
  return find_of(call, id, NodeType::root, "RootNotFoundException", "You specified a root that doesn't exist.");
}

ApiResult<Node> find_parent(const Call& call, std::string_view id, const char* code) {
  std::optional<Node> node = find_node(call, id);
  if (!node || node->type == NodeType::account) return api_error(code, "You specified a parent that doesn't exist.");
  return *std::move(node);
}

ApiResult<ControlPolicy> find_policy(const Call& call, std::string_view id) {
  auto policy = tables::control_policies.get(call.transaction, id);
  if (!policy) return api_error("PolicyNotFoundException", "You specified a policy that doesn't exist.");
  return *std::move(policy);
}

std::optional<ApiError> fault_in_tags(const Json& tags) {
  if (service::tags_of(tags).size() != tags.items().size()) return ApiError{"InvalidInputException", "You specified the same tag key twice."};
  if (const auto fault = service::fault_in(service::tags_of(tags))) return ApiError{"InvalidInputException", *fault};
  return std::nullopt;
}

ApiResult<Json> page(const Call& call, std::vector<Listed> items, std::string_view member) {
  std::string marker;
  if (const std::string_view token = call.input.text("NextToken"); !token.empty()) {
    std::optional<std::string> key = service::key_of_marker(token);
    if (!key) return api_error("InvalidInputException", "You specified a NextToken that is not valid.");
    marker = *std::move(key);
  }
  const std::int64_t size = std::clamp<std::int64_t>(call.input["MaxResults"].as_integer(20), 1, 20);
  std::ranges::sort(items, {}, &Listed::key);
  auto slice = service::page_of(std::move(items), marker, static_cast<std::size_t>(size), [](const Listed& each) { return each.key; });
  Json list = Json::array();
  for (Listed& each : slice.items) list.push(std::move(each.item));
  Json output = Json::object({{std::string(member), std::move(list)}});
  if (!slice.next.empty()) output.set("NextToken", service::marker_of(slice.next));
  return output;
}

Ask ask_about(std::string action, std::vector<ResourceOf> resources, AddKeys add) {
  return [action = std::move(action), resources = std::move(resources), add = std::move(add)](const Call& call) -> ApiResult<Questions> {
    RW_TRY(const StoredOrganization stored, organization(call));
    const std::string& management = stored.management_account;
    std::optional<service::ResourcePolicy> delegation;
    if (call.account() != management) {
      RW_TRY(delegation, delegation_to(call, action));
    }
    policy::Context context;
    if (add) add(call, context);
    Questions questions;
    for (const ResourceOf& resource : resources) {
      questions.all.push_back({.action = action, .resource = resource(call), .resource_account = management, .context = context, .resource_policy = delegation});
      if (std::optional<Node> node = find_node(call, questions.all.back().resource.substr(questions.all.back().resource.rfind('/') + 1))) {
        service::add_resource_tags(questions.all.back().context, node->tags());
      }
    }
    return questions;
  };
}

Ask ask_on_star(std::string action, AddKeys add) {
  return ask_about(std::move(action), {[](const Call&) { return std::string("*"); }}, std::move(add));
}

ResourceOf node_in(std::string member) {
  return [member = std::move(member)](const Call& call) -> std::string {
    const std::string id = call.input.str(member);
    if (const std::optional<Node> node = find_node(call, id)) return node->arn;
    const std::string_view kind = id.starts_with("r-") ? "root" : id.starts_with("ou-") ? "ou" : "account";
    const StoredOrganization stored = organization(call).value();  // the questions are asked of one
    return directory::organization_arn(stored.management_account, kind, stored.id + '/' + id);
  };
}

ResourceOf policy_in(std::string member) {
  return [member = std::move(member)](const Call& call) -> std::string {
    const std::string id = call.input.str(member);
    if (const ApiResult<ControlPolicy> policy = find_policy(call, id)) return policy->summary.arn;
    const StoredOrganization stored = organization(call).value();
    return directory::organization_arn(stored.management_account, "policy", stored.id + "/service_control_policy/" + id);
  };
}

void add_request_tags(const Call& call, policy::Context& context) { service::add_request_tags(context, service::tags_of(call.input["Tags"])); }

}  // namespace ringwall::organizations::detail
