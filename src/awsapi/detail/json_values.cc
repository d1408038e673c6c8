#include "awsapi/detail/json_values.h"

#include <algorithm>

#include "awsapi/detail/http_date.h"
#include "awsapi/detail/scalar.h"
#include "base/bytes.h"
#include "text/encode.h"
#include "text/time.h"

namespace ringwall::awsapi::detail {
namespace {

constexpr std::size_t unknown_name_bytes_max = 128;  // of one that is shown

std::string_view json_token(const Json& json) {
  if (json.is_string()) return "STRING_VALUE";
  if (json.is_number()) return "NUMBER_VALUE";
  if (json.is_bool()) return json.as_bool() ? "TRUE_VALUE" : "FALSE_VALUE";
  return json.is_array() ? "START_ARRAY" : "START_OBJECT";
}

enum class Members : std::uint8_t { all, of_the_body };

ApiResult<Json> read_structure(const Shape& shape, const Json& json, Members members) {
  if (!json.is_object()) return not_of_type(shape, json);
  Json out = Json::object();
  for (const auto& member : shape.members) {
    if (members == Members::of_the_body && member.location != Location::body) continue;
    RW_TRY(auto read, read_json(*member.shape, json[member.wire_name]));
    if (read) out.adopt({member.name, *std::move(read)});
  }
  for (const auto& [name, value, at] : json.members()) {
    const auto named = [&](const MemberShape& member) {
      return member.wire_name == name && (members == Members::all || member.location == Location::body);
    };
    if (asks_for_something(value) && std::ranges::none_of(shape.members, named)) return api_error("", name);
  }
  return out;
}

ApiResult<Json> read_list(const Shape& shape, const Json& json) {
  if (!json.is_array()) return not_of_type(shape, json);
  Json out = Json::array();
  for (const auto& item : json.items()) {
    RW_TRY(auto read, read_json(*shape.element.shape, item));
    if (!read) return unserializable("a list may not contain null");
    out.push(*std::move(read));
  }
  return out;
}

ApiResult<Json> read_map(const Shape& shape, const Json& json) {
  if (!json.is_object()) return not_of_type(shape, json);
  Json out = Json::object();
  for (const auto& [key, item, at] : json.members()) {
    RW_TRY(auto read, read_json(*shape.element.shape, item));
    if (!read) return unserializable("a map may not contain null");
    out.adopt({key, *std::move(read)});
  }
  return out;
}

ApiResult<Json> read_single(const Shape& shape, const Json& json) {
  switch (shape.type) {
    case ShapeType::boolean:
      if (json.is_bool()) return json;
      break;
    case ShapeType::integer:
    case ShapeType::long_integer:
      if (json.is_number() && static_cast<double>(json.as_integer()) == json.as_number() && fits(shape, json.as_integer())) {
        return Json(json.as_integer());
      }
      break;
    case ShapeType::number:
      if (json.is_number()) return json;
      break;
    case ShapeType::timestamp:
      if (json.is_number()) {
        if (const auto millis = millis_of_epoch(json.as_number())) return Json(*millis);
        break;
      }
      [[fallthrough]];
    default:
      if (json.is_string()) {
        if (auto read = read_scalar(shape, json.as_string())) return *std::move(read);
      }
  }
  return not_of_type(shape, json);
}

Json write_structure(const Shape& shape, const Json& value, Members members) {
  Json out = Json::object();
  for (const auto& member : shape.members) {
    if (members == Members::of_the_body && member.location != Location::body) continue;
    const Json* given = value.find(member.name);
    if (given != nullptr && !given->is_null()) out.adopt({member.wire_name, write_json(member, *given)});
  }
  return out;
}

Json write_timestamp(TimestampFormat format, std::int64_t millis) {
  switch (format) {
    case TimestampFormat::iso8601: return text::iso8601(text::from_millis(millis));
    case TimestampFormat::http_date: return http_date(text::from_millis(millis));
    case TimestampFormat::of_the_place:
    case TimestampFormat::epoch_seconds: break;
  }
  return millis % 1000 == 0 ? Json(millis / 1000) : Json(static_cast<double>(millis) / 1000.0);
}

}  // namespace

std::unexpected<ApiError> unserializable(std::string message) { return api_error("SerializationException", std::move(message), 400); }

std::unexpected<ApiError> not_of_type(const Shape& shape, const Json& json) {
  return unserializable(std::string(json_token(json)) + " can not be converted to " + std::string(scalar_noun(shape.type)));
}

bool asks_for_something(const Json& json) {
  if (json.is_bool()) return json.as_bool();
  if (json.is_number()) return json.as_number() != 0;
  if (json.is_string()) return !json.as_string().empty();
  if (json.is_array()) return !json.items().empty();
  return json.is_object() && !json.members().empty();
}

ApiError unknown_member(const Model& model, std::string_view name) {
  const std::string shown(name.substr(0, unknown_name_bytes_max));
  // EC2 has an error of its own for it; the other services pass such members over.
  if (model.protocol() == Protocol::ec2)
    return {"UnknownParameter", "The parameter " + shown + " is not recognized", 400};
  return in_words_of(model, CommonError::validation,
                     "The member " + shown + " is not known to this server, which would do nothing about it");
}

MaybeJson read_json(const Shape& shape, const Json& json) {
  if (json.is_null()) return std::nullopt;
  switch (shape.type) {
    case ShapeType::structure: return read_structure(shape, json, Members::all);
    case ShapeType::list: return read_list(shape, json);
    case ShapeType::map: return read_map(shape, json);
    default: return read_single(shape, json);
  }
}

Json write_json(const MemberShape& member, const Json& value) {
  const Shape& shape = *member.shape;
  switch (shape.type) {
    case ShapeType::structure: return write_structure(shape, value, Members::all);
    case ShapeType::list: {
      Json out = Json::array();
      for (const auto& item : value.items()) out.push(write_json(shape.element, item));
      return out;
    }
    case ShapeType::map: {
      Json out = Json::object();
      for (const auto& [key, item, at] : value.members()) out.adopt({key, write_json(shape.element, item)});
      return out;
    }
    case ShapeType::timestamp: return write_timestamp(member.timestamps, value.as_integer());
    case ShapeType::blob: return text::base64(bytes_of(value.as_string()));
    default: return value;
  }
}

ApiResult<Json> read_json_members(const Shape& structure, const Json& json) { return read_structure(structure, json, Members::of_the_body); }

Json write_json_members(const Shape& structure, const Json& value) { return write_structure(structure, value, Members::of_the_body); }

}  // namespace ringwall::awsapi::detail
