#include "awsapi/detail/json_values.h"
#include "awsapi/detail/rest.h"
#include "awsapi/detail/shape.h"
#include "awsapi/model.h"
#include "base/bytes.h"
#include "text/encode.h"
#include "text/time.h"

namespace ringwall::awsapi {
namespace {

// Writes XML by shape. Element names come from the model; values are escaped.
class XmlWriter {
 public:
  explicit XmlWriter(std::string& out) : out_(out) {}

  void structure(const Shape& shape, const Json& json) {
    for (const auto& member : shape.members) {
      const Json* value = json.find(member.name);
      if (value != nullptr && !value->is_null()) element(member, member.wire_name, *value);
    }
  }

 private:
  void open(std::string_view name) { out_.append("<").append(name).append(">"); }
  void close(std::string_view name) { out_.append("</").append(name).append(">"); }

  void element(const MemberShape& member, std::string_view name, const Json& json) {
    const Shape& shape = *member.shape;
    if (shape.type == ShapeType::list && member.flattened) {
      for (const auto& item : json.items()) element(shape.element, name, item);
      return;
    }
    const std::size_t before = out_.size();
    open(name);
    const std::size_t inside = out_.size();
    content(shape, json);
    if (out_.size() > inside) return close(name);
    out_.resize(before);
    out_.append("<").append(name).append("/>");  // AWS writes empty lists and strings, not nothing
  }

  void content(const Shape& shape, const Json& json) {
    switch (shape.type) {
      case ShapeType::structure: return structure(shape, json);
      case ShapeType::list:
        for (const auto& item : json.items()) element(shape.element, shape.element.wire_name, item);
        return;
      case ShapeType::map:
        for (const auto& [key, value, at] : json.members()) {
          open("entry");
          element(shape.key, shape.key.wire_name, Json(key));
          element(shape.element, shape.element.wire_name, value);
          close("entry");
        }
        return;
      default: out_ += scalar(shape, json);
    }
  }

  static std::string scalar(const Shape& shape, const Json& json) {
    if (shape.type == ShapeType::timestamp && json.is_number()) return text::iso8601(text::from_millis(json.as_integer()));
    if (shape.type == ShapeType::blob) return text::base64(bytes_of(json.as_string()));
    if (json.is_string()) return text::xml_escape(json.as_string());
    return json.is_bool() || json.is_number() ? json.dump() : std::string();
  }

  std::string& out_;
};

std::string xml_head() { return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"; }

WireReply xml_reply(std::string body, std::string_view request_id) {
  return {200, "text/xml;charset=UTF-8", {{"x-amzn-RequestId", std::string(request_id)}}, std::move(body)};
}

std::string query_body(const Model& model, const OperationShape& operation, const Json& output, std::string_view request_id) {
  std::string body = "<" + operation.name + "Response xmlns=\"" + std::string(model.xml_namespace()) + "\">";
  if (operation.output != nullptr) {
    const std::string wrapper = operation.result_wrapper.empty() ? operation.name + "Result" : operation.result_wrapper;
    body += "<" + wrapper + ">";
    XmlWriter(body).structure(*operation.output, output);
    body += "</" + wrapper + ">";
  }
  body.append("<ResponseMetadata><RequestId>").append(request_id).append("</RequestId></ResponseMetadata>");
  return body + "</" + operation.name + "Response>";
}

std::string ec2_body(const Model& model, const OperationShape& operation, const Json& output, std::string_view request_id) {
  std::string body = xml_head() + "<" + operation.name + "Response xmlns=\"" + std::string(model.xml_namespace()) + "\">";
  body.append("<requestId>").append(request_id).append("</requestId>");
  if (operation.output != nullptr) {
    XmlWriter(body).structure(*operation.output, output);
  } else {
    body += "<return>true</return>";  // what EC2 answers where there is nothing to say
  }
  return body + "</" + operation.name + "Response>";
}

constexpr const char* json_content_type = "application/x-amz-json-1.1";

}  // namespace

WireReply encode_output(const Model& model, const OperationShape& operation, const Json& output, std::string_view request_id) {
  switch (model.protocol()) {
    case Protocol::query: return xml_reply(query_body(model, operation, output, request_id), request_id);
    case Protocol::ec2: return xml_reply(ec2_body(model, operation, output, request_id), request_id);
    case Protocol::rest_json: return detail::encode_rest_output(operation, output, request_id);
    case Protocol::json: break;
  }
  WireReply reply{200, json_content_type, {{"x-amzn-RequestId", std::string(request_id)}}, {}};
  // An operation without output answers an empty body, as AWS does.
  if (operation.output != nullptr) reply.body = detail::write_json_members(*operation.output, output).dump();
  return reply;
}

WireReply encode_error(const Model& model, const ApiError& error, std::string_view request_id) {
  if (model.protocol() == Protocol::rest_json) return detail::encode_rest_error(model, error, request_id);
  const int status = status_of(model, error);
  const std::string code = text::xml_escape(error.code);
  const std::string message = text::xml_escape(error.message);
  if (model.protocol() == Protocol::json) {
    Json body = Json::object({{"__type", error.code}});
    if (!error.message.empty()) body.set(model.error_message_member(), text::is_utf8(error.message) ? error.message : message);
    return {status,
            json_content_type,
            {{"x-amzn-RequestId", std::string(request_id)}, {"x-amzn-ErrorType", error.code}},
            body.dump()};
  }
  std::string body;
  if (model.protocol() == Protocol::ec2) {
    body = xml_head() + "<Response><Errors><Error><Code>" + code + "</Code><Message>" + message + "</Message></Error></Errors><RequestID>";
    body.append(request_id).append("</RequestID></Response>");
  } else {
    body = "<ErrorResponse xmlns=\"" + std::string(model.xml_namespace()) + "\"><Error><Type>" + (status < 500 ? "Sender" : "Receiver") +
           "</Type><Code>" + code + "</Code><Message>" + message + "</Message></Error><RequestId>";
    body.append(request_id).append("</RequestId></ErrorResponse>");
  }
  WireReply reply = xml_reply(std::move(body), request_id);
  reply.status = status;
  return reply;
}

}  // namespace ringwall::awsapi
