#pragma once
// What can be done with users, groups and roles alike.

#include "services/iam/detail/common.h"

namespace ringwall::iam::detail {

// A new document from Path, the name, Tags and PermissionsBoundary of the input; not yet put.
ApiResult<Json> make_identity(const Call& call, const Kind& kind);
// Sets the boundary the input names; NoSuchEntity if there is no such policy.
std::optional<ApiError> set_boundary(const Call& call, Json& document);
// DeleteConflict while policies are attached to it or inline in it.
std::optional<ApiError> still_used(const Json& document);
// Applies NewPath and the new name, moves the document, and answers it.
ApiResult<Json> rename(const Call& call, const Kind& kind, const Json& stored);
Ask ask_to_rename(std::string action, const Kind& kind);
service::Handler list_identities(const Kind& kind);

}  // namespace ringwall::iam::detail
