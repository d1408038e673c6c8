#pragma once
// For tests of this room and of the services that stand on it: a whole identity system on a real
// store in a folder of its own, asked the way the gateway asks.

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "authz/authz.h"
#include "base/check.h"
#include "crypto/crypto.h"
#include "directory/bootstrap.h"
#include "directory/directory.h"
#include "directory/session.h"
#include "service/service.h"
#include "store/store.h"
#include "text/time.h"

namespace ringwall::directory::testing {

using service::ApiResult;
using text::Json;

class FakeClock final : public Clock {
 public:
  TimePoint now() const override { return now_; }
  void advance(std::chrono::seconds seconds) { now_ += seconds; }

 private:
  TimePoint now_ = *text::parse_iso8601("2026-03-04T05:06:07Z");
};

class Folder {
 public:
  Folder() {
    crypto::SystemRandom random;
    path_ = std::filesystem::temp_directory_path() / resource_id(random, "ringwall-test");
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const char* name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

class World {
 public:
  explicit World(std::vector<service::Operation> operations) {
    for (service::Operation& operation : operations) {
      std::string name = operation.name;
      operations_.emplace(std::move(name), std::move(operation));
    }
    auto store = store::open_sqlite(folder_.file("state"));
    RW_CHECK(store.has_value());
    store_ = *std::move(store);
    environment_.emplace(service::Environment{*store_, clock_, random_, "us-east-1", "ringwall.internal", root_key_});
    auto made = bootstrap(*environment_);
    RW_CHECK(made.has_value());
    administrator_ = *std::move(made);
    directory_ = std::make_unique<Directory>(*environment_, [this](std::string_view line) { reports_.emplace_back(line); });
  }

  const service::Environment& environment() const { return *environment_; }
  store::Store& store() { return *store_; }
  FakeClock& clock() { return clock_; }
  Directory& directory() { return *directory_; }
  const Administrator& administrator() const { return administrator_; }
  const std::vector<std::string>& reports() const { return reports_; }

  service::Caller as_administrator() const { return as_user(administrator_.arn); }
  service::Caller as_user(const std::string& arn) const {
    const estate::EstatePtr estate = directory_->current();
    const estate::Principal* stored = estate->principal(arn);
    RW_CHECK(stored != nullptr);
    service::Caller caller;
    caller.principal.type = policy::Principal::Type::user;
    caller.principal.arn = arn;
    caller.principal.account = stored->account;
    caller.principal.unique_id = stored->unique_id;
    return caller;
  }
  static service::Caller as_root(const std::string& account) {
    service::Caller caller;
    caller.principal.type = policy::Principal::Type::root;
    caller.principal.arn = "arn:aws:iam::" + account + ":root";
    caller.principal.account = account;
    return caller;
  }
  // The caller that credentials answered by STS make, or the failure of opening their token.
  Result<service::Caller> as_session(const Json& credentials) const {
    auto opened = open_session_token(*environment_, *directory_->current(), credentials.text("SessionToken"), credentials.text("AccessKeyId"), clock_.now());
    if (!opened) return std::unexpected(opened.error());
    service::Caller caller;
    caller.principal = opened->principal;
    caller.session = opened->session;
    caller.access_key = opened->access_key;
    return caller;
  }

  // Asks, decides, runs, commits: "AccessDenied" with the decision's sentence when refused.
  ApiResult<Json> call(const char* name, const service::Caller& caller, const Json& input) {
    const auto found = operations_.find(name);
    RW_CHECK(found != operations_.end());
    const estate::EstatePtr estate = directory_->current();
    const service::NetworkContext network;
    store::Transaction transaction(*store_);
    const service::Call call{*environment_, *estate, caller, network, input, transaction, clock_.now(), "request"};
    RW_TRY(const service::Questions questions, found->second.ask(call));
    if (!questions.unrestricted) {
      RW_CHECK(!questions.all.empty());
      for (const service::Question& question : questions.all) {
        if (auto refused = refusal(*estate, caller, question)) return std::unexpected(*refused);
      }
    }
    RW_TRY(Json output, found->second.handler(call));
    const Result<store::Revision> revision = store_->commit(transaction);
    RW_CHECK(revision.has_value());
    if (found->second.access == service::Access::write) directory_->wait_for(*revision);
    return output;
  }

  // "" or the code of the error.
  std::string code(const char* name, const service::Caller& caller, const Json& input) {
    const ApiResult<Json> outcome = call(name, caller, input);
    return outcome ? std::string() : outcome.error().code;
  }

  static std::optional<service::ApiError> refusal(const estate::Estate& estate, const service::Caller& caller, const service::Question& question) {
    policy::Request request{.principal = caller.principal, .action = question.action, .resource = question.resource, .resource_account = question.resource_account, .context = question.context};
    if (request.resource_account.empty()) request.resource_account = caller.account();
    request.context = estate::global_context(estate, caller.principal, caller.session.get(), request.resource_account);
    request.context.merge(question.context);
    authz::Layers layers = estate::layers_of(estate, caller.principal, caller.session.get());
    layers.resource = question.resource_policy ? &question.resource_policy->named() : nullptr;
    layers.grants = question.grants;
    layers.resource_kind = question.resource_kind;
    if (const estate::Account* owner = estate.account(request.resource_account); owner != nullptr && question.reached_by_rcps) layers.rcps = owner->rcps;
    const authz::Decision decision = authz::authorize(request, layers);
    if (decision.verdict == authz::Verdict::allow) return std::nullopt;
    if (question.refusal) return question.refusal;
    return service::ApiError{"AccessDenied", authz::access_denied_message(request, decision), 403};
  }

 private:
  Folder folder_;
  FakeClock clock_;
  crypto::SystemRandom random_;
  Secret root_key_{std::string_view("a root key of thirty-two letters")};
  std::unique_ptr<store::Store> store_;
  std::optional<service::Environment> environment_;
  Administrator administrator_;
  std::vector<std::string> reports_;
  std::map<std::string, service::Operation, std::less<>> operations_;
  std::unique_ptr<Directory> directory_;
};

}  // namespace ringwall::directory::testing
