#pragma once
// What every AWS service is made of: operations, each with the authorisation questions it asks
// and the handler that runs once all are answered yes. Handlers are pure but for their
// transaction: they state what should be; reconcilers make the world match after the commit.

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "authz/authz.h"
#include "awsapi/model.h"
#include "base/ports.h"
#include "estate/estate.h"
#include "service/resource_policy.h"
#include "store/store.h"
#include "text/json.h"

namespace ringwall::service {

using awsapi::api_error;
using awsapi::ApiError;
using awsapi::ApiResult;
using text::Json;

// What the whole server shares. Lives as long as the server.
struct Environment {
  store::Store& store;
  const Clock& clock;
  Random& random;
  std::string region;        // "us-east-1" unless configured
  std::string dns_suffix;    // endpoint names end in it: "rds.us-east-1.ringwall.internal" style
  const Secret& root_key;    // 32 bytes; derive a key per purpose with crypto::derive_key
};

// Which listener accepted the request: nothing a client says can change it.
struct NetworkContext {
  std::string source_ip;       // of a request to the host's listener; empty on endpoint traffic
  std::string vpc_id;          // the rest: of a request through an endpoint
  std::string vpc_arn;
  std::string vpce_id;
  std::string vpce_account;
  std::string vpc_source_ip;
  std::string vpce_service;    // the one service the endpoint serves ("rds"); empty: all of them
  std::optional<authz::Named> endpoint_policy;
  bool secure_transport = true;
};

struct Caller {
  policy::Principal principal;
  std::shared_ptr<const estate::Session> session;  // temporary credentials only
  std::string access_key;
  // The account whose API this is: the caller's. Empty for anonymous.
  const std::string& account() const { return principal.account; }
};

// One API call, as its questions and its handler see it.
struct Call {
  const Environment& environment;
  const estate::Estate& estate;
  const Caller& caller;
  const NetworkContext& network;
  const Json& input;              // decoded and validated by shape
  store::Transaction& transaction;
  TimePoint now;
  std::string request_id;

  const std::string& account() const { return caller.account(); }
};

// One question put to authz. The gateway adds the global context keys and the caller's layers.
struct Question {
  std::string action;             // "rds:CreateDBInstance"
  std::string resource = "*";     // ARN, or "*" where the action takes none
  std::string resource_account;   // owner; empty: the caller's account
  policy::Context context = {};   // keys of this operation and resource (tags, kms:ViaService, …)
  std::optional<ResourcePolicy> resource_policy = {};
  authz::ResourceKind resource_kind = authz::ResourceKind::plain;
  std::vector<authz::Named> grants = {};  // of a KMS key (authz/kms_grant.h)
  bool reached_by_rcps = true;            // false: a resource of AWS's own, as aws/rds keys are
  // Decides what a refusal looks like: some services answer "not found" to those who may not see.
  std::optional<ApiError> refusal = {};
};

// The questions of a call; every one must be allowed. May fail with the service's own error (a
// resource that does not exist). `unrestricted` is for the few operations AWS lets anyone call.
struct Questions {
  std::vector<Question> all = {};
  bool unrestricted = false;
};

using Ask = std::function<ApiResult<Questions>(const Call&)>;
using Handler = std::function<ApiResult<Json>(const Call&)>;

enum class Access : std::uint8_t { read, write };  // write: runs off the I/O threads, may commit

struct Operation {
  std::string name;
  Access access;
  Ask ask;          // required: an operation without one cannot be registered
  Handler handler;
  // How long a presigned request for it may be good, sent as a GET without a body; 0: it is not taken. AWS's services take any
  // request so, which makes a captured or leaked one good for as long as its maker liked.
  std::chrono::seconds presigned_max{0};
};

struct Traits;  // service/traits.h

// A service: its model, its operations and what else the server has to know of it. Operations the model
// knows but the service does not register are answered with the service's proper error.
class Service {
 public:
  Service(const awsapi::Model& model, std::vector<Operation> operations);
  Service(const awsapi::Model& model, std::vector<Operation> operations, Traits traits);

  const awsapi::Model& model() const { return model_; }
  const Traits& traits() const { return *traits_; }
  const Operation* operation(std::string_view name) const;
  std::vector<std::string> operations() const;  // registered, sorted

 private:
  const awsapi::Model& model_;
  std::map<std::string, Operation, std::less<>> operations_;
  std::shared_ptr<const Traits> traits_;
};

// Shorthands for the usual mappings. The action is "<prefix>:<name>".
Ask ask_for(std::string action, std::function<std::string(const Call&)> resource_arn);
Ask ask_on_star(std::string action);
Ask ask_nothing();  // unrestricted

// Pages through `items` (already in a stable order): answers the slice from `marker` (the key of
// the first item to show; empty: from the start), and the marker of the next page if any.
template <typename Item>
struct Page {
  std::vector<Item> items;
  std::string next;  // empty: this was the last page
};
template <typename Item, typename KeyOf>
Page<Item> page_of(std::vector<Item> items, std::string_view marker, std::size_t size, KeyOf key_of) {
  Page<Item> page;
  for (auto& item : items) {
    if (!marker.empty() && key_of(item) < marker) continue;
    if (page.items.size() == size) {
      page.next = key_of(item);
      break;
    }
    page.items.push_back(std::move(item));
  }
  return page;
}

// Tags as AWS lists them: [{"Key":…,"Value":…}] <-> a map. Limits: 50 tags, keys 1 to 128
// characters not beginning with `aws:`, values up to 256.
inline constexpr std::size_t tags_max = 50;
inline constexpr std::size_t tag_key_characters_max = 128;
inline constexpr std::size_t tag_value_characters_max = 256;
// Of a key listed twice the last value counts; services that refuse duplicates look at the list.
estate::Tags tags_of(const Json& list);
Json json_of(const estate::Tags& tags);
// What is wrong with these tags, in words for the service's own error; nothing if they will do.
std::optional<std::string> fault_in(const estate::Tags& tags);
// aws:RequestTag/* and aws:TagKeys of a call that sets `tags`; aws:ResourceTag/* of a resource.
void add_request_tags(policy::Context& context, const estate::Tags& tags);
void add_resource_tags(policy::Context& context, const estate::Tags& tags);

}  // namespace ringwall::service
