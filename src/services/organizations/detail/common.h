#pragma once
// What the operations of Organizations share: the tree's documents, errors, pages, questions.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "directory/records.h"
#include "service/service.h"
#include "services/organizations/organizations.h"

namespace ringwall::organizations::detail {

using service::Access;
using service::api_error;
using service::ApiError;
using service::ApiResult;
using service::Ask;
using service::Call;
using service::Operation;
using service::Question;
using service::Questions;
using text::Json;

using directory::ControlPolicy;
using directory::StoredOrganization;
using directory::Tags;
namespace tables = directory::tables;

// AWSOrganizationsNotInUseException before there is one.
ApiResult<StoredOrganization> organization(const Call& call);

// A place in the tree: the root, a unit or an account.
enum class NodeType : std::uint8_t { root, unit, account };
struct Node {
  NodeType type;
  std::variant<directory::Root, directory::Unit, directory::StoredAccount> record;
  std::string id, name, arn;
  std::string parent;  // empty: the root
  Tags& tags();
  Json shown() const;
};
void put(const Call& call, const Node& node);
std::optional<Node> find_node(const Call& call, std::string_view id);
std::string_view name_of(NodeType type);  // "ROOT", "ORGANIZATIONAL_UNIT", "ACCOUNT"
std::vector<Node> nodes(const Call& call);
std::vector<Node> children(const Call& call, std::string_view parent, NodeType type);
ApiResult<Node> find_unit(const Call& call, std::string_view id);
ApiResult<Node> find_account(const Call& call, std::string_view id);
ApiResult<Node> find_root(const Call& call, std::string_view id);
// A root or a unit; `code` if it is neither.
ApiResult<Node> find_parent(const Call& call, std::string_view id, const char* code = "ParentNotFoundException");

ApiResult<ControlPolicy> find_policy(const Call& call, std::string_view id);

std::optional<ApiError> fault_in_tags(const Json& tags);

// Puts the page of `items` (keyed by their place in the order) that NextToken and MaxResults ask
// for into `output` under `member`.
struct Listed {
  std::string key;
  Json item;
};
ApiResult<Json> page(const Call& call, std::vector<Listed> items, std::string_view member);

// What lets the caller's account, which is not the management account, ask for `action`: the
// organisation's resource policy, and that it is a delegated administrator. AccessDeniedException
// to accounts that nothing was delegated to, and for operations that cannot be.
ApiResult<service::ResourcePolicy> delegation_to(const Call& call, std::string_view action);
void remove_delegations(const Call& call, std::string_view account);

// Questions. Each is asked of the management account, and of members where that is delegated; to
// others every operation but DescribeOrganization answers AccessDeniedException.
using ResourceOf = std::function<std::string(const Call&)>;
using AddKeys = std::function<void(const Call&, policy::Context&)>;
Ask ask_about(std::string action, std::vector<ResourceOf> resources, AddKeys add = {});
Ask ask_on_star(std::string action, AddKeys add = {});
// The ARN of the node or policy that the input's `member` names; what it would be if none is.
ResourceOf node_in(std::string member);
ResourceOf policy_in(std::string member);
void add_request_tags(const Call& call, policy::Context& context);

using Operations = std::vector<Operation>;
void add_tree_operations(Operations& operations);
void add_account_operations(Operations& operations, const Remaining& remaining);
void add_policy_operations(Operations& operations);
void add_attachment_operations(Operations& operations);
void add_tag_operations(Operations& operations);
void add_delegation_operations(Operations& operations);

}  // namespace ringwall::organizations::detail
