// Tags on users, roles and managed policies. IAM's tag keys are unique without regard to case,
// so a tag set again in another case replaces the one there was.

#include <algorithm>

#include "directory/documents.h"
#include "services/iam/detail/common.h"
#include "text/encode.h"

namespace ringwall::iam::detail {
namespace {

using service::Access;

// Where the tagged document is, and how it reads now.
struct Tagged {
  std::string key;
  Json document;
};
using Find = std::function<ApiResult<Tagged>(const Call&)>;

void erase_tag(Json::Array& tags, std::string_view key) {
  std::erase_if(tags, [&](const Json& tag) { return text::lower(tag.text("Key")) == text::lower(key); });
}

void add_tag_keys(const Call& call, policy::Context& context) {
  std::vector<std::string> keys;
  for (const Json& key : call.input["TagKeys"].items()) keys.emplace_back(key.as_string());
  context.set("aws:TagKeys", std::move(keys));
}

service::Handler tag(Find find_tagged) {
  return [find_tagged = std::move(find_tagged)](const Call& call) -> ApiResult<Json> {
    RW_TRY(Tagged tagged, find_tagged(call));
    if (auto fault = fault_in_tags(call.input["Tags"])) return std::unexpected(*fault);
    Json::Array& tags = tagged.document.edit("Tags").edit_items();
    for (const Json& each : call.input["Tags"].items()) {
      erase_tag(tags, each.text("Key"));
      tags.push_back(Json::object({{"Key", each.text("Key")}, {"Value", each.text("Value")}}));
    }
    if (tags.size() > service::tags_max) return std::unexpected(limit_exceeded("TagsPerResource", service::tags_max));
    call.transaction.put(tagged.key, std::move(tagged.document));
    return Json::object();
  };
}

service::Handler untag(Find find_tagged) {
  return [find_tagged = std::move(find_tagged)](const Call& call) -> ApiResult<Json> {
    RW_TRY(Tagged tagged, find_tagged(call));
    for (const Json& key : call.input["TagKeys"].items()) erase_tag(tagged.document.edit("Tags").edit_items(), key.as_string());
    call.transaction.put(tagged.key, std::move(tagged.document));
    return Json::object();
  };
}

service::Handler list_tags(Find find_tagged) {
  return [find_tagged = std::move(find_tagged)](const Call& call) -> ApiResult<Json> {
    RW_TRY(const Tagged tagged, find_tagged(call));
    std::vector<Listed> items;
    for (const Json& each : tagged.document["Tags"].items()) items.push_back({each.str("Key"), each});
    Json output = Json::object();
    if (auto fault = put_page(call, std::move(items), "Tags", output)) return std::unexpected(*fault);
    return output;
  };
}

Find find_identity(const Kind& kind) {
  return [&kind](const Call& call) -> ApiResult<Tagged> {
    RW_TRY(const Document document, find_named(call, kind));
    return Tagged{.key = key_of(call, kind, document->text(kind.name_member)), .document = *document};
  };
}

ApiResult<Tagged> find_own_policy(const Call& call) {
  RW_TRY(std::string key, own_policy_key(call, call.input.text("PolicyArn")));
  RW_TRY(Json document, find_policy(call, call.input.text("PolicyArn")));
  return Tagged{.key = std::move(key), .document = std::move(document)};
}

}  // namespace

void add_tag_operations(Operations& operations) {
  for (const Kind* kind : {&user_kind, &role_kind}) {
    const std::string title(kind->title);
    operations.push_back({"Tag" + title, Access::write, ask_about("iam:Tag" + title, *kind, add_request_tags), tag(find_identity(*kind))});
    operations.push_back({"Untag" + title, Access::write, ask_about("iam:Untag" + title, *kind, add_tag_keys), untag(find_identity(*kind))});
    operations.push_back({"List" + title + "Tags", Access::read, ask_about("iam:List" + title + "Tags", *kind), list_tags(find_identity(*kind))});
  }
  operations.push_back({"TagPolicy", Access::write, ask_about_policy("iam:TagPolicy", add_request_tags), tag(find_own_policy)});
  operations.push_back({"UntagPolicy", Access::write, ask_about_policy("iam:UntagPolicy", add_tag_keys), untag(find_own_policy)});
  operations.push_back({"ListPolicyTags", Access::read, ask_about_policy("iam:ListPolicyTags"), list_tags(find_own_policy)});
}

}  // namespace ringwall::iam::detail
