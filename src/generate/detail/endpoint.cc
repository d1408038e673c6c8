// What VPC endpoints let through. An endpoint policy allows and everything else is refused, so this
// is the one layer that says what is expected rather than what is not.

#include <algorithm>
#include <set>

#include "catalogue/aws_owned.h"
#include "generate/detail/layers.h"
#include "catalogue/patterns.h"
#include "text/encode.h"

namespace ringwall::generate::detail {
namespace {

using catalogue::overlap;
using catalogue::overlap_of_arns;

using perimeter::Exception;
using perimeter::Objective;
using perimeter::Perimeter;
using Alternatives = std::vector<std::vector<Test>>;  // each holds together; one of them must

constexpr const char* equal = "StringEquals";

Alternatives my_principal(const Perimeter& perimeter) {
  Alternatives all = {{{equal, "aws:PrincipalOrgID", {perimeter.organization}}}};
  if (!perimeter.accounts.empty())
    all.push_back({{equal, "aws:PrincipalAccount", perimeter.accounts}});
  return all;
}

Alternatives my_resource(const Perimeter& perimeter) {
  Alternatives all = {{{equal, "aws:ResourceOrgID", {perimeter.organization}}}};
  if (!perimeter.accounts.empty())
    all.push_back({{equal, "aws:ResourceAccount", perimeter.accounts}});
  return all;
}

// One of the first and one of the second.
Alternatives both(const Alternatives& first, const Alternatives& second) {
  Alternatives all;
  for (const auto& one : first)
    for (const auto& other : second) {
      all.push_back(one);
      all.back().insert(all.back().end(), other.begin(), other.end());
    }
  return all;
}

// The statements of one endpoint policy, as they are added.
class Policy {
 public:
  Policy(std::string service, const Source& source)
      : service_(std::move(service)), source_(source) {}

  // Lets the actions through on the resources under each of the alternatives; actions that are not
  // the endpoint's are no statement of it.
  void allow(const std::string& sid, const std::vector<std::string>& actions,
             const std::vector<std::string>& resources, const Alternatives& alternatives) {
    const std::vector<std::string> own = of_service(actions);
    if (own.empty()) return;
    for (const auto& tests : alternatives) {
      Statement statement{.sid = sid,
                          .effect = policy::Effect::allow,
                          .principal = Names::everyone,
                          .tests = tests};
      if (own != std::vector<std::string>{"*"}) statement.actions = {Sense::listed, own};
      if (!resources.empty() && std::ranges::find(resources, "*") == resources.end())
        statement.resources = {Sense::listed, resources};
      const std::size_t number = ++count_[sid];
      if (number > 1) statement.sid += std::to_string(number);
      statements_.push_back(std::move(statement));
    }
  }

  bool is_for(const std::string& service) const { return service_.empty() || service_ == service; }
  std::vector<Statement> take() { return std::move(statements_); }

 private:
  std::vector<std::string> of_service(const std::vector<std::string>& actions) const {
    const std::string all = service_.empty() ? "*" : service_ + ":*";
    if (actions.empty() || std::ranges::find(actions, "*") != actions.end()) return {all};
    std::vector<std::string> own;
    for (const std::string& action : actions)
      if (service_.empty() || overlap(action, all, text::Case::ignore)) own.push_back(action);
    return own;
  }

  std::string service_;
  const Source& source_;
  std::map<std::string, std::size_t> count_;
  std::vector<Statement> statements_;
};

Alternatives from(const Exception& exception) {
  Alternatives all;
  for (const auto& [region, ids] : perimeter::by_region(exception.vpcs))
    all.push_back({{equal, "aws:SourceVpc", ids}, {equal, "aws:RequestedRegion", {region}}});
  if (!exception.cidrs.empty()) {
    // What comes through an endpoint has no public address.
    Test addresses{"IpAddress", "aws:VpcSourceIp", {}};
    for (const text::Cidr& cidr : exception.cidrs)
      addresses.values.push_back(text::to_string(cidr));
    all.push_back({std::move(addresses)});
  }
  return all;
}

void allow_exception(const Source& source, const Exception& exception, Policy& policy) {
  const auto concerns = [&](Objective objective) {
    return exception.objectives.empty() ||
           std::ranges::find(exception.objectives, objective) != exception.objectives.end();
  };
  const bool others = concerns(Objective::network_principals),
             elsewhere = concerns(Objective::network_resources);
  if (!others && !elsewhere) return;
  Alternatives who;
  for (const Test& test : one_of(exception.principals)) who.push_back({test});
  if (who.empty()) who.emplace_back();
  if (!others) who = both(my_principal(source.perimeter), who);
  Alternatives what = elsewhere ? Alternatives{{}} : my_resource(source.perimeter);
  Alternatives where = from(exception);
  if (where.empty()) where.emplace_back();
  policy.allow("Except", exception.actions, exception.resources, both(both(who, what), where));
}

void allow_services(const Source& source, Policy& policy) {
  for (const auto& service : source.perimeter.services) {
    const Alternatives who = {{{"Bool", "aws:PrincipalIsAWSService", {"true"}},
                               {equal, "aws:PrincipalServiceName", {service.principal}}}};
    policy.allow("MyServices", service.actions, service.resources,
                 both(who, my_resource(source.perimeter)));
  }
}

}  // namespace

std::vector<Statement> endpoint(const Source& source, const std::string& service) {
  const Perimeter& perimeter = source.perimeter;
  Policy policy(service, source);
  policy.allow("MyPrincipalsMyResources", {}, {},
               both(my_principal(perimeter), my_resource(perimeter)));
  if (perimeter.aws_owned_defaults) {
    const auto of_service = [&](std::vector<std::string> arns) {
      if (!service.empty()) std::erase_if(arns, [&](const std::string& arn) { return !overlap_of_arns(arn, "arn:*:" + service + ":*:*:*"); });
      return arns;
    };
    const std::vector<std::string> resources = of_service(resources_of_aws(perimeter));
    if (!resources.empty()) policy.allow("MyPrincipalsAwsResources", {}, resources, my_principal(perimeter));
    const std::vector<std::string> images =
        of_service(catalogue::images(catalogue::partition_of_region(perimeter.regions.front())));
    if (!images.empty())
      policy.allow("MyPrincipalsAwsImages", {"ec2:*"}, images,
                   both(my_principal(perimeter), {{{equal, std::string(catalogue::image_owner_key), {std::string(catalogue::image_owner)}}}}));
  }
  for (const auto& owned : perimeter.aws_owned)
    if (service.empty() || std::ranges::any_of(owned.resources, [&](const std::string& arn) {
          return overlap(arn, "arn:*:" + service + ":*", text::Case::exact);
        }))
      policy.allow("MyPrincipalsAwsResources", owned.actions, owned.resources,
                   my_principal(perimeter));
  allow_services(source, policy);
  // Somebody whom a provider vouches for asks for a session of a role of mine, and is nobody yet.
  if (policy.is_for("sts"))
    policy.allow("ProvidersMyRoles", {"sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"},
                 {},
                 both({{{"StringNotEqualsIfExists", "aws:PrincipalType", {"Anonymous"}},
                        {"Null", "aws:PrincipalAccount", {"true"}},
                        {"Bool", "aws:PrincipalIsAWSService", {"false"}}}},
                      my_resource(perimeter)));
  if (perimeter.anonymous_get_object && policy.is_for("s3"))
    policy.allow("AnonymousGetObject", {"s3:GetObject"}, {},
                 {{{equal, "aws:PrincipalType", {"Anonymous"}}}});
  for (const Exception* exception : source.exceptions) allow_exception(source, *exception, policy);
  return policy.take();
}

std::vector<std::string> endpoint_services(const Source& source) {
  // Those that nearly every VPC has an endpoint of; the others share the policy of all services.
  std::set<std::string> services = {"dynamodb", "ec2",        "ecr", "kms", "lambda",
                                    "logs",     "monitoring", "rds", "s3",  "secretsmanager",
                                    "sns",      "sqs",        "ssm", "sts"};
  const auto take = [&](const std::vector<std::string>& actions) {
    for (const std::string& action : actions)
      if (const auto colon = action.find(':'); colon != std::string::npos)
        services.insert(text::lower(action.substr(0, colon)));
  };
  for (const auto& one : source.perimeter.aws_owned) take(one.actions);
  for (const auto& one : source.perimeter.services) take(one.actions);
  for (const Exception* one : source.exceptions) take(one->actions);
  std::vector<std::string> known;
  for (const std::string& one : services)
    if (source.catalogue.service(one) != nullptr) known.push_back(one);
  return known;
}

}  // namespace ringwall::generate::detail
