#include "service/service.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "service/traits.h"

namespace ringwall::service {

Service::Service(const awsapi::Model& model, std::vector<Operation> operations) : Service(model, std::move(operations), Traits{}) {}

Service::Service(const awsapi::Model& model, std::vector<Operation> operations, Traits traits)
    : model_(model), traits_(std::make_shared<const Traits>(std::move(traits))) {
  for (Operation& operation : operations) {
    // An operation that nobody can decode, or that runs without having asked, is our own bug.
    RW_CHECK(model_.operation(operation.name) != nullptr);
    RW_CHECK(operation.ask != nullptr);
    RW_CHECK(operation.handler != nullptr);
    std::string name = operation.name;
    const bool is_new = operations_.emplace(std::move(name), std::move(operation)).second;
    RW_CHECK(is_new);
  }
}

const Operation* Service::operation(std::string_view name) const {
  const auto found = operations_.find(name);
  return found == operations_.end() ? nullptr : &found->second;
}

std::vector<std::string> Service::operations() const {
  std::vector<std::string> names;
  names.reserve(operations_.size());
  for (const auto& [name, operation] : operations_) names.push_back(name);
  return names;
}

Ask ask_for(std::string action, std::function<std::string(const Call&)> resource_arn) {
  RW_CHECK(resource_arn != nullptr);
  return [action = std::move(action), resource_arn = std::move(resource_arn)](const Call& call) -> ApiResult<Questions> {
    Questions questions;
    questions.all.push_back({.action = action, .resource = resource_arn(call), .resource_account = call.account()});
    return questions;
  };
}

Ask ask_on_star(std::string action) {
  return [action = std::move(action)](const Call& call) -> ApiResult<Questions> {
    Questions questions;
    questions.all.push_back({.action = action, .resource_account = call.account()});
    return questions;
  };
}

Ask ask_nothing() {
  return [](const Call&) -> ApiResult<Questions> { return Questions{.unrestricted = true}; };
}

}  // namespace ringwall::service
