#include "generate/generate.h"

#include <algorithm>
#include <array>

#include "catalogue/aws_owned.h"
#include "catalogue/network_keys.h"
#include "generate/detail/layers.h"
#include "generate/detail/pack.h"
#include "generate/detail/proxy.h"

namespace ringwall::generate {
namespace {

using detail::Statement;
using perimeter::Perimeter;
using text::Json;

constexpr std::array<std::string_view, 9> layer_names = {
    "identity-guardrail", "scp-resources",      "scp-networks", "scp-governance", "scp-agents", "rcp",
    "resource-statement", "endpoint", "trust-statement"};

// Beyond this length a statement leaves a role's trust policy too little room for what it allows.
constexpr std::size_t trust_characters_usual = 1'536;

class Maker {
 public:
  Maker(const Perimeter& perimeter, const catalogue::Catalogue& catalogue, const std::string& today)
      : source_{perimeter, catalogue, {}, made_.notes} {
    for (const auto& exception : perimeter.exceptions) {
      if (exception.expired(today))
        made_.notes.push_back("the exception `" + exception.name + "` is over since " +
                              *exception.expires + ": it is not excepted");
      else
        source_.exceptions.push_back(&exception);
    }
  }

  Generated make() {
    attached(Layer::identity_guardrail, policy::Kind::identity, managed_policies_max,
             detail::guardrail(source_),
             "Only my resources: attach to principals that no SCP binds, and to others for depth");
    attached(Layer::identity_guardrail, policy::Kind::identity, managed_policies_max,
             detail::only_my_networks(source_),
             "Only my networks: attach to principals that no SCP binds, and to others for depth",
             "networks-");
    attached(Layer::identity_guardrail, policy::Kind::identity, managed_policies_max, detail::agents(source_),
             "Agents only read, and only what is mine: attach to principals that no SCP binds", "agents-");
    hold_to_quota(policy::Kind::identity, managed_policies_max);
    attached(Layer::scp_resources, policy::Kind::scp, scps_max, detail::only_my_resources(source_),
             "Only my resources, for every principal of mine");
    attached(Layer::scp_networks, policy::Kind::scp, scps_max, detail::only_my_networks(source_),
             "Only my networks, for every principal of mine");
    attached(Layer::scp_governance, policy::Kind::scp, scps_max, detail::governance(source_),
             "Who may share, change identity providers and set the perimeter's tags");
    attached(Layer::scp_agents, policy::Kind::scp, scps_max, detail::agents(source_),
             "Through an MCP server: nothing but reading, and nothing outside");
    hold_to_quota(policy::Kind::scp, scps_max);
    attached(Layer::rcp, policy::Kind::rcp, rcps_max, detail::resource_controls(source_),
             "Only my principals from only my networks, on every resource that RCPs reach");
    resource_statements();
    endpoints();
    trust_statements();
    made_.proxy = detail::proxy_configuration(source_.perimeter);
    notes_on_keys();
    std::ranges::stable_sort(made_.policies, [](const Policy& a, const Policy& b) {
      return std::tie(a.layer, a.name) < std::tie(b.layer, b.name);
    });
    // One exception that overlaps another does so in several layers.
    std::vector<std::string> notes;
    for (std::string& note : made_.notes)
      if (std::ranges::find(notes, note) == notes.end()) notes.push_back(std::move(note));
    made_.notes = std::move(notes);
    return std::move(made_);
  }

 private:
  static std::string name_for(Layer layer, const std::string& rest) {
    return "ringwall-" + std::string(name_of(layer)) + (rest.empty() ? "" : "-" + rest);
  }

  // Documents of a kind that is attached: as many as it takes.
  void attached(Layer layer, policy::Kind kind, std::size_t documents_max,
                const std::vector<Statement>& statements, const std::string& description,
                const std::string& about = {}) {
    detail::Packed packed = detail::pack(statements, kind);
    tell_unfit(name_for(layer, ""), packed, kind);
    for (std::size_t index = 0; index < packed.documents.size(); ++index)
      made_.policies.push_back({.layer = layer,
                                .name = name_for(layer, about + std::to_string(index + 1)),
                                .description = description,
                                .kind = kind,
                                .service = {},
                                .document = std::move(packed.documents[index])});
    if (packed.documents.size() > documents_max)
      too_many(std::string(name_of(layer)), packed.documents.size(), documents_max);
  }

  void too_many(const std::string& what, std::size_t count, std::size_t count_max) {
    made_.complete = false;
    made_.notes.push_back(what + " takes " + std::to_string(count) +
                          " documents, and one target takes " + std::to_string(count_max) +
                          ": attach the rest to the units below, or except less");
  }

  void hold_to_quota(policy::Kind kind, std::size_t documents_max) {
    const auto count = std::ranges::count(made_.policies, kind, &Policy::kind);
    if (static_cast<std::size_t>(count) > documents_max)
      too_many(std::string(policy::name_of(kind)), static_cast<std::size_t>(count), documents_max);
  }

  void tell_unfit(const std::string& name, const detail::Packed& packed, policy::Kind kind) {
    for (const std::string& sid : packed.unfit) {
      made_.complete = false;
      made_.notes.push_back(
          "`" + sid + "` of `" + name + "` has more than the " +
          std::to_string(policy::characters_max(kind)) +
          " characters of its kind and is left out: list fewer networks, or expect `estate_vpcs`");
    }
  }

  void statements(Layer layer, policy::Kind kind, const std::string& name,
                  const std::string& service, const std::vector<Statement>& all,
                  const std::string& description) {
    Json::Array items;
    for (const Statement& one : all) items.push_back(detail::to_json(one));
    Json document = Json::object();
    document.set("Statement", Json::array(std::move(items)));
    const std::size_t length = document.dump().size();
    const std::size_t usual =
        kind == policy::Kind::trust ? trust_characters_usual : policy::characters_max(kind);
    if (length > policy::characters_max(kind)) made_.complete = false;
    if (length > usual)
      made_.notes.push_back("`" + name + "` has " + std::to_string(length) + " characters of the " +
                            std::to_string(policy::characters_max(kind)) +
                            " that the whole policy may have: except less");
    made_.policies.push_back({layer, name, description, kind, service, std::move(document)});
  }

  void resource_statements() {
    const Layer layer = Layer::resource_statement;
    statements(layer, policy::Kind::resource, name_for(layer, ""), "",
               detail::resource_statements(source_, {}),
               "For every resource policy that takes `*` for an action");
    for (const detail::Guarded& one : detail::guarded_services(source_.catalogue))
      statements(layer, one.kind, name_for(layer, one.service), one.service,
                 detail::resource_statements(source_, one.actions),
                 "For every resource policy of " + one.service);
  }

  void endpoints() {
    endpoint("", "For endpoints of services that have no policy of their own here");
    for (const std::string& service : detail::endpoint_services(source_))
      endpoint(service, "For every VPC endpoint of " + service);
  }

  void endpoint(const std::string& service, const std::string& description) {
    const std::string name = name_for(Layer::endpoint, service);
    detail::Packed packed =
        detail::pack(detail::endpoint(source_, service), policy::Kind::endpoint);
    tell_unfit(name, packed, policy::Kind::endpoint);
    // An endpoint has one policy.
    if (packed.documents.size() > 1) too_many("`" + name + "`", packed.documents.size(), 1);
    if (!packed.documents.empty())
      made_.policies.push_back({Layer::endpoint, name, description, policy::Kind::endpoint, service,
                                std::move(packed.documents.front())});
  }

  void trust_statements() {
    const Layer layer = Layer::trust_statement;
    statements(layer, policy::Kind::trust, name_for(layer, ""), "sts",
               detail::trust(source_, nullptr), "For every role's trust policy");
    for (const auto* exception : source_.exceptions)
      if (detail::is_for_some_roles(*exception)) {
        std::string roles;
        for (const std::string& role : exception->resources)
          roles += (roles.empty() ? "" : ", ") + role;
        statements(layer, policy::Kind::trust, name_for(layer, exception->name), "sts",
                   detail::trust(source_, exception), "Instead of it for the roles " + roles);
        made_.policies.back().resources = exception->resources;
      }
  }

  void notes_on_keys() {
    const Perimeter& perimeter = source_.perimeter;
    if (perimeter.aws_owned_defaults) {
      std::string resources;
      for (const std::string& one : detail::resources_of_aws(perimeter)) resources += (resources.empty() ? "" : ", ") + one;
      made_.notes.push_back("AWS's own resources are spared as its list of " + std::string(catalogue::aws_owned_date) +
                            " has them, and images and snapshots of Amazon's (" + std::string(catalogue::image_owner_key) +
                            "); `aws_owned_defaults: false` leaves them out: " + resources);
      if (perimeter.regions.size() > detail::bucket_regions_max)
        made_.notes.push_back("AWS's buckets have a name in each Region, and " + std::to_string(perimeter.regions.size()) +
                              " Regions are too many for one denial: list those that you need under `aws_owned`");
    }
    if (perimeter.networks.estate_vpcs && perimeter.networks.vpcs.empty())
      made_.notes.push_back("whose VPC endpoint a request came through only requests to " +
                            std::to_string(catalogue::services_with(catalogue::NetworkKey::vpce_org_id).size()) +
                            " services say (AWS's list of " + std::string(catalogue::network_keys_date) +
                            "; not ec2, rds, sts and secretsmanager): what comes to others through an endpoint is refused; list "
                            "`networks.vpcs` that are to reach them");
    made_.notes.push_back(
        "on AWS, actions of ebs, and ec2:CopyFpgaImage, ec2:CopyImage, ec2:CopySnapshot, "
        "ec2:CreateTransitGatewayPeeringAttachment, ec2:CreateVolume, "
        "ec2:CreateVpcPeeringConnection, "
        "workspaces:CopyWorkspaceImage and workspaces:DescribeWorkspaceImages do not say whose the "
        "resource is, and are "
        "refused: except them from identity/resources where they are needed");
    made_.notes.push_back(
        "on AWS, requests to dax, es:ESHttp*, neptune-db, kafka-cluster, "
        "elasticfilesystem:Client*, rds-db:connect and "
        "s3-outposts stay inside a VPC and do not say which, and are refused: except them from "
        "identity/networks where "
        "they are needed, and keep to security groups there");
    made_.notes.push_back(
        "callers whom an identity provider vouches for belong to no organisation: who may take a "
        "role by "
        "sts:AssumeRoleWithSAML or sts:AssumeRoleWithWebIdentity is for its trust policy to say");
  }

  Generated made_;
  detail::Source source_;
};

}  // namespace

std::string_view name_of(Layer layer) {
  return layer_names[static_cast<std::size_t>(layer)];
}

std::optional<Layer> layer_of(std::string_view name) {
  const auto found = std::ranges::find(layer_names, name);
  if (found == layer_names.end()) return std::nullopt;
  return static_cast<Layer>(found - layer_names.begin());
}

Result<Generated> generate(const Perimeter& perimeter, const catalogue::Catalogue& catalogue,
                           const std::string& today) {
  if (perimeter.organization.empty())
    return fail(Failure::invalid,
                "the perimeter names no organisation, and the policies that are generated test for one: "
                "give its id as `organization`");
  if (!detail::expects_a_network(perimeter.networks))
    return fail(Failure::invalid,
                "the perimeter expects no network at all, so nobody could reach anything: list "
                "`networks.cidrs`, "
                "`networks.vpcs` or `networks.endpoints`, or leave `networks.estate_vpcs` true");
  return Maker(perimeter, catalogue, today).make();
}

}  // namespace ringwall::generate
