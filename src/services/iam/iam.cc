#include "services/iam/iam.h"

#include "directory/guards.h"
#include "service/traits.h"
#include "services/iam/detail/common.h"

namespace ringwall::iam {
namespace {

// IAM takes no temporary credentials of users that did not sign in with a second factor, and
// Ringwall issues none that did: GetSessionToken's credentials cannot call IAM at all.
service::Ask refuse_session_tokens(service::Ask ask) {
  return [ask = std::move(ask)](const service::Call& call) -> service::ApiResult<service::Questions> {
    const bool is_role = call.caller.principal.type == policy::Principal::Type::role_session;
    if (call.caller.session != nullptr && !is_role) {
      return service::api_error("InvalidClientTokenId", "The security token included in the request is invalid", 403);
    }
    return ask(call);
  };
}

Result<> export_identities(service::Export& to, const std::string& account) {
  return to.add(to.home_of(account) + "/authorization-details.json", account, "GetAccountAuthorizationDetails");
}

}  // namespace

std::vector<service::Operation> operations() {
  std::vector<service::Operation> all;
  detail::add_user_operations(all);
  detail::add_group_operations(all);
  detail::add_role_operations(all);
  detail::add_policy_operations(all);
  detail::add_inline_operations(all);
  detail::add_attachment_operations(all);
  detail::add_tag_operations(all);
  detail::add_access_key_operations(all);
  detail::add_account_operations(all);
  detail::add_simulation_operations(all);
  detail::add_alias_operations(all);
  for (service::Operation& operation : all) operation.ask = refuse_session_tokens(std::move(operation.ask));
  return all;
}

service::Service service() {
  service::Traits traits{.guards = directory::role_guards(), .exports = {.of_account = export_identities}, .governs_principals = true};
  return {*awsapi::builtin_model("iam"), operations(), std::move(traits)};
}

}  // namespace ringwall::iam
