#include "awsapi/detail/rest.h"

#include <algorithm>

#include "awsapi/detail/form.h"
#include "awsapi/detail/http_date.h"
#include "awsapi/detail/json_values.h"
#include "awsapi/detail/route.h"
#include "awsapi/detail/scalar.h"
#include "base/bytes.h"
#include "text/encode.h"
#include "text/time.h"

namespace ringwall::awsapi::detail {
namespace {

constexpr const char* content_type = "application/json";

// A single value outside the body, as text.
MaybeJson read_single(const MemberShape& member, const Shape& shape, std::string_view text) {
  if (shape.type == ShapeType::timestamp) {
    // Headers have HTTP's dates unless the model says otherwise, the other places ISO 8601.
    const bool http = member.timestamps == TimestampFormat::http_date ||
                      (member.timestamps == TimestampFormat::of_the_place && member.location == Location::header);
    if (http) {
      const auto time = parse_http_date(text);
      if (!time) return not_of_type(shape, Json(text));
      return Json(text::to_millis(*time));
    }
  }
  auto read = read_scalar(shape, text);
  if (!read) return not_of_type(shape, Json(text));
  return read;
}

MaybeJson from_query(const MemberShape& member, Parameters query) {
  const auto named = std::ranges::equal_range(query, member.wire_name, {}, &Parameter::name);
  if (named.empty()) return std::nullopt;
  if (member.shape->type != ShapeType::list) {
    if (named.size() > 1) return unserializable("the parameter " + member.wire_name + " is given more than once");
    return read_single(member, *member.shape, named.front().value);
  }
  Json list = Json::array();
  for (const Parameter& one : named) {
    RW_TRY(auto read, read_single(member, *member.shape->element.shape, one.value));
    if (read) list.push(*std::move(read));
  }
  return list;
}

MaybeJson from_header(const MemberShape& member, const WireRequest& request) {
  const std::string name = text::lower(member.wire_name);
  const auto value = request.header(name);
  if (!value) return std::nullopt;
  std::size_t count = 0;
  if (request.each_header) request.each_header([&](std::string_view other, std::string_view) { count += other == name ? 1 : 0; });
  if (count > 1) return unserializable("the header " + member.wire_name + " is given more than once");
  if (!text::is_utf8(*value)) return unserializable("the header " + member.wire_name + " is not UTF-8");
  return read_single(member, *member.shape, *value);
}

MaybeJson from_path(const MemberShape& member, const Labels& labels) {
  const auto found = std::ranges::find(labels, member.wire_name, &Labels::value_type::first);
  if (found == labels.end()) return std::nullopt;
  return read_single(member, *member.shape, found->second);
}

// A body under another type than the protocol's is not read: what a browser's form sends is no call.
ApiResult<Json> parse_body(const WireRequest& request) {
  const std::string_view given = request.header("content-type").value_or("");
  std::string_view type = given.substr(0, given.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  if (text::lower(type) != content_type) {
    return api_error("UnsupportedMediaTypeException", "The content type of the request must be application/json", 415);
  }
  auto json = text::parse_json(request.body);
  if (!json) return unserializable(json.error().message);
  return *std::move(json);
}

// The members that the body holds: one of them whole, or each under its name.
ApiResult<Json> from_body(const Shape& input, const WireRequest& request) {
  if (request.body.empty()) return Json::object();
  if (input.payload.empty()) {
    if (std::ranges::none_of(input.members, [](const MemberShape& member) { return member.location == Location::body; })) return Json::object();
    RW_TRY(const Json json, parse_body(request));
    if (!json.is_object()) return unserializable("the request must be a JSON object");
    return read_json_members(input, json);
  }
  const MemberShape& whole = *std::ranges::find(input.members, input.payload, &MemberShape::name);
  Json out = Json::object();
  if (whole.shape->type == ShapeType::blob || whole.shape->type == ShapeType::string) {
    if (whole.shape->type == ShapeType::string && !text::is_utf8(request.body)) return unserializable("the body is not UTF-8");
    out.adopt({whole.name, Json(request.body)});
    return out;
  }
  RW_TRY(const Json json, parse_body(request));
  RW_TRY(auto read, read_json(*whole.shape, json));
  if (read) out.adopt({whole.name, *std::move(read)});
  return out;
}

std::string header_text(const MemberShape& member, const Json& value) {
  if (member.shape->type == ShapeType::blob) return text::base64(bytes_of(value.as_string()));
  if (value.is_string()) return std::string(value.as_string());
  if (member.shape->type != ShapeType::timestamp) return value.dump();
  const TimePoint time = text::from_millis(value.as_integer());
  switch (member.timestamps) {
    case TimestampFormat::iso8601: return text::iso8601(time);
    case TimestampFormat::epoch_seconds: return write_json(member, value).dump();
    case TimestampFormat::of_the_place:
    case TimestampFormat::http_date: break;
  }
  return http_date(time);
}

}  // namespace

std::string rest_operation(const Model& model, const WireRequest& request) {
  const auto routed = route_of(model.routes(), request.method, request.path);
  return routed ? routed->route->operation : std::string(request.method) + " " + std::string(request.path);
}

ApiResult<Json> decode_rest(const Model& model, const OperationShape& operation, const WireRequest& request) {
  const auto routed = route_of(model.routes(), request.method, request.path);
  if (!routed || routed->route->operation != operation.name) {
    return std::unexpected(in_words_of(model, CommonError::unknown_operation, "The path is not that of " + operation.name));
  }
  RW_TRY(const auto query, read_query(request.query));
  if (operation.input == nullptr) return Json::object();
  RW_TRY(Json input, from_body(*operation.input, request));
  for (const MemberShape& member : operation.input->members) {
    MaybeJson read = std::nullopt;
    switch (member.location) {
      case Location::querystring: read = from_query(member, query); break;
      case Location::header: read = from_header(member, request); break;
      case Location::uri: read = from_path(member, routed->labels); break;
      case Location::body:
      case Location::status_code: break;
    }
    if (!read) return std::unexpected(std::move(read).error());
    if (*read) input.adopt({member.name, **std::move(read)});
  }
  for (const Parameter& one : query) {
    const auto named = [&](const MemberShape& member) {
      return member.location == Location::querystring && member.wire_name == one.name;
    };
    if (!one.value.empty() && std::ranges::none_of(operation.input->members, named)) return api_error("", one.name);
  }
  return input;
}

WireReply encode_rest_output(const OperationShape& operation, const Json& output, std::string_view request_id) {
  WireReply reply{operation.status, "", {{"x-amzn-RequestId", std::string(request_id)}}, {}};
  if (operation.output == nullptr) return reply;
  const Shape& shape = *operation.output;
  reply.content_type = content_type;
  for (const MemberShape& member : shape.members) {
    const Json& value = output[member.name];
    if (value.is_null()) continue;
    if (member.location == Location::header) reply.headers.emplace_back(member.wire_name, header_text(member, value));
    if (member.location == Location::status_code) reply.status = static_cast<int>(value.as_integer());
    if (member.name != shape.payload) continue;
    const bool raw = member.shape->type == ShapeType::blob || member.shape->type == ShapeType::string;
    reply.body = raw ? std::string(value.as_string()) : write_json(member, value).dump();
    if (raw) reply.content_type = member.shape->type == ShapeType::blob ? "application/octet-stream" : "text/plain";
  }
  if (shape.payload.empty()) reply.body = write_json_members(shape, output).dump();
  return reply;
}

WireReply encode_rest_error(const Model& model, const ApiError& error, std::string_view request_id) {
  Json body = Json::object();
  const std::string plain = text::is_utf8(error.message) ? error.message : text::xml_escape(error.message);
  if (!plain.empty()) body.set(model.error_message_member(), plain);
  for (const auto& [name, value, at] : error.members.members()) body.set(name, value);
  // The code is in the header alone, as these services send it; clients of all SDKs look there first.
  return {status_of(model, error),
          content_type,
          {{"x-amzn-RequestId", std::string(request_id)}, {"x-amzn-ErrorType", error.code}},
          body.dump()};
}

}  // namespace ringwall::awsapi::detail
