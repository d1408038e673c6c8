#pragma once
// A question as the running server would ask it: who asks, which policies apply and which keys
// follow are filled in from what is stored, for `ringwall authorize --live`.

#include <span>

#include "estate/estate.h"
#include "service/service.h"
#include "text/json.h"

namespace ringwall::server {

// `question` as authz/question.h has it, with "policies" as far as other than the stored ones are
// to be tried: a layer that is given stays, the others come from the estate. The resource's own
// policy is known of what `services` guard, an endpoint's policy by `aws:SourceVpce` in the context.
// Sessions have no session policies unless they are given: those travel with their credentials.
// Failure::not_found: the principal is no user, role or root of the organisation's accounts.
Result<text::Json> live_question(const service::Environment& environment, const estate::Estate& estate, std::span<const service::Service> services,
                                 const text::Json& question);

}  // namespace ringwall::server
