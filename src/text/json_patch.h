#pragma once
// JSON Merge Patch (RFC 7396): a document said as what differs from another.

#include "text/json.h"

namespace ringwall::text {

// `target` as `patch` wants it: members of the patch replace those of the target, objects are
// merged member by member, null removes a member, and anything but an object replaces the whole.
Json merge_patch(Json target, const Json& patch);

}  // namespace ringwall::text
