#include "service/traits.h"
#include "services/rds/rds.h"

#include <algorithm>

#include "service/marker.h"
#include "services/rds/detail/common.h"
#include "text/encode.h"

namespace ringwall::rds {
namespace detail {

namespace {

constexpr std::int64_t records_min = 20, records_max = 100;

}  // namespace

std::string arn_of(const Call& call, std::string_view kind, std::string_view name) {
  return "arn:aws:rds:" + call.environment.region + ":" + call.account() + ":" + std::string(kind) + ":" + text::lower(name);
}

ApiResult<Instance> find_instance(const Call& call, std::string_view member) {
  const std::string named = call.input.str(member);
  std::string identifier = named;
  const std::string prefix = arn_of(call, "db", "");
  if (named.starts_with(prefix)) identifier = named.substr(prefix.size());
  auto instance = tables::instances.get(call.transaction, call.account(), identifier);
  if (!instance) return api_error("DBInstanceNotFound", "DBInstance " + named + " not found.");
  return *std::move(instance);
}

void put_instance(const Call& call, const Instance& instance) {
  tables::instances.put(call.transaction, instance, call.account(), instance.wanted.identifier);
}

Json shown(const Instance& instance) {
  Json answer = records::wire_of(instance);
  if (instance.observed.status == Status::creating) answer.erase("Endpoint");
  return answer;
}

void add_tags_context(policy::Context& context, std::string_view prefix, const estate::Tags& tags) {
  for (const auto& [key, value] : tags) context.set(std::string(prefix) + key, value);
}

service::Question instance_question(const Call& call, std::string action, const Instance& instance) {
  const Wanted& wanted = instance.wanted;
  service::Question question{.action = std::move(action), .resource = arn_of(call, "db", wanted.identifier)};
  service::add_resource_tags(question.context, wanted.tags);
  add_tags_context(question.context, "rds:db-tag/", wanted.tags);
  question.context.set("rds:DatabaseEngine", wanted.engine);
  question.context.set("rds:DatabaseClass", wanted.instance_class);
  question.context.set("rds:DatabaseName", wanted.database);
  question.context.set("rds:StorageEncrypted", "true");
  question.context.set("rds:StorageSize", std::to_string(instance.observed.storage));
  question.context.set("rds:MultiAz", "false");
  question.context.set("rds:Vpc", wanted.vpc.empty() ? "false" : "true");
  return question;
}

service::Ask ask_instance(std::string action) {
  return [action = std::move(action)](const Call& call) -> ApiResult<service::Questions> {
    const auto instance = find_instance(call);
    if (!instance) return std::unexpected(instance.error());
    return service::Questions{{instance_question(call, action, *instance)}};
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

service::Service service(const std::vector<std::unique_ptr<engine::Engine>>& engines, const crypto::Authority& authority) {
  const auto export_instances = [](service::Export& to, const std::string& account) {
    return to.add(to.region_of(account) + "/rds/instances.json", account, "DescribeDBInstances");
  };
  const auto remaining = [](store::Transaction& transaction, const std::string& account) {
    return tables::instances.count(transaction, 1, account) > 0 ? std::optional<std::string>("DB instances") : std::nullopt;
  };
  return {*awsapi::builtin_model("rds"), operations(engines, authority), {.exports = {.of_account = export_instances}, .remaining = remaining}};
}

}  // namespace ringwall::rds
