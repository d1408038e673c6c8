#pragma once
// What RDS's operations share.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/certificate.h"
#include "engine/engine.h"
#include "service/service.h"
#include "services/rds/detail/documents.h"

namespace ringwall::rds::detail {

using service::api_error;
using service::ApiError;
using service::ApiResult;
using service::Call;

inline constexpr std::string_view certificate_id = "ringwall-ca-ecc256-g1";

// What this server can offer.
struct Catalogue {
  const std::vector<std::unique_ptr<engine::Engine>>& engines;
  const crypto::Authority& authority;
};

std::string arn_of(const Call& call, std::string_view kind, std::string_view name);  // kind: "db", "subgrp", "pg", "og"
inline ApiError invalid_value(std::string message) { return {"InvalidParameterValue", std::move(message)}; }
inline ApiError invalid_combination(std::string message) { return {"InvalidParameterCombination", std::move(message)}; }

// The stored instance that the input names, by identifier or ARN; DBInstanceNotFound.
ApiResult<Instance> find_instance(const Call& call, std::string_view member = "DBInstanceIdentifier");
void put_instance(const Call& call, const Instance& instance);
// In a subnet of the group, which has one with room in that zone, or in any if it is empty: an
// interface, in words of RDS if there is none.
struct Where {
  const service::Environment& environment;
  store::Transaction& transaction;
  const std::string& account;
};
ApiResult<Json> place_interface(const Where& where, const SubnetGroup& subnet_group, std::string_view zone, const std::vector<std::string>& groups);
// Security groups of an instance in that VPC: one that is not there, or is another VPC's.
std::optional<ApiError> fault_in_groups(store::Transaction& transaction, std::string_view account, std::string_view vpc_id,
                                        const std::vector<std::string>& groups);
// Says where an instance is.
std::vector<SecurityGroup> group_memberships(const Json& placed);
void set_place(Wanted& wanted, const SubnetGroup& subnet_group, const Json& placed);
// As the API answers it.
Json shown(const Instance& instance);

// What was to wait for a restart is now so: the engine is about to begin anew.
void apply_pending(Instance& instance);

// A question about an instance, with the context keys that it gives.
service::Question instance_question(const Call& call, std::string action, const Instance& instance);
service::Ask ask_instance(std::string action);
void add_tags_context(policy::Context& context, std::string_view prefix, const estate::Tags& tags);

// MaxRecords and Marker over items in key order; `list` names the output's list.
ApiResult<Json> paged(const Json& input, std::vector<Json> items, std::string_view list, std::string_view key);

// Every filter keeps the items that one of its values fits; `tests` maps the filters' names to what
// fitting means. InvalidParameterValue for a filter of another name, or without values.
using Fits = std::function<bool(const Json& item, std::string_view value)>;
ApiResult<std::vector<Json>> filtered(const Json& input, std::vector<Json> items,
                                      const std::vector<std::pair<std::string_view, Fits>>& tests);

// The DB subnet group that the input names.
ApiResult<SubnetGroup> find_subnet_group(const Call& call);

std::vector<service::Operation> instance_operations(const Catalogue& catalogue);
std::vector<service::Operation> lifecycle_operations();
std::vector<service::Operation> subnet_group_operations();
std::vector<service::Operation> catalogue_operations(const Catalogue& catalogue);
std::vector<service::Operation> tag_operations();

}  // namespace ringwall::rds::detail
