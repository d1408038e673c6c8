// Regions, zones and what an account has of things Ringwall does not make: told as they are.

#include <algorithm>
#include <map>

#include "services/ec2/detail/common.h"
#include "services/ec2/detail/describe.h"

namespace ringwall::ec2 {
namespace {

// "use1" of "us-east-1", "apse2" of "ap-southeast-2": the beginning of zone ids.
std::string short_region(std::string_view region) {
  static constexpr std::pair<std::string_view, std::string_view> directions[] = {
      {"northeast", "ne"}, {"northwest", "nw"}, {"southeast", "se"}, {"southwest", "sw"}, {"central", "c"},
      {"north", "n"},      {"south", "s"},      {"east", "e"},       {"west", "w"}};
  std::string out;
  while (!region.empty()) {
    const auto hyphen = region.find('-');
    const std::string_view part = region.substr(0, hyphen);
    std::string_view short_part = part;
    for (const auto& [name, letters] : directions) {
      if (part == name) short_part = letters;
    }
    out += short_part;
    region = hyphen == std::string_view::npos ? std::string_view() : region.substr(hyphen + 1);
  }
  return out;
}

ApiResult<Json> describe_zones(const Call& call) {
  const std::string& region = call.environment.region;
  std::vector<Json> zones;
  for (const auto& zone : zones_of(region)) {
    zones.push_back(Json::object({{"ZoneName", zone.name},
                                  {"ZoneId", zone.id},
                                  {"RegionName", region},
                                  {"GroupName", region + "-zg-1"},
                                  {"NetworkBorderGroup", region},
                                  {"OptInStatus", "opt-in-not-required"},
                                  {"State", "available"},
                                  {"ZoneType", "availability-zone"},
                                  {"Messages", Json::array()}}));
  }
  const std::vector<Filter> filters = {{"group-long-name", "GroupLongName"},
                                       {"parent-zone-id", "ParentZoneId"},
                                       {"parent-zone-name", "ParentZoneName"},
                                       {"group-name", "GroupName"},
                                       {"message", "Messages.Message"},
                                       {"opt-in-status", "OptInStatus"},
                                       {"region-name", "RegionName"},
                                       {"state", "State"},
                                       {"zone-id", "ZoneId"},
                                       {"zone-name", "ZoneName"},
                                       {"zone-type", "ZoneType"}};
  const bool by_id = !call.input["ZoneIds"].items().empty();
  return describe(call,
                  {"AvailabilityZones", by_id ? "ZoneIds" : "ZoneNames", by_id ? "ZoneId" : "ZoneName", "InvalidParameterValue",
                   "availability zone", filters},
                  std::move(zones));
}

ApiResult<Json> describe_regions(const Call& call) {
  const std::string& region = call.environment.region;
  const Json here = Json::object({{"RegionName", region},
                                  {"Endpoint", "ec2." + region + "." + call.environment.dns_suffix},
                                  {"OptInStatus", "opt-in-not-required"}});
  return describe(call,
                  {"Regions", "RegionNames", "RegionName", "InvalidParameterValue", "region",
                   {{"endpoint", "Endpoint"}, {"opt-in-status", "OptInStatus"}, {"region-name", "RegionName"}}},
                  {here});
}

ApiResult<Json> describe_account_attributes(const Call& call) {
  const std::map<std::string, std::string> attributes = {
      {"default-vpc", "none"},
      {"max-instances", "0"},
      {"supported-platforms", "VPC"},
      {"vpc-max-security-groups-per-interface", std::to_string(network::groups_per_interface_max)},
  };
  const auto names = strings_of(call.input["AttributeNames"]);
  Json list = Json::array();
  for (const auto& [name, value] : attributes) {
    if (!names.empty() && std::ranges::find(names, name) == names.end()) continue;
    list.push(Json::object({{"AttributeName", name}, {"AttributeValues", Json::array({Json::object({{"AttributeValue", value}})})}}));
  }
  return Json::object({{"AccountAttributes", std::move(list)}});
}

// Kinds of things that cannot be made here: every account has none of them, whatever is asked.
service::Handler none_of(std::string_view result, std::string_view ids_input, std::string_view missing_code, std::string_view noun,
                         std::vector<Filter> filters) {
  return [=](const Call& call) { return describe(call, {result, ids_input, "Id", missing_code, noun, filters}, {}); };
}

}  // namespace

std::vector<Zone> zones_of(std::string_view region) {
  constexpr int zones = 3;
  std::vector<Zone> all;
  for (int i = 0; i < zones; ++i) {
    all.push_back({std::string(region) + static_cast<char>('a' + i), short_region(region) + "-az" + std::to_string(i + 1)});
  }
  return all;
}

void add_place_operations(Operations& all) {
  using service::Access;
  const auto add = [&](const std::string& name, service::Handler handler) {
    all.push_back(operation(name, Access::read, ask_everything("ec2:" + name), std::move(handler)));
  };
  add("DescribeAvailabilityZones", describe_zones);
  add("DescribeRegions", describe_regions);
  add("DescribeAccountAttributes", describe_account_attributes);
  add("DescribePrefixLists", none_of("PrefixLists", "PrefixListIds", "InvalidPrefixListId.NotFound", "prefix list ID",
                                     {{"prefix-list-id", "PrefixListId"}, {"prefix-list-name", "PrefixListName"}}));
  add("DescribeInternetGateways", none_of("InternetGateways", "InternetGatewayIds", "InvalidInternetGatewayID.NotFound", "internetGateway ID",
                                          {{"attachment.state", "Attachments.State"},
                                           {"attachment.vpc-id", "Attachments.VpcId"},
                                           {"internet-gateway-id", "InternetGatewayId"},
                                           {"owner-id", "OwnerId"}}));
}

}  // namespace ringwall::ec2
