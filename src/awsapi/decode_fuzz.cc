// Any bytes as the body of an operation of each protocol, and as REST's path and query string: decoding
// ends, and what it accepts is written back and read again to the same value (through JSON, whose
// writer and reader are ours).

#include <algorithm>
#include <cstdlib>

#include "awsapi/detail/pattern.h"
#include "awsapi/model.h"
#include "base/bytes.h"

namespace {

using namespace ringwall;

void decode(const char* service, const char* operation, const char* content_type, const std::string& body) {
  const awsapi::Model& model = *awsapi::builtin_model(service);
  const awsapi::OperationShape& shape = *model.operation(operation);
  awsapi::WireRequest request{"POST", "/", "", {}, body};
  request.header = [&](std::string_view name) { return name == "content-type" ? std::optional<std::string_view>(content_type) : std::nullopt; };
  const auto first = awsapi::decode_input(model, shape, request);
  if (!first || model.protocol() != awsapi::Protocol::json) return;
  awsapi::OperationShape mirror = shape;  // its input is also its output
  mirror.output = shape.input;
  const auto reply = awsapi::encode_output(model, mirror, *first, "id");
  const std::string again = reply.body;
  request.body = again;
  const auto second = awsapi::decode_input(model, mirror, request);
  if (!second || !(*second == *first)) std::abort();
}

// The bytes as method, path, query string and body, a line each.
void decode_rest(std::string_view text) {
  const auto line = [&] {
    const std::string_view out = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(out.size() + 1, text.size()));
    return out;
  };
  const awsapi::Model& model = *awsapi::builtin_model("accessanalyzer");
  const std::string_view method = line(), path = line(), query = line();
  awsapi::WireRequest request{method, path, query, {}, text};
  request.header = [](std::string_view name) { return name == "content-type" ? std::optional<std::string_view>("application/json") : std::nullopt; };
  // A path is one operation's or none's, and no other operation reads it.
  const std::string name = awsapi::operation_name(model, request);
  if (model.knows(name) == name.contains(' ')) std::abort();
  const awsapi::OperationShape& shape = *model.operation("ValidatePolicy");
  const auto input = awsapi::decode_input(model, shape, request);
  if (input && name != "ValidatePolicy") std::abort();
  request.method = "POST";
  request.path = "/policy/validation";
  static_cast<void>(awsapi::decode_input(model, shape, request));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(ringwall::text_of({data, size}));
  constexpr const char* form = "application/x-www-form-urlencoded";
  decode("rds", "CreateDBInstance", form, "Version=2014-10-31&" + body);
  decode("ec2", "AuthorizeSecurityGroupIngress", form, "Version=2016-11-15&" + body);
  decode("iam", "CreateRole", form, "Version=2010-05-08&" + body);
  decode("kms", "Encrypt", "application/x-amz-json-1.1", body);
  decode("kms", "CreateGrant", "application/x-amz-json-1.1", body);
  decode_rest(body);
  const auto pattern = awsapi::detail::Pattern::compile(body.substr(0, 64));
  if (pattern) pattern->matches(body);
  return 0;
}
