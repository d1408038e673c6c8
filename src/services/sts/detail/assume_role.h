#pragma once
// AssumeRole: the questions its trust policy answers, and the session it makes.

#include <optional>
#include <string_view>

#include "directory/session.h"
#include "service/service.h"

namespace ringwall::sts::detail {

service::Ask ask_to_assume_role();
service::ApiResult<text::Json> assume_role(const service::Call& call);

// What every operation that makes a session shares: the characters of its name, the session
// policies of the input (managed ones are AWS's or of `account`), and the credentials it answers.
bool is_session_name(std::string_view name);
std::optional<service::ApiError> read_policies(const service::Call& call, std::string_view account, directory::NewSession& session);
text::Json answer(const directory::SessionCredentials& credentials, std::int64_t expires_ms);

}  // namespace ringwall::sts::detail
