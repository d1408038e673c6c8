#include "gateway/decide.h"

#include "catalogue/network_keys.h"
#include "service/authorization_message.h"
#include "text/time.h"

namespace ringwall::gateway {
namespace {

// EC2, alone among the services here, tells its callers more in a message that only they who may
// `sts:DecodeAuthorizationMessage` can read.
std::string refusal_message(const service::Call& call, const awsapi::Model& model, const Case& one, const authz::Decision& decision) {
  std::string message = authz::access_denied_message(one.request, decision);
  if (model.protocol() != awsapi::Protocol::ec2) return message;
  return "You are not authorized to perform this operation. " + message +
         ". Encoded authorization failure message: " + service::encode_authorization_message(call.environment, one.request, one.layers, decision);
}

}  // namespace

policy::Context network_context(const estate::Estate& estate, const service::NetworkContext& network,
                                std::string_view action, const RequestFacts& facts, TimePoint now) {
  using enum catalogue::NetworkKey;
  policy::Context context;
  const auto set_where_said = [&](catalogue::NetworkKey key, auto value) {
    if (facts.network_keys_everywhere || catalogue::carries(action, key))
      context.set(catalogue::name_of(key), std::move(value));
  };
  if (network.vpce_id.empty()) {
    if (!network.source_ip.empty()) context.set("aws:SourceIp", network.source_ip);
  } else {
    // Endpoint traffic carries no aws:SourceIp.
    context.set("aws:SourceVpc", network.vpc_id);
    set_where_said(source_vpc_arn, network.vpc_arn);
    context.set("aws:SourceVpce", network.vpce_id);
    context.set("aws:VpcSourceIp", network.vpc_source_ip);
    set_where_said(vpce_account, network.vpce_account);
    if (estate.organization && estate.mine(network.vpce_account)) {
      set_where_said(vpce_org_id, estate.organization->id);
      set_where_said(vpce_org_paths, std::vector<std::string>{estate.org_path(network.vpce_account)});
    }
  }
  context.set("aws:SecureTransport", network.secure_transport ? "true" : "false");
  context.set("aws:CurrentTime", text::iso8601(now));
  context.set("aws:EpochTime", std::to_string(text::to_millis(now) / 1000));
  context.set("aws:RequestedRegion", facts.region);
  context.set("aws:ViaAWSService", "false");
  if (!facts.user_agent.empty()) context.set("aws:UserAgent", facts.user_agent);
  if (!facts.referer.empty()) context.set("aws:Referer", facts.referer);
  return context;
}

Case case_of(const service::Call& call, const RequestFacts& facts, const service::Question& question) {
  const std::string& owner = question.resource_account.empty() ? call.account() : question.resource_account;
  const estate::Session* session = call.caller.session.get();
  Case result;
  result.request = {.principal = call.caller.principal,
                    .action = question.action,
                    .resource = question.resource,
                    .resource_account = owner,
                    .context = network_context(call.estate, call.network, question.action, facts, call.now)};
  result.request.context.merge(estate::global_context(call.estate, call.caller.principal, session, owner));
  result.request.context.merge(question.context);
  result.layers = estate::layers_of(call.estate, call.caller.principal, session);
  result.layers.resource = question.resource_policy ? &question.resource_policy->named() : nullptr;
  result.layers.grants = question.grants;
  result.layers.resource_kind = question.resource_kind;
  result.layers.endpoint = call.network.endpoint_policy ? &*call.network.endpoint_policy : nullptr;
  // Which services they reach is authz's to know.
  const estate::Account* account = call.estate.account(owner);
  if (account != nullptr && question.reached_by_rcps) result.layers.rcps = account->rcps;
  return result;
}

std::optional<awsapi::ApiError> refusal(const service::Call& call, const RequestFacts& facts, const awsapi::Model& model,
                                        const service::Questions& questions, std::vector<audit::Answer>& answers) {
  if (questions.unrestricted) return std::nullopt;
  for (const service::Question& question : questions.all) {
    const Case one = case_of(call, facts, question);
    const authz::Decision decision = authz::authorize(one.request, one.layers);
    answers.push_back({question.action, question.resource, decision});
    if (decision.verdict == authz::Verdict::allow) continue;
    if (question.refusal) return question.refusal;
    return awsapi::in_words_of(model, awsapi::CommonError::access_denied, refusal_message(call, model, one, decision));
  }
  return std::nullopt;
}

}  // namespace ringwall::gateway
