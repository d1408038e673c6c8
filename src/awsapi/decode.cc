#include <algorithm>
#include <charconv>

#include "awsapi/detail/form.h"
#include "awsapi/detail/json_values.h"
#include "awsapi/detail/rest.h"
#include "awsapi/detail/scalar.h"
#include "awsapi/detail/shape.h"
#include "awsapi/detail/validate.h"
#include "awsapi/model.h"
#include "base/bytes.h"
#include "text/encode.h"

namespace ringwall::awsapi {
namespace {

using detail::Parameter;
using detail::Parameters;
using Read = ApiResult<std::optional<Json>>;  // nothing: the value is absent

// Reads query and EC2 parameters by shape. Names are built from the shape and looked up, so what
// the shape does not name is never visited.
class FormReader {
 public:
  FormReader(const Model& model, Parameters all) : model_(model), all_(all), used_(all.size()) {}

  // The input; a parameter that its shape does not name, and that asks for something, is refused.
  ApiResult<Json> read(const Shape& input) {
    RW_TRY(Json json, structure(input, "", all_, 1));
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const auto& [name, value] = all_[i];
      const bool asks = !value.empty() && value != "false" && value != "0";
      if (asks && !used_[i] && name != "Action" && name != "Version")
        return std::unexpected(detail::unknown_member(model_, name));
    }
    return json;
  }

 private:

  // The parameter of that name, which is then used; null: there is none.
  const std::string* take(Parameters parameters, std::string_view name) {
    const std::string* value = detail::exact(parameters, name);
    if (value == nullptr) return nullptr;
    const auto found =
        std::ranges::lower_bound(all_, name, {}, [](const Parameter& p) -> std::string_view { return p.name; });
    used_[static_cast<std::size_t>(found - all_.begin())] = true;
    return value;
  }

  ApiResult<Json> structure(const Shape& shape, const std::string& prefix, Parameters parameters, std::size_t depth) {
    Json json = Json::object();
    for (const auto& member : shape.members) {
      const std::string name = prefix + member.form_name;
      RW_TRY(auto read, value(member, name, parameters, depth));
      if (read) json.adopt({member.name, *std::move(read)});
    }
    return json;
  }

  Read value(const MemberShape& member, const std::string& name, Parameters parameters, std::size_t depth) {
    const Shape& shape = *member.shape;
    const std::string* own = take(parameters, name);
    if (shape.type != ShapeType::structure && shape.type != ShapeType::list && shape.type != ShapeType::map) {
      if (own == nullptr) return std::nullopt;
      auto scalar = detail::read_scalar(shape, *own);
      if (!scalar) return detail::unreadable(model_, name, *own, detail::scalar_noun(shape.type));
      return scalar;
    }
    const Parameters inner = detail::below(parameters, name + ".");
    if (own != nullptr && (!own->empty() || !inner.empty())) {
      return detail::unreadable(model_, name, *own, detail::scalar_noun(shape.type));
    }
    if (own != nullptr) return shape.type == ShapeType::list ? std::optional(Json::array()) : std::nullopt;
    if (inner.empty()) return std::nullopt;
    if (depth == form_depth_max) return api_error("MalformedQueryString", "The parameter " + name.substr(0, 64) + " is nested too deeply", 400);
    if (shape.type == ShapeType::structure) {
      RW_TRY(Json json, structure(shape, name + ".", inner, depth + 1));
      return json;
    }
    return shape.type == ShapeType::list ? list(member, name, inner, depth + 1) : map(member, name, inner, depth + 1);
  }

  // Where a list's indexes stand: directly below its name (EC2, flattened), or below the element's
  // name, for which `member` does as well.
  ApiResult<std::string> list_prefix(const MemberShape& member, const std::string& name, Parameters parameters) const {
    if (model_.protocol() == Protocol::ec2 || member.flattened) return name + ".";
    const std::string named = name + "." + member.shape->element.form_name + ".";
    const std::string generic = name + ".member.";
    if (named == generic || detail::below(parameters, generic).empty()) return named;
    if (detail::below(parameters, named).empty()) return generic;
    return api_error("MalformedInput", "The list " + name + " is given in two forms", 400);
  }

  struct Group {
    std::int64_t index;
    std::string prefix;  // "Filters.Filter.2"
    Parameters parameters;
  };

  // The parameters below `prefix`, a group for each index, in the order of the indexes. Gaps cost nothing.
  ApiResult<std::vector<Group>> groups(const std::string& prefix, Parameters parameters) const {
    std::vector<Group> out;
    Parameters rest = detail::below(parameters, prefix);
    while (!rest.empty()) {
      const std::string_view tail = std::string_view(rest.front().name).substr(prefix.size());
      const std::string_view token = tail.substr(0, tail.find('.'));
      std::int64_t index = 0;
      const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
      if (error != std::errc() || end != token.data() + token.size() || index < 1 || index > form_index_max || token.front() == '0') {
        return detail::unreadable(model_, rest.front().name, rest.front().value, "a list whose positions are numbers from 1");
      }
      const auto same = [&](const Parameter& p) {
        const std::string_view other = std::string_view(p.name).substr(prefix.size());
        return other.substr(0, other.find('.')) == token;
      };
      const auto after = std::ranges::find_if_not(rest, same);
      out.push_back({index, prefix + std::string(token), {rest.begin(), after}});
      rest = {after, rest.end()};
    }
    std::ranges::sort(out, {}, &Group::index);
    return out;
  }

  Read list(const MemberShape& member, const std::string& name, Parameters parameters, std::size_t depth) {
    RW_TRY(const std::string prefix, list_prefix(member, name, parameters));
    RW_TRY(const auto items, groups(prefix, parameters));
    Json json = Json::array();
    for (const auto& item : items) {
      RW_TRY(auto read, value(member.shape->element, item.prefix, item.parameters, depth));
      if (read) json.push(*std::move(read));
    }
    return json;
  }

  Read map(const MemberShape& member, const std::string& name, Parameters parameters, std::size_t depth) {
    RW_TRY(const auto entries, groups(member.flattened ? name + "." : name + ".entry.", parameters));
    std::vector<Json::Member> members;
    for (const auto& entry : entries) {
      const std::string* key = take(entry.parameters, entry.prefix + "." + member.shape->key.form_name);
      if (key == nullptr) return detail::unreadable(model_, entry.prefix, "", "a map entry with a key");
      RW_TRY(auto read, value(member.shape->element, entry.prefix + "." + member.shape->element.form_name, entry.parameters, depth));
      if (read) members.push_back({*key, *std::move(read)});
    }
    std::ranges::stable_sort(members, {}, &Json::Member::key);
    const auto twice = std::ranges::adjacent_find(members, {}, &Json::Member::key);
    if (twice != members.end()) return detail::unreadable(model_, name, twice->key, "a map with every key once");
    Json json = Json::object();
    for (auto& item : members) json.adopt(std::move(item));
    return json;
  }

  const Model& model_;
  const Parameters all_;
  std::vector<bool> used_;  // of `all_`
};

// An operation without an input has one without members.
const Shape& input_of(const OperationShape& operation) {
  static const Shape nothing{.name = "Nothing", .type = ShapeType::structure};
  return operation.input == nullptr ? nothing : *operation.input;
}

ApiResult<Json> decode_form(const Model& model, const OperationShape& operation, const WireRequest& request) {
  RW_TRY(const auto parameters, detail::read_form(request));
  const std::string* version = detail::exact(parameters, "Version");
  if (version == nullptr || *version != model.api_version()) {
    return api_error("InvalidAction",
                     "Could not find operation " + operation.name + " for version " +
                         (version == nullptr ? "NO_VERSION_SPECIFIED" : *version),
                     400);
  }
  return FormReader(model, parameters).read(input_of(operation));
}

ApiResult<Json> decode_json(const OperationShape& operation, const WireRequest& request) {
  if (request.body.empty()) return Json::object();
  const auto json = text::parse_json(request.body);
  if (!json) return detail::unserializable(json.error().message);
  if (!json->is_object()) return detail::unserializable("the request must be a JSON object");
  return detail::read_json_members(input_of(operation), *json);
}

ApiResult<Json> decode_by_protocol(const Model& model, const OperationShape& operation, const WireRequest& request) {
  switch (model.protocol()) {
    case Protocol::json: return decode_json(operation, request);
    case Protocol::rest_json: return detail::decode_rest(model, operation, request);
    case Protocol::query:
    case Protocol::ec2: break;
  }
  return decode_form(model, operation, request);
}

}  // namespace

std::string operation_name(const Model& model, const WireRequest& request) {
  if (model.protocol() == Protocol::rest_json) return detail::rest_operation(model, request);
  if (model.protocol() != Protocol::json) return detail::peek_form(request, "Action");
  if (!detail::is_amz_json(request)) return {};
  const std::string_view target = request.header("x-amz-target").value_or("");
  const std::string_view prefix = model.target_prefix();
  const bool ours = target.size() > prefix.size() && target.starts_with(prefix) && target[prefix.size()] == '.';
  return std::string(ours ? target.substr(prefix.size() + 1) : target);
}

ApiResult<Json> decode_input(const Model& model, const OperationShape& operation, const WireRequest& request) {
  ApiResult<Json> read = decode_by_protocol(model, operation, request);
  if (!read && read.error().code.empty()) return std::unexpected(detail::unknown_member(model, read.error().message));
  RW_TRY(Json input, std::move(read));
  if (operation.input != nullptr) {
    if (auto fault = detail::fault_in(model, *operation.input, input)) return std::unexpected(*std::move(fault));
  }
  return input;
}

}  // namespace ringwall::awsapi
