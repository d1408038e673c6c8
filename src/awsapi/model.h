#pragma once
// Wire shapes as data. A service's Model is read from shapes/<service>.json (made by
// tools/import_shapes.py from AWS's public models); decoding, validation and encoding of every
// operation derive from it, and so does the coverage table.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ports.h"
#include "base/result.h"
#include "text/json.h"

namespace ringwall::awsapi {

using text::Json;

// An error as a service answers it. The HTTP status comes from the service's model for codes it
// declares, else from the table of common errors.
struct ApiError {
  std::string code;
  std::string message;
  int status = 0;  // 0: as the model says
  Json members = {};  // what the error's shape has besides, as `reason`; REST services write it
  friend bool operator==(const ApiError&, const ApiError&) = default;
};

template <typename T>
using ApiResult = std::expected<T, ApiError>;

inline std::unexpected<ApiError> api_error(std::string code, std::string message, int status = 0) {
  return std::unexpected(ApiError{std::move(code), std::move(message), status});
}

enum class Protocol : std::uint8_t { query, ec2, json, rest_json };

// What travels. Views are valid as long as the connection's request.
struct WireRequest {
  std::string_view method;
  std::string_view path;    // as received, percent-encoded
  std::string_view query;   // as received, without `?`
  std::function<std::optional<std::string_view>(std::string_view)> header;  // by lower-case name
  std::string_view body;
  // Every header, a repeated one as often as it came, names in lower case. The gateway sets it:
  // a signature must cover every x-amz-* header, also those nobody asks for by name.
  std::function<void(const std::function<void(std::string_view, std::string_view)>&)> each_header = {};
};

struct WireReply {
  int status = 200;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct Shape;
namespace detail {
struct Route;
}

struct OperationShape {
  std::string name;
  const Shape* input = nullptr;   // null: none
  const Shape* output = nullptr;  // null: none
  std::string result_wrapper;     // query: <NameResult>
  int status = 200;               // REST: of a reply
};

class Model {
 public:
  static Result<std::unique_ptr<Model>> load(std::string_view shapes_json);
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  std::string_view service() const;        // "rds": also its IAM prefix unless said otherwise
  std::string_view signing_name() const;   // credential scope's service
  std::string_view api_version() const;
  std::string_view target_prefix() const;  // JSON protocols; "TrentService"
  std::string_view xml_namespace() const;  // query and ec2; always ends in `/`
  // The first label of the endpoint's name, and of `<it>.amazonaws.com`, as events name a service.
  std::string_view endpoint_prefix() const;
  bool global() const;                       // one endpoint for all regions, signed for us-east-1
  Protocol protocol() const;
  const OperationShape* operation(std::string_view name) const;  // null if its shapes are not here
  bool knows(std::string_view operation) const;  // AWS has it, whether its shapes are here or not
  std::vector<std::string> operations() const;  // every operation the model knows, sorted
  // The HTTP status of an error code the service declares; 0 if it declares none such.
  int error_status(std::string_view code) const;
  std::string_view error_message_member() const;  // JSON protocols: "message" or "Message"
  const std::vector<detail::Route>& routes() const;  // REST: which path is which operation's

 private:
  Model();
  struct State;
  std::unique_ptr<State> state_;
};

inline constexpr std::size_t form_parameters_max = 10'000;
inline constexpr std::size_t form_depth_max = 32;  // levels of lists, maps and structures
inline constexpr std::int64_t form_index_max = 2'147'483'647;

// The operation a request asks for, by X-Amz-Target or Action or, in REST, by method and path; empty
// if it names none. A target of another service, or a method and path that are no operation's, are
// answered whole, so that no model knows them. Forms are read only under
// `application/x-www-form-urlencoded`, JSON only under `application/x-amz-json-1.*`, REST's JSON only
// under `application/json`.
std::string operation_name(const Model& model, const WireRequest& request);

// Reads and validates the input by its shape: required members, types, enumerations, lengths and
// ranges the model declares. In the result blobs are raw bytes (not base64), timestamps are
// integer milliseconds, integers and booleans are themselves. A member that the shape does not name
// is refused unless it asks for nothing (`false`, 0, empty): to do the rest and pass it over could be
// the opposite of what was asked, as where it holds the policies that deny. Errors in the service's own words (MissingParameter, ValidationError, …).
ApiResult<Json> decode_input(const Model& model, const OperationShape& operation, const WireRequest& request);

// Writes what the output shape names of `output` (the same forms as decode_input gives) and drops
// the rest, so a stored document can be answered as it is.
WireReply encode_output(const Model& model, const OperationShape& operation, const Json& output,
                        std::string_view request_id);
WireReply encode_error(const Model& model, const ApiError& error, std::string_view request_id);

// Errors that any operation of any service may answer, whose codes differ by family.
enum class CommonError : std::uint8_t {
  access_denied,
  missing_token,         // no signature at all
  unknown_access_key,    // also a session token that is none of ours
  bad_signature,
  expired_token,
  request_expired,       // skew, or a presigned request past its lifetime
  incomplete_signature,  // cannot be read, or leaves unsigned what must be signed
  unimplemented,         // AWS has the operation, this server does not
  unknown_operation,
  internal_failure,
  unavailable,
  throttled,
  validation,
};

// The same error in the words of a service's family. An empty `message` takes AWS's own.
ApiError in_words_of(const Model& model, CommonError kind, std::string message);

// An error of sigv4.h (IncompleteSignature, MissingAuthenticationToken, SignatureDoesNotMatch,
// RequestExpired) in the words of a service's family; any other error as it is.
ApiError in_words_of(const Model& model, const ApiError& error);

// The HTTP status an error is answered with: its own, else what the model declares for its code,
// else what the table of common errors says, else 400.
int status_of(const Model& model, const ApiError& error);

// The embedded model of a service built into this binary, or null: "rds", "ec2", …. Which there are, the files of `shapes/` say.
const Model* builtin_model(std::string_view service);
// The first labels of the names of all their endpoints, sorted: "access-analyzer", "ec2", ….
std::vector<std::string> endpoint_prefixes();

}  // namespace ringwall::awsapi
