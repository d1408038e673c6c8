#pragma once
// The decision on one call: every question, over one snapshot.

#include <optional>
#include <string>
#include <vector>

#include "audit/log.h"
#include "service/service.h"

namespace ringwall::gateway {

// What of the request, beyond its input, policies may ask about.
struct RequestFacts {
  std::string region = {};      // of the credential scope
  std::string user_agent = {};  // client-supplied: never a boundary
  std::string referer = {};
  // Do requests to every service say whose VPC endpoint they came through, or to those that AWS lists alone
  // (catalogue/network_keys.h)?
  bool network_keys_everywhere = false;
};

// The keys that listener, time and request give: aws:SourceIp or aws:SourceVpc…, aws:CurrentTime,
// aws:SecureTransport, aws:RequestedRegion, aws:UserAgent. `action`: "rds:CreateDBInstance".
policy::Context network_context(const estate::Estate& estate, const service::NetworkContext& network,
                                std::string_view action, const RequestFacts& facts, TimePoint now);

// A question as authz takes it, with everything that applies: borrowed from the call and the
// question, which must outlive it.
struct Case {
  policy::Request request;
  authz::Layers layers;
};
Case case_of(const service::Call& call, const RequestFacts& facts, const service::Question& question);

// Nothing: all allowed. Else the first refusal, as the service's error. Every answer is appended
// to `answers`.
std::optional<awsapi::ApiError> refusal(const service::Call& call, const RequestFacts& facts, const awsapi::Model& model,
                                        const service::Questions& questions, std::vector<audit::Answer>& answers);

}  // namespace ringwall::gateway
