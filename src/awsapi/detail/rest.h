#pragma once
// REST-JSON: method and path name the operation; members travel in the path, the query string,
// headers and a JSON body. https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html

#include "awsapi/model.h"

namespace ringwall::awsapi::detail {

// The operation whose route matches, else `METHOD /path` as received, which is no operation's name.
std::string rest_operation(const Model& model, const WireRequest& request);

ApiResult<Json> decode_rest(const Model& model, const OperationShape& operation, const WireRequest& request);
WireReply encode_rest_output(const OperationShape& operation, const Json& output, std::string_view request_id);
WireReply encode_rest_error(const Model& model, const ApiError& error, std::string_view request_id);

}  // namespace ringwall::awsapi::detail
