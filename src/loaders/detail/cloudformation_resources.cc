#include "loaders/detail/cloudformation_resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "loaders/detail/names.h"

namespace ringwall::loaders::declared {
namespace {

using Kind = Gap::Kind;

// Macros that leave resources as they stand, but for functions that are not evaluated; and that of SAM, which says itself what of
// it is not read.
bool is_harmless(std::string_view macro) { return macro == "AWS::LanguageExtensions" || is_serverless(macro); }

// What rewrites the part of a resource that it stands in.
const Json::Member* rewriting(const Json& json) {
  for (const Json& item : json.items())
    if (const Json::Member* found = rewriting(item)) return found;
  for (const Json::Member& member : json.members()) {
    if (member.key == "Fn::Transform" || member.key.starts_with("Fn::ForEach")) return &member;
    if (const Json::Member* found = rewriting(member.value)) return found;
  }
  return nullptr;
}

}  // namespace

void CloudFormationReader::read() {
  world_.add_account(account_);
  tell_macros();
  std::vector<Item> items;
  for (const auto& [logical, resource, offset] : template_.resources().members()) {
    Item item{.logical = logical, .resource = resource, .type = resource.text("Type"), .doubt = {}};
    const auto exists = template_.exists(resource);
    if (exists && !*exists) continue;
    if (!exists) item.doubt = fmt::format("whether `{}` is made at all is not known", logical);
    items.push_back(std::move(item));
  }
  for (const Item& item : items) declare(item);
  for (const Untold& one : template_.untold()) {
    const auto found = things_.find(one.logical);
    const bool is_here = found != things_.end() && !one.logical.empty();
    world_.gap(Kind::unsupported, is_here ? found->second.arn : account_, {&text_, one.offset}, one.message);
  }
  for (const Item& item : items) connect(item);
}

void CloudFormationReader::tell_macros() {
  const Json& transform = template_.root()["Transform"];
  const auto tell = [&](const Json& macro) {
    const std::string_view name = macro.is_object() ? macro.text("Name") : macro.as_string();
    if (is_harmless(name)) return;
    world_.gap(Kind::unsupported, account_, place(macro),
               fmt::format("the macro `{}` is not evaluated: give the template that it makes, `aws cloudformation get-template --template-stage Processed`", name));
  };
  if (transform.is_array()) {
    for (const Json& macro : transform.items()) tell(macro);
  } else if (!transform.is_null()) {
    tell(transform);
  }
  for (const auto& member : template_.resources().members()) {
    if (const Json::Member* found = rewriting(member.value); found != nullptr && !member.key.starts_with("Fn::")) {
      world_.gap(Kind::unsupported, account_, {&text_, found->key_offset},
                 fmt::format("`{}` of `{}` is not evaluated, and may change all of it: give the template that it makes", found->key, member.key));
    }
    if (!member.key.starts_with("Fn::")) continue;
    world_.gap(Kind::unsupported, account_, {&text_, member.key_offset}, fmt::format("`{}` makes resources that are not known", member.key));
  }
}

Place CloudFormationReader::place(const Item& item, std::string_view property) const {
  const Json* value = item.resource["Properties"].find(property);
  return place(value != nullptr ? *value : item.resource);
}

std::optional<std::string> CloudFormationReader::link(const Value& value, By by, Place place, std::string_view subject) {
  if (value.is_known() && !value.json.as_string().empty()) {
    const std::string_view text = value.json.as_string();
    const std::string_view strange = strange_in(text);
    if (strange.empty()) return std::string(text);
    world_.gap(Kind::placeholder, subject, place, fmt::format("`{}` names nothing of AWS's, for `{}` is in it", text, strange));
    return std::nullopt;
  }
  if (const auto found = things_.find(value.resource); !value.resource.empty() && found != things_.end()) {
    return by == By::name ? found->second.name : by == By::arn ? found->second.arn : found->second.id;
  }
  const std::string why = !value.unknown.empty() ? value.unknown : "what this names is not there";
  world_.gap(Kind::placeholder, subject, place, why);
  return std::nullopt;
}

// Each item by itself: a list with one that is not known has others that are.
std::vector<std::string> CloudFormationReader::links(const Item& item, std::string_view name, By by, std::string_view subject) {
  std::vector<std::string> found;
  const Json* list = item.resource["Properties"].find(name);
  if (list == nullptr) return found;
  Json whole;
  if (!list->is_array()) {
    const Value value = template_.evaluate(*list);
    if (value.absent) return found;
    if (!value.is_known() && things_.contains(value.resource)) {
      if (auto text = link(value, by, place(*list), subject)) found.push_back(*std::move(text));
      return found;
    }
    if (!value.is_known()) {
      world_.gap(Kind::placeholder, subject, place(*list), value.unknown);
      return found;
    }
    whole = value.json.is_array() ? value.json : Json::array({value.json});
    list = &whole;
  }
  for (const Json& entry : list->items()) {
    const Value value = template_.evaluate(entry);
    if (value.absent) continue;
    if (auto text = link(value, by, place(entry), subject)) found.push_back(*std::move(text));
  }
  return found;
}

Written CloudFormationReader::document(const Item& item, const Json& value) {
  Value evaluated = template_.evaluate(value);
  if (!item.doubt.empty()) return {.place = place(value), .unknown = item.doubt};
  if (evaluated.absent) return {.place = place(value), .unknown = "the policy is left out by a condition"};
  if (!evaluated.is_known()) return {.place = {&text_, evaluated.offset}, .unknown = evaluated.unknown};
  if (evaluated.json.is_string()) return {.text = std::string(evaluated.json.as_string()), .place = place(value)};
  return written(evaluated.json, place(value), evaluated.computed || !template_.is_json());
}

std::string CloudFormationReader::text_or(const Item& item, std::string_view name, std::string_view otherwise) {
  const Value value = property(item, name);
  return std::string(value.is_known() ? value.json.as_string(otherwise) : otherwise);
}

estate::Tags CloudFormationReader::tags(const Item& item, std::string_view subject) {
  estate::Tags tags;
  const Value value = property(item, "Tags");
  if (value.absent) return tags;
  if (!value.is_known()) world_.gap(Kind::placeholder, subject, place(item, "Tags"), value.unknown);
  for (const Json& tag : value.json.items()) tags.insert_or_assign(tag.str("Key"), tag.str("Value"));
  return tags;
}

void CloudFormationReader::declare_principal(const Item& item, const Thing& thing) {
  const bool is_user = item.type == "AWS::IAM::User";
  estate::Principal principal{.type = is_user ? policy::Principal::Type::user : policy::Principal::Type::role_session,
                              .arn = thing.arn, .account = account_, .name = thing.name, .unique_id = {},
                              .tags = tags(item, thing.arn), .identity = {}, .boundary = {}, .trust = {},
                              .service_linked = false};
  world_.add_principal(std::move(principal), place(item.resource));
}

void CloudFormationReader::declare(const Item& item) {
  const CloudFormationType* type = cloudformation_type(item.type);
  const std::string none_yet = template_.stand_in_of(item.logical);
  Thing thing{.arn = none_yet, .id = none_yet, .name = none_yet};
  if (type == nullptr || !type->listed) {
    things_.emplace(item.logical, thing);
    if (item.type == "AWS::EC2::VPC") world_.add_vpc({.id = thing.id, .account = account_});
    declare_organization(item);
    return;
  }
  const Value name = template_.name_of(item.logical);
  if (name.is_known()) thing.name = name.json.as_string();
  const std::string partition = world_.partition();
  if (type->identity) {
    std::string path = text_or(item, "Path", "/");
    if (const std::string_view strange = strange_in(path); !strange.empty()) {
      world_.gap(Kind::unreadable, fmt::format("arn:{}:iam::{}:{}/{}", partition, account_, type->prefix, thing.name), place(item, "Path"), fmt::format("the path `{}` of `{}` is none that AWS takes, for `{}` is in it", path, item.logical, strange));
      path = "/";
    }
    thing.arn = fmt::format("arn:{}:iam::{}:{}{}{}", partition, account_, type->prefix, path, thing.name);
  } else if (type->service == "s3") {
    thing.arn = fmt::format("arn:{}:s3:::{}", partition, thing.name);
  } else {
    // A secret's ARN ends with six characters that AWS draws.
    thing.arn = fmt::format("arn:{}:{}:{}:{}:{}{}{}", partition, type->service, world_.options().default_region, account_,
                            type->prefix, thing.name, type->service == "secretsmanager" ? "-000000" : "");
  }
  things_.emplace(item.logical, thing);
  if (!name.is_known()) {
    const std::string why = name.broken ? name.unknown : fmt::format("the name of `{}` is not known: {}", item.logical, name.unknown);
    world_.gap(name.broken ? Kind::unreadable : Kind::placeholder, thing.arn, place(item.resource), why);
  }
  if (!item.doubt.empty()) world_.gap(Kind::placeholder, thing.arn, place(item.resource), item.doubt);
  if (item.type == "AWS::IAM::User" || item.type == "AWS::IAM::Role") {
    declare_principal(item, thing);
  } else if (item.type == "AWS::IAM::Group") {
    world_.add_group(account_, thing.name);
  } else if (item.type == "AWS::IAM::ManagedPolicy") {
    world_.add_managed_policy(thing.arn, document(item, item.resource["Properties"]["PolicyDocument"]), place(item.resource));
  } else {
    world_.add_resource({.arn = thing.arn, .account = account_, .kind = type->key ? authz::ResourceKind::key : authz::ResourceKind::plain}, place(item.resource));
  }
}

// Ids of an organisation are in no template; what refers to them is connected all the same.
bool CloudFormationReader::declare_organization(const Item& item) {
  const Thing& thing = things_.find(item.logical)->second;
  if (item.type == "AWS::Organizations::Organization") {
    Organization::Head head{.id = world_.options().organization, .management_account = account_, .root_id = thing.id + ".RootId", .scps = {}, .rcps = {}, .place = place(item.resource)};
    if (head.id.empty()) {
      head.id = thing.id;
      world_.gap(Kind::placeholder, "*", place(item.resource), "the organisation's id is known only when the stack is made");
    }
    world_.organization().set_head(std::move(head));
  } else if (item.type == "AWS::Organizations::Account") {
    world_.gap(Kind::placeholder, thing.id, place(item.resource), fmt::format("the id of the account `{}` is known only when the stack is made", item.logical));
  } else if (item.type == "AWS::Organizations::Policy") {
    const std::string type = text_or(item, "Type", "");
    if (type != "SERVICE_CONTROL_POLICY" && type != "RESOURCE_CONTROL_POLICY") return true;
    world_.organization().add_policy(thing.id, text_or(item, "Name", item.logical),
                                     type == "SERVICE_CONTROL_POLICY" ? policy::Kind::scp : policy::Kind::rcp,
                                     document(item, item.resource["Properties"]["Content"]));
  }
  return true;
}

}  // namespace ringwall::loaders::declared
