#include "awsapi/model.h"

#include <algorithm>
#include <array>
#include <span>

#include "awsapi/detail/state.h"
#include "base/check.h"

namespace ringwall::embedded {
// Generated from shapes/: a file's bytes, and the names of all.
std::string_view awsapi(std::string_view name);
std::span<const std::string_view> awsapi_files();
}

namespace ringwall::awsapi {
namespace {

constexpr std::array<std::pair<std::string_view, ShapeType>, 11> type_names{{{"structure", ShapeType::structure},
                                                                              {"list", ShapeType::list},
                                                                              {"map", ShapeType::map},
                                                                              {"string", ShapeType::string},
                                                                              {"integer", ShapeType::integer},
                                                                              {"long", ShapeType::long_integer},
                                                                              {"double", ShapeType::number},
                                                                              {"float", ShapeType::number},
                                                                              {"boolean", ShapeType::boolean},
                                                                              {"timestamp", ShapeType::timestamp},
                                                                              {"blob", ShapeType::blob}}};

constexpr std::array<std::pair<std::string_view, Protocol>, 4> protocol_names{
    {{"query", Protocol::query}, {"ec2", Protocol::ec2}, {"json", Protocol::json}, {"rest-json", Protocol::rest_json}}};

constexpr std::array<std::pair<std::string_view, Location>, 5> location_names{{{"", Location::body},
                                                                                {"querystring", Location::querystring},
                                                                                {"uri", Location::uri},
                                                                                {"header", Location::header},
                                                                                {"statusCode", Location::status_code}}};

constexpr std::array<std::pair<std::string_view, TimestampFormat>, 4> timestamp_names{{{"", TimestampFormat::of_the_place},
                                                                                        {"unixTimestamp", TimestampFormat::epoch_seconds},
                                                                                        {"iso8601", TimestampFormat::iso8601},
                                                                                        {"rfc822", TimestampFormat::http_date}}};

template <typename Value, std::size_t count>
Result<Value> one_of(const std::array<std::pair<std::string_view, Value>, count>& names, std::string_view name, const std::string& noun) {
  const auto* found = std::ranges::find(names, name, &std::pair<std::string_view, Value>::first);
  if (found == names.end()) return fail(Failure::invalid, "no " + noun + " `" + std::string(name) + "`");
  return found->second;
}

std::string capitalised(std::string_view name) {
  std::string out(name);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

// Turns a shapes file into a State. Shapes refer to each other, so all are made before any is read.
class Loader {
 public:
  Loader(const Json& json, Protocol protocol, std::map<std::string, Shape, std::less<>>& shapes)
      : json_(json), protocol_(protocol), shapes_(shapes) {}

  Result<> read_shapes() {
    for (const auto& [name, data, at] : json_["shapes"].members()) shapes_[name].name = name;
    for (const auto& [name, data, at] : json_["shapes"].members()) {
      if (auto read = read_shape(data, shapes_[name]); !read) return fail(read.error(), "shape `" + name + "`");
    }
    // Only now has every shape its type.
    for (const auto& [name, shape] : shapes_) {
      if (auto travels = check_places(shape); !travels) return fail(travels.error(), "shape `" + name + "`");
    }
    return {};
  }

  Result<const Shape*> shape_named(std::string_view name) const {
    const auto found = shapes_.find(name);
    if (found == shapes_.end()) return fail(Failure::invalid, "no shape `" + std::string(name) + "`");
    return &found->second;
  }

 private:
  Result<> read_shape(const Json& data, Shape& shape) {
    RW_TRY(shape.type, one_of(type_names, data.text("type"), "type"));
    shape.payload = data.text("payload");
    shape.flattened = data["flattened"].as_bool();
    shape.sensitive = data["sensitive"].as_bool();
    for (const auto& value : data["enum"].items()) shape.enumeration.emplace_back(value.as_string());
    if (data["min"].is_number()) shape.min = data["min"].as_integer();
    if (data["max"].is_number()) shape.max = data["max"].as_integer();
    if (data.contains("pattern")) {
      RW_TRY(shape.pattern, detail::Pattern::compile(data.text("pattern")));
    }
    for (const auto& [name, reference, at] : data["members"].members()) {
      RW_TRY(MemberShape member, read_reference(reference, name, name));
      member.required = std::ranges::any_of(data["required"].items(), [&](const Json& r) { return r.as_string() == name; });
      shape.members.push_back(std::move(member));
    }
    if (shape.type == ShapeType::list) {
      RW_TRY(shape.element, read_reference(data["member"], "member", protocol_ == Protocol::ec2 ? "item" : "member"));
    }
    if (shape.type == ShapeType::map) {
      RW_TRY(shape.key, read_reference(data["key"], "key", "key"));
      RW_TRY(shape.element, read_reference(data["value"], "value", "value"));
    }
    return {};
  }

  // Outside the body there are single values, and lists of them in the query string.
  static Result<> check_places(const Shape& shape) {
    const auto is_single = [](const Shape& one) { return one.type != ShapeType::structure && one.type != ShapeType::list && one.type != ShapeType::map; };
    for (const MemberShape& member : shape.members) {
      if (member.location == Location::body || is_single(*member.shape)) continue;
      const bool list_of_singles = member.shape->type == ShapeType::list && is_single(*member.shape->element.shape);
      if (member.location != Location::querystring || !list_of_singles) return fail(Failure::invalid, "`" + member.name + "` cannot travel there");
    }
    const auto named = [&](const MemberShape& member) { return member.name == shape.payload; };
    if (!shape.payload.empty() && std::ranges::none_of(shape.members, named)) return fail(Failure::invalid, "no member `" + shape.payload + "`");
    return {};
  }

  Result<MemberShape> read_reference(const Json& reference, std::string_view name, std::string_view default_name) const {
    MemberShape member;
    member.name = name;
    RW_TRY(member.shape, shape_named(reference.is_string() ? reference.as_string() : reference.text("shape")));
    member.flattened = reference["flattened"].as_bool() || member.shape->flattened;
    const std::string_view location = reference.text("locationName");
    member.wire_name = location.empty() ? default_name : location;
    RW_TRY(member.location, one_of(location_names, reference.text("location"), "location"));
    const std::string_view format = reference.text("timestampFormat", json_["shapes"][member.shape->name].text("timestampFormat"));
    RW_TRY(member.timestamps, one_of(timestamp_names, format, "timestamp format"));
    member.form_name = member.wire_name;
    if (protocol_ == Protocol::ec2 && name == default_name) {  // not for list elements: their name is not sent
      member.form_name = location.empty() ? std::string(name) : capitalised(location);
      if (reference.contains("queryName")) member.form_name = reference.text("queryName");
    }
    return member;
  }

  const Json& json_;
  Protocol protocol_;
  std::map<std::string, Shape, std::less<>>& shapes_;
};

}  // namespace

Model::Model() : state_(std::make_unique<State>()) {}
Model::~Model() = default;

Result<std::unique_ptr<Model>> Model::load(std::string_view shapes_json) {
  RW_TRY(const Json json, text::parse_json(shapes_json));
  std::unique_ptr<Model> model(new Model());
  State& state = *model->state_;
  RW_TRY(state.protocol, one_of(protocol_names, json.text("protocol"), "protocol"));
  state.service = json.text("service");
  state.endpoint_prefix = json.text("endpointPrefix", state.service);
  state.signing_name = json.text("signingName", state.endpoint_prefix);
  state.api_version = json.text("apiVersion");
  state.target_prefix = json.text("targetPrefix");
  state.xml_namespace = json.text("xmlNamespace");
  if (!state.xml_namespace.empty() && !state.xml_namespace.ends_with('/')) state.xml_namespace += '/';
  state.error_message_member = json.text("errorMessage", "message");
  state.global = json.contains("globalEndpoint");
  for (const auto& name : json["others"].items()) state.others.emplace(name.as_string());
  for (const auto& [code, status, at] : json["errors"].members()) state.errors[code] = static_cast<int>(status.as_integer());

  Loader loader(json, state.protocol, state.shapes);
  RW_DO(loader.read_shapes());
  for (const auto& [name, data, at] : json["operations"].members()) {
    OperationShape operation;
    operation.name = name;
    operation.result_wrapper = data.text("resultWrapper");
    operation.status = static_cast<int>(data["responseCode"].as_integer(200));
    if (data.contains("input")) {
      RW_TRY(operation.input, loader.shape_named(data.text("input")));
    }
    if (data.contains("output")) {
      RW_TRY(operation.output, loader.shape_named(data.text("output")));
    }
    state.operations.emplace(name, std::move(operation));
  }
  for (const auto& [name, route, at] : json["routes"].members()) {
    RW_TRY(detail::Route read, detail::read_route(name, route.as_string()));
    state.routes.push_back(std::move(read));
  }
  RW_DO(detail::put_in_order(state.routes));
  return model;
}

std::string_view Model::service() const { return state_->service; }
std::string_view Model::signing_name() const { return state_->signing_name; }
std::string_view Model::api_version() const { return state_->api_version; }
std::string_view Model::target_prefix() const { return state_->target_prefix; }
std::string_view Model::xml_namespace() const { return state_->xml_namespace; }
std::string_view Model::endpoint_prefix() const { return state_->endpoint_prefix; }
std::string_view Model::error_message_member() const { return state_->error_message_member; }
bool Model::global() const { return state_->global; }
Protocol Model::protocol() const { return state_->protocol; }

const OperationShape* Model::operation(std::string_view name) const {
  const auto found = state_->operations.find(name);
  return found != state_->operations.end() ? &found->second : nullptr;
}

bool Model::knows(std::string_view operation) const {
  return state_->operations.contains(operation) || state_->others.contains(operation);
}

const std::vector<detail::Route>& Model::routes() const { return state_->routes; }

std::vector<std::string> Model::operations() const {
  std::vector<std::string> names(state_->others.begin(), state_->others.end());
  for (const auto& [name, operation] : state_->operations) names.push_back(name);
  std::ranges::sort(names);
  return names;
}

int Model::error_status(std::string_view code) const {
  const auto found = state_->errors.find(code);
  return found != state_->errors.end() ? found->second : 0;
}

namespace {

const std::map<std::string, std::unique_ptr<const Model>, std::less<>>& all_models() {
  // Immutable after the first call, and the compiler makes that call happen once.
  static const auto models = [] {
    std::map<std::string, std::unique_ptr<const Model>, std::less<>> all;
    for (const std::string_view file : embedded::awsapi_files()) {
      if (!file.ends_with(".json")) continue;
      auto model = Model::load(embedded::awsapi(file));
      RW_CHECK(model.has_value());  // built in, and loaded by this room's tests
      std::string name((*model)->service());
      all.emplace(std::move(name), *std::move(model));
    }
    return all;
  }();
  return models;
}

}  // namespace

const Model* builtin_model(std::string_view service) {
  const auto found = all_models().find(service);
  return found != all_models().end() ? found->second.get() : nullptr;
}

std::vector<std::string> endpoint_prefixes() {
  std::vector<std::string> all;
  for (const auto& [name, model] : all_models()) all.emplace_back(model->endpoint_prefix());
  std::ranges::sort(all);
  return all;
}

}  // namespace ringwall::awsapi
