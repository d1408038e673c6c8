#include "gateway/gateway.h"

#include <algorithm>
#include <array>
#include <atomic>

#include "awsapi/sigv4.h"
#include "awsapi/weight.h"
#include "base/check.h"
#include "directory/records.h"
#include "gateway/authenticate.h"
#include "gateway/decide.h"
#include "gateway/key_uses.h"
#include "gateway/workers.h"
#include "service/idempotency.h"
#include "service/traits.h"

namespace ringwall::gateway {

using awsapi::ApiError;
using awsapi::CommonError;
using awsapi::Model;
using awsapi::WireReply;
using awsapi::WireRequest;
using text::Json;

namespace {

constexpr int commit_attempts = 64;
constexpr std::size_t unknown_name_bytes_max = 128;  // of an operation nobody has, when it is told of

// A request as awsapi reads it. Header names are kept in lower case beside the request, because
// awsapi holds on to them while it verifies; valid as long as the request and this.
class Wire {
 public:
  explicit Wire(const http::Request& request) {
    std::size_t size = 0;
    for (const http::Header& header : request.headers) size += header.name.size();
    names_.reserve(size);  // no reallocation: the views below stay valid
    headers_.reserve(request.headers.size());
    for (const http::Header& header : request.headers) {
      const std::size_t start = names_.size();
      names_ += header.name;
      for (std::size_t i = start; i < names_.size(); ++i) names_[i] = names_[i] >= 'A' && names_[i] <= 'Z' ? static_cast<char>(names_[i] - 'A' + 'a') : names_[i];
      headers_.emplace_back(std::string_view(names_).substr(start), header.value);
    }
    wire_ = {.method = request.method,
             .path = request.path,
             .query = request.query,
             .header = [this](std::string_view name) -> std::optional<std::string_view> {
               const auto found = std::ranges::find(headers_, name, &Header::first);
               return found == headers_.end() ? std::nullopt : std::optional(found->second);
             },
             .body = request.body,
             .each_header = [this](const std::function<void(std::string_view, std::string_view)>& visit) {
               for (const auto& [name, value] : headers_) visit(name, value);
             }};
  }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  const WireRequest& operator*() const { return wire_; }

 private:
  using Header = std::pair<std::string_view, std::string_view>;
  std::string names_;
  std::vector<Header> headers_;
  WireRequest wire_;
};

http::Response response_of(WireReply wire) {
  http::Response response{.status = wire.status, .body = std::move(wire.body)};
  if (!wire.content_type.empty()) response.headers.add("Content-Type", wire.content_type);
  for (const auto& [name, value] : wire.headers) response.headers.add(name, value);
  return response;
}

// A failure of the store, as a service says it.
ApiError store_failure(const Model& model, const Error& error) {
  const std::string message = error.kind == Failure::exhausted ? "the server's disk is full: nothing was changed"
                              : error.kind == Failure::conflict ? "too many changes at once: try again"
                                                                : "the server cannot store the change: nothing was changed";
  return awsapi::in_words_of(model, error.kind == Failure::conflict ? CommonError::throttled : CommonError::internal_failure, message);
}

// What a head asks for and claims, before it is believed.
struct Asked {
  const service::Service* service = nullptr;
  awsapi::Claim claim;
};

// A request and what goes with it; once authenticated and for a known operation, ready to run on any
// thread.
struct Prepared {
  const service::Service* service = nullptr;
  const service::Operation* operation = nullptr;
  service::Caller caller;
  service::NetworkContext network;
  RequestFacts facts;
  estate::EstatePtr estate;
  bool of_organization = false;  // the caller's account, when it was authenticated
  TimePoint now{};
  std::string request_id;
};

}  // namespace

class Gateway::Core {
 public:
  Core(Options options, const service::Environment& environment, directory::Directory& directory, audit::Log& audit,
       std::vector<service::Service> services)
      : environment_(environment), directory_(directory), audit_(audit),
        network_keys_everywhere_(options.network_keys_everywhere),
        hosts_(options.host_names ? *std::move(options.host_names) : own_names(environment)),
        workers_(options.worker_threads, {.queued_max = queued_calls_max, .queued_per_account_max = queued_calls_per_account_max}),
        server_({.threads = options.io_threads, .body_bytes_max = request_body_bytes_max},
                {.handle = [this](http::Exchange exchange) { handle(std::move(exchange)); },
                 .admit = [this](const http::Request& head, const http::Arrival& arrival) { return admit(head, arrival); },
                 .refuse = [](const http::Refusal& refusal, const http::Arrival&) { return refuse(refusal); }},
                environment.clock) {
    for (service::Service& one : services) {
      std::string name(one.model().signing_name());
      services_.emplace(std::move(name), std::move(one));
    }
  }

  http::Server& server() { return server_; }

  // What a listener's tag points to: the context may change while its sockets stay.
  struct Place {
    explicit Place(service::NetworkContext given) : context(std::make_shared<const service::NetworkContext>(std::move(given))) {}
    std::atomic<std::shared_ptr<const service::NetworkContext>> context;
  };
  struct Endpoint {
    std::shared_ptr<Place> place;
    std::vector<http::ListenerId> listeners;
  };
  std::mutex endpoints_mutex;
  std::map<std::string, Endpoint> endpoints;

 private:
  static http::Response refuse(const http::Refusal& refusal) {
    http::Response response{.status = refusal.status, .body = refusal.message + "\n"};
    response.headers.add("Content-Type", "text/plain");
    return response;
  }

  static HostNames own_names(const service::Environment& environment) {
    auto own = HostNames::make(environment.region, environment.dns_suffix, {});
    RW_CHECK(own.has_value());  // nothing was configured that could be wrong
    return *std::move(own);
  }

  Prepared begin(const WireRequest& wire, const http::Arrival& arrival) {
    Prepared prepared{.network = *static_cast<const Place*>(arrival.tag.get())->context.load(),
                      .estate = directory_.current(),
                      .now = environment_.clock.now(),
                      .request_id = uuid(environment_.random)};
    (prepared.network.vpce_id.empty() ? prepared.network.source_ip : prepared.network.vpc_source_ip) = arrival.peer.address;
    prepared.facts.user_agent = wire.header("user-agent").value_or("");
    prepared.facts.referer = wire.header("referer").value_or("");
    return prepared;
  }

  // Whose body is read at all: theirs whose signature may still turn out to be good.
  http::Admission admit(const http::Request& head, const http::Arrival& arrival) {
    const Wire held(head);
    Prepared prepared = begin(*held, arrival);
    auto asked = read_head(*held, prepared, arrival.local_address);
    if (!asked) return {.refusal = response_of(std::move(asked).error())};
    if (const auto fault = authenticator().fault_in_head(*prepared.estate, asked->claim, *held, prepared.now)) {
      return {.refusal = response_of(refusal_of(*held, prepared, asked->service->model(), *fault))};
    }
    return {.body_bytes_max = asked->claim.lifetime ? 0 : request_body_bytes_max};
  }

  void handle(http::Exchange exchange) {
    const Wire held(exchange.request());
    const WireRequest& wire = *held;
    Prepared prepared = begin(wire, exchange.arrival());
    auto refused = prepare(wire, prepared, exchange.arrival().local_address);
    if (!prepared.caller.principal.arn.empty()) exchange.vouch();
    if (refused) return std::move(exchange).reply(response_of(*std::move(refused)));
    note_key_use(prepared);
    if (is_light(prepared)) return std::move(exchange).reply(response_of(perform(wire, prepared)));
    // Shared, so that a full queue leaves it here to be answered.
    auto waiting = std::make_shared<http::Exchange>(std::move(exchange));
    auto ready = std::make_shared<Prepared>(std::move(prepared));
    Workers::Job job = [this, waiting, ready] {
      const Wire again(waiting->request());
      std::move(*waiting).reply(response_of(perform(*again, *ready)));
    };
    if (workers_.post(ready->caller.account(), job)) return;
    const Model& model = ready->service->model();
    const ApiError error = awsapi::in_words_of(model, CommonError::throttled, "Rate exceeded");
    const bool recorded = record(*ready, model.endpoint_prefix(), ready->operation->name, {}, &error);
    static_cast<void>(recorded);  // refused either way
    std::move(*waiting).reply(response_of(awsapi::encode_error(model, error, ready->request_id)));
  }

  // What an I/O thread may do between two other clients' requests.
  static bool is_light(const Prepared& prepared) {
    return prepared.operation->access == service::Access::read &&
           !awsapi::answers_collections(*prepared.service->model().operation(prepared.operation->name));
  }

  // Records a refusal and says it in a service's words.
  WireReply refusal_of(const WireRequest& wire, const Prepared& prepared, const Model& model, const ApiError& error) {
    // A name no model has may be as long as the body.
    const bool recorded =
        record(prepared, model.endpoint_prefix(), awsapi::operation_name(model, wire).substr(0, unknown_name_bytes_max), {}, &error);
    static_cast<void>(recorded);  // refused either way
    return awsapi::encode_error(model, error, prepared.request_id);
  }
  WireReply refusal_of(const WireRequest& wire, const Prepared& prepared, const Model& model, const Distrust& distrust) {
    return refusal_of(wire, prepared, model, awsapi::in_words_of(model, distrust.kind, distrust.message));
  }

  // Reads what can be told without the body; a reply is a refusal.
  std::expected<Asked, WireReply> read_head(const WireRequest& wire, const Prepared& prepared, std::string_view local_address) {
    auto claim = awsapi::read_claim(wire);
    const service::Service* service = claim && *claim ? service_named((*claim)->service) : service_by_content(wire);
    const Model& model = service != nullptr ? service->model() : model_of_nobody();
    const auto refuse_with = [&](const ApiError& error) { return std::unexpected(refusal_of(wire, prepared, model, error)); };
    const auto refuse_as = [&](CommonError kind, std::string message) { return refuse_with(awsapi::in_words_of(model, kind, std::move(message))); };
    if (!claim) return refuse_with(awsapi::in_words_of(model, claim.error()));
    if (!*claim) return refuse_as(CommonError::missing_token, "Request is missing Authentication Token");
    if (service == nullptr) {
      return refuse_with(ApiError{"SignatureDoesNotMatch", "Credential should be scoped to a service Ringwall has, not `" + (*claim)->service + "`", 403});
    }
    if (const std::string& only = prepared.network.vpce_service; !only.empty() && only != model.endpoint_prefix()) {
      return refuse_as(CommonError::access_denied, "this VPC endpoint serves `" + only + "` alone");
    }
    if (!region_fits(**claim)) {
      return refuse_as(CommonError::bad_signature, "Credential should be scoped to a valid region, not '" + (*claim)->region + "'.");
    }
    const std::string_view host = wire.header("host").value_or("");
    if (!hosts_.fit(host, local_address, prepared.network)) {
      return refuse_as(CommonError::bad_signature, "the request is signed for the host `" + std::string(host.substr(0, unknown_name_bytes_max)) +
                                                       "`, which is none of this server's: `ringwall serve --host-name` adds one");
    }
    if (!has_a_way_in(model, wire)) return refuse_with(ApiError{"UnknownOperationException", "There is no operation at this path and method.", 404});
    if (auto fault = fault_in_presigning(*service, **claim, wire)) return refuse_as(CommonError::incomplete_signature, *std::move(fault));
    return Asked{service, **std::move(claim)};
  }

  // REST finds its operation by method and path; the others have one path, and JSON one method.
  static bool has_a_way_in(const Model& model, const WireRequest& wire) {
    if (model.protocol() == awsapi::Protocol::rest_json) return true;
    const bool by_query = model.protocol() != awsapi::Protocol::json;
    return wire.path == "/" && (wire.method == "POST" || (by_query && wire.method == "GET"));
  }

  static std::optional<std::string> fault_in_presigning(const service::Service& service, const awsapi::Claim& claim, const WireRequest& wire) {
    if (!claim.lifetime) return std::nullopt;
    const service::Operation* one = wire.method == "GET" ? service.operation(awsapi::operation_name(service.model(), wire)) : nullptr;
    const std::chrono::seconds longest = one == nullptr ? std::chrono::seconds(0) : one->presigned_max;
    if (longest.count() == 0) return "This request cannot be presigned: sign it in the Authorization header.";
    if (*claim.lifetime > longest) return "X-Amz-Expires must be at most " + std::to_string(longest.count()) + " seconds here";
    if (!wire.body.empty()) return "A presigned request has no body.";
    return std::nullopt;
  }

  // Authenticates and finds the operation; a reply is a refusal.
  std::optional<WireReply> prepare(const WireRequest& wire, Prepared& prepared, std::string_view local_address) {
    auto asked = read_head(wire, prepared, local_address);
    if (!asked) return std::move(asked).error();
    const Model& model = asked->service->model();
    auto caller = authenticator().caller_of(*prepared.estate, asked->claim, wire, prepared.now);
    if (!caller) return refusal_of(wire, prepared, model, caller.error());
    prepared.caller = *std::move(caller);
    prepared.of_organization = prepared.estate->mine(prepared.caller.principal.account);
    prepared.facts.region = asked->claim.region;
    prepared.facts.network_keys_everywhere = network_keys_everywhere_;
    prepared.service = asked->service;
    const std::string name = awsapi::operation_name(model, wire);
    prepared.operation = asked->service->operation(name);
    if (prepared.operation == nullptr) {
      const CommonError kind = model.knows(name) ? CommonError::unimplemented : CommonError::unknown_operation;
      const std::string message = "The action " + name.substr(0, unknown_name_bytes_max) +
                                  (kind == CommonError::unimplemented ? " is not implemented by Ringwall." : " is not valid for this endpoint.");
      return refusal_of(wire, prepared, model, awsapi::in_words_of(model, kind, message));
    }
    return std::nullopt;
  }

  // A full queue or disk loses the note, and the next minute's use is written instead.
  void note_key_use(const Prepared& prepared) {
    thread_local KeyUses uses;
    std::optional<KeyUse> use = use_of(prepared.caller);
    if (!use || !uses.is_due(*use, prepared.now)) return;
    use->service = prepared.service->model().signing_name();
    use->region = prepared.facts.region;
    use->when = prepared.now;
    Workers::Job job = [this, use = *std::move(use)] { static_cast<void>(write_key_use(environment_.store, use)); };
    static_cast<void>(workers_.post({}, job));
  }

  WireReply perform(const WireRequest& wire, Prepared& prepared) {
    const Model& model = prepared.service->model();
    const awsapi::OperationShape* shape = model.operation(prepared.operation->name);
    std::vector<audit::Answer> answers;
    const auto input = awsapi::decode_input(model, *shape, wire);
    auto output = input ? run(prepared, *input, answers) : awsapi::ApiResult<Json>(std::unexpected(input.error()));
    const ApiError* error = output ? nullptr : &output.error();
    if (!record(prepared, model.endpoint_prefix(), prepared.operation->name, std::move(answers), error)) {
      return awsapi::encode_error(model, awsapi::in_words_of(model, CommonError::unavailable, "the audit log cannot be written"), prepared.request_id);
    }
    if (error != nullptr) return awsapi::encode_error(model, *error, prepared.request_id);
    return awsapi::encode_output(model, *shape, *output, prepared.request_id);
  }

  // Asks, decides and handles in one transaction, again when another commit came between.
  awsapi::ApiResult<Json> run(Prepared& prepared, const Json& input, std::vector<audit::Answer>& answers) {
    const Model& model = prepared.service->model();
    // What cannot be recorded is not done.
    if (!audit_.healthy()) {
      return std::unexpected(awsapi::in_words_of(model, CommonError::unavailable, "the audit log cannot be written"));
    }
    for (int attempt = 1;; ++attempt) {
      answers.clear();
      store::Transaction transaction(environment_.store);
      const service::Call call{environment_, *prepared.estate, prepared.caller, prepared.network, input,
                               transaction,  prepared.now,     prepared.request_id};
      auto output = ask_and_handle(call, prepared, answers);
      if (output && transaction.writes()) {
        const auto committed = environment_.store.commit(transaction);
        if (committed) {
          // The caller's next request must see what this one did to principals and policies.
          if (prepared.service->traits().governs_principals) directory_.wait_for(*committed);
          return output;
        }
        if (committed.error().kind != Failure::conflict || attempt >= commit_attempts) {
          return std::unexpected(store_failure(model, committed.error()));
        }
      } else if (environment_.store.current(transaction)) {
        return output;  // decided and answered over one state of the store
      } else if (attempt >= commit_attempts) {
        return std::unexpected(awsapi::in_words_of(model, CommonError::throttled, "too many changes at once: try again"));
      }
      prepared.estate = directory_.current();
    }
  }

  static awsapi::ApiResult<Json> ask_and_handle(const service::Call& call, const Prepared& prepared, std::vector<audit::Answer>& answers) {
    const Model& model = prepared.service->model();
    // A removal of the account that is under way and this change must not both succeed.
    if (prepared.operation->access == service::Access::write && prepared.of_organization &&
        !directory::tables::accounts.contains(call.transaction, call.account())) {
      return std::unexpected(awsapi::in_words_of(model, CommonError::access_denied, "the account is no longer of the organization"));
    }
    return service::perform(call, model, *prepared.operation, [&](const service::Questions& questions) { return refusal(call, prepared.facts, model, questions, answers); });
  }

  bool record(const Prepared& prepared, std::string_view service, std::string operation, std::vector<audit::Answer> answers,
              const ApiError* error) {
    audit::Record record{.time = prepared.now,
                         .request_id = prepared.request_id,
                         .source = std::string(service) + ".amazonaws.com",
                         .event = std::move(operation),
                         .region = environment_.region,
                         .principal = prepared.caller.principal.arn,
                         .account = prepared.caller.principal.account,
                         .access_key = prepared.caller.access_key,
                         .source_address = prepared.network.vpce_id.empty() ? prepared.network.source_ip : prepared.network.vpc_source_ip,
                         .vpc_id = prepared.network.vpc_id,
                         .vpce_id = prepared.network.vpce_id,
                         .user_agent = prepared.facts.user_agent,
                         .answers = std::move(answers)};
    if (error != nullptr) {
      record.error_code = error->code;
      record.error_message = error->message;
    }
    if (!record.principal.empty()) return audit_.record(std::move(record));
    audit_.record_stranger(std::move(record));
    return true;  // refused, whether it could be recorded or not
  }

  const service::Service* service_named(std::string_view signing_name) const {
    const auto found = services_.find(signing_name);
    return found != services_.end() ? &found->second : nullptr;
  }

  // For requests without a signature: whose error they should get.
  const service::Service* service_by_content(const WireRequest& wire) const {
    for (const auto& [name, service] : services_) {
      if (service.operation(awsapi::operation_name(service.model(), wire)) != nullptr) return &service;
    }
    return nullptr;
  }

  // In whose words a request is refused that is no service's. XML, if there is a service that writes
  // it: who asks nobody is most often an old client.
  const Model& model_of_nobody() const {
    const auto plain = std::ranges::find_if(services_, [](const auto& one) { return one.second.model().protocol() != awsapi::Protocol::rest_json; });
    return (plain != services_.end() ? plain : services_.begin())->second.model();
  }

  bool region_fits(const awsapi::Claim& claim) const {
    if (claim.region == environment_.region) return true;
    const service::Service* service = service_named(claim.service);  // global ones are signed so, whatever the client's Region is
    return claim.region == "us-east-1" && service != nullptr && service->model().global();
  }

  Authenticator& authenticator() const {
    thread_local Authenticator one(environment_);
    return one;
  }

  const service::Environment& environment_;
  directory::Directory& directory_;
  audit::Log& audit_;
  const bool network_keys_everywhere_;
  const HostNames hosts_;
  std::map<std::string, service::Service, std::less<>> services_;
  Workers workers_;
  http::Server server_;
};

Gateway::Gateway(Options options, const service::Environment& environment, directory::Directory& directory,
                 audit::Log& audit, std::vector<service::Service> services)
    : core_(std::make_unique<Core>(options, environment, directory, audit, std::move(services))) {}

Gateway::~Gateway() = default;

void Gateway::use_tls(std::shared_ptr<const crypto::TlsContext> context) { core_->server().use_tls(std::move(context)); }

Result<> Gateway::listen(os::UniqueFd socket) {
  auto opened = core_->server().listen(std::move(socket), std::make_shared<Core::Place>(service::NetworkContext{}));
  if (!opened) return std::unexpected(opened.error());
  return {};
}

Result<> Gateway::listen(const std::string& endpoint_id, service::NetworkContext context, os::UniqueFd socket) {
  const std::lock_guard lock(core_->endpoints_mutex);
  Core::Endpoint& endpoint = core_->endpoints[endpoint_id];
  if (context.vpce_id.empty()) {
    for (const http::ListenerId id : endpoint.listeners) core_->server().stop_listener(id);
    core_->endpoints.erase(endpoint_id);
    return {};
  }
  if (endpoint.place == nullptr) {
    endpoint.place = std::make_shared<Core::Place>(std::move(context));
  } else {
    endpoint.place->context.store(std::make_shared<const service::NetworkContext>(std::move(context)));
  }
  if (!socket) return {};
  RW_TRY(const http::ListenerId id, core_->server().listen(std::move(socket), endpoint.place));
  endpoint.listeners.push_back(id);
  return {};
}

void Gateway::stop(std::chrono::milliseconds patience) { core_->server().stop(patience); }

}  // namespace ringwall::gateway
