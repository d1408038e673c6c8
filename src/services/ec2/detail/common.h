#pragma once
// What all of EC2's operations share: kinds of resources, their errors, ARNs, questions and tags.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "network/documents.h"
#include "network/network.h"
#include "service/service.h"
#include "services/ec2/ec2.h"

namespace ringwall::ec2 {

using estate::Tags;
using network::Kind;
using service::api_error;
using service::ApiError;
using service::ApiResult;
using service::Call;
using service::Question;
using service::Questions;
using text::Json;

using DocumentPtr = std::shared_ptr<const Json>;

// One row for each kind of resource: how it is named and what is said when it is missing.
struct Resource {
  Kind kind;
  std::string_view prefix;     // of its ids, without the hyphen
  std::string_view type;       // in ARNs and tag specifications
  std::string_view id_member;  // of its document
  std::string_view id_key;     // the condition key with its id; empty: none
  std::string_view missing;    // error code
  std::string_view noun;       // "The <noun> 'x' does not exist"
  std::string_view malformed;  // error code of what can be no id
};
const Resource& resource_of(Kind kind);
const Resource* resource_of_id(std::string_view id);  // by prefix; null: no such kind

inline constexpr std::string_view rule_type = "security-group-rule";

std::string arn_of(const Call& call, std::string_view type, std::string_view id);

// A document of the caller's account; null when it does not exist.
DocumentPtr find(const Call& call, Kind kind, std::string_view id);
ApiResult<DocumentPtr> need(const Call& call, Kind kind, std::string_view id);
// What is said of an id by which nothing is found: that it is none, or that there is no such resource.
std::unexpected<ApiError> missing(Kind kind, std::string_view id);
// Has the text the form of an id: the prefix, a hyphen, and 8 or 17 hexadecimal digits?
bool is_id(std::string_view prefix, std::string_view text);
// All documents of a kind, or those of one VPC, in the order of their ids.
std::vector<DocumentPtr> all_of(const Call& call, Kind kind);
std::vector<DocumentPtr> all_of(const Call& call, Kind kind, std::string_view vpc_id);
void save(const Call& call, Kind kind, const Json& document);  // under its own id

// The rule with this id and the group it is in; nothing if there is none.
struct FoundRule {
  Json group;
  std::size_t index = 0;
  const Json& rule() const { return group["rules"].items()[index]; }
};
std::optional<FoundRule> find_rule(const Call& call, std::string_view rule_id);

// --- questions: EC2 asks about every resource a call touches --------------------------------
// About a resource that is there, with its tags and VPC; one that is not is asked about too, so
// that a caller without permission cannot learn which ids exist.
Question about(const Call& call, std::string action, Kind kind, std::string_view id);
Question about_rule(const Call& call, std::string action, std::string_view rule_id);
// About a resource the call would make: ARN ending in `*`, with the tags of the request.
Question about_new(const Call& call, std::string action, std::string_view type, std::string_view vpc_id, const Tags& tags);
Question about_everything(const Call& call, std::string action);
// Adds ec2:CreateTags on the resource being made when the request tags it.
void ask_to_tag(Questions& questions, const Call& call, std::string_view create_action, const Question& made, const Tags& tags);

service::Ask ask_everything(std::string action);
service::Ask ask_about(std::string action, Kind kind, std::string id_input);

// --- inputs ----------------------------------------------------------------------------------
std::vector<std::string> strings_of(const Json& list);
// The tags a request puts on the resource it makes. Refuses other resource types and bad tags.
ApiResult<Tags> requested_tags(const Json& input, std::string_view type);
// "The request must contain the parameter x" when the member is absent or empty.
ApiResult<std::string> required(const Json& input, std::string_view member);
// A parameter for something Ringwall does not have: never ignored.
ApiResult<void> refuse_members(const Json& input, std::initializer_list<std::string_view> members);

// EC2's operation: with DryRun it says what would have happened and changes nothing.
service::Operation operation(std::string name, service::Access access, service::Ask ask, service::Handler handler);

// Each adds its operations to the service's.
using Operations = std::vector<service::Operation>;
void add_vpc_operations(Operations& all);
void add_subnet_operations(Operations& all);
void add_group_operations(Operations& all);
void add_rule_operations(Operations& all);
void add_interface_operations(Operations& all);
void add_tag_operations(Operations& all);
void add_endpoint_operations(Operations& all);
void add_place_operations(Operations& all);

// Shared between files.
struct Zone {
  std::string name, id;
};
std::vector<Zone> zones_of(std::string_view region);
Json default_group(const Call& call, const std::string& vpc_id);

}  // namespace ringwall::ec2
