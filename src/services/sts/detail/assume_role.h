#pragma once
// AssumeRole: the questions its trust policy answers, and the session it makes.

#include "directory/session.h"
#include "service/service.h"

namespace ringwall::sts::detail {

service::Ask ask_to_assume_role();
service::ApiResult<text::Json> assume_role(const service::Call& call);

// Credentials as every operation answers them.
text::Json answer(const directory::SessionCredentials& credentials, std::int64_t expires_ms);

}  // namespace ringwall::sts::detail
