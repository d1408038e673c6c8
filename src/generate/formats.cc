// The policies as files: one a policy, or as Terraform and CloudFormation take them.

#include <algorithm>
#include <cctype>

#include "generate/generate.h"

namespace ringwall::generate {
namespace {

using text::Json;

// In Organizations white space counts, unless it is the console that saves the policy: a document
// that would be too long with it goes without.
std::string text_of(const Policy& policy) {
  std::string pretty = policy.document.dump_pretty();
  if (!pretty.ends_with('\n')) pretty += '\n';
  const bool counted = policy.kind == policy::Kind::scp || policy.kind == policy::Kind::rcp;
  if (counted && pretty.size() > policy::characters_max(policy.kind))
    return policy.document.dump() + "\n";
  return pretty;
}

std::string path_of(const Policy& policy) {
  return std::string(name_of(policy.layer)) + "/" + policy.name + ".json";
}

// `ringwall-scp-resources-1` as an identifier of Terraform's.
std::string identifier(const Policy& policy) {
  std::string name = policy.name;
  for (char& c : name)
    if (c == '.') c = '_';
  return name;
}

// `ringwall-scp-resources-1` as a logical id: letters and digits.
std::string logical_id(const Policy& policy) {
  std::string id;
  bool begins = true;
  for (const char c : policy.name) {
    const auto letter = static_cast<unsigned char>(c);
    if (std::isalnum(letter) == 0) {
      begins = true;
    } else {
      id += begins ? static_cast<char>(std::toupper(letter)) : c;
      begins = false;
    }
  }
  return id;
}

std::string service_or_default(const Policy& policy) {
  return policy.service.empty() ? "default" : policy.service;
}

const char* organizations_type(policy::Kind kind) {
  return kind == policy::Kind::rcp ? "RESOURCE_CONTROL_POLICY" : "SERVICE_CONTROL_POLICY";
}

bool is_of_organization(const Policy& policy) {
  return policy.kind == policy::Kind::scp || policy.kind == policy::Kind::rcp;
}

// Terraform reads `${` and `%{` in a string as templates: a policy variable is written with `$${`.
std::string literal(const std::string& text) {
  std::string out;
  for (std::size_t index = 0; index < text.size(); ++index) {
    if ((text[index] == '$' || text[index] == '%') && index + 1 < text.size() &&
        text[index + 1] == '{')
      out += text[index];
    out += text[index];
  }
  return out;
}

Json variable(const char* type, const char* description) {
  Json json = Json::object();
  json.set("type", type);
  json.set("description", description);
  return json;
}

Json terraform_settings() {
  Json provider = Json::object();
  provider.set("source", "hashicorp/aws");
  provider.set("version", ">= 5.80.0");  // the first that knows resource control policies
  Json json = Json::object();
  json.edit("required_providers").set("aws", std::move(provider));
  return json;
}

void add_terraform_policy(const Policy& policy, Json& resources) {
  const std::string name = identifier(policy);
  Json one = Json::object();
  one.set("name", policy.name);
  one.set("description", literal(policy.description));
  if (!is_of_organization(policy)) {
    one.set("policy", literal(policy.document.dump()));
    resources.edit("aws_iam_policy").set(name, std::move(one));
    return;
  }
  one.set("type", organizations_type(policy.kind));
  one.set("content", literal(policy.document.dump()));
  resources.edit("aws_organizations_policy").set(name, std::move(one));
  Json attachment = Json::object();
  attachment.set("for_each", "${toset(var.targets)}");
  attachment.set("policy_id", "${aws_organizations_policy." + name + ".id}");
  attachment.set("target_id", "${each.value}");
  resources.edit("aws_organizations_policy_attachment").set(name, std::move(attachment));
}

void add_endpoint_attachments(Json& resources) {
  Json one = Json::object();
  one.set("for_each", "${var.endpoints}");
  one.set("vpc_endpoint_id", "${each.key}");
  one.set("policy",
          "${lookup(local.endpoint_policies, each.value, local.endpoint_policies[\"default\"])}");
  resources.edit("aws_vpc_endpoint_policy").set("ringwall", std::move(one));
}

Json output(const std::string& value, const char* description) {
  Json json = Json::object();
  json.set("value", value);
  json.set("description", description);
  return json;
}

std::string page(const Json& json) {
  std::string text = json.dump_pretty();
  if (!text.ends_with('\n')) text += '\n';
  return text;
}

bool is_statement(const Policy& policy) {
  return policy.layer == Layer::resource_statement || policy.layer == Layer::trust_statement;
}

// What no resource of the format stands for goes beside it, a file a policy.
void add_files(const Generated& generated, bool statements_only, Files& files) {
  for (const Policy& policy : generated.policies)
    if (!statements_only || is_statement(policy) || policy.layer == Layer::endpoint)
      files[path_of(policy)] = text_of(policy);
  files["proxy/squid.conf"] = generated.proxy;
}

// By document and Sid, what leaks without the statement.
Json protections(const Generated& generated) {
  Json all = Json::object();
  for (const Policy& policy : generated.policies) {
    Json held = Json::object();
    for (const Json& statement : policy.document["Statement"].items()) {
      Json names = Json::array();
      for (const perimeter::Objective objective : held_by(policy.layer, statement.text("Sid")))
        names.push(std::string(perimeter::name_of(objective)));
      held.set(std::string(statement.text("Sid")), std::move(names));
    }
    all.set(path_of(policy), std::move(held));
  }
  return all;
}

}  // namespace

Files as_json(const Generated& generated) {
  Files files;
  add_files(generated, false, files);
  files["protections.json"] = page(protections(generated));
  return files;
}

Files as_terraform(const Generated& generated) {
  Json resources = Json::object(), endpoint_policies = Json::object(), statements = Json::object();
  for (const Policy& policy : generated.policies) {
    if (policy.layer == Layer::endpoint)
      endpoint_policies.set(service_or_default(policy), literal(policy.document.dump()));
    else if (is_statement(policy))
      statements.set(policy.name, literal(policy.document.dump()));
    else
      add_terraform_policy(policy, resources);
  }
  if (!endpoint_policies.members().empty()) add_endpoint_attachments(resources);
  Json targets = variable("list(string)",
                          "the root, units or accounts that the SCPs and RCPs are attached to");
  targets.set("default", Json::array());
  Json endpoints = variable("map(string)",
                            "VPC endpoints by id, each with its service, as {\"vpce-…\" = \"s3\"}");
  endpoints.set("default", Json::object());
  Json main = Json::object();
  main.set("terraform", terraform_settings());
  main.edit("variable").set("targets", std::move(targets));
  main.edit("variable").set("endpoints", std::move(endpoints));
  main.edit("locals").set("endpoint_policies", std::move(endpoint_policies));
  main.edit("locals").set("statements", std::move(statements));
  main.set("resource", std::move(resources));
  main.edit("output").set("endpoint_policies",
                          output("${local.endpoint_policies}", "the endpoint policies by service"));
  main.edit("output").set(
      "statements",
      output("${local.statements}", "what to merge into resource and trust policies, by name"));
  return {{"ringwall.tf.json", page(main)}, {"proxy/squid.conf", generated.proxy}};
}

Files as_cloudformation(const Generated& generated) {
  Json resources = Json::object();
  for (const Policy& policy : generated.policies) {
    if (is_statement(policy) || policy.layer == Layer::endpoint) continue;
    Json properties = Json::object();
    if (is_of_organization(policy)) {
      properties.set("Name", policy.name);
      properties.set("Description", policy.description);
      properties.set("Type", organizations_type(policy.kind));
      properties.set("Content", policy.document);
      properties.edit("TargetIds").set("Ref", "Targets");
    } else {
      properties.set("ManagedPolicyName", policy.name);
      properties.set("Description", policy.description);
      properties.set("PolicyDocument", policy.document);
    }
    Json resource = Json::object();
    resource.set("Type", is_of_organization(policy) ? "AWS::Organizations::Policy"
                                                    : "AWS::IAM::ManagedPolicy");
    resource.set("Properties", std::move(properties));
    resources.set(logical_id(policy), std::move(resource));
  }
  Json targets = Json::object();
  targets.set("Type", "CommaDelimitedList");
  targets.set("Description", "The root, units or accounts that the SCPs and RCPs are attached to");
  Json main = Json::object();
  main.set("AWSTemplateFormatVersion", "2010-09-09");
  main.set("Description", "The perimeter's policies, as ringwall generate makes them");
  main.edit("Parameters").set("Targets", std::move(targets));
  main.set("Resources", std::move(resources));
  Files files = {{"ringwall.template.json", page(main)}};
  add_files(generated, true, files);
  return files;
}

}  // namespace ringwall::generate
