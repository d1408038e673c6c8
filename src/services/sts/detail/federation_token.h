#pragma once
// GetFederationToken: credentials for somebody the caller vouches for, who may do what both the
// caller's own policies and the given session policies allow.

#include "service/service.h"

namespace ringwall::sts::detail {

service::Ask ask_for_federation_token();
service::ApiResult<text::Json> get_federation_token(const service::Call& call);

}  // namespace ringwall::sts::detail
