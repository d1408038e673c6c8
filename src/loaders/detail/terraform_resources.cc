#include "loaders/detail/terraform_resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "loaders/detail/names.h"
#include "loaders/detail/terraform_types.h"

namespace ringwall::loaders::declared {
namespace {

using Kind = Gap::Kind;

// A role's ARN, or an account number that a provider is limited to: whose resources it makes.
std::string account_in(const Json& argument) {
  const Json& first = argument.is_array() && !argument.items().empty() ? argument.items().front() : argument;
  if (is_account_id(first.as_string())) return std::string(first.as_string());
  return std::string(account_in_arn(first["role_arn"].as_string()));
}

std::string path_of(const Block& block) {
  const std::string_view path = block.values->text("path", "/");
  return strange_in(path).empty() ? std::string(path) : "/";
}

}  // namespace

void TerraformReader::read() {
  if (!file_.is_complete()) {
    world_.gap(Kind::truncated, "*", {&text_, 0}, "this plan is not complete: it failed, or leaves changes for later");
  }
  note_accounts();
  for (const Block& block : file_.deleted()) {
    for (const char* holder : {"role", "user", "group"}) {
      const std::string of = block.values->str(holder);
      if (of.empty()) continue;
      removed_.insert(fmt::format("{}/{}/{}", holder, of, block.values->text("policy_arn", block.values->text("name"))));
    }
  }
  for (const Block& block : file_.blocks()) declare(block);
  note_separate();
  for (const Block& block : file_.blocks()) connect(block);
}

void TerraformReader::note_separate() {
  const auto target = [&](const Block& block, std::string_view attribute) -> std::string {
    if (const std::string_view known = block[attribute].as_string(); !known.empty()) return std::string(known);
    const std::string* name = named(file_.reference(block, attribute));
    return name != nullptr ? *name : std::string();
  };
  for (const Block& block : file_.blocks()) {
    if (block.type == "aws_iam_role_policy") separate_.insert(target(block, "role") + "/" + name_of(block, "name"));
    if (block.type == "aws_vpc_endpoint_policy") separate_.insert(target(block, "vpc_endpoint_id"));
  }
}

void TerraformReader::note_accounts() {
  for (const Block& block : file_.blocks()) {
    if (block.type == "aws_caller_identity" && is_account_id(block["account_id"].as_string())) {
      own_accounts_.emplace(block.provider, block["account_id"].as_string());
    }
  }
}

// By its own ARN, else by its provider. A provider that assumes a role which is not known makes its
// resources in an account that is not known; `declare` says so.
std::string TerraformReader::account_of(const Block& block) const {
  if (const auto account = account_in_arn(block["arn"].as_string()); !account.empty()) return std::string(account);
  for (const char* attribute : {"owner_id", "account_id"}) {
    if (is_account_id(block[attribute].as_string())) return std::string(block[attribute].as_string());
  }
  const auto& expressions = file_.provider(block.provider, "assume_role");
  if (const std::string account = account_in(expressions); !account.empty()) return account;
  if (const std::string account = account_in(file_.provider(block.provider, "allowed_account_ids")); !account.empty()) return account;
  if (const auto known = own_accounts_.find(block.provider); known != own_accounts_.end()) return known->second;
  return world_.options().default_account;
}

std::string TerraformReader::region_of(const Block& block) const {
  const std::string_view region = file_.provider(block.provider, "region").as_string();
  return region.empty() ? world_.options().default_region : std::string(region);
}

std::string TerraformReader::arn(const Block& block, std::string_view service, std::string_view resource, bool global) const {
  if (const std::string_view known = block["arn"].as_string(); !known.empty() && strange_in(known).empty()) return std::string(known);
  return fmt::format("arn:{}:{}:{}:{}:{}", world_.partition(), service, global ? "" : region_of(block), account_of(block), resource);
}

Place TerraformReader::place(const Block& block, std::string_view attribute) const {
  const Json* value = block.values->find(attribute);
  return {&text_, value != nullptr ? value->offset() : block.offset};
}

std::string TerraformReader::name_of(const Block& block, std::string_view attribute) const {
  const std::string_view name = block[attribute].as_string();
  return name.empty() || !strange_in(name).empty() ? stand_in(block.address) : std::string(name);
}

// A stand-in takes the place of such a name.
void TerraformReader::tell_strange(const Block& block) {
  for (const char* attribute : {"name", "bucket", "function_name", "identifier", "id", "key_id", "path", "arn"}) {
    const std::string_view name = block[attribute].as_string(), strange = strange_in(name);
    if (strange.empty()) continue;
    world_.gap(Kind::unreadable, account_of(block), place(block, attribute), fmt::format("`{}` is no {} that AWS takes, for `{}` is in it", name, attribute, strange));
    return;
  }
}

std::string TerraformReader::unknown(const Block& block, std::string_view attribute) const {
  return fmt::format("`{}` of `{}` is known only after it is applied", attribute, block.address);
}

Written TerraformReader::document(const Block& block, std::string_view attribute) const {
  Written made{.text = block.values->str(attribute), .place = place(block, attribute)};
  if (made.text.empty()) made.unknown = unknown(block, attribute);
  return made;
}

estate::Tags TerraformReader::tags(const Block& block, std::string_view subject) {
  const bool all = block["tags_all"].is_object() && !block.is_unknown("tags_all");
  const std::string_view attribute = all ? "tags_all" : "tags";
  if (block.is_unknown(attribute)) world_.gap(Kind::placeholder, subject, place(block, attribute), unknown(block, attribute));
  estate::Tags tags;
  for (const auto& [key, value, offset] : block[attribute].members()) tags.emplace(key, value.as_string());
  return tags;
}

const std::string* TerraformReader::named(const Reference& reference) const {
  if (reference.block == nullptr) return nullptr;
  const auto found = things_.find(reference.block);
  if (found == things_.end()) return nullptr;
  const Thing& thing = found->second;
  const std::string& attribute = reference.attribute;
  if (attribute == "arn") return &thing.arn;
  if (attribute == "id") return &thing.id;
  if (attribute == "url") return &thing.url;
  if (attribute == "roots[0].id") return &thing.url;  // an organisation has no other
  if (attribute == "key_id") return &thing.id;
  const bool is_name = attribute == "name" || attribute == "bucket" || attribute == "function_name";
  return is_name ? &thing.name : nullptr;
}

std::optional<std::string> TerraformReader::link(const Block& block, std::string_view attribute, std::string_view subject, bool may_be_absent) {
  if (const std::string_view known = block[attribute].as_string(); !known.empty()) {
    const std::string_view strange = strange_in(known);
    if (strange.empty()) return std::string(known);
    world_.gap(Kind::unreadable, subject, place(block, attribute), fmt::format("`{}` names nothing of AWS's, for `{}` is in it", known, strange));
    return std::nullopt;
  }
  if (may_be_absent && (!block.is_unknown(attribute) || block.is_left_out(attribute))) return std::nullopt;
  const std::string* name = named(file_.reference(block, attribute));
  if (name != nullptr && !name->empty()) return *name;
  world_.gap(Kind::placeholder, subject, place(block), unknown(block, attribute));
  return std::nullopt;
}

std::vector<std::string> TerraformReader::links(const Block& block, std::string_view attribute, std::string_view subject) {
  std::vector<std::string> found;
  bool is_known = block[attribute].is_array() || !block.is_unknown(attribute);
  for (const Json& item : block[attribute].items()) {
    if (item.is_string() && strange_in(item.as_string()).empty()) found.emplace_back(item.as_string());
    else is_known = false;
  }
  if (is_known || block.is_left_out(attribute)) return found;
  const std::string* name = named(file_.reference(block, attribute));
  const bool is_one = name != nullptr && block[attribute].items().size() <= 1 && found.empty();
  if (is_one) return {*name};
  world_.gap(Kind::placeholder, subject, place(block, attribute), unknown(block, attribute));
  return found;
}

void TerraformReader::declare(const Block& block) {
  if (block.data) {
    if (block.type == "aws_iam_policy" && !block["arn"].as_string().empty()) {
      world_.add_managed_policy(block.values->str("arn"), document(block, "policy"), place(block));
    } else if (block.type == "aws_organizations_organization") {
      declare_organization(block);
    }
    return;
  }
  const bool is_named = declare_identity(block) || declare_resource(block) || declare_network(block);
  if (is_named) tell_strange(block);
  const bool known = is_named || declare_organization(block);
  if (!known || !account_in_arn(block["arn"].as_string()).empty()) return;
  const bool is_elsewhere = file_.provider_has(block.provider, "assume_role") &&
                            account_in(file_.provider(block.provider, "assume_role")).empty();
  if (is_elsewhere) {
    world_.gap(Kind::placeholder, things_[&block].arn, place(block),
               fmt::format("`{}` is made by the provider `{}`, whose role is not known: its account is taken to be `{}`", block.address, block.provider, account_of(block)));
  }
}

void TerraformReader::declare_principal(const Block& block, policy::Principal::Type type) {
  const bool is_user = type == policy::Principal::Type::user;
  const std::string name = name_of(block, "name");
  const std::string path = path_of(block);
  Thing thing{.arn = arn(block, "iam", (is_user ? "user" : "role") + path + name, true), .id = name, .name = name, .url = {}};
  estate::Principal principal{.type = type, .arn = thing.arn, .account = account_of(block), .name = name,
                              .unique_id = block.values->str("unique_id"), .tags = tags(block, thing.arn),
                              .identity = {}, .boundary = {}, .trust = {}, .service_linked = path.starts_with("/aws-service-role/")};
  world_.add_principal(std::move(principal), place(block));
  things_.emplace(&block, std::move(thing));
}

bool TerraformReader::declare_identity(const Block& block) {
  if (block.type == "aws_iam_user") {
    declare_principal(block, policy::Principal::Type::user);
  } else if (block.type == "aws_iam_role") {
    declare_principal(block, policy::Principal::Type::role_session);
  } else if (block.type == "aws_iam_group") {
    const std::string name = name_of(block, "name");
    world_.add_group(account_of(block), name);
    things_[&block] = {.arn = arn(block, "iam", "group" + path_of(block) + name, true), .id = name, .name = name, .url = {}};
  } else if (block.type == "aws_iam_policy") {
    const std::string name = name_of(block, "name");
    const std::string made = arn(block, "iam", "policy" + path_of(block) + name, true);
    world_.add_managed_policy(made, document(block, "policy"), place(block));
    things_[&block] = {.arn = made, .id = made, .name = name, .url = {}};
  } else {
    return false;
  }
  return true;
}

bool TerraformReader::declare_resource(const Block& block) {
  const TerraformResource* type = terraform_resource(block.type);
  if (type == nullptr) return false;
  std::string name = name_of(block, type->name);
  Thing thing{.arn = {}, .id = name_of(block, "id"), .name = name, .url = {}};
  if (block["id"].as_string().empty()) thing.id = name;
  if (type->service == "s3") {
    thing.arn = fmt::format("arn:{}:s3:::{}", world_.partition(), name);
  } else {
    // A secret's ARN ends with six characters that AWS draws.
    thing.arn = arn(block, type->service, type->prefix + name + (type->service == "secretsmanager" ? "-000000" : ""));
  }
  if (type->service == "sqs" || type->service == "secretsmanager" || type->service == "sns") {
    thing.url = type->service == "sqs" ? name : std::string();
    if (block["id"].as_string().empty()) thing.id = type->service == "sqs" ? thing.url : thing.arn;
    if (const std::string_view url = block["url"].as_string(); !url.empty()) thing.url = url;
  }
  world_.add_resource({.arn = thing.arn, .account = account_of(block), .kind = type->key ? authz::ResourceKind::key : authz::ResourceKind::plain}, place(block));
  things_.emplace(&block, std::move(thing));
  return true;
}

bool TerraformReader::declare_network(const Block& block) {
  if (block.type != "aws_vpc" && block.type != "aws_vpc_endpoint") return false;
  const std::string id = name_of(block, "id");
  world_.add_account(account_of(block));
  things_[&block] = {.arn = id, .id = id, .name = id, .url = {}};
  if (block.type == "aws_vpc") world_.add_vpc({.id = id, .account = account_of(block)});
  return true;
}

void TerraformReader::declare_head(const Block& block, const std::string& id) {
  Organization::Head head{.id = id, .management_account = block.values->str("master_account_id"), .root_id = {}, .scps = {}, .rcps = {}, .place = place(block)};
  if (head.management_account.empty()) head.management_account = account_of(block);
  const Json& roots = block["roots"];
  const Json* enabled = block.values->find("enabled_policy_types");
  if (!roots.items().empty()) head.root_id = roots.items().front().str("id");
  if (head.root_id.empty()) head.root_id = stand_in(block.address + ".roots[0]");
  if (enabled != nullptr && enabled->is_array()) {
    const auto has = [&](std::string_view type) {
      return std::ranges::any_of(enabled->items(), [&](const Json& item) { return item.as_string() == type; });
    };
    head.scps = has("SERVICE_CONTROL_POLICY");
    head.rcps = has("RESOURCE_CONTROL_POLICY");
  }
  for (const Json& account : block["accounts"].items()) {
    if (is_account_id(account.text("id"))) world_.organization().add_account(account.str("id"), account.str("name"), {}, place(block));
  }
  things_[&block] = {.arn = block.values->str("arn"), .id = id, .name = id, .url = head.root_id};
  world_.organization().set_head(std::move(head));
}

bool TerraformReader::declare_organization(const Block& block) {
  if (block.type == "aws_organizations_organization") {
    std::string id = block.values->str("id");
    if (id.empty()) id = world_.options().organization;
    if (id.empty()) {
      id = stand_in(block.address);
      world_.gap(Kind::placeholder, "*", place(block), "the organisation's id is known only after it is applied");
    }
    declare_head(block, id);
  } else if (block.type == "aws_organizations_organizational_unit") {
    const std::string id = name_of(block, "id");
    things_[&block] = {.arn = block.values->str("arn"), .id = id, .name = block.values->str("name"), .url = {}};
  } else if (block.type == "aws_organizations_account") {
    const std::string id = name_of(block, "id");
    things_[&block] = {.arn = block.values->str("arn"), .id = id, .name = block.values->str("name"), .url = {}};
    if (!is_account_id(id)) world_.gap(Kind::placeholder, id, place(block), fmt::format("the id of the account `{}` is known only after it is applied", block.address));
  } else if (block.type == "aws_organizations_policy") {
    const std::string_view type = block.values->text("type", "SERVICE_CONTROL_POLICY");
    const std::string id = name_of(block, "id");
    things_[&block] = {.arn = block.values->str("arn"), .id = id, .name = block.values->str("name"), .url = {}};
    if (type == "SERVICE_CONTROL_POLICY" || type == "RESOURCE_CONTROL_POLICY") {
      const std::string_view name = block.values->text("arn", block.values->text("name"));
      world_.organization().add_policy(id, std::string(name), type == "SERVICE_CONTROL_POLICY" ? policy::Kind::scp : policy::Kind::rcp, document(block, "content"));
    }
  } else {
    return false;
  }
  return true;
}

}  // namespace ringwall::loaders::declared
