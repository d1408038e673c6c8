#include "perimeter/perimeter.h"

#include <algorithm>
#include <array>
#include <functional>
#include <unordered_set>

#include "catalogue/sign_ins.h"
#include "perimeter/detail/members.h"
#include "yaml/yaml.h"

namespace ringwall::embedded {
std::string_view perimeter(std::string_view name);
}

namespace ringwall::perimeter {
namespace {

using detail::Member;
using detail::Section;
using detail::Shape;
using text::Json;

constexpr std::array<std::string_view, objective_count_with_agents> objective_names = {"identity/resources",
                                                                           "identity/networks",
                                                                           "resource/principals",
                                                                           "resource/networks",
                                                                           "network/principals",
                                                                           "network/resources",
                                                                           "trust",
                                                                           "perimeter",
                                                                           "agents"};

std::string_view words_for(Shape shape) {
  switch (shape) {
    case Shape::text:
      return "a text";
    case Shape::texts:
      return "a list of texts";
    case Shape::flag:
      return "`true` or `false`";
    case Shape::object:
      return "an object";
    case Shape::objects:
      return "a list of objects";
  }
  return "";
}

std::string list_of_names(std::span<const Member> members) {
  std::string all;
  for (const Member& member : members) {
    if (!all.empty()) all += &member == &members.back() ? " and " : ", ";
    all += member.name;
  }
  return all;
}

// Holds a value to the table of members. What it lets through can be read without a question.
class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  Result<> check(const Json& json, Section section, const std::string& path) const {
    if (!json.is_object())
      return refuse(json.offset(),
                    (path.empty() ? "the perimeter" : quoted(path)) + " is not an object");
    const auto members = detail::members_of(section);
    for (const auto& [name, value, offset] : json.members()) {
      const auto found = std::ranges::find(members, std::string_view(name), &Member::name);
      if (found == members.end())
        return refuse(offset, "there is no member " + quoted(inside(path, name)) + ": " +
                                  (path.empty() ? "a perimeter" : quoted(path)) + " has " +
                                  list_of_names(members));
      RW_DO(check(value, *found, inside(path, name)));
    }
    for (const Member& member : members)
      if (member.required && !json.contains(member.name))
        return refuse(json.offset(), quoted(inside(path, member.name)) + " is missing: give " +
                                         (member.shape == Shape::texts ? "a list, each " : "") +
                                         std::string(detail::expectation(member.form)));
    return {};
  }

  std::unexpected<Error> refuse(std::uint32_t offset, const std::string& message) const {
    const text::Position at = text::position_of(text_, offset);
    return fail(Failure::invalid, "line " + std::to_string(at.line) + ", column " +
                                      std::to_string(at.column) + ": " + message);
  }

  static std::string quoted(const std::string& text) { return "`" + text + "`"; }

 private:
  static std::string inside(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : path + "." + std::string(name);
  }

  Result<> check(const Json& value, const Member& member, const std::string& path) const {
    switch (member.shape) {
      case Shape::text:
        return check_text(value, member, path);
      case Shape::flag:
        if (!value.is_bool()) return mistaken(value, member, path);
        return {};
      case Shape::object:
        return check(value, member.section, path);
      case Shape::texts:
        return check_items(value, member, path, [&](const Json& item, const std::string& at) {
          return check_text(item, member, at);
        });
      case Shape::objects:
        return check_items(value, member, path, [&](const Json& item, const std::string& at) {
          return check(item, member.section, at);
        });
    }
    return {};
  }

  Result<> check_items(const Json& value, const Member& member, const std::string& path,
                       const std::function<Result<>(const Json&, const std::string&)>& each) const {
    if (!value.is_array()) return mistaken(value, member, path);
    if (value.items().empty() && member.shape == Shape::texts && member.filled)
      return refuse(value.offset(),
                    quoted(path) + " is empty: list something, or leave the member out");
    for (std::size_t index = 0; index < value.items().size(); ++index)
      RW_DO(each(value.items()[index], path + "[" + std::to_string(index) + "]"));
    return {};
  }

  Result<> check_text(const Json& value, const Member& member, const std::string& path) const {
    if (!value.is_string())
      return refuse(value.offset(), quoted(path) + " is not " +
                                        std::string(words_for(Shape::text)) + ": give " +
                                        std::string(detail::expectation(member.form)));
    if (const auto wrong = detail::objection(member.form, value.as_string()))
      return refuse(value.offset(), quoted(path) + ": " + *wrong);
    return {};
  }

  std::unexpected<Error> mistaken(const Json& value, const Member& member,
                                  const std::string& path) const {
    return refuse(value.offset(), quoted(path) + " is not " + std::string(words_for(member.shape)));
  }

  std::string_view text_;
};

// Beyond this point the document is known to be well formed: every read below finds its type.

std::vector<std::string> texts(const Json& json) {
  std::vector<std::string> all;
  for (const Json& item : json.items()) all.emplace_back(item.as_string());
  return all;
}

std::vector<text::Cidr> cidrs(const Json& json) {
  std::vector<text::Cidr> all;
  for (const Json& item : json.items())
    if (const auto cidr = text::parse_cidr(item.as_string(), text::HostBits::refuse))
      all.push_back(*cidr);
  return all;
}

// Of the places that stand there each says its Region, or there is one for all.
std::vector<Place> places(const Json& json, const Json& whole) {
  std::vector<Place> all;
  for (const Json& item : json.items()) {
    const std::string_view said = item.as_string();
    const std::size_t slash = said.find('/');
    const bool whole_id = slash == std::string_view::npos;
    all.push_back({whole_id ? std::string(whole["regions"].items().front().as_string()) : std::string(said.substr(0, slash)),
                   std::string(whole_id ? said : said.substr(slash + 1))});
  }
  return all;
}

std::optional<std::string> maybe(const Json& json, std::string_view name) {
  const Json* found = json.find(name);
  return found == nullptr ? std::nullopt : std::optional(std::string(found->as_string()));
}

Networks networks_of(const Json& json, const Json& whole) {
  return {.cidrs = cidrs(json["cidrs"]),
          .on_premises = cidrs(json["on_premises"]),
          .vpcs = places(json["vpcs"], whole),
          .endpoints = places(json["endpoints"], whole),
          .estate_vpcs = json["estate_vpcs"].as_bool(true)};
}

Exception exception_of(const Json& json, const Json& whole) {
  Exception exception{.name = json.str("name"),
                      .owner = json.str("owner"),
                      .reason = json.str("reason"),
                      .expires = maybe(json, "expires"),
                      .objectives = {},
                      .principals = texts(json["principals"]),
                      .actions = texts(json["actions"]),
                      .resources = texts(json["resources"]),
                      .cidrs = cidrs(json["cidrs"]),
                      .vpcs = places(json["vpcs"], whole),
                      .external_id = maybe(json, "external_id"),
                      .offset = json.offset()};
  for (const Json& name : json["objectives"].items())
    if (const auto objective = objective_of(name.as_string()))
      exception.objectives.push_back(*objective);
  return exception;
}

Perimeter perimeter_of(const Json& json) {
  const bool none = json.text("organization") == no_organization;
  Perimeter perimeter{.organization = none ? std::string() : json.str("organization"),
                      .no_organization = none,
                      .management_account = json.str("management_account"),
                      .accounts = texts(json["accounts"]),
                      .regions = texts(json["regions"]),
                      .networks = networks_of(json["networks"], json),
                      .services = {},
                      .identity_providers = {},
                      .aws_owned = {},
                      .exceptions = {},
                      .aws_owned_defaults = json["aws_owned_defaults"].as_bool(true),
                      .anonymous_get_object = json["anonymous_get_object"].as_bool()};
  if (perimeter.regions.empty()) perimeter.regions = {"us-east-1"};
  for (const Json& one : json["services"].items())
    perimeter.services.push_back(
        {one.str("principal"), texts(one["actions"]), texts(one["resources"]), one.offset(),
         one["without_source"].as_bool()});
  for (const Json& one : json["identity_providers"].items())
    perimeter.identity_providers.push_back(
        {one.str("issuer"), texts(one["subjects"]), texts(one["audiences"]), one.offset()});
  if (json.contains("governance")) perimeter.governance = Governance{texts(json["governance"]["administrators"])};
  perimeter.rollout = {json["rollout"]["tags"].as_bool(), texts(json["rollout"]["networks_for"])};
  if (json.contains("agents")) perimeter.agents = Agents{texts(json["agents"]["services"])};
  for (const Json& one : json["aws_owned"].items())
    perimeter.aws_owned.push_back({texts(one["resources"]), texts(one["actions"]), one.offset()});
  for (const Json& one : json["exceptions"].items())
    perimeter.exceptions.push_back(exception_of(one, json));
  return perimeter;
}

// Of an issuer whose tokens anybody can have, the subjects or the audiences must say whose they are: each of them names
// its tenant to the end of its name.
Result<> check_identity_provider(const Json& json, const Checker& checker) {
  const std::string issuer = json.str("issuer");
  if (!json.contains("subjects") && !json.contains("audiences"))
    return checker.refuse(json.offset(), "`subjects` and `audiences` are missing: say which tokens of " +
                                             Checker::quoted(issuer) + " are yours; `*` is all of them");
  if (catalogue::tenancy_of(issuer) != catalogue::Tenancy::shared) return {};
  const auto names_tenants = [&](std::string_view member, std::string_view claim) {
    const auto names_one = [&](const Json& pattern) {
      const std::string_view text = pattern.as_string();
      const std::size_t wild = text.find_first_of("*?");
      return std::ranges::any_of(catalogue::tenant_claims(issuer), [&](const catalogue::TenantClaim& known) {
        return known.claim == claim &&
               catalogue::tenant_named(known.shape, text.substr(0, wild), wild == std::string_view::npos);
      });
    };
    return json.contains(member) && std::ranges::all_of(json[member].items(), names_one);
  };
  if (names_tenants("subjects", "sub") || names_tenants("audiences", "aud")) return {};
  std::string shapes;
  for (const catalogue::TenantClaim& known : catalogue::tenant_claims(issuer)) {
    if (known.claim != "sub" && known.claim != "aud") continue;
    std::string shape(known.shape);
    shape.replace(shape.find("{}"), 2, known.shape == "{}" ? "TEXT" : "NAME");
    if (known.shape != "{}") shape += "*";
    shapes += (shapes.empty() ? "" : ", ") + std::string(known.claim == "sub" ? "`subjects`" : "`audiences`") + " as " +
              Checker::quoted(shape);
  }
  return checker.refuse(json.offset(), "anybody can have a token of " + Checker::quoted(issuer) +
                                           ": spell out whose are yours, in each of the " +
                                           (shapes.empty() ? "role's conditions" : shapes));
}

// Another Region may have a VPC or an endpoint of the same id, so each needs its own.
Result<> check_places(const Json& places, const std::string& path, const Json& whole, const Checker& checker) {
  if (whole["regions"].items().size() == 1) return {};
  for (std::size_t index = 0; index < places.items().size(); ++index) {
    const Json& place = places.items()[index];
    if (place.as_string().find('/') != std::string_view::npos) continue;
    const std::string said(place.as_string());
    return checker.refuse(place.offset(), Checker::quoted(path + "[" + std::to_string(index) + "]") + ": " + Checker::quoted(said) +
                                              " is unique within its Region only: write " + Checker::quoted("us-east-1/" + said) +
                                              ", or list the one Region that there is under `regions`");
  }
  return {};
}

// What no member says by itself.
Result<> check_whole(const Json& json, const Checker& checker) {
  if (json["rollout"]["tags"].as_bool() && !json.contains("governance"))
    return checker.refuse(json["rollout"]["tags"].offset(),
                          "`rollout.tags` lets whoever sets tags out of the perimeter: say under `governance` who may");
  RW_DO(check_places(json["networks"]["vpcs"], "networks.vpcs", json, checker));
  RW_DO(check_places(json["networks"]["endpoints"], "networks.endpoints", json, checker));
  for (std::size_t index = 0; index < json["exceptions"].items().size(); ++index)
    RW_DO(check_places(json["exceptions"].items()[index]["vpcs"], "exceptions[" + std::to_string(index) + "].vpcs", json, checker));

  const auto& exceptions = json["exceptions"].items();
  if (exceptions.size() > exceptions_max)
    return checker.refuse(json["exceptions"].offset(),
                          "`exceptions` has " + std::to_string(exceptions.size()) +
                              " entries: at most " + std::to_string(exceptions_max) +
                              " are read, and so many gaps are no perimeter");
  std::unordered_set<std::string_view> names;
  for (const Json& one : exceptions) {
    if (!names.insert(one.text("name")).second)
      return checker.refuse(one["name"].offset(), "the exception " +
                                                      Checker::quoted(one.str("name")) +
                                                      " stands twice: give each a name of its own");
    if (!one.contains("external_id")) continue;
    const auto trusts = [](const Json& name) { return name.as_string() == "trust"; };
    if (!std::ranges::any_of(one["objectives"].items(), trusts))
      return checker.refuse(
          one["external_id"].offset(),
          "`external_id` is for exceptions to trust: list `trust` under `objectives`");
  }
  for (const Json& one : json["identity_providers"].items())
    RW_DO(check_identity_provider(one, checker));
  for (const Json& one : json["aws_owned"].items())
    for (const Json& arn : one["resources"].items())
      if (arn.as_string() == "*")
        return checker.refuse(arn.offset(),
                              "`*` would take every resource for one of AWS's: name theirs");
  return {};
}

}  // namespace

std::string_view name_of(Objective objective) {
  return objective_names[static_cast<std::size_t>(objective)];
}

std::optional<Objective> objective_of(std::string_view name) {
  const auto found = std::ranges::find(objective_names, name);
  if (found == objective_names.end()) return std::nullopt;
  return static_cast<Objective>(found - objective_names.begin());
}

std::map<std::string, std::vector<std::string>> by_region(const std::vector<Place>& places) {
  std::map<std::string, std::vector<std::string>> all;
  for (const Place& place : places) all[place.region].push_back(place.id);
  for (auto& [region, ids] : all) {
    std::ranges::sort(ids);
    ids.erase(std::ranges::unique(ids).begin(), ids.end());
  }
  return all;
}

// Dates of this form are in the order of their text.
bool Exception::expired(std::string_view today) const {
  return expires && *expires <= today;
}

Result<Perimeter> read(std::string_view text) {
  if (text.size() > bytes_max)
    return fail(Failure::exhausted, "the perimeter has " + std::to_string(text.size()) +
                                        " bytes: at most " + std::to_string(bytes_max) +
                                        " are read");
  RW_TRY(const Json json, yaml::parse(text));
  const Checker checker(text);
  RW_DO(checker.check(json, Section::perimeter, ""));
  RW_DO(check_whole(json, checker));
  return perimeter_of(json);
}

std::string_view schema() {
  return embedded::perimeter("perimeter.schema.json");
}

}  // namespace ringwall::perimeter
