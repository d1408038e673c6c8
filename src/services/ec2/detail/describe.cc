#include "services/ec2/detail/describe.h"

#include <algorithm>
#include <set>

#include "service/marker.h"
#include "text/glob.h"

namespace ringwall::ec2 {
namespace {

void collect(const Json& value, std::string_view path, std::vector<std::string>& out) {
  if (value.is_array()) {
    for (const Json& item : value.items()) collect(item, path, out);
    return;
  }
  if (!path.empty()) {
    const auto dot = path.find('.');
    const Json* next = value.find(path.substr(0, dot));
    if (next != nullptr) collect(*next, dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1), out);
    return;
  }
  if (value.is_string()) out.emplace_back(value.as_string());
  if (value.is_bool()) out.emplace_back(value.as_bool() ? "true" : "false");
  if (value.is_integer()) out.push_back(std::to_string(value.as_integer()));
}

ApiResult<std::vector<std::string>> filtered_values(const Json& document, std::string_view name, const std::vector<Filter>& known) {
  std::vector<std::string> values;
  if (name.starts_with("tag:")) {
    for (const Json& tag : document["Tags"].items()) {
      if (tag.text("Key") == name.substr(4)) values.push_back(tag.str("Value"));
    }
    return values;
  }
  if (name == "tag-key") return values_at(document, "Tags.Key");
  if (name == "tag-value") return values_at(document, "Tags.Value");
  const auto filter = std::ranges::find(known, name, &Filter::name);
  if (filter == known.end()) return api_error("InvalidParameterValue", "The filter '" + std::string(name) + "' is invalid");
  return values_at(document, filter->path);
}

ApiResult<void> check_filters(const Json& filters, const std::vector<Filter>& known) {
  std::size_t count = 0;
  for (const Json& filter : filters.items()) {
    count += filter["Values"].items().size();
    RW_TRY([[maybe_unused]] const auto values, filtered_values(Json::object(), filter.text("Name"), known));
    if (filter["Values"].items().empty()) {
      return api_error("InvalidParameterValue", "The filter '" + filter.str("Name") + "' must have at least one value");
    }
  }
  if (count > filter_values_max) {
    return api_error("FilterLimitExceeded", "The maximum number of filter values specified on a single call is " + std::to_string(filter_values_max));
  }
  return {};
}

struct PageRequest {
  std::string marker;
  std::size_t size = static_cast<std::size_t>(page_size_max);
};

ApiResult<PageRequest> page_request(const Call& call, bool has_ids, std::string_view ids_input) {
  PageRequest page;
  if (const Json* size = call.input.find("MaxResults"); size != nullptr && !size->is_null()) {
    if (has_ids) {
      return api_error("InvalidParameterCombination", "The parameter " + std::string(ids_input) + " cannot be used with the parameter maxResults");
    }
    if (size->as_integer() < page_size_min || size->as_integer() > page_size_max) {
      return api_error("InvalidMaxResults", "Value ( " + std::to_string(size->as_integer()) + " ) for parameter maxResults is invalid. Expecting a value from " +
                                                std::to_string(page_size_min) + " to " + std::to_string(page_size_max) + ".");
    }
    page.size = static_cast<std::size_t>(size->as_integer());
  }
  if (const std::string_view token = call.input.text("NextToken"); !token.empty()) {
    std::optional<std::string> marker = service::key_of_marker(token);
    if (!marker) return api_error("InvalidNextToken", "The token '" + std::string(token) + "' is invalid");
    page.marker = *std::move(marker);
  }
  return page;
}

}  // namespace

Listing listing_of(Kind kind, std::string_view result, std::string_view ids_input, std::vector<Filter> filters) {
  const Resource& resource = resource_of(kind);
  return {result,        ids_input,          resource.id_member, resource.missing,
          resource.noun, std::move(filters), resource.prefix,    resource.malformed};
}

std::vector<std::string> values_at(const Json& document, std::string_view path) {
  std::vector<std::string> values;
  collect(document, path, values);
  return values;
}

std::vector<Json> copies_of(const std::vector<DocumentPtr>& documents) {
  std::vector<Json> copies;
  copies.reserve(documents.size());
  for (const auto& document : documents) copies.push_back(*document);
  return copies;
}

ApiResult<bool> passes(const Json& document, const Json& filters, const std::vector<Filter>& known) {
  for (const Json& filter : filters.items()) {
    RW_TRY(const auto actual, filtered_values(document, filter.text("Name"), known));
    const bool any = std::ranges::any_of(filter["Values"].items(), [&](const Json& wanted) {
      const text::Glob pattern(wanted.as_string());
      return std::ranges::any_of(actual, [&](const std::string& value) { return pattern.matches(value); });
    });
    if (!any) return false;
  }
  return true;
}

ApiResult<Json> describe(const Call& call, const Listing& listing, std::vector<Json> documents) {
  const Json& filters = call.input["Filters"];
  RW_DO(check_filters(filters, listing.filters));
  const auto ids = listing.ids_input.empty() ? std::vector<std::string>() : strings_of(call.input[listing.ids_input]);
  const std::set<std::string, std::less<>> wanted(ids.begin(), ids.end());
  std::set<std::string, std::less<>> absent = wanted;
  for (const Json& document : documents) absent.erase(document.str(listing.id_member));
  for (const auto& id : absent) {
    if (!listing.prefix.empty() && !is_id(listing.prefix, id))
      return api_error(std::string(listing.malformed), "Invalid id: \"" + id + "\"");
  }
  if (!absent.empty()) {
    std::string list;
    for (const auto& id : absent) list += (list.empty() ? "'" : ", '") + id + "'";
    return api_error(std::string(listing.missing),
                     absent.size() == 1 ? "The " + std::string(listing.noun) + " " + list + " does not exist"
                                        : "The " + std::string(listing.noun) + "s " + list + " do not exist");
  }
  RW_TRY(const PageRequest request, page_request(call, !wanted.empty(), listing.ids_input));
  std::vector<Json> kept;
  for (Json& document : documents) {
    if (!wanted.empty() && !wanted.contains(document.text(listing.id_member))) continue;
    RW_TRY(const bool passed, passes(document, filters, listing.filters));
    if (passed) kept.push_back(std::move(document));
  }
  auto page = service::page_of(std::move(kept), request.marker, request.size,
                               [&](const Json& document) { return document.str(listing.id_member); });
  Json output = Json::object({{std::string(listing.result), Json::array(std::move(page.items))}});
  if (!page.next.empty()) output.set("NextToken", service::marker_of(page.next));
  return output;
}

}  // namespace ringwall::ec2
