// Any bytes as the body of an operation of each protocol: decoding ends, and what it accepts is
// written back and read again to the same value (through JSON, whose writer and reader are ours).

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string body(ringwall::text_of({data, size}));
  constexpr const char* form = "application/x-www-form-urlencoded";
  decode("rds", "CreateDBInstance", form, "Version=2014-10-31&" + body);
  decode("ec2", "AuthorizeSecurityGroupIngress", form, "Version=2016-11-15&" + body);
  decode("iam", "CreateRole", form, "Version=2010-05-08&" + body);
  decode("kms", "Encrypt", "application/x-amz-json-1.1", body);
  decode("kms", "CreateGrant", "application/x-amz-json-1.1", body);
  const auto pattern = awsapi::detail::Pattern::compile(body.substr(0, 64));
  if (pattern) pattern->matches(body);
  return 0;
}
