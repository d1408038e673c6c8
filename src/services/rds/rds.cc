#include "services/rds/rds.h"

#include <algorithm>

#include "service/marker.h"
#include "services/rds/detail/common.h"
#include "text/encode.h"

namespace ringwall::rds {
namespace detail {

namespace {

constexpr std::int64_t records_min = 20, records_max = 100;

// What the documents hold that the API does not answer while an instance has never been available.
constexpr std::string_view creating = "creating";

}  // namespace

std::string arn_of(const Call& call, std::string_view kind, std::string_view name) {
  return "arn:aws:rds:" + call.environment.region + ":" + call.account() + ":" + std::string(kind) + ":" + text::lower(name);
}

ApiResult<std::shared_ptr<const Json>> find_instance(const Call& call, std::string_view member) {
  const std::string named = call.input.str(member);
  std::string identifier = named;
  const std::string prefix = arn_of(call, "db", "");
  if (named.starts_with(prefix)) identifier = named.substr(prefix.size());
  auto document = call.transaction.get(instance_key(call.account(), identifier));
  if (!document) return api_error("DBInstanceNotFound", "DBInstance " + named + " not found.");
  return document;
}

void put_instance(const Call& call, const Json& document) {
  call.transaction.put(instance_key(call.account(), document.text("DBInstanceIdentifier")), document);
}

Json shown(const Json& document) {
  Json answer = document;
  if (document.text("DBInstanceStatus") == creating) answer.erase("Endpoint");
  return answer;
}

void add_tags_context(policy::Context& context, std::string_view prefix, const estate::Tags& tags) {
  for (const auto& [key, value] : tags) context.set(std::string(prefix) + key, value);
}

service::Question instance_question(const Call& call, std::string action, const Json& document) {
  service::Question question{.action = std::move(action), .resource = arn_of(call, "db", document.text("DBInstanceIdentifier"))};
  const estate::Tags tags = service::tags_of(document["TagList"]);
  service::add_resource_tags(question.context, tags);
  add_tags_context(question.context, "rds:db-tag/", tags);
  question.context.set("rds:DatabaseEngine", document.str("Engine"));
  question.context.set("rds:DatabaseClass", document.str("DBInstanceClass"));
  question.context.set("rds:DatabaseName", document.str("DBName"));
  question.context.set("rds:StorageEncrypted", document["StorageEncrypted"].as_bool() ? "true" : "false");
  question.context.set("rds:StorageSize", std::to_string(document["AllocatedStorage"].as_integer()));
  question.context.set("rds:MultiAz", document["MultiAZ"].as_bool() ? "true" : "false");
  question.context.set("rds:Vpc", document.str("vpc").empty() ? "false" : "true");
  return question;
}

service::Ask ask_instance(std::string action) {
  return [action = std::move(action)](const Call& call) -> ApiResult<service::Questions> {
    const auto document = find_instance(call);
    if (!document) return std::unexpected(document.error());
    return service::Questions{{instance_question(call, action, **document)}};
  };
}

ApiResult<Json> paged(const Json& input, std::vector<Json> items, std::string_view list, std::string_view key) {
  const std::int64_t size = input["MaxRecords"].as_integer(records_max);
  if (size < records_min || size > records_max) {
    return api_error("InvalidParameterValue", "Invalid value " + std::to_string(size) + " for MaxRecords. Must be between 20 and 100");
  }
  const std::string_view marker = input.text("Marker");
  const std::optional<std::string> from = marker.empty() ? std::string() : service::key_of_marker(marker);
  if (!from)
    return api_error("InvalidParameterValue",
                     "The Marker " + std::string(marker) + " is not one that a list was answered with.");
  auto page = service::page_of(std::move(items), *from, static_cast<std::size_t>(size),
                               [&](const Json& item) { return item.str(key); });
  Json output = Json::object({});
  output.set(list, Json::array(std::move(page.items)));
  if (!page.next.empty()) output.set("Marker", service::marker_of(page.next));
  return output;
}

ApiResult<std::vector<Json>> filtered(const Json& input, std::vector<Json> items,
                                      const std::vector<std::pair<std::string_view, Fits>>& tests) {
  for (const Json& filter : input["Filters"].items()) {
    const auto test = std::ranges::find(tests, filter.text("Name"), &std::pair<std::string_view, Fits>::first);
    if (test == tests.end()) {
      return api_error("InvalidParameterValue", "Unrecognized filter name: " + filter.str("Name"));
    }
    const auto& values = filter["Values"].items();
    if (values.empty()) return api_error("InvalidParameterValue", "The filter " + filter.str("Name") + " has no values.");
    std::erase_if(items, [&](const Json& item) {
      return std::ranges::none_of(values, [&](const Json& value) { return test->second(item, value.as_string()); });
    });
  }
  return items;
}

}  // namespace detail

std::vector<service::Operation> operations(const std::vector<std::unique_ptr<engine::Engine>>& engines,
                                           const crypto::Authority& authority) {
  const detail::Catalogue catalogue{engines, authority};
  std::vector<service::Operation> all;
  for (auto part : {detail::instance_operations(catalogue), detail::lifecycle_operations(), detail::subnet_group_operations(),
                    detail::catalogue_operations(catalogue), detail::tag_operations()}) {
    std::ranges::move(part, std::back_inserter(all));
  }
  return all;
}

}  // namespace ringwall::rds
