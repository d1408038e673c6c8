#pragma once
// Calls that say which attempt they are: an operation whose input has a client token is done once for
// each token, whoever repeats it. Every call goes this way, so no handler has to think of it.
//
//   token/<account>/<service>/<operation>/<hash of the token>
//     made         when, in milliseconds since 1970
//     input        a hash of the other parameters
//     caller       the unique id, or the ARN, of who made it
//     output       the first answer

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "service/service.h"

namespace ringwall::service {

// EC2 promises a day for its tokens at least; no other service here says more.
inline constexpr std::chrono::hours tokens_kept{24};
// Of an account. Past it the oldest go, a tenth at a time: a retry comes seconds later, not ten
// thousand calls later.
inline constexpr std::size_t tokens_per_account_max = 10'000;

// The member of an operation's input that is its token, by its name; empty: this is none.
bool is_token_member(std::string_view name);

// Asks, has it decided by `refuse` and runs the handler. If the input has a token that came before:
// the first answer again, or IdempotentParameterMismatch in the service's words if anything else in
// the input differs. The permission is asked for each time; only the caller who was answered before is
// answered again when what was asked about is gone meanwhile, as after a deletion. Failures are not kept.
using Refuse = std::function<std::optional<ApiError>(const Questions&)>;
ApiResult<Json> perform(const Call& call, const awsapi::Model& model, const Operation& operation, const Refuse& refuse);

// Forgets tokens that are past their time, of every account. For upkeep.
Result<> forget_old_tokens(const Environment& environment);

}  // namespace ringwall::service
