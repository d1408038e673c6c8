// The second pass over a Terraform file: what is said about the things that the first one declared.

#include <fmt/format.h>

#include <algorithm>

#include "loaders/detail/terraform_resources.h"
#include "loaders/detail/terraform_types.h"

namespace ringwall::loaders::declared {
namespace {

using Kind = Gap::Kind;

// `https://sqs.us-east-1.amazonaws.com/111122223333/orders`: its last two parts.
std::string queue_arn(std::string_view url, std::string_view partition, std::string_view region) {
  const std::size_t name = url.rfind('/');
  if (name == std::string_view::npos || name == 0) return {};
  const std::size_t account = url.rfind('/', name - 1);
  if (account == std::string_view::npos) return {};
  std::string_view host = url.substr(0, account);
  if (const std::size_t sqs = host.find("//sqs."); sqs != std::string_view::npos) {
    host.remove_prefix(sqs + 6);
    region = host.substr(0, host.find('.'));
  }
  return fmt::format("arn:{}:sqs:{}:{}:{}", partition, region, url.substr(account + 1, name - account - 1), url.substr(name + 1));
}

// Is there a policy document in a string anywhere in the value?
const Json* find_document(const Json& value) {
  if (value.is_string()) {
    const std::string_view text = value.as_string();
    return text.contains("\"Statement\"") && text.contains("\"Effect\"") ? &value : nullptr;
  }
  for (const Json& item : value.items()) {
    if (const Json* found = find_document(item)) return found;
  }
  for (const auto& member : value.members()) {
    if (const Json* found = find_document(member.value)) return found;
  }
  return nullptr;
}

bool names_a_document(std::string_view attribute) {
  return attribute == "access_policies" || attribute == "policy" || attribute.ends_with("_policy") ||
         attribute == "policy_document" || attribute == "policy_text";
}

}  // namespace

bool TerraformReader::is_deleted(std::string_view kind, const std::string& holder, const std::string& policy) const {
  return removed_.contains(fmt::format("{}/{}/{}", kind, holder, policy));
}

// A role's own attributes repeat what other resources gave it, also what this plan takes away.
void TerraformReader::connect_principal(const Block& block) {
  const Thing& thing = things_[&block];
  const bool is_user = block.type == "aws_iam_user";
  const Holder holder{is_user ? Holder::Kind::user : Holder::Kind::role, account_of(block), thing.name};
  const std::string_view boundary = block["permissions_boundary"].as_string();
  if (!boundary.empty() || (block.is_unknown("permissions_boundary") && !block.is_left_out("permissions_boundary"))) {
    const std::string* name = boundary.empty() ? named(file_.reference(block, "permissions_boundary")) : nullptr;
    if (boundary.empty() && name == nullptr) {
      world_.set_unknown_boundary(thing.arn, place(block), unknown(block, "permissions_boundary"));
    } else {
      world_.set_boundary(thing.arn, name != nullptr ? *name : std::string(boundary), place(block, "permissions_boundary"));
    }
  }
  if (is_user) return;
  world_.set_trust(thing.arn, document(block, "assume_role_policy"));
  for (const std::string& arn : links(block, "managed_policy_arns", thing.arn)) {
    if (!is_deleted("role", thing.name, arn)) world_.attach(holder, arn, place(block, "managed_policy_arns"));
  }
  if (block.is_unknown("inline_policy") && !block.is_left_out("inline_policy")) {
    world_.gap(Kind::placeholder, thing.arn, place(block, "inline_policy"), unknown(block, "inline_policy"));
  }
  for (const Json& own : block["inline_policy"].items()) {
    const std::string name = own.str("name");
    const bool stands_alone = separate_.contains(thing.name + "/" + name);
    if (own.text("policy").empty() || stands_alone || is_deleted("role", thing.name, name)) continue;
    world_.put_inline(holder, name, {.text = own.str("policy"), .place = {&text_, own["policy"].offset()}});
  }
}

bool TerraformReader::connect_exclusive(const Block& block) {
  static constexpr std::string_view ending = "_policy_attachments_exclusive";
  if (!block.type.starts_with("aws_iam_") || !block.type.ends_with(ending)) return false;
  for (const auto kind : {Holder::Kind::role, Holder::Kind::user, Holder::Kind::group}) {
    const auto holder = link(block, to_string(kind) + "_name", account_of(block), true);
    if (!holder) continue;
    for (const std::string& arn : links(block, "policy_arns", account_of(block))) {
      world_.attach({kind, account_of(block), *holder}, arn, place(block, "policy_arns"));
    }
  }
  return true;
}

bool TerraformReader::connect_identity(const Block& block) {
  if (block.type == "aws_iam_role" || block.type == "aws_iam_user") {
    connect_principal(block);
    return true;
  }
  const std::string account = account_of(block);
  if (block.type == "aws_iam_group" || block.type == "aws_iam_policy") return true;
  if (block.type == "aws_iam_policy_attachment") {
    const auto arn = link(block, "policy_arn", account);
    for (const auto kind : {Holder::Kind::role, Holder::Kind::user, Holder::Kind::group}) {
      for (const std::string& holder : links(block, to_string(kind) + "s", account)) {
        if (arn) world_.attach({kind, account, holder}, *arn, place(block));
      }
    }
    return true;
  }
  if (block.type == "aws_iam_group_membership") {
    const auto group = link(block, "group", account);
    for (const std::string& user : links(block, "users", account)) {
      if (group) world_.join(account, user, *group, place(block));
    }
    return true;
  }
  if (block.type == "aws_iam_user_group_membership") {
    const auto user = link(block, "user", account);
    for (const std::string& group : links(block, "groups", account)) {
      if (user) world_.join(account, *user, group, place(block));
    }
    return true;
  }
  for (const auto kind : {Holder::Kind::role, Holder::Kind::user, Holder::Kind::group}) {
    const std::string word = to_string(kind);
    const bool is_attachment = block.type == "aws_iam_" + word + "_policy_attachment";
    if (!is_attachment && block.type != "aws_iam_" + word + "_policy") continue;
    const auto holder = link(block, word, account);
    if (!holder) return true;
    const Holder whose{kind, account, *holder};
    if (!is_attachment) {
      world_.put_inline(whose, name_of(block, "name"), document(block, "policy"));
    } else if (const auto arn = link(block, "policy_arn", fmt::format("arn:{}:iam::{}:{}/{}", world_.partition(), account, word, *holder))) {
      world_.attach(whose, *arn, place(block));
    }
    return true;
  }
  return connect_exclusive(block);
}

// The policy that a resource itself carries; one that stands alone goes before it. Where neither
// the configuration nor anything else gives one, AWS's own holds.
void TerraformReader::own_policy(const Block& block, const TerraformResource& type) {
  if (!type.has_policy) return;
  const std::string& arn = things_[&block].arn;
  if (!block["policy"].as_string().empty()) return world_.set_default_policy(arn, document(block, "policy"));
  if (block.is_unknown("policy") && !block.is_left_out("policy")) return world_.set_default_policy(arn, document(block, "policy"));
  if (type.key) {
    world_.set_default_policy(arn, {.text = default_key_policy(account_of(block), world_.partition()), .place = place(block)});
  } else if (type.service == "sns") {
    world_.set_default_policy(arn, {.text = default_topic_policy(arn, account_of(block)), .place = place(block)});
  }
}

void TerraformReader::connect_permission(const Block& block) {
  const std::string account = account_of(block);
  const auto function = link(block, "function_name", account);
  if (!function) return;
  std::string arn = *function;
  if (const std::size_t name = arn.find(":function:"); name != std::string::npos && is_account_id(arn.substr(0, name))) {
    arn = fmt::format("arn:{}:lambda:{}:{}", world_.partition(), region_of(block), arn);
  } else if (!arn.starts_with("arn:")) {
    arn = fmt::format("arn:{}:lambda:{}:{}:function:{}", world_.partition(), region_of(block), account, arn);
  }
  struct Attribute {
    const char *name, *member;
  };
  static constexpr std::array<Attribute, 9> attributes = {{{"statement_id", "StatementId"}, {"action", "Action"}, {"principal", "Principal"},
      {"source_arn", "SourceArn"}, {"source_account", "SourceAccount"}, {"principal_org_id", "PrincipalOrgID"},
      {"event_source_token", "EventSourceToken"}, {"function_url_auth_type", "FunctionUrlAuthType"}, {"invoked_via_function_url", "InvokedViaFunctionUrl"}}};
  Json permission = Json::object();
  for (const Attribute& attribute : attributes) {
    if (!block[attribute.name].is_null()) {
      permission.set(attribute.member, block[attribute.name]);
    } else if (block.is_unknown(attribute.name) && !block.is_left_out(attribute.name)) {
      return world_.add_unknown_statement(arn, account, {.place = place(block), .unknown = unknown(block, attribute.name)});
    }
  }
  std::string resource = arn;
  if (const std::string_view qualifier = block["qualifier"].as_string(); !qualifier.empty()) resource += ":" + std::string(qualifier);
  world_.add_statement(arn, account, permission_statement(permission, resource, world_.partition()), place(block));
}

bool TerraformReader::connect_resource(const Block& block) {
  if (const TerraformResource* type = terraform_resource(block.type)) {
    own_policy(block, *type);
    const std::string_view acl = block["acl"].as_string();
    if (!acl.empty() && acl != "private") world_.gap(Kind::unsupported, things_[&block].arn, place(block, "acl"), fmt::format("`{}` gives access by the ACL `{}`", block.address, acl));
    return true;
  }
  const std::string account = account_of(block);
  if (block.type == "aws_s3_bucket_acl") {
    const std::string_view acl = block["acl"].as_string();
    if (acl == "private") return true;
    const auto bucket = link(block, "bucket", account);
    if (bucket) world_.gap(Kind::unsupported, fmt::format("arn:{}:s3:::{}", world_.partition(), *bucket), place(block), fmt::format("`{}` gives access by an ACL", block.address));
    return true;
  }
  if (block.type == "aws_s3_account_public_access_block") {
    const std::string owner = block["account_id"].as_string().empty() ? account : std::string(block["account_id"].as_string());
    if (block["restrict_public_buckets"].as_bool()) world_.restrict_account(owner);
    return true;
  }
  if (block.type == "aws_s3_bucket_public_access_block") {
    if (const auto bucket = link(block, "bucket", account))
      world_.restrict_bucket(fmt::format("arn:{}:s3:::{}", world_.partition(), *bucket), block["restrict_public_buckets"].as_bool(), place(block));
    return true;
  }
  if (block.type == "aws_lambda_permission") {
    connect_permission(block);
    return true;
  }
  if (block.type == "aws_vpc") {
    const std::string& id = things_[&block].id;
    for (const char* attribute : {"cidr_block", "ipv6_cidr_block"}) {
      if (!block[attribute].as_string().empty()) world_.add_cidr(id, block[attribute].as_string(), place(block, attribute));
    }
    return true;
  }
  if (block.type == "aws_vpc_ipv4_cidr_block_association" || block.type == "aws_vpc_ipv6_cidr_block_association") {
    const std::string_view attribute = block.type.contains("ipv4") ? "cidr_block" : "ipv6_cidr_block";
    const auto vpc = link(block, "vpc_id", account);
    if (vpc && !block[attribute].as_string().empty()) world_.add_cidr(*vpc, block[attribute].as_string(), place(block, attribute));
    return true;
  }
  if (block.type == "aws_vpc_endpoint") {
    const std::string& id = things_[&block].id;
    const auto vpc = link(block, "vpc_id", id);
    std::string leads_to = block.values->str("service_name");
    for (const char* lattice : {"resource_configuration_arn", "service_network_arn"}) {
      if (leads_to.empty() && (!block[lattice].is_null() || block.is_unknown(lattice))) leads_to = "arn:" + stand_in(block.address + "." + lattice);
    }
    world_.add_endpoint(id, account, vpc.value_or(""), leads_to);
    const bool comes = block.is_unknown("policy") && !block.is_left_out("policy");
    const bool stands_alone = separate_.contains(id);
    if (!stands_alone && (comes || !block["policy"].as_string().empty())) world_.set_endpoint_policy(id, document(block, "policy"));
    return true;
  }
  return false;
}

bool TerraformReader::connect_organization(const Block& block) {
  if (block.type == "aws_organizations_organizational_unit") {
    const auto parent = link(block, "parent_id", things_[&block].id);
    if (parent) world_.organization().add_unit(things_[&block].id, *parent, place(block));
  } else if (block.type == "aws_organizations_account") {
    const std::string& id = things_[&block].id;
    if (!is_account_id(id)) return true;
    const auto parent = link(block, "parent_id", id, true);
    world_.organization().add_account(id, block.values->str("name"), parent.value_or(""), place(block));
  } else if (block.type == "aws_organizations_policy_attachment") {
    const auto target = link(block, "target_id", "*");
    if (!target) return true;
    if (const auto policy = link(block, "policy_id", *target)) world_.organization().attach(*policy, *target, place(block));
  } else {
    return block.type == "aws_organizations_organization" || block.type == "aws_organizations_policy";
  }
  return true;
}

void TerraformReader::tell_unsupported(const Block& block) {
  const std::string_view arn = block["arn"].as_string();
  const std::string_view own = !arn.empty() ? arn : block["resource_arn"].as_string();
  const std::string subject = own.empty() ? account_of(block) : std::string(own);
  if (const TerraformGrant* grant = terraform_grant(block.type)) {
    const std::string_view target = grant->target.empty() ? std::string_view() : block[grant->target].as_string();
    const std::string of = target.starts_with("arn:") ? std::string(target) : subject;
    return world_.gap(Kind::unsupported, of, place(block), fmt::format("`{}` gives access, and is not evaluated", block.address));
  }
  const Json* found = find_document(*block.values);
  bool is_policy = found != nullptr;
  for (const auto& member : block.unknown->members()) {
    is_policy = is_policy || (names_a_document(member.key) && member.value.as_bool() && !block.is_left_out(member.key) && block.expressions != nullptr);
  }
  if (!is_policy) return;
  world_.gap(Kind::unsupported, subject, {&text_, found != nullptr ? found->offset() : block.offset}, fmt::format("`{}` has a policy, and resources of its type are not evaluated", block.address));
}

void TerraformReader::connect(const Block& block) {
  if (block.data || connect_identity(block) || connect_resource(block) || connect_organization(block)) return;
  const std::string account = account_of(block);
  if (block.type == "aws_vpc_endpoint_policy") {
    if (const auto id = link(block, "vpc_endpoint_id", account)) {
      world_.set_endpoint_policy(*id, document(block, "policy"));
    }
    return;
  }
  const TerraformPolicy* type = terraform_policy(block.type);
  if (type == nullptr) return tell_unsupported(block);
  const bool key = type->service == "kms";
  std::string target;
  if (block[type->target].as_string().empty()) {
    const Reference reference = file_.reference(block, type->target);
    if (const auto thing = things_.find(reference.block); thing != things_.end()) target = thing->second.arn;
  }
  if (target.empty()) {
    const auto text = link(block, type->target, account);
    if (!text) return;
    target = *text;
    if (type->service == "s3") target = fmt::format("arn:{}:s3:::{}", world_.partition(), *text);
    else if (type->service == "sqs") target = queue_arn(*text, world_.partition(), region_of(block));
    else if (!target.starts_with("arn:")) target = fmt::format("arn:{}:{}:{}:{}:{}{}", world_.partition(), type->service, region_of(block), account, terraform_resource_of_service(type->service)->prefix, *text);
    if (target.empty()) return world_.gap(Kind::unreadable, account, place(block, type->target), fmt::format("`{}` is no queue's URL", *text));
  }
  Written policy = document(block, type->policy);
  if (type->service == "ecr") policy = written_about(std::move(policy));
  world_.set_policy(target, account, key ? authz::ResourceKind::key : authz::ResourceKind::plain, std::move(policy));
}

}  // namespace ringwall::loaders::declared
