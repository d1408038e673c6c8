#include <algorithm>
#include <array>

#include "awsapi/model.h"

namespace ringwall::awsapi {
namespace {

struct Spelling {
  std::string_view code;
  int status;
};

// One row an error, one column a family: AWS's query services (IAM, STS, RDS), EC2, the JSON services
// (KMS, Organizations) and the REST-JSON services (Access Analyzer). status_of reads the same rows.
struct Row {
  CommonError kind;
  Spelling query;
  Spelling ec2;
  Spelling json;
  Spelling rest_json;
  std::string_view message;
};

constexpr std::array<Row, 13> table{{
    {CommonError::access_denied,
     {"AccessDenied", 403},
     {"UnauthorizedOperation", 403},
     {"AccessDeniedException", 400},
     {"AccessDeniedException", 403},
     "You are not authorized to perform this operation."},
    {CommonError::missing_token,
     {"MissingAuthenticationToken", 403},
     {"MissingAuthenticationToken", 403},
     {"MissingAuthenticationTokenException", 400},
     {"MissingAuthenticationTokenException", 403},
     "Request is missing Authentication Token"},
    {CommonError::unknown_access_key,
     {"InvalidClientTokenId", 403},
     {"AuthFailure", 401},
     {"UnrecognizedClientException", 400},
     {"UnrecognizedClientException", 403},
     "The security token included in the request is invalid."},
    {CommonError::bad_signature,
     {"SignatureDoesNotMatch", 403},
     {"SignatureDoesNotMatch", 403},
     {"InvalidSignatureException", 400},
     {"InvalidSignatureException", 403},
     "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and "
     "signing method. Consult the service documentation for details."},
    {CommonError::expired_token,
     {"ExpiredToken", 403},
     {"RequestExpired", 400},
     {"ExpiredTokenException", 400},
     {"ExpiredTokenException", 403},
     "The security token included in the request is expired"},
    {CommonError::request_expired,
     {"SignatureDoesNotMatch", 403},
     {"RequestExpired", 400},
     {"InvalidSignatureException", 400},
     {"InvalidSignatureException", 403},
     "Request has expired."},
    {CommonError::incomplete_signature,
     {"IncompleteSignature", 400},
     {"IncompleteSignature", 400},
     {"IncompleteSignatureException", 400},
     {"IncompleteSignatureException", 403},
     "The request signature does not conform to AWS standards."},
    {CommonError::unimplemented,
     {"NotImplemented", 501},
     {"Unsupported", 400},
     {"UnsupportedOperationException", 400},
     {"UnsupportedOperationException", 400},
     "This operation is not implemented here."},
    {CommonError::unknown_operation,
     {"InvalidAction", 400},
     {"InvalidAction", 400},
     {"UnknownOperationException", 400},
     {"UnknownOperationException", 404},
     "The action or operation requested is invalid. Verify that the action is typed correctly."},
    {CommonError::internal_failure,
     {"InternalFailure", 500},
     {"InternalError", 500},
     {"InternalFailure", 500},
     {"InternalFailure", 500},
     "The request processing has failed because of an unknown error, exception or failure."},
    {CommonError::unavailable,
     {"ServiceUnavailable", 503},
     {"Unavailable", 503},
     {"ServiceUnavailableException", 503},
     {"ServiceUnavailableException", 503},
     "The request has failed due to a temporary failure of the server."},
    {CommonError::throttled,
     {"Throttling", 400},
     {"RequestLimitExceeded", 503},
     {"ThrottlingException", 400},
     {"ThrottlingException", 429},
     "Rate exceeded"},
    {CommonError::validation,
     {"ValidationError", 400},
     {"InvalidParameterValue", 400},
     {"ValidationException", 400},
     {"ValidationException", 400},
     "The input fails to satisfy the constraints specified by an AWS service."},
}};

// Codes services answer on their own account that no model declares.
constexpr std::array<Spelling, 5> others{{{"OptInRequired", 403},
                                          {"RequestEntityTooLarge", 413},
                                          {"RequestExpired", 400},
                                          {"InternalServerError", 500},
                                          {"AuthFailure", 401}}};

const Spelling& spelling(const Row& row, Protocol protocol) {
  switch (protocol) {
    case Protocol::query: return row.query;
    case Protocol::ec2: return row.ec2;
    case Protocol::json: return row.json;
    case Protocol::rest_json: break;
  }
  return row.rest_json;
}

}  // namespace

ApiError in_words_of(const Model& model, CommonError kind, std::string message) {
  const Row& row = *std::ranges::find(table, kind, &Row::kind);
  const Spelling& spelled = spelling(row, model.protocol());
  ApiError error{std::string(spelled.code), message.empty() ? std::string(row.message) : std::move(message), spelled.status};
  // RDS, alone among the query services, says InvalidParameterValue where IAM says ValidationError.
  if (kind == CommonError::validation && model.service() == "rds") error.code = "InvalidParameterValue";
  if (kind == CommonError::validation && model.service() == "organizations") error.code = "InvalidInputException";
  if (kind == CommonError::validation && model.protocol() == Protocol::rest_json) error.members.set("reason", "other");
  return error;
}

ApiError in_words_of(const Model& model, const ApiError& error) {
  constexpr std::array<std::pair<std::string_view, CommonError>, 4> signature_errors{
      {{"IncompleteSignature", CommonError::incomplete_signature},
       {"MissingAuthenticationToken", CommonError::missing_token},
       {"SignatureDoesNotMatch", CommonError::bad_signature},
       {"RequestExpired", CommonError::request_expired}}};
  for (const auto& [code, kind] : signature_errors) {
    if (error.code == code) return in_words_of(model, kind, error.message);
  }
  return error;
}

int status_of(const Model& model, const ApiError& error) {
  if (error.status != 0) return error.status;
  if (const int declared = model.error_status(error.code); declared != 0) return declared;
  for (const Row& row : table) {
    const Spelling& spelled = spelling(row, model.protocol());
    if (spelled.code == error.code) return spelled.status;
  }
  const auto* other = std::ranges::find(others, error.code, &Spelling::code);
  return other != others.end() ? other->status : 400;
}

}  // namespace ringwall::awsapi
