#include "services/organizations/detail/common.h"

#include <algorithm>

#include "directory/documents.h"
#include "service/marker.h"
#include "text/encode.h"

namespace ringwall::organizations::detail {
namespace {

constexpr std::pair<NodeType, std::string_view> node_prefixes[] = {
    {NodeType::root, "org/root/"}, {NodeType::unit, "org/ou/"}, {NodeType::account, "org/account/"}};

Node node_of(NodeType type, const std::string& key, const Document& document) {
  return {.type = type, .key = key, .id = document->str("Id"), .name = document->str("Name"), .document = document};
}

ApiResult<Node> find_of(const Call& call, std::string_view id, NodeType type, const char* code, const char* message) {
  std::optional<Node> node = find_node(call, id);
  if (!node || node->type != type) return api_error(code, message);
  return *std::move(node);
}

}  // namespace

ApiResult<Document> organization(const Call& call) {
  Document document = call.transaction.get("org/organization");
  if (document == nullptr) return api_error("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.");
  return document;
}

std::optional<Node> find_node(const Call& call, std::string_view id) {
  if (id.empty() || id.contains('/')) return std::nullopt;
  for (const auto& [type, prefix] : node_prefixes) {
    const std::string key = std::string(prefix) + std::string(id);
    if (const Document document = call.transaction.get(key)) return node_of(type, key, document);
  }
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
  for (const auto& [type, prefix] : node_prefixes) {
    for (const store::Entry& entry : call.transaction.list(prefix)) all.push_back(node_of(type, entry.key, entry.document));
  }
  return all;
}

std::vector<Node> children(const Call& call, std::string_view parent, NodeType type) {
  std::vector<Node> all = nodes(call);
  std::erase_if(all, [&](const Node& node) { return node.type != type || node.document->text("parent") != parent; });
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

std::string policy_key(std::string_view id) { return "org/policy/" + std::string(id); }

ApiResult<Document> find_policy(const Call& call, std::string_view id) {
  Document document = id.empty() || id.contains('/') ? nullptr : call.transaction.get(policy_key(id));
  if (document == nullptr) return api_error("PolicyNotFoundException", "You specified a policy that doesn't exist.");
  return document;
}

std::string_view type_of(const Json& policy) { return policy["PolicySummary"].text("Type"); }

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
    RW_TRY(const Document stored, organization(call));
    const std::string management = stored->str("MasterAccountId");
    std::optional<service::ResourcePolicy> delegation;
    if (call.account() != management) {
      RW_TRY(delegation, delegation_to(call, action));
    }
    policy::Context context;
    if (add) add(call, context);
    Questions questions;
    for (const ResourceOf& resource : resources) {
      questions.all.push_back({.action = action, .resource = resource(call), .resource_account = management, .context = context, .resource_policy = delegation});
      if (const std::optional<Node> node = find_node(call, questions.all.back().resource.substr(questions.all.back().resource.rfind('/') + 1))) {
        service::add_resource_tags(questions.all.back().context, service::tags_of((*node->document)["Tags"]));
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
    if (const std::optional<Node> node = find_node(call, id)) return node->document->str("Arn");
    const std::string_view kind = id.starts_with("r-") ? "root" : id.starts_with("ou-") ? "ou" : "account";
    const Document stored = call.transaction.get("org/organization");
    return directory::organization_arn(stored->text("MasterAccountId"), kind, stored->str("Id") + '/' + id);
  };
}

ResourceOf policy_in(std::string member) {
  return [member = std::move(member)](const Call& call) -> std::string {
    const std::string id = call.input.str(member);
    if (const ApiResult<Document> policy = find_policy(call, id)) return (**policy)["PolicySummary"].str("Arn");
    const Document stored = call.transaction.get("org/organization");
    return directory::organization_arn(stored->text("MasterAccountId"), "policy", stored->str("Id") + "/service_control_policy/" + id);
  };
}

void add_request_tags(const Call& call, policy::Context& context) { service::add_request_tags(context, service::tags_of(call.input["Tags"])); }

}  // namespace ringwall::organizations::detail
