#include "loaders/detail/resources.h"

#include <algorithm>
#include <array>
#include <set>

#include "loaders/detail/endpoint_services.h"
#include "loaders/detail/names.h"
#include "loaders/detail/organization.h"
#include "loaders/detail/restricted.h"
#include "text/encode.h"

namespace ringwall::loaders::detail {
namespace {

constexpr std::string_view scope_path = "export.json";
constexpr std::string_view networks = "ec2";  // VPCs and endpoints, which are no resources with ARNs here

enum class Place : std::uint8_t { region, account };  // accounts/ID/REGION/SERVICE/, accounts/ID/SERVICE/

// How AWS's CLI names a service's resources, and where it prints the policy on each.
struct Service {
  std::string_view name;
  std::string_view listing, list;          // the file, and its member
  std::string_view arn_member;             // of an item; empty: the ARN is made of the name
  std::string_view arn_prefix;             // what the name has before it in such an ARN
  std::string_view name_member;            // empty: the item's or the ARN's last part
  std::string_view answer, policy_member;  // of the policy's file: what it always has, and the policy
  Place place = Place::region;
  Resources resources = Resources::written;
  authz::ResourceKind kind = authz::ResourceKind::plain;
};

constexpr std::array<Service, 9> services = {{
    {.name = "dynamodb", .listing = "tables.json", .list = "TableNames", .arn_member = {}, .arn_prefix = "table/", .name_member = {}, .answer = "Policy", .policy_member = "Policy"},
    {.name = "ecr", .listing = "repositories.json", .list = "repositories", .arn_member = "repositoryArn", .arn_prefix = {}, .name_member = "repositoryName", .answer = "policyText", .policy_member = "policyText", .resources = Resources::implied},
    {.name = "kms", .listing = "keys.json", .list = "Keys", .arn_member = "KeyArn", .arn_prefix = {}, .name_member = "KeyId", .answer = "Policy", .policy_member = "Policy", .kind = authz::ResourceKind::key},
    {.name = "lambda", .listing = "functions.json", .list = "Functions", .arn_member = "FunctionArn", .arn_prefix = {}, .name_member = "FunctionName", .answer = "Policy", .policy_member = "Policy"},
    {.name = "rds", .listing = "instances.json", .list = "DBInstances", .arn_member = "DBInstanceArn", .arn_prefix = {}, .name_member = {}, .answer = {}, .policy_member = {}},
    {.name = "s3", .listing = "buckets.json", .list = "Buckets", .arn_member = {}, .arn_prefix = {}, .name_member = "Name", .answer = "Policy", .policy_member = "Policy", .place = Place::account},
    {.name = "secretsmanager", .listing = "secrets.json", .list = "SecretList", .arn_member = "ARN", .arn_prefix = {}, .name_member = {}, .answer = "ARN", .policy_member = "ResourcePolicy"},
    {.name = "sns", .listing = "topics.json", .list = "Topics", .arn_member = "TopicArn", .arn_prefix = {}, .name_member = {}, .answer = "Attributes", .policy_member = "Policy"},
    {.name = "sqs", .listing = "queues.json", .list = "QueueUrls", .arn_member = {}, .arn_prefix = {}, .name_member = {}, .answer = "Attributes", .policy_member = "Policy"},
}};

bool is_service(std::string_view name) {
  return std::ranges::any_of(services, [&](const Service& service) { return service.name == name; });
}

std::string last_part(std::string_view text, char separator) { return std::string(text.substr(text.rfind(separator) + 1)); }

class Reader {
 public:
  Reader(const Folder& folder, Documents& documents, const std::string& account, const std::string& partition, ResourceTables& tables)
      : folder_(folder), documents_(documents), account_(account), partition_(partition), tables_(tables) {}

  void read_service(const Service& service, const std::string& region);
  void read_vpcs(const std::string& region);
  void read_endpoints(const std::string& region);

 private:
  std::string arn_of(const Service& service, const std::string& region, const Json& item, std::string_view name) const;
  bool belongs_here(const Answer& answer, const Json& item, std::string_view owner);
  bool restricts_public(const std::string& folder, const std::string& name) const;
  void restrict_public(const std::string& folder, const std::string& name, estate::Resource& resource);
  void read_policy(const Service& service, const std::string& folder, const std::string& name, estate::Resource& resource);
  void add_cidrs(const Answer& answer, const Json& vpc, estate::Vpc& made) const;

  const Folder& folder_;
  Documents& documents_;
  const std::string& account_;
  const std::string& partition_;
  ResourceTables& tables_;
};

std::string Reader::arn_of(const Service& service, const std::string& region, const Json& item, std::string_view name) const {
  if (!service.arn_member.empty()) return item.str(service.arn_member);
  const std::string place = service.place == Place::account ? ":" : region + ":" + account_;
  return "arn:" + partition_ + ":" + std::string(service.name) + ":" + place + ":" + std::string(service.arn_prefix) + std::string(name);
}

// An answer of another account in this account's folder is a gap of this one.
bool Reader::belongs_here(const Answer& answer, const Json& item, std::string_view owner) {
  if (owner.empty() || owner == account_) return true;
  const bool is_placeholder = !placeholder_in(owner).empty();
  folder_.gap(is_placeholder ? Gap::Kind::placeholder : Gap::Kind::unreadable, account_, answer, item,
              "this is of the account `" + std::string(owner) + "`, and the folder is that of `" + account_ + "`");
  return false;
}

void Reader::read_service(const Service& service, const std::string& region) {
  std::string folder = "accounts/" + account_ + "/";
  if (service.place == Place::region) folder += region + "/";
  folder += std::string(service.name) + "/";
  const AnswerPtr answer = folder_.read(folder + std::string(service.listing), {account_}, service.list);
  if (answer == nullptr) return;
  for (const Json& item : answer->json()[service.list].items()) {
    std::string name = item.str(service.name_member);
    if (item.is_string()) name = last_part(item.as_string(), '/');
    estate::Resource resource{.arn = arn_of(service, region, item, name), .account = account_, .kind = service.kind};
    if (name.empty()) name = last_part(resource.arn, ':');
    if (name.empty()) {
      folder_.gap(Gap::Kind::unreadable, account_, *answer, item, "this names no resource of `" + std::string(service.name) + "`");
      continue;
    }
    if (const std::string_view strange = strange_in(resource.arn); !strange.empty()) {
      folder_.gap(Gap::Kind::unreadable, account_, *answer, item, "`" + resource.arn + "` is no resource's ARN, for `" + std::string(strange) + "` is in it");
      continue;
    }
    if (!belongs_here(*answer, item, account_in_arn(resource.arn))) continue;
    if (!service.policy_member.empty()) read_policy(service, folder, name, resource);
    if (service.name == "s3") restrict_public(folder, name, resource);
    tables_.resources.put(std::move(resource));
  }
}

void Reader::read_policy(const Service& service, const std::string& folder, const std::string& name, estate::Resource& resource) {
  const bool is_key = service.kind == authz::ResourceKind::key;
  const policy::Kind kind = is_key ? policy::Kind::key : policy::Kind::resource;
  const std::string path = folder + text::percent_encode(name) + ".policy.json";
  const std::string called = (is_key ? "key policy of " : "policy of ") + resource.arn;
  const AnswerPtr answer = folder_.read(path, {resource.arn}, service.answer);
  if (answer == nullptr) {
    Compiled unknown = documents_.missing(path, kind, {});
    unknown.problem = nullptr;  // `read` has said it
    resource.policy = authz::Named{.name = called, .document = documents_.use(unknown, resource.arn)};
    return;
  }
  const Json& json = service.answer == "Attributes" ? answer->json()["Attributes"] : answer->json();
  const Json* found = json.find(service.policy_member);
  if (found != nullptr && !(found->is_string() && found->as_string().empty())) {
    resource.policy = authz::Named{.name = called, .document = documents_.use(documents_.compile(*answer, *found, kind, service.resources), resource.arn)};
  } else if (is_key) {
    const Compiled unknown = documents_.missing(path, kind, "every key has a policy, and here is none");
    resource.policy = authz::Named{.name = called, .document = documents_.use(unknown, resource.arn)};
  }
}

// Of the bucket, or of its account.
bool Reader::restricts_public(const std::string& folder, const std::string& name) const {
  for (const std::string& path : {folder + text::percent_encode(name) + ".block.json", folder + "account.block.json"}) {
    if (!folder_.has(path)) continue;  // by hand, or by an earlier version: then nothing is restricted
    const AnswerPtr answer = folder_.read(path, {account_}, "PublicAccessBlockConfiguration");
    if (answer != nullptr && answer->json()["PublicAccessBlockConfiguration"]["RestrictPublicBuckets"].as_bool()) return true;
  }
  return false;
}

void Reader::restrict_public(const std::string& folder, const std::string& name, estate::Resource& resource) {
  if (!resource.policy || !restricts_public(folder, name)) return;
  policy::DocumentPtr& document = resource.policy->document;
  document = restricted(document, partition_, name, account_, documents_.sources());
}

void Reader::add_cidrs(const Answer& answer, const Json& vpc, estate::Vpc& made) const {
  const auto add = [&](const Json& value) {
    const Result<text::Cidr> cidr = text::parse_cidr(value.as_string(), text::HostBits::clear);
    if (!cidr) {
      folder_.gap(Gap::Kind::unreadable, made.id, answer, value, cidr.error().message);
    } else if (std::ranges::find(made.cidrs, *cidr) == made.cidrs.end()) {
      made.cidrs.push_back(*cidr);
    }
  };
  const auto is_gone = [](const Json& state) { return state.text("State") == "disassociated" || state.text("State") == "failed"; };
  if (vpc.contains("CidrBlock")) add(vpc["CidrBlock"]);
  for (const Json& block : vpc["CidrBlockAssociationSet"].items()) {
    if (!is_gone(block["CidrBlockState"])) add(block["CidrBlock"]);
  }
  for (const Json& block : vpc["Ipv6CidrBlockAssociationSet"].items()) {
    if (!is_gone(block["Ipv6CidrBlockState"])) add(block["Ipv6CidrBlock"]);
  }
}

// A VPC that another account shares is its owner's.
void Reader::read_vpcs(const std::string& region) {
  const AnswerPtr answer = folder_.read("accounts/" + account_ + "/" + region + "/vpcs.json", {account_}, "Vpcs");
  if (answer == nullptr) return;
  for (const Json& vpc : answer->json()["Vpcs"].items()) {
    estate::Vpc made{.id = vpc.str("VpcId"), .account = std::string(vpc.text("OwnerId", account_))};
    if (made.id.empty() || !placeholder_in(made.id).empty()) {
      folder_.gap(Gap::Kind::placeholder, account_, *answer, vpc, "`" + made.id + "` is no VPC's id");
      continue;
    }
    add_cidrs(*answer, vpc, made);
    tables_.regions.insert_or_assign(made.id, region);
    tables_.vpcs.put(std::move(made));
  }
}

void Reader::read_endpoints(const std::string& region) {
  const AnswerPtr answer = folder_.read("accounts/" + account_ + "/" + region + "/vpc-endpoints.json", {account_}, "VpcEndpoints");
  if (answer == nullptr) return;
  for (const Json& endpoint : answer->json()["VpcEndpoints"].items()) {
    const std::string state = text::lower(endpoint.text("State"));
    if (state == "deleted" || state == "rejected" || state == "failed") continue;
    // Endpoints of VPC Lattice name no service.
    const std::string_view lattice = endpoint.text("ResourceConfigurationArn", endpoint.text("ServiceNetworkArn"));
    const EndpointService leads_to = endpoint_service(lattice.empty() ? endpoint.text("ServiceName") : lattice);
    estate::Endpoint made{.id = endpoint.str("VpcEndpointId"),
                          .account = account_,
                          .vpc = endpoint.str("VpcId"),
                          .service = leads_to.service,
                          .takes_policy = leads_to.takes_policy,
                          .aws = leads_to.aws};
    if (made.id.empty() || !placeholder_in(made.id).empty()) {
      folder_.gap(Gap::Kind::placeholder, account_, *answer, endpoint, "`" + made.id + "` is no endpoint's id");
      continue;
    }
    if (!belongs_here(*answer, endpoint, endpoint.text("OwnerId"))) continue;
    const Json& policy = endpoint["PolicyDocument"];
    if (!policy.is_null() && !(policy.is_string() && policy.as_string().empty())) {
      const Compiled compiled = documents_.compile(*answer, policy, policy::Kind::endpoint);
      made.policy = authz::Named{.name = "policy of " + made.id, .document = documents_.use(compiled, made.id)};
    }
    tables_.regions.insert_or_assign(made.id, region);
    tables_.endpoints.put(std::move(made));
  }
}

void note_folders(const Folder& folder, const std::string& account, std::set<std::string>& regions, std::set<std::string>& found) {
  const std::string home = "accounts/" + account + "/";
  for (const std::string& name : folder.names_in(home)) {
    if (name.contains(".json")) continue;  // also what a killed `ringwall collect` left half written
    if (is_service(name)) {
      found.insert(name);
      continue;
    }
    regions.insert(name);
    for (const std::string& inner : folder.names_in(home + name + "/")) {
      if (inner == "vpcs.json" || inner == "vpc-endpoints.json") found.emplace(networks);
      if (is_service(inner)) found.insert(inner);
    }
  }
}

}  // namespace

Scope scope_of(const Folder& folder, const std::vector<std::string>& accounts) {
  std::set<std::string> regions, found;
  if (folder.has(scope_path)) {
    // Who asked for some services only meant to: what was left out is no gap.
    const AnswerPtr answer = folder.read(std::string(scope_path), {"*"}, "Services");
    if (answer != nullptr) {
      for (const Json& region : answer->json()["Regions"].items()) regions.emplace(region.as_string());
      for (const Json& service : answer->json()["Services"].items()) found.emplace(service.as_string());
    }
    return {.regions = {regions.begin(), regions.end()}, .services = {found.begin(), found.end()}};
  }
  for (const std::string& account : accounts) note_folders(folder, account, regions, found);
  found.emplace(networks);
  for (const Service& service : services) {
    const std::string name(service.name);
    if (found.contains(name)) continue;
    folder.gap({.kind = Gap::Kind::missing,
                .subject = "arn:aws:" + name + ":*:*:*",
                .path = "accounts/",
                .message = "no resources of `" + name + "` are here: collect them, or leave `" + name + "` out of the `Services` of `export.json`"});
  }
  return {.regions = {regions.begin(), regions.end()}, .services = {found.begin(), found.end()}};
}

void read_resources(const Folder& folder, Documents& documents, const std::string& account, const std::string& partition,
                    const Scope& scope, ResourceTables& tables) {
  Reader reader(folder, documents, account, partition, tables);
  const auto is_asked = [&](std::string_view name) { return std::ranges::find(scope.services, name) != scope.services.end(); };
  if (is_asked(networks) && scope.regions.empty()) {
    folder.gap({.kind = Gap::Kind::missing, .subject = account, .path = "accounts/" + account, .message = "no Region's VPCs and endpoints are here"});
  }
  for (const std::string& region : scope.regions) {
    if (!is_asked(networks)) break;
    reader.read_vpcs(region);
    reader.read_endpoints(region);
  }
  for (const Service& service : services) {
    if (!is_asked(service.name)) continue;
    if (service.place == Place::account) {
      reader.read_service(service, {});
      continue;
    }
    for (const std::string& region : scope.regions) reader.read_service(service, region);
  }
}

}  // namespace ringwall::loaders::detail
