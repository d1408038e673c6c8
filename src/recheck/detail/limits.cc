#include "recheck/detail/limits.h"

#include "catalogue/aws_owned.h"
#include "catalogue/catalogue.h"

namespace ringwall::recheck::detail {
namespace {

using Kind = Limit::Kind;

Limit whom(const std::string& pattern) {
  if (pattern == "*") return {};
  if (pattern == "anonymous") return condition("StringEquals", "aws:PrincipalType", {"Anonymous"});
  if (is_account(pattern)) return condition("StringEquals", "aws:PrincipalAccount", {pattern});
  if (pattern.starts_with("arn:")) return any({condition("ArnLike", "aws:PrincipalArn", {pattern}), condition("ArnLike", "aws:FederatedProvider", {pattern})});
  return any({condition("StringEquals", "aws:PrincipalServiceName", {pattern}), condition("StringEquals", "aws:FederatedProvider", {pattern})});
}

}  // namespace

Limit condition(std::string op, std::string key, std::vector<std::string> values) {
  return {Kind::condition, {}, std::move(op), std::move(key), std::move(values)};
}
Limit all(std::vector<Limit> parts) { return {Kind::all, std::move(parts)}; }
Limit any(std::vector<Limit> parts) { return {Kind::any, std::move(parts)}; }
Limit none(std::vector<Limit> parts) { return {Kind::none, std::move(parts)}; }
Limit actions(std::vector<std::string> patterns) { return {Kind::actions, {}, {}, {}, std::move(patterns)}; }
Limit resources(std::vector<std::string> patterns) { return {Kind::resources, {}, {}, {}, std::move(patterns)}; }
Limit present(const char* key) { return condition("Null", key, {"false"}); }

Limit foreign_resource(const World& world) {
  if (world.organization.empty()) return {};
  return none({condition("StringEquals", "aws:ResourceOrgID", {world.organization}),
               condition("ForAnyValue:StringLike", "aws:ResourceOrgPaths", {world.organization + "/*"})});
}

Limit foreign_principal(const World& world) {
  if (world.organization.empty()) return {};
  return none({condition("StringEquals", "aws:PrincipalOrgID", {world.organization}),
               condition("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", {world.organization + "/*"})});
}

Limit narrowed(const std::vector<std::string>& of_actions, const std::vector<std::string>& on) {
  std::vector<Limit> parts;
  if (!of_actions.empty()) parts.push_back(actions(of_actions));
  if (!on.empty()) parts.push_back(resources(on));
  return all(std::move(parts));
}

void add_aws_owned(const World& world, std::vector<Limit>& excluded) {
  if (world.perimeter.aws_owned_defaults) {
    const std::vector<std::string>& regions = world.perimeter.regions;
    const std::string_view partition = catalogue::partition_of_region(regions.empty() ? std::string_view() : std::string_view(regions.front()));
    std::vector<std::string> theirs = catalogue::resources_of_aws(partition);
    for (std::string& bucket : catalogue::owned_in_regions(partition, regions)) theirs.push_back(std::move(bucket));
    excluded.push_back(resources(std::move(theirs)));
    excluded.push_back(all({narrowed({"ec2:*"}, catalogue::images(partition)),
                            condition("StringEquals", std::string(catalogue::image_owner_key), {std::string(catalogue::image_owner)})}));
  }
  for (const perimeter::AwsOwned& owned : world.perimeter.aws_owned) excluded.push_back(narrowed(owned.actions, owned.resources));
}

Limit by_service(const perimeter::ServiceException& service) {
  return all({condition("StringEquals", "aws:PrincipalServiceName", {service.principal}), narrowed(service.actions, service.resources)});
}

void add_services(const World& world, std::vector<Limit>& excluded) {
  for (const perimeter::ServiceException& service : world.perimeter.services) excluded.push_back(by_service(service));
}

Limit out_of(const std::string& region, const std::vector<std::string>& ids) {
  const auto arn = [&](const std::string& id) { return "arn:*:ec2:" + region + ":*:vpc/" + id; };
  std::vector<std::string> arns;
  for (const std::string& id : ids) arns.push_back(arn(id));
  return any({all({condition("StringEquals", "aws:SourceVpc", ids),
                   any({condition("StringEquals", "aws:RequestedRegion", {region}), condition("ArnLike", "aws:SourceVpcArn", {arn("*")})})}),
              condition("ArnLike", "aws:SourceVpcArn", std::move(arns))});
}

Limit covered_by(const perimeter::Exception& exception) {
  std::vector<Limit> parts = {narrowed(exception.actions, exception.resources)}, who, from;
  for (const std::string& principal : exception.principals) who.push_back(whom(principal));
  if (!who.empty()) parts.push_back(any(std::move(who)));
  if (!exception.cidrs.empty()) {
    std::vector<std::string> ranges;
    for (const text::Cidr& cidr : exception.cidrs) ranges.push_back(text::to_string(cidr));
    from.push_back(condition("IpAddress", "aws:SourceIp", std::move(ranges)));
  }
  for (const auto& [region, ids] : perimeter::by_region(exception.vpcs)) from.push_back(out_of(region, ids));
  if (!from.empty()) parts.push_back(any(std::move(from)));
  if (exception.external_id) parts.push_back(condition("StringEquals", "sts:ExternalId", {*exception.external_id}));
  return all(std::move(parts));
}

Limit asked_of(const std::string& arn) {
  std::vector<Limit> parts = {resources(with_below(arn))};
  const std::string service(arn_part(arn, 2));
  if (catalogue::Catalogue::builtin().service(service) != nullptr) parts.push_back(actions({service + ":*"}));
  return all(std::move(parts));
}

Limit assuming() {
  const Limit by_token = condition("StringEquals", "aws:PrincipalType", {"FederatedUser"});
  return any({all({by_token, actions({"sts:AssumeRoleWith*"})}),
              all({none({by_token, actions({"sts:AssumeRoleWith*", "sts:SetContext", "sts:SetSourceIdentity", "sts:TagSession"})}), actions({"sts:*"})})});
}

}  // namespace ringwall::recheck::detail
